//! Remote licences: a partner whose Jira has no licence of its own takes one of the endpoints of ours.
//!
//! Invariant: however many processes start, stop and are killed in whatever order, no more Jiras hold an endpoint than the licence has.

mod day;
mod endpoints;
mod fault;
mod file;
#[cfg(test)]
mod tests;

pub use day::Day;
pub use endpoints::{EndpointFault, Endpoints, Held, LicenceMode, Partner, Started};
pub use fault::LicenceFault;
pub use file::{FILE, FOLDER, Licence, PRODUCT_KEY, find};
