//! Issues, as far as they show what moves: which was changed last, and by what.
//!
//! Invariant: moments are told in the time zone of the Jira, which its rows do not name.

use serde_json::{Value, json};

use super::issue::times;
use super::{people, put};
use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, get, post};
use crate::rows::{Row, Table};

pub(super) const CLOUD: &[Endpoint] = &[
    get("/search/jql", search_on),
    post("/search/approximate-count", count),
    get("/issue/{issueIdOrKey}", one),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[get("/search", search)];

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
            "updated": times::told(row.text("updated")),
            "created": times::told(row.text("created")),
            "issuetype": {"id": row.get("issuetype").or_else(|| row.get("type"))},
            "status": {"id": row.get("issuestatus").or_else(|| row.get("status"))},
        },
    });
    if call.query("fields").is_some() {
        let own = call.entity("Issue", id)?.unwrap_or_default();
        told["fields"] = super::issue::fields(call, &own)?;
    }
    put(&mut told, "properties", super::issue::properties(call, id)?);
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
    let mut told = json!({"id": group.id(), "created": times::told(group.text("created")), "items": []});
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
    let order = order.trim_start_matches("ORDER BY").trim();
    if !["", "UPDATED DESC", "CREATED DESC", "KEY ASC"].contains(&order) {
        return Err(wrong());
    }
    let (mut since, mut by_me) = (None, false);
    let mut wanted: Vec<(&str, String)> = Vec::new();
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
        if let Some(quoted) = condition.trim().strip_prefix("updated >= ") {
            let minute = times::of_query(quoted.trim_matches('"'));
            since = Some(minute.ok_or_else(wrong)?);
            continue;
        }
        if condition.trim() == "creator = currentUser()" {
            by_me = true;
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
        let value = value.trim();
        let value = match value.strip_prefix('"').and_then(|own| own.strip_suffix('"')) {
            // A project that the caller does not see is none that a query may name.
            Some(key) if column == "project" => {
                super::projects::find(call, key).map_err(|refusal| refusal.with_status(400))?.id
            }
            _ => value.to_owned(),
        };
        wanted.push((column, value));
    }
    let me = call.site.people()?.caller().key;
    let stored = call.table("customfieldvalue")?;
    let has = |row: &Row<'_>, (number, value): &(&str, Option<&str>)| {
        let mut own = stored.with("issue", row.id()).filter(|own| own.text("customfield") == *number);
        own.any(|own| value.is_none_or(|value| own.text("stringvalue") == value))
    };
    let fits = |row: &Row<'_>| {
        wanted.iter().all(|(column, value)| row.text(column) == value)
            && since.is_none_or(|since| times::of_row(row.text("updated")).is_some_and(|own| own >= since))
            && (!by_me || row.text("creator") == me)
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
    match order {
        "CREATED DESC" => {
            rows.sort_by(|a, b| {
                (b.text("created"), b.number("id")).cmp(&(a.text("created"), a.number("id")))
            });
        }
        "KEY ASC" => rows.sort_by_key(|own| own.number("issuenum").or(own.number("id"))),
        _ => rows.sort_by(|a, b| b.text("updated").cmp(a.text("updated"))),
    }
    Ok(rows)
}

fn search(call: &Call<'_>) -> Answer {
    let table = call.table("jiraissue")?;
    let rows = found(call, call.query("jql").unwrap_or_default(), &table)?;
    let number =
        |name: &str, usual: usize| call.query(name).and_then(|own| own.parse().ok()).unwrap_or(usual);
    let (start, most) = (number("startAt", 0), number("maxResults", 50));
    let most = call.site.options.most_per_page.map_or(most, |own| most.min(own));
    let total = rows.len();
    let shown: Result<Vec<Value>, Refusal> =
        rows.into_iter().skip(start).take(most).map(|row| issue(call, row)).collect();
    Ok(json!({"startAt": start, "maxResults": most, "total": total, "issues": shown?}))
}

/// The same on Jira Cloud, which tells no total, and each page by a token of the one before.
fn search_on(call: &Call<'_>) -> Answer {
    let jql = call.query("jql").unwrap_or_default();
    must_be_bounded(jql)?;
    let table = call.table("jiraissue")?;
    let rows = found(call, jql, &table)?;
    let most = call.query("maxResults").and_then(|own| own.parse().ok()).unwrap_or(50);
    let most = call.site.options.most_per_page.map_or(most, |own| most.min(own));
    let start: usize = call.query("nextPageToken").and_then(|own| own.parse().ok()).unwrap_or(0);
    let is_last = rows.len() <= start + most;
    let shown: Result<Vec<Value>, Refusal> =
        rows.into_iter().skip(start).take(most).map(|row| issue(call, row)).collect();
    let mut told = json!({"issues": shown?, "isLast": is_last});
    put(&mut told, "nextPageToken", (!is_last).then(|| (start + most).to_string()));
    Ok(told)
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
