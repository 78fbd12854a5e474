//! Whom filters and dashboards are shared with.

use serde_json::{Value, json};

use super::{number, people, projects, roles};
use crate::Rights;
use crate::call::{Call, Refusal};
use crate::router::Answer;
use crate::rows::Row;

/// The bit that allows to change; the one that allows to see is always there.
const EDIT: i64 = 2;

/// The shares of an object.
pub(super) struct Shares {
    pub(super) view: Vec<Value>,
    pub(super) edit: Vec<Value>,
    /// All, each with what it allows: how Data Center tells them.
    pub(super) with_rights: Vec<Value>,
}

/// Returns the shares of an object.
pub(super) fn of(call: &Call<'_>, entity: &str, id: &str) -> Result<Shares, Refusal> {
    let table = call.table("sharepermissions")?;
    let mut shares = Shares { view: Vec::new(), edit: Vec::new(), with_rights: Vec::new() };
    for row in table.with("entityid", id).filter(|row| row.text("entitytype") == entity) {
        let can_edit = row.number("rights").is_some_and(|rights| rights & EDIT != 0);
        let mut told = share(call, row)?;
        if can_edit { &mut shares.edit } else { &mut shares.view }.push(told.clone());
        told["view"] = json!(true);
        told["edit"] = json!(can_edit);
        shares.with_rights.push(told);
    }
    Ok(shares)
}

fn share(call: &Call<'_>, row: Row<'_>) -> Answer {
    let (kind, first) = (row.text("sharetype"), row.text("param1"));
    let mut told = json!({"id": number(row.id()), "type": kind});
    match kind {
        "group" => told["group"] = people::group(call, first),
        "user" => told["user"] = people::told(call, first)?,
        "project" => {
            // What the caller may not see has no name.
            if projects::find(call, first).is_err() {
                told["type"] = json!("project-unknown");
                return Ok(told);
            }
            told["project"] = projects::in_short(call, first)?;
            let table = call.table("projectrole")?;
            if let Some(role) = row.get("param2").and_then(|id| table.by_id(id)) {
                told["role"] = roles::role(call, role);
                if call.is_cloud() {
                    told["type"] = json!("projectRole");
                }
            }
        }
        _ => {}
    }
    Ok(told)
}

/// Returns whether the caller may see an object, by its owner and its shares.
pub(super) fn sees(call: &Call<'_>, entity: &str, id: &str, owner: Option<&str>) -> Result<bool, Refusal> {
    let people = call.site.people()?;
    let caller = people.caller();
    if owner == Some(caller.key.as_str()) {
        return Ok(true);
    }
    for row in
        call.table("sharepermissions")?.with("entityid", id).filter(|row| row.text("entitytype") == entity)
    {
        let first = row.text("param1");
        let is_with_caller = match row.text("sharetype") {
            "global" => true,
            "loggedin" => call.rights > Rights::Anonymous,
            "user" => first == caller.key,
            "group" => people::members_of(call.site, first)?.contains(&caller.name.to_lowercase()),
            "project" => projects::find(call, first).is_ok(),
            _ => false,
        };
        if is_with_caller {
            return Ok(true);
        }
    }
    Ok(false)
}
