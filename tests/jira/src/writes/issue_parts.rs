//! What belongs to an issue is made, changed and taken away: comments, worklogs, attachments, links, properties.
//!
//! Invariant: everything but a property changes the issue, too, and is told in its history where Jira tells it.

use serde_json::{Value, json};

use super::issue_edits::Item;
use super::issue_values::restricted;
use super::{Done, Written, nothing};
use crate::areas::issue::{find, key, of, parts, times};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::entities::Entity;

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/rest/api/2/issue/{issueIdOrKey}/comment", say).signed_in(),
    write("PUT", "/rest/api/2/issue/{issueIdOrKey}/comment/{id}", say_otherwise).signed_in(),
    write("DELETE", "/rest/api/2/issue/{issueIdOrKey}/comment/{id}", unsay).signed_in(),
    write("POST", "/rest/api/2/issue/{issueIdOrKey}/worklog", log).signed_in(),
    write("PUT", "/rest/api/2/issue/{issueIdOrKey}/worklog/{id}", log_otherwise).signed_in(),
    write("DELETE", "/rest/api/2/issue/{issueIdOrKey}/worklog/{id}", unlog).signed_in(),
    write("POST", "/rest/api/2/issue/{issueIdOrKey}/attachments", attach).signed_in(),
    write("DELETE", "/attachment/{id}", detach).signed_in(),
    write("POST", "/issueLink", link).signed_in(),
    write("DELETE", "/issueLink/{linkId}", unlink).signed_in(),
    write("PUT", "/rest/api/2/issue/{issueIdOrKey}/properties/{propertyKey}", keep).signed_in(),
    write("DELETE", "/rest/api/2/issue/{issueIdOrKey}/properties/{propertyKey}", forget).signed_in(),
];

fn plain(field: &str, old: Option<String>, new: Option<String>) -> Item {
    Item { field: field.to_owned(), is_custom: false, old: (old.clone(), old), new: (new.clone(), new) }
}

/// Writes the properties that a body has.
pub(super) fn write_properties(call: &Call<'_>, owner: &str, id: &str) -> Result<(), Refusal> {
    for own in call.body["properties"].as_array().into_iter().flatten() {
        let key = own["key"].as_str().ok_or_else(|| Refusal::new(400, "A property needs a key."))?;
        put_property(call, (owner, id), key, &own["value"])?;
    }
    Ok(())
}

/// Writes a property; returns whether it is new.
fn put_property(
    call: &Call<'_>,
    (owner, id): (&str, &str),
    key: &str,
    value: &Value,
) -> Result<bool, Refusal> {
    let text = value.to_string();
    if key.is_empty() || key.chars().count() > 255 || text.chars().count() > 32_768 {
        return Err(Refusal::new(400, "The property is too long."));
    }
    let now = times::stored(times::now());
    let own = [("entityId", id), ("entityName", owner), ("propertyKey", key)];
    if let Some(row) = call.entities("EntityProperty", &own)?.first() {
        let values = [("value", Some(text)), ("updated", Some(now))];
        call.change_entity("EntityProperty", of(row, "id"), &values)?;
        return Ok(false);
    }
    let values = [
        ("entityName", Some(owner.to_owned())),
        ("entityId", Some(id.to_owned())),
        ("propertyKey", Some(key.to_owned())),
        ("value", Some(text)),
        ("created", Some(now.clone())),
        ("updated", Some(now)),
    ];
    call.add_entity("EntityProperty", &values)?;
    Ok(true)
}

/// Returns a row of an issue, if the caller may change what he, or somebody, has made.
fn part(
    call: &Call<'_>,
    (entity, what): (&str, &str),
    issue: &Entity,
    id: &str,
    (own, all): (&str, &str),
) -> Result<Entity, Refusal> {
    let rows = call.entities(entity, &[("id", id), ("issue", of(issue, "id"))])?;
    let row = rows.into_iter().next().ok_or_else(|| Refusal::missing(what, id))?;
    let is_mine = of(&row, "author") == call.me()?;
    let right = if is_mine { own } else { all };
    call.must(of(issue, "project"), right, &format!("change this {what}"))?;
    Ok(row)
}

