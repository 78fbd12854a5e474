//! Leaves out what must not be named.
//!
//! Invariant: what remains is still what the schema allows; a reference takes with it every element that cannot do
//! without it, and an element that said nothing else.

use crate::check::is_sound;
use crate::model::{Content, Element, Identity};
use crate::schema::{self, Schema};

/// Leaves out every reference whose target is unwanted, and returns the targets.
pub(crate) fn references(element: &mut Element, unwanted: &dyn Fn(&Identity) -> bool) -> Vec<Identity> {
    let mut removed = Vec::new();
    prune(element, unwanted, &mut removed);
    removed
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
