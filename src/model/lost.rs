//! What leads nowhere where it comes from and stands as lost: which items of an element that means, and what becomes of them in
//! another place.
//!
//! Invariant: what was lost is unknown, never absent. It takes nothing away that stands in its place elsewhere, and it is nothing
//! that could be written.

use std::collections::{HashMap, HashSet};

use super::{Element, canonicalize};
use crate::schema::{DUPLICATE, DeclId, Items, Key, KeyPart, Schema};

/// The child of what was lost that says what it would be.
const PART: &str = "part";

/// Makes an element what it can become where another one of it stands, or none: what was lost is as it is there, and what stands as
/// lost there stays so unless the element says what it is. Returns what was lost, in words, unless the same was lost there.
pub fn settle(element: &mut Element, there: Option<&Element>) -> Vec<String> {
    let mut told = Vec::new();
    if holds(element) || there.is_some_and(holds) {
        settle_in(element, there, Stays::All, &mut told);
        canonicalize(element);
    }
    told
}

/// Makes an element say of what it has lost what another one says: nobody can tell whether that is another thing than before. What
/// the other one has lost and this one has not is a difference. Returns whether anything was lost.
pub fn learn_lost(element: &mut Element, from: &Element) -> bool {
    let has_lost = holds(element);
    if has_lost {
        settle_in(element, Some(from), Stays::OfBoth, &mut Vec::new());
        canonicalize(element);
    }
    has_lost
}

/// What stays lost in an element of what is lost in the one that it becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stays {
    All,
    /// What the element has lost, too.
    OfBoth,
}

/// Returns what would stand in the place of something that was lost, in words.
pub fn named_lost(lost: &Element) -> String {
    let known: Vec<String> = known(lost).map(|own| format!("{} `{}`", own.tag(), own.text())).collect();
    let part = lost.text_of(PART).unwrap_or_default();
    match known.is_empty() {
        true => format!("`<{part}>`"),
        false => format!("`<{part}>` of {}", known.join(", ")),
    }
}

fn holds(element: &Element) -> bool {
    let is_lost = |own: &Element| Schema::get().declaration(own.declaration).is_lost;
    element.children().iter().any(|own| is_lost(own) || holds(own))
}

/// Returns what is known of something that was lost.
fn known(lost: &Element) -> impl Iterator<Item = &Element> {
    lost.children().iter().filter(|own| own.tag() != PART)
}

fn settle_in(element: &mut Element, there: Option<&Element>, stays: Stays, told: &mut Vec<String>) {
    let schema = Schema::get();
    let Some(children) = element.children_mut() else { return };
    let is_lost = |own: &Element| schema.declaration(own.declaration).is_lost;
    let (lost, others): (Vec<Element>, Vec<Element>) =
        std::mem::take(children).into_iter().partition(is_lost);
    *children = others;
    let before = there.map_or(&[][..], Element::children);
    for own in lost.iter().filter(|own| !before.contains(own)) {
        told.push(named_lost(own));
        let Some((part, items)) = meant_by(own) else { continue };
        let of_part = before.iter().filter(|kept| kept.declaration == part);
        match items {
            None => {
                children.retain(|other| other.declaration != part);
                children.extend(of_part.cloned());
            }
            Some(items) => {
                let (mut said, others): (Vec<_>, Vec<_>) =
                    std::mem::take(children).into_iter().partition(|other| other.declaration == part);
                stay_among(&mut said, items, of_part, |kept| is_meant(own, items, kept));
                *children = others;
                children.append(&mut said);
            }
        }
    }
    let is_unsaid = |own: &&Element| {
        let Some((part, items)) = meant_by(own) else { return true };
        let of_part = children.iter().filter(|other| other.declaration == part);
        match items {
            None => of_part.eq(before.iter().filter(|other| other.declaration == part)),
            Some(items) => {
                key_of(items).is_none() || !of_part.into_iter().any(|item| is_meant(own, items, item))
            }
        }
    };
    let of_there = before.iter().filter(|own| is_lost(own) && (stays == Stays::All || lost.contains(own)));
    let stay: Vec<Element> = of_there.filter(is_unsaid).cloned().collect();
    let same: HashMap<Which, &Element> = before.iter().map(|own| (which_child(own), own)).collect();
    for child in children.iter_mut() {
        let same = same.get(&which_child(child)).copied();
        if holds(child) || same.is_some_and(holds) {
            settle_in(child, same, stays, told);
        }
    }
    children.extend(stay);
}

/// Puts items that are there among those that are said, each behind the one that it stands behind there: where what was lost stood
/// nobody knows, so that the order of all others stays.
fn stay_among<'e>(
    said: &mut Vec<Element>,
    items: &Items,
    there: impl Iterator<Item = &'e Element>,
    is_meant: impl Fn(&Element) -> bool,
) {
    let mut known: HashSet<Which> = said.iter().map(|own| which(items, own)).collect();
    let mut behind: Option<Which> = None;
    for own in there {
        let is_which = which(items, own);
        if !known.contains(&is_which) {
            if !is_meant(own) {
                continue;
            }
            let at =
                behind.as_ref().and_then(|own| said.iter().position(|other| which(items, other) == *own));
            said.insert(at.map_or(0, |at| at + 1), own.clone());
            known.insert(is_which.clone());
        }
        behind = Some(is_which);
    }
}

/// Returns what would stand in the place of something that was lost, and how the items of it relate.
fn meant_by(lost: &Element) -> Option<(DeclId, Option<&'static Items>)> {
    let schema = Schema::get();
    let owner = schema.declaration(lost.declaration).owner?;
    let is_it = |part: &&DeclId| Some(schema.declaration(**part).name.as_str()) == lost.text_of(PART);
    let part = *schema.ty(owner).children().iter().find(is_it)?;
    Some((part, schema.declaration(part).items.as_ref()))
}

/// Returns the child that tells items apart, if it is one; an item without it is the one for all others.
fn key_of(items: &Items) -> Option<DeclId> {
    match &items.identity[..] {
        [key] if key.part == KeyPart::Value => key.path.first().copied(),
        _ => None,
    }
}

/// Returns whether an item may be the one that was lost, by all that is known of that.
fn is_meant(lost: &Element, items: &Items, item: &Element) -> bool {
    let says = |own: &Element| {
        item.get(own.tag())
            .is_some_and(|other| other.text() == own.text() && other.attributes == own.attributes)
    };
    let key = key_of(items).map(|key| Schema::get().declaration(key).name.as_str());
    known(lost).all(says) && key.is_none_or(|key| lost.get(key).is_some() || item.get(key).is_none())
}

/// What tells a child from others.
type Which = (DeclId, Vec<Option<Element>>, Option<String>);

fn which_child(child: &Element) -> Which {
    match &Schema::get().declaration(child.declaration).items {
        Some(items) => which(items, child),
        None => (child.declaration, Vec::new(), None),
    }
}

fn which(items: &Items, item: &Element) -> Which {
    if items.identity.iter().any(|key| key.part == KeyPart::Whole) {
        return (item.declaration, vec![Some(item.clone())], None);
    }
    let rank = items.rank.as_ref().filter(|rank| rank.path.is_empty()).map(|rank| rank.part);
    let at = |key: &Key| {
        let mut value = item.at(key)?.clone();
        // The place of an item is none of its names.
        value.attributes.retain(|(number, _)| rank != Some(KeyPart::Attribute(*number)));
        Some(value).filter(|value| key.path.is_empty() || value.children().is_empty())
    };
    let number = item.attribute_named(DUPLICATE).map(str::to_owned);
    (item.declaration, items.identity.iter().map(at).collect(), number)
}
