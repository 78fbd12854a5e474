//! Whom filters and dashboards are shared with, as requests say it and as replies tell it.
//!
//! Invariant: what is read as `loggedin` is written as `authenticated`.

use serde_json::{Value, json};

use super::super::{Ground, Side};
use crate::entity::Row;

/// Returns the rows of those who may see an object, and of those who may change it, too.
fn rows<'g>(side: &Side<'g>, entity: &str, id: &str) -> [Vec<&'g Row>; 2] {
    let rows = side.with("SharePermissions", "entityId", id).into_iter();
    let rows = rows.filter(|row| row.get("entityType") == Some(entity));
    let (edit, view) = rows.partition(|row| row.get("rights") == Some("3"));
    [view, edit]
}

fn share(ground: &Ground<'_>, row: &Row, is_said: bool) -> Value {
    let first = row.get("param1").unwrap_or_default();
    let id = |kind, id: &str| json!({ "id": ground.sent(kind, id) });
    match (row.get("type").unwrap_or_default(), row.text("param2")) {
        ("loggedin", _) => json!({ "type": if is_said { "authenticated" } else { "loggedin" } }),
        ("group", _) => {
            let group = ground.group_id(first).filter(|_| is_said);
            let group = group.map_or_else(|| json!({ "name": first }), |id| json!({ "groupId": id }));
            json!({ "type": "group", "group": group })
        }
        ("user", _) => json!({ "type": "user", "user": { "accountId": first } }),
        ("project", Some(role)) => {
            json!({ "type": "projectRole", "project": id("project", first), "role": id("projectRole", role) })
        }
        ("project", None) => json!({ "type": "project", "project": id("project", first) }),
        (other, _) => json!({ "type": other }),
    }
}

fn lists(ground: &Ground<'_>, side: &Side<'_>, (entity, id): (&str, &str), is_said: bool) -> Value {
    let [view, edit] = rows(side, entity, id)
        .map(|rows| -> Value { rows.into_iter().map(|row| share(ground, row, is_said)).collect() });
    json!({ "sharePermissions": view, "editPermissions": edit })
}

/// Returns the shares of an object as requests say them: two lists, which replace those that are there.
pub(super) fn said(ground: &Ground<'_>, side: &Side<'_>, object: (&str, &str)) -> Value {
    lists(ground, side, object, true)
}

/// Returns the shares of an object as replies tell them.
pub(super) fn shown(ground: &Ground<'_>, side: &Side<'_>, object: (&str, &str)) -> Value {
    lists(ground, side, object, false)
}
