//! The database of an instance while a user changes its issues: its transactions, its time, its folder of attachments.
//!
//! Invariant: what a call writes is there wholly or not at all, with the sequences, the numbers of rows and the files that belong to it;
//! and whoever writes holds the lock that imports take, too.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use pcfg_sync::{IssueFault, Time};
use rusqlite::{Connection, ErrorCode};

use super::indexes;
use crate::attachments::Folder;
use crate::data::{NextIds, Zone, milliseconds, of_milliseconds};
use crate::entity::DataRow;
use crate::instance::embedded::issue_data::Stored;
use crate::instance::embedded::issue_rows::raise;
use crate::instance::embedded::lock::{Lock, beside};
use crate::instance::embedded::schema::Layout;
use crate::instance::{Who, WriteError};
use crate::output::{self, Writing};

/// What comes of a call.
pub(super) type Called<T> = Result<T, IssueFault>;

/// What tells the time.
pub type Clock = Box<dyn FnMut() -> Time>;

/// A clock that is behind the data by more than this is not held back by it: a date in the data is wrong.
const MOST_SKEW: i64 = 24 * 60 * 60 * 1000;

/// A file of an attachment that was placed by a transaction, or is to be taken away by it.
pub(super) struct Moved {
    pub(super) place: crate::attachments::Place,
    pub(super) sha256: String,
    /// The folders that were made for it.
    pub(super) absent: Vec<PathBuf>,
}

/// A transaction.
pub(super) struct Open {
    writing: Writing,
    /// The next ids that were given out.
    pub(super) ids: BTreeMap<&'static str, u64>,
    /// How many rows came to tables or went.
    pub(super) counts: BTreeMap<&'static str, i64>,
    placed: Vec<Moved>,
    leaving: Vec<crate::attachments::Place>,
    _lock: Lock,
}

/// The rows of an instance.
pub(super) struct Rows {
    path: PathBuf,
    pub(super) connection: Connection,
    who: Who,
    wait: Duration,
    clock: RefCell<Clock>,
    pub(super) zone: Zone,
    pub(super) tables: RefCell<HashMap<&'static str, Option<Rc<Stored>>>>,
    pub(super) layout: OnceCell<Layout>,
    open: RefCell<Option<Open>>,
    is_held: Cell<bool>,
    has_indexes: Cell<bool>,
}

impl Rows {
    pub(super) fn new(
        (path, connection): (PathBuf, Connection),
        zone: Zone,
        (who, wait): (Who, Duration),
        clock: Clock,
    ) -> Called<Self> {
        // Each call is one transaction, so that what holds many together is the caller's to decide.
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self {
            path,
            connection,
            who,
            wait,
            clock: RefCell::new(clock),
            zone,
            tables: RefCell::default(),
            layout: OnceCell::new(),
            open: RefCell::default(),
            is_held: Cell::new(false),
            has_indexes: Cell::new(false),
        })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs `deed` on one state of the data.
    pub(super) fn look<T>(&self, deed: impl FnOnce() -> Called<T>) -> Called<T> {
        self.have_indexes()?;
        if self.open.borrow().is_some() {
            return deed();
        }
        self.run("BEGIN")?;
        let result = deed();
        self.run("ROLLBACK")?;
        result
    }

    /// Runs `deed`, of which nothing stays if it fails.
    pub(super) fn write<T>(&self, deed: impl FnOnce() -> Called<T>) -> Called<T> {
        self.have_indexes()?;
        if !self.is_held.get() {
            self.begin()?;
            let result = deed();
            return match result {
                Ok(done) => self.commit().map(|()| done),
                Err(fault) => {
                    self.roll_back()?;
                    Err(fault)
                }
            };
        }
        self.run("SAVEPOINT call")?;
        let (counts, placed, leaving) = self
            .with_open(|open| (open.counts.clone(), open.placed.len(), open.leaving.len()))
            .unwrap_or_default();
        let result = deed();
        if result.is_err() {
            self.run("ROLLBACK TO call")?;
            let undone = self.with_open(|open| {
                open.counts = counts;
                open.leaving.truncate(leaving);
                open.placed.split_off(placed)
            });
            self.take_away(undone.unwrap_or_default());
        }
        self.run("RELEASE call")?;
        result
    }

    /// Begins to hold calls together.
    pub(super) fn hold(&self) -> Called<()> {
        self.have_indexes()?;
        if self.is_held.get() {
            return Ok(());
        }
        self.begin()?;
        self.is_held.set(true);
        Ok(())
    }

    /// Makes lasting what was held.
    pub(super) fn let_go(&self) -> Called<()> {
        if !self.is_held.replace(false) {
            return Ok(());
        }
        self.commit()
    }

    /// Forgets what was held; whether there was anything to forget.
    pub(super) fn forget(&self) -> Called<bool> {
        if !self.is_held.replace(false) {
            return Ok(false);
        }
        self.roll_back().map(|()| true)
    }

    fn begin(&self) -> Called<()> {
        let writing = Writing::begin(output::Place::Instance(self.path.display().to_string()));
        let lock = Lock::get(&self.path, &self.who, self.wait).map_err(unwritten)?;
        self.run("BEGIN IMMEDIATE")?;
        *self.open.borrow_mut() = Some(Open {
            writing,
            ids: BTreeMap::new(),
            counts: BTreeMap::new(),
            placed: Vec::new(),
            leaving: Vec::new(),
            _lock: lock,
        });
        Ok(())
    }

