//! The smallest set of typed changes that makes one object equal to another.
//!
//! Pure and driven by the schema: single elements compare as properties, sets match by identity, kept orders (and sets whose
//! items carry a rank) by identity and place. Laws: `diff(a, a)` is empty, `apply(diff(a, b), a) = b`, and no smaller set
//! of changes does the same.

mod apply;
mod lists;

use crate::model::Element;
use crate::schema::{Content, DeclId, Items, KeyPart, Relation, Schema};

pub use apply::apply;
pub use lists::{identity, in_order, pairs, without_rank};

/// A change of one place in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The way to the element that holds what changes; empty for the object itself.
    pub way: Vec<Step>,
    /// What changes there.
    pub action: Action,
}

/// A step on the way to an element: a child, by its declaration and its number among those of that declaration in the
/// object as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// What the child is.
    pub declaration: DeclId,
    /// Which one, from 0, in canonical order.
    pub number: usize,
}

/// What changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A single child: its value, or the whole of it when it comes or goes.
    Set {
        /// As it was.
        old: Option<Element>,
        /// As it is to be.
        new: Option<Element>,
    },
    /// A new item of a list.
    Add {
        /// The item.
        item: Element,
        /// Its place in the list as it is to be, where places have a meaning.
        place: Option<usize>,
    },
    /// An item that goes.
    Remove {
        /// The item.
        item: Element,
        /// Its number in the list as it was.
        number: usize,
    },
    /// An item that comes to stand elsewhere.
    Move {
        /// The item.
        item: Element,
        /// Its number in the list as it was.
        number: usize,
        /// Its place in the list as it is to be.
        place: usize,
    },
}

/// Returns the smallest set of changes from `old` to `new`, two elements of one declaration in canonical order.
pub fn diff(old: &Element, new: &Element) -> Vec<Change> {
    let mut changes = Vec::new();
    children(old, new, &mut Vec::new(), &mut changes);
    changes
}

/// Compares the children of two elements of one declaration.
fn children(old: &Element, new: &Element, way: &mut Vec<Step>, changes: &mut Vec<Change>) {
    let schema = Schema::get();
    if old.children() == new.children() {
        return;
    }
    for &declaration in schema.children(old.declaration) {
        let of = |element: &Element| -> Vec<Element> {
            element.children().iter().filter(|child| child.declaration == declaration).cloned().collect()
        };
        match &schema.declaration(declaration).items {
            Some(items) => lists::compare(declaration, items, &of(old), &of(new), way, changes),
            None => single(declaration, of(old).pop(), of(new).pop(), way, changes),
        }
    }
}

/// Compares a child that stands at most once.
fn single(
    declaration: DeclId,
    old: Option<Element>,
    new: Option<Element>,
    way: &mut Vec<Step>,
    changes: &mut Vec<Change>,
) {
    if old == new {
        return;
    }
    if let (Some(old), Some(new)) = (&old, &new)
        && has_parts(declaration)
        && old.attributes == new.attributes
    {
        let mut inside = Vec::new();
        way.push(Step { declaration, number: 0 });
        children(old, new, way, &mut inside);
        way.pop();
        changes.append(&mut inside);
        return;
    }
    changes.push(Change { way: way.clone(), action: Action::Set { old, new } });
}

/// Returns whether an element is compared part by part. Exactly one of several (who holds a permission) is one value.
pub fn has_parts(declaration: DeclId) -> bool {
    matches!(Schema::get().type_of(declaration).content, Content::Children(_))
}

/// Returns whether the order of items has a meaning: it is kept, or their ranks say it.
pub fn is_ordered(items: &Items) -> bool {
    items.relation == Relation::Ordered || items.rank.is_some()
}

/// Returns whether items have an identity of their own, so that a changed one is known to be the same.
pub fn has_identity(items: &Items) -> bool {
    items.identity.iter().all(|key| key.part != KeyPart::Whole)
}

/// Returns what items with ranks are ordered by: the sort keys before the rank (the parent of an option), then the rank.
/// Items whose order is kept are all equal.
pub fn order_key<'a>(items: &Items, item: &'a Element) -> (Vec<Option<&'a str>>, i64) {
    let Some(rank) = &items.rank else { return (Vec::new(), 0) };
    let sorted_by_rank = items.sort.iter().any(|key| key.spelling == rank.spelling);
    let before = items.sort.iter().take_while(|key| sorted_by_rank && key.spelling != rank.spelling);
    let number = item.value(rank).and_then(|rank| rank.parse().ok()).unwrap_or(i64::MAX);
    (before.map(|key| item.value(key)).collect(), number)
}
