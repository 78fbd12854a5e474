//! Simple types: the values of a text, how they compare, and what a text means over and above being text.
//!
//! Invariant: what is said here of a text beyond its values is for checks alone; no file becomes unreadable by it.

use serde::{Deserialize, Serialize};

use super::xsd::{Node, Result, fail};
use super::{Comparison, Schema, Simple, Values};

/// A form that a text must have to mean something; checked where files are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A query in JQL.
    Jql,
    /// An e-mail address.
    Address,
}

/// The names that Jira itself has, among others that apps may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// What all names of Jira's own begin with; empty where they have no name space.
    pub within: String,
    /// The names, without that.
    pub values: Vec<String>,
}

/// The pattern that marks a simple type as whole numbers; [`is_number`] is the same in code.
const NUMBER_PATTERN: &str = "0|-?[1-9][0-9]{0,17}";
/// The pattern that marks a simple type as days; [`is_date`] is the same in code.
const DATE_PATTERN: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
/// The pattern that marks a simple type as points in time; [`is_moment`] is the same in code.
const MOMENT_PATTERN: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z";

/// Returns a text with what its type says of it: `pcfg:text` its form, `pcfg:known` the names that Jira has.
pub(super) fn with_meaning(mut text: Simple, node: &Node) -> Result<Simple> {
    let own_name = node.name()?;
    if let Some(info) = node.appinfo("pcfg:text") {
        text.form = Some(match info.get("is") {
            Some("jql") => Form::Jql,
            Some("address") => Form::Address,
            other => return fail(format!("the text `{own_name}` is {other:?}")),
        });
    }
    if let Some(info) = node.appinfo("pcfg:known") {
        let values: Vec<String> = info.text.split_whitespace().map(str::to_owned).collect();
        if values.is_empty() {
            return fail(format!("no names are known of `{own_name}`"));
        }
        text.known = Some(Known { within: info.get("within").unwrap_or_default().to_owned(), values });
    }
    if text.form.is_some() || text.known.is_some() {
        text.name = own_name.to_owned();
        text.doc = node.doc();
    }
    Ok(text)
}

pub(super) fn simple(name: &str, doc: &str, values: Values) -> Simple {
    let order = if values == Values::Number { Comparison::Number } else { Comparison::CodePoint };
    Simple { name: name.to_owned(), doc: doc.to_owned(), values, order, form: None, known: None }
}

pub(super) fn simple_type(node: &Node) -> Result<Simple> {
    if node.first("xs:list").is_some() {
        return Ok(simple(node.name()?, &node.doc(), Values::Parts));
    }
    let Some(restriction) = node.first("xs:restriction") else {
        return fail("a simple type without restriction");
    };
    let enumeration: Vec<String> =
        restriction.all("xs:enumeration").filter_map(|value| value.get("value")).map(str::to_owned).collect();
    let pattern = restriction.first("xs:pattern").and_then(|pattern| pattern.get("value"));
    let values = match pattern {
        None => Values::OneOf(enumeration),
        Some(NUMBER_PATTERN) => Values::Number,
        Some(DATE_PATTERN) => Values::Date,
        Some(MOMENT_PATTERN) => Values::Moment,
        Some(other) => return fail(format!("the pattern `{other}` is outside the subset")),
    };
    let mut value = simple(node.name()?, &node.doc(), values);
    if let (Some(_), Values::OneOf(values)) = (node.appinfo("pcfg:order"), &value.values) {
        value.order = Comparison::Enumeration(values.clone());
    }
    Ok(value)
}

impl Simple {
    /// Returns whether a text is a value of the type.
    pub fn accepts(&self, text: &str) -> bool {
        match &self.values {
            Values::Any => true,
            Values::Number => is_number(text),
            Values::Date => is_date(text),
            Values::Moment => is_moment(text),
            Values::OneOf(values) => values.iter().any(|value| value == text),
            Values::Parts => {
                let is_part = |word| Schema::get().part_named(word).is_some();
                !text.trim().is_empty() && text.split_whitespace().all(is_part)
            }
        }
    }

    /// Returns what a value has to be, to follow "expected ".
    pub fn expectation(&self) -> String {
        match &self.values {
            Values::Any => "text".to_owned(),
            Values::Number => "a whole number".to_owned(),
            Values::Date => "a day such as 2025-12-31".to_owned(),
            Values::Moment => "a time in UTC such as 2025-12-31T23:59:59.000Z".to_owned(),
            Values::OneOf(values) => {
                values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ")
            }
            Values::Parts => {
                "a list of kinds, such as `workflowEntry`, and properties, such as `customField/description`"
                    .to_owned()
            }
        }
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = matches!(digits.len(), 1..=18) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain && (!digits.starts_with('0') || text == "0")
}

/// Returns whether a text is a day that there is.
fn is_date(text: &str) -> bool {
    let part =
        |range: std::ops::Range<usize>| text.get(range).and_then(|own| own.parse::<u32>().ok()).unwrap_or(0);
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    is_like(text, "0000-00-00") && (1..=12).contains(&month) && (1..=last).contains(&day)
}

fn is_moment(text: &str) -> bool {
    is_like(text, "0000-00-00T00:00:00.000Z") && is_date(&text[..10])
}

/// Returns whether a text is like an example, in which `0` stands for any digit.
fn is_like(text: &str, example: &str) -> bool {
    let same = |(own, byte): (u8, u8)| if byte == b'0' { own.is_ascii_digit() } else { own == byte };
    text.len() == example.len() && text.bytes().zip(example.bytes()).all(same)
}
