//! Dashboards, their gadgets, and the settings of gadgets are made, changed and deleted.
//!
//! Invariant: no two gadgets stand in one place.

use serde_json::{Value, json};

use super::{Done, Written, at_most, changes, id, list, nothing, people, shares, text};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::{Row, as_text};

const PROPERTY: &str = "/dashboard/{dashboardId}/items/{itemId}/properties/{propertyKey}";

pub(super) const BOTH: &[Endpoint] = &[
    write("PUT", PROPERTY, set_property).signed_in(),
    write("DELETE", PROPERTY, delete_property).signed_in(),
];
pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/dashboard", add).signed_in(),
    write("PUT", "/dashboard/{id}", change).signed_in(),
    write("DELETE", "/dashboard/{id}", delete).signed_in(),
    write("PUT", "/dashboard/bulk/edit", edit_several).signed_in(),
    write("POST", "/dashboard/{dashboardId}/gadget", add_gadget).signed_in(),
    write("PUT", "/dashboard/{dashboardId}/gadget/{gadgetId}", change_gadget).signed_in(),
    write("DELETE", "/dashboard/{dashboardId}/gadget/{gadgetId}", delete_gadget).signed_in(),
];

const PAGES: &str = "portalpage";
const GADGETS: &str = "portletconfiguration";
const PREFERENCES: &str = "gadgetuserpreference";
const ENTITY: &str = "PortalPage";

/// The property that holds the settings of a gadget.
const SETTINGS: &str = "config";

/// The members of a position are called so.
const COLUMN: &str = "The column position of the gadget.";
const ROW: &str = "The row position of the gadget.";

/// Colours of gadgets: in a request, and in a row.
const COLORS: [&str; 8] = ["blue", "red", "yellow", "green", "cyan", "purple", "gray", "white"];

fn body(call: &Call<'_>) -> Result<Value, Refusal> {
    call.members(&["name*", "description", "sharePermissions", "editPermissions"])?;
    at_most("name", text(&call.body, "name")?, 255)?;
    for member in ["sharePermissions", "editPermissions"] {
        if !call.body[member].is_array() {
            return Err(Refusal::of(member, &format!("The {member} are required.")));
        }
    }
    Ok(changes(&call.body, &[("name", "pagename"), ("description", "description")]))
}

/// Other dashboards may have the name: nobody checks.
fn add(call: &Call<'_>) -> Written {
    let mut columns = body(call)?;
    columns["username"] = json!(call.site.people()?.caller().key);
    columns["layout"] = json!("AA");
    columns["fav_count"] = json!(0);
    columns["ppversion"] = json!(0);
    let page = call.insert(PAGES, columns)?;
    shares::set(call, ENTITY, &page)?;
    Ok(Done::ok(call.got(&format!("/dashboard/{page}"))?))
}

/// Returns the dashboard of the address, if the caller may change it.
fn own<'c>(call: &'c Call<'_>) -> Result<&'c str, Refusal> {
    let page = call.part(0);
    let table = call.table(PAGES)?;
    let row = table.by_id(page).ok_or_else(|| Refusal::missing("dashboard", page))?;
    let insists = call.is_admin() && call.query("extendAdminPermissions") == Some("true");
    let is_own = row.get("username") == Some(call.site.people()?.caller().key.as_str());
    if is_own || insists || may_edit(call, page)? {
        return Ok(page);
    }
    Err(Refusal::missing("dashboard", page))
}

/// Returns whether the dashboard is shared with the caller to be changed.
fn may_edit(call: &Call<'_>, page: &str) -> Result<bool, Refusal> {
    let caller = call.site.people()?.caller();
    let table = call.table("sharepermissions")?;
    Ok(table.with("entityid", page).any(|row| {
        row.text("entitytype") == ENTITY
            && row.number("rights") == Some(shares::EDIT)
            && (row.text("sharetype") == "user" && row.text("param1") == caller.key)
    }))
}

fn change(call: &Call<'_>) -> Written {
    let page = own(call)?;
    call.update(PAGES, page, body(call)?)?;
    shares::set(call, ENTITY, page)?;
    // One that an administrator has made private he does not see any more.
    let unseen = || json!({"id": page, "name": call.body["name"]});
    Ok(Done::ok(call.got(&format!("/dashboard/{page}")).unwrap_or_else(|_| unseen())))
}

