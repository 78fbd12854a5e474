//! A workflow as Jira Cloud tells it and takes it, the references of statuses aside: those are the ids of statuses here.
//!
//! Invariant: what pcfg has no word for (places on the diagram, approvals) is kept as it was told, so that an update does not take it
//! away.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::shape::{Id, Scope};

/// A workflow.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Workflow {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) scope: Option<Scope>,
    pub(super) statuses: Vec<Status>,
    pub(super) transitions: Vec<Transition>,
    pub(super) start_point_layout: Option<Value>,
    pub(super) looped_transition_container_layout: Option<Value>,
}

/// A status of a workflow.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) status_reference: String,
    #[serde(default)]
    pub(super) properties: BTreeMap<String, String>,
    pub(super) layout: Option<Value>,
    pub(super) approval_configuration: Option<Value>,
}

/// A transition.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transition {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) description: Option<String>,
    #[serde(rename = "type")]
    pub(super) ty: Type,
    pub(super) to_status_reference: Option<String>,
    #[serde(default)]
    pub(super) links: Vec<Link>,
    pub(super) conditions: Option<Conditions>,
    #[serde(default)]
    pub(super) validators: Vec<Rule>,
    #[serde(default)]
    pub(super) actions: Vec<Rule>,
    #[serde(default)]
    pub(super) triggers: Vec<Rule>,
    pub(super) transition_screen: Option<Rule>,
    #[serde(default)]
    pub(super) properties: BTreeMap<String, String>,
    pub(super) custom_issue_event_id: Option<Id>,
}

/// From where a transition leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Type {
    Initial,
    Global,
    Directed,
}

/// A status that a transition leaves.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    pub(super) from_status_reference: Option<String>,
    /// Where the line begins and ends on the diagram.
    pub(super) from_port: Option<i64>,
    pub(super) to_port: Option<i64>,
}

/// Conditions, all or any of which hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conditions {
    pub(super) operation: Option<String>,
    #[serde(default)]
    pub(super) conditions: Vec<Rule>,
    #[serde(default)]
    pub(super) condition_groups: Vec<Conditions>,
}

/// A rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) id: Option<String>,
    pub(super) rule_key: String,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, String>,
}

impl Rule {
    /// Returns a rule that is new.
    pub(super) fn new(key: &str, parameters: BTreeMap<String, String>) -> Self {
        Self { id: None, rule_key: key.to_owned(), parameters }
    }

    /// Returns a parameter that says something: unset ones are empty texts.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// A workflow as Jira holds it now: what an update goes out from.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The id.
    pub id: String,
    /// The version that was read: an update names it, and Jira refuses one that names another.
    pub version: Value,
    /// Whether it can be changed.
    pub is_editable: bool,
    pub(super) workflow: Workflow,
}

impl Stored {
    /// Takes in a workflow of a reply; the error says what it lacks.
    pub fn new(told: &Value) -> Result<Self, String> {
        let text = |name: &str| told[name].as_str().map(str::to_owned);
        Ok(Self {
            id: text("id").ok_or_else(|| "the reply has no id of the workflow".to_owned())?,
            version: told["version"].clone(),
            is_editable: told["isEditable"].as_bool().unwrap_or(true),
            workflow: Workflow::deserialize(told).map_err(|error| error.to_string())?,
        })
    }
}
