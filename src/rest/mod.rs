//! A Jira that answers over HTTP: requests, replies in JSON, pages, waits and failures. It knows neither rows nor objects.
//!
//! Invariants: every address that is asked is the base of the place and a path of Jira's interface, never a link of a reply;
//! what was not answered whole is a [`Failure`], never an empty reply; no failure, trace or record holds a secret.

mod client;
mod failure;
mod list;
mod request;

pub use client::{Client, Exchange, Reply};
pub use failure::{Failure, FailureKind};
pub use list::{List, Paging};
pub use request::{Method, Request, segment};

/// Which Jira answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    /// Atlassian's own service.
    Cloud,
    /// Jira on a machine of its owner: Data Center, and the Server of old.
    DataCenter,
}

impl Edition {
    /// Returns where the platform's interface is. Data Center has no version 3.
    pub fn api(self) -> &'static str {
        match self {
            Self::Cloud => "/rest/api/3",
            Self::DataCenter => "/rest/api/2",
        }
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cloud => "Jira Cloud",
            Self::DataCenter => "Jira Data Center",
        }
    }
}
