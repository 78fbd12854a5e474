//! Workflow schemes and their drafts.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{number, projects, put, uuid, workflows};
use crate::call::{Call, Refusal};
use crate::page::Shape;
use crate::router::{Answer, Endpoint, get, post};
use crate::rows::{Row, Table};

pub(super) const BOTH: &[Endpoint] =
    &[get("/workflowscheme/{id}", scheme_by_id).admin(), get("/workflowscheme/{id}/draft", draft).admin()];
pub(super) const CLOUD: &[Endpoint] = &[
    get("/workflowscheme", schemes).paged(50, 50).admin(),
    get("/workflowscheme/project", of_projects).admin(),
    get("/workflowscheme/{id}/projectUsages", usages)
        .shaped(Shape::Token("projects", workflows::USAGES))
        .admin(),
    post("/workflowscheme/read", several).admin(),
];
pub(super) const DATA_CENTER: &[Endpoint] =
    &[get("/project/{projectKeyOrId}/workflowscheme", of_project).admin()];

/// The name of the scheme that projects have which were given none; it has no id.
const DEFAULT: (&str, &str) = ("Default Workflow Scheme", "Default Workflow Scheme");

/// The issue type of the entry that holds for all others.
const ANY_TYPE: &str = "0";

/// Returns the default workflow of a scheme, and the others by issue type.
pub(crate) fn mappings(
    call: &Call<'_>,
    table: &str,
    scheme: &str,
) -> Result<(String, Map<String, Value>), Refusal> {
    let (entities, types) = (call.table(table)?, call.table("issuetype")?);
    let (mut default, mut others) = (workflows::CLASSIC.to_owned(), Map::new());
    for entity in entities.with("scheme", scheme) {
        let workflow = entity.text("workflow");
        match entity.get("issuetype") {
            None | Some(ANY_TYPE) => workflow.clone_into(&mut default),
            Some(kind) if types.by_id(kind).is_some() => {
                others.insert(kind.to_owned(), json!(workflow));
            }
            Some(_) => {}
        }
    }
    Ok((default, others))
}

fn scheme(call: &Call<'_>, row: Row<'_>) -> Answer {
    let (default, others) = mappings(call, "workflowschemeentity", row.id())?;
    let mut told = json!({
        "self": call.link(&format!("/workflowscheme/{}", row.id())),
        "id": number(row.id()),
        "name": row.text("name"),
        "defaultWorkflow": default,
        "issueTypeMappings": others,
    });
    put(&mut told, "description", row.get("description"));
    put(&mut told, "draft", (!call.is_cloud()).then_some(false));
    Ok(told)
}

/// Returns the scheme without rows.
fn default_scheme() -> Value {
    json!({
        "name": DEFAULT.0,
        "description": DEFAULT.1,
        "defaultWorkflow": workflows::CLASSIC,
        "issueTypeMappings": {},
    })
}

fn schemes(call: &Call<'_>) -> Answer {
    call.table("workflowscheme")?.all().map(|row| scheme(call, row)).collect()
}

fn scheme_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("workflowscheme")?;
    let row = table.by_id(call.part(0)).ok_or_else(|| Refusal::missing("workflow scheme", call.part(0)))?;
    scheme(call, row)
}

fn draft(call: &Call<'_>) -> Answer {
    let table = call.table("draftworkflowscheme")?;
    let own = table.one("workflow_scheme_id", call.part(0));
    let row = own.ok_or_else(|| Refusal::missing("draft of the workflow scheme", call.part(0)))?;
    let (default, others) = mappings(call, "draftworkflowschemeentity", row.id())?;
    let (original, originals) = mappings(call, "workflowschemeentity", call.part(0))?;
    let mut told = json!({
        "self": call.link(&format!("/workflowscheme/{}/draft", call.part(0))),
        "id": number(row.id()),
        "name": row.text("name"),
        "defaultWorkflow": default,
        "issueTypeMappings": others,
        "originalDefaultWorkflow": original,
        "originalIssueTypeMappings": originals,
        "draft": true,
    });
    put(&mut told, "description", row.get("description"));
    Ok(told)
}

fn of_projects(call: &Call<'_>) -> Answer {
    if call.query("projectId").is_none() {
        return Err(Refusal::new(400, "The projectId query parameter is missing."));
    }
    if call.all("projectId").count() > 100 {
        return Err(Refusal::new(400, "At most 100 projects can be asked for."));
    }
    let (table, all) = (call.table("workflowscheme")?, call.table("project")?);
    let mut by_scheme: Vec<(Option<Row<'_>>, Vec<&str>)> = Vec::new();
    for project in call.all("projectId").filter(|id| all.by_id(id).is_some()) {
        let id = projects::associated(call, project, "WorkflowScheme")?;
        let row = id.and_then(|id| table.by_id(&id));
        match by_scheme.iter_mut().find(|(own, _)| own.map(Row::id) == row.map(Row::id)) {
            Some((_, ids)) => ids.push(project),
            None => by_scheme.push((row, vec![project])),
        }
    }
    let told = by_scheme.into_iter().map(|(row, ids)| {
        let scheme = row.map_or_else(|| Ok(default_scheme()), |row| scheme(call, row))?;
        Ok(json!({"projectIds": ids, "workflowScheme": scheme}))
    });
    let told: Result<Vec<_>, Refusal> = told.collect();
    Ok(json!({"values": told?}))
}

fn of_project(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0))?;
    let (table, id) =
        (call.table("workflowscheme")?, projects::associated(call, &project.id, "WorkflowScheme")?);
    id.and_then(|id| table.by_id(&id)).map_or_else(|| Ok(default_scheme()), |row| scheme(call, row))
}

