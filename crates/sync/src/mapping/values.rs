//! Values of fields, from here to the wire and back.
//!
//! Invariant: a name of an option is told only where the settings say so, and what is told comes back as what it was.

use std::collections::BTreeSet;

use crate::settings::{FieldRule, People, Unmapped};
use crate::{Alias, Field, FieldFacts, FieldKind, Hurdle, Lookup, ToldValue, UserFacts, Value};

/// What becomes of a value that is to be told.
pub(super) enum Telling {
    /// It is told so.
    Told(ToldValue),
    /// It is not told.
    Skipped,
}

/// What becomes of a value that was told.
pub(super) enum Taking {
    /// The field is to be so.
    Set(Option<Value>),
    /// The field stays as it is, and why.
    Left(String),
}

/// Says of which field something in the way is.
pub(super) fn of_field(hurdle: Hurdle, alias: &Alias, field: &Field) -> Hurdle {
    match hurdle {
        Hurdle::Error(what) => Hurdle::Error(format!("field {field} (`{alias}`): {what}")),
        Hurdle::NotTaken(what) => Hurdle::NotTaken(format!("field `{alias}`: {what}")),
        Hurdle::Fault(fault) => Hurdle::Fault(fault),
    }
}

fn error<T>(what: String) -> Result<T, Hurdle> {
    Err(Hurdle::Error(what))
}

/// A value as a settings file would write it.
pub(super) fn in_words(value: &Value) -> String {
    match value {
        Value::Text(text)
        | Value::Number(text)
        | Value::Date(text)
        | Value::Choice(text)
        | Value::User(text)
        | Value::Group(text)
        | Value::Version(text)
        | Value::Component(text)
        | Value::Label(text)
        | Value::Cascade(text, None) => text.clone(),
        Value::Cascade(parent, Some(child)) => format!("{parent} / {child}"),
        Value::Moment(time) => crate::settings::in_utc(*time),
        Value::Duration(seconds) => length(*seconds),
        Value::Many(values) => values.iter().map(in_words).collect::<Vec<_>>().join(", "),
    }
}

/// A length of time as Jira writes it, without days, whose length is a setting of each Jira.
fn length(seconds: i64) -> String {
    let (sign, all) = if seconds < 0 { ("-", seconds.unsigned_abs()) } else { ("", seconds.unsigned_abs()) };
    let parts = [(all / 3600, "h"), (all / 60 % 60, "m"), (all % 60, "s")];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0m".to_owned() } else { format!("{sign}{}", parts.join(" ")) }
}

/// What is told of the value of a field.
pub(super) fn tell(
    rule: &FieldRule,
    value: Option<&Value>,
    jira: &mut dyn Lookup,
) -> Result<Telling, Hurdle> {
    let Some(value) = value else { return Ok(Telling::Told(ToldValue::Empty)) };
    if let Some(template) = &rule.text {
        let words = match value {
            Value::User(name) => shown(name, jira)?,
            Value::Many(values) if values.iter().all(|own| matches!(own, Value::User(_))) => {
                let people = values.iter().map(|own| shown(&in_words(own), jira));
                people.collect::<Result<Vec<_>, _>>()?.join(", ")
            }
            other => in_words(other),
        };
        return Ok(Telling::Told(ToldValue::Text(template.fill(&[("value", &words)]))));
    }
    let Value::Many(values) = value else { return one(rule, value, jira) };
    let mut told = BTreeSet::new();
    for value in values {
        if let Telling::Told(value) = one(rule, value, jira)? {
            told.insert(value);
        }
    }
    Ok(Telling::Told(if told.is_empty() { ToldValue::Empty } else { ToldValue::Many(told) }))
}

