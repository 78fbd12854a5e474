//! Rows out of the database and into it.
//!
//! Invariant: only columns that `tables.txt` describes are ever read into rows, and only those are changed; what the
//! others hold stays. What a deleted row held in them goes into the journal, but secrets are not even read.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};

use super::load::stored;
use super::row::{Refusal, row_of, text_of};
use super::schema::{Layout, Place, corrupt, quoted};
use super::standings;
use crate::entity::{EntityId, Row, RowChange, Tables, Usage, entities};
use crate::instance::Scope;
use crate::instance::bound::{self, MOST_TABLES};
use crate::instance::kept::{Kept, OF_PROJECTS, PROPERTY_OWNER, is_property_kept};
use crate::instance::verdict::{self, Changed, Rest};
use crate::instance::writable::lacks;

/// Reads the rows that are configuration: the same that are kept of a backup. Once they take more than so much memory, no
/// more are read: that is for the caller to look at.
pub(super) fn read(
    connection: &Connection,
    layout: &Layout,
    scope: Scope,
    most: u64,
) -> rusqlite::Result<Tables> {
    let mut tables = Tables::default();
    let mut properties: HashSet<Box<str>> = HashSet::new();
    for entity in entities() {
        let id = EntityId::named(entity.name);
        let Some(place) = layout.place(id) else { continue };
        let kept = Kept::of(entity);
        if kept == Kept::None {
            continue;
        }
        let mut keep = |row: &Row| match kept {
            Kept::OfProjects => row.get(OF_PROJECTS.0) == Some(OF_PROJECTS.1),
            Kept::Properties => {
                let wanted = is_property_kept(row.get(PROPERTY_OWNER));
                if wanted {
                    properties.insert(row.id().into());
                }
                wanted
            }
            Kept::Values => properties.contains(row.id()),
            Kept::All | Kept::None => true,
        };
        let sql = format!("SELECT {} FROM {}", place.selected(), quoted(&place.table));
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let row = row_of(id, row)?;
            match keep(&row) {
                true => tables.push(id, row),
                false => tables.pass_over(id, row.id()),
            }
            if bound::check(&tables, most).is_err() {
                return Ok(tables);
            }
        }
    }
    tables.lacking = layout.lacking();
    if scope.field_values {
        tables.fields_with_values = fields_with_values(connection)?;
    }
    if scope.usage {
        tables.usage = usage(connection, layout)?;
    }
    Ok(tables)
}

/// Returns what issues hold on to.
fn usage(connection: &Connection, layout: &Layout) -> rusqlite::Result<Usage> {
    let columns = |entity: &str, attributes: &[&str]| layout.columns(entity, attributes);
    // An instance that lacks a column knows nothing of it.
    let mut usage = Usage {
        standings: standings::standings(connection, layout)?,
        stored_twice: standings::stored_twice(connection, layout)?,
        ..Usage::default()
    };
    if let Some((issues, own)) = columns("Issue", &["project", "security"]) {
        let sql = format!("SELECT DISTINCT {} FROM {issues}", own.join(", "));
        usage.security_levels.extend(texts::<2>(connection, &sql)?.into_iter().map(Into::into));
    }
    if let (Some((values, value)), Some((issues, issue)), Some((options, option))) = (
        columns("CustomFieldValue", &["issue", "stringvalue"]),
        columns("Issue", &["id", "project"]),
        columns("CustomFieldOption", &["id"]),
    ) {
        let sql = format!(
            "SELECT DISTINCT issue.{}, own.{} FROM {values} AS own JOIN {issues} AS issue ON issue.{} = own.{}
             WHERE own.{} IN (SELECT CAST({} AS TEXT) FROM {options})",
            issue[1], value[1], issue[0], value[0], value[1], option[0]
        );
        usage.options.extend(texts::<2>(connection, &sql)?.into_iter().map(Into::into));
    }
    if let Some((associations, own)) = columns("NodeAssociation", &["sinkNodeId", "associationType"]) {
        let of = |types: &str| -> rusqlite::Result<Vec<[String; 1]>> {
            let sql = format!("SELECT DISTINCT {} FROM {associations} WHERE {} IN ({types})", own[0], own[1]);
            texts::<1>(connection, &sql)
        };
        usage.versions.extend(of("'IssueVersion', 'IssueFixVersion'")?.into_iter().flatten());
        usage.components.extend(of("'IssueComponent'")?.into_iter().flatten());
    }
    Ok(usage)
}

