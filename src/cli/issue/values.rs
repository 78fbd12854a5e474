//! Values of fields as they are typed: `FIELD=VALUE`.
//!
//! Invariant: the type of the field says how a value is spelled, and a field that is not there is never guessed.

use std::collections::BTreeSet;
use std::str::FromStr;

use pcfg_sync::{Field, FieldFacts, FieldKind, Time, TypeFacts, Value};

use crate::data::milliseconds;
use crate::fault::Fault;
use crate::model::near;

/// A field and what it is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Word {
    field: String,
    value: String,
}

impl FromStr for Word {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((field, value)) if !field.trim().is_empty() => {
                Ok(Self { field: field.trim().to_owned(), value: value.to_owned() })
            }
            _ => {
                Err("a field and its value are written `FIELD=VALUE`, as in `'summary=It stops'`".to_owned())
            }
        }
    }
}

/// Returns what fields of issues of a type are to hold; nothing where a value is to go.
pub(in crate::cli) fn values(ty: &TypeFacts, words: &[Word]) -> Result<Vec<(Field, Option<Value>)>, Fault> {
    let mut all: Vec<(Field, Option<Value>)> = Vec::new();
    for word in words {
        let facts = field(ty, &word.field)?;
        let one = match word.value.as_str() {
            "" => None,
            text => Some(value(facts, text)?),
        };
        let known = all.iter_mut().find(|(own, _)| *own == facts.field);
        match (known, one) {
            (None, one) => {
                let own = one.map(|one| if facts.many { Value::Many(BTreeSet::from([one])) } else { one });
                all.push((facts.field.clone(), own));
            }
            (Some((_, Some(Value::Many(values)))), Some(one)) => {
                values.insert(one);
            }
            _ => {
                return Err(Fault::usage(format!("field `{}` is named twice", word.field))
                    .hint("only a field of many values is repeated, once for each"));
            }
        }
    }
    Ok(all)
}

fn field<'f>(ty: &'f TypeFacts, name: &str) -> Result<&'f FieldFacts, Fault> {
    let called = |own: &&FieldFacts| own.field.to_string() == name;
    let mut found = ty.fields.iter().filter(called);
    match (found.next(), found.next()) {
        (Some(facts), None) => Ok(facts),
        (Some(_), Some(_)) => {
            Err(Fault::input(format!("several fields of issues of type {} are called `{name}`", ty.name))
                .hint("rename one of them, or leave them to Jira"))
        }
        (None, _) => {
            let names: Vec<String> = ty.fields.iter().map(|own| own.field.to_string()).collect();
            let all = names.iter().map(|own| format!("`{own}`")).collect::<Vec<_>>().join(", ");
            Err(Fault::input(format!("issues of type {} have no field `{name}`", ty.name))
                .hint_if(near(name, names.iter().map(String::as_str)))
                .hint(format!("they have {all}")))
        }
    }
}

fn value(facts: &FieldFacts, text: &str) -> Result<Value, Fault> {
    let owned = || text.to_owned();
    let wrong = |what: &str| Fault::usage(format!("`{text}` is no {what} (field {})", facts.field));
    Ok(match facts.kind {
        FieldKind::Text => Value::Text(owned()),
        FieldKind::Number => Value::Number(owned()),
        FieldKind::Date => Value::Date(owned()),
        FieldKind::Moment => Value::Moment(Time(
            milliseconds(text).ok_or_else(|| wrong("moment such as 2026-04-01T08:30:00Z"))?,
        )),
        FieldKind::Duration => {
            Value::Duration(seconds(text).ok_or_else(|| wrong("length of time such as 5400 or 1h30m"))?)
        }
        FieldKind::Choice => Value::Choice(owned()),
        // A name may hold the sign, too.
        FieldKind::Cascade if facts.options.iter().any(|own| own == text) || !text.contains(" / ") => {
            let is_top = |top: &str| facts.options.iter().any(|own| own == top);
            let split = text.match_indices(" / ").find(|(at, _)| is_top(&text[..*at]));
            match split {
                Some((at, sign)) => {
                    Value::Cascade(text[..at].to_owned(), Some(text[at + sign.len()..].to_owned()))
                }
                None => Value::Cascade(owned(), None),
            }
        }
        FieldKind::Cascade => {
            let offered: Vec<&str> = facts.options.iter().map(String::as_str).collect();
            return Err(Fault::input(format!("field {} offers no `{text}`", facts.field))
                .hint_if(near(text, offered.iter().copied())));
        }
        FieldKind::User => Value::User(owned()),
        FieldKind::Group => Value::Group(owned()),
        FieldKind::Version => Value::Version(owned()),
        FieldKind::Component => Value::Component(owned()),
        FieldKind::Label => Value::Label(owned()),
    })
}

/// Returns the seconds that `5400`, `90m` or `1h30m` means.
fn seconds(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        return (seconds >= 0).then_some(seconds);
    }
    let (mut all, mut number, mut last) = (0_i64, String::new(), i64::MAX);
    for own in text.chars() {
        if own.is_ascii_digit() {
            number.push(own);
            continue;
        }
        let unit = match own {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        if unit >= last {
            return None;
        }
        last = unit;
        all = all.checked_add(std::mem::take(&mut number).parse::<i64>().ok()?.checked_mul(unit)?)?;
    }
    number.is_empty().then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_understood() {
        for (text, wanted) in [
            ("5400", Some(5400)),
            ("1h30m", Some(5400)),
            ("90m", Some(5400)),
            ("2h", Some(7200)),
            ("0", Some(0)),
            ("-1", None),
            ("1h30", None),
            ("30m1h", None),
            ("h", None),
            ("1d", None),
            ("99999999999999999999h", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_word_has_a_field_and_a_value() {
        let word: Word = "Story Points = 3=4".parse().unwrap();
        assert_eq!((word.field.as_str(), word.value.as_str()), ("Story Points", " 3=4"));
        assert!("summary".parse::<Word>().is_err() && "=x".parse::<Word>().is_err());
    }
}
