//! Whom a change affects: the other projects that use a shared object, directly or through others.

use std::collections::BTreeSet;

use super::{Action, Step};
use crate::model::{Identity, Snapshot};
use crate::usage::Uses;

/// Tells each step that changes a shared object which projects use it, without those that are imported.
pub(super) fn add(steps: &mut [Step], target: &Snapshot, imported: &BTreeSet<String>) {
    let is_change = |step: &Step| matches!(step.action, Action::Change { .. });
    if !steps.iter().any(is_change) {
        return;
    }
    let uses = Uses::of_snapshot(target);
    for step in steps.iter_mut().filter(|step| is_change(step)) {
        step.impact = affected(&uses, &step.identity, imported);
    }
}

/// Returns the projects that a change of an object affects, without those that are imported.
pub(super) fn affected(uses: &Uses<'_>, object: &Identity, imported: &BTreeSet<String>) -> Vec<String> {
    let projects = uses.global(object).map(|id| uses.projects(id)).unwrap_or_default();
    projects.into_iter().filter(|key| !imported.contains(*key)).map(str::to_owned).collect()
}
