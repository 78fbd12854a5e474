//! What a half knows of itself and of the conversation: everything that is small.
//!
//! Invariant: it is written in the same transaction as whatever changed it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::message::{Acks, Limits, NewChannel, NewKey};
use crate::{ConfigVersion, Cursor, IssueKey, Role, SyncId, Time};

/// A half, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Half {
    /// The synchronization.
    pub sync_id: SyncId,
    /// Which half this is.
    pub role: Role,
    /// The name of the synchronization's user; fixed once set.
    pub user: String,
    /// Whether the connection test has passed.
    pub connected: bool,
    /// Whether people have started it.
    pub started: bool,
    /// Counts handshakes, changes of keys and recoveries.
    pub epoch: u32,
    /// The highest epoch that was ever heard of.
    pub epoch_heard: u32,
    /// The number of the next message.
    pub next_seq: u64,
    /// When the last message was written.
    pub created: Time,
    /// When the latest of the partner's was, by its clock.
    pub created_heard: Time,
    /// The next running number of own comments, worklogs and attachments.
    pub next_number: u64,
    /// The highest running number of the partner's that was heard.
    pub number_heard: u64,
    /// Messages of the partner's up to this number have been received.
    pub upto: u64,
    /// Messages of the partner's up to this number are finished.
    pub done: u64,
    /// Whether the partner is to be told what was received or done.
    pub ack_due: bool,
    /// Numbers of messages that were refused for good, with the reason: the last ones.
    pub refused: Vec<(u64, String)>,
    /// Issues that were made, to be told with the next messages.
    pub made: Vec<(u64, IssueKey)>,
    /// The last of those that were told: the message may have been lost, so they are told again.
    pub made_told: Vec<(u64, IssueKey)>,
    /// What the partner said last that it had received and done.
    pub acked: Acks,
    /// Since when numbers have been missing.
    pub gap_since: Option<Time>,
    /// When missing numbers are asked for (again).
    pub nack_due: Option<Time>,
    /// What the partner is to be told of its mistakes, once.
    pub complaint: Option<Complaint>,
    /// How far the changes of the project have been read.
    pub cursor: Cursor,
    /// Counts runs that changed something; kept in the instance, too, so that a restore of either shows.
    pub generation: u64,
    /// The generation that is being written to the instance.
    pub generation_next: Option<u64>,
    /// The issues on which the generation is kept.
    pub anchors: Vec<IssueKey>,
    /// The configuration under which this half works.
    pub config: Option<ConfigVersion>,
    /// The configuration that the slave is to adopt: at the master's, what it has published; at the slave's, what it has received.
    pub config_next: Option<ConfigVersion>,
    /// Why this half refuses to work until `recover`.
    pub alarm: Option<String>,
    /// How far a recovery is.
    pub recovery: Option<Recovery>,
    /// The last ping.
    pub ping: PingState,
    /// What the partner has said last of where it is reached, and whether this half is heard there.
    pub channel: Option<NewChannel>,
    /// The same of this half: what the partner was told.
    #[serde(default)]
    pub told_channel: Option<NewChannel>,
    /// The channel that is used, where another one than that with which the half was made.
    #[serde(default)]
    pub channel_used: Option<ChannelKind>,
    /// Where the partner is reached, by channel.
    #[serde(default)]
    pub partner_addresses: BTreeMap<ChannelKind, String>,
    /// What was wrong with a channel when it was used last.
    #[serde(default)]
    pub channel_troubles: BTreeMap<ChannelKind, String>,
    /// Messages that came back since the partner has received something.
    #[serde(default)]
    pub returned: Option<Returned>,
    /// The next key of this half, of which the partner was told.
    #[serde(default)]
    pub told_key: Option<NewKey>,
    /// Why the partner has stopped, where it has.
    pub partner_stopped: Option<String>,
    /// What the partner can take.
    pub limits: Limits,
    /// The id of the partner's Jira, by which licences are counted, as its handshake says it.
    #[serde(default)]
    pub partner_jira: Option<String>,
    /// Whether the partner's Jira has a licence of its own, as its handshake says it.
    #[serde(default)]
    pub partner_licensed: Option<bool>,
    /// At the master's: what the slave does not want of the configuration.
    #[serde(default)]
    pub declined: BTreeSet<String>,
    /// Since when nothing has been heard although messages were sent often enough.
    pub degraded: Option<Time>,
}

/// What the partner did wrong, so far as it can be told to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Complaint {
    /// This number came twice, with different words, or is asked for although it was received.
    Twice(u64),
    /// Its epoch is over.
    Older,
}

/// Messages that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// How many.
    pub count: u64,
    /// When the last one was found.
    pub at: Time,
}

/// How far a recovery is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Issues of this side that the partner's table has named.
    pub named: BTreeSet<IssueKey>,
    /// The highest running number of own things that was known when it began.
    pub known: u64,
}

/// The pings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PingState {
    /// The number of the last own one.
    pub number: u64,
    /// When it was sent.
    pub sent: Option<Time>,
    /// Whether an answer is awaited.
    pub waiting: bool,
    /// When the handshake was last sent.
    pub introduced: Option<Time>,
    /// The partner's ping that is to be answered.
    pub answer: Option<u64>,
    /// When the partner was last heard.
    pub heard: Option<Time>,
    /// By how much the partner's clock is ahead, in milliseconds, as far as the way of a message lets it be known.
    pub skew: Option<i64>,
}

impl Half {
    /// The channels by which it is reached: one, and while it is being switched the new one, too. `made_with` is that of its making.
    pub fn channels(&self, made_with: ChannelKind) -> Vec<ChannelKind> {
        let used = self.channel_used.unwrap_or(made_with);
        let told = self.told_channel.as_ref().and_then(|told| told.kind.parse().ok());
        [used].into_iter().chain(told.filter(|told| *told != used)).collect()
    }

    /// A half that has just been made.
    pub fn new(sync_id: SyncId, role: Role, user: &str) -> Self {
        Self {
            sync_id,
            role,
            user: user.to_owned(),
            connected: false,
            started: false,
            epoch: 1,
            epoch_heard: 1,
            next_seq: 1,
            created: Time(0),
            created_heard: Time(0),
            next_number: 1,
            number_heard: 0,
            upto: 0,
            done: 0,
            ack_due: false,
            refused: Vec::new(),
            made: Vec::new(),
            made_told: Vec::new(),
            acked: Acks::default(),
            gap_since: None,
            nack_due: None,
            complaint: None,
            cursor: Cursor::default(),
            generation: 0,
            generation_next: None,
            anchors: Vec::new(),
            config: None,
            config_next: None,
            alarm: None,
            recovery: None,
            ping: PingState::default(),
            channel: None,
            told_channel: None,
            channel_used: None,
            partner_addresses: BTreeMap::new(),
            channel_troubles: BTreeMap::new(),
            returned: None,
            told_key: None,
            partner_stopped: None,
            limits: Limits::default(),
            partner_jira: None,
            partner_licensed: None,
            declined: BTreeSet::new(),
            degraded: None,
        }
    }
}
