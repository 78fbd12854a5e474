//! When and by what an issue of an embedded instance was changed last.

use rusqlite::{Connection, OptionalExtension as _};

use super::row::text_of;
use super::schema::Layout;
use crate::instance::last_change::{Moved, moment};

/// Returns how an issue was moved last: one by its id, or the one that was moved last of all.
pub(super) fn moved(connection: &Connection, issue: Option<u64>) -> rusqlite::Result<Option<Moved>> {
    let layout = Layout::read(connection)?;
    let Some((issues, own)) = layout.columns("Issue", &["id", "updated"]) else { return Ok(None) };
    let (id, updated) = (&own[0], &own[1]);
    let which = match issue {
        Some(issue) => format!("WHERE CAST({id} AS INTEGER) = {issue}"),
        None => format!("ORDER BY {updated} DESC LIMIT 1"),
    };
    let sql = format!("SELECT CAST({id} AS INTEGER), {updated} FROM {issues} {which}");
    let found = connection.query_row(&sql, (), |row| Ok((row.get::<_, i64>(0)?, text_of(row.get_ref(1)?))));
    let Some((issue, updated)) = found.optional()? else { return Ok(None) };
    let change = match layout.columns("ChangeGroup", &["id", "issue"]) {
        Some((groups, own)) => {
            let sql = format!(
                "SELECT max(CAST({} AS INTEGER)) FROM {groups} WHERE CAST({} AS INTEGER) = ?",
                own[0], own[1]
            );
            connection.query_row(&sql, [issue], |row| row.get::<_, Option<i64>>(0))?
        }
        None => None,
    };
    let number = |number: i64| u64::try_from(number).ok();
    Ok(number(issue).map(|issue| Moved {
        issue,
        updated: updated.as_deref().and_then(moment),
        change: change.and_then(number),
    }))
}
