//! Which issues were changed since somebody looked last.
//!
//! Invariant: too many may be named, never too few. An issue was changed if its time of change says so, or if a new row belongs to it; and
//! where the data is older than what was seen, everything counts as changed.

use std::collections::{BTreeMap, BTreeSet};

use pcfg_sync::{Cursor, IssueFault, IssueKey, Time};
use rusqlite::OptionalExtension as _;
use serde::{Deserialize, Serialize};

use super::rows::{Called, Rows, fault};
use crate::entity::DataTable;

/// The tables of which a new row changes an issue, and the attributes that lead to it.
const TABLES: [(&str, &[&str]); 5] = [
    ("Action", &["issue"]),
    ("ChangeGroup", &["issue"]),
    ("FileAttachment", &["issue"]),
    ("IssueLink", &["source", "destination"]),
    ("Worklog", &["issue"]),
];

/// So many issues with the times that were seen of them are kept; of more, all of that time are named again.
const MOST_SEEN: usize = 1000;

/// When clocks are set back an hour is told twice.
const HOUR: i64 = 60 * 60 * 1000;

/// How far somebody has read.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen {
    /// The instance.
    jira: String,
    /// The project, by its id.
    project: u64,
    /// The latest time of change, as it is stored.
    until: String,
    /// From when on a time of change may be new.
    from: String,
    /// The issues of these times, with their times.
    known: Option<BTreeMap<u64, String>>,
    /// The highest ids, by table.
    ids: BTreeMap<String, u64>,
}

/// Returns the keys of what was changed, and how far that is.
pub(super) fn changed(
    rows: &Rows,
    (jira, project, key): (&str, u64, &str),
    since: &Cursor,
) -> Called<(Vec<IssueKey>, Cursor)> {
    let seen: Option<Seen> = match since.0.is_empty() {
        true => None,
        false => Some(serde_json::from_str(&since.0).map_err(|_| IssueFault::Refused {
            why: "the cursor is not one of an embedded instance".to_owned(),
        })?),
    };
    let now = now(rows, (jira, project), seen.as_ref())?;
    // After the restore of a backup nothing that was seen counts.
    let seen = seen.filter(|own| {
        let is_older = |table: &str| now.ids.get(table) < own.ids.get(table);
        own.jira == jira && own.project == project && !is_older("Issue") && !is_older("ChangeGroup")
    });
    let mut numbers: BTreeSet<u64> = BTreeSet::new();
    match &seen {
        None => numbers.extend(all(rows, project)?),
        Some(seen) => {
            for (number, updated) in updated_since(rows, project, &seen.from)? {
                let known = seen.known.as_ref().and_then(|own| own.get(&number));
                if known != Some(&updated) {
                    numbers.insert(number);
                }
            }
            numbers.extend(newer(rows, project, seen)?);
        }
    }
    let keys = numbers.into_iter().map(|number| IssueKey(format!("{key}-{number}"))).collect();
    let mut now = now;
    // What was deleted had its id all the same.
    for (table, id) in seen.into_iter().flat_map(|own| own.ids) {
        let own = now.ids.entry(table).or_default();
        *own = (*own).max(id);
    }
    let text =
        serde_json::to_string(&now).map_err(|error| IssueFault::Unavailable { why: error.to_string() })?;
    Ok((keys, Cursor(text)))
}

/// Returns how far the data goes.
fn now(rows: &Rows, (jira, project): (&str, u64), seen: Option<&Seen>) -> Called<Seen> {
    let until = rows.last_updated(project)?.unwrap_or_default();
    let from = match rows.time(&until) {
        Some(Time(until)) if rows.zone.offset().is_none() => rows.stored_time(Time(until - HOUR)),
        _ => until.clone(),
    };
    let known = match seen {
        Some(seen) if seen.until == until && seen.known.is_none() => None,
        _ => {
            let known = updated_since(rows, project, &from)?;
            (known.len() <= MOST_SEEN).then(|| known.into_iter().collect())
        }
    };
    let mut ids = BTreeMap::new();
    for table in TABLES.iter().map(|(table, _)| *table).chain(["Issue"]) {
        ids.insert(table.to_owned(), rows.highest(table)?);
    }
    Ok(Seen { jira: jira.to_owned(), project, until, from, known, ids })
}

