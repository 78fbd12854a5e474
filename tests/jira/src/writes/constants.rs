//! Issue types, priorities, resolutions, statuses and link types are made, changed, ordered and deleted.

use serde_json::{Value, json};

use super::issue_type_schemes::{members_of, set_members};
use super::{Done, Written, at_most, changes, members, nothing, text};
use crate::areas::avatars::is_of_issue_types;
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::Row;

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/issuetype", add_issue_type),
    write("PUT", "/issuetype/{id}", change_issue_type),
    write("DELETE", "/issuetype/{id}", delete_issue_type),
    write("POST", "/issueLinkType", add_link_type),
    write("PUT", "/issueLinkType/{issueLinkTypeId}", change_link_type),
    write("DELETE", "/issueLinkType/{issueLinkTypeId}", delete_link_type),
];
pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/priority", add_priority),
    write("PUT", "/priority/default", set_default_priority),
    write("PUT", "/priority/move", move_priorities),
    write("PUT", "/priority/{id}", change_priority),
    write("DELETE", "/priority/{id}", delete_priority),
    write("POST", "/resolution", add_resolution),
    write("PUT", "/resolution/default", set_default_resolution),
    write("PUT", "/resolution/move", move_resolutions),
    write("PUT", "/resolution/{id}", change_resolution),
    write("DELETE", "/resolution/{id}", delete_resolution),
    write("POST", "/statuses", add_statuses),
    write("PUT", "/statuses", change_statuses),
    write("DELETE", "/statuses", delete_statuses),
];

fn taken(what: &str, status: u16) -> impl FnOnce(&str) -> Refusal {
    let what = what.to_owned();
    move |name| {
        let text = format!("A {what} with the name '{name}' already exists.");
        Refusal::of("name", &text).with_status(status)
    }
}

/// Returns the number behind all of a table.
fn last(call: &Call<'_>, table: &str) -> Result<i64, Refusal> {
    let table = call.table(table)?;
    Ok(table.all().filter_map(|row| row.number("sequence")).max().unwrap_or(0) + 1)
}

const MOST_NAME: usize = 60;

fn add_issue_type(call: &Call<'_>) -> Written {
    call.members(&["name*", "description", "type", if call.is_cloud() { "hierarchyLevel" } else { "type" }])?;
    let name = text(&call.body, "name")?;
    at_most("name", name, MOST_NAME)?;
    let is_subtask = match (call.body["hierarchyLevel"].as_i64(), call.body["type"].as_str()) {
        (Some(_), Some(_)) => {
            return Err(Refusal::new(400, "Only one of hierarchyLevel and type can be provided."));
        }
        (Some(-1), _) | (_, Some("subtask")) => true,
        (Some(0), _) | (None, Some("standard") | None) => false,
        // Levels above are set in Jira's own pages.
        _ => return Err(Refusal::of("hierarchyLevel", "The hierarchy level must be 0 or -1.")),
    };
    call.must_be_free(("issuetype", "pname"), name, "", taken("issue type", 409))?;
    let avatars = call.table("avatar")?;
    let avatar = avatars.with("avatartype", "issuetype").find(|row| row.is_true("systemavatar"));
    let id = call.insert(
        "issuetype",
        json!({
            "pname": name,
            "description": text(&call.body, "description")?,
            "pstyle": is_subtask.then_some("jira_subtask"),
            "avatar": avatar.map(Row::id),
        }),
    )?;
    if call.is_cloud() {
        return Ok(Done::created(call.got(&format!("/issuetype/{id}"))?));
    }
    // Cloud does not add it to the default scheme any more.
    add_to_default_scheme(call, "issuetype", &id)?;
    Ok(Done::empty(201))
}

/// Adds an issue type or priority to the scheme that holds where no other does, if that has rows.
fn add_to_default_scheme(call: &Call<'_>, field: &str, id: &str) -> Result<(), Refusal> {
    let Some(configuration) = default_configuration(call, field)? else { return Ok(()) };
    let options = call.table("optionconfiguration")?;
    let sequence = options.with("fieldconfig", &configuration).filter_map(|row| row.number("sequence")).max();
    call.insert(
        "optionconfiguration",
        json!({
            "fieldid": field,
            "optionid": id,
            "fieldconfig": configuration,
            "sequence": sequence.map_or(0, |last| last + 1),
        }),
    )?;
    Ok(())
}

