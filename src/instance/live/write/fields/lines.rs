//! What rows say of a field in a field configuration.
//!
//! Pure. Invariant: a field without a line is shown and optional, as one of which a line says nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Ground, Side};
use crate::entity::Row;

/// How a field is shown for which nobody has chosen anything.
pub(super) const TEXT: &str = "jira-text-renderer";

/// How a field behaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) description: String,
    pub(super) is_hidden: bool,
    pub(super) is_required: bool,
    /// The key of the renderer, if one is named.
    pub(super) renderer: Option<String>,
}

impl Line {
    pub(super) fn of(row: &Row) -> Self {
        Self {
            description: row.get("description").unwrap_or_default().to_owned(),
            is_hidden: row.get("ishidden") == Some("true"),
            is_required: row.get("isrequired") == Some("true"),
            renderer: row.text("renderertype").map(str::to_owned),
        }
    }

    /// Returns the key of the renderer.
    pub(super) fn rendered(&self) -> &str {
        self.renderer.as_deref().unwrap_or(TEXT)
    }

    /// Returns whether a line that becomes another names another renderer: one that names none leaves it as it is.
    pub(super) fn is_rendered_otherwise(&self, to: &Self) -> bool {
        to.renderer.is_some() && self.rendered() != to.rendered()
    }

    /// Returns it as rows have it.
    pub(super) fn row(&self, row: &Row) -> Row {
        let mut row = row.clone();
        let flag = |is_set| Some(if is_set { "true" } else { "false" });
        row.put("description", Some(self.description.as_str()).filter(|own| !own.is_empty()));
        row.put("ishidden", flag(self.is_hidden));
        row.put("isrequired", flag(self.is_required));
        row.put("renderertype", self.renderer.as_deref());
        row
    }
}

/// Returns what a configuration says of fields, with the rows; the first line of a field counts.
pub(super) fn rows_of<'g>(side: &Side<'g>, configuration: &str) -> BTreeMap<String, &'g Row> {
    let mut rows = BTreeMap::new();
    for row in side.with("FieldLayoutItem", "fieldlayout", configuration) {
        if let Some(field) = row.text("fieldidentifier").filter(|field| is_known(side, field)) {
            rows.entry(field.to_owned()).or_insert(row);
        }
    }
    rows
}

/// Returns what a configuration says of fields.
pub(super) fn lines_of(side: &Side<'_>, configuration: &str) -> BTreeMap<String, Line> {
    rows_of(side, configuration).into_iter().map(|(field, row)| (field, Line::of(row))).collect()
}

fn is_known(side: &Side<'_>, field: &str) -> bool {
    field.strip_prefix("customfield_").is_none_or(|id| side.names.get("customField", id).is_some())
}

/// Returns the fields of which a configuration says something, because there are these.
pub(super) fn known(ground: &Ground<'_>, configuration: &str, is_new: bool) -> BTreeSet<String> {
    let rows = match is_new {
        true => ground.before.tables.rows("FieldLayoutItem").iter().collect(),
        false => ground.before.with("FieldLayoutItem", "fieldlayout", configuration),
    };
    let fields = rows.into_iter().filter_map(|row| row.text("fieldidentifier").map(str::to_owned));
    let custom = ground.before.tables.rows("CustomField").iter().filter(|_| is_new);
    let custom = custom.map(|row| format!("customfield_{}", row.id()));
    fields.chain(custom).filter(|field| is_known(&ground.after, field)).collect()
}

/// Returns what people call a field.
pub(super) fn title(ground: &Ground<'_>, field: &str) -> String {
    let custom = field.strip_prefix("customfield_").and_then(|id| ground.after.names.get("customField", id));
    custom.map_or_else(|| field.to_owned(), |name| name.text.clone())
}

/// Returns the id of the configuration that holds where no other does, if it was told.
pub(super) fn default_of(side: &Side<'_>) -> Option<String> {
    side.with("FieldLayout", "type", "default").first().map(|row| row.id().to_owned())
}
