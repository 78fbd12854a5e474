//! Workflow schemes and their drafts.

use super::Context;

pub(super) fn read(_context: &mut Context<'_>) {}
