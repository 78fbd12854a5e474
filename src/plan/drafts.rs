//! Drafts of workflows and workflow schemes: changes that somebody has made and not published.
//!
//! A draft has no effect until it is published; then it takes the place of what it was made from, and is gone. Invariant: a
//! draft of the target that the file knows nothing of is never lost.

use crate::model::{Element, Node, Path};
use crate::schema::Schema;

/// Publishes the draft of an object, if it has one: what the draft says becomes what the object says.
pub(super) fn publish(object: &mut Element) {
    let Some(draft) = object.get("draft").cloned() else { return };
    let schema = Schema::get();
    let declaration = object.declaration;
    // Jira gives the draft of a scheme neither name nor description (5.2 and later); the draft of a workflow has all but
    // the name.
    let stays = |child: &Element| match child.tag() {
        "name" | "builtIn" => true,
        "description" => schema.child(draft.declaration, "description").is_none(),
        _ => false,
    };
    let published = draft.children().iter().map(|child| {
        let own = schema.child(declaration, child.tag()).expect("a draft holds what its object can hold");
        let bound = Node::of(child).bind(own, &Path::default(), &mut Vec::new());
        bound.expect("what a draft can hold its object can hold")
    });
    if let Some(children) = object.children_mut() {
        children.retain(stays);
        children.extend(published);
    }
}

/// Keeps the draft of the target, if there is one, for a file that has none; returns a warning that it is still there.
pub(super) fn keep(object: &mut Element, old: &Element) -> Option<String> {
    let draft = old.get("draft")?;
    object.children_mut()?.push(draft.clone());
    Some(
        "the target has a draft of it, which stays: publishing that draft reverts what this import \
         changes"
            .to_owned(),
    )
}
