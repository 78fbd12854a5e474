//! Changes of rows as statements.
//!
//! All rows that are to change are locked and read first, in one message, and compared in memory; only then are there
//! statements, each of which has to touch exactly one row. Invariant: only columns that `tables.txt` describes are changed.

use std::collections::BTreeMap;

use tokio_postgres::SimpleQueryRow;

use super::layout::{Layout, Place};
use super::spelling::{list, literal, optional, quoted};
use crate::entity::{EntityId, Row, RowChange};
use crate::instance::WriteError;
use crate::instance::verdict::{self, Changed, Rest, is_app};
use crate::instance::writable::lacks;

/// The rows that have the keys of those that are to change.
#[derive(Debug, Default)]
pub(super) struct Found {
    rows: BTreeMap<(EntityId, String), Vec<Stored>>,
}

/// A row of the database.
#[derive(Debug, Clone)]
struct Stored {
    row: Row,
    /// Where it is in its table; it stays there as long as it is locked and not changed.
    at: Option<String>,
    rest: Rest,
}

/// A statement that changes one row, with what the row had in columns that are not described if it is deleted.
#[derive(Debug)]
pub(super) struct Statement {
    /// The statement.
    pub(super) sql: String,
    /// What a deleted row had elsewhere.
    pub(super) rest: Option<Rest>,
    /// The row, for messages.
    pub(super) title: String,
    /// When to run it: Jira's database checks where rows of apps lead after every statement.
    turn: (u8, i32),
}

/// Returns the statements that lock and return all rows with the keys of changes; each with its table.
pub(super) fn locking(layout: &Layout, changes: &[RowChange]) -> Vec<(EntityId, String)> {
    let mut keys: BTreeMap<EntityId, Vec<&str>> = BTreeMap::new();
    for change in changes {
        for row in [&change.before, &change.after].into_iter().flatten() {
            keys.entry(row.entity()).or_default().extend(key_of(row));
        }
    }
    let of_table = |(entity, mut keys): (EntityId, Vec<&str>)| {
        let place = layout.place(entity)?;
        keys.sort_unstable();
        keys.dedup();
        let key = place.column(entity, verdict::key(entity.entity()).0)?;
        let mut columns = place.selected();
        columns.push("ctid".to_owned());
        columns.extend(place.rest.iter().map(|column| quoted(column)));
        columns.extend(place.secrets.iter().map(|column| format!("{} IS NOT NULL", quoted(column))));
        let (columns, keys) = (columns.join(", "), list(keys));
        Some((
            entity,
            format!(
                "SELECT {columns} FROM {} WHERE {key} IN ({keys}) ORDER BY {key} FOR UPDATE",
                place.table
            ),
        ))
    };
    keys.into_iter().filter_map(of_table).collect()
}

impl Found {
    /// Takes a row of a statement of [`locking`].
    pub(super) fn take(&mut self, layout: &Layout, entity: EntityId, columns: &SimpleQueryRow) {
        let Some(place) = layout.place(entity) else { return };
        let row = place.row(entity, columns);
        let described = place.columns.len();
        let rest = place.rest.iter().enumerate();
        let rest = rest.filter_map(|(number, column)| {
            Some((column.clone(), Some(columns.get(described + 1 + number)?.to_owned())))
        });
        let secrets = place
            .secrets
            .iter()
            .enumerate()
            .filter(|(number, _)| columns.get(described + 1 + place.rest.len() + number) == Some("t"));
        let rest = rest.chain(secrets.map(|(_, column)| (column.clone(), None)));
        let stored = Stored { at: columns.get(described).map(str::to_owned), rest: rest.collect(), row };
        let key = key_of(&stored.row).unwrap_or_default().to_owned();
        self.rows.entry((entity, key)).or_default().push(stored);
    }

    fn with_key_of(&mut self, row: &Row) -> &mut Vec<Stored> {
        self.rows.entry((row.entity(), key_of(row).unwrap_or_default().to_owned())).or_default()
    }

