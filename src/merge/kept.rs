//! What must not go silently: objects that one side removed and the other side newly refers to.
//!
//! Invariant: only what a reference of a side leads to in that side is kept, so every object here exists there.

use std::collections::{BTreeSet, HashMap};

use crate::check;
use crate::model::{Element, Identity, Index, Path, references};
use crate::schema::Schema;

/// Objects of both sides that are needed, and the elements around them, with what refers to them. They are told by
/// where they stand in memory: nobody moves a side while it is merged.
#[derive(Debug, Default)]
pub(super) struct Kept(HashMap<*const Element, Path>);

impl Kept {
    /// Returns whether an element is needed, or something in it.
    pub(super) fn holds(&self, element: &Element) -> bool {
        self.user(element).is_some()
    }

    /// Returns what needs an element, or something in it.
    pub(super) fn user(&self, element: &Element) -> Option<&Path> {
        self.0.get(&std::ptr::from_ref(element))
    }

    /// Adds what references of a merged tree miss, as far as one of the sides has it; returns whether there is more now.
    pub(super) fn add_needed(&mut self, merged: &Element, ours: &Element, theirs: &Element) -> bool {
        let mut is_whole = true;
        check::missing(merged, &mut |_| is_whole = false);
        if is_whole {
            return false;
        }
        let sides = [(ours, Index::new(ours)), (theirs, Index::new(theirs))];
        let mut missing: BTreeSet<(Identity, Path)> = BTreeSet::new();
        check::missing(merged, &mut |found| {
            // What neither side has was missing before.
            let is_part = !Schema::get().kind(found.target.kind).within.is_empty();
            if is_part || sides.iter().any(|(_, index)| index.get(&found.target).is_some()) {
                missing.insert((found.target.clone(), path(found.ancestors, found.element)));
            }
        });
        let targets: BTreeSet<&Identity> = missing.iter().map(|(target, _)| target).collect();
        let before = self.0.len();
        for (side, index) in sides {
            let mut needed: HashMap<*const Element, Path> = HashMap::new();
            references(side, &mut |found| {
                if !targets.contains(&found.target) {
                    return;
                }
                let Some(target) = index.resolve(&found.target, found.container, found.ancestors) else {
                    return;
                };
                let place = (found.target, path(found.ancestors, found.element));
                if missing.contains(&place) {
                    needed.entry(std::ptr::from_ref(target)).or_insert(place.1);
                }
            });
            if !needed.is_empty() {
                self.add_around(side, &needed);
            }
        }
        self.0.len() > before
    }

    /// Adds the needed elements, and those around them; returns what needs something in an element.
    fn add_around(&mut self, element: &Element, needed: &HashMap<*const Element, Path>) -> Option<Path> {
        let own = std::ptr::from_ref(element);
        let mut user = needed.get(&own).cloned();
        for child in element.children() {
            let inner = self.add_around(child, needed);
            user = user.or(inner);
        }
        if let Some(user) = &user {
            self.0.entry(own).or_insert_with(|| user.clone());
        }
        user
    }
}

fn path(around: &[&Element], element: &Element) -> Path {
    let mut path = Path::through(around.iter().copied());
    path.enter(element);
    path
}