    fn commit(&self) -> Called<()> {
        let result = self.finish();
        if result.is_err() {
            self.roll_back()?;
            return result;
        }
        let leaving = self.open.borrow_mut().take().map(|open| open.leaving).unwrap_or_default();
        if !leaving.is_empty()
            && let Ok(folder) = self.folder()
        {
            // What cannot be taken away is a file that belongs to nothing: it harms nobody.
            for place in &leaving {
                if let Ok(Some(file)) = folder.find(place) {
                    let _left = std::fs::remove_file(file.path);
                }
            }
        }
        Ok(())
    }

    fn finish(&self) -> Called<()> {
        let (ids, counts) =
            self.with_open(|open| (open.ids.clone(), open.counts.clone())).unwrap_or_default();
        let mut next = NextIds::default();
        for (table, id) in ids {
            next.set(table, id);
        }
        raise(&self.connection, &next, &[]).map_err(fault)?;
        for (table, count) in counts.into_iter().filter(|(_, count)| *count != 0) {
            let sql = "UPDATE pcfg_table SET rows = rows + ? WHERE entity = ?";
            self.connection.prepare_cached(sql).map_err(fault)?.execute((count, table)).map_err(fault)?;
        }
        let open = self.open.borrow();
        match &*open {
            Some(open) => open.writing.deciding(|| self.run("COMMIT")),
            None => Ok(()),
        }
    }

    fn roll_back(&self) -> Called<()> {
        let open = self.open.borrow_mut().take();
        // Tables that were made are gone again.
        self.tables.borrow_mut().clear();
        let result = match self.connection.is_autocommit() {
            true => Ok(()),
            false => self.run("ROLLBACK"),
        };
        if let Some(open) = open {
            self.take_away(open.placed);
        }
        result
    }

    /// Takes away the files of what did not come about.
    fn take_away(&self, placed: Vec<Moved>) {
        let Ok(folder) = self.folder() else { return };
        for own in placed {
            let _left = folder.take_away(&own.place, &own.sha256, &own.absent);
        }
    }

    pub(super) fn with_open<T>(&self, act: impl FnOnce(&mut Open) -> T) -> Option<T> {
        self.open.borrow_mut().as_mut().map(act)
    }

    /// Remembers a file that was placed.
    pub(super) fn placed(&self, moved: Moved) {
        self.with_open(|open| open.placed.push(moved));
    }

    /// Remembers a file that is to go when the transaction has come about.
    pub(super) fn leaves(&self, place: crate::attachments::Place) {
        self.with_open(|open| open.leaving.push(place));
    }

    /// Returns the folder of attachments, which need not be there.
    pub(super) fn folder_path(&self) -> PathBuf {
        beside(&self.path, ".attachments")
    }

    /// Opens the folder of attachments.
    pub(super) fn folder(&self) -> Called<Folder> {
        Folder::open(&self.folder_path()).map_err(|error| IssueFault::Unavailable { why: error.to_string() })
    }

    fn run(&self, sql: &str) -> Called<()> {
        self.connection.execute_batch(sql).map_err(fault)
    }

    /// Makes the indexes by which rows are found, once; where nobody may write, tables are read to their ends.
    fn have_indexes(&self) -> Called<()> {
        if self.has_indexes.replace(true) || self.open.borrow().is_some() {
            return Ok(());
        }
        if indexes::are_there(&self.connection).map_err(fault)?
            || self.connection.is_readonly("main").map_err(fault)?
        {
            return Ok(());
        }
        self.begin()?;
        match indexes::make(&self.connection).map_err(fault) {
            Ok(()) => self.commit(),
            Err(fault) => {
                self.roll_back()?;
                Err(fault)
            }
        }
    }

    /// Says that somebody else has replaced the tables.
    pub(super) fn forget_tables(&self) {
        self.tables.borrow_mut().clear();
        self.has_indexes.set(false);
    }

    /// Returns the time of a change, which is never before that of the last one of the project; in milliseconds, and as it is stored.
    pub(super) fn now(&self, project: u64) -> Called<(Time, String)> {
        let Time(told) = (self.clock.borrow_mut())();
        let last = self.last_updated(project)?.and_then(|own| self.time(&own));
        let now = match last {
            Some(Time(last)) if last > told && last - told < MOST_SKEW => last,
            _ => told,
        };
        Ok((Time(now), self.stored_time(Time(now))))
    }

    /// Returns a moment as the place stores it.
    pub(super) fn stored_time(&self, Time(milliseconds): Time) -> String {
        of_milliseconds(&milliseconds.to_string())
            .and_then(|moment| self.zone.stored(&moment))
            .unwrap_or_default()
    }

    /// Returns the moment that a stored time means.
    pub(super) fn time(&self, stored: &str) -> Option<Time> {
        milliseconds(&self.zone.moment(stored)?).map(Time)
    }

    /// Returns the moment that a row tells; the beginning of times where it tells none.
    pub(super) fn time_of(&self, row: &DataRow, attribute: &str) -> Time {
        row.text(attribute).and_then(|own| self.time(own)).unwrap_or_default()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Returns what an error of the database means to a caller.
pub(super) fn fault(error: rusqlite::Error) -> IssueFault {
    let why = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program has the instance locked: try again when it has ended".to_owned()
        }
        _ => format!("the database of the instance fails: {error}"),
    };
    IssueFault::Unavailable { why }
}

/// Returns what an error of writing means to a caller.
pub(super) fn unwritten(error: WriteError) -> IssueFault {
    IssueFault::Unavailable { why: error.to_string() }
}
