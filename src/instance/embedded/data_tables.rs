//! The tables of issue data, made where a file does not have them yet.
//!
//! Invariant: a table and its columns are registered under the names of the backup, as those that were loaded are.

use std::collections::HashSet;

use rusqlite::{Connection, params_from_iter};

use super::issue_data::{Stored, stored};
use super::schema::{self, free_name, quoted};
use crate::entity::{Attribute, AttributeType, DataTable};

/// Returns the table with all columns, which are made where they are missing.
pub(super) fn made(connection: &Connection, table: &'static DataTable) -> rusqlite::Result<Stored> {
    if stored(connection, table)?.is_none() {
        let mut taken = names(connection, "SELECT lower(name) FROM sqlite_schema", &[])?;
        let name = free_name(table.name, &mut taken);
        let column = |own: &Attribute| {
            let ty = if own.ty == AttributeType::Integer { "ANY" } else { "TEXT" };
            format!("{} {ty}", quoted(own.name))
        };
        let columns: Vec<String> = table.attributes.iter().map(column).collect();
        connection.execute_batch(&format!(
            "CREATE TABLE {} ({}) STRICT",
            quoted(&name),
            columns.join(", ")
        ))?;
        schema::register_table(connection, table.name, &name)?;
        for own in &table.attributes {
            schema::register_column(connection, table.name, own.name, own.name)?;
        }
    }
    let own = stored(connection, table)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    for attribute in &table.attributes {
        if own.column(table, attribute.name).is_none() {
            let sql = "SELECT lower(name) FROM pcfg_column WHERE entity = ?";
            let mut taken = names(connection, sql, &[table.name])?;
            let name = free_name(attribute.name, &mut taken);
            connection.execute_batch(&format!(
                "ALTER TABLE {} ADD COLUMN {} TEXT",
                quoted(own.name()),
                quoted(&name)
            ))?;
            schema::register_column(connection, table.name, attribute.name, &name)?;
        }
    }
    stored(connection, table)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

fn names(connection: &Connection, sql: &str, of: &[&str]) -> rusqlite::Result<HashSet<String>> {
    connection.prepare(sql)?.query_map(params_from_iter(of), |row| row.get(0))?.collect()
}
