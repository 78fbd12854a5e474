//! Workflows: the descriptor that a workflow of Jira Cloud would have in Jira's tables.
//!
//! Invariant: what a workflow says is in its descriptor; what every transition has and no reply tells (the functions that change
//! the status, keep the history, and so on) is added. Not told, and so not taken from anywhere, is what steps are called: a step has the name of its
//! status.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::endpoint::{Endpoint, cloud, data_center};
use super::person::Group as GroupName;
use super::reader::Reader;
use super::rules::{self, Rule};
use super::shape::{Id, Scope, is_of_project};
use crate::mapping::workflow::{
    Action, Descriptor, Function, Group, Outcome, Rest, Step, StepAction, Target, render,
};
use crate::rest::Edition;

/// A workflow.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Workflow {
    name: String,
    description: Option<String>,
    scope: Option<Scope>,
    statuses: Vec<Status>,
    transitions: Vec<Transition>,
}

/// A status of a workflow.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status_reference: String,
    #[serde(default)]
    properties: BTreeMap<String, String>,
}

/// A transition.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transition {
    id: Id,
    name: String,
    description: Option<String>,
    #[serde(rename = "type")]
    ty: Type,
    to_status_reference: Option<String>,
    #[serde(default)]
    links: Vec<Link>,
    conditions: Option<Conditions>,
    #[serde(default)]
    validators: Vec<Rule>,
    #[serde(default)]
    actions: Vec<Rule>,
    #[serde(default)]
    triggers: Vec<Rule>,
    transition_screen: Option<Rule>,
    #[serde(default)]
    properties: BTreeMap<String, String>,
    custom_issue_event_id: Option<Id>,
}

/// From where a transition leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Type {
    Initial,
    Global,
    Directed,
}

/// A status that a transition leaves.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    from_status_reference: Option<String>,
}

/// Conditions, all or any of which hold.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Conditions {
    operation: Option<String>,
    #[serde(default)]
    conditions: Vec<Rule>,
    #[serde(default)]
    condition_groups: Vec<Conditions>,
}

/// Returns the lists that are read whatever is wanted.
pub(super) fn lists(edition: Edition) -> &'static [&'static Endpoint] {
    match edition {
        Edition::Cloud => &[&cloud::WORKFLOWS, &cloud::GROUPS],
        Edition::DataCenter => &[&data_center::WORKFLOWS],
    }
}

/// The name of Jira's own workflow, which is never stored.
const BUILT_IN: &str = "jira";

/// The events that a transition fires if it names none: that an issue was made, and that something happened (by id, the same in every Jira).
const CREATED: &str = "1";
const GENERIC: &str = "13";

/// What every transition runs behind its own functions, and what the first one runs (Jira's own workflows, 3.12 to 9.12).
const IMPLICIT: [&str; 4] = [
    "issue.UpdateIssueStatusFunction",
    "misc.CreateCommentFunction",
    "issue.GenerateChangeHistoryFunction",
    "issue.IssueReindexFunction",
];
const IMPLICIT_AT_FIRST: [&str; 2] = ["issue.IssueCreateFunction", "issue.IssueReindexFunction"];
const FIRE: &str = "event.FireIssueEventFunction";

/// What rules name that is told by another list.
pub(super) struct Known {
    /// The names of groups by their ids.
    groups: HashMap<String, String>,
    /// The names of statuses by their ids.
    statuses: HashMap<String, String>,
}

impl Known {
    pub(super) fn group(&self, id: &str) -> Option<&str> {
        self.groups.get(id).map(String::as_str)
    }
}

/// Makes the rows; those of statuses are there.
pub(super) fn read(reader: &mut Reader<'_>) {
    if reader.edition == Edition::DataCenter {
        return;
    }
    let ask = reader.of(&cloud::GROUPS);
    let groups = reader.list::<GroupName>(&ask).unwrap_or_default().into_iter();
    let statuses = reader.tables.rows("Status").iter();
    let known = Known {
        groups: groups.filter_map(|group| Some((group.group_id?, group.name))).collect(),
        statuses: statuses
            .filter_map(|row| Some((row.id().to_owned(), row.get("name")?.to_owned())))
            .collect(),
    };
    let ask = reader.of(&cloud::WORKFLOWS);
    for workflow in reader.list::<Workflow>(&ask).unwrap_or_default() {
        if is_of_project(workflow.scope.as_ref()) || workflow.name == BUILT_IN {
            continue;
        }
        match descriptor(&workflow, &known) {
            Ok(descriptor) => {
                reader.add(
                    "Workflow",
                    &[("name", Some(&workflow.name)), ("descriptor", Some(&render(&descriptor)))],
                );
            }
            Err(why) => {
                reader
                    .add("Workflow", &[("name", Some(&workflow.name)), ("descriptor", Some("<workflow/>"))]);
                reader.unknown(&["workflowEntry"], Some(&workflow.name), &why, false);
            }
        }
    }
}

