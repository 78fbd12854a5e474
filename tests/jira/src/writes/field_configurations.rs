//! Field configurations and their schemes are made, changed and deleted, as Cloud does before a site moves to field schemes.

use serde_json::{Value, json};

use super::{Done, Written, at_most, changes, id, list, members, nothing, text};
use crate::areas::fields;
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/fieldconfiguration", add),
    write("PUT", "/fieldconfiguration/{id}", change),
    write("DELETE", "/fieldconfiguration/{id}", delete),
    write("PUT", "/fieldconfiguration/{id}/fields", set_fields),
    write("POST", "/fieldconfigurationscheme", add_scheme),
    write("PUT", "/fieldconfigurationscheme/project", assign),
    write("PUT", "/fieldconfigurationscheme/{id}", change_scheme),
    write("DELETE", "/fieldconfigurationscheme/{id}", delete_scheme),
    write("PUT", "/fieldconfigurationscheme/{id}/mapping", map),
    write("POST", "/fieldconfigurationscheme/{id}/mapping/delete", unmap),
];

const LAYOUTS: &str = "fieldlayout";
const ITEMS: &str = "fieldlayoutitem";
const SCHEMES: &str = "fieldlayoutscheme";
const ENTITIES: &str = "fieldlayoutschemeentity";

/// Renderers: the key in a request, and in a row.
const RENDERERS: [(&str, &str); 4] = [
    ("text-renderer", "jira-text-renderer"),
    ("wiki-renderer", "atlassian-wiki-renderer"),
    ("frother-control-renderer", "frother-control-renderer"),
    ("select-renderer", "select-renderer"),
];

const COLUMNS: [(&str, &str); 2] = [("name", "name"), ("description", "description")];

/// Returns the configuration that holds where no other does.
pub(super) fn default(call: &Call<'_>) -> Result<Option<String>, Refusal> {
    Ok(call.table(LAYOUTS)?.one("layout_type", "default").map(|row| row.id().to_owned()))
}

fn check(call: &Call<'_>, table: &str, except: &str, description: usize) -> Result<(), Refusal> {
    call.members(&["name*", "description"])?;
    at_most("name", text(&call.body, "name")?, 255)?;
    at_most("description", text(&call.body, "description")?, description)?;
    let taken = |_: &str| Refusal::of("name", "The name is used by another one.");
    call.must_be_free((table, "name"), text(&call.body, "name")?, except, taken)
}

/// Copies what a configuration says of fields.
pub(super) fn copy_items(call: &Call<'_>, from: &str, to: &str) -> Result<(), Refusal> {
    let rows: Vec<Value> = call.table(ITEMS)?.with("fieldlayout", from).map(|row| row.values()).collect();
    for mut row in rows {
        row["fieldlayout"] = json!(to);
        row.as_object_mut().map(|row| row.remove("id"));
        call.insert(ITEMS, row)?;
    }
    Ok(())
}

/// A new configuration says what the default says, with nothing required.
fn add(call: &Call<'_>) -> Written {
    check(call, LAYOUTS, "", 255)?;
    let layout = call.insert(LAYOUTS, changes(&call.body, &COLUMNS))?;
    if let Some(default) = default(call)? {
        copy_items(call, &default, &layout)?;
        call.update_all(ITEMS, ("fieldlayout", &layout), json!({"isrequired": "false"}))?;
    }
    let description = text(&call.body, "description")?.unwrap_or_default();
    let number = layout.parse::<i64>().unwrap_or_default();
    Ok(Done::ok(json!({"id": number, "name": call.body["name"], "description": description})))
}

const WHAT: &str = "field configuration";

fn change(call: &Call<'_>) -> Written {
    call.must_exist(LAYOUTS, WHAT, call.part(0))?;
    check(call, LAYOUTS, call.part(0), 255)?;
    call.update(LAYOUTS, call.part(0), changes(&call.body, &COLUMNS))?;
    nothing()
}

