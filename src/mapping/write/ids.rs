//! Which ids names mean in the instance that is written, and which ids are free.
//!
//! Invariant: an id that was given out is never given out again, and never one that a row has.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::entity::{EntityId, Row, Tables};
use crate::mapping::{Names, dashboards, field_configurations, issue_types, kind};
use crate::model::{Element, Identity};
use crate::schema::KindId;

/// The table of each kind whose objects are rows of one table of their own.
const TABLES: &[(&str, &str)] = &[
    ("project", "Project"),
    ("projectCategory", "ProjectCategory"),
    ("projectRole", "ProjectRole"),
    ("issueType", "IssueType"),
    ("priority", "Priority"),
    ("resolution", "Resolution"),
    ("status", "Status"),
    ("issueLink", "IssueLinkType"),
    ("eventType", "EventType"),
    ("customField", "CustomField"),
    ("issueTypeScheme", "FieldConfigScheme"),
    ("priorityScheme", "FieldConfigScheme"),
    ("fieldConfiguration", "FieldLayout"),
    ("fieldConfigurationScheme", "FieldLayoutScheme"),
    ("screen", "FieldScreen"),
    ("screenScheme", "FieldScreenScheme"),
    ("issueTypeScreenScheme", "IssueTypeScreenScheme"),
    ("workflowEntry", "Workflow"),
    ("workflowScheme", "WorkflowScheme"),
    ("permissionScheme", "PermissionScheme"),
    ("notificationScheme", "NotificationScheme"),
    ("issueSecurityScheme", "IssueSecurityScheme"),
    ("filter", "SearchRequest"),
    ("dashboard", "PortalPage"),
    ("scrumKanbanBoard", "AO_60DB71_RAPIDVIEW"),
    ("user", "User"),
    ("group", "Group"),
];

/// Objects that every Jira has under the same id, by their kind and their mark.
const BUILT_IN: &[(&str, &str, &str)] = &[
    ("screen", "default", "1"),
    ("screen", "workflow", "2"),
    ("screen", "resolveIssue", "3"),
    ("screenScheme", "default", "1"),
    ("issueTypeScreenScheme", "default", "1"),
];

/// What names mean.
#[derive(Debug)]
pub struct Ids {
    by_identity: HashMap<Identity, String>,
    /// The ids that mean something.
    known: HashSet<(KindId, String)>,
    /// The ids of objects that are known by a mark and not by an id of Jira's own, by kind and mark.
    marked: HashMap<(&'static str, &'static str), String>,
    user_keys: HashMap<String, String>,
    /// The next free id, by the table.
    next: BTreeMap<&'static str, u64>,
    sequences: HashMap<String, u64>,
    highest: HashMap<&'static str, u64>,
}

impl Ids {
    pub(super) fn new(tables: &Tables, names: &Names) -> Self {
        let mut by_identity = HashMap::new();
        let mut known = HashSet::new();
        for (kind_name, _) in TABLES {
            let kind = kind(kind_name);
            for (id, name) in names.all(kind_name) {
                by_identity.insert(name.identity(kind), id.to_owned());
                known.insert((kind, id.to_owned()));
            }
        }
        let mut marked = HashMap::new();
        for own in &issue_types::KINDS {
            let built_in = issue_types::built_in(tables, own.field);
            let built_in = built_in.filter(|id| names.get(own.scheme, id).is_some());
            marked.extend(built_in.map(|id| ((own.scheme, "default"), id.to_owned())));
        }
        // The default one that is nowhere stored has no id, and needs none.
        let default = field_configurations::default_row(tables).map_or("", Row::id);
        marked.insert(("fieldConfiguration", "default"), default.to_owned());
        if names.get("fieldConfiguration", default).is_none() {
            let name = field_configurations::free_name(names);
            by_identity.insert(name.identity(kind("fieldConfiguration")), default.to_owned());
        }
        let sequences = tables.rows("SequenceValueItem").iter();
        let sequences = sequences
            .filter_map(|row| Some((row.get("seqName")?.to_owned(), row.get("seqId")?.parse().ok()?)));
        let mut highest = HashMap::new();
        for entity in crate::entity::entities() {
            let ids = tables.rows(entity.name).iter().filter_map(|row| row.id().parse::<u64>().ok());
            highest.insert(entity.name, ids.max().unwrap_or(0));
        }
        let dashboard = dashboards::system(tables);
        if let Some(highest) = highest.get_mut("PortalPage") {
            *highest = dashboard.parse().unwrap_or(0).max(*highest);
        }
        marked.insert(("dashboard", "default"), dashboard);
        let mut user_keys = HashMap::new();
        for row in tables.rows("ApplicationUser") {
            if let (Some(key), Some(lower)) = (row.text("userKey"), row.text("lowerUserName")) {
                user_keys.insert(lower.to_owned(), key.to_owned());
            }
        }
        Self {
            by_identity,
            known,
            marked,
            user_keys,
            next: BTreeMap::new(),
            sequences: sequences.collect(),
            highest,
        }
    }

