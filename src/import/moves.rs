//! The issues that move with changes of rows that were worked out before: a saved plan, or the way back.
//!
//! Pure. Invariant: what moves is worked out anew from where issues stand now; a saved plan that says otherwise is not carried out.

use std::collections::HashMap;

use super::Preview;
use crate::entity::{Move, RowChange, Standing, Tables};
use crate::mapping::{self, Homeless};
use crate::plan::describe_moves;

/// Returns in words which issues do not stand where a saved plan counted them, or would not go where it says; nothing if the
/// plan fits. Changed are the tables; `before` has them with the new names of what is only renamed.
pub(super) fn counted_otherwise(
    (before, tables): (&Tables, &Tables),
    changes: &[RowChange],
    moves: &[Move],
) -> Vec<String> {
    let mut statuses: HashMap<(&str, &str, &str), &str> = HashMap::new();
    for own in moves.iter().filter(|own| own.status != own.from.status) {
        statuses.insert((&own.workflow, &own.issue_type_name, &own.status_name), &own.new_status_name);
    }
    let (now, homeless) = mapping::moves(before, &after(tables, changes), &|workflow, issue_type, status| {
        statuses.get(&(workflow, issue_type, status)).map(|status| (*status).to_owned())
    });
    let is_in = |all: &[Move], own: &Move| all.contains(own);
    let told = |own: &Move| {
        let Move { project_key, issue_type_name, status_name, .. } = own;
        format!("issues of type `{issue_type_name}` in status `{status_name}` of project {project_key}")
    };
    let gone = moves.iter().filter(|own| !is_in(&now, own));
    let new = now.iter().filter(|own| !is_in(moves, own));
    let mut words: Vec<String> =
        gone.chain(new).map(told).chain(homeless.iter().map(homeless_in_words)).collect();
    words.sort();
    words.dedup();
    words
}

/// Returns the issues that would be left behind by the way back, because they came after what is taken back.
pub(super) fn left_behind(tables: &Tables, changes: &[RowChange]) -> (Vec<Move>, Vec<String>) {
    let mut now = tables.clone();
    for standing in taken_back(changes) {
        if let Some(issues) = now.usage.standings.get_mut(&standing) {
            *issues = issues.saturating_sub(1);
        }
    }
    now.usage.standings.retain(|_, issues| *issues > 0);
    let (moves, homeless) = mapping::moves(&now, &after(tables, changes), &|_, _, _| None);
    (moves, homeless.iter().map(homeless_in_words).collect())
}

impl Preview {
    /// Adds issues that move to what is shown.
    pub fn add_moves(&mut self, moves: &[Move]) {
        self.plan.counts.issues += moves.iter().map(|own| own.issues).sum::<u64>();
        self.plan.issues.extend(describe_moves(moves));
    }
}

fn homeless_in_words(own: &Homeless) -> String {
    let Homeless { project, issue_type, workflow, status, issues, .. } = own;
    let noun = if *issues == 1 { "issue" } else { "issues" };
    format!(
        "{issues} {noun} of type `{}` in project {project}: their workflow `{workflow}` would not have their status `{status}`",
        issue_type.0
    )
}

fn after(tables: &Tables, changes: &[RowChange]) -> Tables {
    let mut changed = tables.clone();
    let own: Vec<RowChange> =
        changes.iter().filter(|own| !own.entity().entity().of_issues).cloned().collect();
    changed.apply(&own).expect("changes that do not fit are found before");
    changed
}

/// Returns where the issues stand whose rows are taken back.
fn taken_back(changes: &[RowChange]) -> Vec<Standing> {
    let before = |entity: &'static str| {
        let rows = changes.iter().filter_map(|change| change.before.as_ref());
        rows.filter(move |row| row.entity().entity().name == entity)
    };
    let entries: HashMap<&str, _> = before("OSWorkflowEntry").map(|row| (row.id(), row)).collect();
    let mut steps: HashMap<&str, Vec<&str>> = HashMap::new();
    for row in before("OSCurrentStep") {
        steps.entry(row.get("entryId").unwrap_or("")).or_default().extend(row.get("stepId"));
    }
    let standing = |issue: &crate::entity::Row| {
        let entry = issue.get("workflowId").and_then(|id| entries.get(id));
        let steps = issue.get("workflowId").and_then(|id| steps.get(id)).map_or(&[][..], Vec::as_slice);
        let values = [
            issue.get("project"),
            issue.get("type"),
            issue.get("status"),
            entry.and_then(|entry| entry.get("name")),
            entry.and_then(|entry| entry.get("state")),
            steps.first().copied(),
        ];
        Standing::of(values, steps.len() as u64)
    };
    before("Issue").filter_map(standing).collect()
}
