//! The places of objects that have an order among all of their kind: priorities and resolutions.
//!
//! A file counts the places of its own objects only, a target those of all that it has. Only the order of the file's objects
//! is wanted, so as few of them as possible get another number. Invariant: an object that the file does not describe keeps
//! its number, and none of the others takes it.

use std::collections::{HashMap, HashSet};

use super::pair::Pair;
use crate::mapping::numbers;
use crate::model::{Element, Identity, Snapshot, canonicalize};
use crate::schema::{Key, KindId, Schema};

/// Gives the described objects the numbers that they are to have in the target.
pub(super) fn assign(pairs: &mut [Pair<'_>], target: &Snapshot) {
    let schema = Schema::get();
    for (kind, declared) in schema.kinds().filter(|(_, kind)| kind.within.is_empty()) {
        let items = &schema.declaration(declared.declaration).items;
        if let Some(key) = items.as_ref().and_then(|items| items.rank.as_ref()) {
            of_kind(kind, key, pairs, target);
        }
    }
}

fn of_kind(kind: KindId, key: &Key, pairs: &mut [Pair<'_>], target: &Snapshot) {
    let mut own: Vec<usize> = (0..pairs.len()).filter(|&at| pairs[at].identity.kind == kind).collect();
    own.sort_by_key(|&at| number(&pairs[at].new, key).unwrap_or(i64::MAX));
    let places: HashMap<_, i64> = target.objects.keys().zip(0..).collect();
    let place = |at: usize| places.get(&pairs[at].identity).copied().unwrap_or(i64::MAX);
    let before: Vec<Option<i64>> =
        own.iter().map(|&at| pairs[at].old.and_then(|old| number(old, key))).collect();
    // Objects without a number stand last: that is an order as well.
    let order = |(&at, number): (&usize, &Option<i64>)| {
        pairs[at].old.map(|_| (number.unwrap_or(i64::MAX), place(at)))
    };
    let orders: Option<Vec<_>> = own.iter().zip(&before).map(order).collect();
    let wanted = if orders.is_some_and(|orders| orders.is_sorted()) {
        before
    } else {
        let taken = taken(kind, key, pairs, target);
        let keys: Vec<_> = own
            .iter()
            .zip(&before)
            .map(|(&at, number)| {
                let free = number.filter(|number| taken.binary_search(number).is_err())?;
                Some((without(&taken, free), place(at)))
            })
            .collect();
        numbers(&keys, without(&taken, 1)).into_iter().map(|number| Some(with(&taken, number))).collect()
    };
    for (at, wanted) in own.into_iter().zip(wanted) {
        if number(&pairs[at].new, key) == wanted {
            continue;
        }
        let new = pairs[at].new.to_mut();
        match wanted {
            Some(number) => new.set_value(key, &number.to_string()),
            None => new
                .children_mut()
                .into_iter()
                .for_each(|own| own.retain(|child| [child.declaration] != key.path[..])),
        }
        canonicalize(new);
    }
}

/// Returns the numbers of the objects that the file does not describe, rising.
fn taken(kind: KindId, key: &Key, pairs: &[Pair<'_>], target: &Snapshot) -> Vec<i64> {
    let described: HashSet<&Identity> = pairs.iter().map(|pair| &pair.identity).collect();
    let others = target.objects.iter().filter(|(own, _)| own.kind == kind && !described.contains(own));
    let mut taken: Vec<i64> = others.filter_map(|(_, object)| number(&object.element, key)).collect();
    taken.sort_unstable();
    taken.dedup();
    taken
}

fn number(object: &Element, key: &Key) -> Option<i64> {
    object.value(key)?.parse().ok()
}

/// Counts a number without those that are taken.
fn without(taken: &[i64], number: i64) -> i64 {
    number - taken.partition_point(|taken| *taken < number) as i64
}

/// Returns the number that is counted so without those that are taken.
fn with(taken: &[i64], counted: i64) -> i64 {
    // A taken number counts as it does itself without those before it, and those numbers never fall.
    let (mut least, mut most) = (0, taken.len());
    while least < most {
        let middle = (least + most) / 2;
        match taken[middle] - middle as i64 <= counted {
            true => least = middle + 1,
            false => most = middle,
        }
    }
    counted + least as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_that_are_taken_are_never_given(taken in proptest::collection::btree_set(-3i64..9, 0..6), number in -5i64..20) {
            let taken: Vec<i64> = taken.into_iter().collect();
            let given = with(&taken, number);
            prop_assert!(!taken.contains(&given));
            prop_assert_eq!(without(&taken, given), number);
        }
    }
}
