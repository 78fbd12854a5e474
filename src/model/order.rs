//! The canonical order: children by their place in the schema, sets by their sort keys.
//!
//! Invariant: two trees that differ only in the order of sets become equal. Where all sort keys agree, the whole of
//! the items decides.

use std::cmp::Ordering;

use super::{Content, Element};
use crate::schema::{Comparison, Declaration, Items, Key, Relation, Schema};

/// Puts an element and everything in it into canonical order. What says no more than its absence is left out.
pub fn canonicalize(element: &mut Element) {
    if element.declaration == Schema::get().root() {
        super::unseen::spell(element);
    }
    let Content::Children(children) = &mut element.content else { return };
    for child in children.iter_mut() {
        canonicalize(child);
    }
    let schema = Schema::get();
    children.retain(|child| {
        let absent = &schema.declaration(child.declaration).absent;
        absent.as_ref().is_none_or(|absent| child.text() != absent)
    });
    let in_order = |a: &Element, b: &Element| {
        let declaration = schema.declaration(a.declaration);
        match a.declaration == b.declaration {
            true => compare_items(declaration, a, b),
            false => declaration.place.cmp(&schema.declaration(b.declaration).place),
        }
    };
    if !children.is_sorted_by(|a, b| in_order(a, b).is_le()) {
        children.sort_by(in_order);
    }
}

/// Compares two items of one declaration; items that keep their order are all equal.
pub fn compare_items(declaration: &Declaration, a: &Element, b: &Element) -> Ordering {
    match &declaration.items {
        Some(Items { relation: Relation::Set, sort, .. }) => {
            compare_by_keys(sort, a, b).then_with(|| a.compare(b))
        }
        _ => Ordering::Equal,
    }
}

fn compare_by_keys(keys: &[Key], a: &Element, b: &Element) -> Ordering {
    let unequal = keys.iter().map(|key| compare_by_key(key, a, b)).find(|order| order.is_ne());
    unequal.unwrap_or(Ordering::Equal)
}

fn compare_by_key(key: &Key, a: &Element, b: &Element) -> Ordering {
    match (a.value(key), b.value(key)) {
        (Some(a), Some(b)) => compare_values(&key.order, a, b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn compare_values(order: &Comparison, a: &str, b: &str) -> Ordering {
    // UTF-8 sorts as its code points do.
    match order {
        Comparison::CodePoint => a.cmp(b),
        Comparison::Number => match (a.parse::<i64>(), b.parse::<i64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => a.cmp(b),
        },
        Comparison::Enumeration(values) => {
            let place = |value: &str| values.iter().position(|other| other == value).unwrap_or(values.len());
            place(a).cmp(&place(b))
        }
    }
}

/// Counts the ranks in an element and everything in it anew: from 1, without gaps.
///
/// Jira's own numbers have gaps and repeat; only the order they make has a meaning. Items of one number keep the
/// order in which they stand.
pub fn rank(element: &mut Element) {
    let schema = Schema::get();
    let Content::Children(children) = &mut element.content else { return };
    for child in children.iter_mut() {
        rank(child);
    }
    for &declaration in schema.children(element.declaration) {
        let Some(Items { rank: Some(key), sort, .. }) = &schema.declaration(declaration).items else {
            continue;
        };
        let before = sort.iter().take_while(|other| other.spelling != key.spelling);
        let group: Vec<Key> = if sort.iter().any(|other| other.spelling == key.spelling) {
            before.cloned().collect()
        } else {
            Vec::new()
        };
        let mut items: Vec<&mut Element> =
            children.iter_mut().filter(|child| child.declaration == declaration).collect();
        items.sort_by(|a, b| compare_by_keys(&group, a, b).then_with(|| compare_by_key(key, a, b)));
        let mut number = 0;
        for index in 0..items.len() {
            let new_group = index > 0 && compare_by_keys(&group, items[index - 1], items[index]).is_ne();
            number = if new_group { 1 } else { number + 1 };
            items[index].set_value(key, &number.to_string());
        }
    }
}

/// Returns which of the keys are part of the longest rising run, not necessarily without gaps. A missing key never is.
pub fn longest_rising<K: Ord>(keys: &[Option<K>]) -> Vec<bool> {
    // Patience sorting: `tails[n]` is the place of the least key that ends a rising run of n + 1.
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; keys.len()];
    for (place, key) in keys.iter().enumerate() {
        let Some(key) = key else { continue };
        let length = tails.partition_point(|&tail| keys[tail].as_ref().is_some_and(|other| other < key));
        before[place] = length.checked_sub(1).map(|last| tails[last]);
        if length == tails.len() {
            tails.push(place);
        } else {
            tails[length] = place;
        }
    }
    let mut kept = vec![false; keys.len()];
    let mut at = tails.last().copied();
    while let Some(place) = at {
        kept[place] = true;
        at = before[place];
    }
    kept
}
