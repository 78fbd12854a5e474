//! Who changes an instance, as locks and journals know it.
//!
//! Invariant: it says where to ask: somebody, on a machine, by a command.

use serde::{Deserialize, Serialize};

/// Somebody who writes, as the command line knows them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Who {
    /// The user of the machine.
    pub user: String,
    /// The machine.
    pub host: String,
    /// The number of the process.
    pub pid: u32,
    /// What was typed.
    pub command: String,
    /// When it began, as `2025-03-01T12:00:00Z`.
    pub since: String,
}
