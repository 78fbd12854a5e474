//! Filters, dashboards with their gadgets, and whom both are shared with.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::endpoint::{Endpoint, cloud, data_center};
use super::person::{Group, User};
use super::reader::{Ask, Reader};
use super::shape::{Id, WithId};
use crate::rest::{Edition, Failure};

/// A filter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    id: Id,
    name: String,
    description: Option<String>,
    owner: Option<User>,
    jql: String,
    share_permissions: Vec<Share>,
    edit_permissions: Option<Vec<Share>>,
}

/// A column of the list of issues that a filter finds.
#[derive(Debug, Deserialize)]
struct Column {
    value: String,
}

/// A dashboard.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dashboard {
    id: Id,
    name: String,
    description: Option<String>,
    owner: Option<User>,
    share_permissions: Vec<Share>,
    edit_permissions: Option<Vec<Share>>,
}

/// Whom something is shared with.
#[derive(Debug, Clone, Deserialize)]
struct Share {
    #[serde(rename = "type")]
    ty: String,
    project: Option<WithId>,
    role: Option<WithId>,
    group: Option<Group>,
    user: Option<User>,
    edit: Option<bool>,
}

/// A gadget.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gadget {
    id: Id,
    color: Option<String>,
    uri: Option<String>,
    module_key: Option<String>,
    position: Position,
}

/// Where a gadget is; the members are spelled so (a slip of Jira Cloud's, seen in its own description and in live replies).
#[derive(Debug, Deserialize)]
struct Position {
    #[serde(alias = "The column position of the gadget.")]
    column: i64,
    #[serde(alias = "The row position of the gadget.")]
    row: i64,
}

/// The key of a property.
#[derive(Debug, Deserialize)]
struct PropertyKey {
    key: String,
}

/// A property.
#[derive(Debug, Deserialize)]
struct Property {
    key: String,
    value: Value,
}

/// Returns the lists that are read whatever is wanted.
pub(super) fn lists(edition: Edition) -> &'static [&'static Endpoint] {
    match edition {
        Edition::Cloud => &[&cloud::FILTERS, &cloud::DASHBOARDS],
        Edition::DataCenter => &[],
    }
}

/// The property of a gadget that holds its preferences; others are preferences of their own.
const PREFERENCES: &str = "config";

/// Makes the rows of all but the columns of filters and the gadgets of dashboards.
pub(super) fn read(reader: &mut Reader<'_>) {
    if reader.edition == Edition::DataCenter {
        return;
    }
    let ask = reader.of(&cloud::FILTERS);
    for filter in reader.list::<Filter>(&ask).unwrap_or_default() {
        add_filter(reader, &filter);
    }
    let ask = reader.of(&cloud::DASHBOARDS);
    for (at, own) in reader.list::<Dashboard>(&ask).unwrap_or_default().iter().enumerate() {
        let owner = own.owner.as_ref().and_then(|owner| reader.met(owner));
        let id = own.id.as_str();
        reader.add(
            "PortalPage",
            &[
                ("id", Some(id)),
                ("pagename", Some(&own.name)),
                ("username", owner.as_deref()),
                ("description", own.description.as_deref()),
                ("sequence", Some(&at.to_string())),
            ],
        );
        let edit = own.edit_permissions.as_deref();
        shares(reader, &DASHBOARD, (id, &own.name), &own.share_permissions, edit);
    }
}

/// Makes the rows of filters of which only the ids are known.
pub(super) fn read_filters(reader: &mut Reader<'_>, ids: &BTreeSet<String>) -> Result<(), Failure> {
    let about = |reader: &Reader<'_>, id: &String| reader.about(&data_center::FILTER, &[id], id);
    let asks: Vec<Ask> = ids.iter().map(|id| about(reader, id)).collect();
    reader.fetch(asks)?;
    for id in ids {
        let ask = about(reader, id);
        if let Some(filter) = reader.one::<Filter>(&ask) {
            add_filter(reader, &filter);
        }
    }
    Ok(())
}

