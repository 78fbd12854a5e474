//! What kinds and elements are for people and projects: what they are called, whose they are, since when Jira has them, and what it
//! means that one is not there.
//!
//! Invariant: an absence that means something means objects of one kind, those that Jira marks as its own.

use serde::{Deserialize, Serialize};

use super::xsd::{Node, Result, fail};
use super::{DeclId, Kind, KindId};

/// Whose the objects of a kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Belongs {
    /// Projects are made of them: schemes and what these consist of.
    Project,
    /// Every project has all of them, so an export always does.
    EveryProject,
    /// They are no project's: what nearly everything names, people, and what people make.
    Nobody,
}

/// What is used where an element is absent.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Otherwise {
    /// The kind of which Jira's own object is used.
    pub kind: KindId,
    /// Of repeated elements only one without this child counts: the default of a scheme is the one for no issue type.
    pub without: Option<DeclId>,
}

/// From which version on Jira has something.
#[derive(Debug, Serialize, Deserialize)]
pub struct Since {
    /// The version.
    pub version: String,
    /// What older versions lack, as the name of a limit.
    pub limit: String,
    /// The same in words, in the plural.
    pub what: String,
}

impl Since {
    /// Reads the annotation.
    pub(super) fn parse(node: &Node) -> Result<Self> {
        let (Some(version), Some(limit)) = (node.get("version"), node.get("limit")) else {
            return fail("`pcfg:since` names no version or no limit");
        };
        Ok(Self { version: version.to_owned(), limit: limit.to_owned(), what: node.text.trim().to_owned() })
    }
}

/// Returns what people call an object whose tag is this, unless the schema says it: `issueType` is an issue type.
pub(super) fn words(tag: &str) -> String {
    let mut words = String::with_capacity(tag.len() + 4);
    for character in tag.chars() {
        if character.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

/// Returns a word without what tells its spellings apart.
pub(super) fn plain(word: &str) -> String {
    word.chars().filter(|own| own.is_alphanumeric()).map(|own| own.to_ascii_lowercase()).collect()
}

impl Belongs {
    /// Reads what `pcfg:object` says.
    pub(super) fn parse(object: &Node) -> Result<Self> {
        match object.get("belongs") {
            None => Ok(Self::Nobody),
            Some("project") => Ok(Self::Project),
            Some("everyProject") => Ok(Self::EveryProject),
            Some(other) => fail(format!("objects cannot belong to `{other}`")),
        }
    }
}

impl Kind {
    /// Returns the name as people say it: `issue type`, `workflow`.
    pub fn in_words(&self) -> String {
        self.words.clone()
    }

    /// Returns whether a word means the kind: its name or what people say, `issueType`, `issue type` or `issue-type`.
    pub fn is_called(&self, word: &str) -> bool {
        let word = plain(word);
        plain(&self.name) == word || plain(&self.words) == word
    }
}
