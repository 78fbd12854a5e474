//! What could not be told of issue data, counted by its kind.
//!
//! Invariant: of each kind the first example is kept, and all are counted.

use std::collections::BTreeMap;

/// What could not be told.
#[derive(Debug, Default)]
pub struct Notes(BTreeMap<&'static str, (u64, String)>);

impl Notes {
    /// Counts one thing of a kind; the example says where.
    pub fn add(&mut self, kind: &'static str, example: impl FnOnce() -> String) {
        self.add_many(kind, 1, example);
    }

    /// Counts several things of a kind.
    pub fn add_many(&mut self, kind: &'static str, count: u64, example: impl FnOnce() -> String) {
        if count > 0 {
            self.0.entry(kind).or_insert_with(|| (0, example())).0 += count;
        }
    }

    /// Returns the kinds with their numbers and first examples.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64, &str)> {
        self.0.iter().map(|(kind, (count, example))| (*kind, *count, example.as_str()))
    }

    /// Returns how many things of a kind there are.
    pub fn count(&self, kind: &str) -> u64 {
        self.0.get(kind).map_or(0, |(count, _)| *count)
    }
}
