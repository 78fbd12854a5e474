//! Workflow schemes in use are changed, published or given to projects; issues whose status goes are moved as the request says.
//!
//! Invariant: no issue is left in a status that its workflow lacks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::workflow_schemes::{
    DRAFT_ENTITIES, WHAT, by_id, has_issues, must_be_free, remove_draft, replace, wanted_draft,
};
use super::workflows::{Issue, move_issue};
use super::{Done, Written, changes, id, list, members, nothing};
use crate::areas::workflow_schemes as told;
use crate::areas::workflows;
use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, post, write};

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/workflowscheme/update", update),
    post("/workflowscheme/update/mappings", needed).admin(),
    write("PUT", "/workflowscheme/project", assign),
    write("POST", "/workflowscheme/project/switch", switch),
    write("POST", "/workflowscheme/{id}/draft/publish", publish),
];

/// Workflows by name: the default, and the others by type.
type Mappings = (String, Map<String, Value>);

fn workflow_of<'m>((default, others): &'m Mappings, kind: &str) -> &'m str {
    others.get(kind).and_then(Value::as_str).unwrap_or(default)
}

/// Returns the ids of the statuses of a workflow.
fn statuses_of(call: &Call<'_>, name: &str) -> Result<BTreeSet<String>, Refusal> {
    let all = call.site.workflows()?;
    let root = all.iter().find(|workflow| workflow.name() == name).map(|own| own.root());
    let steps = root.into_iter().flat_map(|root| root.inside("steps", "step"));
    Ok(steps.filter_map(|step| step.named("meta", "jira.status.id")).map(str::to_owned).collect())
}

/// Returns the issues of projects whose status their new workflow lacks.
fn stranded(call: &Call<'_>, projects: &[String], new: &Mappings) -> Result<Vec<Issue>, Refusal> {
    let mut found = Vec::new();
    for project in projects {
        for row in call.table("jiraissue")?.with("project", project) {
            let (kind, status) = (row.text("issuetype"), row.text("issuestatus"));
            if !statuses_of(call, workflow_of(new, kind))?.contains(status) {
                found.push(Issue {
                    id: row.id().to_owned(),
                    project: project.clone(),
                    issue_type: kind.to_owned(),
                    status: status.to_owned(),
                });
            }
        }
    }
    Ok(found)
}

/// Returns what a pair of ids says that a status becomes.
fn becomes(pairs: &Value, status: &str) -> Option<String> {
    let mut all = pairs.as_array().into_iter().flatten();
    all.find(|pair| id(pair, "oldStatusId").as_deref() == Some(status))
        .and_then(|pair| id(pair, "newStatusId"))
}

/// Moves issues; one for which nothing is said is a refusal.
fn move_all(
    call: &Call<'_>,
    issues: &[Issue],
    new: &Mappings,
    says: impl Fn(&Issue) -> Option<String>,
) -> Result<(), Refusal> {
    for issue in issues {
        let workflow = workflow_of(new, &issue.issue_type);
        let status = says(issue).ok_or_else(|| {
            let text = format!(
                "Issues of the type {} have the status {}, which the workflow '{workflow}' lacks: a mapping is needed.",
                issue.issue_type, issue.status
            );
            Refusal::new(400, &text)
        })?;
        if !statuses_of(call, workflow)?.contains(&status) {
            return Err(Refusal::new(400, &format!("The workflow '{workflow}' lacks the status {status}.")));
        }
        move_issue(call, issue, &status, workflow)?;
    }
    Ok(())
}

/// Answers with a task, and says so to other changes of workflows.
fn started(call: &Call<'_>, description: &'static str) -> Written {
    let task = call.task(description);
    let location = call.link(&format!("/task/{}", task["id"].as_str().unwrap_or_default()));
    Ok(Done { location: Some(location), ..Done::with(303, task) })
}

