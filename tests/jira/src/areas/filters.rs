//! Filters and their columns.

use serde_json::{Value, json};

use super::{fields, people, put, shares};
use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, get};
use crate::rows::{Row, Table};

pub(super) const BOTH: &[Endpoint] = &[
    get("/filter/{id}", filter_by_id),
    get("/filter/{id}/columns", columns),
    get("/filter/favourite", favourites),
];
pub(super) const CLOUD: &[Endpoint] =
    &[get("/filter/search", search).paged(50, 100), get("/filter/{id}/permission", permissions)];
pub(super) const DATA_CENTER: &[Endpoint] = &[get("/filter/{id}/permission", permissions)];

const ENTITY: &str = "SearchRequest";

/// Returns the query of a filter. Before Jira 4 filters had another form, which no REST interface tells.
pub(super) fn query(row: Row<'_>) -> &str {
    Some(row.text("reqcontent")).filter(|query| !query.trim_start().starts_with('<')).unwrap_or_default()
}

/// Returns whether the caller sees a filter: an administrator all, if he insists.
pub(super) fn sees(call: &Call<'_>, row: Row<'_>, insists: bool) -> Result<bool, Refusal> {
    Ok((insists && call.is_admin()) || shares::sees(call, ENTITY, row.id(), row.get("authorname"))?)
}

/// Returns a filter with those members that are wanted.
fn filter(call: &Call<'_>, row: Row<'_>, has: impl Fn(&str) -> bool) -> Answer {
    let (id, jql) = (row.id(), query(row));
    let mut told = json!({
        "self": call.link(&format!("/filter/{id}")),
        "id": id,
        "name": row.text("filtername"),
    });
    put(&mut told, "description", row.get("description").filter(|_| has("description")));
    if has("owner")
        && let Some(owner) = row.get("authorname")
    {
        told["owner"] = people::owner(call, owner)?;
    }
    put(&mut told, "jql", has("jql").then_some(jql));
    put(&mut told, "viewUrl", has("viewUrl").then(|| call.address(&format!("/issues/?filter={id}"))));
    let search = || {
        let query: String = form_urlencoded::byte_serialize(jql.as_bytes()).collect();
        call.link(&format!("/search?jql={query}"))
    };
    put(&mut told, "searchUrl", has("searchUrl").then(search));
    put(&mut told, "favourite", has("favourite").then_some(false));
    put(
        &mut told,
        "favouritedCount",
        row.number("fav_count").filter(|_| call.is_cloud() && has("favouritedCount")),
    );
    if has("sharePermissions") || has("editPermissions") {
        let shares = shares::of(call, ENTITY, id)?;
        if call.is_cloud() {
            put(&mut told, "sharePermissions", has("sharePermissions").then_some(shares.view));
            put(&mut told, "editPermissions", has("editPermissions").then_some(shares.edit));
        } else {
            told["sharePermissions"] = shares.with_rights.into();
        }
    }
    Ok(told)
}

fn search(call: &Call<'_>) -> Answer {
    let insists = call.query("overrideSharePermissions") == Some("true");
    if insists && !call.is_admin() {
        return Err(Refusal::new(403, "Only Jira administrators can override share permissions."));
    }
    let (table, wanted) =
        (call.table("searchrequest")?, call.query("filterName").unwrap_or_default().to_lowercase());
    let mut rows = Vec::new();
    for row in table.all().filter(|row| call.wants("id", row.id())) {
        if row.text("filtername").to_lowercase().contains(&wanted) && sees(call, row, insists)? {
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| row.text("filtername"));
    let told = rows.into_iter().map(|row| {
        let mut told = filter(call, row, |member| call.expands(member))?;
        told["expand"] = json!(
            "description,owner,jql,viewUrl,searchUrl,favourite,favouritedCount,sharePermissions,editPermissions,isWritable,subscriptions"
        );
        put(&mut told, "isWritable", call.expands("isWritable").then_some(call.is_admin()));
        put(&mut told, "subscriptions", call.expands("subscriptions").then(|| json!([])));
        Ok(told)
    });
    told.collect()
}

fn row<'t>(call: &Call<'_>, table: &'t Table) -> Result<Row<'t>, Refusal> {
    let missing = || Refusal::missing("filter", call.part(0));
    let row = table.by_id(call.part(0)).ok_or_else(missing)?;
    let insists = !call.is_cloud() || call.query("overrideSharePermissions") == Some("true");
    if sees(call, row, insists)? { Ok(row) } else { Err(missing()) }
}

fn filter_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("searchrequest")?;
    let row = row(call, &table)?;
    let mut told = filter(call, row, |_| true)?;
    let list = json!({"size": 0, "items": [], "max-results": 0, "start-index": 0, "end-index": 0});
    told["sharedUsers"] = list.clone();
    told["subscriptions"] = list;
    put(&mut told, "editable", (!call.is_cloud()).then_some(call.is_admin()));
    Ok(told)
}

fn favourites(_call: &Call<'_>) -> Answer {
    Ok(json!([]))
}

fn permissions(call: &Call<'_>) -> Answer {
    let table = call.table("searchrequest")?;
    let shares = shares::of(call, ENTITY, row(call, &table)?.id())?;
    Ok(if call.is_cloud() { shares.view } else { shares.with_rights }.into())
}

fn columns(call: &Call<'_>) -> Answer {
    let table = call.table("searchrequest")?;
    let row = row(call, &table)?;
    let (layouts, items) = (call.table("columnlayout")?, call.table("columnlayoutitem")?);
    let Some(layout) = layouts.one("searchrequest", row.id()) else {
        return Err(Refusal::new(404, "The filter has no columns of its own."));
    };
    let mut told: Vec<Value> = Vec::new();
    for item in Table::ordered(items.with("columnlayout", layout.id()), "horizontalposition") {
        let id = item.text("fieldidentifier");
        if let Some(name) = fields::name(call, id)? {
            told.push(json!({"label": name, "value": id}));
        }
    }
    Ok(told.into())
}
