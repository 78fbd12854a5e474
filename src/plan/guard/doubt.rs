//! What the target does not have, or has twice, and why that stops what newly needs it.
//!
//! Invariant: a doubt stops nothing by itself: `doubted` says which ones matter.

use std::collections::{HashMap, HashSet};

use super::said::{kind, path};
use super::twins::Twins;
use crate::model::Identity;
use crate::plan::{Action, Reason, Step, each_reference};
use crate::schema::Schema;
use crate::select::Lacking;

/// Objects, by what the target calls them, that nothing may newly need; and why.
pub(in crate::plan) type Doubts = HashMap<Identity, Reason>;

/// Returns the objects that the target has twice, those excepted of which the mapping file says which is meant.
pub(in crate::plan) fn of_target(twins: &Twins<'_>, said: &HashSet<Identity>) -> Doubts {
    let reasons = twins.reasons().filter(|(identity, _)| !said.contains(*identity));
    reasons.map(|(identity, reason)| (identity.clone(), reason)).collect()
}

/// A user or group that the source itself did not find, and the target does not have: only its name is known.
pub(in crate::plan) fn nobody_behind_the_name(identity: &Identity) -> Reason {
    let (kind, name) = (kind(identity), identity.name());
    let (code, empty) = match kind.as_str() {
        "user" => ("missing-user", ""),
        _ => ("missing-group", "; for an empty group, write `<empty>true</empty>`"),
    };
    Reason {
        code,
        path: path(identity),
        message: format!("there is no {kind} `{name}` in the target, and the file has only its name"),
        help: format!(
            "create the {kind} in the target, or map it to another in a mapping file (--map), under [{kind}]: \"{name}\" = {{ match = \
             \"NAME\" }}{empty}"
        ),
    }
}

/// A project that something means another thing without, such as a function of a workflow, and that nobody has.
pub(in crate::plan) fn nowhere(Lacking { identity, path }: &Lacking) -> Reason {
    let name = identity.numbered_name();
    Reason {
        code: "missing-project",
        path: path.clone(),
        message: format!("it requires project `{identity}`, which neither the file nor the target has"),
        help: format!(
            "create the project in the target, or map it to another in a mapping file (--map), under [project]: \"{name}\" = {{ match = \
             \"KEY\" }}; or leave this out"
        ),
    }
}

/// An object that cannot be without another, which the user leaves out and the target does not have.
pub(crate) fn left_out(lacking: &Lacking) -> Reason {
    let Lacking { identity: lacking, path } = lacking;
    let (kind_name, name) = (&Schema::get().kind(lacking.kind).name, lacking.numbered_name());
    Reason {
        code: "needs-left-out",
        path: path.clone(),
        message: format!(
            "it requires {} `{lacking}`, which is left out and which the target does not have",
            kind(lacking)
        ),
        help: format!(
            "map that to another in a mapping file (--map), under [{kind_name}]: \"{name}\" = {{ match = \"NAME\" }}; or leave this out, \
             too"
        ),
    }
}

/// Returns what a step names of what is chosen, unless the object has named it before.
pub(in crate::plan) fn newly_named(step: &Step, chosen: &dyn Fn(&Identity) -> bool) -> HashSet<Identity> {
    let mut named = HashSet::new();
    each_reference(&step.object, &mut |target| {
        if target != step.identity && chosen(&target) {
            named.insert(target);
        }
    });
    if let (Action::Change { old, .. }, false) = (&step.action, named.is_empty()) {
        each_reference(old, &mut |target| {
            named.remove(&target);
        });
    }
    named
}
