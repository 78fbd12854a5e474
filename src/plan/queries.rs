//! Queries that say the same: what one instance has to spell in brackets, because several objects have the name, another names.
//!
//! Invariant: a query of the target stays as it is if it means what the query of the file means where that comes from.

use std::collections::HashMap;
use std::sync::Arc;

use super::matching::Matched;
use crate::jql::{Spelled, same_meaning};
use crate::model::{Content, Element, Identity, Snapshot};
use crate::schema::{DUPLICATE, DeclId, Schema};

/// What begins a spelling in brackets.
const SPELLED: &str = "[\"";

/// Leaves the queries of an object as the target has them where the file only spells them otherwise.
pub(super) fn stay(new: &mut Element, old: &Element, matched: &Matched<'_>, target: &Snapshot) {
    let mut before: HashMap<DeclId, Vec<Arc<str>>> = HashMap::new();
    collect(old, &mut before);
    if before.is_empty() {
        return;
    }
    let is_only = |own: &Spelled, in_target: bool| {
        let Some(identity) = identity_of(own) else { return false };
        match in_target {
            true => matched.names_of(target).is_only(matched.in_target(&identity)),
            false => matched.names_of_file().is_only(matched.in_file(&identity)),
        }
    };
    replace(new, &before, &|new, old| same_meaning(new, old, &is_only));
}

/// Collects the queries in an element.
fn collect(element: &Element, queries: &mut HashMap<DeclId, Vec<Arc<str>>>) {
    match &element.content {
        Content::Children(children) => children.iter().for_each(|child| collect(child, queries)),
        Content::Text(text) if is_query(element) => {
            queries.entry(element.declaration).or_default().push(Arc::from(&**text));
        }
        Content::Text(_) => {}
    }
}

fn replace(
    element: &mut Element,
    before: &HashMap<DeclId, Vec<Arc<str>>>,
    says_the_same: &dyn Fn(&str, &str) -> bool,
) {
    let is_query = is_query(element);
    match &mut element.content {
        Content::Children(children) => {
            children.iter_mut().for_each(|child| replace(child, before, says_the_same));
        }
        Content::Text(text) if is_query => {
            let all = before.get(&element.declaration).map(Vec::as_slice).unwrap_or_default();
            if all.iter().any(|old| **old == **text) {
                return;
            }
            let is_spelled = text.contains(SPELLED);
            let mut like = all.iter().filter(|old| is_spelled || old.contains(SPELLED));
            if let Some(old) = like.find(|old| says_the_same(text, old)) {
                *text = (&**old).into();
            }
        }
        Content::Text(_) => {}
    }
}

fn is_query(element: &Element) -> bool {
    element.tag() == "jql"
}

/// Returns the global object that is spelled.
fn identity_of(spelled: &Spelled) -> Option<Identity> {
    let of = if spelled.kind == "cf" { "customField" } else { spelled.kind.as_str() };
    let kind_of = Schema::get().kind_named(of)?;
    let declared = Schema::get().kind(kind_of);
    if !declared.within.is_empty() {
        return None;
    }
    let labels = declared.attributes.iter().map(String::as_str).chain([DUPLICATE]);
    let value = |label: &str| {
        let found = spelled.attributes.iter().find(|(own, _)| own == label);
        found.map_or_else(Box::<str>::default, |(_, value)| value.as_str().into())
    };
    let fields = [spelled.text.as_str().into()].into_iter().chain(labels.map(value)).collect();
    Some(Identity { kind: kind_of, fields })
}
