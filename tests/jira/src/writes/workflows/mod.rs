//! Workflows are made, changed, checked and deleted, on Cloud alone.
//!
//! Invariant: an update replaces the whole workflow and raises its version; it is done only on the version that is there.

mod checks;
mod descriptor;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use self::checks::Checks;
use self::descriptor::Making;
use super::{Done, Written, changes, constants, id, members, nothing};
use crate::areas::{people, workflow_schemes, workflows};
use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, post, write};
use crate::rows::lock;

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/workflows/create", create),
    post("/workflows/create/validation", validate_create).admin(),
    write("POST", "/workflows/update", update),
    post("/workflows/update/validation", validate_update).admin(),
    write("DELETE", "/workflow/{entityId}", delete),
];

/// At most so many statuses and workflows are in a request.
const MOST_STATUSES: usize = 1000;
const MOST_WORKFLOWS: usize = 20;

/// An issue that a workflow moves.
pub(super) struct Issue {
    pub(super) id: String,
    pub(super) project: String,
    pub(super) issue_type: String,
    pub(super) status: String,
}

/// A workflow as it was.
pub(super) struct Before {
    name: String,
}

impl Before {
    /// Returns the issues that are in the workflow.
    pub(super) fn issues(&self, call: &Call<'_>) -> Result<Vec<Issue>, Refusal> {
        let mut own = Vec::new();
        for row in call.table("jiraissue")?.all() {
            let (project, kind) = (row.text("project"), row.text("issuetype"));
            if workflow_schemes::workflow_of(call, project, kind)? == self.name {
                own.push(Issue {
                    id: row.id().to_owned(),
                    project: project.to_owned(),
                    issue_type: kind.to_owned(),
                    status: row.text("issuestatus").to_owned(),
                });
            }
        }
        Ok(own)
    }
}

/// Returns the reference of the status that an issue gets, if the request says so. The status that it has is named by its id, or by the
/// reference that the request has for it.
fn mapped<'v>(statuses: &[Value], said: &'v Value, issue: &Issue) -> Option<&'v str> {
    let is_own = |reference: &Value| {
        let is_it = |own: &Value| {
            own["statusReference"] == *reference && id(own, "id").as_ref() == Some(&issue.status)
        };
        *reference == issue.status.as_str() || statuses.iter().any(is_it)
    };
    let new = |pairs: &'v Value| {
        let all = pairs.as_array().into_iter().flatten();
        let own = all.into_iter().find(|pair| is_own(&pair["oldStatusReference"]));
        own.and_then(|pair| pair["newStatusReference"].as_str())
    };
    let all = said["statusMappings"].as_array().into_iter().flatten();
    let mut own = all.filter(|mapping| {
        id(mapping, "projectId").as_ref() == Some(&issue.project)
            && id(mapping, "issueTypeId").as_ref() == Some(&issue.issue_type)
    });
    own.find_map(|mapping| new(&mapping["statusMigrations"])).or_else(|| new(&said["defaultStatusMappings"]))
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn malformed() -> Refusal {
    Refusal::new(400, "Invalid request payload. Refer to the REST API documentation and try again.")
}

/// Refuses members that are not known, and such that must be there even if they are empty.
fn check_shape(payload: &Value, is_update: bool) -> Result<(), Refusal> {
    let known: &[&str] =
        if is_update { &["statuses", "workflows*"] } else { &["scope*", "statuses", "workflows*"] };
    members(payload, known)?;
    let (statuses, workflows) = (list(payload, "statuses"), list(payload, "workflows"));
    if statuses.len() > MOST_STATUSES || workflows.len() > MOST_WORKFLOWS || workflows.is_empty() {
        return Err(Refusal::new(400, "The request has too many or no workflows or statuses."));
    }
    for status in statuses {
        members(status, &["statusReference*", "id", "name*", "statusCategory*", "description"])?;
    }
    let both =
        ["description", "statuses*", "transitions*", "startPointLayout", "loopedTransitionContainerLayout"];
    let own: &[&str] =
        if is_update { &["id*", "version*", "statusMappings", "defaultStatusMappings"] } else { &["name*"] };
    for workflow in workflows {
        // Which member is wrong is not told here.
        members(workflow, &[&both, own].concat()).map_err(|_| malformed())?;
        for status in list(workflow, "statuses") {
            let known = ["statusReference*", "layout", "properties*", "approvalConfiguration", "deprecated"];
            members(status, &known).map_err(|_| malformed())?;
        }
        for transition in list(workflow, "transitions") {
            check_transition(transition).map_err(|_| malformed())?;
        }
    }
    Ok(())
}

