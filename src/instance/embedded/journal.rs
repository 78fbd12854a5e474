//! The journal: every run with the rows that it changed, in the transaction that changed them.

use rusqlite::{Connection, OptionalExtension as _};

use crate::attachments::Place;
use crate::entity::RowChange;
use crate::import::Streamed;
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
    let mut statement = connection.prepare(&format!(
        "SELECT id, user, host, pid, command, since, file, hash, plan, result, undoes,
                 (SELECT count(*) FROM pcfg_change WHERE run = pcfg_run.id) + {}
             FROM pcfg_run ORDER BY id DESC",
        match has_streams(connection)? {
            true => "coalesce((SELECT rows FROM pcfg_stream WHERE run = pcfg_run.id), 0)",
            false => "0",
        }
    ))?;
    let mut runs = Runs::default();
    let entries = statement.query_map((), entry)?;
    for entry in entries {
        runs.push(entry?);
    }
    runs.finish().map_err(Unread::Damaged)
}

/// Makes the table of rows that are too many for the journal; a file of an older version has none.
pub(super) fn prepare_streams(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS pcfg_stream (
            run INTEGER PRIMARY KEY REFERENCES pcfg_run,
            rows INTEGER NOT NULL,
            work TEXT NOT NULL,
            counters TEXT NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS pcfg_file (
            run INTEGER NOT NULL REFERENCES pcfg_run,
            project TEXT NOT NULL,
            number INTEGER NOT NULL,
            id INTEGER NOT NULL,
            sha256 TEXT NOT NULL
        ) STRICT",
    )
}

fn has_streams(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'pcfg_stream'";
    connection.query_row(sql, (), |row| row.get::<_, i64>(0)).map(|count| count > 0)
}

/// Writes down what a run has done with rows that are too many for the journal.
pub(super) fn stream(
    connection: &Connection,
    run: RunId,
    work: &Streamed,
    counters: &[Counter],
) -> rusqlite::Result<()> {
    let text = serde_json::to_string(work).expect("extents are text and numbers");
    let counters = serde_json::to_string(counters).expect("counters are texts");
    let sql = "INSERT INTO pcfg_stream (run, rows, work, counters) VALUES (?, ?, ?, ?)";
    connection.execute(sql, (run as i64, work.rows() as i64, text, counters)).map(drop)
}

/// Writes down the files of attachments that belong to a run.
pub(super) fn files(connection: &Connection, run: RunId, files: &[(Place, String)]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO pcfg_file (run, project, number, id, sha256) VALUES (?, ?, ?, ?, ?)";
    let mut statement = connection.prepare(sql)?;
    for (place, sha256) in files {
        let (number, id) = (place.number as i64, place.id as i64);
        statement.execute((run as i64, &place.original_key, number, id, sha256))?;
    }
    Ok(())
}

/// Returns the files of attachments that belong to a run.
pub(super) fn files_of(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<(Place, String)>> {
    if !has_streams(connection)? {
        return Ok(Vec::new());
    }
    let sql = "SELECT project, number, id, sha256 FROM pcfg_file WHERE run = ? ORDER BY rowid";
    let mut statement = connection.prepare(sql)?;
    let files = statement.query_map([run as i64], |row| {
        let (number, id): (i64, i64) = (row.get(1)?, row.get(2)?);
        Ok((Place { original_key: row.get(0)?, number: number as u64, id: id as u64 }, row.get(3)?))
    })?;
    files.collect()
}

/// A counter of a project that a run has raised: the id of the project, and the number before and after.
pub(super) type Counter = (String, Option<String>, String);

/// Returns the counters of projects that a run has raised.
pub(super) fn counters(connection: &Connection, run: RunId) -> Result<Vec<Counter>, Unread> {
    let sql = "SELECT counters FROM pcfg_stream WHERE run = ?";
    let text: String = connection.query_row(sql, [run as i64], |row| row.get(0))?;
    serde_json::from_str(&text).map_err(|error| Unread::Damaged(format!("run {run}: {error}")))
}

/// Returns what a run has done with rows that are too many for the journal.
pub(super) fn streamed(connection: &Connection, run: RunId) -> Result<Option<Streamed>, Unread> {
    if !has_streams(connection)? {
        return Ok(None);
    }
    let sql = "SELECT work FROM pcfg_stream WHERE run = ?";
    let text: Option<String> = connection.query_row(sql, [run as i64], |row| row.get(0)).optional()?;
    let read = text.map(|text| serde_json::from_str(&text)).transpose();
    read.map_err(|error| Unread::Damaged(format!("run {run}: {error}")))
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
