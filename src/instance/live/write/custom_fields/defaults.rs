//! Default values of contexts, as requests have them.
//!
//! Invariant: what the type of the field has no request for is refused, never left as it is. Source: Atlassian's description of Jira
//! Cloud (April 2026): a default that is null is taken away.

use serde_json::{Value, json};

use super::context::{Context, sent_choice};
use super::field::Field;
use crate::instance::live::write::{Deed, Look, Sent, Unsaid};
use crate::mapping::{Kept, OWN_TYPES, kept};

/// How the default values of a type are said.
struct Form {
    /// The types of fields.
    types: &'static [&'static str],
    /// The word for the type in a request.
    word: &'static str,
    /// The member that holds the value.
    member: &'static str,
    means: Means,
}

/// What the value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Text,
    Number,
    Day,
    Moment,
    Labels,
    Option,
    Options,
    /// An option, and one below it.
    Cascading,
    User,
    Users,
    Group,
    Groups,
    Project,
    Version,
    Versions,
}

const fn form(
    types: &'static [&'static str],
    word: &'static str,
    member: &'static str,
    means: Means,
) -> Form {
    Form { types, word, member, means }
}

const FORMS: [Form; 18] = [
    form(&["textfield"], "textfield", "text", Means::Text),
    form(&["textarea"], "textarea", "text", Means::Text),
    form(&["readonlyfield"], "readonly", "text", Means::Text),
    form(&["url"], "url", "url", Means::Text),
    form(&["float"], "float", "number", Means::Number),
    form(&["datepicker"], "datepicker", "date", Means::Day),
    form(&["datetime"], "datetimepicker", "dateTime", Means::Moment),
    form(&["labels"], "labels", "labels", Means::Labels),
    form(&["select", "radiobuttons"], "option.single", "optionId", Means::Option),
    form(&["multiselect", "multicheckboxes"], "option.multiple", "optionIds", Means::Options),
    form(&["cascadingselect"], "option.cascading", "optionId", Means::Cascading),
    form(&["userpicker"], "single.user.select", "accountId", Means::User),
    form(&["multiuserpicker"], "multi.user.select", "accountIds", Means::Users),
    form(&["grouppicker"], "grouppicker.single", "groupId", Means::Group),
    form(&["multigrouppicker"], "grouppicker.multiple", "groupIds", Means::Groups),
    form(&["project"], "project", "projectId", Means::Project),
    form(&["version"], "version.single", "versionId", Means::Version),
    form(&["multiversion"], "version.multiple", "versionIds", Means::Versions),
];

/// Returns the request that gives a context another default value.
pub(super) fn lead(
    field: &Field<'_, '_>,
    id: &str,
    old: &Context,
    new: &Context,
) -> Result<Option<Deed>, Vec<Unsaid>> {
    if old.default == new.default {
        return Ok(None);
    }
    let (was, is) = (
        said(field, id, old, &|id| sent_choice(field.ground, id)),
        said(field, id, new, &|id| sent_choice(field.ground, id)),
    );
    let refused = |why| vec![(here(field, new), why)];
    let (was, is) = (was.map_err(refused)?, is.map_err(refused)?);
    if was == is {
        return Ok(None);
    }
    let sent = put(field, &is).seen_by(look(field, id, &was, &is));
    Ok(Some(field.deed(sent, put(field, &was))))
}

/// Returns what gives a context its default value that was made anew, on the way back.
pub(super) fn set_again(
    field: &Field<'_, '_>,
    id: &str,
    own: &Context,
    again: &dyn Fn(&str) -> String,
) -> Result<Option<Deed>, Vec<Unsaid>> {
    if own.default.is_none() {
        return Ok(None);
    }
    let refused = |why| vec![(here(field, own), why)];
    let none = Context { default: None, ..own.clone() };
    let (was, is) =
        (said(field, id, &none, again).map_err(refused)?, said(field, id, own, again).map_err(refused)?);
    Ok(Some(Deed::only_back(put(field, &is).seen_by(look(field, id, &was, &is)))))
}

fn here(field: &Field<'_, '_>, own: &Context) -> crate::model::Path {
    field.here().part("customFieldConfigScheme", &own.name).child("config").child("defaultValue")
}

fn put(field: &Field<'_, '_>, said: &Value) -> Sent {
    Sent::put(format!("{}/defaultValue", field.contexts()), json!({ "defaultValues": [said] }))
}

fn look(field: &Field<'_, '_>, id: &str, was: &Value, is: &Value) -> Look {
    // A context without a default value has a line without one, or none at all.
    let seen = |said: &Value| {
        let mut seen = said.clone();
        if let Some(own) = seen.as_object_mut() {
            own.retain(|name, value| {
                !["contextId", "type", "userFilter"].contains(&name.as_str()) && *value != Value::Bool(false)
            });
        }
        seen
    };
    Look::at(format!("{}/defaultValue", field.contexts()), seen(was), seen(is))
        .with("contextId", id)
        .among("/values", &[("contextId", json!(id))])
        .in_any_order()
}

