//! Workflows: Cloud tells them whole, made from the descriptors in the rows; Data Center tells their names.
//!
//! Invariant: a status that the instance does not have is not told, nor is a transition to it.

pub(crate) mod rules;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use self::rules::{Roles, Rule};
use super::xml::Element;
use super::{constants, issue_type_schemes, number, projects, put, team, uuid, workflow_schemes};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get, post};
use crate::site::Site;

pub(super) const CLOUD: &[Endpoint] = &[
    get("/workflows/search", search).shaped(Shape::Beside(Limit { usual: 50, most: 200 })),
    post("/workflows", several).admin(),
    get("/workflow/{workflowId}/projectUsages", projects_of).shaped(Shape::Token("projects", USAGES)).admin(),
    get("/workflow/{workflowId}/workflowSchemes", schemes_of)
        .shaped(Shape::Token("workflowSchemes", USAGES))
        .admin(),
    get("/statuses/{statusId}/workflowUsages", of_status).shaped(Shape::Token("workflows", USAGES)).admin(),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    get("/workflow", names).admin(),
    get("/rest/projectconfig/1/issuetype/{project}/{issueType}/workflow", of_issue_type),
];

/// How many users of an object are told at once.
pub(super) const USAGES: Limit = Limit { usual: 50, most: 200 };

/// The workflow that comes with Jira and is in no row.
pub(crate) const CLASSIC: &str = "jira";
const CLASSIC_DESCRIPTOR: &str = include_str!("classic.xml");

/// The event that a transition fires unless another is named.
const GENERIC: &str = "13";
/// The event of a new issue.
const CREATED: &str = "1";

/// A workflow of the instance.
#[derive(Debug)]
pub(crate) struct Workflow {
    name: String,
    root: Element,
    /// Another for each descriptor.
    stamp: String,
}

impl Workflow {
    /// Reads all workflows, by name.
    pub(crate) fn all(site: &Site) -> rusqlite::Result<Vec<Self>> {
        let table = site.table("jiraworkflows")?;
        let own = table.all().map(|row| Self {
            name: row.text("workflowname").to_owned(),
            root: Element::parse(row.text("descriptor")),
            stamp: uuid("descriptor", row.text("descriptor")),
        });
        let mut all: Vec<_> = own.collect();
        if !all.iter().any(|workflow| workflow.name == CLASSIC) {
            all.push(Self {
                name: CLASSIC.to_owned(),
                root: Element::parse(CLASSIC_DESCRIPTOR),
                stamp: String::new(),
            });
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// Returns what names it on Cloud: workflows that come with Jira are named by their names.
    fn id(&self) -> String {
        id(&self.name)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn root(&self) -> &Element {
        &self.root
    }

    fn steps(&self) -> impl Iterator<Item = &Element> {
        self.root.inside("steps", "step")
    }

    fn description(&self) -> &str {
        self.root.named("meta", "jira.description").unwrap_or_default()
    }
}

/// Returns the id that a workflow of a name has on Cloud.
pub(crate) fn id(name: &str) -> String {
    if name == CLASSIC { name.to_owned() } else { uuid("workflow", name) }
}

/// Returns the version of a workflow: its number is how often it was changed here, its id also tells other changes.
pub(crate) fn version(call: &Call<'_>, name: &str) -> Result<Value, Refusal> {
    if name == CLASSIC {
        return Ok(json!({"id": "00000000-0000-0000-0000-000000000000", "versionNumber": 0}));
    }
    let number = call.version_of(name);
    let all = call.site.workflows()?;
    let stamp = all.iter().find(|workflow| workflow.name == name).map_or("", |own| own.stamp.as_str());
    Ok(json!({"id": uuid("version", &format!("{name}/{number}/{stamp}")), "versionNumber": number}))
}

/// Returns the description of a workflow.
pub(super) fn description(call: &Call<'_>, name: &str) -> Result<String, Refusal> {
    let all = call.site.workflows()?;
    let found = all.iter().find(|workflow| workflow.name == name);
    Ok(found.map(|workflow| workflow.description().to_owned()).unwrap_or_default())
}

/// A workflow on its way into a reply.
struct Telling<'a> {
    workflow: &'a Workflow,
    /// The status of each step whose status there is.
    statuses: BTreeMap<&'a str, &'a str>,
    roles: &'a Roles,
}

impl Telling<'_> {
    fn rules<'e>(
        &self,
        found: impl Iterator<Item = &'e Element>,
        known: impl Fn(&Element) -> Option<Rule>,
        place: &str,
    ) -> Value {
        let name = &self.workflow.name;
        let told = found.enumerate();
        told.filter_map(|(number, rule)| rules::read(rule, &format!("{name}/{place}/{number}"), known(rule)))
            .collect()
    }

