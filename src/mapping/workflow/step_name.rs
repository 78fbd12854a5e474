//! What a step is known by in a file.
//!
//! Invariant: two steps of a workflow never have one name and one number.

use crate::model::Element;
use crate::schema::DUPLICATE;

/// The name of a step, and which of several of that name it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct StepName {
    pub(super) name: String,
    pub(super) number: u32,
}

impl StepName {
    pub(super) fn new(name: &str, number: Option<&str>) -> Self {
        let number = number.and_then(|number| number.parse().ok()).unwrap_or(1);
        Self { name: name.to_owned(), number }
    }

    /// Returns the name that a step has.
    pub(super) fn defined(step: &Element) -> Self {
        Self::new(step.text_of("name").unwrap_or_default(), step.attribute_named(DUPLICATE))
    }

    /// Returns the name that a reference means.
    pub(super) fn referred(reference: &Element) -> Self {
        Self::new(reference.text(), reference.attribute_named(DUPLICATE))
    }
}
