//! Screens, screen schemes and issue type screen schemes.

pub(crate) mod read;
pub(crate) mod write;
