//! One run of a half: what was received is verified and done, what was changed is told, what is due is sent.
//!
//! Invariant: the intent is written, the Jira is called, the result is written, the partner is told: in this order, so that a run that is
//! killed anywhere can be begun again.

mod acts;
mod apply;
mod carry;
mod channels;
mod control;
mod detect;
mod dry;
mod guard;
mod merge;
mod numbers;
mod post;
mod receive;
mod recover;
mod steps;
mod tell;
mod weigh;

#[cfg(test)]
mod merge_tests;

use crate::channel::ChannelKind;
use crate::message::{Acks, Handshake};
use crate::state::{State, StateFault};
use crate::{
    Catalogue, Channel, ConfigVersion, Hurdle, IssueFault, IssueKey, IssueState, Issues, Lookup, Mapping,
    Numbers, Seal, Time, ToldIssue, UserFacts,
};

pub use acts::{ActFault, Decision};

/// The settings of a half, by version of the configuration.
pub trait Mappings {
    /// The settings under this version; none where they are no longer there, or not yet.
    fn of(&self, version: &ConfigVersion) -> Option<&dyn Mapping>;
}

/// What a run has to know beside its state.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time.
    pub now: Time,
    /// How long the partner may take for an answer before a message is sent again, in milliseconds; it doubles each time.
    pub interval: i64,
    /// How long a message may wait for another issue, in milliseconds.
    pub age_limit: i64,
    /// Whether all pairs are looked at, and not only those that the Jira names as changed. Only so a deleted issue shows.
    pub everything: bool,
    /// The slave's first words, until the connection test has passed.
    pub introduction: Option<Handshake>,
    /// How many messages share a transaction.
    pub batch: u32,
    /// The channel that the half was made with.
    pub channel: ChannelKind,
    /// Whether the settings forbid to switch it.
    pub channel_fixed: bool,
}

impl Options {
    /// The usual ones.
    pub fn at(now: Time) -> Self {
        Self {
            now,
            interval: 5 * 60 * 1000,
            age_limit: 24 * 60 * 60 * 1000,
            everything: false,
            introduction: None,
            batch: 500,
            channel: ChannelKind::File,
            channel_fixed: false,
        }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Messages that were received.
    pub received: u64,
    /// Messages that were refused, with the reason.
    pub quarantined: Vec<String>,
    /// Messages that were done.
    pub applied: u64,
    /// Messages that told of changes.
    pub told: u64,
    /// Messages that were sent, also again.
    pub sent: u64,
    /// Issues that are kept back, with the reason.
    pub errors: Vec<(IssueKey, String)>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// Why a run came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunFault {
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateFault),
    /// The Jira cannot be used at all.
    #[error(transparent)]
    Jira(#[from] IssueFault),
    /// One side was restored, or somebody plays false.
    #[error("{0}; nothing is sent or done until the pairs were compared: run `pcfg sync recover`")]
    Alarm(String),
    /// A message could not be sealed.
    #[error("a message could not be encrypted and signed: {0}")]
    Seal(String),
}

/// A half with all that it works with.
pub struct Engine<'a> {
    /// What it remembers.
    pub state: &'a mut State,
    /// Its Jira.
    pub issues: &'a mut dyn Issues,
    /// Its channels: one, or two while it is being switched. All of them are listened to, and get everything.
    pub channels: Vec<&'a mut dyn Channel>,
    /// Its keys.
    pub seal: &'a mut dyn Seal,
    /// Its settings.
    pub mappings: &'a dyn Mappings,
    /// The rest.
    pub options: Options,
    run: Current,
}

/// What one run keeps in mind.
#[derive(Default)]
struct Current {
    report: Report,
    catalogue: Option<Catalogue>,
    /// What the partner is told of what it sent; worked out once after something was received or done.
    acks: Option<Acks>,
    /// Whether the generation was counted up.
    touched: bool,
    /// Whether a message with acknowledgements was written.
    acknowledged: bool,
}

impl<'a> Engine<'a> {
    /// A half with all that it works with.
    pub fn new(
        state: &'a mut State,
        issues: &'a mut dyn Issues,
        channels: Vec<&'a mut dyn Channel>,
        seal: &'a mut dyn Seal,
        mappings: &'a dyn Mappings,
        options: Options,
    ) -> Self {
        Self { state, issues, channels, seal, mappings, options, run: Current::default() }
    }

    /// One run.
    pub fn run(&mut self) -> Result<Report, RunFault> {
        self.run = Current::default();
        let result = self.all();
        if result.is_err() {
            self.state.roll_back()?;
        }
        result.map(|()| std::mem::take(&mut self.run.report))
    }

    /// What a run would do: the messages that wait are opened and done, what was changed is told, and all of it is forgotten again.
    /// Nothing is written anywhere, and nothing is taken out of a channel.
    pub fn simulate(&mut self) -> Result<Report, RunFault> {
        dry::simulate(self)
    }

    /// What these settings tell of an issue.
    fn told_of(
        &mut self,
        mapping: &dyn Mapping,
        own: &IssueState,
        numbers: &mut dyn Numbers,
    ) -> Result<Option<ToldIssue>, Hurdle> {
        let mut asking = Asking { issues: self.issues, catalogue: &mut self.run.catalogue };
        mapping.tell(own, numbers, &mut asking)
    }

    fn all(&mut self) -> Result<(), RunFault> {
        self.guard()?;
        self.receive()?;
        self.apply()?;
        if let Some(why) = self.state.half().alarm.clone() {
            self.complain()?;
            self.state.commit()?;
            return Err(RunFault::Alarm(why));
        }
        self.detect()?;
        self.anchor()?;
        self.send()?;
        Ok(())
    }
}

/// Asks a Jira what a mapping wants to know.
struct Asking<'a> {
    issues: &'a mut dyn Issues,
    catalogue: &'a mut Option<Catalogue>,
}

impl Lookup for Asking<'_> {
    fn catalogue(&mut self) -> Result<&Catalogue, IssueFault> {
        if self.catalogue.is_none() || self.issues.has_learned() {
            *self.catalogue = Some(self.issues.catalogue()?);
        }
        Ok(self.catalogue.as_ref().expect("it was just asked for"))
    }

    fn users(&mut self, names: &[String]) -> Result<Vec<UserFacts>, IssueFault> {
        self.issues.users(names)
    }

    fn user_by_email(&mut self, email: &str) -> Result<Option<UserFacts>, IssueFault> {
        self.issues.user_by_email(email)
    }
}
