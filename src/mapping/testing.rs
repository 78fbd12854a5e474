//! Rows by hand and objects as text, for the tests of the areas.

use super::read;
use crate::entity::{EntityId, Row, RowChange, Tables};
use crate::mapping::ground::kinds::kind;
use crate::mapping::ground::writer::Writer;
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

/// Writes all objects of a kind after an edit of the text that describes them, and returns the changed rows, one line
/// each, for tests. What was written must read back as it was wanted.
pub(crate) fn edited(tables: &Tables, kind_name: &str, edits: &[(&str, &str)]) -> Vec<String> {
    let schema = Schema::get();
    let before = written(&read(tables), kind_name);
    let mut text = before.clone();
    for (old, new) in edits {
        assert!(text.contains(old), "there is no {old} in:\n{text}");
        text = text.replacen(old, new, 1);
    }
    let tag = &schema.declaration(schema.container(kind(kind_name)).expect("a global kind")).name;
    let file = format!("<projectConfig version=\"1\">\n<{tag}>\n{text}</{tag}>\n</projectConfig>");
    let mut root = crate::xml::read(&file).root.expect("a configuration");
    crate::model::rank(&mut root);
    let config = Config::new(root);
    let container = config.root().children().first().map_or(&[][..], Element::children);
    let (objects, settings): (Vec<&Element>, Vec<&Element>) =
        container.iter().partition(|element| element.tag() == kind_name);
    let mut writer = Writer::new(tables);
    writer.write(&objects);
    writer.write_settings(&settings);
    let (changes, unwritable) = writer.finish();
    if unwritable.is_empty() {
        let mut after = tables.clone();
        after.apply(&changes).expect("the rows are as they were read");
        let wanted = crate::xml::to_string(&config);
        let again = written(&read(&after), kind_name);
        let inside = wanted.lines().skip(3).filter_map(|line| line.strip_prefix("    "));
        assert_eq!(again, inside.map(|line| format!("{line}\n")).collect::<String>(), "reads back as wanted");
    }
    let notes = unwritable.into_iter().map(|own| format!("! {}: {}", own.path, own.message));
    changes.iter().map(line).chain(notes).collect()
}

/// Returns a change of a row as one line: what is inserted or deleted wholly, of a change what differs.
fn line(change: &RowChange) -> String {
    let entity = change.entity().entity();
    let mut words = Vec::new();
    for (number, attribute) in entity.attributes.iter().enumerate() {
        let value = |row: &Option<Row>| row.as_ref().and_then(|row| row.value(number).map(str::to_owned));
        let (before, after) = (value(&change.before), value(&change.after));
        let shown = |value: Option<String>| value.unwrap_or_else(|| "NULL".to_owned());
        match (&change.before, &change.after) {
            (Some(_), Some(_)) if number == 0 => words.push(shown(before)),
            (Some(_), Some(_)) if before != after => {
                words.push(format!("{}: {} -> {}", attribute.name, shown(before), shown(after)));
            }
            (None, _) => words.extend(after.map(|value| format!("{}={value}", attribute.name))),
            (_, None) => words.extend(before.map(|value| format!("{}={value}", attribute.name))),
            _ => {}
        }
    }
    let sign = match (&change.before, &change.after) {
        (None, _) => '+',
        (_, None) => '-',
        _ => '~',
    };
    format!("{sign} {} {}", entity.name, words.join(" "))
}