    /// Returns the statement for a change; `rests` has what rows that come back had in columns that are not described.
    pub(super) fn statement(
        &mut self,
        layout: &Layout,
        change: &RowChange,
        rests: &mut BTreeMap<Row, Vec<Rest>>,
    ) -> Result<Option<Statement>, WriteError> {
        let entity = change.entity();
        let title = verdict::title(change);
        let Some(place) = layout.place(entity) else {
            return Err(Changed { row: title, how: "the database has no such table".to_owned() }.into());
        };
        let depth = if is_app(entity.entity()) { depth(entity.entity().table) } else { 0 };
        let (sql, rest, turn) = match (&change.before, &change.after) {
            (None, Some(after)) => {
                let own = self.with_key_of(after);
                verdict::has_room(own.iter().map(|own| &own.row), after)?;
                let rest = rests.get_mut(after).and_then(Vec::pop).unwrap_or_default();
                own.push(Stored { row: after.clone(), at: None, rest: rest.clone() });
                (insert(place, after, &rest)?, None, (0, depth))
            }
            (Some(before), after) => {
                let own = self.with_key_of(before);
                let at = verdict::find(own.iter().map(|own| &own.row), before)?;
                let condition = condition(place, &own[at], own.len())?;
                let mut stored = own.remove(at);
                match after {
                    None => {
                        let sql = format!("DELETE FROM {} WHERE {condition}", place.table);
                        (sql, Some(stored.rest), (2, -depth))
                    }
                    Some(after) => {
                        let Some(set) = set(place, before, after)? else {
                            self.with_key_of(after).push(stored);
                            return Ok(None);
                        };
                        stored.row = after.clone();
                        stored.at = None;
                        self.with_key_of(after).push(stored);
                        (format!("UPDATE {} SET {set} WHERE {condition}", place.table), None, (1, depth))
                    }
                }
            }
            (None, None) => return Ok(None),
        };
        let turn = if is_app(entity.entity()) { turn } else { (0, 0) };
        Ok(Some(Statement { sql, rest, title, turn }))
    }
}

/// Puts statements into the order in which the database takes them: others as they come, and of rows of apps first the new
/// ones, owners before parts, and last those that go, parts before owners.
pub(super) fn sort(statements: &mut [(usize, Statement)]) {
    statements.sort_by_key(|(_, statement)| statement.turn);
}

/// Returns the value of the attribute by which a row is found.
fn key_of(row: &Row) -> Option<&str> {
    row.get(verdict::key(row.entity().entity()).0)
}

/// Returns how many tables a row of a table of an app leads to, one behind the other.
fn depth(table: &str) -> i32 {
    match table {
        "AO_60DB71_RAPIDVIEW" => 1,
        "AO_60DB71_COLUMNSTATUS" | "AO_60DB71_NONWORKINGDAY" => 3,
        _ => 2,
    }
}

fn insert(place: &Place, row: &Row, rest: &Rest) -> Result<String, WriteError> {
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for (number, column) in place.columns.iter().enumerate() {
        match (column, row.value(number)) {
            (Some(column), Some(value)) => {
                columns.push(quoted(&column.name));
                values.push(literal(value));
            }
            (None, Some(_)) => return Err(lacks(row, number)),
            (_, None) => {}
        }
    }
    for (column, value) in rest {
        if let (Some(value), true) = (value, place.rest.contains(column)) {
            columns.push(quoted(column));
            values.push(literal(value));
        }
    }
    Ok(format!("INSERT INTO {} ({}) VALUES ({})", place.table, columns.join(", "), values.join(", ")))
}

/// Returns what an update sets; nothing if there is nothing to set.
fn set(place: &Place, before: &Row, after: &Row) -> Result<Option<String>, WriteError> {
    let mut parts = Vec::new();
    for (number, column) in place.columns.iter().enumerate() {
        if before.value(number) == after.value(number) {
            continue;
        }
        let column = column.as_ref().ok_or_else(|| lacks(after, number))?;
        parts.push(format!("{} = {}", quoted(&column.name), optional(after.value(number))));
    }
    Ok((!parts.is_empty()).then(|| parts.join(", ")))
}

/// Returns the condition that a row meets and no other does.
fn condition(place: &Place, stored: &Stored, others: usize) -> Result<String, Changed> {
    let entity = stored.row.entity();
    let (key, unique) = verdict::key(entity.entity());
    match (&stored.at, place.column(entity, key), key_of(&stored.row)) {
        (_, Some(column), Some(value)) if unique && others == 1 => {
            Ok(format!("{column} = {}", literal(value)))
        }
        (Some(at), ..) => Ok(format!("ctid = {}", literal(at))),
        _ => Err(Changed {
            row: verdict::title_of(&stored.row),
            how: "it cannot be told from another row".to_owned(),
        }),
    }
}