    /// Returns conditions, with groups in groups; nothing, if there is no rule.
    fn conditions(&self, conditions: &Element, place: &str) -> Option<Value> {
        let known = |rule: &Element| rules::condition(rule, self.roles);
        let rules = self.rules(conditions.all("condition"), known, place);
        let inner = conditions.all("conditions").enumerate();
        let groups: Vec<_> = inner
            .filter_map(|(number, inner)| self.conditions(inner, &format!("{place}.{number}")))
            .collect();
        if rules.as_array().is_none_or(Vec::is_empty) && groups.is_empty() {
            return None;
        }
        let operation = if conditions.attribute("type") == "OR" { "ANY" } else { "ALL" };
        Some(json!({"operation": operation, "conditions": rules, "conditionGroups": groups}))
    }

    /// Returns a transition from the statuses of some steps.
    fn transition(&self, action: &Element, kind: &str, from: &[&str]) -> Option<Value> {
        let result = action.inside("results", "unconditional-result").next()?;
        let step = result.attribute("step");
        let id = action.attribute("id");
        let links = from.iter().filter_map(|step| self.statuses.get(step));
        let links: Vec<_> =
            links.map(|status| json!({"fromStatusReference": status, "fromPort": 0, "toPort": 1})).collect();
        let mut told = json!({
            "id": id,
            "type": kind,
            "name": action.attribute("name"),
            "description": action.named("meta", "jira.description").unwrap_or_default(),
            "links": links,
            "validators": self.rules(action.inside("validators", "validator"), rules::validator, &format!("{id}v")),
            "triggers": triggers(action),
            "properties": properties(action),
        });
        // A transition that leads back to where it began names no status.
        if step != "-1" {
            told["toStatusReference"] = json!(self.statuses.get(step)?);
        }
        let functions: Vec<_> = result.inside("post-functions", "function").collect();
        told["actions"] = self.rules(functions.iter().copied(), rules::function, &format!("{id}f"));
        let fires =
            functions.iter().find(|rule| rule.argument("class.name").ends_with(".FireIssueEventFunction"));
        let event = fires.map(|rule| rule.argument("eventTypeId"));
        let usual = if kind == "INITIAL" { CREATED } else { GENERIC };
        put(&mut told, "customIssueEventId", event.filter(|&event| event != usual && !event.is_empty()));
        let conditions = action.inside("restrict-to", "conditions").next();
        put(&mut told, "conditions", conditions.and_then(|own| self.conditions(own, &format!("{id}c"))));
        // Two views are of Jira's own screens, whose ids are fixed.
        let screen = match action.attribute("view") {
            "fieldscreen" => action.named("meta", "jira.fieldscreen.id"),
            "commentassign" => Some("2"),
            "resolveissue" => Some("3"),
            _ => None,
        };
        let screen = screen.map(|screen| ("system:transition-screen", vec![("screenId", screen.to_owned())]));
        let place = format!("{}/{id}s", self.workflow.name);
        put(&mut told, "transitionScreen", screen.map(|rule| rules::told(&rule, &place)));
        Some(told)
    }

    fn transitions(&self) -> Vec<Value> {
        let root = &self.workflow.root;
        let mut told = Vec::new();
        for action in root.inside("initial-actions", "action") {
            told.extend(self.transition(action, "INITIAL", &[]));
        }
        for action in root.inside("global-actions", "action") {
            told.extend(self.transition(action, "GLOBAL", &[]));
        }
        for action in root.inside("common-actions", "action") {
            let id = action.attribute("id");
            let names = |step: &&Element| {
                step.inside("actions", "common-action").any(|own| own.attribute("id") == id)
            };
            let from: Vec<&str> =
                self.workflow.steps().filter(names).map(|step| step.attribute("id")).collect();
            if !from.is_empty() {
                told.extend(self.transition(action, "DIRECTED", &from));
            }
        }
        for step in self.workflow.steps() {
            for action in step.inside("actions", "action") {
                told.extend(self.transition(action, "DIRECTED", &[step.attribute("id")]));
            }
        }
        told
    }
}

