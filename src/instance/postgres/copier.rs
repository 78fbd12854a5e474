//! Rows of issues on their way into their tables, by `COPY`.
//!
//! A connection copies into one table at a time, and rows of an issue are of many tables: so those of each table wait until they are
//! worth a message. Invariant: memory is bounded by the number of tables, however many rows there are; every row that was told is
//! copied, or there is an error.

use super::connection::{Failure, cause, unwritten};
use super::issue_data::DataLayout;
use super::load::escape;
use super::spelling::quoted;
use super::writer::Writer;
use crate::entity::{AttributeType, DataRow, DataTable};
use crate::instance::WriteError;

/// How many bytes of rows of one table wait.
const MESSAGE: usize = 1 << 20;

/// What copies rows.
pub(super) struct Copier<'a, 'w> {
    writer: &'a mut Writer<'w>,
    data: &'a DataLayout,
    tables: Vec<Waiting>,
    rows: u64,
}

/// The rows of a table that wait.
struct Waiting {
    table: &'static DataTable,
    sql: String,
    /// The attributes that have columns, in their order.
    columns: Vec<(usize, AttributeType)>,
    bytes: Vec<u8>,
    rows: u64,
}

impl<'a, 'w> Copier<'a, 'w> {
    pub(super) fn new(writer: &'a mut Writer<'w>, data: &'a DataLayout) -> Self {
        Self { writer, data, tables: Vec::new(), rows: 0 }
    }

    /// Returns how many rows were told so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes a row.
    pub(super) fn row(&mut self, row: &DataRow) -> Result<(), WriteError> {
        let table = row.table();
        let at = match self.tables.iter().position(|own| own.table.name == table.name) {
            Some(at) => at,
            None => {
                let waiting = self.waiting(table)?;
                self.tables.push(waiting);
                self.tables.len() - 1
            }
        };
        let waiting = &mut self.tables[at];
        let values: Vec<Option<&str>> = row.values().collect();
        for (number, (attribute, ty)) in waiting.columns.iter().enumerate() {
            if number > 0 {
                waiting.bytes.push(b'\t');
            }
            // A number or a moment cannot be empty.
            match values[*attribute].filter(|value| *ty == AttributeType::Text || !value.is_empty()) {
                Some(value) => escape(value, &mut waiting.bytes).ok_or_else(|| WriteError::Server {
                    message: "the character U+0000 cannot be stored in this database".to_owned(),
                    source: None,
                    help: None,
                })?,
                None => waiting.bytes.extend(b"\\N"),
            }
        }
        waiting.bytes.push(b'\n');
        waiting.rows += 1;
        self.rows += 1;
        if waiting.bytes.len() >= MESSAGE { self.send(at) } else { Ok(()) }
    }

    /// Copies what still waits.
    pub(super) fn finish(mut self) -> Result<(), WriteError> {
        (0..self.tables.len()).try_for_each(|at| self.send(at))
    }

    fn waiting(&self, table: &'static DataTable) -> Result<Waiting, WriteError> {
        let lacks = || WriteError::Server {
            message: format!("the database has no table {}", table.table),
            source: None,
            help: None,
        };
        let columns = self.data.columns(table).ok_or_else(lacks)?;
        let there = columns.iter().enumerate().filter_map(|(at, column)| Some((at, column.as_ref()?)));
        let names: Vec<String> = there.clone().map(|(_, column)| quoted(&column.name)).collect();
        let sql = format!(
            "{}COPY {} ({}) FROM STDIN",
            self.writer.comment,
            self.data.table(table),
            names.join(", ")
        );
        let columns = there.map(|(at, _)| (at, table.attributes[at].ty)).collect();
        Ok(Waiting { table, sql, columns, bytes: Vec::new(), rows: 0 })
    }

    fn send(&mut self, at: usize) -> Result<(), WriteError> {
        let waiting = &mut self.tables[at];
        if waiting.rows == 0 {
            return Ok(());
        }
        let (bytes, rows) = (std::mem::take(&mut waiting.bytes), std::mem::take(&mut waiting.rows));
        let Writer { connection, address, .. } = &mut *self.writer;
        let fails = |error: Failure| match error.code().map(|code| code.code()) {
            // A value does not fit its column.
            Some(code) if code.starts_with("22") => WriteError::Server {
                message: format!("rows of {} cannot be written into `{address}`", waiting.table.table),
                source: Some(Box::new(super::connection::Cause(cause(&error)))),
                help: None,
            },
            _ => unwritten(address, &error),
        };
        let mut copying = connection.copy_in(&waiting.sql).map_err(fails)?;
        let copied = match connection.send(&mut copying, bytes) {
            Ok(()) => connection.finish(copying),
            // What is wrong is said only at the end.
            Err(error) => Err(connection.finish(copying).err().unwrap_or(error)),
        };
        match copied.map_err(fails)? {
            count if count == rows => Ok(()),
            count => Err(WriteError::Altered {
                row: format!("{rows} rows of {}", waiting.table.table),
                how: format!("{count} were stored"),
            }),
        }
    }
}
