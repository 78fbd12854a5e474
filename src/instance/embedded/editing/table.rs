//! Rows of issues: found by index, inserted, changed and taken away.
//!
//! Invariant: a row that is inserted has an id that nothing had before, and is counted; values are spelled as a backup spells them.

use std::rc::Rc;

use rusqlite::types::ToSqlOutput;
use rusqlite::{OptionalExtension as _, ToSql, params_from_iter};

use super::indexes;
use super::rows::{Called, Rows, fault, unwritten};
use crate::entity::{DataRow, DataTable, EntityId, Row, RowChange};
use crate::instance::embedded::data_tables::made;
use crate::instance::embedded::issue_data::{Stored, stored};
use crate::instance::embedded::load::stored as value;
use crate::instance::embedded::row::{Refusal, text_of};
use crate::instance::embedded::schema::{Layout, quoted};
use crate::instance::embedded::store;

/// The first id that Jira gives.
const FIRST: u64 = 10_000;

/// A row with its number in the database.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) at: i64,
    pub(super) row: DataRow,
}

impl Rows {
    /// Returns when an issue of a project was changed last, as it is stored.
    pub(super) fn last_updated(&self, project: u64) -> Called<Option<String>> {
        let Some(issues) = self.table("Issue")? else { return Ok(None) };
        let table = DataTable::named("Issue");
        let (Some(of), Some(updated)) = (issues.column(table, "project"), issues.column(table, "updated"))
        else {
            return Ok(None);
        };
        let sql = format!(
            "SELECT {updated} FROM {} WHERE CAST({of} AS INTEGER) = ? ORDER BY {updated} DESC LIMIT 1",
            quoted(issues.name())
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(fault)?;
        let found = statement.query_row([project as i64], |row| Ok(text_of(row.get_ref(0)?)));
        Ok(found.optional().map_err(fault)?.flatten())
    }

    /// Returns where a table is; nothing if the file does not have it.
    pub(super) fn table(&self, name: &'static str) -> Called<Option<Rc<Stored>>> {
        if let Some(known) = self.tables.borrow().get(name) {
            return Ok(known.clone());
        }
        let found = stored(&self.connection, DataTable::named(name)).map_err(fault)?.map(Rc::new);
        self.tables.borrow_mut().insert(name, found.clone());
        Ok(found)
    }

    /// Returns the rows of a table of which an attribute holds a number.
    pub(super) fn find(&self, name: &'static str, attribute: &str, number: u64) -> Called<Vec<Found>> {
        self.select(name, &[attribute], |columns| {
            (format!("CAST({} AS INTEGER) = ?", columns[0]), vec![Box::new(number as i64)])
        })
    }

    /// Returns the rows of a table that fulfil a condition on some of its columns; none if it has not got these.
    pub(super) fn select(
        &self,
        name: &'static str,
        attributes: &[&str],
        condition: impl FnOnce(&[String]) -> (String, Vec<Box<dyn ToSql>>),
    ) -> Called<Vec<Found>> {
        let table = DataTable::named(name);
        let Some(own) = self.table(name)? else { return Ok(Vec::new()) };
        let columns = attributes.iter().map(|attribute| own.column(table, attribute));
        let Some(columns) = columns.collect::<Option<Vec<String>>>() else { return Ok(Vec::new()) };
        let (condition, values) = condition(&columns);
        let sql = format!("SELECT {}, rowid FROM {} WHERE {condition}", own.selected(), quoted(own.name()));
        let mut statement = self.connection.prepare_cached(&sql).map_err(fault)?;
        let mut rows = statement.query(params_from_iter(values)).map_err(fault)?;
        let mut found = Vec::new();
        while let Some(columns) = rows.next().map_err(fault)? {
            let mut row = DataRow::new(table);
            for number in 0..table.attributes.len() {
                row.set_at(number, text_of(columns.get_ref(number).map_err(fault)?).as_deref());
            }
            found.push(Found { at: columns.get(table.attributes.len()).map_err(fault)?, row });
        }
        Ok(found)
    }

    /// Returns the highest id of a table.
    pub(super) fn highest(&self, name: &'static str) -> Called<u64> {
        let table = DataTable::named(name);
        let Some(own) = self.table(name)? else { return Ok(0) };
        let Some(id) = own.column(table, "id") else { return Ok(0) };
        self.first(&format!(
            "SELECT CAST({id} AS INTEGER) FROM {} ORDER BY CAST({id} AS INTEGER) DESC LIMIT 1",
            quoted(own.name())
        ))
    }

    fn first(&self, sql: &str) -> Called<u64> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        let found: Option<Option<i64>> =
            statement.query_row((), |row| row.get(0)).optional().map_err(fault)?;
        Ok(found.flatten().and_then(|own| u64::try_from(own).ok()).unwrap_or(0))
    }

