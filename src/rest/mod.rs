//! A Jira that answers over HTTP: requests, replies in JSON, pages, waits and failures. It knows neither rows nor objects.
//!
//! Invariants: every address that is asked is the base of the place and a path of Jira's interface, never a link of a reply;
//! what was not answered whole is a [`Failure`], never an empty reply; no failure, trace or record holds a secret.

#[cfg(any(feature = "rest", feature = "postgres"))]
pub mod authorities;
mod client;
mod failure;
mod gate;
#[cfg(test)]
mod gate_tests;
#[cfg(feature = "rest")]
mod http;
mod language;
mod list;
#[cfg(test)]
mod list_tests;
mod meaning;
mod network;
mod open;
#[cfg(test)]
mod open_tests;
mod pseudonyms;
mod record;
mod request;
mod signin;
mod site;
#[cfg(test)]
mod testing;
mod wire;

pub use client::{Changer, Client, Exchange, Reply};
pub use failure::{Failure, FailureKind};
pub use gate::{Event, Gate, Patience, Share, Summary, Watch};
pub use language::Language;
pub use list::{List, Paging};
pub use network::Network;
pub use open::{Caller, Jira, Lines, Manner, PERMISSIONS, ServerInfo, open};
pub use record::{NoRecord, Recorder, Replay};
pub use request::{Method, Question, Request, Transfer, segment};
pub use signin::SignIn;
pub use site::{NoSite, Site};
pub use wire::{Answer, Broken, Clock, Wire};

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
