//! Received messages are done, in order; an issue in error holds back only itself.
//!
//! Invariant: a message is marked as begun in a transaction before the Jira is called, and its result is kept in the one after; what
//! was begun and has no result is looked for in the Jira before it is done again.

use std::collections::BTreeSet;

use super::{Engine, RunFault};
use crate::exchange::patience;
use crate::message::{Body, Envelope, Resync, read};
use crate::state::{InRow, InState, StateFault};
use crate::{ConfigVersion, Hurdle, IssueFault, Mapping, Time};

/// How many reasons for refusals are told again.
const REFUSALS: usize = 50;

/// Why a message is not done.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Something has to come first.
    Wait(String),
    /// Somebody has to do something.
    Error(String),
    /// It will never be done.
    Refuse(String),
    /// It may work later; whether something was done is not known.
    Later(String),
    /// The run is over.
    Fatal(RunFault),
}

impl From<IssueFault> for Trouble {
    fn from(fault: IssueFault) -> Self {
        let why = fault.to_string();
        match fault {
            IssueFault::NoIssue(_) => Self::Refuse(format!("{why}: it was deleted")),
            IssueFault::Missing { .. } | IssueFault::Refused { .. } | IssueFault::Forbidden { .. } => {
                Self::Error(why)
            }
            IssueFault::Changed(_) | IssueFault::Unavailable { .. } | IssueFault::Io(_) => Self::Later(why),
        }
    }
}

impl From<Hurdle> for Trouble {
    fn from(hurdle: Hurdle) -> Self {
        match hurdle {
            Hurdle::NotTaken(why) => Self::Refuse(why),
            Hurdle::Error(why) => Self::Error(why),
            Hurdle::Fault(fault) => fault.into(),
        }
    }
}

impl From<RunFault> for Trouble {
    fn from(fault: RunFault) -> Self {
        Self::Fatal(fault)
    }
}

impl From<StateFault> for Trouble {
    fn from(fault: StateFault) -> Self {
        Self::Fatal(fault.into())
    }
}

impl<'a> Engine<'a> {
    /// Does what was received.
    pub(super) fn apply(&mut self) -> Result<(), RunFault> {
        let mut blocked = BTreeSet::new();
        let mut after = 0;
        loop {
            let rows = self.state.in_open(after, self.options.batch)?;
            let Some(last) = rows.last() else { break };
            after = last.seq;
            let epoch = self.state.half().epoch;
            let upto = self.state.half().upto;
            let rows: Vec<InRow> = rows.into_iter().take_while(|row| row.seq <= upto).collect();
            if rows.is_empty() {
                break;
            }
            self.apply_batch(rows, &mut blocked)?;
            if self.state.half().epoch != epoch {
                // A recovery has begun: what waited is no more.
                break;
            }
        }
        let half = self.state.half();
        let upto = half.upto;
        let open = self.state.in_open(half.done, 1)?.first().map(|row| row.seq);
        let done = open.map_or(upto, |seq| upto.min(seq - 1));
        if done != self.state.half().done {
            let half = self.state.half_mut();
            (half.done, half.ack_due) = (done, true);
        }
        self.run.acks = None;
        self.state.commit()?;
        Ok(())
    }

    fn apply_batch(&mut self, rows: Vec<InRow>, blocked: &mut BTreeSet<String>) -> Result<(), RunFault> {
        let (now, may_apply) = (self.options.now, self.state.half().may_apply());
        let mut begun = Vec::new();
        for mut row in rows {
            let data = row.issue.is_some();
            let waits =
                data && (!may_apply || row.issue.as_ref().is_some_and(|issue| blocked.contains(issue)));
            if waits || row.due > now {
                // What waits for the other end of a link holds nobody up.
                if row.kind != "link" {
                    blocked.extend(row.issue);
                }
                continue;
            }
            let was = (row.state, row.why.clone());
            let again = row.state == InState::Applying;
            if data && !again {
                row.state = InState::Applying;
                self.state.in_became(&row)?;
            }
            begun.push((row, again, was));
        }
        if begun.iter().any(|(row, ..)| row.issue.is_some()) {
            self.touch()?;
        }
        self.state.commit()?;
        if begun.is_empty() {
            return Ok(());
        }
        self.state.begin()?;
        self.issues.begin()?;
        for (row, again, was) in begun {
            if row.issue.as_ref().is_some_and(|issue| blocked.contains(issue)) {
                // It was marked, and nothing of it was done.
                self.state.in_became(&InRow { state: InState::New, ..row })?;
                continue;
            }
            let link = row.kind == "link";
            let issue = row.issue.clone();
            let epoch = self.state.half().epoch;
            if !self.one(row, again, &was)? && !link {
                blocked.extend(issue);
            }
            if self.state.half().epoch != epoch {
                break;
            }
        }
        self.issues.commit()?;
        self.state.commit()?;
        Ok(())
    }

