//! Issues, as far as they show what moves: which was changed last, and by what.
//!
//! Invariant: moments are told in the time zone of the Jira, which its rows do not name.

use serde_json::{Value, json};

use super::{people, put};
use crate::router::{Answer, Endpoint, get};
use crate::rows::Row;
use crate::site::{Call, Refusal};

pub(super) const DATA_CENTER: &[Endpoint] = &[get("/search", search), get("/issue/{issueIdOrKey}", one)];

/// The time zone in which the rows tell moments.
const ZONE: &str = "+0100";

/// Returns a moment of a row (`2025-03-07 09:00:00.0`) as Jira tells it.
fn moment(text: &str) -> String {
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00.0"));
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    format!("{date}T{time}.{fraction:0<3.3}{ZONE}")
}

fn issue(call: &Call<'_>, row: Row<'_>) -> Answer {
    let id = row.id();
    let project = call.table("project")?;
    let key = match row.get("key").or_else(|| row.get("pkey")) {
        Some(key) => key.to_owned(),
        None => {
            let key = project.by_id(row.text("project")).map(|own| own.text("pkey")).unwrap_or_default();
            format!("{key}-{}", row.get("issuenum").unwrap_or(row.text("number")))
        }
    };
    let mut told = json!({
        "id": id,
        "key": key,
        "self": call.link(&format!("/issue/{id}")),
        "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
        "fields": {"updated": moment(row.text("updated")), "created": moment(row.text("created"))},
    });
    if call.query("fields").is_some() {
        let fields: Vec<&str> = call.all("fields").flat_map(|names| names.split(',')).collect();
        if let Some(all) = told["fields"].as_object_mut() {
            all.retain(|name, _| fields.contains(&name.as_str()));
        }
    }
    if call.expands("changelog") {
        let groups = call.table("changegroup")?;
        let column = if groups.has("issueid") { "issueid" } else { "issue" };
        let histories: Vec<Value> = groups.with(column, id).map(|group| history(call, group)).collect();
        let count = histories.len();
        told["changelog"] =
            json!({"startAt": 0, "maxResults": count, "total": count, "histories": histories});
    }
    Ok(told)
}

fn history(call: &Call<'_>, group: Row<'_>) -> Value {
    let mut told = json!({"id": group.id(), "created": moment(group.text("created")), "items": []});
    put(&mut told, "author", group.get("author").and_then(|key| people::told(call, key).ok()));
    told
}

/// Answers the one query that it understands: all issues, the last changed first.
fn search(call: &Call<'_>) -> Answer {
    let jql = call.query("jql").unwrap_or_default();
    if !jql.trim().eq_ignore_ascii_case("ORDER BY updated DESC") {
        return Err(Refusal::new(400, "Error in the JQL Query: this Jira understands no other one."));
    }
    let table = call.table("jiraissue")?;
    let mut rows: Vec<Row<'_>> = Vec::new();
    for row in table.all() {
        if super::projects::find(call, row.text("project")).is_ok() {
            rows.push(row);
        }
    }
    rows.sort_by(|a, b| b.text("updated").cmp(a.text("updated")));
    let number =
        |name: &str, usual: usize| call.query(name).and_then(|own| own.parse().ok()).unwrap_or(usual);
    let (start, most) = (number("startAt", 0), number("maxResults", 50));
    let total = rows.len();
    let shown: Result<Vec<Value>, Refusal> =
        rows.into_iter().skip(start).take(most).map(|row| issue(call, row)).collect();
    Ok(json!({"startAt": start, "maxResults": most, "total": total, "issues": shown?}))
}

fn one(call: &Call<'_>) -> Answer {
    let table = call.table("jiraissue")?;
    let wanted = call.part(0);
    let row = table.by_id(wanted).or_else(|| table.one("key", wanted)).or_else(|| table.one("pkey", wanted));
    let row = row.filter(|row| super::projects::find(call, row.text("project")).is_ok());
    match row {
        Some(row) => issue(call, row),
        None => Err(Refusal::new(404, "Issue Does Not Exist")),
    }
}
