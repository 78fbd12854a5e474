//! Which number each step has.
//!
//! Invariant: a step that the old descriptor has keeps its number: issues stand on numbers (`OSCurrentStep.stepId`), and Jira finds the
//! step of an issue by its status, so a step is the one that has its status, whatever its name; where the status is not there, the one
//! of its name. A new one gets the next number above all that the old descriptor mentions. Of several steps of one name the lower
//! `duplicate` has the lower number, because that is how they are told apart.

use std::collections::{HashMap, HashSet, VecDeque};

use super::content;
use super::descriptor::{Descriptor, Target};
use super::step_name::StepName;
use crate::model::Element;
use crate::schema::DUPLICATE;

/// Says which transitions of an element have one number.
pub(super) fn doubled(element: &Element) -> impl Iterator<Item = String> {
    let mut first: HashMap<i64, &str> = HashMap::new();
    element.all("transition").filter_map(move |transition| {
        let number = transition.text_of("transitionId")?.parse().ok()?;
        let name = transition.text_of("name").unwrap_or_default();
        let other = first.insert(number, name)?;
        Some(format!("the transitions `{other}` and `{name}` both have the number {number}"))
    })
}

/// The numbers of the steps.
pub(super) struct Numbers(HashMap<StepName, String>);

impl Numbers {
    /// Gives every step of an element a number; `status` returns the id of the status that a step is to have.
    pub(super) fn new(
        element: &Element,
        old: &Descriptor,
        status: impl Fn(&Element) -> Option<String>,
    ) -> Self {
        let wanted: Vec<Wanted> = element
            .all("step")
            .map(|step| Wanted { name: StepName::defined(step), status: status(step) })
            .collect();
        let mut own: HashMap<StepName, String> = HashMap::new();
        let mut free = Free::of(old);
        let same_in_all = |step: &Wanted| (Some(step.name.clone()), step.status.clone());
        let same_status = |step: &Wanted| (None, step.status.clone());
        let same_name = |step: &Wanted| (Some(step.name.clone()), None);
        free.take(&wanted, &mut own, &same_in_all);
        free.take(&wanted, &mut own, &same_status);
        free.take(&wanted, &mut own, &same_name);
        let mut new: HashSet<StepName> =
            wanted.into_iter().map(|step| step.name).filter(|name| !own.contains_key(name)).collect();
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
        in_order_of_duplicates(&mut own);
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

/// A step as it is to be.
struct Wanted {
    name: StepName,
    /// The id of its status.
    status: Option<String>,
}

/// What steps are the same by: a name, a status, or both.
type Sameness = (Option<StepName>, Option<String>);

/// The steps of an old descriptor that nobody has the number of yet, in its order.
struct Free(Vec<(String, Wanted)>);

impl Free {
    fn of(old: &Descriptor) -> Self {
        let mut names = content::step_names(old);
        let steps = old.steps.iter().filter_map(|step| {
            // Of several steps of one number the first one has it.
            let name = names.remove(&step.id)?;
            let status = step.metas.get(content::STATUS).map(|id| id.trim().to_owned());
            Some((step.id.clone(), Wanted { name: StepName::new(&name.text, name.get(DUPLICATE)), status }))
        });
        Self(steps.collect())
    }

    /// Gives the steps that have no number yet those of the old steps that are the same.
    fn take(
        &mut self,
        wanted: &[Wanted],
        own: &mut HashMap<StepName, String>,
        sameness: &dyn Fn(&Wanted) -> Sameness,
    ) {
        let mut by_sameness: HashMap<Sameness, VecDeque<usize>> = HashMap::new();
        for (at, (_, step)) in self.0.iter().enumerate() {
            by_sameness.entry(sameness(step)).or_default().push_back(at);
        }
        let mut taken = HashSet::new();
        for step in wanted {
            let same = sameness(step);
            // Neither name nor status is no sameness.
            if own.contains_key(&step.name) || same == (None, None) {
                continue;
            }
            if let Some(at) = by_sameness.get_mut(&same).and_then(VecDeque::pop_front) {
                own.insert(step.name.clone(), self.0[at].0.clone());
                taken.insert(at);
            }
        }
        let mut at = 0..;
        self.0.retain(|_| at.next().is_none_or(|at| !taken.contains(&at)));
    }
}

/// Has the lower `duplicate` of a name the lower number.
fn in_order_of_duplicates(own: &mut HashMap<StepName, String>) {
    let mut by_name: HashMap<&str, Vec<&StepName>> = HashMap::new();
    for name in own.keys() {
        by_name.entry(&name.name).or_default().push(name);
    }
    let mut ordered = Vec::new();
    for mut names in by_name.into_values().filter(|names| names.len() > 1) {
        let mut numbers: Vec<String> = names.iter().map(|name| own[*name].clone()).collect();
        numbers.sort_by_key(|number| (number.parse::<i64>().unwrap_or(i64::MAX), number.clone()));
        names.sort_by_key(|name| name.number);
        ordered.extend(names.into_iter().cloned().zip(numbers));
    }
    own.extend(ordered);
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
