//! Where an instance is: a path, the address of a database, that of a live Jira, or the record of one.
//!
//! Invariant: what is shown of a location leads there from everywhere, and holds no secret.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use super::address::Address;
use super::doors::{Doors, Stored, Way};
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
    /// A Jira that runs, read through its database.
    Doors(Box<Doors>),
}

impl Location {
    /// Returns the path of a backup or an embedded instance; `None` for what is neither.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Database(_) | Self::Remote(_) | Self::Record(_) | Self::Doors(_) => None,
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
            Self::Doors(doors) if doors.way != Way::Database => doors.remote.to_string(),
            Self::Doors(doors) => Self::from(doors.database.clone()).resolved(),
        }
    }

    /// Returns how the Jira is reached that answers, if one does.
    pub fn remote(&self) -> Option<&Remote> {
        match self {
            Self::Remote(remote) => Some(remote),
            Self::Doors(doors) => Some(&doors.remote),
            Self::Path(_) | Self::Database(_) | Self::Record(_) => None,
        }
    }

    /// Returns where the rows are that are read and changed: of a Jira with two doors, its database.
    pub fn stored(&self) -> Cow<'_, Self> {
        match self {
            Self::Doors(doors) => Cow::Owned(doors.database.clone().into()),
            own => Cow::Borrowed(own),
        }
    }

    /// Returns the place as it is changed that way; only one with two doors has two.
    #[must_use]
    pub fn by(self, way: Way) -> Self {
        match self {
            Self::Doors(mut doors) => {
                doors.way = way;
                Self::Doors(doors)
            }
            own => own,
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
            (Self::Doors(own), Self::Doors(other)) => own.remote.site.is_same(&other.remote.site),
            (Self::Doors(own), Self::Remote(other)) => own.remote.site.is_same(&other.site),
            (Self::Doors(_), other) => self.stored().is_same(other),
            (_, Self::Doors(_)) => other.is_same(self),
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
            Self::Doors(doors) => doors.remote.fmt(out),
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

impl From<Stored> for Location {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Database(address) => Self::Database(address),
            Stored::Embedded(path) => Self::Path(path),
        }
    }
}

impl From<Doors> for Location {
    fn from(doors: Doors) -> Self {
        Self::Doors(Box::new(doors))
    }
}

impl From<Remote> for Location {
    fn from(remote: Remote) -> Self {
        Self::Remote(Box::new(remote))
    }
}