fn add_filter(reader: &mut Reader<'_>, filter: &Filter) {
    let owner = filter.owner.as_ref().and_then(|owner| reader.met(owner));
    let id = filter.id.as_str();
    reader.add(
        "SearchRequest",
        &[
            ("id", Some(id)),
            ("name", Some(&filter.name)),
            ("nameLower", Some(&filter.name.to_lowercase())),
            ("author", owner.as_deref()),
            ("user", owner.as_deref()),
            ("description", filter.description.as_deref()),
            ("request", Some(&filter.jql)),
        ],
    );
    let edit = match reader.edition {
        Edition::Cloud => filter.edit_permissions.clone(),
        // One list says both.
        Edition::DataCenter => {
            let all = filter.share_permissions.iter();
            Some(all.filter(|share| share.edit == Some(true)).cloned().collect())
        }
    };
    shares(reader, &FILTER, (id, &filter.name), &filter.share_permissions, edit.as_deref());
    if edit.is_none() {
        let why = "the list of filters does not say who may edit them";
        reader.unknown(FILTER.tells, Some(&filter.name), why, false);
    }
}

/// What can be shared: the table, and what is unknown if nobody says with whom.
struct Sharing {
    entity: &'static str,
    tells: &'static [&'static str],
}

const FILTER: Sharing = Sharing { entity: "SearchRequest", tells: &["filter/sharedWith"] };
const DASHBOARD: Sharing = Sharing { entity: "PortalPage", tells: &["dashboard/sharedWith"] };

fn shares(
    reader: &mut Reader<'_>,
    sharing: &Sharing,
    (id, name): (&str, &str),
    view: &[Share],
    edit: Option<&[Share]>,
) {
    let mut rows: BTreeSet<(&'static str, Option<String>, Option<String>)> = BTreeSet::new();
    let mut editable = BTreeSet::new();
    for (list, is_edit) in [(view, false), (edit.unwrap_or_default(), true)] {
        for share in list {
            let Some(row) = share_row(reader, share) else {
                let why = format!("it is shared in a way that you may not see: {}", share.ty);
                reader.unknown(sharing.tells, Some(name), &why, false);
                continue;
            };
            if is_edit {
                editable.insert(row.clone());
            }
            rows.insert(row);
        }
    }
    for row in rows {
        let rights = if editable.contains(&row) { "3" } else { "1" };
        let (ty, first, second) = &row;
        reader.add(
            "SharePermissions",
            &[
                ("entityId", Some(id)),
                ("entityType", Some(sharing.entity)),
                ("type", Some(ty)),
                ("param1", first.as_deref()),
                ("param2", second.as_deref()),
                ("rights", Some(rights)),
            ],
        );
    }
}

/// Returns the type and the parameters of a row; `None` for a share of which the caller may not see with whom.
fn share_row(
    reader: &mut Reader<'_>,
    share: &Share,
) -> Option<(&'static str, Option<String>, Option<String>)> {
    let id = |own: &Option<WithId>| own.as_ref().map(|own| own.id.as_str().to_owned());
    Some(match share.ty.as_str() {
        "global" => ("global", None, None),
        "loggedin" | "authenticated" => ("loggedin", None, None),
        "group" => ("group", Some(reader.met_group(share.group.as_ref()?)), None),
        "user" => ("user", Some(reader.met(share.user.as_ref()?)?), None),
        "project" | "projectRole" => ("project", Some(id(&share.project)?), id(&share.role)),
        _ => return None,
    })
}

/// Makes the rows of the columns of filters, by id and name.
pub(super) fn read_columns(reader: &mut Reader<'_>, filters: &[(String, String)]) -> Result<(), Failure> {
    let about = |reader: &Reader<'_>, (id, name): &(String, String)| {
        reader.about(&cloud::FILTER_COLUMNS, &[id], name)
    };
    let asks: Vec<Ask> = filters.iter().map(|filter| about(reader, filter)).collect();
    reader.fetch(asks)?;
    for filter in filters {
        let ask = about(reader, filter);
        let columns = reader.list::<Column>(&ask).unwrap_or_default();
        if columns.is_empty() {
            continue;
        }
        let layout = reader.add("ColumnLayout", &[("searchrequest", Some(&filter.0))]);
        for (at, column) in columns.iter().enumerate() {
            reader.add(
                "ColumnLayoutItem",
                &[
                    ("columnlayout", Some(&layout)),
                    ("fieldidentifier", Some(&column.value)),
                    ("horizontalposition", Some(&at.to_string())),
                ],
            );
        }
    }
    Ok(())
}

