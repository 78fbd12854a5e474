//! A project that changes, as its parts see it.
//!
//! Invariant: its address is made of its key, which it has from the beginning.

use super::super::{Ground, Unsaid, part};
use crate::model::Path;

/// A project that changes.
pub(super) struct Project<'p> {
    pub(super) key: &'p str,
    /// Its id as requests have it.
    pub(super) id: String,
    /// Its id in the rows before, if it was there, and in those afterwards.
    pub(super) before: Option<&'p str>,
    pub(super) after: &'p str,
}

impl Project<'_> {
    pub(super) fn path(&self, ground: &Ground<'_>) -> String {
        ground.api(&format!("project/{}", part(self.key)))
    }

    /// Says that no request can say a property of it.
    pub(super) fn unsaid(&self, property: &str, why: impl Into<String>) -> Vec<Unsaid> {
        vec![(Path::object("project", self.key).child(property), why.into())]
    }
}
