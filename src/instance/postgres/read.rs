//! The rows that are configuration, out of a database.
//!
//! Invariant: one message with one statement a table, in one `REPEATABLE READ, READ ONLY` transaction; and no table of issues is
//! touched unless the scope asks for what issues hold, which the server then counts together.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::SimpleQueryRow;

use super::connection::{BEGIN, Connection, Failure, unread};
use super::layout::{self, Layout, Place};
use super::spelling::{list, literal};
use super::standings;
use crate::entity::{EntityId, Tables, entities};
use crate::instance::kept::{Kept, OF_PROJECTS, PROPERTY_OWNER};
use crate::instance::{Address, Progress, ReadError, Reading, Scope, TooMuch, bound};
use crate::mapping::Properties;
use crate::model::Characters;

/// The transaction in which everything is read.
const TRANSACTION: &str = "ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// What becomes of the rows of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// They are configuration.
    Rows(EntityId),
    /// They say the highest id of a table of which not all rows are configuration.
    Highest(EntityId),
    /// They say in which custom fields the issues of a project have values.
    FieldsWithValues,
    /// They say where issues stand.
    Standings,
    /// They say which security levels issues have.
    Levels,
    /// They say which options issues have.
    Options,
    /// They say which versions and components issues have.
    Associations,
    /// They say what the backup that was loaded said of itself.
    Meta,
}

/// Reads the configuration.
pub(super) fn read(
    connection: &mut Connection,
    address: &Address,
    scope: Scope,
    progress: Progress<'_>,
) -> Result<Reading, ReadError> {
    read_and(connection, address, scope, progress, Some("COMMIT"))
}

/// Reads the configuration in a transaction that goes on.
pub(super) fn begin(
    connection: &mut Connection,
    address: &Address,
    scope: Scope,
    progress: Progress<'_>,
) -> Result<Reading, ReadError> {
    let reading = read_and(connection, address, scope, progress, None);
    if reading.is_err() {
        connection.roll_back();
    }
    reading
}

fn read_and(
    connection: &mut Connection,
    address: &Address,
    scope: Scope,
    progress: Progress<'_>,
    last: Option<&str>,
) -> Result<Reading, ReadError> {
    let mut layout = Layout::new(address);
    let sql = format!("{}{}", connection.begin(TRANSACTION), layout.statements());
    connection
        .run(&sql, &mut |number, row| {
            if let Some(statement) = number.checked_sub(BEGIN) {
                layout.take(statement, row);
            }
        })
        .map_err(|error| unread(address, &error))?;
    if let Err(error) = layout.check(address, scope) {
        connection.roll_back();
        return Err(error);
    }
    let wanted = statements(&layout, scope);
    let sizes: Vec<u64> = wanted.iter().map(|(wanted, _)| size(*wanted, &layout)).collect();
    let total = sizes.iter().sum();
    let sql: String = wanted.iter().map(|(_, sql)| sql.as_str()).chain(last).collect::<Vec<_>>().join(";\n");
    let mut gathered = Gathered::default();
    let (mut done, mut at) = (0, 0);
    progress(0, total);
    connection
        .run(&sql, &mut |number, row| {
            while at < number {
                done += sizes[at];
                at += 1;
                progress(done, total);
            }
            if let Some((wanted, _)) = wanted.get(number) {
                gathered.take(*wanted, &layout, row);
            }
        })
        .map_err(|error| {
            // The connection may be used again.
            connection.roll_back();
            unread(address, &error)
        })?;
    progress(total, total);
    gathered.bounded().map_err(|excess| ReadError::TooMuch { place: address.to_string(), excess })?;
    let mut reading = gathered.finish(&layout);
    reading.warnings.extend(connection.told(address));
    let build =
        Properties::new(&reading.tables).setting("jira.version.patched").and_then(|own| own.parse().ok());
    // Where nobody knows which Jira it is, nothing may be missing.
    let missing = layout.missing(scope, Some(build.unwrap_or(u64::MAX)));
    if !missing.is_empty() {
        return Err(layout::lacks_tables(address, &missing));
    }
    Ok(reading)
}

