//! What the target does not have, or has twice: it stops what newly needs it, and nothing else.
//!
//! Invariant: what is in the target as the file has it is never refused because of it, so an export can always be imported into
//! the instance that it came from.

use std::collections::{HashMap, HashSet};

use super::identity::{kind, path};
use super::twins::Twins;
use crate::model::{Content, Element, Identity};
use crate::plan::matching::Matched;
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
        _ => ("missing-group", "; of a group that is empty, write `<empty>true</empty>`"),
    };
    Reason {
        code,
        path: path(identity),
        message: format!("there is no {kind} `{name}`: the file has nothing but the name"),
        help: format!(
            "create the {kind} in the target, or map it to another in a mapping file (--map), under [{kind}]: \"{name}\" = {{ match = \
             \"NAME\" }}{empty}"
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
            "it cannot be without {} `{lacking}`, which is left out and which the target does not have",
            kind(lacking)
        ),
        help: format!(
            "map that to another in a mapping file (--map), under [{kind_name}]: \"{name}\" = {{ match = \"NAME\" }}; or leave this out, \
             too"
        ),
    }
}

/// Returns the doubts that matter: of what a step changes or newly refers to, and of names that stand in the file for
/// themselves alone.
pub(in crate::plan) fn that_matter(steps: &[Step], matched: &Matched<'_>) -> Vec<(Identity, Reason)> {
    if matched.doubts.is_empty() {
        return Vec::new();
    }
    let mut found: HashSet<Identity> = HashSet::new();
    for step in steps {
        if matched.doubts.contains_key(&step.identity) {
            found.insert(step.identity.clone());
        }
        found.extend(newly_named(step, &|target| matched.doubts.contains_key(target)));
    }
    found.extend(unused_names(matched));
    let mut found: Vec<Identity> = found.into_iter().collect();
    found.sort();
    found.into_iter().filter_map(|own| matched.doubts.get(&own).cloned().map(|why| (own, why))).collect()
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

/// Returns the users and groups of which the file has nothing but the name and that nothing in it refers to: whoever wrote that
/// wanted something else.
fn unused_names(matched: &Matched<'_>) -> HashSet<Identity> {
    let names = matched.pairs.iter().filter(|pair| pair.is_only_named && pair.old.is_none());
    let mut unused: HashSet<Identity> = names.map(|pair| pair.identity.clone()).collect();
    for pair in &matched.pairs {
        if unused.is_empty() {
            return unused;
        }
        each_reference(&pair.new, &mut |target| {
            unused.remove(&target);
        });
    }
    // A query names its users in its text.
    let mut in_queries = HashSet::new();
    if !unused.is_empty() {
        matched.pairs.iter().for_each(|pair| texts_of_queries(&pair.new, &mut in_queries));
    }
    unused.retain(|own| !in_queries.contains(&own.name().to_lowercase()));
    unused
}

fn texts_of_queries(element: &Element, texts: &mut HashSet<String>) {
    match &element.content {
        Content::Children(children) => children.iter().for_each(|child| texts_of_queries(child, texts)),
        Content::Text(text) if element.tag() == "jql" => {
            texts.extend(crate::jql::texts(text).map(|own| own.to_lowercase()));
        }
        Content::Text(_) => {}
    }
}
