//! What a half remembers: one SQLite file, apart from the Jira.
//!
//! Invariant: every step of the engine is one transaction here, so that a half that is killed stands before or after a step; one
//! process at a time has the file.

mod boxes;
mod half;
mod pair;
mod shelves;

#[cfg(test)]
mod state_tests;

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, params};

pub use boxes::{InRow, InState, OutRow, OutState};
pub use half::{Complaint, Half, PingState, Recovery, Returned};
pub use pair::{Arriving, Claim, Pair, PairState, Register, Thing, Things};
pub use shelves::{ConfigRow, LinkRow, Parked, Todo};

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateFault {
    /// SQLite says so.
    #[error("the state of the synchronization cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// The file system says so.
    #[error("{}: {error}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What it says.
        error: std::io::Error,
    },
    /// Another process works with it.
    #[error("{} is in use by {by}; wait until it has finished", path.display())]
    InUse {
        /// Which file.
        path: PathBuf,
        /// Who says that it uses it.
        by: String,
    },
    /// It is not the state of a half, or of a newer pcfg.
    #[error("{}: {why}", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What it is.
        why: String,
    },
    /// What is in it cannot be understood.
    #[error(
        "the state of the synchronization is damaged ({0}); restore it from a backup, and run `pcfg sync recover`"
    )]
    Damaged(String),
    /// A test has pulled the plug.
    #[error("killed")]
    Killed,
}

const VERSION: i64 = 1;
const TABLES: &str = "
    CREATE TABLE half (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL);
    CREATE TABLE pairs (own TEXT PRIMARY KEY, partner TEXT UNIQUE, state TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE links (kind TEXT, source TEXT, target TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, source, target)) WITHOUT ROWID;
    CREATE INDEX links_of_source ON links (source);
    CREATE INDEX links_of_target ON links (target);
    CREATE TABLE outbox (epoch INTEGER, seq INTEGER, issue TEXT, kind TEXT NOT NULL, hash TEXT NOT NULL, sealed BLOB,
        state INTEGER NOT NULL, created INTEGER NOT NULL, tries INTEGER NOT NULL, due INTEGER, why TEXT, name TEXT NOT NULL,
        PRIMARY KEY (epoch, seq));
    CREATE INDEX outbox_name ON outbox (name);
    CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL;
    CREATE INDEX outbox_open ON outbox (seq) WHERE state IN (1, 4);
    CREATE TABLE inbox (epoch INTEGER, seq INTEGER, hash TEXT NOT NULL, issue TEXT, kind TEXT NOT NULL, plain BLOB,
        state INTEGER NOT NULL, received INTEGER NOT NULL, tries INTEGER NOT NULL, due INTEGER NOT NULL, why TEXT, PRIMARY KEY (epoch, seq));
    CREATE INDEX inbox_open ON inbox (epoch, seq) WHERE state < 4;
    CREATE INDEX inbox_begun ON inbox (issue) WHERE state = 1;
    CREATE TABLE todo (own TEXT PRIMARY KEY, whole INTEGER NOT NULL, why TEXT, tries INTEGER NOT NULL, due INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE configs (number INTEGER PRIMARY KEY, hash TEXT NOT NULL, message TEXT NOT NULL, published TEXT);
    CREATE TABLE parked (own TEXT, part TEXT, theirs TEXT NOT NULL, PRIMARY KEY (own, part)) WITHOUT ROWID;
    CREATE TABLE chunks (number INTEGER, part INTEGER, of INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (number, part));
    CREATE TABLE log (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL);
";

/// The moments at which a test may pull the plug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before a transaction is made lasting.
    BeforeCommit,
    /// After it.
    AfterCommit,
}

type Plug = Box<dyn FnMut(Moment) -> bool>;

/// The state of a half.
pub struct State {
    db: Connection,
    half: Half,
    saved: Half,
    plug: Option<Plug>,
    /// Whether nothing is made lasting.
    dry: bool,
    /// Holds the lock for as long as the state is open.
    _lock: Option<File>,
}

