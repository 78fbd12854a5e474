//! Field schemes are made, changed and deleted: the model that Cloud moves to in 2026, kept in the rows of the former one.
//!
//! Invariant: a configuration that others use, too, is copied before it is changed; some items of a request may fail while
//! the others are done.

use serde_json::{Value, json};

use super::field_configurations::{copy_items, default, insert_scheme, item, put_item, set_entity, set_item};
use super::{Done, Written, at_most, changes, list, members, text};
use crate::areas::{field_schemes as told, fields};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/config/fieldschemes", add),
    write("PUT", "/config/fieldschemes/fields", associate),
    write("DELETE", "/config/fieldschemes/fields", dissociate),
    write("PUT", "/config/fieldschemes/fields/parameters", set_parameters),
    write("DELETE", "/config/fieldschemes/fields/parameters", remove_parameters),
    write("PUT", "/config/fieldschemes/projects", assign),
    write("PUT", "/config/fieldschemes/{id}", change),
    write("DELETE", "/config/fieldschemes/{id}", delete),
    write("POST", "/config/fieldschemes/{id}/clone", clone),
];

const SCHEMES: &str = "fieldlayoutscheme";
const ENTITIES: &str = "fieldlayoutschemeentity";
const LAYOUTS: &str = "fieldlayout";

/// The scheme of projects that have none; it has no row.
const DEFAULT: &str = "1";

const COLUMNS: [(&str, &str); 2] = [("name", "name"), ("description", "description")];

/// Refuses an id that no scheme has.
fn must_exist(call: &Call<'_>, scheme: &str) -> Result<(), Refusal> {
    if scheme == DEFAULT { Ok(()) } else { call.must_exist(SCHEMES, "field scheme", scheme) }
}

fn check(call: &Call<'_>, known: &[&str], except: &str) -> Result<(), Refusal> {
    told::moved(call)?;
    call.members(known)?;
    at_most("name", text(&call.body, "name")?, 255)?;
    let taken = |_: &str| Refusal::of("name", "The name is used by another field scheme.");
    call.must_be_free((SCHEMES, "name"), text(&call.body, "name")?, except, taken)
}

fn scheme(call: &Call<'_>, scheme: &str) -> Written {
    let mut told = call.got(&format!("/config/fieldschemes/{scheme}"))?;
    told["id"] = json!(scheme.parse::<i64>().unwrap_or_default());
    told.as_object_mut().map(|told| told.remove("isDefault"));
    Ok(Done::ok(told))
}

fn add(call: &Call<'_>) -> Written {
    check(call, &["name*", "description"], "")?;
    let id = insert_scheme(call, &call.body)?;
    scheme(call, &id)
}

/// Makes a scheme that says what another says.
fn clone(call: &Call<'_>) -> Written {
    check(call, &["name*", "description"], "")?;
    let source = call.part(0);
    must_exist(call, source)?;
    let id = insert_scheme(call, &call.body)?;
    let entities: Vec<Value> = call.table(ENTITIES)?.with("scheme", source).map(|row| row.values()).collect();
    if !entities.is_empty() {
        call.delete(ENTITIES, json!({"scheme": id}))?;
    }
    for mut row in entities {
        row["scheme"] = json!(id);
        row.as_object_mut().map(|row| row.remove("id"));
        call.insert(ENTITIES, row)?;
    }
    scheme(call, &id)
}

fn change(call: &Call<'_>) -> Written {
    check(call, &["name", "description"], call.part(0))?;
    call.must_exist(SCHEMES, "field scheme", call.part(0))?;
    call.update(SCHEMES, call.part(0), changes(&call.body, &COLUMNS))?;
    scheme(call, call.part(0))
}

fn delete(call: &Call<'_>) -> Written {
    told::moved(call)?;
    let scheme = call.part(0);
    if scheme == DEFAULT {
        return Err(Refusal::new(400, "The default field scheme cannot be deleted."));
    }
    must_exist(call, scheme)?;
    if call.is_associated("FieldLayoutScheme", scheme)? {
        return Err(Refusal::new(409, "The field scheme is in use."));
    }
    call.delete(ENTITIES, json!({"scheme": scheme}))?;
    call.delete(SCHEMES, json!({"id": scheme}))?;
    Ok(Done::ok(json!({"id": scheme, "deleted": true})))
}

/// Returns the work types that a scheme names.
fn types_of(call: &Call<'_>, scheme: &str) -> Result<Vec<String>, Refusal> {
    let table = call.table(ENTITIES)?;
    Ok(table.with("scheme", scheme).filter_map(|row| row.get("issuetype")).map(str::to_owned).collect())
}

