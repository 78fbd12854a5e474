//! Issues, as far as they show what moves: which was changed last, and by what.
//!
//! Invariant: moments are told in the time zone of the Jira, which its rows do not name.

use serde_json::{Value, json};

use super::{people, put};
use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, get, post};
use crate::rows::{Row, Table};

pub(super) const CLOUD: &[Endpoint] = &[
    get("/search/jql", search_on),
    post("/search/approximate-count", count),
    get("/issue/{issueIdOrKey}", one),
];
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
        "fields": {
            "updated": moment(row.text("updated")),
            "created": moment(row.text("created")),
            "issuetype": {"id": row.get("issuetype").or_else(|| row.get("type"))},
            "status": {"id": row.get("issuestatus").or_else(|| row.get("status"))},
        },
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

/// The fields that queries compare, with their columns.
const FIELDS: [(&str, &str); 5] = [
    ("project", "project"),
    ("issuetype", "type"),
    ("status", "status"),
    ("priority", "priority"),
    ("resolution", "resolution"),
];

/// Returns a condition on the values of a custom field: its number, and which of its values it means; all, if it says none.
fn on_values(condition: &str) -> Option<(&str, Option<&str>)> {
    let (number, rest) = condition.trim().strip_prefix("cf[")?.split_once(']')?;
    if rest.eq_ignore_ascii_case(" is not EMPTY") {
        return Some((number, None));
    }
    if let Some(options) = rest.strip_prefix(" in cascadeOption(") {
        // The last of them is the value, the others stand above it.
        return Some((number, Some(options.strip_suffix(')')?.split(',').next_back()?.trim())));
    }
    Some((number, Some(rest.split_once('=')?.1.trim())))
}

/// Finds issues by a query of the few kinds that it understands: fields that are ids, some projects, and values of custom fields,
/// joined by AND, the last changed first.
fn found<'t>(call: &Call<'_>, jql: &str, table: &'t Table) -> Result<Vec<Row<'t>>, Refusal> {
    let wrong = || Refusal::new(400, "Error in the JQL Query: this Jira understands no such one.");
    let upper = jql.to_ascii_uppercase();
    let (conditions, order) = match upper.find("ORDER BY") {
        Some(at) => (&jql[..at], &upper[at..]),
        None => (jql, ""),
    };
    if !order.is_empty() && order.trim() != "ORDER BY UPDATED DESC" {
        return Err(wrong());
    }
    let mut wanted: Vec<(&str, &str)> = Vec::new();
    let (mut values, mut projects, mut issues) = (Vec::new(), None, None);
    for condition in conditions.split(" AND ").filter(|own| !own.trim().is_empty()) {
        if let Some(own) = on_values(condition) {
            call.must_be_known("customfield", "custom field", own.0)?;
            values.push(own);
            continue;
        }
        if let Some(ids) = condition.trim().strip_prefix("project in (").and_then(|own| own.strip_suffix(')'))
        {
            projects = Some(ids.split(',').map(str::trim).collect::<Vec<_>>());
            continue;
        }
        if let Some(ids) = condition.trim().strip_prefix("id in (").and_then(|own| own.strip_suffix(')')) {
            issues = Some(ids.split(',').map(str::trim).collect::<Vec<_>>());
            continue;
        }
        let (field, value) = condition.split_once('=').ok_or_else(wrong)?;
        let field = FIELDS.iter().find(|(own, _)| own.eq_ignore_ascii_case(field.trim()));
        // Older rows have the type in a column of another name.
        let column = match field.ok_or_else(wrong)?.1 {
            "type" if !table.has("type") => "issuetype",
            "status" if !table.has("status") => "issuestatus",
            column => column,
        };
        wanted.push((column, value.trim()));
    }
    let stored = call.table("customfieldvalue")?;
    let has = |row: &Row<'_>, (number, value): &(&str, Option<&str>)| {
        let mut own = stored.with("issue", row.id()).filter(|own| own.text("customfield") == *number);
        own.any(|own| value.is_none_or(|value| own.text("stringvalue") == value))
    };
    let fits = |row: &Row<'_>| {
        wanted.iter().all(|(column, value)| row.text(column) == *value)
            && projects.as_ref().is_none_or(|ids| ids.contains(&row.text("project")))
            && issues.as_ref().is_none_or(|ids| ids.contains(&row.id()))
            && values.iter().all(|own| has(row, own))
    };
    let mut rows: Vec<Row<'_>> = Vec::new();
    for row in table.all().filter(fits) {
        if super::projects::find(call, row.text("project")).is_ok() {
            rows.push(row);
        }
    }
    rows.sort_by(|a, b| b.text("updated").cmp(a.text("updated")));
    Ok(rows)
}

fn search(call: &Call<'_>) -> Answer {
    let table = call.table("jiraissue")?;
    let rows = found(call, call.query("jql").unwrap_or_default(), &table)?;
    let number =
        |name: &str, usual: usize| call.query(name).and_then(|own| own.parse().ok()).unwrap_or(usual);
    let (start, most) = (number("startAt", 0), number("maxResults", 50));
    let total = rows.len();
    let shown: Result<Vec<Value>, Refusal> =
        rows.into_iter().skip(start).take(most).map(|row| issue(call, row)).collect();
    Ok(json!({"startAt": start, "maxResults": most, "total": total, "issues": shown?}))
}

/// The same on Jira Cloud, which tells no total; its first page is all that anybody asks of a Jira for tests.
fn search_on(call: &Call<'_>) -> Answer {
    let jql = call.query("jql").unwrap_or_default();
    must_be_bounded(jql)?;
    let table = call.table("jiraissue")?;
    let rows = found(call, jql, &table)?;
    let most = call.query("maxResults").and_then(|own| own.parse().ok()).unwrap_or(50);
    let is_last = rows.len() <= most;
    let shown: Result<Vec<Value>, Refusal> =
        rows.into_iter().take(most).map(|row| issue(call, row)).collect();
    Ok(json!({"issues": shown?, "isLast": is_last}))
}

fn must_be_bounded(jql: &str) -> Result<(), Refusal> {
    if ["=", " in ", " is not "].iter().any(|own| jql.contains(own)) {
        return Ok(());
    }
    let text = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
    Err(Refusal::new(400, text))
}

/// Says how many issues a query finds.
fn count(call: &Call<'_>) -> Answer {
    let jql = call.body["jql"].as_str().unwrap_or_default();
    must_be_bounded(jql)?;
    let table = call.table("jiraissue")?;
    Ok(json!({"count": found(call, jql, &table)?.len()}))
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
