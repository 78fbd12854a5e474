//! Screens, screen schemes and issue type screen schemes.

use super::Context;

pub(super) fn read(_context: &mut Context<'_>) {}
