//! Issue type schemes are made, changed and given to projects; the same rows hold priority schemes.

use serde_json::{Value, json};

use super::move_in::moved;
use super::{Done, Written, at_most, changes, id, list, nothing, text};
use crate::areas::projects;
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::Table;

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/issuetypescheme", add),
    write("PUT", "/issuetypescheme/project", assign_project),
    write("PUT", "/issuetypescheme/{issueTypeSchemeId}", change),
    write("DELETE", "/issuetypescheme/{issueTypeSchemeId}", delete),
    write("PUT", "/issuetypescheme/{issueTypeSchemeId}/issuetype", add_types),
    write("PUT", "/issuetypescheme/{issueTypeSchemeId}/issuetype/move", move_types),
    write("DELETE", "/issuetypescheme/{issueTypeSchemeId}/issuetype/{issueTypeId}", remove_type),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    write("POST", "/issuetypescheme", add_whole),
    write("PUT", "/issuetypescheme/{schemeId}", change_whole),
    write("DELETE", "/issuetypescheme/{schemeId}", delete_anyway),
    write("PUT", "/issuetypescheme/{schemeId}/associations", set_associations),
    write("POST", "/issuetypescheme/{schemeId}/associations", add_associations),
    write("DELETE", "/issuetypescheme/{schemeId}/associations", remove_associations),
    write("DELETE", "/issuetypescheme/{schemeId}/associations/{projIdOrKey}", remove_association),
];

const FIELD: &str = "issuetype";
const WHAT: &str = "issue type scheme";

/// Makes a scheme of issue types or of priorities; returns its id.
pub(super) fn insert(
    call: &Call<'_>,
    field: &str,
    said: &Value,
    members: &[String],
    default: Option<&str>,
) -> Result<String, Refusal> {
    let row = json!({"fieldid": field, "configname": said["name"], "description": said["description"]});
    let scheme = call.insert("fieldconfigscheme", row.clone())?;
    let configuration = call.insert("fieldconfiguration", row)?;
    call.insert(
        "fieldconfigschemeissuetype",
        json!({"fieldconfigscheme": scheme, "fieldconfiguration": configuration, "issuetype": null}),
    )?;
    set_members(call, field, &scheme, members)?;
    call.set_default(&configuration, default)?;
    Ok(scheme)
}

/// Returns the id of the configuration of a scheme, which members and default belong to.
pub(super) fn configuration(call: &Call<'_>, scheme: &str) -> Result<String, Refusal> {
    let table = call.table("fieldconfigschemeissuetype")?;
    let own = table.one("fieldconfigscheme", scheme);
    Ok(own.map(|row| row.text("fieldconfiguration").to_owned()).unwrap_or_default())
}

/// Refuses an id that no scheme of the field has.
pub(super) fn must_be_scheme(call: &Call<'_>, field: &str, what: &str, id: &str) -> Result<(), Refusal> {
    let table = call.table("fieldconfigscheme")?;
    let row = table.by_id(id).filter(|row| row.text("fieldid") == field);
    row.map(|_| ()).ok_or_else(|| Refusal::missing(what, id))
}

/// Returns the ids of the members of a scheme, in order.
pub(super) fn members_of(call: &Call<'_>, scheme: &str) -> Result<Vec<String>, Refusal> {
    let (table, configuration) = (call.table("optionconfiguration")?, configuration(call, scheme)?);
    let own = Table::ordered(table.with("fieldconfig", &configuration), "sequence");
    Ok(own.into_iter().map(|row| row.text("optionid").to_owned()).collect())
}

/// Replaces the members of a scheme.
pub(super) fn set_members(call: &Call<'_>, field: &str, scheme: &str, ids: &[String]) -> Result<(), Refusal> {
    let configuration = configuration(call, scheme)?;
    call.delete("optionconfiguration", json!({"fieldconfig": configuration}))?;
    for (place, id) in ids.iter().enumerate() {
        call.insert(
            "optionconfiguration",
            json!({"fieldconfig": configuration, "fieldid": field, "optionid": id, "sequence": place}),
        )?;
    }
    Ok(())
}

