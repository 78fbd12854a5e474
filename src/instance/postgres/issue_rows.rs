//! Writing issues into a database while Jira is stopped, and taking them away again.
//!
//! Invariant: one transaction holds the rows, the sequences, the counters of projects and the entry of the journal. What is written is read
//! back before the end, and is what was planned; what is taken away is what was written, and nothing else belongs to its issues.

use std::collections::BTreeMap;

use super::connection::unread;
use super::copier::Copier;
use super::issue_data::DataLayout;
use super::journal::{self, Counter, damaged};
use super::layout::Layout;
use super::settled::Settled;
use super::spelling::{literal, qualified, quoted};
use super::writer::Writer;
use super::{Postgres, schema};
use crate::attachments::Place;
use crate::data::{NextIds, Room, Space};
use crate::entity::{DataRow, DataTable, data_tables};
use crate::import::{Extent, RunId, Streamed};
use crate::instance::issue_data::{Columns, Filling, Ground, IssueGround, IssueSink, Tallies, numbered_by};
use crate::instance::journal::overtaken;
use crate::instance::{Basis, ReadError, Run, Watch, WriteError, proof};
use crate::model::Characters;

/// The tables whose ids come from one sequence with those of another.
const TOGETHER: (&str, &str) = ("OSCurrentStep", "os_historystep");

/// How many files of attachments are written down at once.
const FILES: usize = 1000;

impl IssueGround for Postgres {
    fn ground(&mut self) -> Result<Ground, ReadError> {
        let layout = std::mem::take(&mut self.issues);
        let (connection, address) = self.connected()?;
        let mut ground = Ground { room: layout.room(), ..Ground::default() };
        let mut sequences: BTreeMap<String, u64> = BTreeMap::new();
        let (mut highest, mut is_counted): (BTreeMap<&str, u64>, _) = (BTreeMap::new(), true);
        let tables: Vec<&'static DataTable> =
            data_tables().iter().filter(|table| layout.columns(table).is_some()).collect();
        let mut sql: Vec<String> = tables.iter().map(|table| layout.highest(table)).collect();
        sql.push(format!(
            "SELECT seq_name, seq_id FROM {}",
            qualified(layout.schema(), "sequence_value_item")
        ));
        sql.push(layout.newest_key());
        sql.push(layout.ranks());
        let number = |text: Option<&str>| text.and_then(|own| own.trim().parse::<u64>().ok());
        let asked = connection.run(&sql.join(";\n"), &mut |at, row| match at.checked_sub(tables.len()) {
            None => {
                let found = [0, 1].into_iter().filter_map(|at| number(row.get(at))).max();
                highest.extend(found.map(|own| (tables[at].name, own)));
            }
            Some(0) => sequences.extend(row.get(0).map(str::to_owned).zip(number(row.get(1)))),
            Some(1) => is_counted = row.get(0) != Some("t"),
            Some(_) => {
                let mut rank = DataRow::new(DataTable::named("AO_60DB71_LEXORANK"));
                for (at, attribute) in ["FIELD_ID", "TYPE", "RANK"].into_iter().enumerate() {
                    rank.set(attribute, row.get(at));
                }
                ground.ranks.add(&rank);
            }
        });
        let result = asked.map_err(|error| {
            connection.roll_back();
            unread(address, &error)
        });
        self.issues = layout;
        result?;
        for table in data_tables() {
            let next = highest.get(table.name).map_or(0, |highest| highest + 1);
            let next = next.max(sequences.get(table.name).copied().unwrap_or(0));
            // Jira's own tables begin at 10000, those of apps at 1.
            match table.name.starts_with("AO_") {
                true => ground.ids.set_from(table.name, next.max(1)),
                false => ground.ids.set(table.name, next),
            }
        }
        ground.has_keys = !is_counted;
        Ok(ground)
    }
}