fn check_transition(transition: &Value) -> Result<(), Refusal> {
    let known = [
        "id*",
        "name*",
        "type*",
        "description",
        "toStatusReference",
        "links",
        "conditions",
        "validators",
        "actions",
        "triggers",
        "transitionScreen",
        "properties",
        "customIssueEventId",
    ];
    members(transition, &known)?;
    let kind = transition["type"].as_str().unwrap_or_default();
    if !["INITIAL", "GLOBAL", "DIRECTED"].contains(&kind) {
        return Err(malformed());
    }
    for link in list(transition, "links") {
        members(link, &["fromStatusReference*", "fromPort", "toPort"])?;
    }
    for member in ["validators", "actions", "triggers"] {
        list(transition, member).iter().try_for_each(check_rule)?;
    }
    if transition["transitionScreen"].is_object() {
        check_rule(&transition["transitionScreen"])?;
    }
    if transition["conditions"].is_object() {
        check_conditions(&transition["conditions"])?;
    }
    Ok(())
}

fn check_rule(rule: &Value) -> Result<(), Refusal> {
    members(rule, &["id", "ruleKey*", "parameters"]).map(|_| ())
}

fn check_conditions(said: &Value) -> Result<(), Refusal> {
    members(said, &["operation*", "conditions", "conditionGroups"])?;
    if !["ALL", "ANY"].contains(&said["operation"].as_str().unwrap_or_default()) {
        return Err(malformed());
    }
    list(said, "conditions").iter().try_for_each(check_rule)?;
    list(said, "conditionGroups").iter().try_for_each(check_conditions)
}

/// Returns the name of the workflow of an id.
pub(super) fn name_of(call: &Call<'_>, own: &str) -> Result<Option<String>, Refusal> {
    let all = call.site.workflows()?;
    Ok(all.iter().map(|workflow| workflow.name()).find(|name| workflows::id(name) == own).map(str::to_owned))
}

/// Returns all that is wrong with a request.
fn problems(call: &Call<'_>, payload: &Value, is_update: bool) -> Result<Vec<Value>, Refusal> {
    let mut checks = Checks { call, found: Vec::new() };
    let statuses = list(payload, "statuses");
    checks.statuses(statuses)?;
    let known: BTreeSet<&str> = statuses.iter().filter_map(|own| own["statusReference"].as_str()).collect();
    for workflow in list(payload, "workflows") {
        checks.workflow(workflow, &known)?;
        let problem = |code: &str, message: &str| json!({"code": code, "level": "ERROR", "type": "WORKFLOW", "message": message});
        if !is_update {
            let name = workflow["name"].as_str().unwrap_or_default();
            if call.site.workflows()?.iter().any(|own| own.name().eq_ignore_ascii_case(name)) {
                let message = format!("The workflow name '{name}' is already in use.");
                checks.found.push(problem("NON_UNIQUE_WORKFLOW_NAME", &message));
            }
            continue;
        }
        match name_of(call, &id(workflow, "id").unwrap_or_default())? {
            None => checks.found.push(problem("WORKFLOW_NOT_FOUND", "The workflow does not exist.")),
            Some(name) if name == workflows::CLASSIC => {
                checks.found.push(problem("WORKFLOW_NOT_EDITABLE", "The workflow cannot be edited."));
            }
            Some(name) => {
                let stay = staying(payload, workflow);
                checks.mappings((statuses, workflow), &Before { name }, &stay)?;
            }
        }
    }
    Ok(checks.found)
}

/// Returns the ids of the statuses that were there and stay in a workflow.
fn staying(payload: &Value, workflow: &Value) -> BTreeSet<String> {
    let own: BTreeSet<&str> =
        list(workflow, "statuses").iter().filter_map(|own| own["statusReference"].as_str()).collect();
    let all = list(payload, "statuses").iter();
    all.filter(|status| status["statusReference"].as_str().is_some_and(|text| own.contains(text)))
        .filter_map(|status| id(status, "id"))
        .collect()
}

