//! The rows of an embedded instance, read by SQL of this crate's own.
//!
//! Invariant: what is answered is what the file held when the request came; a change by another process shows with the next.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

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
    tables: HashMap<String, Arc<Table>>,
}

impl Rows {
    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // Fails for a file that is no instance, rather than at the first request.
        connection.query_row("SELECT count(*) FROM pcfg_table", (), |row| row.get::<_, i64>(0))?;
        Ok(Self { read: Mutex::new(Read { connection, version: 0, tables: HashMap::new() }) })
    }

    /// Returns a number that changes with the rows.
    pub(crate) fn version(&self) -> rusqlite::Result<i64> {
        lock(&self.read).connection.pragma_query_value(None, "data_version", |row| row.get(0))
    }

    /// Returns a table by its name in Jira's database; one that the instance does not have is empty.
    pub(crate) fn table(&self, name: &str) -> rusqlite::Result<Arc<Table>> {
        let mut read = lock(&self.read);
        let version = read.connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        if version != read.version {
            read.tables.clear();
            read.version = version;
        }
        if let Some(table) = read.tables.get(name) {
            return Ok(Arc::clone(table));
        }
        let table = Arc::new(Table::read(&read.connection, name)?);
        read.tables.insert(name.to_owned(), Arc::clone(&table));
        Ok(table)
    }
}

/// Takes a lock, also after another request has panicked: what it guards is a cache.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something made of the rows, kept until they change.
#[derive(Debug, Default)]
pub(crate) struct Kept<T>(Mutex<Option<(i64, Arc<T>)>>);

impl<T> Kept<T> {
    /// Returns what is kept, or makes it of the rows as they are at a version.
    pub(crate) fn get(
        &self,
        version: i64,
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
