//! What people do with a half.
//!
//! Invariant: an act is one transaction; the next run carries it out.

use std::collections::BTreeSet;

use super::merge::after;
use super::{Engine, RunFault};
use crate::lifecycle::Status;
use crate::message::{Body, Change, Configuration, Known, KnownChange, NewKey, Resync, Stop};
use crate::state::{ConfigRow, Pair, PairState, Register, StateFault, Todo};
use crate::{Alias, ConfigVersion, IssueFault, IssueKey, Parts, Role, Time};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum ActFault {
    /// It is not the time for it, or not this half's to do.
    #[error("{0}")]
    Refused(String),
    /// A run would fail so, too.
    #[error(transparent)]
    Run(#[from] RunFault),
}

impl From<StateFault> for ActFault {
    fn from(fault: StateFault) -> Self {
        Self::Run(fault.into())
    }
}

impl From<IssueFault> for ActFault {
    fn from(fault: IssueFault) -> Self {
        Self::Run(fault.into())
    }
}

/// Whose value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This side's.
    Mine,
    /// The partner's.
    Theirs,
}

fn refused<T>(why: impl Into<String>) -> Result<T, ActFault> {
    Err(ActFault::Refused(why.into()))
}

impl Engine<'_> {
    /// Starts the half.
    pub fn start(&mut self) -> Result<(), ActFault> {
        let half = self.state.half_mut();
        if !half.connected {
            return refused("the connection test has not passed; run `pcfg sync run --once` on both sides");
        }
        if half.config.is_none() {
            return refused(match half.role {
                Role::Master => {
                    "there is no configuration yet; publish one with `pcfg sync publish -m \"…\"`"
                }
                Role::Slave => "there is no configuration yet; adopt the master's with `pcfg sync adopt`",
            });
        }
        half.started = true;
        self.noted("started")
    }

    /// Stops the half; the partner is told why.
    pub fn stop(&mut self, why: &str) -> Result<(), ActFault> {
        self.state.half_mut().started = false;
        if self.state.half().connected && self.state.half().alarm.is_none() {
            self.postman().post(Body::Stop(Stop { why: why.to_owned() }), None, None)?;
        }
        self.noted(&format!("stopped: {why}"))
    }

    /// Publishes a configuration, with what the slave's people are told about it.
    pub fn publish(
        &mut self,
        hash: &str,
        published: serde_json::Value,
        message: &str,
    ) -> Result<ConfigVersion, ActFault> {
        let half = self.state.half();
        if half.role != Role::Master {
            return refused("only the master publishes; the slave adopts with `pcfg sync adopt`");
        }
        if !half.connected {
            return refused("the connection test has not passed; run `pcfg sync run --once` on both sides");
        }
        if message.trim().is_empty() {
            return refused("the slave's people must be told what has changed: `pcfg sync publish -m \"…\"`");
        }
        let number = half.config.as_ref().map_or(1, |config| config.number + 1);
        let version = ConfigVersion { number, hash: hash.to_owned() };
        let row = ConfigRow {
            version: version.clone(),
            message: message.to_owned(),
            published: Some(published.clone()),
        };
        self.state.put_config(&row)?;
        let half = self.state.half_mut();
        (half.config, half.config_next) = (Some(version.clone()), Some(version.clone()));
        let body = Configuration {
            version: version.clone(),
            message: message.to_owned(),
            published: Some(published),
        };
        self.postman().post(Body::Configuration(Box::new(body)), None, None)?;
        self.all_again()?;
        self.noted(&format!("configuration {number} is published: {message}"))?;
        Ok(version)
    }

    /// Works under the configuration that the master has published.
    ///
    /// The master is told what is declined of it. A version that was adopted can be adopted anew, under other settings.
    pub fn adopt(&mut self, message: &str, declined: &BTreeSet<String>) -> Result<ConfigVersion, ActFault> {
        let half = self.state.half();
        let version = half.config_next.clone().or_else(|| half.config.clone());
        let Some(version) = version.filter(|_| self.is_slave()) else {
            return refused("there is nothing to adopt");
        };
        let half = self.state.half_mut();
        half.config_next = None;
        half.config = Some(version.clone());
        let published = (!declined.is_empty()).then(|| serde_json::json!({ "declined": declined }));
        let body = Configuration { version: version.clone(), message: message.to_owned(), published };
        self.postman().post(Body::Configuration(Box::new(body)), None, None)?;
        self.all_again()?;
        self.noted(&format!("configuration {} is adopted", version.number))?;
        Ok(version)
    }

    fn is_slave(&self) -> bool {
        self.state.half().role == Role::Slave
    }

    /// A new configuration may let more through: every issue is looked at once more.
    fn all_again(&mut self) -> Result<(), ActFault> {
        self.state.half_mut().cursor = crate::Cursor::default();
        self.state.retry_all()?;
        Ok(())
    }

    /// What is kept back is tried by the next run.
    pub fn retry(&mut self) -> Result<(), ActFault> {
        self.state.retry_all()?;
        self.noted("what was kept back is tried again")
    }

    /// Passes over a message of the partner's. The issue is told anew by the partner, so that nothing is lost for good.
    pub fn skip(&mut self, seq: u64, why: &str) -> Result<(), ActFault> {
        if why.trim().is_empty() {
            return refused("say why: `pcfg sync skip --seq N --reason \"…\"`");
        }
        let highest = self.state.in_above(self.state.half().upto, u32::MAX)?.last().map(|(seq, _)| *seq);
        if seq > highest.unwrap_or(0).max(self.state.half().upto) {
            return refused(format!("nothing is known of a message {seq}"));
        }
        let missing = self.state.inbox(seq)?.is_none();
        self.pass_over(seq, why)?;
        if missing {
            // Nobody knows which issue it was about.
            let ask = Resync { all: true, ..Resync::default() };
            self.postman().post(Body::Resync(ask), None, None)?;
        }
        self.noted(&format!("skipped message {seq}"))
    }

    /// Keeps two issues in step that are there already.
    pub fn pair(&mut self, own: &IssueKey, partner: &IssueKey) -> Result<(), ActFault> {
        if self.state.pair(own)?.is_some_and(|pair| pair.state == PairState::Live && pair.partner.is_some()) {
            return refused(format!(
                "{own} is kept in step with another issue; run `pcfg sync unlink {own}` first"
            ));
        }
        if self.state.pair_of(partner)?.is_some() {
            return refused(format!("the partner's {partner} is kept in step with another issue"));
        }
        let Some(issue) = self.issues.read(own, Parts::default())? else {
            return refused(format!("issue {own} is not there"));
        };
        let kind = "new".parse().expect("an alias");
        let mut pair =
            Pair::new(own.clone(), Some(partner.clone()), kind, self.state.half().role, issue.created.at);
        pair.own_made = Some(issue.created.at);
        self.state.put_pair(&pair)?;
        self.tell_anew(own)?;
        self.noted(&format!("{own} is paired with {partner}"))
    }

    /// Keeps two issues in step no longer; both stay as they are.
    pub fn unlink(&mut self, own: &IssueKey) -> Result<(), ActFault> {
        let Some(mut pair) = self.state.pair(own)? else {
            return refused(format!("{own} is not kept in step with another issue"));
        };
        let config = self.state.half().config.clone();
        if let Some(config) = config.filter(|_| self.state.half().alarm.is_none()) {
            self.postman().post(Body::Remove, Some(&mut pair), Some(&config))?;
        }
        pair.state = PairState::PartnerGone;
        self.state.put_pair(&pair)?;
        self.noted(&format!("{own} is not kept in step any more"))
    }

    /// Tells these issues whole, and asks the partner for its side of them; without any: all.
    pub fn resync(&mut self, issues: &[IssueKey]) -> Result<(), ActFault> {
        let mut ask = Resync { all: issues.is_empty(), ..Resync::default() };
        if issues.is_empty() {
            self.state.put_todo_all()?;
            self.state.half_mut().cursor = crate::Cursor::default();
        }
        for own in issues {
            self.tell_anew(own)?;
            ask.ask.extend(self.state.pair(own)?.and_then(|pair| pair.partner));
        }
        self.postman().post(Body::Resync(ask), None, None)?;
        self.noted("issues are told anew")
    }

    /// Decides a conflict. `part` is `status` or `field ALIAS`.
    pub fn decide(&mut self, own: &IssueKey, part: &str, decision: Decision) -> Result<(), ActFault> {
        let parked = self.state.parked()?.into_iter().find(|it| it.own == *own && it.part == part);
        let (Some(parked), Some(mut pair)) = (parked, self.state.pair(own)?) else {
            return refused(format!("nothing waits for a decision about {part} of {own}"));
        };
        let damaged = |error: serde_json::Error| StateFault::Damaged(error.to_string());
        let mut theirs_stand = Change::default();
        if part == "status" {
            let theirs: Known<_> = serde_json::from_str(&parked.theirs).map_err(damaged)?;
            theirs_stand.status = Some(confirmed(&theirs, self.state.half().role));
            pair.status = Some(Register { known: theirs, own: None });
        } else if let Some(alias) = part.strip_prefix("field ").and_then(|alias| alias.parse::<Alias>().ok())
        {
            let theirs: Known<_> = serde_json::from_str(&parked.theirs).map_err(damaged)?;
            theirs_stand.fields.insert(alias.clone(), confirmed(&theirs, self.state.half().role));
            pair.fields.insert(alias, Register { known: theirs, own: None });
        }
        self.state.drop_parked(own, part)?;
        match decision {
            // What both know is the partner's value now; the next look finds this side's, and tells it as made over that.
            Decision::Mine => {
                self.state.put_pair(&pair)?;
                let (own, due) = (own.clone(), Time(i64::MIN));
                self.state.put_todo(&Todo { own, whole: false, why: None, tries: 0, due })?;
            }
            Decision::Theirs => self.write_theirs(pair, theirs_stand)?,
        }
        self.noted(&format!("{part} of {own} is decided"))
    }

    /// Writes the partner's values, and says that they stand.
    fn write_theirs(&mut self, mut pair: Pair, change: Change) -> Result<(), ActFault> {
        let mappings = self.mappings;
        let config = self.state.half().config.clone();
        let Some(mapping) = config.as_ref().and_then(|config| mappings.of(config)) else {
            return refused("the settings are not there; run `pcfg sync check`");
        };
        self.touch()?;
        self.settle(&change, &mut pair, mapping)?;
        for (alias, change) in &change.fields {
            let own = pair.fields.get(alias).and_then(|register| register.own.clone());
            pair.fields.insert(alias.clone(), Register { known: change.now.clone(), own });
        }
        if let Some(change) = &change.status {
            pair.status = Some(Register { known: change.now.clone(), own: None });
        }
        self.postman().post(Body::Issue(Box::new(change)), Some(&mut pair), config.as_ref())?;
        self.state.put_pair(&pair)?;
        Ok(())
    }

    /// Tells the partner of a new key of this half. The message is sealed with the old one; the new one is used once the partner has
    /// confirmed it, in a new epoch.
    pub fn rotate(&mut self, public_key: &str, fingerprint: &str) -> Result<(), ActFault> {
        let key = NewKey {
            public_key: public_key.to_owned(),
            fingerprint: fingerprint.to_owned(),
            confirmed: false,
        };
        if matches!(self.state.half().status(), Status::Handshake | Status::Recovery) {
            return refused(
                "the two halves do not know each other yet, or one side was restored: see `pcfg sync status`",
            );
        }
        self.state.half_mut().told_key = Some(key.clone());
        self.postman().post(Body::Key(key), None, None)?;
        self.noted("the partner is told of a new key")
    }

    /// Asks whether the partner is there.
    pub fn ask(&mut self) -> Result<(), ActFault> {
        let ping = &mut self.state.half_mut().ping;
        (ping.waiting, ping.sent) = (true, None);
        self.noted("asks whether the partner is there")
    }

    /// Begins a new epoch after one side was restored: the pairs are compared, and what differs is told anew.
    pub fn recover(&mut self) -> Result<(), ActFault> {
        if self.state.half().status() == Status::Handshake {
            return refused("the two halves have not met yet; there is nothing to recover");
        }
        self.begin_recovery()?;
        self.noted("a recovery has begun")
    }

    pub(super) fn noted(&mut self, what: &str) -> Result<(), ActFault> {
        self.state.log(self.options.now, what)?;
        self.state.commit()?;
        Ok(())
    }
}

/// The partner's value, said by this side to stand.
fn confirmed<T: Clone + serde::Serialize>(theirs: &Known<T>, by: Role) -> KnownChange<T> {
    let now = Known { value: theirs.value.clone(), at: after(theirs.at, Some(theirs)), by };
    KnownChange { now, before: Some(theirs.hash()) }
}
