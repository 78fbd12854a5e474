//! The rows of issues that move to a step of another workflow, as Jira changes them when a workflow scheme is published.
//!
//! Jira ends the old entry and begins a new one, whatever the two workflows are (seen in backups of 4.2 to 7.0, where the history
//! of issues tells of 69 moves): the old entry is killed (`state` 3), its current steps become history with their ids and values, the
//! new entry is active and has one current step with the owner, the dates and the text of status of the old one and `actionId` 0; the
//! issue leads to the new entry; and its history gets a group with an item `Workflow`, which names both entries, and an item `status`
//! if the status is another one, with which the issue counts as updated. An issue that gets another issue type tells it by an item
//! `issuetype` (ids and names, as the history of issues in backups of 4.4 and 5.0 has it), counts as updated, and stays in its step if the
//! workflow of the new type is the same. Invariant: rows of other issues stay as they are, even where
//! several issues share an entry.

use std::collections::{BTreeMap, HashMap};

use super::{EntityId, Move, Row, RowChange, Standing};

/// The tables that get new rows with new ids, and those whose ids they share.
pub const NUMBERED: [(&str, &[&str]); 4] = [
    ("ChangeGroup", &["ChangeGroup"]),
    ("ChangeItem", &["ChangeItem"]),
    ("OSCurrentStep", &["OSCurrentStep", "OSHistoryStep"]),
    ("OSWorkflowEntry", &["OSWorkflowEntry"]),
];

/// Jira's sequences begin here.
const FIRST: u64 = 10_000;

/// The state of an entry that was killed.
const KILLED: &str = "3";

/// An issue with its workflow state.
#[derive(Debug)]
pub struct Stand {
    /// The issue.
    pub issue: Row,
    /// The entry that it leads to.
    pub entry: Option<Row>,
    /// The current steps of the entry, in the order of their ids.
    pub steps: Vec<Row>,
}

/// Moves issues, one behind the other.
#[derive(Debug)]
pub struct Mover {
    /// When, as a backup spells it.
    when: String,
    /// Entries that several issues lead to, and how many still do.
    shared: HashMap<String, u64>,
    /// The next id of each table.
    next: BTreeMap<&'static str, u64>,
    /// What Jira has given out so far.
    sequences: Vec<Row>,
}

impl Mover {
    /// Prepares to move issues at a time, as `2025-03-01T12:00:00Z`. `highest` are the highest ids of the tables of [`NUMBERED`],
    /// `sequences` the rows of `SequenceValueItem`, and `shared` the entries that several issues lead to, with their number.
    pub fn new(
        when: &str,
        shared: HashMap<String, u64>,
        highest: &BTreeMap<&str, u64>,
        sequences: Vec<Row>,
    ) -> Self {
        let next = NUMBERED.map(|(entity, tables)| {
            let highest = tables.iter().filter_map(|table| highest.get(table)).max().map_or(0, |id| id + 1);
            let row = sequences.iter().find(|row| row.get("seqName") == Some(entity));
            let sequence = row.and_then(|row| row.get("seqId")?.trim().parse().ok()).unwrap_or(FIRST);
            (entity, sequence.max(highest).max(FIRST))
        });
        Self { when: spelled(when), shared, next: next.into(), sequences }
    }

    /// Returns the changes that move one issue.
    pub fn changes(&mut self, moved: &Move, stand: &Stand) -> Vec<RowChange> {
        let Stand { issue, entry, steps } = stand;
        let mut changes = Vec::new();
        let mut values = Vec::new();
        let mut told = Vec::new();
        if let Some(new) = &moved.new_type {
            values.push(("type", new.id.clone()));
            let old = (Some(moved.from.issue_type.clone()), Some(moved.issue_type_name.clone()));
            told.push(("issuetype", old, (new.id.clone(), new.name.clone())));
        }
        if !moved.stays_in_step() {
            let entry_id = self.new_state(moved, (entry.as_ref(), steps), &mut changes);
            values.push(("workflowId", entry_id.clone()));
            let old = (entry.as_ref().map(|own| own.id().to_owned()), moved.from.workflow.clone());
            told.push(("Workflow", old, (entry_id, moved.workflow.clone())));
        }
        if moved.status != moved.from.status {
            values.push(("status", moved.status.clone()));
            let old = (Some(moved.from.status.clone()), Some(moved.status_name.clone()));
            told.push(("status", old, (moved.status.clone(), moved.new_status_name.clone())));
        }
        if moved.new_type.is_some() || moved.status != moved.from.status {
            values.push(("updated", self.when.clone()));
        }
        changes.push(changed(issue, &values));
        let group = self.take("ChangeGroup");
        // Nobody of Jira's users did it: a group without an author is anonymous.
        changes.push(new(
            "ChangeGroup",
            &[("id", Some(&group)), ("issue", Some(issue.id())), ("created", Some(&self.when))],
        ));
        for (field, old, new) in told {
            self.item(&group, field, old, new, &mut changes);
        }
        changes
    }

