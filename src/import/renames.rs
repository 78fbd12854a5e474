//! New objects that look like others under a new name: an import makes them new, and the others stay.
//!
//! Invariant: a hint changes nothing; only the user knows what was meant.

use std::collections::{HashMap, HashSet};

use crate::compare::likely_renames;
use crate::model::{Element, Identity, Snapshot};
use crate::plan::{Action, Plan, Target};
use crate::schema::{Belongs, KindId, Schema};
use crate::select;
use crate::usage::{Defaults, each_use};

/// Adds a hint to each new object that looks like one of the target that the imported projects use now, and that the file does not
/// have any more.
pub(super) fn hint(plan: &mut Plan, target: &Snapshot) {
    let is_new = |own: &&crate::plan::Step| matches!(own.action, Action::Create { .. });
    let created: Vec<(&Identity, &Element)> =
        plan.steps.iter().filter(is_new).map(|own| (&own.identity, &own.object)).collect();
    let kinds: HashSet<KindId> =
        created.iter().map(|(own, _)| own.kind).filter(|kind| Target::can_rename(*kind)).collect();
    if kinds.is_empty() {
        return;
    }
    let kept: HashSet<&Identity> = (plan.steps.iter().map(|own| &own.identity))
        .chain(&plan.unchanged)
        .chain(&plan.skipped)
        .chain(plan.held_back.iter().map(|own| &own.identity))
        .chain(plan.refused.iter().map(|own| &own.identity))
        .collect();
    let used = used(plan, target);
    let before: Vec<(&Identity, &Element)> =
        target.objects.iter().map(|(identity, own)| (identity, &own.element)).collect();
    let is_gone = |own: &Identity| kinds.contains(&own.kind) && used.contains(own) && !kept.contains(own);
    let gone: Vec<usize> = (0..before.len()).filter(|&at| is_gone(before[at].0)).collect();
    if gone.is_empty() {
        return;
    }
    let after: Vec<(&Identity, &Element)> =
        plan.steps.iter().map(|own| (&own.identity, &own.object)).collect();
    let come: Vec<usize> = (0..after.len())
        .filter(|&at| is_new(&&plan.steps[at]) && kinds.contains(&after[at].0.kind))
        .collect();
    let pairs: HashMap<Identity, Identity> =
        likely_renames((&before, &gone), (&after, &come)).into_iter().map(|(old, new)| (new, old)).collect();
    for step in &mut plan.steps {
        let Some(old) = pairs.get(&step.identity) else { continue };
        // A board of another filter is another board: the filter is what has another name.
        if old.numbered_name() == step.identity.numbered_name() {
            continue;
        }
        let kind = Schema::get().kind(old.kind);
        step.warnings.push(format!(
            "it looks like a rename of {} `{old}`, which stays as it is; to rename that one instead, write \
             into a mapping file (--map), under \
             [{}]: \"{}\" = {{ rename = \"{}\" }}",
            kind.in_words(),
            kind.name,
            step.identity.numbered_name(),
            old.numbered_name(),
        ));
    }
}

/// Returns what an export of the imported projects would have now, without what queries name: what these use, and what is shared with
/// them.
fn used(plan: &Plan, target: &Snapshot) -> HashSet<Identity> {
    let schema = Schema::get();
    let project = schema.kind_named("project");
    let is_first = |own: &&Identity| {
        schema.kind(own.kind).belongs == Belongs::EveryProject
            || (Some(own.kind) == project && plan.projects.contains(own.name()))
    };
    let mut used: HashSet<Identity> = target.objects.keys().filter(is_first).cloned().collect();
    let keys = plan.projects.iter().map(String::as_str).collect();
    used.extend(select::shared_with(target, &keys));
    let mut waiting: Vec<Identity> = used.iter().cloned().collect();
    let defaults = Defaults::of(target.objects.values().map(|object| &object.element));
    while let Some(identity) = waiting.pop() {
        let Some(object) = target.objects.get(&identity) else { continue };
        each_use(&object.element, &defaults, &mut |own| {
            // Another project is not a part of these, and leads to everything.
            if Some(own.target.kind) != project && used.insert(own.target.clone()) {
                waiting.push(own.target);
            }
        });
    }
    used
}
