//! Screens, their tabs and fields are made, changed, ordered and deleted; on Data Center screens themselves are not.

use serde_json::{Value, json};

use super::move_in::moved;
use super::{Done, Written, at_most, changes, id, nothing, text};
use crate::areas::fields;
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::{Row, Table};

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/screens/addToDefault/{fieldId}", add_to_default),
    write("POST", "/screens/{screenId}/tabs", add_tab),
    write("PUT", "/screens/{screenId}/tabs/{tabId}", rename_tab),
    write("DELETE", "/screens/{screenId}/tabs/{tabId}", delete_tab),
    write("POST", "/screens/{screenId}/tabs/{tabId}/move/{pos}", move_tab),
    write("POST", "/screens/{screenId}/tabs/{tabId}/fields", add_field),
    write("DELETE", "/screens/{screenId}/tabs/{tabId}/fields/{id}", remove_field),
    write("POST", "/screens/{screenId}/tabs/{tabId}/fields/{id}/move", move_field),
];
pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/screens", add),
    write("PUT", "/screens/{screenId}", change),
    write("DELETE", "/screens/{screenId}", delete),
];

/// Jira's own screen, which fields are added to without naming one.
const DEFAULT: &str = "1";

const COLUMNS: [(&str, &str); 2] = [("name", "name"), ("description", "description")];

fn told(call: &Call<'_>, screen: &str, status: u16) -> Written {
    let all = call.got(&format!("/screens?id={screen}"))?;
    Ok(Done::with(status, all[0].clone()))
}

/// Other screens may have the name: nobody checks.
fn add(call: &Call<'_>) -> Written {
    call.members(&["name*", "description"])?;
    at_most("name", text(&call.body, "name")?, 255)?;
    at_most("description", text(&call.body, "description")?, 255)?;
    let screen = call.insert("fieldscreen", changes(&call.body, &COLUMNS))?;
    call.insert("fieldscreentab", json!({"fieldscreen": screen, "name": "Field Tab", "sequence": 0}))?;
    told(call, &screen, 201)
}

fn change(call: &Call<'_>) -> Written {
    call.must_exist("fieldscreen", "screen", call.part(0))?;
    call.members(&["name", "description"])?;
    at_most("name", text(&call.body, "name")?, 255)?;
    call.update("fieldscreen", call.part(0), changes(&call.body, &COLUMNS))?;
    told(call, call.part(0), 200)
}

fn delete(call: &Call<'_>) -> Written {
    let screen = call.part(0);
    call.must_exist("fieldscreen", "screen", screen)?;
    let named = format!("<meta name=\"jira.fieldscreen.id\">{screen}</meta>");
    let in_workflow = |table: &Table| table.all().any(|row| row.text("descriptor").contains(&named));
    let is_used = call.is_used("fieldscreenschemeitem", "fieldscreen", screen)?
        || in_workflow(&*call.table("jiraworkflows")?)
        || in_workflow(&*call.table("jiradraftworkflows")?);
    if is_used {
        return Err(Refusal::new(400, "The screen is used in a screen scheme or a workflow."));
    }
    for tab in tabs(call, screen)? {
        call.delete("fieldscreenlayoutitem", json!({"fieldscreentab": tab}))?;
    }
    call.delete("fieldscreentab", json!({"fieldscreen": screen}))?;
    call.delete("fieldscreen", json!({"id": screen}))?;
    nothing()
}

/// Returns the ids of the tabs of a screen, in order.
fn tabs(call: &Call<'_>, screen: &str) -> Result<Vec<String>, Refusal> {
    let table = call.table("fieldscreentab")?;
    let own = Table::ordered(table.with("fieldscreen", screen), "sequence");
    Ok(own.into_iter().map(|row| row.id().to_owned()).collect())
}

