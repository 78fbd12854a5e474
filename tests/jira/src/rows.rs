//! The rows of an embedded instance, read and written by SQL of this crate's own.
//!
//! Invariant: what is answered is what the file held when the request came; a change by another process shows with the next,
//! and what one request writes is there whole or not at all.

pub(crate) mod entities;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};
use serde_json::{Map, Value};

/// How often others have changed the rows, and how often this process has.
type Version = (i64, i64);

/// All tables, read when they are asked for.
#[derive(Debug)]
pub(crate) struct Rows {
    read: Mutex<Read>,
}

#[derive(Debug)]
struct Read {
    connection: Connection,
    /// SQLite's count of changes by others, when `tables` was filled.
    version: i64,
    /// How often this process has written, which SQLite does not count.
    own: i64,
    tables: HashMap<String, Arc<Table>>,
    /// The highest id that each table was given: one that was deleted does not come again.
    highest: HashMap<String, i64>,
    /// The tables that the open transaction has written.
    touched: Vec<String>,
}

impl Rows {
    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        // Another process may write at the same time.
        connection.busy_timeout(Duration::from_secs(20))?;
        // Fails for a file that is no instance, rather than at the first request.
        connection.query_row("SELECT count(*) FROM pcfg_table", (), |row| row.get::<_, i64>(0))?;
        let read = Read {
            connection,
            version: 0,
            own: 0,
            tables: HashMap::new(),
            highest: HashMap::new(),
            touched: Vec::new(),
        };
        Ok(Self { read: Mutex::new(read) })
    }

    /// Returns numbers that change with the rows.
    pub(crate) fn version(&self) -> rusqlite::Result<Version> {
        let read = lock(&self.read);
        let by_others = read.connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        Ok((by_others, read.own))
    }

    /// Returns a table by its name in Jira's database; one that the instance does not have is empty.
    pub(crate) fn table(&self, name: &str) -> rusqlite::Result<Arc<Table>> {
        let mut read = lock(&self.read);
        let version = read.connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        if version != read.version {
            read.tables.clear();
            read.version = version;
        }
        let name = name.to_ascii_lowercase();
        let name = name.as_str();
        if let Some(table) = read.tables.get(name) {
            return Ok(Arc::clone(table));
        }
        let table = Arc::new(Table::read(&read.connection, name)?);
        read.tables.insert(name.to_owned(), Arc::clone(&table));
        Ok(table)
    }
}

/// What is written, all inside the transaction of one request.
impl Rows {
    pub(crate) fn begin(&self) -> rusqlite::Result<()> {
        let mut read = lock(&self.read);
        read.touched.clear();
        read.connection.execute_batch("BEGIN IMMEDIATE")
    }

    /// Ends the transaction: keeps what it wrote, or takes it back.
    pub(crate) fn end(&self, is_kept: bool) -> rusqlite::Result<()> {
        let mut read = lock(&self.read);
        let touched = std::mem::take(&mut read.touched);
        read.own += 1;
        if !is_kept {
            read.tables.clear();
            return read.connection.execute_batch("ROLLBACK");
        }
        for table in touched {
            // pcfg keeps counts beside the rows.
            let sql =
                format!("UPDATE pcfg_table SET rows = (SELECT count(*) FROM \"{table}\") WHERE name = ?");
            read.connection.execute(&sql, [table])?;
        }
        read.connection.execute_batch("COMMIT")
    }

    /// Adds a row. Where the table has ids and none is given, the row gets one above all that there were.
    pub(crate) fn insert(&self, table: &str, values: &Map<String, Value>) -> rusqlite::Result<String> {
        let mut read = lock(&self.read);
        let columns = read.columns(table)?;
        let mut values = values.clone();
        if columns.contains_key("id") && !values.contains_key("id") {
            values.insert("id".to_owned(), read.next_id(table)?.into());
        }
        let names: Vec<String> = values.keys().map(|name| format!("\"{name}\"")).collect();
        let marks = vec!["?"; names.len()].join(", ");
        let sql = format!("INSERT INTO \"{table}\" ({}) VALUES ({marks})", names.join(", "));
        let cells = values.iter().map(|(name, value)| cell(&columns, name, value));
        read.connection.execute(&sql, params_from_iter(cells))?;
        read.touch(table);
        Ok(values.get("id").map(as_text).unwrap_or_default())
    }

