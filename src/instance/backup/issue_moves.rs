//! The rows of a backup that change where issues move.
//!
//! Issues come before the steps and entries that they lead to, so the file is read twice. Invariant: memory holds the rows of the
//! issues that move, and the entries of those that share one.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Backup;
use super::edit::RewriteError;
use super::raw::RawRow;
use crate::entity::{EntityId, Move, Mover, NUMBERED, Row, RowChange, Stand, Standing};
use crate::instance::ReadError;
use crate::instance::verdict::miscounted;

impl Backup {
    /// Returns the changes of rows that move issues, at a time as `2025-03-01T12:00:00Z`.
    pub fn moved(&self, moves: &[Move], when: &str) -> Result<Vec<RowChange>, RewriteError> {
        if moves.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Found::default();
        // Where an issue stands is known only with its entry; until then all count that may be meant.
        let wanted: HashSet<[&str; 3]> = moves.iter().map(|own| place(&own.from)).collect();
        self.rows(&|_, _| {}, &mut |row| found.issue(row, &wanted))?;
        self.rows(&|_, _| {}, &mut |row| found.state(row))?;
        found.changes(moves, when)
    }
}

fn place(standing: &Standing) -> [&str; 3] {
    [&standing.project, &standing.issue_type, &standing.status]
}

#[derive(Default)]
struct Found {
    issues: Vec<Row>,
    /// How many issues lead to an entry.
    leading: HashMap<u64, u64>,
    entries: HashMap<String, Row>,
    steps: HashMap<String, Vec<Row>>,
    sequences: Vec<Row>,
    highest: BTreeMap<&'static str, u64>,
}

impl Found {
    fn issue(&mut self, row: &RawRow<'_>, wanted: &HashSet<[&str; 3]>) -> Result<(), ReadError> {
        if row.table != "Issue" {
            return Ok(());
        }
        let issue = typed(EntityId::named("Issue"), row);
        if let Some(entry) = issue.get("workflowId").and_then(|id| id.trim().parse().ok()) {
            *self.leading.entry(entry).or_default() += 1;
        }
        let values = ["project", "type", "status"].map(|own| issue.get(own).unwrap_or(""));
        if wanted.contains(&values) {
            self.entries.extend(
                issue
                    .get("workflowId")
                    .map(|id| (id.to_owned(), Row::new(EntityId::named("OSWorkflowEntry")))),
            );
            self.issues.push(issue);
        }
        Ok(())
    }

    fn state(&mut self, row: &RawRow<'_>) -> Result<(), ReadError> {
        let Some(entity) = EntityId::find(row.table) else { return Ok(()) };
        if let Some(name) = NUMBERED.iter().flat_map(|(_, tables)| *tables).find(|own| **own == row.table) {
            let id = row.values().find(|(name, _)| *name == "id").and_then(|(_, id)| id.trim().parse().ok());
            let highest = self.highest.entry(name).or_default();
            *highest = (*highest).max(id.unwrap_or(0));
        }
        match row.table {
            "SequenceValueItem" => self.sequences.push(typed(entity, row)),
            "OSWorkflowEntry" => {
                let row = typed(entity, row);
                if let Some(entry) = self.entries.get_mut(row.id()) {
                    *entry = row;
                }
            }
            "OSCurrentStep" => {
                let row = typed(entity, row);
                let entry = row.get("entryId").unwrap_or("").to_owned();
                if self.entries.contains_key(&entry) {
                    self.steps.entry(entry).or_default().push(row);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn changes(mut self, moves: &[Move], when: &str) -> Result<Vec<RowChange>, RewriteError> {
        let by_standing: HashMap<&Standing, usize> =
            moves.iter().enumerate().map(|(at, own)| (&own.from, at)).collect();
        let shared = self.leading.into_iter().filter(|(_, count)| *count > 1);
        let shared = shared.map(|(entry, count)| (entry.to_string(), count)).collect();
        let mut mover = Mover::new(when, shared, &self.highest, self.sequences);
        let mut counts = vec![0; moves.len()];
        let mut changes = Vec::new();
        self.issues.sort_by_key(|issue| issue.number("id"));
        for issue in self.issues {
            let id = issue.get("workflowId").unwrap_or("");
            let entry = self.entries.get(id).filter(|entry| !entry.id().is_empty()).cloned();
            let mut steps = self.steps.get(id).filter(|_| entry.is_some()).cloned().unwrap_or_default();
            steps.sort_by_key(|step| step.number("id"));
            let own = |row: Option<&Row>, attribute: &str| {
                row.and_then(|row| row.get(attribute)).map(str::to_owned)
            };
            let values = [
                own(Some(&issue), "project"),
                own(Some(&issue), "type"),
                own(Some(&issue), "status"),
                own(entry.as_ref(), "name"),
                own(entry.as_ref(), "state"),
                own(steps.first(), "stepId"),
            ];
            let standing = Standing::of(values.each_ref().map(Option::as_deref), steps.len() as u64);
            let Some(at) = standing.and_then(|standing| by_standing.get(&standing).copied()) else {
                continue;
            };
            counts[at] += 1;
            changes.extend(mover.changes(&moves[at], &Stand { issue, entry, steps }));
        }
        match miscounted(moves, &counts) {
            Some(changed) => Err(RewriteError::Changed { row: changed.row, how: changed.how }),
            None => {
                changes.extend(mover.finish());
                Ok(changes)
            }
        }
    }
}

fn typed(entity: EntityId, raw: &RawRow<'_>) -> Row {
    let mut row = Row::new(entity);
    for (attribute, value) in raw.values() {
        if let Some(number) = entity.entity().attribute(attribute) {
            row.set(number, value);
        }
    }
    row
}
