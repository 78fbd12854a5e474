//! Which ids names mean in the instance that is written, and which ids are free.
//!
//! Invariant: an id that was given out is never given out again, and never one that a row has.

use std::collections::{BTreeMap, HashMap};

use crate::entity::{EntityId, Tables};
use crate::mapping::{Names, kind};
use crate::model::{Element, Identity, Snapshot};

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

/// What names mean.
#[derive(Debug)]
pub struct Ids {
    by_identity: HashMap<Identity, String>,
    user_keys: HashMap<String, String>,
    /// The next free id, by the table.
    next: BTreeMap<&'static str, u64>,
    sequences: HashMap<String, u64>,
    highest: HashMap<&'static str, u64>,
}

impl Ids {
    pub(super) fn new(tables: &Tables) -> Self {
        let names = Names::new(tables, &mut Snapshot::default());
        let mut by_identity = HashMap::new();
        for (kind_name, _) in TABLES {
            for (id, name) in names.all(kind_name) {
                by_identity.insert(name.identity(kind(kind_name)), id.to_owned());
            }
        }
        let sequences = tables.rows("SequenceValueItem").iter();
        let sequences = sequences
            .filter_map(|row| Some((row.get("seqName")?.to_owned(), row.get("seqId")?.parse().ok()?)));
        let mut highest = HashMap::new();
        for entity in crate::entity::entities() {
            let ids = tables.rows(entity.name).iter().filter_map(|row| row.id().parse::<u64>().ok());
            highest.insert(entity.name, ids.max().unwrap_or(0));
        }
        let mut user_keys = HashMap::new();
        for row in tables.rows("ApplicationUser") {
            if let (Some(key), Some(lower)) = (row.text("userKey"), row.text("lowerUserName")) {
                user_keys.insert(lower.to_owned(), key.to_owned());
            }
        }
        Self { by_identity, user_keys, next: BTreeMap::new(), sequences: sequences.collect(), highest }
    }

    /// Returns the id of an object.
    pub fn get(&self, identity: &Identity) -> Option<&str> {
        self.by_identity.get(identity).map(String::as_str)
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
        self.by_identity.insert(identity, id.to_owned());
    }

    /// Gives an object an id, if it has none yet.
    pub(super) fn promise(&mut self, kind_name: &str, object: &Element) {
        let Some(identity) = Identity::of_definition(object) else { return };
        if self.by_identity.contains_key(&identity) {
            return;
        }
        let table = TABLES.iter().find(|(own, _)| *own == kind_name).map(|(_, table)| *table);
        if let Some(table) = table {
            let id = self.next(table);
            self.by_identity.insert(identity, id);
        }
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
