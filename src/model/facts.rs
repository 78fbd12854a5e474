//! What is known of an instance beside its configuration: what issues hold on to, which apps there are, who else keeps
//! its accounts.
//!
//! Invariant: everything here only ever forbids. What is not known forbids nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Abilities, Identity};

/// What is known of an instance beside its configuration.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Which statuses issues are in, and how many issues: project key, issue type, status.
    pub statuses_in_use: BTreeMap<(String, IssueTypeName, String), u64>,
    /// Which options issues have, by custom field.
    pub options_in_use: BTreeMap<Identity, BTreeSet<UsedOption>>,
    /// Which versions and components issues have: project key, and the part.
    pub parts_in_use: BTreeSet<(String, Identity)>,
    /// Which security levels issues have: project key, scheme, level.
    pub levels_in_use: BTreeSet<(String, String, Identity)>,
    /// The field types and workflow functions that the instance has in use.
    pub known_classes: BTreeSet<String>,
    /// The keys of the apps that the instance has; empty when it is not known.
    pub known_apps: BTreeSet<String>,
    /// The users and groups that another system keeps, such as LDAP: Jira only reads them.
    pub external_accounts: BTreeSet<Identity>,
    /// What its version has no place for.
    pub limits: BTreeSet<Limit>,
    /// Which characters it can hold.
    pub characters: Characters,
    /// What can be done there.
    pub abilities: Abilities,
}

/// Which characters the texts of an instance can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Characters {
    /// All.
    #[default]
    Any,
    /// All but U+0000, which PostgreSQL takes in no text.
    NoNul,
    /// Those of XML 1.0: Jira could not restore a backup with others.
    Xml,
}

/// Something that a version of Jira has no place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Priority schemes; before 7.6.
    PrioritySchemes,
    /// Types of projects; before 7.0.
    ProjectTypes,
    /// Permissions that have a key only, and no number; before 6.3.
    NamedPermissions,
    /// Categories of statuses; before 6.2.
    StatusCategories,
    /// Icons of Jira that it did not have before 6.0.
    Icons,
    /// What says that an app manages a field, a workflow or a workflow scheme; before 5.2.
    Managed,
    /// Descriptions of groups; before 4.3.
    GroupDescriptions,
    /// Shares of dashboards; before 3.13.
    DashboardShares,
}

impl Limit {
    /// Returns the limit that the schema names (`pcfg:since`).
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "prioritySchemes" => Self::PrioritySchemes,
            "projectTypes" => Self::ProjectTypes,
            "namedPermissions" => Self::NamedPermissions,
            "statusCategories" => Self::StatusCategories,
            "icons" => Self::Icons,
            "managed" => Self::Managed,
            "groupDescriptions" => Self::GroupDescriptions,
            "dashboardShares" => Self::DashboardShares,
            _ => return None,
        })
    }
}

/// The name of an issue type, with whether it is a sub-task type.
pub type IssueTypeName = (String, bool);

/// An option that issues of a project have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsedOption {
    /// The name of the context.
    pub context: String,
    /// The name of the configuration.
    pub config: String,
    /// The option.
    pub option: Identity,
    /// The key of the project.
    pub project: String,
}
