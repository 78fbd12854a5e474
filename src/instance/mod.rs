//! Places where a configuration lives, behind one trait.
//!
//! [`open`] is the only list of them. Invariant: reading is complete or an error, never partial.

mod backup;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::entity::Tables;
use crate::model::Snapshot;

pub use backup::Backup;
#[doc(hidden)]
pub use backup::read_bytes;

/// What is to be read, over and above the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    /// Whether to find out in which custom fields the issues of each project have values.
    pub field_values: bool,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The configuration.
    pub snapshot: Snapshot,
    /// The rows that it was made of.
    pub tables: Tables,
    /// The version and build of Jira, as `9.12.4 (912004)`, where the data says it.
    pub version: Option<String>,
    /// How many rows each table holds, also those that are no configuration.
    pub rows: BTreeMap<String, u64>,
    /// What is odd about the data, one sentence each.
    pub warnings: Vec<String>,
}

/// Told how far reading has come: bytes done, and bytes in all.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// A place where a configuration lives.
pub trait Instance {
    /// Reads the configuration of the whole instance.
    fn read(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError>;
}

/// Why an instance cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refuses.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is none that pcfg knows.
    #[error("{} is not a Jira backup: {why}", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        help: Option<String>,
    },
    /// A part of an archive cannot be unpacked.
    #[error("cannot unpack {file}")]
    Damaged {
        /// The file, and the part of it.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The text of the file is not what Jira writes.
    #[error("{file}:{line}:{column}: {message}")]
    Malformed {
        /// The file, and the part of it if it is an archive.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The character in the line, from 1.
        column: u64,
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
}

impl ReadError {
    /// Returns what to do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::NotABackup { help, .. } | Self::Malformed { help, .. } => help.as_deref(),
            Self::Damaged { .. } => {
                Some("the archive is damaged: compare its size with that of the original and copy it again")
            }
            Self::Io { .. } => None,
        }
    }
}

/// Opens the instance that a path names.
pub fn open(path: &Path) -> Result<Box<dyn Instance>, ReadError> {
    Ok(Box::new(Backup::open(path)?))
}
