//! Values as rows hold them, as people name them, and as the history tells them.
//!
//! Invariant: two values are the same if rows would hold the same; what rows hold and nobody understands is no value, and is said to be
//! unseen.

use std::collections::BTreeSet;

use pcfg_sync::{Field, FieldKind, IssueFault, Time, Value};

use super::fields::{Own, Shape, Spot};
use super::ground::Ground;
use super::rows::{Called, Rows};
use super::table::Found;
use crate::data::{Holds, milliseconds, of_milliseconds, whole};
use crate::entity::DataRow;

/// One value of a field.
#[derive(Debug, Clone)]
pub(super) struct Single {
    /// What rows hold: a text, or the id of what is meant.
    pub(super) raw: String,
    /// The option of the level above, by its id.
    pub(super) parent: Option<String>,
    /// How the history tells it.
    pub(super) shown: String,
    pub(super) value: Value,
}

impl Single {
    fn plain(raw: String, value: Value) -> Self {
        Self { shown: raw.clone(), raw, parent: None, value }
    }

    /// Returns whether rows would hold the same.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        (&self.raw, &self.parent) == (&other.raw, &other.parent)
    }
}

/// Returns whether two fields hold the same.
pub(super) fn are_same(one: &[Single], other: &[Single]) -> bool {
    let keys = |own: &[Single]| -> BTreeSet<(String, Option<String>)> {
        own.iter().map(|own| (own.raw.clone(), own.parent.clone())).collect()
    };
    keys(one) == keys(other)
}

/// Returns text with the line ends of files, whatever browser it came from.
pub(super) fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The rows in which an issue has its values.
pub(super) struct Sources {
    pub(super) issue: DataRow,
    pub(super) values: Vec<Found>,
    pub(super) labels: Vec<Found>,
    pub(super) parts: Vec<Found>,
}

impl Sources {
    pub(super) fn of(rows: &Rows, issue: DataRow) -> Called<Self> {
        let id = issue.id("id").unwrap_or(0);
        let mut values = rows.find("CustomFieldValue", "issue", id)?;
        let mut parts = rows.find("NodeAssociation", "sourceNodeId", id)?;
        parts.retain(|own| own.row.counts());
        values.sort_by_key(|own| own.row.id("id"));
        Ok(Self { values, labels: rows.find("Label", "issue", id)?, parts, issue })
    }

