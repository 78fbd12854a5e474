//! What expressions look at: the JSON of objects and plans, as values of CEL.
//!
//! Invariant: an object reads as `--format json` shows it, except that a part which may stand several times is always a list.

use std::collections::HashMap;

use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString};
use cel::common::value::Val;
use serde_json::Value as Json;

use crate::model::{Content, Element, Identity};
use crate::schema::Schema;

/// A value.
pub(super) type Told = Box<dyn Val>;

/// Returns an object, or a part of one, as JSON.
pub fn of_object(element: &Element) -> Json {
    let schema = Schema::get();
    let ty = schema.type_of(element.declaration);
    let is_text = element.attributes.is_empty() && ty.children().is_empty();
    if let (Content::Text(text), true) = (&element.content, is_text) {
        return Json::from(&**text);
    }
    let mut members = serde_json::Map::new();
    if !element.text().is_empty() {
        members.insert("value".to_owned(), element.text().into());
    }
    for (number, value) in &element.attributes {
        members.insert(ty.attributes[usize::from(*number)].name.clone(), Json::from(&**value));
    }
    for &child in ty.children() {
        let declaration = schema.declaration(child);
        let mut all = element.children().iter().filter(|own| own.declaration == child).map(of_object);
        match declaration.items.is_some() {
            true => drop(members.insert(declaration.name.clone(), all.collect())),
            false => members.extend(all.next().map(|own| (declaration.name.clone(), own))),
        }
    }
    Json::Object(members)
}

/// Returns JSON as a value; whole numbers are `int`.
pub(super) fn value(json: &Json) -> Told {
    match json {
        Json::Null => Box::new(CelNull),
        Json::Bool(own) => Box::new(CelBool::from(*own)),
        Json::Number(own) => match own.as_i64() {
            Some(whole) => Box::new(CelInt::from(whole)),
            None => Box::new(CelDouble::from(own.as_f64().unwrap_or(f64::MAX))),
        },
        Json::String(own) => text(own),
        Json::Array(own) => list(own.iter().map(value)),
        Json::Object(own) => map(own.iter().map(|(key, own)| (key.clone(), value(own)))),
    }
}

/// Returns a text.
pub(super) fn text(text: &str) -> Told {
    Box::new(CelString::from(text.to_owned()))
}

/// Returns a list.
pub(super) fn list(values: impl Iterator<Item = Told>) -> Told {
    Box::new(CelList::from(values.collect::<Vec<Told>>()))
}

/// Returns a configuration as a whole: the objects of each kind.
pub(super) fn configuration(objects: &[(&Element, Identity, Told)]) -> Told {
    let schema = Schema::get();
    let kinds = schema.kinds().filter(|(kind, _)| schema.container(*kind).is_some());
    map(kinds.map(|(kind, own)| {
        let all = objects.iter().filter(|(_, identity, _)| identity.kind == kind);
        (own.name.clone(), list(all.map(|(.., value)| value.clone_as_boxed())))
    }))
}

fn map(members: impl Iterator<Item = (String, Told)>) -> Told {
    let map: HashMap<CelMapKey<'static>, Told> = members.map(|(key, own)| (key.into(), own)).collect();
    Box::new(CelMap::from(map))
}