impl State {
    /// A new state, in a file that is not there yet, which only its owner can read.
    pub fn create(path: &Path, half: Half) -> Result<Self, StateFault> {
        let fault = |error| StateFault::File { path: path.to_owned(), error };
        drop(private(OpenOptions::new().write(true).create_new(true)).open(path).map_err(fault)?);
        let lock = lock(path)?;
        let mut db = Connection::open(path)?;
        prepare(&db)?;
        let tx = db.transaction()?;
        tx.execute_batch(TABLES)?;
        tx.pragma_update(None, "user_version", VERSION)?;
        tx.execute("INSERT INTO half VALUES (1, ?)", [json(&half)])?;
        tx.commit()?;
        Ok(Self { db, saved: half.clone(), half, plug: None, dry: false, _lock: Some(lock) })
    }

    /// The state in this file. Nobody else can open it until it is dropped.
    pub fn open(path: &Path) -> Result<Self, StateFault> {
        let foreign = |why: &str| StateFault::Foreign { path: path.to_owned(), why: why.to_owned() };
        if !path.is_file() {
            return Err(foreign("there is no synchronization here; make one with `pcfg sync init`"));
        }
        let lock = lock(path)?;
        let db = Connection::open(path)?;
        prepare(&db)?;
        let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version > VERSION {
            return Err(foreign("it was written by a newer pcfg; update this one"));
        }
        if version != VERSION {
            return Err(foreign("it is not the state of a synchronization"));
        }
        let half = load_half(&db)?;
        Ok(Self { db, saved: half.clone(), half, plug: None, dry: false, _lock: Some(lock) })
    }

    /// A state that is only in memory.
    #[cfg(test)]
    pub(crate) fn in_memory(half: Half) -> Result<Self, StateFault> {
        let db = Connection::open_in_memory()?;
        db.set_prepared_statement_cache_capacity(128);
        db.execute_batch(TABLES)?;
        db.execute("INSERT INTO half VALUES (1, ?)", [json(&half)])?;
        Ok(Self { db, saved: half.clone(), half, plug: None, dry: false, _lock: None })
    }