/// Refuses a tab of the address that is not one of its screen.
fn must_be_tab(call: &Call<'_>) -> Result<(), Refusal> {
    call.must_exist("fieldscreen", "screen", call.part(0))?;
    if tabs(call, call.part(0))?.iter().any(|tab| tab == call.part(1)) {
        return Ok(());
    }
    let refusal = Refusal::missing("screen tab", call.part(1));
    Err(if call.is_cloud() { refusal } else { refusal.with_status(400) })
}

/// Returns the name in the body, if no other tab of the screen has it.
fn tab_name<'c>(call: &'c Call<'_>) -> Result<Option<&'c str>, Refusal> {
    call.members(&["id", "name*"])?;
    let name = text(&call.body, "name")?;
    at_most("name", name, 255)?;
    let table = call.table("fieldscreentab")?;
    let mut others = table.with("fieldscreen", call.part(0)).filter(|row| row.id() != call.part(1));
    if others.any(|row| Some(row.text("name")) == name) {
        return Err(Refusal::of("name", "A tab with this name already exists on the screen."));
    }
    Ok(name)
}

fn tab(call: &Call<'_>, tab: &str) -> Written {
    let all = call.got(&format!("/screens/{}/tabs", call.part(0)))?;
    let own = all.as_array().into_iter().flatten().find(|own| id(own, "id").as_deref() == Some(tab));
    Ok(Done::ok(own.cloned().unwrap_or_default()))
}

fn add_tab(call: &Call<'_>) -> Written {
    call.must_exist("fieldscreen", "screen", call.part(0))?;
    let name = tab_name(call)?;
    let place = tabs(call, call.part(0))?.len();
    let id =
        call.insert("fieldscreentab", json!({"fieldscreen": call.part(0), "name": name, "sequence": place}))?;
    tab(call, &id)
}

fn rename_tab(call: &Call<'_>) -> Written {
    must_be_tab(call)?;
    let name = tab_name(call)?;
    call.update("fieldscreentab", call.part(1), json!({"name": name}))?;
    tab(call, call.part(1))
}

fn delete_tab(call: &Call<'_>) -> Written {
    must_be_tab(call)?;
    let mut rest = tabs(call, call.part(0))?;
    if rest.len() == 1 {
        let status = if call.is_cloud() { 400 } else { 412 };
        return Err(Refusal::new(status, "The last tab of a screen cannot be deleted."));
    }
    rest.retain(|tab| tab != call.part(1));
    call.delete("fieldscreenlayoutitem", json!({"fieldscreentab": call.part(1)}))?;
    call.delete("fieldscreentab", json!({"id": call.part(1)}))?;
    call.number("fieldscreentab", "sequence", 0, &rest)?;
    nothing()
}

fn move_tab(call: &Call<'_>) -> Written {
    must_be_tab(call)?;
    let mut all = tabs(call, call.part(0))?;
    let place = call.part(2).parse::<usize>().ok().filter(|place| *place < all.len());
    let status = if call.is_cloud() { 404 } else { 400 };
    let place = place.ok_or_else(|| Refusal::new(status, "The position is not valid."))?;
    all.retain(|tab| tab != call.part(1));
    all.insert(place, call.part(1).to_owned());
    call.number("fieldscreentab", "sequence", 0, &all)?;
    nothing()
}

/// Returns the ids of the rows of the fields of a tab, with their fields, in order.
fn items(call: &Call<'_>, tab: &str) -> Result<Vec<(String, String)>, Refusal> {
    let table = call.table("fieldscreenlayoutitem")?;
    let own = Table::ordered(table.with("fieldscreentab", tab), "sequence");
    Ok(own.into_iter().map(|row| (row.id().to_owned(), row.text("fieldidentifier").to_owned())).collect())
}