/// Says a default value, or that there is none.
fn said(
    field: &Field<'_, '_>,
    id: &str,
    own: &Context,
    option: &dyn Fn(&str) -> String,
) -> Result<Value, String> {
    let ty = field.ty.strip_prefix(OWN_TYPES);
    let form = ty.and_then(|ty| FORMS.iter().find(|form| form.types.contains(&ty)));
    let Some(Form { word, member, means, .. }) = form else {
        return Err(format!("pcfg knows no request for the default value of a field of type {}", field.ty));
    };
    let mut said = json!({ "contextId": id, "type": word });
    said[*member] = Value::Null;
    if *means == Means::User {
        let there = field.ground.known.user_filters.get(id);
        said["userFilter"] = there.cloned().unwrap_or_else(|| json!({ "enabled": false }));
    }
    let stored = own.default.as_deref().unwrap_or("<null/>");
    let texts = match kept(stored) {
        Some(Kept::Now) => {
            said["useCurrent"] = json!(true);
            return Ok(said);
        }
        Some(Kept::Texts(texts)) => texts,
        None => return Err("Jira stores it in a way that pcfg does not know".to_owned()),
    };
    if matches!(means, Means::Day | Means::Moment) {
        said["useCurrent"] = json!(false);
    }
    // -1 is what the lists of the web pages send for "none".
    let texts: Vec<&str> = texts.iter().map(String::as_str).filter(|own| *own != "-1").collect();
    let Some(first) = texts.first() else { return Ok(said) };
    let most = match means {
        Means::Labels | Means::Options | Means::Users | Means::Groups | Means::Versions => usize::MAX,
        Means::Cascading => 2,
        _ => 1,
    };
    if texts.len() > most {
        return Err(format!(
            "Jira Cloud takes one value for a field of type {}, and the file has more",
            field.ty
        ));
    }
    let group = |name: &&str| {
        let id = field.ground.group_id(name);
        id.ok_or_else(|| format!("Jira does not tell the id of group `{name}`"))
    };
    let sent = |kind: &'static str, id: &str| field.ground.sent(kind, id);
    said[*member] = match means {
        Means::Text => json!(first),
        Means::Number => json!(first.parse::<f64>().map_err(|_| format!("`{first}` is no number"))?),
        Means::Day => json!(day(first)?),
        Means::Moment => json!(moment(first)?),
        Means::Labels => json!(texts.iter().flat_map(|own| own.split_whitespace()).collect::<Vec<_>>()),
        Means::Option => json!(option(first)),
        Means::Options => json!(texts.iter().map(|own| option(own)).collect::<Vec<_>>()),
        Means::Cascading => {
            if let Some(below) = texts.get(1) {
                said["cascadingOptionId"] = json!(option(below));
            }
            json!(option(first))
        }
        Means::User => json!(first),
        Means::Users => json!(texts),
        Means::Group => json!(group(first)?),
        Means::Groups => json!(texts.iter().map(group).collect::<Result<Vec<_>, _>>()?),
        Means::Project => json!(sent("project", first)),
        Means::Version => json!(sent("version", first)),
        Means::Versions => json!(texts.iter().map(|own| sent("version", own)).collect::<Vec<_>>()),
    };
    Ok(said)
}

/// Returns a day as requests have it.
fn day(text: &str) -> Result<&str, String> {
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    match shape(day) == "9999-99-99" && time == "00:00:00" {
        true => Ok(day),
        false => Err(format!("Jira Cloud takes a day like 2025-01-31, and not `{text}`")),
    }
}

/// Returns a moment as requests have it; rows have it in UTC.
fn moment(text: &str) -> Result<String, String> {
    match shape(text).as_str() {
        "9999-99-99 99:99:99" => Ok(format!("{}.000+0000", text.replace(' ', "T"))),
        "9999-99-99" => Ok(format!("{text}T00:00:00.000+0000")),
        shape if shape.starts_with("9999-99-99T99:99") => Ok(text.to_owned()),
        _ => Err(format!("Jira Cloud takes a moment like 2025-01-31 12:30:00, and not `{text}`")),
    }
}

fn shape(text: &str) -> String {
    text.chars().map(|own| if own.is_ascii_digit() { '9' } else { own }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_said_as_jira_cloud_takes_them() {
        assert_eq!(day("2025-01-31 00:00:00").as_deref(), Ok("2025-01-31"));
        assert_eq!(day("2025-01-31").as_deref(), Ok("2025-01-31"));
        assert!(day("2025-01-30 22:00:00").is_err(), "midnight of another time zone is another day");
        assert_eq!(moment("2025-01-31 10:30:00").as_deref(), Ok("2025-01-31T10:30:00.000+0000"));
        assert_eq!(moment("2025-01-31T10:30:00.000+0200").as_deref(), Ok("2025-01-31T10:30:00.000+0200"));
        assert!(moment("soon").is_err());
    }
}
