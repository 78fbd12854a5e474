//! What objects and their kinds are called.
//!
//! Invariant: a kind that the schema does not have is called as it is.

use serde::Serialize;

use crate::schema::Schema;

/// An object, by its kind and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Named {
    /// The kind of object.
    pub kind: String,
    /// Its name, with all of its identity.
    pub name: String,
}

/// Returns a kind as people say it; one that the schema does not have as it is.
pub fn in_words(kind: &str) -> String {
    match Schema::get().kind_named(kind) {
        Some(kind) => Schema::get().kind(kind).in_words(),
        None => kind.to_owned(),
    }
}
