//! Permission, notification and issue security schemes: who may do what, and who hears of it.

pub(crate) mod holders;
pub(crate) mod read;
pub(crate) mod write;
