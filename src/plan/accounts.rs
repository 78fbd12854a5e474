//! Accounts that a file says nothing of: an export with `--users ignore-invalid` leaves out those that do not exist or have no
//! e-mail address, with all references to them.
//!
//! Invariant: what such a file does not say of them stays as the target has it.

use std::collections::HashMap;

use super::matching::Matched;
use crate::diff::{has_identity, pairs};
use crate::model::{Content, Element, Identity, Snapshot};
use crate::schema::Schema;
use crate::select;

/// Keeps the references of an object of the target to accounts that the file leaves out as not valid.
pub(super) fn stay(new: &mut Element, old: &Element, matched: &Matched<'_>, target: &Snapshot) {
    if !matched.ignores_invalid {
        return;
    }
    let is_left_out = |own: &Identity| select::is_invalid_account(target, own) && !matched.describes(own);
    if select::pruned(old, &is_left_out).as_ref() != Some(old) {
        keep(new, old, &is_left_out);
    }
}

fn keep(new: &mut Element, old: &Element, is_left_out: &dyn Fn(&Identity) -> bool) {
    let schema = Schema::get();
    let (Content::Children(children), Content::Children(before)) = (&mut new.content, &old.content) else {
        return;
    };
    for &declaration in schema.children(old.declaration) {
        let places = |all: &[Element]| -> Vec<usize> {
            (0..all.len()).filter(|&at| all[at].declaration == declaration).collect()
        };
        let of = |all: &[Element], places: &[usize]| -> Vec<Element> {
            places.iter().map(|&at| all[at].clone()).collect()
        };
        let (was, is) = (places(before), places(children));
        let items = &schema.declaration(declaration).items;
        let same: HashMap<usize, usize> = match items {
            None => was.first().zip(is.first()).map(|(_, at)| (0, *at)).into_iter().collect(),
            Some(items) if has_identity(items) => {
                let both = pairs(items, &of(before, &was), &of(children, &is));
                both.into_iter().map(|(old, new)| (old, is[new])).collect()
            }
            Some(_) => HashMap::new(),
        };
        for (number, &at) in was.iter().enumerate() {
            let child = &before[at];
            let left = match Identity::of_reference(child, before).is_some_and(|own| is_left_out(&own)) {
                true => None,
                false => select::pruned(child, is_left_out),
            };
            match (same.get(&number), &left) {
                (_, Some(left)) if left == child => {}
                (Some(&at), _) => keep(&mut children[at], child, is_left_out),
                (None, None) if children.contains(child) => {}
                (None, None) => children.push(child.clone()),
                // What cannot be told apart is the same if it says the same without the account; else the file takes away what
                // would be there without it as well.
                (None, Some(left)) => {
                    if let Some(at) = is.iter().find(|&&at| children[at] == *left) {
                        children[*at] = child.clone();
                    }
                }
            }
        }
    }
}
