//! What this process reads: no output may take its place.
//!
//! Whoever opens a file to read it says so here, so that no command can forget one of its inputs. Invariant: a file is known
//! again whatever name leads to it, links of both kinds included; what SQLite and pcfg keep beside a database counts with it.

use std::collections::HashSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What stands beside a database: its logs, and the lock of those who write into it.
const BESIDE: [&str; 4] = ["-wal", "-shm", "-journal", "-lock"];

static INPUTS: Mutex<Option<Inputs>> = Mutex::new(None);

#[derive(Debug, Default)]
struct Inputs {
    files: HashSet<Id>,
    paths: HashSet<PathBuf>,
    databases: HashSet<PathBuf>,
}

/// What tells a file from all others.
#[cfg(unix)]
type Id = (u64, u64);
#[cfg(not(unix))]
type Id = ();

#[cfg(unix)]
fn id(metadata: &Metadata) -> Option<Id> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn id(_: &Metadata) -> Option<Id> {
    None
}

/// Says that a file is read. Devices and pipes are no files.
pub fn reads(path: &Path) {
    note(path, false);
}

/// Says that a SQLite database is read, with what belongs to it.
pub fn reads_database(path: &Path) {
    note(path, true);
}

fn note(path: &Path, is_database: bool) {
    let Ok(metadata) = path.metadata() else { return };
    if !metadata.is_file() {
        return;
    }
    let mut inputs = INPUTS.lock().unwrap_or_else(PoisonError::into_inner);
    let inputs = inputs.get_or_insert_default();
    inputs.files.extend(id(&metadata));
    let Ok(path) = path.canonicalize() else { return };
    if is_database {
        inputs.databases.insert(path.clone());
    }
    inputs.paths.insert(path);
}

/// Returns whether a path is that of something that is read, or another name of it.
pub(super) fn are(path: &Path) -> bool {
    let inputs = INPUTS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(inputs) = &*inputs else { return false };
    let own = path.metadata().ok().filter(Metadata::is_file).as_ref().and_then(id);
    let place = place_of(path);
    if own.is_some_and(|own| inputs.files.contains(&own)) || inputs.paths.contains(&place) {
        return true;
    }
    let mut beside =
        inputs.databases.iter().flat_map(|database| BESIDE.map(|suffix| joined(database, suffix)));
    beside
        .any(|beside| beside == place || own.is_some() && own == beside.metadata().ok().as_ref().and_then(id))
}

/// Returns whether something that is read is in a folder, whose real path this is.
pub(super) fn are_in(folder: &Path) -> bool {
    let inputs = INPUTS.lock().unwrap_or_else(PoisonError::into_inner);
    inputs.as_ref().is_some_and(|inputs| inputs.paths.iter().any(|path| path.starts_with(folder)))
}

/// Returns the database that a path belongs to by its name, whoever uses it.
pub(super) fn database_of(path: &Path) -> Option<PathBuf> {
    let name = path.as_os_str().to_str()?;
    let database = BESIDE.iter().find_map(|suffix| name.strip_suffix(suffix)).map(PathBuf::from)?;
    super::kind::is_database(&database).then_some(database)
}

fn joined(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Returns the one path of a file that need not be there yet.
fn place_of(path: &Path) -> PathBuf {
    let real = path.canonicalize().or_else(|_| {
        let name = path.file_name().unwrap_or_default();
        super::folder_of(path).canonicalize().map(|folder| folder.join(name))
    });
    real.unwrap_or_else(|_| path.to_owned())
}
