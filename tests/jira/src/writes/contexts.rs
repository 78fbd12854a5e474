//! Contexts of custom fields are made, changed and deleted, on Cloud alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Done, Written, at_most, changes, list, nothing, text};
use crate::areas::fields;
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/field/{fieldId}/context", add),
    write("PUT", "/field/{fieldId}/context/{contextId}", change),
    write("DELETE", "/field/{fieldId}/context/{contextId}", delete),
    write("PUT", "/field/{fieldId}/context/{contextId}/issuetype", add_types),
    write("POST", "/field/{fieldId}/context/{contextId}/issuetype/remove", remove_types),
    write("PUT", "/field/{fieldId}/context/{contextId}/project", add_projects),
    write("POST", "/field/{fieldId}/context/{contextId}/project/remove", remove_projects),
];

/// Makes a context: without projects for all of them, without types for all of them.
pub(super) fn insert(
    call: &Call<'_>,
    field: &str,
    said: &Value,
    projects: &[String],
    types: &[String],
) -> Result<String, Refusal> {
    let row = json!({"fieldid": field, "configname": said["name"], "description": said["description"]});
    let context = call.insert("fieldconfigscheme", row.clone())?;
    let configuration = call.insert("fieldconfiguration", row)?;
    set_types(call, &context, &configuration, types)?;
    set_projects(call, field, &context, projects)?;
    Ok(context)
}

fn set_types(call: &Call<'_>, context: &str, configuration: &str, types: &[String]) -> Result<(), Refusal> {
    call.delete("fieldconfigschemeissuetype", json!({"fieldconfigscheme": context}))?;
    let all: Vec<Value> =
        if types.is_empty() { vec![Value::Null] } else { types.iter().map(|id| json!(id)).collect() };
    for kind in all {
        call.insert(
            "fieldconfigschemeissuetype",
            json!({"fieldconfigscheme": context, "fieldconfiguration": configuration, "issuetype": kind}),
        )?;
    }
    Ok(())
}

fn set_projects(call: &Call<'_>, field: &str, context: &str, projects: &[String]) -> Result<(), Refusal> {
    call.delete("configurationcontext", json!({"fieldconfigscheme": context}))?;
    let all: Vec<Value> =
        if projects.is_empty() { vec![Value::Null] } else { projects.iter().map(|id| json!(id)).collect() };
    for project in all {
        call.insert(
            "configurationcontext",
            json!({"fieldconfigscheme": context, "customfield": field, "project": project}),
        )?;
    }
    Ok(())
}

/// Returns the configuration of a context, which options and the default belong to.
pub(super) fn configuration(call: &Call<'_>, context: &str) -> Result<String, Refusal> {
    super::issue_type_schemes::configuration(call, context)
}

/// Refuses a field or context of the address that is not there.
pub(super) fn must_exist(call: &Call<'_>, context: &str) -> Result<(), Refusal> {
    let field = call.part(0);
    if fields::custom(&*call.table("customfield")?, field).is_none() {
        return Err(Refusal::missing("custom field", field));
    }
    let table = call.table("fieldconfigscheme")?;
    let row = table.by_id(context).filter(|row| row.text("fieldid") == field);
    row.map(|_| ()).ok_or_else(|| Refusal::missing("context", context))
}

/// Returns the projects of the contexts of a field; `None` stands for all.
fn projects_of(
    call: &Call<'_>,
    field: &str,
    context: Option<&str>,
) -> Result<BTreeSet<Option<String>>, Refusal> {
    let table = call.table("configurationcontext")?;
    let own = table.with("customfield", field);
    let own = own.filter(|row| context.is_none_or(|context| row.text("fieldconfigscheme") == context));
    Ok(own.map(|row| row.get("project").map(str::to_owned)).collect())
}

fn is_global(call: &Call<'_>, context: &str) -> Result<bool, Refusal> {
    Ok(projects_of(call, call.part(0), Some(context))?.contains(&None))
}

/// Returns the types of a context; none stand for all.
fn types_of(call: &Call<'_>, context: &str) -> Result<Vec<String>, Refusal> {
    let table = call.table("fieldconfigschemeissuetype")?;
    let own = table.with("fieldconfigscheme", context).filter_map(|row| row.get("issuetype"));
    Ok(own.map(str::to_owned).collect())
}

/// Refuses projects that do not exist, or that a context of the field has.
fn must_be_free(call: &Call<'_>, projects: &[String]) -> Result<(), Refusal> {
    let taken = projects_of(call, call.part(0), None)?;
    for project in projects {
        call.must_exist("project", "project", project)?;
        if taken.contains(&Some(project.clone())) {
            return Err(Refusal::new(
                400,
                &format!("The project {project} has a context of the field already."),
            ));
        }
    }
    Ok(())
}

