//! What the engine needs of others: the mapping of a half's settings, the seal around a message, the channel that carries it.
//!
//! Invariant: a mapping decides nothing about conflicts and knows no message; a seal and a channel know nothing of what is in one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::message::Handshake;
use crate::{
    Alias, Attachment, Catalogue, Comment, Edit, Field, FileFacts, IssueFault, IssueKey, IssueState,
    LinkChange, LinkEnd, NewIssue, Parts, Restriction, Time, ToldAttachment, ToldComment, ToldIssue,
    ToldValue, ToldWorklog, Transition, UserFacts, Value, Worklog,
};

/// A version of the configuration that both halves have agreed on; it counts from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConfigVersion {
    /// Its number.
    pub number: u32,
    /// The hash of what was published (SHA-256, hexadecimal).
    pub hash: String,
}

/// What of an issue can be changed on both sides at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Its status.
    Status,
    /// A field.
    Field(&'a Alias),
    /// Links of a type.
    Link(&'a Alias),
}

/// Whose change stands where both sides changed the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub enum Conflict {
    /// The newer one, by the times as they were sent; the master's, where they are equal.
    #[default]
    Newer,
    /// The master's.
    Master,
    /// The slave's.
    Slave,
    /// Neither, until somebody has decided.
    Ask,
}

/// Which way a part goes, and what becomes of conflicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartRule {
    /// Whether this half tells it.
    pub tells: bool,
    /// Whether this half takes it. What is taken but not told is overwritten.
    pub takes: bool,
    /// What becomes of conflicts, where it goes both ways.
    pub conflict: Conflict,
}

/// The running numbers by which a half speaks of its comments, worklogs and attachments.
///
/// None is for what must not be told: a copy of something of the partner's, or something that the synchronization's user wrote.
/// A mapping asks only for what its settings let through, for a number is given when it is asked for.
pub trait Numbers {
    /// The number of a comment.
    fn comment(&mut self, comment: &Comment) -> Option<u64>;
    /// The number of a worklog.
    fn worklog(&mut self, worklog: &Worklog) -> Option<u64>;
    /// The number of an attachment and the hash of its bytes (SHA-256, hexadecimal). Where the bytes have not been read yet the answer
    /// is none for now; the engine reads them and lets the mapping tell once more.
    fn attachment(&mut self, attachment: &Attachment) -> Option<(u64, String)>;
}

/// What a mapping may ask about the Jira in which something is to be changed.
pub trait Lookup {
    /// What there is in the project; asked of the Jira once in a run.
    fn catalogue(&mut self) -> Result<&Catalogue, IssueFault>;
    /// The users of these names who are there.
    fn users(&mut self, names: &[String]) -> Result<Vec<UserFacts>, IssueFault>;
    /// The user who has this address.
    fn user_by_email(&mut self, email: &str) -> Result<Option<UserFacts>, IssueFault>;
}

/// What is to become of an issue by the partner's message, after conflicts were decided: what is not here stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The issue's key at the partner's.
    pub key: IssueKey,
    /// Its type.
    pub kind: Alias,
    /// The issue, of this side, of which it is a sub-task.
    pub parent: Option<IssueKey>,
    /// Its status.
    pub status: Option<Alias>,
    /// Values of its fields.
    pub fields: BTreeMap<Alias, ToldValue>,
    /// New comments and new texts, by the partner's numbers. Removals need no mapping.
    pub comments: BTreeMap<u64, ToldComment>,
    /// New and changed worklogs.
    pub worklogs: BTreeMap<u64, ToldWorklog>,
    /// New attachments.
    pub attachments: BTreeMap<u64, ToldAttachment>,
    /// Links that are to be there, or not.
    pub links: Vec<NewsLink>,
}

/// A link of which the partner told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewsLink {
    /// Its type.
    pub kind: Alias,
    /// On which end the issue stands.
    pub end: LinkEnd,
    /// The other issue, by its key on this side.
    pub to: IssueKey,
    /// Whether it is to be there.
    pub there: bool,
}

/// Something to be done in this side's Jira.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make a version or a component of the project.
    Add(Value),
    /// Make the issue. Where this is a step, it is the last one: the engine asks again for what is left to do then.
    Create(NewIssue),
    /// Write fields.
    Edit(Edit),
    /// Take one step of the workflow.
    Transition(Transition),
    /// Write a comment, or write it anew.
    Comment {
        /// The partner's number.
        number: u64,
        /// What it is to say.
        body: String,
        /// Who may see it, where not everybody may.
        restriction: Option<Restriction>,
    },
    /// Log work, or write it anew.
    Worklog {
        /// The partner's number.
        number: u64,
        /// When the work was begun.
        started: Time,
        /// How long it took.
        seconds: i64,
        /// What was done.
        comment: String,
        /// Who may see it, where not everybody may.
        restriction: Option<Restriction>,
    },
    /// Attach a file.
    Attach {
        /// The partner's number.
        number: u64,
        /// The file.
        file: FileFacts,
    },
    /// Make a link, or take it away.
    Link(LinkChange),
}

/// What is to be done, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// The steps.
    pub steps: Vec<Step>,
    /// What the settings leave out, in sentences for people.
    pub notes: Vec<String>,
}

/// Why nothing, or not yet, is done by a message.
#[derive(Debug, thiserror::Error)]
pub enum Hurdle {
    /// The settings do not take it; trying again does not help: the partner is told.
    #[error("{0}")]
    NotTaken(String),
    /// Somebody has to do something first, such as map a value: the issue waits.
    #[error("{0}")]
    Error(String),
    /// The Jira could not be asked.
    #[error(transparent)]
    Fault(#[from] IssueFault),
}

/// The settings of a half under one version of the configuration.
pub trait Mapping {
    /// The version.
    fn version(&self) -> &ConfigVersion;