/// Returns the rows of a query that have a value in every column.
fn texts<const N: usize>(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<[String; N]>> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(())?;
    let mut texts = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(N);
        for column in 0..N {
            values.extend(text_of(row.get_ref(column)?).filter(|value| !value.is_empty()));
        }
        texts.extend(<[String; N]>::try_from(values));
    }
    Ok(texts)
}

/// Returns the ids of projects and of the custom fields that their issues have values in. Both tables are described since
/// the first version of pcfg, so their columns have the names of `tables.txt`.
fn fields_with_values(connection: &Connection) -> rusqlite::Result<BTreeSet<(String, String)>> {
    let sql = "SELECT DISTINCT issue.project, own.customfield
         FROM customfieldvalue AS own JOIN jiraissue AS issue ON issue.id = own.issue
         WHERE typeof(issue.project) = 'integer' AND typeof(own.customfield) = 'integer'";
    let mut statement = connection.prepare(sql)?;
    let pairs = statement.query_map((), |row| {
        let (project, field): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok((project.to_string(), field.to_string()))
    })?;
    pairs.collect()
}

/// Returns how many rows each table has, by its name in a backup; tables without any are left out.
pub(super) fn counts(connection: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut statement = connection.prepare("SELECT entity, rows FROM pcfg_table WHERE rows > 0")?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
    let counts: BTreeMap<String, u64> = rows.take(MOST_TABLES + 1).collect::<Result<_, _>>()?;
    match counts.len() > MOST_TABLES {
        true => Err(corrupt(format!("it lists more than {MOST_TABLES} tables"))),
        false => Ok(counts),
    }
}

/// Changes one row; `rest` is what an inserted row gets in columns that are not described. Returns what a deleted row had
/// there.
pub(super) fn change(
    connection: &Connection,
    layout: &Layout,
    change: &RowChange,
    rest: Option<&Rest>,
) -> Result<Option<Rest>, Refusal> {
    let entity = change.entity();
    let Some(place) = layout.place(entity) else {
        let how = "the instance has no such table; it was created by an older version of pcfg".to_owned();
        return Err(Changed { row: verdict::title(change), how }.into());
    };
    let difference = match (&change.before, &change.after) {
        (None, Some(after)) => {
            insert(connection, place, after, rest)?;
            1
        }
        (Some(before), Some(after)) => {
            let at = find(connection, place, before)?;
            update(connection, place, at, before, after)?;
            0
        }
        (Some(before), None) => {
            let at = find(connection, place, before)?;
            let had = rest_of(connection, place, at)?;
            let sql = format!("DELETE FROM {} WHERE rowid = ?", quoted(&place.table));
            connection.prepare(&sql)?.execute([at])?;
            count(connection, entity, -1)?;
            return Ok(Some(had));
        }
        (None, None) => 0,
    };
    count(connection, entity, difference)?;
    Ok(None)
}

fn count(connection: &Connection, entity: EntityId, difference: i64) -> rusqlite::Result<()> {
    if difference != 0 {
        let sql = "UPDATE pcfg_table SET rows = rows + ? WHERE entity = ?";
        connection.execute(sql, (difference, entity.entity().name))?;
    }
    Ok(())
}

/// Returns a described value as it is stored.
fn value(row: &Row, number: usize) -> ToSqlOutput<'_> {
    match row.value(number) {
        Some(value) => stored(row.entity().entity().attributes[number].ty, value),
        None => ToSqlOutput::Owned(Value::Null),
    }
}

