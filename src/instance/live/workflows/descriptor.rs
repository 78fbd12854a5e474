//! The descriptor that a workflow of Jira Cloud would have in Jira's tables.
//!
//! Invariant: what a workflow says is in its descriptor; what every transition has and no reply tells (the functions that change
//! the status, keep the history, and so on) is added. Not told, and so not taken from anywhere, is what steps are called: a step has the name of its
//! status.

use std::collections::HashMap;

use super::super::shape::Id;
use super::implicit;
use super::known::Known;
use super::rules;
use super::shape::{Conditions, Rule, Transition, Type, Workflow};
use super::table::Place;
use crate::mapping::workflow::{
    Action, Descriptor, Group, Outcome, Rest, SCREEN, STATUS, Step, StepAction, Target,
};

/// Returns the descriptor of a workflow; the error says what is not told of it.
pub(super) fn descriptor(workflow: &Workflow, known: &Known) -> Result<Descriptor, String> {
    if !workflow.transitions.iter().any(|own| own.ty == Type::Initial) {
        return Err("no transition creates issues: Jira did not return its transitions".to_owned());
    }
    let mut numbers: HashMap<&str, String> = HashMap::new();
    let mut steps = Vec::new();
    for (at, status) in workflow.statuses.iter().enumerate() {
        let reference = status.status_reference.as_str();
        let name = known.status(reference).map(|status| &status.name);
        let name = name.ok_or_else(|| format!("Jira did not list its status {reference}"))?;
        let id = (at + 1).to_string();
        numbers.insert(reference, id.clone());
        let mut metas = status.properties.clone();
        metas.insert(STATUS.to_owned(), reference.to_owned());
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
    let mut metas = transition.properties.clone();
    let screen = transition.transition_screen.as_ref().and_then(|rule| rule.parameter("screenId"));
    if let Some(screen) = screen {
        metas.insert(SCREEN.to_owned(), screen.to_owned());
    }
    let of = |place, rules: &[Rule]| rules.iter().flat_map(|rule| rules::read(place, rule, known)).collect();
    let own = [&transition.actions[..], &transition.triggers].concat();
    let event = transition.custom_issue_event_id.as_ref().map(Id::as_str);
    let functions = implicit::with(of(Place::Function, &own), event, transition.ty == Type::Initial);
    let validators = of(Place::Validator, &transition.validators);
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

pub(super) fn group(own: &Conditions, known: &Known) -> Option<Group> {
    let mut group = Group { any: own.operation.as_deref() == Some("ANY"), ..Group::default() };
    for rule in &own.conditions {
        let mut functions = rules::read(Place::Condition, rule, known);
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