fn validation(call: &Call<'_>, is_update: bool) -> Answer {
    members(&call.body, &["payload*", "validationOptions"])?;
    let payload = &call.body["payload"];
    check_shape(payload, is_update)?;
    let levels = super::list(&call.body["validationOptions"], "levels");
    let mut found = problems(call, payload, is_update)?;
    found.retain(|own| levels.is_empty() || levels.iter().any(|level| own["level"] == level.as_str()));
    Ok(json!({"errors": found}))
}

fn validate_create(call: &Call<'_>) -> Answer {
    validation(call, false)
}

fn validate_update(call: &Call<'_>) -> Answer {
    validation(call, true)
}

/// Refuses a request with errors, all of them told.
fn must_be_right(call: &Call<'_>, is_update: bool) -> Result<(), Refusal> {
    if call.body.is_null() {
        return Err(Refusal::new(415, "Unsupported Media Type"));
    }
    check_shape(&call.body, is_update)?;
    let found = problems(call, &call.body, is_update)?;
    let errors: Vec<&str> = found
        .iter()
        .filter(|own| own["level"] == "ERROR")
        .filter_map(|own| own["message"].as_str())
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Refusal::new(400, &errors.join(" "))) }
}

/// Makes and changes the statuses beside workflows; returns the id and name of each reference.
fn write_statuses(call: &Call<'_>) -> Result<BTreeMap<String, (String, String)>, Refusal> {
    let mut known = BTreeMap::new();
    for status in list(&call.body, "statuses") {
        let own = match id(status, "id") {
            None => constants::insert_status(call, status)?,
            Some(own) => {
                let mut columns = changes(status, &[("name", "pname"), ("description", "description")]);
                columns["statuscategory"] = json!(constants::category(status)?);
                call.update("issuestatus", &own, columns)?;
                own
            }
        };
        let reference = status["statusReference"].as_str().unwrap_or_default().to_owned();
        known.insert(reference, (own, status["name"].as_str().unwrap_or_default().to_owned()));
    }
    Ok(known)
}

/// Writes the descriptor of a workflow.
fn write_descriptor(
    call: &Call<'_>,
    name: &str,
    said: &Value,
    statuses: &BTreeMap<String, (String, String)>,
) -> Result<(), Refusal> {
    let all = call.site.workflows()?;
    let old = all.iter().find(|own| own.name() == name);
    let (roles, groups) = (workflows::roles(call)?, people::group_names(call.site)?);
    let making = Making {
        old: old.map(|own| own.root()),
        statuses: &|reference| statuses.get(reference).cloned().unwrap_or_default(),
        roles: &roles,
        groups: &groups,
    };
    let descriptor = making.descriptor(said);
    if old.is_none() {
        call.insert("jiraworkflows", json!({"workflowname": name, "descriptor": descriptor}))?;
        return Ok(());
    }
    call.update_all("jiraworkflows", ("workflowname", name), json!({"descriptor": descriptor}))?;
    call.raise_version(name);
    Ok(())
}

/// Tells the workflows of a request as they are now.
fn told(call: &Call<'_>, names: &[String]) -> Answer {
    let all = call.got("/workflows/search?expand=values.transitions")?;
    let own = |list: &Value, is_own: &dyn Fn(&Value) -> bool| -> Vec<Value> {
        list.as_array().into_iter().flatten().filter(|own| is_own(own)).cloned().collect()
    };
    let workflows = own(&all["values"], &|own| names.iter().any(|name| own["name"] == name.as_str()));
    let used: BTreeSet<String> = workflows
        .iter()
        .flat_map(|workflow| list(workflow, "statuses"))
        .filter_map(|status| status["statusReference"].as_str().map(str::to_owned))
        .collect();
    let statuses = own(&all["statuses"], &|own| own["id"].as_str().is_some_and(|id| used.contains(id)));
    Ok(json!({"workflows": workflows, "statuses": statuses}))
}

fn create(call: &Call<'_>) -> Written {
    call.workflows_rest()?;
    must_be_right(call, false)?;
    if call.body["scope"]["type"] != "GLOBAL" {
        return Err(Refusal::new(400, "The project is not team-managed."));
    }
    let statuses = write_statuses(call)?;
    let mut names = Vec::new();
    for workflow in list(&call.body, "workflows") {
        let name = workflow["name"].as_str().unwrap_or_default();
        write_descriptor(call, name, workflow, &statuses)?;
        names.push(name.to_owned());
    }
    Ok(Done::ok(told(call, &names)?))
}