/// Returns the numbers of all issues of a project.
fn all(rows: &Rows, project: u64) -> Called<Vec<u64>> {
    let Some((table, [of, number])) = columns(rows, "Issue", ["project", "number"])? else {
        return Ok(Vec::new());
    };
    let sql = format!("SELECT CAST({number} AS INTEGER) FROM {table} WHERE CAST({of} AS INTEGER) = ?");
    numbers(rows, &sql, &[project as i64])
}

/// Returns the issues of a project that were changed at a time or later: their numbers and times.
fn updated_since(rows: &Rows, project: u64, from: &str) -> Called<Vec<(u64, String)>> {
    let Some((table, [of, number, updated])) = columns(rows, "Issue", ["project", "number", "updated"])?
    else {
        return Ok(Vec::new());
    };
    let sql = format!(
        "SELECT CAST({number} AS INTEGER), {updated} FROM {table} WHERE CAST({of} AS INTEGER) = ? AND {updated} >= ?"
    );
    let mut statement = rows.connection().prepare_cached(&sql).map_err(fault)?;
    let found = statement.query_map((project as i64, from), |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)));
    let found: rusqlite::Result<Vec<(i64, String)>> = found.map_err(fault)?.collect();
    let own = |(number, updated): (i64, String)| Some((u64::try_from(number).ok()?, updated));
    Ok(found.map_err(fault)?.into_iter().filter_map(own).collect())
}

/// Returns the numbers of the issues of a project to which rows belong that are newer than those that were seen.
fn newer(rows: &Rows, project: u64, seen: &Seen) -> Called<Vec<u64>> {
    let mut found = Vec::new();
    let Some((issues, [id, of, number])) = columns(rows, "Issue", ["id", "project", "number"])? else {
        return Ok(found);
    };
    // The few new rows come first: the plus and the order of the join keep SQLite from going through all issues of the project.
    let last = |table: &str| seen.ids.get(table).copied().unwrap_or(0) as i64;
    let sql = format!(
        "SELECT CAST({number} AS INTEGER) FROM {issues} WHERE CAST({id} AS INTEGER) > ? AND +CAST({of} AS INTEGER) = ?"
    );
    found.extend(numbers(rows, &sql, &[last("Issue"), project as i64])?);
    for (name, ways) in TABLES {
        for way in ways {
            let Some((table, [own, leads])) = columns(rows, name, ["id", *way])? else { continue };
            let sql = format!(
                "SELECT CAST(issue.{number} AS INTEGER) FROM {table} AS own \
                 CROSS JOIN {issues} AS issue ON CAST(issue.{id} AS INTEGER) = CAST(own.{leads} AS INTEGER) \
                 WHERE CAST(own.{own} AS INTEGER) > ? AND +CAST(issue.{of} AS INTEGER) = ?"
            );
            found.extend(numbers(rows, &sql, &[last(name), project as i64])?);
        }
    }
    Ok(found)
}

fn numbers(rows: &Rows, sql: &str, values: &[i64]) -> Called<Vec<u64>> {
    let mut statement = rows.connection().prepare_cached(sql).map_err(fault)?;
    let found = statement.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, Option<i64>>(0));
    let found: rusqlite::Result<Vec<Option<i64>>> = found.map_err(fault)?.collect();
    Ok(found.map_err(fault)?.into_iter().flatten().filter_map(|own| u64::try_from(own).ok()).collect())
}

/// Returns the name of a table and those of some of its columns, as SQL writes them.
fn columns<const N: usize>(
    rows: &Rows,
    name: &'static str,
    attributes: [&str; N],
) -> Called<Option<(String, [String; N])>> {
    let table = DataTable::named(name);
    let Some(own) = rows.table(name)? else { return Ok(None) };
    let columns: Option<Vec<String>> =
        attributes.iter().map(|attribute| own.column(table, attribute)).collect();
    let columns = columns.and_then(|columns| <[String; N]>::try_from(columns).ok());
    Ok(columns.map(|columns| (crate::instance::embedded::schema::quoted(own.name()), columns)))
}

/// Returns the id of a project by its key: of several the oldest.
pub(super) fn project_id(rows: &Rows, key: &str) -> Called<Option<u64>> {
    let sql = "SELECT CAST(\"id\" AS INTEGER) FROM \"project\" WHERE \"pkey\" = ? ORDER BY 1 LIMIT 1";
    let found: Option<i64> =
        rows.connection().query_row(sql, [key], |row| row.get(0)).optional().map_err(fault)?;
    Ok(found.and_then(|own| u64::try_from(own).ok()))
}
