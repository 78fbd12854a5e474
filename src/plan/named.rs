//! What objects name, and what the mapping file calls them.
//!
//! Invariant: what an object names is a reference, or the project of a share.

use crate::mapping::kind;
use crate::model::{Element, Identity, Snapshot};

/// Calls `each` with all that an object names, the projects of shares among it.
pub(crate) fn each_reference(object: &Element, each: &mut dyn FnMut(Identity)) {
    crate::model::references(object, &mut |found| each(found.target));
    let shares = object.all("sharedWith").filter_map(crate::usage::project_of);
    shares.for_each(|key| each(Identity::named(kind("project"), key)));
}

/// Returns the object of another name that the mapping file means: `Open (duplicate 2)` is the second of the name `Open`, if
/// nothing is called just so.
pub(crate) fn renamed(target: &Snapshot, identity: &Identity, name: &str) -> Identity {
    let mut literal = identity.called("");
    literal.fields[0] = name.into();
    if target.objects.contains_key(&literal) { literal } else { identity.called(name) }
}
