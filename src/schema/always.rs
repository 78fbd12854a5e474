//! What Jira always has of an element (`pcfg:always`).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::LoadError;

/// What Jira has always: an element or, of repeated ones, at least one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Always {
    /// Only an item without this child counts, as the default of a scheme is the one for no issue type.
    pub without: Option<String>,
    /// What comes of its absence.
    pub missing: Missing,
}

/// What comes of the absence of something that Jira always has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Missing {
    /// Nothing: what is there stays, and Jira has a default for what is new.
    Default,
    /// The same, and a warning when the file is checked.
    Told,
    /// The same, but Jira has no default: what is new and lacks it is refused.
    Refused,
}

impl Always {
    /// Reads the annotation.
    pub(super) fn parse(attributes: &HashMap<String, String>) -> Result<Self, LoadError> {
        let missing = match attributes.get("missing").map(String::as_str) {
            None => Missing::Default,
            Some("told") => Missing::Told,
            Some("refused") => Missing::Refused,
            Some(other) => return Err(LoadError(format!("what is missing cannot be `{other}`"))),
        };
        Ok(Self { without: attributes.get("without").cloned(), missing })
    }
}
