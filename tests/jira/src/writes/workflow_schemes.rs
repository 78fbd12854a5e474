//! Workflow schemes and their drafts are made, changed and deleted; a scheme in use is changed by its draft alone.

use serde_json::{Map, Value, json};

use super::{Done, Written, at_most, changes, id, members, nothing, text};
use crate::areas::{workflow_schemes as told, workflows};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::Row;

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/workflowscheme", add),
    write("PUT", "/workflowscheme/{id}", change),
    write("DELETE", "/workflowscheme/{id}", delete),
    write("POST", "/workflowscheme/{id}/createdraft", create_draft),
    write("PUT", "/workflowscheme/{id}/draft", change_draft),
    write("DELETE", "/workflowscheme/{id}/draft", delete_draft),
    write("PUT", "/workflowscheme/{id}/draft/default", set_default_of_draft),
    write("DELETE", "/workflowscheme/{id}/draft/default", reset_default_of_draft),
    write("PUT", "/workflowscheme/{id}/draft/issuetype/{issueType}", map_type_of_draft),
    write("DELETE", "/workflowscheme/{id}/draft/issuetype/{issueType}", unmap_type_of_draft),
    write("PUT", "/workflowscheme/{id}/default", set_default),
    write("DELETE", "/workflowscheme/{id}/default", reset_default),
    write("PUT", "/workflowscheme/{id}/issuetype/{issueType}", map_type),
    write("DELETE", "/workflowscheme/{id}/issuetype/{issueType}", unmap_type),
];

const SCHEMES: &str = "workflowscheme";
pub(super) const ENTITIES: &str = "workflowschemeentity";
const DRAFTS: &str = "draftworkflowscheme";
pub(super) const DRAFT_ENTITIES: &str = "draftworkflowschemeentity";
pub(super) const WHAT: &str = "workflow scheme";

/// The issue type of the entry that holds for all others.
const ANY_TYPE: &str = "0";

const COLUMNS: [(&str, &str); 2] = [("name", "name"), ("description", "description")];

const MEMBERS: [&str; 11] = [
    "id",
    "name",
    "description",
    "defaultWorkflow",
    "issueTypeMappings",
    "updateDraftIfNeeded",
    "draft",
    "self",
    "originalDefaultWorkflow",
    "originalIssueTypeMappings",
    "issueTypes",
];

/// Refuses a name that another scheme has, whatever its case.
pub(super) fn must_be_free(call: &Call<'_>, except: &str) -> Result<(), Refusal> {
    at_most("name", text(&call.body, "name")?, 255)?;
    let taken = |_: &str| Refusal::of("name", "A workflow scheme with this name already exists.");
    call.must_be_free((SCHEMES, "name"), text(&call.body, "name")?, except, taken)
}

/// Refuses a workflow that does not exist.
fn must_be_workflow(call: &Call<'_>, name: &str) -> Result<(), Refusal> {
    if call.site.workflows()?.iter().any(|workflow| workflow.name() == name) {
        return Ok(());
    }
    Err(Refusal::new(400, &format!("The workflow '{name}' does not exist.")))
}

/// Sets the workflow of a type in a scheme or a draft, or takes it away.
pub(super) fn set(
    call: &Call<'_>,
    table: &str,
    scheme: &str,
    kind: Option<&str>,
    workflow: Option<&str>,
) -> Result<(), Refusal> {
    call.delete(table, json!({"scheme": scheme, "issuetype": kind.unwrap_or(ANY_TYPE)}))?;
    if kind.is_none() {
        // Rows of old versions of Jira have no type there.
        call.delete(table, json!({"scheme": scheme, "issuetype": null}))?;
    }
    if let Some(workflow) = workflow {
        must_be_workflow(call, workflow)?;
        if let Some(kind) = kind {
            call.must_be_known("issuetype", "issue type", kind)?;
        }
        let kind = kind.unwrap_or(ANY_TYPE);
        call.insert(table, json!({"scheme": scheme, "issuetype": kind, "workflow": workflow}))?;
    }
    Ok(())
}

/// Sets the workflows that the body names.
fn set_all(call: &Call<'_>, table: &str, scheme: &str) -> Result<(), Refusal> {
    if let Some(default) = text(&call.body, "defaultWorkflow")? {
        set(call, table, scheme, None, Some(default))?;
    }
    let Some(mappings) = call.body["issueTypeMappings"].as_object() else { return Ok(()) };
    let there: Map<String, Value> = told::mappings(call, table, scheme)?.1;
    for kind in there.keys() {
        set(call, table, scheme, Some(kind), None)?;
    }
    for (kind, workflow) in mappings {
        set(call, table, scheme, Some(kind), workflow.as_str())?;
    }
    Ok(())
}

fn scheme(call: &Call<'_>, id: &str, status: u16) -> Written {
    Ok(Done::with(status, call.got(&format!("/workflowscheme/{id}"))?))
}

