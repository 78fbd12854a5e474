//! Rows by hand and objects as text, for the tests of the areas.

use super::{kind, read};
use crate::entity::{EntityId, Row, Tables};
use crate::model::{Config, Element, Snapshot};
use crate::schema::Schema;

/// Makes tables of rows, each an entity and its values, for tests.
pub(crate) fn tables(rows: &[(&str, &[(&str, &str)])]) -> Tables {
    let mut tables = Tables::default();
    for (entity, values) in rows {
        let entity = EntityId::named(entity);
        let mut row = Row::new(entity);
        for (attribute, value) in *values {
            row.set(entity.entity().attribute(attribute).expect("tables.txt has the attribute"), *value);
        }
        tables.push(entity, row);
    }
    tables.sort();
    tables
}

/// Returns an object that is made of rows, as a file describes it, and all notes, for tests.
pub(crate) fn described(rows: &[(&str, &[(&str, &str)])], of: &str, name: &str) -> (String, Vec<String>) {
    let snapshot = read(&tables(rows));
    let object = snapshot.objects.iter().find(|(own, _)| own.kind == kind(of) && own.name() == name);
    let text = object.map_or(String::new(), |(_, object)| {
        let text = crate::xml::to_string(&Config::new(object.element.clone()));
        text.split_once('\n').map_or(String::new(), |(_, element)| element.to_owned())
    });
    let notes = snapshot.notes.iter().map(|note| format!("{:?} {}: {}", note.kind, note.path, note.message));
    (text, notes.collect())
}

/// Writes all objects of a kind, as they stand in a file.
pub(crate) fn written(snapshot: &Snapshot, kind_name: &str) -> String {
    let schema = Schema::get();
    let container = schema.container(kind(kind_name)).expect("a global kind");
    let objects = snapshot.objects.iter().filter(|(identity, _)| identity.kind == kind(kind_name));
    let settings = snapshot.settings.iter().filter(|(own, _)| *own == container);
    let elements = objects.map(|(_, object)| &object.element).chain(settings.map(|(_, setting)| setting));
    let container = Element::parent(container, elements.cloned().collect());
    let config = Config::new(Element::parent(schema.root(), vec![container]));
    let mut text = Vec::new();
    crate::xml::write(&config, &mut text).expect("memory can be written");
    let text = String::from_utf8(text).expect("files are UTF-8");
    let inside = text.lines().skip(3).filter_map(|line| line.strip_prefix("    "));
    inside.map(|line| format!("{line}\n")).collect()
}