impl IssueSink for Postgres {
    fn write_issues(&mut self, run: &Run, filling: Filling<'_>) -> Result<RunId, WriteError> {
        let (basis, watch) = (self.basis.take(), self.watch.clone());
        let Filling { planned, next, counters, files, zone: _, fill } = filling;
        self.in_transaction(run, &mut |writer, layout| {
            let data = writer.data_layout(layout)?;
            let id = writer.begin_run(layout, basis.as_ref())?;
            writer.stands_as_planned(&data, planned, counters)?;
            let mut tallies = Tallies::default();
            let mut settled = Settled::new(&data);
            let mut copier = Copier::new(writer, &data);
            let (all, Watch(told)) = (planned.rows(), &watch);
            fill(&mut |row| {
                tallies.add(row);
                settled.add(row);
                copier.row(row)?;
                told(copier.rows(), all);
                Ok(())
            })?;
            copier.finish()?;
            if let Some(how) = planned.differs(&tallies.finish(false)).into_iter().next() {
                return Err(WriteError::Altered { row: "the issues".to_owned(), how });
            }
            let written = settled.finish(false);
            // What a trigger would do only at the end is done before the look.
            writer.run("SET CONSTRAINTS ALL IMMEDIATE", &mut |_, _| {})?;
            if let Some(how) = written.differs(&writer.stored(&data, &written)?).into_iter().next() {
                return Err(WriteError::Altered { row: "the issues".to_owned(), how });
            }
            let raised = writer.raise(layout, next, counters, &written)?;
            let place = layout.schema();
            let mut sql = format!("{}{}", writer.comment, journal::stream(place, id, &written, &raised));
            for files in files.chunks(FILES) {
                sql.push(';');
                sql.push_str(&journal::files(place, id, files));
            }
            writer.run(&sql, &mut |_, _| {})?;
            writer.end(layout, &[])?;
            Ok(id)
        })
    }

    fn files(&mut self, run: RunId) -> Result<Vec<(Place, String)>, WriteError> {
        let mut files = Vec::new();
        if let (true, true) = self.has_journal()? {
            let place = self.place();
            self.ask(&journal::files_of(&place, run), &mut |row| files.push(journal::file(row)))?;
        }
        Ok(files)
    }

    fn take_issues_away(&mut self, undone: RunId, run: &Run) -> Result<RunId, WriteError> {
        let done = self.streamed(undone)?;
        let (written, raised) =
            done.filter(|(own, _)| !own.removes).ok_or(WriteError::NoWayBack { run: undone })?;
        self.in_transaction(run, &mut |writer, layout| {
            let changed = |how| WriteError::Changed { row: format!("what run {undone} wrote"), how };
            let data = writer.data_layout(layout)?;
            let id = writer.begin_run(layout, None)?;
            writer.lock_tables(&data, &written)?;
            if let Some(how) = written.differs(&writer.stored(&data, &written)?).into_iter().next() {
                return Err(changed(how));
            }
            if let Some(how) = writer.others(&data, &written)? {
                return Err(changed(how));
            }
            let mut sql = writer.comment.clone();
            for part in &written.parts {
                if let Some((table, condition)) = data.part(part) {
                    sql.push_str(&format!("DELETE FROM {} WHERE {condition};", data.table(table)));
                }
            }
            for (project, before, after) in &raised {
                // Unless somebody has raised it since.
                sql.push_str(&format!(
                    "UPDATE {} SET pcounter = {} WHERE id = {} AND pcounter = {};",
                    layout.qualified("project"),
                    before.as_deref().map_or_else(|| "NULL".to_owned(), literal),
                    literal(project),
                    literal(after)
                ));
            }
            sql.push_str(&journal::stream(layout.schema(), id, &written.back(), &[]));
            writer.run(&sql, &mut |_, _| {})?;
            writer.end(layout, &[])?;
            Ok(id)
        })
    }
}