/// Returns the triggers of a transition, which are kept as Cloud says them.
fn triggers(action: &Element) -> Value {
    let kept = action.named("meta", "cloud.triggers");
    kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_else(|| json!([]))
}

fn properties(element: &Element) -> Map<String, Value> {
    element.properties().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

fn told(call: &Call<'_>, workflow: &Workflow, roles: &Roles, with_transitions: bool) -> Answer {
    let table = call.table("issuestatus")?;
    let statuses = workflow.steps().filter_map(|step| {
        let status = step.named("meta", "jira.status.id")?;
        table.by_id(status).map(|_| (step.attribute("id"), status))
    });
    let telling = Telling { workflow, statuses: statuses.collect(), roles };
    let places = workflow.steps().filter(|step| telling.statuses.contains_key(step.attribute("id")));
    let places = places.zip(1_i32..).map(|(step, column)| {
        json!({
            "statusReference": telling.statuses[step.attribute("id")],
            "layout": {"x": f64::from(column) * 200.0, "y": 0.0},
            "properties": properties(step),
            "deprecated": false,
        })
    });
    Ok(json!({
        "id": workflow.id(),
        "name": workflow.name,
        "description": workflow.description(),
        "scope": {"type": "GLOBAL"},
        "isEditable": workflow.name != CLASSIC,
        "version": version(call, &workflow.name)?,
        "startPointLayout": {"x": 0.0, "y": 0.0},
        "statuses": places.collect::<Vec<_>>(),
        // Without being asked for they are an empty list, which does not mean that there are none.
        "transitions": if with_transitions { telling.transitions() } else { Vec::new() },
    }))
}

pub(crate) fn roles(call: &Call<'_>) -> Result<Roles, Refusal> {
    let table = call.table("projectrole")?;
    Ok(table.all().map(|row| (row.text("name").to_owned(), row.id().to_owned())).collect())
}

/// Returns the statuses of workflows as they stand beside them.
fn statuses_beside(call: &Call<'_>) -> Answer {
    let table = call.table("issuestatus")?;
    let told = table.all().map(|row| {
        json!({
            "statusReference": row.id(),
            "id": row.id(),
            "name": call.local(row.text("pname")),
            "statusCategory": constants::category_word(row),
            "scope": {"type": "GLOBAL"},
            "description": row.text("description"),
        })
    });
    Ok(told.collect())
}

/// Those who are no administrators get workflows of projects that they administer: none here.
fn search(call: &Call<'_>) -> Answer {
    if !call.is_admin() {
        return Ok(json!({"values": [], "statuses": []}));
    }
    let with_transitions = call.expands("values.transitions");
    let (roles, wanted) = (roles(call)?, call.query("queryString").unwrap_or_default().to_lowercase());
    let used = workflow_schemes::used_workflows(call)?;
    let is_wanted = |workflow: &&Workflow| {
        let is_active = used.contains(&workflow.name);
        let fits = call.query("isActive").is_none_or(|active| active == is_active.to_string());
        fits && workflow.name.to_lowercase().contains(&wanted)
    };
    let all = call.site.workflows()?;
    let told_all =
        all.iter().filter(is_wanted).map(|workflow| told(call, workflow, &roles, with_transitions));
    let (mut values, mut statuses) = (told_all.collect::<Result<Vec<_>, _>>()?, statuses_beside(call)?);
    if let (Some((workflow, status)), Some(statuses)) =
        (team::workflow(call, with_transitions), statuses.as_array_mut())
    {
        values.push(workflow);
        statuses.push(status);
    }
    Ok(json!({"values": values, "statuses": statuses}))
}

fn several(call: &Call<'_>) -> Answer {
    let names = |member: &str| -> Vec<String> {
        let own = call.body[member].as_array().into_iter().flatten();
        own.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (ids, wanted, roles) = (names("workflowIds"), names("workflowNames"), roles(call)?);
    let (mut wanted, all) = (wanted, call.site.workflows()?);
    for pair in call.body["projectAndIssueTypes"].as_array().into_iter().flatten() {
        let project = projects::find(call, pair["projectId"].as_str().unwrap_or_default())?;
        wanted.push(workflow_schemes::workflow_of(
            call,
            &project.id,
            pair["issueTypeId"].as_str().unwrap_or_default(),
        )?);
    }
    let found = all.iter().filter(|workflow| ids.contains(&workflow.id()) || wanted.contains(&workflow.name));
    let found: Result<Vec<_>, _> = found.map(|workflow| told(call, workflow, &roles, true)).collect();
    Ok(json!({"workflows": found?, "statuses": statuses_beside(call)?}))
}

/// Data Center tells names and counts, and no rules.
fn names(call: &Call<'_>) -> Answer {
    let all = call.site.workflows()?;
    let wanted = all.iter().filter(|workflow| call.wants("workflowName", &workflow.name));
    let told = wanted.map(|workflow| {
        json!({
            "name": workflow.name,
            "description": workflow.description(),
            "steps": workflow.steps().count(),
            "default": workflow.name == CLASSIC,
        })
    });
    Ok(told.collect())
}

/// What Data Center's own pages read: not a published interface.
fn of_issue_type(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0))?;
    let kind = call.part(1);
    if !issue_type_schemes::types_of_project(call, &project.id)?.iter().any(|own| own == kind) {
        return Err(Refusal::missing("issue type", kind));
    }
    let name = workflow_schemes::workflow_of(call, &project.id, kind)?;
    let (mut shared, table) = (Vec::new(), call.table("project")?);
    for row in table.all() {
        let types = issue_type_schemes::types_of_project(call, row.id())?;
        for own in types {
            if workflow_schemes::workflow_of(call, row.id(), &own)? == name {
                shared.push(json!({
                    "id": number(row.id()), "key": row.text("pkey"), "name": row.text("pname"), "archived": false,
                }));
                break;
            }
        }
    }
    let all = call.site.workflows()?;
    let found = all.iter().find(|workflow| workflow.name == name);
    let updated = found.and_then(|workflow| workflow.root.named("meta", "jira.updated.date"));
    let updated = updated.and_then(|time| time.parse::<i64>().ok());
    let mut told = json!({
        "name": name,
        "displayName": name,
        "state": if name == CLASSIC { "readonly_delegated_system" } else { "editable" },
        "totalProjectsCount": shared.len(),
        "hiddenProjectsCount": 0,
        "sharedWithProjects": shared,
        "sharedWithIssueTypes": [kind],
        "isDraftWithChanges": false,
        "draftWithChanges": false,
    });
    put(&mut told, "updatedDate", updated);
    Ok(told)
}

