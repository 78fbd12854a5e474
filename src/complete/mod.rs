//! Complete projects: an archive planned and written into a place, after its configuration.
//!
//! Invariant: nothing is written before everything was looked at: the whole archive, what its issues name, and what the place has; and what
//! is written is what was planned.

mod beside;
mod compare;
mod fault;
mod plan;
mod refit;
mod renew;
mod source;
mod write;

pub use fault::Error;
pub use plan::{DataPlan, Finding, Options, Plan, plan};
pub use refit::{Fit, fit};
pub use renew::Renewal;
pub use source::{Source, entry_of, named};
pub use write::{Placed, take_files_away, write};
