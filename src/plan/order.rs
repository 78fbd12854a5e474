//! The order of steps: what is referred to comes first; and what cannot be done takes with it what needs it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Action, Reason, Refused, Step, each_reference};
use crate::model::{Identity, Path, references};
use crate::schema::Schema;

/// Takes out the steps that are refused, and all that cannot be done without them; each says why.
pub(super) fn without_refused(
    steps: Vec<Step>,
    refusals: HashMap<Identity, Vec<Reason>>,
) -> (Vec<Step>, Vec<Refused>) {
    let mut refused: BTreeMap<Identity, Vec<Reason>> = refusals.into_iter().collect();
    // Only new objects can be missed: one that changes is there, refused or not.
    let created: HashSet<Identity> =
        steps.iter().filter(|step| is_new(step)).map(|step| step.identity.clone()).collect();
    // What may be missing is needed here, too: the file wants it there, and leaving it out silently would be another change.
    let needs: Vec<(Identity, Vec<Identity>)> =
        steps.iter().map(|step| (step.identity.clone(), named(step, &created))).collect();
    loop {
        let mut more = Vec::new();
        for (identity, needed) in &needs {
            if refused.contains_key(identity) {
                continue;
            }
            if let Some(missing) = needed.iter().find(|needed| refused.contains_key(needed)) {
                let kind = Schema::get().kind(missing.kind).in_words();
                more.push((
                    identity.clone(),
                    Reason {
                        code: "needs-refused",
                        path: Path::object(&Schema::get().kind(identity.kind).name, identity.name()),
                        message: format!("it needs {kind} `{missing}`, which is refused"),
                        help: "see there".to_owned(),
                    },
                ));
            }
        }
        if more.is_empty() {
            break;
        }
        for (identity, reason) in more {
            refused.entry(identity).or_default().push(reason);
        }
    }
    let steps = steps.into_iter().filter(|step| !refused.contains_key(&step.identity)).collect();
    let refused = refused
        .into_iter()
        .map(|(identity, mut reasons)| {
            reasons.sort();
            reasons.dedup();
            Refused { identity, reasons }
        })
        .collect();
    (steps, refused)
}

fn is_new(step: &Step) -> bool {
    matches!(step.action, Action::Create { .. })
}

/// Returns the new objects that must be there before a step.
fn needed(step: &Step, created: &HashSet<Identity>) -> Vec<Identity> {
    let mut needed = BTreeSet::new();
    references(&step.object, &mut |found| {
        if !found.weak && created.contains(&found.target) && found.target != step.identity {
            needed.insert(found.target);
        }
    });
    needed.into_iter().collect()
}

/// Returns the new objects that a step names, even where they may be missing.
fn named(step: &Step, created: &HashSet<Identity>) -> Vec<Identity> {
    let mut named = BTreeSet::new();
    each_reference(&step.object, &mut |target| {
        if created.contains(&target) && target != step.identity {
            named.insert(target);
        }
    });
    named.into_iter().collect()
}

/// Puts steps into an order in which everything is created before it is used. Ties are broken by kind and identity, so the
/// order is always the same; a ring is opened at its least member, which then says what follows later.
pub(super) fn in_order(steps: Vec<Step>) -> Vec<Step> {
    let created: HashSet<Identity> =
        steps.iter().filter(|step| is_new(step)).map(|step| step.identity.clone()).collect();
    let mut open: BTreeMap<Identity, usize> = BTreeMap::new();
    let mut users: HashMap<Identity, Vec<Identity>> = HashMap::new();
    let mut waiting: BTreeMap<Identity, Step> = BTreeMap::new();
    for step in steps {
        let needed = needed(&step, &created);
        open.insert(step.identity.clone(), needed.len());
        for other in needed {
            users.entry(other).or_default().push(step.identity.clone());
        }
        waiting.insert(step.identity.clone(), step);
    }
    let mut ready: BTreeSet<Identity> =
        open.iter().filter(|(_, count)| **count == 0).map(|(identity, _)| identity.clone()).collect();
    let mut done: HashSet<Identity> = HashSet::new();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let next = ready.pop_first().or_else(|| waiting.keys().next().cloned());
        let Some(mut step) = next.and_then(|identity| waiting.remove(&identity)) else { continue };
        let missing: Vec<Identity> =
            needed(&step, &created).into_iter().filter(|needed| !done.contains(needed)).collect();
        if let Action::Create { later } = &mut step.action {
            *later = missing;
        }
        done.insert(step.identity.clone());
        for user in users.remove(&step.identity).unwrap_or_default() {
            if let Some(count) = open.get_mut(&user) {
                *count = count.saturating_sub(1);
                if *count == 0 && waiting.contains_key(&user) {
                    ready.insert(user);
                }
            }
        }
        ordered.push(step);
    }
    ordered
}
