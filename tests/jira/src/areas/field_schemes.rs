//! Field schemes: the model that Cloud moves to in 2026, made of field configurations and their schemes.
//!
//! Invariant: a field that is hidden for all work types is not associated, one that is hidden for some is restricted to
//! the others, and there are no renderers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::field_configurations::{self, Item, default};
use super::{issue_type_schemes, number, projects, put};
use crate::FieldModel;
use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, get};

pub(super) const CLOUD: &[Endpoint] = &[
    get("/config/fieldschemes", schemes).paged(50, 100).admin(),
    get("/config/fieldschemes/projects", moved_projects).paged(50, 100).admin(),
    get("/config/fieldschemes/{id}", scheme_by_id).admin(),
    get("/config/fieldschemes/{id}/fields", fields_of).paged(50, 100).admin(),
    get("/config/fieldschemes/{id}/fields/{fieldId}/parameters", parameters_of_field).admin(),
    get("/config/fieldschemes/{id}/projects", projects_of).paged(50, 100).admin(),
    get("/projects/fields", fields_of_projects).paged(50, 100).admin(),
];

/// The id of the scheme of projects that have none.
const DEFAULT: &str = "1";

/// A site that has not moved answers as if the endpoint were not there.
pub(crate) fn moved(call: &Call<'_>) -> Result<(), Refusal> {
    match call.site.options.field_model {
        FieldModel::Schemes | FieldModel::Moving => Ok(()),
        FieldModel::Configurations => {
            Err(Refusal::new(404, "The feature flag for field schemes is disabled."))
        }
    }
}

/// Id, name and description of all schemes, the default first.
fn all(call: &Call<'_>) -> Result<Vec<(String, String, String)>, Refusal> {
    moved(call)?;
    let default = (DEFAULT, "Default Field Scheme", "The default field scheme");
    let default = (default.0.to_owned(), default.1.to_owned(), default.2.to_owned());
    let own = call.table("fieldlayoutscheme")?;
    let own = own
        .all()
        .map(|row| (row.id().to_owned(), row.text("name").to_owned(), row.text("description").to_owned()));
    Ok(std::iter::once(default).chain(own.collect::<Vec<_>>()).collect())
}

/// Returns the scheme of a project.
fn of_project(call: &Call<'_>, project: &str) -> Result<String, Refusal> {
    Ok(projects::associated(call, project, "FieldLayoutScheme")?.unwrap_or_else(|| DEFAULT.to_owned()))
}

fn wanted(call: &Call<'_>) -> Result<String, Refusal> {
    let id = call.part(0);
    let known = all(call)?.into_iter().find(|(own, ..)| own == id);
    known.map(|(id, ..)| id).ok_or_else(|| Refusal::missing("field scheme", id))
}

fn told(id: &str, name: &str, description: &str) -> Value {
    json!({
        "name": name,
        "description": description,
        "isDefault": id == DEFAULT,
        "links": {
            "associations": format!("rest/api/3/config/fieldschemes/{id}/fields"),
            "projects": format!("rest/api/3/config/fieldschemes/{id}/projects"),
        },
    })
}

fn schemes(call: &Call<'_>) -> Answer {
    let mut kept = Vec::new();
    for (id, name, description) in all(call)? {
        let mut projects = call.all("projectId").map(|project| of_project(call, project));
        if call.query("projectId").is_none() || projects.any(|own| own.is_ok_and(|own| own == id)) {
            let mut scheme = told(&id, &name, &description);
            scheme["id"] = number(&id);
            kept.push(scheme);
        }
    }
    Ok(kept.into())
}

fn scheme_by_id(call: &Call<'_>) -> Answer {
    let known = all(call)?.into_iter().find(|(own, ..)| own == call.part(0));
    let (id, name, description) = known.ok_or_else(|| Refusal::missing("field scheme", call.part(0)))?;
    let mut scheme = told(&id, &name, &description);
    scheme["id"] = json!(id);
    Ok(scheme)
}

fn moved_projects(call: &Call<'_>) -> Answer {
    moved(call)?;
    let mut told = Vec::new();
    let every = if call.site.options.field_model == FieldModel::Moving { 2 } else { 1 };
    let projects = call.table("project")?;
    for project in projects.all().step_by(every).filter(|row| call.wants("projectId", row.id())) {
        let scheme = of_project(call, project.id())?;
        told.push(json!({"projectId": number(project.id()), "schemeId": number(&scheme)}));
    }
    Ok(told.into())
}

fn projects_of(call: &Call<'_>) -> Answer {
    let scheme = wanted(call)?;
    let mut told = Vec::new();
    for project in call.table("project")?.all().filter(|row| call.wants("projectId", row.id())) {
        if of_project(call, project.id())? == scheme {
            let short = projects::in_short(call, project.id())?;
            told.push(json!({
                "id": short["id"], "key": short["key"], "name": short["name"], "avatarUrls": short["avatarUrls"],
            }));
        }
    }
    Ok(told.into())
}

/// What each configuration of a scheme says: by work type, `None` for all others.
type Said = Vec<(Option<String>, IndexedItems)>;

