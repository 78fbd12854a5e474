//! Users and groups are found, made and deleted.

use serde_json::{Value, json};

use super::{Done, Written, text};
use crate::areas::people::{self, User};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/group", add_group),
    write("DELETE", "/group", delete_group),
    write("POST", "/group/user", add_member),
    write("DELETE", "/group/user", remove_member),
    write("POST", "/user", add_user),
    write("DELETE", "/user", delete_user),
];
pub(super) const DATA_CENTER: &[Endpoint] =
    &[write("PUT", "/user", change_user), write("PUT", "/user/password", set_password)];

/// Groups of Cloud that Atlassian manages.
const MANAGED: [&str; 2] = ["site-admins", "atlassian-addons-admin"];

/// Returns the user whom a request names: by account id on Cloud, by name on Data Center.
pub(super) fn user(call: &Call<'_>, handle: &str) -> Result<Option<User>, Refusal> {
    let people = call.site.people()?;
    let is_meant = |one: &&User| one.handle(call.site.options.edition) == handle;
    Ok(people.all().iter().find(is_meant).cloned())
}

/// Returns the user of a key or, on Data Center, of a name.
pub(super) fn user_or_key(call: &Call<'_>, handle: &str) -> Result<Option<User>, Refusal> {
    let people = call.site.people()?;
    let by_key = people.all().iter().find(|one| one.key == handle).cloned();
    Ok(if by_key.is_some() { by_key } else { user(call, handle)? })
}

/// Returns the name of the group that a request names.
pub(super) fn group(call: &Call<'_>, handle: &str, is_id: bool) -> Result<Option<String>, Refusal> {
    let names = people::group_names(call.site)?;
    let is_meant = |name: &String| if is_id { people::group_id(name) == handle } else { name == handle };
    Ok(names.into_iter().find(is_meant))
}

/// Returns the name of the group that the query names.
fn wanted_group(call: &Call<'_>) -> Result<String, Refusal> {
    let found = match (call.query("groupId").filter(|_| call.is_cloud()), call.query("groupname")) {
        (Some(id), None) => group(call, id, true)?,
        (None, Some(name)) => group(call, name, false)?,
        _ => return Err(Refusal::new(400, "The group is not specified.")),
    };
    let name = found.ok_or_else(|| Refusal::new(404, "The group does not exist."))?;
    if call.is_cloud() && MANAGED.contains(&name.as_str()) {
        return Err(Refusal::new(403, "The group is managed."));
    }
    Ok(name)
}

/// Returns the directory that new users and groups go to.
fn directory(call: &Call<'_>) -> Result<Option<String>, Refusal> {
    Ok(call.table("cwd_directory")?.all().next().map(|row| row.id().to_owned()))
}

fn told(call: &Call<'_>, name: &str) -> Value {
    let mut told = people::group(call, name);
    told["users"] = json!({"size": 0, "items": [], "max-results": 50, "start-index": 0, "end-index": 0});
    told["expand"] = json!("users");
    told
}

fn add_group(call: &Call<'_>) -> Written {
    call.members(&["name*"])?;
    let name = text(&call.body, "name")?.unwrap_or_default();
    let lower = name.to_lowercase();
    if people::group_names(call.site)?.iter().any(|own| own.to_lowercase() == lower) {
        return Err(Refusal::new(400, "A group with this name already exists."));
    }
    call.insert(
        "cwd_group",
        json!({
            "group_name": name,
            "lower_group_name": lower,
            "active": 1,
            "local": 0,
            "group_type": "GROUP",
            "directory_id": directory(call)?,
        }),
    )?;
    Ok(Done::created(told(call, name)))
}

fn delete_group(call: &Call<'_>) -> Written {
    let name = wanted_group(call)?;
    call.delete("cwd_membership", json!({"parent_name": name}))?;
    call.delete("membershipbase", json!({"group_name": name}))?;
    call.delete("cwd_group", json!({"group_name": name}))?;
    call.delete("groupbase", json!({"groupname": name}))?;
    Ok(Done::empty(200))
}

fn add_member(call: &Call<'_>) -> Written {
    let name = wanted_group(call)?;
    call.members(&["accountId", "name"])?;
    let member = if call.is_cloud() { "accountId" } else { "name" };
    let handle = text(&call.body, member)?.ok_or_else(|| Refusal::of(member, "The user is required."))?;
    let user = user(call, handle)?.ok_or_else(|| Refusal::new(404, "The user does not exist."))?;
    let lower = user.name.to_lowercase();
    if people::members_of(call.site, &name)?.contains(&lower) {
        return Err(Refusal::new(400, "The user is already a member of the group."));
    }
    let (groups, users) = (call.table("cwd_group")?, call.table("cwd_user")?);
    let (group, own) = (groups.one("group_name", &name), users.one("lower_user_name", &lower));
    call.insert(
        "cwd_membership",
        json!({
            "parent_id": group.map(|row| row.id()),
            "parent_name": name,
            "lower_parent_name": name.to_lowercase(),
            "child_id": own.map(|row| row.id()),
            "child_name": user.name,
            "lower_child_name": lower,
            "membership_type": "GROUP_USER",
            "directory_id": own.map(|row| row.text("directory_id")),
        }),
    )?;
    Ok(Done::created(told(call, &name)))
}

