//! Whom filters and dashboards are shared with.
//!
//! Invariant: what is read as `loggedin` is written as `authenticated`; whoever is named exists.

use serde_json::{Value, json};

use super::{id, members, people, text};
use crate::areas::projects;
use crate::call::{Call, Refusal};

/// What a share allows: to see, or to change as well.
pub(super) const VIEW: i64 = 1;
pub(super) const EDIT: i64 = 3;

/// The kind and the parameters of a share, as a row holds them.
type Held = (&'static str, Option<String>, Option<String>);

fn project(call: &Call<'_>, handle: Option<String>) -> Result<Option<String>, Refusal> {
    let handle = handle.ok_or_else(|| Refusal::new(400, "The project of the share is missing."))?;
    let found = projects::find(call, &handle).map_err(|refusal| refusal.with_status(400))?;
    Ok(Some(found.id))
}

fn role(call: &Call<'_>, handle: Option<String>) -> Result<Option<String>, Refusal> {
    let handle = handle.ok_or_else(|| Refusal::new(400, "The role of the share is missing."))?;
    call.must_be_known("projectrole", "project role", &handle)?;
    Ok(Some(handle))
}

fn group(call: &Call<'_>, name: Option<String>, own: Option<String>) -> Result<Option<String>, Refusal> {
    let found = match (&own, &name) {
        (Some(own), _) => people::group(call, own, true)?,
        (None, Some(name)) => people::group(call, name, false)?,
        (None, None) => None,
    };
    let handle = own.or(name).unwrap_or_default();
    Ok(Some(found.ok_or_else(|| Refusal::unknown("group", &handle))?))
}

fn user(call: &Call<'_>, handle: Option<String>) -> Result<Option<String>, Refusal> {
    let handle = handle.unwrap_or_default();
    let found = people::user_or_key(call, &handle)?;
    Ok(Some(found.ok_or_else(|| Refusal::unknown("user", &handle))?.key))
}

/// Returns a share as bodies of filters and dashboards of Cloud say it: with objects.
fn in_object(call: &Call<'_>, said: &Value) -> Result<Held, Refusal> {
    members(said, &["type*", "user", "group", "project", "role"])?;
    Ok(match text(said, "type")?.unwrap_or_default() {
        "global" => ("global", None, None),
        "authenticated" => ("loggedin", None, None),
        "user" => ("user", user(call, id(&said["user"], "accountId"))?, None),
        "group" => ("group", group(call, id(&said["group"], "name"), id(&said["group"], "groupId"))?, None),
        "project" if said["role"].is_null() => ("project", project(call, id(&said["project"], "id"))?, None),
        "project" | "projectRole" => {
            let role = role(call, id(&said["role"], "id"))?;
            ("project", project(call, id(&said["project"], "id"))?, role)
        }
        kind => return Err(Refusal::new(400, &format!("The share type '{kind}' is not valid."))),
    })
}

/// Returns a share as the endpoints say it that add one: with ids.
fn by_ids(call: &Call<'_>, said: &Value) -> Result<Held, Refusal> {
    let user_member = if call.is_cloud() { "accountId" } else { "userKey" };
    Ok(match text(said, "type")?.unwrap_or_default() {
        "global" => ("global", None, None),
        "authenticated" => ("loggedin", None, None),
        "loggedin" if !call.is_cloud() => ("loggedin", None, None),
        "user" => ("user", user(call, id(said, user_member))?, None),
        "group" => ("group", group(call, id(said, "groupname"), id(said, "groupId"))?, None),
        "project" if said["projectRoleId"].is_null() => {
            ("project", project(call, id(said, "projectId"))?, None)
        }
        "project" | "projectRole" => {
            let role = role(call, id(said, "projectRoleId"))?;
            ("project", project(call, id(said, "projectId"))?, role)
        }
        kind => return Err(Refusal::new(400, &format!("The share type '{kind}' is not valid."))),
    })
}

fn insert(
    call: &Call<'_>,
    entity: &str,
    own: &str,
    (kind, first, second): Held,
    rights: i64,
) -> Result<(), Refusal> {
    let row = json!({
        "entityid": own, "entitytype": entity, "sharetype": kind, "param1": first, "param2": second,
    });
    call.delete("sharepermissions", row.clone())?;
    let mut row = row;
    row["rights"] = json!(rights);
    call.insert("sharepermissions", row)?;
    Ok(())
}

/// Replaces the shares of an object by those that the body lists; a list that is missing stays as it is.
pub(super) fn set(call: &Call<'_>, entity: &str, own: &str) -> Result<(), Refusal> {
    for (member, rights) in [("sharePermissions", VIEW), ("editPermissions", EDIT)] {
        let Some(list) = call.body[member].as_array() else { continue };
        call.delete("sharepermissions", json!({"entityid": own, "entitytype": entity, "rights": rights}))?;
        for said in list {
            insert(call, entity, own, in_object(call, said)?, rights)?;
        }
    }
    Ok(())
}

/// Adds the share that the body says; one for everybody takes the place of all others.
pub(super) fn add(call: &Call<'_>, entity: &str, own: &str) -> Result<(), Refusal> {
    let known: &[&str] = if call.is_cloud() {
        &["type*", "accountId", "groupId", "groupname", "projectId", "projectRoleId", "rights"]
    } else {
        &["type*", "userKey", "groupname", "projectId", "projectRoleId", "view", "edit"]
    };
    call.members(known)?;
    let held = by_ids(call, &call.body)?;
    if matches!(held.0, "global" | "loggedin") {
        remove(call, entity, own)?;
    }
    let can_edit = call.body["edit"] == true || call.body["rights"] == 3;
    insert(call, entity, own, held, if can_edit { EDIT } else { VIEW })
}

/// Takes away all shares of an object.
pub(super) fn remove(call: &Call<'_>, entity: &str, own: &str) -> Result<(), Refusal> {
    call.delete("sharepermissions", json!({"entityid": own, "entitytype": entity}))?;
    Ok(())
}
