//! Leaves out what must not be named.
//!
//! Invariant: what remains is still what the schema allows; a reference takes with it every element that cannot do
//! without it, and an element that said nothing else.

use crate::check::is_sound;
use crate::model::{Content, Element, Identity, Path};
use crate::schema::{self, Declaration, Schema};

/// Leaves out every reference whose target is unwanted, and returns the targets.
pub(crate) fn references(element: &mut Element, unwanted: &dyn Fn(&Identity) -> bool) -> Vec<Identity> {
    let mut removed = Vec::new();
    prune(element, unwanted, &mut removed);
    removed
}

/// Returns what is left of an element without these references; nothing if it cannot be without them.
pub(crate) fn left_of(element: &Element, unwanted: &dyn Fn(&Identity) -> bool) -> Option<Element> {
    let mut pruned = element.clone();
    prune(&mut pruned, unwanted, &mut Vec::new()).then_some(pruned)
}

/// What an object cannot do without, and where it names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// What it names.
    pub(crate) identity: Identity,
    /// Where.
    pub(crate) path: Path,
}

/// Returns the first reference that what holds it means something else without: the group of a condition, the status of a step.
fn essential(object: &Element, unwanted: &dyn Fn(&Identity) -> bool) -> Option<Lacking> {
    named(object, &|own| own.is_essential, unwanted)
}

/// Returns the first reference that a new object means something else without: Jira would give it something of its own in the place,
/// such as a permission scheme that lets everybody in.
pub(crate) fn essential_if_new(object: &Element, unwanted: &dyn Fn(&Identity) -> bool) -> Option<Lacking> {
    named(object, &|own| own.is_essential_if_new, unwanted)
}

fn named(
    object: &Element,
    is_meant: &dyn Fn(&Declaration) -> bool,
    unwanted: &dyn Fn(&Identity) -> bool,
) -> Option<Lacking> {
    let mut lacking = None;
    crate::model::references(object, &mut |found| {
        let is_essential = is_meant(Schema::get().declaration(found.element.declaration));
        if lacking.is_none() && is_essential && unwanted(&found.target) {
            let mut path = Path::default();
            found.ancestors.iter().for_each(|own| path.enter(own));
            path.enter(found.element);
            lacking = Some(Lacking { identity: found.target.clone(), path });
        }
    });
    lacking
}

/// Leaves out references of an object that may not be able to do without: then it stays as it is, and the error is what it cannot
/// do without.
pub(crate) fn or_whole(
    object: &mut Element,
    unwanted: &dyn Fn(&Identity) -> bool,
) -> Result<Vec<Identity>, Lacking> {
    if let Some(lacking) = essential(object, unwanted) {
        return Err(lacking);
    }
    let mut pruned = object.clone();
    let mut removed = Vec::new();
    let is_whole = prune(&mut pruned, unwanted, &mut removed);
    match removed.first() {
        // What tells an object from others cannot go either: the owner of a filter.
        Some(first) if !is_whole || Identity::of_definition(&pruned) != Identity::of_definition(object) => {
            let mut path = Path::default();
            path.enter(object);
            Err(Lacking { identity: first.clone(), path })
        }
        _ => {
            *object = pruned;
            Ok(removed)
        }
    }
}

/// Prunes the children; returns whether the element can stay.
fn prune(element: &mut Element, unwanted: &dyn Fn(&Identity) -> bool, removed: &mut Vec<Identity>) -> bool {
    let schema = Schema::get();
    let is_choice = matches!(schema.type_of(element.declaration).content, schema::Content::Choice(_));
    let Content::Children(children) = &mut element.content else { return true };
    let mut keep = Vec::with_capacity(children.len());
    for index in 0..children.len() {
        let target = Identity::of_reference(&children[index], children).filter(|target| unwanted(target));
        keep.push(match target {
            Some(target) => {
                removed.push(target);
                false
            }
            None => prune(&mut children[index], unwanted, removed),
        });
    }
    // `<context>` without its project would say something else than before.
    let mut complete = children.is_empty() || keep.contains(&true);
    let mut index = 0;
    children.retain(|child| {
        let kept = keep[index];
        index += 1;
        complete &= kept || !(is_choice || schema.declaration(child.declaration).required);
        kept
    });
    // What lost a part must still have a meaning.
    complete && (keep.iter().all(|own| *own) || is_sound(element))
}
