//! What changes in a file of a backup: bytes in a place, and the changes of rows that wait for theirs.
//!
//! Invariant: a change that finds no place is an error, never left out.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;

use crate::entity::{DataRow, EntityId, Row, RowChange};
use crate::instance::{ReadError, WriteError};

/// Why a backup cannot be rewritten.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The new file cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
    /// The new rows are not those that were planned, or cannot wait for their places.
    #[error(transparent)]
    Rows(#[from] WriteError),
    /// A new value is not XML.
    #[error("a value of {table} would hold the character U+{:04X}, which XML forbids", u32::from(*character))]
    NotXml {
        /// The table.
        table: &'static str,
        /// The character.
        character: char,
    },
    /// The form that is wanted cannot hold it.
    #[error("the backup has {parts} files, so it cannot be written as a bare XML file")]
    Form {
        /// How many files.
        parts: usize,
    },
    /// It holds other issues than those that were counted.
    #[error("{row} have been changed meanwhile: {how}")]
    Changed {
        /// The issues.
        row: String,
        /// What is different.
        how: String,
    },
    /// It does not hold the rows that are to be changed, or has no place for new ones.
    #[error("{} rows of {table} cannot be changed: {why}", changes)]
    Missing {
        /// The table.
        table: &'static str,
        /// How many changes.
        changes: usize,
        /// Why.
        why: &'static str,
    },
}

/// Bytes that replace others.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edit {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) text: Text,
}

/// What comes into a place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Text {
    Bytes(Vec<u8>),
    /// The rows of this table that wait in a file.
    Waiting(&'static str),
}

/// New rows of issues: too many for the changes that are kept in memory.
#[derive(Debug, Default)]
pub(super) struct NewRows {
    /// Of Jira's own tables, as text.
    pub(super) tables: BTreeMap<&'static str, Waiting>,
    /// Of tables of apps, whose columns have an order of their own in each file.
    pub(super) of_apps: BTreeMap<&'static str, Vec<DataRow>>,
}

/// Rows that wait for their place.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) file: File,
    pub(super) rows: u64,
}

/// The changes of rows that have not been met yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    tables: HashMap<EntityId, Changes>,
    /// How many new rows of issues there are, by their table.
    pub(super) waiting: BTreeMap<&'static str, u64>,
    /// New rows of issues in tables of apps.
    pub(super) of_apps: BTreeMap<&'static str, Vec<DataRow>>,
}

/// The changes of a table.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// What becomes of rows; equal rows stand once, with all that becomes of them.
    rows: BTreeMap<Row, Vec<Option<Row>>>,
    /// New rows.
    pub(super) new: Vec<Row>,
    /// How many rows more there will be.
    pub(super) more: i64,
}

impl Pending {
    pub(super) fn new(changes: &[RowChange]) -> Self {
        let mut pending = Self::default();
        for change in changes {
            let table = pending.tables.entry(change.entity()).or_default();
            match (&change.before, &change.after) {
                (Some(before), after) => {
                    table.more -= i64::from(after.is_none());
                    table.rows.entry(before.clone()).or_default().push(after.clone());
                }
                (None, Some(after)) => {
                    table.more += 1;
                    table.new.push(after.clone());
                }
                (None, None) => {}
            }
        }
        pending
    }

    /// Returns the changes of a table that has some.
    pub(super) fn table(&mut self, entity: EntityId) -> Option<&mut Changes> {
        self.tables.get_mut(&entity)
    }

    /// Returns the tables with their changes.
    pub(super) fn all(&mut self) -> impl Iterator<Item = (EntityId, &mut Changes)> {
        self.tables.iter_mut().map(|(entity, changes)| (*entity, changes))
    }

    /// Returns how many rows more each table will have.
    pub(super) fn more(&self) -> BTreeMap<&'static str, i64> {
        let own = self.tables.iter().map(|(entity, changes)| (entity.entity().name, changes.more));
        let mut more: BTreeMap<&'static str, i64> = own.collect();
        for (table, rows) in &self.waiting {
            *more.entry(table).or_default() += *rows as i64;
        }
        more
    }

    pub(super) fn left(&self) -> Result<(), RewriteError> {
        if let Some((table, rows)) = self.of_apps.first_key_value() {
            let why = "the backup does not hold the table, or not all of its columns";
            return Err(RewriteError::Missing { table, changes: rows.len(), why });
        }
        let mut left: Vec<_> = self.tables.iter().collect();
        left.sort_by_key(|(entity, _)| **entity);
        for (entity, changes) in left {
            let table = entity.entity().name;
            let rows: usize = changes.rows.values().map(Vec::len).sum();
            if rows > 0 {
                let why = "the backup does not hold them as they were read, or not all of their columns";
                return Err(RewriteError::Missing { table, changes: rows, why });
            }
            if !changes.new.is_empty() {
                let why = "the backup does not hold the table, or not all of its columns";
                return Err(RewriteError::Missing { table, changes: changes.new.len(), why });
            }
        }
        Ok(())
    }
}

impl Changes {
    /// Returns what becomes of a row: nothing if it stays, `Some(None)` if it goes.
    pub(super) fn take(&mut self, row: &Row) -> Option<Option<Row>> {
        let changes = self.rows.get_mut(row)?;
        let change = changes.pop();
        if changes.is_empty() {
            self.rows.remove(row);
        }
        change
    }

    /// Gives a change back that cannot be made.
    pub(super) fn refuse(&mut self, before: Row, after: Row) {
        self.rows.entry(before).or_default().push(Some(after));
    }
}

/// Writes a text as it stands in XML outside of CDATA.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            _ => escaped.push(char),
        }
    }
    escaped
}
