//! Parts that are rows of an owner, of which reading leaves some out.
//!
//! Tables hold rows that lead to nothing, and second rows of what may stand only once; reading leaves both out. They stay
//! as long as they mean nothing: the invariant is that after every write the rows read as what was wanted.

use std::collections::HashMap;

use super::ids::Ids;
use super::writer::{Values, Writer};
use crate::entity::{EntityId, Row};

/// Returns what a row says, as far as it can be told from the other rows of its owner; `None` for one that reading
/// leaves out.
pub(crate) type KeyOf<'k> = &'k mut dyn FnMut(&Ids, &Row) -> Option<String>;

/// A part that is wanted.
pub(crate) struct Part {
    /// What it says.
    key: String,
    /// Its values.
    values: Values,
    /// The values that only a new row gets: those that reading does not look at.
    when_new: Values,
}

impl Part {
    /// Returns a part by its key and its values.
    pub(crate) fn new(key: impl Into<String>, values: Values) -> Self {
        Self { key: key.into(), values, when_new: Vec::new() }
    }

    /// Adds a value that only a new row gets.
    pub(crate) fn when_new(mut self, attribute: &'static str, value: &str) -> Self {
        self.when_new.push((attribute, Some(value.to_owned())));
        self
    }
}

/// A row of a key, and where it stands.
struct Living {
    /// The row that counts.
    first: usize,
    /// The rows that say the same and do not count, because they stand behind it.
    shadows: Vec<usize>,
}

impl Writer<'_> {
    /// Writes the parts of an owner: the row of each is changed or inserted, and rows that say something else are
    /// deleted. Returns the ids of the parts, in their order.
    pub(crate) fn put_read(
        &mut self,
        entity: &'static str,
        owner: (&'static str, &str),
        key_of: KeyOf<'_>,
        wanted: Vec<Part>,
    ) -> Vec<String> {
        let places = self.find(entity, &[(owner.0, Some(owner.1))]);
        self.put_living(entity, owner, &places, key_of, wanted).0
    }

    /// Writes the parts of an owner in the order of an attribute, of which the first of new ones gets the number `first`.
    pub(crate) fn put_read_in_order(
        &mut self,
        entity: &'static str,
        owner: (&'static str, &str),
        key_of: KeyOf<'_>,
        wanted: Vec<Part>,
        (attribute, first): (&'static str, i64),
    ) -> Vec<String> {
        let mut places = self.find(entity, &[(owner.0, Some(owner.1))]);
        places.sort_by_key(|&at| self.at(entity, at).number(attribute).unwrap_or(i64::MAX));
        let (ids, living) = self.put_living(entity, owner, &places, key_of, wanted);
        self.put_order_from(entity, attribute, &ids, first);
        // A row that moved down must not uncover another one that says the same.
        for Living { first, shadows } in living {
            let place = |row: &Row| (row.number(attribute).unwrap_or(i64::MAX), row.number("id"));
            let own = place(self.at(entity, first));
            for shadow in shadows {
                if place(self.at(entity, shadow)) < own {
                    self.delete(entity, shadow);
                }
            }
        }
        ids
    }

    fn put_living(
        &mut self,
        entity: &'static str,
        (attribute, owner): (&'static str, &str),
        places: &[usize],
        key_of: KeyOf<'_>,
        wanted: Vec<Part>,
    ) -> (Vec<String>, Vec<Living>) {
        let mut living: HashMap<String, Living> = HashMap::new();
        for &at in places {
            let row = self.current[&EntityId::named(entity)].rows[at].after.as_ref();
            let Some(key) = row.and_then(|row| key_of(&self.ids, row)) else { continue };
            living
                .entry(key)
                .and_modify(|own| own.shadows.push(at))
                .or_insert_with(|| Living { first: at, shadows: Vec::new() });
        }
        let mut ids = Vec::with_capacity(wanted.len());
        let mut kept = Vec::new();
        for Part { key, mut values, when_new } in wanted {
            match living.remove(&key) {
                Some(own) => {
                    ids.push(self.change(entity, own.first, values));
                    kept.push(own);
                }
                None => {
                    values.push((attribute, Some(owner.to_owned())));
                    values.extend(when_new);
                    ids.push(self.insert(entity, values));
                }
            }
        }
        let gone = living.into_values().flat_map(|own| own.shadows.into_iter().chain([own.first]));
        for at in gone {
            self.delete(entity, at);
        }
        (ids, kept)
    }
}

/// Numbers rows of one name: the second of a name, by age, is told apart by a 2, as the `duplicate` attribute tells it.
#[derive(Debug, Default)]
pub(crate) struct Numbered(HashMap<String, usize>);

impl Numbered {
    /// Returns the key of the next row of that name.
    pub(crate) fn next(&mut self, name: &str) -> String {
        let count = self.0.entry(name.to_owned()).or_default();
        *count += 1;
        numbered(name, *count)
    }
}

/// Returns the key of a part by its name and the value of its `duplicate` attribute.
pub(crate) fn named(name: Option<&str>, duplicate: Option<&str>) -> String {
    numbered(name.unwrap_or(""), duplicate.and_then(|number| number.parse().ok()).unwrap_or(1))
}

fn numbered(name: &str, number: usize) -> String {
    format!("{number:08}\0{name}")
}

/// Returns a text, unless it is missing or empty: NULL and the empty text say the same of a reference.
pub(crate) fn or_empty<'r>(row: &'r Row, attribute: &str) -> &'r str {
    row.text(attribute).unwrap_or("")
}

/// Returns a value, NULL if it is empty.
pub(crate) fn or_null(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}
