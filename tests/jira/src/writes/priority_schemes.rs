//! Priority schemes are made, changed, given to projects and deleted.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::issue_type_schemes::{
    assign, configuration, insert, is_default, members_of, must_be_scheme, projects_of, remove, set_members,
    used_in,
};
use super::{Done, Written, at_most, changes, id, list, members, nothing, text};
use crate::areas::projects;
use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, post, write};
use crate::rows::{Row, Table};

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/priorityscheme", add),
    post("/priorityscheme/mappings", needed_mappings).paged(50, 50),
    write("PUT", "/priorityscheme/{schemeId}", change),
    write("DELETE", "/priorityscheme/{schemeId}", delete),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    write("POST", "/priorityschemes", add_whole),
    write("PUT", "/priorityschemes/{schemeId}", change_whole),
    write("DELETE", "/priorityschemes/{schemeId}", delete_anyway),
    write("PUT", "/project/{projectKeyOrId}/priorityscheme", assign_whole),
    write("DELETE", "/project/{projectKeyOrId}/priorityscheme/{schemeId}", unassign),
];

const FIELD: &str = "priority";
const WHAT: &str = "priority scheme";

/// At most so many priorities are in a scheme.
const MOST: usize = 300;

/// Returns priorities in the order that all have: a scheme has none of its own.
pub(super) fn in_order(call: &Call<'_>, ids: &[String]) -> Result<Vec<String>, Refusal> {
    let table = call.table("priority")?;
    let all = Table::ordered(table.all(), "sequence");
    Ok(all.into_iter().map(Row::id).filter(|id| ids.iter().any(|own| own == id)).map(str::to_owned).collect())
}

fn check(call: &Call<'_>, ids: &[String], default: Option<&str>, except: &str) -> Result<(), Refusal> {
    let name = text(&call.body, "name")?;
    at_most("name", name, 255)?;
    let is_same = |row: Row<'_>| {
        row.id() != except
            && row.text("fieldid") == FIELD
            && name.is_some_and(|name| row.text("configname").eq_ignore_ascii_case(name))
    };
    if call.table("fieldconfigscheme")?.all().any(is_same) {
        return Err(Refusal::of("name", "A priority scheme with this name already exists."));
    }
    if ids.is_empty() || ids.len() > MOST {
        return Err(Refusal::new(400, &format!("A priority scheme has between 1 and {MOST} priorities.")));
    }
    for id in ids {
        call.must_be_known("priority", "priority", id)?;
    }
    match default {
        Some(default) if !ids.iter().any(|id| id == default) => {
            Err(Refusal::of("defaultPriorityId", "The default priority is not in the scheme."))
        }
        _ => Ok(()),
    }
}

/// Returns the priorities that issues of a project have, and that a scheme lacks.
fn lacking(call: &Call<'_>, project: &str, ids: &[String]) -> Result<Vec<String>, Refusal> {
    Ok(used_in(call, FIELD, project)?.into_iter().filter(|id| !ids.contains(id)).collect())
}

/// Gives issues of a project other priorities where the scheme lacks theirs.
fn migrate(call: &Call<'_>, project: &str, ids: &[String], mapped: &Value) -> Result<(), Refusal> {
    let lacking = lacking(call, project, ids)?;
    let unmapped: Vec<&str> =
        lacking.iter().filter(|own| self::id(mapped, own).is_none()).map(String::as_str).collect();
    if !unmapped.is_empty() {
        let text = format!(
            "The priorities with IDs [{}] require mapping. Please provide mappings in the 'in' mappings object, where these priorities are the keys with corresponding values.",
            unmapped.join(", ")
        );
        return Err(Refusal::new(400, &text));
    }
    let issues: Vec<(String, String)> = {
        let table = call.table("jiraissue")?;
        let own = table.with("project", project);
        own.filter_map(|row| Some((row.id().to_owned(), row.get("priority")?.to_owned()))).collect()
    };
    for (issue, priority) in issues.into_iter().filter(|(_, priority)| lacking.contains(priority)) {
        let new = id(mapped, &priority).unwrap_or_default();
        if !ids.contains(&new) {
            return Err(Refusal::new(400, &format!("The priority with ID {new} is not in the scheme.")));
        }
        call.update("jiraissue", &issue, json!({"priority": new}))?;
    }
    Ok(())
}

fn add(call: &Call<'_>) -> Written {
    call.workflows_rest()?;
    call.members(&["name*", "description", "priorityIds*", "defaultPriorityId*", "projectIds", "mappings"])?;
    let ids = list(&call.body, "priorityIds");
    let default = id(&call.body, "defaultPriorityId");
    check(call, &ids, default.as_deref(), "")?;
    let ids = in_order(call, &ids)?;
    let scheme = insert(call, FIELD, &call.body, &ids, default.as_deref())?;
    let projects = list(&call.body, "projectIds");
    for project in &projects {
        call.must_be_known("project", "project", project)?;
        migrate(call, project, &ids, &call.body["mappings"]["in"])?;
        assign(call, FIELD, &scheme, project)?;
    }
    if projects.is_empty() {
        return Ok(Done::created(json!({"id": scheme})));
    }
    let task = call.task("Create a priority scheme");
    Ok(Done::with(202, json!({"id": scheme, "task": task})))
}

