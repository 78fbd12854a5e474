//! One writer at a time, and the next one can tell who it is.
//!
//! The lock is an advisory one of the transaction, so that it is given up whatever happens to the process or the connection. Who
//! holds it stands in a comment in front of each of its messages, where `pg_stat_activity` shows it; it is only told, never
//! relied upon.

use tokio_postgres::SimpleQueryRow;

use super::spelling::literal;
use crate::instance::Who;

/// `pcfg` in ASCII: tells its locks from those of others.
const CLASS: u32 = 0x7063_6667;

const MARK: &str = "/* pcfg ";

/// Returns the comment that says who writes.
pub(super) fn comment(who: &Who) -> String {
    // A comment must not end early, nor another one begin in it.
    let text = serde_json::to_string(who).expect("names are text").replace('*', "\\u002a");
    format!("{MARK}{text} */ ")
}

/// Returns a statement that takes the lock, if it is free, and says whether it did.
pub(super) fn try_lock(schema: &str) -> String {
    format!("SELECT pg_catalog.pg_try_advisory_xact_lock({CLASS}, pg_catalog.hashtext({}))", literal(schema))
}

/// Returns a statement that takes the lock, and waits for it.
pub(super) fn lock(schema: &str) -> String {
    format!("SELECT pg_catalog.pg_advisory_xact_lock({CLASS}, pg_catalog.hashtext({}))", literal(schema))
}

/// Returns a statement that says who holds the lock.
pub(super) fn holder(schema: &str) -> String {
    format!(
        "SELECT activity.query, activity.usename, coalesce(activity.client_addr::text, 'this machine'), activity.pid, \
            pg_catalog.to_char(activity.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
         FROM pg_catalog.pg_locks AS own JOIN pg_catalog.pg_stat_activity AS activity USING (pid) \
         WHERE own.locktype = 'advisory' AND own.granted AND own.classid = {CLASS} AND own.objsubid = 2 \
         AND own.objid::pg_catalog.int8 = pg_catalog.hashtext({})::pg_catalog.int8 & 4294967295 \
         AND activity.datname = pg_catalog.current_database()",
        literal(schema)
    )
}

/// Returns whom a row of [`holder`] shows.
pub(super) fn held_by(row: &SimpleQueryRow) -> Who {
    let get = |number| row.get(number).unwrap_or_default();
    let told = get(0).strip_prefix(MARK).and_then(|rest| rest.split_once(" */"));
    told.and_then(|(text, _)| serde_json::from_str(text).ok()).unwrap_or_else(|| Who {
        user: get(1).to_owned(),
        host: get(2).to_owned(),
        pid: get(3).parse().unwrap_or(0),
        command: "pcfg".to_owned(),
        since: get(4).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_stays_one() {
        let who = Who { command: "pcfg import */ DROP TABLE project; /*".to_owned(), ..Who::default() };
        let comment = comment(&who);
        assert_eq!((comment.matches("/*").count(), comment.matches("*/").count()), (1, 1), "{comment}");
        let text = comment.strip_prefix(MARK).unwrap().split_once(" */").unwrap().0;
        assert_eq!(serde_json::from_str::<Who>(text).unwrap(), who);
    }
}
