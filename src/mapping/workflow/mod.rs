//! Workflows and their drafts: descriptors as rows hold them, and their content as files describe it.
//!
//! Invariant: a descriptor that reads as wanted is not touched.

mod arguments;
mod build;
mod content;
mod descriptor;
mod dtd;
mod kept_ids;
mod kept_steps;
mod merge;
mod nobody;
mod numbers;
mod old;
mod other_ids;
mod permissions;
mod render;
pub(super) mod rows;
mod script_runner;
mod spelling;
mod step_name;
pub(super) mod suspects;
#[cfg(test)]
mod tests;
mod tree;
pub(super) mod write;

pub use content::{SCREEN, STATUS};
pub use descriptor::{Action, Descriptor, Function, Group, Outcome, Rest, Step, StepAction, Target};
pub use other_ids::{OtherId, with_other_ids};
pub use permissions::key as permission_key;
pub use render::render;
pub(super) use rows::BUILT_IN;
pub(super) use script_runner::without_mark;
pub use tree::{Tree, TreeNode};
