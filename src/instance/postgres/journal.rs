//! The journal: tables of pcfg's own, in a schema `pcfg` beside Jira's, written in the transaction that changes the rows.
//!
//! A database may hold several Jiras, each in a schema of its own; `place` says whose run it is.

use tokio_postgres::SimpleQueryRow;

use super::spelling::{literal, optional};
use crate::attachments::Place;
use crate::entity::RowChange;
use crate::import::Streamed;
use crate::instance::journal::{Changes, rest_to_json, to_json};
use crate::instance::verdict::{Rest, SECRETS};
use crate::instance::{Address, Entry, Run, RunId, Who, WriteError};

/// What is said of a run whose entry or changes do not make sense.
pub(super) fn damaged(address: &Address, run: RunId, why: &str) -> WriteError {
    WriteError::Journal { place: address.to_string(), why: format!("run {run}: {why}") }
}

/// Makes the tables.
pub(super) const CREATE: &str = "
    CREATE SCHEMA IF NOT EXISTS pcfg;
    CREATE TABLE pcfg.meta (
        place text NOT NULL,
        key text NOT NULL,
        value text NOT NULL,
        PRIMARY KEY (place, key)
    );
    CREATE TABLE pcfg.run (
        place text NOT NULL,
        id bigint NOT NULL,
        \"user\" text NOT NULL,
        host text NOT NULL,
        pid bigint NOT NULL,
        command text NOT NULL,
        since text NOT NULL,
        file text,
        hash text,
        plan text NOT NULL,
        result text NOT NULL,
        undoes bigint,
        PRIMARY KEY (place, id),
        FOREIGN KEY (place, undoes) REFERENCES pcfg.run
    );
    CREATE TABLE pcfg.change (
        place text NOT NULL,
        run bigint NOT NULL,
        number bigint NOT NULL,
        entity text NOT NULL,
        before text,
        after text,
        rest text,
        PRIMARY KEY (place, run, number),
        FOREIGN KEY (place, run) REFERENCES pcfg.run
    )";

/// How many statements [`CREATE`] has.
pub(super) const CREATE_STATEMENTS: usize = 4;

/// Makes the tables for runs whose rows are too many for the journal; a database that an older version has written has none.
pub(super) const CREATE_STREAMS: &str = "
    CREATE TABLE IF NOT EXISTS pcfg.stream (
        place text NOT NULL,
        run bigint NOT NULL,
        rows bigint NOT NULL,
        work text NOT NULL,
        counters text NOT NULL,
        PRIMARY KEY (place, run),
        FOREIGN KEY (place, run) REFERENCES pcfg.run
    );
    CREATE TABLE IF NOT EXISTS pcfg.file (
        place text NOT NULL,
        run bigint NOT NULL,
        project text NOT NULL,
        number bigint NOT NULL,
        id bigint NOT NULL,
        sha256 text NOT NULL,
        PRIMARY KEY (place, run, id),
        FOREIGN KEY (place, run) REFERENCES pcfg.run
    )";

/// Returns a statement whose rows are the runs, the newest first, as [`entry`] reads them; with the rows of those that wrote issues, if
/// there are tables for them.
pub(super) fn history(place: &str, streams: bool) -> String {
    let place = literal(place);
    let more = match streams {
        true => format!(
            " + coalesce((SELECT stream.rows FROM pcfg.stream AS stream WHERE stream.place = {place} AND stream.run = own.id), 0)"
        ),
        false => String::new(),
    };
    format!(
        "SELECT own.id, own.\"user\", own.host, own.pid, own.command, own.since, own.file, own.hash, own.plan, own.result, \
            own.undoes, (SELECT count(*) FROM pcfg.change AS change WHERE change.place = {place} AND change.run = own.id){more} \
         FROM pcfg.run AS own WHERE own.place = {place} ORDER BY own.id DESC"
    )
}

/// A counter of a project that a run has raised: the id of the project, and the number before and after.
pub(super) type Counter = (String, Option<String>, String);

/// Returns a statement that writes down what a run has done with rows that are too many for the journal.
pub(super) fn stream(place: &str, run: RunId, work: &Streamed, counters: &[Counter]) -> String {
    let text = serde_json::to_string(work).expect("extents are text and numbers");
    let counters = serde_json::to_string(counters).expect("counters are texts");
    format!(
        "INSERT INTO pcfg.stream (place, run, rows, work, counters) VALUES ({}, {run}, {}, {}, {})",
        literal(place),
        work.rows(),
        literal(&text),
        literal(&counters)
    )
}

/// Returns a statement whose one row is what [`stream`] has written down of a run.
pub(super) fn streamed(place: &str, run: RunId) -> String {
    format!("SELECT work, counters FROM pcfg.stream WHERE place = {} AND run = {run}", literal(place))
}

/// Reads what a run has done with rows that are too many for the journal.
pub(super) fn read_stream(row: &SimpleQueryRow) -> Result<(Streamed, Vec<Counter>), String> {
    let get = |number| row.get(number).unwrap_or_default();
    let work = serde_json::from_str(get(0)).map_err(|error| error.to_string())?;
    Ok((work, serde_json::from_str(get(1)).map_err(|error| error.to_string())?))
}

