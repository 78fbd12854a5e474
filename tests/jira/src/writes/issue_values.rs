//! Values of fields are written as rows hold them.
//!
//! Invariant: a value is refused as Jira refuses it: by the field, with a reason.

use serde_json::Value;

use super::issue_edits::must_be_assignable;
use crate::areas::issue::{meta, of, times};
use crate::areas::{fields, people};
use crate::call::{Call, Refusal};
use crate::rows::as_text;

/// Writes what a field is to hold.
pub(super) fn write(
    call: &Call<'_>,
    id: &str,
    field: &str,
    said: &Value,
    own: &Value,
) -> Result<(), Refusal> {
    let wrong = |text: &str| Refusal::of(field, text);
    let column = |value: Option<String>| call.change_entity("Issue", id, &[(field, value)]);
    let chosen = |said: &Value| -> Result<Option<String>, Refusal> {
        if said.is_null() {
            return Ok(None);
        }
        let all = own["allowedValues"].as_array().into_iter().flatten();
        let fits = |one: &&Value| {
            ["id", "value", "name"].iter().any(|name| said[*name].is_string() && one[*name] == said[*name])
        };
        let found = all.into_iter().find(fits).map(|own| as_text(&own["id"]));
        found.map(Some).ok_or_else(|| wrong("Option id is not valid"))
    };
    match field {
        "summary" | "description" | "environment" => {
            let text = match said {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                _ => return Err(wrong("Operation value must be a string")),
            };
            let is_summary = field == "summary";
            if is_summary && text.as_ref().is_some_and(|own| own.contains(['\n', '\r'])) {
                return Err(wrong("The summary is invalid because it contains newline characters."));
            }
            if is_summary && text.as_ref().is_some_and(|own| own.chars().count() > 255) {
                return Err(wrong("Summary must be less than 255 characters."));
            }
            column(text.filter(|own| !own.is_empty()))
        }
        "priority" | "resolution" | "security" => column(chosen(said)?),
        "assignee" | "reporter" => {
            let user = user(call, field, said)?;
            if let (Some(user), "assignee") = (&user, field) {
                let issue = call.entity("Issue", id)?.unwrap_or_default();
                must_be_assignable(call, of(&issue, "project"), user)?;
            }
            column(user.map(|own| own.key))
        }
        "duedate" => column(day(said).map_err(|text| wrong(&text))?.map(|own| format!("{own} 00:00:00.0"))),
        "labels" => labels(call, id, None, said).map_err(|text| wrong(&text))?,
        "components" => associate(call, id, ("IssueComponent", "Component"), said, chosen),
        "versions" => associate(call, id, ("IssueVersion", "Version"), said, chosen),
        "fixVersions" => associate(call, id, ("IssueFixVersion", "Version"), said, chosen),
        "timetracking" => {
            for (member, column) in
                [("originalEstimate", "timeoriginalestimate"), ("remainingEstimate", "timeestimate")]
            {
                let Some(said) = said.get(member) else { continue };
                let text = said.as_str().unwrap_or_default();
                let minutes = text.strip_suffix('m').and_then(|own| own.parse::<i64>().ok());
                if minutes.is_none() && !text.is_empty() {
                    return Err(wrong("The estimate is not valid."));
                }
                call.change_entity("Issue", id, &[(column, minutes.map(|own| (own * 60).to_string()))])?;
            }
            Ok(())
        }
        custom => write_custom(call, id, custom, said, &chosen),
    }
}

fn day(said: &Value) -> Result<Option<String>, String> {
    match said {
        Value::Null => Ok(None),
        Value::String(text) if times::is_day(text) => Ok(Some(text.clone())),
        other => Err(format!("Error parsing date string: {other}")),
    }
}

fn user(call: &Call<'_>, field: &str, said: &Value) -> Result<Option<people::User>, Refusal> {
    if said.is_null() {
        return Ok(None);
    }
    let name = said["accountId"].as_str().or(said["name"].as_str()).unwrap_or_default();
    let found = meta::named(call, said)?;
    found.map(Some).ok_or_else(|| Refusal::of(field, &format!("User '{name}' does not exist.")))
}

