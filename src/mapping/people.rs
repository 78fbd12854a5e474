//! Users and groups.

use super::Context;

pub(super) fn read(_context: &mut Context<'_>) {}
