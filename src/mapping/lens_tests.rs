//! Each lens, on random rows: writing what was read changes nothing (GetPut), and what was written reads as it was wanted
//! (PutGet), whatever else the tables hold: rows that lead nowhere, second rows, values in any spelling, NULL.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::areas::{constants, field_configurations};
use super::ground::kinds::held;
use super::ground::lens::{Field, Lens};
use super::{AREAS, Write, Writer, kind, read};
use crate::entity::{EntityId, Row, Tables};
use crate::model::{Element, Identity, settle};

/// Returns the kinds that lenses read and write, and what of them.
fn lenses() -> Vec<&'static Lens> {
    /// Written with something beside the lens.
    const MORE: [&Lens; 2] =
        [&constants::STATUS, &Lens { kind: "fieldConfiguration", fields: field_configurations::read::LINES }];
    let whole = AREAS.iter().flat_map(|area| area.write).filter_map(|write| match write {
        Write::Lens(lens) => Some(*lens),
        Write::By(..) => None,
    });
    whole.chain(MORE).collect()
}

/// Random choices, taken one after the other.
struct Choices<'c>(std::slice::Iter<'c, u16>);

impl Choices<'_> {
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(*self.0.next().unwrap_or(&0)) % all.len()]
    }

    /// Returns a value of a column; `is_said` keeps out what only says that nobody has chosen anything, which a new row never says.
    fn value(&mut self, field: &Field, id: usize, is_said: bool) -> Option<(&'static str, Option<String>)> {
        let all: Vec<Option<&str>> = match *field {
            Field::Text(_, "sequence") => return Some(("sequence", Some(id.to_string()))),
            Field::Text(..) | Field::Name(..) => vec![None, Some(""), Some("a"), Some("b")],
            Field::TextOr(..) => vec![Some("a"), Some("b"), None, Some("")],
            Field::Flag(..) => {
                ["true", "false", "Y", "N", "1", "0"].map(Some).into_iter().chain([None, Some("")]).collect()
            }
            Field::Word(_, _, of) => {
                of.iter().map(|(value, _)| Some(*value)).chain([None, Some("77")]).collect()
            }
            Field::Object(..) | Field::AnyObject(..) => {
                vec![Some("1"), Some("2"), Some("3"), Some("99"), Some(""), None]
            }
            Field::OfIssue(..) => ["summary", "comment", "customfield_1", "customfield_2", "customfield_9"]
                .map(Some)
                .into_iter()
                .chain([None])
                .collect(),
            Field::Own(ref own) if own.column == "statuscategory" => {
                // A category that nobody knows cannot be made, but it stays.
                match is_said {
                    true => vec![Some("1"), Some("2"), Some("4")],
                    false => vec![Some("1"), Some("2"), Some("4"), Some("9"), None],
                }
            }
            Field::Own(_) => vec![
                Some("/images/icons/status_open.gif"),
                Some("/images/icons/priority_major.gif"),
                Some("/images/icons/statuses/open.png"),
                Some("/own.png"),
                None,
            ],
            Field::Translations(_) | Field::Parts(_) => return None,
        };
        let only_new = matches!(field, Field::TextOr(..) | Field::Flag(..) | Field::Own(_));
        let all: Vec<_> = match is_said && only_new {
            true => all.into_iter().filter(|value| value.is_some_and(|text| !text.is_empty())).collect(),
            false => all,
        };
        let column = match *field {
            Field::Text(_, column)
            | Field::TextOr(_, column, _)
            | Field::Flag(_, column)
            | Field::Name(_, column)
            | Field::Word(_, column, _)
            | Field::Object(_, column, _)
            | Field::AnyObject(_, column, _)
            | Field::OfIssue(_, column) => column,
            Field::Own(ref own) => own.column,
            Field::Translations(_) | Field::Parts(_) => return None,
        };
        Some((column, self.of(&all).map(str::to_owned)))
    }
}