/// Returns the configuration of the default scheme of issue types or priorities.
fn default_configuration(call: &Call<'_>, field: &str) -> Result<Option<String>, Refusal> {
    let (contexts, configurations) =
        (call.table("configurationcontext")?, call.table("fieldconfigschemeissuetype")?);
    let own = contexts.with("customfield", field).find(|row| row.get("project").is_none());
    let own = own.and_then(|row| configurations.one("fieldconfigscheme", row.text("fieldconfigscheme")));
    Ok(own.map(|row| row.text("fieldconfiguration").to_owned()))
}

fn change_issue_type(call: &Call<'_>) -> Written {
    call.must_exist("issuetype", "issue type", call.part(0))?;
    let own = call.members(&["name", "description", "avatarId"])?;
    if own.is_empty() {
        return Err(Refusal::new(400, "No content to update the issue type with."));
    }
    let name = text(&call.body, "name")?;
    at_most("name", name, MOST_NAME)?;
    call.must_be_free(("issuetype", "pname"), name, call.part(0), taken("issue type", 409))?;
    if let Some(avatar) = super::id(&call.body, "avatarId") {
        let table = call.table("avatar")?;
        if !is_of_issue_types(&table, &avatar) {
            return Err(Refusal::of("avatarId", "The avatar is not associated with this issue type."));
        }
    }
    let pairs = [("name", "pname"), ("description", "description"), ("avatarId", "avatar")];
    call.update("issuetype", call.part(0), changes(&call.body, &pairs))?;
    Ok(Done::ok(call.got(&format!("/issuetype/{}", call.part(0)))?))
}

fn delete_issue_type(call: &Call<'_>) -> Written {
    let id = call.part(0);
    call.must_exist("issuetype", "issue type", id)?;
    if call.is_used("jiraissue", "issuetype", id)? {
        let refused = if call.is_cloud() { 404 } else { 400 };
        let Some(other) = call.query("alternativeIssueTypeId") else {
            return Err(Refusal::new(refused, "The issue type is in use and no alternative is specified."));
        };
        let table = call.table("issuetype")?;
        let row = table.by_id(other).ok_or_else(|| Refusal::missing("issue type", other))?;
        let own = table.by_id(id).map(|row| row.get("pstyle"));
        if other == id || own != Some(row.get("pstyle")) {
            return Err(Refusal::new(409, "The alternative issue type cannot take the issues."));
        }
        call.update_all("jiraissue", ("issuetype", id), json!({"issuetype": other}))?;
    }
    call.delete("optionconfiguration", json!({"fieldid": "issuetype", "optionid": id}))?;
    for table in [
        "fieldconfigschemeissuetype",
        "workflowschemeentity",
        "draftworkflowschemeentity",
        "fieldlayoutschemeentity",
        "issuetypescreenschemeentity",
    ] {
        call.delete(table, json!({"issuetype": id}))?;
    }
    call.delete("issuetype", json!({"id": id}))?;
    nothing()
}

