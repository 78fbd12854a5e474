//! Jira's own database as an instance: PostgreSQL, read while Jira runs, written while it does not.
//!
//! Invariants: reading is one read-only transaction that touches no table of issues unless it is asked to; a change is there
//! wholly, together with its entry in the journal, or not at all; nothing is written while a node of Jira is alive.

mod connection;
mod hosts;
pub(super) mod issue_data;
mod issues;
mod jira;
mod journal;
mod layout;
mod load;
mod lock;
mod moved;
mod patience;
mod read;
mod schema;
mod spelling;
mod store;
mod tls;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use tokio_postgres::SimpleQueryRow;

use self::connection::{BEGIN, Connection, unread, unwritten};
use self::journal::damaged;
use self::layout::Layout;
use self::store::{Found, Statement};
use super::journal::{Changes, Runs, journaled, overtaken, rests};
use super::moved::{Moved, Moving};
use super::verdict::{Rest, is_app};
use super::writable::rows_of;
use super::{
    Address, Basis, Entry, Finding, Instance, Journaled, Kind, Progress, ReadError, Reading, Run, RunId,
    Scope, Watch, Who, Writable, WriteError, proof,
};
use crate::entity::{EntityId, Row, RowChange, Tables};
use crate::import::Proved;
use crate::model::Abilities;
use crate::output::{Outcome, Place, Writing};

/// How often a waiting process looks whether it may write.
const PAUSE: Duration = Duration::from_millis(100);

/// How much SQL is sent at once while rows are changed, in bytes: enough for a slow line, little enough for a bar.
const MESSAGE: usize = 256 << 10;

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
}

impl fmt::Debug for Postgres {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Postgres").field("address", &self.address).finish_non_exhaustive()
    }
}

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
        moved::rights(super::address::SCHEMA, "pcfg").iter().map(|grant| format!("{grant};\n")).collect()
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

    fn has_journal(&mut self) -> Result<bool, WriteError> {
        let sql = "SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
            WHERE n.nspname = 'pcfg' AND c.relname = 'change'";
        let mut is_there = false;
        self.ask(sql, &mut |_| is_there = true)?;
        Ok(is_there)
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
        moved::moved(connection, address, issue)
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
        let (wait, basis, watch) = (self.wait, self.basis.take(), self.watch.clone());
        let writing = self.writing.take().unwrap_or_else(|| self.begin_writing());
        let (connection, address) = self.connected()?;
        let mut writer = Writer { connection, address, comment: lock::comment(&run.who), run };
        let prepared =
            writer.begin(wait).and_then(|layout| writer.change(&layout, changes, basis.as_ref(), &watch));
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

    fn history(&mut self) -> Result<Vec<Entry>, WriteError> {
        if !self.has_journal()? {
            return Ok(Vec::new());
        }
        let place = self.place();
        let mut runs = Runs::default();
        self.ask(&journal::history(&place), &mut |row| runs.push(journal::entry(row)))?;
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
        Ok(journaled(entry, changes))
    }
}

/// What rows that come back had in columns that are not described.
type Rests = BTreeMap<Row, Vec<Rest>>;

/// A transaction that changes rows.
struct Writer<'a> {
    connection: &'a mut Connection,
    address: &'a Address,
    /// Says in front of every message who writes.
    comment: String,
    run: &'a Run,
}

