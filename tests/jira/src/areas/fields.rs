//! System and custom fields.

use serde_json::{Value, json};

use super::system_fields::{SYSTEM_FIELDS, SystemField};
use super::{number, put, team, uuid};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get};
use crate::rows::{Row, Table};

pub(super) const BOTH: &[Endpoint] = &[get("/field", all)];
pub(super) const CLOUD: &[Endpoint] = &[get("/field/search", search).paged(50, 50)];
pub(super) const DATA_CENTER: &[Endpoint] = &[get("/customFields", custom_fields)
    .shaped(Shape::Named("customFields", Limit { usual: 50, most: 1000 }))
    .admin()];

/// Where Jira's own types of custom fields are.
const OWN_TYPES: &str = "com.atlassian.jira.plugin.system.customfieldtypes:";

/// The type of values, and of their items, of Jira's own types of custom fields.
const TYPES: &[(&str, &str, &str)] = &[
    ("cascadingselect", "option-with-child", ""),
    ("datepicker", "date", ""),
    ("datetime", "datetime", ""),
    ("float", "number", ""),
    ("grouppicker", "group", ""),
    ("importid", "number", ""),
    ("labels", "array", "string"),
    ("multicheckboxes", "array", "option"),
    ("multigrouppicker", "array", "group"),
    ("multiselect", "array", "option"),
    ("multiuserpicker", "array", "user"),
    ("multiversion", "array", "version"),
    ("project", "project", ""),
    ("radiobuttons", "option", ""),
    ("readonlyfield", "string", ""),
    ("select", "option", ""),
    ("textarea", "string", ""),
    ("textfield", "string", ""),
    ("url", "string", ""),
    ("userpicker", "user", ""),
    ("version", "version", ""),
];

/// Returns the word of Jira's own type of a custom field, such as `select`.
pub(crate) fn own_type(key: &str) -> Option<&str> {
    key.strip_prefix(OWN_TYPES)
}

/// Returns whether Jira has a type by itself.
pub(crate) fn has_type(word: &str) -> bool {
    TYPES.iter().any(|(own, ..)| *own == word)
}

/// Returns the custom field of an id such as `customfield_10000`.
pub(crate) fn custom<'t>(table: &'t Table, id: &str) -> Option<Row<'t>> {
    table.by_id(id.strip_prefix("customfield_")?)
}

pub(super) fn system(id: &str) -> Option<&'static SystemField> {
    SYSTEM_FIELDS.iter().find(|field| field.id == id)
}

/// Returns the name of a field, if there is one.
pub(crate) fn name(call: &Call<'_>, id: &str) -> Result<Option<String>, Refusal> {
    if let Some(field) = system(id) {
        return Ok(Some(call.local(field.name)));
    }
    let table = call.table("customfield")?;
    Ok(custom(&table, id).map(|row| row.text("cfname").to_owned()))
}

/// Returns the type of a field as pages of Data Center show it.
pub(super) fn type_shown(call: &Call<'_>, id: &str) -> Result<Option<String>, Refusal> {
    let table = call.table("customfield")?;
    let key = custom(&table, id).map(|row| row.text("customfieldtypekey"));
    Ok(key.map(|key| own_type(key).unwrap_or(key).to_owned()))
}

pub(crate) fn schema(row: Row<'_>) -> Value {
    let key = row.text("customfieldtypekey");
    let known = own_type(key).and_then(|word| TYPES.iter().find(|(own, ..)| *own == word));
    let (kind, items) = known.map_or(("any", ""), |(_, kind, items)| (kind, items));
    let mut schema = json!({"type": kind, "custom": key, "customId": number(row.id())});
    put(&mut schema, "items", Some(items).filter(|items| !items.is_empty()));
    schema
}

pub(super) fn system_schema(field: &SystemField) -> Option<Value> {
    let mut schema = json!({"type": field.kind, "system": field.id});
    put(&mut schema, "items", Some(field.items).filter(|items| !items.is_empty()));
    Some(schema).filter(|_| !field.kind.is_empty())
}

/// The plain list.
fn all(call: &Call<'_>) -> Answer {
    let table = call.table("customfield")?;
    let items = call.table("fieldscreenlayoutitem")?;
    let system = SYSTEM_FIELDS.iter().map(|field| {
        let mut told = json!({
            "id": field.id,
            "key": field.id,
            "name": call.local(field.name),
            "custom": false,
            "orderable": field.is_orderable,
            "navigable": field.id != "timetracking" && field.id != "attachment" && field.id != "comment",
            "searchable": !field.clauses.is_empty(),
            "clauseNames": field.clauses,
        });
        put(&mut told, "schema", system_schema(field));
        told
    });
    let mut told: Vec<Value> = system.collect();
    for row in table.all() {
        let id = format!("customfield_{}", row.id());
        // Since 2026 what is on no screen is left out.
        if call.is_cloud() && items.one("fieldidentifier", &id).is_none() {
            continue;
        }
        let mut field = json!({
            "id": id,
            "key": id,
            "name": row.text("cfname"),
            "custom": true,
            "orderable": true,
            "navigable": true,
            "searchable": row.get("customfieldsearcherkey").is_some(),
            "clauseNames": [format!("cf[{}]", row.id()), row.text("cfname")],
            "schema": schema(row),
        });
        if call.is_cloud() {
            field["untranslatedName"] = json!(row.text("cfname"));
        }
        told.push(field);
    }
    told.extend(team::field(call));
    if !call.is_cloud() {
        // The key came with Cloud.
        for field in &mut told {
            field.as_object_mut().map(|field| field.remove("key"));
        }
    }
    Ok(told.into())
}

