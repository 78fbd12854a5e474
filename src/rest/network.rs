//! What lies between this machine and a Jira.
//!
//! Invariant: the address of a proxy, which may hold a password, is a secret.

use std::path::PathBuf;

use crate::secret::Secret;

/// What lies between this machine and a Jira.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// The address of a proxy, which may hold a password.
    pub proxy: Option<Secret>,
    /// For which hosts there is none, as `NO_PROXY` says it.
    pub no_proxy: Option<String>,
    /// A file with certificates of authorities that are trusted as those of the system are.
    pub ca_file: Option<PathBuf>,
}