fn remove_member(call: &Call<'_>) -> Written {
    let name = wanted_group(call)?;
    let parameter = if call.is_cloud() { "accountId" } else { "username" };
    let handle = call.query(parameter).ok_or_else(|| Refusal::new(400, "The user is not specified."))?;
    let user = user(call, handle)?.ok_or_else(|| Refusal::new(404, "The user does not exist."))?;
    let lower = user.name.to_lowercase();
    call.delete("cwd_membership", json!({"parent_name": name, "lower_child_name": lower}))?;
    call.delete("membershipbase", json!({"group_name": name, "user_name": user.name}))?;
    Ok(Done::empty(200))
}

/// Returns the columns of a user that hold a name or address, twice each.
fn user_columns(name: &str, display: &str, email: Option<&str>) -> Value {
    json!({
        "user_name": name,
        "lower_user_name": name.to_lowercase(),
        "display_name": display,
        "lower_display_name": display.to_lowercase(),
        "email_address": email,
        "lower_email_address": email.map(str::to_lowercase),
    })
}

fn add_user(call: &Call<'_>) -> Written {
    let known: &[&str] = if call.is_cloud() {
        &["emailAddress*", "products*", "displayName", "name", "key", "password", "applicationKeys"]
    } else {
        &[
            "name*",
            "emailAddress*",
            "displayName*",
            "password",
            "key",
            "notification",
            "applicationKeys",
            "active",
        ]
    };
    call.members(known)?;
    let email = text(&call.body, "emailAddress")?.unwrap_or_default();
    let own = email.split('@').next().unwrap_or_default();
    let name = text(&call.body, "name")?.unwrap_or(own);
    let display = text(&call.body, "displayName")?.unwrap_or(own);
    let lower = name.to_lowercase();
    if call.table("cwd_user")?.one("lower_user_name", &lower).is_some() {
        return Err(Refusal::of("username", "A user with that username already exists."));
    }
    let mut columns = user_columns(name, display, Some(email));
    columns["active"] = json!(1);
    columns["directory_id"] = json!(directory(call)?);
    call.insert("cwd_user", columns)?;
    // Who had this name keeps the key: only the account was deleted.
    let former =
        call.table("app_user")?.one("lower_user_name", &lower).map(|row| row.text("user_key").to_owned());
    let key = match former {
        Some(key) => key,
        None => {
            let id = call.insert("app_user", json!({"lower_user_name": lower}))?;
            let key = format!("JIRAUSER{id}");
            call.update("app_user", &id, json!({"user_key": key}))?;
            key
        }
    };
    Ok(Done::created(people::told(call, &key)?))
}

/// Returns the user that the query names.
fn wanted_user(call: &Call<'_>) -> Result<User, Refusal> {
    let found = match (call.query("accountId"), call.query("username"), call.query("key")) {
        (Some(handle), None, None) if call.is_cloud() => user(call, handle)?,
        (None, Some(handle), None) if !call.is_cloud() => user(call, handle)?,
        (None, None, Some(key)) if !call.is_cloud() => user_or_key(call, key)?,
        _ => return Err(Refusal::new(400, "The user is not specified.")),
    };
    found.ok_or_else(|| Refusal::new(404, "The user does not exist."))
}

fn delete_user(call: &Call<'_>) -> Written {
    let lower = wanted_user(call)?.name.to_lowercase();
    call.delete("cwd_membership", json!({"lower_child_name": lower}))?;
    call.delete("cwd_user", json!({"lower_user_name": lower}))?;
    Ok(Done::empty(204))
}

fn change_user(call: &Call<'_>) -> Written {
    let user = wanted_user(call)?;
    call.members(&["name", "emailAddress", "displayName", "active"])?;
    let name = text(&call.body, "name")?.unwrap_or(&user.name);
    let display = text(&call.body, "displayName")?.unwrap_or(&user.display);
    let email = text(&call.body, "emailAddress")?.or(user.email.as_deref());
    let (old, new) = (user.name.to_lowercase(), name.to_lowercase());
    if old != new && call.table("cwd_user")?.one("lower_user_name", &new).is_some() {
        return Err(Refusal::of("username", "A user with that username already exists."));
    }
    let mut columns = user_columns(name, display, email);
    if let Some(is_active) = call.body["active"].as_bool() {
        columns["active"] = json!(i32::from(is_active));
    }
    call.update_all("cwd_user", ("lower_user_name", &old), columns)?;
    call.update_all("app_user", ("lower_user_name", &old), json!({"lower_user_name": new}))?;
    call.update_all(
        "cwd_membership",
        ("lower_child_name", &old),
        json!({"child_name": name, "lower_child_name": new}),
    )?;
    Ok(Done::ok(people::told(call, &user.key)?))
}

/// Passwords are in no row of an instance.
fn set_password(call: &Call<'_>) -> Written {
    wanted_user(call)?;
    call.members(&["password*", "currentPassword"])?;
    Ok(Done::empty(204))
}