/// The items of a configuration, by field.
type IndexedItems = BTreeMap<String, Item>;

fn said(call: &Call<'_>, scheme: &str) -> Result<Said, Refusal> {
    let table = call.table("fieldlayout")?;
    let mut entries = field_configurations::of_scheme(call, &table, scheme)?;
    if !entries.iter().any(|(kind, _)| kind.is_none()) {
        entries.extend(default(&table).map(|row| (None, row)));
    }
    let items = |row: crate::rows::Row<'_>| -> Result<IndexedItems, Refusal> {
        let items = field_configurations::items(call, row.id())?.into_iter();
        Ok(items.map(|item| (item.field.clone(), item)).collect())
    };
    entries.into_iter().map(|(kind, row)| Ok((kind, items(row)?))).collect()
}

/// What a scheme says of one field; nothing, if it is not associated.
fn association(call: &Call<'_>, said: &Said, field: &str) -> Result<Option<Value>, Refusal> {
    let item = |items: &IndexedItems| {
        items.get(field).map(|item| (item.is_hidden, item.is_required, item.description.clone()))
    };
    let of_type = |kind: Option<&str>| {
        let own = said.iter().find(|(own, _)| own.as_deref() == kind);
        own.or_else(|| said.iter().find(|(own, _)| own.is_none())).and_then(|(_, items)| item(items))
    };
    let Some((is_hidden, is_required, description)) = of_type(None) else { return Ok(None) };
    let types: Vec<String> = call.table("issuetype")?.all().map(|row| row.id().to_owned()).collect();
    let visible: Vec<&String> =
        types.iter().filter(|kind| of_type(Some(kind)).is_some_and(|(hidden, ..)| !hidden)).collect();
    if visible.is_empty() && is_hidden {
        return Ok(None);
    }
    let parameters = |is_required: bool, description: Option<String>| {
        let mut told = json!({"isRequired": is_required});
        put(&mut told, "description", description);
        told
    };
    let mut told = json!({
        "fieldId": field,
        "allowedOperations": ["REMOVE", "CHANGE_REQUIRED", "CHANGE_DESCRIPTION"],
        "parameters": parameters(is_required, description.clone()),
        "restrictedToWorkTypes": if visible.len() == types.len() { json!([]) } else { json!(visible) },
    });
    let own = visible.iter().filter_map(|kind| {
        let (_, own_required, own_description) = of_type(Some(kind))?;
        if (own_required, &own_description) == (is_required, &description) {
            return None;
        }
        let mut told = parameters(own_required, own_description);
        told["workTypeId"] = json!(kind);
        Some(told)
    });
    told["workTypeParameters"] = own.collect();
    Ok(Some(told))
}

fn fields_of(call: &Call<'_>) -> Answer {
    let scheme = wanted(call)?;
    let said = said(call, &scheme)?;
    let fields: BTreeSet<&String> = said.iter().flat_map(|(_, items)| items.keys()).collect();
    let mut told = Vec::new();
    for field in fields.into_iter().filter(|field| call.wants("fieldId", field)) {
        told.extend(association(call, &said, field)?);
    }
    Ok(told.into())
}

fn parameters_of_field(call: &Call<'_>) -> Answer {
    let scheme = wanted(call)?;
    let found = association(call, &said(call, &scheme)?, call.part(1))?;
    let mut found = found.ok_or_else(|| Refusal::missing("field", call.part(1)))?;
    let own = found["workTypeParameters"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let own = own.into_iter().map(|mut own| {
        own["workTypeId"] = own["workTypeId"].as_str().map_or(Value::Null, number);
        own
    });
    Ok(json!({
        "fieldId": found["fieldId"],
        "parameters": found["parameters"],
        "workTypeParameters": own.collect::<Vec<_>>(),
    }))
}

/// Answers for projects of both models.
fn fields_of_projects(call: &Call<'_>) -> Answer {
    if call.query("projectId").is_none() || call.query("workTypeId").is_none() {
        return Err(Refusal::new(400, "The projectId and workTypeId query parameters are needed."));
    }
    let mut told = Vec::new();
    for project in call.all("projectId") {
        let project = projects::find(call, project)?;
        let said = said(call, &of_project(call, &project.id)?)?;
        let own_types = issue_type_schemes::types_of_project(call, &project.id)?;
        for kind in call.all("workTypeId").filter(|kind| own_types.iter().any(|own| own == kind)) {
            let own = said.iter().find(|(own, _)| own.as_deref() == Some(kind));
            let items = own.or_else(|| said.iter().find(|(own, _)| own.is_none())).map(|(_, items)| items);
            let visible = items.into_iter().flat_map(BTreeMap::values).filter(|item| !item.is_hidden);
            let visible = visible.filter(|item| call.wants("fieldId", &item.field));
            told.extend(visible.map(|item| {
                let mut told = json!({
                    "fieldId": item.field,
                    "projectId": number(&project.id),
                    "workTypeId": number(kind),
                    "isRequired": item.is_required,
                });
                put(&mut told, "description", item.description.clone());
                told
            }));
        }
    }
    Ok(told.into())
}
