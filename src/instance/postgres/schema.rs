//! Jira's tables as Jira makes them, for a database that a backup is loaded into.
//!
//! The types follow rules that agree with the database of 9.12.4 but for the length of some short texts. Invariant: what is
//! unique in Jira's database is unique here, and a row of an app leads to one that is there.

use std::fmt::Write as _;

use super::spelling::{literal, quoted};
use super::spelling::{qualified, regclass};
use crate::entity::{Attribute, AttributeType, Entity, entities, stored};
use crate::instance::verdict::{is_app, key, parent};

/// The columns for long texts; descriptions are long everywhere but on screens and boards.
const LONG: [&str; 12] = [
    "dashboard_module_complete_key",
    "description",
    "descriptor",
    "gadget_xml",
    "newstring",
    "newvalue",
    "oldstring",
    "oldvalue",
    "propertyvalue",
    "reqcontent",
    "userprefvalue",
    "xmlvalue",
];

/// Returns the type of a column.
fn ty(entity: &Entity, attribute: &Attribute) -> &'static str {
    let is_app = is_app(entity);
    match attribute.ty {
        AttributeType::Integer => match attribute.column {
            "ID" => "bigserial",
            "MINIM" | "MAXIM" => "double precision",
            "POS" => "integer",
            _ if is_app => "bigint",
            _ => "numeric(18,0)",
        },
        AttributeType::Text => match attribute.column {
            "id" => "character varying(60)",
            "LONG_QUERY" => "text",
            column if !is_app && LONG.contains(&column) => "text",
            _ => "character varying(255)",
        },
        AttributeType::Date => "timestamp with time zone",
        AttributeType::Boolean => "boolean",
    }
}

/// Returns the statements that make all described tables, without keys.
pub(super) fn create(schema: &str) -> String {
    let mut sql = String::new();
    for (entity, attributes) in stored() {
        let columns: Vec<String> = attributes
            .map(|(own, of_data)| match own.ty {
                // Backups of other databases hold longer texts than Jira's own columns here.
                AttributeType::Text if of_data => format!("{} text", quoted(own.column)),
                _ => format!("{} {}", quoted(own.column), ty(entity, own)),
            })
            .collect();
        let table = qualified(schema, entity.table);
        let _ = write!(sql, "CREATE TABLE {table} ({});", columns.join(", "));
    }
    sql
}

/// Returns the statement that makes the key of a table, and one that makes an index where rows do not have keys of their own.
pub(super) fn keys(schema: &str, entity: &Entity) -> (String, String) {
    let table = qualified(schema, entity.table);
    let (name, unique) = key(entity);
    let column =
        |name: &'static str| entity.attribute(name).map_or(name, |number| entity.attributes[number].column);
    let columns: Vec<String> = match unique {
        true => vec![quoted(column(name))],
        // In Jira's order, in which the index leads from a project to its schemes.
        false => {
            ["source_node_id", "source_node_entity", "sink_node_id", "sink_node_entity", "association_type"]
                .map(quoted)
                .into()
        }
    };
    let name = |prefix: &str| quoted(&format!("{prefix}_{}", entity.table.to_lowercase()));
    let columns = columns.join(", ");
    (
        format!("ALTER TABLE {table} ADD CONSTRAINT {} PRIMARY KEY ({columns})", name("pk")),
        format!("CREATE INDEX {} ON {table} ({columns})", name("idx")),
    )
}

/// The indexes by which Jira finds issues and their values, and pcfg properties.
pub(super) fn indexes(schema: &str) -> String {
    let table = |name| qualified(schema, name);
    format!(
        "CREATE INDEX cfvalue_issue ON {} (issue, customfield);
         CREATE INDEX chggroup_issue ON {} (issueid);
         CREATE INDEX chgitem_chggrp ON {} (groupid);
         CREATE INDEX issue_workflow ON {} (workflow_id);
         CREATE INDEX wf_entryid ON {} (entry_id);
         CREATE INDEX issue_proj_status ON {} (project, issuestatus);
         CREATE INDEX node_sink ON {} (sink_node_id, sink_node_entity);
         CREATE INDEX osproperty_entid_name_propkey ON {} (entity_id, entity_name, property_key);",
        table("customfieldvalue"),
        table("changegroup"),
        table("changeitem"),
        table("jiraissue"),
        table("os_currentstep"),
        table("jiraissue"),
        table("nodeassociation"),
        table("propertyentry"),
    )
}

/// Returns the columns of apps that lead to another table: the table, the column, and the other table.
pub(super) fn parents() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    entities().iter().flat_map(|entity| {
        let parents = entity.attributes.iter();
        parents.filter_map(|own| Some((entity.table, own.column, parent(entity, own.name)?)))
    })
}

/// Returns a statement that deletes the rows that lead to nothing.
pub(super) fn delete_dangling(schema: &str, (table, column, parent): (&str, &str, &str)) -> String {
    let (table, column, parent) = (qualified(schema, table), quoted(column), qualified(schema, parent));
    format!(
        "DELETE FROM {table} AS own WHERE own.{column} IS NOT NULL \
         AND NOT EXISTS (SELECT FROM {parent} AS parent WHERE parent.\"ID\" = own.{column})"
    )
}

/// Returns a statement that makes sure that rows lead somewhere.
pub(super) fn foreign_key(schema: &str, (table, column, parent): (&str, &str, &str)) -> String {
    let name = quoted(&format!("fk_{}_{}", table.to_lowercase(), column.to_lowercase()));
    let (table, column, parent) = (qualified(schema, table), quoted(column), qualified(schema, parent));
    format!("ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {parent} (\"ID\")")
}

/// Returns a statement that has the sequence of a table of an app rise above all ids, if it has one. It never falls.
pub(super) fn raise_sequence(schema: &str, table: &str) -> String {
    format!(
        "SELECT pg_catalog.setval(own.sequence, own.highest) FROM (SELECT \
            pg_catalog.pg_get_serial_sequence({}, 'ID')::pg_catalog.regclass AS sequence, \
            (SELECT max(\"ID\") FROM {}) AS highest) AS own \
         WHERE own.sequence IS NOT NULL AND own.highest > coalesce(pg_catalog.pg_sequence_last_value(own.sequence), 0)",
        regclass(schema, table),
        qualified(schema, table)
    )
}

/// Returns a statement that has no row if a schema is empty or not there.
pub(super) fn is_empty(schema: &str) -> String {
    format!(
        "SELECT c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE n.nspname = {} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1 LIMIT 1",
        literal(schema)
    )
}