fn one(rule: &FieldRule, value: &Value, jira: &mut dyn Lookup) -> Result<Telling, Hurdle> {
    Ok(Telling::Told(match value {
        Value::Text(text) => ToldValue::Text(text.clone()),
        Value::Number(number) => ToldValue::Number(number.clone()),
        Value::Date(day) => ToldValue::Date(day.clone()),
        Value::Moment(time) => ToldValue::Moment(*time),
        Value::Duration(seconds) => ToldValue::Duration(*seconds),
        Value::User(name) => return person(rule, name, jira),
        Value::Choice(_) | Value::Cascade(..) if rule.values.is_empty() && !rule.same => {
            return error("nothing says how its values are told: write `values`".to_owned());
        }
        Value::Choice(_)
        | Value::Cascade(..)
        | Value::Group(_)
        | Value::Version(_)
        | Value::Component(_)
        | Value::Label(_) => return named(rule, in_words(value)),
        Value::Many(_) => return error("it has values in values".to_owned()),
    }))
}

/// What is told of something that has a name.
fn named(rule: &FieldRule, name: String) -> Result<Telling, Hurdle> {
    if rule.values.is_empty() {
        return Ok(Telling::Told(ToldValue::Name(name)));
    }
    let alias = |name: &str| rule.values.iter().find(|(_, own)| *own == name).map(|(alias, _)| alias.clone());
    match (alias(&name), rule.unmapped) {
        (Some(alias), _) => Ok(Telling::Told(ToldValue::Alias(alias))),
        (None, Unmapped::Skip) => Ok(Telling::Skipped),
        (None, Unmapped::Text) => Ok(Telling::Told(ToldValue::Text(name))),
        (None, Unmapped::Default) => match rule.default.as_deref().and_then(alias) {
            Some(alias) => Ok(Telling::Told(ToldValue::Alias(alias))),
            None => error(format!("the value \"{name}\" has no alias, and neither has the default")),
        },
        (None, Unmapped::Error) => error(format!(
            "the value \"{name}\" has no alias: add it to `values`, or write `unmapped = \"skip\"`"
        )),
    }
}

fn user(name: &str, jira: &mut dyn Lookup) -> Result<Option<UserFacts>, Hurdle> {
    Ok(jira.users(&[name.to_owned()])?.into_iter().find(|own| own.name == name))
}

/// How people see a user.
fn shown(name: &str, jira: &mut dyn Lookup) -> Result<String, Hurdle> {
    Ok(user(name, jira)?.map_or_else(|| name.to_owned(), |own| own.shown))
}

/// What is told of a user; nothing where the settings know nothing to tell.
fn told_person(rule: &FieldRule, name: &str, jira: &mut dyn Lookup) -> Result<Option<ToldValue>, Hurdle> {
    Ok(match &rule.users {
        People::Name => Some(ToldValue::Name(name.to_owned())),
        People::Prefix(prefix) => {
            Some(ToldValue::Name(name.strip_prefix(prefix.as_str()).unwrap_or(name).to_owned()))
        }
        People::Pairs(pairs) => {
            let pair = pairs.iter().find(|(_, own)| *own == name);
            pair.map(|(told, _)| ToldValue::Name(told.clone()))
        }
        People::Email => user(name, jira)?.and_then(|own| own.email).map(ToldValue::Name),
        People::Text => Some(ToldValue::Text(shown(name, jira)?)),
    })
}

fn person(rule: &FieldRule, name: &str, jira: &mut dyn Lookup) -> Result<Telling, Hurdle> {
    if let Some(told) = told_person(rule, name, jira)? {
        return Ok(Telling::Told(told));
    }
    match (rule.unmapped, &rule.default) {
        (Unmapped::Skip, _) => Ok(Telling::Skipped),
        (Unmapped::Text, _) => Ok(Telling::Told(ToldValue::Text(shown(name, jira)?))),
        (Unmapped::Default, Some(default)) => match told_person(rule, default, jira)? {
            Some(told) => Ok(Telling::Told(told)),
            None => error(format!("nothing is known to tell of the user {name}, nor of the default")),
        },
        _ => error(format!(
            "nothing is known to tell of the user {name}: add a pair or an address, or write `unmapped = \"skip\"`"
        )),
    }
}

