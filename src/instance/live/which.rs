//! Which boards are asked for.
//!
//! Invariant: what Jira tells beside those that are meant is not one of them.

use super::endpoint::agile;
use super::reader::{Ask, Reader};

/// Which boards are asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Which {
    All,
    /// Those of a project, by its key.
    OfProject(String),
    /// Those with a filter, by its id.
    OfFilter(String),
    /// Those with a name.
    Called(String),
}

impl Which {
    pub(super) fn ask(&self, reader: &Reader<'_>) -> Ask {
        let ask = reader.of(&agile::BOARDS);
        match self {
            Self::All => ask,
            Self::OfProject(key) => ask.with("projectKeyOrId", key),
            Self::OfFilter(id) => ask.with("filterId", id),
            Self::Called(name) => ask.with("name", name),
        }
    }

    /// Returns whether a board of the list is meant: Jira also lists those of which the name has the asked one in it.
    pub(super) fn means(&self, name: &str) -> bool {
        !matches!(self, Self::Called(own) if own != name)
    }
}
