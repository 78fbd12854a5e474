//! Field configurations and their schemes.

pub(crate) mod read;
pub(crate) mod write;
