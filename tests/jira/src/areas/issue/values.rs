//! What the fields of an issue hold.
//!
//! Invariant: a field without a value is told as null, as an empty list where it holds many.

use serde_json::{Map, Value, json};

use super::super::{constants, fields, people};
use super::{meta, of, parts, times};
use crate::call::{Call, Refusal};
use crate::router::Answer;
use crate::rows::entities::Entity;

/// Returns all fields of an issue.
pub(super) fn all(call: &Call<'_>, issue: &Entity) -> Answer {
    let mut told = Map::new();
    let system = [
        "summary",
        "description",
        "environment",
        "issuetype",
        "project",
        "status",
        "priority",
        "resolution",
        "assignee",
        "reporter",
        "creator",
        "created",
        "updated",
        "duedate",
        "resolutiondate",
        "labels",
        "components",
        "versions",
        "fixVersions",
        "timeoriginalestimate",
        "timeestimate",
        "timespent",
        "timetracking",
        "security",
        "attachment",
        "issuelinks",
        "subtasks",
    ];
    for id in system {
        told.insert(id.to_owned(), one(call, issue, id)?);
    }
    if let Some(parent) = parts::parent(call, issue)? {
        told.insert("parent".to_owned(), parent);
    }
    for field in call.entities("CustomField", &[])? {
        let id = format!("customfield_{}", of(&field, "id"));
        let value = one(call, issue, &id)?;
        told.insert(id, value);
    }
    Ok(Value::Object(told))
}

/// Returns what a field of an issue holds.
pub(crate) fn one(call: &Call<'_>, issue: &Entity, id: &str) -> Answer {
    let own = issue.get(id).map(|own| json!(own)).unwrap_or(Value::Null);
    let object = |entity: &str, told: fn(&Call<'_>, crate::rows::Row<'_>) -> Value| -> Answer {
        let table = call.table(entity)?;
        let attribute = if id == "issuetype" { "type" } else { id };
        Ok(table.by_id(of(issue, attribute)).map_or(Value::Null, |row| told(call, row)))
    };
    let person = |name: &str| issue.get(name).map_or(Ok(Value::Null), |key| people::told(call, key));
    let seconds = |name: &str| {
        issue.get(name).and_then(|own| own.parse::<i64>().ok()).map_or(Value::Null, |own| json!(own))
    };
    Ok(match id {
        "summary" | "description" | "environment" => own,
        "issuetype" => object("issuetype", constants::issue_type)?,
        "status" => object("issuestatus", constants::status)?,
        "priority" => object("priority", constants::priority)?,
        "resolution" => object("resolution", constants::resolution)?,
        "project" => {
            let project = call.entity("Project", of(issue, "project"))?.unwrap_or_default();
            json!({
                "self": call.link(&format!("/project/{}", of(&project, "id"))),
                "id": of(&project, "id"),
                "key": of(&project, "key"),
                "name": of(&project, "name"),
            })
        }
        "assignee" | "reporter" | "creator" => person(id)?,
        "created" | "updated" | "resolutiondate" => {
            issue.get(id).map_or(Value::Null, |own| json!(times::told(own)))
        }
        "duedate" => issue.get(id).and_then(|own| own.get(..10)).map_or(Value::Null, |own| json!(own)),
        "labels" => labels(call, issue, None)?,
        "components" => associated(call, issue, "IssueComponent", "Component")?,
        "versions" => associated(call, issue, "IssueVersion", "Version")?,
        "fixVersions" => associated(call, issue, "IssueFixVersion", "Version")?,
        "timeoriginalestimate" | "timeestimate" | "timespent" => seconds(id),
        "timetracking" => {
            let mut told = json!({});
            for (name, column) in [
                ("originalEstimate", "timeoriginalestimate"),
                ("remainingEstimate", "timeestimate"),
                ("timeSpent", "timespent"),
            ] {
                if let Some(seconds) = seconds(column).as_i64() {
                    told[name] = json!(format!("{}m", seconds / 60));
                    told[format!("{name}Seconds")] = json!(seconds);
                }
            }
            told
        }
        "security" => match issue.get("security") {
            Some(id) => call
                .entity("SchemeIssueSecurityLevels", id)?
                .map_or(Value::Null, |own| meta::level(call, &own)),
            None => Value::Null,
        },
        "attachment" => parts::attachments(call, issue)?.into(),
        "issuelinks" => parts::links(call, issue)?.into(),
        "subtasks" => json!([]),
        custom => custom_value(call, issue, custom)?,
    })
}

