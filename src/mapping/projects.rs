//! Projects with their versions, components and role members; project categories and project roles.

use super::Context;

pub(super) fn read(_context: &mut Context<'_>) {}