    /// Returns an id that nothing has yet.
    pub(super) fn take(&self, name: &'static str) -> Called<u64> {
        let known = self.with_open(|open| open.ids.get(name).copied()).flatten();
        let next = match known {
            Some(next) => next,
            None => {
                let sql =
                    "SELECT CAST(\"seq_id\" AS INTEGER) FROM \"sequence_value_item\" WHERE \"seq_name\" = ?";
                let sequence: Option<i64> = self
                    .connection
                    .query_row(sql, [name], |row| row.get(0))
                    .optional()
                    .map_err(fault)?
                    .flatten();
                let sequence = sequence.and_then(|own| u64::try_from(own).ok()).unwrap_or(0);
                let mut highest = self.highest_of(name)?;
                if name == "OSCurrentStep" {
                    // A step keeps its id when it becomes history.
                    highest = highest.max(self.highest_of("OSHistoryStep")?);
                }
                sequence.max(highest + 1).max(FIRST)
            }
        };
        self.with_open(|open| open.ids.insert(name, next + 1));
        Ok(next)
    }

    fn highest_of(&self, name: &'static str) -> Called<u64> {
        if DataTable::find(name).is_some() {
            return self.highest(name);
        }
        match self.layout()?.columns(name, &["id"]) {
            Some((table, id)) => self.first(&format!("SELECT max({}) FROM {table}", id[0])),
            None => Ok(0),
        }
    }

    /// Begins a row with an id of its own.
    pub(super) fn new_row(&self, name: &'static str) -> Called<DataRow> {
        let mut row = DataRow::new(DataTable::named(name));
        row.set("id", Some(&self.take(name)?.to_string()));
        Ok(row)
    }

    /// Inserts a row.
    pub(super) fn insert(&self, row: &DataRow) -> Called<()> {
        let table = row.table();
        let own = self.made(table)?;
        let places = vec!["?"; table.attributes.len()].join(", ");
        let sql = format!("INSERT INTO {} ({}) VALUES ({places})", quoted(own.name()), own.selected());
        let values =
            row.values().zip(&table.attributes).map(|(text, own)| text.map(|text| value(own.ty, text)));
        let mut statement = self.connection.prepare_cached(&sql).map_err(fault)?;
        statement.execute(params_from_iter(values)).map_err(fault)?;
        self.count(table.name, 1);
        Ok(())
    }

    /// Changes values of a row.
    pub(super) fn update(&self, name: &'static str, at: i64, values: &[(&str, Option<&str>)]) -> Called<()> {
        let table = DataTable::named(name);
        let own = self.made(table)?;
        let (mut columns, mut bound) = (Vec::new(), Vec::new());
        for (attribute, text) in values {
            let number = table.attribute(attribute);
            let (Some(number), Some(column)) = (number, own.column(table, attribute)) else { continue };
            columns.push(format!("{column} = ?"));
            bound.push(match text {
                Some(text) => value(table.attributes[number].ty, text),
                None => ToSqlOutput::Owned(rusqlite::types::Value::Null),
            });
        }
        if columns.is_empty() {
            return Ok(());
        }
        bound.push(ToSqlOutput::from(at));
        let sql = format!("UPDATE {} SET {} WHERE rowid = ?", quoted(own.name()), columns.join(", "));
        let mut statement = self.connection.prepare_cached(&sql).map_err(fault)?;
        statement.execute(params_from_iter(bound)).map_err(fault)?;
        Ok(())
    }

    /// Takes a row away.
    pub(super) fn delete(&self, name: &'static str, at: i64) -> Called<()> {
        let Some(own) = self.table(name)? else { return Ok(()) };
        let sql = format!("DELETE FROM {} WHERE rowid = ?", quoted(own.name()));
        let mut statement = self.connection.prepare_cached(&sql).map_err(fault)?;
        statement.execute([at]).map_err(fault)?;
        self.count(name, -1);
        Ok(())
    }

    /// Inserts a row of a table that is not read with issues.
    pub(super) fn insert_beside(&self, entity: &str, values: &[(&str, Option<&str>)]) -> Called<()> {
        let mut row = Row::new(EntityId::named(entity));
        for (attribute, value) in values {
            row.put(attribute, *value);
        }
        let change = RowChange { before: None, after: Some(row) };
        match store::change(&self.connection, self.layout()?, &change, None) {
            Ok(_) => Ok(()),
            Err(Refusal::Database(error)) => Err(fault(error)),
            Err(Refusal::Other(error)) => Err(unwritten(error)),
        }
    }

    fn layout(&self) -> Called<&Layout> {
        if let Some(layout) = self.layout.get() {
            return Ok(layout);
        }
        let layout = Layout::read(&self.connection).map_err(fault)?;
        Ok(self.layout.get_or_init(|| layout))
    }

    fn made(&self, table: &'static DataTable) -> Called<Rc<Stored>> {
        if let Some(own) = self.table(table.name)?
            && table.attributes.iter().all(|attribute| own.column(table, attribute.name).is_some())
        {
            return Ok(own);
        }
        let own = Rc::new(made(&self.connection, table).map_err(fault)?);
        self.tables.borrow_mut().insert(table.name, Some(Rc::clone(&own)));
        // A table that is new has none of its indexes.
        indexes::make(&self.connection).map_err(fault)?;
        Ok(own)
    }

    fn count(&self, table: &'static str, difference: i64) {
        self.with_open(|open| *open.counts.entry(table).or_default() += difference);
    }
}
