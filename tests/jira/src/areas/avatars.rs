//! The pictures that come with Jira.

use serde_json::{Value, json};

use super::pictures;
use crate::call::Call;
use crate::router::{Answer, Endpoint, get};

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

fn system(call: &Call<'_>) -> Answer {
    let (table, kind) = (call.table("avatar")?, call.part(0));
    let own = table.with("avatartype", kind).filter(|row| row.is_true("systemavatar"));
    let mut all: Vec<(&str, &str)> = own.map(|row| (row.id(), row.text("filename"))).collect();
    if all.is_empty() && kind == "issuetype" {
        all.extend(OF_ISSUE_TYPES);
    }
    let told = all.into_iter().map(|(id, file)| {
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
