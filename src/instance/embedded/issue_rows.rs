//! Writing issues into an embedded instance, and taking them away again.
//!
//! Invariant: one transaction holds the rows, the sequences, the counters of projects and the entry of the journal. What is taken
//! away is what was written: the same rows by their number, their ids and their hash, and nothing else belongs to their issues.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params_from_iter};

use super::data_tables::made;
use super::issue_data::stored;
use super::journal::{self, Counter};
use super::load::stored as value;
use super::lock::Lock;
use super::row::text_of;
use super::schema::{self, quoted};
use super::{Embedded, ended, failed, has_run, unread};
use crate::attachments::Place;
use crate::data::RankLine;
use crate::entity::{AttributeType, DataRow, DataTable, data_tables};
use crate::import::{Extent, RunId, Streamed};
use crate::instance::issue_data::{Columns, Filling, Ground, IssueGround, IssueSink, Tallies};
use crate::instance::{ReadError, Run, WriteError};

/// The tables whose ids come from one sequence with those of another.
const TOGETHER: (&str, &str) = ("OSCurrentStep", "OSHistoryStep");

impl IssueGround for Embedded {
    fn ground(&mut self) -> Result<Ground, ReadError> {
        let path = self.path.clone();
        self.snapshot(ground).map_err(|source| ReadError::Database { path, source })
    }
}

impl IssueSink for Embedded {
    fn write_issues(&mut self, run: &Run, filling: Filling<'_>) -> Result<RunId, WriteError> {
        let Filling { planned, next, counters, files, zone, fill } = filling;
        self.in_transaction(run, &mut |transaction, path| {
            let fails = |error| failed(path, error);
            prepare(transaction).map_err(fails)?;
            let id = journal::begin(transaction, run).map_err(fails)?;
            let mut writer = Writer { connection: transaction, tables: HashMap::new() };
            let mut tallies = Tallies::default();
            fill(&mut |row| {
                tallies.add(row);
                writer.insert(row).map_err(fails)
            })?;
            let written = tallies.finish(false);
            if let Some(first) = planned.differs(&written).into_iter().next() {
                return Err(WriteError::Altered { row: "the issues".to_owned(), how: first });
            }
            let raised = raise(transaction, next, counters).map_err(fails)?;
            journal::files(transaction, id, files).map_err(fails)?;
            recount(transaction, &written, 1).map_err(fails)?;
            let sql = "INSERT OR IGNORE INTO pcfg_meta (key, value) VALUES ('zone', ?)";
            transaction.execute(sql, [zone]).map_err(fails)?;
            journal::stream(transaction, id, &written, &raised).map_err(fails)?;
            Ok(id)
        })
    }

    fn files(&mut self, run: RunId) -> Result<Vec<(Place, String)>, WriteError> {
        let path = self.path.clone();
        self.snapshot(|connection| journal::files_of(connection, run)).map_err(|error| failed(&path, error))
    }

    fn take_issues_away(&mut self, undone: RunId, run: &Run) -> Result<RunId, WriteError> {
        self.in_transaction(run, &mut |transaction, path| {
            let fails = |error| failed(path, error);
            let written = journal::streamed(transaction, undone).map_err(|error| unread(path, error))?;
            let written = written.filter(|own| !own.removes).ok_or(WriteError::NoWayBack { run: undone })?;
            let mut tallies = Tallies::default();
            for part in &written.parts {
                count(transaction, part, &mut tallies).map_err(fails)?;
            }
            if let Some(first) = written.differs(&tallies.finish(false)).into_iter().next() {
                return Err(WriteError::Changed { row: format!("what run {undone} wrote"), how: first });
            }
            if let Some(how) = others(transaction, &written).map_err(fails)? {
                return Err(WriteError::Changed { row: format!("what run {undone} wrote"), how });
            }
            for part in &written.parts {
                delete(transaction, part).map_err(fails)?;
            }
            let raised = journal::counters(transaction, undone).map_err(|error| unread(path, error))?;
            for (project, before, after) in raised {
                lower(transaction, &project, before.as_deref(), &after).map_err(fails)?;
            }
            recount(transaction, &written, -1).map_err(fails)?;
            keep_marks(transaction).map_err(fails)?;
            prepare(transaction).map_err(fails)?;
            let id = journal::begin(transaction, run).map_err(fails)?;
            journal::stream(transaction, id, &written.back(), &[]).map_err(fails)?;
            Ok(id)
        })
    }
}

