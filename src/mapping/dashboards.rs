//! Dashboards, their gadgets and their shares.

use super::Context;

pub(super) fn read(_context: &mut Context<'_>) {}
