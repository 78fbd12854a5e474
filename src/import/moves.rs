//! The issues that move with changes of rows that were worked out before: a saved plan, or the way back.
//!
//! Pure. Invariant: what moves is worked out anew from where issues stand now; a saved plan that says otherwise is not carried out.

use std::collections::HashMap;

use super::Preview;
use crate::entity::{Move, Row, RowChange, Standing, Tables};
use crate::mapping::{self, Homeless, Migration, Moving, NoType, Typeless};
use crate::plan::describe_moves;

/// Does something with what issues are to have as moves say it.
pub(super) fn as_told<R>(moves: &[Move], then: impl FnOnce(Migration<'_>) -> R) -> R {
    let mut statuses: HashMap<(&str, &str, &str), &str> = HashMap::new();
    for own in moves.iter().filter(|own| own.status != own.from.status) {
        statuses.insert((&own.workflow, own.type_name(), &own.status_name), &own.new_status_name);
    }
    let mut types: HashMap<(&str, &str), &str> = HashMap::new();
    for own in moves.iter().filter(|own| own.new_type.is_some()) {
        types.insert((&own.project_key, &own.issue_type_name), own.type_name());
    }
    then(Migration {
        status: &|workflow, issue_type, status| {
            statuses.get(&(workflow, issue_type, status)).map(|own| (*own).to_owned())
        },
        issue_type: &|project, issue_type| types.get(&(project, issue_type)).map(|own| (*own).to_owned()),
    })
}

/// Returns in words which issues do not stand where a saved plan counted them, or would not go where it says; nothing if the
/// plan fits.
pub(super) fn counted_otherwise(tables: &Tables, changes: &[RowChange], moves: &[Move]) -> Vec<String> {
    let moving = as_told(moves, |migration| mapping::moves(tables, &after(tables, changes), migration));
    let (now, stuck) = (&moving.moves, stuck(&moving));
    let is_in = |all: &[Move], own: &Move| all.contains(own);
    let gone = moves.iter().filter(|own| !is_in(now, own));
    let new = now.iter().filter(|own| !is_in(moves, own));
    let mut words = moved_otherwise(gone.chain(new));
    words.extend(stuck);
    words.sort();
    words.dedup();
    words
}

/// Names issues that do not stand where they were counted.
pub(super) fn moved_otherwise<'m>(moves: impl Iterator<Item = &'m Move>) -> Vec<String> {
    let told = |own: &Move| {
        let Move { project_key, issue_type_name, status_name, .. } = own;
        format!("issues of type `{issue_type_name}` in status `{status_name}` of project {project_key}")
    };
    moves.map(told).collect()
}

/// Returns the issues that would be left behind by the way back, because they came after what is taken back. Those that stood as
/// `righted` before it stand so again, and are as they were.
pub(super) fn left_behind(
    tables: &Tables,
    changes: &[RowChange],
    righted: &[(Standing, u64)],
) -> (Vec<Move>, Vec<String>) {
    let mut now = tables.clone();
    let (moved, in_their_steps) = taken_back(changes);
    let take = |issues: &mut u64| *issues = issues.saturating_sub(1);
    for standing in moved {
        now.usage.standings.get_mut(&standing).map(take);
    }
    for (standing, before) in righted {
        if let Some(issues) = now.usage.standings.get_mut(standing) {
            *issues = issues.saturating_sub(*before);
        }
    }
    for [project, issue_type, status] in in_their_steps {
        let is_there =
            |own: &Standing| own.project == project && own.issue_type == issue_type && own.status == status;
        let there = now.usage.standings.iter_mut();
        there
            .filter(|(own, issues)| is_there(own) && **issues > 0)
            .map(|(_, issues)| issues)
            .next()
            .map(take);
    }
    now.usage.standings.retain(|_, issues| *issues > 0);
    let nothing = Migration { status: &|_, _, _| None, issue_type: &|_, _| None };
    let moving = mapping::moves(&now, &after(tables, changes), nothing);
    let stuck = stuck(&moving);
    (moving.moves, stuck)
}

