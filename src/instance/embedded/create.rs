//! Making an instance: of a backup, or of the small one that comes with pcfg.
//!
//! Invariant: a new file gets its name when it is complete, so that an interruption leaves no instance at all; an instance
//! that is replaced is replaced in one transaction, so that those who read it meanwhile see the old one.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::load::{Failure, Loader};
use super::lock::{Lock, place_of};
use super::{Embedded, ended, failed, sample, schema};
use crate::instance::{Backup, Progress, Told, Who, WriteError, backup};
use crate::output::{Place, Temporary, Writing};

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
    /// Whether it took the place of the sample, which nobody had touched.
    pub replaced_sample: bool,
}

impl Embedded {
    /// Makes a fresh instance with a sample project. There must be no file yet.
    pub fn create(path: &Path, who: &Who, wait: Duration) -> Result<(), WriteError> {
        make(path, Replace::Nothing, who, wait, &mut with_sample).map(|_| ())
    }

    /// Makes an instance of a backup, with everything in it; `replace` says that it may take the place of one that is
    /// there, with its journal. That of a sample which nobody has touched it takes in any case.
    pub fn load(
        path: &Path,
        backup: &Backup,
        replace: bool,
        who: &Who,
        wait: Duration,
        progress: Progress<'_>,
    ) -> Result<Loaded, WriteError> {
        let replace = if replace { Replace::Any } else { Replace::Sample };
        make(path, replace, who, wait, &mut |loader| backup.rows(progress, &mut |row| loader.row(row)))
    }
}

/// What may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replace {
    Nothing,
    Sample,
    Any,
}

impl Replace {
    fn may(self, path: &Path) -> bool {
        match self {
            Self::Nothing => false,
            Self::Sample => fresh().is_ok_and(|fresh| {
                Embedded::open(path)
                    .is_ok_and(|own| sample::is_same(&own.connection, &fresh).unwrap_or(false))
            }),
            Self::Any => true,
        }
    }
}

/// Makes a fresh instance in memory.
fn fresh() -> Result<Connection, Failure> {
    let mut connection = Connection::open_in_memory()?;
    fill_in(&mut connection, None, &mut with_sample)?;
    Ok(connection)
}

fn with_sample(loader: &mut Loader<'_>) -> Result<Told, Failure> {
    let (entities, active_objects) = (ENTITIES.as_bytes(), ACTIVE_OBJECTS.as_bytes());
    let told = backup::rows_of_bytes(entities, active_objects, &mut |row| loader.row(row))?;
    // Nobody has written a time into it yet.
    Ok(Told { zone: Some("UTC".to_owned()), ..told })
}

/// What puts rows into a loader.
type Fill<'a> = &'a mut dyn FnMut(&mut Loader<'_>) -> Result<Told, Failure>;

fn make(
    path: &Path,
    replace: Replace,
    who: &Who,
    wait: Duration,
    fill: Fill<'_>,
) -> Result<Loaded, WriteError> {
    let target = place_of(path);
    let exists = || target.symlink_metadata().is_ok();
    if exists() && !replace.may(path) {
        return Err(WriteError::Exists { path: path.to_owned() });
    }
    // What is no instance is not replaced, and nothing is made beside it.
    if exists() {
        Embedded::open(path)?;
    }
    let place = match exists() {
        true => Place::Instance(path.display().to_string()),
        false => Place::File(path.to_owned()),
    };
    let writing = Writing::begin(place);
    let _lock = Lock::get(path, who, wait)?;
    // Somebody may have made one while this process waited.
    match exists() {
        true if replace.may(path) => {
            let is_sample = replace == Replace::Sample;
            Ok(Loaded { replaced_sample: is_sample, ..replace_by(path, &writing, fill)? })
        }
        true => Err(WriteError::Exists { path: path.to_owned() }),
        false => make_new(path, &target, &writing, fill),
    }
}

/// The file can be read by its owner alone: an instance holds names, addresses and hashes of passwords.
fn make_new(path: &Path, target: &Path, writing: &Writing, fill: Fill<'_>) -> Result<Loaded, WriteError> {
    let io = |source| WriteError::Io { path: path.to_owned(), source };
    let mut new = Temporary::beside(target, 0o600).map_err(io)?;
    let loaded = fill_new(new.path(), fill).map_err(|failure| told(path, failure))?;
    new.file().sync_all().map_err(io)?;
    writing.decide(|| new.rename(target, false)).map_err(io)?;
    Ok(loaded)
}

fn fill_new(path: &Path, fill: Fill<'_>) -> Result<Loaded, Failure> {
    let mut connection = Connection::open(path)?;
    // If anything happens, the file is thrown away: nothing needs to be safe before it is complete. What fails and is tried
    // in another way must be taken back, though.
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let loaded = fill_in(&mut connection, None, fill)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(loaded)
}

fn replace_by(path: &Path, writing: &Writing, fill: Fill<'_>) -> Result<Loaded, WriteError> {
    let mut connection = Embedded::open(path)?.connection;
    let loaded =
        fill_in(&mut connection, Some((path, writing)), fill).map_err(|failure| told(path, failure))?;
    // What is large is better in the file itself; those who still read the old state may prevent that for now.
    let _later = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
    Ok(loaded)
}

/// Fills a database in one transaction, which may be what decides; what was in it goes.
fn fill_in(
    connection: &mut Connection,
    decides: Option<(&Path, &Writing)>,
    fill: Fill<'_>,
) -> Result<Loaded, Failure> {
    connection.pragma_update(None, "cache_size", -CACHE)?;
    // Rows come in the order of their tables, which is not that of their keys; they are checked at the end.
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    drop_tables(&transaction)?;
    schema::create(&transaction)?;
    schema::give_id(&transaction)?;
    let mut loader = Loader::new(&transaction);
    let told = fill(&mut loader)?;
    let mut warnings = told.warnings;
    warnings.extend(loader.finish()?);
    for (key, value) in [("version", told.version), ("build", told.build), ("zone", told.zone)] {
        if let Some(value) = value {
            transaction.execute("INSERT INTO pcfg_meta (key, value) VALUES (?, ?)", (key, value))?;
        }
    }
    let counts = super::store::counts(&transaction)?;
    match decides {
        Some((path, writing)) => {
            // The instance has another id than the one that it takes the place of.
            let id = id_of(&transaction)?;
            let is_done =
                |own: &mut Embedded| Ok(id_of(&own.connection).map_err(|error| failed(path, error))? == id);
            ended(path, writing, || transaction.commit(), &is_done).map_err(Failure::Other)?;
        }
        None => transaction.commit()?,
    }
    Ok(Loaded { rows: counts.values().sum(), tables: counts.len(), warnings, replaced_sample: false })
}

fn id_of(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("SELECT value FROM pcfg_meta WHERE key = 'id'", (), |row| row.get(0))
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