impl Postgres {
    /// Returns what a run has done with rows that are too many for the journal, and the counters that it has raised.
    pub(super) fn streamed(&mut self, run: RunId) -> Result<Option<(Streamed, Vec<Counter>)>, WriteError> {
        let (true, true) = self.has_journal()? else { return Ok(None) };
        let place = self.place();
        let mut found = None;
        self.ask(&journal::streamed(&place, run), &mut |row| found = Some(journal::read_stream(row)))?;
        found.transpose().map_err(|why| damaged(&self.address, run, &why))
    }
}

impl DataLayout {
    /// Returns the name of a table, as SQL writes it.
    pub(super) fn table(&self, table: &DataTable) -> String {
        qualified(self.schema(), table.table)
    }

    fn spelled<'a>(column: &'a dyn Fn(&str) -> Option<String>) -> Columns<'a> {
        Columns { column, number: str::to_owned }
    }

    /// Returns the table of a part, and the condition that its rows fulfil.
    fn part(&self, part: &Extent) -> Option<(&'static DataTable, String)> {
        let table = DataTable::find(&part.name)?;
        let column = |attribute: &str| self.column(table, attribute);
        Some((table, Self::spelled(&column).of_part(table, part)?))
    }

    /// Returns what the tables can hold.
    fn room(&self) -> Room {
        let mut room = Room::of_columns(Characters::NoNul);
        for table in data_tables() {
            let Some(columns) = self.columns(table) else { continue };
            let space = columns.iter().map(|column| match column {
                None => Space::Missing,
                Some(column) => column.most.map_or(Space::Any, Space::Characters),
            });
            room.add(table, space.collect());
        }
        room
    }

    /// Returns a statement whose row are the highest ids of a table that were ever given.
    fn highest(&self, table: &DataTable) -> String {
        let name = self.table(table);
        match self.column(table, numbered_by(table.name)) {
            Some(id) if table.name.starts_with("AO_") => format!(
                "SELECT max({id}), pg_catalog.pg_sequence_last_value(pg_catalog.pg_get_serial_sequence({}, 'ID')::pg_catalog.regclass) \
                 FROM {name}",
                literal(&name)
            ),
            // Rows of associations have no ids of their own.
            Some(id) if table.attribute("id").is_some() => {
                let other = match table.name == TOGETHER.0 {
                    true => format!("(SELECT max(id) FROM {})", qualified(self.schema(), TOGETHER.1)),
                    false => "NULL".to_owned(),
                };
                format!("SELECT max({id}), {other} FROM {name}")
            }
            _ => "SELECT NULL WHERE false".to_owned(),
        }
    }

    /// Returns a statement that says whether issues have their keys in their rows: the newest one shows it.
    fn newest_key(&self) -> String {
        let table = DataTable::named("Issue");
        match (self.column(table, "key"), self.column(table, "number")) {
            // Up to Jira 6.0 there is no number but in the key.
            (Some(_), None) => "SELECT true".to_owned(),
            (Some(key), Some(_)) => {
                format!("SELECT {key} IS NOT NULL FROM {} ORDER BY id DESC LIMIT 1", self.table(table))
            }
            (None, _) => "SELECT false".to_owned(),
        }
    }

    /// Returns a statement whose rows are the marks of the line of ranks, and the last rank of each bucket.
    fn ranks(&self) -> String {
        let table = DataTable::named("AO_60DB71_LEXORANK");
        if self.columns(table).is_none() {
            return "SELECT NULL WHERE false".to_owned();
        }
        let name = self.table(table);
        format!(
            "SELECT \"FIELD_ID\", \"TYPE\", \"RANK\" FROM {name} WHERE \"TYPE\" <> 1 UNION ALL \
             SELECT \"FIELD_ID\", 1, max(\"RANK\" COLLATE \"C\") FROM {name} WHERE \"TYPE\" = 1 \
             GROUP BY \"FIELD_ID\", pg_catalog.split_part(\"RANK\", '|', 1)"
        )
    }
}