/// Returns the rows that are configuration, within a transaction that has begun.
pub(super) fn tables(connection: &mut Connection, layout: &Layout, comment: &str) -> Result<Tables, Failure> {
    let wanted = statements(layout, Scope::default());
    let sql: Vec<&str> = wanted.iter().map(|(_, sql)| sql.as_str()).collect();
    let mut gathered = Gathered::default();
    connection.run(&format!("{comment}{}", sql.join(";\n")), &mut |number, row| {
        if let Some((wanted, _)) = wanted.get(number) {
            gathered.take(*wanted, layout, row);
        }
    })?;
    gathered.bounded()?;
    gathered.tables.sort();
    Ok(gathered.tables)
}

/// Returns the statements that read the configuration: for tests that want to know how the server goes about them.
pub(super) fn sql(layout: &Layout, scope: Scope) -> Vec<String> {
    statements(layout, scope).into_iter().map(|(_, sql)| sql).collect()
}

fn size(wanted: Wanted, layout: &Layout) -> u64 {
    match wanted {
        Wanted::Rows(entity) => layout.place(entity).map_or(0, |place| place.size),
        _ => 0,
    }
}

/// Returns one statement for each table, and those for what issues hold.
fn statements(layout: &Layout, scope: Scope) -> Vec<(Wanted, String)> {
    let mut statements = Vec::new();
    for (entity, place) in layout.places() {
        let kept = Kept::of(entity.entity());
        if kept != Kept::None {
            let columns: Vec<String> = place
                .selected()
                .into_iter()
                .map(|own| if own == "NULL" { own } else { format!("own.{own}") })
                .collect();
            let narrowed = narrowed(layout, entity, place);
            let sql = format!("SELECT {} FROM {} AS own{narrowed}", columns.join(", "), place.table);
            statements.push((Wanted::Rows(entity), sql));
            // Values have the ids of their entries.
            if kept == Kept::Properties {
                let sql = format!("SELECT max(own.id) FROM {} AS own", place.table);
                statements.push((Wanted::Highest(entity), sql));
            }
        }
    }
    if layout.meta {
        let schema = literal(layout.schema());
        statements.push((Wanted::Meta, format!("SELECT key, value FROM pcfg.meta WHERE place = {schema}")));
    }
    statements.extend(of_issues(layout, scope));
    statements
}

/// Returns the condition that leaves out rows which are none of the configuration.
fn narrowed(layout: &Layout, entity: EntityId, place: &Place) -> String {
    let column = |attribute: &str| place.column(entity, attribute).unwrap_or_else(|| "NULL".to_owned());
    match Kept::of(entity.entity()) {
        // Most rows are about issues; by the ids of projects the index leads to the others.
        Kept::OfProjects => format!(
            " WHERE own.{} = {} AND own.{} = ANY (ARRAY(SELECT id FROM {}))",
            column(OF_PROJECTS.0),
            literal(OF_PROJECTS.1),
            column("sourceNodeId"),
            layout.qualified("project"),
        ),
        Kept::Properties => {
            format!(" WHERE own.{} IN ({})", column(PROPERTY_OWNER), list(Properties::READ))
        }
        Kept::Values => format!(
            " JOIN {} AS entry ON entry.id = own.id WHERE entry.entity_name IN ({})",
            layout.qualified("propertyentry"),
            list(Properties::READ),
        ),
        Kept::All | Kept::None => String::new(),
    }
}

