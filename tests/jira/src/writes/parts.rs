//! Categories of projects, their versions and components are made, changed, ordered and deleted.

use serde_json::{Value, json};

use super::move_in::moved;
use super::{Done, Written, at_most, changes, id, nothing, people, text};
use crate::areas::projects;
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::Table;

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/projectCategory", add_category),
    write("PUT", "/projectCategory/{id}", change_category),
    write("DELETE", "/projectCategory/{id}", delete_category),
    write("POST", "/version", add_version),
    write("PUT", "/version/{id}", change_version),
    write("POST", "/version/{id}/move", move_version),
    write("POST", "/version/{id}/removeAndSwap", swap_version),
    write("PUT", "/version/{id}/mergeto/{moveIssuesTo}", merge_version),
    write("POST", "/component", add_component),
    write("PUT", "/component/{id}", change_component),
    write("DELETE", "/component/{id}", delete_component),
];
pub(super) const CLOUD: &[Endpoint] = &[write("DELETE", "/version/{id}", delete_version)];

const CATEGORY: [(&str, &str); 2] = [("name", "cname"), ("description", "description")];

/// Refuses the members of a category that are wrong.
fn check_category(call: &Call<'_>, except: &str, status: u16) -> Result<(), Refusal> {
    let name = text(&call.body, "name")?;
    at_most("name", name, 255)?;
    at_most("description", text(&call.body, "description")?, 1000)?;
    let taken = |name: &str| {
        let text = format!("The project category name '{name}' is already in use.");
        Refusal::of("name", &text).with_status(status)
    };
    call.must_be_free(("projectcategory", "cname"), name, except, taken)
}

fn add_category(call: &Call<'_>) -> Written {
    call.members(&["id", "name*", "description", "self"])?;
    check_category(call, "", 409)?;
    let id = call.insert("projectcategory", changes(&call.body, &CATEGORY))?;
    Ok(Done::created(call.got(&format!("/projectCategory/{id}"))?))
}

fn change_category(call: &Call<'_>) -> Written {
    call.must_exist("projectcategory", "project category", call.part(0))?;
    call.members(&["id", "name", "description", "self"])?;
    check_category(call, call.part(0), 400)?;
    call.update("projectcategory", call.part(0), changes(&call.body, &CATEGORY))?;
    Ok(Done::ok(call.got(&format!("/projectCategory/{}", call.part(0)))?))
}

fn delete_category(call: &Call<'_>) -> Written {
    let id = call.part(0);
    call.must_exist("projectcategory", "project category", id)?;
    call.delete("nodeassociation", json!({"sink_node_entity": "ProjectCategory", "sink_node_id": id}))?;
    call.delete("projectcategory", json!({"id": id}))?;
    nothing()
}

/// Refuses a name that another version or component of the project has.
fn must_be_free(
    call: &Call<'_>,
    (table, column): (&str, &str),
    project: &str,
    except: &str,
) -> Result<(), Refusal> {
    let Some(name) = text(&call.body, "name")? else { return Ok(()) };
    if name.trim().is_empty() {
        return Err(Refusal::of("name", "You must specify a valid name."));
    }
    at_most("name", Some(name), 255)?;
    let table = call.table(table)?;
    let mut own = table.with("project", project).filter(|row| row.id() != except);
    if own.any(|row| row.text(column).eq_ignore_ascii_case(name)) {
        return Err(Refusal::of("name", "This name already exists in this project."));
    }
    Ok(())
}

/// Returns the columns of a version that the body says.
fn version_columns(call: &Call<'_>) -> Result<Value, Refusal> {
    let mut columns = changes(&call.body, &[("name", "vname"), ("description", "description")]);
    for member in ["released", "archived"] {
        if let Some(is_so) = call.body[member].as_bool() {
            columns[member] = json!(is_so.then_some("true"));
        }
    }
    for (member, column) in [("startDate", "startdate"), ("releaseDate", "releasedate")] {
        match (call.body.get(member), text(&call.body, member)?) {
            (None, _) => {}
            (Some(_), None | Some("")) => columns[column] = Value::Null,
            (Some(_), Some(day)) => {
                let shape: String =
                    day.chars().map(|own| if own.is_ascii_digit() { '9' } else { own }).collect();
                if shape != "9999-99-99" {
                    return Err(Refusal::of(member, "The date must be in the format yyyy-MM-dd."));
                }
                columns[column] = json!(format!("{day} 00:00:00.0"));
            }
        }
    }
    if let (Some(start), Some(end)) = (columns["startdate"].as_str(), columns["releasedate"].as_str())
        && start > end
    {
        return Err(Refusal::of("releaseDate", "The release date must not be before the start date."));
    }
    Ok(columns)
}