impl Writer<'_> {
    fn data_layout(&mut self, layout: &Layout) -> Result<DataLayout, WriteError> {
        let mut data = DataLayout::new(layout.schema());
        let sql = format!("{}SET LOCAL TimeZone = 'UTC'; {}", self.comment, data.statement());
        self.run(&sql, &mut |_, row| data.take(row))?;
        data.check(self.address)?;
        Ok(data)
    }

    /// Writes the beginning of a run down, if what it was planned from is still so; returns its number.
    fn begin_run(&mut self, layout: &Layout, basis: Option<&Basis>) -> Result<RunId, WriteError> {
        let (_, newest, _) = self.look(layout, &[])?;
        let id = newest.as_ref().map_or(0, |newest| newest.id) + 1;
        if let Some(basis) = basis {
            overtaken(newest, basis.last)?;
            proof::unchanged(basis, &self.configuration(layout)?)?;
        }
        let begin = journal::begin(layout.schema(), id, self.run);
        self.run(&format!("{}{}; {begin}", self.comment, journal::CREATE_STREAMS), &mut |_, _| {})?;
        Ok(id)
    }

    /// Keeps everybody from changing tables until the end; they can be read.
    fn lock_tables(&mut self, data: &DataLayout, of: &Streamed) -> Result<(), WriteError> {
        let tables = of.parts.iter().filter_map(|part| DataTable::find(&part.name));
        let tables: Vec<String> = tables.map(|table| data.table(table)).collect();
        if tables.is_empty() {
            return Ok(());
        }
        let sql = format!("{}LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", self.comment, tables.join(", "));
        self.run(&sql, &mut |_, _| {})?;
        Ok(())
    }

    /// Fails if what is written into the tables would meet rows that came after it was planned.
    fn stands_as_planned(
        &mut self,
        data: &DataLayout,
        planned: &Streamed,
        counters: &[(String, u64)],
    ) -> Result<(), WriteError> {
        self.lock_tables(data, planned)?;
        let mut sql = vec![format!("{}SELECT", self.comment)];
        let mut whats = vec![String::new()];
        for part in &planned.parts {
            let Some((table, (from, _))) = DataTable::find(&part.name).zip(part.ids) else { continue };
            let Some(id) = data.column(table, numbered_by(table.name)).filter(|_| has_ids(table)) else {
                continue;
            };
            sql.push(format!("SELECT FROM {} WHERE {id} >= {from} LIMIT 1", data.table(table)));
            whats.push(format!("the table {}", table.table));
        }
        let issues = DataTable::named("Issue");
        for (project, _) in counters {
            let name = data.table(issues);
            sql.push(format!("SELECT FROM {name} WHERE project = {} LIMIT 1", literal(project)));
            whats.push(format!("project {project}"));
        }
        let mut changed = None;
        self.run(&sql.join(";\n"), &mut |number, _| {
            changed = changed.take().or_else(|| whats.get(number).filter(|own| !own.is_empty()).cloned());
        })?;
        match changed {
            Some(row) => Err(WriteError::Changed { row, how: "it has newer rows".to_owned() }),
            None => Ok(()),
        }
    }

    /// Counts the rows of the parts of a run as they are stored.
    fn stored(&mut self, data: &DataLayout, parts: &Streamed) -> Result<Streamed, WriteError> {
        let mut settled = Settled::new(data);
        for part in &parts.parts {
            let Some((table, condition)) = data.part(part) else { continue };
            let Some(columns) = data.columns(table) else { continue };
            let selected: Vec<String> = columns
                .iter()
                .map(|own| own.as_ref().map_or_else(|| "NULL".to_owned(), |own| quoted(&own.name)))
                .collect();
            let order = data.column(table, numbered_by(table.name)).unwrap_or_else(|| "1".to_owned());
            let sql = format!(
                "{}SELECT {} FROM {} WHERE {condition} ORDER BY {order}",
                self.comment,
                selected.join(", "),
                data.table(table)
            );
            let mut row = DataRow::new(table);
            self.run(&sql, &mut |_, found| {
                for (at, column) in columns.iter().enumerate() {
                    let value = found.get(at).zip(column.as_ref());
                    row.set_at(at, value.map(|(value, own)| own.kind.spelled(value)).as_deref());
                }
                settled.add(&row);
            })?;
        }
        Ok(settled.finish(false))
    }

    /// Says what else belongs to the issues of a run; nothing if it is nothing.
    fn others(&mut self, data: &DataLayout, written: &Streamed) -> Result<Option<String>, WriteError> {
        let mut asked: Vec<(&DataTable, String)> = Vec::new();
        for table in data_tables().iter().filter(|table| data.columns(table).is_some()) {
            let column = |attribute: &str| data.column(table, attribute);
            let leading = DataLayout::spelled(&column).leading(table, written);
            asked.extend(
                leading.map(|own| (table, format!("SELECT count(*) FROM {} WHERE {own}", data.table(table)))),
            );
        }
        let sql: Vec<&str> = asked.iter().map(|(_, sql)| sql.as_str()).collect();
        let mut more = None;
        self.run(&format!("{}{}", self.comment, sql.join(";\n")), &mut |number, row| {
            let found = row.get(0).and_then(|own| own.parse::<u64>().ok()).unwrap_or(0);
            let name = asked[number].0.name;
            let expected = written.parts.iter().find(|part| part.name == name).map_or(0, |part| part.rows);
            if found > expected && more.is_none() {
                let count = found - expected;
                more = Some(format!("{count} rows of {name} belong to its issues and came after it"));
            }
        })?;
        Ok(more)
    }

    /// Raises Jira's sequences, which never go back, and the counters of projects; returns what these were.
    fn raise(
        &mut self,
        layout: &Layout,
        next: &NextIds,
        counters: &[(String, u64)],
        written: &Streamed,
    ) -> Result<Vec<Counter>, WriteError> {
        let (sequences, projects) = (layout.qualified("sequence_value_item"), layout.qualified("project"));
        let mut sql = self.comment.clone();
        for (table, next) in next.all().filter(|(table, _)| !table.starts_with("AO_")) {
            let name = literal(table);
            sql.push_str(&format!(
                "UPDATE {sequences} SET seq_id = {next} WHERE seq_name = {name} AND seq_id < {next}; \
                 INSERT INTO {sequences} (seq_name, seq_id) SELECT {name}, {next} \
                 WHERE NOT EXISTS (SELECT FROM {sequences} WHERE seq_name = {name});"
            ));
        }
        for part in written.parts.iter().filter(|part| part.name.starts_with("AO_")) {
            sql.push_str(&schema::raise_sequence(layout.schema(), &part.name));
            sql.push(';');
        }
        self.run(&sql, &mut |_, _| {})?;
        let mut raised: Vec<Counter> = Vec::new();
        for (project, number) in counters {
            let id = literal(project);
            let (mut found, mut before) = (false, None);
            let sql = format!("{}SELECT pcounter FROM {projects} WHERE id = {id} FOR UPDATE", self.comment);
            self.run(&sql, &mut |_, row| {
                found = true;
                before = row.get(0).map(str::to_owned);
            })?;
            let now = before.as_deref().and_then(|own| own.trim().parse::<u64>().ok()).unwrap_or(0);
            if found && now < *number {
                let sql =
                    format!("{}UPDATE {projects} SET pcounter = {number} WHERE id = {id}", self.comment);
                self.run(&sql, &mut |_, _| {})?;
                raised.push((project.clone(), before, number.to_string()));
            }
        }
        Ok(raised)
    }
}

/// Returns whether rows of a table have ids of their own.
fn has_ids(table: &DataTable) -> bool {
    table.attribute("id").is_some() || table.attribute("ID").is_some()
}
