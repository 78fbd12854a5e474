//! Two issues that are kept in step, and what both sides last knew of them.
//!
//! Invariant: a pair is stored in the transaction that stores the message which its change became, or the result of the one that
//! changed it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::message::{Hash, Known, ThingKind};
use crate::{Alias, FileFacts, Handle, IssueKey, Role, Time, ToldValue};

/// Where a pair stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairState {
    /// Both issues are there.
    Live,
    /// The issue of this side is not there any more.
    OwnGone,
    /// The partner's is not.
    PartnerGone,
    /// The issue no longer takes part (its type, the filter): nothing is told of it, what comes is still taken.
    Left,
}

/// A value that both know, and how this side tells it where that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register<T> {
    /// What both know.
    pub known: Known<T>,
    /// What this side's mapping says of its own value, where the way there and back loses something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<T>,
}

impl<T: PartialEq> Register<T> {
    /// What this side's mapping says while nobody changes the value.
    pub fn view(&self) -> &T {
        self.own.as_ref().unwrap_or(&self.known.value)
    }

    /// The register of a value of which this side says `view`.
    pub fn seen_as(known: Known<T>, view: T) -> Self {
        let own = (known.value != view).then_some(view);
        Self { known, own }
    }
}

/// A comment, worklog or attachment of which this side tells, or a copy of one of which the partner told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    /// Finds it in this side's Jira.
    pub handle: Handle,
    /// The hash of what was last told of it; empty before anything was.
    pub hash: Hash,
    /// The hash of the bytes of an attachment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// Things by their running numbers.
pub type Things = BTreeMap<ThingKind, BTreeMap<u64, Thing>>;

/// An attachment of which the bytes are coming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arriving {
    /// Its name.
    pub name: String,
    /// Its type.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// The hash of its bytes.
    pub sha256: Option<String>,
    /// The hash of what was told of it.
    pub hash: Hash,
}

impl Arriving {
    /// The file that is to be attached.
    pub fn facts(&self) -> FileFacts {
        FileFacts {
            name: self.name.clone(),
            mime: self.mime.clone(),
            size: self.size,
            sha256: self.sha256.clone(),
        }
    }
}

/// A copy that the partner has of something of this side of which the number is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What it is.
    pub kind: ThingKind,
    /// Its number.
    pub number: u64,
    /// The hash of what was told of it.
    pub hash: Hash,
    /// Whether it is known to have been removed, should it not be found.
    pub removed: bool,
}

/// Two issues that are kept in step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The issue of this side.
    pub own: IssueKey,
    /// The partner's, once its key is known.
    pub partner: Option<IssueKey>,
    /// Its type, in the words of both.
    pub kind: Alias,
    /// On which side it was made first.
    pub first: Role,
    /// When the first one was made.
    pub made: Time,
    /// When the issue of this side was made.
    pub own_made: Option<Time>,
    /// The epoch of the message that offered it.
    pub epoch: u32,
    /// The number of that message.
    pub seq: u64,
    /// Where it stands.
    pub state: PairState,
    /// How many messages were sent about it.
    pub sent: u64,
    /// When something was last sent.
    pub sent_at: Option<Time>,
    /// When something was last received.
    pub received_at: Option<Time>,
    /// Its status.
    pub status: Option<Register<Alias>>,
    /// Its fields.
    pub fields: BTreeMap<Alias, Register<ToldValue>>,
    /// What of it this side tells.
    pub things: Things,
    /// What in it is a copy of something of the partner's.
    pub copies: Things,
    /// Attachments of the partner's of which the bytes are coming.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arriving: BTreeMap<u64, Arriving>,
    /// After a recovery: copies that the partner has of things of this side of which the numbers are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// After a recovery: numbers of things that this side's Jira has lost. Their copies stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<u64>,
    /// After a recovery: what both know has to be worked out from the Jira anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rebuild: bool,
}

impl Pair {
    /// Two issues of which nothing is known yet.
    pub fn new(own: IssueKey, partner: Option<IssueKey>, kind: Alias, first: Role, made: Time) -> Self {
        Self {
            own,
            partner,
            kind,
            first,
            made,
            own_made: None,
            epoch: 0,
            seq: 0,
            state: PairState::Live,
            sent: 0,
            sent_at: None,
            received_at: None,
            status: None,
            fields: BTreeMap::new(),
            things: BTreeMap::new(),
            copies: BTreeMap::new(),
            arriving: BTreeMap::new(),
            claims: Vec::new(),
            lost: Vec::new(),
            rebuild: false,
        }
    }

    /// A thing of this side.
    pub fn thing(&self, kind: ThingKind, number: u64) -> Option<&Thing> {
        self.things.get(&kind)?.get(&number)
    }

    /// A copy of one of the partner's.
    pub fn copy(&self, kind: ThingKind, number: u64) -> Option<&Thing> {
        self.copies.get(&kind)?.get(&number)
    }

    /// The number under which this side tells of what this handle finds.
    pub fn number_of(&self, kind: ThingKind, handle: &Handle) -> Option<u64> {
        let things = self.things.get(&kind)?;
        things.iter().find(|(_, thing)| thing.handle == *handle).map(|(number, _)| *number)
    }

    /// Whether what this handle finds is a copy of something of the partner's.
    pub fn is_copy(&self, kind: ThingKind, handle: &Handle) -> bool {
        self.copies.get(&kind).is_some_and(|copies| copies.values().any(|copy| copy.handle == *handle))
    }
}