/// What is done in a transaction.
type Deed<'a> = &'a mut dyn FnMut(&Transaction<'_>, &std::path::Path) -> Result<RunId, WriteError>;

impl Embedded {
    fn in_transaction(&mut self, run: &Run, deed: Deed<'_>) -> Result<RunId, WriteError> {
        let writing = self.writing.take().unwrap_or_else(|| self.begin());
        let _lock = Lock::get(&self.path, &run.who, self.wait)?;
        let path = self.path.clone();
        let basis = self.basis.take();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| failed(&path, error))?;
        if let Some(basis) = &basis {
            super::overtaken(&transaction, basis.last, &path)?;
        }
        let id = deed(&transaction, &path)?;
        ended(&path, &writing, || transaction.commit(), &|own| has_run(own, id, &run.who))?;
        Ok(id)
    }
}

fn ground(connection: &Connection) -> rusqlite::Result<Ground> {
    let mut ground = Ground::default();
    let mut sequences: BTreeMap<String, u64> = BTreeMap::new();
    let sql = "SELECT \"seq_name\", \"seq_id\" FROM \"sequence_value_item\"";
    if let Ok(mut statement) = connection.prepare(sql) {
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let (name, next) = (text_of(row.get_ref(0)?), text_of(row.get_ref(1)?));
            if let (Some(name), Some(next)) = (name, next.and_then(|own| own.trim().parse().ok())) {
                sequences.insert(name, next);
            }
        }
    }
    for table in data_tables() {
        let mut highest = highest(connection, table.name)?;
        if table.name == TOGETHER.0 {
            highest = highest.max(self::highest(connection, TOGETHER.1)?);
        }
        let sequence = sequences.get(table.name).copied().unwrap_or(0);
        let is_app = table.name.starts_with("AO_");
        let next = sequence.max(highest.map_or(0, |highest| highest + 1));
        // Jira's own tables begin at 10000, those of apps at 1.
        if is_app {
            ground.ids.set_from(table.name, next.max(1));
        } else {
            ground.ids.set(table.name, next);
        }
    }
    let ranks = DataTable::named("AO_60DB71_LEXORANK");
    each(connection, ranks, "", &mut |row| ground.ranks.add(row))?;
    ground.has_keys = true;
    Ok(ground)
}

/// Returns the highest id of a table; nothing if it has no rows, or is not there.
fn highest(connection: &Connection, entity: &str) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT name FROM pcfg_table WHERE entity = ?";
    let Some(table): Option<String> = connection.query_row(sql, [entity], |row| row.get(0)).optional()?
    else {
        return Ok(None);
    };
    let sql = "SELECT name FROM pcfg_column WHERE entity = ? AND attribute = ?";
    let id = if entity.starts_with("AO_") { "ID" } else { "id" };
    let column: Option<String> = connection.query_row(sql, [entity, id], |row| row.get(0)).optional()?;
    let Some(column) = column else { return Ok(None) };
    let sql = format!("SELECT max(CAST({} AS INTEGER)) FROM {}", quoted(&column), quoted(&table));
    let highest: Option<i64> = connection.query_row(&sql, (), |row| row.get(0))?;
    Ok(highest.and_then(|own| u64::try_from(own).ok()))
}