fn update(call: &Call<'_>) -> Written {
    call.workflows_rest()?;
    let own = call.members(&[
        "id*",
        "name*",
        "description",
        "version*",
        "defaultWorkflowId",
        "workflowsForIssueTypes",
        "statusMappingsByWorkflows",
        "statusMappingsByIssueTypeOverride",
    ])?;
    if !own.contains_key("description") {
        return Err(Refusal::of("description", "The description is required."));
    }
    let scheme = id(&call.body, "id").unwrap_or_default();
    call.must_be_known("workflowscheme", WHAT, &scheme)?;
    if call.body["version"] != told::version(call, &scheme)? {
        return Err(Refusal::new(409, "Workflow scheme version and version token must match"));
    }
    must_be_free(call, &scheme)?;
    let old = told::mappings(call, "workflowschemeentity", &scheme)?;
    let new = by_id(call)?;
    let issues = stranded(call, &told::projects_of(call, &scheme)?, &new)?;
    call.update(
        "workflowscheme",
        &scheme,
        changes(&call.body, &[("name", "name"), ("description", "description")]),
    )?;
    replace(call, &scheme, &new)?;
    let by_workflow = |issue: &Issue| {
        let pair = (workflow_of(&old, &issue.issue_type), workflow_of(&new, &issue.issue_type));
        let pair = (workflows::id(pair.0), workflows::id(pair.1));
        let mut all = call.body["statusMappingsByWorkflows"].as_array().into_iter().flatten();
        let own = all.find(|said| {
            id(said, "oldWorkflowId") == Some(pair.0.clone())
                && id(said, "newWorkflowId") == Some(pair.1.clone())
        });
        own.and_then(|own| becomes(&own["statusMappings"], &issue.status))
    };
    move_all(call, &issues, &new, |issue| {
        by_type(&call.body["statusMappingsByIssueTypeOverride"], issue).or_else(|| by_workflow(issue))
    })?;
    if issues.is_empty() { Ok(Done::ok(json!({}))) } else { started(call, "Update a workflow scheme") }
}

/// Returns what the mappings of an issue type say that the status of an issue becomes.
fn by_type(mappings: &Value, issue: &Issue) -> Option<String> {
    let mut all = mappings.as_array().into_iter().flatten();
    let own = all.find(|said| id(said, "issueTypeId").as_ref() == Some(&issue.issue_type));
    own.and_then(|own| becomes(&own["statusMappings"], &issue.status))
}

/// Tells which statuses a change would need mappings for. It changes nothing.
fn needed(call: &Call<'_>) -> Answer {
    members(&call.body, &["id*", "defaultWorkflowId", "workflowsForIssueTypes*"])?;
    let scheme = id(&call.body, "id").unwrap_or_default();
    call.must_be_known("workflowscheme", WHAT, &scheme)?;
    let (old, new) = (told::mappings(call, "workflowschemeentity", &scheme)?, by_id(call)?);
    let issues = stranded(call, &told::projects_of(call, &scheme)?, &new)?;
    let (mut by_type, mut by_workflow) = (BTreeMap::new(), BTreeMap::new());
    for issue in &issues {
        let kind = issue.issue_type.as_str();
        by_type.entry(kind).or_insert_with(BTreeSet::new).insert(issue.status.as_str());
        let pair = (workflow_of(&old, kind), workflow_of(&new, kind));
        by_workflow.entry(pair).or_insert_with(BTreeSet::new).insert(issue.status.as_str());
    }
    let names: BTreeSet<&str> = std::iter::once(new.0.as_str())
        .chain(new.1.values().filter_map(Value::as_str))
        .chain(by_workflow.keys().map(|(old, _)| *old))
        .collect();
    let (mut per_workflow, mut all) = (Vec::new(), BTreeSet::new());
    for name in names {
        let own = statuses_of(call, name)?;
        let workflow = call.site.workflows()?;
        let root = workflow.iter().find(|own| own.name() == name).map(|own| own.root());
        let first = root.and_then(|root| {
            let action = root.inside("initial-actions", "action").next()?;
            let step = action.inside("results", "unconditional-result").next()?.attribute("step");
            let mut steps = root.inside("steps", "step");
            steps.find(|own| own.attribute("id") == step)?.named("meta", "jira.status.id").map(str::to_owned)
        });
        per_workflow.push(json!({
            "workflowId": workflows::id(name),
            "initialStatusId": first.unwrap_or_default(),
            "statuses": own,
        }));
        all.extend(own);
    }
    let query: Vec<String> = all.iter().map(|id| format!("id={id}")).collect();
    let statuses =
        if query.is_empty() { json!([]) } else { call.got(&format!("/statuses?{}", query.join("&")))? };
    let statuses = statuses
        .as_array()
        .into_iter()
        .flatten()
        .map(|own| json!({"id": own["id"], "name": own["name"], "category": own["statusCategory"]}));
    Ok(json!({
        "statusMappingsByIssueTypes": by_type.iter()
            .map(|(kind, ids)| json!({"issueTypeId": kind, "statusIds": ids})).collect::<Vec<_>>(),
        "statusMappingsByWorkflows": by_workflow.iter()
            .map(|((old, new), ids)| json!({
                "sourceWorkflowId": workflows::id(old), "targetWorkflowId": workflows::id(new), "statusIds": ids,
            })).collect::<Vec<_>>(),
        "statuses": statuses.collect::<Vec<_>>(),
        "statusesPerWorkflow": per_workflow,
    }))
}