/// What a field is to be by what was told; `own` is what it is now.
pub(super) fn take(
    rule: &FieldRule,
    facts: &FieldFacts,
    told: &ToldValue,
    own: Option<&Value>,
    jira: &mut dyn Lookup,
) -> Result<Taking, Hurdle> {
    if *told == ToldValue::Empty && !facts.many {
        return Ok(Taking::Set(None));
    }
    if let (Some(template), FieldKind::Text) = (&rule.text, facts.kind) {
        let words = told_in_words(told);
        return Ok(Taking::Set(Some(Value::Text(template.fill(&[("value", &words)])))));
    }
    let empty = BTreeSet::new();
    let single = BTreeSet::from([told.clone()]);
    let all = match told {
        ToldValue::Empty => &empty,
        ToldValue::Many(values) => values,
        _ => &single,
    };
    if !facts.many {
        let mut values = all.iter();
        return match (values.next(), values.next()) {
            (None, _) => Ok(Taking::Set(None)),
            (Some(value), None) => Ok(match take_one(rule, facts, value, jira)? {
                Ok(value) => Taking::Set(Some(value)),
                Err(why) => Taking::Left(why),
            }),
            _ => error(format!("{} values were told, and it holds one", all.len())),
        };
    }
    let mut values = BTreeSet::new();
    let mut left = None;
    for value in all {
        match take_one(rule, facts, value, jira)? {
            Ok(value) => _ = values.insert(value),
            Err(why) => left = Some(why),
        }
    }
    if let Some(why) = left.filter(|_| values.is_empty()) {
        return Ok(Taking::Left(why));
    }
    // What is never told stays: the partner could not have said it.
    if rule.unmapped == Unmapped::Skip
        && let Some(Value::Many(kept)) = own
    {
        for value in kept {
            if matches!(one(rule, value, jira), Ok(Telling::Skipped)) {
                values.insert(value.clone());
            }
        }
    }
    Ok(Taking::Set((!values.is_empty()).then_some(Value::Many(values))))
}

/// What was told, for people.
fn told_in_words(told: &ToldValue) -> String {
    match told {
        ToldValue::Empty => String::new(),
        ToldValue::Text(text) | ToldValue::Number(text) | ToldValue::Date(text) | ToldValue::Name(text) => {
            text.clone()
        }
        ToldValue::Moment(time) => crate::settings::in_utc(*time),
        ToldValue::Duration(seconds) => length(*seconds),
        ToldValue::Alias(alias) => alias.to_string(),
        ToldValue::Many(values) => values.iter().map(told_in_words).collect::<Vec<_>>().join(", "),
    }
}

