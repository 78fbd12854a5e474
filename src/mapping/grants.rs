//! Permission schemes, notification schemes and issue security schemes.

use super::Context;

pub(super) fn read(_context: &mut Context<'_>) {}
