//! Screen schemes and issue type screen schemes are made, changed and deleted, on Cloud alone.

use serde_json::{Value, json};

use super::{Done, Written, at_most, changes, id, list, members, nothing, text};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/screenscheme", add),
    write("PUT", "/screenscheme/{screenSchemeId}", change),
    write("DELETE", "/screenscheme/{screenSchemeId}", delete),
    write("POST", "/issuetypescreenscheme", add_mapped),
    write("PUT", "/issuetypescreenscheme/project", assign),
    write("PUT", "/issuetypescreenscheme/{issueTypeScreenSchemeId}", change_mapped),
    write("DELETE", "/issuetypescreenscheme/{issueTypeScreenSchemeId}", delete_mapped),
    write("PUT", "/issuetypescreenscheme/{issueTypeScreenSchemeId}/mapping", map),
    write("PUT", "/issuetypescreenscheme/{issueTypeScreenSchemeId}/mapping/default", map_default),
    write("POST", "/issuetypescreenscheme/{issueTypeScreenSchemeId}/mapping/remove", unmap),
];

/// What a screen is for, with the number in a row.
const OPERATIONS: [(&str, Option<i64>); 4] =
    [("default", None), ("create", Some(0)), ("edit", Some(1)), ("view", Some(2))];

const COLUMNS: [(&str, &str); 2] = [("name", "name"), ("description", "description")];

/// The issue type of the mapping that holds for all others.
const DEFAULT: &str = "default";

/// Sets the screens that the body names; null takes one away.
fn set_screens(call: &Call<'_>, scheme: &str) -> Result<(), Refusal> {
    let said = &call.body["screens"];
    if said.is_null() {
        return Ok(());
    }
    members(said, &["default", "create", "edit", "view"])?;
    for (member, operation) in OPERATIONS {
        let Some(own) = said.get(member) else { continue };
        let row = json!({"fieldscreenscheme": scheme, "operation": operation});
        call.delete("fieldscreenschemeitem", row.clone())?;
        if own.is_null() {
            if member == "default" {
                return Err(Refusal::of("default", "The default screen is required."));
            }
            continue;
        }
        let screen = id(said, member).unwrap_or_default();
        call.must_exist("fieldscreen", "screen", &screen)?;
        let mut row = row;
        row["fieldscreen"] = json!(screen);
        call.insert("fieldscreenschemeitem", row)?;
    }
    Ok(())
}

/// Other screen schemes may have the name: nobody checks.
fn add(call: &Call<'_>) -> Written {
    call.members(&["name*", "description", "screens*"])?;
    at_most("name", text(&call.body, "name")?, 255)?;
    if call.body["screens"]["default"].is_null() {
        return Err(Refusal::of("default", "The default screen is required."));
    }
    let scheme = call.insert("fieldscreenscheme", changes(&call.body, &COLUMNS))?;
    set_screens(call, &scheme)?;
    Ok(Done::created(json!({"id": scheme.parse::<i64>().unwrap_or_default()})))
}

fn change(call: &Call<'_>) -> Written {
    call.must_exist("fieldscreenscheme", "screen scheme", call.part(0))?;
    call.members(&["name", "description", "screens"])?;
    at_most("name", text(&call.body, "name")?, 255)?;
    call.update("fieldscreenscheme", call.part(0), changes(&call.body, &COLUMNS))?;
    set_screens(call, call.part(0))?;
    nothing()
}

fn delete(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist("fieldscreenscheme", "screen scheme", scheme)?;
    if call.is_used("issuetypescreenschemeentity", "fieldscreenscheme", scheme)? {
        return Err(Refusal::new(400, "The screen scheme is used in an issue type screen scheme."));
    }
    call.delete("fieldscreenschemeitem", json!({"fieldscreenscheme": scheme}))?;
    call.delete("fieldscreenscheme", json!({"id": scheme}))?;
    nothing()
}

fn check(call: &Call<'_>, except: &str, taken: u16) -> Result<(), Refusal> {
    let name = text(&call.body, "name")?;
    at_most("name", name, 255)?;
    let refusal =
        |_: &str| Refusal::of("name", "The scheme name is used by another scheme.").with_status(taken);
    call.must_be_free(("issuetypescreenscheme", "name"), name, except, refusal)
}

