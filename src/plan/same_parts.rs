//! Parts of an object that have another name and are the same all the same: a step of a workflow that keeps its status.
//!
//! Invariant: only what is told becomes different, never what is done; and only what nothing else could be is told as the same.

use std::collections::HashMap;

use super::action::LineAction;
use super::line::{Line, Way};
use crate::diff;
use crate::model::{Content, Element, Identity, canonicalize, follow, set_identity};
use crate::schema::{DeclId, Key, Schema};

/// Returns an object with the new names of the parts that are the same after the changes, a line for each of them, and what else
/// changes; nothing if none has another name.
pub(super) fn renamed(
    object: &Element,
    changes: &[diff::Change],
) -> Option<(Element, Vec<Line>, Vec<diff::Change>)> {
    let is_part = |change: &diff::Change| matches!(&change.action, diff::Action::Remove { item, .. } if same_by(item.declaration).is_some());
    if !changes.iter().any(is_part) {
        return None;
    }
    let after = diff::apply(changes, object);
    let mut before = object.clone();
    let mut lines = Vec::new();
    rename(&mut before, &after, &mut Vec::new(), &mut lines);
    if lines.is_empty() {
        return None;
    }
    canonicalize(&mut before);
    let rest = diff::diff(&before, &after);
    Some((before, lines, rest))
}

/// Returns what tells that an item of a list is the same under another name.
fn same_by(declaration: DeclId) -> Option<&'static Key> {
    Schema::get().declaration(declaration).items.as_ref()?.same.as_ref()
}

/// Gives the parts of an element their new names, with what refers to them around; `way` are the elements that it is in.
fn rename<'e>(old: &mut Element, new: &'e Element, way: &mut Vec<&'e Element>, lines: &mut Vec<Line>) {
    let schema = Schema::get();
    let parts: Vec<DeclId> =
        schema.children(old.declaration).iter().copied().filter(|own| same_by(*own).is_some()).collect();
    for declaration in &parts {
        let names = pairs(old, new, *declaration);
        for (before, after) in &names {
            let Some(part) = new
                .all(&schema.declaration(*declaration).name)
                .find(|own| Identity::of_definition(own).as_ref() == Some(after))
            else {
                continue;
            };
            let mut at = Way::default();
            way.iter().chain([&part]).for_each(|own| at.enter(own));
            let mut line =
                at.line(LineAction::Change, Some(before.to_string().into()), Some(after.to_string().into()));
            line.path = line.path.child(NAME);
            line.titled = line.titled.child(NAME);
            lines.push(line);
        }
        let names: HashMap<Identity, Identity> = names.into_iter().collect();
        let Content::Children(children) = &mut old.content else { continue };
        for child in children.iter_mut() {
            // A draft has steps of its own.
            if schema.children(child.declaration).iter().any(|own| same_by(*own).is_some()) {
                continue;
            }
            follow(child, &|own| names.get(own).cloned());
            if let Some(name) = Identity::of_definition(child)
                .filter(|_| child.declaration == *declaration)
                .and_then(|own| names.get(&own).cloned())
            {
                set_identity(child, &name);
            }
        }
    }
    let Content::Children(children) = &mut old.content else { return };
    for child in children.iter_mut().filter(|own| schema.declaration(own.declaration).items.is_none()) {
        if let Some(other) = new.children().iter().find(|own| own.declaration == child.declaration) {
            way.push(other);
            rename(child, other, way, lines);
            way.pop();
        }
    }
}

/// The element that holds a name.
const NAME: &str = "name";

/// Returns the old and new names of items of a list that are the same.
fn pairs(old: &Element, new: &Element, declaration: DeclId) -> Vec<(Identity, Identity)> {
    let Some(key) = same_by(declaration) else { return Vec::new() };
    let items = |element: &Element| -> HashMap<Identity, String> {
        let own = element.children().iter().filter(|child| child.declaration == declaration);
        let told = |item: &Element| item.at(key).map(|own| format!("{:?} {}", own.attributes, own.text()));
        own.filter_map(|item| Some((Identity::of_definition(item)?, told(item)?))).collect()
    };
    let (before, after) = (items(old), items(new));
    let alone = |own: &HashMap<Identity, String>, other: &HashMap<Identity, String>| {
        let mut by_value: HashMap<String, Vec<Identity>> = HashMap::new();
        for (identity, value) in own.iter().filter(|(identity, _)| !other.contains_key(*identity)) {
            by_value.entry(value.clone()).or_default().push(identity.clone());
        }
        by_value
    };
    let (gone, come) = (alone(&before, &after), alone(&after, &before));
    let mut pairs: Vec<(Identity, Identity)> = gone
        .into_iter()
        .filter_map(|(value, gone)| match (&gone[..], come.get(&value).map(Vec::as_slice)) {
            ([old], Some([new])) if old.name() != new.name() => Some((old.clone(), new.clone())),
            _ => None,
        })
        .collect();
    pairs.sort();
    pairs
}
