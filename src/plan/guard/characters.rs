//! Characters that the place of the target cannot hold.

use std::collections::HashSet;

use super::{Outlook, Step};
use crate::model::{Characters, Element, Path};
use crate::plan::Reason;
use crate::xml::is_forbidden;

/// A text that the target could not be written with. What it holds already stays as it is.
pub(super) fn unholdable(outlook: &Outlook<'_>, step: &Step, reasons: &mut Vec<Reason>) {
    let (forbids, place): (fn(char) -> bool, _) = match outlook.facts.characters {
        Characters::Any => return,
        Characters::NoNul => (|own| own == '\0', "a database"),
        Characters::Xml => (is_forbidden, "a backup, which is XML,"),
    };
    if !holds(&step.object, forbids) {
        return;
    }
    let mut held = HashSet::new();
    if let Some(before) = outlook.before(&step.identity) {
        each_text(before, &mut Path::default(), &mut |_, text| {
            held.extend(text.contains(forbids).then_some(text));
        });
    }
    each_text(&step.object, &mut Path::default(), &mut |path, text| {
        let Some(character) = text.chars().find(|own| forbids(*own)) else { return };
        if !held.contains(text) {
            reasons.push(Reason {
                code: "cannot-hold",
                path: path.clone(),
                message: format!("{place} cannot hold the character U+{:04X}", u32::from(character)),
                help: "remove it from the text in the file, or leave the object out".to_owned(),
            });
        }
    });
}

fn holds(element: &Element, forbids: fn(char) -> bool) -> bool {
    element.attributes.iter().any(|(_, value)| value.contains(forbids))
        || element.text().contains(forbids)
        || element.children().iter().any(|child| holds(child, forbids))
}

/// Calls `each` with all texts and attributes of a tree, and where they stand.
fn each_text<'a>(element: &'a Element, path: &mut Path, each: &mut dyn FnMut(&Path, &'a str)) {
    let outside = path.clone();
    path.enter(element);
    element.attributes.iter().for_each(|(_, value)| each(path, value));
    each(path, element.text());
    element.children().iter().for_each(|child| each_text(child, path, each));
    *path = outside;
}
