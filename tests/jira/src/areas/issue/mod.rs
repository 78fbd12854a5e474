//! Issues as clients of their own tell them: fields, history, comments, worklogs, links, files, properties, and ways of the workflow.
//!
//! Invariant: both editions tell them by version 2 of the interface, in which texts are texts; an issue that the caller does not see is
//! not there.

pub(crate) mod meta;
pub(crate) mod parts;
pub(crate) mod times;
pub(crate) mod values;
pub(crate) mod ways;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{people, projects};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get, give};
use crate::rows::entities::Entity;

pub(super) const BOTH: &[Endpoint] = &[
    get("/rest/api/2/issue/{issueIdOrKey}", one),
    get("/rest/api/2/issue/{issueIdOrKey}/comment", parts::comments)
        .shaped(Shape::Named("comments", Limit { usual: 5000, most: 5000 })),
    get("/rest/api/2/issue/{issueIdOrKey}/comment/{id}", parts::comment_by_id),
    get("/rest/api/2/issue/{issueIdOrKey}/worklog", parts::worklogs)
        .shaped(Shape::Named("worklogs", Limit { usual: 5000, most: 5000 })),
    get("/rest/api/2/issue/{issueIdOrKey}/worklog/{id}", parts::worklog_by_id),
    get("/rest/api/2/issue/{issueIdOrKey}/transitions", ways::told),
    get("/rest/api/2/issue/{issueIdOrKey}/properties/{propertyKey}", parts::property),
    get("/comment/{commentId}/properties/{propertyKey}", parts::comment_property),
];
pub(super) const CLOUD: &[Endpoint] = &[
    get("/rest/api/2/issue/{issueIdOrKey}/changelog", changes).paged(100, 100),
    get("/issue/createmeta/{projectIdOrKey}/issuetypes", meta::types)
        .shaped(Shape::Named("issueTypes", Limit { usual: 50, most: 200 })),
    get("/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", meta::of_type)
        .shaped(Shape::Named("fields", Limit { usual: 50, most: 200 })),
    give("/attachment/content/{id}", content),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    get("/issue/createmeta/{projectIdOrKey}/issuetypes", meta::types)
        .shaped(Shape::Plain(Limit { usual: 50, most: 1000 })),
    get("/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", meta::of_type)
        .shaped(Shape::Plain(Limit { usual: 50, most: 1000 })),
    give("/secure/attachment/{id}/{name}", |call| parts::bytes(call, call.part(0))),
];

/// Cloud tells as much of a history with an issue.
const MOST_HISTORY: usize = 100;

/// Returns a value of a row, or nothing as an empty text.
pub(crate) fn of<'e>(row: &'e Entity, name: &str) -> &'e str {
    row.get(name).map_or("", String::as_str)
}

impl Call<'_> {
    pub(crate) fn entities(&self, entity: &str, wanted: &[(&str, &str)]) -> Result<Vec<Entity>, Refusal> {
        Ok(self.site.rows.entities(entity, wanted)?)
    }

    pub(crate) fn entity(&self, entity: &str, id: &str) -> Result<Option<Entity>, Refusal> {
        Ok(self.entities(entity, &[("id", id)])?.into_iter().next())
    }
}

/// Returns the key of an issue.
pub(crate) fn key(call: &Call<'_>, issue: &Entity) -> Result<String, Refusal> {
    let project = call.entity("Project", of(issue, "project"))?.unwrap_or_default();
    Ok(match issue.get("number") {
        Some(number) => format!("{}-{number}", of(&project, "key")),
        None => of(issue, "key").to_owned(),
    })
}

/// Finds an issue by its id or key.
pub(crate) fn find(call: &Call<'_>, wanted: &str) -> Result<Entity, Refusal> {
    let gone = || Refusal::new(404, "Issue Does Not Exist");
    let found = match wanted.rsplit_once('-') {
        Some((project, number)) => {
            let project =
                call.entities("Project", &[("key", project)])?.into_iter().next().ok_or_else(gone)?;
            let own = [("project", of(&project, "id")), ("number", number)];
            call.entities("Issue", &own)?.into_iter().next()
        }
        None => call.entity("Issue", wanted)?,
    };
    let found = found.ok_or_else(gone)?;
    match projects::find(call, of(&found, "project")) {
        Ok(_) => Ok(found),
        Err(_) => Err(gone()),
    }
}

