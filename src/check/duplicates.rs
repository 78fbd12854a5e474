//! Two objects of one identity.
//!
//! Invariant: of several items of a set that are told apart by nothing, all but the first are told.

use indexmap::IndexMap;

use super::start_span;
use crate::model::{Element, Path, Problem, Problems, canonicalize};
use crate::schema::{Content, DeclId, KeyPart, Relation, Schema};

/// Finds items of a set that have the same identity.
pub(super) fn find(way: &[&Element], parent: &Element, problems: &mut Problems) {
    let schema = Schema::get();
    if parent.children().len() < 2 {
        return;
    }
    let mut seen: IndexMap<(DeclId, Vec<&str>), Vec<&Element>> = IndexMap::new();
    for child in parent.children() {
        let items = &schema.declaration(child.declaration).items;
        if items.as_ref().is_some_and(|items| items.relation == Relation::Set) {
            seen.entry((child.declaration, identity_values(child))).or_default().push(child);
        }
    }
    for ((declaration, values), mut same) in seen {
        let declaration = schema.declaration(declaration);
        let Some(items) = &declaration.items else { continue };
        if same.len() < 2 {
            continue;
        }
        // Grants and the like have no name: only those that are equal are the same.
        if items.identity.iter().any(|key| key.part == KeyPart::Whole) {
            same = repeated(&same);
        } else {
            same.remove(0);
        }
        let named = values.iter().filter(|value| !value.is_empty()).map(|value| format!("`{value}`"));
        let named = named.collect::<Vec<_>>().join(", ");
        let message = if named.is_empty() {
            format!("this `<{}>` is a duplicate", declaration.name)
        } else {
            format!("there is a second `<{}>` {named}", declaration.name)
        };
        for child in same {
            let mut path = Path::through(way.iter().copied());
            path.enter(child);
            problems.push(
                Problem::error("duplicate", message.clone())
                    .at(start_span(child))
                    .on(path)
                    .help(format!("{} tells them apart: rename or delete one", words(items))),
            );
        }
    }
}

/// Returns the elements that have an equal one before them.
fn repeated<'a>(elements: &[&'a Element]) -> Vec<&'a Element> {
    let mut sorted: Vec<(Element, &Element)> = elements
        .iter()
        .map(|element| {
            let mut copy = (*element).clone();
            canonicalize(&mut copy);
            (copy, *element)
        })
        .collect();
    sorted.sort_by(|a, b| a.0.compare(&b.0));
    sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).collect()
}

fn words(items: &crate::schema::Items) -> String {
    let keys: Vec<_> = items.identity.iter().map(|key| key.spelling.as_str()).collect();
    match keys[..] {
        ["."] => "their text".to_owned(),
        ["*"] => "all their content".to_owned(),
        _ => format!("their {}", keys.join(" and ")),
    }
}

/// Returns the values that tell an item of a set from the others.
fn identity_values(item: &Element) -> Vec<&str> {
    let schema = Schema::get();
    let declaration = schema.declaration(item.declaration);
    let mut values = Vec::new();
    for key in declaration.items.iter().flat_map(|items| &items.identity) {
        let Some(target) = item.at(key) else {
            values.push("");
            continue;
        };
        values.push(target.value_here(key));
        // The same name with another identity attribute (a sub-task type, a field of another type) is another item.
        if key.part == KeyPart::Value
            && matches!(schema.type_of(target.declaration).content, Content::Reference(_))
        {
            let rank = declaration.items.as_ref().and_then(|items| items.rank.as_ref()).map(|rank| rank.part);
            let own =
                target.attributes.iter().filter(|(number, _)| rank != Some(KeyPart::Attribute(*number)));
            values.extend(own.map(|(_, value)| &**value));
        }
    }
    if let Some(number) = schema.attribute(declaration.ty, crate::schema::DUPLICATE) {
        values.push(item.attribute(number).unwrap_or_default());
    }
    values
}
