//! Steps that give objects of the target another name.

use std::collections::{HashMap, HashSet};

use super::{Action, Plan, Renaming, Step, impact};
use crate::model::{Abilities, Can, Element, Identity};
use crate::schema::{KindId, Schema};
use crate::usage::Uses;

/// What objects are called by.
const NAME: &str = "name";

/// Returns whether a place gives objects of a kind that are there another name, or why not.
pub(crate) fn takes_name(abilities: &Abilities, kind: KindId) -> Can {
    let name = Schema::get().property(kind, NAME);
    let own = name.and_then(|name| abilities.of_property(kind, name));
    own.unwrap_or_else(|| abilities.of(kind)).change
}

/// An object of the target that gets another name, and what goes with that.
pub(crate) struct Rename<'a> {
    /// What the target calls it now.
    pub(crate) old: &'a Identity,
    /// As it is now.
    pub(crate) before: &'a Element,
    /// What it is called afterwards.
    pub(crate) new: &'a Identity,
    /// What refers to it, and goes on to do so.
    pub(crate) followers: Vec<String>,
    /// What is worth a look.
    pub(crate) warnings: Vec<String>,
}

/// Returns the step that gives an object another name and changes nothing else in it.
pub(crate) fn only_renamed(old: &Identity, before: &Element, new: &Identity) -> Step {
    let mut object = before.clone();
    crate::model::set_identity(&mut object, new);
    Step {
        identity: new.clone(),
        action: Action::Change { old: object.clone(), changes: Vec::new() },
        object,
        impact: Vec::new(),
        warnings: Vec::new(),
        renaming: Some(Renaming { old: old.clone(), followers: Vec::new() }),
    }
}

impl Plan {
    /// Tells that objects of the target get other names, whatever else changes in them.
    pub(crate) fn rename(&mut self, renames: Vec<Rename<'_>>, target: &Uses<'_>) {
        let names: HashSet<&Identity> = renames.iter().map(|own| own.new).collect();
        self.unchanged.retain(|own| !names.contains(own));
        self.held_back.retain(|own| !names.contains(&own.identity));
        let mut places: HashMap<Identity, usize> = HashMap::new();
        for (at, step) in self.steps.iter().enumerate().filter(|(_, step)| names.contains(&step.identity)) {
            places.entry(step.identity.clone()).or_insert(at);
        }
        let mut alone = Vec::new();
        for Rename { old, before, new, followers, warnings } in renames {
            let renaming = Some(Renaming { old: old.clone(), followers });
            // Whoever uses it feels it, under the name that it has now.
            let touched = impact::affected(target, old, &self.projects);
            if let Some(&at) = places.get(new) {
                let step = &mut self.steps[at];
                step.renaming = renaming;
                step.impact = touched;
                step.warnings.extend(warnings);
                continue;
            }
            alone.push(Step { impact: touched, warnings, renaming, ..only_renamed(old, before, new) });
        }
        // The last one comes first.
        self.steps.splice(0..0, alone.into_iter().rev());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Snapshot, work};

    /// Twice as many renames are no more than twice the work, whatever else the plan has.
    #[test]
    fn renames_are_looked_up() {
        let schema = Schema::get();
        let status = schema.kind_named("status").unwrap();
        let named = |name: String| Identity::named(status, &name);
        let target = Snapshot::default();
        let uses = Uses::of_snapshot(&target);
        let tell = |count: usize| {
            let names: Vec<_> =
                (0..count).map(|at| (named(format!("old {at}")), named(format!("new {at}")))).collect();
            let before = Element::parent(schema.kind(status).declaration, Vec::new());
            // Half of them change in another way, too.
            let step = |(_, new): &(Identity, Identity)| Step {
                identity: new.clone(),
                object: before.clone(),
                action: Action::Change { old: before.clone(), changes: Vec::new() },
                impact: Vec::new(),
                warnings: Vec::new(),
                renaming: None,
            };
            let (changed, unchanged) = names.split_at(count / 2);
            let mut plan = Plan {
                steps: changed.iter().map(step).collect(),
                unchanged: unchanged.iter().map(|(_, new)| new.clone()).collect(),
                ..Plan::default()
            };
            let rename = |(old, new)| Rename {
                old,
                before: &before,
                new,
                followers: Vec::new(),
                warnings: vec!["look".to_owned()],
            };
            let renames = names.iter().map(|(old, new)| rename((old, new))).collect();
            let (work, ()) = work::of(|| plan.rename(renames, &uses));
            assert!(plan.unchanged.is_empty());
            let told = |(old, new): &(Identity, Identity)| {
                let is_told = |step: &&Step| {
                    step.identity == *new && step.renaming.as_ref().is_some_and(|own| own.old == *old)
                };
                plan.steps.iter().filter(is_told).count() == 1
            };
            assert!(names.iter().all(told) && plan.steps.iter().all(|step| step.warnings.len() == 1));
            work
        };
        let (few, many) = (tell(200), tell(400));
        assert!(many <= 3 * few, "{few} and {many} comparisons");
    }
}
