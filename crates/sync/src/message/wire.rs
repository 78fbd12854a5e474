//! Messages as bytes: JSON in one spelling.
//!
//! Invariant: `read(write(m)) = m`; what this version did not write itself is refused, unless a newer minor version wrote it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Acks, Body, Envelope, PROTOCOL, Protocol};
use crate::{ConfigVersion, IssueKey, Role, SyncId, Time};

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageFault {
    /// They are too many.
    #[error("the message has {size} bytes; at most {limit} are read")]
    TooLarge {
        /// How many there are.
        size: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// They are not a message in JSON.
    #[error("this is not a message: {0}")]
    NotJson(String),
    /// They are of another major version.
    #[error(
        "the message speaks protocol {0}, and {PROTOCOL} is spoken here: the older pcfg of the two must be updated"
    )]
    Version(Protocol),
    /// A kind that this version does not know.
    #[error("the message is of the unknown kind `{0}`")]
    UnknownType(String),
    /// The same could be written in another way, so it does not come from this protocol.
    #[error("the message is not written as protocol {0} writes it")]
    Spelling(Protocol),
    /// Something that is known says what it cannot.
    #[error("the message of kind `{kind}` is wrong: {why}")]
    Wrong {
        /// The kind.
        kind: String,
        /// What is wrong.
        why: String,
    },
}

/// What is looked at first: enough to say what a message is that cannot be read.
#[derive(Deserialize)]
struct Head {
    v: Protocol,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Incoming<'a> {
    v: Protocol,
    sync_id: SyncId,
    epoch: u32,
    dir: Role,
    seq: Option<u64>,
    issue: Option<IssueKey>,
    yours: Option<IssueKey>,
    #[serde(default)]
    issue_seq: u64,
    #[serde(rename = "type")]
    kind: String,
    created: Time,
    from: String,
    to: String,
    config: Option<ConfigVersion>,
    #[serde(default)]
    acks: Acks,
    #[serde(borrow)]
    body: &'a RawValue,
}

#[derive(Serialize)]
struct Outgoing<'a> {
    v: Protocol,
    sync_id: SyncId,
    epoch: u32,
    dir: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue: &'a Option<IssueKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    yours: &'a Option<IssueKey>,
    issue_seq: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    created: Time,
    from: &'a str,
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: &'a Option<ConfigVersion>,
    acks: &'a Acks,
    body: Inner<'a>,
}

#[derive(Serialize)]
struct Nothing {}

/// The body alone: its kind stands beside it.
struct Inner<'a>(&'a Body);

impl Serialize for Inner<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Body::Handshake(body) => body.serialize(to),
            Body::Ping(body) => body.serialize(to),
            Body::Configuration(body) => body.serialize(to),
            Body::Issue(body)
            | Body::Comment(body)
            | Body::Worklog(body)
            | Body::Manifest(body)
            | Body::Link(body) => body.serialize(to),
            Body::Part(body) => body.serialize(to),
            Body::Remove | Body::Ack => Nothing {}.serialize(to),
            Body::Nack(body) => body.serialize(to),
            Body::Resync(body) => body.serialize(to),
            Body::Recover(body) => body.serialize(to),
            Body::Channel(body) => body.serialize(to),
            Body::Key(body) => body.serialize(to),
            Body::Stop(body) => body.serialize(to),
        }
    }
}