const VERSION: [&str; 13] = [
    "id",
    "name",
    "description",
    "archived",
    "released",
    "startDate",
    "releaseDate",
    "project",
    "projectId",
    "moveUnfixedIssuesTo",
    "expand",
    "driver",
    "self",
];

/// Returns the version as lists of its project tell it.
fn version(call: &Call<'_>, id: &str) -> Result<Value, Refusal> {
    let project = project_of(call, "projectversion", "version", id)?;
    let all = call.got(&format!("/project/{project}/versions"))?;
    let found = all.as_array().into_iter().flatten().find(|own| own["id"] == id);
    found.cloned().ok_or_else(|| Refusal::missing("version", id))
}

fn project_of(call: &Call<'_>, table: &str, what: &str, id: &str) -> Result<String, Refusal> {
    let table = call.table(table)?;
    let row = table.by_id(id).ok_or_else(|| Refusal::missing(what, id))?;
    Ok(row.text("project").to_owned())
}

fn add_version(call: &Call<'_>) -> Written {
    call.members(&VERSION)?;
    if text(&call.body, "name")?.is_none() {
        return Err(Refusal::of("name", "You must specify a valid version name"));
    }
    let Some(project) = id(&call.body, "projectId").or_else(|| id(&call.body, "project")) else {
        return Err(Refusal::of("project", "Project must be specified to create a version."));
    };
    let project = projects::find(call, &project)?;
    must_be_free(call, ("projectversion", "vname"), &project.id, "")?;
    let mut columns = version_columns(call)?;
    let table = call.table("projectversion")?;
    let last = table.with("project", &project.id).filter_map(|row| row.number("sequence")).max();
    columns["sequence"] = json!(last.unwrap_or(0) + 1);
    columns["project"] = json!(project.id);
    let id = call.insert("projectversion", columns)?;
    Ok(Done::created(version(call, &id)?))
}

fn change_version(call: &Call<'_>) -> Written {
    let id = call.part(0);
    let project = project_of(call, "projectversion", "version", id)?;
    call.members(&VERSION)?;
    must_be_free(call, ("projectversion", "vname"), &project, id)?;
    call.update("projectversion", id, version_columns(call)?)?;
    if call.is_cloud() { Ok(Done::ok(version(call, id)?)) } else { Ok(Done::empty(200)) }
}

fn move_version(call: &Call<'_>) -> Written {
    let id = call.part(0);
    let project = project_of(call, "projectversion", "version", id)?;
    call.members(&["after", "position"])?;
    let all: Vec<String> = {
        let table = call.table("projectversion")?;
        let own = Table::ordered(table.with("project", &project), "sequence");
        own.into_iter().map(|row| row.id().to_owned()).collect()
    };
    let order = moved(&all, &[id.to_owned()], &call.body)?;
    call.number("projectversion", "sequence", 1, &order)?;
    Ok(Done::ok(version(call, id)?))
}

/// Deletes a version; its issues get others, or none.
fn remove_version(call: &Call<'_>, fixed: Option<&str>, affected: Option<&str>) -> Written {
    let id = call.part(0);
    let project = project_of(call, "projectversion", "version", id)?;
    for (kind, other) in [("IssueFixVersion", fixed), ("IssueVersion", affected)] {
        let issues: Vec<String> = {
            let table = call.table("nodeassociation")?;
            let own = table.with("sink_node_id", id).filter(|row| row.text("association_type") == kind);
            own.map(|row| row.text("source_node_id").to_owned()).collect()
        };
        call.delete("nodeassociation", json!({"association_type": kind, "sink_node_id": id}))?;
        let Some(other) = other else { continue };
        if other == id || project_of(call, "projectversion", "version", other)? != project {
            return Err(Refusal::new(400, "The version to move issues to is not one of the project."));
        }
        for issue in issues {
            let row = json!({
                "association_type": kind,
                "sink_node_entity": "Version",
                "sink_node_id": other,
                "source_node_entity": "Issue",
                "source_node_id": issue,
            });
            call.delete("nodeassociation", row.clone())?;
            call.insert("nodeassociation", row)?;
        }
    }
    call.delete("projectversion", json!({"id": id}))?;
    nothing()
}

