//! Workflows between editions: what Jira Cloud tells of one as a descriptor, and a descriptor as what Jira Cloud is told.
//!
//! Invariant: both ways follow one table (`table`); what cannot be said is a [`Finding`], never left out in silence.

mod conditions;
mod descriptor;
mod finding;
mod forms;
mod implicit;
mod keys;
mod known;
mod lines;
mod order;
mod read;
mod request;
mod rules;
mod say;
mod shape;
mod table;
#[cfg(test)]
mod tests;

pub use finding::{Finding, Weight};
pub use known::Known;
pub use lines::{Line, lines};
pub(super) use read::{lists, read};
pub use request::{Moved, Said};
pub use say::{say, say_all};
pub use shape::Stored;
