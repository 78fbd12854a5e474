//! Project roles and their members are made, changed and deleted.

use serde_json::{Value, json};

use super::{Done, Written, list, nothing, people, text};
use crate::areas::projects;
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::Row;

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/role", add),
    write("PUT", "/role/{id}", change),
    write("POST", "/role/{id}", change_one),
    write("DELETE", "/role/{id}", delete),
    write("POST", "/role/{id}/actors", add_default_actors),
    write("DELETE", "/role/{id}/actors", delete_default_actor),
    write("PUT", "/project/{projectIdOrKey}/role/{id}", set_actors),
    write("POST", "/project/{projectIdOrKey}/role/{id}", add_actors),
    write("DELETE", "/project/{projectIdOrKey}/role/{id}", delete_actor),
];

/// The role of apps, which is nobody's to change.
const OF_APPS: &str = "atlassian-addons-project-access";

const USER: &str = "atlassian-user-role-actor";
const GROUP: &str = "atlassian-group-role-actor";

fn must_exist(call: &Call<'_>, id: &str) -> Result<(), Refusal> {
    let table = call.table("projectrole")?;
    let row = table.by_id(id).ok_or_else(|| Refusal::missing("project role", id))?;
    if row.text("name") == OF_APPS {
        return Err(Refusal::new(400, "The role of apps cannot be changed."));
    }
    Ok(())
}

fn name<'c>(call: &'c Call<'_>, except: &str, status: u16) -> Result<Option<&'c str>, Refusal> {
    let name = text(&call.body, "name")?;
    if name.is_some_and(|name| name.is_empty() || name != name.trim()) {
        return Err(Refusal::new(400, "The name cannot be empty or start or end with whitespace."));
    }
    let taken = |name: &str| {
        let text = format!("A project role with name '{name}' already exists.");
        Refusal::of("name", &text).with_status(status)
    };
    call.must_be_free(("projectrole", "name"), name, except, taken)?;
    Ok(name)
}

fn role(call: &Call<'_>, id: &str) -> Written {
    Ok(Done::ok(call.got(&format!("/role/{id}"))?))
}

fn add(call: &Call<'_>) -> Written {
    call.members(&["name*", "description"])?;
    let name = name(call, "", 409)?;
    let id =
        call.insert("projectrole", json!({"name": name, "description": text(&call.body, "description")?}))?;
    role(call, &id)
}

/// Changes both: neither may be missing.
fn change(call: &Call<'_>) -> Written {
    let id = call.part(0);
    must_exist(call, id)?;
    let own = call.members(&["name*", "description"])?;
    if own.get("description").is_none_or(Value::is_null) {
        return Err(Refusal::of("description", "The description is required."));
    }
    name(call, id, 400)?;
    call.update(
        "projectrole",
        id,
        super::changes(&call.body, &[("name", "name"), ("description", "description")]),
    )?;
    role(call, id)
}

/// Changes one: of both the name.
fn change_one(call: &Call<'_>) -> Written {
    let id = call.part(0);
    must_exist(call, id)?;
    call.members(&["name", "description"])?;
    let columns = match name(call, id, 400)? {
        Some(name) => json!({"name": name}),
        None => super::changes(&call.body, &[("description", "description")]),
    };
    if columns.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(Refusal::new(400, "Either name or description must be given."));
    }
    call.update("projectrole", id, columns)?;
    role(call, id)
}

/// Where schemes name roles: the table, the column of the kind, that kind, and the column of the role.
const USES: [(&str, &str, &str, &str); 3] = [
    ("schemepermissions", "perm_type", "projectrole", "perm_parameter"),
    ("notification", "notif_type", "Project_Role", "notif_parameter"),
    ("schemeissuesecurities", "sec_type", "projectrole", "sec_parameter"),
];

fn in_descriptor(id: &str) -> String {
    format!("<arg name=\"jira.projectrole.id\">{id}</arg>")
}

fn delete(call: &Call<'_>) -> Written {
    let id = call.part(0);
    must_exist(call, id)?;
    let mut used = Vec::new();
    for (name, kind, word, parameter) in USES {
        let table = call.table(name)?;
        let own = table.with(parameter, id).filter(|row| row.text(kind) == word);
        used.extend(own.map(|row| (name, parameter, row.id().to_owned())));
    }
    let workflows = call.table("jiraworkflows")?;
    let in_workflows: Vec<Row<'_>> =
        workflows.all().filter(|row| row.text("descriptor").contains(&in_descriptor(id))).collect();
    match call.query("swap") {
        Some(other) => {
            call.must_be_known("projectrole", "project role", other)?;
            for (table, parameter, row) in used {
                call.update(table, &row, json!({parameter: other}))?;
            }
            for row in in_workflows {
                let descriptor = row.text("descriptor").replace(&in_descriptor(id), &in_descriptor(other));
                call.update("jiraworkflows", row.id(), json!({"descriptor": descriptor}))?;
            }
        }
        None if !used.is_empty() || !in_workflows.is_empty() => {
            return Err(Refusal::new(409, "The project role is in use and no replacement is specified."));
        }
        None => {}
    }
    call.delete("projectroleactor", json!({"projectroleid": id}))?;
    call.delete("projectrole", json!({"id": id}))?;
    nothing()
}

