//! The files that SQLite makes beside a database.
//!
//! Invariant: whoever removes a database removes these, and first.

use std::path::{Path, PathBuf};

/// Files that SQLite makes beside a database.
pub(super) const SIBLINGS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Returns a file and those that SQLite makes beside it, which go first.
pub(super) fn with_siblings(path: &Path) -> Vec<PathBuf> {
    SIBLINGS.iter().map(|suffix| beside(path, suffix)).chain([path.to_owned()]).collect()
}

/// Returns a name with more behind it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
