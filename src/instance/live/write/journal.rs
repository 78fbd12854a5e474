//! The journal of a live Jira, which has no transactions: one SQLite file in the folder of the user's data, with every run and every
//! request of it, before it is sent and after its answer.
//!
//! Invariants: what is committed is on the disk, so that no request is sent of which the journal does not know; and nobody but the
//! user can read it, because requests hold what the configuration holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{Act, Note};
use crate::import::Call;
use crate::instance::journal::{Runs, entry};
use crate::instance::{Entry, Run, RunId, WriteError};

/// The tables; the number of their form is the `user_version` of the file.
const TABLES: &str = "
    CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, command TEXT NOT NULL, since TEXT NOT NULL,
        file TEXT, hash TEXT, plan TEXT NOT NULL, result TEXT NOT NULL,
        undoes INTEGER REFERENCES run,
        ended INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE call (
        run INTEGER NOT NULL REFERENCES run,
        number INTEGER NOT NULL,
        about TEXT NOT NULL,
        sends TEXT NOT NULL,
        takes_back TEXT,
        state INTEGER NOT NULL DEFAULT 0,
        task TEXT,
        PRIMARY KEY (run, number)
    ) STRICT;
    CREATE TABLE id (
        run INTEGER NOT NULL REFERENCES run,
        token TEXT NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (run, token)
    ) STRICT;
    PRAGMA user_version = 1;
    PRAGMA application_id = 1885562731;
";

/// The form of the tables that this version writes.
const VERSION: i64 = 1;

/// What has become of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::instance) enum Fate {
    /// It was not sent yet.
    Waits,
    /// It was sent, and not answered as far as anybody knows.
    Sent,
    /// It was made.
    Made,
}

impl Fate {
    fn of(number: i64) -> Self {
        match number {
            0 => Self::Waits,
            1 => Self::Sent,
            _ => Self::Made,
        }
    }

    fn number(self) -> i64 {
        match self {
            Self::Waits => 0,
            Self::Sent => 1,
            Self::Made => 2,
        }
    }
}

/// A call of a run.
#[derive(Debug, Clone)]
pub(in crate::instance) struct Logged {
    pub(in crate::instance) call: Call,
    pub(in crate::instance) fate: Fate,
    /// The task that it has started.
    pub(in crate::instance) task: Option<String>,
}

/// The journal of one live Jira.
#[derive(Debug)]
pub(in crate::instance) struct Journal {
    path: PathBuf,
    connection: Option<Connection>,
}

impl Journal {
    /// Returns the journal at a path; the file is made with its first run.
    pub(in crate::instance) fn at(path: PathBuf) -> Self {
        Self { path, connection: None }
    }

    pub(in crate::instance) fn path(&self) -> &Path {
        &self.path
    }

    fn fails(&self) -> impl Fn(rusqlite::Error) -> WriteError + use<> {
        let path = self.path.clone();
        move |source| WriteError::Database { path: path.clone(), source }
    }

    fn damaged(&self, why: impl Into<String>) -> WriteError {
        WriteError::Journal { place: self.path.display().to_string(), why: why.into() }
    }

    /// Opens the file, if it is there.
    fn opened(&mut self) -> Result<Option<&Connection>, WriteError> {
        if self.connection.is_none() {
            match self.path.symlink_metadata() {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(source) => return Err(WriteError::Io { path: self.path.clone(), source }),
                Ok(_) => self.connection = Some(self.connect()?),
            }
        }
        Ok(self.connection.as_ref())
    }