fn swap_version(call: &Call<'_>) -> Written {
    call.members(&["moveFixIssuesTo", "moveAffectedIssuesTo", "customFieldReplacementList"])?;
    let (fixed, affected) = (id(&call.body, "moveFixIssuesTo"), id(&call.body, "moveAffectedIssuesTo"));
    remove_version(call, fixed.as_deref(), affected.as_deref())
}

fn merge_version(call: &Call<'_>) -> Written {
    remove_version(call, Some(call.part(1)), Some(call.part(1)))
}

fn delete_version(call: &Call<'_>) -> Written {
    remove_version(call, call.query("moveFixIssuesTo"), call.query("moveAffectedIssuesTo"))
}

/// Returns the columns of a component that the body says.
fn component_columns(call: &Call<'_>) -> Result<Value, Refusal> {
    let mut columns = changes(&call.body, &[("name", "cname"), ("description", "description")]);
    if let Some(kind) = text(&call.body, "assigneeType")? {
        let kinds = ["PROJECT_DEFAULT", "COMPONENT_LEAD", "PROJECT_LEAD", "UNASSIGNED"];
        let number = kinds.iter().position(|own| *own == kind);
        let number = number.ok_or_else(|| Refusal::of("assigneeType", "The assignee type is not valid."))?;
        columns["assigneetype"] = json!(number);
    }
    let member = if call.is_cloud() { "leadAccountId" } else { "leadUserName" };
    if call.body.get(member).is_some() {
        columns["lead"] = match text(&call.body, member)? {
            None | Some("") => Value::Null,
            Some(handle) => {
                let user = people::user(call, handle)?;
                json!(user.ok_or_else(|| Refusal::of(member, "The user does not exist."))?.key)
            }
        };
    }
    if let Some(is_archived) = call.body["archived"].as_bool() {
        columns["archived"] = json!(is_archived.then_some("true"));
    }
    Ok(columns)
}

fn component_members(call: &Call<'_>) -> Result<(), Refusal> {
    let own: &[&str] = if call.is_cloud() { &["leadAccountId"] } else { &["archived", "lead", "deleted"] };
    let both = ["id", "name", "description", "project", "leadUserName", "assigneeType", "self"];
    let known: Vec<&str> = both.iter().chain(own).copied().collect();
    call.members(&known)?;
    Ok(())
}

fn component(call: &Call<'_>, id: &str) -> Result<Value, Refusal> {
    let project = project_of(call, "component", "component", id)?;
    let all = call.got(&format!("/project/{project}/components"))?;
    let found = all.as_array().into_iter().flatten().find(|own| own["id"] == id);
    found.cloned().ok_or_else(|| Refusal::missing("component", id))
}

fn add_component(call: &Call<'_>) -> Written {
    component_members(call)?;
    if text(&call.body, "name")?.is_none() {
        return Err(Refusal::of(
            "name",
            "The component name specified is invalid - cannot be an empty string.",
        ));
    }
    let project = text(&call.body, "project")?;
    let project = project.ok_or_else(|| Refusal::of("project", "The project is required."))?;
    let project = projects::find(call, project)?;
    must_be_free(call, ("component", "cname"), &project.id, "")?;
    let mut columns = component_columns(call)?;
    columns["project"] = json!(project.id);
    if columns["assigneetype"].is_null() {
        columns["assigneetype"] = json!(0);
    }
    let id = call.insert("component", columns)?;
    Ok(Done::created(component(call, &id)?))
}

fn change_component(call: &Call<'_>) -> Written {
    let id = call.part(0);
    let project = project_of(call, "component", "component", id)?;
    component_members(call)?;
    must_be_free(call, ("component", "cname"), &project, id)?;
    call.update("component", id, component_columns(call)?)?;
    Ok(Done::ok(component(call, id)?))
}

fn delete_component(call: &Call<'_>) -> Written {
    let id = call.part(0);
    let project = project_of(call, "component", "component", id)?;
    if let Some(other) = call.query("moveIssuesTo") {
        if other == id || project_of(call, "component", "component", other)? != project {
            return Err(Refusal::missing("component", other));
        }
        let wanted = ("sink_node_id", id);
        if call
            .table("nodeassociation")?
            .with("sink_node_id", id)
            .all(|row| row.text("sink_node_entity") == "Component")
        {
            call.update_all("nodeassociation", wanted, json!({"sink_node_id": other}))?;
        }
    }
    call.delete("nodeassociation", json!({"sink_node_entity": "Component", "sink_node_id": id}))?;
    call.delete("component", json!({"id": id}))?;
    nothing()
}
