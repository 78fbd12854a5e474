//! Issues of a type that the issue type scheme of their project loses: which request gives them another one, and back.
//!
//! Jira Cloud has a task that moves issues, which Data Center lacks. Invariants: a request names the issues that were counted, by their
//! ids, with the type and the status that they have; they get the other type before theirs goes from the scheme, and theirs back after it
//! has come again.
//!
//! Source: Atlassian's description of Jira Cloud (April 2026).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::moved::stay;
use super::{Deed, Ground, Issues, Look, Sent};
use crate::entity::{Move, Standing, Tables};
use crate::instance::live::counts::Counts;
use crate::mapping::{self, Migration, Moving, NoType, Typeless};
use crate::rest::{Edition, Failure};

/// Issues of one request: Jira takes a thousand, and a look names all of them in an address.
const AT_ONCE: usize = 200;

/// What takes another type from issues, and moves them before.
#[derive(Debug, Clone, Copy)]
pub(super) enum By<'b> {
    /// A scheme that loses it, by its id.
    Scheme(&'b str),
    /// A project that gets another scheme, by its id.
    Project(&'b str),
}

/// Returns which types of which projects the mapping file gives another type, of those that are in question: project and type.
pub(super) fn wanted(tables: &Tables, asked: &[Standing], migration: Migration<'_>) -> Vec<(String, String)> {
    let names = mapping::Names::new(tables, &mut crate::model::Snapshot::default());
    let is_wanted = |own: &&Standing| {
        let name = |kind, id| names.get(kind, id).map(|name| name.text.as_str());
        let (project, issue_type) = (name("project", &own.project), name("issueType", &own.issue_type));
        own.status.is_empty()
            && project
                .zip(issue_type)
                .is_some_and(|(project, own)| (migration.issue_type)(project, own).is_some())
    };
    let own = asked.iter().filter(is_wanted);
    own.map(|own| (own.project.clone(), own.issue_type.clone())).collect()
}

/// Says of an edition that moves no issues why not.
pub(super) fn never(edition: Edition) -> Option<&'static str> {
    match edition {
        Edition::Cloud => None,
        Edition::DataCenter => Some(
            "Data Center has no request that moves issues to another type: move them in Jira first (Bulk change, Move issues)",
        ),
    }
}

/// Takes out of what becomes of issues those that cannot get another type, and says why.
pub(super) fn refuse((before, after): (&Tables, &Tables), moving: &mut Moving) {
    let names = mapping::Names::new(before, &mut crate::model::Snapshot::default());
    let mut kept = Vec::new();
    for own in std::mem::take(&mut moving.moves) {
        let why = own.new_type.as_ref().and_then(|new| obstacle((before, after), &own, &new.id));
        let (Some(why), Some(new)) = (why, &own.new_type) else {
            kept.push(own);
            continue;
        };
        let subtask = names.get("issueType", &own.from.issue_type).and_then(|name| name.get("subtask"));
        moving.typeless.push(Typeless {
            project: own.project_key.clone(),
            issue_type: (own.issue_type_name.clone(), subtask == Some("true")),
            wanted: Some((new.name.clone(), NoType::NotHere(why))),
            offered: None,
            issues: own.issues,
        });
    }
    moving.moves = kept;
}

/// Returns why issues cannot get another type by a request that is sent before the schemes and workflows of the import are.
fn obstacle((before, after): (&Tables, &Tables), own: &Move, new: &str) -> Option<&'static str> {
    let project = own.from.project.as_str();
    let is_subtask = |id: &str| {
        let mut rows = before.rows("IssueType").iter();
        rows.any(|row| row.id() == id && row.get("style") == Some("jira_subtask"))
    };
    if is_subtask(&own.from.issue_type) {
        return Some("pcfg gives no sub-tasks another type over REST: move them in Jira first");
    }
    // Within one scheme the new type comes before the old one goes.
    let is_kept = mapping::type_scheme(before, project) == mapping::type_scheme(after, project);
    if !is_kept && !mapping::offers_type(before, project, new) {
        return Some(
            "its project gets another scheme, and Jira takes that only when no issue has a type which it lacks: add the type to the \
             scheme that the project has first",
        );
    }
    let workflow = mapping::standing(before, project, new, &own.status);
    if workflow.step.is_none() {
        return Some(
            "the workflow that holds for that type in the project lacks their status until the import is done: import the workflows \
             and their scheme first, and the issue types then",
        );
    }
    None
}

