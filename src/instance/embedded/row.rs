//! Rows as the database says them, and why one cannot be changed.
//!
//! Invariant: a value of a row is text; NULL stays NULL.

use rusqlite::types::ValueRef;

use crate::entity::{EntityId, Row};
use crate::instance::WriteError;
use crate::instance::verdict::Changed;

/// Makes a row of the selected columns, which are the described attributes in their order.
pub(super) fn row_of(entity: EntityId, columns: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let values = (0..entity.entity().attributes.len()).map(|number| columns.get_ref(number).map(text_of));
    Ok(Row::of(entity, values.collect::<rusqlite::Result<Vec<_>>>()?.into_iter()))
}

pub(super) fn text_of(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) | ValueRef::Blob(text) => Some(String::from_utf8_lossy(text).into_owned()),
    }
}

/// Why a row cannot be changed.
pub(super) enum Refusal {
    Database(rusqlite::Error),
    /// It is not as it was, or the database has no column for a value.
    Other(WriteError),
}

impl From<Changed> for Refusal {
    fn from(changed: Changed) -> Self {
        Self::Other(changed.into())
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}
