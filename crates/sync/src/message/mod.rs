//! What one half says to the other: the envelope, inside encryption and signature, and every kind of message in it.
//!
//! Invariant: what is read here was written by this protocol, of this version or of a newer minor one, in the one spelling that it has;
//! everything else is refused by name.

mod body;
mod wire;

#[cfg(test)]
mod message_tests;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use body::{
    Body, Change, ChangedLink, Configuration, Handshake, Known, KnownChange, Limits, Nack, NewChannel,
    NewKey, Offer, PartBytes, Ping, Recover, RecoverPair, Resync, Stop, ThingDigest, ThingKind,
};
pub use wire::{MessageFault, read, write};

use crate::{ConfigVersion, IssueKey, Role, SyncId, Time};

/// The version of the protocol that is spoken here. A half reads any minor version of its own major one.
pub const PROTOCOL: Protocol = Protocol { major: 1, minor: 0 };

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[cfg_attr(any(test, feature = "schema"), schemars(inline))]
#[serde(try_from = "String", into = "String")]
pub struct Protocol {
    /// Changes when older readers would misunderstand.
    pub major: u32,
    /// Changes when something is said in addition.
    pub minor: u32,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl From<Protocol> for String {
    fn from(version: Protocol) -> Self {
        version.to_string()
    }
}

impl TryFrom<String> for Protocol {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text
            .split_once('.')
            .and_then(|(major, minor)| Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? }));
        parts
            .filter(|version| version.to_string() == text)
            .ok_or_else(|| format!("`{text}` is not a version of the protocol"))
    }
}

/// The hash of what a message says (SHA-256), in hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(pub String);

impl Hash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex(&Sha256::digest(bytes)))
    }

    /// The hash of something as it is written in a message, in 128 bits: enough to tell values apart that the partner knows.
    pub(crate) fn of_value(value: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(value).expect("what goes into messages can be written");
        Self(hex(&Sha256::digest(bytes)[..16]))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// A message with everything that is believed about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The version of the protocol.
    pub v: Protocol,
    /// The synchronization.
    pub sync_id: SyncId,
    /// Counts handshakes, changes of keys and recoveries.
    pub epoch: u32,
    /// Which half says it.
    pub dir: Role,
    /// Its number in this epoch and direction, without gaps from 1; none for what is neither kept nor asked for again.
    pub seq: Option<u64>,
    /// The issue that it is about, by its key at the sender's.
    pub issue: Option<IssueKey>,
    /// The same issue by its key at the receiver's, once the sender knows it.
    pub yours: Option<IssueKey>,
    /// Its number among the messages about this issue.
    pub issue_seq: u64,
    /// When it was written, by the sender's clock; later than all that the sender wrote before.
    pub created: Time,
    /// The fingerprint of the sender's key.
    pub from: String,
    /// The fingerprint of the receiver's key.
    pub to: String,
    /// The configuration under which it was made.
    pub config: Option<ConfigVersion>,
    /// What the sender has received and done.
    pub acks: Acks,
    /// What it says.
    pub body: Body,
}

/// What a half has received and done of the other's messages of this epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acks {
    /// All up to this number have been received and verified.
    pub upto: u64,
    /// The hash of what the message of that number says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
    /// Those above it that have been received, with their hashes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<(u64, Hash)>,
    /// All up to this number are finished: applied, or refused as told below.
    #[serde(default)]
    pub done: u64,
    /// Those above it, and received, that are not finished, with the reason if it is an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<(u64, Option<String>)>,
    /// The last that were refused for good, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<(u64, String)>,
    /// Issues that were made, by the number of the message that offered them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub made: Vec<(u64, IssueKey)>,
}
