//! What leads from one state of an instance to another, in words: a plan that nobody asked for, such as the way back.

use std::collections::BTreeSet;

use super::describe::{DescribedStep, Description};
use super::{Action, Plan, Step, impact, order, setting_identity};
use crate::diff::diff;
use crate::model::{Identity, Snapshot};
use crate::schema::Schema;

/// Returns what leads from `now` to `then`. In contrast to an import, whole objects may go. All but these projects count as
/// other projects.
pub fn difference(now: &Snapshot, then: &Snapshot, projects: BTreeSet<String>) -> Description {
    let mut steps = Vec::new();
    let mut plan = Plan { projects, ..Plan::default() };
    let step = |identity: &Identity, object, action| Step {
        identity: identity.clone(),
        object,
        action,
        impact: Vec::new(),
        warnings: Vec::new(),
    };
    for (identity, object) in &then.objects {
        let new = object.element.clone();
        match now.objects.get(identity) {
            None => steps.push(step(identity, new, Action::Create { later: Vec::new() })),
            Some(old) => {
                let changes = diff(&old.element, &new);
                if !changes.is_empty() {
                    let action = Action::Change { old: old.element.clone(), changes };
                    steps.push(step(identity, new, action));
                }
            }
        }
    }
    plan.steps = order::in_order(steps);
    for (container, new) in &then.settings {
        let own =
            now.settings.iter().find(|(own, old)| own == container && old.declaration == new.declaration);
        let old = own.map(|(_, old)| old.clone());
        if old.as_ref() != Some(new) {
            let identity = setting_identity(*container, new);
            plan.steps.push(step(&identity, new.clone(), Action::Setting { container: *container, old }));
        }
    }
    impact::add(&mut plan.steps, now, &plan.projects);
    let mut description = plan.describe();
    let gone = now.objects.iter().filter(|(identity, _)| !then.objects.contains_key(*identity));
    let gone = gone.map(|(identity, object)| {
        step(identity, object.element.clone(), Action::Create { later: Vec::new() })
    });
    let gone = order::in_order_of_removal(gone.collect());
    description.counts.delete = gone.len();
    description.steps.extend(gone.into_iter().map(|Step { identity, object, .. }| DescribedStep {
        action: "remove",
        kind: Schema::get().kind(identity.kind).name.clone(),
        name: identity.to_string(),
        former_name: None,
        changes: Vec::new(),
        followers: Vec::new(),
        touches: Vec::new(),
        warnings: Vec::new(),
        before: Some(object),
        after: None,
    }));
    description
}
