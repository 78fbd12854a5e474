//! What of an old descriptor can stay in a new one.

use std::collections::{HashMap, HashSet};
use std::ptr;

use super::descriptor::{Action, Descriptor, Function, Group, Rest, Step, StepAction};
use super::render::{render_action, render_step};
use super::tree::{self, Tree};
use crate::model::Element;

/// Items with their places: the position, then what decides among equals. Positions are even; odd places lie between them.
pub(super) type Placed<T> = Vec<((i64, i64), T)>;

/// Puts a list into order by the positions of its items.
pub(super) fn in_order<T>(mut list: Placed<T>) -> Vec<T> {
    list.sort_by_key(|(place, _)| *place);
    list.into_iter().map(|(_, item)| item).collect()
}

/// Returns the sort key of an item at a position; what stands between positions has odd keys.
pub(super) fn place(position: Option<&str>) -> i64 {
    position.and_then(|position| position.parse::<i64>().ok()).map_or(i64::MAX, |at| at.saturating_mul(2))
}

/// An old descriptor and its transitions by their numbers.
pub(super) struct Old<'o> {
    pub(super) descriptor: &'o Descriptor,
    actions: HashMap<i64, &'o Action>,
    steps: HashMap<&'o str, &'o Step>,
}

/// What a configuration keeps of a workflow as it is.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) rest: Rest,
    /// Steps and transitions that have no number of their own.
    pub(super) strays: Vec<String>,
}

impl Kept {
    /// Returns whether a transition is kept as it is; each one once.
    pub(super) fn takes(&mut self, action: &Action) -> bool {
        take(&mut self.strays, &render_action(action))
    }

    /// Says of what is left that it belongs to no number of this workflow.
    pub(super) fn untold(&self) -> impl Iterator<Item = String> {
        self.strays.iter().map(|stray| {
            let tree = tree::parse(stray).unwrap_or_else(|_| Tree::new("action"));
            let what = if tree.name == "step" { "step" } else { "transition" };
            let of = |name: &str| tree.get(name).unwrap_or_default();
            let (name, id) = (of("name"), of("id"));
            format!(
                "the {what} `{name}` has no number of its own (`{id}`), which has no meaning in another \
            workflow"
            )
        })
    }
}

fn take(strays: &mut Vec<String>, text: &str) -> bool {
    let at = strays.iter().position(|own| own == text);
    at.map(|at| strays.remove(at)).is_some()
}

impl<'o> Old<'o> {
    pub(super) fn new(descriptor: &'o Descriptor) -> Self {
        let mut old = Self { descriptor, actions: HashMap::new(), steps: HashMap::new() };
        // In the order of reading: of several of one number the first one has it.
        let mut of_steps = Vec::new();
        for step in &descriptor.steps {
            if old.steps.contains_key(step.id.as_str()) {
                continue;
            }
            old.steps.insert(&step.id, step);
            of_steps.extend(step.actions.iter().filter_map(|action| match action {
                StepAction::Own(action) => Some(&**action),
                StepAction::Common(_) => None,
            }));
        }
        let others = descriptor.initial.iter().chain(&descriptor.global).chain(&descriptor.common);
        for action in of_steps.into_iter().chain(others) {
            if let Ok(number) = action.id.parse() {
                old.actions.entry(number).or_insert(action);
            }
        }
        old
    }

    /// Returns the transition of a number.
    pub(super) fn action(&self, number: &str) -> Option<&'o Action> {
        self.actions.get(&number.parse().ok()?).copied()
    }

    /// Returns the step of a number.
    pub(super) fn step(&self, number: &str) -> Option<&'o Step> {
        self.steps.get(number).copied()
    }

    /// Returns whether an action has no number of its own.
    pub(super) fn is_stray(&self, action: &Action) -> bool {
        self.action(&action.id).is_none_or(|own| !ptr::eq(own, action))
    }

    /// Returns the actions of a list that are kept as they are, with their places between the others.
    pub(super) fn strays(&self, actions: &[Action], kept: &mut Vec<String>) -> Placed<Action> {
        let mut before = 0;
        let mut strays = Vec::new();
        for action in actions {
            if !self.is_stray(action) {
                before += 1;
            } else if take(kept, &render_action(action)) {
                strays.push(((2 * before + 1, 0), action.clone()));
            }
        }
        strays
    }

    /// Returns what a step keeps beside its transitions, with the places: actions as they are, and references to common
    /// actions that say nothing because the action does not exist or is referred to already.
    pub(super) fn between(
        &self,
        step: &Step,
        wanted: &Placed<StepAction>,
        common: &[Action],
        kept: &mut Vec<String>,
    ) -> Placed<StepAction> {
        let mut before = 0;
        let mut between = Vec::new();
        let mut seen = HashSet::new();
        for action in &step.actions {
            let stays = match action {
                StepAction::Own(action) if !self.is_stray(action) => None,
                StepAction::Own(action) => Some(take(kept, &render_action(action))),
                StepAction::Common(id) if !self.descriptor.common.iter().any(|own| own.id == *id) => {
                    Some(!common.iter().any(|own| own.id == *id))
                }
                StepAction::Common(id) if seen.insert(id) => None,
                StepAction::Common(_) => Some(wanted.iter().any(|(_, own)| own == action)),
            };
            match stays {
                None => before += 1,
                Some(true) => between.push(((2 * before + 1, 0), action.clone())),
                Some(false) => {}
            }
        }
        between
    }

    /// Returns the steps that have the number of an earlier one, as far as they are kept as they are.
    pub(super) fn repeated_steps(&self, kept: &mut Vec<String>) -> Vec<Step> {
        let repeated = self
            .descriptor
            .steps
            .iter()
            .filter(|step| self.step(&step.id).is_some_and(|own| !ptr::eq(own, *step)));
        repeated.filter(|step| take(kept, &render_step(step))).cloned().collect()
    }
}

/// Functions of an old descriptor, each of which can stay in one place.
pub(super) struct Pool<'o>(Vec<&'o Function>);

impl<'o> Pool<'o> {
    pub(super) fn of(functions: impl IntoIterator<Item = &'o Function>) -> Self {
        Self(functions.into_iter().collect())
    }

    pub(super) fn of_groups(groups: impl IntoIterator<Item = &'o Group>) -> Self {
        fn collect<'o>(group: &'o Group, all: &mut Vec<&'o Function>) {
            all.extend(&group.conditions);
            for inner in &group.groups {
                collect(inner, all);
            }
        }
        let mut all = Vec::new();
        for group in groups {
            collect(group, &mut all);
        }
        Self(all)
    }

    /// Takes the first function that fits.
    pub(super) fn take(&mut self, mut fits: impl FnMut(&Function) -> bool) -> Option<Function> {
        let at = self.0.iter().position(|own| fits(own))?;
        Some(self.0.remove(at).clone())
    }
}

/// Returns whether a function calls what an element calls.
pub(super) fn is_alike(function: &Function, element: &Element) -> bool {
    function.class.as_deref() == element.text_of("class")
        && function.kind.as_deref() == element.text_of("type")
}