/// Returns a statement that writes down files of attachments that belong to a run.
pub(super) fn files(place: &str, run: RunId, files: &[(Place, String)]) -> String {
    let place = literal(place);
    let rows = files.iter().map(|(own, sha256)| {
        let Place { original_key, number, id } = own;
        format!("({place}, {run}, {}, {number}, {id}, {})", literal(original_key), literal(sha256))
    });
    let rows: Vec<String> = rows.collect();
    format!("INSERT INTO pcfg.file (place, run, project, number, id, sha256) VALUES {}", rows.join(", "))
}

/// Returns a statement whose rows are the files of attachments that belong to a run, as [`file()`] reads them.
pub(super) fn files_of(place: &str, run: RunId) -> String {
    format!(
        "SELECT project, number, id, sha256 FROM pcfg.file WHERE place = {} AND run = {run} ORDER BY id",
        literal(place)
    )
}

/// Reads a file of an attachment.
pub(super) fn file(row: &SimpleQueryRow) -> (Place, String) {
    let get = |number| row.get(number).unwrap_or_default().to_owned();
    let number = |at: usize| row.get(at).and_then(|text| text.parse().ok()).unwrap_or(0);
    (Place { original_key: get(0), number: number(1), id: number(2) }, get(3))
}

/// Reads a run.
pub(super) fn entry(row: &SimpleQueryRow) -> Entry {
    let get = |number| row.get(number).unwrap_or_default().to_owned();
    let number = |at: usize| row.get(at).and_then(|text| text.parse().ok());
    let run = Run {
        who: Who {
            user: get(1),
            host: get(2),
            pid: number(3).unwrap_or(0) as u32,
            command: get(4),
            since: get(5),
        },
        file: row.get(6).map(str::to_owned),
        hash: row.get(7).map(str::to_owned),
        plan: get(8),
        result: get(9),
        undoes: number(10),
        moves: Vec::new(),
    };
    Entry { id: number(0).unwrap_or(0), run, rows: number(11).unwrap_or(0), undone_by: None }
}

/// Returns a statement whose rows are the changes of a run, as [`written`] reads them.
pub(super) fn changes(place: &str, run: RunId) -> String {
    format!(
        "SELECT entity, before, after, rest FROM pcfg.change WHERE place = {} AND run = {run} ORDER BY number",
        literal(place)
    )
}

/// Reads a change.
pub(super) fn written(changes: &mut Changes, row: &SimpleQueryRow) {
    changes.push(row.get(0).unwrap_or_default(), row.get(1), row.get(2), row.get(3));
}

/// Returns a statement that takes out of the journal what versions before this one should not have written down.
pub(super) fn forget_secrets(place: &str) -> String {
    let parts = SECRETS.join("|");
    format!(
        "UPDATE pcfg.change SET rest = (SELECT json_object_agg(key, CASE WHEN key ~* '{parts}' THEN NULL ELSE value END)::text \
            FROM json_each_text(rest::json)) \
         WHERE place = {} AND rest ~* '\"[^\":]*({parts})[^\":]*\" *: *\"'",
        literal(place)
    )
}

/// Returns a statement that writes down that a run begins.
pub(super) fn begin(place: &str, id: RunId, run: &Run) -> String {
    let Run { who, file, hash, plan, result, undoes, moves: _ } = run;
    let undoes = undoes.map_or_else(|| "NULL".to_owned(), |run| run.to_string());
    format!(
        "INSERT INTO pcfg.run (place, id, \"user\", host, pid, command, since, file, hash, plan, result, undoes) \
         VALUES ({}, {id}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {undoes})",
        literal(place),
        literal(&who.user),
        literal(&who.host),
        who.pid,
        literal(&who.command),
        literal(&who.since),
        optional(file.as_deref()),
        optional(hash.as_deref()),
        literal(plan),
        literal(result),
    )
}

/// Returns a statement that writes down a change of a run.
pub(super) fn change(
    place: &str,
    run: RunId,
    number: usize,
    change: &RowChange,
    rest: Option<&Rest>,
) -> String {
    format!(
        "INSERT INTO pcfg.change (place, run, number, entity, before, after, rest) \
         VALUES ({}, {run}, {number}, {}, {}, {}, {})",
        literal(place),
        literal(change.entity().entity().name),
        optional(change.before.as_ref().map(to_json).as_deref()),
        optional(change.after.as_ref().map(to_json).as_deref()),
        optional(rest_to_json(rest).as_deref()),
    )
}

/// Returns a statement that has a row if a run is in the journal, and is this one.
pub(super) fn is_there(place: &str, id: RunId, who: &Who) -> String {
    format!(
        "SELECT FROM pcfg.run WHERE place = {} AND id = {id} AND host = {} AND pid = {} AND since = {}",
        literal(place),
        literal(&who.host),
        who.pid,
        literal(&who.since),
    )
}