/// Returns the names of fields that a request wants; nothing if it wants all.
pub(crate) fn wanted(call: &Call<'_>) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    call.query("fields")?;
    let names = call.all("fields").flat_map(|names| names.split(',')).map(str::trim);
    let (without, with): (Vec<&str>, Vec<&str>) = names.partition(|name| name.starts_with('-'));
    let without = without.into_iter().map(|name| name[1..].to_owned()).collect();
    Some((with.into_iter().map(str::to_owned).collect(), without))
}

/// Returns the fields of an issue that a request wants.
pub(crate) fn fields(call: &Call<'_>, issue: &Entity) -> Answer {
    let mut all = values::all(call, issue)?;
    if let (Some((with, without)), Some(all)) = (wanted(call), all.as_object_mut()) {
        let is_all = with.contains("*all") || with.contains("*navigable");
        all.retain(|name, _| (is_all || with.contains(name)) && !without.contains(name));
    }
    Ok(all)
}

/// Returns the properties of an issue that a request wants; nothing if it wants none.
pub(crate) fn properties(call: &Call<'_>, id: &str) -> Result<Option<Value>, Refusal> {
    if call.query("properties").is_none() {
        return Ok(None);
    }
    let names: Vec<&str> = call.all("properties").flat_map(|names| names.split(',')).map(str::trim).collect();
    let mut told = json!({});
    for (key, value) in parts::properties_of(call, "IssueProperty", id)? {
        if names.contains(&"*all") || names.contains(&key.as_str()) {
            told[key] = value;
        }
    }
    Ok(Some(told))
}

fn one(call: &Call<'_>) -> Answer {
    let issue = find(call, call.part(0))?;
    let id = of(&issue, "id");
    let mut told = json!({
        "id": id,
        "key": key(call, &issue)?,
        "self": call.link(&format!("/issue/{id}")),
        "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
        "fields": fields(call, &issue)?,
    });
    super::put(&mut told, "properties", properties(call, id)?);
    if call.expands("changelog") {
        let all = history(call, &issue)?;
        let total = all.len();
        // Cloud tells the newest first, and not all.
        let shown: Vec<Value> = match call.is_cloud() {
            true => all.into_iter().rev().take(MOST_HISTORY).collect(),
            false => all,
        };
        told["changelog"] =
            json!({"startAt": 0, "maxResults": shown.len(), "total": total, "histories": shown});
    }
    if call.expands("editmeta") {
        told["editmeta"] = json!({"fields": meta::editable(call, &issue)?});
    }
    Ok(told)
}

/// The bytes of an attachment; Cloud leads elsewhere unless it is told not to.
fn content(call: &Call<'_>) -> Result<(String, Vec<u8>), Refusal> {
    let found = parts::bytes(call, call.part(0))?;
    match call.query("redirect") {
        Some("false") => Ok(found),
        _ => Err(Refusal::new(303, "The content is elsewhere.")),
    }
}

fn changes(call: &Call<'_>) -> Answer {
    Ok(history(call, &find(call, call.part(0))?)?.into())
}

/// Returns what became of an issue, the oldest first.
fn history(call: &Call<'_>, issue: &Entity) -> Result<Vec<Value>, Refusal> {
    let mut all = Vec::new();
    for group in call.entities("ChangeGroup", &[("issue", of(issue, "id"))])? {
        let mut items = Vec::new();
        for item in call.entities("ChangeItem", &[("group", of(&group, "id"))])? {
            let mut told = json!({"field": of(&item, "field"), "fieldtype": of(&item, "fieldtype")});
            if call.is_cloud() {
                super::put(&mut told, "fieldId", meta::id_in_history(call, &item)?);
            }
            for (name, attribute) in [
                ("from", "oldvalue"),
                ("fromString", "oldstring"),
                ("to", "newvalue"),
                ("toString", "newstring"),
            ] {
                // What was not there is told as null.
                told[name] = json!(item.get(attribute));
            }
            items.push(told);
        }
        let mut told =
            json!({"id": of(&group, "id"), "created": times::told(of(&group, "created")), "items": items});
        super::put(&mut told, "author", group.get("author").and_then(|key| people::told(call, key).ok()));
        all.push(told);
    }
    Ok(all)
}