/// Returns whether a scheme holds where no other does.
pub(super) fn is_default(call: &Call<'_>, scheme: &str) -> Result<bool, Refusal> {
    let contexts = call.table("configurationcontext")?;
    Ok(contexts.with("fieldconfigscheme", scheme).any(|row| row.get("project").is_none()))
}

/// Returns the ids of the projects that a scheme was given.
pub(super) fn projects_of(call: &Call<'_>, scheme: &str) -> Result<Vec<String>, Refusal> {
    let contexts = call.table("configurationcontext")?;
    let own = contexts.with("fieldconfigscheme", scheme).filter_map(|row| row.get("project"));
    Ok(own.map(str::to_owned).collect())
}

/// Returns the ids of the types or priorities that issues of a project have.
pub(super) fn used_in(call: &Call<'_>, field: &str, project: &str) -> Result<Vec<String>, Refusal> {
    let issues = call.table("jiraissue")?;
    let mut used: Vec<String> =
        issues.with("project", project).filter_map(|row| row.get(field)).map(str::to_owned).collect();
    used.sort();
    used.dedup();
    Ok(used)
}

/// Gives a project a scheme.
pub(super) fn assign(call: &Call<'_>, field: &str, scheme: &str, project: &str) -> Result<(), Refusal> {
    call.delete("configurationcontext", json!({"customfield": field, "project": project}))?;
    if !is_default(call, scheme)? {
        call.insert(
            "configurationcontext",
            json!({"fieldconfigscheme": scheme, "customfield": field, "project": project}),
        )?;
    }
    Ok(())
}

/// Refuses a scheme that lacks types that issues of the project have.
fn must_hold_issues(call: &Call<'_>, members: &[String], project: &str) -> Result<(), Refusal> {
    match used_in(call, FIELD, project)?.into_iter().find(|id| !members.contains(id)) {
        Some(id) => Err(Refusal::new(
            400,
            &format!("Issues of the project {project} have the type {id}, which is not in the scheme."),
        )),
        None => Ok(()),
    }
}

/// Refuses names, types and a default that are wrong.
fn check(call: &Call<'_>, types: &[String], except: &str, taken: u16) -> Result<(), Refusal> {
    let name = text(&call.body, "name")?;
    at_most("name", name, 255)?;
    at_most("description", text(&call.body, "description")?, 4000)?;
    let is_same = |row: crate::rows::Row<'_>| {
        row.id() != except
            && row.text("fieldid") == FIELD
            && name.is_some_and(|name| row.text("configname").eq_ignore_ascii_case(name))
    };
    if call.table("fieldconfigscheme")?.all().any(is_same) {
        return Err(Refusal::of("name", "The scheme name is used by another scheme.").with_status(taken));
    }
    for id in types {
        call.must_be_known("issuetype", "issue type", id)?;
    }
    match id(&call.body, "defaultIssueTypeId") {
        Some(default) if !types.contains(&default) => {
            Err(Refusal::of("defaultIssueTypeId", "The default issue type is not in the scheme."))
        }
        _ => Ok(()),
    }
}

fn add(call: &Call<'_>) -> Written {
    call.members(&["name*", "issueTypeIds*", "defaultIssueTypeId", "description"])?;
    let types = list(&call.body, "issueTypeIds");
    must_have_standard(call, &types)?;
    check(call, &types, "", 409)?;
    let default = id(&call.body, "defaultIssueTypeId");
    let id = insert(call, FIELD, &call.body, &types, default.as_deref())?;
    Ok(Done::created(json!({"issueTypeSchemeId": id})))
}

/// Refuses a scheme without any type that is no subtask.
fn must_have_standard(call: &Call<'_>, types: &[String]) -> Result<(), Refusal> {
    let table = call.table("issuetype")?;
    let is_standard = |id: &String| table.by_id(id).is_some_and(|row| row.text("pstyle") != "jira_subtask");
    if types.iter().any(is_standard) {
        return Ok(());
    }
    Err(Refusal::new(400, "The scheme must have at least one standard issue type."))
}

