//! The ways out of the status of an issue, by its workflow.
//!
//! Invariant: a way to a step without a status is none; conditions are not run here.

use serde_json::{Value, json};

use super::super::xml::Element;
use super::super::{constants, projects, put, workflow_schemes};
use super::{find, of};
use crate::call::{Call, Refusal};
use crate::router::Answer;
use crate::rows::entities::Entity;

/// The function that sets a field.
const SETS_FIELD: &str = "com.atlassian.jira.workflow.function.issue.UpdateIssueFieldFunction";

/// A way.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The step and the status to which it leads.
    pub(crate) step: String,
    pub(crate) status: String,
    is_global: bool,
    /// What becomes of the resolution: nothing, none, or the one of an id.
    pub(crate) resolution: Option<Option<String>>,
}

/// Where issues of a workflow begin, and what they can do.
pub(crate) struct Flow {
    pub(crate) name: String,
    pub(crate) initial: Option<Way>,
    /// Steps with their statuses and the ways out of them.
    pub(crate) steps: Vec<(String, String, Vec<Way>)>,
}

impl Flow {
    /// Returns the workflow of issues of a type.
    pub(crate) fn of_type(call: &Call<'_>, project: &str, kind: &str) -> Result<Self, Refusal> {
        Self::named(call, &workflow_schemes::workflow_of(call, project, kind)?)
    }

    pub(crate) fn named(call: &Call<'_>, name: &str) -> Result<Self, Refusal> {
        let all = call.site.workflows()?;
        let missing = || Refusal::new(500, &format!("There is no workflow {name}."));
        let root = all.iter().find(|own| own.name() == name).ok_or_else(missing)?.root();
        let statuses: Vec<(String, String)> = root
            .inside("steps", "step")
            .filter_map(|own| {
                Some((own.attribute("id").to_owned(), own.named("meta", "jira.status.id")?.to_owned()))
            })
            .collect();
        let initial = root.inside("initial-actions", "action").find_map(|own| way(own, "", &statuses, false));
        let mut steps = Vec::new();
        for step in root.inside("steps", "step") {
            let id = step.attribute("id");
            let Some((_, status)) = statuses.iter().find(|(own, _)| own == id) else { continue };
            let common = step.inside("actions", "common-action").filter_map(|own| {
                root.inside("common-actions", "action")
                    .find(|action| action.attribute("id") == own.attribute("id"))
            });
            let own = step.inside("actions", "action").chain(common);
            let mut ways: Vec<Way> = own.filter_map(|own| way(own, id, &statuses, false)).collect();
            ways.extend(
                root.inside("global-actions", "action").filter_map(|own| way(own, id, &statuses, true)),
            );
            steps.push((id.to_owned(), status.clone(), ways));
        }
        Ok(Self { name: name.to_owned(), initial, steps })
    }
}

fn way(action: &Element, from: &str, statuses: &[(String, String)], is_global: bool) -> Option<Way> {
    let result = action.inside("results", "unconditional-result").next()?;
    let step = match result.attribute("step") {
        "-1" => from,
        own => own,
    };
    let (step, status) = statuses.iter().find(|(own, _)| own == step)?;
    let mut resolution = None;
    let functions =
        result.inside("post-functions", "function").chain(action.inside("post-functions", "function"));
    for function in functions {
        if function.argument("class.name").trim() == SETS_FIELD
            && function.argument("field.name") == "resolution"
        {
            resolution = Some(match function.argument("field.value") {
                "" | "-1" => None,
                id => Some(id.to_owned()),
            });
        }
    }
    Some(Way {
        id: action.attribute("id").to_owned(),
        name: action.attribute("name").to_owned(),
        step: step.clone(),
        status: status.clone(),
        is_global,
        resolution,
    })
}

/// Returns the ways that an issue can take now.
pub(crate) fn of_issue(call: &Call<'_>, issue: &Entity) -> Result<Vec<Way>, Refusal> {
    if !projects::may(call, of(issue, "project"), "TRANSITION_ISSUES")? {
        return Ok(Vec::new());
    }
    let entry = call.entity("OSWorkflowEntry", of(issue, "workflowId"))?.unwrap_or_default();
    let flow = match entry.get("name") {
        Some(name) => Flow::named(call, name)?,
        None => Flow::of_type(call, of(issue, "project"), of(issue, "type"))?,
    };
    let current = call.entities("OSCurrentStep", &[("entryId", of(issue, "workflowId"))])?;
    let step = current.first().map_or("", |own| of(own, "stepId"));
    let own = flow.steps.iter().find(|(id, ..)| id == step);
    let own = own.or_else(|| flow.steps.iter().find(|(_, status, _)| status == of(issue, "status")));
    Ok(own.map(|(.., ways)| ways.clone()).unwrap_or_default())
}

pub(super) fn told(call: &Call<'_>) -> Answer {
    let issue = find(call, call.part(0))?;
    let statuses = call.table("issuestatus")?;
    let mut all = Vec::new();
    for way in of_issue(call, &issue)? {
        let Some(status) = statuses.by_id(&way.status) else { continue };
        let mut own = json!({"id": way.id, "name": way.name, "to": constants::status(call, status)});
        if call.is_cloud() {
            own["hasScreen"] = json!(false);
            own["isGlobal"] = json!(way.is_global);
            own["isInitial"] = json!(false);
            own["isAvailable"] = json!(true);
            own["isConditional"] = json!(false);
            put(&mut own, "looped", (way.status == of(&issue, "status")).then_some(true));
        }
        all.push(own);
    }
    let transitions: Value = all.into();
    Ok(json!({"expand": "transitions", "transitions": transitions}))
}
