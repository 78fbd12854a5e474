//! Why an instance cannot be read, and what to do about it.
//!
//! Invariant: no message holds a password.

use std::path::PathBuf;

use super::bound::TooMuch;
use crate::rest::Failure;

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
    /// The file is a database, but no instance that this version of pcfg can open.
    #[error("{} is not an embedded instance: {why}", path.display())]
    NotAnInstance {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        help: Option<String>,
    },
    /// The database of an embedded instance fails.
    #[error("cannot read {}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A database of Jira cannot be read.
    #[error("{message}")]
    Server {
        /// What is wrong.
        message: String,
        /// Why.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
        /// What to do.
        help: Option<String>,
    },
    /// A live Jira does not answer.
    #[error("{failure}")]
    Live {
        /// Why.
        failure: Failure,
    },
    /// What it holds takes more memory than rows may take.
    #[error("cannot read {place}: {excess}")]
    TooMuch {
        /// The file, and the part of it if it is an archive; or the database.
        place: String,
        /// What takes too much.
        excess: TooMuch,
    },
    /// A live Jira cannot be read.
    #[error("{message}")]
    Remote {
        /// What is wrong.
        message: String,
        /// What was asked; may be empty.
        why: String,
        /// What to do.
        help: Vec<String>,
        /// Whether the same may succeed later.
        is_passing: bool,
    },
    /// The issues of a place cannot be read or written.
    #[error("{message}")]
    NoIssues {
        /// What cannot be done.
        message: String,
        /// What to do.
        help: &'static str,
    },
    /// This machine has no place for the journal of a live Jira.
    #[error("there is no folder for the journal of `{place}`: neither XDG_DATA_HOME nor HOME is set")]
    NoJournals {
        /// The place.
        place: String,
    },
    /// The record of a live Jira is not changed.
    #[error("`{place}` is the record of a live Jira, which is only read")]
    OnlyRead {
        /// The place.
        place: String,
    },
    /// This pcfg knows no live Jiras.
    #[error("this pcfg is built without live instances")]
    NoRest,
    /// A folder is no record of a live Jira.
    #[error("cannot use the record")]
    NoRecord(#[source] crate::rest::NoRecord),
    /// This pcfg knows no databases.
    #[error("this pcfg is built without databases")]
    NoDatabases,
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
            Self::NotABackup { help, .. }
            | Self::NotAnInstance { help, .. }
            | Self::Server { help, .. }
            | Self::Malformed { help, .. } => help.as_deref(),
            Self::NoDatabases => {
                Some("build it with the feature `postgres`, or export an XML backup and name that")
            }
            Self::TooMuch { .. } => Some(
                "a Jira with 200,000 users in 20 groups each stays below that (docs/performance.md): it is \
                 damaged, or was made to exhaust memory; get it again from Jira",
            ),
            Self::Damaged { .. } => {
                Some("the archive is damaged: compare its size with that of the original and copy it again")
            }
            Self::Io { .. } | Self::Database { .. } | Self::Live { .. } => None,
            Self::OnlyRead { .. } => Some("see what an import would change: `--simulate`"),
            Self::NoIssues { help, .. } => Some(help),
            Self::NoJournals { .. } => Some("set HOME: without a journal nothing can be taken back"),
            Self::NoRest => Some("build it with the feature `rest`, or export an XML backup and name that"),
            Self::NoRecord(_) => Some("name the folder that `--record` has written: `-i record:FOLDER`"),
            Self::Remote { help, .. } => help.first().map(String::as_str),
        }
    }
}