fn change(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    must_be_scheme(call, FIELD, WHAT, scheme)?;
    call.members(&["name", "defaultIssueTypeId", "description"])?;
    check(call, &members_of(call, scheme)?, scheme, 400)?;
    let columns = changes(&call.body, &[("name", "configname"), ("description", "description")]);
    call.update("fieldconfigscheme", scheme, columns)?;
    if call.body.get("defaultIssueTypeId").is_some() {
        let default = id(&call.body, "defaultIssueTypeId");
        call.set_default(&configuration(call, scheme)?, default.as_deref())?;
    }
    nothing()
}

/// Deletes the rows of a scheme.
pub(super) fn remove(call: &Call<'_>, scheme: &str) -> Result<(), Refusal> {
    let configuration = configuration(call, scheme)?;
    call.set_default(&configuration, None)?;
    call.delete("optionconfiguration", json!({"fieldconfig": configuration}))?;
    call.delete("configurationcontext", json!({"fieldconfigscheme": scheme}))?;
    call.delete("fieldconfigschemeissuetype", json!({"fieldconfigscheme": scheme}))?;
    call.delete("fieldconfiguration", json!({"id": configuration}))?;
    call.delete("fieldconfigscheme", json!({"id": scheme}))?;
    Ok(())
}

fn delete(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    must_be_scheme(call, FIELD, WHAT, scheme)?;
    if is_default(call, scheme)? {
        return Err(Refusal::new(400, "The default issue type scheme cannot be deleted."));
    }
    // Refused since 2026.
    if !projects_of(call, scheme)?.is_empty() {
        return Err(Refusal::new(400, "The issue type scheme is associated with a project."));
    }
    remove(call, scheme)?;
    nothing()
}

fn add_types(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    must_be_scheme(call, FIELD, WHAT, scheme)?;
    call.members(&["issueTypeIds*"])?;
    let mut members = members_of(call, scheme)?;
    for id in list(&call.body, "issueTypeIds") {
        call.must_exist("issuetype", "issue type", &id)?;
        if members.contains(&id) {
            return Err(Refusal::new(400, &format!("The issue type {id} is in the scheme already.")));
        }
        members.push(id);
    }
    set_members(call, FIELD, scheme, &members)?;
    nothing()
}

fn move_types(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    must_be_scheme(call, FIELD, WHAT, scheme)?;
    call.members(&["issueTypeIds*", "after", "position"])?;
    let order = moved(&members_of(call, scheme)?, &list(&call.body, "issueTypeIds"), &call.body)
        .map_err(|refusal| refusal.with_status(400))?;
    set_members(call, FIELD, scheme, &order)?;
    nothing()
}

fn remove_type(call: &Call<'_>) -> Written {
    let (scheme, gone) = (call.part(0), call.part(1));
    must_be_scheme(call, FIELD, WHAT, scheme)?;
    if is_default(call, scheme)? {
        return Err(Refusal::new(400, "Issue types cannot be removed from the default scheme."));
    }
    let mut members = members_of(call, scheme)?;
    let there = members.len();
    members.retain(|id| id != gone);
    if members.len() == there {
        return Err(Refusal::missing("issue type", gone));
    }
    must_have_standard(call, &members)?;
    for project in projects_of(call, scheme)? {
        must_hold_issues(call, &members, &project)?;
    }
    set_members(call, FIELD, scheme, &members)?;
    drop_default(call, scheme, &members)?;
    nothing()
}

/// Takes the default away if it is no member any more.
fn drop_default(call: &Call<'_>, scheme: &str, members: &[String]) -> Result<(), Refusal> {
    let configuration = configuration(call, scheme)?;
    let gone = {
        let table = call.table("genericconfiguration")?;
        let row = table.one("datakey", &configuration);
        row.is_some_and(|row| {
            !members.iter().any(|id| row.text("xmlvalue") == format!("<string>{id}</string>"))
        })
    };
    if gone { call.set_default(&configuration, None) } else { Ok(()) }
}

