//! What a gadget is set to: the properties that hold it.
//!
//! Invariant: what stays as it is is sent as Jira has told it, and not as the text that rows have for it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::{Deed, Ground, Look, Sent, Side};

/// The property of a gadget that holds its preferences, but for those that have a property of their own.
const CONFIG: &str = "config";

/// Returns the properties of a gadget, by their keys.
pub(super) fn of(ground: &Ground<'_>, side: &Side<'_>, gadget: &str) -> BTreeMap<String, Value> {
    let mut properties = BTreeMap::<String, Value>::new();
    for row in side.with("GadgetUserPreference", "portletconfiguration", gadget) {
        let Some(key) = row.get("userprefkey") else { continue };
        let text = row.get("userprefvalue").unwrap_or_default();
        let told = ground.known.preferences.get(&(gadget.to_owned(), key.to_owned()));
        let is_same = |told: &Value| match told {
            Value::Null => text.is_empty(),
            Value::String(own) => own == text,
            other => {
                let spelled = other.to_string();
                spelled == text
            }
        };
        let value = match told {
            Some((_, told)) if is_same(told) => told.clone(),
            _ => json!(sent(ground, key, text)),
        };
        match told {
            Some((property, _)) if property != CONFIG => drop(properties.insert(property.clone(), value)),
            _ => {
                let config = properties.entry(CONFIG.to_owned()).or_insert_with(|| Map::new().into());
                config[key] = value;
            }
        }
    }
    properties
}

/// Returns a preference with what stands for the ids of what is new.
fn sent(ground: &Ground<'_>, key: &str, text: &str) -> String {
    for (prefix, kind) in [("filter-", "filter"), ("project-", "project")] {
        if let Some(id) = text.strip_prefix(prefix) {
            return format!("{prefix}{}", ground.sent(kind, id));
        }
    }
    let bare = match key {
        "filterId" => Some("filter"),
        "projectId" => Some("project"),
        "rapidViewId" => Some("scrumKanbanBoard"),
        _ => None,
    };
    if let Some(kind) = bare {
        return ground.sent(kind, text);
    }
    let fields = text.split('|').map(|own| ground.field(own));
    fields.collect::<Vec<_>>().join("|")
}

/// Returns what sets the properties of a gadget, below its address, from what they are to what they are to be.
pub(super) fn set(path: &str, from: &BTreeMap<String, Value>, to: &BTreeMap<String, Value>) -> Vec<Deed> {
    let mut deeds = Vec::new();
    for key in from.keys().chain(to.keys().filter(|key| !from.contains_key(*key))) {
        let (was, is) = (from.get(key), to.get(key));
        if was == is {
            continue;
        }
        let path = format!("{path}/properties/{}", crate::rest::segment(key));
        let put = |value: Option<&Value>| match value {
            Some(value) => Sent::put(&path, value.clone()),
            None => Sent::delete(&path),
        };
        let shown = |value: Option<&Value>, other: Option<&Value>| {
            let mut shown = value.cloned()?;
            // What is not to be there is said, too.
            for name in other.and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                shown.as_object_mut()?.entry(name.clone()).or_insert(Value::Null);
            }
            Some(json!({ "value": shown }))
        };
        let [from, to] = [shown(was, is), shown(is, was)].map(Option::unwrap_or_default);
        let look = Look::at(&path, from, to);
        deeds.push(Deed::new(put(is).seen_by(look), put(was)));
    }
    deeds
}
