//! Contexts of custom fields as their rows have them, and what stands for the ids of new ones.
//!
//! Invariant: what stands for a new context or option is made of the field, the context and the values alone, so that no two have the
//! same.

use std::collections::{BTreeMap, BTreeSet};

use crate::entity::Row;
use crate::instance::live::write::{Ground, Side, is_given, token};

/// A context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Context {
    /// The id of its row.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    /// The projects that it holds for; nothing if it holds for all.
    pub(super) projects: Option<BTreeSet<String>>,
    /// The issue types that it holds for; nothing if it holds for all.
    pub(super) types: Option<BTreeSet<String>>,
    pub(super) choices: Vec<Choice>,
    /// The default value, as Jira stores it.
    pub(super) default: Option<String>,
    /// What no request says of it.
    pub(super) unsaid: Option<&'static str>,
}

/// An option, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) value: String,
    /// The option that it stands below, in a cascading field.
    pub(super) parent: Option<String>,
    pub(super) is_disabled: bool,
}

/// Returns the contexts of a field, the oldest first.
pub(super) fn all(side: &Side<'_>, field: &str) -> Vec<Context> {
    let mut rows = side.with("FieldConfigScheme", "fieldid", field);
    rows.sort_by_key(|row| row.id().parse().unwrap_or(i64::MAX));
    rows.into_iter().map(|row| context(side, row)).collect()
}

fn context(side: &Side<'_>, row: &Row) -> Context {
    let places = side.with("ConfigurationContext", "fieldconfigscheme", row.id());
    let links = side.with("FieldConfigSchemeIssueType", "fieldconfigscheme", row.id());
    let configurations: BTreeSet<&str> =
        links.iter().filter_map(|own| own.text("fieldconfiguration")).collect();
    let ids = |rows: &[&Row], column| -> Option<BTreeSet<String>> {
        let all: Option<BTreeSet<String>> =
            rows.iter().map(|own| own.text(column).map(str::to_owned)).collect();
        all
    };
    let has_category = places.iter().any(|own| own.text("projectcategory").is_some());
    let unsaid = if has_category {
        Some("Jira Cloud has no contexts for the projects of a category: name the projects")
    } else if configurations.len() > 1 {
        Some("a context of Jira Cloud has one option set, and the same for all of its issue types")
    } else if links.is_empty() {
        Some("a context of Jira Cloud holds for an issue type at least")
    } else {
        None
    };
    let configuration = configurations.first().copied().unwrap_or_default();
    let defaults = side.with("GenericConfiguration", "datakey", configuration);
    let default = defaults.iter().find(|own| own.get("datatype") == Some("DefaultValue"));
    Context {
        id: row.id().to_owned(),
        name: row.get("name").unwrap_or_default().to_owned(),
        description: row.get("description").unwrap_or_default().to_owned(),
        projects: ids(&places, "project"),
        types: ids(&links, "issuetype"),
        choices: choices(side, configuration),
        default: default.and_then(|own| own.text("xmlvalue")).map(str::to_owned),
        unsaid,
    }
}

fn choices(side: &Side<'_>, configuration: &str) -> Vec<Choice> {
    let mut rows = side.with("CustomFieldOption", "customfieldconfig", configuration);
    rows.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
    let choice = |row: &Row| Choice {
        id: row.id().to_owned(),
        value: row.get("value").unwrap_or_default().to_owned(),
        parent: row.text("parentoptionid").map(str::to_owned),
        is_disabled: row.truth("disabled"),
    };
    rows.into_iter().map(choice).collect()
}

/// Returns the id of a context as requests have it.
pub(super) fn sent_context(ground: &Ground<'_>, id: &str) -> String {
    if ground.before.row("FieldConfigScheme", id).is_some() {
        return id.to_owned();
    }
    let row = ground.after.row("FieldConfigScheme", id);
    let text = |column| row.and_then(|row| row.get(column)).unwrap_or_default();
    token("context", &format!("{}/{}", ground.field(text("fieldid")), text("name")))
}

/// Returns the id of an option as requests have it.
pub(super) fn sent_choice(ground: &Ground<'_>, id: &str) -> String {
    const TABLE: &str = "CustomFieldOption";
    if ground.before.row(TABLE, id).is_some() {
        return id.to_owned();
    }
    let Some(row) = ground.after.row(TABLE, id) else { return id.to_owned() };
    let configuration = row.get("customfieldconfig").unwrap_or_default();
    let links = ground.after.with("FieldConfigSchemeIssueType", "fieldconfiguration", configuration);
    let context = links.first().and_then(|own| own.text("fieldconfigscheme")).unwrap_or_default();
    let parent = row.text("parentoptionid").map(|own| sent_choice(ground, own)).unwrap_or_default();
    let value = row.get("value").unwrap_or_default();
    token("option", &format!("{}/{parent}/{value}", sent_context(ground, context)))
}

/// Returns what stands for the ids that the rehearsal has given to new options, wherever something names them.
pub(in crate::instance::live::write) fn given(ground: &Ground<'_>) -> BTreeMap<String, String> {
    let rows = ground.after.tables.rows("CustomFieldOption").iter().filter(|row| is_given(row.id()));
    rows.map(|row| (row.id().to_owned(), sent_choice(ground, row.id()))).collect()
}
