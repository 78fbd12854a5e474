//! Statuses, priorities and resolutions of Jira Cloud. Data Center takes none of them.
//!
//! Sources: Atlassian's description of Jira Cloud (April 2026); what is asked for beside it, from live sites.

use serde_json::{Value, json};

use super::{Deed, Ground, Look, Sent, Subject, Unsaid, members, part};
use crate::entity::Row;

/// A status. Jira Cloud has no icons of statuses and no order of them.
pub(super) fn status(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let path = ground.api("statuses");
    let body = |row: &Row| {
        let mut told = members(row, &[("name", "name"), ("description", "description")]);
        let category = match row.get("statuscategory") {
            Some("3") => "DONE",
            Some("4") => "IN_PROGRESS",
            _ => "TODO",
        };
        told["statusCategory"] = json!(category);
        told
    };
    let row = |side: &super::Side<'_>, id: &Option<String>| Some(body(side.row("Status", id.as_deref()?)?));
    match (row(&ground.before, &subject.before), row(&ground.after, &subject.after)) {
        (Some(from), Some(to)) => {
            let id = ground.sent("status", subject.after.as_deref().unwrap_or_default());
            let with_id = |mut body: Value| {
                body["id"] = json!(id);
                json!({ "statuses": [body] })
            };
            let look =
                Look::at(&path, from.clone(), to.clone()).with("id", &id).among("", &[("id", json!(id))]);
            if from == to {
                return Ok(Vec::new());
            }
            let sent = Sent::put(&path, with_id(to)).seen_by(look);
            Ok(vec![Deed::new(sent, Sent::put(path, with_id(from)))])
        }
        (None, Some(to)) => {
            let id = ground.sent("status", subject.after.as_deref().unwrap_or_default());
            let look = Look::at(ground.api("statuses/search"), Value::Null, to.clone())
                .with("searchString", to["name"].as_str().unwrap_or_default())
                .among("/values", &[("name", to["name"].clone())])
                .paged()
                .in_doubt();
            let body = json!({ "scope": { "type": "GLOBAL" }, "statuses": [to] });
            let sent = Sent::post(&path, body).seen_by(look).binding(&id, "/0/id");
            Ok(vec![Deed::new(sent, Sent::delete(path).with("id", &id))])
        }
        _ => Ok(Vec::new()),
    }
}

/// A priority.
pub(super) fn priority(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let body = |row: &Row| {
        members(
            row,
            &[
                ("name", "name"),
                ("description", "description"),
                ("statusColor", "statusColor"),
                ("iconUrl", "iconurl"),
            ],
        )
    };
    ordered(ground, subject, ("Priority", "priority", "priority/search"), &body)
}

/// A resolution.
pub(super) fn resolution(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let body = |row: &Row| members(row, &[("name", "name"), ("description", "description")]);
    ordered(ground, subject, ("Resolution", "resolution", "resolution/search"), &body)
}

/// A constant that has an order. What is new comes last; whatever stands elsewhere is moved behind what it is to follow.
fn ordered(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
    (entity, kind, list): (&'static str, &'static str, &str),
    body: &dyn Fn(&Row) -> Value,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let rows = |side: &super::Side<'_>, id: &Option<String>| Some(body(side.row(entity, id.as_deref()?)?));
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let id = ground.sent(kind, after);
    let path = ground.api(&format!("{kind}/{}", part(&id)));
    let mut deeds = Vec::new();
    match (rows(&ground.before, &subject.before), rows(&ground.after, &subject.after)) {
        (Some(from), Some(to)) if from != to => {
            let sent = Sent::put(&path, to.clone()).seen_by(Look::at(&path, from.clone(), to));
            deeds.push(Deed::new(sent, Sent::put(&path, from)));
        }
        (None, Some(to)) => {
            let look = Look::at(ground.api(list), Value::Null, to.clone())
                .among("/values", &[("name", to["name"].clone())])
                .paged()
                .in_doubt();
            let sent = Sent::post(ground.api(kind), to).seen_by(look).binding(&id, "/id");
            // Jira wants to know which one issues get that have it; there are none, or it stays.
            let other = ground.before.tables.rows(entity).first().map(Row::id);
            let none = Look::for_no_issue(ground.edition, &format!("{kind} = {id}"));
            let back = Sent::delete(&path).only_if(none);
            let back = match (entity, other) {
                ("Resolution", Some(other)) => back.with("replaceWith", other),
                _ => back,
            };
            deeds.push(Deed::new(sent, back));
        }
        _ => {}
    }
    deeds.extend(moved(ground, entity, kind, after));
    Ok(deeds)
}

/// Moves a constant to its place, if it is to stand behind another one than Jira has in front of it.
fn moved(ground: &Ground<'_>, entity: &'static str, kind: &'static str, id: &str) -> Option<Deed> {
    let order = |side: &super::Side<'_>| -> Vec<String> {
        let mut rows: Vec<&Row> = side.tables.rows(entity).iter().collect();
        rows.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
        rows.iter().map(|row| row.id().to_owned()).collect()
    };
    let (old, new) = (order(&ground.before), order(&ground.after));
    let before = |order: &[String]| {
        let at = order.iter().position(|own| own == id)?;
        Some(at.checked_sub(1).map(|at| order[at].clone()))
    };
    // What is new stands last by itself.
    let was = before(&old).unwrap_or_else(|| old.last().cloned());
    let is = before(&new)?;
    if was == is {
        return None;
    }
    let body = |after: &Option<String>| match after {
        Some(after) => json!({ "ids": [ground.sent(kind, id)], "after": ground.sent(kind, after) }),
        None => json!({ "ids": [ground.sent(kind, id)], "position": "First" }),
    };
    let path = ground.api(&format!("{kind}/move"));
    Some(Deed::new(Sent::put(&path, body(&is)), Sent::put(path, body(&was))))
}