    /// Gives an issue a new entry with its step, and ends the old one; returns the id of the new one.
    fn new_state(
        &mut self,
        moved: &Move,
        (entry, steps): (Option<&Row>, &[Row]),
        changes: &mut Vec<RowChange>,
    ) -> String {
        let entry_id = self.take("OSWorkflowEntry");
        changes.push(new(
            "OSWorkflowEntry",
            &[("id", Some(&entry_id)), ("name", Some(&moved.workflow)), ("state", Some(Standing::ACTIVE))],
        ));
        let last = steps.first();
        let kept = |attribute: &str| last.and_then(|step| step.get(attribute));
        changes.push(new(
            "OSCurrentStep",
            &[
                ("id", Some(&self.take("OSCurrentStep"))),
                ("entryId", Some(&entry_id)),
                ("stepId", Some(&moved.step)),
                ("actionId", Some("0")),
                ("owner", if last.is_some() { kept("owner") } else { Some("") }),
                ("startDate", if last.is_some() { kept("startDate") } else { Some(&self.when) }),
                ("dueDate", kept("dueDate")),
                ("status", if last.is_some() { kept("status") } else { Some(&moved.new_status_name) }),
            ],
        ));
        if let Some(entry) = entry.filter(|entry| self.is_left(entry)) {
            if matches!(entry.get("state").map(str::trim), None | Some("0" | "1" | "2")) {
                changes.push(changed(entry, &[("state", KILLED.to_owned())]));
            }
            for step in steps {
                changes.push(RowChange { before: Some(step.clone()), after: None });
                let values = step.entity().entity().attributes.iter();
                let values: Vec<_> = values.map(|own| (own.name, step.get(own.name))).collect();
                changes.push(new("OSHistoryStep", &values));
            }
        }
        entry_id
    }

    /// Returns the changes of Jira's sequences, when all issues have moved.
    pub fn finish(self) -> Vec<RowChange> {
        let mut changes = Vec::new();
        for (entity, next) in self.next {
            let next = next.to_string();
            match self.sequences.iter().find(|row| row.get("seqName") == Some(entity)) {
                Some(row) if row.get("seqId") == Some(&next) => {}
                Some(row) => changes.push(changed(row, &[("seqId", next)])),
                None => changes
                    .push(new("SequenceValueItem", &[("seqName", Some(entity)), ("seqId", Some(&next))])),
            }
        }
        changes
    }

    /// Adds an item to a group of an issue's history.
    fn item(
        &mut self,
        group: &str,
        field: &str,
        old: (Option<String>, Option<String>),
        new_values: (String, String),
        changes: &mut Vec<RowChange>,
    ) {
        let id = self.take("ChangeItem");
        changes.push(new(
            "ChangeItem",
            &[
                ("id", Some(&id)),
                ("group", Some(group)),
                ("fieldtype", Some("jira")),
                ("field", Some(field)),
                ("oldvalue", old.0.as_deref()),
                ("oldstring", old.1.as_deref()),
                ("newvalue", Some(&new_values.0)),
                ("newstring", Some(&new_values.1)),
            ],
        ));
    }

    /// Returns whether the last issue has left an entry.
    fn is_left(&mut self, entry: &Row) -> bool {
        match self.shared.get_mut(entry.id()) {
            Some(left) => {
                *left = left.saturating_sub(1);
                *left == 0
            }
            None => true,
        }
    }

    fn take(&mut self, entity: &'static str) -> String {
        let next = self.next.entry(entity).or_insert(FIRST);
        *next += 1;
        (*next - 1).to_string()
    }
}

fn new(entity: &str, values: &[(&str, Option<&str>)]) -> RowChange {
    let mut row = Row::new(EntityId::named(entity));
    for (attribute, value) in values {
        row.put(attribute, *value);
    }
    RowChange { before: None, after: Some(row) }
}

fn changed(row: &Row, values: &[(&str, String)]) -> RowChange {
    let mut after = row.clone();
    for (attribute, value) in values {
        after.put(attribute, Some(value));
    }
    RowChange { before: Some(row.clone()), after: Some(after) }
}

/// Returns `2025-03-01T12:00:00Z` as a backup spells a moment.
fn spelled(when: &str) -> String {
    let plain = when.trim_end_matches('Z').replacen('T', " ", 1);
    if plain.contains('.') { plain } else { format!("{plain}.0") }
}
