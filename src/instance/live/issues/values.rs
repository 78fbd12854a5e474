//! Values of fields as a live Jira tells and takes them.
//!
//! Invariant: what is told and not understood is no value, and is said to be unseen; what cannot be said so is refused before anything is
//! sent.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pcfg_sync::{FieldKind, IssueFault, Time, Value};
use serde_json::{Value as Json, json};

use super::line::{Called, refused};
use super::shape::{Own, Shape};

/// As many characters fit into a field of one line.
const MOST_CHARACTERS: usize = 255;

/// Returns text with the line ends of files, whatever browser it came from.
pub(super) fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Returns a moment as Jira tells it: `2026-03-01T12:00:00.000+0100`.
pub(super) fn moment(text: &str) -> Option<Time> {
    let told = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).and_then(|own| own.to_timestamp());
    let told: Option<Timestamp> = told.ok().or_else(|| text.parse().ok());
    told.map(|own| Time(own.as_millisecond()))
}

/// Returns a moment as Jira takes it.
pub(super) fn spelled(Time(moment): Time) -> Called<String> {
    let wrong = || refused(format!("{moment} is no moment"));
    let moment = Timestamp::from_millisecond(moment).map_err(|_| wrong())?;
    Ok(moment.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string())
}

/// Returns who somebody is: the id of the account, or the name on Data Center.
pub(super) fn person(told: &Json) -> Option<String> {
    told["accountId"].as_str().or_else(|| told["name"].as_str()).map(str::to_owned)
}

/// Returns what a field holds; nothing if that is not understood.
pub(super) fn read(shape: &Shape, told: &Json) -> Option<Option<Value>> {
    match told {
        Json::Null => Some(None),
        Json::Array(all) if shape.many => {
            let all: Option<BTreeSet<Value>> = all.iter().map(|own| one(shape.kind, own)).collect();
            all.map(|all| Some(Value::Many(all)).filter(|own| *own != Value::Many(BTreeSet::new())))
        }
        Json::String(text) if text.is_empty() => Some(None),
        _ if shape.many => None,
        told => one(shape.kind, told).map(Some),
    }
}

fn one(kind: FieldKind, told: &Json) -> Option<Value> {
    let named = |name: &str| told[name].as_str().map(str::to_owned);
    Some(match kind {
        FieldKind::Text => Value::Text(lines(told.as_str()?)),
        FieldKind::Number => Value::Number(told.as_f64()?.to_string()),
        FieldKind::Date => Value::Date(told.as_str()?.get(..10)?.to_owned()),
        FieldKind::Moment => Value::Moment(moment(told.as_str()?)?),
        FieldKind::Duration => Value::Duration(told.as_i64()?),
        FieldKind::Choice => Value::Choice(named("value").or_else(|| named("name"))?),
        FieldKind::Cascade => Value::Cascade(
            named("value")?,
            match &told["child"] {
                Json::Null => None,
                child => Some(child["value"].as_str()?.to_owned()),
            },
        ),
        FieldKind::User => Value::User(person(told)?),
        FieldKind::Group => Value::Group(named("name")?),
        FieldKind::Version => Value::Version(named("name")?),
        FieldKind::Component => Value::Component(named("name")?),
        FieldKind::Label => Value::Label(told.as_str()?.to_owned()),
    })
}

/// Returns what is to be sent for a value; none takes the value away.
pub(super) fn said(own: &Own, value: Option<&Value>, is_cloud: bool) -> Called<Json> {
    let field = &own.shape.field;
    match value {
        None if own.required => Err(refused(format!("field {field} must have a value"))),
        None if own.shape.many => Ok(json!([])),
        None => Ok(Json::Null),
        Some(Value::Many(values)) if own.shape.many => {
            let all: Called<Vec<Json>> = values.iter().map(|value| say(own, value, is_cloud)).collect();
            let all = all?;
            match own.required && all.is_empty() {
                true => Err(refused(format!("field {field} must have a value"))),
                false => Ok(Json::Array(all)),
            }
        }
        Some(Value::Many(_)) => Err(refused(format!("field {field} holds one value, not many"))),
        Some(value) => {
            let own_said = say(own, value, is_cloud)?;
            Ok(if own.shape.many { json!([own_said]) } else { own_said })
        }
    }
}