/// Returns whether nobody may change a field, because an app made it.
fn is_locked(call: &Call<'_>, id: &str) -> Result<bool, Refusal> {
    let table = call.table("managedconfigurationitem")?;
    Ok(table.one("item_id", id).is_some_and(|row| row.text("access_level").starts_with("LOCKED")))
}

fn search(call: &Call<'_>) -> Answer {
    let kinds: Vec<&str> = call.all("type").flat_map(|kinds| kinds.split(',')).collect();
    let has = |kind: &str| kinds.is_empty() || kinds.contains(&kind);
    let (table, contexts) = (call.table("customfield")?, call.table("fieldconfigscheme")?);
    let (items, wanted) =
        (call.table("fieldscreenlayoutitem")?, call.query("query").unwrap_or_default().to_lowercase());
    let mut told = Vec::new();
    for field in SYSTEM_FIELDS.iter().filter(|_| has("system")) {
        let mut own = json!({"id": field.id, "name": call.local(field.name), "description": ""});
        put(&mut own, "schema", system_schema(field));
        put(&mut own, "key", call.expands("key").then_some(field.id));
        put(&mut own, "isLocked", call.expands("isLocked").then_some(false));
        told.push(own);
    }
    for row in table.all().filter(|_| has("custom")) {
        let id = format!("customfield_{}", row.id());
        let mut own = json!({
            "id": id,
            "name": row.text("cfname"),
            "schema": schema(row),
            "description": row.text("description"),
        });
        let on_screens = items.with("fieldidentifier", &id).count();
        put(&mut own, "key", call.expands("key").then(|| id.clone()));
        put(&mut own, "stableId", call.expands("stableId").then(|| uuid("field", &id)));
        put(
            &mut own,
            "searcherKey",
            row.get("customfieldsearcherkey").filter(|_| call.expands("searcherKey")),
        );
        put(&mut own, "isLocked", call.expands("isLocked").then_some(is_locked(call, &id)?));
        put(&mut own, "screensCount", call.expands("screensCount").then_some(on_screens));
        let count = || contexts.with("fieldid", &id).count();
        put(&mut own, "contextsCount", call.expands("contextsCount").then(count));
        told.push(own);
    }
    let fits = |field: &Value| {
        let (id, name) =
            (field["id"].as_str().unwrap_or_default(), field["name"].as_str().unwrap_or_default());
        call.wants("id", id) && name.to_lowercase().contains(&wanted)
    };
    told.retain(fits);
    told.sort_by_cached_key(|field| field["name"].as_str().unwrap_or_default().to_lowercase());
    Ok(told.into())
}

fn custom_fields(call: &Call<'_>) -> Answer {
    let (table, contexts) = (call.table("customfield")?, call.table("configurationcontext")?);
    let (types, items) = (call.table("fieldconfigschemeissuetype")?, call.table("fieldscreenlayoutitem")?);
    let schemes = call.table("fieldconfigscheme")?;
    let mut told = Vec::new();
    for row in table.all() {
        let id = format!("customfield_{}", row.id());
        let own: Vec<_> = contexts.with("customfield", &id).collect();
        let projects: Vec<Value> = own.iter().filter_map(|row| row.get("project")).map(number).collect();
        let kinds: Vec<&str> = schemes
            .with("fieldid", &id)
            .flat_map(|scheme| types.with("fieldconfigscheme", scheme.id()).collect::<Vec<_>>())
            .filter_map(|row| row.get("issuetype"))
            .collect();
        let key = row.text("customfieldtypekey");
        let mut field = json!({
            "id": id,
            "numericId": number(row.id()),
            "name": row.text("cfname"),
            "description": row.text("description"),
            "type": key,
            "self": call.link(&format!("/customFields/{id}")),
            "isLocked": is_locked(call, &id)?,
            "isManaged": false,
            "isTrusted": own_type(key).is_some(),
            "isAllProjects": own.iter().any(|row| row.get("project").is_none()),
            "projectsCount": projects.len(),
            "screensCount": items.with("fieldidentifier", &id).count(),
            "projectIds": projects,
            "issueTypeIds": kinds,
        });
        put(&mut field, "searcherKey", row.get("customfieldsearcherkey"));
        told.push(field);
    }
    Ok(told.into())
}
