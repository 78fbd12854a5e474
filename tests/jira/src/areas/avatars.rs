//! The pictures that come with Jira.

use serde_json::{Value, json};

use super::pictures;
use crate::call::Call;
use crate::router::{Answer, Endpoint, get};
use crate::rows::Table;

pub(super) const BOTH: &[Endpoint] = &[get("/avatar/{type}/system", system)];

/// Those of issue types, which every Jira has since 7.0; rows of older ones have none.
const OF_ISSUE_TYPES: &[(&str, &str)] = &[
    ("10303", "bug.svg"),
    ("10307", "epic.svg"),
    ("10310", "improvement.svg"),
    ("10311", "newfeature.svg"),
    ("10315", "story.svg"),
    ("10316", "subtask.svg"),
    ("10318", "task.svg"),
];

/// Returns the ids and files of those of a kind that come with Jira.
fn those_of<'t>(table: &'t Table, kind: &str) -> Vec<(&'t str, &'t str)> {
    let own = table.with("avatartype", kind).filter(|row| row.is_true("systemavatar"));
    let mut all: Vec<(&str, &str)> = own.map(|row| (row.id(), row.text("filename"))).collect();
    if all.is_empty() && kind == "issuetype" {
        all.extend(OF_ISSUE_TYPES);
    }
    all
}

/// Returns whether an issue type can have an avatar.
pub(crate) fn is_of_issue_types(table: &Table, id: &str) -> bool {
    table.by_id(id).is_some_and(|row| row.text("avatartype") == "issuetype")
        || those_of(table, "issuetype").iter().any(|(own, _)| *own == id)
}

fn system(call: &Call<'_>) -> Answer {
    let (table, kind) = (call.table("avatar")?, call.part(0));
    let told = those_of(&table, kind).into_iter().map(|(id, file)| {
        let address = format!("/secure/viewavatar?avatarId={id}&avatarType={kind}&");
        let mut told = json!({"id": id, "isSystemAvatar": true, "isSelected": false, "isDeletable": false});
        if call.is_cloud() {
            told["fileName"] = json!(file);
        }
        told["urls"] = pictures(call, &address);
        told
    });
    Ok(json!({"system": told.collect::<Vec<Value>>()}))
}
