//! Users and groups.

pub(crate) mod read;
pub(crate) mod write;
