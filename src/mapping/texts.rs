//! What the texts of objects hold, in whatever area: queries, and ids that they keep.
//!
//! Invariant: what is a query here is one where it is read and written.

use super::areas::preferences::read::query_in;
use super::ground::queries::{JQL, SUB_FILTER, is_query_key};
use super::workflow::{suspects, without_mark};
use crate::jql;
use crate::model::{Content, Element, Path};

/// Calls `each` with every query in an object, what is around it, and its element.
pub(crate) fn each_query<'a>(
    object: &'a Element,
    each: &mut dyn FnMut(&'a str, &[&'a Element], &'a Element),
) {
    fn walk<'a>(
        element: &'a Element,
        way: &mut Vec<&'a Element>,
        each: &mut dyn FnMut(&'a str, &[&'a Element], &'a Element),
    ) {
        way.push(element);
        for child in element.children() {
            let key = || element.text_of("key").or_else(|| element.text_of("name")).unwrap_or_default();
            let query = match child.tag() {
                tag if JQL.contains(&tag) || SUB_FILTER.contains(&tag) => Some(child.text()),
                "value" if element.tag() == "preference" => query_in(key(), child.text()),
                "value" if matches!(element.tag(), "argument" | "property") => {
                    is_query_key(key()).then(|| without_mark(child.text()))
                }
                _ => None,
            };
            if let Some(query) = query {
                each(query, way, child);
            }
            walk(child, way, each);
        }
        way.pop();
    }
    walk(object, &mut Vec::new(), each);
}

/// Writes the queries in an object anew.
pub(crate) fn rewrite_queries(object: &mut Element, new: &dyn Fn(&str) -> String) {
    let mut found = Vec::new();
    each_query(object, &mut |query, way, element| {
        let written = new(query);
        if written != query {
            let mut places: Vec<usize> = Vec::new();
            for (around, inner) in way.iter().zip(way.iter().skip(1).chain([&element])) {
                places.extend(around.children().iter().position(|own| std::ptr::eq(own, *inner)));
            }
            // A mark may stand before the query.
            found.push((places, element.text().replacen(query, &written, 1)));
        }
    });
    for (places, text) in found {
        let child = places.iter().try_fold(&mut *object, |at, place| at.children_mut()?.get_mut(*place));
        if let Some(child) = child {
            child.content = Content::Text(text.into());
        }
    }
}

/// Returns what an object keeps as it is and what looks like an id, with its place: ids in queries, in arguments and properties of
/// workflows, and in parts that pcfg does not describe.
pub(crate) fn foreign_ids(object: &Element) -> Vec<(Path, String)> {
    let mut found = Vec::new();
    each_query(object, &mut |query, way, element| {
        let ids = jql::ids(query).join(", ");
        if !ids.is_empty() {
            let mut path = Path::default();
            way.iter().for_each(|own| path.enter(own));
            found.push((path.child(element.tag()), format!("the query keeps {ids}")));
        }
    });
    if object.tag() == "workflowEntry" {
        in_workflow(object, &Path::default(), &mut found);
    }
    found
}

fn in_workflow(element: &Element, around: &Path, found: &mut Vec<(Path, String)>) {
    let mut path = around.clone();
    path.enter(element);
    let named = element.text_of("key").or_else(|| element.text_of("name")).unwrap_or_default();
    for child in element.children() {
        let suspect = match (element.tag(), child.tag()) {
            ("argument" | "property", "value") if !is_query_key(named) => {
                suspects::in_value(named, child.text())
            }
            (_, "verbatim") => suspects::in_kept(child.text()),
            _ => None,
        };
        found.extend(suspect.map(|suspect| (path.clone(), suspect)));
        if !child.children().is_empty() {
            in_workflow(child, &path, found);
        }
    }
}
