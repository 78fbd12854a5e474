//! What a half tells of an issue: aliases, the sender's keys, numbers of the sender; never an id, a name of the configuration or
//! anything that was not mapped.
//!
//! Invariant: this is what a message holds and what a half remembers as the last that both knew (the *base*); it is made by
//! `mapping` alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Alias, IssueKey, LinkEnd, Time};

/// Something told, with when it became so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Told<T> {
    /// What it is now.
    pub value: T,
    /// When the sender's Jira says that it was changed.
    pub at: Time,
}

/// The value of a field as both halves know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ToldValue {
    /// No value.
    Empty,
    /// Text, also of words and of what is told as text.
    Text(String),
    /// A number in its shortest decimal spelling.
    Number(String),
    /// A day.
    Date(String),
    /// A moment.
    Moment(Time),
    /// Seconds.
    Duration(i64),
    /// An option, a version, a component by alias.
    Alias(Alias),
    /// A name that the settings let through as it is: an option, a version, a component, a label, a user's name or address.
    Name(String),
    /// Many of these.
    Many(BTreeSet<ToldValue>),
}

/// A comment as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct ToldComment {
    /// What it says, with what the sender's template adds.
    pub body: String,
    /// When it was written or last changed.
    pub at: Time,
    /// Whether only those may see it who work on requests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
}

/// A worklog as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct ToldWorklog {
    /// When the work was begun.
    pub started: Time,
    /// How long it took.
    pub seconds: i64,
    /// What was done, with what the sender's template adds.
    pub comment: String,
    /// When it was written or last changed.
    pub at: Time,
}

/// An attachment as it is told; its bytes follow in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct ToldAttachment {
    /// Its name.
    pub name: String,
    /// Its type.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// The hash of its bytes (SHA-256, hexadecimal).
    pub sha256: String,
}

/// A link as it is told: only between issues that are both synchronized.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct ToldLink {
    /// Its type.
    pub kind: Alias,
    /// On which end the issue stands.
    pub end: LinkEnd,
    /// The other issue, by the key that it has at the sender's.
    pub to: IssueKey,
}

/// All that a half tells of an issue.
///
/// Comments, worklogs and attachments have the sender's running numbers, which are given once and stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct ToldIssue {
    /// Its key at the sender's.
    pub key: IssueKey,
    /// Its type.
    pub kind: Alias,
    /// The issue of which it is a sub-task, by its key at the sender's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<IssueKey>,
    /// Its status, where statuses take part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Told<Alias>>,
    /// Its mapped fields, also the empty ones. A field that is not here is not told: unknown is not empty.
    #[serde(default)]
    pub fields: BTreeMap<Alias, Told<ToldValue>>,
    /// Its comments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub comments: BTreeMap<u64, ToldComment>,
    /// Its worklogs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub worklogs: BTreeMap<u64, ToldWorklog>,
    /// Its attachments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attachments: BTreeMap<u64, ToldAttachment>,
    /// Its links.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub links: BTreeSet<ToldLink>,
}
