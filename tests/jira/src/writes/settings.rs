//! Values that stand beside rows: settings of the instance, properties of objects, defaults of fields.
//!
//! Invariant: a value that is taken away leaves no row.

use serde_json::json;

use crate::call::{Call, Refusal};
use crate::rows::Row;

/// The entity and id that settings of the instance belong to.
const INSTANCE: (&str, &str) = ("jira.properties", "1");

/// What says that a property is a text.
const TEXT: i64 = 5;

impl Call<'_> {
    /// Returns a setting of the instance.
    pub(super) fn setting(&self, key: &str) -> Result<Option<String>, Refusal> {
        crate::areas::property(self, INSTANCE.0, INSTANCE.1, key)
    }

    pub(super) fn set_setting(&self, key: &str, value: Option<&str>) -> Result<(), Refusal> {
        self.set_property(INSTANCE, key, value)
    }

    /// Sets a property of an object, a text, or takes it away.
    pub(super) fn set_property(
        &self,
        (entity, object): (&str, &str),
        key: &str,
        value: Option<&str>,
    ) -> Result<(), Refusal> {
        let entries = self.table("propertyentry")?;
        let is_own = |row: &Row<'_>| row.text("entity_name") == entity && row.text("entity_id") == object;
        for entry in entries.with("property_key", key).filter(is_own) {
            for table in ["propertystring", "propertytext", "propertynumber", "propertyentry"] {
                self.delete(table, json!({"id": entry.id()}))?;
            }
        }
        if let Some(value) = value {
            let id = self.insert(
                "propertyentry",
                json!({
                    "entity_name": entity,
                    "entity_id": object,
                    "property_key": key,
                    "propertytype": TEXT,
                }),
            )?;
            self.insert("propertystring", json!({"id": id, "propertyvalue": value}))?;
        }
        Ok(())
    }

    /// Sets the default of a scheme of issue types or priorities, by its configuration.
    pub(super) fn set_default(&self, configuration: &str, id: Option<&str>) -> Result<(), Refusal> {
        self.set_default_xml(configuration, id.map(|id| format!("<string>{id}</string>")).as_deref())
    }

    /// Sets the default value of a configuration of a field, as it is stored.
    pub(super) fn set_default_xml(&self, configuration: &str, xml: Option<&str>) -> Result<(), Refusal> {
        self.delete("genericconfiguration", json!({"datakey": configuration, "datatype": "DefaultValue"}))?;
        if let Some(xml) = xml {
            self.insert(
                "genericconfiguration",
                json!({"datakey": configuration, "datatype": "DefaultValue", "xmlvalue": xml}),
            )?;
        }
        Ok(())
    }
}
