//! The embedded instance: Jira's own tables in one SQLite file, filled from a backup or made anew.
//!
//! Invariants: a file that exists is a whole instance or none at all; a change is there wholly, together with its entry in
//! the journal, or not at all; one process writes at a time, and those that read see one state from beginning to end.

mod create;
mod data_tables;
#[cfg(feature = "sync")]
mod editing;
#[cfg(test)]
mod ended_tests;
mod issue_data;
mod issue_rows;
mod journal;
mod last_change;
mod load;
mod lock;
mod recover;
mod row;
mod said;
mod sample;
mod schema;
mod standings;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};

use self::journal::Unread;
pub(super) use self::lock::Lock;
pub use self::lock::take_lock_away;
use self::row::Refusal;
use self::schema::Layout;
use super::last_change::{Moved, Moving};
use super::writable::rows_of;
use super::{
    Basis, Entry, Finding, Instance, Journaled, Kind, KnownZone, Progress, ReadError, Reading, Run, RunId,
    Scope, Watch, Who, Writable, WriteError, bound, proof,
};
use crate::entity::{RowChange, Tables};
use crate::import::{Proved, Work};
use crate::model::Abilities;
use crate::output::{self, Outcome, Writing};

pub use self::create::Loaded;
#[cfg(feature = "sync")]
pub use self::editing::{Clock, EmbeddedIssues, Opening};
pub use self::said::said;

/// What every SQLite file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// How long to wait for a program other than pcfg that has the file locked for a moment.
const PATIENCE: Duration = Duration::from_secs(5);

/// An embedded instance.
#[derive(Debug)]
pub struct Embedded {
    path: PathBuf,
    connection: Connection,
    wait: Duration,
    watch: Watch,
    /// What the changes to come were planned from.
    basis: Option<Basis>,
    /// What an interruption says of it.
    writing: Option<Writing>,
    /// The state of the data that is being read.
    state: Option<i64>,
}

impl Embedded {
    /// Returns whether a file is a SQLite database.
    pub fn is_at(path: &Path) -> bool {
        let mut beginning = [0; MAGIC.len()];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut beginning));
        read.is_ok() && beginning == MAGIC
    }

    /// Opens an instance.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        // SQLite would create an empty file.
        std::fs::metadata(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
        let wrong = |why: &str, help: &str| ReadError::NotAnInstance {
            path: path.to_owned(),
            why: why.to_owned(),
            help: Some(help.to_owned()),
        };
        if !Self::is_at(path) {
            return Err(wrong(
                "it is not an SQLite database",
                "create one from a backup with `pcfg instance load`",
            ));
        }
        output::reads_database(path);
        let fails = |source| ReadError::Database { path: path.to_owned(), source };
        let (connection, application) = connect(path).map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => wrong(
                &format!("it has more than {MOST_ENTRIES} tables, views and indexes"),
                "an instance that pcfg has made has some hundreds: make one of a backup with `pcfg instance load`",
            ),
            _ => fails(error),
        })?;
        if application != schema::APPLICATION {
            return Err(wrong(
                "it is the database of another program",
                "name an instance that `pcfg instance init` or `pcfg instance load` has created",
            ));
        }
        let version: i64 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fails)?;
        if version > schema::VERSION {
            return Err(wrong("a newer version of pcfg created it", "use that version"));
        }
        schema::must_be_own(&connection).map_err(fails)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            wait: Duration::ZERO,
            watch: Watch::default(),
            basis: None,
            writing: None,
            state: None,
        })
    }

    /// Opens an instance that is only read: SQLite itself refuses to change it.
    pub fn look(path: &Path) -> Result<Self, ReadError> {
        let own = Self::open(path)?;
        let fails = |source| ReadError::Database { path: path.to_owned(), source };
        own.connection.pragma_update(None, "query_only", true).map_err(fails)?;
        Ok(own)
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the issues of one of its projects, to be changed by a user.
    #[cfg(feature = "sync")]
    pub fn into_issues(self, opening: Opening) -> Result<EmbeddedIssues, pcfg_sync::IssueFault> {
        EmbeddedIssues::new((self.path, self.connection), opening)
    }

    /// Returns the keys of some projects, for somebody who waits for them; what cannot be read is not there.
    pub fn some_keys(&self) -> Vec<String> {
        let sql =
            "SELECT CAST(\"pkey\" AS TEXT) FROM \"project\" WHERE \"pkey\" IS NOT NULL ORDER BY 1 LIMIT 1000";
        let Ok(mut statement) = self.connection.prepare(sql) else { return Vec::new() };
        let keys = statement.query_map([], |row| row.get(0));
        keys.map(|keys| keys.filter_map(Result::ok).collect()).unwrap_or_default()
    }

    fn begin(&self) -> Writing {
        Writing::begin(output::Place::Instance(self.path.display().to_string()))
    }

    /// Runs `read` on one state of the data.
    fn snapshot<T>(&mut self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let transaction = self.connection.transaction()?;
        let result = read(&transaction)?;
        transaction.finish()?;
        Ok(result)
    }
}

