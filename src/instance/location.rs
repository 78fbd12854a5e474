//! Where an instance is: a path, the address of a database, that of a live Jira, or the record of one.
//!
//! Invariant: what is shown of a location leads there from everywhere, and holds no secret.

use std::fmt;
use std::path::{Path, PathBuf};

use super::address::Address;
use super::remote::Remote;

/// Where an instance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file or folder.
    Path(PathBuf),
    /// A database of Jira.
    Database(Box<Address>),
    /// A Jira that runs.
    Remote(Box<Remote>),
    /// What was asked of a Jira that ran, and answered: the folder of a record.
    Record(PathBuf),
}

impl Location {
    /// Returns the path of a backup or an embedded instance; `None` for what is neither.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Database(_) | Self::Remote(_) | Self::Record(_) => None,
        }
    }

    /// Returns where it is in words that lead there from everywhere: a whole path without links, or an address, without its
    /// password.
    pub fn resolved(&self) -> String {
        let whole = |path: &Path| path.canonicalize().as_deref().unwrap_or(path).display().to_string();
        match self {
            Self::Path(path) => whole(path),
            Self::Database(address) => address.resolved(),
            Self::Remote(remote) => remote.to_string(),
            Self::Record(path) => format!("{RECORD}{}", whole(path)),
        }
    }

    /// Returns whether both are the same place: paths that lead to one file, or addresses of one database or Jira, whoever signs in.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Path(_), Self::Path(_)) | (Self::Record(_), Self::Record(_)) => {
                self.resolved() == other.resolved()
            }
            (Self::Database(own), Self::Database(other)) => own.means() == other.means(),
            (Self::Remote(own), Self::Remote(other)) => own.site.is_same(&other.site),
            _ => false,
        }
    }
}

/// What stands in front of the folder of a record.
pub const RECORD: &str = "record:";

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(out),
            Self::Database(address) => address.fmt(out),
            Self::Remote(remote) => remote.fmt(out),
            Self::Record(path) => write!(out, "{RECORD}{}", path.display()),
        }
    }
}

impl From<&PathBuf> for Location {
    fn from(path: &PathBuf) -> Self {
        Self::Path(path.clone())
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<&Self> for Location {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}

impl From<Address> for Location {
    fn from(address: Address) -> Self {
        Self::Database(Box::new(address))
    }
}

impl From<Remote> for Location {
    fn from(remote: Remote) -> Self {
        Self::Remote(Box::new(remote))
    }
}
