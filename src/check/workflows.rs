//! Workflows that Jira cannot run.
//!
//! Invariant: what an export writes of edited data is a warning, but for a number that two transitions have, of which Jira can start
//! only one; an import leaves a workflow alone that the target has just so, and refuses to write another. Where parts of it stand as Jira stores them (splits and joins), nothing is said about what can be
//! reached.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::on;
use crate::model::{Element, Obstacle, Problem, Problems, obstacles};
use crate::schema::DUPLICATE;

/// The code of steps and transitions that no number tells apart.
pub(super) const NUMBER_TWICE: &str = "number-twice";

/// Finds what is wrong with a workflow or a draft of one.
pub(super) fn find(way: &[&Element], workflow: &Element, problems: &mut Problems) {
    // The draft of a workflow scheme is called so, too.
    let around = way.iter().rev().nth(1).map(|own| own.tag());
    if workflow.tag() != "workflowEntry" && (workflow.tag(), around) != ("draft", Some("workflowEntry")) {
        return;
    }
    number_twice(way, workflow, problems);
    without_number(way, workflow, problems);
    let obstacles = obstacles(workflow);
    for obstacle in &obstacles {
        let problem = Problem::error(obstacle.code(), obstacle.to_string()).help(obstacle.help());
        let problem = if obstacle.is_exported() { problem.warning() } else { problem };
        problems.push(on(problem, way, obstacle.part()));
    }
    let begins = |own: &Obstacle<'_>| !matches!(own, Obstacle::NoInitial | Obstacle::NoFirstStep(_));
    if obstacles.iter().all(begins) {
        unreachable(way, workflow, problems);
    }
}

/// Finds transitions of one number.
fn number_twice(way: &[&Element], workflow: &Element, problems: &mut Problems) {
    let mut first: BTreeMap<i64, &Element> = BTreeMap::new();
    let mut again = Vec::new();
    for transition in workflow.all("transition") {
        let Some(number) = transition.text_of("transitionId").and_then(|text| text.parse().ok()) else {
            continue;
        };
        match first.get(&number) {
            Some(other) => again.push((number, *other, transition)),
            None => {
                first.insert(number, transition);
            }
        }
    }
    let mut free = first.last_key_value().map_or(1, |(last, _)| last.saturating_add(1));
    for (number, one, other) in again {
        let names = [one, other].map(|own| own.text_of("name").unwrap_or_default());
        let message =
            format!("the transitions `{}` and `{}` both have the number {number}", names[0], names[1]);
        let help = format!("give one of them an unused number, such as {free}");
        problems.push(on(Problem::error(NUMBER_TWICE, message).help(help), way, Some(other)));
        free = free.saturating_add(1);
    }
}

/// Finds steps and transitions that stand as Jira stores them, because no number tells them apart.
fn without_number(way: &[&Element], workflow: &Element, problems: &mut Problems) {
    for verbatim in workflow.all("verbatim") {
        let text = verbatim.text().trim_start();
        let Some(word) = ["action", "step"].iter().find(|word| {
            text.strip_prefix('<')
                .and_then(|rest| rest.strip_prefix(**word))
                .is_some_and(|rest| rest.starts_with(' '))
        }) else {
            continue;
        };
        let tag = text.split('>').next().unwrap_or(text);
        let of = |attribute: &str| {
            let from = tag.find(&format!(" {attribute}=\""))? + attribute.len() + 3;
            tag[from..].split('"').next()
        };
        let word = if *word == "step" { "step" } else { "transition" };
        let (name, number) = (of("name").unwrap_or_default(), of("id").unwrap_or_default());
        let message = format!(
            "the {word} `{name}` has no number of its own: `{number}` is not a number, or is used twice"
        );
        let help = format!(
            "give the {word} a number of its own in Jira and export the workflow again, or delete this"
        );
        let mut path = crate::model::Path::through(way.iter().copied());
        path.enter_open(verbatim.declaration, &[]);
        let problem = Problem::error(NUMBER_TWICE, message).warning().help(help);
        problems.push(on(problem, way, Some(verbatim)).on(path));
    }
}

/// Finds steps that no issue gets to.
fn unreachable(way: &[&Element], workflow: &Element, problems: &mut Problems) {
    let is_kept = |element: &Element| element.get("verbatim").or(element.get("unreadable")).is_some();
    if is_kept(workflow)
        || workflow.all("transition").any(|own| is_kept(own) || own.all("conditionalResult").any(is_kept))
    {
        return;
    }
    let mut open = Vec::new();
    let mut onward: HashMap<(&str, &str), Vec<(&str, &str)>> = HashMap::new();
    for transition in workflow.all("transition") {
        let results = std::iter::once(transition).chain(transition.all("conditionalResult"));
        let targets: Vec<_> = results.filter_map(|result| result.get("to")).map(referred).collect();
        match transition.text_of("type") {
            Some("initial" | "global") => open.extend(targets),
            _ => {
                for from in transition.all("from") {
                    onward.entry(referred(from)).or_default().extend(&targets);
                }
            }
        }
    }
    let mut reached = HashSet::new();
    while let Some(step) = open.pop() {
        if reached.insert(step) {
            open.extend(onward.remove(&step).unwrap_or_default());
        }
    }
    for step in workflow.all("step") {
        let name = step.text_of("name").unwrap_or_default();
        if !reached.contains(&(name, step.attribute_named(DUPLICATE).unwrap_or_default())) {
            let message = format!(
                "no issue can reach the step `{name}`: no transition leads there from the first step"
            );
            let problem = Problem::error("unreachable-step", message).warning();
            problems.push(on(problem, way, Some(step)).help("add a transition to it, or delete the step"));
        }
    }
}

/// Returns the step that a reference names.
fn referred(reference: &Element) -> (&str, &str) {
    (reference.text(), reference.attribute_named(DUPLICATE).unwrap_or_default())
}
