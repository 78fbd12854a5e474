//! Why there is no reply.
//!
//! Invariants: a failure says what was asked and what came of it, without a secret; it is either lasting (the edition, or what the caller
//! may see), or it says nothing about what is there.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Request;

/// What kind of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureKind {
    /// 401, or an answer for anybody: the caller is not who he says he is.
    SignIn,
    /// Jira wants a picture to be read before it lets the caller in again.
    Captcha,
    /// 403: the caller may not see it.
    Forbidden,
    /// 404: it does not exist, the caller may not see it, or it is switched off.
    NotFound,
    /// 405: the path is there, and not for this.
    NotAllowed,
    /// 410: the endpoint was removed.
    Gone,
    /// 400, 409 and other answers that refuse what was asked.
    Refused,
    /// 429, for longer than anybody waits.
    Limited,
    /// 5xx: the server fails.
    Server,
    /// A page for a browser came, where data were asked for.
    Page,
    /// The reply is no JSON, not of UTF-8, too deep, or lacks what it has to have.
    Malformed,
    /// The reply ends too early.
    Cut,
    /// The reply is larger than any of Jira's.
    TooLarge,
    /// No answer came in time.
    Timeout,
    /// The connection cannot be made secret, or leads to somebody else.
    Tls,
    /// Nobody knows the host.
    Dns,
    /// There is no connection, or it broke.
    Connection,
    /// Nobody listens at the address.
    Nobody,
    /// The proxy refuses.
    Proxy,
    /// A list does not end, or changes faster than it can be read.
    Endless,
    /// The answer leads to another place.
    Elsewhere,
    /// A record has no such request.
    Unrecorded,
}

impl FailureKind {
    /// Returns whether the same request will fail again for the same reason: the edition has no such thing, or the caller may not
    /// see it. What it would have said is unknown then, and all else can be read.
    pub fn is_lasting(self) -> bool {
        matches!(self, Self::Forbidden | Self::NotFound | Self::NotAllowed | Self::Gone | Self::Refused)
    }

    /// Returns whether every other request will fail as well, so that none is to be sent.
    pub fn ends_the_run(self) -> bool {
        matches!(
            self,
            Self::SignIn
                | Self::Captcha
                | Self::Tls
                | Self::Dns
                | Self::Proxy
                | Self::Elsewhere
                | Self::Limited
                | Self::Unrecorded
        )
    }

    /// Returns whether the same command may succeed later, with nothing changed but the time.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            Self::Limited
                | Self::Server
                | Self::Page
                | Self::Malformed
                | Self::Cut
                | Self::TooLarge
                | Self::Timeout
                | Self::Dns
                | Self::Connection
                | Self::Nobody
                | Self::Endless
        )
    }
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of reason.
    pub kind: FailureKind,
    /// What the server answered; `None` if it did not.
    pub status: Option<u16>,
    /// What was asked: `GET /rest/api/3/field`; empty where it did not come to that.
    pub request: String,
    /// What Jira or the system says, in one line; may be empty.
    pub detail: String,
}

impl Failure {
    /// Returns a failure.
    pub fn new(kind: FailureKind, status: Option<u16>, request: &Request, detail: impl Into<String>) -> Self {
        Self { kind, status, request: request.to_string(), detail: detail.into() }
    }

    /// Returns whether the same command may succeed later.
    pub fn is_passing(&self) -> bool {
        self.kind.is_passing()
    }

    /// Returns whether it is a matter of the edition or of what the caller may see.
    pub fn is_lasting(&self) -> bool {
        self.kind.is_lasting()
    }

    /// Says what is wrong, without what was asked.
    pub fn what(&self) -> String {
        let status = self.status.map(|status| format!(" ({status})")).unwrap_or_default();
        let words = match self.kind {
            FailureKind::SignIn => "Jira does not accept the user or the token",
            FailureKind::Captcha => "Jira requires a CAPTCHA after failed sign-ins",
            FailureKind::Forbidden => "you may not see it",
            FailureKind::NotFound => "it does not exist, or you may not see it",
            FailureKind::NotAllowed => "Jira does not allow this",
            FailureKind::Gone => "Jira has removed this endpoint",
            FailureKind::Refused => "Jira refuses",
            FailureKind::Limited => "Jira asks for fewer requests",
            FailureKind::Server => "the server fails",
            FailureKind::Page => "the reply is a web page instead of data",
            FailureKind::Malformed => "the reply cannot be understood",
            FailureKind::Cut => "the reply ends too early",
            FailureKind::TooLarge => "the reply is larger than Jira's replies ever are",
            FailureKind::Timeout => "no reply came in time",
            FailureKind::Tls => "the connection cannot be encrypted",
            FailureKind::Dns => "the host is unknown",
            FailureKind::Connection => "the connection failed",
            FailureKind::Nobody => "nobody answers at this address",
            FailureKind::Proxy => "the proxy refuses the connection",
            FailureKind::Endless => "the list does not end, or changes while it is read",
            FailureKind::Elsewhere => "the reply redirects to another address",
            FailureKind::Unrecorded => "the record does not contain this request",
        };
        match self.detail.is_empty() {
            true => format!("{words}{status}"),
            false => format!("{words}{status}: {}", self.detail),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.request.is_empty() {
            true => out.write_str(&self.what()),
            false => write!(out, "{}: {}", self.request, self.what()),
        }
    }
}

impl std::error::Error for Failure {}
