//! Default values of custom fields, as Jira stores them.
//!
//! Invariant: a value of a type that is not known here is kept as the JSON that it is, and can then not be read further.

use serde_json::{Map, Value};

use super::endpoint::cloud;
use super::person::Group;
use super::reader::Reader;

/// A default value, as Jira Cloud tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Default<'v> {
    None,
    /// The day or moment at which an issue is made.
    Now,
    Texts(Vec<String>),
    /// The ids of groups.
    Groups(Vec<String>),
    /// The keys of users.
    Users(Vec<String>),
    /// An option, and one below it.
    Cascading(String, Option<String>),
    Number(String),
    Moment(String),
    Unknown(&'v Map<String, Value>),
}

/// The members that hold ids or texts, by type.
const TEXTS: [(&str, &str); 10] = [
    ("option.single", "optionId"),
    ("option.multiple", "optionIds"),
    ("url", "url"),
    ("project", "projectId"),
    ("labels", "labels"),
    ("textfield", "text"),
    ("textarea", "text"),
    ("readonly", "text"),
    ("version.single", "versionId"),
    ("version.multiple", "versionIds"),
];

impl<'v> Default<'v> {
    pub(super) fn of(value: &'v Map<String, Value>) -> Self {
        let ty = value.get("type").and_then(Value::as_str).unwrap_or_default();
        let texts = |name: &str| value.get(name).map(texts).unwrap_or_default();
        let some = |texts: Vec<String>, make: fn(Vec<String>) -> Self| match texts.is_empty() {
            true => Self::None,
            false => make(texts),
        };
        if let Some((_, name)) = TEXTS.iter().find(|(own, _)| *own == ty) {
            return some(texts(name), Self::Texts);
        }
        let first = |name: &str| texts(name).into_iter().next();
        match ty {
            "option.cascading" => match (first("optionId"), first("cascadingOptionId")) {
                (Some(option), below) => Self::Cascading(option, below),
                (None, _) => Self::None,
            },
            "float" => first("number").map_or(Self::None, Self::Number),
            "datepicker" | "datetimepicker" => {
                let name = if ty == "datepicker" { "date" } else { "dateTime" };
                match value.get("useCurrent").and_then(Value::as_bool) {
                    Some(true) => Self::Now,
                    _ => first(name).map_or(Self::None, Self::Moment),
                }
            }
            "single.user.select" => some(texts("accountId"), Self::Users),
            "multi.user.select" => some(texts("accountIds"), Self::Users),
            "grouppicker.single" => some(texts("groupId"), Self::Groups),
            "grouppicker.multiple" => some(texts("groupIds"), Self::Groups),
            // A context without a default value has a line without one, or none at all.
            "" if value.is_empty() => Self::None,
            _ => Self::Unknown(value),
        }
    }

    /// Returns what Jira stores for it.
    pub(super) fn stored(self, reader: &mut Reader<'_>) -> Option<String> {
        let string = |text: &String| format!("<string>{}</string>", escaped(text));
        let several = |texts: &[String]| match texts {
            [one] => string(one),
            texts => format!("<list>{}</list>", texts.iter().map(string).collect::<String>()),
        };
        Some(match self {
            Self::None => return None,
            Self::Now => "<sql-timestamp>0001-01-01 00:00:00</sql-timestamp>".to_owned(),
            Self::Texts(texts) => several(&texts),
            Self::Users(keys) => {
                keys.iter().for_each(|key| reader.met_key(key));
                several(&keys)
            }
            Self::Groups(ids) => {
                let ask = reader.of(&cloud::GROUPS);
                let groups = reader.list::<Group>(&ask).unwrap_or_default();
                let named = |id: &String| {
                    let group = groups.iter().find(|group| group.group_id.as_ref() == Some(id));
                    group.map_or_else(|| id.clone(), |group| reader.met_group(group))
                };
                let names: Vec<String> = ids.iter().map(named).collect();
                several(&names)
            }
            Self::Cascading(option, below) => {
                let below = below.iter();
                let below: String =
                    below.map(|id| format!("<entry><string>1</string>{}</entry>", string(id))).collect();
                format!("<map><entry><null/>{}</entry>{below}</map>", string(&option))
            }
            Self::Number(number) => format!("<double>{}</double>", escaped(&number)),
            Self::Moment(text) => {
                let day = match in_utc(&text) {
                    Some(moment) => moment,
                    None if text.contains([' ', 'T']) => text,
                    None => format!("{text} 00:00:00"),
                };
                format!("<sql-timestamp>{}</sql-timestamp>", escaped(&day))
            }
            Self::Unknown(value) => Value::Object(value.clone()).to_string(),
        })
    }
}

/// Returns a moment that is told in UTC as rows have it.
fn in_utc(text: &str) -> Option<String> {
    let rest = text
        .strip_suffix('Z')
        .or_else(|| text.strip_suffix("+0000"))
        .or_else(|| text.strip_suffix("+00:00"))?;
    let (day, time) = rest.split_once('T')?;
    let time = time
        .split_once('.')
        .map_or(time, |(time, fraction)| if fraction.trim_matches('0').is_empty() { time } else { rest });
    (!time.contains('T')).then(|| format!("{day} {time}"))
}

/// Returns a value, or the values of a list, as texts.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if !text.is_empty() => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