/// Puts a field behind all of a tab; a screen has a field once.
fn insert_field(call: &Call<'_>, screen: &str, tab: &str, field: &str) -> Result<(), Refusal> {
    if fields::name(call, field)?.is_none() {
        let status = if call.is_cloud() { 404 } else { 400 };
        return Err(Refusal::unknown("field", field).with_status(status));
    }
    for own in tabs(call, screen)? {
        if items(call, &own)?.iter().any(|(_, there)| there == field) {
            return Err(Refusal::of("fieldId", &format!("The field {field} is on the screen already.")));
        }
    }
    let place = items(call, tab)?.len();
    call.insert(
        "fieldscreenlayoutitem",
        json!({"fieldscreentab": tab, "fieldidentifier": field, "sequence": place}),
    )?;
    Ok(())
}

fn add_field(call: &Call<'_>) -> Written {
    must_be_tab(call)?;
    call.members(&["fieldId*"])?;
    let field = id(&call.body, "fieldId").unwrap_or_default();
    insert_field(call, call.part(0), call.part(1), &field)?;
    let all = call.got(&format!("/screens/{}/tabs/{}/fields", call.part(0), call.part(1)))?;
    let own = all.as_array().into_iter().flatten().find(|own| own["id"] == field.as_str());
    Ok(Done::ok(own.cloned().unwrap_or_default()))
}

fn add_to_default(call: &Call<'_>) -> Written {
    let tab = tabs(call, DEFAULT)?.into_iter().next().ok_or_else(|| Refusal::missing("screen", DEFAULT))?;
    insert_field(call, DEFAULT, &tab, call.part(0))?;
    Ok(if call.is_cloud() { Done::ok(Value::Null) } else { Done::empty(204) })
}

/// Returns the rows of the tab and the one of the field, of the address.
fn item(call: &Call<'_>) -> Result<(Vec<(String, String)>, String), Refusal> {
    must_be_tab(call)?;
    let all = items(call, call.part(1))?;
    let own = all.iter().find(|(_, field)| field == call.part(2)).map(|(id, _)| id.clone());
    let status = if call.is_cloud() { 404 } else { 400 };
    let own = own.ok_or_else(|| Refusal::unknown("screen field", call.part(2)).with_status(status))?;
    Ok((all, own))
}

fn remove_field(call: &Call<'_>) -> Written {
    let (all, own) = item(call)?;
    let rest: Vec<String> = all.into_iter().map(|(id, _)| id).filter(|id| *id != own).collect();
    call.delete("fieldscreenlayoutitem", json!({"id": own}))?;
    call.number("fieldscreenlayoutitem", "sequence", 0, &rest)?;
    nothing()
}

fn move_field(call: &Call<'_>) -> Written {
    let (all, _) = item(call)?;
    call.members(&["after", "position"])?;
    let mut body = call.body.clone();
    if body["after"].is_string() {
        // Of both, the position is passed over.
        body["position"] = Value::Null;
    }
    let fields: Vec<String> = all.iter().map(|(_, field)| field.clone()).collect();
    let order = moved(&fields, &[call.part(2).to_owned()], &body)?;
    let ids = order.iter().filter_map(|field| all.iter().find(|(_, own)| own == field));
    let ids: Vec<String> = ids.map(|(id, _)| id.clone()).collect();
    call.number("fieldscreenlayoutitem", "sequence", 0, &ids)?;
    nothing()
}

/// Takes a field from all screens.
pub(super) fn forget_field(call: &Call<'_>, field: &str) -> Result<(), Refusal> {
    let tabs: Vec<String> = {
        let table = call.table("fieldscreenlayoutitem")?;
        table
            .with("fieldidentifier", field)
            .map(|row: Row<'_>| row.text("fieldscreentab").to_owned())
            .collect()
    };
    call.delete("fieldscreenlayoutitem", json!({"fieldidentifier": field}))?;
    for tab in tabs {
        let rest: Vec<String> = items(call, &tab)?.into_iter().map(|(id, _)| id).collect();
        call.number("fieldscreenlayoutitem", "sequence", 0, &rest)?;
    }
    Ok(())
}
