//! What leads from one state of an instance to another, in words: a plan that nobody asked for, such as the way back.

use std::collections::BTreeSet;

use super::action::ObjectAction;
use super::describe::{DescribedStep, Description};
use super::{Action, Plan, Step, impact, order, setting_identity};
use crate::diff::diff;
use crate::model::{Element, Identity, Snapshot};
use crate::schema::Schema;

/// What leads from one state of an instance to another.
#[derive(Debug)]
pub struct Difference<'s> {
    /// The objects that come or change, in the order in which an import writes them, and the settings.
    pub plan: Plan,
    /// The objects that go, in the order in which they can. An import never removes one.
    pub gone: Vec<(&'s Identity, &'s Element)>,
}

impl<'s> Difference<'s> {
    /// Compares two states. All but these projects count as other projects.
    pub fn new(now: &'s Snapshot, then: &Snapshot, projects: BTreeSet<String>) -> Self {
        let mut steps = Vec::new();
        let mut plan = Plan { projects, ..Plan::default() };
        for (identity, object) in &then.objects {
            let new = &object.element;
            match now.objects.get(identity) {
                None => steps.push(step(identity, new, Action::Create { later: Vec::new() })),
                Some(old) => {
                    let changes = diff(&old.element, new);
                    if !changes.is_empty() {
                        let action = Action::Change { old: old.element.clone(), changes };
                        steps.push(step(identity, new, action));
                    }
                }
            }
        }
        plan.steps = order::in_order(steps);
        for (container, new) in &then.settings {
            let own = now.settings.iter();
            let mut own = own.filter(|(own, old)| own == container && old.declaration == new.declaration);
            let old = own.next().map(|(_, old)| old.clone());
            if old.as_ref() != Some(new) {
                let identity = setting_identity(*container, new);
                plan.steps.push(step(&identity, new, Action::Setting { container: *container, old }));
            }
        }
        impact::add(&mut plan.steps, now, &plan.projects);
        let gone = now.objects.iter().filter(|(identity, _)| !then.objects.contains_key(*identity));
        let gone = gone
            .map(|(identity, object)| step(identity, &object.element, Action::Create { later: Vec::new() }));
        let gone = order::in_order_of_removal(gone.collect());
        let of_now = |step: &Step| now.objects.get_key_value(&step.identity);
        let gone = gone.iter().filter_map(of_now).map(|(own, object)| (own, &object.element)).collect();
        Self { plan, gone }
    }

    /// Returns it in words.
    pub fn describe(&self) -> Description {
        let mut description = self.plan.describe();
        description.counts.delete = self.gone.len();
        description.steps.extend(self.gone.iter().map(|(identity, object)| {
            let kind = &Schema::get().kind(identity.kind).name;
            DescribedStep {
                before: Some((*object).clone()),
                ..DescribedStep::about(ObjectAction::Remove, kind, identity.to_string())
            }
        }));
        description
    }
}

fn step(identity: &Identity, object: &Element, action: Action) -> Step {
    Step {
        identity: identity.clone(),
        object: object.clone(),
        action,
        impact: Vec::new(),
        warnings: Vec::new(),
        renaming: None,
    }
}
