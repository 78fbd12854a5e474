//! What rules and workflows name that other lists tell: groups, statuses and project roles, by id and by name.
//!
//! Invariant: an id of something that does not exist yet may be any text, so nothing here looks into one.

use std::collections::HashMap;

use crate::entity::Tables;
use crate::mapping::workflow::OtherId;

/// A status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// The name.
    pub name: String,
    /// The category, as Jira Cloud spells it here.
    pub category: &'static str,
    /// The description.
    pub description: String,
}

/// What rules name that is told by another list.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The names of groups by their ids.
    groups: HashMap<String, String>,
    group_ids: HashMap<String, String>,
    statuses: HashMap<String, Status>,
    /// The ids of project roles by their names.
    roles: HashMap<String, String>,
}

impl Known {
    /// Returns what rows tell; groups have ids on Jira Cloud alone, so these are handed in, each with its name.
    pub fn new(tables: &Tables, groups: impl IntoIterator<Item = (String, String)>) -> Self {
        let statuses = tables.rows("Status").iter().filter_map(|row| {
            let status = Status {
                name: row.get("name")?.to_owned(),
                category: match row.get("statuscategory") {
                    Some("3") => "DONE",
                    Some("4") => "IN_PROGRESS",
                    _ => "TODO",
                },
                description: row.get("description").unwrap_or_default().to_owned(),
            };
            Some((row.id().to_owned(), status))
        });
        let roles = tables.rows("ProjectRole").iter();
        let groups: HashMap<String, String> = groups.into_iter().collect();
        Self {
            statuses: statuses.collect(),
            roles: roles.filter_map(|row| Some((row.get("name")?.to_owned(), row.id().to_owned()))).collect(),
            group_ids: groups.iter().map(|(id, name)| (name.clone(), id.clone())).collect(),
            groups,
        }
    }

    /// Returns the same with other ids of statuses and roles, as requests have those of objects that do not exist yet.
    #[must_use]
    pub fn with_other_ids(self, other: OtherId<'_>) -> Self {
        let statuses = self.statuses.into_iter().map(|(id, status)| (other("status", &id), status));
        let roles = self.roles.into_iter().map(|(name, id)| (name, other("projectRole", &id)));
        Self { statuses: statuses.collect(), roles: roles.collect(), ..self }
    }

    /// Returns the name of a group.
    pub(super) fn group(&self, id: &str) -> Option<&str> {
        self.groups.get(id).map(String::as_str)
    }

    /// Returns the id of a group.
    pub(super) fn group_id(&self, name: &str) -> Option<&str> {
        self.group_ids.get(name).map(String::as_str)
    }

    /// Returns a status.
    pub(super) fn status(&self, id: &str) -> Option<&Status> {
        self.statuses.get(id)
    }

    /// Returns the id of a project role.
    pub(super) fn role_id(&self, name: &str) -> Option<&str> {
        self.roles.get(name).map(String::as_str)
    }
}
