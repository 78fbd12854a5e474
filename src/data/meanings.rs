//! What the ids in issue data mean in the place that they come from.
//!
//! Invariant: an id that means nothing there has no name; nothing is guessed.

use std::collections::HashMap;

use super::{Issues, Stand, Zone};
use crate::entity::Tables;
use crate::mapping::Names;
use crate::model::{Name, Snapshot};

/// What ids and times mean.
pub struct Meanings {
    pub(super) zone: Zone,
    names: Names,
    /// The names of contexts, by the ids of their configurations.
    contexts: HashMap<String, String>,
    /// The configurations of options.
    configurations: HashMap<String, String>,
    /// The options of the first level, by the ids of their fields and their texts.
    options: HashMap<(String, String), Vec<String>>,
    /// The first keys of projects that have another one now, by their ids.
    original_keys: HashMap<String, String>,
    /// The custom fields of a name.
    fields: HashMap<String, Vec<Name>>,
}

impl Meanings {
    /// Reads what ids mean in a configuration.
    pub fn new(tables: &Tables, zone: Zone) -> Self {
        let names = Names::new(tables, &mut Snapshot::default());
        let schemes: HashMap<&str, &str> = tables
            .rows("FieldConfigScheme")
            .iter()
            .filter_map(|row| Some((row.id(), row.text("name")?)))
            .collect();
        let contexts = tables.rows("FieldConfigSchemeIssueType").iter();
        let contexts = contexts.filter_map(|row| {
            let scheme = schemes.get(row.get("fieldconfigscheme")?)?;
            Some((row.text("fieldconfiguration")?.to_owned(), (*scheme).to_owned()))
        });
        let configurations = tables.rows("CustomFieldOption").iter();
        let configurations = configurations
            .filter_map(|row| Some((row.id().to_owned(), row.text("customfieldconfig")?.to_owned())));
        let mut fields: HashMap<String, Vec<Name>> = HashMap::new();
        for (_, name) in names.all("customField") {
            fields.entry(name.text.clone()).or_default().push(name.clone());
        }
        let mut options: HashMap<(String, String), Vec<String>> = HashMap::new();
        for (id, field, text) in names.options_of_fields() {
            if names.get("option", id).is_some_and(|name| name.get("parentOption").is_none()) {
                options.entry((field.to_owned(), text.to_owned())).or_default().push(id.to_owned());
            }
        }
        let original_keys = tables.rows("Project").iter();
        let original_keys =
            original_keys.filter_map(|row| Some((row.id().to_owned(), row.text("originalkey")?.to_owned())));
        Self {
            zone,
            contexts: contexts.collect(),
            configurations: configurations.collect(),
            options,
            original_keys: original_keys.collect(),
            fields,
            names,
        }
    }

    /// Returns the name of an object.
    pub(super) fn name(&self, kind: &str, id: &str) -> Option<&Name> {
        self.names.get(kind, id)
    }

    /// Returns the name of a user, by the key.
    pub(super) fn user(&self, key: &str) -> Option<Name> {
        self.names.user(key)
    }

    /// Returns the name of a group as it is spelled.
    pub(super) fn group(&self, name: &str) -> Option<Name> {
        self.names.group(name)
    }

    /// Returns an option with its context.
    pub(super) fn option(&self, id: &str) -> Option<Name> {
        let name = self.names.get("option", id)?;
        let context = self.configurations.get(id.trim()).and_then(|own| self.contexts.get(own));
        let parent = name.get("parentOption").unwrap_or_default();
        let mut own = Name::plain(name.text.clone())
            .with("context", context.map_or("", String::as_str))
            .with("parentOption", parent);
        if let Some(number) = name.get(crate::schema::DUPLICATE) {
            own = own.with(crate::schema::DUPLICATE, number);
        }
        Some(own)
    }

    /// Returns the only option of the first level that a field calls so: Jira 3 stored the text of an option, not its id.
    pub(super) fn option_called(&self, field: &str, text: &str) -> Option<Name> {
        let mut all = self.options.get(&(field.to_owned(), text.to_owned()))?.iter();
        let first = all.next()?;
        all.next().is_none().then(|| self.option(first)).flatten()
    }

    /// Returns the type of the only custom field of that name.
    pub(super) fn type_of_field(&self, name: &str) -> Option<&str> {
        match self.fields.get(name)?.as_slice() {
            [field] => field.get("type"),
            _ => None,
        }
    }

    /// Returns the key of a project, by its id.
    pub fn project(&self, id: &str) -> Option<&str> {
        self.names.get("project", id).map(|name| name.text.as_str())
    }

    /// Returns the first key that a project had, where that is stored.
    pub fn original_key(&self, id: &str) -> Option<&str> {
        self.original_keys.get(id.trim()).map(String::as_str)
    }

    /// Returns the ids of projects, by the keys.
    pub fn projects(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.all("project").map(|(id, name)| (name.text.as_str(), id))
    }

    /// Returns the key of an issue.
    pub fn key(&self, issues: &Issues, stand: Stand) -> Option<String> {
        Some(format!("{}-{}", self.project(issues.project(stand))?, stand.number()))
    }

    /// Returns the key of the issue of an id.
    pub(super) fn key_of(&self, issues: &Issues, id: u64) -> Option<String> {
        self.key(issues, issues.get(id)?)
    }
}
