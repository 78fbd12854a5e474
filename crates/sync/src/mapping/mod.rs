//! From an issue here to what is told of it, and from what was told to what is to be done here.
//!
//! Invariant: pure but for asking who somebody is; what the settings do not name is never told.

mod path;

pub(crate) use path::path;
