//! Simple types: the values of a text, how they compare, and what a text means over and above being text.
//!
//! Invariant: what is said here of a text beyond its values is for checks alone; no file becomes unreadable by it.

use super::xsd::{Node, Result, fail};
use super::{Comparison, Simple, Values};

/// A form that a text must have to mean something; checked where files are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A query in JQL.
    Jql,
    /// An e-mail address.
    Address,
}

/// The names that Jira itself has, among others that apps may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What all names of Jira's own begin with; empty where they have no name space.
    pub within: String,
    /// The names, without that.
    pub values: Vec<String>,
}

/// The pattern that marks a simple type as whole numbers; [`super::is_number`] is the same in code.
const NUMBER_PATTERN: &str = "0|-?[1-9][0-9]{0,17}";
/// The pattern that marks a simple type as days; [`super::is_date`] is the same in code.
const DATE_PATTERN: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";

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
        Some(other) => return fail(format!("the pattern `{other}` is outside the subset")),
    };
    let mut value = simple(node.name()?, &node.doc(), values);
    if let (Some(_), Values::OneOf(values)) = (node.appinfo("pcfg:order"), &value.values) {
        value.order = Comparison::Enumeration(values.clone());
    }
    Ok(value)
}