    /// Changes the rows that have a value in a column.
    pub(crate) fn update(
        &self,
        table: &str,
        (column, wanted): (&str, &str),
        values: &Map<String, Value>,
    ) -> rusqlite::Result<usize> {
        if values.is_empty() {
            return Ok(0);
        }
        let mut read = lock(&self.read);
        let columns = read.columns(table)?;
        // Nor columns in which no row has had anything.
        if !columns.contains_key(&column.to_ascii_lowercase()) {
            return Ok(0);
        }
        let sets: Vec<String> = values.keys().map(|name| format!("\"{name}\" = ?")).collect();
        let sql = format!("UPDATE \"{table}\" SET {} WHERE CAST(\"{column}\" AS TEXT) = ?", sets.join(", "));
        let cells = values.iter().map(|(name, value)| cell(&columns, name, value));
        let cells = cells.chain([Cell::Text(wanted.to_owned())]);
        let changed = read.connection.execute(&sql, params_from_iter(cells))?;
        read.touch(table);
        Ok(changed)
    }

    /// Deletes the rows that have all of these values; null is one, too.
    pub(crate) fn delete(&self, table: &str, values: &Map<String, Value>) -> rusqlite::Result<usize> {
        let mut read = lock(&self.read);
        // An instance has no tables of which it has never had a row.
        let columns = read.columns(table)?;
        if values.keys().any(|name| !columns.contains_key(&name.to_ascii_lowercase())) {
            return Ok(0);
        }
        let wanted: Vec<String> =
            values.keys().map(|name| format!("CAST(\"{name}\" AS TEXT) IS ?")).collect();
        let sql = format!("DELETE FROM \"{table}\" WHERE {}", wanted.join(" AND "));
        let cells = values.values().map(|value| match value {
            Value::Null => Cell::Null,
            value => Cell::Text(as_text(value)),
        });
        let deleted = read.connection.execute(&sql, params_from_iter(cells))?;
        read.touch(table);
        Ok(deleted)
    }
}

impl Read {
    /// Returns the types of the columns of a table, by name in lower case.
    fn columns(&self, table: &str) -> rusqlite::Result<HashMap<String, String>> {
        let mut statement = self.connection.prepare("SELECT lower(name), type FROM pragma_table_info(?)")?;
        statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    fn next_id(&mut self, table: &str) -> rusqlite::Result<i64> {
        let sql = format!("SELECT max(CAST(id AS INTEGER)) FROM \"{table}\"");
        let there: Option<i64> = self.connection.query_row(&sql, (), |row| row.get(0))?;
        // Tables of apps count from 1, Jira's own from 10000.
        let first = if table.starts_with("ao_") { 1 } else { 10_000 };
        let highest = self.highest.get(table).copied().unwrap_or(0).max(there.unwrap_or(0));
        let next = (highest + 1).max(first);
        self.highest.insert(table.to_owned(), next);
        let sql = "UPDATE sequence_value_item SET seq_id = ?1 WHERE seq_id < ?1
                   AND seq_name = (SELECT entity FROM pcfg_table WHERE name = ?2)";
        self.connection.execute(sql, (next + 1, table))?;
        Ok(next)
    }

    fn touch(&mut self, table: &str) {
        self.own += 1;
        self.tables.remove(&table.to_ascii_lowercase());
        if !self.touched.iter().any(|own| own == table) {
            self.touched.push(table.to_owned());
        }
    }
}

/// Returns a value as a column holds it: numbers are numbers unless the column is of texts.
fn cell(columns: &HashMap<String, String>, name: &str, value: &Value) -> Cell {
    let is_text = columns.get(&name.to_ascii_lowercase()).is_some_and(|kind| kind == "TEXT");
    match value {
        Value::Null => Cell::Null,
        value => {
            let text = as_text(value);
            match text.parse::<i64>() {
                Ok(number) if !is_text => Cell::Integer(number),
                _ => Cell::Text(text),
            }
        }
    }
}

/// Returns a text, number or truth as a text.
pub(crate) fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Takes a lock, also after another request has panicked: what it guards is a cache.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something made of the rows, kept until they change.
#[derive(Debug, Default)]
pub(crate) struct Kept<T>(Mutex<Option<(Version, Arc<T>)>>);

impl<T> Kept<T> {
    /// Returns what is kept, or makes it of the rows as they are at a version.
    pub(crate) fn get(
        &self,
        version: Version,
        make: impl FnOnce() -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Arc<T>> {
        let known = lock(&self.0).clone();
        if let Some((own, kept)) = known
            && own == version
        {
            return Ok(kept);
        }
        let made = Arc::new(make()?);
        *lock(&self.0) = Some((version, Arc::clone(&made)));
        Ok(made)
    }
}

/// The rows of one value of a column, by their places.
type Index = HashMap<String, Vec<usize>>;

/// The rows of one table, in the order of their ids.
#[derive(Debug, Default)]
pub(crate) struct Table {
    columns: HashMap<String, usize>,
    rows: Vec<Vec<Option<String>>>,
    indexes: Vec<OnceLock<Index>>,
}

impl Table {
    fn read(connection: &Connection, name: &str) -> rusqlite::Result<Self> {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE";
        let found: Vec<String> =
            connection.prepare(sql)?.query_map([name], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let Some(name) = found.first() else { return Ok(Self::default()) };
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\""))?;
        let columns: HashMap<_, _> = statement
            .column_names()
            .enumerate()
            .map(|(place, column)| (column.to_ascii_lowercase(), place))
            .collect();
        let width = columns.len();
        let mut rows = Vec::new();
        let mut found = statement.query(())?;
        while let Some(row) = found.next()? {
            rows.push(
                (0..width)
                    .map(|place| Ok(text(row.get_ref(place)?)))
                    .collect::<rusqlite::Result<Vec<_>>>()?,
            );
        }
        if let Some(&id) = columns.get("id") {
            // Ids are numbers mostly; those that are not stand behind.
            rows.sort_by_cached_key(|row| {
                let id = row[id].clone().unwrap_or_default();
                (id.parse::<i64>().unwrap_or(i64::MAX), id)
            });
        }
        Ok(Self { columns, rows, indexes: (0..width).map(|_| OnceLock::new()).collect() })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.rows.len()).map(|place| Row { table: self, place })
    }