/// Returns the ids that a change adds or removes: `{"add": {"ids": []}}`.
fn changed(call: &Call<'_>, member: &str, kind: &str) -> Result<Vec<String>, Refusal> {
    let said = &call.body[member];
    if said.is_null() {
        return Ok(Vec::new());
    }
    members(said, &["add", "remove"])?;
    if !said[kind].is_null() {
        members(&said[kind], &["ids*"])?;
    }
    Ok(list(&said[kind], "ids"))
}

fn change(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.workflows_rest()?;
    must_be_scheme(call, FIELD, WHAT, scheme)?;
    call.members(&["name", "description", "defaultPriorityId", "priorities", "projects", "mappings"])?;
    let (added, removed) = (changed(call, "priorities", "add")?, changed(call, "priorities", "remove")?);
    let (come, go) = (changed(call, "projects", "add")?, changed(call, "projects", "remove")?);
    let mappings = &call.body["mappings"];
    let needed =
        "The changes to priority schemes require mapping of priorities. Please provide a value for the";
    // They are needed even where no issue would move.
    if (!removed.is_empty() || !come.is_empty()) && !mappings["in"].is_object() {
        return Err(Refusal::new(400, &format!("{needed} 'in' mappings object.")));
    }
    if !go.is_empty() && !mappings["out"].is_object() {
        return Err(Refusal::new(400, &format!("{needed} 'out' mappings object.")));
    }
    if is_default(call, scheme)?
        && !(added.is_empty() && removed.is_empty() && come.is_empty() && go.is_empty())
    {
        return Err(Refusal::new(400, "The default priority scheme cannot be changed so."));
    }
    // What it is called says nothing about issues.
    let is_other = ![&added, &removed, &come, &go].iter().all(|own| own.is_empty());
    let mut ids = members_of(call, scheme)?;
    ids.retain(|id| !removed.contains(id));
    ids.extend(added);
    let default = id(&call.body, "defaultPriorityId").or(default_of(call, scheme)?);
    check(call, &ids, default.as_deref(), scheme)?;
    let ids = in_order(call, &ids)?;
    let columns = changes(&call.body, &[("name", "configname"), ("description", "description")]);
    call.update("fieldconfigscheme", scheme, columns)?;
    set_members(call, FIELD, scheme, &ids)?;
    call.set_default(&configuration(call, scheme)?, default.as_deref())?;
    for project in &go {
        leave(call, scheme, project, &mappings["out"])?;
    }
    let mut inside: BTreeSet<String> = projects_of(call, scheme)?.into_iter().collect();
    for project in &come {
        call.must_be_known("project", "project", project)?;
        assign(call, FIELD, scheme, project)?;
    }
    inside.extend(come);
    for project in inside.into_iter().filter(|_| is_other) {
        migrate(call, &project, &ids, &mappings["in"])?;
    }
    let all = call.got(&format!("/priorityscheme?schemeId={scheme}&expand=priorities,projects"))?;
    let mut told = all[0].clone();
    if let Some(own) = told.as_object_mut() {
        own.remove("self");
    }
    let task = call.task("Update a priority scheme");
    Ok(Done::with(202, json!({"priorityScheme": told, "task": task})))
}

fn default_of(call: &Call<'_>, scheme: &str) -> Result<Option<String>, Refusal> {
    let (table, configuration) = (call.table("genericconfiguration")?, configuration(call, scheme)?);
    let xml = table.one("datakey", &configuration).map_or("", |row| row.text("xmlvalue"));
    let own = xml.strip_prefix("<string>").and_then(|rest| rest.strip_suffix("</string>"));
    Ok(own.map(str::to_owned))
}

/// Takes a project out of a scheme: it gets the default, which has all priorities.
fn leave(call: &Call<'_>, scheme: &str, project: &str, mapped: &Value) -> Result<(), Refusal> {
    let gone = json!({"customfield": FIELD, "fieldconfigscheme": scheme, "project": project});
    if call.delete("configurationcontext", gone)? == 0 {
        return Err(Refusal::new(400, &format!("The project {project} does not have the priority scheme.")));
    }
    let mapped = mapped.as_object().cloned().unwrap_or_else(Map::new);
    for (old, new) in mapped {
        let issues: Vec<String> = {
            let table = call.table("jiraissue")?;
            let own = table.with("project", project).filter(|row| row.get("priority") == Some(&old));
            own.map(|row| row.id().to_owned()).collect()
        };
        for issue in issues {
            call.update("jiraissue", &issue, json!({"priority": new}))?;
        }
    }
    Ok(())
}

