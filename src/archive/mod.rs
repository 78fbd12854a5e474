//! The archive of a complete project: a zip for transport, and the same as a folder for review.
//!
//! It knows names, bytes and hashes, and nothing of what the entries say. Invariants: the same entries give the same bytes; the
//! manifest stands first and names every other entry with its size and hash; nothing is read that it does not name, nothing
//! comes out that is not as it says, and no name leads out of the archive. Memory is bounded by the number of entries.

mod content;
mod fault;
mod folder;
mod manifest;
mod name;
mod packer;
mod read;
mod refit;
mod spool;
mod stream;
mod write;
mod zip;

use std::path::Path;

pub use self::content::{Content, Copying, Hashing, copy};
pub use self::fault::{Fault, Flaw, ReadError, WriteError};
pub use self::manifest::{About, Entry, History, Manifest, Project};
pub use self::name::{Ill, Name};
pub use self::read::{Reader, Reading};
pub use self::refit::{Fitting, Refit};
pub use self::write::Writer;
use crate::output;

/// What can be at the top of an archive.
const PARTS: [&str; 4] = [output::MANIFEST, name::CONFIGURATION, name::DATA, name::ATTACHMENTS];

/// Returns whether a path leads to an archive, whole or damaged; a backup of Jira is none.
pub fn is_at(path: &Path) -> bool {
    output::is_complete(path)
}
