//! Issues whose status goes from a workflow, or whose workflow becomes one without it: which request moves them, and back.
//!
//! Invariant: issues go back to their former status where the former workflow lacks the one that they get, for there they cannot stay;
//! of all others the plan says that they keep it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Deed, Ground, Sent, Side};
use crate::entity::Move;
use crate::instance::live::workflows::Moved;
use crate::mapping;

/// What moves issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By<'b> {
    /// A workflow, by its name, that loses their status.
    Workflow(&'b str),
    /// A scheme, by its id, in which another workflow holds for them.
    Scheme(&'b str),
    /// A project, by its id, that gets another scheme.
    Project(&'b str),
}

/// Issues that move, and what becomes of them on the way back.
#[derive(Debug, Default)]
pub(super) struct Moving {
    /// What is to be done with them.
    pub(super) there: Vec<Moved>,
    /// What takes that back.
    pub(super) back: Vec<Moved>,
    /// What nothing takes back, in words.
    stays: Vec<String>,
    /// The same where there is no way back at all.
    all: Vec<String>,
}

impl Moving {
    pub(super) fn of(ground: &Ground<'_>, by: By<'_>) -> Self {
        let mut moving = Self::default();
        // Which status comes back for which, of a project and issue type.
        let mut former: BTreeMap<(&str, &str, &str), &str> = BTreeMap::new();
        for own in ground.moves().iter().filter(|own| is_moved_by(ground, own, by)) {
            let moved = |from: &str, to: &str| Moved {
                project: own.from.project.clone(),
                issue_type: own.from.issue_type.clone(),
                from: from.to_owned(),
                to: to.to_owned(),
            };
            moving.there.push(moved(&own.from.status, &own.status));
            moving.all.push(stay(ground, own));
            let stays = own
                .from
                .workflow
                .as_deref()
                .is_some_and(|workflow| mapping::has_status(ground.before.tables, workflow, &own.status));
            let key = (own.from.project.as_str(), own.from.issue_type.as_str(), own.status.as_str());
            let is_first = !stays && *former.entry(key).or_insert(&own.from.status) == own.from.status;
            match is_first {
                true => moving.back.push(moved(&own.status, &own.from.status)),
                false => moving.stays.push(stay(ground, own)),
            }
        }
        moving
    }

    /// Returns requests that say what nothing takes back, for those who ask beforehand.
    pub(super) fn lasting(&self) -> impl Iterator<Item = Deed> {
        told(&self.stays)
    }

    /// The same where nothing takes back the request that moves them: of all issues.
    pub(super) fn all_lasting(&self) -> impl Iterator<Item = Deed> {
        told(&self.all)
    }

    /// Spells moves as requests on workflow schemes have them, by issue type.
    pub(super) fn by_type(ground: &Ground<'_>, moved: &[Moved]) -> Option<Value> {
        let sent = |id: &str| ground.sent("status", id);
        let mut types: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
        for own in moved {
            types.entry(&own.issue_type).or_default().insert(sent(&own.from), sent(&own.to));
        }
        let spelled = |(issue_type, pairs): (&str, BTreeMap<String, String>)| {
            let pair = |(from, to)| json!({ "oldStatusId": from, "newStatusId": to });
            json!({
                "issueTypeId": issue_type,
                "statusMappings": pairs.into_iter().map(pair).collect::<Vec<_>>(),
            })
        };
        (!types.is_empty()).then(|| types.into_iter().map(spelled).collect())
    }
}

fn told(all: &[String]) -> impl Iterator<Item = Deed> {
    all.iter().map(|own| Deed::lasting(Sent::nothing()).about(own))
}

/// Returns the id of the workflow scheme of a project.
pub(super) fn scheme(side: &Side<'_>, project: &str) -> Option<String> {
    let mut rows = side.with("NodeAssociation", "sourceNodeId", project).into_iter().filter(|row| {
        row.get("sourceNodeEntity") == Some("Project") && row.get("sinkNodeEntity") == Some("WorkflowScheme")
    });
    rows.find_map(|row| row.text("sinkNodeId").map(str::to_owned))
}

fn is_moved_by(ground: &Ground<'_>, own: &Move, by: By<'_>) -> bool {
    // They are moved when they get their type.
    if own.new_type.is_some() {
        return false;
    }
    let is_same = own.from.workflow.as_deref() == Some(own.workflow.as_str());
    let (was, is) = (scheme(&ground.before, &own.from.project), scheme(&ground.after, &own.from.project));
    match by {
        By::Workflow(name) => is_same && own.workflow == name,
        By::Scheme(id) => !is_same && was == is && is.as_deref() == Some(id),
        By::Project(id) => !is_same && was != is && own.from.project == id,
    }
}

/// Says of issues that they keep a status, by their keys where they are known.
pub(super) fn stay(ground: &Ground<'_>, own: &Move) -> String {
    let Move { issues, project_key, issue_type_name, status_name, new_status_name, .. } = own;
    let noun = if *issues == 1 { "issue" } else { "issues" };
    let keys = ground.keys(&own.from).map(|own| format!(": {own}")).unwrap_or_default();
    format!(
        "the status `{status_name}` of {issues} {noun} of type `{issue_type_name}` in project {project_key}, which get `{new_status_name}`{keys}"
    )
}