/// Makes the rows of the gadgets of dashboards, by id and name.
pub(super) fn read_gadgets(reader: &mut Reader<'_>, dashboards: &[(String, String)]) -> Result<(), Failure> {
    let about =
        |reader: &Reader<'_>, (id, name): &(String, String)| reader.about(&cloud::GADGETS, &[id], name);
    let asks: Vec<Ask> = dashboards.iter().map(|own| about(reader, own)).collect();
    reader.fetch(asks)?;
    let mut all: Vec<(&(String, String), Gadget)> = Vec::new();
    for dashboard in dashboards {
        let ask = about(reader, dashboard);
        all.extend(reader.list::<Gadget>(&ask).unwrap_or_default().into_iter().map(|own| (dashboard, own)));
    }
    let keys = |reader: &Reader<'_>, (id, name): &(String, String), gadget: &Gadget| {
        reader.about(&cloud::GADGET_PROPERTIES, &[id, gadget.id.as_str()], name)
    };
    let asks: Vec<Ask> = all.iter().map(|(dashboard, gadget)| keys(reader, dashboard, gadget)).collect();
    reader.fetch(asks)?;
    let mut properties: Vec<(&str, Ask)> = Vec::new();
    for (dashboard, gadget) in &all {
        let ask = keys(reader, dashboard, gadget);
        for PropertyKey { key } in reader.list(&ask).unwrap_or_default() {
            let parts = [dashboard.0.as_str(), gadget.id.as_str(), key.as_str()];
            properties
                .push((gadget.id.as_str(), reader.about(&cloud::GADGET_PROPERTY, &parts, &dashboard.1)));
        }
    }
    reader.fetch(properties.iter().map(|(_, ask)| ask.clone()))?;
    for (dashboard, gadget) in &all {
        reader.add(
            "PortletConfiguration",
            &[
                ("id", Some(gadget.id.as_str())),
                ("portalpage", Some(&dashboard.0)),
                ("columnNumber", Some(&gadget.position.column.to_string())),
                ("position", Some(&gadget.position.row.to_string())),
                ("color", gadget.color.as_deref().map(stored_color)),
                ("gadgetXml", gadget.uri.as_deref()),
                ("dashboardModuleCompleteKey", gadget.module_key.as_deref()),
            ],
        );
    }
    for (gadget, ask) in &properties {
        let Some(Property { key, value }) = reader.one(ask) else { continue };
        match value {
            Value::Object(preferences) if key == PREFERENCES => {
                for (key, value) in &preferences {
                    preference(reader, gadget, (PREFERENCES, key), value);
                }
            }
            value => preference(reader, gadget, (&key, &key), &value),
        }
    }
    Ok(())
}

/// The colours of gadgets in the order of the numbers that rows have for them.
const COLORS: [&str; 8] = ["blue", "red", "yellow", "green", "cyan", "purple", "gray", "white"];
const NUMBERS: [&str; 8] = ["color1", "color2", "color3", "color4", "color5", "color6", "color7", "color8"];

/// Returns what rows call a colour; one that nobody knows stays as it is.
fn stored_color(told: &str) -> &str {
    COLORS.iter().position(|own| *own == told).map_or(told, |at| NUMBERS[at])
}

fn preference(reader: &mut Reader<'_>, gadget: &str, (property, key): (&str, &str), value: &Value) {
    reader.preferences.insert((gadget.to_owned(), key.to_owned()), (property.to_owned(), value.clone()));
    let text = match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    };
    reader.add(
        "GadgetUserPreference",
        &[
            ("portletconfiguration", Some(gadget)),
            ("userprefkey", Some(key)),
            ("userprefvalue", text.as_deref()),
        ],
    );
}