    fn connect(&self) -> Result<Connection, WriteError> {
        let fails = self.fails();
        let connection = Connection::open(&self.path).map_err(&fails)?;
        connection
            .execute_batch("PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;")
            .map_err(&fails)?;
        let version: i64 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(&fails)?;
        match version {
            0 => connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} COMMIT;")).map_err(&fails)?,
            VERSION => {}
            _ => return Err(self.damaged("a newer version of pcfg wrote it: use that version")),
        }
        Ok(connection)
    }

    /// Opens the file, or makes it.
    fn made(&mut self) -> Result<&mut Connection, WriteError> {
        if self.opened()?.is_none() {
            let io = |source| WriteError::Io { path: self.path.clone(), source };
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder).map_err(io)?;
            }
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            match options.open(&self.path) {
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(io(error)),
            }
            self.connection = Some(self.connect()?);
        }
        Ok(self.connection.as_mut().expect("it was opened a moment ago"))
    }

    /// Writes down that a run begins, with all its calls; returns its number.
    pub(in crate::instance) fn begin(&mut self, run: &Run, calls: &[Call]) -> Result<RunId, WriteError> {
        let fails = self.fails();
        let Run { who, file, hash, plan, result, undoes, moves: _ } = run;
        let transaction = self.made()?.transaction().map_err(&fails)?;
        transaction
            .execute(
                "INSERT INTO run (user, host, pid, command, since, file, hash, plan, result, undoes)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    &who.user,
                    &who.host,
                    who.pid,
                    &who.command,
                    &who.since,
                    file,
                    hash,
                    plan,
                    result,
                    undoes.map(|run| run as i64),
                ),
            )
            .map_err(&fails)?;
        let id = transaction.last_insert_rowid();
        {
            let mut insert = transaction
                .prepare("INSERT INTO call (run, number, about, sends, takes_back) VALUES (?, ?, ?, ?, ?)")
                .map_err(&fails)?;
            for (number, call) in calls.iter().enumerate() {
                let back = call.takes_back.as_ref().map(ToString::to_string);
                insert
                    .execute((id, number as i64, &call.about, call.sends.to_string(), back))
                    .map_err(&fails)?;
            }
        }
        transaction.commit().map_err(&fails)?;
        Ok(id as RunId)
    }

    /// Writes down what has become of a call, with the ids that it has told.
    pub(in crate::instance) fn mark(
        &mut self,
        run: RunId,
        number: usize,
        fate: Fate,
        ids: &BTreeMap<String, String>,
    ) -> Result<(), WriteError> {
        let fails = self.fails();
        let transaction = self.made()?.transaction().map_err(&fails)?;
        put(&transaction, run, number, fate, ids).map_err(&fails)?;
        transaction.commit().map_err(&fails)
    }

    /// Writes down what has happened to several calls of a run: all of it is on the disk afterwards, or nothing.
    pub(in crate::instance) fn note(&mut self, run: RunId, notes: &[&Note]) -> Result<(), WriteError> {
        let fails = self.fails();
        let none = BTreeMap::new();
        let transaction = self.made()?.transaction().map_err(&fails)?;
        for note in notes {
            let put = |number, fate, ids| put(&transaction, run, number, fate, ids);
            match note {
                Note::Sends(number) => put(*number, Fate::Sent, &none),
                Note::Undone(number) => put(*number, Fate::Waits, &none),
                Note::Made(number, ids) => put(*number, Fate::Made, ids),
                Note::Started(number, task) => {
                    let sql = "UPDATE call SET task = ? WHERE run = ? AND number = ?";
                    transaction.execute(sql, (task, run as i64, *number as i64)).map(drop)
                }
            }
            .map_err(&fails)?;
        }
        transaction.commit().map_err(&fails)
    }

    /// Writes down that a run has ended: nothing of it is to be done any more.
    pub(in crate::instance) fn end(&mut self, run: RunId) -> Result<(), WriteError> {
        let fails = self.fails();
        self.made()?.execute("UPDATE run SET ended = 1 WHERE id = ?", [run as i64]).map_err(fails).map(drop)
    }

    /// Returns all runs, the newest first.
    pub(in crate::instance) fn history(&mut self) -> Result<Vec<Entry>, WriteError> {
        let fails = self.fails();
        let Some(connection) = self.opened()? else { return Ok(Vec::new()) };
        let mut statement = connection
            .prepare(
                "SELECT id, user, host, pid, command, since, file, hash, plan, result, undoes,
                     (SELECT count(*) FROM call WHERE run = run.id AND state = 2)
                 FROM run ORDER BY id DESC",
            )
            .map_err(&fails)?;
        let mut runs = Runs::default();
        for entry in statement.query_map((), entry).map_err(&fails)? {
            runs.push(entry.map_err(&fails)?);
        }
        drop(statement);
        runs.finish().map_err(|why| self.damaged(why))
    }

    /// Returns the calls of a run, in their order.
    pub(in crate::instance) fn calls(&mut self, run: RunId) -> Result<Vec<Logged>, WriteError> {
        let fails = self.fails();
        let Some(connection) = self.opened()? else { return Ok(Vec::new()) };
        let mut statement = connection
            .prepare("SELECT about, sends, takes_back, state, task FROM call WHERE run = ? ORDER BY number")
            .map_err(&fails)?;
        let row = |row: &Row<'_>| {
            let texts: (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((texts, row.get::<_, i64>(3)?, row.get::<_, Option<String>>(4)?))
        };
        let rows: Result<Vec<_>, _> = statement.query_map([run as i64], row).map_err(&fails)?.collect();
        let rows = rows.map_err(&fails)?;
        drop(statement);
        let logged =
            |((about, sends, back), state, task): ((String, String, Option<String>), i64, Option<String>)| {
                let json =
                    |text: &str| serde_json::from_str(text).map_err(|error| self.damaged(error.to_string()));
                let takes_back = back.as_deref().map(json).transpose()?;
                let call = Call { about, sends: json(&sends)?, takes_back };
                Act::try_from(&call.sends).map_err(|why| self.damaged(why))?;
                Ok(Logged { call, fate: Fate::of(state), task })
            };
        rows.into_iter().map(logged).collect()
    }

    /// Returns the ids that a run was told.
    pub(in crate::instance) fn ids(&mut self, run: RunId) -> Result<BTreeMap<String, String>, WriteError> {
        let fails = self.fails();
        let Some(connection) = self.opened()? else { return Ok(BTreeMap::new()) };
        let mut statement = connection.prepare("SELECT token, id FROM id WHERE run = ?").map_err(&fails)?;
        let ids = statement.query_map([run as i64], |row| Ok((row.get(0)?, row.get(1)?))).map_err(&fails)?;
        ids.collect::<Result<_, _>>().map_err(&fails)
    }

    /// Returns the oldest run that has not ended.
    pub(in crate::instance) fn unended(&mut self) -> Result<Option<RunId>, WriteError> {
        let fails = self.fails();
        let Some(connection) = self.opened()? else { return Ok(None) };
        let sql = "SELECT id FROM run WHERE ended = 0 ORDER BY id LIMIT 1";
        let run: Option<i64> = connection.query_row(sql, (), |row| row.get(0)).optional().map_err(fails)?;
        Ok(run.map(|run| run as RunId))
    }
}

/// Puts into a file what has become of a call.
fn put(
    file: &Connection,
    run: RunId,
    number: usize,
    fate: Fate,
    ids: &BTreeMap<String, String>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE call SET state = ? WHERE run = ? AND number = ?";
    file.prepare_cached(sql)?.execute((fate.number(), run as i64, number as i64))?;
    let sql = "INSERT OR REPLACE INTO id (run, token, id) VALUES (?, ?, ?)";
    for (token, id) in ids {
        file.prepare_cached(sql)?.execute((run as i64, token, id))?;
    }
    Ok(())
}