impl Preview {
    /// Adds issues that move to what is shown.
    pub fn add_moves(&mut self, moves: &[Move]) {
        self.plan.counts.issues += moves.iter().map(|own| own.issues).sum::<u64>();
        self.plan.issues.extend(describe_moves(moves));
    }
}

/// Returns in words the issues that could not go anywhere.
fn stuck(moving: &Moving) -> Vec<String> {
    let subject = |issues: u64, issue_type: &str, project: &str| {
        let noun = if issues == 1 { "issue" } else { "issues" };
        format!("{issues} {noun} of type `{issue_type}` in project {project}")
    };
    let homeless = moving.homeless.iter().map(|own| {
        let Homeless { project, issue_type, workflow, status, issues, .. } = own;
        let subject = subject(*issues, &issue_type.0, project);
        match &own.twice {
            Some((table, id)) => format!("{subject}: the data has two rows of {table} with the id {id}"),
            None if status.is_empty() => {
                format!("{subject}: they have no status, by which their workflow `{workflow}` would go on")
            }
            None => format!("{subject}: their workflow `{workflow}` would not have their status `{status}`"),
        }
    });
    let typeless = moving.typeless.iter().map(|own| {
        let Typeless { project, issue_type, wanted, issues, .. } = own;
        let subject = subject(*issues, &issue_type.0, project);
        match wanted {
            None => format!("{subject}: the project would not have their issue type"),
            Some((wanted, NoType::NotInScheme)) => {
                format!("{subject}: the project would not have the issue type `{wanted}`")
            }
            Some((wanted, NoType::NotHere(why))) => {
                format!("{subject}: they cannot become `{wanted}`: {why}")
            }
            Some((wanted, NoType::OtherKind)) => {
                format!("{subject}: they cannot become `{wanted}`, which is another kind of issue type")
            }
        }
    });
    homeless.chain(typeless).collect()
}

fn after(tables: &Tables, changes: &[RowChange]) -> Tables {
    let mut changed = tables.clone();
    let own: Vec<RowChange> =
        changes.iter().filter(|own| !own.entity().entity().of_issues).cloned().collect();
    changed.apply(&own).expect("changes that do not fit are found before");
    changed
}

/// Returns where the issues stand whose rows are taken back; and project, issue type and status of those that stay in their steps.
fn taken_back(changes: &[RowChange]) -> (Vec<Standing>, Vec<[String; 3]>) {
    let before = |entity: &'static str| {
        let rows = changes.iter().filter_map(|change| change.before.as_ref());
        rows.filter(move |row| row.entity().entity().name == entity)
    };
    let entries: HashMap<&str, _> = before("OSWorkflowEntry").map(|row| (row.id(), row)).collect();
    let mut steps: HashMap<&str, Vec<&str>> = HashMap::new();
    for row in before("OSCurrentStep") {
        steps.entry(row.get("entryId").unwrap_or("")).or_default().extend(row.get("stepId"));
    }
    let standing = |issue: &Row| {
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
    let is_moved = |own: &RowChange| {
        let entry = |row: &Option<Row>| row.as_ref().and_then(|row| row.get("workflowId")).map(str::to_owned);
        entry(&own.before) != entry(&own.after)
    };
    let issues = changes.iter().filter(|own| own.entity().entity().name == "Issue");
    let (moved, in_their_steps): (Vec<&RowChange>, Vec<&RowChange>) = issues.partition(|own| is_moved(own));
    let place = |issue: &Row| {
        let value = |attribute| issue.get(attribute).map(str::to_owned);
        Some([value("project")?, value("type")?, value("status")?])
    };
    (
        moved.iter().filter_map(|own| standing(own.before.as_ref()?)).collect(),
        in_their_steps.iter().filter_map(|own| place(own.before.as_ref()?)).collect(),
    )
}
