//! Issue types, priorities, resolutions, statuses, link types and events.

use serde_json::{Value, json};

use super::{icon, number, projects, setting, team};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get};
use crate::rows::{Row, Table};

const PAGE: Shape = Shape::Plain(Limit { usual: 100, most: 1000 });

pub(super) const BOTH: &[Endpoint] = &[
    get("/issuetype", issue_types),
    get("/issuetype/{id}", issue_type_by_id),
    get("/priority", priorities),
    get("/priority/{id}", priority_by_id),
    get("/resolution", resolutions),
    get("/resolution/{id}", resolution_by_id),
    get("/status", statuses),
    get("/statuscategory", status_categories),
    get("/issueLinkType", link_types),
    get("/issueLinkType/{issueLinkTypeId}", link_type_by_id),
    get("/project/{projectIdOrKey}/statuses", statuses_of_project),
];
pub(super) const CLOUD: &[Endpoint] = &[
    get("/priority/search", priorities).paged(50, 50),
    get("/resolution/search", resolutions_told_default).paged(50, 50),
    get("/statuses/search", statuses_in_short).paged(200, 200),
    get("/statuses", statuses_by_id),
    get("/events", events).admin(),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    get("/issuetype/page", issue_types).shaped(PAGE),
    get("/priority/page", priorities).shaped(PAGE),
    get("/resolution/page", resolutions).shaped(PAGE),
    get("/status/page", statuses).shaped(PAGE),
];

/// Status categories: Jira's number, key, colour, name, and the word of newer endpoints.
const CATEGORIES: &[(i64, &str, &str, &str, &str)] = &[
    (1, "undefined", "medium-gray", "No Category", "TODO"),
    (2, "new", "blue-gray", "To Do", "TODO"),
    (3, "done", "green", "Done", "DONE"),
    (4, "indeterminate", "yellow", "In Progress", "IN_PROGRESS"),
];

/// Returns an issue type as other objects tell it.
pub(super) fn issue_type(call: &Call<'_>, row: Row<'_>) -> Value {
    let is_subtask = row.text("pstyle") == "jira_subtask";
    let name = row.text("pname");
    let mut told = json!({
        "self": call.link(&format!("/issuetype/{}", row.id())),
        "id": row.id(),
        "description": row.text("description"),
        "name": call.local(name),
        "subtask": is_subtask,
        "iconUrl": icon(call, row),
    });
    // Since 7.0 an avatar counts instead of the address beside it.
    if let Some(avatar) = row.number("avatar") {
        told["avatarId"] = json!(avatar);
        let picture = format!("/secure/viewavatar?size=medium&avatarId={avatar}&avatarType=issuetype");
        told["iconUrl"] = json!(call.address(&picture));
    }
    if call.is_cloud() {
        told["untranslatedName"] = json!(name);
        // The level of epics is set in Jira's own pages; theirs is the only one above that Jira makes by itself.
        told["hierarchyLevel"] = json!(if is_subtask { -1 } else { i64::from(name == "Epic") });
    }
    told
}

/// Returns all issue types in their order.
pub(super) fn issue_type_rows(table: &Table) -> Vec<Row<'_>> {
    Table::ordered(table.all(), "sequence")
}

fn issue_types(call: &Call<'_>) -> Answer {
    let table = call.table("issuetype")?;
    let mut told: Vec<_> = issue_type_rows(&table).into_iter().map(|row| issue_type(call, row)).collect();
    told.extend(team::issue_type(call));
    Ok(told.into())
}

fn issue_type_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("issuetype")?;
    let row = table.by_id(call.part(0)).ok_or_else(|| Refusal::missing("issue type", call.part(0)))?;
    Ok(issue_type(call, row))
}

fn priority_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("priority")?;
    let row = table.by_id(call.part(0)).ok_or_else(|| Refusal::missing("priority", call.part(0)))?;
    Ok(priority(call, row))
}

fn resolution_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("resolution")?;
    let row = table.by_id(call.part(0)).ok_or_else(|| Refusal::missing("resolution", call.part(0)))?;
    Ok(resolution(call, row))
}

/// Returns the issue types of the project's scheme.
pub(super) fn issue_types_of(call: &Call<'_>, project: &str) -> Answer {
    let (table, ids) =
        (call.table("issuetype")?, super::issue_type_schemes::types_of_project(call, project)?);
    Ok(ids.iter().filter_map(|id| table.by_id(id)).map(|row| issue_type(call, row)).collect())
}

/// Returns a priority; whether it is the default, its scheme says.
pub(super) fn priority(call: &Call<'_>, row: Row<'_>) -> Value {
    let mut told = json!({
        "self": call.link(&format!("/priority/{}", row.id())),
        "id": row.id(),
        "name": call.local(row.text("pname")),
        "description": row.text("description"),
        "statusColor": row.text("status_color"),
        "iconUrl": icon(call, row),
    });
    if call.is_cloud() {
        told["isDefault"] = json!(false);
    }
    told
}

fn priorities(call: &Call<'_>) -> Answer {
    let table = call.table("priority")?;
    Ok(Table::ordered(table.all(), "sequence").into_iter().map(|row| priority(call, row)).collect())
}

pub(super) fn resolution(call: &Call<'_>, row: Row<'_>) -> Value {
    json!({
        "self": call.link(&format!("/resolution/{}", row.id())),
        "id": row.id(),
        "name": call.local(row.text("pname")),
        "description": row.text("description"),
    })
}