fn labels(
    call: &Call<'_>,
    id: &str,
    field: Option<&str>,
    said: &Value,
) -> Result<Result<(), Refusal>, String> {
    let all: Vec<String> = match said {
        Value::Null => Vec::new(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => return Err("data was not an array".to_owned()),
    };
    if let Some(label) = all.iter().find(|own| own.contains(char::is_whitespace)) {
        return Err(format!("The label '{label}' contains spaces which is invalid."));
    }
    Ok(put_labels(call, id, field, &all))
}

fn put_labels(call: &Call<'_>, id: &str, field: Option<&str>, all: &[String]) -> Result<(), Refusal> {
    for row in call.entities("Label", &[("issue", id)])? {
        if row.get("fieldid").map(|own| own.trim_start_matches("customfield_")) == field {
            call.drop_entities("Label", &[("id", of(&row, "id"))])?;
        }
    }
    for label in all {
        let values = [
            ("issue", Some(id.to_owned())),
            ("fieldid", field.map(str::to_owned)),
            ("label", Some(label.clone())),
        ];
        call.add_entity("Label", &values)?;
    }
    Ok(())
}

fn associate(
    call: &Call<'_>,
    id: &str,
    (kind, sink): (&str, &str),
    said: &Value,
    chosen: impl Fn(&Value) -> Result<Option<String>, Refusal>,
) -> Result<(), Refusal> {
    let own = [("sourceNodeId", id), ("sourceNodeEntity", "Issue"), ("associationType", kind)];
    call.drop_entities("NodeAssociation", &own)?;
    for value in said.as_array().into_iter().flatten() {
        let values = [
            ("sourceNodeId", Some(id.to_owned())),
            ("sourceNodeEntity", Some("Issue".to_owned())),
            ("sinkNodeId", chosen(value)?),
            ("sinkNodeEntity", Some(sink.to_owned())),
            ("associationType", Some(kind.to_owned())),
        ];
        call.add_entity("NodeAssociation", &values)?;
    }
    Ok(())
}

fn write_custom(
    call: &Call<'_>,
    id: &str,
    field: &str,
    said: &Value,
    chosen: &dyn Fn(&Value) -> Result<Option<String>, Refusal>,
) -> Result<(), Refusal> {
    let wrong = |text: &str| Refusal::of(field, text);
    let number = field.strip_prefix("customfield_").unwrap_or_default();
    let row = call.entity("CustomField", number)?.unwrap_or_default();
    let kind = fields::own_type(of(&row, "customfieldtypekey")).unwrap_or_default();
    if kind == "labels" {
        return labels(call, id, Some(number), said).map_err(|text| wrong(&text))?;
    }
    call.drop_entities("CustomFieldValue", &[("issue", id), ("customfield", number)])?;
    let put = |column: &str, value: String, parent: Option<String>| -> Result<(), Refusal> {
        let values = [
            ("issue", Some(id.to_owned())),
            ("customfield", Some(number.to_owned())),
            (column, Some(value)),
            ("parentkey", parent),
        ];
        call.add_entity("CustomFieldValue", &values).map(drop)
    };
    let all: Vec<&Value> = match said {
        Value::Null => return Ok(()),
        Value::Array(all) if kind.starts_with("multi") => all.iter().collect(),
        Value::Array(_) => return Err(wrong("data was an array")),
        one if kind.starts_with("multi") => return Err(wrong(&format!("data was not an array: {one}"))),
        one => vec![one],
    };
    for value in all {
        match kind {
            "float" => {
                let number = value.as_f64().ok_or_else(|| wrong("Operation value must be a number"))?;
                put("numbervalue", format!("{number:?}"), None)?;
            }
            "datepicker" => {
                let day = day(value).map_err(|text| wrong(&text))?.unwrap_or_default();
                put("datevalue", format!("{day} 00:00:00.0"), None)?;
            }
            "datetime" => {
                let moment = value.as_str().and_then(times::of_request);
                put("datevalue", times::stored(moment.ok_or_else(|| wrong("Error parsing time"))?), None)?;
            }
            "select" | "radiobuttons" | "multiselect" | "multicheckboxes" => {
                put("stringvalue", chosen(value)?.unwrap_or_default(), None)?;
            }
            "cascadingselect" => {
                let top = chosen(value)?.unwrap_or_default();
                put("stringvalue", top.clone(), None)?;
                if let Some(below) = value.get("child") {
                    let wanted = as_text(&below["id"]);
                    let options =
                        call.entities("CustomFieldOption", &[("id", &wanted), ("parentoptionid", &top)])?;
                    let found = options.first().ok_or_else(|| wrong("The child option is not valid"))?;
                    put("stringvalue", of(found, "id").to_owned(), Some(top))?;
                }
            }
            "userpicker" | "multiuserpicker" => {
                put("stringvalue", user(call, field, value)?.map(|own| own.key).unwrap_or_default(), None)?;
            }
            "grouppicker" | "multigrouppicker" => {
                let name = value["name"].as_str().unwrap_or_default().to_owned();
                if !people::group_names(call.site)?.contains(&name) {
                    return Err(wrong(&format!("Could not find group with name '{name}'")));
                }
                put("stringvalue", name, None)?;
            }
            "version" | "multiversion" => put("numbervalue", chosen(value)?.unwrap_or_default(), None)?,
            _ => {
                let text = value.as_str().ok_or_else(|| wrong("Operation value must be a string"))?;
                let column = if kind == "textarea" { "textvalue" } else { "stringvalue" };
                if column == "stringvalue" && (text.contains('\n') || text.chars().count() > 255) {
                    return Err(wrong("The value is too long, or has several lines."));
                }
                if !text.is_empty() {
                    put(column, text.to_owned(), None)?;
                }
            }
        }
    }
    Ok(())
}

/// Returns who may see something that a request restricts: the columns for a group and a role.
pub(super) fn restricted(call: &Call<'_>, said: &Value) -> Result<(Option<String>, Option<String>), Refusal> {
    let Some(kind) = said["type"].as_str() else { return Ok((None, None)) };
    let name = said["value"].as_str().or(said["identifier"].as_str()).unwrap_or_default().to_owned();
    let wrong =
        |what: &str| Refusal::new(400, &format!("The {what} '{name}' does not exist, or you are not in it."));
    let caller = call.site.people()?.caller();
    if kind == "group" {
        let members = people::members_of(call.site, &name)?;
        return match members.contains(&caller.name.to_lowercase()) {
            true => Ok((Some(name), None)),
            false => Err(wrong("group")),
        };
    }
    let role = call.entities("ProjectRole", &[("name", &name)])?;
    role.first().map(|own| (None, Some(of(own, "id").to_owned()))).ok_or_else(|| wrong("role"))
}
