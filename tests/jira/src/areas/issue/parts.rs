//! What belongs to an issue: comments, worklogs, attachments, links, properties.
//!
//! Invariant: what is for some people only is not told to others.

use serde_json::{Value, json};

use super::super::{people, put};
use super::{find, key, meta, of, times};
use crate::call::{Call, Refusal};
use crate::router::Answer;
use crate::rows::entities::Entity;

/// Returns the rows of an issue that the caller sees, in the order of their ids.
fn seen(call: &Call<'_>, entity: &str, issue: &Entity, group: &str) -> Result<Vec<Entity>, Refusal> {
    let mut rows = call.entities(entity, &[("issue", of(issue, "id"))])?;
    let caller = call.site.people()?.caller();
    let mut shown = Vec::new();
    for row in rows.drain(..) {
        let of_group = match row.get(group) {
            None => true,
            Some(name) => people::members_of(call.site, name)?.contains(&caller.name.to_lowercase()),
        };
        let of_role = match row.get("rolelevel") {
            None => true,
            Some(role) => super::projects::has_role(call, of(issue, "project"), role, &caller)?,
        };
        if of_group && of_role {
            shown.push(row);
        }
    }
    Ok(shown)
}

/// Returns who may see something, where not everybody may.
fn visibility(call: &Call<'_>, row: &Entity, group: &str) -> Result<Option<Value>, Refusal> {
    if let Some(name) = row.get(group) {
        return Ok(Some(json!({"type": "group", "value": name})));
    }
    let Some(role) = row.get("rolelevel") else { return Ok(None) };
    let name = call.entity("ProjectRole", role)?.map(|own| of(&own, "name").to_owned());
    Ok(Some(json!({"type": "role", "value": name.unwrap_or_else(|| role.clone())})))
}

/// Returns somebody as a comment or worklog tells him; there may be nobody.
fn person(call: &Call<'_>, row: &Entity, attribute: &str) -> Result<Option<Value>, Refusal> {
    row.get(attribute).map(|key| people::told(call, key)).transpose()
}

pub(super) fn comments(call: &Call<'_>) -> Answer {
    let issue = find(call, call.part(0))?;
    let rows = seen(call, "Action", &issue, "level")?;
    let all = rows.iter().filter(|own| ["", "comment"].contains(&of(own, "type")));
    let all: Result<Vec<Value>, Refusal> = all.map(|own| comment(call, &issue, own)).collect();
    Ok(all?.into())
}

pub(super) fn comment_by_id(call: &Call<'_>) -> Answer {
    let issue = find(call, call.part(0))?;
    let rows = seen(call, "Action", &issue, "level")?;
    let own = rows.iter().find(|own| of(own, "id") == call.part(1));
    own.map_or_else(|| Err(Refusal::missing("comment", call.part(1))), |own| comment(call, &issue, own))
}

/// Returns a comment.
pub(crate) fn comment(call: &Call<'_>, issue: &Entity, row: &Entity) -> Answer {
    let id = of(row, "id");
    let mut told = json!({
        "self": call.link(&format!("/issue/{}/comment/{id}", of(issue, "id"))),
        "id": id,
        "body": of(row, "body"),
        "created": times::told(of(row, "created")),
        "updated": times::told(row.get("updated").map_or(of(row, "created"), String::as_str)),
    });
    put(&mut told, "author", person(call, row, "author")?);
    put(&mut told, "updateAuthor", person(call, row, "updateauthor")?);
    put(&mut told, "visibility", visibility(call, row, "level")?);
    let properties = properties_of(call, "CommentProperty", id)?;
    if call.is_cloud() {
        let is_internal =
            properties.iter().any(|(key, own)| key == "sd.public.comment" && own["internal"] == true);
        told["jsdPublic"] = json!(!is_internal);
    }
    if call.expands("properties") && call.site.options.tells_properties {
        told["properties"] =
            properties.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    }
    Ok(told)
}