/// Returns the configuration of a work type, of all others without one; it is the scheme's alone.
fn layout(call: &Call<'_>, scheme: &str, kind: Option<&str>) -> Result<String, Refusal> {
    let default = default(call)?.ok_or_else(|| Refusal::missing("field configuration", "default"))?;
    if scheme == DEFAULT {
        return match kind {
            None => Ok(default),
            Some(_) => Err(Refusal::new(400, "The default field scheme says the same for all work types.")),
        };
    }
    let (there, is_shared) = {
        let table = call.table(ENTITIES)?;
        let own = table.with("scheme", scheme).find(|row| row.get("issuetype") == kind);
        let there = own.map(|row| row.get("fieldlayout").map(str::to_owned));
        let users = |layout: &str| table.with("fieldlayout", layout).count();
        let is_shared = there.as_ref().is_none_or(|own| own.as_ref().is_none_or(|own| users(own) > 1));
        (there, is_shared)
    };
    let there = match there {
        Some(own) => own.unwrap_or(default),
        None if kind.is_some() => layout(call, scheme, None)?,
        None => default,
    };
    if !is_shared {
        return Ok(there);
    }
    let name = format!("Field scheme {scheme}, {}", kind.unwrap_or("default"));
    let own = call.insert(LAYOUTS, json!({"name": name}))?;
    copy_items(call, &there, &own)?;
    set_entity(call, scheme, kind, &own)?;
    Ok(own)
}

/// Hides a field for all work types but some, or shows it for all. What is said for all work types stays, unless none has the field
/// any more, and work types that did not have it get that.
fn show(call: &Call<'_>, scheme: &str, field: &str, only: Option<&[String]>) -> Result<(), Refusal> {
    let mut types = types_of(call, scheme)?;
    for kind in only.into_iter().flatten() {
        call.must_be_known("issuetype", "work type", kind)?;
        layout(call, scheme, Some(kind))?;
        if !types.contains(kind) {
            types.push(kind.clone());
        }
    }
    let base = layout(call, scheme, None)?;
    let (_, common) = item(call, &base, field)?;
    for kind in &types {
        let own = layout(call, scheme, Some(kind))?;
        let is_shown = only.is_none_or(|only| only.contains(kind));
        let (was_hidden, _) = item(call, &own, field)?;
        let mut columns = if is_shown && was_hidden { common.clone() } else { json!({}) };
        columns["ishidden"] = json!((!is_shown).to_string());
        set_item(call, &own, field, &columns)?;
    }
    let columns = json!({"ishidden": only.is_some().to_string()});
    if only.is_some_and(<[String]>::is_empty) {
        return set_item(call, &base, field, &columns);
    }
    put_item(call, &base, field, columns)
}

/// Returns what a scheme says of a field; nothing, if it does not have it.
fn association(call: &Call<'_>, scheme: &str, field: &str) -> Result<Option<Value>, Refusal> {
    let found = call.got(&format!("/config/fieldschemes/{scheme}/fields?fieldId={field}"))?;
    Ok(found.get(0).cloned())
}

fn must_be_field(call: &Call<'_>, field: &str) -> Result<(), Refusal> {
    fields::name(call, field)?.map(|_| ()).ok_or_else(|| Refusal::missing("field", field))
}

/// Answers for all items: nothing if all were done, a list of all if some failed, and that with 400 if none was done.
fn answered(results: Vec<Value>) -> Written {
    let done = results.iter().filter(|own| own["success"] == true).count();
    if done == results.len() {
        return Ok(Done::empty(204));
    }
    Ok(Done::with(if done == 0 { 400 } else { 207 }, json!({"results": results})))
}

/// Returns the entries of a body that is an object of fields or schemes.
fn entries<'c>(call: &'c Call<'_>) -> Result<Vec<(&'c str, &'c Value)>, Refusal> {
    told::moved(call)?;
    let own = call.body.as_object().filter(|own| !own.is_empty());
    let own = own.ok_or_else(|| Refusal::new(400, "The request names nothing."))?;
    Ok(own.iter().map(|(name, value)| (name.as_str(), value)).collect())
}

fn result(field: &str, scheme: &str, types: Option<&[String]>, outcome: Result<(), Refusal>) -> Value {
    let number = |id: &str| json!(id.parse::<i64>().unwrap_or_default());
    let mut told = json!({"fieldId": field, "schemeId": number(scheme), "success": outcome.is_ok()});
    if let Some(types) = types {
        told["workTypeIds"] = types.iter().map(|id| number(id)).collect();
    }
    if let Err(refusal) = outcome {
        told["error"] = json!(refusal.text());
    }
    told
}

fn associate(call: &Call<'_>) -> Written {
    let mut results = Vec::new();
    for (field, items) in entries(call)? {
        for said in items.as_array().into_iter().flatten() {
            members(said, &["schemeIds*", "restrictedToWorkTypes"])?;
            let types = list(said, "restrictedToWorkTypes");
            let only = (!types.is_empty()).then_some(types.as_slice());
            for scheme in list(said, "schemeIds") {
                let outcome = must_exist(call, &scheme)
                    .and_then(|()| must_be_field(call, field))
                    .and_then(|()| show(call, &scheme, field, only));
                results.push(result(field, &scheme, Some(&types), outcome));
            }
        }
    }
    answered(results)
}