    /// A copy of all that was made lasting.
    #[cfg(test)]
    pub(crate) fn copy(&self) -> Result<Self, StateFault> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("copy");
        self.db.execute("VACUUM INTO ?", [path.to_str().expect("a path")])?;
        let db = Connection::open_in_memory()?;
        db.set_prepared_statement_cache_capacity(128);
        db.execute("ATTACH ? AS old", [path.to_str().expect("a path")])?;
        db.execute_batch(TABLES)?;
        for table in
            ["half", "pairs", "links", "outbox", "inbox", "todo", "configs", "parked", "chunks", "log"]
        {
            db.execute(&format!("INSERT INTO main.{table} SELECT * FROM old.{table}"), [])?;
        }
        db.execute_batch("DETACH old")?;
        let half = load_half(&db)?;
        Ok(Self { db, saved: half.clone(), half, plug: None, dry: false, _lock: None })
    }

    /// Asks this before and after every transaction whether the plug is pulled.
    #[cfg(test)]
    pub(crate) fn set_plug(&mut self, plug: impl FnMut(Moment) -> bool + 'static) {
        self.plug = Some(Box::new(plug));
    }

    /// The half.
    pub fn half(&self) -> &Half {
        &self.half
    }

    /// The half, to be changed in the transaction that is under way, or in one of its own.
    pub fn half_mut(&mut self) -> &mut Half {
        &mut self.half
    }

    /// Begins a transaction; one that is under way goes on.
    pub fn begin(&mut self) -> Result<(), StateFault> {
        if self.db.is_autocommit() {
            self.db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        }
        Ok(())
    }

    /// Makes lasting what was done.
    pub fn commit(&mut self) -> Result<(), StateFault> {
        if self.dry {
            return Ok(());
        }
        if self.half != self.saved {
            self.begin()?;
            self.db.prepare_cached("UPDATE half SET body = ?")?.execute([json(&self.half)])?;
        } else if self.db.is_autocommit() {
            return Ok(());
        }
        self.pulled(Moment::BeforeCommit)?;
        self.db.prepare_cached("COMMIT")?.execute([])?;
        self.saved.clone_from(&self.half);
        self.pulled(Moment::AfterCommit)
    }

    /// Forgets what was done since the last commit.
    pub fn roll_back(&mut self) -> Result<(), StateFault> {
        if !self.db.is_autocommit() {
            self.db.execute_batch("ROLLBACK")?;
        }
        self.half.clone_from(&self.saved);
        Ok(())
    }

    /// From now on nothing is made lasting, until this is taken back: then all that was done meanwhile is forgotten.
    pub(crate) fn set_dry(&mut self, dry: bool) -> Result<(), StateFault> {
        if dry {
            self.commit()?;
            // What does not fit into memory must not get into the file either.
            self.db.pragma_update(None, "cache_spill", false)?;
            self.begin()?;
        } else {
            self.roll_back()?;
            self.db.pragma_update(None, "cache_spill", true)?;
        }
        self.dry = dry;
        Ok(())
    }

    fn pulled(&mut self, moment: Moment) -> Result<(), StateFault> {
        let pulled = self.plug.as_mut().is_some_and(|plug| plug(moment));
        if pulled { Err(StateFault::Killed) } else { Ok(()) }
    }

    /// Writes a line into the log of what people did and what went wrong.
    pub fn log(&mut self, at: crate::Time, what: &str) -> Result<(), StateFault> {
        self.begin()?;
        self.db.prepare_cached("INSERT INTO log (at, what) VALUES (?, ?)")?.execute(params![at.0, what])?;
        Ok(())
    }

    /// The last lines of the log, oldest first.
    pub fn logged(&self, many: u32) -> Result<Vec<(crate::Time, String)>, StateFault> {
        let mut rows = self.db.prepare_cached("SELECT at, what FROM log ORDER BY id DESC LIMIT ?")?;
        let lines = rows.query_map([many], |row| Ok((crate::Time(row.get(0)?), row.get(1)?)))?;
        let mut lines: Vec<_> = lines.collect::<Result<_, _>>()?;
        lines.reverse();
        Ok(lines)
    }
}

/// How the file is used: it is small, so the ordinary journal is enough, and no second file stays beside it that a backup could miss.
fn prepare(db: &Connection) -> Result<(), StateFault> {
    db.pragma_update(None, "journal_mode", "DELETE")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", "ON")?;
    db.pragma_update(None, "cache_size", -16_384)?;
    db.set_prepared_statement_cache_capacity(128);
    Ok(())
}

fn load_half(db: &Connection) -> Result<Half, StateFault> {
    let body: Option<String> = db.query_row("SELECT body FROM half", [], |row| row.get(0)).optional()?;
    let body = body.ok_or_else(|| StateFault::Damaged("it is empty".to_owned()))?;
    parse(&body)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Locks the file beside the state that says who uses it. SQLite's own locks would not last from one transaction to the next.
fn lock(path: &Path) -> Result<File, StateFault> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let beside = PathBuf::from(name);
    let fault = |error| StateFault::File { path: beside.clone(), error };
    let mut options = OpenOptions::new();
    let mut file =
        private(options.read(true).write(true).create(true).truncate(false)).open(&beside).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).map_err(fault)?;
            file.rewind().map_err(fault)?;
            write!(file, "process {}", std::process::id()).map_err(fault)?;
            Ok(file)
        }
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut by = String::new();
            let read = (&file).take(100).read_to_string(&mut by);
            let by = if read.is_ok() && !by.is_empty() { by } else { "another process".to_owned() };
            Err(StateFault::InUse { path: path.to_owned(), by })
        }
        Err(std::fs::TryLockError::Error(error)) => Err(fault(error)),
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("what is kept has text for its keys")
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StateFault> {
    serde_json::from_str(text).map_err(|error| StateFault::Damaged(error.to_string()))
}