    /// Does one message; whether it is finished.
    fn one(
        &mut self,
        mut row: InRow,
        again: bool,
        was: &(InState, Option<String>),
    ) -> Result<bool, RunFault> {
        let Some(plain) = self.state.plain(row.seq)? else {
            row.state = InState::Done;
            self.state.in_became(&row)?;
            return Ok(true);
        };
        let result = match read(&plain, usize::MAX) {
            Ok(message) if message.body.is_data() => self.data(&message, &row, again),
            Ok(message) => self.control(&message),
            Err(fault) => Err(Trouble::Refuse(fault.to_string())),
        };
        let epoch = self.state.half().epoch;
        if row.epoch != epoch {
            return Ok(true);
        }
        let now = self.options.now;
        let tries = row.tries + 1;
        let later = Time(now.0.saturating_add(patience(tries, self.options.interval)));
        (row.state, row.why, row.due) = match result {
            Ok(()) => (InState::Done, None, Time(0)),
            Err(Trouble::Wait(why)) if now.0 > row.received.0.saturating_add(self.options.age_limit) => {
                (InState::Error, Some(why), later)
            }
            // Waiting costs little, and ends when something else was done in this run or the next.
            Err(Trouble::Wait(why)) => (InState::Waiting, Some(why), Time(i64::MIN)),
            Err(Trouble::Error(why)) => (InState::Error, Some(why), later),
            Err(Trouble::Refuse(why)) => (InState::Refused, Some(why), Time(0)),
            Err(Trouble::Later(why)) => (InState::Applying, Some(why), later),
            Err(Trouble::Fatal(fault)) => return Err(fault),
        };
        if row.state != InState::Waiting {
            row.tries = tries;
        }
        self.state.in_became(&row)?;
        let finished = row.state >= InState::Done;
        match row.state {
            InState::Done => self.run.report.applied += 1,
            InState::Refused => {
                let why = row.why.clone().unwrap_or_default();
                self.run.report.notes.push(format!("message {} is refused: {why}", row.seq));
                let refused = &mut self.state.half_mut().refused;
                refused.push((row.seq, why));
                if refused.len() > REFUSALS {
                    refused.remove(0);
                }
            }
            _ => {
                if let (Some(issue), Some(why)) = (&row.issue, &row.why) {
                    self.run.report.errors.push((crate::IssueKey(issue.clone()), why.clone()));
                }
            }
        }
        // What fails again as before is told once.
        self.state.half_mut().ack_due |= row.state != InState::Waiting && *was != (row.state, row.why);
        Ok(finished)
    }

    /// Does a message that tells of an issue.
    fn data(&mut self, message: &Envelope, row: &InRow, again: bool) -> Result<(), Trouble> {
        let mapping = self.mapping_of(message)?;
        let pair = self.pair_of(message)?;
        match &message.body {
            Body::Issue(change)
            | Body::Comment(change)
            | Body::Worklog(change)
            | Body::Manifest(change)
            | Body::Link(change) => self.change(message, change, pair, mapping, row, again),
            Body::Part(part) => self.part(part, pair, row, again),
            _ => self.removed(pair),
        }
    }

    /// The settings under which a message was made: it is never done under others.
    fn mapping_of(&mut self, message: &Envelope) -> Result<&'a dyn Mapping, Trouble> {
        let mappings = self.mappings;
        let made = message.config.clone().unwrap_or(ConfigVersion { number: 0, hash: String::new() });
        let current = self.state.half().config.clone();
        if let Some(mapping) = mappings.of(&made).filter(|_| current.as_ref() >= Some(&made)) {
            return Ok(mapping);
        }
        let number = made.number;
        if current.is_none_or(|current| current.number <= number) {
            return Err(Trouble::Wait(format!(
                "it was made under configuration {number}, which is not in use here"
            )));
        }
        // It can never be done as it was meant; the partner tells the issue anew under the configuration of now.
        let ask = Resync { ask: message.issue.iter().cloned().collect(), ..Resync::default() };
        self.postman().post(Body::Resync(ask), None, None)?;
        Err(Trouble::Refuse(format!("it was made under configuration {number}, which is no longer here")))
    }
}
