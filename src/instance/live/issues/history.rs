//! What became of an issue, as a live Jira tells it.
//!
//! Invariant: an entry is about a field by its id where that is told, and by its name where it is not.

use pcfg_sync::Field;
use serde::Deserialize;
use serde_json::Value;

/// What became of an issue.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Changelog {
    pub(super) total: Option<usize>,
    #[serde(default)]
    pub(super) histories: Vec<Change>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Change {
    pub(super) id: String,
    #[serde(default)]
    pub(super) author: Value,
    pub(super) created: String,
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) field: String,
    pub(super) fieldtype: Option<String>,
    field_id: Option<String>,
    from_string: Option<String>,
}

impl Changelog {
    pub(super) fn in_order(&self) -> Vec<&Change> {
        let mut all: Vec<&Change> = self.histories.iter().collect();
        all.sort_by_key(|own| own.id.parse::<u64>().unwrap_or(0));
        all
    }

    /// Returns the status that an issue had before it was changed for the first time, if it was.
    pub(super) fn first_status(&self) -> Option<String> {
        // Of a long history Cloud tells the end.
        if self.total.is_some_and(|total| total > self.histories.len()) {
            return None;
        }
        let items = self.in_order().into_iter().flat_map(|own| &own.items);
        let mut items =
            items.filter(|own| own.field == "status" && own.fieldtype.as_deref() != Some("custom"));
        items.next()?.from_string.clone()
    }
}

/// What Jira calls the changes of fields that hold parts of the project.
const PARTS: [(&str, &str); 3] =
    [("components", "Component"), ("versions", "Version"), ("fixVersions", "Fix Version")];

impl Item {
    /// Returns whether it tells of a field.
    pub(super) fn is_of(&self, field: &Field, id: &str) -> bool {
        let is_custom = self.fieldtype.as_deref() == Some("custom");
        match (field, &self.field_id) {
            // Cloud tells ids; both estimates have the same one.
            (Field::Custom { .. }, Some(own)) => own == id,
            (Field::Custom { name, .. }, None) => is_custom && self.field == *name,
            (Field::System(name), _) => {
                let told = PARTS.iter().find(|(own, _)| own == name).map_or(name.as_str(), |(_, told)| told);
                !is_custom && (self.field == told || self.field == *name)
            }
        }
    }
}
