//! How a reason names an object.
//!
//! Invariant: the words and the path are those that a file uses.

use crate::model::{Identity, Path};
use crate::schema::Schema;

/// Returns the kind of an object in words.
pub(super) fn kind(identity: &Identity) -> String {
    Schema::get().kind(identity.kind).in_words()
}

/// Returns the way to an object.
pub(in crate::plan) fn path(identity: &Identity) -> Path {
    Path::object(&Schema::get().kind(identity.kind).name, &identity.numbered_name())
}