fn delete(call: &Call<'_>) -> Written {
    let page = own(call)?;
    let gadgets: Vec<String> = {
        let table = call.table(GADGETS)?;
        table.with("portalpage", page).map(|row| row.id().to_owned()).collect()
    };
    for gadget in gadgets {
        call.delete(PREFERENCES, json!({"portletconfiguration": gadget}))?;
    }
    call.delete(GADGETS, json!({"portalpage": page}))?;
    shares::remove(call, ENTITY, page)?;
    call.delete(PAGES, json!({"id": page}))?;
    nothing()
}

/// Gives dashboards to somebody else, who may have others of the same names.
fn edit_several(call: &Call<'_>) -> Written {
    let known =
        ["action*", "changeOwnerDetails", "entityIds*", "extendAdminPermissions", "permissionDetails"];
    call.members(&known)?;
    if call.body["action"] != "changeOwner" {
        return Err(Refusal::of("action", "Only owners are changed here."));
    }
    let details = &call.body["changeOwnerDetails"];
    super::members(details, &["autofixName", "newOwner*"])?;
    let user = people::user(call, text(details, "newOwner")?.unwrap_or_default())?;
    let user = user.ok_or_else(|| Refusal::of("newOwner", "The user does not exist."))?;
    let caller = call.site.people()?.caller().key;
    let insists = call.is_admin() && call.body["extendAdminPermissions"] == true;
    for page in list(&call.body, "entityIds") {
        let table = call.table(PAGES)?;
        let row = table.by_id(&page).ok_or_else(|| Refusal::unknown("dashboard", &page))?;
        if row.get("username") != Some(caller.as_str()) && !insists {
            return Err(Refusal::of("entityIds", "The dashboard is not owned by you."));
        }
        call.update(PAGES, &page, json!({"username": user.key}))?;
    }
    Ok(Done::ok(json!({"action": "changeOwner", "entityErrors": {}})))
}

/// Returns the gadgets of a column, as pairs of row and id, in order.
fn gadgets_in(call: &Call<'_>, page: &str, column: i64) -> Result<Vec<(i64, String)>, Refusal> {
    let table = call.table(GADGETS)?;
    // Portlets of Jira 3 are none, and take no place.
    let is_gadget =
        |row: &Row<'_>| row.get("dashboard_module_complete_key").or(row.get("gadget_xml")).is_some();
    let own = table
        .with("portalpage", page)
        .filter(|row| is_gadget(row) && row.number("column_number").unwrap_or(0) == column);
    let mut own: Vec<_> =
        own.map(|row| (row.number("positionseq").unwrap_or(0), row.id().to_owned())).collect();
    own.sort();
    Ok(own)
}

/// Returns the column and row that the body says, if nothing else stands there.
fn position(call: &Call<'_>, page: &str, except: &str) -> Result<Option<(i64, i64)>, Refusal> {
    let said = &call.body["position"];
    if said.is_null() {
        return Ok(None);
    }
    super::members(said, &[COLUMN, ROW])?;
    let (Some(column), Some(row)) = (said[COLUMN].as_i64(), said[ROW].as_i64()) else {
        return Err(Refusal::of("position", "The position needs a row and a column."));
    };
    if gadgets_in(call, page, column)?.iter().any(|(own, id)| *own == row && id != except) {
        return Err(Refusal::of("position", "Another gadget is in this position."));
    }
    Ok(Some((column, row)))
}

fn color(call: &Call<'_>) -> Result<Option<String>, Refusal> {
    let Some(color) = text(&call.body, "color")? else { return Ok(None) };
    let place = COLORS.iter().position(|own| *own == color);
    let place = place.ok_or_else(|| Refusal::of("color", "The color is not valid."))?;
    Ok(Some(format!("color{}", place + 1)))
}

