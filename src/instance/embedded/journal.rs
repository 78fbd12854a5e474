//! The journal: every run with the rows that it changed, in the transaction that changed them.

use rusqlite::Connection;

use crate::entity::RowChange;
use crate::instance::journal::{Changes, Runs, Written, entry, rest_to_json, to_json, without_secrets};
use crate::instance::verdict::Rest;
use crate::instance::{Entry, Run, RunId};

/// Writes down that a run begins; returns its number.
pub(super) fn begin(connection: &Connection, run: &Run) -> rusqlite::Result<RunId> {
    let Run { who, file, hash, plan, result, undoes, moves: _ } = run;
    connection.execute(
        "INSERT INTO pcfg_run (user, host, pid, command, since, file, hash, plan, result, undoes)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            &who.user,
            &who.host,
            who.pid,
            &who.command,
            &who.since,
            file,
            hash,
            plan,
            result,
            undoes.map(|run| run as i64),
        ),
    )?;
    Ok(connection.last_insert_rowid() as RunId)
}

/// Takes out of the journal what versions before this one should not have written down.
pub(super) fn forget_secrets(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare("SELECT run, number, rest FROM pcfg_change WHERE rest IS NOT NULL")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let (run, number, rest): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if let Some(rest) = without_secrets(&rest) {
            let sql = "UPDATE pcfg_change SET rest = ? WHERE run = ? AND number = ?";
            connection.execute(sql, (rest, run, number))?;
        }
    }
    Ok(())
}

/// Writes down a change of a run.
pub(super) fn change(
    connection: &Connection,
    run: RunId,
    number: usize,
    change: &RowChange,
    rest: Option<&Rest>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO pcfg_change (run, number, entity, before, after, rest) VALUES (?, ?, ?, ?, ?, ?)";
    connection.prepare(sql)?.execute((
        run as i64,
        number as i64,
        change.entity().entity().name,
        change.before.as_ref().map(to_json),
        change.after.as_ref().map(to_json),
        rest_to_json(rest),
    ))?;
    Ok(())
}

/// Returns all runs, the newest first.
pub(super) fn history(connection: &Connection) -> Result<Vec<Entry>, Unread> {
    let mut statement = connection.prepare(
        "SELECT id, user, host, pid, command, since, file, hash, plan, result, undoes,
             (SELECT count(*) FROM pcfg_change WHERE run = pcfg_run.id)
         FROM pcfg_run ORDER BY id DESC",
    )?;
    let mut runs = Runs::default();
    let entries = statement.query_map((), entry)?;
    for entry in entries {
        runs.push(entry?);
    }
    runs.finish().map_err(Unread::Damaged)
}

/// What went wrong with the journal.
pub(super) enum Unread {
    Database(rusqlite::Error),
    Damaged(String),
}

impl From<rusqlite::Error> for Unread {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

/// Returns the changes of a run, each with what a deleted row had in columns that are not described.
pub(super) fn changes(connection: &Connection, run: RunId) -> Result<Vec<Written>, Unread> {
    let mut statement = connection
        .prepare("SELECT entity, before, after, rest FROM pcfg_change WHERE run = ? ORDER BY number")?;
    let mut rows = statement.query([run as i64])?;
    let mut changes = Changes::default();
    while let Some(row) = rows.next()? {
        let entity: String = row.get(0)?;
        let text = |column| -> rusqlite::Result<Option<String>> { row.get(column) };
        changes.push(&entity, text(1)?.as_deref(), text(2)?.as_deref(), text(3)?.as_deref());
    }
    changes.finish().map_err(|why| Unread::Damaged(format!("run {run}: {why}")))
}
