//! Workflow schemes and their drafts.

pub(crate) mod read;
pub(crate) mod write;