    /// Returns the id of an object.
    pub fn get(&self, identity: &Identity) -> Option<&str> {
        self.by_identity.get(identity).map(String::as_str)
    }

    /// Returns whether an id of a kind means an object.
    pub(super) fn knows(&self, kind_name: &str, id: &str) -> bool {
        self.known.contains(&(kind(kind_name), id.trim().to_owned()))
    }

    /// Returns the field that a row names, if it exists.
    pub(super) fn key_of_field(&self, row: &Row) -> Option<String> {
        let field = row.text("fieldidentifier")?;
        let custom = field.strip_prefix("customfield_");
        custom.is_none_or(|id| self.knows("customField", id)).then(|| field.to_owned())
    }

    /// Returns the id of an object that is known by a mark; an empty one means that it is nowhere stored.
    pub(super) fn marked(&self, kind_name: &'static str, mark: &'static str) -> &str {
        self.marked.get(&(kind_name, mark)).map_or("", String::as_str)
    }

    /// Says which id an object that is known by a mark has.
    pub(super) fn mark(&mut self, kind_name: &'static str, mark: &'static str, id: &str) {
        self.marked.insert((kind_name, mark), id.to_owned());
    }

    /// Returns the key by which rows name a user: a key of its own from Jira 6.0 on, before that the name.
    pub(super) fn user_key(&self, name: &str) -> String {
        self.user_keys.get(&name.to_lowercase()).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// Says which key a new user has.
    pub(super) fn set_user_key(&mut self, name: &str, key: &str) {
        self.user_keys.insert(name.to_lowercase(), key.to_owned());
    }

    /// Says which id an object or part has.
    pub(super) fn set(&mut self, identity: Identity, id: &str) {
        self.known.insert((identity.kind, id.to_owned()));
        self.by_identity.insert(identity, id.to_owned());
    }

    /// Gives an object an id, if it has none yet.
    pub(super) fn promise(&mut self, kind_name: &str, object: &Element) {
        let Some(identity) = Identity::of_definition(object) else { return };
        if let Some(id) = self.built_in(kind_name, object) {
            return self.set(identity, &id);
        }
        // Only the app that locks a field makes it.
        if self.by_identity.contains_key(&identity) || object.get("locked").is_some() {
            return;
        }
        let table = TABLES.iter().find(|(own, _)| *own == kind_name).map(|(_, table)| *table);
        if let Some(table) = table {
            let id = self.next(table);
            self.set(identity, &id);
        }
    }

    /// Returns the id of an object that every Jira has, whatever its name. The default field configuration is stored
    /// only when there is something to store.
    fn built_in(&self, kind_name: &str, object: &Element) -> Option<String> {
        let mark = object.text_of("builtIn")?;
        let fixed = BUILT_IN.iter().find(|(kind, own, _)| *kind == kind_name && *own == mark);
        if let Some((_, _, id)) = fixed {
            return Some((*id).to_owned());
        }
        let marked = self.marked.iter().find(|((kind, own), _)| *kind == kind_name && *own == mark);
        marked.map(|(_, id)| id.clone())
    }

    /// Returns the next free id of a table. Jira's sequences begin at 10000; tables of apps count from 1.
    pub(super) fn next(&mut self, entity: &'static str) -> String {
        let first = if entity.starts_with("AO_") { 1 } else { 10_000 };
        let sequence = self.sequences.get(entity).copied().unwrap_or(first);
        let highest = self.highest.get(entity).copied().unwrap_or(0) + 1;
        let next = self.next.entry(entity).or_insert_with(|| sequence.max(highest).max(first));
        *next += 1;
        (*next - 1).to_string()
    }

    /// Returns the tables of which ids were given out, and their next ones. Tables of apps have no sequence.
    pub(super) fn used(&self) -> Vec<(&'static str, u64)> {
        let used = self.next.iter().filter(|(entity, _)| EntityId::find(entity).is_some());
        used.filter(|(entity, _)| !entity.starts_with("AO_")).map(|(entity, next)| (*entity, *next)).collect()
    }
}
