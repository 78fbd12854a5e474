//! The journal: every run with the rows that it changed, in the transaction that changed them.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use super::store::Rest;
use crate::entity::{EntityId, Row, RowChange};
use crate::instance::{Entry, Run, RunId, Who};

/// Writes down that a run begins; returns its number.
pub(super) fn begin(connection: &Connection, run: &Run) -> rusqlite::Result<RunId> {
    let Run { who, file, hash, plan, result, undoes } = run;
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

/// Writes down a change of a run.
pub(super) fn change(
    connection: &Connection,
    run: RunId,
    number: usize,
    change: &RowChange,
    rest: Option<&Rest>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO pcfg_change (run, number, entity, before, after, rest) VALUES (?, ?, ?, ?, ?, ?)";
    let rest = rest.filter(|rest| !rest.is_empty());
    connection.prepare(sql)?.execute((
        run as i64,
        number as i64,
        change.entity().entity().name,
        change.before.as_ref().map(to_json),
        change.after.as_ref().map(to_json),
        rest.map(|rest| serde_json::to_string(rest).expect("columns and values are text")),
    ))?;
    Ok(())
}

/// Returns all runs, the newest first.
pub(super) fn history(connection: &Connection) -> rusqlite::Result<Vec<Entry>> {
    let mut statement = connection.prepare(
        "SELECT id, user, host, pid, command, since, file, hash, plan, result, undoes,
             (SELECT count(*) FROM pcfg_change WHERE run = pcfg_run.id)
         FROM pcfg_run ORDER BY id DESC",
    )?;
    let entries = statement.query_map((), |row| {
        let who = Who {
            user: row.get(1)?,
            host: row.get(2)?,
            pid: row.get(3)?,
            command: row.get(4)?,
            since: row.get(5)?,
        };
        let run = Run {
            who,
            file: row.get(6)?,
            hash: row.get(7)?,
            plan: row.get(8)?,
            result: row.get(9)?,
            undoes: row.get::<_, Option<i64>>(10)?.map(|run| run as RunId),
        };
        let (id, rows): (i64, i64) = (row.get(0)?, row.get(11)?);
        Ok(Entry { id: id as RunId, run, rows: rows as u64, undone_by: None })
    })?;
    let mut entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
    // A run that takes another back counts unless it was taken back itself, by a newer one.
    let mut undone: HashMap<RunId, RunId> = HashMap::new();
    for entry in &mut entries {
        entry.undone_by = undone.get(&entry.id).copied();
        if let (None, Some(other)) = (entry.undone_by, entry.run.undoes) {
            undone.insert(other, entry.id);
        }
    }
    Ok(entries)
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
pub(super) fn changes(connection: &Connection, run: RunId) -> Result<Vec<(RowChange, Option<Rest>)>, Unread> {
    let mut statement = connection
        .prepare("SELECT entity, before, after, rest FROM pcfg_change WHERE run = ? ORDER BY number")?;
    let mut rows = statement.query([run as i64])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let entity: String = row.get(0)?;
        let entity =
            EntityId::find(&entity).ok_or_else(|| Unread::Damaged(format!("there is no table {entity}")))?;
        let read = |column| -> Result<Option<Row>, Unread> {
            let text: Option<String> = row.get(column)?;
            text.map(|text| from_json(entity, &text)).transpose()
        };
        let change = RowChange { before: read(1)?, after: read(2)? };
        if change.before.is_none() && change.after.is_none() {
            return Err(Unread::Damaged(format!("a change of run {run} has no row")));
        }
        let rest: Option<String> = row.get(3)?;
        let rest = rest.map(|rest| serde_json::from_str(&rest)).transpose();
        changes.push((change, rest.map_err(|error| Unread::Damaged(error.to_string()))?));
    }
    Ok(changes)
}

/// Returns a row as JSON: the attributes that are not NULL.
fn to_json(row: &Row) -> String {
    let attributes = row.entity().entity().attributes.iter();
    let values: BTreeMap<&str, &str> =
        attributes.filter_map(|own| Some((own.name, row.get(own.name)?))).collect();
    serde_json::to_string(&values).expect("attributes and values are text")
}

fn from_json(entity: EntityId, text: &str) -> Result<Row, Unread> {
    let damaged = |why: String| Unread::Damaged(why);
    let values: BTreeMap<String, String> =
        serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
    let mut row = Row::new(entity);
    for (attribute, value) in values {
        let number = entity.entity().attribute(&attribute);
        let number = number.ok_or_else(|| damaged(format!("{} has no {attribute}", entity.entity().name)))?;
        row.set(number, value);
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_survive_the_journal() {
        let mut row = Row::new(EntityId::named("Status"));
        row.put("id", Some("1"));
        row.put("name", Some("Offen \"<\u{1}\n"));
        row.put("description", Some(""));
        let again = from_json(row.entity(), &to_json(&row));
        assert!(again.is_ok_and(|again| again == row), "NULL is not the empty text");
    }
}