impl Writer<'_> {
    /// Begins, when nobody else writes and no Jira runs; returns where everything is.
    fn begin(&mut self, wait: Duration) -> Result<Layout, WriteError> {
        let (layout, signs) = self.lock(wait)?;
        layout.check(self.address, Scope::default())?;
        self.no_jira(signs)?;
        Ok(layout)
    }

    /// Begins, when nobody else writes; returns where everything is, and what shows that Jira runs.
    fn lock(&mut self, wait: Duration) -> Result<(Layout, Vec<String>), WriteError> {
        let since = Instant::now();
        loop {
            let mut layout = Layout::new(self.address);
            let (mut free, mut signs) = (false, Vec::new());
            let sql = format!(
                "{}{}{}; {}; {}",
                self.comment,
                self.connection.begin(""),
                lock::try_lock(layout.schema()),
                jira::sessions(&layout),
                layout.statements()
            );
            self.run(&sql, &mut |number, row| match number.checked_sub(BEGIN) {
                Some(0) => free = row.get(0) == Some("t"),
                Some(1) => signs.push(jira::session(row)),
                Some(number) => layout.take(number - 2, row),
                None => {}
            })?;
            if !free && since.elapsed() < wait {
                self.connection.roll_back();
                std::thread::sleep(PAUSE);
                continue;
            }
            if !free {
                let mut by = None;
                let sql = lock::holder(layout.schema());
                self.run(&sql, &mut |_, row| by = Some(Box::new(lock::held_by(row))))?;
                return Err(WriteError::Busy { place: self.address.to_string(), by });
            }
            return Ok((layout, signs));
        }
    }

    /// Changes the rows and writes the journal; all but the end of the transaction.
    fn change(
        &mut self,
        layout: &Layout,
        changes: &[RowChange],
        basis: Option<&Basis>,
        Watch(watch): &Watch,
    ) -> Result<RunId, WriteError> {
        let (found, newest, rests) = self.look(layout, changes)?;
        let id = newest.as_ref().map_or(0, |newest| newest.id) + 1;
        if let Some(basis) = basis {
            overtaken(newest, basis.last)?;
            proof::unchanged(basis, &self.configuration(layout)?)?;
        }
        let begin = vec![
            (journal::forget_secrets(layout.schema()), None),
            (journal::begin(layout.schema(), id, self.run), None),
        ];
        let all = changes.len() as u64 + self.run.moves.iter().map(|own| own.issues).sum::<u64>();
        let told = |done: u64| watch(done, all);
        self.write(layout, (id, 0), begin, changes, (found, rests), &told)?;
        self.move_issues(layout, id, changes.len(), &|done| watch(changes.len() as u64 + done, all))?;
        if let Some(basis) = basis {
            // What a trigger would do only at the end is done before the proof.
            self.run("SET CONSTRAINTS ALL IMMEDIATE", &mut |_, _| {})?;
            proof::arrived(basis, changes, &self.configuration(layout)?)?;
        }
        self.end(layout, changes)?;
        Ok(id)
    }

    /// Changes rows that were looked at, and writes them into the journal; `number` is that of the first change in the run.
    fn write(
        &mut self,
        layout: &Layout,
        (id, first): (RunId, usize),
        mut messages: Vec<(String, Option<String>)>,
        changes: &[RowChange],
        (mut found, mut rests): (Found, Rests),
        told: &dyn Fn(u64),
    ) -> Result<(), WriteError> {
        let mut statements: Vec<(usize, Statement)> = Vec::new();
        for (number, change) in changes.iter().enumerate() {
            let statement = found.statement(layout, change, &mut rests)?;
            let rest = statement.as_ref().and_then(|own| own.rest.as_ref());
            messages.push((journal::change(layout.schema(), id, first + number, change, rest), None));
            statements.extend(statement.map(|own| (number, own)));
        }
        store::sort(&mut statements);
        messages.extend(statements.into_iter().map(|(_, own)| (own.sql, Some(own.title))));
        let all = messages.len();
        let mut messages = messages.into_iter().peekable();
        let mut done = 0;
        while messages.peek().is_some() {
            let (mut sql, mut titles) = (self.comment.clone(), Vec::new());
            while sql.len() < MESSAGE
                && let Some((statement, title)) = messages.next()
            {
                sql.push_str(&statement);
                sql.push(';');
                titles.push(title);
            }
            if sql.contains('\0') {
                return Err(WriteError::Server {
                    message: "the character U+0000 cannot be stored in this database".to_owned(),
                    source: None,
                    help: None,
                });
            }
            let counts = self.run(&sql, &mut |_, _| {})?;
            let wrong = titles.iter().zip(counts).find(|(title, count)| title.is_some() && *count != 1);
            if let Some((Some(title), count)) = wrong {
                let how = format!("{count} rows of the database match it");
                return Err(WriteError::Changed { row: title.clone(), how });
            }
            done += titles.len();
            told((done * changes.len() / all) as u64);
        }
        Ok(())
    }

    /// Returns the rows that are configuration, as they are by now.
    fn configuration(&mut self, layout: &Layout) -> Result<Tables, WriteError> {
        let tables = read::tables(self.connection, layout, &self.comment);
        tables.map_err(|error| unwritten(self.address, &error))
    }

    /// Locks and reads the rows that are to change; returns also the newest run, and what rows that come back had in columns
    /// that are not described.
    fn look(
        &mut self,
        layout: &Layout,
        changes: &[RowChange],
    ) -> Result<(Found, Option<Entry>, Rests), WriteError> {
        let place = layout.schema();
        let mut sql = self.comment.clone();
        let mut skipped = 0;
        if !layout.has_journal {
            sql.push_str(journal::CREATE);
            sql.push(';');
            skipped = journal::CREATE_STATEMENTS;
        }
        let undone = self.run.undoes.unwrap_or(0);
        sql.push_str(&format!(
            "{}; {} LIMIT 1; {};",
            jira::nodes(layout),
            journal::history(place),
            journal::changes(place, undone)
        ));
        let locking = store::locking(layout, changes);
        sql.extend(locking.iter().flat_map(|(_, sql)| [sql.as_str(), ";"]));
        let (mut signs, mut newest, mut written) = (Vec::new(), None, Changes::default());
        let mut found = Found::default();
        self.run(&sql, &mut |number, row| match number.checked_sub(skipped) {
            Some(0) => signs.push(jira::node(row)),
            Some(1) => newest = Some(journal::entry(row)),
            Some(2) => journal::written(&mut written, row),
            Some(number) => found.take(layout, locking[number - 3].0, row),
            None => {}
        })?;
        self.no_jira(signs)?;
        let written = written.finish().map_err(|why| damaged(self.address, undone, &why))?;
        Ok((found, newest, rests(written)))
    }

    /// Has the sequences of apps rise above the new ids, and looks once more whether Jira was started meanwhile.
    fn end(&mut self, layout: &Layout, changes: &[RowChange]) -> Result<(), WriteError> {
        let mut sql = format!(
            "{}{}; {}; {};",
            self.comment,
            jira::LOOK_AGAIN,
            jira::sessions(layout),
            jira::nodes(layout)
        );
        let mut grown: Vec<EntityId> = changes
            .iter()
            .filter(|change| change.before.is_none() && is_app(change.entity().entity()))
            .map(RowChange::entity)
            .collect();
        grown.sort_unstable();
        grown.dedup();
        for entity in grown {
            sql.push_str(&schema::raise_sequence(layout.schema(), entity.entity().table));
            sql.push(';');
        }
        let mut signs = Vec::new();
        self.run(&sql, &mut |number, row| match number {
            1 => signs.push(jira::session(row)),
            2 => signs.push(jira::node(row)),
            _ => {}
        })?;
        self.no_jira(signs)
    }

    fn no_jira(&self, signs: Vec<String>) -> Result<(), WriteError> {
        match signs.is_empty() {
            true => Ok(()),
            false => Err(WriteError::JiraRuns { place: self.address.to_string(), signs }),
        }
    }

    fn run(
        &mut self,
        sql: &str,
        each: &mut dyn FnMut(usize, &SimpleQueryRow),
    ) -> Result<Vec<u64>, WriteError> {
        self.connection.run(sql, each).map_err(|error| unwritten(self.address, &error))
    }
}