fn say(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    call.members(&["body*", "visibility", "properties"])?;
    call.must(of(&issue, "project"), "ADD_COMMENTS", "comment on this issue")?;
    let body = call.body["body"].as_str().filter(|own| !own.trim().is_empty());
    let body = body.ok_or_else(|| Refusal::of("comment", "Comment body can not be empty!"))?;
    let (group, role) = restricted(call, &call.body["visibility"])?;
    let when = call.touch_issue(&issue)?;
    let me = call.me()?;
    let id = call.add_entity(
        "Action",
        &[
            ("issue", Some(of(&issue, "id").to_owned())),
            ("type", Some("comment".to_owned())),
            ("author", Some(me.clone())),
            ("updateauthor", Some(me)),
            ("body", Some(body.to_owned())),
            ("level", group),
            ("rolelevel", role),
            ("created", Some(when.clone())),
            ("updated", Some(when)),
        ],
    )?;
    write_properties(call, "CommentProperty", &id)?;
    let row = call.entity("Action", &id)?.unwrap_or_default();
    Ok(Done::created(parts::comment(call, &issue, &row)?))
}

fn say_otherwise(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    call.members(&["body*", "visibility", "properties"])?;
    let id = call.part(1);
    part(call, ("Action", "comment"), &issue, id, ("EDIT_OWN_COMMENTS", "EDIT_ALL_COMMENTS"))?;
    let body = call.body["body"].as_str().filter(|own| !own.trim().is_empty());
    let body = body.ok_or_else(|| Refusal::of("comment", "Comment body can not be empty!"))?;
    // Nobody promises that a restriction stays which a change does not say: here it does not.
    let (group, role) = restricted(call, &call.body["visibility"])?;
    let when = call.touch_issue(&issue)?;
    let values = [
        ("body", Some(body.to_owned())),
        ("level", group),
        ("rolelevel", role),
        ("updated", Some(when)),
        ("updateauthor", Some(call.me()?)),
    ];
    call.change_entity("Action", id, &values)?;
    write_properties(call, "CommentProperty", id)?;
    let row = call.entity("Action", id)?.unwrap_or_default();
    Ok(Done::ok(parts::comment(call, &issue, &row)?))
}

fn unsay(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    let id = call.part(1);
    let row = part(call, ("Action", "comment"), &issue, id, ("DELETE_OWN_COMMENTS", "DELETE_ALL_COMMENTS"))?;
    call.drop_entities("Action", &[("id", id)])?;
    call.drop_entities("EntityProperty", &[("entityId", id), ("entityName", "CommentProperty")])?;
    let when = call.touch_issue(&issue)?;
    call.tell(of(&issue, "id"), &when, &[plain("Comment", row.get("body").cloned(), None)])?;
    nothing()
}

/// Returns the columns of a worklog that a body says.
fn work(call: &Call<'_>) -> Result<(i64, String, String), Refusal> {
    let seconds = call.body["timeSpentSeconds"].as_i64().filter(|own| *own >= 60);
    let seconds =
        seconds.ok_or_else(|| Refusal::of("timeLogged", "You must indicate the time spent working."))?;
    let started = call.body["started"].as_str().and_then(times::of_request);
    let started = started.ok_or_else(|| Refusal::of("startDate", "The start date is not valid."))?;
    // Jira counts whole minutes.
    Ok((
        seconds / 60 * 60,
        times::stored(started),
        call.body["comment"].as_str().unwrap_or_default().to_owned(),
    ))
}

/// Changes what was spent on an issue; `adjustEstimate=leave` is all that is known here.
fn spend(call: &Call<'_>, issue: &Entity, seconds: i64, id: &str) -> Result<String, Refusal> {
    if call.query("adjustEstimate") != Some("leave") {
        return Err(Refusal::new(400, "This Jira knows no other adjustEstimate than `leave`."));
    }
    let when = call.touch_issue(issue)?;
    let before: i64 = of(issue, "timespent").parse().unwrap_or(0);
    let now = (before + seconds).max(0).to_string();
    call.change_entity("Issue", of(issue, "id"), &[("timespent", Some(now.clone()))])?;
    let spent = plain("timespent", issue.get("timespent").cloned(), Some(now));
    call.tell(of(issue, "id"), &when, &[spent, plain("WorklogId", None, Some(id.to_owned()))])?;
    Ok(when)
}

fn worklog_members(call: &Call<'_>) -> Result<(), Refusal> {
    let mut known = vec!["comment", "started", "timeSpent", "timeSpentSeconds", "visibility"];
    // Data Center has no such thing.
    known.extend(call.is_cloud().then_some("properties"));
    call.members(&known).map(drop)
}

