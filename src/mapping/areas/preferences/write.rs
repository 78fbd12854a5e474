//! The settings of gadgets: names back to numbers, in the form in which Jira stores lists and kinds.

use std::collections::{HashMap, HashSet};

use super::read::{PROJECT_KEYS, QUERY_PREFIX, SEPARATOR, preference, query_in};
use crate::entity::Row;
use crate::mapping::areas::dashboards::read::PORTLET;
use crate::mapping::ground::as_read::{Read, element};
use crate::mapping::ground::writer::{Values, Writer};
use crate::model::{Element, Path};

const TABLE: &str = "GadgetUserPreference";

/// Writes the settings of a gadget, which is an element of a dashboard.
pub(crate) fn preferences(
    writer: &mut Writer<'_>,
    read: &mut Read<'_, '_>,
    path: &Path,
    id: &str,
    gadget: &Element,
) {
    let rows = writer.owned(TABLE, &[("portletconfiguration", Some(id))]);
    let properties = read.context.properties;
    let old: Vec<(&str, &str)> = properties.of(PORTLET, id).collect();
    // Of several of one key the oldest counts.
    let mut stands: HashMap<&str, &Row> = HashMap::new();
    for row in &rows {
        stands.entry(row.get("userprefkey").unwrap_or("")).or_insert(row);
    }
    let mut stood: HashMap<&str, &str> = HashMap::new();
    for (key, value) in &old {
        stood.entry(key).or_insert(value);
    }
    for wanted in gadget.all("preference") {
        let key = wanted.text_of("key").unwrap_or("");
        let row = stands.get(key).copied();
        let stored = row.map(|row| row.get("userprefvalue").unwrap_or(""));
        let stored = stored.or_else(|| stood.get(key).copied());
        if stored.is_some_and(|value| reading(read, path, gadget, key, value).as_ref() == Some(wanted)) {
            continue;
        }
        let Some(value) = value(writer, read, &path.part("preference", key), key, wanted, stored) else {
            continue;
        };
        match row {
            Some(row) => {
                writer.put(TABLE, &[("id", row.id())], vec![("userprefvalue", Some(value))]);
            }
            None => {
                let values: Values = vec![
                    ("portletconfiguration", Some(id.to_owned())),
                    ("userprefkey", Some(key.to_owned())),
                    ("userprefvalue", Some(value)),
                ];
                writer.insert(TABLE, values);
            }
        }
    }
    let wanted: HashSet<&str> = gadget.all("preference").filter_map(|own| own.text_of("key")).collect();
    let is_gone = |read: &mut Read<'_, '_>, key: &str, value: &str| {
        // Secrets are never read, and stay.
        !key.is_empty() && !wanted.contains(key) && reading(read, path, gadget, key, value).is_some()
    };
    for row in &rows {
        let key = row.get("userprefkey").unwrap_or("");
        if is_gone(read, key, row.get("userprefvalue").unwrap_or("")) {
            writer.remove(TABLE, row.id());
        }
    }
    for (key, value) in old {
        if is_gone(read, key, value) {
            let message = "a setting of a portlet of Jira 3 cannot be removed";
            writer.unwritable(path.part("preference", key), message);
        }
    }
}

/// Deletes the settings of a gadget that is gone.
pub(crate) fn remove(writer: &mut Writer<'_>, gadget: &str) {
    for row in writer.owned(TABLE, &[("portletconfiguration", Some(gadget))]) {
        writer.remove(TABLE, row.id());
    }
}

/// Returns what a stored setting says.
fn reading(
    read: &mut Read<'_, '_>,
    path: &Path,
    gadget: &Element,
    key: &str,
    value: &str,
) -> Option<Element> {
    let (node, _) = preference(read.context, read.queries, path, key, value)?;
    element(gadget, &["preference"], node)
}

/// Returns the value to store.
fn value(
    writer: &mut Writer<'_>,
    read: &Read<'_, '_>,
    path: &Path,
    key: &str,
    wanted: &Element,
    stored: Option<&str>,
) -> Option<String> {
    if let Some(text) = wanted.text_of("value") {
        let Some(query) = query_in(key, text) else { return Some(text.to_owned()) };
        let stored = stored.and_then(|stored| query_in(key, stored));
        let prefix = if text.starts_with(QUERY_PREFIX) { QUERY_PREFIX } else { "" };
        return Some(format!("{prefix}{}", writer.query(read, path, query, stored)?));
    }
    let has_prefix = wanted.get("prefix").is_some();
    let by_key = PROJECT_KEYS.contains(&key.to_lowercase().as_str());
    let objects = wanted.children().iter().filter(|child| !matches!(child.tag(), "key" | "prefix"));
    let mut items = Vec::new();
    for object in objects {
        items.push(match object.tag() {
            "field" => writer.field(object)?,
            "project" if by_key => object.text().to_owned(),
            "user" => writer.user_key(object.text()),
            "group" => object.text().to_owned(),
            tag => {
                let id = writer.id_of(object, &[])?;
                if has_prefix { format!("{tag}-{id}") } else { id }
            }
        });
    }
    Some(items.join(&SEPARATOR.to_string()))
}
