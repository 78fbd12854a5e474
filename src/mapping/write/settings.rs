//! Settings of the instance that a file knows: the priority and the resolution that are offered first.

use super::Writer;
use crate::mapping::issue_types::DEFAULTS;
use crate::model::Element;

impl Writer<'_> {
    /// Writes elements that stand beside the objects of a container, whose tag comes first: `defaultPriority` in
    /// `priorities`. All objects that they name must have been written or be there.
    pub fn write_settings(&mut self, settings: &[(&str, &Element)]) {
        for (_, setting) in settings {
            let Some((kind, _, property)) = DEFAULTS.iter().find(|(_, tag, _)| *tag == setting.tag()) else {
                continue;
            };
            let Some(id) = self.id_of(setting, &[]) else { continue };
            let now = self.properties.setting(property).map(str::trim);
            if now != Some(&*id) || !self.ids.knows(kind, &id) {
                self.put_setting(property, &id);
            }
        }
    }

    /// Writes a setting of the instance as a text.
    fn put_setting(&mut self, property: &'static str, value: &str) {
        let key = [
            ("propertyKey", Some(property)),
            ("entityName", Some("jira.properties")),
            ("entityId", Some("1")),
        ];
        // Of several entries of one key the last one counts.
        let entry =
            self.find("OSPropertyEntry", &key).last().map(|&at| self.at("OSPropertyEntry", at).clone());
        let (id, is_text) = match entry {
            Some(entry) => {
                let is_text = entry.number("type") == Some(6);
                let ty = if is_text { "6" } else { "5" };
                let id = entry.id().to_owned();
                self.put("OSPropertyEntry", &[("id", &id)], vec![("type", Some(ty.to_owned()))]);
                (id, is_text)
            }
            None => {
                let mut values: super::Values =
                    key.iter().map(|(name, value)| (*name, value.map(str::to_owned))).collect();
                values.push(("type", Some("5".to_owned())));
                (self.insert("OSPropertyEntry", values), false)
            }
        };
        let table = if is_text { "OSPropertyText" } else { "OSPropertyString" };
        self.put(table, &[("id", &id)], vec![("value", Some(value.to_owned()))]);
    }
}