fn delete(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    must_be_scheme(call, FIELD, WHAT, scheme).map_err(|refusal| refusal.with_status(400))?;
    if is_default(call, scheme)? || !projects_of(call, scheme)?.is_empty() {
        return Err(Refusal::new(400, "The priority scheme is the default or associated with a project."));
    }
    remove(call, scheme)?;
    nothing()
}

/// Tells which priorities of issues a change would need mappings for. It changes nothing.
fn needed_mappings(call: &Call<'_>) -> Answer {
    members(&call.body, &["maxResults", "startAt", "priorities", "projects", "schemeId"])?;
    let (mut ids, mut projects) = match id(&call.body, "schemeId") {
        Some(scheme) => {
            must_be_scheme(call, FIELD, WHAT, &scheme).map_err(|refusal| refusal.with_status(400))?;
            (members_of(call, &scheme)?, projects_of(call, &scheme)?)
        }
        None => (Vec::new(), Vec::new()),
    };
    let removed = list(&call.body["priorities"], "remove");
    ids.retain(|id| !removed.contains(id));
    ids.extend(list(&call.body["priorities"], "add"));
    projects.extend(list(&call.body["projects"], "add"));
    let mut needed = BTreeSet::new();
    for project in projects {
        needed.extend(lacking(call, &project, &ids)?);
    }
    let all = call.got("/priority")?;
    let is_needed = |own: &&Value| needed.iter().any(|id| own["id"] == id.as_str());
    let told = all.as_array().into_iter().flatten().filter(is_needed).enumerate().map(|(place, own)| {
        let mut own = own.clone();
        own["sequence"] = json!(place.to_string());
        own
    });
    Ok(told.collect())
}

fn whole(call: &Call<'_>, scheme: &str, status: u16) -> Written {
    Ok(Done::with(status, call.got(&format!("/priorityschemes/{scheme}"))?))
}

fn whole_body(call: &Call<'_>, except: &str) -> Result<(Vec<String>, Option<String>), Refusal> {
    call.members(&["name*", "description", "optionIds*", "defaultOptionId", "id"])?;
    let (ids, default) = (list(&call.body, "optionIds"), id(&call.body, "defaultOptionId"));
    check(call, &ids, default.as_deref(), except)?;
    Ok((in_order(call, &ids)?, default))
}

fn add_whole(call: &Call<'_>) -> Written {
    let (ids, default) = whole_body(call, "")?;
    let scheme = insert(call, FIELD, &call.body, &ids, default.as_deref())?;
    whole(call, &scheme, 201)
}

/// Refuses a change that issues would have to move for.
fn must_hold_issues(call: &Call<'_>, project: &str, ids: &[String]) -> Result<(), Refusal> {
    if lacking(call, project, ids)?.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(400, &format!("Issues of the project {project} would have to be migrated.")))
}

fn change_whole(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    must_be_scheme(call, FIELD, WHAT, scheme)?;
    if is_default(call, scheme)? {
        return Err(Refusal::new(400, "The default priority scheme cannot be changed."));
    }
    let (ids, default) = whole_body(call, scheme)?;
    // What it is called says nothing about issues.
    if ids != in_order(call, &members_of(call, scheme)?)? {
        for project in projects_of(call, scheme)? {
            must_hold_issues(call, &project, &ids)?;
        }
    }
    call.update(
        "fieldconfigscheme",
        scheme,
        json!({"configname": call.body["name"], "description": call.body["description"]}),
    )?;
    set_members(call, FIELD, scheme, &ids)?;
    call.set_default(&configuration(call, scheme)?, default.as_deref())?;
    whole(call, scheme, 200)
}

/// Deletes a scheme; its projects get the default.
fn delete_anyway(call: &Call<'_>) -> Written {
    must_be_scheme(call, FIELD, WHAT, call.part(0))?;
    if is_default(call, call.part(0))? {
        return Err(Refusal::new(403, "The default priority scheme cannot be deleted."));
    }
    remove(call, call.part(0))?;
    nothing()
}

fn assign_whole(call: &Call<'_>) -> Written {
    let project = projects::find(call, call.part(0))?.id;
    call.members(&["id*"])?;
    let scheme = id(&call.body, "id").unwrap_or_default();
    must_be_scheme(call, FIELD, WHAT, &scheme)?;
    must_hold_issues(call, &project, &members_of(call, &scheme)?)?;
    assign(call, FIELD, &scheme, &project)?;
    whole(call, &scheme, 200)
}

fn unassign(call: &Call<'_>) -> Written {
    let project = projects::find(call, call.part(0))?.id;
    leave(call, call.part(1), &project, &Value::Null)?;
    Ok(Done::ok(call.got(&format!("/project/{project}/priorityscheme"))?))
}
