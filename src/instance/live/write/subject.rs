//! What an area is asked for: an object that is to become another, and why it may have no requests for that.
//!
//! Invariant: an object that has no id before is new.

use crate::model::Path;
use crate::plan::Step;

/// Why an area has no requests for what is to become of an object: where in it, and one sentence.
pub(in crate::instance::live) type Unsaid = (Path, String);

/// An object that changes: its id before and afterwards.
pub(in crate::instance::live) struct Subject<'s> {
    /// What the plan says of it.
    pub(in crate::instance::live) step: &'s Step,
    pub(in crate::instance::live) before: Option<String>,
    pub(in crate::instance::live) after: Option<String>,
}