fn must_be_types(call: &Call<'_>, types: &[String]) -> Result<(), Refusal> {
    types.iter().try_for_each(|id| call.must_exist("issuetype", "issue type", id))
}

fn add(call: &Call<'_>) -> Written {
    let field = call.part(0);
    if fields::custom(&*call.table("customfield")?, field).is_none() {
        return Err(Refusal::missing("custom field", field));
    }
    call.members(&["name*", "description", "projectIds", "issueTypeIds"])?;
    at_most("name", text(&call.body, "name")?, 255)?;
    let (projects, types) = (list(&call.body, "projectIds"), list(&call.body, "issueTypeIds"));
    must_be_free(call, &projects)?;
    must_be_types(call, &types)?;
    if projects.is_empty() && projects_of(call, field, None)?.contains(&None) {
        return Err(Refusal::new(400, "The field has a global context already."));
    }
    let id = insert(call, field, &call.body, &projects, &types)?;
    let mut told =
        json!({"id": id, "name": call.body["name"], "projectIds": projects, "issueTypeIds": types});
    told["description"] = json!(text(&call.body, "description")?.unwrap_or_default());
    Ok(Done::created(told))
}

fn change(call: &Call<'_>) -> Written {
    let context = call.part(1);
    must_exist(call, context)?;
    call.members(&["name", "description"])?;
    at_most("name", text(&call.body, "name")?, 255)?;
    let columns = changes(&call.body, &[("name", "configname"), ("description", "description")]);
    call.update("fieldconfigscheme", context, columns)?;
    nothing()
}

/// Deletes the rows of a context, its options and default among them.
pub(super) fn remove(call: &Call<'_>, context: &str) -> Result<(), Refusal> {
    let configuration = configuration(call, context)?;
    call.delete("customfieldoption", json!({"customfieldconfig": configuration}))?;
    super::issue_type_schemes::remove(call, context)
}

fn delete(call: &Call<'_>) -> Written {
    must_exist(call, call.part(1))?;
    if is_global(call, call.part(1))? {
        return Err(Refusal::new(400, "The global context cannot be deleted."));
    }
    remove(call, call.part(1))?;
    nothing()
}

/// Refuses to narrow the global context, as Jira does since April 2026.
fn must_not_be_global(call: &Call<'_>) -> Result<(), Refusal> {
    must_exist(call, call.part(1))?;
    if is_global(call, call.part(1))? {
        return Err(Refusal::new(400, "The global context cannot be narrowed."));
    }
    Ok(())
}

fn add_types(call: &Call<'_>) -> Written {
    let context = call.part(1);
    must_not_be_global(call)?;
    call.members(&["issueTypeIds*"])?;
    let (mut types, new) = (types_of(call, context)?, list(&call.body, "issueTypeIds"));
    must_be_types(call, &new)?;
    if new.iter().any(|id| types.contains(id)) {
        return Err(Refusal::new(400, "An issue type is in the context already."));
    }
    types.extend(new);
    set_types(call, context, &configuration(call, context)?, &types)?;
    nothing()
}

fn remove_types(call: &Call<'_>) -> Written {
    let context = call.part(1);
    must_exist(call, context)?;
    call.members(&["issueTypeIds*"])?;
    let mut types = types_of(call, context)?;
    for id in list(&call.body, "issueTypeIds") {
        let place = types.iter().position(|own| *own == id);
        types.remove(place.ok_or_else(|| Refusal::missing("issue type", &id).with_status(400))?);
    }
    set_types(call, context, &configuration(call, context)?, &types)?;
    nothing()
}

fn add_projects(call: &Call<'_>) -> Written {
    let context = call.part(1);
    must_not_be_global(call)?;
    call.members(&["projectIds*"])?;
    let new = list(&call.body, "projectIds");
    must_be_free(call, &new)?;
    let mut projects: Vec<String> =
        projects_of(call, call.part(0), Some(context))?.into_iter().flatten().collect();
    projects.extend(new);
    set_projects(call, call.part(0), context, &projects)?;
    nothing()
}

/// Without its last project a context holds for all.
fn remove_projects(call: &Call<'_>) -> Written {
    let context = call.part(1);
    must_exist(call, context)?;
    call.members(&["projectIds*"])?;
    let mut projects: Vec<String> =
        projects_of(call, call.part(0), Some(context))?.into_iter().flatten().collect();
    for id in list(&call.body, "projectIds") {
        let place = projects.iter().position(|own| *own == id);
        projects.remove(place.ok_or_else(|| Refusal::new(400, "A project is not in the context."))?);
    }
    if projects.is_empty() && projects_of(call, call.part(0), None)?.contains(&None) {
        return Err(Refusal::new(400, "The field would have two global contexts."));
    }
    set_projects(call, call.part(0), context, &projects)?;
    nothing()
}