fn draft(call: &Call<'_>, id: &str, status: u16) -> Written {
    Ok(Done::with(status, call.got(&format!("/workflowscheme/{id}/draft"))?))
}

fn add(call: &Call<'_>) -> Written {
    call.members(&MEMBERS)?;
    if text(&call.body, "name")?.is_none_or(str::is_empty) {
        return Err(Refusal::of("name", "The name is required."));
    }
    must_be_free(call, "")?;
    let id = call.insert(SCHEMES, changes(&call.body, &COLUMNS))?;
    if text(&call.body, "defaultWorkflow")?.is_none() {
        set(call, ENTITIES, &id, None, Some(workflows::CLASSIC))?;
    }
    set_all(call, ENTITIES, &id)?;
    scheme(call, &id, 201)
}

/// Returns where a change goes: to the scheme itself, or to the draft of one that projects have, if that is allowed.
fn target(call: &Call<'_>, may_be_draft: bool) -> Result<(&'static str, String), Refusal> {
    let scheme = call.part(0);
    call.must_exist(SCHEMES, WHAT, scheme)?;
    if !call.is_associated("WorkflowScheme", scheme)? {
        call.raise_version(&format!("{}{scheme}", told::SCHEME));
        return Ok((ENTITIES, scheme.to_owned()));
    }
    if !may_be_draft {
        return Err(Refusal::new(400, "The workflow scheme is active: updateDraftIfNeeded is needed."));
    }
    let there = draft_of(call, scheme)?;
    let draft = there.map_or_else(|| insert_draft(call, scheme), Ok)?;
    Ok((DRAFT_ENTITIES, draft))
}

fn draft_of(call: &Call<'_>, scheme: &str) -> Result<Option<String>, Refusal> {
    let table = call.table(DRAFTS)?;
    Ok(table.one("workflow_scheme_id", scheme).map(|row| row.id().to_owned()))
}

/// Makes a draft that is as the scheme is.
fn insert_draft(call: &Call<'_>, scheme: &str) -> Result<String, Refusal> {
    let (name, description) = {
        let table = call.table(SCHEMES)?;
        let row = table.by_id(scheme).ok_or_else(|| Refusal::missing(WHAT, scheme))?;
        (row.text("name").to_owned(), row.get("description").map(str::to_owned))
    };
    let said = json!({"workflow_scheme_id": scheme, "name": name, "description": description});
    let draft = call.insert(DRAFTS, said)?;
    let (default, others) = told::mappings(call, ENTITIES, scheme)?;
    set(call, DRAFT_ENTITIES, &draft, None, Some(&default))?;
    for (kind, workflow) in &others {
        set(call, DRAFT_ENTITIES, &draft, Some(kind), workflow.as_str())?;
    }
    Ok(draft)
}

/// Tells what was changed.
fn changed(call: &Call<'_>, table: &str) -> Written {
    if table == ENTITIES { scheme(call, call.part(0), 200) } else { draft(call, call.part(0), 200) }
}

fn change(call: &Call<'_>) -> Written {
    call.members(&MEMBERS)?;
    let (table, own) = target(call, call.body["updateDraftIfNeeded"] == true)?;
    must_be_free(call, call.part(0))?;
    let rows = if table == ENTITIES { SCHEMES } else { DRAFTS };
    call.update(rows, &own, changes(&call.body, &COLUMNS))?;
    set_all(call, table, &own)?;
    changed(call, table)
}

fn delete(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist(SCHEMES, WHAT, scheme)?;
    if call.is_associated("WorkflowScheme", scheme)? {
        return Err(Refusal::new(400, "The workflow scheme is active."));
    }
    if let Some(draft) = draft_of(call, scheme)? {
        remove_draft(call, &draft)?;
    }
    call.delete(ENTITIES, json!({"scheme": scheme}))?;
    call.delete(SCHEMES, json!({"id": scheme}))?;
    nothing()
}

pub(super) fn remove_draft(call: &Call<'_>, draft: &str) -> Result<(), Refusal> {
    call.delete(DRAFT_ENTITIES, json!({"scheme": draft}))?;
    call.delete(DRAFTS, json!({"id": draft}))?;
    Ok(())
}

fn create_draft(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist(SCHEMES, WHAT, scheme)?;
    if draft_of(call, scheme)?.is_some() || !call.is_associated("WorkflowScheme", scheme)? {
        return Err(Refusal::new(400, "The workflow scheme has a draft already, or is not active."));
    }
    insert_draft(call, scheme)?;
    draft(call, scheme, 201)
}

/// Returns the id of the draft of the address.
pub(super) fn wanted_draft(call: &Call<'_>) -> Result<String, Refusal> {
    call.must_exist(SCHEMES, WHAT, call.part(0))?;
    let draft = draft_of(call, call.part(0))?;
    draft.ok_or_else(|| Refusal::missing("draft of the workflow scheme", call.part(0)))
}

