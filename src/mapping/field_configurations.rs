//! Field configurations and field configuration schemes.

use super::Context;

pub(super) fn read(_context: &mut Context<'_>) {}