fn color(call: &Call<'_>) -> Result<(), Refusal> {
    let color = text(&call.body, "statusColor")?;
    let is_color = |text: &str| {
        text.strip_prefix('#').is_some_and(|hex| {
            [3, 6].contains(&hex.len()) && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    match color {
        Some(text) if !is_color(text) => {
            Err(Refusal::of("statusColor", "The status color must be a 3-digit or 6-digit hex color."))
        }
        _ => Ok(()),
    }
}

/// Returns the columns of a priority that the body says.
fn priority_columns(call: &Call<'_>) -> Value {
    let pairs = [
        ("name", "pname"),
        ("description", "description"),
        ("statusColor", "status_color"),
        ("iconUrl", "iconurl"),
    ];
    let mut columns = changes(&call.body, &pairs);
    // Cloud takes the address of a PNG, and tells that of the same picture as SVG (seen in replies of live sites).
    let newer = ["highest", "high", "medium", "low", "lowest"];
    let icon = columns["iconurl"].as_str().and_then(|icon| icon.strip_suffix(".png"));
    let icon = icon.filter(|icon| newer.iter().any(|name| icon.ends_with(&format!("/priorities/{name}"))));
    if let Some(icon) = icon.map(|icon| format!("{icon}.svg")) {
        columns["iconurl"] = json!(icon);
    }
    if let Some(avatar) = super::id(&call.body, "avatarId") {
        columns["iconurl"] =
            json!(format!("/secure/viewavatar?size=medium&avatarId={avatar}&avatarType=priority"));
    }
    columns
}

fn add_priority(call: &Call<'_>) -> Written {
    let own = call.members(&["name*", "description", "statusColor*", "iconUrl", "avatarId"])?;
    match (own.contains_key("iconUrl"), own.contains_key("avatarId")) {
        (false, false) => return Err(Refusal::of("iconUrl", "Icon must be specified.")),
        (true, true) => return Err(Refusal::new(400, "Only one of iconUrl and avatarId can be provided.")),
        _ => {}
    }
    let name = text(&call.body, "name")?;
    at_most("name", name, MOST_NAME)?;
    color(call)?;
    call.must_be_free(("priority", "pname"), name, "", taken("priority", 400))?;
    let mut columns = priority_columns(call);
    columns["sequence"] = json!(last(call, "priority")?);
    let id = call.insert("priority", columns)?;
    add_to_default_scheme(call, "priority", &id)?;
    Ok(Done::created(json!({"id": id})))
}

fn change_priority(call: &Call<'_>) -> Written {
    call.must_exist("priority", "priority", call.part(0))?;
    let own = call.members(&["name", "description", "statusColor", "iconUrl", "avatarId"])?;
    if own.is_empty() {
        return Err(Refusal::new(400, "At least one request body parameter must be defined."));
    }
    let name = text(&call.body, "name")?;
    at_most("name", name, MOST_NAME)?;
    color(call)?;
    call.must_be_free(("priority", "pname"), name, call.part(0), taken("priority", 400))?;
    call.update("priority", call.part(0), priority_columns(call))?;
    nothing()
}

/// The default is the default scheme's.
fn set_default_priority(call: &Call<'_>) -> Written {
    call.members(&["id"])?;
    let id = super::id(&call.body, "id");
    if let Some(id) = &id {
        call.must_exist("priority", "priority", id)?;
    }
    match default_configuration(call, "priority")? {
        Some(configuration) => call.set_default(&configuration, id.as_deref())?,
        None => call.set_setting("jira.constant.default.priority", id.as_deref())?,
    }
    nothing()
}

fn move_priorities(call: &Call<'_>) -> Written {
    call.members(&["ids*", "after", "position"])?;
    call.move_rows("priority", "ids")?;
    // Schemes have no order of their own.
    let schemes: Vec<String> = {
        let table = call.table("fieldconfigscheme")?;
        table.with("fieldid", "priority").map(|row| row.id().to_owned()).collect()
    };
    for scheme in schemes {
        let members = super::priority_schemes::in_order(call, &members_of(call, &scheme)?)?;
        set_members(call, "priority", &scheme, &members)?;
    }
    nothing()
}

fn delete_priority(call: &Call<'_>) -> Written {
    let id = call.part(0);
    call.must_exist("priority", "priority", id)?;
    if call.is_used("jiraissue", "priority", id)? {
        return Err(Refusal::new(400, "The priority is used by issues."));
    }
    let default = format!("<string>{id}</string>");
    let configurations = call.table("fieldconfiguration")?;
    for row in call.table("genericconfiguration")?.with("xmlvalue", &default) {
        let own = configurations.by_id(row.text("datakey"));
        if own.is_some_and(|row| row.text("fieldid") == "priority") {
            return Err(Refusal::new(400, "The priority is the default of a priority scheme."));
        }
    }
    call.delete("optionconfiguration", json!({"fieldid": "priority", "optionid": id}))?;
    call.delete("priority", json!({"id": id}))?;
    call.started("Delete a priority")
}

fn add_resolution(call: &Call<'_>) -> Written {
    call.members(&["name*", "description"])?;
    let name = text(&call.body, "name")?;
    at_most("name", name, MOST_NAME)?;
    call.must_be_free(("resolution", "pname"), name, "", taken("resolution", 400))?;
    let sequence = last(call, "resolution")?;
    let description = text(&call.body, "description")?;
    let id =
        call.insert("resolution", json!({"pname": name, "description": description, "sequence": sequence}))?;
    Ok(Done::created(json!({"id": id})))
}

fn change_resolution(call: &Call<'_>) -> Written {
    call.must_exist("resolution", "resolution", call.part(0))?;
    call.members(&["name*", "description"])?;
    let name = text(&call.body, "name")?;
    at_most("name", name, MOST_NAME)?;
    call.must_be_free(("resolution", "pname"), name, call.part(0), taken("resolution", 400))?;
    let columns = changes(&call.body, &[("name", "pname"), ("description", "description")]);
    call.update("resolution", call.part(0), columns)?;
    nothing()
}

const DEFAULT_RESOLUTION: &str = "jira.constant.default.resolution";

fn set_default_resolution(call: &Call<'_>) -> Written {
    call.members(&["id"])?;
    let id = super::id(&call.body, "id");
    if let Some(id) = &id {
        call.must_exist("resolution", "resolution", id)?;
    }
    call.set_setting(DEFAULT_RESOLUTION, id.as_deref())?;
    nothing()
}

fn move_resolutions(call: &Call<'_>) -> Written {
    call.members(&["ids*", "after", "position"])?;
    call.move_rows("resolution", "ids")?;
    nothing()
}

fn delete_resolution(call: &Call<'_>) -> Written {
    let id = call.part(0);
    call.must_exist("resolution", "resolution", id)?;
    let Some(other) = call.query("replaceWith") else {
        return Err(Refusal::new(400, "The replaceWith query parameter is missing."));
    };
    call.must_be_known("resolution", "resolution", other)?;
    if other == id {
        return Err(Refusal::new(400, "A resolution cannot replace itself."));
    }
    call.update_all("jiraissue", ("resolution", id), json!({"resolution": other}))?;
    if call.setting(DEFAULT_RESOLUTION)?.as_deref() == Some(id) {
        call.set_setting(DEFAULT_RESOLUTION, None)?;
    }
    call.delete("resolution", json!({"id": id}))?;
    call.started("Delete a resolution")
}

/// Returns Jira's number of the category that a word names.
pub(super) fn category(status: &Value) -> Result<i64, Refusal> {
    match status["statusCategory"].as_str() {
        Some("TODO") => Ok(2),
        Some("DONE") => Ok(3),
        Some("IN_PROGRESS") => Ok(4),
        _ => Err(Refusal::of("statusCategory", "The status category is not valid.")),
    }
}

fn statuses<'c>(call: &'c Call<'_>) -> Result<&'c [Value], Refusal> {
    let own = call.body["statuses"].as_array().filter(|own| !own.is_empty());
    own.map(Vec::as_slice).ok_or_else(|| Refusal::of("statuses", "The statuses are required."))
}

/// The whole request fails if one status is wrong.
fn add_statuses(call: &Call<'_>) -> Written {
    call.members(&["scope*", "statuses*"])?;
    call.workflows_rest()?;
    match call.body["scope"]["type"].as_str() {
        Some("GLOBAL") => {}
        Some("PROJECT") => return Err(Refusal::new(400, "The project is not team-managed.")),
        _ => return Err(Refusal::of("scope", "The scope is not valid.")),
    }
    let mut query = Vec::new();
    for status in statuses(call)? {
        members(status, &["name*", "statusCategory*", "description"])?;
        let id = insert_status(call, status)?;
        query.push(format!("id={id}"));
    }
    Ok(Done::ok(call.got(&format!("/statuses?{}", query.join("&")))?))
}

/// Makes a status that applies to all projects; returns its id.
pub(super) fn insert_status(call: &Call<'_>, status: &Value) -> Result<String, Refusal> {
    let name = text(status, "name")?;
    at_most("name", name, 255)?;
    call.must_be_free(("issuestatus", "pname"), name, "", taken("status", 400))?;
    call.insert(
        "issuestatus",
        json!({
            "pname": name,
            "description": text(status, "description")?,
            "statuscategory": category(status)?,
            "sequence": last(call, "issuestatus")?,
            "iconurl": "/images/icons/statuses/generic.png",
        }),
    )
}

fn change_statuses(call: &Call<'_>) -> Written {
    call.members(&["statuses*"])?;
    call.workflows_rest()?;
    for status in statuses(call)? {
        members(status, &["id*", "name*", "statusCategory*", "description"])?;
        let id = text(status, "id")?.unwrap_or_default();
        call.must_be_known("issuestatus", "status", id)?;
        let name = text(status, "name")?;
        at_most("name", name, 255)?;
        call.must_be_free(("issuestatus", "pname"), name, id, taken("status", 400))?;
        let mut columns = changes(status, &[("name", "pname"), ("description", "description")]);
        columns["statuscategory"] = json!(category(status)?);
        call.update("issuestatus", id, columns)?;
    }
    nothing()
}

fn delete_statuses(call: &Call<'_>) -> Written {
    let ids: Vec<&str> = call.all("id").collect();
    if ids.is_empty() || ids.len() > 50 {
        return Err(Refusal::new(400, "Between 1 and 50 ids are needed."));
    }
    for id in ids {
        call.must_be_known("issuestatus", "status", id)?;
        let used = call.got(&format!("/statuses/{id}/workflowUsages"))?;
        if used["workflows"]["values"].as_array().is_none_or(|used| !used.is_empty()) {
            return Err(Refusal::new(400, &format!("The status '{id}' is used by a workflow.")));
        }
        call.delete("issuestatus", json!({"id": id}))?;
    }
    nothing()
}

const LINK_TYPE: [&str; 5] = ["id", "name", "inward", "outward", "self"];

fn add_link_type(call: &Call<'_>) -> Written {
    links_are_on(call)?;
    call.members(&["id", "name*", "inward*", "outward*"])?;
    let name = text(&call.body, "name")?;
    // Jira says so of a name that is taken.
    call.must_be_free(("issuelinktype", "linkname"), name, "", taken("issue link type", 404))?;
    let columns = changes(&call.body, &[("name", "linkname"), ("inward", "inward"), ("outward", "outward")]);
    let id = call.insert("issuelinktype", columns)?;
    if call.is_cloud() { Ok(Done::created(link_type(call, &id)?)) } else { Ok(Done::empty(201)) }
}

fn link_type(call: &Call<'_>, id: &str) -> Result<Value, Refusal> {
    let all = call.got("/issueLinkType")?;
    let found = all["issueLinkTypes"].as_array().into_iter().flatten().find(|own| own["id"] == id);
    found.cloned().ok_or_else(|| Refusal::missing("issue link type", id))
}

/// Refuses everything where linking is off.
fn links_are_on(call: &Call<'_>) -> Result<(), Refusal> {
    match call.setting("jira.option.issuelinking")?.as_deref() {
        Some("0" | "false") => Err(Refusal::new(404, "Issue linking is currently disabled.")),
        _ => Ok(()),
    }
}

fn change_link_type(call: &Call<'_>) -> Written {
    links_are_on(call)?;
    let id = call.part(0);
    link_type(call, id)?;
    call.members(&LINK_TYPE)?;
    let name = text(&call.body, "name")?;
    call.must_be_free(("issuelinktype", "linkname"), name, id, taken("issue link type", 400))?;
    let columns = changes(&call.body, &[("name", "linkname"), ("inward", "inward"), ("outward", "outward")]);
    call.update("issuelinktype", id, columns)?;
    Ok(Done::ok(link_type(call, id)?))
}

fn delete_link_type(call: &Call<'_>) -> Written {
    links_are_on(call)?;
    let id = call.part(0);
    link_type(call, id)?;
    // The links go with their type.
    call.delete("IssueLink", json!({"linktype": id}))?;
    call.delete("issuelinktype", json!({"id": id}))?;
    nothing()
}