fn push(tables: &mut Tables, entity: &str, values: impl IntoIterator<Item = (&'static str, Option<String>)>) {
    let mut row = Row::new(EntityId::named(entity));
    values.into_iter().for_each(|(column, value)| row.put(column, value.as_deref()));
    tables.push(EntityId::named(entity), row);
}

/// Adds the rows of all parts among some fields; some belong to nobody.
fn parts(tables: &mut Tables, choices: &mut Choices<'_>, fields: &[Field], is_said: bool) {
    for field in fields {
        let Field::Parts(parts_of) = field else { continue };
        let count = choices.of(&[0, 1, 3, 6]);
        for id in 1..=count {
            let owner = choices.of(&[1, 1, 2, 3, 99]);
            let mut values = vec![("id", Some(id.to_string())), (parts_of.owner, Some(owner.to_string()))];
            values.extend(parts_of.fields.iter().filter_map(|field| choices.value(field, id, is_said)));
            if let Some((_, column)) = parts_of.order {
                values
                    .push((column, choices.of(&[Some("0"), Some("1"), Some("2"), None]).map(str::to_owned)));
            }
            push(tables, parts_of.table, values);
        }
        parts(tables, choices, parts_of.fields, is_said);
    }
}

/// Makes an instance with so many objects of a lens, and three of each kind that it refers to.
fn instance(lens: &Lens, choices: &[u16], objects: usize, is_said: bool) -> Tables {
    let mut tables = Tables::default();
    for (kind, more) in [
        ("issueType", vec![]),
        ("customField", vec![("customfieldtypekey", Some("t:text".to_owned()))]),
        ("screen", vec![]),
        ("screenScheme", vec![]),
    ] {
        let held = held(kind).unwrap();
        for id in (1..=3).filter(|_| kind != lens.kind) {
            let name = [("id", Some(id.to_string())), (held.column, Some(format!("{kind} {id}")))];
            push(&mut tables, held.table, name.into_iter().chain(more.clone()));
        }
    }
    let mut choices = Choices(choices.iter());
    let held = held(lens.kind).unwrap();
    for id in 1..=objects {
        let mut values = vec![("id", Some(id.to_string())), (held.column, Some(format!("own {id}")))];
        values.extend(lens.fields.iter().filter_map(|field| choices.value(field, id, is_said)));
        push(&mut tables, held.table, values);
    }
    parts(&mut tables, &mut choices, lens.fields, is_said);
    tables.sort();
    tables
}

fn objects(tables: &Tables, of: &Lens) -> BTreeMap<Identity, Element> {
    let all = read(tables).objects.into_iter().filter(|(identity, _)| identity.kind == kind(of.kind));
    all.map(|(identity, object)| (identity, object.element)).collect()
}

/// Writes objects, and returns the tables as they are then.
fn put(tables: &Tables, objects: &BTreeMap<Identity, Element>) -> (Tables, usize) {
    let mut writer = Writer::new(tables);
    writer.write(&objects.values().collect::<Vec<_>>());
    let (changes, unwritable) = writer.finish();
    assert!(unwritable.is_empty(), "{unwritable:?}");
    let mut after = tables.clone();
    after.apply(&changes).unwrap();
    (after, changes.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_was_read_is_written_without_a_change(choices in prop::collection::vec(any::<u16>(), 160)) {
        for lens in lenses() {
            let tables = instance(lens, &choices, 3, false);
            let read = objects(&tables, lens);
            prop_assert!(read.len() >= 3, "{} objects of {}", read.len(), lens.kind);
            prop_assert_eq!(put(&tables, &read).1, 0, "{}", lens.kind);
        }
    }

    #[test]
    fn what_was_written_is_read_as_it_was_wanted(
        here in prop::collection::vec(any::<u16>(), 160),
        there in prop::collection::vec(any::<u16>(), 160),
    ) {
        for lens in lenses() {
            let mut wanted = objects(&instance(lens, &there, 4, true), lens);
            let here = instance(lens, &here, 3, false);
            let before = objects(&here, lens);
            // What was lost there is as it is here, as every import has it.
            wanted.iter_mut().for_each(|(own, element)| drop(settle(element, before.get(own))));
            let (after, _) = put(&here, &wanted);
            let read = objects(&after, lens);
            for (identity, element) in &wanted {
                prop_assert_eq!(read.get(identity), Some(element), "{} {}", lens.kind, identity);
            }
            prop_assert_eq!(put(&after, &wanted).1, 0, "a second time, {}", lens.kind);
        }
    }
}
