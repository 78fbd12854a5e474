//! The journal as every store keeps it: how rows are spelled in it, and which runs were taken back.

use std::collections::{BTreeMap, HashMap};

use super::verdict::{Rest, is_secret};
use super::{Entry, Journaled, RunId, Withheld, WriteError};
use crate::entity::{EntityId, Row, RowChange};
use crate::import::Work;

/// A change of a run, with what a deleted row had in columns that are not described.
pub(super) type Written = (RowChange, Option<Rest>);

/// Returns a row as JSON: the attributes that are not NULL.
pub(super) fn to_json(row: &Row) -> String {
    let attributes = row.entity().entity().attributes.iter();
    let values: BTreeMap<&str, &str> =
        attributes.filter_map(|own| Some((own.name, row.get(own.name)?))).collect();
    serde_json::to_string(&values).expect("attributes and values are text")
}

/// Returns what a deleted row had elsewhere as JSON; nothing if there was nothing.
pub(super) fn rest_to_json(rest: Option<&Rest>) -> Option<String> {
    let rest = rest.filter(|rest| !rest.is_empty())?;
    Some(serde_json::to_string(rest).expect("columns and values are text"))
}

/// Returns what a deleted row had elsewhere without its secrets, which versions before this one wrote down; nothing if it has
/// none, or cannot be read.
pub(super) fn without_secrets(rest: &str) -> Option<String> {
    let mut rest: Rest = serde_json::from_str(rest).ok()?;
    let mut secrets =
        rest.iter_mut().filter(|(column, value)| value.is_some() && is_secret(column)).peekable();
    secrets.peek()?;
    secrets.for_each(|(_, value)| *value = None);
    rest_to_json(Some(&rest))
}

/// Reads a change back; or says what is wrong with it.
pub(super) fn from_json(
    entity: &str,
    before: Option<&str>,
    after: Option<&str>,
    rest: Option<&str>,
) -> Result<Written, String> {
    let entity = EntityId::find(entity).ok_or_else(|| format!("there is no table {entity}"))?;
    let read = |text: Option<&str>| text.map(|text| row_from_json(entity, text)).transpose();
    let change = RowChange { before: read(before)?, after: read(after)? };
    if change.before.is_none() && change.after.is_none() {
        return Err("a change has no row".to_owned());
    }
    let rest = rest.map(serde_json::from_str).transpose().map_err(|error| error.to_string())?;
    Ok((change, rest))
}

fn row_from_json(entity: EntityId, text: &str) -> Result<Row, String> {
    let values: BTreeMap<String, String> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut row = Row::new(entity);
    for (attribute, value) in values {
        let number = entity.entity().attribute(&attribute);
        let number = number.ok_or_else(|| format!("{} has no {attribute}", entity.entity().name))?;
        row.set(number, value);
    }
    Ok(row)
}

/// Says which runs were taken back, of all runs, the newest first. One that takes another back counts unless it was taken back
/// itself, by a newer one.
pub(super) fn mark_undone(entries: &mut [Entry]) {
    let mut undone: HashMap<RunId, RunId> = HashMap::new();
    for entry in entries {
        entry.undone_by = undone.get(&entry.id).copied();
        if let (None, Some(other)) = (entry.undone_by, entry.run.undoes) {
            undone.insert(other, entry.id);
        }
    }
}

/// Fails if the newest run is a later one than the last that was there when the changes were planned.
pub(super) fn overtaken(newest: Option<Entry>, last: Option<RunId>) -> Result<(), WriteError> {
    match newest.filter(|newest| Some(newest.id) != last) {
        Some(newest) => {
            let who = format!("{}@{}", newest.run.who.user, newest.run.who.host);
            Err(WriteError::Overtaken { run: newest.id, who })
        }
        None => Ok(()),
    }
}

/// Returns a run with what it changed, and with what taking it back cannot bring back.
pub(super) fn journaled(entry: Entry, changes: Vec<Written>) -> Journaled {
    let is_withheld = |(column, value): (&String, &Option<String>)| {
        // Versions before this one wrote some down; they are not used.
        (value.is_none() || is_secret(column)).then(|| column.clone())
    };
    let withheld = changes.iter().filter_map(|(change, rest)| {
        let columns: Vec<String> = rest.iter().flatten().filter_map(is_withheld).collect();
        let row = change.before.clone().filter(|_| change.after.is_none() && !columns.is_empty())?;
        Some(Withheld { row, columns })
    });
    let withheld = withheld.collect();
    let work = Work::Rows(changes.into_iter().map(|(change, _)| change).collect());
    Journaled { entry, work, withheld }
}

/// Returns what the rows that a run deleted had in columns that are not described.
pub(super) fn rests(changes: Vec<Written>) -> BTreeMap<Row, Vec<Rest>> {
    let mut rests: BTreeMap<Row, Vec<Rest>> = BTreeMap::new();
    for (change, rest) in changes {
        if let (Some(before), Some(rest)) = (change.before, rest) {
            rests.entry(before).or_default().push(rest);
        }
    }
    rests
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
        let (change, _) = from_json("Status", None, Some(&to_json(&row)), None).unwrap();
        assert_eq!(change.after, Some(row), "NULL is not the empty text");
    }
}
