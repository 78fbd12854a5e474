//! What becomes of an object and of what is in it, in a plan in words: for machines as one word, for people as they like.
//!
//! Invariant: the words are those of `--format json`, of saved plans and of policies; nothing else spells them.

use std::fmt;

use serde::Serialize;

/// What becomes of an object. Only `pcfg prune` and an undo remove objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(inline))]
#[serde(rename_all = "lowercase")]
pub enum ObjectAction {
    /// It is new.
    Create,
    /// Something in it changes.
    Change,
    /// It will be there no more.
    Remove,
    /// It gets another name, and may change besides.
    Rename,
}

/// What becomes of a property or part of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(inline))]
#[serde(rename_all = "lowercase")]
pub enum LineAction {
    /// There was none.
    Add,
    /// There will be none.
    Remove,
    /// It is another.
    Change,
    /// It stands elsewhere among its like.
    Move,
}

impl LineAction {
    /// Returns what leads from one value to another, of which at most one is missing.
    pub fn between<T>(old: Option<&T>, new: Option<&T>) -> Self {
        match (old, new) {
            (None, _) => Self::Add,
            (_, None) => Self::Remove,
            _ => Self::Change,
        }
    }
}

impl fmt::Display for ObjectAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Rename => "rename",
        })
    }
}

impl fmt::Display for LineAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Change => "change",
            Self::Move => "move",
        })
    }
}
