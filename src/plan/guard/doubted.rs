//! Which doubts matter: what newly needs an object that the target does not have, or has twice.
//!
//! Invariant: what is in the target as the file has it is never refused because of it, so an export can always be imported into
//! the instance that it came from.

use std::collections::HashSet;

use super::doubt::newly_named;
use crate::model::{Content, Element, Identity};
use crate::plan::matching::Matched;
use crate::plan::{Reason, Step, each_reference};

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
