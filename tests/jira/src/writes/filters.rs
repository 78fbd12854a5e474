//! Filters, their owners, shares and columns are made, changed and deleted.

use serde_json::{Value, json};

use super::{Done, Written, at_most, changes, id, list, nothing, people, shares, text};
use crate::areas::{fields, jql, projects};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/filter", add).signed_in(),
    write("PUT", "/filter/{id}", change).signed_in(),
    write("DELETE", "/filter/{id}", delete).signed_in(),
    write("PUT", "/filter/{id}/columns", set_columns).signed_in(),
    write("DELETE", "/filter/{id}/columns", reset_columns).signed_in(),
    write("POST", "/filter/{id}/permission", share).signed_in(),
    write("DELETE", "/filter/{id}/permission/{permissionId}", unshare).signed_in(),
];
pub(super) const CLOUD: &[Endpoint] = &[write("PUT", "/filter/{id}/owner", give).signed_in()];

const TABLE: &str = "searchrequest";
const ENTITY: &str = "SearchRequest";

const MEMBERS: [&str; 8] =
    ["name", "description", "jql", "favourite", "sharePermissions", "editPermissions", "owner", "editable"];

/// Refuses a query that is none, or names a project which does not exist.
fn check_query(call: &Call<'_>) -> Result<(), Refusal> {
    let Some(query) = text(&call.body, "jql")? else { return Ok(()) };
    if let Some(error) = jql::error(query) {
        return Err(Refusal::new(400, error));
    }
    let words: Vec<&str> = query
        .split(|sign: char| sign.is_whitespace() || "=(),!".contains(sign))
        .filter(|word| !word.is_empty())
        .collect();
    for pair in words.windows(2).filter(|pair| pair[0].eq_ignore_ascii_case("project")) {
        let name = pair[1].trim_matches(['"', '\'']);
        let is_word = ["in", "not", "is", "empty"].contains(&name.to_lowercase().as_str());
        let known = || -> Result<bool, Refusal> {
            let table = call.table("project")?;
            let is_named = table.all().any(|row| row.text("pname").eq_ignore_ascii_case(name));
            Ok(is_named || pair[1].starts_with('"') || projects::find(call, &name.to_uppercase()).is_ok())
        };
        if !is_word && !known()? {
            let text = format!("The value '{name}' does not exist for the field 'project'.");
            return Err(Refusal::new(400, &text));
        }
    }
    Ok(())
}

/// Refuses a name that another filter of the owner has.
fn must_be_free(call: &Call<'_>, owner: &str, name: Option<&str>, except: &str) -> Result<(), Refusal> {
    at_most("name", name, 255)?;
    let table = call.table(TABLE)?;
    let mut others = table.with("authorname", owner).filter(|row| row.id() != except);
    if others.any(|row| name.is_some_and(|name| row.text("filtername").eq_ignore_ascii_case(name))) {
        return Err(Refusal::of("filterName", "Filter with same name already exists."));
    }
    Ok(())
}

fn columns(call: &Call<'_>) -> Result<Value, Refusal> {
    let pairs = [("name", "filtername"), ("description", "description"), ("jql", "reqcontent")];
    let mut columns = changes(&call.body, &pairs);
    if let Some(name) = text(&call.body, "name")? {
        columns["filtername_lower"] = json!(name.to_lowercase());
    }
    Ok(columns)
}

fn told(call: &Call<'_>, filter: &str) -> Written {
    let path = format!("/filter/{filter}?overrideSharePermissions=true");
    Ok(Done::ok(call.got(&path)?))
}

fn add(call: &Call<'_>) -> Written {
    call.members(&MEMBERS)?;
    let name = text(&call.body, "name")?;
    if name.is_none_or(str::is_empty) {
        return Err(Refusal::of("filterName", "You must specify a name to save this filter as."));
    }
    check_query(call)?;
    let owner = call.site.people()?.caller().key;
    must_be_free(call, &owner, name, "")?;
    let mut columns = columns(call)?;
    columns["authorname"] = json!(owner);
    columns["username"] = json!(owner);
    columns["fav_count"] = json!(0);
    let filter = call.insert(TABLE, columns)?;
    if call.is_cloud() {
        shares::set(call, ENTITY, &filter)?;
    }
    told(call, &filter)
}

/// Returns the filter of the address, if the caller may change it: he owns it, or insists as an administrator of Cloud.
fn own<'c>(call: &'c Call<'_>) -> Result<(&'c str, String), Refusal> {
    let filter = call.part(0);
    let table = call.table(TABLE)?;
    let row = table.by_id(filter).ok_or_else(|| Refusal::unknown("filter", filter))?;
    let insists =
        call.is_cloud() && call.is_admin() && call.query("overrideSharePermissions") == Some("true");
    if row.text("authorname") != call.site.people()?.caller().key && !insists {
        return Err(Refusal::new(400, "The filter is not owned by you."));
    }
    Ok((filter, row.text("authorname").to_owned()))
}

