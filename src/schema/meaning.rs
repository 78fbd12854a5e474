//! What kinds and elements have to do with projects: whose they are, and what it means that one is not there.
//!
//! Invariant: an absence that means something means objects of one kind, those that Jira marks as its own.

use super::xsd::{Node, Result, fail};
use super::{DeclId, KindId};

/// Whose the objects of a kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs {
    /// Projects are made of them: schemes and what these consist of.
    Project,
    /// Every project has all of them, so an export always does.
    EveryProject,
    /// They are no project's: what nearly everything names, people, and what people make.
    Nobody,
}

/// What is used where an element is absent.
#[derive(Debug, Clone, Copy)]
pub struct Otherwise {
    /// The kind of which Jira's own object is used.
    pub kind: KindId,
    /// Of repeated elements only one without this child counts: the default of a scheme is the one for no issue type.
    pub without: Option<DeclId>,
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
