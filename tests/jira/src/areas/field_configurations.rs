//! Field configurations and their schemes, as Cloud tells them to those who have not moved, and as Data Center's own pages do.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::system_fields::SYSTEM_FIELDS;
use super::{fields, number, projects, put};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get};
use crate::rows::{Row, Table};

pub(super) const CLOUD: &[Endpoint] = &[
    get("/fieldconfiguration", configurations).paged(50, 50).admin(),
    get("/fieldconfiguration/{id}/fields", fields_of).paged(50, 50).admin(),
    get("/fieldconfigurationscheme", schemes).paged(50, 50).admin(),
    get("/fieldconfigurationscheme/mapping", mapping).paged(50, 50).admin(),
    get("/fieldconfigurationscheme/project", of_projects).paged(50, 50).admin(),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    get("/rest/internal/2/fieldConfiguration/{id}", internal)
        .shaped(Shape::Inside("fields", Limit { usual: 50, most: 200 }))
        .admin(),
    get("/rest/internal/2/fieldConfiguration/{id}/projects", internal_projects).admin(),
];

/// Renderers: the key in a row, the key in a reply of Cloud, and what pages show.
const RENDERERS: &[(&str, &str, &str)] = &[
    ("jira-text-renderer", "text-renderer", "Default Text Renderer"),
    ("atlassian-wiki-renderer", "wiki-renderer", "Wiki Style Renderer"),
    ("frother-control-renderer", "frother-control-renderer", "Autocomplete Renderer"),
    ("select-renderer", "select-renderer", "Select List Renderer"),
];

/// What a configuration says of a field.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) field: String,
    pub(super) description: Option<String>,
    pub(super) is_hidden: bool,
    pub(super) is_required: bool,
    renderer: String,
}

/// Returns the configuration that holds where no other does.
pub(super) fn default(table: &Table) -> Option<Row<'_>> {
    table.one("layout_type", "default")
}

/// Returns what a configuration says of all fields: those without a row are visible and optional.
pub(super) fn items(call: &Call<'_>, configuration: &str) -> Result<Vec<Item>, Refusal> {
    let rows = call.table("fieldlayoutitem")?;
    let (mut items, mut told) = (Vec::new(), HashSet::new());
    for row in rows.with("fieldlayout", configuration) {
        // A field that is gone is not told, though its row is there.
        if fields::name(call, row.text("fieldidentifier"))?.is_some()
            && told.insert(row.text("fieldidentifier").to_owned())
        {
            items.push(Item {
                field: row.text("fieldidentifier").to_owned(),
                description: row.get("description").map(str::to_owned),
                is_hidden: row.is_true("ishidden"),
                is_required: row.is_true("isrequired"),
                renderer: row.text("renderertype").to_owned(),
            });
        }
    }
    let custom = call.table("customfield")?;
    let custom = custom.all().map(|row| format!("customfield_{}", row.id()));
    let system = SYSTEM_FIELDS.iter().filter(|field| field.is_orderable).map(|field| field.id.to_owned());
    for field in system.chain(custom) {
        if !told.contains(&field) {
            let renderer = String::new();
            items.push(Item { field, description: None, is_hidden: false, is_required: false, renderer });
        }
    }
    Ok(items)
}

/// Returns the configuration of an entry of a scheme; one that names none means the default.
fn of_entity<'t>(table: &'t Table, entity: Row<'_>) -> Option<Row<'t>> {
    entity.get("fieldlayout").and_then(|id| table.by_id(id)).or_else(|| default(table))
}

/// Returns the configurations of a scheme: by issue type, `None` for all others.
pub(super) fn of_scheme<'t>(
    call: &Call<'_>,
    table: &'t Table,
    scheme: &str,
) -> Result<Vec<(Option<String>, Row<'t>)>, Refusal> {
    let (entities, types) = (call.table("fieldlayoutschemeentity")?, call.table("issuetype")?);
    let own = entities.with("scheme", scheme).filter_map(|entity| {
        let kind = entity.get("issuetype");
        if kind.is_some_and(|id| types.by_id(id).is_none()) {
            return None;
        }
        Some((kind.map(str::to_owned), of_entity(table, entity)?))
    });
    Ok(own.collect())
}

fn configurations(call: &Call<'_>) -> Answer {
    let table = call.table("fieldlayout")?;
    let told = table.all().filter(|row| call.wants("id", row.id())).map(|row| {
        let mut told = json!({"id": number(row.id()), "name": row.text("name")});
        put(&mut told, "description", row.get("description"));
        put(&mut told, "isDefault", (row.text("layout_type") == "default").then_some(true));
        told
    });
    let mut told: Vec<Value> = told.collect();
    if default(&table).is_none() && call.wants("id", OF_ALL) {
        // Jira has always had one; before anybody changed it there was no row.
        told.push(json!({
            "id": number(OF_ALL), "name": "Default Field Configuration", "description": "The default field configuration",
            "isDefault": true,
        }));
    }
    Ok(told.into())
}

