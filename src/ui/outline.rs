//! A configuration as lines: objects, and below each its properties, each with the way to it.
//!
//! Invariant: what differs between two configurations differs in some line, and each line can be understood alone. Numbers that
//! only say a place are left out where the lines stand in that order anyway: an option in the middle is one new line.

use std::fmt::Write as _;

use super::output::printable;
use crate::model::{Content, Element, Identity, Path};
use crate::plan;
use crate::schema::{self, KeyPart, Relation, Schema};

/// Returns the lines of a configuration.
pub fn outline(root: &Element) -> String {
    let schema = Schema::get();
    let mut text = String::new();
    let attributes = &schema.type_of(root.declaration).attributes;
    let _ = writeln!(text, "{}", root.tag());
    for (number, value) in &root.attributes {
        let _ = writeln!(text, "  {}: {}", attributes[usize::from(*number)].name, printable(value));
    }
    for container in root.children() {
        let mut was_setting = false;
        for child in container.children() {
            let identity = Identity::of_definition(child);
            match &identity {
                Some(identity) => {
                    let kind = schema.kind(identity.kind).in_words();
                    let _ = writeln!(text, "{kind} {}", printable(&identity.to_string()));
                    properties(child, "", &mut text);
                }
                None => {
                    if !was_setting {
                        let _ = writeln!(text, "{}", container.tag());
                    }
                    property(child, "", &mut text);
                }
            }
            was_setting = identity.is_none();
        }
    }
    text
}

/// Adds the lines of all that stands in an element.
fn properties(element: &Element, way: &str, text: &mut String) {
    let items = &Schema::get().declaration(element.declaration).items;
    for child in element.children() {
        let is_child = |key: &schema::Key| key.path[..] == [child.declaration];
        let is_plain = matches!(Schema::get().type_of(child.declaration).content, schema::Content::Leaf(_));
        let is_told = items.as_ref().is_some_and(|items| {
            // The identity stands in the way.
            (is_plain && items.identity.iter().any(is_child) && !child.text().is_empty())
                || (items.rank.as_ref().is_some_and(is_child) && items.sort.iter().any(is_child))
        });
        if !is_told {
            property(child, way, text);
        }
    }
}

/// Adds the lines of an element.
fn property(element: &Element, way: &str, text: &mut String) {
    let schema = Schema::get();
    let declaration = schema.declaration(element.declaration);
    let is_one_value = declaration.items.as_ref().is_some_and(|items| {
        items.relation == Relation::Set && items.identity.iter().any(|key| key.part == KeyPart::Whole)
    }) || matches!(schema.ty(declaration.ty).content, schema::Content::Choice(_));
    let mut path = Path::default();
    match element.content {
        Content::Text(_) => path.enter_open(element.declaration, &[]),
        Content::Children(_) if is_one_value => path.enter_open(element.declaration, &[]),
        Content::Children(_) => path.enter(element),
    }
    let step = path.to_string();
    let way = format!("{way}{}", if way.is_empty() { step.trim_start_matches('/') } else { &step });
    if matches!(element.content, Content::Text(_)) || is_one_value {
        let value = plan::inline(element);
        let mut lines = value.split('\n');
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(text, "  {}: {}", printable(&way), printable(first));
        for line in lines {
            let _ = writeln!(text, "    | {}", printable(line));
        }
        return;
    }
    let before = text.len();
    properties(element, &way, text);
    if text.len() == before {
        let _ = writeln!(text, "  {}", printable(&way));
    }
}
