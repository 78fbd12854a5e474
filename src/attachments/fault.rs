//! What can be wrong with a folder of attachments.
//!
//! Invariant: every error names the file or the attachment, and says what to do where there is something to do.

use std::io;
use std::path::PathBuf;

use super::Place;

/// What is done to a file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is read.
    Read,
    /// It is written or made.
    Write,
    /// It is removed.
    Remove,
}

impl Deed {
    fn words(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Remove => "remove",
        }
    }
}

/// Why a file of an attachment is not read, placed or taken away.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refuses.
    #[error("cannot {} {}", deed.words(), path.display())]
    Io {
        /// What was tried.
        deed: Deed,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no folder.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// What was named.
        path: PathBuf,
    },
    /// No folder of Jira has such a name.
    #[error("the key `{}` cannot be the name of a folder", key.escape_debug())]
    Key {
        /// The key.
        key: String,
    },
    /// There is no file of an attachment.
    #[error("{} has no file of {place}", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The attachment.
        place: Place,
    },
    /// A file is shorter or longer than the attachment.
    #[error("{} has {is} bytes, and {place} has {wanted}", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// The attachment.
        place: Place,
        /// The size of the file.
        is: u64,
        /// The size of the attachment.
        wanted: u64,
    },
    /// Something in the folder leads elsewhere.
    #[error("{} is a link, which may lead out of the folder", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// Something else is where a file or a folder is to be.
    #[error("{} is not {wanted}", path.display())]
    Kind {
        /// What is there.
        path: PathBuf,
        /// What is to be there.
        wanted: &'static str,
    },
    /// Nobody can tell which file is that of an attachment.
    #[error("{} and {} are both files of {place}", one.display(), other.display())]
    Two {
        /// A file.
        one: PathBuf,
        /// Another file.
        other: PathBuf,
        /// The attachment.
        place: Place,
    },
    /// A file of other content is there.
    #[error("{} is there with another content than {place} has", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// The attachment.
        place: Place,
    },
    /// What was to be placed is not what was said.
    #[error("the content of {place} is not the one that was planned")]
    Changed {
        /// The attachment.
        place: Place,
    },
    /// What was to be placed cannot be read.
    #[error("cannot read the content of {place}")]
    Source {
        /// The attachment.
        place: Place,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// Returns whether something could not be written, though nothing was wrong with what is there.
    pub fn is_of_writing(&self) -> bool {
        matches!(self, Self::Io { deed: Deed::Write | Deed::Remove, .. })
    }

    /// Returns what to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } | Self::Key { .. } | Self::Source { .. } => None,
            Self::NotAFolder { .. } => Some(
                "name the folder with a folder for each project: in Jira's home it is `data/attachments`",
            ),
            Self::Missing { .. } | Self::Size { .. } => Some(
                "copy the folder again while Jira is stopped, or leave the attachments out: `--no-attachments`",
            ),
            Self::Link { .. } => Some("put the files themselves in its place"),
            Self::Kind { .. } => Some("move it out of the folder"),
            Self::Two { .. } => Some("move the one that is not the attachment out of the folder"),
            Self::Other { .. } => {
                Some("pcfg replaces and removes nothing that it has not placed: look what it is")
            }
            Self::Changed { .. } => Some("get the archive again, or export the projects anew"),
        }
    }
}
