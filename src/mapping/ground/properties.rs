//! Jira's property sets: settings of the instance, of projects and of users.
//!
//! A property is an `OSPropertyEntry`, and its value a row of the same id in the table of its type: 1 boolean, 2 int,
//! 3 long (OSPropertyNumber), 5 string (OSPropertyString), 6 text (OSPropertyText); seen in 3.12 to 9.12.4.

use std::collections::{BTreeMap, HashMap};

use crate::entity::Tables;

/// The values of the property sets, by the name and id of the entity that they belong to.
#[derive(Debug, Default)]
pub(crate) struct Properties {
    sets: HashMap<(String, String), BTreeMap<String, String>>,
}

impl Properties {
    /// The entities whose properties are read: the instance, projects, gadgets (up to 3.13), users (`OSUser` up to 4.2,
    /// `ExternalEntity` for users of other systems, `ApplicationUser` from 6.0 on), the pictures of workflows, and what has
    /// names in other languages. Others hold the state of apps, which can be large.
    pub(crate) const READ: [&str; 12] = [
        "jira.properties",
        "Project",
        "PortletConfiguration",
        "OSUser",
        "ExternalEntity",
        "ApplicationUser",
        "com.atlassian.jira.plugins.jira-workflow-designer",
        "IssueType",
        "Priority",
        "Resolution",
        "Status",
        "CustomField",
    ];

    /// Returns whether the properties of an entity of that name are read.
    pub(crate) fn are_read(entity: &str) -> bool {
        Self::READ.contains(&entity)
    }

    pub(crate) fn new(tables: &Tables) -> Self {
        let values = |entity| -> HashMap<&str, &str> {
            tables.rows(entity).iter().filter_map(|row| Some((row.id(), row.get("value")?))).collect()
        };
        let numbers = values("OSPropertyNumber");
        let strings = values("OSPropertyString");
        let texts = values("OSPropertyText");
        let mut sets: HashMap<_, BTreeMap<_, _>> = HashMap::new();
        for row in tables.rows("OSPropertyEntry") {
            let value = match row.number("type") {
                Some(1..=3) => numbers.get(row.id()),
                Some(5) => strings.get(row.id()),
                Some(6) => texts.get(row.id()),
                _ => None,
            };
            let (Some(entity), Some(key), Some(value)) =
                (row.get("entityName"), row.get("propertyKey"), value)
            else {
                continue;
            };
            let set = (entity.to_owned(), row.get("entityId").unwrap_or("").to_owned());
            sets.entry(set).or_default().insert(key.to_owned(), (*value).to_owned());
        }
        Self { sets }
    }

    /// Returns the properties of an entity, by key.
    pub(crate) fn of(&self, entity: &str, id: &str) -> impl Iterator<Item = (&str, &str)> {
        let set = self.sets.get(&(entity.to_owned(), id.to_owned()));
        set.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns the properties of an entity whose keys begin so, by key.
    pub(crate) fn starting<'p>(
        &'p self,
        entity: &str,
        id: &str,
        prefix: &str,
    ) -> impl Iterator<Item = (&'p str, &'p str)> + use<'p> {
        let prefix = prefix.to_owned();
        let set = self.sets.get(&(entity.to_owned(), id.to_owned()));
        let from = set.into_iter().flat_map({
            let prefix = prefix.clone();
            move |set| set.range(prefix.clone()..)
        });
        let inside = from.take_while(move |(key, _)| key.starts_with(&prefix));
        inside.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns a property of an entity.
    pub(crate) fn get(&self, entity: &str, id: &str, key: &str) -> Option<&str> {
        self.sets.get(&(entity.to_owned(), id.to_owned()))?.get(key).map(String::as_str)
    }

    /// Returns a setting of the instance. They belong to entity `jira.properties`, id 1.
    pub(crate) fn setting(&self, key: &str) -> Option<&str> {
        self.get("jira.properties", "1", key)
    }
}
