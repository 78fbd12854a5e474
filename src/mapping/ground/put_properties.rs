//! Jira's property sets: an entry, and its value in a row of the same id in the table of its type.

use super::writer::Writer;

/// The tables of the values of properties.
const VALUES_OF_PROPERTIES: [&str; 3] = ["OSPropertyNumber", "OSPropertyString", "OSPropertyText"];

impl Writer<'_> {
    /// Writes a property of an entity, or deletes it. One that is there keeps the table that its value is in, if the
    /// value fits.
    pub(crate) fn put_property(&mut self, entity: &'static str, id: &str, key: &str, value: Option<&str>) {
        let entries = self.find(
            "OSPropertyEntry",
            &[("entityId", Some(id)), ("entityName", Some(entity)), ("propertyKey", Some(key))],
        );
        // Of several entries of one key the last one counts.
        let Some(value) = value else {
            for at in entries {
                let Some(entry) = self.delete("OSPropertyEntry", at) else { continue };
                for table in VALUES_OF_PROPERTIES {
                    for at in self.find(table, &[("id", Some(entry.id()))]) {
                        self.delete(table, at);
                    }
                }
            }
            return;
        };
        let entry = entries.last().map(|&at| self.at("OSPropertyEntry", at).clone());
        let table = match entry.as_ref().and_then(|entry| entry.number("type")) {
            Some(6) => "OSPropertyText",
            Some(1..=3) if value.parse::<i64>().is_ok() => "OSPropertyNumber",
            _ => "OSPropertyString",
        };
        let id = match (entry, entries.last()) {
            (Some(entry), Some(&at)) => {
                if !matches!(entry.number("type"), Some(5 | 6)) && table == "OSPropertyString" {
                    self.change("OSPropertyEntry", at, vec![("type", Some("5".to_owned()))]);
                    for at in self.find("OSPropertyNumber", &[("id", Some(entry.id()))]) {
                        self.delete("OSPropertyNumber", at);
                    }
                }
                entry.id().to_owned()
            }
            _ => self.insert(
                "OSPropertyEntry",
                vec![
                    ("entityName", Some(entity.to_owned())),
                    ("entityId", Some(id.to_owned())),
                    ("propertyKey", Some(key.to_owned())),
                    ("type", Some("5".to_owned())),
                ],
            ),
        };
        self.put(table, &[("id", &id)], vec![("value", Some(value.to_owned()))]);
    }
}