fn labels(call: &Call<'_>, issue: &Entity, field: Option<&str>) -> Answer {
    let rows = call.entities("Label", &[("issue", of(issue, "id"))])?;
    let own = rows
        .iter()
        .filter(|own| own.get("fieldid").map(|own| own.trim_start_matches("customfield_")) == field);
    Ok(own.map(|own| json!(of(own, "label"))).collect())
}

/// Returns the components or versions of an issue.
fn associated(call: &Call<'_>, issue: &Entity, kind: &str, entity: &str) -> Answer {
    let rows = call.entities(
        "NodeAssociation",
        &[("sourceNodeId", of(issue, "id")), ("sourceNodeEntity", "Issue"), ("associationType", kind)],
    )?;
    let mut told = Vec::new();
    for row in rows {
        if let Some(own) = call.entity(entity, of(&row, "sinkNodeId"))? {
            told.push(part(call, entity, &own));
        }
    }
    Ok(told.into())
}

/// Returns a component or version in short.
fn part(call: &Call<'_>, entity: &str, row: &Entity) -> Value {
    let (id, path) = (of(row, "id"), if entity == "Version" { "version" } else { "component" });
    let mut told = json!({"self": call.link(&format!("/{path}/{id}")), "id": id, "name": of(row, "name")});
    if entity == "Version" {
        told["archived"] = json!(of(row, "archived") == "true");
        told["released"] = json!(of(row, "released") == "true");
    }
    told
}

fn custom_value(call: &Call<'_>, issue: &Entity, id: &str) -> Answer {
    let Some(number) = id.strip_prefix("customfield_") else { return Ok(Value::Null) };
    let Some(field) = call.entity("CustomField", number)? else { return Ok(Value::Null) };
    let kind = fields::own_type(of(&field, "customfieldtypekey")).unwrap_or_default();
    if kind == "labels" {
        let all = labels(call, issue, Some(number))?;
        return Ok(if all == json!([]) { Value::Null } else { all });
    }
    let mut rows =
        call.entities("CustomFieldValue", &[("issue", of(issue, "id")), ("customfield", number)])?;
    rows.retain(|own| {
        ["stringvalue", "numbervalue", "textvalue", "datevalue"].iter().any(|name| own.contains_key(*name))
    });
    let options = |row: &Entity| -> Answer {
        Ok(call
            .entity("CustomFieldOption", of(row, "stringvalue"))?
            .map_or(Value::Null, |own| meta::option(call, &own)))
    };
    if kind == "cascadingselect" {
        let top = rows.iter().find(|own| own.get("parentkey").is_none());
        let Some(top) = top else { return Ok(Value::Null) };
        let mut told = options(top)?;
        if let Some(below) = rows.iter().find(|own| own.contains_key("parentkey")) {
            told["child"] = options(below)?;
        }
        return Ok(told);
    }
    let value = |row: &Entity| -> Answer {
        Ok(match kind {
            "float" | "importid" => row
                .get("numbervalue")
                .and_then(|own| own.parse::<f64>().ok())
                .map_or(Value::Null, |own| json!(own)),
            "datepicker" => {
                row.get("datevalue").and_then(|own| own.get(..10)).map_or(Value::Null, |own| json!(own))
            }
            "datetime" => row.get("datevalue").map_or(Value::Null, |own| json!(times::told(own))),
            "select" | "radiobuttons" | "multiselect" | "multicheckboxes" => options(row)?,
            "userpicker" | "multiuserpicker" => people::told(call, of(row, "stringvalue"))?,
            "grouppicker" | "multigrouppicker" => people::group(call, of(row, "stringvalue")),
            "version" | "multiversion" => {
                let id = of(row, "numbervalue").trim_end_matches(".0").to_owned();
                call.entity("Version", &id)?.map_or(Value::Null, |own| part(call, "Version", &own))
            }
            _ => {
                row.get("textvalue").or_else(|| row.get("stringvalue")).map_or(Value::Null, |own| json!(own))
            }
        })
    };
    let all: Result<Vec<Value>, Refusal> = rows.iter().map(value).collect();
    let all = all?;
    Ok(match kind.starts_with("multi") {
        true if all.is_empty() => Value::Null,
        true => all.into(),
        false => all.into_iter().next().unwrap_or(Value::Null),
    })
}
