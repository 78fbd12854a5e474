//! Custom fields with their contexts, options and default values.

use super::Context;

pub(super) fn read(_context: &mut Context<'_>) {}
