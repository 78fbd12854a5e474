//! The settings of gadgets.

pub(crate) mod read;
pub(crate) mod write;
