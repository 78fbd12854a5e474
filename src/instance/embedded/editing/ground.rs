//! The configuration around the issues of a project: what names mean there, and who people are.
//!
//! Invariant: what has no name of its own (two fields of one name and type, a user whose name nobody knows) is not told by another's.

use std::collections::{BTreeSet, HashMap, HashSet};

use pcfg_sync::{IssueFault, LinkTypeFacts, UserFacts};

use super::rows::Called;
use crate::entity::{DataRow, Row, Tables};
use crate::mapping::{Account, Names, is_active, user_rows};
use crate::schema::DUPLICATE;

/// A user.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// What rows call the user.
    pub(super) key: String,
    pub(super) facts: UserFacts,
}

/// The project.
#[derive(Debug, Clone)]
pub(super) struct Project {
    pub(super) id: u64,
    pub(super) key: String,
    /// The first key that it had: the folders of attachments keep it.
    pub(super) original_key: String,
    pub(super) lead: Option<String>,
    /// Whether issues that nobody is named for go to the lead.
    pub(super) leads_get: bool,
}

/// A component or version of the project.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) id: String,
    pub(super) name: String,
    /// Whether new values may name it.
    pub(super) is_offered: bool,
}

/// The configuration around the issues of a project.
pub(super) struct Ground {
    pub(super) tables: Tables,
    pub(super) names: Names,
    pub(super) project: Project,
    pub(super) versions: Vec<Part>,
    pub(super) components: Vec<Part>,
    /// By name in lower case.
    people: HashMap<String, Person>,
    /// Names in lower case, by key.
    by_key: HashMap<String, String>,
}

impl Ground {
    /// Reads what the configuration says of a project.
    pub(super) fn new(tables: Tables, names: Names, project: &str) -> Called<Self> {
        let missing = || IssueFault::Missing { what: format!("project `{project}`") };
        let is_it = |row: &&Row| row.text("key") == Some(project);
        let row = tables.rows("Project").iter().find(is_it).ok_or_else(missing)?;
        let id = row.id().parse().map_err(|_| missing())?;
        let project = Project {
            id,
            key: project.to_owned(),
            original_key: row.text("originalkey").unwrap_or(project).to_owned(),
            lead: row.text("lead").map(str::to_owned),
            // 3 is "unassigned"; rows of old versions say nothing, and mean the lead.
            leads_get: row.get("assigneetype") != Some("3"),
        };
        let own = |entity: &str| -> Vec<&Row> {
            let rows = tables.rows(entity).iter();
            let mut rows: Vec<&Row> = rows.filter(|row| row.number("project") == Some(id as i64)).collect();
            rows.sort_by_key(|row| (row.number("id").unwrap_or(0), row.id()));
            rows
        };
        let part = |row: &Row, is_offered: bool| {
            let name = row.text("name")?.to_owned();
            Some(Part { id: row.id().to_owned(), name, is_offered })
        };
        let mut versions = own("Version");
        versions.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
        let versions = versions.into_iter().filter_map(|row| part(row, !row.truth("archived"))).collect();
        let components = own("Component").into_iter();
        let components = components.filter(|row| !row.truth("deleted"));
        let components = components.filter_map(|row| part(row, !row.truth("archived"))).collect();
        let (mut people, mut by_key) = (HashMap::new(), HashMap::new());
        let keys: HashMap<&str, &str> = tables
            .rows("ApplicationUser")
            .iter()
            .filter_map(|row| Some((row.text("lowerUserName")?, row.text("userKey")?)))
            .collect();
        for (lower, account) in user_rows(&tables) {
            let key = keys.get(lower.as_str()).map_or_else(|| lower.clone(), |key| (*key).to_owned());
            let name = account.name().to_owned();
            let facts = match account {
                Account::Crowd(row) => UserFacts {
                    shown: row.text("displayName").unwrap_or(&name).to_owned(),
                    email: row.text("emailAddress").map(str::to_owned),
                    active: is_active(row),
                    name,
                },
                Account::Os(_) => UserFacts { shown: name.clone(), email: None, active: true, name },
            };
            by_key.insert(key.clone(), lower.clone());
            people.insert(lower, Person { key, facts });
        }
        Ok(Self { project, versions, components, people, by_key, names, tables })
    }

    /// Returns the user of a name.
    pub(super) fn person(&self, name: &str) -> Option<&Person> {
        self.people.get(&name.to_lowercase())
    }

