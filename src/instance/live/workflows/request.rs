//! What is sent to make a workflow, or to change one.
//!
//! Invariant: a request is the same whenever and wherever it is made. Each status has a UUID that is made for the request, of the names of
//! workflow and status, and everything in the request refers to that; members that Jira wants even if they say nothing are there
//! (`links`, `conditionGroups`, `properties`), and a group without conditions is not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::descriptor::descriptor;
use super::finding::Finding;
use super::known::Known;
use super::shape::{Conditions, Rule, Stored, Transition, Type, Workflow};
use crate::mapping::workflow::{Descriptor, STATUS, Step, Target};

/// A workflow as Jira Cloud can have it.
#[derive(Debug)]
pub struct Said {
    pub(super) workflow: Workflow,
    /// The descriptor that is read when it is there.
    pub told: Descriptor,
    /// What is not as it was: losses, and what is said by other words.
    pub findings: Vec<Finding>,
}

/// Issues of a project and type that leave a status which the workflow does not have any more, by ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The project.
    pub project: String,
    /// The issue type.
    pub issue_type: String,
    /// The status that goes.
    pub from: String,
    /// The status that the issues get.
    pub to: String,
}

impl Said {
    /// Returns whether a stored workflow is otherwise: each update makes a new version, also one that changes nothing.
    pub fn changes(&self, stored: &Stored, known: &Known) -> bool {
        descriptor(&stored.workflow, known).map(settled) != Ok(settled(self.told.clone()))
    }

    /// Returns the statuses that a stored workflow has and this one has not.
    pub fn removed(&self, stored: &Stored) -> Vec<String> {
        let own: BTreeSet<&str> = statuses(&self.workflow).collect();
        statuses(&stored.workflow).filter(|id| !own.contains(id)).map(str::to_owned).collect()
    }

    /// Returns the body that makes the workflow (`POST workflows/create`).
    pub fn create(&self, known: &Known) -> Value {
        let references = References::new(&self.workflow.name, statuses(&self.workflow), known);
        let mut workflow = self.body(&references);
        workflow.insert("name".to_owned(), json!(self.workflow.name));
        json!({"scope": {"type": "GLOBAL"}, "statuses": references.list(known), "workflows": [workflow]})
    }

    /// Returns the body that makes a stored workflow this one (`POST workflows/update`). Issues in statuses that are removed have
    /// to be moved.
    pub fn update(&self, stored: &Stored, moved: &[Moved], known: &Known) -> Value {
        let gone = moved.iter().map(|own| own.from.as_str());
        let references = References::new(&self.workflow.name, statuses(&self.workflow).chain(gone), known);
        let mut workflow = self.body(&references);
        workflow.insert("id".to_owned(), json!(stored.id));
        workflow.insert("version".to_owned(), stored.version.clone());
        let mut mappings: BTreeMap<(&str, &str), Vec<Value>> = BTreeMap::new();
        for own in moved {
            let migration = json!({
                "oldStatusReference": references.of(&own.from),
                "newStatusReference": references.of(&own.to),
            });
            mappings.entry((&own.project, &own.issue_type)).or_default().push(migration);
        }
        let mappings: Vec<Value> = mappings
            .into_iter()
            .map(|((project, issue_type), migrations)| {
                json!({"projectId": project, "issueTypeId": issue_type, "statusMigrations": migrations})
            })
            .collect();
        put(&mut workflow, "statusMappings", Some(mappings).filter(|all| !all.is_empty()));
        json!({"statuses": references.list(known), "workflows": [workflow]})
    }

    fn body(&self, references: &References<'_>) -> Map<String, Value> {
        let own = &self.workflow;
        let statuses = own.statuses.iter().map(|status| {
            let mut told = Map::new();
            told.insert("statusReference".to_owned(), references.of(&status.status_reference));
            told.insert("properties".to_owned(), json!(status.properties));
            put(&mut told, "layout", status.layout.clone());
            put(&mut told, "approvalConfiguration", status.approval_configuration.clone());
            told
        });
        let mut body = Map::new();
        body.insert("description".to_owned(), json!(own.description.as_deref().unwrap_or_default()));
        body.insert("statuses".to_owned(), statuses.collect());
        body.insert(
            "transitions".to_owned(),
            own.transitions.iter().map(|own| transition(own, references)).collect(),
        );
        put(&mut body, "startPointLayout", own.start_point_layout.clone());
        put(&mut body, "loopedTransitionContainerLayout", own.looped_transition_container_layout.clone());
        body
    }
}

