//! Issues are moved to another type, on Cloud: the task that stands for "migrate issues".

use serde_json::{Value, json};

use super::workflows::{Issue, move_issue};
use super::{Done, Written, list, members};
use crate::areas::{issue_type_schemes, projects, workflow_schemes};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const CLOUD: &[Endpoint] = &[write("POST", "/bulk/issues/move", move_all).signed_in()];

/// At most so many issues are moved at once.
const MOST: usize = 1000;

/// What a project and type are told as: `DEMO,10001`.
fn target(call: &Call<'_>, key: &str) -> Result<(String, String), Refusal> {
    let mut parts = key.split(',');
    let project = projects::find(call, parts.next().unwrap_or_default());
    let project = project.map_err(|refusal| refusal.with_status(400))?.id;
    let kind = parts.next().unwrap_or_default().to_owned();
    if !issue_type_schemes::types_of_project(call, &project)?.contains(&kind) {
        return Err(Refusal::new(400, &format!("The project has no issue type '{kind}'.")));
    }
    Ok((project, kind))
}

/// Returns the status that issues get: as the request says, else their own if the workflow has it.
fn status(said: &Value, own: &str, known: &[String]) -> Result<String, Refusal> {
    let mut all = said["targetStatus"].as_array().into_iter().flatten();
    let new = all.find_map(|mapping| {
        let statuses = mapping["statuses"].as_object()?;
        statuses.keys().find(|new| list(&mapping["statuses"], new).iter().any(|old| old == own))
    });
    match new {
        Some(new) if known.contains(new) => Ok(new.clone()),
        None if known.iter().any(|status| status == own) => Ok(own.to_owned()),
        None if said["inferStatusDefaults"] == true => {
            known.first().cloned().ok_or_else(|| Refusal::new(400, "The workflow has no status."))
        }
        _ => Err(Refusal::new(400, &format!("The status {own} needs a target status of the workflow."))),
    }
}

fn move_all(call: &Call<'_>) -> Written {
    call.members(&["sendBulkNotification", "targetToSourcesMapping*"])?;
    let mapping = call.body["targetToSourcesMapping"].as_object();
    let mapping = mapping.ok_or_else(|| Refusal::new(400, "The targetToSourcesMapping is required."))?;
    let mut moved = Vec::new();
    for (key, said) in mapping {
        let known = [
            "issueIdsOrKeys*",
            "inferClassificationDefaults*",
            "inferFieldDefaults*",
            "inferStatusDefaults*",
            "inferSubtaskTypeDefault*",
            "targetClassification",
            "targetMandatoryFields",
            "targetStatus",
        ];
        members(said, &known)?;
        let (project, kind) = target(call, key)?;
        let workflow = workflow_schemes::workflow_of(call, &project, &kind)?;
        let statuses: Vec<String> = {
            let all = call.site.workflows()?;
            let root = all.iter().find(|own| own.name() == workflow).map(|own| own.root());
            let steps = root.into_iter().flat_map(|root| root.inside("steps", "step"));
            steps.filter_map(|step| step.named("meta", "jira.status.id")).map(str::to_owned).collect()
        };
        for handle in list(said, "issueIdsOrKeys") {
            let (own, old) = {
                let table = call.table("jiraissue")?;
                let row = table.by_id(&handle).or_else(|| table.one("key", &handle));
                let row = row.ok_or_else(|| Refusal::unknown("issue", &handle))?;
                if row.text("project") != project {
                    return Err(Refusal::new(400, "This Jira moves issues within their project alone."));
                }
                (row.id().to_owned(), row.text("issuestatus").to_owned())
            };
            let status = status(said, &old, &statuses)?;
            call.update("jiraissue", &own, json!({"issuetype": kind}))?;
            let (project, issue_type) = (project.clone(), kind.clone());
            let issue = Issue { id: own.clone(), project, issue_type, status: old };
            move_issue(call, &issue, &status, &workflow)?;
            moved.push(own);
        }
    }
    if moved.is_empty() || moved.len() > MOST {
        return Err(Refusal::new(400, &format!("Between 1 and {MOST} issues are moved at once.")));
    }
    let task = call.bulk(&moved);
    Ok(Done::created(json!({"taskId": task})))
}
