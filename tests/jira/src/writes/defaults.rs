//! Default values of custom fields are set, on Cloud alone, and stored as Jira stores them.
//!
//! Invariant: what a value names exists; a value is of the type that the field has.

use serde_json::Value;

use super::contexts::{configuration, must_exist};
use super::{Written, id, list, members, nothing, people, text};
use crate::areas::fields;
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const CLOUD: &[Endpoint] = &[write("PUT", "/field/{fieldId}/context/defaultValue", set)];

/// The first moment of the year 1 means "now".
const NOW: &str = "<sql-timestamp>0001-01-01 00:00:00.0</sql-timestamp>";

/// The types of values: the word in a request, the types of fields, and the members beside `contextId` and `type`.
const TYPES: &[(&str, &str, &[&str])] = &[
    ("datepicker", "datepicker", &["date", "useCurrent"]),
    ("datetimepicker", "datetime", &["dateTime", "useCurrent"]),
    ("float", "float", &["number"]),
    ("grouppicker.multiple", "multigrouppicker", &["groupIds"]),
    ("grouppicker.single", "grouppicker", &["groupId"]),
    ("labels", "labels", &["labels"]),
    ("multi.user.select", "multiuserpicker", &["accountIds"]),
    ("option.cascading", "cascadingselect", &["optionId", "cascadingOptionId"]),
    ("option.multiple", "multiselect multicheckboxes", &["optionIds"]),
    ("option.single", "select radiobuttons", &["optionId"]),
    ("project", "project", &["projectId"]),
    ("readonly", "readonlyfield", &["text"]),
    ("single.user.select", "userpicker", &["accountId", "userFilter"]),
    ("textarea", "textarea", &["text"]),
    ("textfield", "textfield", &["text"]),
    ("url", "url", &["url"]),
    ("version.multiple", "multiversion", &["versionIds", "versionOrder"]),
    ("version.single", "version", &["versionId", "versionOrder"]),
];

fn string(value: &str) -> String {
    format!("<string>{}</string>", quick_xml::escape::escape(value))
}

fn set_of(values: Vec<String>, tag: &str) -> Option<String> {
    if values.is_empty() {
        return None;
    }
    let inner: Vec<String> = values.into_iter().map(|value| format!("  {value}\n")).collect();
    Some(format!("<{tag}>\n{}</{tag}>", inner.concat()))
}

/// Returns a day or a time as it is stored.
fn moment(said: &Value, member: &str) -> Result<Option<String>, Refusal> {
    if said["useCurrent"] == true {
        return Ok(Some(NOW.to_owned()));
    }
    let Some(own) = text(said, member)? else { return Ok(None) };
    let shape: String =
        own.chars().take(16).map(|own| if own.is_ascii_digit() { '9' } else { own }).collect();
    if shape != "9999-99-99" && shape != "9999-99-99T99:99" {
        return Err(Refusal::of(member, "The date is not valid."));
    }
    let (day, time) = own.split_once('T').unwrap_or((own, "00:00:00"));
    let time = time.get(..8).unwrap_or("00:00:00");
    Ok(Some(format!("<sql-timestamp>{day} {time}.0</sql-timestamp>")))
}

/// Refuses an option that is not one of the context.
fn option(call: &Call<'_>, configuration: &str, option: &str) -> Result<String, Refusal> {
    let table = call.table("customfieldoption")?;
    let row = table.by_id(option).filter(|row| row.text("customfieldconfig") == configuration);
    row.map(|_| string(option)).ok_or_else(|| Refusal::missing("option", option))
}

fn user(call: &Call<'_>, handle: &str) -> Result<String, Refusal> {
    let found = people::user(call, handle)?;
    found.map(|user| string(&user.key)).ok_or_else(|| Refusal::unknown("user", handle))
}

fn group(call: &Call<'_>, handle: &str) -> Result<String, Refusal> {
    let found = people::group(call, handle, true)?;
    found.map(|name| string(&name)).ok_or_else(|| Refusal::unknown("group", handle))
}

/// Returns an id of an object as it is stored: with a fraction.
fn numbered(call: &Call<'_>, table: &str, what: &str, own: &str) -> Result<String, Refusal> {
    call.must_be_known(table, what, own)?;
    Ok(format!("<double>{own}.0</double>"))
}