/// Returns the kind of an actor and what its row holds.
fn user(call: &Call<'_>, handle: &str) -> Result<(&'static str, String), Refusal> {
    let found = people::user(call, handle)?;
    Ok((USER, found.ok_or_else(|| Refusal::unknown("user", handle))?.key))
}

fn group(call: &Call<'_>, handle: &str, is_id: bool) -> Result<(&'static str, String), Refusal> {
    let found = people::group(call, handle, is_id)?;
    Ok((GROUP, found.ok_or_else(|| Refusal::unknown("group", handle))?))
}

/// Returns the actors that a body adds: users or groups, not both.
fn asked(call: &Call<'_>) -> Result<Vec<(&'static str, String)>, Refusal> {
    let known: &[&str] = if call.is_cloud() { &["user", "group", "groupId"] } else { &["user", "group"] };
    let own = call.members(known)?;
    if own.contains_key("user") == (own.contains_key("group") || own.contains_key("groupId")) {
        return Err(Refusal::new(400, "Either users or groups must be given, and not both."));
    }
    let mut actors = Vec::new();
    for handle in list(&call.body, "user") {
        actors.push(user(call, &handle)?);
    }
    for name in list(&call.body, "group") {
        actors.push(group(call, &name, false)?);
    }
    for id in list(&call.body, "groupId") {
        actors.push(group(call, &id, true)?);
    }
    Ok(actors)
}

fn insert(
    call: &Call<'_>,
    role: &str,
    project: Option<&str>,
    actors: Vec<(&'static str, String)>,
) -> Result<(), Refusal> {
    for (kind, parameter) in actors {
        let row = json!({
            "projectroleid": role, "pid": project, "roletype": kind, "roletypeparameter": parameter,
        });
        // One that is there already stays.
        call.delete("projectroleactor", row.clone())?;
        call.insert("projectroleactor", row)?;
    }
    Ok(())
}

/// Deletes the actor that the query names. One that is absent is silently fine.
fn remove(call: &Call<'_>, role: &str, project: Option<&str>) -> Result<(), Refusal> {
    let actor = match (call.query("user"), call.query("groupId"), call.query("group")) {
        (Some(handle), None, None) => user(call, handle)?,
        (None, Some(id), None) => group(call, id, true)?,
        (None, None, Some(name)) => group(call, name, false)?,
        _ => return Err(Refusal::new(400, "Either a user or a group must be given, and not both.")),
    };
    call.delete(
        "projectroleactor",
        json!({"projectroleid": role, "pid": project, "roletype": actor.0, "roletypeparameter": actor.1}),
    )?;
    Ok(())
}

fn add_default_actors(call: &Call<'_>) -> Written {
    must_exist(call, call.part(0))?;
    insert(call, call.part(0), None, asked(call)?)?;
    role(call, call.part(0))
}

fn delete_default_actor(call: &Call<'_>) -> Written {
    must_exist(call, call.part(0))?;
    remove(call, call.part(0), None)?;
    role(call, call.part(0))
}

/// Returns the role of a project that is asked for: the ids of both.
fn of_project<'c>(call: &'c Call<'_>) -> Result<(String, &'c str), Refusal> {
    let project = projects::find(call, call.part(0))?;
    must_exist(call, call.part(1))?;
    Ok((project.id, call.part(1)))
}

fn members(call: &Call<'_>) -> Written {
    Ok(Done::ok(call.got(&format!("/project/{}/role/{}", call.part(0), call.part(1)))?))
}

/// Replaces all actors.
fn set_actors(call: &Call<'_>) -> Written {
    let (project, role) = of_project(call)?;
    call.members(&["categorisedActors*", "id"])?;
    let mut actors = Vec::new();
    for (kind, _) in call.body["categorisedActors"].as_object().into_iter().flatten() {
        for handle in list(&call.body["categorisedActors"], kind) {
            actors.push(match kind.as_str() {
                USER => user(call, &handle)?,
                // Cloud takes names and ids here.
                GROUP => group(call, &handle, false).or_else(|_| group(call, &handle, true))?,
                "atlassian-group-role-actor-id" if call.is_cloud() => group(call, &handle, true)?,
                _ => return Err(Refusal::of(kind, "The type of actors is not known.")),
            });
        }
    }
    call.delete("projectroleactor", json!({"projectroleid": role, "pid": project}))?;
    insert(call, role, Some(&project), actors)?;
    members(call)
}

fn add_actors(call: &Call<'_>) -> Written {
    let (project, role) = of_project(call)?;
    insert(call, role, Some(&project), asked(call)?)?;
    members(call)
}

fn delete_actor(call: &Call<'_>) -> Written {
    let (project, role) = of_project(call)?;
    remove(call, role, Some(&project))?;
    nothing()
}