pub(super) fn worklogs(call: &Call<'_>) -> Answer {
    let issue = find(call, call.part(0))?;
    let rows = seen(call, "Worklog", &issue, "grouplevel")?;
    let all: Result<Vec<Value>, Refusal> = rows.iter().map(|own| worklog(call, &issue, own)).collect();
    Ok(all?.into())
}

pub(super) fn worklog_by_id(call: &Call<'_>) -> Answer {
    let issue = find(call, call.part(0))?;
    let rows = seen(call, "Worklog", &issue, "grouplevel")?;
    let own = rows.iter().find(|own| of(own, "id") == call.part(1));
    own.map_or_else(|| Err(Refusal::missing("worklog", call.part(1))), |own| worklog(call, &issue, own))
}

/// Returns a worklog.
pub(crate) fn worklog(call: &Call<'_>, issue: &Entity, row: &Entity) -> Answer {
    let id = of(row, "id");
    let seconds: i64 = of(row, "timeworked").parse().unwrap_or(0);
    let mut told = json!({
        "self": call.link(&format!("/issue/{}/worklog/{id}", of(issue, "id"))),
        "id": id,
        "issueId": of(issue, "id"),
        "comment": of(row, "body"),
        "started": times::told(of(row, "startdate")),
        "timeSpent": format!("{}m", seconds / 60),
        "timeSpentSeconds": seconds,
        "created": times::told(of(row, "created")),
        "updated": times::told(of(row, "updated")),
    });
    put(&mut told, "author", person(call, row, "author")?);
    put(&mut told, "updateAuthor", person(call, row, "updateauthor")?);
    put(&mut told, "visibility", visibility(call, row, "grouplevel")?);
    if call.is_cloud() && call.expands("properties") {
        let all = properties_of(call, "WorklogProperty", id)?;
        told["properties"] =
            all.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    }
    Ok(told)
}

/// Returns the attachments of an issue.
pub(super) fn attachments(call: &Call<'_>, issue: &Entity) -> Result<Vec<Value>, Refusal> {
    let rows = call.entities("FileAttachment", &[("issue", of(issue, "id"))])?;
    rows.iter().map(|own| attachment(call, own)).collect()
}

/// Returns an attachment.
pub(crate) fn attachment(call: &Call<'_>, row: &Entity) -> Answer {
    let (id, name) = (of(row, "id"), of(row, "filename"));
    let content = match call.is_cloud() {
        true => call.link(&format!("/attachment/content/{id}")),
        false => call.address(&format!("/secure/attachment/{id}/{name}")),
    };
    let mut told = json!({
        "self": call.link(&format!("/attachment/{id}")),
        "id": id,
        "filename": name,
        "created": times::told(of(row, "created")),
        "size": meta::as_number(of(row, "filesize")),
        "mimeType": of(row, "mimetype"),
        "content": content,
    });
    put(&mut told, "author", person(call, row, "author")?);
    Ok(told)
}

/// Returns the bytes of an attachment, with their type.
pub(crate) fn bytes(call: &Call<'_>, id: &str) -> Result<(String, Vec<u8>), Refusal> {
    let gone = || Refusal::missing("attachment", id);
    let row = call.entity("FileAttachment", id)?.ok_or_else(gone)?;
    find(call, of(&row, "issue")).map_err(|_| gone())?;
    let held = std::fs::read(call.site.files.join(of(&row, "id"))).map_err(|_| gone())?;
    Ok((of(&row, "mimetype").to_owned(), held))
}

