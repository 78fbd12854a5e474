//! Permission schemes, notification schemes and issue security schemes: who may do, learns of and sees what.
//!
//! Invariant: what changes is looked at beforehand with all that belongs to it, in any order, for Jira has none.
//!
//! Sources: Atlassian's descriptions of Jira Cloud (April 2026) and of Jira Data Center 10.3.

mod notifications;
mod permissions;
mod scheme;
mod security;

pub(super) use notifications::notification_scheme;
pub(super) use permissions::permission_scheme;
pub(super) use security::security_scheme;