fn say(own: &Own, value: &Value, is_cloud: bool) -> Called<Json> {
    let field = &own.shape.field;
    let chosen = |name: &str, parent: Option<&str>| {
        let is_it = |own: &&super::shape::Choice| own.name == name && own.parent.as_deref() == parent;
        let found = own.choices.iter().find(is_it).map(|own| own.id.clone());
        found.ok_or_else(|| IssueFault::Missing {
            what: format!("`{name}` among the values of field {field}"),
        })
    };
    Ok(match (own.shape.kind, value) {
        (FieldKind::Text, Value::Text(text)) => {
            let text = lines(text);
            if own.required && text.is_empty() {
                return Err(refused(format!("field {field} must have a value")));
            }
            if is_line(own) && text.contains('\n') {
                return Err(refused(format!("field {field} holds one line")));
            }
            if is_line(own) && text.chars().count() > MOST_CHARACTERS {
                return Err(refused(format!("field {field} holds at most {MOST_CHARACTERS} characters")));
            }
            json!(text)
        }
        (FieldKind::Number, Value::Number(text)) => {
            let number: Option<f64> = text.trim().parse().ok().filter(|own: &f64| own.is_finite());
            json!(number.ok_or_else(|| refused(format!("`{text}` is no number (field {field})")))?)
        }
        (FieldKind::Date, Value::Date(day)) => {
            let parsed: Result<jiff::civil::Date, _> = day.parse();
            match parsed {
                Ok(parsed) if parsed.to_string() == *day => json!(day),
                _ => return Err(refused(format!("`{day}` is no day such as 2026-03-01 (field {field})"))),
            }
        }
        (FieldKind::Moment, Value::Moment(moment)) => json!(spelled(*moment)?),
        (FieldKind::Duration, Value::Duration(seconds)) => json!(minutes(*seconds, &field.to_string())?),
        (FieldKind::Choice, Value::Choice(name))
        | (FieldKind::Version, Value::Version(name))
        | (FieldKind::Component, Value::Component(name)) => json!({"id": chosen(name, None)?}),
        (FieldKind::Cascade, Value::Cascade(top, below)) => {
            let id = chosen(top, None)?;
            match below {
                None => json!({"id": id}),
                Some(below) => json!({"id": id, "child": {"id": chosen(below, Some(top))?}}),
            }
        }
        (FieldKind::User, Value::User(name)) => somebody(name, is_cloud),
        (FieldKind::Group, Value::Group(name)) => json!({"name": name}),
        (FieldKind::Label, Value::Label(word)) => {
            if word.is_empty() || word.contains(char::is_whitespace) || word.chars().count() > MOST_CHARACTERS
            {
                return Err(refused(format!("`{word}` is no label: a word without blanks (field {field})")));
            }
            json!(word)
        }
        _ => return Err(refused(format!("field {field} does not hold such a value"))),
    })
}

/// Returns a length of time as Jira takes it: it has no seconds there.
pub(super) fn minutes(seconds: i64, what: &str) -> Called<String> {
    match seconds >= 0 && seconds % 60 == 0 {
        true => Ok(format!("{}m", seconds / 60)),
        false => {
            Err(refused(format!("{seconds} seconds are no whole minutes ({what}); Jira takes no others")))
        }
    }
}

/// Returns a user as Jira takes one.
pub(super) fn somebody(name: &str, is_cloud: bool) -> Json {
    if is_cloud { json!({"accountId": name}) } else { json!({"name": name}) }
}

/// Returns whether a field holds one line.
fn is_line(own: &Own) -> bool {
    use pcfg_sync::Field;
    match &own.shape.field {
        Field::System(name) => name == "summary",
        Field::Custom { kind, .. } => kind.ends_with(":textfield") || kind.ends_with(":url"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_the_same_in_every_zone() {
        let noon = Time(1_772_366_400_000);
        for text in ["2026-03-01T12:00:00.000+0000", "2026-03-01T13:00:00.000+0100", "2026-03-01T12:00:00Z"] {
            assert_eq!(moment(text), Some(noon), "{text}");
        }
        assert_eq!(spelled(noon).unwrap(), "2026-03-01T12:00:00.000+0000");
        assert_eq!(moment("yesterday"), None);
    }
}