/// Calls `each` with rows of a table in the order in which they were written.
fn each(
    connection: &Connection,
    table: &'static DataTable,
    condition: &str,
    each: &mut dyn FnMut(&DataRow),
) -> rusqlite::Result<()> {
    let Some(own) = stored(connection, table)? else { return Ok(()) };
    let sql = format!("SELECT {} FROM {}{condition} ORDER BY rowid", own.selected(), quoted(own.name()));
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(())?;
    let mut row = DataRow::new(table);
    while let Some(columns) = rows.next()? {
        for number in 0..table.attributes.len() {
            row.set_at(number, text_of(columns.get_ref(number)?).as_deref());
        }
        each(&row);
    }
    Ok(())
}

/// Returns the condition that the rows of a part fulfil, and others that belong to the same issues where rows have no ids.
fn condition(
    connection: &Connection,
    part: &Extent,
) -> rusqlite::Result<Option<(&'static DataTable, String)>> {
    let Some(table) = DataTable::find(&part.name) else { return Ok(None) };
    let Some(own) = stored(connection, table)? else { return Ok(None) };
    let condition = columns(&|attribute| own.column(table, attribute)).of_part(table, part);
    Ok(condition.map(|own| (table, format!(" WHERE {own}"))))
}

fn columns<'a>(column: &'a dyn Fn(&str) -> Option<String>) -> Columns<'a> {
    Columns { column, number: |column| format!("CAST({column} AS INTEGER)") }
}

fn count(connection: &Connection, part: &Extent, tallies: &mut Tallies) -> rusqlite::Result<()> {
    match condition(connection, part)? {
        Some((table, condition)) => each(connection, table, &condition, &mut |row| tallies.add(row)),
        None => Ok(()),
    }
}

fn delete(connection: &Connection, part: &Extent) -> rusqlite::Result<()> {
    let Some((table, condition)) = condition(connection, part)? else { return Ok(()) };
    let Some(own) = stored(connection, table)? else { return Ok(()) };
    connection.execute_batch(&format!("DELETE FROM {}{condition}", quoted(own.name())))
}

/// Says what else belongs to the issues of a run; nothing if it is nothing.
fn others(connection: &Connection, written: &Streamed) -> rusqlite::Result<Option<String>> {
    let part = |name: &str| written.parts.iter().find(|part| part.name == name);
    for table in data_tables() {
        let Some(own) = stored(connection, table)? else { continue };
        let leading = columns(&|attribute| own.column(table, attribute)).leading(table, written);
        let Some(leading) = leading else { continue };
        let sql = format!("SELECT count(*) FROM {} WHERE {leading}", quoted(own.name()));
        let found: i64 = connection.query_row(&sql, (), |row| row.get(0))?;
        let expected = part(table.name).map_or(0, |part| part.rows);
        if found as u64 > expected {
            let more = found as u64 - expected;
            return Ok(Some(format!("{more} rows of {} belong to its issues and came after it", table.name)));
        }
    }
    Ok(None)
}

/// Gives the line of ranks its two marks again, if those went with the run that has begun it, and others stand in it by now.
fn keep_marks(connection: &Connection) -> rusqlite::Result<()> {
    let table = DataTable::named("AO_60DB71_LEXORANK");
    let (mut field, mut has_marks, mut highest) = (None, false, 0);
    each(connection, table, "", &mut |row| {
        match row.id("TYPE") {
            Some(1) => field = row.text("FIELD_ID").map(str::to_owned).or(field.take()),
            _ => has_marks = true,
        }
        highest = highest.max(row.id("ID").unwrap_or(0));
    })?;
    let Some(field) = field.filter(|_| !has_marks) else { return Ok(()) };
    let (mut writer, mut tallies) = (Writer { connection, tables: HashMap::new() }, Tallies::default());
    for mut row in RankLine::default().begin(&field) {
        highest += 1;
        row.set("ID", Some(&highest.to_string()));
        tallies.add(&row);
        writer.insert(&row)?;
    }
    recount(connection, &tallies.finish(false), 1)
}

/// Makes what the journal needs for runs like these.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    schema::give_id(connection)?;
    journal::prepare_streams(connection)
}