    /// Which parts of issues take part, in any direction.
    fn parts(&self) -> Parts;

    /// Which way a part goes.
    fn rule(&self, part: Part<'_>) -> PartRule;

    /// The field of this issue that has this alias, so that the engine can see who changed it last.
    fn field(&self, alias: &Alias, issue: &IssueState) -> Option<Field>;

    /// What is told of an issue; none where it does not take part (its type, the filter). An error keeps this issue back and no other.
    ///
    /// Only what this half tells is in it. The engine takes links to issues that are not synchronized out again. People may be told by
    /// what the Jira says of them (their addresses, their names), which is why it can be asked.
    fn tell(
        &self,
        issue: &IssueState,
        numbers: &mut dyn Numbers,
        jira: &mut dyn Lookup,
    ) -> Result<Option<ToldIssue>, Hurdle>;

    /// What is to be done in this side's Jira; `own` is none where the issue is to be made. What is as it is to be needs no step.
    fn receive(&self, news: &News, own: Option<&IssueState>, jira: &mut dyn Lookup) -> Result<Steps, Hurdle>;

    /// The field, and its value, in which this half keeps the key of the partner's issue, where it keeps it in a field.
    fn correlation(&self, partner: &IssueKey) -> Option<(Field, Value)>;
}

/// What was found in a sealed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What was sealed.
    pub plain: Vec<u8>,
    /// The fingerprint of the key of the partner that signed it: the pinned one, or the next one that it has announced. Before the
    /// partner's key is known there is none, and nothing but a handshake is believed.
    pub signer: Option<String>,
}

/// Why a sealed message was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    /// It is cut, or not whole yet.
    #[error("the message is not whole")]
    NotWhole,
    /// It is refused: wrong key, wrong signature, changed, too large.
    #[error("{0}")]
    Refused(String),
    /// The keys could not be read; it may work later.
    #[error("{0}")]
    Unavailable(String),
}

/// Encrypts and signs for the partner, opens and verifies what comes from it.
pub trait Seal {
    /// The message, sealed.
    fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, String>;
    /// What is in a sealed message.
    fn open(&mut self, sealed: &[u8]) -> Result<Opened, OpenFault>;
    /// The fingerprint of the own key.
    fn own(&self) -> String;
    /// The fingerprint of the partner's key; none before it is known.
    fn partner(&self) -> Option<String>;
    /// Takes the partner's key from its handshake, if the proof in it is right. In words, why not.
    fn introduced(&mut self, handshake: &Handshake) -> Result<(), String>;
    /// Whether a fingerprint is that of the own key, or of the one before it, for which messages may still be on their way.
    fn is_own(&self, fingerprint: &str) -> bool {
        self.own() == fingerprint
    }
    /// Remembers the next key of the partner's, from a message that the current one signed. Doing it twice is as doing it once.
    fn rotated(&mut self, public_key: &str) -> Result<(), String>;
    /// The partner has begun to sign with its next key: the former is worth nothing any more.
    fn settled(&mut self, fingerprint: &str) -> Result<(), String>;
    /// Takes the own next key, which the partner knows now. Doing it twice is as doing it once.
    fn changed(&mut self, fingerprint: &str) -> Result<(), String>;
}

/// Something that lies in a channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Finds it again in this channel.
    pub id: String,
    /// Whether it has been as it is for so long that it will not become more whole.
    pub settled: bool,
    /// Why it is refused unread, where the channel can tell by looking at it from outside.
    pub refused: Option<String>,
}

/// Something that this half has sent and that still lies where this half can take it away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lying {
    /// Its name, as [`crate::channel::MessageName`] writes it.
    pub name: String,
    /// Since when.
    pub since: Time,
}

/// What carries sealed messages to the partner and back. It may lose, double, reorder, delay and cut them.
pub trait Channel {
    /// Which one it is.
    fn kind(&self) -> ChannelKind;
    /// Hands a message over.
    fn send(&mut self, sealed: &[u8]) -> Result<(), ChannelFault>;
    /// What lies there, oldest first as far as that can be known. Looking changes nothing.
    fn received(&mut self) -> Result<Vec<Found>, ChannelFault>;
    /// The bytes of a message.
    fn read(&mut self, found: &Found) -> Result<Vec<u8>, ChannelFault>;
    /// The message has been taken over: it need not stay.
    fn take(&mut self, found: &Found) -> Result<(), ChannelFault>;
    /// The message is refused: it goes where people find it, with the reason.
    fn quarantine(&mut self, found: &Found, why: &str) -> Result<(), ChannelFault>;
    /// What was sent and still lies there.
    fn lying(&mut self) -> Vec<Lying> {
        Vec::new()
    }
    /// Takes away what was sent: the partner has it, or it is worth nothing any more.
    fn retire(&mut self, _name: &str) -> Result<(), ChannelFault> {
        Ok(())
    }
    /// The names of own messages that came back since the last time. Looks at what was listed last, and puts the reports away.
    fn returned(&mut self) -> Vec<String> {
        Vec::new()
    }
    /// The partner has said where it is reached on this channel.
    fn partner_at(&mut self, _address: &str) {}
}

/// Why a channel did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelFault {
    /// It is not there now (a missing folder, a server that does not answer); the next run tries again.
    #[error("{0}")]
    Unavailable(String),
    /// It cannot work as it is set up.
    #[error("{0}")]
    Wrong(String),
    /// It cannot send yet.
    #[error("the partner has not said yet where it is reached")]
    NoAddress,
}