fn log(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    worklog_members(call)?;
    call.must(of(&issue, "project"), "WORK_ON_ISSUES", "log work on this issue")?;
    let (seconds, started, comment) = work(call)?;
    let (group, role) = restricted(call, &call.body["visibility"])?;
    let me = call.me()?;
    let id = call.add_entity(
        "Worklog",
        &[
            ("issue", Some(of(&issue, "id").to_owned())),
            ("author", Some(me.clone())),
            ("updateauthor", Some(me)),
            ("body", Some(comment)),
            ("timeworked", Some(seconds.to_string())),
            ("startdate", Some(started)),
            ("grouplevel", group),
            ("rolelevel", role),
        ],
    )?;
    let when = spend(call, &issue, seconds, &id)?;
    call.change_entity("Worklog", &id, &[("created", Some(when.clone())), ("updated", Some(when))])?;
    write_properties(call, "WorklogProperty", &id)?;
    let row = call.entity("Worklog", &id)?.unwrap_or_default();
    Ok(Done::created(parts::worklog(call, &issue, &row)?))
}

fn log_otherwise(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    worklog_members(call)?;
    let id = call.part(1);
    let row = part(call, ("Worklog", "worklog"), &issue, id, ("EDIT_OWN_WORKLOGS", "EDIT_ALL_WORKLOGS"))?;
    let (seconds, started, comment) = work(call)?;
    let (group, role) = restricted(call, &call.body["visibility"])?;
    let before: i64 = of(&row, "timeworked").parse().unwrap_or(0);
    let when = spend(call, &issue, seconds - before, id)?;
    let values = [
        ("body", Some(comment)),
        ("timeworked", Some(seconds.to_string())),
        ("startdate", Some(started)),
        ("grouplevel", group),
        ("rolelevel", role),
        ("updated", Some(when)),
        ("updateauthor", Some(call.me()?)),
    ];
    call.change_entity("Worklog", id, &values)?;
    let row = call.entity("Worklog", id)?.unwrap_or_default();
    Ok(Done::ok(parts::worklog(call, &issue, &row)?))
}

fn unlog(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    let id = call.part(1);
    let row = part(call, ("Worklog", "worklog"), &issue, id, ("DELETE_OWN_WORKLOGS", "DELETE_ALL_WORKLOGS"))?;
    call.drop_entities("Worklog", &[("id", id)])?;
    call.drop_entities("EntityProperty", &[("entityId", id), ("entityName", "WorklogProperty")])?;
    spend(call, &issue, -of(&row, "timeworked").parse().unwrap_or(0), id)?;
    nothing()
}

/// A part of a form: name of the file, type and bytes.
fn form(call: &Call<'_>) -> Result<(String, String, Vec<u8>), Refusal> {
    let wrong = || Refusal::new(400, "The form cannot be read.");
    let kind = call.request.header("content-type").unwrap_or_default();
    let (_, boundary) = kind.split_once("boundary=").ok_or_else(wrong)?;
    let body = &call.request.body;
    let find = |wanted: &[u8], from: usize| -> Option<usize> {
        body.get(from..)?.windows(wanted.len()).position(|own| own == wanted).map(|at| at + from)
    };
    let begin = format!("--{boundary}\r\n").into_bytes();
    let head = find(&begin, 0).ok_or_else(wrong)? + begin.len();
    let blank = find(b"\r\n\r\n", head).ok_or_else(wrong)?;
    let end = find(format!("\r\n--{boundary}--").as_bytes(), blank).ok_or_else(wrong)?;
    let text = String::from_utf8_lossy(&body[head..blank]).into_owned();
    let (_, name) = text.split_once("filename=\"").ok_or_else(wrong)?;
    let name = name.split('"').next().unwrap_or_default().replace("%22", "\"");
    if !text.contains("name=\"file\"") || name.is_empty() {
        return Err(wrong());
    }
    let mime = text.lines().find_map(|line| line.strip_prefix("Content-Type: "));
    let mime = mime.unwrap_or("application/octet-stream").to_owned();
    // An empty file has no bytes between the two line breaks.
    Ok((name, mime, body[(blank + 4).min(end)..end].to_vec()))
}

fn attach(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    call.must(of(&issue, "project"), "CREATE_ATTACHMENTS", "create attachments for this issue")?;
    let (name, mime, bytes) = form(call)?;
    let when = call.touch_issue(&issue)?;
    let id = call.add_entity(
        "FileAttachment",
        &[
            ("issue", Some(of(&issue, "id").to_owned())),
            ("mimetype", Some(mime)),
            ("filename", Some(name.clone())),
            ("filesize", Some(bytes.len().to_string())),
            ("author", Some(call.me()?)),
            ("created", Some(when.clone())),
            ("zip", Some("0".to_owned())),
            ("thumbnailable", Some("0".to_owned())),
        ],
    )?;
    #[allow(clippy::disallowed_methods, reason = "a file that is torn goes with its row")]
    let kept = std::fs::create_dir_all(&call.site.files)
        .and_then(|()| std::fs::write(call.site.files.join(&id), bytes));
    kept.map_err(|error| Refusal::new(500, &error.to_string()))?;
    let new = (Some(id.clone()), Some(name));
    let item = Item { field: "Attachment".to_owned(), is_custom: false, old: (None, None), new };
    call.tell(of(&issue, "id"), &when, &[item])?;
    let row = call.entity("FileAttachment", &id)?.unwrap_or_default();
    Ok(Done::ok(json!([parts::attachment(call, &row)?])))
}

