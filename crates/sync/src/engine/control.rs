//! Messages that are about the synchronization, and not about an issue.
//!
//! Invariant: doing one twice is as doing it once.

use std::collections::BTreeSet;

use super::apply::Trouble;
use super::{Engine, RunFault};
use crate::message::{Body, Configuration, Envelope, NewKey, Resync};
use crate::state::{ConfigRow, InRow, InState, PairState, Todo};
use crate::{IssueKey, Role, Time};

impl Engine<'_> {
    /// Does what a message asks for.
    pub(super) fn control(&mut self, message: &Envelope) -> Result<(), Trouble> {
        let now = self.options.now;
        match &message.body {
            Body::Configuration(configuration) => self.configuration(configuration)?,
            Body::Resync(resync) => self.resync_asked(resync)?,
            Body::Recover(recover) => self.table(recover)?,
            Body::Channel(channel) => self.announced(channel)?,
            Body::Key(key) => self.key(key)?,
            Body::Stop(stop) => {
                self.state.log(now, &format!("the partner has stopped: {}", stop.why))?;
                self.state.half_mut().partner_stopped = Some(stop.why.clone());
            }
            _ => (),
        }
        Ok(())
    }

    fn configuration(&mut self, configuration: &Configuration) -> Result<(), RunFault> {
        let version = &configuration.version;
        let half = self.state.half_mut();
        match (half.role, &configuration.published) {
            (Role::Slave, Some(published)) => {
                if half.config.as_ref().is_some_and(|current| current.number >= version.number) {
                    return Ok(());
                }
                half.config_next = Some(version.clone());
                let (version, message) = (version.clone(), configuration.message.clone());
                let row = ConfigRow { version, message, published: Some(published.clone()) };
                self.run.report.notes.push(format!(
                    "the master has published configuration {}: {}",
                    row.version.number, row.message
                ));
                self.state.put_config(&row)?;
            }
            (Role::Master, answer) if half.config.as_ref() == Some(version) => {
                half.config_next = None;
                // What the slave has declined is not told to it.
                half.declined = declined(answer.as_ref());
                self.run.report.notes.push(format!("the slave has adopted configuration {}", version.number));
            }
            _ => (),
        }
        Ok(())
    }

    fn resync_asked(&mut self, resync: &Resync) -> Result<(), RunFault> {
        for seq in &resync.skip {
            self.pass_over(*seq, "the partner will not send it any more")?;
        }
        if resync.all {
            self.state.put_todo_all()?;
        }
        for key in &resync.ask {
            self.tell_anew(key)?;
        }
        Ok(())
    }

    /// The issue is told whole by this run or the next.
    pub(super) fn tell_anew(&mut self, own: &IssueKey) -> Result<(), RunFault> {
        // What the partner did not take may be offered once more.
        if let Some(mut pair) = self.state.pair(own)?
            && pair.state == PairState::PartnerGone
            && pair.partner.is_none()
        {
            pair.state = PairState::Live;
            self.state.put_pair(&pair)?;
        }
        let todo = Todo { own: own.clone(), whole: true, why: None, tries: 0, due: Time(i64::MIN) };
        self.state.put_todo(&todo)?;
        Ok(())
    }

    /// A message of the partner's is passed over, whether it has come or not.
    pub(super) fn pass_over(&mut self, seq: u64, why: &str) -> Result<(), RunFault> {
        let now = self.options.now;
        let row = match self.state.inbox(seq)? {
            Some(row) if row.state >= InState::Done => return Ok(()),
            Some(row) => InRow { state: InState::Skipped, why: Some(why.to_owned()), ..row },
            None => {
                let row = InRow {
                    epoch: self.state.half().epoch,
                    seq,
                    hash: crate::message::Hash::default(),
                    issue: None,
                    kind: "skipped".to_owned(),
                    state: InState::Skipped,
                    received: now,
                    tries: 0,
                    due: Time(0),
                    why: Some(why.to_owned()),
                };
                self.state.put_in(&row, &[])?;
                row
            }
        };
        self.state.in_became(&row)?;
        let upto = self.state.half().upto;
        let above = self.state.in_above(upto, crate::exchange::MANY)?;
        let half = self.state.half_mut();
        half.upto = crate::exchange::reaches(upto, &above);
        half.refused.push((seq, format!("passed over: {why}")));
        half.ack_due = true;
        self.state.log(now, &format!("message {seq} is passed over: {why}"))?;
        Ok(())
    }

    /// The partner will sign with another key, or it knows the next one of this half.
    fn key(&mut self, key: &NewKey) -> Result<(), Trouble> {
        let now = self.options.now;
        if key.confirmed {
            let told = self.state.half_mut().told_key.take_if(|told| told.fingerprint == key.fingerprint);
            if told.is_none() {
                return Ok(());
            }
            // From now on everything is signed with it. A new epoch begins, so that nothing of before is missed.
            self.seal.changed(&key.fingerprint).map_err(RunFault::Seal)?;
            let what = format!("the partner knows the new key; {} is used from now on", key.fingerprint);
            self.state.log(now, &what)?;
            self.run.report.notes.push(what);
            return Ok(self.begin_recovery()?);
        }
        self.seal
            .rotated(&key.public_key)
            .map_err(|why| Trouble::Refuse(format!("the new key is refused: {why}")))?;
        self.state.log(now, &format!("the partner will sign with {}", key.fingerprint))?;
        let answer = NewKey { public_key: String::new(), confirmed: true, ..key.clone() };
        self.postman().post(Body::Key(answer), None, None)?;
        Ok(())
    }
}

impl Engine<'_> {
    /// The partner does not take the next key.
    pub(super) fn not_rotated(&mut self, why: &str) {
        if self.state.half_mut().told_key.take().is_some() {
            self.run.report.notes.push(format!("the partner does not take the new key: {why}"));
        }
    }
}

/// What an answer says that the slave does not want of a configuration.
fn declined(answer: Option<&serde_json::Value>) -> BTreeSet<String> {
    let list = answer.and_then(|answer| answer.get("declined")).and_then(|list| list.as_array());
    list.into_iter().flatten().filter_map(|own| own.as_str().map(str::to_owned)).collect()
}
