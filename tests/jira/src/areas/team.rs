//! A team-managed project with objects of its own, which have names that others have, too.
//!
//! Invariant: it is there on Cloud alone, and only if it was asked for; none of its ids is one of the instance.

use serde_json::{Value, json};

use super::pictures;
use crate::call::Call;

const PROJECT: &str = "90000";
const KEY: &str = "TEAM";
/// Its issue type, status, role, field and workflow.
const ISSUE_TYPE: &str = "90001";
const STATUS: &str = "90002";
const FIELD: &str = "customfield_90003";

fn is_there(call: &Call<'_>) -> bool {
    call.site.options.team_managed && call.is_cloud()
}

/// Returns the id of the project, if an id or key is meant that it has.
pub(crate) fn id(call: &Call<'_>, wanted: &str) -> Option<&'static str> {
    (is_there(call) && [PROJECT, KEY].contains(&wanted)).then_some(PROJECT)
}

fn scope() -> Value {
    json!({"type": "PROJECT", "project": {"id": PROJECT}})
}

pub(super) fn project(call: &Call<'_>) -> Option<Value> {
    let told = || {
        json!({
            "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
            "self": call.link(&format!("/project/{PROJECT}")),
            "id": PROJECT,
            "key": KEY,
            "name": "Managed by its team",
            "description": "",
            "avatarUrls": pictures(call, &format!("/secure/projectavatar?pid={PROJECT}&")),
            "projectTypeKey": "software",
            "simplified": true,
            "style": "next-gen",
            "isPrivate": false,
            "properties": {},
            "uuid": super::uuid("project", KEY),
        })
    };
    (is_there(call) && call.wants("keys", KEY) && call.wants("id", PROJECT)).then(told)
}

pub(super) fn issue_type(call: &Call<'_>) -> Option<Value> {
    let told = || {
        json!({
            "self": call.link(&format!("/issuetype/{ISSUE_TYPE}")),
            "id": ISSUE_TYPE,
            "description": "",
            "iconUrl": call.address("/images/icons/genericissue.gif"),
            "name": "Task",
            "untranslatedName": "Task",
            "subtask": false,
            "hierarchyLevel": 0,
            "entityId": super::uuid("issuetype", KEY),
            "scope": scope(),
        })
    };
    is_there(call).then(told)
}

pub(super) fn status(call: &Call<'_>) -> Option<Value> {
    let told = || {
        json!({
            "self": call.link(&format!("/status/{STATUS}")),
            "id": STATUS,
            "description": "",
            "iconUrl": call.address("/images/icons/statuses/generic.png"),
            "name": "To Do",
            "untranslatedName": "To Do",
            "statusCategory": {
                "self": call.link("/statuscategory/2"),
                "id": 2,
                "key": "new",
                "colorName": "blue-gray",
                "name": call.local("To Do"),
            },
            "scope": scope(),
        })
    };
    is_there(call).then(told)
}

pub(super) fn status_in_short(call: &Call<'_>) -> Option<Value> {
    is_there(call).then(|| {
        json!({"id": STATUS, "name": "To Do", "statusCategory": "TODO", "scope": scope(), "description": ""})
    })
}

pub(super) fn field(call: &Call<'_>) -> Option<Value> {
    let told = || {
        json!({
            "id": FIELD,
            "key": FIELD,
            "name": "Severity",
            "untranslatedName": "Severity",
            "custom": true,
            "orderable": true,
            "navigable": true,
            "searchable": true,
            "clauseNames": ["cf[90003]", "Severity"],
            "scope": scope(),
            "schema": {
                "type": "option",
                "custom": "com.atlassian.jira.plugin.system.customfieldtypes:select",
                "customId": 90003,
            },
        })
    };
    is_there(call).then(told)
}

/// Its workflow, whose name a workflow of others may have.
pub(super) fn workflow(call: &Call<'_>, has_transitions: bool) -> Option<(Value, Value)> {
    let told = || {
        let start = json!({
            "id": "1", "type": "INITIAL", "name": "Create", "description": "", "toStatusReference": STATUS,
            "links": [], "validators": [], "actions": [], "triggers": [], "properties": {},
        });
        let workflow = json!({
            "id": super::uuid("workflow", KEY),
            "name": format!("Software workflow for project {PROJECT}"),
            "description": "",
            "scope": scope(),
            "isEditable": true,
            "version": {"id": super::uuid("version", KEY), "versionNumber": 0},
            "startPointLayout": {"x": 0.0, "y": 0.0},
            "statuses": [{
                "statusReference": STATUS, "deprecated": false, "layout": {"x": 100.0, "y": 0.0}, "properties": {},
            }],
            "transitions": if has_transitions { json!([start]) } else { json!([]) },
        });
        let status = json!({
            "statusReference": STATUS, "id": STATUS, "name": "To Do", "statusCategory": "TODO",
            "scope": scope(), "description": "",
        });
        (workflow, status)
    };
    is_there(call).then(told)
}
