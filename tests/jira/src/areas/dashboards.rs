//! Dashboards, their gadgets, and the settings of gadgets.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{number, people, put, shares};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get};
use crate::rows::{Row, Table};

pub(super) const BOTH: &[Endpoint] = &[
    get("/dashboard", all).shaped(Shape::Named("dashboards", Limit { usual: 20, most: 1000 })),
    get("/dashboard/{id}", one),
    get("/dashboard/{dashboardId}/items/{itemId}/properties", property_keys),
    get("/dashboard/{dashboardId}/items/{itemId}/properties/{propertyKey}", property),
];
pub(super) const CLOUD: &[Endpoint] =
    &[get("/dashboard/search", search).paged(50, 100), get("/dashboard/{dashboardId}/gadget", gadgets)];

const ENTITY: &str = "PortalPage";

/// The property that holds the settings of a gadget.
const SETTINGS: &str = "config";

/// Colours of gadgets: in a row, and in a reply.
const COLORS: &[(&str, &str)] = &[
    ("color1", "blue"),
    ("color2", "red"),
    ("color3", "yellow"),
    ("color4", "green"),
    ("color5", "cyan"),
    ("color6", "purple"),
    ("color7", "gray"),
    ("color8", "white"),
];

fn sees(call: &Call<'_>, row: Row<'_>) -> Result<bool, Refusal> {
    Ok(row.get("username").is_none() || shares::sees(call, ENTITY, row.id(), row.get("username"))?)
}

fn seen<'t>(call: &Call<'_>, table: &'t Table) -> Result<Vec<Row<'t>>, Refusal> {
    let mut rows = Vec::new();
    for row in table.all() {
        if sees(call, row)? {
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| row.text("pagename"));
    Ok(rows)
}

fn dashboard(call: &Call<'_>, row: Row<'_>, has: impl Fn(&str) -> bool) -> Answer {
    let mut told = json!({
        "self": call.link(&format!("/dashboard/{}", row.id())),
        "id": row.id(),
        "name": row.text("pagename"),
    });
    if !call.is_cloud() {
        told["view"] = json!(call.address(&format!("/secure/Dashboard.jspa?selectPageId={}", row.id())));
        return Ok(told);
    }
    let is_owner = row
        .get("username")
        .is_some_and(|key| call.site.people().is_ok_and(|people| people.caller().key == key));
    told["systemDashboard"] = json!(row.get("username").is_none());
    put(&mut told, "view", has("viewUrl").then(|| format!("/jira/dashboards/{}", row.id())));
    put(&mut told, "description", row.get("description").filter(|_| has("description")));
    put(&mut told, "isFavourite", has("favourite").then_some(false));
    put(&mut told, "popularity", has("favouritedCount").then_some(row.number("fav_count").unwrap_or(0)));
    put(&mut told, "isWritable", has("isWritable").then_some(is_owner));
    if has("owner")
        && let Some(owner) = row.get("username")
    {
        told["owner"] = people::owner(call, owner)?;
    }
    if has("sharePermissions") || has("editPermissions") {
        let shares = shares::of(call, ENTITY, row.id())?;
        put(&mut told, "sharePermissions", has("sharePermissions").then_some(shares.view));
        put(&mut told, "editPermissions", has("editPermissions").then_some(shares.edit));
    }
    Ok(told)
}

fn all(call: &Call<'_>) -> Answer {
    let table = call.table("portalpage")?;
    seen(call, &table)?.into_iter().map(|row| dashboard(call, row, |_| true)).collect()
}

fn search(call: &Call<'_>) -> Answer {
    let table = call.table("portalpage")?;
    seen(call, &table)?.into_iter().map(|row| dashboard(call, row, |member| call.expands(member))).collect()
}

/// Returns the dashboard that is asked for.
fn row<'t>(call: &Call<'_>, table: &'t Table) -> Result<Row<'t>, Refusal> {
    let missing = || Refusal::missing("dashboard", call.part(0));
    let row = table.by_id(call.part(0)).ok_or_else(missing)?;
    if sees(call, row)? { Ok(row) } else { Err(missing()) }
}

fn one(call: &Call<'_>) -> Answer {
    let table = call.table("portalpage")?;
    dashboard(call, row(call, &table)?, |_| true)
}

fn gadgets(call: &Call<'_>) -> Answer {
    let (pages, table) = (call.table("portalpage")?, call.table("portletconfiguration")?);
    let page = row(call, &pages)?;
    let mut rows: Vec<_> = table.with("portalpage", page.id()).collect();
    rows.sort_by_key(|row| (row.number("column_number"), row.number("positionseq")));
    let told = rows.into_iter().filter_map(|row| {
        let (module, uri) = (row.get("dashboard_module_complete_key"), row.get("gadget_xml"));
        // Portlets of Jira 3 are none.
        let named = module.or(uri)?;
        let title = named.rsplit(['/', ':']).next().unwrap_or_default().trim_end_matches(".xml");
        let color =
            COLORS.iter().find(|(own, _)| *own == row.text("color")).map_or("blue", |(_, color)| color);
        let mut told = json!({
            "id": number(row.id()),
            "color": color,
            "title": title.replace('-', " "),
            "position": {
                "The column position of the gadget.": row.number("column_number").unwrap_or(0),
                "The row position of the gadget.": row.number("positionseq").unwrap_or(0),
            },
        });
        match module {
            Some(module) => told["moduleKey"] = json!(module),
            None => told["uri"] = json!(uri),
        }
        Some(told)
    });
    Ok(json!({"gadgets": told.collect::<Vec<_>>()}))
}

/// Returns the settings of the gadget that is asked for.
fn settings(call: &Call<'_>) -> Result<BTreeMap<String, String>, Refusal> {
    let (pages, table) = (call.table("portalpage")?, call.table("portletconfiguration")?);
    let page = row(call, &pages)?;
    let gadget = table.by_id(call.part(1)).filter(|row| row.text("portalpage") == page.id());
    let gadget = gadget.ok_or_else(|| Refusal::missing("dashboard item", call.part(1)))?;
    let own = call.table("gadgetuserpreference")?;
    let own = own.with("portletconfiguration", gadget.id());
    Ok(own.map(|row| (row.text("userprefkey").to_owned(), row.text("userprefvalue").to_owned())).collect())
}

fn property_keys(call: &Call<'_>) -> Answer {
    let has_any = !settings(call)?.is_empty();
    let (page, item) = (call.part(0), call.part(1));
    let address = call.link(&format!("/dashboard/{page}/items/{item}/properties/{SETTINGS}"));
    let keys: Vec<Value> = has_any.then(|| json!({"key": SETTINGS, "self": address})).into_iter().collect();
    Ok(json!({"keys": keys}))
}

fn property(call: &Call<'_>) -> Answer {
    let settings = settings(call)?;
    if call.part(2) != SETTINGS || settings.is_empty() {
        return Err(Refusal::missing("property", call.part(2)));
    }
    Ok(json!({"key": SETTINGS, "value": settings}))
}
