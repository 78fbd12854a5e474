//! Making an instance: of a backup, or of the small one that comes with pcfg.
//!
//! Invariant: a new file gets its name when it is complete, so that an interruption leaves no instance at all; an instance
//! that is replaced is replaced in one transaction, so that those who read it meanwhile see the old one.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::load::{Failure, Loader};
use super::lock::{Lock, beside, place_of};
use super::{Embedded, failed, schema};
use crate::instance::{Backup, Progress, Told, Who, WriteError, backup};

/// A fresh Jira with a sample project.
const ENTITIES: &str = include_str!("../../../samples/demo/entities.xml");
const ACTIVE_OBJECTS: &str = include_str!("../../../samples/demo/activeobjects.xml");

/// Pages that are kept in memory while an instance is filled, in KiB.
const CACHE: i64 = 64 << 10;

/// What was loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    /// How many rows, in all tables.
    pub rows: u64,
    /// How many tables have any.
    pub tables: usize,
    /// What is odd about the data, one sentence each.
    pub warnings: Vec<String>,
}

impl Embedded {
    /// Makes a fresh instance with a sample project. There must be no file yet.
    pub fn create(path: &Path, who: &Who, wait: Duration) -> Result<(), WriteError> {
        make(path, false, who, wait, &mut |loader| {
            let (entities, active_objects) = (ENTITIES.as_bytes(), ACTIVE_OBJECTS.as_bytes());
            backup::rows_of_bytes(entities, active_objects, &mut |row| loader.row(row))
        })
        .map(|_| ())
    }

    /// Makes an instance of a backup, with everything in it; `replace` says that it may take the place of one that is
    /// there, with its journal.
    pub fn load(
        path: &Path,
        backup: &Backup,
        replace: bool,
        who: &Who,
        wait: Duration,
        progress: Progress<'_>,
    ) -> Result<Loaded, WriteError> {
        make(path, replace, who, wait, &mut |loader| backup.rows(progress, &mut |row| loader.row(row)))
    }

    /// Returns the files that exist while an instance is being made, for those who clean up after an interruption.
    pub fn unfinished(path: &Path) -> [PathBuf; 2] {
        let new = beside(&place_of(path), "-new");
        [beside(&new, "-wal"), new]
    }
}

/// What puts rows into a loader.
type Fill<'a> = &'a mut dyn FnMut(&mut Loader<'_>) -> Result<Told, Failure>;

fn make(path: &Path, replace: bool, who: &Who, wait: Duration, fill: Fill<'_>) -> Result<Loaded, WriteError> {
    let target = place_of(path);
    let exists = || target.symlink_metadata().is_ok();
    if exists() && !replace {
        return Err(WriteError::Exists { path: path.to_owned() });
    }
    let _lock = Lock::get(path, who, wait)?;
    // Somebody may have made one while this process waited.
    match (exists(), replace) {
        (true, false) => Err(WriteError::Exists { path: path.to_owned() }),
        (true, true) => replace_by(path, fill),
        (false, _) => make_new(path, &target, fill),
    }
}

fn make_new(path: &Path, target: &Path, fill: Fill<'_>) -> Result<Loaded, WriteError> {
    let new = beside(target, "-new");
    // A process that was killed may have left one; nobody else makes one, because of the lock.
    let clean_up = || {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let _gone = fs::remove_file(beside(&new, suffix));
        }
    };
    clean_up();
    let io = |source| WriteError::Io { path: path.to_owned(), source };
    let made = new_file(&new).map_err(io).and_then(|()| {
        let loaded = fill_new(&new, fill).map_err(|failure| told(path, failure))?;
        fs::File::open(&new).and_then(|file| file.sync_all()).map_err(io)?;
        fs::rename(&new, target).map_err(io)?;
        sync_folder(target);
        Ok(loaded)
    });
    if made.is_err() {
        clean_up();
    }
    made
}

/// Creates an empty file that only its owner can read: an instance holds names, addresses and hashes of passwords.
fn new_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A new name in a folder survives a loss of power only when the folder is written, too. Not every system can do that.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent() {
        let _synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
}

fn fill_new(path: &Path, fill: Fill<'_>) -> Result<Loaded, Failure> {
    let mut connection = Connection::open(path)?;
    // If anything happens, the file is thrown away: nothing needs to be safe before it is complete. What fails and is tried
    // in another way must be taken back, though.
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let loaded = fill_in(&mut connection, fill)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(loaded)
}

fn replace_by(path: &Path, fill: Fill<'_>) -> Result<Loaded, WriteError> {
    let mut connection = Embedded::open(path)?.connection;
    let loaded = fill_in(&mut connection, fill).map_err(|failure| told(path, failure))?;
    // What is large is better in the file itself; those who still read the old state may prevent that for now.
    let _later = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
    Ok(loaded)
}

/// Fills a database in one transaction; what was in it goes.
fn fill_in(connection: &mut Connection, fill: Fill<'_>) -> Result<Loaded, Failure> {
    connection.pragma_update(None, "cache_size", -CACHE)?;
    // Rows come in the order of their tables, which is not that of their keys; they are checked at the end.
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    drop_tables(&transaction)?;
    schema::create(&transaction)?;
    let mut loader = Loader::new(&transaction);
    let told = fill(&mut loader)?;
    let mut warnings = told.warnings;
    warnings.extend(loader.finish()?);
    for (key, value) in [("version", told.version), ("build", told.build)] {
        if let Some(value) = value {
            transaction.execute("INSERT INTO pcfg_meta (key, value) VALUES (?, ?)", (key, value))?;
        }
    }
    let counts = super::store::counts(&transaction)?;
    transaction.commit()?;
    Ok(Loaded { rows: counts.values().sum(), tables: counts.len(), warnings })
}

fn drop_tables(connection: &Connection) -> rusqlite::Result<()> {
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let names: Vec<String> =
        connection.prepare(sql)?.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names {
        connection.execute_batch(&format!("DROP TABLE {}", schema::quoted(&name)))?;
    }
    Ok(())
}

fn told(path: &Path, failure: Failure) -> WriteError {
    match failure {
        Failure::Database(error) => failed(path, error),
        Failure::Other(error) => error,
    }
}
