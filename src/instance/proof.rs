//! Whether the rows of an instance are those that were planned: looked at twice in every transaction that changes them.
//!
//! Invariant: a run is completed only if the whole configuration is what the plan made of what it was planned from.

use std::collections::HashSet;

use super::kept::Kept;
use super::verdict::{Changed, difference, title_of};
use super::{Basis, WriteError};
use crate::entity::{Entity, NUMBERED, Row, RowChange, Tables, entities};

/// Fails if a row is not as it was when the changes were planned.
pub(super) fn unchanged(basis: &Basis, now: &Tables) -> Result<(), WriteError> {
    differing(&basis.tables, now).map_or(Ok(()), |changed| Err(changed.into()))
}

/// Fails if the rows are not those that the changes lead to.
pub(super) fn arrived(basis: &Basis, changes: &[RowChange], now: &Tables) -> Result<(), WriteError> {
    let mut planned = basis.tables.clone();
    // The rows of issues were looked at one by one.
    let changes: Vec<RowChange> =
        changes.iter().filter(|change| !change.entity().entity().of_issues).cloned().collect();
    if let Err(change) = planned.apply(&changes) {
        let row = change.before.as_ref().map(title_of).unwrap_or_default();
        return Err(Changed { row, how: "it does not exist".to_owned() }.into());
    }
    match differing(&planned, now) {
        Some(Changed { row, how }) => Err(WriteError::Altered { row, how }),
        None => Ok(()),
    }
}

/// Returns the first row in which two states differ.
fn differing(expected: &Tables, found: &Tables) -> Option<Changed> {
    entities().iter().find_map(|entity| {
        let (expected, found) = (counted(expected, entity), counted(found, entity));
        if expected == found {
            return None;
        }
        let at = expected.iter().zip(&found).take_while(|(one, other)| one == other).count();
        Some(match (expected.get(at), found.get(at)) {
            (Some(expected), Some(found)) if !expected.id().is_empty() && expected.id() == found.id() => {
                Changed { row: title_of(expected), how: difference(expected, found) }
            }
            (Some(expected), _) if !found.contains(expected) => {
                Changed { row: title_of(expected), how: "it does not exist".to_owned() }
            }
            (_, found) => Changed {
                row: found.map_or_else(String::new, |row| title_of(row)),
                how: "it exists as well".to_owned(),
            },
        })
    })
}

/// Returns the rows of a table that every store reads: a value without its entry, and what a project has that is gone, is
/// left out by some of them.
fn counted<'t>(tables: &'t Tables, entity: &Entity) -> Vec<&'t Row> {
    let (owners, attribute) = match Kept::of(entity) {
        Kept::OfProjects => ("Project", "sourceNodeId"),
        Kept::Values => ("OSPropertyEntry", "id"),
        // What issues get ids of is no configuration, and rises where they move.
        Kept::All if entity.name == "SequenceValueItem" => {
            let rows = tables.rows(entity.name).iter();
            let is_of_issues = |name| NUMBERED.iter().any(|(own, _)| *own == name);
            return rows.filter(|row| !row.get("seqName").is_some_and(is_of_issues)).collect();
        }
        _ => return tables.rows(entity.name).iter().collect(),
    };
    let ids: HashSet<&str> = tables.rows(owners).iter().map(Row::id).collect();
    let rows = tables.rows(entity.name).iter();
    rows.filter(|row| row.get(attribute).is_some_and(|id| ids.contains(id))).collect()
}
