//! Statuses, priorities, resolutions, link types and event types.

pub(crate) mod read;
pub(crate) mod write;