fn detach(call: &Call<'_>) -> Written {
    let id = call.part(0);
    let row = call.entity("FileAttachment", id)?.ok_or_else(|| Refusal::missing("attachment", id))?;
    let issue = find(call, of(&row, "issue"))?;
    let is_mine = of(&row, "author") == call.me()?;
    let right = if is_mine { "DELETE_OWN_ATTACHMENTS" } else { "DELETE_ALL_ATTACHMENTS" };
    call.must(of(&issue, "project"), right, "delete this attachment")?;
    call.drop_entities("FileAttachment", &[("id", id)])?;
    let when = call.touch_issue(&issue)?;
    let old = (Some(id.to_owned()), row.get("filename").cloned());
    let item = Item { field: "Attachment".to_owned(), is_custom: false, old, new: (None, None) };
    call.tell(of(&issue, "id"), &when, &[item])?;
    nothing()
}

fn link(call: &Call<'_>) -> Written {
    call.members(&["type*", "inwardIssue*", "outwardIssue*", "comment"])?;
    let end = |name: &str| {
        find(call, call.body[name]["key"].as_str().or(call.body[name]["id"].as_str()).unwrap_or_default())
    };
    // It leads from the inward one to the outward one.
    let (from, to) = (end("inwardIssue")?, end("outwardIssue")?);
    call.must(of(&from, "project"), "LINK_ISSUES", "link issues")?;
    let name = call.body["type"]["name"].as_str().unwrap_or_default();
    let kinds = call.entities("IssueLinkType", &[("linkname", name)])?;
    let kind = kinds
        .first()
        .ok_or_else(|| Refusal::new(404, &format!("No issue link type with name '{name}' found.")))?;
    let own = [("linktype", of(kind, "id")), ("source", of(&from, "id")), ("destination", of(&to, "id"))];
    if call.entities("IssueLink", &own)?.is_empty() {
        let values = own.map(|(name, value)| (name, Some(value.to_owned())));
        call.add_entity("IssueLink", &values)?;
        tell_link(call, (&from, &to), kind, true)?;
    }
    Ok(Done::empty(201))
}

fn tell_link(
    call: &Call<'_>,
    (from, to): (&Entity, &Entity),
    kind: &Entity,
    is_new: bool,
) -> Result<(), Refusal> {
    for (own, other, word) in [(from, to, "outward"), (to, from, "inward")] {
        let when = call.touch_issue(own)?;
        let key = key(call, other)?;
        let told = (Some(key.clone()), Some(format!("This issue {} {key}", of(kind, word))));
        let (old, new) = if is_new { ((None, None), told) } else { (told, (None, None)) };
        call.tell(of(own, "id"), &when, &[Item { field: "Link".to_owned(), is_custom: false, old, new }])?;
    }
    Ok(())
}

fn unlink(call: &Call<'_>) -> Written {
    let id = call.part(0);
    let missing = || Refusal::missing("issue link", id);
    let row = call.entity("IssueLink", id)?.ok_or_else(missing)?;
    let (from, to) = (find(call, of(&row, "source"))?, find(call, of(&row, "destination"))?);
    call.must(of(&from, "project"), "LINK_ISSUES", "link issues")?;
    let kind = call.entity("IssueLinkType", of(&row, "linktype"))?.unwrap_or_default();
    call.drop_entities("IssueLink", &[("id", id)])?;
    tell_link(call, (&from, &to), &kind, false)?;
    // Cloud says 200 here, and nothing else.
    if call.is_cloud() { Ok(Done::empty(200)) } else { nothing() }
}

fn keep(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    call.must(of(&issue, "project"), "EDIT_ISSUES", "edit this issue")?;
    let is_new = put_property(call, ("IssueProperty", of(&issue, "id")), call.part(1), &call.body)?;
    Ok(Done::empty(if is_new { 201 } else { 200 }))
}

fn forget(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    call.must(of(&issue, "project"), "EDIT_ISSUES", "edit this issue")?;
    let own =
        [("entityId", of(&issue, "id")), ("entityName", "IssueProperty"), ("propertyKey", call.part(1))];
    match call.drop_entities("EntityProperty", &own)? {
        0 => Err(Refusal::new(404, "The property does not exist.")),
        _ => nothing(),
    }
}