    /// Returns the rows that hold the values of a field; none if they are in the issue itself.
    pub(super) fn rows_of(&self, spot: &Spot) -> Vec<&Found> {
        match spot {
            Spot::Labels(field) => {
                let is_it = |own: &&Found| {
                    let of = own.row.text("fieldid").map(|of| of.trim_start_matches("customfield_"));
                    of == field.as_deref()
                };
                self.labels.iter().filter(is_it).collect()
            }
            Spot::Parts(kind, ..) => {
                self.parts.iter().filter(|own| own.row.get("associationType") == Some(kind)).collect()
            }
            Spot::Values(id, _) => {
                self.values.iter().filter(|own| own.row.get("customfield") == Some(id)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Returns what a field holds; nothing if that cannot be told.
pub(super) fn read(rows: &Rows, ground: &Ground, shape: &Shape, sources: &Sources) -> Option<Vec<Single>> {
    let issue = &sources.issue;
    let none = || Some(Vec::new());
    match &shape.spot {
        Spot::Text(column) => {
            let Some(text) = issue.text(column) else { return none() };
            let text = lines(text);
            Some(vec![Single::plain(text.clone(), Value::Text(text))])
        }
        Spot::Object(column, kind) => {
            let Some(id) = issue.text(column).filter(|own| *own != "-1") else { return none() };
            let name = ground.name(kind, id)?.to_owned();
            Some(vec![Single {
                raw: id.to_owned(),
                parent: None,
                shown: name.clone(),
                value: Value::Choice(name),
            }])
        }
        Spot::User(column) => {
            let Some(key) = issue.text(column) else { return none() };
            Some(vec![user(ground, key)?])
        }
        Spot::Day(column) => {
            let Some(stored) = issue.text(column) else { return none() };
            let day = rows.zone.day(stored)?;
            Some(vec![Single::plain(day.clone(), Value::Date(day))])
        }
        Spot::Seconds(column) => {
            let Some(stored) = issue.text(column) else { return none() };
            let seconds: i64 = stored.trim().parse().ok()?;
            Some(vec![Single::plain(seconds.to_string(), Value::Duration(seconds))])
        }
        Spot::Labels(_) => {
            let words = sources.rows_of(&shape.spot).into_iter().filter_map(|own| own.row.text("label"));
            Some(words.map(|own| Single::plain(own.to_owned(), Value::Label(own.to_owned()))).collect())
        }
        Spot::Parts(_, _, kind) => {
            // What is no more is no value.
            let ids = sources.rows_of(&shape.spot).into_iter().filter_map(|own| own.row.get("sinkNodeId"));
            Some(ids.filter_map(|id| part(ground, kind, id)).collect())
        }
        Spot::Values(_, holds) => {
            let held = sources.rows_of(&shape.spot).into_iter().filter(|own| has_value(&own.row));
            let singles: Option<Vec<Single>> =
                held.map(|own| custom(rows, ground, *holds, shape.kind, &own.row)).collect();
            let mut singles = singles?;
            if shape.kind == FieldKind::Cascade {
                singles.sort_by_key(|own| own.parent.is_some());
                let is_chain = match singles.as_slice() {
                    [] | [_] => singles.iter().all(|own| own.parent.is_none()),
                    [top, below] => below.parent.as_ref() == Some(&top.raw) && top.parent.is_none(),
                    _ => false,
                };
                return is_chain.then_some(singles);
            }
            (shape.many || singles.len() < 2).then_some(singles)
        }
    }
}

/// Returns whether a row holds a value: old versions left others behind.
fn has_value(row: &DataRow) -> bool {
    ["stringvalue", "numbervalue", "textvalue", "datevalue"].iter().any(|own| row.get(own).is_some())
}

fn user(ground: &Ground, key: &str) -> Option<Single> {
    let (name, shown) = (ground.user_name(key)?, ground.shown(key)?);
    Some(Single { raw: key.to_owned(), parent: None, shown, value: Value::User(name) })
}

fn part(ground: &Ground, kind: &str, id: &str) -> Option<Single> {
    let parts = if kind == "version" { &ground.versions } else { &ground.components };
    let name = parts.iter().find(|own| own.id == id)?.name.clone();
    let value = if kind == "version" { Value::Version(name.clone()) } else { Value::Component(name.clone()) };
    Some(Single { raw: id.to_owned(), parent: None, shown: name, value })
}

/// Returns what a row of a custom field holds.
fn custom(rows: &Rows, ground: &Ground, holds: Holds, kind: FieldKind, row: &DataRow) -> Option<Single> {
    Some(match holds {
        Holds::Text(column) => {
            let text = lines(row.get(column)?);
            Single::plain(text.clone(), Value::Text(text))
        }
        Holds::Number => {
            let number = number(row.get("numbervalue")?)?;
            Single::plain(number.clone(), Value::Number(number))
        }
        Holds::Day => {
            let day = rows.zone.day(row.get("datevalue")?)?;
            Single::plain(day.clone(), Value::Date(day))
        }
        Holds::Moment => {
            let Time(moment) = rows.time(row.get("datevalue")?)?;
            let text = of_milliseconds(&moment.to_string())?;
            Single::plain(text, Value::Moment(Time(moment)))
        }
        Holds::Option => {
            let id = row.get("stringvalue")?.trim();
            let name = ground.name("option", id)?.to_owned();
            let parent = row.text("parentkey").map(str::to_owned);
            let value = match (kind, &parent) {
                (FieldKind::Cascade, None) => Value::Cascade(name.clone(), None),
                (FieldKind::Cascade, Some(top)) => {
                    Value::Cascade(ground.name("option", top)?.to_owned(), Some(name.clone()))
                }
                (_, None) => Value::Choice(name.clone()),
                (_, Some(_)) => return None,
            };
            Single { raw: id.to_owned(), parent, shown: name, value }
        }
        Holds::Version => part(ground, "version", &whole(row.get("numbervalue")?)?)?,
        Holds::User => user(ground, row.get("stringvalue")?)?,
        Holds::Group => {
            let name = ground.names.group(row.get("stringvalue")?)?.text;
            Single::plain(name.clone(), Value::Group(name))
        }
        Holds::Project | Holds::Sprint | Holds::Elsewhere | Holds::Unknown => return None,
    })
}

/// Returns a number in its shortest spelling.
fn number(text: &str) -> Option<String> {
    let number: f64 = text.trim().parse().ok()?;
    number.is_finite().then(|| number.to_string())
}

/// Returns the value of a field that holds these.
pub(super) fn value(shape: &Shape, singles: &[Single]) -> Option<Value> {
    match singles {
        [] => None,
        _ if shape.many => Some(Value::Many(singles.iter().map(|own| own.value.clone()).collect())),
        _ => singles.last().map(|own| own.value.clone()),
    }
}

/// Returns what rows are to hold for a value, or why they cannot.
pub(super) fn resolve(ground: &Ground, own: &Own, value: &Value) -> Called<Vec<Single>> {
    let field = &own.shape.field;
    let values: Vec<&Value> = match value {
        Value::Many(values) if own.shape.many => values.iter().collect(),
        Value::Many(_) => return Err(refused(format!("field {field} holds one value, not many"))),
        value => vec![value],
    };
    let mut singles: Vec<Single> = Vec::new();
    for value in values {
        for single in one(ground, own, value)? {
            if !singles.iter().any(|own| own.is_as(&single)) {
                singles.push(single);
            }
        }
    }
    Ok(singles)
}

fn one(ground: &Ground, own: &Own, value: &Value) -> Called<Vec<Single>> {
    let field = &own.shape.field;
    let missing = |what: String| IssueFault::Missing { what };
    let choice = |name: &str, parent: Option<&str>| {
        let is_it = |own: &&super::fields::Choice| own.name == name && own.parent.as_deref() == parent;
        let found = own.choices.iter().find(is_it);
        found.ok_or_else(|| missing(format!("`{name}` among the values of field {field}")))
    };
    let plain = |raw: &str| vec![Single::plain(raw.to_owned(), value.clone())];
    let chosen = |own: &super::fields::Choice| Single {
        raw: own.id.clone(),
        parent: own.parent.clone(),
        shown: own.name.clone(),
        value: value.clone(),
    };
    Ok(match (own.shape.kind, value) {
        (FieldKind::Text, Value::Text(text)) => {
            let text = lines(text);
            if is_line(own) && text.contains('\n') {
                return Err(refused(format!("field {field} holds one line")));
            }
            if is_line(own) && text.chars().count() > MOST_CHARACTERS {
                return Err(refused(format!("field {field} holds at most {MOST_CHARACTERS} characters")));
            }
            if text.is_empty() { Vec::new() } else { plain(&text) }
        }
        (FieldKind::Number, Value::Number(text)) => {
            let number =
                number(text).ok_or_else(|| refused(format!("`{text}` is no number (field {field})")))?;
            plain(&number)
        }
        (FieldKind::Date, Value::Date(day)) => {
            let parsed: Result<jiff::civil::Date, _> = day.parse();
            match parsed {
                Ok(parsed) if parsed.to_string() == *day => plain(day),
                _ => return Err(refused(format!("`{day}` is no day such as 2026-03-01 (field {field})"))),
            }
        }
        (FieldKind::Moment, Value::Moment(Time(moment))) => {
            let text = of_milliseconds(&moment.to_string());
            plain(&text.ok_or_else(|| refused(format!("{moment} is no moment (field {field})")))?)
        }
        (FieldKind::Duration, Value::Duration(seconds)) if *seconds >= 0 => plain(&seconds.to_string()),
        (FieldKind::Choice, Value::Choice(name)) => vec![chosen(choice(name, None)?)],
        (FieldKind::Version, Value::Version(name)) | (FieldKind::Component, Value::Component(name)) => {
            vec![chosen(choice(name, None)?)]
        }
        (FieldKind::Cascade, Value::Cascade(top, below)) => {
            let top = choice(top, None)?;
            let below = below.as_ref().map(|below| choice(below, Some(&top.id))).transpose()?;
            std::iter::once(top).chain(below).map(chosen).collect()
        }
        (FieldKind::User, Value::User(name)) => {
            let person = ground.must_be_person(name)?;
            let (raw, shown) = (person.key.clone(), person.facts.shown.clone());
            vec![Single { raw, parent: None, shown, value: value.clone() }]
        }
        (FieldKind::Group, Value::Group(name)) => {
            let group = ground.names.known_group(name);
            let group = group.ok_or_else(|| missing(format!("group `{name}` (field {field})")))?;
            plain(&group.text)
        }
        (FieldKind::Label, Value::Label(word)) => {
            if word.is_empty() || word.contains(char::is_whitespace) || word.chars().count() > MOST_CHARACTERS
            {
                return Err(refused(format!("`{word}` is no label: a word without blanks (field {field})")));
            }
            plain(word)
        }
        _ => return Err(refused(format!("field {field} does not hold such a value"))),
    })
}

/// As many characters fit into a column of one line.
const MOST_CHARACTERS: usize = 255;

/// Returns whether a field holds one line.
fn is_line(own: &Own) -> bool {
    match &own.shape.spot {
        Spot::Text(column) => *column == "summary",
        Spot::Values(_, Holds::Text(column)) => *column == "stringvalue",
        _ => false,
    }
}

/// Returns how a row of a custom field stores a value: the column and what it holds.
pub(super) fn stored(rows: &Rows, holds: Holds, single: &Single) -> Option<(&'static str, String)> {
    let raw = &single.raw;
    Some(match holds {
        Holds::Text(column) => (column, raw.clone()),
        Holds::Number | Holds::Version => ("numbervalue", fraction(raw)),
        Holds::Day => ("datevalue", rows.zone.stored_day(raw)),
        Holds::Moment => ("datevalue", rows.stored_time(Time(milliseconds(raw)?))),
        Holds::Option | Holds::User | Holds::Group => ("stringvalue", raw.clone()),
        Holds::Project | Holds::Sprint | Holds::Elsewhere | Holds::Unknown => return None,
    })
}

/// Returns a number as Java writes one with a fraction.
fn fraction(number: &str) -> String {
    if number.contains(['.', 'e', 'E']) { number.to_owned() } else { format!("{number}.0") }
}

/// Returns the refusal of a value.
pub(super) fn refused(why: String) -> IssueFault {
    IssueFault::Refused { why }
}

/// Returns a field that nobody can tell from others of its kind, so that its value is unseen.
pub(super) fn unseen_field(ground: &Ground, id: &str) -> Option<Field> {
    let name = ground.names.get("customField", id)?;
    Some(Field::Custom { kind: name.get("type")?.to_owned(), name: name.text.clone() })
}
