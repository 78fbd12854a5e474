//! What tables mean, one room for each area: its reader and its writer side by side.
//!
//! Invariant: what is read here is what is written here, and read again, as the same.

pub(crate) mod boards;
pub(crate) mod constants;
pub(crate) mod custom_fields;
pub(crate) mod dashboards;
pub(crate) mod field_configurations;
#[cfg(test)]
mod fields_tests;
pub(crate) mod filters;
pub(crate) mod grants;
pub(crate) mod issue_types;
pub(crate) mod people;
pub(crate) mod preferences;
pub(crate) mod projects;
#[cfg(test)]
mod schemes_tests;
pub(crate) mod screens;
pub(crate) mod shares;
#[cfg(test)]
mod sharing_tests;
pub(crate) mod workflow_schemes;
