//! Whether an issue is meant by a filter, and whose it is.
//!
//! Invariant: a field that could not be read is never taken for an empty one: an issue that depends on it is in error.

use crate::settings::{Condition, Filter, Responsibility, Test};
use crate::{Field, IssueState, Value};

/// A field that could not be read.
pub(super) struct Unseen<'a>(pub(super) &'a Field);

/// Whether a filter means an issue.
pub(super) fn means<'f>(filter: &'f Filter, issue: &IssueState) -> Result<bool, Unseen<'f>> {
    if filter.types.as_ref().is_some_and(|types| !types.contains(&issue.kind)) {
        return Ok(false);
    }
    for Condition { field, test } in &filter.conditions {
        let values = words(field, issue)?;
        let holds = match test {
            Test::Is(wanted) => values.iter().any(|own| wanted.contains(own)),
            Test::IsNot(unwanted) => !values.iter().any(|own| unwanted.contains(own)),
            Test::Empty(empty) => values.is_empty() == *empty,
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Which sides may change an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Both,
    Here,
    Partner,
}

/// Who may change an issue.
pub(super) fn side<'r>(
    responsibility: Option<&'r Responsibility>,
    issue: &IssueState,
) -> Result<Side, Unseen<'r>> {
    let Some(own) = responsibility else { return Ok(Side::Both) };
    let values = words(&own.field, issue)?;
    Ok(match () {
        () if values.iter().any(|value| own.here.contains(value)) => Side::Here,
        () if values.iter().any(|value| own.partner.contains(value)) => Side::Partner,
        () => Side::Both,
    })
}

/// The values of a field as a settings file would write them.
fn words<'f>(field: &'f Field, issue: &IssueState) -> Result<Vec<String>, Unseen<'f>> {
    if issue.unseen.contains(field) {
        return Err(Unseen(field));
    }
    let mut words = Vec::new();
    let mut add = |value: &Value| {
        if let Value::Cascade(parent, Some(_)) = value {
            words.push(parent.clone());
        }
        words.push(super::values::in_words(value));
    };
    match issue.fields.get(field) {
        None => {}
        Some(Value::Many(values)) => values.iter().for_each(&mut add),
        Some(value) => add(value),
    }
    Ok(words)
}