fn assign_project(call: &Call<'_>) -> Written {
    call.members(&["issueTypeSchemeId*", "projectId*"])?;
    let scheme = id(&call.body, "issueTypeSchemeId").unwrap_or_default();
    must_be_scheme(call, FIELD, WHAT, &scheme)?;
    let project = call.classic_project(&id(&call.body, "projectId").unwrap_or_default())?;
    must_hold_issues(call, &members_of(call, &scheme)?, &project)?;
    assign(call, FIELD, &scheme, &project)?;
    nothing()
}

/// Returns the types that a body of Data Center names: by one of two members.
fn types_of_body(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    call.members(&["name*", "description", "defaultIssueTypeId", "issueTypeIds", "issueTypeIDs"])?;
    let (one, other) = (list(&call.body, "issueTypeIds"), list(&call.body, "issueTypeIDs"));
    let types = if one.is_empty() { other } else { one };
    if types.is_empty() {
        return Err(Refusal::of("issueTypeIds", "The issue types are required."));
    }
    Ok(types)
}

fn told(call: &Call<'_>, scheme: &str) -> Written {
    let path = format!("/issuetypescheme/{scheme}?expand=issueTypes,defaultIssueType");
    Ok(Done::ok(call.got(&path)?))
}

fn add_whole(call: &Call<'_>) -> Written {
    let types = types_of_body(call)?;
    check(call, &types, "", 400)?;
    let default = id(&call.body, "defaultIssueTypeId");
    told(call, &insert(call, FIELD, &call.body, &types, default.as_deref())?)
}

fn change_whole(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    must_be_scheme(call, FIELD, WHAT, scheme)?;
    let types = types_of_body(call)?;
    check(call, &types, scheme, 400)?;
    for project in projects_of(call, scheme)? {
        must_hold_issues(call, &types, &project)?;
    }
    call.update(
        "fieldconfigscheme",
        scheme,
        json!({"configname": call.body["name"], "description": call.body["description"]}),
    )?;
    set_members(call, FIELD, scheme, &types)?;
    let default = id(&call.body, "defaultIssueTypeId");
    call.set_default(&configuration(call, scheme)?, default.as_deref())?;
    told(call, scheme)
}

/// Refuses the scheme of the address if it is the default.
fn must_not_be_default(call: &Call<'_>) -> Result<(), Refusal> {
    must_be_scheme(call, FIELD, WHAT, call.part(0))?;
    if is_default(call, call.part(0))? {
        return Err(Refusal::new(403, "The default issue type scheme cannot be changed so."));
    }
    Ok(())
}

/// Deletes a scheme; its projects get the default.
fn delete_anyway(call: &Call<'_>) -> Written {
    must_not_be_default(call)?;
    remove(call, call.part(0))?;
    nothing()
}

fn associate(call: &Call<'_>) -> Result<(), Refusal> {
    let scheme = call.part(0);
    must_be_scheme(call, FIELD, WHAT, scheme)?;
    call.members(&["idsOrKeys*"])?;
    let members = members_of(call, scheme)?;
    for project in list(&call.body, "idsOrKeys") {
        let project = projects::find(call, &project).map_err(|refusal| refusal.with_status(400))?;
        must_hold_issues(call, &members, &project.id)?;
        assign(call, FIELD, scheme, &project.id)?;
    }
    Ok(())
}

fn add_associations(call: &Call<'_>) -> Written {
    associate(call)?;
    Ok(Done::empty(200))
}

fn set_associations(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    must_be_scheme(call, FIELD, WHAT, scheme)?;
    if !is_default(call, scheme)? {
        call.delete("configurationcontext", json!({"fieldconfigscheme": scheme}))?;
    }
    associate(call)?;
    Ok(Done::empty(200))
}

fn remove_associations(call: &Call<'_>) -> Written {
    must_not_be_default(call)?;
    call.delete("configurationcontext", json!({"fieldconfigscheme": call.part(0)}))?;
    nothing()
}

fn remove_association(call: &Call<'_>) -> Written {
    must_not_be_default(call)?;
    let project = projects::find(call, call.part(1))?;
    call.delete("configurationcontext", json!({"fieldconfigscheme": call.part(0), "project": project.id}))?;
    nothing()
}