/// More tables, views and indexes than this are in no instance: SQLite takes the square of their number to read them, whatever is
/// wanted of them.
const MOST_ENTRIES: i32 = 20_000;

/// How many steps SQLite takes to read one of them, and some more.
const STEPS: i32 = 10;

/// Opens a database; returns its application, too, which is the first thing that is read of it.
fn connect(path: &Path) -> rusqlite::Result<(Connection, i64)> {
    let open = |path: &Path, flags| -> rusqlite::Result<(Connection, i64)> {
        let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        // The first statement that needs to know what is there reads all of that.
        connection.progress_handler(MOST_ENTRIES * STEPS, Some(|| true))?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // The file may come from anywhere.
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        // What is quoted is a name: a column that is missing does not read as its own name.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        let application = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        connection.query_row("SELECT count(*) FROM sqlite_schema WHERE rowid < 0", (), |_| Ok(()))?;
        connection.progress_handler(0, None::<fn() -> bool>)?;
        Ok((connection, application))
    };
    match open(path, OpenFlags::SQLITE_OPEN_READ_WRITE) {
        Err(error)
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
            ) && is_settled(path) =>
        {
            // In a folder that cannot be written, SQLite needs to be told that nobody else writes there either.
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            open(Path::new(&format!("file:{}?immutable=1", escaped(path))), flags)
        }
        other => other,
    }
}

/// Returns whether all that was written is in the file itself.
fn is_settled(path: &Path) -> bool {
    std::fs::metadata(lock::beside(path, "-wal")).map_or(true, |wal| wal.len() == 0)
}

fn escaped(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// Returns whether something is there, of an instance that was opened anew.
type IsDone<'a> = &'a dyn Fn(&mut Embedded) -> Result<bool, WriteError>;

/// Ends a transaction. Where SQLite fails at a COMMIT (a disk that breaks at the last moment), the changes may be there all the same:
/// what is told is what another connection sees, and where nobody can look, that is told.
fn ended(
    path: &Path,
    writing: &Writing,
    commit: impl FnOnce() -> rusqlite::Result<()>,
    is_done: IsDone<'_>,
) -> Result<(), WriteError> {
    writing.is(Outcome::Unknown);
    let result = commit().or_else(|error| {
        let found = Embedded::open(path).map_err(WriteError::from).and_then(|mut own| is_done(&mut own));
        match found {
            Ok(true) => Ok(()),
            Ok(false) => Err(failed(path, error)),
            Err(_) => Err(WriteError::Undecided { path: path.to_owned(), source: error }),
        }
    });
    match &result {
        Ok(()) => writing.is(Outcome::Done),
        Err(WriteError::Undecided { .. }) => {}
        Err(_) => writing.is(Outcome::Untouched),
    }
    result
}

/// Returns whether a run is in the journal.
fn has_run(own: &mut Embedded, id: RunId, who: &Who) -> Result<bool, WriteError> {
    Ok(own.history()?.iter().any(|entry| entry.id == id && entry.run.who == *who))
}

/// Makes an error of what the database says.
fn failed(path: &Path, source: rusqlite::Error) -> WriteError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            WriteError::Busy { place: path.display().to_string(), by: None }
        }
        _ => WriteError::Database { path, source },
    }
}