/// What inserts rows.
struct Writer<'c> {
    connection: &'c Connection,
    tables: HashMap<&'static str, String>,
}

impl Writer<'_> {
    fn insert(&mut self, row: &DataRow) -> rusqlite::Result<()> {
        let table = row.table();
        if !self.tables.contains_key(table.name) {
            let own = made(self.connection, table)?;
            let places = vec!["?"; table.attributes.len()].join(", ");
            let sql = format!("INSERT INTO {} ({}) VALUES ({places})", quoted(own.name()), own.selected());
            self.tables.insert(table.name, sql);
        }
        let values =
            row.values().zip(&table.attributes).map(|(text, own)| text.map(|text| value(own.ty, text)));
        let mut statement = self.connection.prepare_cached(&self.tables[table.name])?;
        statement.execute(params_from_iter(values)).map(drop)
    }
}

/// Raises Jira's sequences, which never go back, and the counters of projects; returns what these were.
pub(super) fn raise(
    connection: &Connection,
    next: &crate::data::NextIds,
    counters: &[(String, u64)],
) -> rusqlite::Result<Vec<Counter>> {
    for (table, next) in next.all().filter(|(table, _)| !table.starts_with("AO_")) {
        let next = next.to_string();
        let sql = "UPDATE \"sequence_value_item\" SET \"seq_id\" = ?1 \
            WHERE \"seq_name\" = ?2 AND CAST(\"seq_id\" AS INTEGER) < CAST(?1 AS INTEGER)";
        let has = "SELECT count(*) FROM \"sequence_value_item\" WHERE \"seq_name\" = ?";
        let has: i64 = connection.query_row(has, [table], |row| row.get(0))?;
        if has > 0 {
            connection.execute(sql, (value(AttributeType::Integer, &next), table))?;
        } else {
            let sql = "INSERT INTO \"sequence_value_item\" (\"seq_name\", \"seq_id\") VALUES (?, ?)";
            connection.execute(sql, (table, value(AttributeType::Integer, &next)))?;
        }
    }
    let mut raised = Vec::new();
    for (project, number) in counters {
        let sql = "SELECT \"pcounter\" FROM \"project\" WHERE CAST(\"id\" AS TEXT) = ?";
        let before =
            connection.query_row(sql, [project], |row| Ok(text_of(row.get_ref(0)?))).optional()?.flatten();
        let now = before.as_deref().and_then(|own| own.trim().parse::<u64>().ok()).unwrap_or(0);
        if now < *number {
            set_counter(connection, project, Some(&number.to_string()))?;
            raised.push((project.clone(), before, number.to_string()));
        }
    }
    Ok(raised)
}

pub(super) fn set_counter(
    connection: &Connection,
    project: &str,
    number: Option<&str>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE \"project\" SET \"pcounter\" = ? WHERE CAST(\"id\" AS TEXT) = ?";
    connection.execute(sql, (number.map(|own| value(AttributeType::Integer, own)), project)).map(drop)
}

/// Gives a counter its former number back, unless somebody has raised it since.
fn lower(connection: &Connection, project: &str, before: Option<&str>, after: &str) -> rusqlite::Result<()> {
    let sql = "SELECT CAST(\"pcounter\" AS TEXT) FROM \"project\" WHERE CAST(\"id\" AS TEXT) = ?";
    let now: Option<String> = connection.query_row(sql, [project], |row| row.get(0)).optional()?.flatten();
    match now.as_deref() == Some(after) {
        true => set_counter(connection, project, before),
        false => Ok(()),
    }
}

/// Says how many rows the tables have now.
fn recount(connection: &Connection, written: &Streamed, sign: i64) -> rusqlite::Result<()> {
    for part in &written.parts {
        let sql = "UPDATE pcfg_table SET rows = rows + ? WHERE entity = ?";
        connection.execute(sql, (part.rows as i64 * sign, &part.name))?;
    }
    Ok(())
}
