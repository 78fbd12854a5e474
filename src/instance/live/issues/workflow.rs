//! The workflow of a type, where Jira tells it: Cloud does, to administrators.
//!
//! Invariant: who may not see it is told nothing here, and asks issues instead; an answer that did not come is no such answer.

use pcfg_sync::Transition;
use serde::Deserialize;
use serde_json::json;

use super::line::{Called, Line, fault};
use crate::rest::{Question, Request};

/// A workflow.
#[derive(Debug)]
pub(super) struct Whole {
    /// The status of a new issue.
    pub(super) initial: Option<String>,
    ways: Vec<Way>,
}

/// A way of a workflow; without statuses from which it leads, it leads from all, and without one to which it leads, it leads back.
#[derive(Debug)]
struct Way {
    id: String,
    name: String,
    from: Option<Vec<String>>,
    to: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    workflows: Vec<ToldWorkflow>,
    statuses: Vec<ToldStatus>,
}

#[derive(Deserialize)]
struct ToldWorkflow {
    transitions: Vec<ToldWay>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldStatus {
    status_reference: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldWay {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    to_status_reference: Option<String>,
    links: Option<Vec<Link>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    from_status_reference: Option<String>,
}

impl Whole {
    /// Reads the workflow of a type in a project; nothing where the caller is not told.
    pub(super) fn read(line: &Line, project: &str, kind: &str) -> Called<Option<Self>> {
        if !line.is_cloud() {
            return Ok(None);
        }
        let body = json!({"projectAndIssueTypes": [{"projectId": project, "issueTypeId": kind}]});
        let Some(question) = Question::of(Request::post(line.api("workflows"), body)) else {
            return Ok(None);
        };
        let told: Told = match line.client.ask(&question) {
            Ok(told) => told,
            Err(failure) if failure.is_lasting() => return Ok(None),
            Err(failure) => return Err(fault(failure)),
        };
        let [workflow] = told.workflows.as_slice() else { return Ok(None) };
        let name = |reference: &String| {
            told.statuses.iter().find(|own| own.status_reference == *reference).map(|own| own.name.clone())
        };
        let (mut ways, mut initial) = (Vec::new(), None);
        for own in &workflow.transitions {
            let to = own.to_status_reference.as_ref().and_then(name);
            match own.kind.as_str() {
                "INITIAL" => initial = to,
                kind => {
                    let links =
                        own.links.iter().flatten().filter_map(|own| own.from_status_reference.as_ref());
                    let from = (kind == "DIRECTED").then(|| links.filter_map(name).collect());
                    ways.push(Way { id: own.id.clone(), name: own.name.clone(), from, to });
                }
            }
        }
        Ok(Some(Self { initial, ways }))
    }

    /// Returns the ways between statuses, in the order of these.
    pub(super) fn transitions(&self, statuses: &[&str]) -> Vec<Transition> {
        let mut all = Vec::new();
        for status in statuses {
            let leads =
                |own: &&Way| own.from.as_ref().is_none_or(|from| from.iter().any(|own| own == status));
            for own in self.ways.iter().filter(leads) {
                let to = own.to.as_deref().unwrap_or(status);
                if statuses.contains(&to) {
                    all.push(Transition {
                        id: own.id.clone(),
                        name: own.name.clone(),
                        from: (*status).to_owned(),
                        to: to.to_owned(),
                    });
                }
            }
        }
        all
    }
}
