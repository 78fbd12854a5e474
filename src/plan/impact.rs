//! Whom a change touches: the other projects that use a shared object, directly or through others.

use std::collections::{BTreeSet, HashMap};

use super::{Action, Step};
use crate::model::{Identity, Snapshot, references};
use crate::schema::Schema;

/// Tells each step that changes a shared object which projects use it, without those that are imported.
pub(super) fn add(steps: &mut [Step], target: &Snapshot, imported: &BTreeSet<String>) {
    if !steps.iter().any(|step| matches!(step.action, Action::Change { .. })) {
        return;
    }
    let project = Schema::get().kind_named("project");
    let mut users: HashMap<&Identity, Vec<&Identity>> = HashMap::new();
    let mut targets: Vec<(Identity, &Identity)> = Vec::new();
    for (identity, object) in &target.objects {
        references(&object.element, &mut |found| {
            if !found.weak {
                targets.push((found.target, identity));
            }
        });
    }
    for (used, user) in &targets {
        users.entry(used).or_default().push(user);
    }
    for step in steps {
        if !matches!(step.action, Action::Change { .. }) || Some(step.identity.kind) == project {
            continue;
        }
        let mut seen: BTreeSet<&Identity> = BTreeSet::new();
        let mut waiting = vec![&step.identity];
        let mut projects = BTreeSet::new();
        while let Some(used) = waiting.pop() {
            for user in users.get(used).into_iter().flatten() {
                if seen.insert(user) {
                    if Some(user.kind) == project {
                        projects.insert(user.name().to_owned());
                    } else {
                        waiting.push(user);
                    }
                }
            }
        }
        step.impact = projects.into_iter().filter(|key| !imported.contains(key)).collect();
    }
}