/// The id of the default configuration where it has no row.
const OF_ALL: &str = "10000";

fn fields_of(call: &Call<'_>) -> Answer {
    let table = call.table("fieldlayout")?;
    let id = call.part(0);
    if table.by_id(id).is_none() && (id != OF_ALL || default(&table).is_some()) {
        return Err(Refusal::missing("field configuration", id));
    }
    let told = items(call, id)?.into_iter().map(|item| {
        let mut told = json!({"id": item.field, "isHidden": item.is_hidden, "isRequired": item.is_required});
        put(&mut told, "description", item.description);
        let renderer = RENDERERS.iter().find(|(own, ..)| *own == item.renderer).map(|(_, told, _)| *told);
        put(
            &mut told,
            "renderer",
            renderer.map(str::to_owned).or(Some(item.renderer).filter(|own| !own.is_empty())),
        );
        told
    });
    Ok(told.collect())
}

fn scheme(row: Row<'_>) -> Value {
    let mut told = json!({"id": row.id(), "name": row.text("name")});
    put(&mut told, "description", row.get("description"));
    told
}

fn schemes(call: &Call<'_>) -> Answer {
    let table = call.table("fieldlayoutscheme")?;
    Ok(table.all().filter(|row| call.wants("id", row.id())).map(scheme).collect())
}

fn mapping(call: &Call<'_>) -> Answer {
    let (table, configurations) = (call.table("fieldlayoutscheme")?, call.table("fieldlayout")?);
    let mut told = Vec::new();
    for row in table.all().filter(|row| call.wants("fieldConfigurationSchemeId", row.id())) {
        for (kind, configuration) in of_scheme(call, &configurations, row.id())? {
            told.push(json!({
                "fieldConfigurationSchemeId": row.id(),
                "issueTypeId": kind.as_deref().unwrap_or("default"),
                "fieldConfigurationId": configuration.id(),
            }));
        }
    }
    Ok(told.into())
}

fn of_projects(call: &Call<'_>) -> Answer {
    if call.query("projectId").is_none() {
        return Err(Refusal::new(400, "The projectId query parameter is missing."));
    }
    let (table, all) = (call.table("fieldlayoutscheme")?, call.table("project")?);
    let (mut without, mut told) = (Vec::new(), Vec::new());
    let mut by_scheme: Vec<(Row<'_>, Vec<&str>)> = table.all().map(|row| (row, Vec::new())).collect();
    for project in call.all("projectId").filter(|id| all.by_id(id).is_some()) {
        let own = projects::associated(call, project, "FieldLayoutScheme")?;
        match by_scheme.iter_mut().find(|(row, _)| Some(row.id()) == own.as_deref()) {
            Some((_, ids)) => ids.push(project),
            None => without.push(project),
        }
    }
    if !without.is_empty() {
        told.push(json!({"projectIds": without}));
    }
    for (row, ids) in by_scheme.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        told.push(json!({"fieldConfigurationScheme": scheme(row), "projectIds": ids}));
    }
    Ok(told.into())
}

/// Returns the configuration that Data Center's own pages mean: -1 is the default.
fn internal_row<'t>(call: &Call<'_>, table: &'t Table) -> Result<Row<'t>, Refusal> {
    let row = if call.part(0) == "-1" { default(table) } else { table.by_id(call.part(0)) };
    row.ok_or_else(|| Refusal::missing("field configuration", call.part(0)))
}

fn internal(call: &Call<'_>) -> Answer {
    let table = call.table("fieldlayout")?;
    let row = internal_row(call, &table)?;
    let mut told = Vec::new();
    for item in items(call, row.id())? {
        let renderer = RENDERERS.iter().find(|(own, ..)| *own == item.renderer).map(|(.., shown)| *shown);
        let mut field = json!({
            "id": item.field,
            "name": fields::name(call, &item.field)?,
            "required": item.is_required,
            "hidden": item.is_hidden,
            "hideable": true,
            "requirable": true,
            "rendererName": renderer.unwrap_or("Default Text Renderer"),
            "screens": [],
            "managed": false,
            "locked": false,
        });
        put(&mut field, "description", item.description);
        told.push(field);
    }
    let is_default = row.text("layout_type") == "default";
    Ok(json!({"configName": row.text("name"), "total": told.len(), "fields": told, "default": is_default}))
}

fn internal_projects(call: &Call<'_>) -> Answer {
    let (table, all) = (call.table("fieldlayout")?, call.table("project")?);
    let row = internal_row(call, &table)?;
    let mut told = Vec::new();
    for project in all.all() {
        let scheme = projects::associated(call, project.id(), "FieldLayoutScheme")?;
        let used = match scheme {
            Some(scheme) => {
                of_scheme(call, &table, &scheme)?.into_iter().any(|(_, own)| own.id() == row.id())
            }
            None => row.text("layout_type") == "default",
        };
        if used {
            told.push(json!({"id": number(project.id()), "key": project.text("pkey"), "name": project.text("pname")}));
        }
    }
    Ok(told.into())
}
