//! Screens, their tabs and fields.

use serde_json::{Value, json};

use super::{fields, number, put};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get};
use crate::rows::{Row, Table};

pub(super) const CLOUD: &[Endpoint] = &[
    get("/screens", screens).paged(100, 100).admin(),
    get("/screens/tabs", all_tabs).shaped(Shape::Tabs(Limit { usual: 100, most: 100 })).admin(),
    get("/screens/{screenId}/tabs", tabs).admin(),
    get("/screens/{screenId}/tabs/{tabId}/fields", fields_of_tab).admin(),
    get("/field/{fieldId}/screens", screens_of_field).paged(100, 100).admin(),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    get("/screens", screens).shaped(Shape::Named("screens", Limit { usual: 100, most: 100 })).admin(),
    get("/screens/{screenId}/tabs", tabs).admin(),
    get("/screens/{screenId}/tabs/{tabId}/fields", fields_of_tab).admin(),
];

fn screen(row: Row<'_>) -> Value {
    json!({"id": number(row.id()), "name": row.text("name"), "description": row.text("description")})
}

fn screens(call: &Call<'_>) -> Answer {
    let (table, all_tabs) = (call.table("fieldscreen")?, call.table("fieldscreentab")?);
    let wanted = table.all().filter(|row| call.wants("id", row.id()));
    let mut told = Vec::new();
    for row in wanted {
        let mut screen = screen(row);
        if !call.is_cloud() {
            screen["expand"] = json!("fieldScreenSchemes,fieldScreenTabs,deletable");
            if call.expands("fieldScreenTabs") {
                let own =
                    Table::ordered(all_tabs.with("fieldscreen", row.id()), "sequence").into_iter().map(tab);
                screen["fieldScreenTabs"] = own.collect();
            }
            if call.expands("fieldScreenSchemes") {
                screen["fieldScreenSchemes"] = schemes_of(call, row.id())?;
            }
        }
        told.push(screen);
    }
    Ok(told.into())
}

/// Returns the screen schemes that use a screen.
fn schemes_of(call: &Call<'_>, screen: &str) -> Answer {
    let (items, schemes) = (call.table("fieldscreenschemeitem")?, call.table("fieldscreenscheme")?);
    let mut ids: Vec<_> =
        items.with("fieldscreen", screen).map(|row| row.text("fieldscreenscheme")).collect();
    ids.dedup();
    let own = ids.into_iter().filter_map(|id| schemes.by_id(id));
    Ok(own.map(|row| json!({"id": number(row.id()), "name": row.text("name")})).collect())
}

fn tab(row: Row<'_>) -> Value {
    json!({"id": number(row.id()), "name": row.text("name")})
}

fn tabs(call: &Call<'_>) -> Answer {
    let (screens, tabs) = (call.table("fieldscreen")?, call.table("fieldscreentab")?);
    let screen = screens.by_id(call.part(0)).ok_or_else(|| Refusal::missing("screen", call.part(0)))?;
    Ok(Table::ordered(tabs.with("fieldscreen", screen.id()), "sequence").into_iter().map(tab).collect())
}

fn all_tabs(call: &Call<'_>) -> Answer {
    let (screens, tabs) = (call.table("fieldscreen")?, call.table("fieldscreentab")?);
    let mut told = Vec::new();
    for screen in screens.all().filter(|row| call.wants("screenId", row.id())) {
        for tab in Table::ordered(tabs.with("fieldscreen", screen.id()), "sequence") {
            if call.wants("tabId", tab.id()) {
                let (screen, id) = (number(screen.id()), number(tab.id()));
                told.push(json!({"screenId": screen, "tabId": id, "tabName": tab.text("name")}));
            }
        }
    }
    Ok(told.into())
}

fn fields_of_tab(call: &Call<'_>) -> Answer {
    let (tabs, items) = (call.table("fieldscreentab")?, call.table("fieldscreenlayoutitem")?);
    let tab = tabs.by_id(call.part(1)).filter(|row| row.text("fieldscreen") == call.part(0));
    let tab = tab.ok_or_else(|| Refusal::missing("screen tab", call.part(1)))?;
    let mut told = Vec::new();
    for item in Table::ordered(items.with("fieldscreentab", tab.id()), "sequence") {
        let id = item.text("fieldidentifier");
        // A field that is gone is not shown, though its row is there.
        let Some(name) = fields::name(call, id)? else { continue };
        let mut field = json!({"id": id, "name": name});
        if !call.is_cloud() {
            field["showWhenEmpty"] = json!(false);
            put(&mut field, "type", fields::type_shown(call, id)?);
        }
        told.push(field);
    }
    Ok(told.into())
}

fn screens_of_field(call: &Call<'_>) -> Answer {
    let id = call.part(0);
    if !id.starts_with("customfield_") {
        return Err(Refusal::missing("custom field", id));
    }
    let (items, tabs, screens) =
        (call.table("fieldscreenlayoutitem")?, call.table("fieldscreentab")?, call.table("fieldscreen")?);
    let mut told = Vec::new();
    for item in items.with("fieldidentifier", id) {
        let Some(own_tab) = tabs.by_id(item.text("fieldscreentab")) else { continue };
        let Some(row) = screens.by_id(own_tab.text("fieldscreen")) else { continue };
        let mut screen = screen(row);
        if call.expands("tab") {
            screen["tab"] = tab(own_tab);
        }
        told.push(screen);
    }
    Ok(told.into())
}