impl Instance for Embedded {
    fn read(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        let size = std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        progress(0, size);
        let read = self.snapshot(|connection| {
            let layout = Layout::read(connection)?;
            let tables = store::read(connection, &layout, scope, bound::MOST_BYTES)?;
            let rows = store::counts(connection)?;
            let meta = |key: &str| {
                let sql = "SELECT value FROM pcfg_meta WHERE key = ?";
                connection.query_row(sql, [key], |row| row.get(0)).optional()
            };
            Ok((tables, rows, meta("version")?, meta("build")?, meta("id")?, meta("zone")?))
        });
        let (tables, rows, version, build, id, zone) =
            read.map_err(|source| ReadError::Database { path: self.path.clone(), source })?;
        bounded(&tables, &self.path)?;
        progress(size, size);
        let reading = Reading::of(tables, rows, version, build);
        let zone = zone.map_or_else(|| reading.zone.clone(), KnownZone::Named);
        Ok(Reading { id, zone, ..reading })
    }
}

impl Moving for Embedded {
    fn moved(&mut self, issue: Option<u64>) -> Result<Option<Moved>, ReadError> {
        let found = self.snapshot(|connection| last_change::moved(connection, issue));
        found.map_err(|source| ReadError::Database { path: self.path.clone(), source })
    }
}

impl Writable for Embedded {
    fn abilities(&self) -> Abilities {
        Kind::Embedded.abilities()
    }

    fn wait(&mut self, most: Duration) {
        self.wait = most;
    }

    fn plan(&mut self) {
        self.writing = Some(self.begin());
    }

    fn follow(&mut self, basis: Basis) {
        self.basis = Some(basis);
    }

    fn watch(&mut self, watch: Watch) {
        self.watch = watch;
    }

    fn carry_out(&mut self, proved: &Proved, run: &Run) -> Result<RunId, WriteError> {
        let changes = rows_of(proved)?;
        let writing = self.writing.take().unwrap_or_else(|| self.begin());
        let _lock = Lock::get(&self.path, &run.who, self.wait)?;
        let (path, basis) = (self.path.clone(), self.basis.take());
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| failed(&path, error))?;
        if let Some(basis) = &basis {
            overtaken(&transaction, basis.last, &path)?;
            proof::unchanged(basis, &configuration(&transaction, &path)?)?;
        }
        let id = apply(&transaction, changes, run, &path, &self.watch)?;
        if let Some(basis) = &basis {
            proof::arrived(basis, changes, &configuration(&transaction, &path)?)?;
        }
        ended(&path, &writing, || transaction.commit(), &|own| has_run(own, id, &run.who))?;
        Ok(id)
    }

    fn history(&mut self) -> Result<Vec<Entry>, WriteError> {
        let path = self.path.clone();
        let read = self.snapshot(|connection| Ok(journal::history(connection)));
        read.map_err(|error| failed(&path, error))?.map_err(|error| unread(&path, error))
    }

    fn run(&mut self, id: RunId) -> Result<Journaled, WriteError> {
        let path = self.path.clone();
        let read = self.snapshot(|connection| {
            let (entries, changes) = (journal::history(connection), journal::changes(connection, id));
            Ok((entries, changes, journal::streamed(connection, id)))
        });
        let (entries, changes, streamed) = read.map_err(|error| failed(&path, error))?;
        let entries = entries.map_err(|error| unread(&path, error))?;
        let entry = entries.into_iter().find(|entry| entry.id == id).ok_or(WriteError::NoRun { run: id })?;
        let changes = changes.map_err(|error| unread(&path, error))?;
        let journaled = super::journal::journaled(entry, changes);
        Ok(match streamed.map_err(|error| unread(&path, error))? {
            Some(streamed) => Journaled { work: Work::Streamed(streamed), ..journaled },
            None => journaled,
        })
    }

    fn recover(&mut self, who: &Who) -> Result<Vec<Finding>, WriteError> {
        recover::recover(self, who)
    }
}

/// Returns the rows that are configuration, as they are by now.
fn configuration(connection: &Connection, path: &Path) -> Result<Tables, WriteError> {
    let read = Layout::read(connection)
        .and_then(|layout| store::read(connection, &layout, Scope::default(), bound::MOST_BYTES));
    let mut tables = read.map_err(|error| failed(path, error))?;
    bounded(&tables, path)?;
    tables.sort();
    Ok(tables)
}

