//! When and by what an issue was changed last, in the database of a Jira.
//!
//! Invariant: only the columns are read that say when an issue was changed and by what, and a right that is missing is told with the statement
//! that gives it.

use super::connection::{BEGIN, Connection, unread};
use super::layout::{self, Layout};
use super::read;
use crate::entity::EntityId;
use crate::instance::last_change::Moved;
use crate::instance::{Address, ReadError};

/// The columns that are read: tables, with attributes.
const READ: [(&str, [&str; 2]); 2] = [("Issue", ["id", "updated"]), ("ChangeGroup", ["id", "issue"])];

/// Returns the statements that let a role see what moves.
pub(super) fn rights(schema: &str, role: &str) -> Vec<String> {
    let grants = READ.iter().map(|(entity, attributes)| {
        let id = EntityId::named(entity);
        let column = |own: &&str| Some(id.entity().attributes[id.entity().attribute(own)?].column);
        let columns: Vec<&str> = attributes.iter().filter_map(column).collect();
        layout::grant(schema, id.entity().table, &columns, role)
    });
    grants.collect()
}

/// Returns a table and its two columns; fails if this role may not read them.
fn columns(
    layout: &Layout,
    address: &Address,
    (entity, attributes): (&str, [&str; 2]),
) -> Result<(String, [String; 2]), ReadError> {
    let id = EntityId::named(entity);
    let place = layout.place(id);
    let column = |own: &str| place.and_then(|place| place.column(id, own));
    let (Some(place), Some(one), Some(other)) = (place, column(attributes[0]), column(attributes[1])) else {
        return Err(layout::lacks_tables(address, &[id.entity().table]));
    };
    if attributes.iter().any(|own| !place.is_readable(id, own)) {
        return Err(ReadError::Server {
            message: format!("permission denied for {} in `{address}`", place.table.replace('"', "")),
            source: None,
            help: Some(format!(
                "what moves in it proves that it is the database of this Jira; run as its owner: {}",
                layout::to_be_pasted(rights(layout.schema(), layout.role()))
            )),
        });
    }
    Ok((place.table.clone(), [one, other]))
}

/// Returns how an issue was moved last: one by its id, or the one that was moved last of all.
pub(super) fn moved(
    connection: &mut Connection,
    address: &Address,
    issue: Option<u64>,
) -> Result<Option<Moved>, ReadError> {
    let layout = read::layout(connection, address)?;
    let (issues, [id, updated]) = columns(&layout, address, READ[0])?;
    let (groups, [change, of]) = columns(&layout, address, READ[1])?;
    let which = match issue {
        Some(issue) => format!("WHERE {id} = {issue}"),
        None => format!("ORDER BY {updated} DESC NULLS LAST LIMIT 1"),
    };
    // Without a time zone a moment is taken as if it were one of Greenwich.
    let sql = format!(
        "{} SELECT {id}, round(extract(epoch FROM {updated}) * 1000)::int8, \
                (SELECT max({change}) FROM {groups} WHERE {of} = own.{id}) FROM {issues} AS own {which}; COMMIT",
        connection.begin("READ ONLY")
    );
    let mut found = None;
    let read = connection.run(&sql, &mut |number, row| {
        if number == BEGIN {
            let number = |at| row.get(at).and_then(|text: &str| text.parse().ok());
            found = number(0).map(|issue| (issue, row.get(1).and_then(|text| text.parse().ok()), number(2)));
        }
    });
    read.map_err(|error| {
        connection.roll_back();
        unread(address, &error)
    })?;
    Ok(found.map(|(issue, updated, change)| Moved { issue, updated, change }))
}
