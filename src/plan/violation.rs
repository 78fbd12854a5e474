//! What a policy says about a plan.
//!
//! Invariant: it stands beside the plan and is no part of it: nothing that is done depends on it, only whether it is done.

use serde::Serialize;

use super::titled::{Named, in_words};
use crate::model::Severity;

/// A rule that something violates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Violation {
    /// The name of the rule.
    pub rule: String,
    /// Where the rule stands: its file and line.
    pub at: String,
    /// How bad it is: only an error stops anything.
    pub severity: Severity,
    /// What the rule says.
    pub message: String,
    /// The object, if it is about one.
    #[serde(flatten)]
    pub object: Option<Named>,
    /// Where in it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Where the object stands in its file, if it does.
    #[serde(flatten)]
    pub place: Option<InFile>,
}

/// A place in a file; lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InFile {
    /// The file, as the user calls it.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Violation {
    /// Says it in a sentence: the rule, the object, and what the rule says.
    pub fn in_words(&self) -> String {
        match &self.object {
            Some(Named { kind, name }) => {
                format!("{}: {} `{name}`{}: {}", self.rule, in_words(kind), self.path, self.message)
            }
            None => format!("{}: {}", self.rule, self.message),
        }
    }

    /// Returns whether it stops what it is about.
    pub fn stops(&self) -> bool {
        self.severity == Severity::Error
    }
}
