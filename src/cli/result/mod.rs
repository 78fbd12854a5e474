//! Where the result of a command goes and what is beside it: the file and its form, reports, notes, policies.
//!
//! Invariant: data goes where the user says, and everything else to standard error.

pub(super) mod by_name;
pub(super) mod destination;
pub(super) mod notes;
pub(super) mod policies;
pub(super) mod report;
pub(super) mod stamp;