fn update(call: &Call<'_>) -> Written {
    call.workflows_rest()?;
    must_be_current(call)?;
    must_be_right(call, true)?;
    let mut moving = Vec::new();
    for workflow in list(&call.body, "workflows") {
        let name = name_of(call, &id(workflow, "id").unwrap_or_default())?.unwrap_or_default();
        let issues = Before { name: name.clone() }.issues(call)?;
        moving.push((name, workflow, issues));
    }
    let statuses = write_statuses(call)?;
    let (mut names, mut has_moved) = (Vec::new(), false);
    for (name, workflow, issues) in moving {
        write_descriptor(call, &name, workflow, &statuses)?;
        let stay = staying(&call.body, workflow);
        for issue in issues.iter().filter(|issue| !stay.contains(&issue.status)) {
            let reference = mapped(list(&call.body, "statuses"), workflow, issue).unwrap_or_default();
            let new = statuses.get(reference).map_or(reference, |(id, _)| id);
            move_issue(call, issue, new, &name)?;
            has_moved = true;
        }
        names.push(name);
    }
    let mut body = told(call, &names)?;
    if has_moved {
        body["taskId"] = call.task("Update workflows")["id"].clone();
    }
    Ok(Done::ok(body))
}

/// Refuses an update of another version than the one that is there.
fn must_be_current(call: &Call<'_>) -> Result<(), Refusal> {
    if call.body.is_null() {
        return Err(Refusal::new(415, "Unsupported Media Type"));
    }
    check_shape(&call.body, true)?;
    for workflow in list(&call.body, "workflows") {
        if let Some(name) = name_of(call, &id(workflow, "id").unwrap_or_default())?
            && workflow["version"] != workflows::version(call, &name)?
        {
            return Err(Refusal::new(409, "Workflow version and version token must match"));
        }
    }
    Ok(())
}

/// Gives an issue another status, and its place in the workflow.
pub(super) fn move_issue(
    call: &Call<'_>,
    issue: &Issue,
    status: &str,
    workflow: &str,
) -> Result<(), Refusal> {
    call.must_be_known("issuestatus", "status", status)?;
    call.update("jiraissue", &issue.id, json!({"issuestatus": status}))?;
    let all = call.site.workflows()?;
    let steps = all.iter().find(|own| own.name() == workflow).map(|own| own.root());
    let step = steps.into_iter().flat_map(|root| root.inside("steps", "step"));
    let step = step.into_iter().find(|step| step.named("meta", "jira.status.id") == Some(status));
    let entry = {
        let issues = call.table("jiraissue")?;
        issues.by_id(&issue.id).map(|row| row.text("workflow_id").to_owned())
    };
    if let (Some(step), Some(entry)) = (step, entry) {
        call.update_all("OSCurrentStep", ("entryId", &entry), json!({"stepId": step.attribute("id")}))?;
    }
    Ok(())
}

fn delete(call: &Call<'_>) -> Written {
    call.workflows_rest()?;
    let name = name_of(call, call.part(0))?.ok_or_else(|| Refusal::missing("workflow", call.part(0)))?;
    let is_used = name == workflows::CLASSIC
        || call.is_used("workflowschemeentity", "workflow", &name)?
        || call.is_used("draftworkflowschemeentity", "workflow", &name)?;
    if is_used {
        return Err(Refusal::new(400, "The workflow is Jira's own or associated with a workflow scheme."));
    }
    call.delete("jiradraftworkflows", json!({"parentname": name}))?;
    call.delete("jiraworkflows", json!({"workflowname": name}))?;
    nothing()
}

impl Call<'_> {
    /// Returns the number of the version of a workflow or of a scheme.
    pub(crate) fn version_of(&self, name: &str) -> i64 {
        lock(&self.site.versions).get(name).copied().unwrap_or(1)
    }

    /// Counts a change of a workflow or of a scheme.
    pub(super) fn raise_version(&self, name: &str) {
        *lock(&self.site.versions).entry(name.to_owned()).or_insert(1) += 1;
    }
}