fn resolutions(call: &Call<'_>) -> Answer {
    let table = call.table("resolution")?;
    Ok(Table::ordered(table.all(), "sequence").into_iter().map(|row| resolution(call, row)).collect())
}

fn resolutions_told_default(call: &Call<'_>) -> Answer {
    let (table, default) = (call.table("resolution")?, setting(call, "jira.constant.default.resolution")?);
    let rows = Table::ordered(table.all(), "sequence").into_iter();
    let told = rows.map(|row| {
        let mut told = resolution(call, row);
        told["isDefault"] = json!(Some(row.id()) == default.as_deref());
        told
    });
    Ok(told.collect())
}

fn category(call: &Call<'_>, number: i64) -> Value {
    let known = CATEGORIES.iter().find(|(own, ..)| *own == number).unwrap_or(&CATEGORIES[0]);
    let (id, key, color, name, _) = known;
    json!({
        "self": call.link(&format!("/statuscategory/{id}")),
        "id": id,
        "key": key,
        "colorName": color,
        "name": call.local(name),
    })
}

fn status_categories(call: &Call<'_>) -> Answer {
    Ok(CATEGORIES.iter().map(|(id, ..)| category(call, *id)).collect())
}

/// Returns a status as the older endpoints tell it.
pub(super) fn status(call: &Call<'_>, row: Row<'_>) -> Value {
    let name = row.text("pname");
    let mut told = json!({
        "self": call.link(&format!("/status/{}", row.id())),
        "id": row.id(),
        "description": row.text("description"),
        "iconUrl": icon(call, row),
        "name": call.local(name),
        "statusCategory": category(call, row.number("statuscategory").unwrap_or(1)),
    });
    if call.is_cloud() {
        told["untranslatedName"] = json!(name);
    }
    told
}

/// Returns the word that newer endpoints have for a status's category.
pub(super) fn category_word(row: Row<'_>) -> &'static str {
    let number = row.number("statuscategory").unwrap_or(1);
    CATEGORIES.iter().find(|(own, ..)| *own == number).map_or("TODO", |(.., word)| word)
}

fn status_rows(table: &Table) -> Vec<Row<'_>> {
    Table::ordered(table.all(), "sequence")
}

fn statuses(call: &Call<'_>) -> Answer {
    let table = call.table("issuestatus")?;
    let mut told: Vec<_> = status_rows(&table).into_iter().map(|row| status(call, row)).collect();
    told.extend(team::status(call));
    Ok(told.into())
}

fn status_in_short(call: &Call<'_>, row: Row<'_>) -> Value {
    json!({
        "id": row.id(),
        "name": call.local(row.text("pname")),
        "statusCategory": category_word(row),
        "scope": {"type": "GLOBAL"},
        "description": row.text("description"),
    })
}

/// Those who are no administrators get statuses of projects that they administer: none here.
fn statuses_in_short(call: &Call<'_>) -> Answer {
    if !call.is_admin() {
        return Ok(json!([]));
    }
    let table = call.table("issuestatus")?;
    let mut told: Vec<_> = status_rows(&table).into_iter().map(|row| status_in_short(call, row)).collect();
    told.extend(team::status_in_short(call));
    Ok(told.into())
}

fn statuses_by_id(call: &Call<'_>) -> Answer {
    if call.query("id").is_none() {
        return Err(Refusal::new(400, "The id query parameter is missing."));
    }
    let table = call.table("issuestatus")?;
    let wanted = status_rows(&table).into_iter().filter(|row| call.wants("id", row.id()));
    Ok(wanted.map(|row| status_in_short(call, row)).collect())
}

fn statuses_of_project(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0))?;
    let (types, all) = (issue_types_of(call, &project.id)?, statuses(call)?);
    let mut told = Vec::new();
    for kind in types.as_array().into_iter().flatten() {
        // Those of the workflow, in the order of its steps.
        let flow =
            super::issue::ways::Flow::of_type(call, &project.id, kind["id"].as_str().unwrap_or_default())?;
        let of_step = |(_, status, _): &(String, String, Vec<_>)| {
            all.as_array().into_iter().flatten().find(|own| own["id"] == status.as_str()).cloned()
        };
        let own: Vec<Value> = flow.steps.iter().filter_map(of_step).collect();
        let mut one = json!({"statuses": own});
        for member in ["self", "id", "name", "subtask"] {
            one[member] = kind[member].clone();
        }
        told.push(one);
    }
    Ok(told.into())
}

fn link_type(call: &Call<'_>, row: Row<'_>) -> Value {
    json!({
        "self": call.link(&format!("/issueLinkType/{}", row.id())),
        "id": row.id(),
        "name": row.text("linkname"),
        "inward": row.text("inward"),
        "outward": row.text("outward"),
    })
}

fn link_types(call: &Call<'_>) -> Answer {
    // Links of Jira's own, such as those of subtasks, have a style and are nobody's to change.
    let table = call.table("issuelinktype")?;
    let own = table.all().filter(|row| row.get("pstyle").is_none());
    let told: Vec<_> = own.map(|row| link_type(call, row)).collect();
    Ok(json!({"issueLinkTypes": told}))
}

fn link_type_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("issuelinktype")?;
    let row = table.by_id(call.part(0)).filter(|row| row.get("pstyle").is_none());
    let row = row.ok_or_else(|| Refusal::missing("issue link type", call.part(0)))?;
    Ok(link_type(call, row))
}

fn events(call: &Call<'_>) -> Answer {
    let table = call.table("jiraeventtype")?;
    Ok(table.all().map(|row| json!({"id": number(row.id()), "name": row.text("name")})).collect())
}
