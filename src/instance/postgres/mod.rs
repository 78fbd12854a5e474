//! Jira's own database as an instance: PostgreSQL, read while Jira runs, written while it does not.
//!
//! Invariants: reading is one read-only transaction that touches no table of issues unless it is asked to; a change is there
//! wholly, together with its entry in the journal, or not at all; nothing is written while a node of Jira is alive.

mod connection;
mod copier;
mod hosts;
mod issue_data;
mod issue_moves;
mod issue_rows;
mod jira;
mod journal;
mod last_change;
mod layout;
mod load;
mod lock;
mod patience;
mod read;
mod schema;
mod settled;
mod spelling;
mod standings;
mod store;
mod tls;
mod writer;

use std::fmt;
use std::time::Duration;

use tokio_postgres::SimpleQueryRow;

use self::connection::{BEGIN, Connection, unread, unwritten};
use self::issue_data::DataLayout;
use self::journal::damaged;
use self::layout::Layout;
use self::writer::Writer;
use super::journal::{Changes, Runs, journaled};
use super::last_change::{Moved, Moving};
use super::writable::rows_of;
use super::{
    Address, Basis, Entry, Finding, Instance, Journaled, Kind, Progress, ReadError, Reading, Run, RunId,
    Scope, Watch, Who, Writable, WriteError,
};
use crate::import::{Proved, Work};
use crate::model::Abilities;
use crate::output::{Outcome, Place, Writing};

/// A database of Jira.
pub struct Postgres {
    address: Address,
    connection: Option<Connection>,
    wait: Duration,
    watch: Watch,
    /// What the changes to come were planned from.
    basis: Option<Basis>,
    /// What an interruption says of it.
    writing: Option<Writing>,
    /// Where issues are, while they are read.
    issues: DataLayout,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Postgres").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What is done in a transaction.
type Deed<'a> = &'a mut dyn FnMut(&mut Writer<'_>, &Layout) -> Result<RunId, WriteError>;

impl Postgres {
    /// Returns the database at an address; it is connected with when it is needed.
    pub fn new(address: Address) -> Self {
        Self {
            address,
            connection: None,
            wait: Duration::ZERO,
            watch: Watch::default(),
            basis: None,
            writing: None,
            issues: DataLayout::default(),
        }
    }

    /// Returns the statements that read the configuration, for tests that ask the server how it goes about them.
    #[doc(hidden)]
    pub fn statements(&mut self, scope: Scope) -> Result<Vec<String>, ReadError> {
        let (connection, address) = self.connected()?;
        let layout = read::layout(connection, address)?;
        Ok(read::sql(&layout, scope))
    }

    /// Returns the statements that make a role which can read the configuration, and nothing else unless it is to look at issues:
    /// what the documentation shows.
    #[doc(hidden)]
    pub fn reading_role(issues: bool) -> String {
        layout::reading_role(issues)
    }

    /// Returns the statements that let such a role see what moves, by which the database of a Jira is told from its copy: what the
    /// documentation shows.
    #[doc(hidden)]
    pub fn rights_to_prove() -> String {
        last_change::rights(super::address::SCHEMA, "pcfg")
            .iter()
            .map(|grant| format!("{grant};\n"))
            .collect()
    }

    /// Returns the connection; connects if there is none, or it was lost.
    fn connected(&mut self) -> Result<(&mut Connection, &Address), ReadError> {
        if self.connection.as_ref().is_none_or(Connection::is_closed) {
            self.connection = None;
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.address)?,
        };
        Ok((self.connection.insert(connection), &self.address))
    }

    fn begin_writing(&self) -> Writing {
        Writing::begin(Place::Instance(self.address.to_string()))
    }

    fn place(&self) -> String {
        layout::schema(&self.address).to_owned()
    }

    /// Runs statements outside of a transaction of their own, and does something with every row.
    fn ask(&mut self, sql: &str, each: &mut dyn FnMut(&SimpleQueryRow)) -> Result<(), WriteError> {
        let (connection, address) = self.connected()?;
        let asked = connection.run(sql, &mut |_, row| each(row));
        asked.map(drop).map_err(|error| {
            connection.roll_back();
            unread(address, &error).into()
        })
    }

    /// Returns whether the database has a journal, and whether that has runs that wrote issues.
    fn has_journal(&mut self) -> Result<(bool, bool), WriteError> {
        let sql = "SELECT c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
            WHERE n.nspname = 'pcfg' AND c.relname IN ('change', 'stream')";
        let (mut has, mut streams) = (false, false);
        self.ask(sql, &mut |row| match row.get(0) {
            Some("stream") => streams = true,
            _ => has = true,
        })?;
        Ok((has, streams))
    }

    /// Does something in one transaction, when nobody else writes and no Jira runs. Whatever becomes of the line at its end, what is
    /// returned is what the database holds.
    fn in_transaction(&mut self, run: &Run, deed: Deed<'_>) -> Result<RunId, WriteError> {
        let wait = self.wait;
        let writing = self.writing.take().unwrap_or_else(|| self.begin_writing());
        let (connection, address) = self.connected()?;
        let mut writer = Writer { connection, address, comment: lock::comment(&run.who), run };
        let prepared = writer.begin(wait).and_then(|layout| deed(&mut writer, &layout));
        let id = match prepared {
            Ok(id) => id,
            Err(error) => {
                writer.connection.roll_back();
                return Err(error);
            }
        };
        writing.is(Outcome::Unknown);
        let ended = match writer.connection.execute("COMMIT") {
            Ok(_) => Ok(id),
            // The server may have done it all the same.
            Err(error) => {
                self.connection = None;
                match self.is_there(id, &run.who) {
                    Ok(true) => Ok(id),
                    Ok(false) => Err(unwritten(&self.address, &error)),
                    Err(_) => Err(WriteError::Unknown { place: self.address.to_string(), run: id }),
                }
            }
        };
        match &ended {
            Ok(_) => writing.is(Outcome::Done),
            Err(WriteError::Unknown { .. }) => {}
            Err(_) => writing.is(Outcome::Untouched),
        }
        ended
    }

    /// Returns whether a run is in the journal, when nobody writes any more.
    fn is_there(&mut self, id: RunId, who: &Who) -> Result<bool, WriteError> {
        let place = self.place();
        let (connection, address) = self.connected()?;
        let sql = format!(
            "{}{}; {}; COMMIT",
            connection.begin(""),
            lock::lock(&place),
            journal::is_there(&place, id, who)
        );
        let mut found = false;
        let asked = connection.run(&sql, &mut |number, _| found |= number == BEGIN + 1);
        asked.map_err(|error| unwritten(address, &error))?;
        Ok(found)
    }
}

impl Instance for Postgres {
    fn read(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        let is_used = self.connection.is_some();
        let (connection, address) = self.connected()?;
        let reading = read::read(connection, address, scope, progress);
        match reading {
            // A line that broke after the last command says nothing about the server.
            Err(_) if is_used && connection.is_closed() => {
                let (connection, address) = self.connected()?;
                read::read(connection, address, scope, progress)
            }
            reading => reading,
        }
    }
}

impl Moving for Postgres {
    fn moved(&mut self, issue: Option<u64>) -> Result<Option<Moved>, ReadError> {
        let (connection, address) = self.connected()?;
        last_change::moved(connection, address, issue)
    }
}

impl Writable for Postgres {
    fn abilities(&self) -> Abilities {
        Kind::Database.abilities()
    }