    /// Returns the user of a name, or says that there is none.
    pub(super) fn must_be_person(&self, name: &str) -> Called<&Person> {
        self.person(name).ok_or_else(|| IssueFault::Missing { what: format!("user `{name}`") })
    }

    /// Returns all users.
    pub(super) fn everybody(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// Returns the user that rows call so.
    pub(super) fn person_of_key(&self, key: &str) -> Option<&Person> {
        self.people.get(self.by_key.get(key)?)
    }

    /// Returns the name of the user that rows call so, whether there is an account or not.
    pub(super) fn user_name(&self, key: &str) -> Option<String> {
        self.names.user(key).map(|name| name.text)
    }

    /// Returns how people see the user that rows call so.
    pub(super) fn shown(&self, key: &str) -> Option<String> {
        match self.person_of_key(key) {
            Some(person) => Some(person.facts.shown.clone()),
            None => self.user_name(key),
        }
    }

    /// Returns the text by which an object is known.
    pub(super) fn name(&self, kind: &str, id: &str) -> Option<&str> {
        self.names.get(kind, id).map(|name| name.text.as_str())
    }

    /// Returns the id of the only object of a kind that is called so.
    pub(super) fn id(&self, kind: &str, name: &str) -> Option<&str> {
        let mut all =
            self.names.all(kind).filter(|(_, own)| own.text == name && own.get(DUPLICATE).is_none());
        let (id, _) = all.next()?;
        all.next().is_none().then_some(id)
    }

    /// Returns the custom field that its type and name tell from all others.
    pub(super) fn custom_field(&self, id: &str) -> Option<(&str, &str)> {
        let name = self.names.get("customField", id)?;
        if name.get(DUPLICATE).is_some() {
            return None;
        }
        Some((name.get("type")?, &name.text))
    }

    /// Returns the scheme of a kind that the project has.
    pub(super) fn scheme(&self, kind: &str) -> Option<&str> {
        let id = self.project.id as i64;
        let is_it = |row: &&Row| {
            row.get("sourceNodeEntity") == Some("Project")
                && row.number("sourceNodeId") == Some(id)
                && row.get("sinkNodeEntity") == Some(kind)
        };
        self.tables.rows("NodeAssociation").iter().find(is_it)?.get("sinkNodeId")
    }

    /// Returns the key of an issue by its row.
    pub(super) fn key_of(&self, row: &DataRow) -> Option<String> {
        let project = row.text("project").and_then(|id| self.name("project", id));
        match (project, row.id("number")) {
            (Some(project), Some(number)) => Some(format!("{project}-{number}")),
            _ => row.text("key").map(str::to_owned),
        }
    }

    /// Returns the types of links that people make.
    pub(super) fn link_types(&self) -> Vec<(String, LinkTypeFacts)> {
        let rows = self.tables.rows("IssueLinkType").iter().filter(|row| row.text("style").is_none());
        let mut seen = HashSet::new();
        let facts = |row: &Row| LinkTypeFacts {
            name: row.text("linkname").unwrap_or_default().to_owned(),
            outward: row.text("outward").unwrap_or_default().to_owned(),
            inward: row.text("inward").unwrap_or_default().to_owned(),
        };
        rows.map(|row| (row.id().to_owned(), facts(row)))
            .filter(|(_, own)| !own.name.is_empty() && seen.insert(own.name.clone()))
            .collect()
    }

    /// Returns the type of links that makes sub-tasks.
    pub(super) fn subtask_link(&self) -> Option<&str> {
        let is_it = |row: &&Row| row.get("style") == Some("jira_subtask");
        self.tables.rows("IssueLinkType").iter().find(is_it).map(Row::id)
    }

    /// Returns the groups of a user, in lower case.
    pub(super) fn groups(&self, name: &str) -> BTreeSet<String> {
        let lower = name.to_lowercase();
        let member = |row: &&Row| {
            row.text("lowerChildName")
                .or(row.text("childName"))
                .is_some_and(|own| own.to_lowercase() == lower)
                && row.text("membershipType").is_none_or(|own| own == "GROUP_USER")
        };
        let group = |row: &Row| row.text("lowerParentName").or(row.text("parentName")).map(str::to_lowercase);
        let now = self.tables.rows("Membership").iter().filter(member).filter_map(group);
        let is_old = |row: &&Row| row.text("userName").is_some_and(|own| own.to_lowercase() == lower);
        let old = self.tables.rows("OSMembership").iter().filter(is_old);
        now.chain(old.filter_map(|row| row.text("groupName").map(str::to_lowercase))).collect()
    }
}