/// Returns the descriptor of a workflow; the error says what is not told of it.
fn descriptor(workflow: &Workflow, known: &Known) -> Result<Descriptor, String> {
    if !workflow.transitions.iter().any(|own| own.ty == Type::Initial) {
        return Err("no transition creates issues: Jira did not return its transitions".to_owned());
    }
    let mut numbers: HashMap<&str, String> = HashMap::new();
    let mut steps = Vec::new();
    for (at, status) in workflow.statuses.iter().enumerate() {
        let reference = status.status_reference.as_str();
        let name = known.statuses.get(reference);
        let name = name.ok_or_else(|| format!("Jira did not list its status {reference}"))?;
        let id = (at + 1).to_string();
        numbers.insert(reference, id.clone());
        let mut metas = status.properties.clone();
        metas.insert("jira.status.id".to_owned(), reference.to_owned());
        steps.push(Step { id, name: name.clone(), metas, actions: Vec::new(), rest: Rest::default() });
    }
    let mut descriptor = Descriptor {
        description: workflow.description.clone().filter(|text| !text.is_empty()),
        ..Descriptor::default()
    };
    for transition in &workflow.transitions {
        let step = |reference: &str| {
            let number = numbers.get(reference);
            number.ok_or_else(|| {
                format!(
                    "transition {} refers to the status {reference}, which the workflow does not \
                have",
                    transition.name
                )
            })
        };
        let target = match transition.to_status_reference.as_deref() {
            None | Some("") => Target::Stay,
            Some(reference) => Target::Step(step(reference)?.clone()),
        };
        let action = action(transition, target, known);
        match transition.ty {
            Type::Initial => descriptor.initial.push(action),
            Type::Global => descriptor.global.push(action),
            Type::Directed => {
                let mut from = Vec::new();
                for link in &transition.links {
                    let reference = link.from_status_reference.as_deref().unwrap_or_default();
                    from.push(step(reference)?.clone());
                }
                let is_common = from.len() != 1;
                for own in steps.iter_mut().filter(|own| from.contains(&own.id)) {
                    own.actions.push(match is_common {
                        true => StepAction::Common(action.id.clone()),
                        false => StepAction::Own(Box::new(action.clone())),
                    });
                }
                if is_common {
                    descriptor.common.push(action);
                }
            }
        }
    }
    // OSWorkflow's format has the common ones first.
    for step in &mut steps {
        step.actions.sort_by_key(|action| matches!(action, StepAction::Own(_)));
    }
    descriptor.steps = steps;
    Ok(descriptor)
}

fn action(transition: &Transition, target: Target, known: &Known) -> Action {
    let is_first = transition.ty == Type::Initial;
    let mut metas = transition.properties.clone();
    let screen = transition.transition_screen.as_ref().and_then(|rule| rule.parameter("screenId"));
    if let Some(screen) = screen {
        metas.insert("jira.fieldscreen.id".to_owned(), screen.to_owned());
    }
    let own = transition.actions.iter().chain(&transition.triggers);
    let mut functions: Vec<Function> = own.flat_map(|rule| rules::function(rule, known)).collect();
    let implicit = if is_first { &IMPLICIT_AT_FIRST[..] } else { &IMPLICIT[..] };
    functions.extend(implicit.iter().map(|class| rules::of_jira("function", class, &[])));
    let event = transition.custom_issue_event_id.as_ref().map(Id::as_str).filter(|id| !id.is_empty());
    let event = event.unwrap_or(if is_first { CREATED } else { GENERIC });
    functions.push(rules::of_jira("function", FIRE, &[("eventTypeId", event)]));
    let validators = transition.validators.iter().flat_map(|rule| rules::validator(rule, known)).collect();
    let result = Outcome { target, post_functions: functions, ..Outcome::default() };
    let mut action = Action {
        id: transition.id.as_str().to_owned(),
        name: transition.name.clone(),
        view: screen.map(|_| "fieldscreen".to_owned()),
        automatic: false,
        description: transition.description.clone().filter(|text| !text.is_empty()),
        metas,
        conditions: transition.conditions.as_ref().and_then(|own| group(own, known)),
        validators: Vec::new(),
        pre_functions: Vec::new(),
        conditional: Vec::new(),
        result: None,
        post_functions: Vec::new(),
        rest: Rest::default(),
    };
    // Jira runs the validators of the first transition as those of its result does; everywhere else as those of the action.
    action.validators = validators;
    action.result = Some(result);
    action
}

fn group(own: &Conditions, known: &Known) -> Option<Group> {
    let mut group = Group { any: own.operation.as_deref() == Some("ANY"), ..Group::default() };
    for rule in &own.conditions {
        let mut functions = rules::condition(rule, known);
        match functions.pop() {
            Some(last) if functions.is_empty() || group.any => {
                group.conditions.append(&mut functions);
                group.conditions.push(last);
            }
            Some(last) => {
                functions.push(last);
                group.groups.push(Group { any: true, conditions: functions, ..Group::default() });
            }
            None => {}
        }
    }
    group.groups.extend(own.condition_groups.iter().filter_map(|inner| self::group(inner, known)));
    let count = group.conditions.len() + group.groups.len();
    group.any &= count > 1;
    // A group of one group says no more than that group.
    match (&mut group.groups[..], group.conditions.is_empty()) {
        ([inner], true) => Some(std::mem::take(inner)),
        _ => (count > 0).then_some(group),
    }
}