fn dissociate(call: &Call<'_>) -> Written {
    let mut results = Vec::new();
    for (field, said) in entries(call)? {
        members(said, &["schemeIds*"])?;
        for scheme in list(said, "schemeIds") {
            let outcome = must_exist(call, &scheme)
                .and_then(|()| must_be_field(call, field))
                .and_then(|()| show(call, &scheme, field, Some(&[])));
            results.push(result(field, &scheme, None, outcome));
        }
    }
    answered(results)
}

/// Returns the columns that parameters set.
fn columns(said: &Value) -> Value {
    let mut columns = changes(said, &[("description", "description")]);
    if let Some(is_required) = said["isRequired"].as_bool() {
        columns["isrequired"] = json!(is_required.to_string());
    }
    columns
}

/// Sets parameters for all work types that have none of their own, and those of some.
fn set_of_scheme(call: &Call<'_>, scheme: &str, field: &str, said: &Value) -> Result<(), Refusal> {
    must_exist(call, scheme)?;
    let before = association(call, scheme, field)?;
    let before = before.ok_or_else(|| Refusal::new(400, "The field is not associated with the scheme."))?;
    let own_types: Vec<String> = before["workTypeParameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|own| super::id(own, "workTypeId"))
        .collect();
    if said["parameters"].is_object() {
        let columns = columns(&said["parameters"]);
        for kind in types_of(call, scheme)?.iter().filter(|kind| !own_types.contains(kind)) {
            let own = layout(call, scheme, Some(kind))?;
            set_item(call, &own, field, &columns)?;
        }
        set_item(call, &layout(call, scheme, None)?, field, &columns)?;
    }
    for own in said["workTypeParameters"].as_array().into_iter().flatten() {
        members(own, &["workTypeId*", "isRequired", "description"])?;
        let kind = super::id(own, "workTypeId").unwrap_or_default();
        call.must_be_known("issuetype", "work type", &kind)?;
        let layout = layout(call, scheme, Some(&kind))?;
        set_item(call, &layout, field, &columns(own))?;
    }
    Ok(())
}

fn set_parameters(call: &Call<'_>) -> Written {
    let mut results = Vec::new();
    for (field, items) in entries(call)? {
        for said in items.as_array().into_iter().flatten() {
            members(said, &["schemeIds*", "parameters", "workTypeParameters"])?;
            for scheme in list(said, "schemeIds") {
                let outcome =
                    must_be_field(call, field).and_then(|()| set_of_scheme(call, &scheme, field, said));
                results.push(result(field, &scheme, None, outcome));
            }
        }
    }
    answered(results)
}

/// Gives work types what holds for all.
fn remove_of_scheme(call: &Call<'_>, scheme: &str, field: &str, said: &Value) -> Result<(), Refusal> {
    must_exist(call, scheme)?;
    let all = association(call, scheme, field)?;
    let all = all.ok_or_else(|| Refusal::new(400, "The field is not associated with the scheme."))?;
    let mut columns = json!({});
    for name in list(said, "parameters") {
        match name.as_str() {
            "isRequired" => {
                columns["isrequired"] = json!((all["parameters"]["isRequired"] == true).to_string());
            }
            "description" => columns["description"] = all["parameters"]["description"].clone(),
            _ => return Err(Refusal::new(400, &format!("The parameter {name} does not exist."))),
        }
    }
    for kind in list(said, "workTypeIds") {
        let own = layout(call, scheme, Some(&kind))?;
        set_item(call, &own, field, &columns)?;
    }
    Ok(())
}

fn remove_parameters(call: &Call<'_>) -> Written {
    let mut results = Vec::new();
    for (field, items) in entries(call)? {
        for said in items.as_array().into_iter().flatten() {
            members(said, &["schemeId*", "workTypeIds", "parameters"])?;
            let scheme = super::id(said, "schemeId").unwrap_or_default();
            let outcome =
                must_be_field(call, field).and_then(|()| remove_of_scheme(call, &scheme, field, said));
            results.push(result(field, &scheme, Some(&list(said, "workTypeIds")), outcome));
        }
    }
    answered(results)
}

fn assign(call: &Call<'_>) -> Written {
    let mut results = Vec::new();
    for (scheme, said) in entries(call)? {
        members(said, &["projectIds*"])?;
        for project in list(said, "projectIds") {
            let own = Some(scheme).filter(|scheme| *scheme != DEFAULT);
            let outcome = must_exist(call, scheme)
                .and_then(|()| call.classic_project(&project))
                .and_then(|project| call.associate(&project, "FieldLayoutScheme", own));
            let number = |id: &str| json!(id.parse::<i64>().unwrap_or_default());
            let mut told = json!({"projectId": number(&project), "schemeId": number(scheme), "success": outcome.is_ok()});
            if let Err(refusal) = outcome {
                told["error"] = json!(refusal.text());
            }
            results.push(told);
        }
    }
    answered(results)
}
