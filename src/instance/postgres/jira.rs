//! Whether Jira itself works with the database.
//!
//! Invariant: when in doubt, it does. A node of Data Center says in a table that it is alive; a single Jira shows by its sessions,
//! and it keeps at least one open as long as it runs (its pool has a lower bound).

use tokio_postgres::SimpleQueryRow;

use super::layout::{HEARTBEATS, Layout};
use super::spelling::literal;

/// A node that has not said for that long that it is alive is not, in milliseconds: they say it every minute (default of Data
/// Center, as its documentation has it).
const SILENCE: u64 = 5 * 60 * 1000;

/// A statement after which [`sessions`] sees who is there by then: within a transaction the server shows the same sessions
/// again, as long as nobody says that they are to be looked at anew.
pub(super) const LOOK_AGAIN: &str = "SELECT pg_catalog.pg_stat_clear_snapshot()";

/// Returns a statement whose rows are the sessions that may be Jira's: those of its role, and those of a program in Java.
/// What kind a session is stays hidden from a role that is no member of Jira's: then it counts.
pub(super) fn sessions(layout: &Layout) -> String {
    format!(
        "SELECT pid, usename, coalesce(nullif(application_name, ''), 'unknown program'), coalesce(client_addr::text, 'this machine') \
         FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() \
         AND pid <> pg_catalog.pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend' \
         AND coalesce(application_name, '') NOT LIKE 'pcfg%' \
         AND (usesysid = (SELECT c.relowner FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n \
            ON n.oid = c.relnamespace WHERE n.nspname = {} AND c.relname = 'project') \
            OR application_name = 'PostgreSQL JDBC Driver') ORDER BY pid",
        literal(layout.schema())
    )
}

/// Says what a row of [`sessions`] shows.
pub(super) fn session(row: &SimpleQueryRow) -> String {
    let get = |number| row.get(number).unwrap_or_default();
    format!("session {} of {} ({}) from {}", get(0), get(1), get(2), get(3))
}

/// Returns a statement whose rows are the nodes that are alive; none if the database has no such table. `database_time` is by
/// the clock of the database, so that those of the nodes do not matter; without it the node's own has to do.
pub(super) fn nodes(layout: &Layout) -> String {
    if !layout.heartbeats {
        return "SELECT WHERE false".to_owned();
    }
    format!(
        "SELECT node_id FROM {} WHERE coalesce(database_time, heartbeat_time) > \
         pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * 1000 - {SILENCE} ORDER BY 1",
        layout.qualified(HEARTBEATS)
    )
}

/// Says what a row of [`nodes`] shows.
pub(super) fn node(row: &SimpleQueryRow) -> String {
    format!("node {} is alive", row.get(0).unwrap_or_default())
}
