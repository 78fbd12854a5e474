//! The indexes by which the rows of an issue are found: nobody needs them before single issues are read or changed.
//!
//! Invariant: numbers are compared as numbers, for in files of older versions some columns hold them as texts.

use rusqlite::{Connection, OptionalExtension as _};

use crate::entity::DataTable;
use crate::instance::embedded::issue_data::stored;
use crate::instance::embedded::schema::{Layout, quoted};

/// What the text of each marker begins with: only these properties are found by their values.
pub(super) const MARKER: &str = "{\"sync\":\"";

/// Tables and the attributes by which their rows are found, each of which holds a number.
const NUMBERS: [(&str, &[&str]); 27] = [
    ("AO_60DB71_LEXORANK", &["ID"]),
    ("Action", &["id"]),
    ("Action", &["issue"]),
    ("ChangeGroup", &["id"]),
    ("ChangeGroup", &["issue"]),
    ("ChangeItem", &["id"]),
    ("ChangeItem", &["group"]),
    ("CustomFieldValue", &["id"]),
    ("CustomFieldValue", &["issue"]),
    ("EntityProperty", &["id"]),
    ("EntityProperty", &["entityId"]),
    ("FileAttachment", &["id"]),
    ("FileAttachment", &["issue"]),
    ("Issue", &["id"]),
    ("Issue", &["project", "number"]),
    ("IssueLink", &["id"]),
    ("IssueLink", &["source"]),
    ("IssueLink", &["destination"]),
    ("Label", &["id"]),
    ("Label", &["issue"]),
    ("NodeAssociation", &["sourceNodeId"]),
    ("OSCurrentStep", &["id"]),
    ("OSCurrentStep", &["entryId"]),
    ("OSWorkflowEntry", &["id"]),
    ("UserAssociation", &["sinkNodeId"]),
    ("Worklog", &["id"]),
    ("Worklog", &["issue"]),
];

/// The last index that is made; another name than that of former versions, which made fewer.
const LAST: &str = "pcfg_issues_indexed_2";

/// Returns whether all of them are there.
pub(super) fn are_there(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?";
    let found: Option<i64> = connection.query_row(sql, [LAST], |row| row.get(0)).optional()?;
    Ok(found.is_some())
}

/// Makes those that are missing, where their tables are there.
pub(super) fn make(connection: &Connection) -> rusqlite::Result<()> {
    for (name, attributes) in NUMBERS {
        let numbers = |column: &String| format!("CAST({column} AS INTEGER)");
        on(connection, name, attributes, &|columns| {
            let all: Vec<String> = columns.iter().map(numbers).collect();
            (all.join(", "), String::new())
        })?;
    }
    on(connection, "Issue", &["project", "updated"], &|columns| {
        (format!("CAST({} AS INTEGER), {}", columns[0], columns[1]), String::new())
    })?;
    on(connection, "AO_60DB71_LEXORANK", &["RANK"], &|columns| (columns[0].clone(), String::new()))?;
    on(connection, "Issue", &["key"], &|columns| (columns[0].clone(), String::new()))?;
    on(connection, "EntityProperty", &["value"], &|columns| {
        (columns[0].clone(), format!(" WHERE {}", is_marker(&columns[0])))
    })?;
    // By this name another part of pcfg finds it, too.
    if let Some((table, columns)) = Layout::read(connection)?.columns("OSHistoryStep", &["id"]) {
        connection.execute_batch(&format!(
            "CREATE INDEX IF NOT EXISTS \"oshistorystep_by_id\" ON {table} ({})",
            columns[0]
        ))?;
    }
    connection.execute_batch(&format!("CREATE INDEX IF NOT EXISTS {LAST} ON pcfg_meta (value)"))
}

/// Returns the condition that the values of markers fulfil, which a query has to repeat.
pub(super) fn is_marker(column: &str) -> String {
    format!("substr({column}, 1, {}) = '{MARKER}'", MARKER.len())
}

/// Returns what an index holds, and of which rows.
type Holds<'a> = &'a dyn Fn(&[String]) -> (String, String);

fn on(
    connection: &Connection,
    name: &'static str,
    attributes: &[&str],
    holds: Holds<'_>,
) -> rusqlite::Result<()> {
    let table = DataTable::named(name);
    let Some(own) = stored(connection, table)? else { return Ok(()) };
    let columns = attributes.iter().map(|attribute| own.column(table, attribute));
    let Some(columns) = columns.collect::<Option<Vec<String>>>() else { return Ok(()) };
    let (expressions, of) = holds(&columns);
    let index = quoted(&format!("{}_to_{}", name.to_lowercase(), attributes.join("_").to_lowercase()));
    connection.execute_batch(&format!(
        "CREATE INDEX IF NOT EXISTS {index} ON {} ({expressions}){of}",
        quoted(own.name())
    ))
}