/// The references of statuses in one request, by their ids.
struct References<'a>(BTreeMap<&'a str, String>);

impl<'a> References<'a> {
    fn new(workflow: &str, statuses: impl Iterator<Item = &'a str>, known: &Known) -> Self {
        let reference = |id: &'a str| {
            let name = known.status(id).map_or(id, |status| status.name.as_str());
            (id, uuid(&[workflow, name, id]))
        };
        Self(statuses.map(reference).collect())
    }

    fn of(&self, status: &str) -> Value {
        json!(self.0.get(status))
    }

    /// Returns all statuses as they stand beside the workflow.
    fn list(&self, known: &Known) -> Value {
        let told = self.0.iter().map(|(id, reference)| {
            let status = known.status(id).cloned().unwrap_or_default();
            json!({
                "id": id,
                "statusReference": reference,
                "name": status.name,
                "statusCategory": status.category,
                "description": status.description,
            })
        });
        told.collect()
    }
}

/// Returns a UUID made of texts, as version 5 has it, but for the hash.
fn uuid(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_be_bytes());
        hash.update(text.as_bytes());
    }
    let mut bytes: Vec<u8> = hash.finalize().iter().copied().take(16).collect();
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn statuses(workflow: &Workflow) -> impl Iterator<Item = &str> {
    workflow.statuses.iter().map(|own| own.status_reference.as_str())
}

fn put(object: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}

fn transition(own: &Transition, references: &References<'_>) -> Value {
    let links = own.links.iter().map(|link| {
        let mut told = Map::new();
        put(
            &mut told,
            "fromStatusReference",
            link.from_status_reference.as_deref().map(|id| references.of(id)),
        );
        put(&mut told, "fromPort", link.from_port);
        put(&mut told, "toPort", link.to_port);
        Value::from(told)
    });
    let rules = |own: &[Rule]| own.iter().map(rule).collect::<Value>();
    let told = json!({
        "id": own.id.as_str(),
        "name": own.name,
        "description": own.description.as_deref().unwrap_or_default(),
        "type": match own.ty {
            Type::Initial => "INITIAL",
            Type::Global => "GLOBAL",
            Type::Directed => "DIRECTED",
        },
        "links": links.collect::<Value>(),
        "validators": rules(&own.validators),
        "actions": rules(&own.actions),
        "triggers": rules(&own.triggers),
        "properties": own.properties,
    });
    let Value::Object(mut told) = told else { return told };
    put(&mut told, "toStatusReference", own.to_status_reference.as_deref().map(|id| references.of(id)));
    put(&mut told, "conditions", own.conditions.as_ref().map(conditions));
    put(&mut told, "transitionScreen", own.transition_screen.as_ref().map(rule));
    put(&mut told, "customIssueEventId", own.custom_issue_event_id.as_ref().map(|id| id.as_str()));
    Value::from(told)
}

fn rule(own: &Rule) -> Value {
    let mut told = Map::new();
    put(&mut told, "id", own.id.as_deref());
    told.insert("ruleKey".to_owned(), json!(own.rule_key));
    told.insert("parameters".to_owned(), json!(own.parameters));
    Value::from(told)
}

fn conditions(own: &Conditions) -> Value {
    json!({
        "operation": own.operation.as_deref().unwrap_or("ALL"),
        "conditions": own.conditions.iter().map(rule).collect::<Value>(),
        "conditionGroups": own.condition_groups.iter().map(conditions).collect::<Value>(),
    })
}

/// Numbers the steps by their statuses: in which order these are told says nothing.
fn settled(mut own: Descriptor) -> Descriptor {
    let status = |step: &Step| step.metas.get(STATUS).cloned().unwrap_or_default();
    let numbers: BTreeMap<String, String> =
        own.steps.iter().map(|step| (step.id.clone(), status(step))).collect();
    let shared = own.initial.iter_mut().chain(&mut own.global).chain(&mut own.common);
    let inside = own.steps.iter_mut().flat_map(|step| &mut step.actions).filter_map(|own| match own {
        crate::mapping::workflow::StepAction::Own(own) => Some(&mut **own),
        crate::mapping::workflow::StepAction::Common(_) => None,
    });
    for outcome in shared.chain(inside).filter_map(|own| own.result.as_mut()) {
        if let Target::Step(step) = &mut outcome.target
            && let Some(status) = numbers.get(step)
        {
            step.clone_from(status);
        }
    }
    for step in &mut own.steps {
        step.id = status(step);
    }
    own.steps.sort_by(|one, other| one.id.cmp(&other.id));
    own
}
