//! What Jira always has of an element, and what of it the element lacks.
//!
//! Invariant: it follows from the schema alone (`pcfg:always`).

use super::Element;
use crate::schema::{Always, DeclId, Missing, Schema};

/// Returns whether an item is one of those of which Jira always has one.
pub fn counts(always: &Always, item: &Element) -> bool {
    always.without.as_ref().is_none_or(|tag| item.get(tag).is_none())
}

/// Returns what Jira always has of an element and the element lacks, if that comes to as much as `least`.
pub fn lacking(element: &Element, least: Missing) -> impl Iterator<Item = DeclId> + '_ {
    let schema = Schema::get();
    let children = schema.children(element.declaration).iter().copied();
    children.filter(move |&declaration| {
        let Some(always) = &schema.declaration(declaration).always else { return false };
        let is_there = |own: &Element| own.declaration == declaration && counts(always, own);
        always.missing >= least && !element.children().iter().any(is_there)
    })
}

/// Returns what an element lacks, in words.
pub fn named_lacks(lacks: &[DeclId]) -> String {
    let named = |declaration: &DeclId| {
        let declaration = Schema::get().declaration(*declaration);
        match declaration.always.as_ref().and_then(|always| always.without.as_ref()) {
            Some(without) => format!("a `<{}>` without `<{without}>`", declaration.name),
            None => format!("`<{}>`", declaration.name),
        }
    };
    let names: Vec<String> = lacks.iter().map(named).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