fn add_gadget(call: &Call<'_>) -> Written {
    let page = own(call)?;
    call.members(&["moduleKey", "uri", "title", "color", "position", "ignoreUriAndModuleKeyValidation"])?;
    let (module, uri) = (text(&call.body, "moduleKey")?, text(&call.body, "uri")?);
    let is_named = module.is_some_and(|own| own.contains(':')) || uri.is_some_and(|own| own.contains('/'));
    if module.is_some() == uri.is_some() || !is_named {
        return Err(Refusal::new(
            400,
            "Either a valid moduleKey or a valid uri must be given, and not both.",
        ));
    }
    let place = position(call, page, "")?;
    if place.is_none() {
        // It comes first, and the others of the column move down.
        for (row, gadget) in gadgets_in(call, page, 0)? {
            call.update(GADGETS, &gadget, json!({"positionseq": row + 1}))?;
        }
    }
    let (column, row) = place.unwrap_or((0, 0));
    let gadget = call.insert(
        GADGETS,
        json!({
            "portalpage": page,
            "dashboard_module_complete_key": module,
            "gadget_xml": uri,
            "column_number": column,
            "positionseq": row,
            "color": color(call)?,
        }),
    )?;
    let all = call.got(&format!("/dashboard/{page}/gadget"))?;
    let own = all["gadgets"].as_array().into_iter().flatten();
    let own = own.into_iter().find(|own| id(own, "id").as_deref() == Some(gadget.as_str()));
    Ok(Done::ok(own.cloned().unwrap_or_default()))
}

/// Refuses a gadget of the address that is not one of the dashboard; returns its column.
fn gadget(call: &Call<'_>, page: &str) -> Result<i64, Refusal> {
    let table = call.table(GADGETS)?;
    let row = table.by_id(call.part(1)).filter(|row| row.text("portalpage") == page);
    let row = row.ok_or_else(|| Refusal::missing("dashboard item", call.part(1)))?;
    Ok(row.number("column_number").unwrap_or(0))
}

fn change_gadget(call: &Call<'_>) -> Written {
    let page = own(call)?;
    gadget(call, page)?;
    call.members(&["title", "color", "position"])?;
    let mut columns = json!({});
    if let Some(color) = color(call)? {
        columns["color"] = json!(color);
    }
    if let Some((column, row)) = position(call, page, call.part(1))? {
        columns["column_number"] = json!(column);
        columns["positionseq"] = json!(row);
    }
    call.update(GADGETS, call.part(1), columns)?;
    nothing()
}

fn delete_gadget(call: &Call<'_>) -> Written {
    let page = own(call)?;
    let column = gadget(call, page)?;
    call.delete(PREFERENCES, json!({"portletconfiguration": call.part(1)}))?;
    call.delete(GADGETS, json!({"id": call.part(1)}))?;
    // The others of the column move up.
    let rest: Vec<String> = gadgets_in(call, page, column)?.into_iter().map(|(_, id)| id).collect();
    call.number(GADGETS, "positionseq", 0, &rest)?;
    nothing()
}

fn set_property(call: &Call<'_>) -> Written {
    let page = own(call)?;
    gadget(call, page)?;
    if call.part(2) != SETTINGS {
        return Err(Refusal::new(400, "An instance has no place for other properties than the settings."));
    }
    let Some(settings) = call.body.as_object() else {
        return Err(Refusal::new(400, "The value of the property must be an object."));
    };
    let is_by_address = {
        let table = call.table(GADGETS)?;
        table.by_id(call.part(1)).is_some_and(|row| row.get("dashboard_module_complete_key").is_none())
    };
    if is_by_address && settings.values().any(|value| !value.is_string()) {
        return Err(Refusal::new(400, "The keys and values of the settings must be strings."));
    }
    let there = call.delete(PREFERENCES, json!({"portletconfiguration": call.part(1)}))?;
    for (name, value) in settings {
        call.insert(
            PREFERENCES,
            json!({"portletconfiguration": call.part(1), "userprefkey": name, "userprefvalue": as_text(value)}),
        )?;
    }
    Ok(Done::with(if there > 0 { 200 } else { 201 }, json!({})))
}

fn delete_property(call: &Call<'_>) -> Written {
    gadget(call, own(call)?)?;
    let is_there = call.part(2) == SETTINGS
        && call.delete(PREFERENCES, json!({"portletconfiguration": call.part(1)}))? > 0;
    if !is_there {
        return Err(Refusal::missing("property", call.part(2)));
    }
    nothing()
}
