//! The rows of one table while they are being written.
//!
//! Invariant: a row keeps its place; a deleted one leaves its place empty.

use std::collections::HashMap;

use crate::entity::Row;

/// The rows of a table under change.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Slot>,
    /// The places of rows by the value of an attribute (NULL as the empty text), for those attributes that rows were
    /// looked up by. A row that changed or went stays under its former values, too.
    places: HashMap<&'static str, HashMap<Box<str>, Vec<usize>>>,
}

#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) before: Option<Row>,
    pub(crate) after: Option<Row>,
}

impl Table {
    /// Returns a table of these rows, unchanged.
    pub(crate) fn new(rows: &[Row]) -> Self {
        let rows = rows.iter().map(|row| Slot { before: Some(row.clone()), after: Some(row.clone()) });
        Self { rows: rows.collect(), places: HashMap::new() }
    }

    /// Returns the places of the living rows that have these values, in their order. The rarest of the values is looked up.
    pub(crate) fn find(&mut self, key: &[(&'static str, Option<&str>)]) -> Vec<usize> {
        for (attribute, _) in key {
            self.index(attribute);
        }
        let rows = &self.rows;
        let fits = |&at: &usize| {
            rows[at].after.as_ref().is_some_and(|row| key.iter().all(|(name, value)| row.get(name) == *value))
        };
        let same = key.iter().map(|(attribute, value)| {
            self.places
                .get(attribute)
                .and_then(|places| places.get(value.unwrap_or("")))
                .map_or(&[][..], Vec::as_slice)
        });
        let Some(rarest) = same.min_by_key(|same| same.len()) else {
            return (0..rows.len()).filter(fits).collect();
        };
        let mut found: Vec<usize> = rarest.iter().copied().filter(fits).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Makes rows be found by the value of an attribute.
    fn index(&mut self, attribute: &'static str) {
        if self.places.contains_key(attribute) {
            return;
        }
        let mut places: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        for (at, slot) in self.rows.iter().enumerate() {
            if let Some(row) = &slot.after {
                places.entry(row.get(attribute).unwrap_or("").into()).or_default().push(at);
            }
        }
        self.places.insert(attribute, places);
    }

    /// Sets a value of the row in a place.
    pub(crate) fn put(&mut self, at: usize, name: &'static str, value: Option<&str>) {
        if let Some(row) = &mut self.rows[at].after {
            row.put(name, value);
            self.note(at);
        }
    }

    /// Notes the values of the row in a place, so that it can be found.
    pub(crate) fn note(&mut self, at: usize) {
        let Some(row) = &self.rows[at].after else { return };
        for (attribute, places) in &mut self.places {
            let same = places.entry(row.get(attribute).unwrap_or("").into()).or_default();
            if same.last() != Some(&at) {
                same.push(at);
            }
        }
    }
}
