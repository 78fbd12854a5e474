//! Issue types, and the schemes of issue types and priorities.

pub(crate) mod read;
pub(crate) mod settings;
pub(crate) mod write;
