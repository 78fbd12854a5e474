//! Projects, their categories and roles.

pub(crate) mod read;
mod sender;
pub(crate) mod write;
