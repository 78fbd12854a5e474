//! Workflows that Jira cannot run.
//!
//! Invariant: a workflow of which the file has no content (Jira's own, or one that could not be read) is not judged, and
//! where parts of it stand as Jira stores them (splits and joins), nothing is said about what can be reached.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::on;
use crate::model::{Element, Problem, Problems};
use crate::schema::DUPLICATE;

/// The property in which Jira keeps the id of a step's status; an export has it where there is no such status.
const STATUS: &str = "jira.status.id";

/// The code of steps and transitions that no number tells apart. Edited data of a Jira holds such workflows.
pub(super) const NUMBER_TWICE: &str = "number-twice";

/// Finds what is wrong with a workflow or a draft of one.
pub(super) fn find(way: &[&Element], workflow: &Element, problems: &mut Problems) {
    if workflow.get("step").or(workflow.get("transition")).is_none() {
        return;
    }
    number_twice(way, workflow, problems);
    without_number(way, workflow, problems);
    without_status(way, workflow, problems);
    let initial = workflow.all("transition").any(|own| own.text_of("type") == Some("initial"));
    if initial {
        unreachable(way, workflow, problems);
    } else {
        let message = "no transition of this workflow creates issues";
        let help = "add a `<transition>` of type `initial` that leads to the first step";
        problems.push(on(Problem::error("no-initial-transition", message), way, None).help(help));
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
        problems.push(on(Problem::error(NUMBER_TWICE, message), way, Some(other)).help(help));
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
        let problem = Problem::error(NUMBER_TWICE, message).help(help);
        problems.push(on(problem, way, Some(verbatim)).on(path));
    }
}

fn without_status(way: &[&Element], workflow: &Element, problems: &mut Problems) {
    for step in workflow.all("step").filter(|step| step.get("status").is_none()) {
        let name = step.text_of("name").unwrap_or_default();
        let stored = step.all("property").find(|own| own.text_of("key") == Some(STATUS));
        let problem = match stored.map(|own| own.text_of("value").unwrap_or_default()) {
            Some(id) => {
                let message = format!("the status of the step `{name}` does not exist: it had the id `{id}`");
                Problem::error("no-status", message)
                    .warning()
                    .help("give the step a `<status>`, and delete the property")
            }
            None => Problem::error("no-status", format!("the step `{name}` has no status"))
                .help("give it a `<status>`: Jira cannot move an issue to a step without one"),
        };
        problems.push(on(problem, way, Some(step)));
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
