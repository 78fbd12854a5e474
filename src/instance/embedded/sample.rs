//! Whether an instance still is the sample that pcfg made, as nobody has touched it.

use rusqlite::Connection;
use rusqlite::types::Value;

/// Returns whether an instance is what a fresh one is, row by row, and nobody has written into it.
pub(super) fn is_same(one: &Connection, other: &Connection) -> rusqlite::Result<bool> {
    let tables = tables(one)?;
    if tables != self::tables(other)? {
        return Ok(false);
    }
    // What is another instance mostly shows by that.
    for (name, _) in &tables {
        let count = format!("SELECT count(*) FROM {}", quoted(name));
        let of = |own: &Connection| own.query_row(&count, (), |row| row.get::<_, i64>(0));
        if of(one)? != of(other)? {
            return Ok(false);
        }
    }
    for (name, _) in &tables {
        if rows(one, name)? != rows(other, name)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns all tables, with what made them.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND type = 'table' ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Returns the rows of a table, but for the id that each instance has for itself.
fn rows(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Vec<Value>>> {
    let but = if table == "pcfg_meta" { " WHERE key <> 'id'" } else { "" };
    let mut statement = connection.prepare(&format!("SELECT * FROM {}{but}", quoted(table)))?;
    let columns = statement.column_count();
    let rows = statement.query_map((), |row| (0..columns).map(|at| row.get(at)).collect())?;
    rows.collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
