//! Lists whose items carry a rank, and of which some old items stay although the file does not have them.
//!
//! Invariant: an item that stays stands behind the item that it stood behind, and nothing moves for its sake.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::model::{Element, Identity};

/// Adds the options that only the old configuration has, disabled.
pub(super) fn disable_options(new: &mut Element, old: &Element) {
    let known: HashSet<Identity> = new.all("option").filter_map(Identity::of_definition).collect();
    let lacking = |option: &Element| Identity::of_definition(option).is_some_and(|own| !known.contains(&own));
    let list =
        List { tag: "option", rank: "sequence", name: &Identity::of_definition, group: "parentOption" };
    list.keep(new, old, &lacking, &|option| option.set_text("disabled", "true"));
}

/// A list whose items carry a rank.
pub(super) struct List<'a, N> {
    pub(super) tag: &'static str,
    pub(super) rank: &'static str,
    /// What items are known by.
    pub(super) name: &'a dyn Fn(&Element) -> Option<N>,
    /// The child that says which of several lists an item is in.
    pub(super) group: &'static str,
}

impl<N: Eq + Hash> List<'_, N> {
    /// Adds the old items that stay to the new ones, each behind the item that it stood behind, so that nothing moves for
    /// its sake.
    pub(super) fn keep(
        &self,
        new: &mut Element,
        old: &Element,
        stays: &dyn Fn(&Element) -> bool,
        change: &dyn Fn(&mut Element),
    ) {
        let before = self.sorted(old);
        if !before.iter().any(stays) {
            return;
        }
        let items = self.sorted(new);
        let mut places: HashMap<Option<N>, usize> = HashMap::new();
        for (place, item) in items.iter().enumerate() {
            places.entry((self.name)(item)).or_insert(place);
        }
        // Those that stand before all, and those behind each item.
        let mut kept: Vec<Vec<Element>> = vec![Vec::new(); items.len() + 1];
        // Behind which item of its own list the next one stood.
        let mut behind: HashMap<Option<String>, usize> = HashMap::new();
        for item in before {
            let group = item.text_of(self.group).map(str::to_owned);
            if stays(&item) {
                let mut item = item;
                change(&mut item);
                kept[behind.get(&group).map_or(0, |at| at + 1)].push(item);
            } else if let Some(place) = places.get(&(self.name)(&item)) {
                behind.insert(group, *place);
            }
        }
        if let Some(children) = new.children_mut() {
            children.retain(|child| child.tag() != self.tag);
            let mut kept = kept.into_iter();
            let first = kept.next().unwrap_or_default();
            let others =
                items.into_iter().zip(kept).flat_map(|(item, kept)| std::iter::once(item).chain(kept));
            for (place, mut item) in first.into_iter().chain(others).enumerate() {
                item.set_text(self.rank, &(place + 1).to_string());
                children.push(item);
            }
        }
    }

    fn sorted(&self, list: &Element) -> Vec<Element> {
        let rank = |item: &Element| {
            item.text_of(self.rank).and_then(|own| own.parse::<i64>().ok()).unwrap_or(i64::MAX)
        };
        let mut items: Vec<Element> = list.all(self.tag).cloned().collect();
        items.sort_by_key(rank);
        items
    }
}
