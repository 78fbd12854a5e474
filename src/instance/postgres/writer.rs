//! The transaction that changes a database: the lock, a look at whether Jira runs, the rows, and the journal.
//!
//! Invariant: nothing is written before the lock is held and no sign of Jira is seen, and once more nothing is seen of it before the end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio_postgres::SimpleQueryRow;

use super::connection::{BEGIN, Connection, unwritten};
use super::journal::damaged;
use super::layout::Layout;
use super::store::{Found, Statement};
use super::{jira, journal, lock, read, schema, store};
use crate::entity::{EntityId, Row, RowChange, Tables};
use crate::instance::journal::{Changes, overtaken, rests};
use crate::instance::verdict::{Rest, is_app};
use crate::instance::{Address, Basis, Entry, Run, RunId, Scope, Watch, WriteError, proof};

/// How often a waiting process looks whether it may write.
const PAUSE: Duration = Duration::from_millis(100);

/// How much SQL is sent at once while rows are changed, in bytes: enough for a slow line, little enough for a bar.
const MESSAGE: usize = 256 << 10;

/// What rows that come back had in columns that are not described.
pub(super) type Rests = BTreeMap<Row, Vec<Rest>>;

/// A transaction that changes rows.
pub(super) struct Writer<'a> {
    pub(super) connection: &'a mut Connection,
    pub(super) address: &'a Address,
    /// Says in front of every message who writes.
    pub(super) comment: String,
    pub(super) run: &'a Run,
}

impl Writer<'_> {
    /// Begins, when nobody else writes and no Jira runs; returns where everything is.
    pub(super) fn begin(&mut self, wait: Duration) -> Result<Layout, WriteError> {
        let (layout, signs) = self.lock(wait)?;
        layout.check(self.address, Scope::default())?;
        self.no_jira(signs)?;
        Ok(layout)
    }

    /// Begins, when nobody else writes; returns where everything is, and what shows that Jira runs.
    pub(super) fn lock(&mut self, wait: Duration) -> Result<(Layout, Vec<String>), WriteError> {
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
    pub(super) fn change(
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
    pub(super) fn write(
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
    pub(super) fn configuration(&mut self, layout: &Layout) -> Result<Tables, WriteError> {
        let tables = read::tables(self.connection, layout, &self.comment);
        tables.map_err(|error| unwritten(self.address, &error))
    }

    /// Locks and reads the rows that are to change; returns also the newest run, and what rows that come back had in columns
    /// that are not described.
    pub(super) fn look(
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
            journal::history(place, false),
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
    pub(super) fn end(&mut self, layout: &Layout, changes: &[RowChange]) -> Result<(), WriteError> {
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

    pub(super) fn no_jira(&self, signs: Vec<String>) -> Result<(), WriteError> {
        match signs.is_empty() {
            true => Ok(()),
            false => Err(WriteError::JiraRuns { place: self.address.to_string(), signs }),
        }
    }

    pub(super) fn run(
        &mut self,
        sql: &str,
        each: &mut dyn FnMut(usize, &SimpleQueryRow),
    ) -> Result<Vec<u64>, WriteError> {
        self.connection.run(sql, each).map_err(|error| unwritten(self.address, &error))
    }
}
