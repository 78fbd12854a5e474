//! Names back to ids in arguments and properties: the reverse of [`arguments`](super::arguments), by the same table.
//!
//! Invariant: a value is spelled with the ids of the instance that is written, or not at all.

use std::collections::BTreeMap;

use super::arguments::{CUSTOM_FIELD, Holds, Spelling, Value, held_by_argument, held_by_property};
use super::script_runner;
use crate::mapping::ground::names::Names;
use crate::mapping::ground::queries::Queries;
use crate::mapping::ground::writer::Writer;
use crate::model::{Element, Identity};
use crate::schema::{DUPLICATE, Schema};

/// What a value was, and what a query in it may name.
pub(super) struct Stored<'s> {
    /// The objects as they are by now.
    pub(super) queries: &'s Queries<'s>,
    /// The value as it is stored.
    pub(super) raw: Option<&'s str>,
}

impl Stored<'_> {
    /// Spells a query: as it is stored, if that reads the same.
    fn query(&self, wanted: &str) -> Result<String, String> {
        let decoded = self.raw.and_then(script_runner::decoded);
        let stored = self.raw.map(|raw| script_runner::split(decoded.as_deref().unwrap_or(raw)).1);
        let (mark, wanted) = script_runner::split(wanted);
        match self.queries.with_ids(wanted, stored) {
            Ok(query) => Ok(script_runner::encoded(&format!("{mark}{query}"))),
            Err(missing) => {
                Err(format!("the query names something that does not exist: {}", missing.join(", ")))
            }
        }
    }
}

/// Spells the value of an argument; `known` are the other arguments, as far as they have been spelled. The error says
/// what it names that does not exist.
pub(super) fn argument(
    writer: &mut Writer<'_>,
    stored: &Stored<'_>,
    class: &str,
    known: &BTreeMap<String, String>,
    element: &Element,
) -> Result<String, String> {
    let held = held_by_argument(class, element.text_of("name").unwrap_or_default());
    let field = match held {
        Some((Holds::ValueOf(other), _)) => known.get(other).map(|field| field.trim()),
        _ => None,
    };
    value(writer, stored, held, field, element)
}

/// Spells the value of a property of a step or transition.
pub(super) fn property(
    writer: &mut Writer<'_>,
    stored: &Stored<'_>,
    element: &Element,
) -> Result<String, String> {
    let held = held_by_property(element.text_of("key").unwrap_or_default());
    value(writer, stored, held, None, element)
}

/// Says what a spelled value would mean in an instance, if that is not what is wanted: a text would be the id of an object, or
/// nothing tells that a text is one.
pub(super) fn other_meaning(wanted: &Element, value: &Value, names: &Names) -> Option<String> {
    match (wanted.text_of("value"), value) {
        (Some(text), Value::Names(names)) => {
            let names: Vec<_> = names.iter().map(|(tag, name)| format!("{tag} `{}`", name.text)).collect();
            Some(format!("the text `{text}` would mean {} here", names.join(", ")))
        }
        (None, Value::Text(text)) => {
            let named = wanted.children().iter().filter(|child| !matches!(child.tag(), "name" | "key"));
            let [named] = named.collect::<Vec<_>>()[..] else { return None };
            let kind = Identity::of_reference(named, &[]).map(|own| Schema::get().kind(own.kind));
            // The instance does not know yet what is new.
            let is_known = match kind {
                Some(kind) => names.get(&kind.name, text).is_some(),
                None => named.tag() == "field",
            };
            is_known.then(|| {
                let (tag, name) = (named.tag(), named.text());
                format!(
                    "it does not refer to the {tag} `{name}` in Jira, which would store the text \
                `{text}`; write that as its `<value>`"
                )
            })
        }
        _ => None,
    }
}

/// Returns the other argument that says what an argument means, if there is one.
pub(super) fn depends_on(class: &str, name: &str) -> Option<&'static str> {
    match held_by_argument(class, name)? {
        (Holds::ValueOf(other), _) => Some(other),
        _ => None,
    }
}