/// Gives a scheme to a project without issues.
fn assign(call: &Call<'_>) -> Written {
    call.workflows_rest()?;
    call.members(&["workflowSchemeId", "projectId*"])?;
    let project = call.classic_project(&id(&call.body, "projectId").unwrap_or_default())?;
    let scheme = id(&call.body, "workflowSchemeId");
    if let Some(scheme) = &scheme {
        call.must_exist("workflowscheme", WHAT, scheme)?;
    }
    if has_issues(call, &project)? {
        return Err(Refusal::new(400, "The project has issues: its workflow scheme can be switched alone."));
    }
    call.associate(&project, "WorkflowScheme", scheme.as_deref())?;
    nothing()
}

/// Gives a scheme to a project whatever its issues.
fn switch(call: &Call<'_>) -> Written {
    call.workflows_rest()?;
    call.members(&["projectId*", "targetSchemeId*", "mappingsByIssueTypeOverride"])?;
    let project = call.classic_project(&id(&call.body, "projectId").unwrap_or_default());
    let project = project.map_err(|refusal| refusal.with_status(400))?;
    let scheme = id(&call.body, "targetSchemeId").unwrap_or_default();
    call.must_be_known("workflowscheme", WHAT, &scheme)?;
    let new = told::mappings(call, "workflowschemeentity", &scheme)?;
    let issues = stranded(call, std::slice::from_ref(&project), &new)?;
    call.associate(&project, "WorkflowScheme", Some(&scheme))?;
    move_all(call, &issues, &new, |issue| by_type(&call.body["mappingsByIssueTypeOverride"], issue))?;
    started(call, "Switch a workflow scheme")
}

/// Puts a draft into the place of its scheme.
fn publish(call: &Call<'_>) -> Written {
    call.workflows_rest()?;
    let (draft, scheme) = (wanted_draft(call)?, call.part(0));
    call.members(&["statusMappings"])?;
    let new = told::mappings(call, DRAFT_ENTITIES, &draft)?;
    let issues = stranded(call, &told::projects_of(call, scheme)?, &new)?;
    let says = |issue: &Issue| {
        let mut all = call.body["statusMappings"].as_array().into_iter().flatten();
        let own = all.find(|said| {
            list(&json!({"all": [said["issueTypeId"], said["statusId"]]}), "all")
                == [issue.issue_type.clone(), issue.status.clone()]
        });
        own.and_then(|own| id(own, "newStatusId"))
    };
    if call.query("validateOnly") == Some("true") {
        return match issues.iter().find(|issue| says(issue).is_none()) {
            Some(issue) => Err(Refusal::new(400, &format!("The status {} needs a mapping.", issue.status))),
            None => nothing(),
        };
    }
    replace(call, scheme, &new)?;
    move_all(call, &issues, &new, says)?;
    remove_draft(call, &draft)?;
    started(call, "Publish a workflow scheme")
}