impl Body {
    /// The name of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Handshake(_) => "handshake",
            Self::Ping(_) => "ping",
            Self::Configuration(_) => "configuration",
            Self::Issue(_) => "issue",
            Self::Comment(_) => "comment",
            Self::Worklog(_) => "worklog",
            Self::Manifest(_) => "attachment",
            Self::Part(_) => "part",
            Self::Link(_) => "link",
            Self::Remove => "remove",
            Self::Ack => "ack",
            Self::Nack(_) => "nack",
            Self::Resync(_) => "resync",
            Self::Recover(_) => "recover",
            Self::Channel(_) => "channel",
            Self::Key(_) => "key",
            Self::Stop(_) => "stop",
        }
    }

    /// Whether it tells of an issue: such a message names the issue and the configuration under which it was made.
    pub fn is_data(&self) -> bool {
        matches!(
            self,
            Self::Issue(_)
                | Self::Comment(_)
                | Self::Worklog(_)
                | Self::Manifest(_)
                | Self::Part(_)
                | Self::Link(_)
                | Self::Remove
        )
    }

    /// Whether it has a number and is kept until it was received. The others are said again when there is reason to.
    pub fn is_numbered(&self) -> bool {
        !matches!(self, Self::Handshake(_) | Self::Ping(_) | Self::Ack | Self::Nack(_))
    }

    fn parse(kind: &str, body: &str) -> Result<Self, MessageFault> {
        fn of<'a, T: Deserialize<'a>>(kind: &str, body: &'a str) -> Result<T, MessageFault> {
            serde_json::from_str(body)
                .map_err(|error| MessageFault::Wrong { kind: kind.to_owned(), why: error.to_string() })
        }
        Ok(match kind {
            "handshake" => Self::Handshake(of(kind, body)?),
            "ping" => Self::Ping(of(kind, body)?),
            "configuration" => Self::Configuration(of(kind, body)?),
            "issue" => Self::Issue(of(kind, body)?),
            "comment" => Self::Comment(of(kind, body)?),
            "worklog" => Self::Worklog(of(kind, body)?),
            "attachment" => Self::Manifest(of(kind, body)?),
            "part" => Self::Part(of(kind, body)?),
            "link" => Self::Link(of(kind, body)?),
            "remove" => Self::Remove,
            "ack" => Self::Ack,
            "nack" => Self::Nack(of(kind, body)?),
            "resync" => Self::Resync(of(kind, body)?),
            "recover" => Self::Recover(of(kind, body)?),
            "channel" => Self::Channel(of(kind, body)?),
            "key" => Self::Key(of(kind, body)?),
            "stop" => Self::Stop(of(kind, body)?),
            _ => return Err(MessageFault::UnknownType(kind.to_owned())),
        })
    }
}

/// The bytes of a message.
pub fn write(message: &Envelope) -> Vec<u8> {
    let Envelope { v, sync_id, epoch, dir, seq, issue, yours, issue_seq, .. } = message;
    let outgoing = Outgoing {
        v: *v,
        sync_id: *sync_id,
        epoch: *epoch,
        dir: *dir,
        seq: *seq,
        issue,
        yours,
        issue_seq: *issue_seq,
        kind: message.body.kind(),
        created: message.created,
        from: &message.from,
        to: &message.to,
        config: &message.config,
        acks: &message.acks,
        body: Inner(&message.body),
    };
    serde_json::to_vec(&outgoing).expect("a message has text for its keys and no number that JSON lacks")
}

/// The message that these bytes are, of which there may be `limit`.
pub fn read(bytes: &[u8], limit: usize) -> Result<Envelope, MessageFault> {
    if bytes.len() > limit {
        return Err(MessageFault::TooLarge { size: bytes.len(), limit });
    }
    let not_json = |error: serde_json::Error| MessageFault::NotJson(error.to_string());
    let head: Head = serde_json::from_slice(bytes).map_err(not_json)?;
    if head.v.major != PROTOCOL.major {
        return Err(MessageFault::Version(head.v));
    }
    let wrong =
        |error: serde_json::Error| MessageFault::Wrong { kind: head.kind.clone(), why: error.to_string() };
    let incoming: Incoming<'_> = serde_json::from_slice(bytes).map_err(wrong)?;
    let message = Envelope {
        v: incoming.v,
        sync_id: incoming.sync_id,
        epoch: incoming.epoch,
        dir: incoming.dir,
        seq: incoming.seq,
        issue: incoming.issue,
        yours: incoming.yours,
        issue_seq: incoming.issue_seq,
        created: incoming.created,
        from: incoming.from,
        to: incoming.to,
        config: incoming.config,
        acks: incoming.acks,
        body: Body::parse(&incoming.kind, incoming.body.get())?,
    };
    if message.v <= PROTOCOL && write(&message) != bytes {
        return Err(MessageFault::Spelling(message.v));
    }
    message.sensible()?;
    Ok(message)
}

impl Envelope {
    /// What every message of its kind must have.
    fn sensible(&self) -> Result<(), MessageFault> {
        let wrong =
            |why: &str| Err(MessageFault::Wrong { kind: self.body.kind().to_owned(), why: why.to_owned() });
        if self.body.is_numbered() {
            if !matches!(self.seq, Some(1..)) {
                return wrong("it has no number");
            }
        } else if self.seq.is_some() {
            return wrong("it has a number that its kind does not have");
        }
        if self.body.is_data() && (self.issue.is_none() || self.config.is_none()) {
            return wrong("it names no issue, or no configuration");
        }
        if let Body::Part(part) = &self.body
            && part.part >= part.of
        {
            return wrong("it is a part beyond the last");
        }
        Ok(())
    }
}