/// Returns the id of the object that a reference names.
pub(super) fn id(writer: &Writer<'_>, reference: &Element) -> Result<String, String> {
    writer.ids.named_by(reference, &[]).map(str::to_owned).ok_or_else(|| missing(reference))
}

fn missing(reference: &Element) -> String {
    match Identity::of_reference(reference, &[]) {
        Some(identity) => format!("there is no {} {identity}", reference.tag()),
        None => format!("there is no {} {}", reference.tag(), reference.text()),
    }
}

fn value(
    writer: &mut Writer<'_>,
    stored: &Stored<'_>,
    held: Option<(Holds, Spelling)>,
    field: Option<&str>,
    element: &Element,
) -> Result<String, String> {
    if let Some(text) = element.text_of("value") {
        return match held {
            Some((Holds::Query, _)) => stored.query(text),
            _ => Ok(text.to_owned()),
        };
    }
    let is_name = |child: &&Element| !matches!(child.tag(), "name" | "key" | "nobody");
    let names = element.children().iter().filter(is_name);
    let mut items = Vec::new();
    for name in names {
        items.push(item(writer, held.map(|(holds, _)| holds), field, name)?);
    }
    let spelling = held.map_or(Spelling::One, |(_, spelling)| spelling);
    match (spelling.separator(), &items[..]) {
        (_, []) => Ok(String::new()),
        // Jira and JSU end such a list with the separator.
        (Some(separator @ "@@"), _) => Ok(items.iter().map(|item| format!("{item}{separator}")).collect()),
        (Some(separator), _) => Ok(items.join(separator)),
        (None, [item]) => Ok(item.clone()),
        (None, _) => Err("it can name one object only".to_owned()),
    }
}

fn item(
    writer: &mut Writer<'_>,
    holds: Option<Holds>,
    field: Option<&str>,
    name: &Element,
) -> Result<String, String> {
    match name.tag() {
        "field" => match Identity::of_reference(name, &[]) {
            Some(_) => id(writer, name).map(|id| format!("{CUSTOM_FIELD}{id}")),
            None => Ok(name.text().to_owned()),
        },
        "fieldOption" => option(writer, field.unwrap_or_default(), name).ok_or_else(|| missing(name)),
        "group" => Ok(name.text().to_owned()),
        "user" => Ok(writer.user_key(name.text())),
        "projectRole" if holds == Some(Holds::RoleName) => Ok(name.text().to_owned()),
        _ => id(writer, name),
    }
}

/// Returns which of several of one name a reference means, counted from 0.
fn number(reference: &Element) -> usize {
    let number = reference.attribute_named(DUPLICATE).and_then(|number| number.parse::<usize>().ok());
    number.unwrap_or(1).saturating_sub(1)
}

/// Returns the id of an option of a field. Several contexts of the field may have options of one name: the oldest counts.
fn option(writer: &mut Writer<'_>, field: &str, reference: &Element) -> Option<String> {
    let field = field.strip_prefix(CUSTOM_FIELD)?;
    const TABLE: &str = "CustomFieldOption";
    let parent = reference.attribute_named("parentOption");
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let rows = writer.owned(TABLE, &[("customfield", Some(field)), ("value", Some(reference.text()))]);
    for row in &rows {
        let config = row.get("customfieldconfig").unwrap_or_default();
        if writer.row("FieldConfiguration", config).is_none() {
            continue;
        }
        let own_parent = row.text("parentoptionid");
        let found = own_parent.and_then(|id| writer.row(TABLE, id));
        let found = found.filter(|row| row.get("customfield") == Some(field));
        let text = found.as_ref().and_then(|row| row.get("value"));
        if text != parent || own_parent.is_some() != parent.is_some() {
            continue;
        }
        let count = seen.entry(config).or_default();
        if *count == number(reference) {
            return Some(row.id().to_owned());
        }
        *count += 1;
    }
    None
}
