//! Issues that move to another step, in words.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::entity::{Move, Row, RowChange, Tables};
use crate::mapping::Names;
use crate::model::Snapshot;

/// Issues of one project, issue type and status that move together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MovedIssues {
    /// The key of their project.
    pub project: String,
    /// Their issue type.
    pub issue_type: String,
    /// The issue type that they will have, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_issue_type: Option<String>,
    /// The workflow that they run by; nothing if they have no workflow state, or it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_workflow: Option<String>,
    /// The workflow that they will run by; nothing if they stay in their step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// Their status.
    pub old_status: String,
    /// The status that they will have.
    pub status: String,
    /// How many they are.
    pub issues: u64,
}

/// What tells a group of issues from others.
type Key = (String, (String, Option<String>), Option<(Option<String>, String)>, (String, String));

/// Returns moves in words; issues that differ only in steps are one group.
pub(crate) fn describe(moves: &[Move]) -> Vec<MovedIssues> {
    gathered(moves.iter().map(|own| {
        let key = (
            own.project_key.clone(),
            (own.issue_type_name.clone(), own.new_type.as_ref().map(|new| new.name.clone())),
            (!own.stays_in_step()).then(|| (own.from.workflow.clone(), own.workflow.clone())),
            (own.status_name.clone(), own.new_status_name.clone()),
        );
        (key, own.issues)
    }))
}

/// Returns in words which issues changes of rows move: for the way back.
pub(crate) fn of_rows(tables: &Tables, changes: &[RowChange]) -> Vec<MovedIssues> {
    let is_issue = |change: &&RowChange| change.entity().entity().name == "Issue";
    if !changes.iter().any(|change| is_issue(&change)) {
        return Vec::new();
    }
    let names = Names::new(tables, &mut Snapshot::default());
    let mut entries: HashMap<&str, &str> = HashMap::new();
    for row in changes.iter().flat_map(|change| [&change.before, &change.after]).flatten() {
        if row.entity().entity().name == "OSWorkflowEntry" {
            entries.extend(row.get("name").map(|name| (row.id(), name)));
        }
    }
    let name = |kind: &str, row: &Row, attribute: &str| {
        let id = row.get(attribute).unwrap_or("");
        names.get(kind, id).map_or_else(|| id.to_owned(), |name| name.text.clone())
    };
    let entry = |row: &Row| entries.get(row.get("workflowId")?).map(|name| (*name).to_owned());
    gathered(changes.iter().filter(is_issue).filter_map(|change| {
        let (before, after) = change.before.as_ref().zip(change.after.as_ref())?;
        let is_retyped = before.get("type") != after.get("type");
        let stays_in_step = before.get("workflowId") == after.get("workflowId");
        let key = (
            name("project", after, "project"),
            (name("issueType", before, "type"), is_retyped.then(|| name("issueType", after, "type"))),
            (!stays_in_step).then(|| (entry(before), entry(after).unwrap_or_default())),
            (name("status", before, "status"), name("status", after, "status")),
        );
        Some((key, 1))
    }))
}

fn gathered(groups: impl Iterator<Item = (Key, u64)>) -> Vec<MovedIssues> {
    let mut counts: BTreeMap<Key, u64> = BTreeMap::new();
    for (key, issues) in groups {
        *counts.entry(key).or_default() += issues;
    }
    let moved = |((project, types, workflows, (old_status, status)), issues): (Key, u64)| {
        let (issue_type, new_issue_type) = types;
        let (old_workflow, workflow) = workflows.map_or((None, None), |(old, new)| (old, Some(new)));
        MovedIssues {
            project,
            issue_type,
            new_issue_type,
            old_workflow,
            workflow,
            old_status,
            status,
            issues,
        }
    };
    counts.into_iter().map(moved).collect()
}
