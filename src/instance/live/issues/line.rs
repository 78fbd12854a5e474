//! How the issues of a live Jira are asked for and changed.
//!
//! Invariant: an answer that did not come, or came from something else than Jira, is never taken for one that says "no"; what may have
//! been done all the same is told as [`IssueFault::Unavailable`].
//!
//! Issues of both editions are asked for by version 2 of the interface: it takes and tells texts as they are typed, where version 3, which Data Center
//! does not have, wants documents (developer.atlassian.com, Jira Cloud platform, "About": both versions have the same operations).

use pcfg_sync::{IssueFault, IssueKey};
use serde::de::DeserializeOwned;

use crate::rest::{Changer, Client, Edition, Failure, FailureKind, List, Question, Request, segment};

/// Where issues are, in both editions.
const ISSUES: &str = "/rest/api/2/issue";

pub(super) type Called<T> = Result<T, IssueFault>;

/// Asks a Jira, and changes it.
pub(super) struct Line {
    pub(super) client: Client,
    changer: Changer,
    pub(super) edition: Edition,
}

impl Line {
    pub(super) fn new(client: Client, edition: Edition) -> Self {
        Self { changer: client.changer(), client, edition }
    }

    pub(super) fn is_cloud(&self) -> bool {
        self.edition == Edition::Cloud
    }

    /// Returns a path below the interface of the edition.
    pub(super) fn api(&self, path: &str) -> String {
        format!("{}/{path}", self.edition.api())
    }

    /// Asks for what must be there.
    pub(super) fn get<T: DeserializeOwned>(&self, question: &Question) -> Called<T> {
        self.client.ask(question).map_err(fault)
    }

    /// Asks for what may not be there.
    pub(super) fn find<T: DeserializeOwned>(&self, question: &Question) -> Called<Option<T>> {
        match self.client.ask(question) {
            Ok(found) => Ok(Some(found)),
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(None),
            Err(failure) => Err(fault(failure)),
        }
    }

    /// Asks for a whole list.
    pub(super) fn list<T: DeserializeOwned>(&self, list: &List<'_>) -> Called<Vec<T>> {
        self.client.list(list).map_err(fault)
    }

    /// Asks for a whole list of something that may not be there.
    pub(super) fn find_list<T: DeserializeOwned>(&self, list: &List<'_>) -> Called<Option<Vec<T>>> {
        match self.client.list(list) {
            Ok(found) => Ok(Some(found)),
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(None),
            Err(failure) => Err(fault(failure)),
        }
    }

    /// Changes something of which nothing is told back.
    pub(super) fn change(&self, request: &Request) -> Result<(), Failure> {
        self.changer.change(request).map(drop)
    }

    /// Makes something, and understands what is told of it.
    pub(super) fn make<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Failure> {
        let reply = self.changer.change(request)?;
        serde_json::from_slice(&reply.body)
            .map_err(|error| Failure::new(FailureKind::Malformed, None, request, error.to_string()))
    }
}

/// Returns the path of all issues.
pub(super) fn issues() -> String {
    ISSUES.to_owned()
}

/// Returns the path of an issue, or of something of it.
pub(super) fn of_issue(key: &IssueKey, path: &str) -> String {
    format!("{ISSUES}/{}{path}", segment(&key.0))
}

/// Says what a failure means.
pub(super) fn fault(failure: Failure) -> IssueFault {
    let why = failure.to_string();
    match failure.kind {
        FailureKind::Forbidden | FailureKind::NotAllowed => IssueFault::Forbidden { why },
        // Somebody else is changing the same.
        FailureKind::Refused if failure.status == Some(409) => IssueFault::Unavailable { why },
        FailureKind::Refused | FailureKind::NotFound | FailureKind::Gone => IssueFault::Refused { why },
        _ => IssueFault::Unavailable { why },
    }
}

/// Says what a failure means where 404 says that something is not there.
pub(super) fn fault_of(failure: Failure, missing: impl FnOnce() -> IssueFault) -> IssueFault {
    if failure.kind == FailureKind::NotFound { missing() } else { fault(failure) }
}

/// Returns whether a failure says that nothing was done.
pub(super) fn is_undone(failure: &Failure) -> bool {
    failure.kind == FailureKind::Limited || (failure.is_lasting() && failure.status.is_some())
}

/// Returns the refusal of a value.
pub(super) fn refused(why: impl Into<String>) -> IssueFault {
    IssueFault::Refused { why: why.into() }
}