/// Returns the statements about issues that the scope asks for.
fn of_issues(layout: &Layout, scope: Scope) -> Vec<(Wanted, String)> {
    let has = |name: &str| {
        entities().iter().any(|own| own.table == name && layout.place(EntityId::named(own.name)).is_some())
    };
    let table = |name: &str| layout.qualified(name);
    let mut statements = Vec::new();
    let (issues, values) = (table("jiraissue"), table("customfieldvalue"));
    if !has("jiraissue") {
        return statements;
    }
    if scope.field_values && has("customfieldvalue") {
        let sql = format!(
            "SELECT DISTINCT issue.project, own.customfield FROM {values} AS own JOIN {issues} AS issue \
             ON issue.id = own.issue WHERE issue.project IS NOT NULL AND own.customfield IS NOT NULL"
        );
        statements.push((Wanted::FieldsWithValues, sql));
    }
    if scope.usage {
        statements.extend(standings::standings(layout).map(|sql| (Wanted::Standings, sql)));
        let issue = EntityId::named("Issue");
        if let Some(security) = layout.place(issue).and_then(|place| place.column(issue, "security")) {
            let sql =
                format!("SELECT DISTINCT project, {security} FROM {issues} WHERE {security} IS NOT NULL");
            statements.push((Wanted::Levels, sql));
        }
        if has("customfieldvalue") && has("customfieldoption") {
            let sql = format!(
                "SELECT DISTINCT issue.project, own.stringvalue FROM {} AS option JOIN {values} AS own \
                 ON own.stringvalue = option.id::pg_catalog.text JOIN {issues} AS issue ON issue.id = own.issue \
                 WHERE issue.project IS NOT NULL",
                table("customfieldoption")
            );
            statements.push((Wanted::Options, sql));
        }
        let sql = format!(
            "SELECT DISTINCT association_type, sink_node_id FROM {} \
             WHERE association_type IN ('IssueVersion', 'IssueFixVersion', 'IssueComponent')",
            table("nodeassociation")
        );
        statements.push((Wanted::Associations, sql));
    }
    statements
}

/// What was read.
#[derive(Default)]
struct Gathered {
    tables: Tables,
    rows: BTreeMap<String, u64>,
    version: Option<String>,
    build: Option<String>,
}

impl Gathered {
    fn bounded(&self) -> Result<(), TooMuch> {
        bound::check(&self.tables, bound::MOST_BYTES)
    }

    fn take(&mut self, wanted: Wanted, layout: &Layout, row: &SimpleQueryRow) {
        let get = |number| row.get(number).map(str::to_owned);
        let usage = &mut self.tables.usage;
        match wanted {
            Wanted::Rows(entity) => {
                if let Some(place) = layout.place(entity) {
                    *self.rows.entry(entity.entity().name.to_owned()).or_default() += 1;
                    // Once they take too much memory, no more are kept; who asked for them looks at it.
                    if self.bounded().is_ok() {
                        self.tables.push(entity, place.row(entity, row));
                    }
                }
            }
            Wanted::Highest(entity) => {
                row.get(0).into_iter().for_each(|id| self.tables.pass_over(entity, id));
            }
            Wanted::FieldsWithValues => self.tables.fields_with_values.extend(get(0).zip(get(1))),
            Wanted::Standings => {
                if let Some(standing) = standings::standing(row) {
                    let count = row.get(0).and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
                    *usage.standings.entry(standing).or_default() += count;
                }
            }
            Wanted::Levels => usage.security_levels.extend(get(0).zip(get(1))),
            Wanted::Options => usage.options.extend(get(0).zip(get(1))),
            Wanted::Associations => {
                let used: &mut BTreeSet<String> = match row.get(0) {
                    Some("IssueComponent") => &mut usage.components,
                    _ => &mut usage.versions,
                };
                used.extend(get(1));
            }
            Wanted::Meta => match row.get(0) {
                Some("version") => self.version = get(1),
                Some("build") => self.build = get(1),
                _ => {}
            },
        }
    }

    fn finish(mut self, layout: &Layout) -> Reading {
        for name in ["Issue", "CustomFieldValue"] {
            let rows = layout.place(EntityId::named(name)).and_then(|place| place.rows);
            if let Some(rows) = rows.filter(|rows| *rows > 0) {
                self.rows.insert(name.to_owned(), rows);
            }
        }
        self.tables.lacking = layout.lacking();
        self.tables.characters = Characters::NoNul;
        let issues = layout.place(EntityId::named("Issue")).and_then(|place| place.rows);
        Reading { issues, ..Reading::of(self.tables, self.rows, self.version, self.build) }
    }
}

/// Returns the layout of a database, and gives it back as it was.
pub(super) fn layout(connection: &mut Connection, address: &Address) -> Result<Layout, ReadError> {
    let mut layout = Layout::new(address);
    let sql = format!("{}{} COMMIT", connection.begin(TRANSACTION), layout.statements());
    connection
        .run(&sql, &mut |number, row| {
            if let Some(statement) = number.checked_sub(BEGIN).filter(|own| *own < layout::STATEMENTS) {
                layout.take(statement, row);
            }
        })
        .map_err(|error| unread(address, &error))?;
    Ok(layout)
}
