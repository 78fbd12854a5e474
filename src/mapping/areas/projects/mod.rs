//! Projects, their categories and roles.

pub(crate) mod read;
pub(crate) mod write;
