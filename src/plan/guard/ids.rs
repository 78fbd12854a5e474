//! Ids of the instance that a file comes from, which nobody could turn into names: told where they come in.

use std::collections::BTreeSet;

use crate::mapping::foreign_ids;
use crate::plan::{Action, Step};

/// How many of one object are told.
const SHOWN: usize = 5;

/// Returns what a step brings that looks like an id; what the target has already is its own.
pub(super) fn that_come_in(step: &Step) -> Vec<String> {
    let known: BTreeSet<_> = match &step.action {
        Action::Change { old, .. } => foreign_ids(old).into_iter().collect(),
        Action::Create { .. } | Action::Setting { .. } => BTreeSet::new(),
    };
    let new: BTreeSet<_> = foreign_ids(&step.object).into_iter().filter(|own| !known.contains(own)).collect();
    let more = new.len().saturating_sub(SHOWN);
    let told = new.into_iter().take(SHOWN).map(|(path, what)| {
        format!(
            "{path}: {what}; an id from the instance that the file comes from means something else here, \
        or nothing"
        )
    });
    let more =
        (more > 0).then(|| format!("{more} more places contain what looks like ids of another instance"));
    told.chain(more).collect()
}
