//! What can be wrong with an archive, and why one is not written.
//!
//! Invariant: every fault names its entry, and every error says what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::name::Ill;
use crate::output::{MANIFEST, NotWritten};

/// What to do where a copy may have failed.
pub(super) const AGAIN: &str =
    "compare its size with that of the original and copy it again, or export the projects anew";

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refuses.
    #[error("cannot read {}", path.display())]
    Io {
        /// The archive, or a file of its folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error("{} is not a complete project: {why}", path.display())]
    NotAnArchive {
        /// The archive.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        help: &'static str,
    },
    /// A later version of pcfg has written it.
    #[error("{} is of format {format}, which this version of pcfg does not know", path.display())]
    Newer {
        /// The archive.
        path: PathBuf,
        /// Its format.
        format: u64,
    },
    /// It is not as it was written.
    #[error("{} is damaged: {}", path.display(), Several(faults))]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it; never empty.
        faults: Vec<Fault>,
        /// Whether it is a folder.
        is_folder: bool,
    },
    /// It is a folder whose manifest has marks of a conflict.
    #[error("{} is not merged yet: git left conflicts in its {MANIFEST}", path.display())]
    Unmerged {
        /// The folder.
        path: PathBuf,
    },
    /// It is a folder with something in it that no archive has, so that no manifest can be made for it.
    #[error("no {MANIFEST} can be made for {}: {}", path.display(), Several(faults))]
    Unfit {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it; never empty.
        faults: Vec<Fault>,
    },
    /// It has no entry of that name.
    #[error("{} has no entry `{}`", path.display(), shown(entry))]
    NoEntry {
        /// The archive.
        path: PathBuf,
        /// The name.
        entry: String,
    },
}

/// Something that is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its name, as the archive has it.
    pub entry: String,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The manifest names it, and it is not there.
    #[error("is missing")]
    Missing,
    /// It is there, and the manifest does not name it.
    #[error("is not named in the manifest")]
    Additional,
    /// It is shorter than the manifest says.
    #[error("has {is} bytes instead of {wanted}: it is cut off")]
    Cut {
        /// How many bytes there are.
        is: u64,
        /// How many the manifest says.
        wanted: u64,
    },
    /// It is longer than the manifest says.
    #[error("has more than {wanted} bytes")]
    Long {
        /// How many the manifest says.
        wanted: u64,
    },
    /// It has other bytes than the manifest says.
    #[error("was changed: its SHA-256 is not that of the manifest")]
    Changed,
    /// It cannot be unpacked.
    #[error("cannot be unpacked ({0})")]
    Unpacked(String),
    /// There are two of the name, as far as every system can tell.
    #[error("is there twice")]
    Twice,
    /// Its name is none.
    #[error("{0}")]
    Name(#[from] Ill),
    /// The manifest gives it another hash than its name does, or none.
    #[error("has a SHA-256 in the manifest that cannot be its own")]
    Hash,
    /// It is an attachment with the name of another one.
    #[error("has another content than its name says")]
    Other,
    /// It is a link.
    #[error("is a link")]
    Link,
    /// It is neither a file nor a folder.
    #[error("is not a file")]
    NotAFile,
    /// No bytes can unpack to so many.
    #[error("has {packed} packed bytes, which cannot unpack to {size}")]
    Impossible {
        /// The packed size.
        packed: u64,
        /// The size that the archive says.
        size: u64,
    },
    /// Its bytes are those of another entry, too.
    #[error("shares its bytes with another entry")]
    Shared,
    /// It is encrypted.
    #[error("is encrypted")]
    Encrypted,
    /// It is packed in a way that pcfg does not know.
    #[error("is packed with another method than Deflate")]
    Packed,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if matches!(self.flaw, Flaw::Name(_)) { ":" } else { "" };
        write!(out, "`{}`{separator} {}", shown(&self.entry), self.flaw)
    }
}

/// The first faults, and how many more there are.
struct Several<'a>(&'a [Fault]);

impl fmt::Display for Several<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More are counted.
        const MOST: usize = 3;
        for (number, fault) in self.0.iter().take(MOST).enumerate() {
            write!(out, "{}{fault}", if number == 0 { "" } else { "; " })?;
        }
        match self.0.len() {
            len if len > MOST => write!(out, "; and {} more", len - MOST),
            _ => Ok(()),
        }
    }
}

/// Returns a name as a message can show it, whoever made it.
fn shown(name: &str) -> String {
    /// More is left out.
    const MOST: usize = 80;
    let mut text: String = name.chars().take(MOST).flat_map(char::escape_debug).collect();
    if name.chars().nth(MOST).is_some() {
        text.push('…');
    }
    text
}

impl ReadError {
    /// Returns what to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } | Self::Unmerged { .. } => None,
            Self::NotAnArchive { help, .. } => Some(*help),
            Self::Unfit { .. } => Some(
                "take out what does not belong to it, and get again what is missing or has another content",
            ),
            Self::Newer { .. } => Some("update pcfg"),
            Self::NoEntry { .. } => Some("export the projects anew"),
            Self::Damaged { faults, is_folder, .. } => Some(match is_folder {
                _ if faults.iter().any(|fault| fault.flaw.is_made()) => {
                    "pcfg never writes such an entry: do not use the archive, and export the projects anew"
                }
                _ if faults.iter().all(|fault| fault.flaw == Flaw::Additional) => {
                    "take out what the manifest does not name: pcfg does not know what it is"
                }
                true => {
                    "if nobody changed it, get the folder again as it was exported; in git, `* -text` in \
                     `.gitattributes` keeps git from changing the ends of lines"
                }
                false => AGAIN,
            }),
        }
    }

    /// Returns the folder for which another manifest may be what is missing: one that was changed after its export.
    pub fn outdated(&self) -> Option<&Path> {
        match self {
            Self::Unmerged { path } => Some(path),
            Self::Damaged { path, faults, is_folder: true } => {
                faults.iter().all(|fault| !fault.flaw.is_made()).then_some(path)
            }
            _ => None,
        }
    }

    /// Returns the error that a reader of an entry has failed with; `path` is the archive.
    pub fn of(error: io::Error, path: &Path) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(source) => Self::Io { path: path.to_owned(), source },
        }
    }
}

impl Flaw {
    /// Returns whether somebody has made it so: no copy that fails does.
    fn is_made(&self) -> bool {
        match self {
            Self::Twice | Self::Name(_) | Self::Hash | Self::Link | Self::NotAFile => true,
            Self::Impossible { .. } | Self::Shared | Self::Encrypted | Self::Packed => true,
            Self::Missing | Self::Additional | Self::Changed | Self::Other | Self::Unpacked(_) => false,
            Self::Cut { .. } | Self::Long { .. } => false,
        }
    }
}

/// Why an archive is not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It cannot be written.
    #[error(transparent)]
    NotWritten(#[from] NotWritten),
    /// What is to be in it cannot be read.
    #[error("cannot read the content of an attachment")]
    Source(#[source] io::Error),
    /// An entry cannot have that name.
    #[error("`{}` cannot be in a complete project", shown(entry))]
    Name {
        /// The name.
        entry: String,
        /// Why not.
        source: Ill,
    },
    /// An entry is written a second time.
    #[error("`{0}` is already in the archive")]
    Twice(String),
}
