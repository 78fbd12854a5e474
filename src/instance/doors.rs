//! Where both doors of a Jira are: its REST interface, and its database.

use std::fmt;
use std::path::PathBuf;

use super::address::Address;
use super::remote::Remote;

/// Where both doors of a Jira are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doors {
    /// Its REST interface.
    pub remote: Remote,
    /// Its database.
    pub database: Stored,
    /// Through which of them it is changed.
    pub way: Way,
}

/// How a Jira is changed that has two doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// By requests, while it runs.
    #[default]
    Rest,
    /// By requests while it runs, and by hand what they do not say.
    ByHand,
    /// In its database, while it is stopped.
    Database,
}

/// Where the rows of a Jira are that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// In its database.
    Database(Box<Address>),
    /// In an embedded instance, from which a Jira for tests answers.
    Embedded(PathBuf),
}

impl fmt::Display for Stored {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(address) => address.fmt(out),
            Self::Embedded(path) => path.display().fmt(out),
        }
    }
}
