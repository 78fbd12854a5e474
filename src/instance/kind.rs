//! What kinds of places there are, and what each can do, as far as that is known before it is asked.

use crate::model::{Abilities, Changes};

/// A kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An XML backup.
    Backup,
    /// An embedded instance.
    Embedded,
    /// A database of Jira.
    Database,
    /// A Jira that runs.
    Live,
    /// What a Jira that ran has answered.
    Record,
}

impl Kind {
    /// Returns the word that saved plans have for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Embedded => "embedded",
            Self::Database => "database",
            Self::Live => "live",
            Self::Record => "record",
        }
    }

    /// Returns what such a place can do; what a live Jira takes depends on its edition, which it tells when it is asked.
    pub fn abilities(self) -> Abilities {
        match self {
            Self::Backup => Abilities { changes: Changes::Anew, ..Abilities::default() },
            Self::Embedded => Abilities::of_rows(),
            Self::Database => Abilities { offline: true, ..Abilities::of_rows() },
            Self::Live => Abilities { journal: true, ..Abilities::default() },
            Self::Record => Abilities { changes: Changes::Nothing, ..Abilities::default() },
        }
    }
}