/// Adds mappings; returns whether one is for all other types.
fn insert_mappings(call: &Call<'_>, scheme: &str) -> Result<bool, Refusal> {
    let mut has_default = false;
    for said in call.body["issueTypeMappings"].as_array().into_iter().flatten() {
        members(said, &["issueTypeId*", "screenSchemeId*"])?;
        let kind = id(said, "issueTypeId").unwrap_or_default();
        let screens = id(said, "screenSchemeId").unwrap_or_default();
        call.must_exist("fieldscreenscheme", "screen scheme", &screens)?;
        let is_default = kind == DEFAULT;
        has_default |= is_default;
        let kind = (!is_default).then_some(kind);
        if let Some(kind) = &kind {
            call.must_exist("issuetype", "issue type", kind)?;
        }
        let table = call.table("issuetypescreenschemeentity")?;
        if table.with("scheme", scheme).any(|row| row.get("issuetype") == kind.as_deref()) {
            return Err(Refusal::new(400, "The issue type has a mapping already."));
        }
        call.insert(
            "issuetypescreenschemeentity",
            json!({"scheme": scheme, "issuetype": kind, "fieldscreenscheme": screens}),
        )?;
    }
    Ok(has_default)
}

fn add_mapped(call: &Call<'_>) -> Written {
    call.members(&["name*", "description", "issueTypeMappings*"])?;
    check(call, "", 409)?;
    let scheme = call.insert("issuetypescreenscheme", changes(&call.body, &COLUMNS))?;
    if !insert_mappings(call, &scheme)? {
        return Err(Refusal::of("issueTypeMappings", "The default mapping is required."));
    }
    Ok(Done::created(json!({"id": scheme})))
}

const WHAT: &str = "issue type screen scheme";

fn change_mapped(call: &Call<'_>) -> Written {
    call.must_exist("issuetypescreenscheme", WHAT, call.part(0))?;
    call.members(&["name", "description"])?;
    check(call, call.part(0), 400)?;
    call.update("issuetypescreenscheme", call.part(0), changes(&call.body, &COLUMNS))?;
    nothing()
}

fn delete_mapped(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist("issuetypescreenscheme", WHAT, scheme)?;
    if scheme == "1" || call.is_associated("IssueTypeScreenScheme", scheme)? {
        return Err(Refusal::new(400, "The issue type screen scheme is associated with a project."));
    }
    call.delete("issuetypescreenschemeentity", json!({"scheme": scheme}))?;
    call.delete("issuetypescreenscheme", json!({"id": scheme}))?;
    nothing()
}

fn map(call: &Call<'_>) -> Written {
    call.must_exist("issuetypescreenscheme", WHAT, call.part(0))?;
    call.members(&["issueTypeMappings*"])?;
    if insert_mappings(call, call.part(0))? {
        return Err(Refusal::new(400, "The default mapping cannot be added."));
    }
    nothing()
}

fn map_default(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist("issuetypescreenscheme", WHAT, scheme)?;
    call.members(&["screenSchemeId*"])?;
    let screens = id(&call.body, "screenSchemeId").unwrap_or_default();
    call.must_exist("fieldscreenscheme", "screen scheme", &screens)?;
    let row = json!({"scheme": scheme, "issuetype": Value::Null});
    call.delete("issuetypescreenschemeentity", row.clone())?;
    let mut row = row;
    row["fieldscreenscheme"] = json!(screens);
    call.insert("issuetypescreenschemeentity", row)?;
    nothing()
}

fn unmap(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist("issuetypescreenscheme", WHAT, scheme)?;
    call.members(&["issueTypeIds*"])?;
    for kind in list(&call.body, "issueTypeIds") {
        if kind == DEFAULT {
            return Err(Refusal::new(400, "The default mapping cannot be removed."));
        }
        if call.delete("issuetypescreenschemeentity", json!({"scheme": scheme, "issuetype": kind}))? == 0 {
            return Err(Refusal::missing("mapping of the issue type", &kind));
        }
    }
    nothing()
}

fn assign(call: &Call<'_>) -> Written {
    call.members(&["issueTypeScreenSchemeId*", "projectId*"])?;
    let scheme = id(&call.body, "issueTypeScreenSchemeId").unwrap_or_default();
    call.must_exist("issuetypescreenscheme", WHAT, &scheme)?;
    let project = call.classic_project(&id(&call.body, "projectId").unwrap_or_default())?;
    call.associate(&project, "IssueTypeScreenScheme", Some(&scheme))?;
    nothing()
}