/// Fails if not all rows were kept, because they take too much memory.
fn bounded(tables: &Tables, path: &Path) -> Result<(), ReadError> {
    bound::check(tables, bound::MOST_BYTES)
        .map_err(|excess| ReadError::TooMuch { place: path.display().to_string(), excess })
}

/// Fails if there is a later run.
fn overtaken(connection: &Connection, last: Option<RunId>, path: &Path) -> Result<(), WriteError> {
    let entries = journal::history(connection).map_err(|error| unread(path, error))?;
    super::journal::overtaken(entries.into_iter().next(), last)
}

/// Changes rows and writes the journal, in a transaction.
fn apply(
    transaction: &Transaction<'_>,
    changes: &[RowChange],
    run: &Run,
    path: &Path,
    Watch(watch): &Watch,
) -> Result<RunId, WriteError> {
    let fails = |error| failed(path, error);
    // Rows may come before those that they lead to.
    transaction.pragma_update(None, "defer_foreign_keys", true).map_err(fails)?;
    // What somebody else has left without its row is not this run's doing.
    let led_nowhere = dangling(transaction).map_err(fails)?;
    let layout = Layout::read(transaction).map_err(fails)?;
    let mut rests = match run.undoes {
        Some(undone) => {
            super::journal::rests(journal::changes(transaction, undone).map_err(|error| unread(path, error))?)
        }
        None => BTreeMap::new(),
    };
    // A file of an older version has none yet.
    schema::give_id(transaction).map_err(fails)?;
    journal::forget_secrets(transaction).map_err(fails)?;
    let id = journal::begin(transaction, run).map_err(fails)?;
    let changes_of_rows = changes.len() as u64;
    let all = changes_of_rows + run.moves.iter().map(|own| own.issues).sum::<u64>();
    for (number, change) in changes.iter().enumerate() {
        let rest = match (&change.before, &change.after) {
            (None, Some(after)) => rests.get_mut(after).and_then(Vec::pop),
            _ => None,
        };
        let had =
            store::change(transaction, &layout, change, rest.as_ref()).map_err(|refusal| match refusal {
                Refusal::Database(error) => failed(path, error),
                Refusal::Other(error) => error,
            })?;
        journal::change(transaction, id, number, change, had.as_ref()).map_err(fails)?;
        watch(number as u64 + 1, all);
    }
    let changed = |error| match error {
        Refusal::Database(error) => failed(path, error),
        Refusal::Other(error) => error,
    };
    let mut number = changes.len();
    standings::move_all(transaction, &layout, run, &mut |changes, done| {
        for change in changes {
            let had = store::change(transaction, &layout, change, None)?;
            journal::change(transaction, id, number, change, had.as_ref())?;
            number += 1;
        }
        watch(changes_of_rows + done, all);
        Ok(())
    })
    .map_err(changed)?;
    match dangling(transaction).map_err(fails)?.difference(&led_nowhere).next() {
        Some(own) => {
            let (row, to) = in_words(transaction, own).map_err(fails)?;
            Err(WriteError::Dangling { row, to })
        }
        None => Ok(id),
    }
}

/// A row that leads nowhere: its table, where it stands there, and the table that it leads to.
type LeadsNowhere = (String, i64, String);

/// Returns the rows that lead to none.
fn dangling(connection: &Connection) -> rusqlite::Result<BTreeSet<LeadsNowhere>> {
    let sql = "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check";
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    found.collect()
}

/// Returns the table and id of a row that leads nowhere, and the table that it leads to.
fn in_words(
    connection: &Connection,
    (table, at, parent): &LeadsNowhere,
) -> rusqlite::Result<(String, String)> {
    let sql = format!("SELECT \"ID\" FROM {} WHERE rowid = ?", schema::quoted(table));
    let id: rusqlite::types::Value = connection.query_row(&sql, [*at], |row| row.get(0))?;
    let id = match id {
        rusqlite::types::Value::Integer(id) => id.to_string(),
        rusqlite::types::Value::Text(id) => id,
        _ => String::new(),
    };
    Ok((format!("{table} {id}"), parent.clone()))
}

fn unread(path: &Path, error: Unread) -> WriteError {
    match error {
        Unread::Database(error) => failed(path, error),
        Unread::Damaged(why) => WriteError::Journal { place: path.display().to_string(), why },
    }
}