fn delete(call: &Call<'_>) -> Written {
    let layout = call.part(0);
    call.must_exist(LAYOUTS, WHAT, layout)?;
    if default(call)?.as_deref() == Some(layout) || call.is_used(ENTITIES, "fieldlayout", layout)? {
        return Err(Refusal::new(400, "The field configuration is the default or used by a scheme."));
    }
    call.delete(ITEMS, json!({"fieldlayout": layout}))?;
    call.delete(LAYOUTS, json!({"id": layout}))?;
    nothing()
}

/// Sets what a configuration says of a field; columns that are not named stay.
pub(super) fn set_item(call: &Call<'_>, layout: &str, field: &str, columns: &Value) -> Result<(), Refusal> {
    let mut columns = columns.clone();
    if let Some(own) = columns.as_object_mut() {
        own.retain(|name, value| name == "description" || !value.is_null());
    }
    if columns["ishidden"] == "true" {
        // What is hidden is not required, says nothing, and is shown in no way of its own; what nobody has chosen stays so.
        columns["isrequired"] = json!("false");
        columns["description"] = Value::Null;
        let table = call.table(ITEMS)?;
        let mut own = table.with("fieldlayout", layout);
        let own = own.find(|row| row.text("fieldidentifier") == field);
        if own.is_some_and(|row| row.get("renderertype").is_some()) {
            columns["renderertype"] = json!(usual(field));
        }
    }
    put_item(call, layout, field, columns)
}

/// Returns how a field is shown of which nobody has said it.
fn usual(field: &str) -> &'static str {
    match field {
        "components" | "versions" | "fixVersions" => "frother-control-renderer",
        _ => "jira-text-renderer",
    }
}

/// The same, where a hidden field keeps what else is said of it.
pub(super) fn put_item(call: &Call<'_>, layout: &str, field: &str, columns: Value) -> Result<(), Refusal> {
    let own = {
        let table = call.table(ITEMS)?;
        let mut own = table.with("fieldlayout", layout);
        own.find(|row| row.text("fieldidentifier") == field).map(|row| row.id().to_owned())
    };
    let own = match own {
        Some(own) => own,
        None => call.insert(
            ITEMS,
            json!({
                "fieldlayout": layout, "fieldidentifier": field, "ishidden": "false", "isrequired": "false",
            }),
        )?,
    };
    call.update(ITEMS, &own, columns)
}

/// Returns what a configuration says of a field: whether it is hidden, and what else.
pub(super) fn item(call: &Call<'_>, layout: &str, field: &str) -> Result<(bool, Value), Refusal> {
    let table = call.table(ITEMS)?;
    let mut own = table.with("fieldlayout", layout);
    let own = own.find(|row| row.text("fieldidentifier") == field);
    let is_required = own.is_some_and(|row| row.is_true("isrequired"));
    let said = json!({
        "isrequired": is_required.to_string(), "description": own.and_then(|row| row.get("description")),
    });
    Ok((own.is_some_and(|row| row.is_true("ishidden")), said))
}

fn set_fields(call: &Call<'_>) -> Written {
    let layout = call.part(0);
    call.must_exist(LAYOUTS, WHAT, layout)?;
    call.members(&["fieldConfigurationItems*"])?;
    let items = call.body["fieldConfigurationItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    if items.len() > 100 {
        return Err(Refusal::new(400, "At most 100 fields can be changed at once."));
    }
    for said in items {
        members(said, &["id*", "description", "isHidden", "isRequired", "renderer"])?;
        let field = id(said, "id").unwrap_or_default();
        if fields::name(call, &field)?.is_none() {
            return Err(Refusal::unknown("field", &field));
        }
        at_most("description", text(said, "description")?, 1000)?;
        if said["isHidden"] == true && said["isRequired"] == true {
            return Err(Refusal::new(400, &format!("The field {field} cannot be hidden and required.")));
        }
        let mut columns = changes(said, &[("description", "description")]);
        for (member, column) in [("isHidden", "ishidden"), ("isRequired", "isrequired")] {
            if let Some(is_so) = said[member].as_bool() {
                columns[column] = json!(is_so.to_string());
            }
        }
        if let Some(renderer) = text(said, "renderer")? {
            let known = RENDERERS.iter().find(|(own, _)| *own == renderer);
            let known = known.ok_or_else(|| Refusal::of("renderer", "The renderer does not exist."))?;
            columns["renderertype"] = json!(known.1);
        }
        set_item(call, layout, &field, &columns)?;
    }
    nothing()
}

