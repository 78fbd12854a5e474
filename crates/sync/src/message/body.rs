//! The kinds of messages.
//!
//! Invariant: whatever is told of an issue is told as the whole new value, so that hearing it twice changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Hash, Protocol};
use crate::{
    Alias, ConfigVersion, IssueKey, LinkEnd, Role, Time, ToldAttachment, ToldComment, ToldValue, ToldWorklog,
};

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// The slave's first words.
    Handshake(Box<Handshake>),
    /// Is somebody there, and what can it do?
    Ping(Ping),
    /// A version of the configuration, or that it was adopted.
    Configuration(Box<Configuration>),
    /// An issue: its making, its fields, its status, and with a new one all that belongs to it.
    Issue(Box<Change>),
    /// Comments of an issue.
    Comment(Box<Change>),
    /// Worklogs of an issue.
    Worklog(Box<Change>),
    /// Which attachments an issue has more or less.
    Manifest(Box<Change>),
    /// Bytes of an attachment.
    Part(PartBytes),
    /// Links of an issue.
    Link(Box<Change>),
    /// The issue is not there any more at the sender's. Nothing is deleted because of it.
    Remove,
    /// Nothing but acknowledgements.
    Ack,
    /// What is missing, or wrong.
    Nack(Nack),
    /// Issues are to be told anew.
    Resync(Resync),
    /// Which pairs there are, after one side was restored.
    Recover(Box<Recover>),
    /// Another channel.
    Channel(NewChannel),
    /// Another key of the sender's.
    Key(NewKey),
    /// The sender has stopped.
    Stop(Stop),
}

/// The slave's first words: who it is, with a proof that it has read the handshake file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshake {
    /// Its public key, armoured.
    pub public_key: String,
    /// The proof: a keyed hash over both fingerprints with the secret of the handshake file, in hexadecimal digits.
    pub proof: String,
    /// How its half is reached, as its channel understands it.
    pub address: String,
    /// Which versions of the protocol it speaks: the lowest.
    pub min: Protocol,
    /// The highest.
    pub max: Protocol,
    /// What it can take.
    pub limits: Limits,
    /// The id of its Jira, by which licences are counted.
    pub jira: String,
    /// Whether its Jira has a licence of its own; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licensed: Option<bool>,
}

/// What a half can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Limits {
    /// The largest message, sealed, in bytes.
    pub max_message: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_message: 10 * 1024 * 1024 }
    }
}

/// Is somebody there?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// Its number, for the answer.
    pub number: u64,
    /// The number of the ping that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<u64>,
    /// The sender's clock.
    pub clock: Time,
    /// The lowest version of the protocol that it speaks.
    pub min: Protocol,
    /// The highest.
    pub max: Protocol,
    /// What it can take.
    pub limits: Limits,
}

/// A version of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// Which.
    pub version: ConfigVersion,
    /// What the master says to the slave's people, or the slave to the master's.
    pub message: String,
    /// What is published, in aliases; none in the answer, which says that it was adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<serde_json::Value>,
}

/// A value that both halves know, or one knows and has told: the newest by the rule for conflicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known<T> {
    /// The value.
    pub value: T,
    /// When it became so, as it was sent.
    pub at: Time,
    /// Whose change it was.
    pub by: Role,
}

impl<T: Serialize> Known<T> {
    /// The hash by which a later change says what it was made over.
    pub fn hash(&self) -> Hash {
        Hash::of_value(self)
    }
}

/// A new value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownChange<T> {
    /// The new value.
    pub now: Known<T>,
    /// What it was made over; none where nothing was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Hash>,
}

/// What becomes of an issue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Where the issue is new to the partner: what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// Its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<KnownChange<Alias>>,
    /// Fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Alias, KnownChange<ToldValue>>,
    /// Comments of the sender's, by its numbers; none for one that is not there any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub comments: BTreeMap<u64, Option<ToldComment>>,
    /// Worklogs, likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub worklogs: BTreeMap<u64, Option<ToldWorklog>>,
    /// Attachments, likewise; their bytes follow.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attachments: BTreeMap<u64, Option<ToldAttachment>>,
    /// Links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<ChangedLink>,
}

impl Change {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An issue that is new to the partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Its type.
    pub kind: Alias,
    /// The issue of which it is a sub-task, by its key at the sender's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<IssueKey>,
    /// When it was made at the sender's: with its key it tells the issue from a later one of the same key.
    pub made: Time,
}

/// A link that is there now, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedLink {
    /// Its type.
    pub kind: Alias,
    /// On which end the issue stands.
    pub end: LinkEnd,
    /// The issue on the other end, by its key at the sender's.
    pub to: IssueKey,
    /// The same by its key at the receiver's, where the sender knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yours: Option<IssueKey>,
    /// Whether it is there.
    pub there: KnownChange<bool>,
}

/// Bytes of an attachment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartBytes {
    /// The number of the attachment.
    pub number: u64,
    /// Which part, from 0.
    pub part: u32,
    /// How many parts there are.
    pub of: u32,
    /// The bytes, in base64.
    pub bytes: String,
}

impl std::fmt::Debug for PartBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "part {} of {} of attachment {}", self.part, self.of, self.number)
    }
}

/// What is missing, or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nack {
    /// Numbers of messages that were not received although later ones were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<u64>,
    /// A number under which two messages came that say different things: the partner must have been restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twice: Option<u64>,
    /// A message of an older epoch came: this is the epoch now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older: Option<u32>,
}

/// Issues are to be told anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resync {
    /// Of these numbers of the sender's nothing will come any more; they are to be passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<u64>,
    /// Issues that the partner is asked to tell anew, by their keys at the partner's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ask: Vec<IssueKey>,
    /// The partner is asked to tell all issues anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
}

/// What kind of thing a running number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThingKind {
    /// Comments.
    Comment,
    /// Worklogs.
    Worklog,
    /// Attachments.
    Attachment,
}

/// A copy that the sender has of something of the partner's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ThingDigest {
    /// What it is.
    pub kind: ThingKind,
    /// The partner's number.
    pub number: u64,
    /// The hash of what was told of it.
    pub hash: Hash,
}

/// A pair, as one side knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverPair {
    /// The issue at the sender's.
    pub mine: IssueKey,
    /// The issue at the receiver's, where the sender knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yours: Option<IssueKey>,
    /// On which side it was made first.
    pub first: Role,
    /// When the first one was made, where the sender knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Time>,
    /// The epoch of the message by which it was offered.
    pub epoch: u32,
    /// The number of that message.
    pub seq: u64,
    /// The copies in it of the receiver's things.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<ThingDigest>,
}

/// A part of the table of pairs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recover {
    /// Which part, from 0.
    pub part: u32,
    /// Whether more follow.
    pub more: bool,
    /// The sender's highest running number of its own things.
    pub highest: u64,
    /// The highest running number of the receiver's of which the sender has heard.
    pub heard: u64,
    /// Pairs.
    pub pairs: Vec<RecoverPair>,
}

/// Another channel, or that it works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewChannel {
    /// `file` or `e-mail`.
    pub kind: String,
    /// How the sender is reached there.
    pub address: String,
    /// Whether the sender has received something there: the old one is no longer needed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

/// Another key of the sender's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKey {
    /// The public key, armoured.
    pub public_key: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Whether this says that the partner's new key was taken, instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

/// The sender has stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Why, in words for people.
    pub why: String,
}
