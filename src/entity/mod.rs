//! Jira's tables: one description for every store, and the rows that were read from one.
//!
//! A backup, Jira's database and an embedded instance hold the same tables under slightly different names;
//! `tables.txt` says both. Invariant: rows know nothing of the store they came from, and come in the order of their
//! ids, so that everything made of them is the same from every store.

mod data;
mod moving;
mod rows;
mod standing;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

pub(crate) use data::PROPERTIES;
pub use data::{DataRow, DataTable, Route, data_tables};
pub use moving::{Mover, NUMBERED, Stand};
pub use rows::{Lacking, Row, RowChange, Tables, Usage};
pub use standing::{Move, NewType, Standing, Standings, StoredTwice};

/// A table.
#[derive(Debug)]
pub struct Entity {
    /// Its name in a backup.
    pub name: &'static str,
    /// Its name in a database.
    pub table: &'static str,
    /// Whether its rows are about issues. They are never kept with the configuration.
    pub of_issues: bool,
    /// The key of the app that it belongs to; `None` for Jira itself.
    pub app: Option<&'static str>,
    /// The build of the first Jira that has it; 0 if all have.
    pub since: u64,
    /// How many bytes of memory what is made of one of its rows takes, beyond thrice the row.
    pub makes: u64,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Those that are read for complete projects only.
    pub(crate) of_data: Vec<Attribute>,
    /// Whether it is read for complete projects only.
    pub(crate) is_data: bool,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    /// Its name in a backup.
    pub name: &'static str,
    /// Its name in a database.
    pub column: &'static str,
    /// What it holds.
    pub ty: AttributeType,
}

/// What a column holds. Rows carry all of them as text, spelled as a backup spells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeType {
    /// A whole number.
    Integer,
    /// Text.
    Text,
    /// A moment, as `2010-08-25 00:00:00.0`.
    Date,
    /// `true` or `false`.
    Boolean,
}

impl AttributeType {
    /// Returns a value of an app's table in its one spelling: databases differ in how they write truth.
    pub fn spelled(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Boolean => match value.trim() {
                "1" | "true" | "TRUE" => Cow::Borrowed("true"),
                "0" | "false" | "FALSE" => Cow::Borrowed("false"),
                _ => Cow::Borrowed(value),
            },
            Self::Integer => Cow::Borrowed(value.trim()),
            Self::Text | Self::Date => Cow::Borrowed(value),
        }
    }
}

/// The number of an entity in [`entities`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(pub(crate) u16);

impl EntityId {
    /// Returns the entity of that name.
    ///
    /// # Panics
    ///
    /// If `tables.txt` has no such entity: that is a mistake in pcfg.
    pub fn named(name: &str) -> Self {
        Self::find(name).unwrap_or_else(|| panic!("tables.txt has no entity {name}"))
    }

    /// Returns the entity of that name, if it is one of those that are read.
    pub fn find(name: &str) -> Option<Self> {
        static BY_NAME: OnceLock<HashMap<&'static str, EntityId>> = OnceLock::new();
        let by_name = BY_NAME.get_or_init(|| {
            entities().iter().enumerate().map(|(index, entity)| (entity.name, Self(index as u16))).collect()
        });
        by_name.get(name).copied()
    }

    /// Returns its description.
    pub fn entity(self) -> &'static Entity {
        &entities()[usize::from(self.0)]
    }
}

impl Entity {
    /// Returns the number of an attribute.
    pub fn attribute(&self, name: &str) -> Option<usize> {
        self.attributes.iter().position(|attribute| attribute.name == name)
    }
}

/// What is made of a row, in bytes, where `tables.txt` does not say it: an item of a list.
const MAKES: u64 = 80;

/// Returns the entities of configurations, in the order of `tables.txt`.
pub fn entities() -> &'static [Entity] {
    let all = all();
    &all[..all.partition_point(|entity| !entity.is_data)]
}

/// Returns all entities, those that are read for complete projects only last, each with all of its attributes: first those of
/// configurations, then the others, of which the flag says so.
#[cfg(feature = "postgres")]
pub(crate) fn stored()
-> impl Iterator<Item = (&'static Entity, impl Iterator<Item = (&'static Attribute, bool)>)> {
    all().iter().map(|entity| {
        let own = entity.attributes.iter().map(|own| (own, false));
        (entity, own.chain(entity.of_data.iter().map(|own| (own, true))))
    })
}

/// Returns all entities; those that are read for complete projects only come last.
fn all() -> &'static [Entity] {
    static ENTITIES: OnceLock<Vec<Entity>> = OnceLock::new();
    ENTITIES.get_or_init(|| parse(include_str!("tables.txt")))
}

/// Reads the description.
///
/// # Panics
///
/// If it is not in the form that its first lines tell.
fn parse(text: &'static str) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if line.starts_with(' ') {
            let entity = entities.last_mut().expect("tables.txt begins with an entity");
            let (line, of_data) = match line.trim_start().strip_prefix("+ ") {
                Some(line) => (line, true),
                None => (line, false),
            };
            let attributes = if of_data { &mut entity.of_data } else { &mut entity.attributes };
            attributes.extend(line.split_whitespace().map(|word| {
                let (names, ty) = word.split_once(':').expect("an attribute in tables.txt has a type");
                let (name, column) = names.split_once('=').unwrap_or((names, names));
                let ty = match ty {
                    "integer" => AttributeType::Integer,
                    "text" => AttributeType::Text,
                    "date" => AttributeType::Date,
                    "boolean" => AttributeType::Boolean,
                    other => panic!("tables.txt: unknown type {other}"),
                };
                Attribute { name, column, ty }
            }));
        } else {
            let mut words = line.split(' ');
            let name = words.next().expect("a line has a word");
            let table = words.next().expect("an entity in tables.txt has a table");
            let mut entity = Entity {
                name,
                table,
                of_issues: false,
                app: None,
                since: 0,
                makes: MAKES,
                attributes: Vec::new(),
                of_data: Vec::new(),
                is_data: false,
            };
            for word in words {
                match word.split_once('=') {
                    None if word == "issues" => entity.of_issues = true,
                    None if word == "data" => entity.is_data = true,
                    Some(("app", key)) => entity.app = Some(key),
                    Some(("makes", bytes)) => {
                        entity.makes = bytes.parse().expect("memory is a number of bytes");
                    }
                    Some(("since", build)) => entity.since = build.parse().expect("a build is a number"),
                    _ => panic!("tables.txt: unknown word {word}"),
                }
            }
            entities.push(entity);
        }
    }
    entities
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_sound() {
        assert!(all().is_sorted_by_key(|entity| entity.is_data), "tables of issue data stand at the end");
        let mut names: Vec<_> = all().iter().map(|entity| entity.name).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before, "every entity stands once");
        for entity in all() {
            assert_eq!(entity.attributes.is_empty(), entity.is_data, "{} has attributes", entity.name);
            for attribute in entity.attributes.iter().chain(&entity.of_data) {
                let secret = ["credential", "password", "passwordhash"];
                assert!(
                    !secret.contains(&attribute.column.to_lowercase().as_str()),
                    "no password is ever read"
                );
            }
        }
    }
}
