//! Permission schemes and their grants are made, changed and deleted.

use serde_json::{Value, json};

use super::{Done, Written, changes, holders, members, nothing, text};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/permissionscheme", add),
    write("PUT", "/permissionscheme/{schemeId}", change),
    write("DELETE", "/permissionscheme/{schemeId}", delete),
    write("POST", "/permissionscheme/{schemeId}/permission", grant),
    write("DELETE", "/permissionscheme/{schemeId}/permission/{permissionId}", revoke),
];

/// The permissions of projects that Jira has by itself.
const PERMISSIONS: &[&str] = &[
    "ADD_COMMENTS",
    "ADMINISTER_PROJECTS",
    "ARCHIVE_ISSUES",
    "ASSIGNABLE_USER",
    "ASSIGN_ISSUES",
    "BROWSE_ARCHIVE",
    "BROWSE_PROJECTS",
    "CLOSE_ISSUES",
    "CREATE_ATTACHMENTS",
    "CREATE_ISSUES",
    "DELETE_ALL_ATTACHMENTS",
    "DELETE_ALL_COMMENTS",
    "DELETE_ALL_WORKLOGS",
    "DELETE_ISSUES",
    "DELETE_OWN_ATTACHMENTS",
    "DELETE_OWN_COMMENTS",
    "DELETE_OWN_WORKLOGS",
    "EDIT_ALL_COMMENTS",
    "EDIT_ALL_WORKLOGS",
    "EDIT_ISSUES",
    "EDIT_ISSUE_LAYOUT",
    "EDIT_OWN_COMMENTS",
    "EDIT_OWN_WORKLOGS",
    "EDIT_WORKFLOW",
    "LINK_ISSUES",
    "MANAGE_SPRINTS_PERMISSION",
    "MANAGE_WATCHERS",
    "MODIFY_REPORTER",
    "MOVE_ISSUES",
    "RESOLVE_ISSUES",
    "RESTORE_ISSUES",
    "SCHEDULE_ISSUES",
    "SERVICEDESK_AGENT",
    "SET_ISSUE_SECURITY",
    "TRANSITION_ISSUES",
    "UNARCHIVE_ISSUES",
    "VIEW_AGGREGATED_DATA",
    "VIEW_DEV_TOOLS",
    "VIEW_READONLY_WORKFLOW",
    "VIEW_VOTERS_AND_WATCHERS",
    "WORK_ON_ISSUES",
];

/// What customers of a portal cannot be given.
const NOT_OF_CUSTOMERS: [&str; 3] = ["VIEW_AGGREGATED_DATA", "ARCHIVE_ISSUES", "UNARCHIVE_ISSUES"];

fn scheme_members(call: &Call<'_>) -> Result<(), Refusal> {
    let known = ["name", "description", "permissions", "scope", "id", "self", "expand"];
    call.members(&known)?;
    if text(&call.body, "name")?.is_none_or(str::is_empty) {
        return Err(Refusal::of("name", "The name of the permission scheme is required."));
    }
    Ok(())
}

fn must_be_free(call: &Call<'_>, except: &str) -> Result<(), Refusal> {
    let taken = |_: &str| Refusal::of("name", "A permission scheme with this name already exists.");
    call.must_be_free(("permissionscheme", "name"), text(&call.body, "name")?, except, taken)
}

/// Adds a grant; the same a second time is refused.
fn insert(call: &Call<'_>, scheme: &str, said: &Value) -> Result<String, Refusal> {
    members(said, &["holder*", "permission*", "id", "self"])?;
    let permission = text(said, "permission")?.unwrap_or_default();
    let table = call.table("schemepermissions")?;
    let is_known = PERMISSIONS.contains(&permission)
        // Those of apps are there if somebody has them.
        || table.one("permission_key", permission).is_some_and(|_| permission.contains("__"));
    if !is_known {
        return Err(Refusal::new(
            400,
            &format!("The permission '{permission}' is unknown or cannot be granted."),
        ));
    }
    let (kind, parameter) = holders::holder(call, &said["holder"])?;
    if kind == "sd.customer.portal.only" && NOT_OF_CUSTOMERS.contains(&permission) {
        return Err(Refusal::new(400, &format!("Customers cannot be granted '{permission}'.")));
    }
    let is_same = table.with("scheme", scheme).any(|row| {
        row.get("permission_key") == Some(permission)
            && row.text("perm_type") == kind
            && row.get("perm_parameter") == parameter.as_deref()
    });
    if is_same {
        return Err(Refusal::new(400, "The same permission grant is present."));
    }
    call.insert(
        "schemepermissions",
        json!({
            "scheme": scheme, "permission_key": permission, "perm_type": kind, "perm_parameter": parameter,
        }),
    )
}

fn set_grants(call: &Call<'_>, scheme: &str) -> Result<(), Refusal> {
    for said in call.body["permissions"].as_array().into_iter().flatten() {
        insert(call, scheme, said)?;
    }
    Ok(())
}

fn told(call: &Call<'_>, scheme: &str, status: u16) -> Written {
    let expand = call.query("expand").map(|words| format!("?expand={words}")).unwrap_or_default();
    Ok(Done::with(status, call.got(&format!("/permissionscheme/{scheme}{expand}"))?))
}

const COLUMNS: [(&str, &str); 2] = [("name", "name"), ("description", "description")];

fn add(call: &Call<'_>) -> Written {
    scheme_members(call)?;
    must_be_free(call, "")?;
    let scheme = call.insert("permissionscheme", changes(&call.body, &COLUMNS))?;
    set_grants(call, &scheme)?;
    told(call, &scheme, 201)
}

/// With grants it replaces all of them, without it keeps them.
fn change(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist("permissionscheme", "permission scheme", scheme)?;
    scheme_members(call)?;
    must_be_free(call, scheme)?;
    call.update("permissionscheme", scheme, changes(&call.body, &COLUMNS))?;
    if call.body.get("permissions").is_some_and(Value::is_array) {
        call.delete("schemepermissions", json!({"scheme": scheme}))?;
        set_grants(call, scheme)?;
    }
    told(call, scheme, 200)
}

fn delete(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist("permissionscheme", "permission scheme", scheme)?;
    if scheme == "0" || call.is_associated("PermissionScheme", scheme)? {
        return Err(Refusal::new(400, "The permission scheme is the default or associated with a project."));
    }
    call.delete("schemepermissions", json!({"scheme": scheme}))?;
    call.delete("permissionscheme", json!({"id": scheme}))?;
    nothing()
}

fn grant(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist("permissionscheme", "permission scheme", scheme)?;
    call.members(&["holder*", "permission*", "id", "self"])?;
    let id = insert(call, scheme, &call.body)?;
    let all = call.got(&format!("/permissionscheme/{scheme}/permission"))?;
    let own = all["permissions"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|own| super::id(own, "id").as_deref() == Some(id.as_str()));
    Ok(Done::created(own.cloned().unwrap_or_default()))
}

fn revoke(call: &Call<'_>) -> Written {
    call.must_exist("permissionscheme", "permission scheme", call.part(0))?;
    if call.delete("schemepermissions", json!({"id": call.part(1), "scheme": call.part(0)}))? == 0 {
        return Err(Refusal::unknown("permission grant", call.part(1)));
    }
    nothing()
}
