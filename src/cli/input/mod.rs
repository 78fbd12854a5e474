//! What a command reads that is no instance, or may be one: files, folders, revisions of git, sides of a comparison.
//!
//! Invariant: what is read is noted as an input, so that no output takes its place.

pub(super) mod files;
pub(super) mod issue_data;
pub(super) mod revision;
pub(super) mod side;
pub(super) mod sources;
