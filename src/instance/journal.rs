//! The journal as every store keeps it: how rows are spelled in it, and which runs were taken back.

use std::collections::{BTreeMap, HashMap};

use super::verdict::{Rest, is_secret};
use super::{Entry, Journaled, Run, RunId, Who, Withheld, WriteError};
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

/// Reads a run of a journal in SQLite: its number, who (user, host, process, command, since), the file and its hash, the plan, the
/// result, what it undoes, and how much it has changed.
pub(super) fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
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
        moves: Vec::new(),
    };
    let (id, rows): (i64, i64) = (row.get(0)?, row.get(11)?);
    Ok(Entry { id: id as RunId, run, rows: rows as u64, undone_by: None })
}

/// More runs than this are in no journal: ten a day for a quarter of a century.
const MOST_RUNS: usize = 100_000;

/// How many bytes of plans are kept.
const MOST_PLANS: usize = 256 << 20;

/// How many bytes the changes of a run may have.
const MOST_CHANGES: usize = 1 << 30;

/// The runs of a journal, the newest first, as far as there is room for them.
#[derive(Debug, Default)]
pub(super) struct Runs {
    entries: Vec<Entry>,
    /// How many bytes the plans have.
    plans: usize,
    /// How many bytes everything else has.
    others: usize,
}

impl Runs {
    /// Adds a run; the plan of an old one is left out if there is no room for it.
    pub(super) fn push(&mut self, mut entry: Entry) {
        if self.is_full() {
            return;
        }
        let Run { who, file, hash, plan, result, .. } = &mut entry.run;
        let texts = [&who.user, &who.host, &who.command, &who.since, result].map(String::len);
        let options = [file, hash].map(|own| own.as_ref().map_or(0, String::len));
        self.others += texts.iter().chain(&options).sum::<usize>();
        self.plans += plan.len();
        if self.plans > MOST_PLANS {
            *plan = String::new();
        }
        self.entries.push(entry);
    }

    fn is_full(&self) -> bool {
        self.entries.len() > MOST_RUNS || self.others > MOST_PLANS
    }

    /// Returns all runs, each with the one that took it back; or why they are none of pcfg's.
    pub(super) fn finish(mut self) -> Result<Vec<Entry>, String> {
        if self.is_full() {
            let most = MOST_PLANS >> 20;
            return Err(format!(
                "it tells of more than {MOST_RUNS} runs, or has more than {most} MiB of names"
            ));
        }
        mark_undone(&mut self.entries);
        Ok(self.entries)
    }
}

/// The changes of a run, as far as there is room for them.
#[derive(Debug, Default)]
pub(super) struct Changes {
    changes: Vec<Written>,
    bytes: usize,
    why: Option<String>,
}

impl Changes {
    /// Reads a change from the journal.
    pub(super) fn push(
        &mut self,
        entity: &str,
        before: Option<&str>,
        after: Option<&str>,
        rest: Option<&str>,
    ) {
        self.bytes += [before, after, rest].into_iter().flatten().map(str::len).sum::<usize>();
        if self.why.is_some() {
            return;
        }
        if self.bytes > MOST_CHANGES {
            self.why = Some(format!("its rows have more than {} MiB", MOST_CHANGES >> 20));
            return;
        }
        match from_json(entity, before, after, rest) {
            Ok(change) => self.changes.push(change),
            Err(why) => self.why = Some(why),
        }
    }

    /// Returns the changes; or why they cannot be understood.
    pub(super) fn finish(self) -> Result<Vec<Written>, String> {
        self.why.map_or(Ok(self.changes), Err)
    }
}

/// Says which runs were taken back, of all runs, the newest first. One that takes another back counts unless it was taken back
/// itself, by a newer one.
fn mark_undone(entries: &mut [Entry]) {
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

    /// A journal has room for so many runs and plans; the plans of old runs go first, and what has no end is none of pcfg's.
    #[test]
    fn what_is_kept_of_a_journal_is_bounded() {
        let entry = |id: usize, plan: &str| {
            let run = Run { plan: plan.to_owned(), ..Run::default() };
            Entry { id: id as RunId, run, rows: 1, undone_by: None }
        };
        let mut runs = Runs { plans: MOST_PLANS - 8, ..Runs::default() };
        (0..4).rev().for_each(|id| runs.push(entry(id, "{....}")));
        let kept = runs.finish().unwrap();
        let has: Vec<(RunId, bool)> = kept.iter().map(|own| (own.id, !own.run.plan.is_empty())).collect();
        assert_eq!(has, [(3, true), (2, false), (1, false), (0, false)]);
        let mut runs = Runs::default();
        (0..=MOST_RUNS).for_each(|id| runs.push(entry(id, "")));
        assert!(runs.finish().unwrap_err().contains("more than 100000 runs"));
        let mut changes = Changes { bytes: MOST_CHANGES - 2, ..Changes::default() };
        changes.push("Status", None, Some("{}"), None);
        assert!(changes.why.is_none() && changes.changes.len() == 1);
        changes.push("Status", Some("{}"), None, None);
        assert!(changes.finish().unwrap_err().contains("more than 1024 MiB"));
    }

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