    /// Returns whether there is a column.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// Returns the rows that have a value in a column.
    pub(crate) fn with(&self, column: &str, value: &str) -> impl Iterator<Item = Row<'_>> {
        let places = self.columns.get(column).and_then(|&column| {
            let index = self.indexes[column].get_or_init(|| {
                let mut index = Index::new();
                for (place, row) in self.rows.iter().enumerate() {
                    if let Some(value) = &row[column] {
                        index.entry(value.clone()).or_default().push(place);
                    }
                }
                index
            });
            index.get(value)
        });
        places.into_iter().flatten().map(|&place| Row { table: self, place })
    }

    pub(crate) fn one(&self, column: &str, value: &str) -> Option<Row<'_>> {
        self.with(column, value).next()
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<Row<'_>> {
        self.one("id", id)
    }

    /// Returns rows in the order of a column of numbers, those without one last.
    pub(crate) fn ordered<'t>(rows: impl Iterator<Item = Row<'t>>, column: &str) -> Vec<Row<'t>> {
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|row| row.number(column).unwrap_or(i64::MAX));
        rows
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'t> {
    table: &'t Table,
    place: usize,
}

impl<'t> Row<'t> {
    /// Returns a value; an empty text counts as none.
    pub(crate) fn get(self, column: &str) -> Option<&'t str> {
        let column = *self.table.columns.get(column)?;
        self.table.rows[self.place][column].as_deref().filter(|value| !value.is_empty())
    }

    /// Returns a value, or nothing as an empty text.
    pub(crate) fn text(self, column: &str) -> &'t str {
        self.get(column).unwrap_or_default()
    }

    pub(crate) fn id(self) -> &'t str {
        self.text("id")
    }

    pub(crate) fn number(self, column: &str) -> Option<i64> {
        let value = self.get(column)?;
        // Tables of apps hold `4.0` in columns of integers.
        value.strip_suffix(".0").unwrap_or(value).parse().ok()
    }

    /// Returns the row as it can be written again.
    pub(crate) fn values(self) -> Value {
        let columns = self.table.columns.iter();
        let cells =
            columns.map(|(name, &column)| (name.clone(), self.table.rows[self.place][column].clone().into()));
        Value::Object(cells.collect())
    }

    pub(crate) fn is_true(self, column: &str) -> bool {
        matches!(self.text(column), "true" | "1" | "Y" | "y")
    }
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}
