//! Tasks: what a write started that goes on after its reply.
//!
//! Invariant: what a task does is done when it is started; what takes time is that it says so.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, get};
use crate::rows::lock;
use crate::writes::{Done, Written};

pub(crate) const CLOUD: &[Endpoint] = &[get("/task/{taskId}", task), get("/bulk/queue/{taskId}", bulk_task)];

/// All tasks since the server began.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    by_id: BTreeMap<String, Task>,
}

#[derive(Debug)]
struct Task {
    description: &'static str,
    /// How often it is not complete yet.
    polls: usize,
    result: Value,
    is_of_workflows: bool,
}

/// When everything happens: the server knows no other time.
const NOW: i64 = 1_760_000_000_000;

fn told(call: &Call<'_>, id: &str, task: &Task, status: &str) -> Value {
    let is_complete = status == "COMPLETE";
    let mut told = json!({
        "self": call.link(&format!("/task/{id}")),
        "id": id,
        "description": task.description,
        "status": status,
        "submittedBy": 10_000,
        "progress": if is_complete { 100 } else { 0 },
        "elapsedRuntime": 1,
        "submitted": NOW,
        "lastUpdate": NOW,
    });
    if is_complete {
        told["message"] = json!("Done.");
        told["result"] = task.result.clone();
        told["started"] = json!(NOW);
        told["finished"] = json!(NOW);
    }
    told
}

impl Task {
    /// Returns how it stands; each time it is asked it is a step further.
    fn asked(&mut self) -> &'static str {
        let status = match self.polls {
            0 => "COMPLETE",
            1 => "RUNNING",
            _ => "ENQUEUED",
        };
        self.polls = self.polls.saturating_sub(1);
        status
    }
}

fn task(call: &Call<'_>) -> Answer {
    let id = call.part(0);
    let mut tasks = lock(&call.site.tasks);
    let task = tasks.by_id.get_mut(id).ok_or_else(|| Refusal::missing("task", id))?;
    let status = task.asked();
    Ok(told(call, id, task, status))
}

/// How far a task is that moves issues.
fn bulk_task(call: &Call<'_>) -> Answer {
    let id = call.part(0);
    let mut tasks = lock(&call.site.tasks);
    let task = tasks.by_id.get_mut(id).filter(|task| task.result.is_array());
    let task = task.ok_or_else(|| Refusal::missing("task", id))?;
    let status = task.asked();
    let is_complete = status == "COMPLETE";
    Ok(json!({
        "taskId": id,
        "status": status,
        "progressPercent": if is_complete { 100 } else { 0 },
        "totalIssueCount": task.result.as_array().map_or(0, Vec::len),
        "processedAccessibleIssues": if is_complete { task.result.clone() } else { json!([]) },
        "failedAccessibleIssues": {},
        "invalidOrInaccessibleIssueCount": 0,
    }))
}

impl Call<'_> {
    /// Keeps a task; returns its id.
    fn keep(&self, task: Task) -> String {
        let mut tasks = lock(&self.site.tasks);
        let id = (10_000 + tasks.by_id.len()).to_string();
        tasks.by_id.insert(id.clone(), task);
        id
    }

    fn new_task(&self, description: &'static str, is_of_workflows: bool) -> Task {
        Task { description, polls: self.site.options.task_polls, result: json!({}), is_of_workflows }
    }

    /// Answers that a task was started: 303, where to ask, and how it stands.
    pub(crate) fn started(&self, description: &'static str) -> Written {
        let (task, same) = (self.new_task(description, false), self.new_task(description, false));
        let id = self.keep(task);
        let body = told(self, &id, &same, "ENQUEUED");
        Ok(Done { location: Some(self.link(&format!("/task/{id}"))), ..Done::with(303, body) })
    }

    /// Starts a task that no other change of schemes or workflows may overlap; returns what a reply says of it.
    pub(crate) fn task(&self, description: &'static str) -> Value {
        let id = self.keep(self.new_task(description, true));
        told(self, &id, &self.new_task(description, true), "ENQUEUED")
    }

    /// Starts a task that has moved issues; returns its id.
    pub(crate) fn bulk(&self, issues: &[String]) -> String {
        let mut task = self.new_task("Move issues", true);
        task.result = issues.iter().map(|id| id.parse::<i64>().unwrap_or_default()).collect();
        self.keep(task)
    }

    /// Refuses while a task runs that changes workflows.
    pub(crate) fn workflows_rest(&self) -> Result<(), Refusal> {
        let is_busy =
            lock(&self.site.tasks).by_id.values().any(|task| task.is_of_workflows && task.polls > 0);
        if is_busy {
            return Err(Refusal::new(409, "Other workflow updates are in progress. Please try again later."));
        }
        Ok(())
    }
}
