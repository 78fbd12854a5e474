//! What the tables of a place can hold of issues.
//!
//! Pure. Invariant: what a place would not store as it is, is found before anything is written.

use std::collections::BTreeMap;

use super::Notes;
use crate::entity::{DataRow, DataTable};
use crate::model::Characters;

/// A column, or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Space {
    /// This version of Jira has no such column.
    #[default]
    Missing,
    /// It takes texts of so many characters.
    Characters(usize),
    /// It takes what comes.
    Any,
}

/// What the tables of a place can hold. By default everything.
#[derive(Debug, Default)]
pub struct Room {
    characters: Characters,
    /// The columns of each table, by the numbers of its attributes; nothing if the place makes what it lacks.
    tables: Option<BTreeMap<&'static str, Vec<Space>>>,
}

/// Older versions of Jira do not know these, and can do without them.
const DISPENSABLE: [(&str, &str); 2] = [("Issue", "creator"), ("UserAssociation", "created")];

impl Room {
    /// Returns the room of a place that has the columns that are to be added, and no others.
    pub fn of_columns(characters: Characters) -> Self {
        Self { characters, tables: Some(BTreeMap::new()) }
    }

    /// Returns the room of a place that takes texts of such characters, whatever their column.
    pub fn of_texts(characters: Characters) -> Self {
        Self { characters, tables: None }
    }

    /// Adds a table with its columns.
    pub fn add(&mut self, table: &DataTable, columns: Vec<Space>) {
        self.tables.get_or_insert_default().insert(table.name, columns);
    }

    /// Looks whether there is room for a row of that issue.
    pub fn look(&self, row: &DataRow, of: &str, (refused, told): (&mut Notes, &mut Notes)) {
        let table = row.table();
        let columns = self.tables.as_ref().map(|tables| tables.get(table.name));
        if columns == Some(None) {
            refused.add("rows have no table in this version of Jira", || format!("{} ({of})", table.table));
            return;
        }
        for (number, (attribute, value)) in table.attributes.iter().zip(row.values()).enumerate() {
            let Some(value) = value else { continue };
            let space =
                columns.flatten().map_or(Space::Any, |own| own.get(number).copied().unwrap_or_default());
            match space {
                Space::Missing if DISPENSABLE.contains(&(table.name, attribute.name)) => {
                    told.add("values have no column in this version of Jira, left out", || {
                        format!("{} ({of})", attribute.name)
                    });
                }
                Space::Missing => refused.add("values have no column in this version of Jira", || {
                    format!("{}.{} ({of})", table.table, attribute.column)
                }),
                Space::Characters(most) if value.len() > most && value.chars().count() > most => {
                    refused.add("texts are longer than their columns", || {
                        format!(
                            "{} of {of}: {} characters, at most {most}",
                            attribute.name,
                            value.chars().count()
                        )
                    });
                }
                Space::Characters(_) | Space::Any => {}
            }
            let is_wrong = |own: &char| match self.characters {
                Characters::Any => false,
                Characters::NoNul => *own == '\0',
                Characters::Xml => crate::xml::is_forbidden(*own),
            };
            if self.characters != Characters::Any
                && let Some(character) = value.chars().find(is_wrong)
            {
                refused.add("texts hold a character that cannot be stored", || {
                    format!("U+{:04X} in {} of {of}", u32::from(character), attribute.name)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(room: &Room, row: &DataRow) -> Vec<String> {
        let (mut refused, mut told) = (Notes::default(), Notes::default());
        room.look(row, "A-1", (&mut refused, &mut told));
        let told = told.iter().map(|(kind, _, example)| format!("told {kind}: {example}"));
        refused.iter().map(|(kind, _, example)| format!("{kind}: {example}")).chain(told).collect()
    }

    #[test]
    fn what_has_no_room_is_named_with_its_issue() {
        let table = DataTable::named("Issue");
        let mut row = DataRow::new(table);
        row.set("summary", Some("fünf!"));
        assert_eq!(found(&Room::default(), &row), [""; 0]);
        let mut room = Room::of_columns(Characters::NoNul);
        assert_eq!(found(&room, &row), ["rows have no table in this version of Jira: jiraissue (A-1)"]);
        let mut columns = vec![Space::Any; table.attributes.len()];
        columns[table.attribute("summary").unwrap()] = Space::Characters(5);
        columns[table.attribute("archived").unwrap()] = Space::Missing;
        columns[table.attribute("creator").unwrap()] = Space::Missing;
        room.add(table, columns);
        // Characters are counted, not bytes.
        assert_eq!(found(&room, &row), [""; 0]);
        row.set("summary", Some("sechs!"));
        row.set("archived", Some("Y"));
        row.set("creator", Some("ada"));
        row.set("description", Some("a\0"));
        assert_eq!(
            found(&room, &row),
            [
                "texts are longer than their columns: summary of A-1: 6 characters, at most 5",
                "texts hold a character that cannot be stored: U+0000 in description of A-1",
                "values have no column in this version of Jira: jiraissue.archived (A-1)",
                "told values have no column in this version of Jira, left out: creator (A-1)",
            ]
        );
    }
}