fn change_draft(call: &Call<'_>) -> Written {
    let own = wanted_draft(call)?;
    call.members(&MEMBERS)?;
    call.update(DRAFTS, &own, changes(&call.body, &COLUMNS))?;
    set_all(call, DRAFT_ENTITIES, &own)?;
    draft(call, call.part(0), 200)
}

fn delete_draft(call: &Call<'_>) -> Written {
    remove_draft(call, &wanted_draft(call)?)?;
    nothing()
}

fn set_default(call: &Call<'_>) -> Written {
    call.members(&["workflow*", "updateDraftIfNeeded"])?;
    let (table, own) = target(call, call.body["updateDraftIfNeeded"] == true)?;
    set(call, table, &own, None, text(&call.body, "workflow")?)?;
    changed(call, table)
}

fn reset_default(call: &Call<'_>) -> Written {
    let (table, own) = target(call, call.query("updateDraftIfNeeded") == Some("true"))?;
    set(call, table, &own, None, Some(workflows::CLASSIC))?;
    changed(call, table)
}

fn map_type(call: &Call<'_>) -> Written {
    call.members(&["issueType", "workflow*", "updateDraftIfNeeded"])?;
    call.must_exist("issuetype", "issue type", call.part(1))?;
    let (table, own) = target(call, call.body["updateDraftIfNeeded"] == true)?;
    set(call, table, &own, Some(call.part(1)), text(&call.body, "workflow")?)?;
    changed(call, table)
}

fn unmap_type(call: &Call<'_>) -> Written {
    call.must_exist("issuetype", "issue type", call.part(1))?;
    let (table, own) = target(call, call.query("updateDraftIfNeeded") == Some("true"))?;
    set(call, table, &own, Some(call.part(1)), None)?;
    changed(call, table)
}

fn set_default_of_draft(call: &Call<'_>) -> Written {
    call.members(&["workflow*", "updateDraftIfNeeded"])?;
    set(call, DRAFT_ENTITIES, &wanted_draft(call)?, None, text(&call.body, "workflow")?)?;
    draft(call, call.part(0), 200)
}

fn reset_default_of_draft(call: &Call<'_>) -> Written {
    set(call, DRAFT_ENTITIES, &wanted_draft(call)?, None, Some(workflows::CLASSIC))?;
    draft(call, call.part(0), 200)
}

fn map_type_of_draft(call: &Call<'_>) -> Written {
    call.members(&["issueType", "workflow*", "updateDraftIfNeeded"])?;
    call.must_exist("issuetype", "issue type", call.part(1))?;
    set(call, DRAFT_ENTITIES, &wanted_draft(call)?, Some(call.part(1)), text(&call.body, "workflow")?)?;
    draft(call, call.part(0), 200)
}

fn unmap_type_of_draft(call: &Call<'_>) -> Written {
    call.must_exist("issuetype", "issue type", call.part(1))?;
    set(call, DRAFT_ENTITIES, &wanted_draft(call)?, Some(call.part(1)), None)?;
    draft(call, call.part(0), 200)
}

/// Returns the workflows that a body of newer endpoints names, by name: the default, and the others by type.
pub(super) fn by_id(call: &Call<'_>) -> Result<(String, Map<String, Value>), Refusal> {
    let name = |own: Option<String>| -> Result<Option<String>, Refusal> {
        let Some(own) = own else { return Ok(None) };
        let found = super::workflows::name_of(call, &own)?;
        Ok(Some(found.ok_or_else(|| Refusal::unknown("workflow", &own))?))
    };
    let default = name(id(&call.body, "defaultWorkflowId"))?.unwrap_or_else(|| workflows::CLASSIC.to_owned());
    let mut others = Map::new();
    for said in call.body["workflowsForIssueTypes"].as_array().into_iter().flatten() {
        members(said, &["workflowId*", "issueTypeIds*"])?;
        let workflow = name(id(said, "workflowId"))?.unwrap_or_default();
        for kind in super::list(said, "issueTypeIds") {
            call.must_be_known("issuetype", "issue type", &kind)?;
            if others.insert(kind, json!(workflow)).is_some() {
                return Err(Refusal::new(400, "An issue type has two workflows."));
            }
        }
    }
    Ok((default, others))
}

/// Replaces all workflows of a scheme.
pub(super) fn replace(
    call: &Call<'_>,
    scheme: &str,
    (default, others): &(String, Map<String, Value>),
) -> Result<(), Refusal> {
    call.delete(ENTITIES, json!({"scheme": scheme}))?;
    set(call, ENTITIES, scheme, None, Some(default))?;
    for (kind, workflow) in others {
        set(call, ENTITIES, scheme, Some(kind), workflow.as_str())?;
    }
    call.raise_version(&format!("{}{scheme}", told::SCHEME));
    Ok(())
}

/// Returns whether a project has issues.
pub(super) fn has_issues(call: &Call<'_>, project: &str) -> Result<bool, Refusal> {
    let table = call.table("jiraissue")?;
    let found: Option<Row<'_>> = table.one("project", project);
    Ok(found.is_some())
}
