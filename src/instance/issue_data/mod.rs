//! The issues of a place, row by row, beside its configuration; what gathers them issue by issue, and what they say.
//!
//! Invariant: no more than the rows of an issue are in memory, but for the ids of all issues.

mod extent;
mod gather;
mod sink;
mod source;
mod spill;
mod whole;

pub(super) use extent::Columns;
#[cfg(feature = "postgres")]
pub(super) use sink::number;
pub(super) use sink::numbered_by;
pub use sink::{Filling, Ground, IssueGround, IssueSink, Take, Tallies};
pub use source::{Chosen, IssueData, Keeps, Pass};
pub use whole::{OneIssue, Whole};