    fn wait(&mut self, most: Duration) {
        self.wait = most;
    }

    fn plan(&mut self) {
        self.writing = Some(self.begin_writing());
    }

    fn follow(&mut self, basis: Basis) {
        self.basis = Some(basis);
    }

    fn watch(&mut self, watch: Watch) {
        self.watch = watch;
    }

    fn carry_out(&mut self, proved: &Proved, run: &Run) -> Result<RunId, WriteError> {
        let changes = rows_of(proved)?;
        let (basis, watch) = (self.basis.take(), self.watch.clone());
        self.in_transaction(run, &mut |writer, layout| writer.change(layout, changes, basis.as_ref(), &watch))
    }

    fn history(&mut self) -> Result<Vec<Entry>, WriteError> {
        let (true, streams) = self.has_journal()? else { return Ok(Vec::new()) };
        let place = self.place();
        let mut runs = Runs::default();
        self.ask(&journal::history(&place, streams), &mut |row| runs.push(journal::entry(row)))?;
        runs.finish().map_err(|why| WriteError::Journal { place: self.address.to_string(), why })
    }

    /// The server gives up what a process that was stopped has begun, by itself. It is done with that when the lock is free.
    fn recover(&mut self, who: &Who) -> Result<Vec<Finding>, WriteError> {
        let wait = self.wait;
        let (connection, address) = self.connected()?;
        let run = Run { who: who.clone(), ..Run::default() };
        let mut writer = Writer { connection, address, comment: lock::comment(who), run: &run };
        let free = writer.lock(wait).map(drop);
        connection.roll_back();
        free?;
        if let Some(newest) = self.history()?.first().map(|newest| newest.id) {
            self.run(newest)?;
        }
        Ok(Vec::new())
    }

    fn run(&mut self, id: RunId) -> Result<Journaled, WriteError> {
        let entry = self.history()?.into_iter().find(|entry| entry.id == id);
        let entry = entry.ok_or(WriteError::NoRun { run: id })?;
        let place = self.place();
        let mut changes = Changes::default();
        self.ask(&journal::changes(&place, id), &mut |row| journal::written(&mut changes, row))?;
        let changes = changes.finish().map_err(|why| damaged(&self.address, id, &why))?;
        let journaled = journaled(entry, changes);
        Ok(match self.streamed(id)? {
            Some((streamed, _)) => Journaled { work: Work::Streamed(streamed), ..journaled },
            None => journaled,
        })
    }
}
