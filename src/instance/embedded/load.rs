//! Filling an empty database with all rows of a backup.
//!
//! Invariant: every value of every row is there afterwards, under the table and attribute that it has in the backup. The
//! exception are rows of boards that lead to nothing: Jira's database would refuse them, and so does this one; the caller is
//! told.

use std::collections::{HashMap, HashSet};

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, Statement};

use super::schema::{self, free_name, quoted};
use crate::entity::{AttributeType, EntityId, entities};
use crate::instance::bound::MOST_TABLES;
use crate::instance::verdict::{is_app, told_dangling, told_twice};
use crate::instance::{RawRow, WriteError};

/// Puts rows into a database whose tables have been created.
pub(super) struct Loader<'c> {
    connection: &'c Connection,
    tables: HashMap<String, Table>,
    /// The names of tables, in lower case.
    taken: HashSet<String>,
    /// The table of the last row: rows of one table come one behind the other.
    current: Option<Current<'c>>,
    /// The columns of the values of a row.
    places: Vec<usize>,
}

/// A table that is being filled.
struct Table {
    name: String,
    entity: Option<EntityId>,
    columns: Vec<Column>,
    /// The names of the columns, in lower case.
    taken: HashSet<String>,
    rows: u64,
}

struct Column {
    attribute: String,
    name: String,
    ty: AttributeType,
}

struct Current<'c> {
    entity: String,
    table: Table,
    insert: Option<Statement<'c>>,
}

/// Why loading fails: the caller knows the file.
pub(super) enum Failure {
    Database(rusqlite::Error),
    Other(WriteError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<crate::instance::ReadError> for Failure {
    fn from(error: crate::instance::ReadError) -> Self {
        Self::Other(error.into())
    }
}

impl<'c> Loader<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        let mut tables = HashMap::new();
        let mut taken = HashSet::new();
        for entity in entities() {
            let column = |attribute: &crate::entity::Attribute| Column {
                attribute: attribute.name.to_owned(),
                name: schema::column_of(entity, attribute).to_owned(),
                ty: attribute.ty,
            };
            let table = Table {
                name: schema::table_of(entity).to_owned(),
                entity: EntityId::find(entity.name),
                columns: entity.attributes.iter().map(column).collect(),
                taken: entity
                    .attributes
                    .iter()
                    .map(|own| schema::column_of(entity, own).to_ascii_lowercase())
                    .collect(),
                rows: 0,
            };
            taken.insert(table.name.to_ascii_lowercase());
            tables.insert(entity.name.to_owned(), table);
        }
        Self { connection, tables, taken, current: None, places: Vec::new() }
    }

    /// Puts a row into its table, which gets the columns that it lacks.
    pub(super) fn row(&mut self, row: &RawRow<'_>) -> Result<(), Failure> {
        if self.current.as_ref().is_none_or(|current| current.entity != row.table) {
            self.turn_to(row.table)?;
        }
        let Some(current) = &mut self.current else { return Ok(()) };
        let table = &mut current.table;
        self.places.clear();
        // Attributes come in the same order in every row, though not all of them.
        let mut next = 0;
        for (attribute, _) in row.values() {
            let is_it = |column: &Column| column.attribute == attribute;
            let found = table.columns[next..].iter().position(is_it).map(|at| at + next);
            let at = match found.or_else(|| table.columns[..next].iter().position(is_it)) {
                Some(at) => at,
                None => {
                    current.insert = None;
                    add_column(self.connection, &current.entity, table, attribute)?
                }
            };
            next = at + 1;
            self.places.push(at);
        }
        let insert = match &mut current.insert {
            Some(insert) => insert,
            none => none.insert(self.connection.prepare(&insert_into(table))?),
        };
        insert.clear_bindings();
        for (&at, (_, value)) in self.places.iter().zip(row.values()) {
            let ty = table.columns[at].ty;
            match table.entity.filter(|id| is_app(id.entity())) {
                Some(_) => insert.raw_bind_parameter(at + 1, stored(ty, &ty.spelled(value)))?,
                None => insert.raw_bind_parameter(at + 1, stored(ty, value))?,
            }
        }
        insert.raw_execute().map_err(|error| refused(error, &current.entity, row))?;
        table.rows += 1;
        Ok(())
    }

    fn turn_to(&mut self, entity: &str) -> Result<(), Failure> {
        if let Some(Current { entity, table, .. }) = self.current.take() {
            self.tables.insert(entity, table);
        }
        let table = match self.tables.remove(entity) {
            Some(table) => table,
            None => self.create_table(entity)?,
        };
        self.current = Some(Current { entity: entity.to_owned(), table, insert: None });
        Ok(())
    }

    fn create_table(&mut self, entity: &str) -> Result<Table, Failure> {
        if self.taken.len() >= MOST_TABLES {
            let why = format!("it contains more than {MOST_TABLES} tables");
            return Err(Failure::Other(WriteError::Unloadable { why }));
        }
        let name = free_name(entity, &mut self.taken);
        // A table needs a column; this one holds nothing.
        let sql = format!("CREATE TABLE {} (pcfg_row INTEGER PRIMARY KEY) STRICT", quoted(&name));
        self.connection.execute_batch(&sql)?;
        schema::register_table(self.connection, entity, &name)?;
        let taken = HashSet::from(["pcfg_row".to_owned()]);
        Ok(Table { name, entity: None, columns: Vec::new(), taken, rows: 0 })
    }