/// Makes a scheme that gives all types the default configuration.
pub(super) fn insert_scheme(call: &Call<'_>, said: &Value) -> Result<String, Refusal> {
    let scheme = call.insert(SCHEMES, changes(said, &COLUMNS))?;
    call.insert(ENTITIES, json!({"scheme": scheme, "issuetype": null, "fieldlayout": null}))?;
    Ok(scheme)
}

fn add_scheme(call: &Call<'_>) -> Written {
    check(call, SCHEMES, "", 1024)?;
    let scheme = insert_scheme(call, &call.body)?;
    let mut told = json!({"id": scheme, "name": call.body["name"]});
    if let Some(description) = text(&call.body, "description")? {
        told["description"] = json!(description);
    }
    Ok(Done::created(told))
}

const SCHEME: &str = "field configuration scheme";

fn change_scheme(call: &Call<'_>) -> Written {
    call.must_exist(SCHEMES, SCHEME, call.part(0))?;
    check(call, SCHEMES, call.part(0), 1024)?;
    call.update(SCHEMES, call.part(0), changes(&call.body, &COLUMNS))?;
    nothing()
}

fn delete_scheme(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist(SCHEMES, SCHEME, scheme)?;
    if call.is_associated("FieldLayoutScheme", scheme)? {
        return Err(Refusal::new(400, "The field configuration scheme is associated with a project."));
    }
    call.delete(ENTITIES, json!({"scheme": scheme}))?;
    call.delete(SCHEMES, json!({"id": scheme}))?;
    nothing()
}

/// Gives a type of a scheme a configuration; `None` stands for all others.
pub(super) fn set_entity(
    call: &Call<'_>,
    scheme: &str,
    kind: Option<&str>,
    layout: &str,
) -> Result<(), Refusal> {
    call.delete(ENTITIES, json!({"scheme": scheme, "issuetype": kind}))?;
    // The default is named by no row.
    let layout = Some(layout).filter(|layout| default(call).is_ok_and(|own| own.as_deref() != Some(layout)));
    call.insert(ENTITIES, json!({"scheme": scheme, "issuetype": kind, "fieldlayout": layout}))?;
    Ok(())
}

fn map(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist(SCHEMES, SCHEME, scheme)?;
    call.members(&["mappings*"])?;
    for said in call.body["mappings"].as_array().into_iter().flatten() {
        members(said, &["issueTypeId*", "fieldConfigurationId*"])?;
        let (kind, layout) = (id(said, "issueTypeId"), id(said, "fieldConfigurationId"));
        let layout = layout.unwrap_or_default();
        call.must_exist(LAYOUTS, WHAT, &layout)?;
        let kind = kind.filter(|kind| kind != "default");
        if let Some(kind) = &kind {
            call.must_exist("issuetype", "issue type", kind)?;
        }
        set_entity(call, scheme, kind.as_deref(), &layout)?;
    }
    nothing()
}

fn unmap(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist(SCHEMES, SCHEME, scheme)?;
    call.members(&["issueTypeIds*"])?;
    for kind in list(&call.body, "issueTypeIds") {
        if kind == "default" {
            return Err(Refusal::new(400, "The default mapping cannot be removed."));
        }
        if call.delete(ENTITIES, json!({"scheme": scheme, "issuetype": kind}))? == 0 {
            return Err(Refusal::missing("mapping of the issue type", &kind));
        }
    }
    nothing()
}

fn assign(call: &Call<'_>) -> Written {
    call.members(&["fieldConfigurationSchemeId", "projectId*"])?;
    let project = call.classic_project(&id(&call.body, "projectId").unwrap_or_default())?;
    let scheme = id(&call.body, "fieldConfigurationSchemeId");
    if let Some(scheme) = &scheme {
        call.must_be_known(SCHEMES, SCHEME, scheme)?;
    }
    call.associate(&project, "FieldLayoutScheme", scheme.as_deref())?;
    nothing()
}