/// A value here of a value told, or why the field is left as it is.
fn take_one(
    rule: &FieldRule,
    facts: &FieldFacts,
    told: &ToldValue,
    jira: &mut dyn Lookup,
) -> Result<Result<Value, String>, Hurdle> {
    use FieldKind as Kind;
    let name = match (facts.kind, told) {
        (Kind::Text, ToldValue::Text(text)) => return Ok(Ok(Value::Text(text.clone()))),
        (Kind::Number, ToldValue::Number(number)) => return Ok(Ok(Value::Number(number.clone()))),
        (Kind::Date, ToldValue::Date(day)) => return Ok(Ok(Value::Date(day.clone()))),
        (Kind::Moment, ToldValue::Moment(time)) => return Ok(Ok(Value::Moment(*time))),
        (Kind::Duration, ToldValue::Duration(seconds)) => return Ok(Ok(Value::Duration(*seconds))),
        (Kind::User, ToldValue::Name(name)) => return take_person(rule, name, jira),
        (Kind::Label, ToldValue::Name(name) | ToldValue::Text(name)) => {
            return Ok(Ok(Value::Label(name.clone())));
        }
        (Kind::Group, ToldValue::Name(name)) => return Ok(Ok(Value::Group(name.clone()))),
        (Kind::Choice | Kind::Cascade | Kind::Version | Kind::Component, ToldValue::Alias(alias)) => {
            match rule.values.get(alias) {
                Some(name) => name.clone(),
                None => return replaced(rule, facts, &format!("the value `{alias}` is not bound")),
            }
        }
        (Kind::Choice | Kind::Cascade | Kind::Version | Kind::Component, ToldValue::Name(name)) => {
            if !rule.values.is_empty() {
                return replaced(rule, facts, "a name was told where aliases are bound");
            }
            name.clone()
        }
        (_, told) => {
            let what = match told {
                ToldValue::Text(_) => "text",
                ToldValue::Number(_) => "a number",
                ToldValue::Date(_) => "a day",
                ToldValue::Moment(_) => "a moment",
                ToldValue::Duration(_) => "a length of time",
                ToldValue::Alias(_) => "an alias",
                ToldValue::Name(_) => "a name",
                ToldValue::Empty | ToldValue::Many(_) => "values in a value",
            };
            return error(format!(
                "{what} was told, which it does not hold: bind another field, or make text of it with `as = \"text\"`"
            ));
        }
    };
    let is_there = facts.options.contains(&name);
    if !is_there && !rule.create {
        return replaced(rule, facts, &format!("there is no value \"{name}\""));
    }
    Ok(Ok(of_name(facts, name)))
}

/// A value of a list by its name.
fn of_name(facts: &FieldFacts, name: String) -> Value {
    match facts.kind {
        FieldKind::Version => Value::Version(name),
        FieldKind::Component => Value::Component(name),
        FieldKind::Cascade => {
            // An option may have ` / ` in its own name; the longest option that is there is the first part.
            let parents = facts.options.iter().filter_map(|parent| {
                let child = name.strip_prefix(parent.as_str())?.strip_prefix(" / ")?;
                Some((parent.clone(), child.to_owned()))
            });
            match parents.min_by_key(|(parent, _)| parent.len()) {
                Some((parent, child)) => Value::Cascade(parent, Some(child)),
                None => Value::Cascade(name, None),
            }
        }
        _ => Value::Choice(name),
    }
}

/// What stands for a value that is not there.
fn replaced(rule: &FieldRule, facts: &FieldFacts, why: &str) -> Result<Result<Value, String>, Hurdle> {
    match (rule.unmapped, &rule.default) {
        (Unmapped::Default, Some(name)) => Ok(Ok(of_name(facts, name.clone()))),
        (Unmapped::Skip, _) => Ok(Err(why.to_owned())),
        _ => error(format!(
            "{why}: add it to `values` or to the field, or write `unmapped = \"skip\"` or `\"default\"`"
        )),
    }
}

fn take_person(rule: &FieldRule, told: &str, jira: &mut dyn Lookup) -> Result<Result<Value, String>, Hurdle> {
    let found = match &rule.users {
        People::Name => user(told, jira)?,
        People::Email => jira.user_by_email(told)?,
        People::Prefix(prefix) => match user(&format!("{prefix}{told}"), jira)? {
            Some(theirs) => Some(theirs),
            // Somebody of this side, of whom this half told.
            None => user(told, jira)?,
        },
        People::Pairs(pairs) => match pairs.get(told) {
            Some(name) => user(name, jira)?,
            None => None,
        },
        People::Text => None,
    };
    match (found, rule.unmapped, &rule.default) {
        (Some(found), ..) => Ok(Ok(Value::User(found.name))),
        (None, Unmapped::Skip, _) => Ok(Err(format!("there is no user for {told}"))),
        (None, Unmapped::Default, Some(name)) => Ok(Ok(Value::User(name.clone()))),
        _ => error(format!(
            "there is no user for {told}: make one, add a pair, or write `unmapped = \"skip\"` or `\"default\"`"
        )),
    }
}