/// Returns the rows that have the key of a row, with their numbers in the database.
fn with_key_of(connection: &Connection, place: &Place, row: &Row) -> rusqlite::Result<Vec<(i64, Row)>> {
    let entity = row.entity();
    let (key, _) = verdict::key(entity.entity());
    let number = entity.entity().attribute(key).unwrap_or(0);
    let column = place.columns[number].as_deref().map_or("NULL".to_owned(), quoted);
    let selected = place.selected();
    let sql = format!("SELECT {selected}, rowid FROM {} WHERE {column} IS ?", quoted(&place.table));
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([value(row, number)], |columns| {
        Ok((columns.get(entity.entity().attributes.len())?, row_of(entity, columns)?))
    })?;
    rows.collect()
}

/// Finds a row that must be there exactly so.
fn find(connection: &Connection, place: &Place, row: &Row) -> Result<i64, Refusal> {
    let found = with_key_of(connection, place, row)?;
    let at = verdict::find(found.iter().map(|(_, own)| own), row)?;
    Ok(found[at].0)
}

fn insert(connection: &Connection, place: &Place, row: &Row, rest: Option<&Rest>) -> Result<(), Refusal> {
    let found = with_key_of(connection, place, row)?;
    verdict::has_room(found.iter().map(|(_, own)| own), row)?;
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for (number, column) in place.columns.iter().enumerate() {
        match (column, row.value(number)) {
            (Some(column), Some(_)) => {
                columns.push(quoted(column));
                values.push(value(row, number));
            }
            (None, Some(_)) => return Err(Refusal::Other(lacks(row, number))),
            (_, None) => {}
        }
    }
    for (column, value) in rest.into_iter().flatten() {
        if let (Some(value), true) = (value, place.rest.contains(column)) {
            columns.push(quoted(column));
            values.push(ToSqlOutput::from(value.as_str()));
        }
    }
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT INTO {} ({}) VALUES ({marks})", quoted(&place.table), columns.join(", "));
    connection.prepare(&sql)?.execute(params_from_iter(values))?;
    Ok(())
}

fn update(connection: &Connection, place: &Place, at: i64, before: &Row, after: &Row) -> Result<(), Refusal> {
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for (number, column) in place.columns.iter().enumerate() {
        if before.value(number) != after.value(number) {
            let column = column.as_ref().ok_or_else(|| Refusal::Other(lacks(after, number)))?;
            columns.push(format!("{} = ?", quoted(column)));
            values.push(value(after, number));
        }
    }
    if columns.is_empty() {
        return Ok(());
    }
    values.push(ToSqlOutput::from(at));
    let sql = format!("UPDATE {} SET {} WHERE rowid = ?", quoted(&place.table), columns.join(", "));
    connection.prepare(&sql)?.execute(params_from_iter(values))?;
    Ok(())
}

fn rest_of(connection: &Connection, place: &Place, at: i64) -> rusqlite::Result<Rest> {
    let mut rest = Rest::new();
    if place.rest.is_empty() && place.secrets.is_empty() {
        return Ok(rest);
    }
    let secrets = place.secrets.iter().map(|column| format!("{} IS NOT NULL", quoted(column)));
    let columns: Vec<String> = place.rest.iter().map(|column| quoted(column)).chain(secrets).collect();
    let sql = format!("SELECT {} FROM {} WHERE rowid = ?", columns.join(", "), quoted(&place.table));
    let found = connection.prepare(&sql)?.query_row([at], |row| {
        for (number, column) in place.rest.iter().enumerate() {
            if let Some(value) = text_of(row.get_ref(number)?) {
                rest.insert(column.clone(), Some(value));
            }
        }
        for (number, column) in place.secrets.iter().enumerate() {
            if row.get(place.rest.len() + number)? {
                rest.insert(column.clone(), None);
            }
        }
        Ok(())
    });
    found.optional()?;
    Ok(rest)
}
