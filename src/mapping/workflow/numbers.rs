//! Which number each step has.
//!
//! Invariant: a step that the old descriptor has, by name, keeps its number; a new one gets the next number above all that
//! the old descriptor mentions. Of several new steps of one name the lower `duplicate` has the lower number.

use std::collections::{HashMap, HashSet, VecDeque};

use super::content;
use super::descriptor::{Descriptor, Target};
use crate::model::Element;
use crate::schema::DUPLICATE;

/// The name of a step, and which of several of that name it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct StepName {
    name: String,
    number: u32,
}

impl StepName {
    fn new(name: &str, number: Option<&str>) -> Self {
        let number = number.and_then(|number| number.parse().ok()).unwrap_or(1);
        Self { name: name.to_owned(), number }
    }

    /// Returns the name that a step has.
    pub(super) fn defined(step: &Element) -> Self {
        Self::new(step.text_of("name").unwrap_or_default(), step.attribute_named(DUPLICATE))
    }

    /// Returns the name that a reference means.
    pub(super) fn referred(reference: &Element) -> Self {
        Self::new(reference.text(), reference.attribute_named(DUPLICATE))
    }
}

/// The numbers of the steps.
pub(super) struct Numbers(HashMap<StepName, String>);

impl Numbers {
    pub(super) fn new(element: &Element, old: &Descriptor) -> Self {
        let mut names: Vec<_> = content::step_names(old).into_iter().collect();
        names.sort();
        let old_numbers: HashMap<StepName, String> = names
            .into_iter()
            .rev()
            .map(|(number, name)| (StepName::new(&name.text, name.get(DUPLICATE)), number))
            .collect();
        let wanted: Vec<StepName> = element.all("step").map(StepName::defined).collect();
        let mut own = HashMap::new();
        let mut new = HashSet::new();
        for name in wanted {
            match old_numbers.get(&name) {
                Some(number) => {
                    own.insert(name, number.clone());
                }
                None => {
                    new.insert(name);
                }
            }
        }
        let mut next = highest(old) + 1;
        for name in as_reached(element) {
            // All of that name at once, so that their order is right.
            let mut same: Vec<StepName> = new.iter().filter(|own| own.name == name.name).cloned().collect();
            same.sort_by_key(|own| own.number);
            for name in same {
                new.remove(&name);
                own.insert(name, next.to_string());
                next += 1;
            }
        }
        Self(own)
    }

    /// Returns the number of a step.
    pub(super) fn get(&self, name: &StepName) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns a number that no step has.
    pub(super) fn nowhere(&self) -> String {
        let used: HashSet<&str> = self.0.values().map(String::as_str).collect();
        let mut numbers = (0u64..).map(|number| number.to_string());
        numbers.find(|number| !used.contains(number.as_str())).expect("there are more numbers than steps")
    }
}

/// Returns the highest number of a step that a descriptor mentions.
fn highest(descriptor: &Descriptor) -> i64 {
    let outcomes = descriptor.actions().flat_map(|action| action.conditional.iter().chain(&action.result));
    let missing = outcomes.filter_map(|outcome| match &outcome.target {
        Target::Missing { step, .. } => Some(step),
        Target::Stay | Target::Step(_) => None,
    });
    let all = descriptor.steps.iter().map(|step| &step.id).chain(missing);
    all.filter_map(|number| number.parse::<i64>().ok()).max().unwrap_or(0).max(0)
}

/// Returns the steps in the order in which an issue can reach them, then the others as they stand.
fn as_reached(element: &Element) -> Vec<StepName> {
    let mut leads: HashMap<StepName, Vec<(i64, StepName)>> = HashMap::new();
    let mut queue = VecDeque::new();
    for transition in element.all("transition") {
        let conditional = transition.all("conditionalResult").filter_map(|result| result.get("to"));
        let targets: Vec<StepName> =
            transition.get("to").into_iter().chain(conditional).map(StepName::referred).collect();
        if transition.text_of("type") == Some("initial") {
            queue.extend(targets.iter().cloned());
        }
        for from in transition.all("from") {
            let position = from.attribute_named("position").and_then(|position| position.parse().ok());
            let all = leads.entry(StepName::referred(from)).or_default();
            all.extend(targets.iter().map(|to| (position.unwrap_or(i64::MAX), to.clone())));
        }
    }
    let mut reached = Vec::new();
    let mut seen = HashSet::new();
    while let Some(step) = queue.pop_front() {
        if !seen.insert(step.clone()) {
            continue;
        }
        let mut next = leads.remove(&step).unwrap_or_default();
        next.sort_by_key(|(position, _)| *position);
        queue.extend(next.into_iter().map(|(_, to)| to));
        reached.push(step);
    }
    reached.extend(element.all("step").map(StepName::defined));
    reached
}