/// Returns the links of an issue to others that the caller sees.
pub(super) fn links(call: &Call<'_>, issue: &Entity) -> Result<Vec<Value>, Refusal> {
    let mut told = Vec::new();
    // The one from which a link leads tells the other as the outward one.
    for (own, other, member) in
        [("source", "destination", "outwardIssue"), ("destination", "source", "inwardIssue")]
    {
        for row in call.entities("IssueLink", &[(own, of(issue, "id"))])? {
            let Some(kind) = call.entity("IssueLinkType", of(&row, "linktype"))? else { continue };
            let Ok(end) = find(call, of(&row, other)) else { continue };
            if kind.contains_key("style") {
                continue;
            }
            let mut link = json!({
                "self": call.link(&format!("/issueLink/{}", of(&row, "id"))),
                "id": of(&row, "id"),
                "type": link_type(call, &kind),
            });
            link[member] = in_short(call, &end)?;
            told.push(link);
        }
    }
    Ok(told)
}

fn link_type(call: &Call<'_>, row: &Entity) -> Value {
    let id = of(row, "id");
    json!({
        "self": call.link(&format!("/issueLinkType/{id}")),
        "id": id,
        "name": of(row, "linkname"),
        "inward": of(row, "inward"),
        "outward": of(row, "outward"),
    })
}

/// Returns an issue as others tell it.
fn in_short(call: &Call<'_>, issue: &Entity) -> Answer {
    let id = of(issue, "id");
    Ok(json!({
        "id": id,
        "key": key(call, issue)?,
        "self": call.link(&format!("/issue/{id}")),
        "fields": {
            "summary": of(issue, "summary"),
            "status": super::values::one(call, issue, "status")?,
            "issuetype": super::values::one(call, issue, "issuetype")?,
        },
    }))
}

/// Returns the id of the type of links that makes sub-tasks.
pub(crate) fn subtask_link(call: &Call<'_>) -> Result<Option<String>, Refusal> {
    let all = call.entities("IssueLinkType", &[("style", "jira_subtask")])?;
    Ok(all.first().map(|own| of(own, "id").to_owned()))
}

/// Returns the issue of which another is a sub-task.
pub(super) fn parent(call: &Call<'_>, issue: &Entity) -> Result<Option<Value>, Refusal> {
    let Some(kind) = subtask_link(call)? else { return Ok(None) };
    let rows = call.entities("IssueLink", &[("destination", of(issue, "id")), ("linktype", &kind)])?;
    let Some(row) = rows.first() else { return Ok(None) };
    match find(call, of(row, "source")) {
        Ok(parent) => in_short(call, &parent).map(Some),
        Err(_) => Ok(None),
    }
}

/// Returns the properties of an issue, a comment or a worklog.
pub(crate) fn properties_of(call: &Call<'_>, owner: &str, id: &str) -> Result<Vec<(String, Value)>, Refusal> {
    let rows = call.entities("EntityProperty", &[("entityId", id), ("entityName", owner)])?;
    let told = |row: &Entity| {
        let value = serde_json::from_str(of(row, "value")).unwrap_or(Value::Null);
        (of(row, "propertyKey").to_owned(), value)
    };
    Ok(rows.iter().map(told).collect())
}

fn told(all: Vec<(String, Value)>, key: &str) -> Answer {
    let own = all.into_iter().find(|(own, _)| own == key);
    let missing = || Refusal::new(404, &format!("The property with key '{key}' does not exist."));
    own.map(|(key, value)| json!({"key": key, "value": value})).ok_or_else(missing)
}

pub(super) fn property(call: &Call<'_>) -> Answer {
    let issue = find(call, call.part(0))?;
    told(properties_of(call, "IssueProperty", of(&issue, "id"))?, call.part(1))
}

pub(super) fn comment_property(call: &Call<'_>) -> Answer {
    let missing = || Refusal::missing("comment", call.part(0));
    let row = call.entity("Action", call.part(0))?.ok_or_else(missing)?;
    let issue = find(call, of(&row, "issue"))?;
    if !seen(call, "Action", &issue, "level")?.iter().any(|own| of(own, "id") == call.part(0)) {
        return Err(missing());
    }
    told(properties_of(call, "CommentProperty", call.part(0))?, call.part(1))
}