fn change(call: &Call<'_>) -> Written {
    let filter = call.part(0);
    call.members(&MEMBERS)?;
    // An administrator of Data Center may give it to somebody, and nothing else.
    if !call.is_cloud() && call.is_admin() && call.body["owner"].is_object() {
        call.must_be_known(TABLE, "filter", filter)?;
        let handle = id(&call.body["owner"], "key").or_else(|| id(&call.body["owner"], "name"));
        let user = people::user_or_key(call, &handle.unwrap_or_default())?;
        let user = user.ok_or_else(|| Refusal::new(400, "The user does not exist."))?;
        set_owner(call, filter, &user.key)?;
        return told(call, filter);
    }
    let (filter, owner) = own(call)?;
    check_query(call)?;
    must_be_free(call, &owner, text(&call.body, "name")?, filter)?;
    call.update(TABLE, filter, columns(call)?)?;
    if call.is_cloud() {
        shares::set(call, ENTITY, filter)?;
    }
    told(call, filter)
}

fn set_owner(call: &Call<'_>, filter: &str, owner: &str) -> Result<(), Refusal> {
    let name = {
        let table = call.table(TABLE)?;
        table.by_id(filter).map(|row| row.text("filtername").to_owned())
    };
    must_be_free(call, owner, name.as_deref(), filter)?;
    call.update(TABLE, filter, json!({"authorname": owner, "username": owner}))
}

fn give(call: &Call<'_>) -> Written {
    let filter = call.part(0);
    if !call.is_admin() {
        own(call)?;
    }
    call.must_exist(TABLE, "filter", filter)?;
    call.members(&["accountId*"])?;
    let user = people::user(call, text(&call.body, "accountId")?.unwrap_or_default())?;
    let user = user.ok_or_else(|| Refusal::new(404, "The user does not exist."))?;
    set_owner(call, filter, &user.key)?;
    nothing()
}

/// Deletes a filter; a board on it is not seen any more.
fn delete(call: &Call<'_>) -> Written {
    let filter = call.part(0);
    if !call.is_admin() {
        own(call)?;
    }
    call.must_be_known(TABLE, "filter", filter)?;
    remove_columns(call, filter)?;
    shares::remove(call, ENTITY, filter)?;
    call.delete(TABLE, json!({"id": filter}))?;
    nothing()
}

fn remove_columns(call: &Call<'_>, filter: &str) -> Result<(), Refusal> {
    let layouts: Vec<String> = {
        let table = call.table("columnlayout")?;
        table.with("searchrequest", filter).map(|row| row.id().to_owned()).collect()
    };
    for layout in layouts {
        call.delete("columnlayoutitem", json!({"columnlayout": layout}))?;
        call.delete("columnlayout", json!({"id": layout}))?;
    }
    Ok(())
}

fn set_columns(call: &Call<'_>) -> Written {
    let filter = call.part(0);
    call.must_be_known(TABLE, "filter", filter)?;
    call.members(&["columns*"])?;
    remove_columns(call, filter)?;
    let layout = call.insert("columnlayout", json!({"searchrequest": filter}))?;
    for (place, field) in list(&call.body, "columns").into_iter().enumerate() {
        if fields::name(call, &field)?.is_none() {
            return Err(Refusal::unknown("field", &field));
        }
        call.insert(
            "columnlayoutitem",
            json!({"columnlayout": layout, "fieldidentifier": field, "horizontalposition": place}),
        )?;
    }
    Ok(Done::ok(json!({})))
}

fn reset_columns(call: &Call<'_>) -> Written {
    call.must_be_known(TABLE, "filter", call.part(0))?;
    remove_columns(call, call.part(0))?;
    nothing()
}

fn share(call: &Call<'_>) -> Written {
    let (filter, _) = own(call)?;
    shares::add(call, ENTITY, filter)?;
    Ok(Done::created(call.got(&format!("/filter/{filter}/permission"))?))
}

fn unshare(call: &Call<'_>) -> Written {
    let (filter, _) = own(call).map_err(|refusal| refusal.with_status(404))?;
    let gone = json!({"id": call.part(1), "entityid": filter, "entitytype": ENTITY});
    if call.delete("sharepermissions", gone)? == 0 {
        return Err(Refusal::missing("share", call.part(1)));
    }
    nothing()
}