    /// Ends the loading: indexes, checks, numbers of rows. Returns what is odd about the rows.
    pub(super) fn finish(mut self) -> Result<Vec<String>, Failure> {
        if let Some(Current { entity, table, .. }) = self.current.take() {
            self.tables.insert(entity, table);
        }
        let connection = self.connection;
        let mut warnings = Vec::new();
        for entity in schema::create_indexes(connection)? {
            warnings.push(told_twice(entity));
        }
        for (entity, dangling) in delete_dangling(connection)? {
            let table = self.tables.iter_mut().find(|(_, table)| table.name == entity);
            if let Some((_, table)) = table {
                table.rows -= dangling;
            }
            warnings.push(told_dangling(dangling, &entity));
        }
        let mut update = connection.prepare("UPDATE pcfg_table SET rows = ? WHERE entity = ?")?;
        for (entity, table) in &self.tables {
            update.execute((table.rows as i64, entity))?;
        }
        Ok(warnings)
    }
}

fn add_column(
    connection: &Connection,
    entity: &str,
    table: &mut Table,
    attribute: &str,
) -> Result<usize, Failure> {
    let name = free_name(attribute, &mut table.taken);
    let sql = format!("ALTER TABLE {} ADD COLUMN {} TEXT", quoted(&table.name), quoted(&name));
    connection.execute_batch(&sql)?;
    schema::register_column(connection, entity, attribute, &name)?;
    table.columns.push(Column { attribute: attribute.to_owned(), name, ty: AttributeType::Text });
    Ok(table.columns.len() - 1)
}

fn insert_into(table: &Table) -> String {
    if table.columns.is_empty() {
        return format!("INSERT INTO {} DEFAULT VALUES", quoted(&table.name));
    }
    let names: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    let values = vec!["?"; names.len()];
    format!("INSERT INTO {} ({}) VALUES ({})", quoted(&table.name), names.join(", "), values.join(", "))
}

/// Returns a value as it is stored: as a number where its text is the only one of that number, so that nothing is lost.
pub(super) fn stored(ty: AttributeType, value: &str) -> ToSqlOutput<'_> {
    /// All numbers of so few digits fit.
    const DIGITS: usize = 18;
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_plain = match digits.as_bytes() {
        b"0" => digits.len() == value.len(),
        [b'1'..=b'9', rest @ ..] => rest.len() < DIGITS && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    match value.parse::<i64>() {
        Ok(number) if ty == AttributeType::Integer && is_plain => ToSqlOutput::from(number),
        _ => ToSqlOutput::from(value),
    }
}

/// Only tables of apps have keys that are checked while rows come in.
fn refused(error: rusqlite::Error, entity: &str, row: &RawRow<'_>) -> Failure {
    if !schema::is_constraint(&error) {
        return Failure::Database(error);
    }
    let id = row.values().find(|(name, _)| *name == "ID").map_or("no ID", |(_, id)| id);
    let why = format!("{entity} has several rows of one ID, or a row without one: {id}");
    Failure::Other(WriteError::Unloadable { why })
}

/// Deletes rows that lead to nothing, and those that then do; returns how many of which tables.
fn delete_dangling(connection: &Connection) -> rusqlite::Result<Vec<(String, u64)>> {
    let mut deleted: HashMap<String, u64> = HashMap::new();
    loop {
        let mut check =
            connection.prepare("SELECT DISTINCT \"table\", rowid FROM pragma_foreign_key_check")?;
        let found = check.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let found: Vec<(String, i64)> = found.collect::<Result<_, _>>()?;
        if found.is_empty() {
            break;
        }
        for (table, row) in found {
            connection.execute(&format!("DELETE FROM {} WHERE rowid = ?", quoted(&table)), [row])?;
            *deleted.entry(table).or_default() += 1;
        }
    }
    let mut deleted: Vec<_> = deleted.into_iter().collect();
    deleted.sort();
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use rusqlite::types::{Value, ValueRef};

    use super::*;

    #[test]
    fn numbers_keep_their_spelling() {
        let kind = |text| match stored(AttributeType::Integer, text) {
            ToSqlOutput::Owned(Value::Integer(number)) => {
                assert_eq!(number.to_string(), text);
                "number"
            }
            ToSqlOutput::Borrowed(ValueRef::Text(own)) => {
                assert_eq!(own, text.as_bytes());
                "text"
            }
            other => panic!("{other:?}"),
        };
        for text in ["0", "1", "-1", "10000", "999999999999999999"] {
            assert_eq!(kind(text), "number", "{text}");
        }
        for text in ["", "-", "-0", "01", "+1", "1.0", " 1", "1e3", "9999999999999999999", "x"] {
            assert_eq!(kind(text), "text", "{text}");
        }
    }
}
