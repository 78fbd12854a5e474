//! An object of the file with its counterpart, and the projects that the file brings: what matching finds and rules read.
//!
//! Invariant: both sides of a pair speak the target's names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::model::{Element, Identity};

/// An object of the file and its counterpart.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    /// What the target calls it.
    pub(super) identity: Identity,
    /// As the file has it, in the target's names; borrowed from the target where it is just so there.
    pub(super) new: Cow<'a, Element>,
    /// As the target has it.
    pub(super) old: Option<&'a Element>,
    /// Whether the file only refers to it: a user or group of which it has nothing but the name.
    pub(super) is_only_named: bool,
    /// Whether it stays as the target has it, whatever the file says.
    pub(super) is_kept: bool,
    /// Why the file has it, if it does not: an extra project.
    pub(super) extra: Option<String>,
}

/// The imported projects: their keys, and the category that each will have.
pub(super) type Imported = BTreeMap<String, Option<Identity>>;