/// Returns the ids of the projects that have a scheme.
pub(crate) fn projects_of(call: &Call<'_>, scheme: &str) -> Result<Vec<String>, Refusal> {
    let mut ids = Vec::new();
    for project in call.table("project")?.all() {
        if projects::associated(call, project.id(), "WorkflowScheme")?.as_deref() == Some(scheme) {
            ids.push(project.id().to_owned());
        }
    }
    Ok(ids)
}

fn usages(call: &Call<'_>) -> Answer {
    let ids: Vec<Value> = projects_of(call, call.part(0))?.iter().map(|id| json!({"id": id})).collect();
    Ok(json!({"workflowSchemeId": call.part(0), "projects": {"values": ids}}))
}

/// Returns the ids of the schemes that a workflow is in.
pub(super) fn schemes_with(call: &Call<'_>, workflow: &str) -> Result<Vec<String>, Refusal> {
    let mut ids = Vec::new();
    for row in call.table("workflowscheme")?.all() {
        let (default, others) = mappings(call, "workflowschemeentity", row.id())?;
        if default == workflow || others.values().any(|own| own == workflow) {
            ids.push(row.id().to_owned());
        }
    }
    Ok(ids)
}

/// Returns the ids of the projects whose schemes a workflow is in.
pub(super) fn projects_with(call: &Call<'_>, workflow: &str) -> Result<Vec<String>, Refusal> {
    let mut ids = Vec::new();
    for scheme in schemes_with(call, workflow)? {
        ids.extend(projects_of(call, &scheme)?);
    }
    Ok(ids)
}

fn workflow_in_short(call: &Call<'_>, name: &str) -> Answer {
    Ok(json!({
        "id": workflows::id(name),
        "name": name,
        "description": workflows::description(call, name)?,
        "version": workflows::version(call, name)?,
    }))
}

fn several(call: &Call<'_>) -> Answer {
    let texts = |member: &str| -> Vec<String> {
        let all = call.body[member].as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (mut ids, asked) = (texts("workflowSchemeIds"), texts("projectIds"));
    if ids.is_empty() && asked.is_empty() {
        return Err(Refusal::new(400, "Either workflowSchemeIds or projectIds is needed."));
    }
    for project in asked {
        ids.extend(projects::associated(call, &project, "WorkflowScheme")?);
    }
    let table = call.table("workflowscheme")?;
    let mut told = Vec::new();
    for row in table.all().filter(|row| ids.iter().any(|id| id == row.id())) {
        told.push(read(call, row)?);
    }
    Ok(told.into())
}

fn read(call: &Call<'_>, row: Row<'_>) -> Answer {
    let (default, others) = mappings(call, "workflowschemeentity", row.id())?;
    let names: BTreeSet<&str> = others.values().filter_map(Value::as_str).collect();
    let mut by_workflow = Vec::new();
    for name in names {
        let types: Vec<_> =
            others.iter().filter(|(_, own)| own.as_str() == Some(name)).map(|(kind, _)| kind).collect();
        by_workflow.push(json!({"workflow": workflow_in_short(call, name)?, "issueTypeIds": types}));
    }
    let mut told = json!({
        "id": row.id(),
        "name": row.text("name"),
        "scope": {"type": "GLOBAL"},
        "version": version(call, row.id())?,
        "defaultWorkflow": workflow_in_short(call, &default)?,
        "workflowsForIssueTypes": by_workflow,
    });
    put(&mut told, "description", row.get("description"));
    Ok(told)
}

/// Returns the version of a scheme: its number is how often it was changed here, its id also tells other changes.
pub(crate) fn version(call: &Call<'_>, id: &str) -> Answer {
    let number = call.version_of(&format!("{SCHEME}{id}"));
    let (table, mappings) = (call.table("workflowscheme")?, mappings(call, "workflowschemeentity", id)?);
    let own = table.by_id(id).map(|row| (row.text("name"), row.text("description")));
    let stamp = format!("{id}/{number}/{own:?}/{mappings:?}");
    Ok(json!({"id": uuid("workflowscheme", &stamp), "versionNumber": number}))
}

/// What the name begins with that the changes of a scheme are counted under.
pub(crate) const SCHEME: &str = "scheme/";

/// Returns the workflow of a project and an issue type.
pub(crate) fn workflow_of(call: &Call<'_>, project: &str, issue_type: &str) -> Result<String, Refusal> {
    let table = call.table("workflowscheme")?;
    let id = projects::associated(call, project, "WorkflowScheme")?.filter(|id| table.by_id(id).is_some());
    let Some(id) = id else { return Ok(workflows::CLASSIC.to_owned()) };
    let (default, others) = mappings(call, "workflowschemeentity", &id)?;
    Ok(others.get(issue_type).and_then(Value::as_str).map_or(default, str::to_owned))
}

/// Returns the workflows of schemes that projects have.
pub(super) fn used_workflows(call: &Call<'_>) -> Result<BTreeSet<String>, Refusal> {
    let table: &Table = &*call.table("workflowscheme")?;
    let mut used = BTreeSet::new();
    for project in call.table("project")?.all() {
        let id = projects::associated(call, project.id(), "WorkflowScheme")?;
        match id.filter(|id| table.by_id(id).is_some()) {
            Some(id) => {
                let (default, others) = mappings(call, "workflowschemeentity", &id)?;
                used.insert(default);
                used.extend(others.values().filter_map(Value::as_str).map(str::to_owned));
            }
            None => {
                used.insert(workflows::CLASSIC.to_owned());
            }
        }
    }
    Ok(used)
}
