//! Issue types and issue type schemes; priority schemes.

use super::Context;

pub(super) fn read(_context: &mut Context<'_>) {}