/// Returns the requests that give issues another type, for what takes theirs from them.
pub(super) fn deeds(ground: &Ground<'_>, by: By<'_>) -> Vec<Deed> {
    let scheme = |tables, own: &Move| mapping::type_scheme(tables, &own.from.project).map(str::to_owned);
    let is_moved = |own: &&Move| {
        let (was, is) = (scheme(ground.before.tables, own), scheme(ground.after.tables, own));
        own.new_type.is_some()
            && match by {
                By::Scheme(id) => was == is && is.as_deref() == Some(id),
                By::Project(id) => was != is && own.from.project == id,
            }
    };
    let all: Vec<&Move> = ground.moves().iter().filter(is_moved).collect();
    let lost: BTreeSet<String> = all.iter().map(|own| lost(own)).collect();
    let lost = lost.iter().map(|own| Deed::lasting(Sent::nothing()).about(own));
    lost.chain(all.into_iter().flat_map(|own| moved(ground, own))).collect()
}

/// Says what issues may lose with their type.
fn lost(own: &Move) -> String {
    let Move { project_key, issue_type_name, .. } = own;
    let new = own.type_name();
    format!(
        "the values of fields that `{new}` does not have in project {project_key}, of its issues of type `{issue_type_name}`"
    )
}

/// Gives issues that stand at one place another type, and another status if they need one.
fn moved(ground: &Ground<'_>, own: &Move) -> Vec<Deed> {
    let Some(new) = &own.new_type else { return Vec::new() };
    let stays = own.from.status != own.status
        && mapping::standing(ground.before.tables, &own.from.project, &own.from.issue_type, &own.status)
            .step
            .is_some();
    // Jira changes the status only where it has to.
    let last = if stays { &own.status } else { &own.from.status };
    let [was, is] = [&own.from.issue_type, &new.id].map(|id| ground.sent("issueType", id));
    let status = |id: &String| ground.sent("status", id);
    let request = |ids: &[String], to: &str, (from, status): (String, String)| {
        let mut how = json!({
            "issueIdsOrKeys": ids,
            "inferClassificationDefaults": true,
            "inferFieldDefaults": true,
            "inferStatusDefaults": false,
            "inferSubtaskTypeDefault": false,
        });
        if from != status {
            how["targetStatus"] = json!([{ "statuses": { status: [from] } }]);
        }
        let target = format!("{},{to}", own.from.project);
        let body = json!({ "sendBulkNotification": false, "targetToSourcesMapping": { target: how } });
        Sent::post(ground.api("bulk/issues/move"), body)
    };
    let mut deeds = Vec::new();
    let all = ground.issues(&own.from);
    for ids in all.chunks(AT_ONCE) {
        let shown = |issue_type: &str, status: &str| -> Value {
            let fields = json!({ "issuetype": { "id": issue_type }, "status": { "id": status } });
            ids.iter().map(|id| json!({ "id": id, "fields": fields })).collect()
        };
        let look = |from: Value, to: Value| {
            Look::at(ground.api("search/jql"), from, to)
                .with("jql", &format!("id in ({})", ids.join(", ")))
                .with("fields", "issuetype,status")
                .with("maxResults", &AT_ONCE.to_string())
                .whole("/issues")
                .each("id")
        };
        let (first, then, last) = (
            shown(&was, &status(&own.from.status)),
            shown(&is, &status(&own.status)),
            shown(&was, &status(last)),
        );
        let sent = request(ids, &is, (status(&own.from.status), status(&own.status)));
        let back = request(ids, &was, (status(&own.status), status(&own.from.status)));
        deeds.push(Deed::new(sent.seen_by(look(first, then.clone())), back.seen_by(look(then, last))));
    }
    let lasting = stays.then(|| Deed::lasting(Sent::nothing()).about(&stay(ground, own)));
    lasting.into_iter().chain(deeds).collect()
}

/// Returns where the issues of these types stand, with their ids.
pub(super) fn found(before: &Tables, types: &[(String, String)], counts: &Counts) -> Result<Issues, Failure> {
    let mut issues = Issues::new();
    for (project, issue_type) in types {
        for (id, status) in counts.issues(project, issue_type)? {
            let standing = mapping::standing(before, project, issue_type, &status);
            issues.entry(standing).or_default().push(id);
        }
    }
    Ok(issues)
}