/// Returns the name of the workflow that is asked for.
fn wanted(call: &Call<'_>) -> Result<String, Refusal> {
    let all = call.site.workflows()?;
    let found = all.iter().find(|workflow| workflow.id() == call.part(0));
    Ok(found.ok_or_else(|| Refusal::missing("workflow", call.part(0)))?.name.clone())
}

fn projects_of(call: &Call<'_>) -> Answer {
    let ids: Vec<Value> =
        workflow_schemes::projects_with(call, &wanted(call)?)?.iter().map(|id| json!({"id": id})).collect();
    Ok(json!({"workflowId": call.part(0), "projects": {"values": ids}}))
}

fn schemes_of(call: &Call<'_>) -> Answer {
    let ids: Vec<Value> =
        workflow_schemes::schemes_with(call, &wanted(call)?)?.iter().map(|id| json!({"id": id})).collect();
    Ok(json!({"workflowId": call.part(0), "workflowSchemes": {"values": ids}}))
}

fn of_status(call: &Call<'_>) -> Answer {
    let all = call.site.workflows()?;
    let uses = |workflow: &&Workflow| {
        workflow.steps().any(|step| step.named("meta", "jira.status.id") == Some(call.part(0)))
    };
    let told: Vec<Value> = all.iter().filter(uses).map(|workflow| json!({"id": workflow.id()})).collect();
    Ok(json!({"statusId": call.part(0), "workflows": {"values": told}}))
}
