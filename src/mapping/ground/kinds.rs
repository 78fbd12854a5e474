//! The kinds of objects, by name.
//!
//! Invariant: a kind that code names is one of the schema.

use crate::schema::{KindId, Schema};

/// Returns the kind of that name.
///
/// # Panics
///
/// If the schema has no such kind: that is a mistake in pcfg.
pub(crate) fn kind(name: &str) -> KindId {
    Schema::get().kind_named(name).unwrap_or_else(|| panic!("the schema has no kind {name}"))
}
