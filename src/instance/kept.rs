//! Which rows of a table are configuration, for whoever reads a place row by row or asks a database for them.
//!
//! Invariant: backups, embedded instances and databases keep the same rows, since all ask here.

use crate::entity::Entity;
use crate::mapping::Properties;

/// Which rows of a table are configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// All.
    All,
    /// Associations join anything to anything: kept are those whose source is a project; most are about issues.
    OfProjects,
    /// Entries of properties whose owners are read ([`is_property_kept`]); most are about issues and the state of apps.
    Properties,
    /// Values of properties whose entry, of the same id, is kept. They stand behind their entries.
    Values,
    /// None: they are data.
    None,
}

impl Kept {
    pub(super) fn of(entity: &Entity) -> Self {
        match entity.name {
            _ if entity.of_issues => Self::None,
            "NodeAssociation" => Self::OfProjects,
            "OSPropertyEntry" => Self::Properties,
            "OSPropertyNumber" | "OSPropertyString" | "OSPropertyText" => Self::Values,
            _ => Self::All,
        }
    }
}

/// The attribute of associations that says what they join, and what it says of projects.
pub(super) const OF_PROJECTS: (&str, &str) = ("sourceNodeEntity", "Project");

/// The attribute of properties that says whose they are.
pub(super) const PROPERTY_OWNER: &str = "entityName";

/// Returns whether properties of such an owner are read.
pub(super) fn is_property_kept(owner: Option<&str>) -> bool {
    owner.is_some_and(Properties::are_read)
}
