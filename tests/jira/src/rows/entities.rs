//! Rows by the names that Jira's entity model has for tables and columns, whatever an instance calls them.
//!
//! Invariant: a table or a column that an instance does not have yet is made and registered, as pcfg registers its own.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde_json::Value;

use super::{Rows, cell, lock, text};

/// A row: its values by the names of its attributes; what is empty is not there.
pub(crate) type Entity = BTreeMap<String, String>;

/// What an attribute is to hold.
pub(crate) type Said<'a> = (&'a str, Option<String>);

impl Rows {
    /// Returns the rows of an entity that have all of these values, in the order of their ids.
    pub(crate) fn entities(&self, entity: &str, wanted: &[(&str, &str)]) -> rusqlite::Result<Vec<Entity>> {
        let read = lock(&self.read);
        let Some(table) = table(&read.connection, entity)? else { return Ok(Vec::new()) };
        let columns = columns(&read.connection, entity)?;
        let mut conditions = Vec::new();
        for (attribute, _) in wanted {
            let Some(column) = columns.get(*attribute) else { return Ok(Vec::new()) };
            conditions.push(format!("CAST(\"{column}\" AS TEXT) = ?"));
        }
        let selected: Vec<String> = columns.values().map(|own| format!("\"{own}\"")).collect();
        let condition = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        let sql = format!("SELECT {} FROM \"{table}\" WHERE {condition}", selected.join(", "));
        let mut statement = read.connection.prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(wanted.iter().map(|(_, value)| *value)))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut own = Entity::new();
            for (place, attribute) in columns.keys().enumerate() {
                if let Some(value) = text(row.get_ref(place)?).filter(|value| !value.is_empty()) {
                    own.insert(attribute.clone(), value);
                }
            }
            found.push(own);
        }
        found.sort_by_key(|own| own.get("id").and_then(|id| id.parse::<i64>().ok()).unwrap_or(i64::MAX));
        Ok(found)
    }

    /// Adds a row; one that has ids and names none gets one above all that there were.
    pub(crate) fn add_entity(&self, entity: &str, values: &[Said<'_>]) -> rusqlite::Result<String> {
        let mut read = lock(&self.read);
        let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        let table = made(&read.connection, entity, &names)?;
        let columns = columns(&read.connection, entity)?;
        let mut values: Vec<(String, Value)> =
            values.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.clone()))).collect();
        let has_id = values.iter().any(|(name, _)| name == "id");
        if !has_id && columns.contains_key("id") {
            values.push(("id".to_owned(), read.next_id(&table)?.into()));
        }
        let types = read.columns(&table)?;
        let physical: Vec<&String> = values.iter().filter_map(|(name, _)| columns.get(name)).collect();
        let quoted: Vec<String> = physical.iter().map(|own| format!("\"{own}\"")).collect();
        let marks = vec!["?"; quoted.len()].join(", ");
        let sql = format!("INSERT INTO \"{table}\" ({}) VALUES ({marks})", quoted.join(", "));
        let cells = values.iter().zip(&physical).map(|((_, value), column)| cell(&types, column, value));
        read.connection.execute(&sql, params_from_iter(cells))?;
        read.touch(&table);
        Ok(values.iter().find(|(name, _)| name == "id").map(|(_, id)| super::as_text(id)).unwrap_or_default())
    }

    /// Changes the row of an id.
    pub(crate) fn change_entity(&self, entity: &str, id: &str, values: &[Said<'_>]) -> rusqlite::Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let mut read = lock(&self.read);
        let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        let table = made(&read.connection, entity, &names)?;
        let columns = columns(&read.connection, entity)?;
        let types = read.columns(&table)?;
        let physical: Vec<&String> = values.iter().filter_map(|(name, _)| columns.get(*name)).collect();
        let sets: Vec<String> = physical.iter().map(|own| format!("\"{own}\" = ?")).collect();
        let Some(key) = columns.get("id") else { return Ok(()) };
        let sql = format!("UPDATE \"{table}\" SET {} WHERE CAST(\"{key}\" AS TEXT) = ?", sets.join(", "));
        let cells = values
            .iter()
            .zip(&physical)
            .map(|((_, value), column)| cell(&types, column, &Value::from(value.clone())));
        let cells = cells.chain([rusqlite::types::Value::Text(id.to_owned())]);
        read.connection.execute(&sql, params_from_iter(cells))?;
        read.touch(&table);
        Ok(())
    }

    /// Takes the rows away that have all of these values.
    pub(crate) fn drop_entities(&self, entity: &str, wanted: &[(&str, &str)]) -> rusqlite::Result<usize> {
        let mut read = lock(&self.read);
        let Some(table) = table(&read.connection, entity)? else { return Ok(0) };
        let columns = columns(&read.connection, entity)?;
        let mut conditions = Vec::new();
        for (attribute, _) in wanted {
            let Some(column) = columns.get(*attribute) else { return Ok(0) };
            conditions.push(format!("CAST(\"{column}\" AS TEXT) = ?"));
        }
        let sql = format!("DELETE FROM \"{table}\" WHERE {}", conditions.join(" AND "));
        let count =
            read.connection.execute(&sql, params_from_iter(wanted.iter().map(|(_, value)| *value)))?;
        read.touch(&table);
        Ok(count)
    }
}

fn table(connection: &Connection, entity: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT name FROM pcfg_table WHERE entity = ?";
    connection.query_row(sql, [entity], |row| row.get(0)).optional()
}

fn columns(connection: &Connection, entity: &str) -> rusqlite::Result<BTreeMap<String, String>> {
    let mut statement = connection.prepare("SELECT attribute, name FROM pcfg_column WHERE entity = ?")?;
    statement.query_map([entity], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Returns the table of an entity with these columns, which are made where they are missing.
fn made(connection: &Connection, entity: &str, attributes: &[&str]) -> rusqlite::Result<String> {
    let name = match table(connection, entity)? {
        Some(name) => name,
        None => {
            // Associations have no ids.
            let first = if entity == "NodeAssociation" { "sourceNodeId" } else { "id" };
            connection.execute_batch(&format!("CREATE TABLE \"{entity}\" (\"{first}\" ANY) STRICT"))?;
            connection.execute("INSERT INTO pcfg_table (entity, name) VALUES (?1, ?1)", [entity])?;
            register(connection, entity, first)?;
            entity.to_owned()
        }
    };
    let known = columns(connection, entity)?;
    for attribute in attributes.iter().filter(|own| !known.contains_key(**own)) {
        connection.execute_batch(&format!("ALTER TABLE \"{name}\" ADD COLUMN \"{attribute}\" TEXT"))?;
        register(connection, entity, attribute)?;
    }
    Ok(name)
}

fn register(connection: &Connection, entity: &str, attribute: &str) -> rusqlite::Result<()> {
    let sql = "INSERT INTO pcfg_column (entity, attribute, name) VALUES (?1, ?2, ?2)";
    connection.execute(sql, (entity, attribute)).map(|_| ())
}