/// Returns a value as it is stored; nothing, if it takes the default away.
fn stored(call: &Call<'_>, configuration: &str, said: &Value) -> Result<Option<String>, Refusal> {
    let one = |member: &str| id(said, member).filter(|own| !own.is_empty());
    let all = |member: &str| list(said, member);
    Ok(match said["type"].as_str().unwrap_or_default() {
        "datepicker" => moment(said, "date")?,
        "datetimepicker" => moment(said, "dateTime")?,
        "float" => one("number").map(|own| {
            let own = if own.contains('.') { own } else { format!("{own}.0") };
            format!("<double>{own}</double>")
        }),
        "grouppicker.single" => one("groupId").map(|own| group(call, &own)).transpose()?,
        "grouppicker.multiple" => {
            let own: Result<Vec<_>, _> = all("groupIds").iter().map(|own| group(call, own)).collect();
            set_of(own?, "list")
        }
        "labels" => set_of(all("labels").iter().map(|own| string(own)).collect(), "set"),
        "single.user.select" => one("accountId").map(|own| user(call, &own)).transpose()?,
        "multi.user.select" => {
            let own: Result<Vec<_>, _> = all("accountIds").iter().map(|own| user(call, own)).collect();
            set_of(own?, "list")
        }
        "option.single" => one("optionId").map(|own| option(call, configuration, &own)).transpose()?,
        "option.multiple" => {
            let own: Result<Vec<_>, _> =
                all("optionIds").iter().map(|own| option(call, configuration, own)).collect();
            set_of(own?, "set")
        }
        "option.cascading" => {
            let Some(parent) = one("optionId") else { return Ok(None) };
            let parent = option(call, configuration, &parent)?;
            let child = one("cascadingOptionId").map(|own| option(call, configuration, &own)).transpose()?;
            let child = child.map(|own| format!("<entry><string>1</string>{own}</entry>"));
            Some(format!("<map><entry><null/>{parent}</entry>{}</map>", child.unwrap_or_default()))
        }
        "project" => one("projectId").map(|own| numbered(call, "project", "project", &own)).transpose()?,
        "version.single" => {
            one("versionId").map(|own| numbered(call, "projectversion", "version", &own)).transpose()?
        }
        "version.multiple" => {
            let own = all("versionIds");
            let own: Result<Vec<_>, _> =
                own.iter().map(|own| numbered(call, "projectversion", "version", own)).collect();
            set_of(own?, "list")
        }
        "url" => one("url").map(|own| string(&own)),
        _ => one("text").map(|own| string(&own)),
    })
}

fn set(call: &Call<'_>) -> Written {
    call.members(&["defaultValues*"])?;
    let table = call.table("customfield")?;
    let field = fields::custom(&table, call.part(0));
    let field = field.ok_or_else(|| Refusal::missing("custom field", call.part(0)))?;
    let own_type = fields::own_type(field.text("customfieldtypekey")).unwrap_or_default();
    for said in call.body["defaultValues"].as_array().into_iter().flatten() {
        let kind = text(said, "type")?.unwrap_or_default();
        let known = TYPES.iter().find(|(word, ..)| *word == kind);
        let known = known.filter(|(_, types, _)| types.split(' ').any(|own| own == own_type));
        let wrong = || Refusal::of("type", &format!("The type '{kind}' is not that of the field."));
        let (_, _, own) = known.ok_or_else(wrong)?;
        members(said, &[&["contextId*", "type*"], *own].concat())?;
        if kind == "single.user.select" && !said["userFilter"].is_object() {
            return Err(Refusal::of("userFilter", "The userFilter is required."));
        }
        let context = id(said, "contextId").unwrap_or_default();
        must_exist(call, &context)?;
        let configuration = configuration(call, &context)?;
        let xml = stored(call, &configuration, said)?;
        call.set_default_xml(&configuration, xml.as_deref())?;
    }
    nothing()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_stored_as_jira_stores_them() {
        let stored = |said: Value| moment(&said, "date").ok().flatten();
        assert_eq!(
            stored(json!({"date": "2025-01-31"})).as_deref(),
            Some("<sql-timestamp>2025-01-31 00:00:00.0</sql-timestamp>")
        );
        assert_eq!(
            stored(json!({"date": "2025-01-31T10:30:00.000+0000"})).as_deref(),
            Some("<sql-timestamp>2025-01-31 10:30:00.0</sql-timestamp>")
        );
        assert_eq!(stored(json!({"useCurrent": true})).as_deref(), Some(NOW));
        assert_eq!(stored(json!({"date": "soon"})), None);
    }
}
