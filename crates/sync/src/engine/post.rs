//! Messages are written, sealed and kept until the partner has them; what is due is handed to the channel.
//!
//! Invariant: a message with a number is kept in the transaction that gives the number out.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Current, Engine, Options, RunFault};
use crate::exchange::{MANY, TRIES, missing, patience};
use crate::message::{Acks, Body, Envelope, Hash, Nack, PROTOCOL, PartBytes, Ping, write};
use crate::state::{Complaint, InState, OutRow, OutState, Pair, State};
use crate::{ConfigVersion, Seal, Time};

/// The largest part of an attachment, in bytes.
const PART: u64 = 2 * 1024 * 1024;

/// Writes and seals messages.
pub(super) struct Postman<'b> {
    state: &'b mut State,
    seal: &'b mut dyn Seal,
    options: &'b Options,
    run: &'b mut Current,
}

impl Postman<'_> {
    /// Keeps a message with a number; about this pair, if it is about one, and under this configuration.
    pub(super) fn post(
        &mut self,
        body: Body,
        pair: Option<&mut Pair>,
        config: Option<&ConfigVersion>,
    ) -> Result<u64, RunFault> {
        let now = self.options.now;
        let seq = self.state.half().next_seq;
        self.state.half_mut().next_seq += 1;
        let (mut issue, mut yours, mut issue_seq) = (None, None, 0);
        if let Some(pair) = pair {
            pair.sent += 1;
            pair.sent_at = Some(now);
            (issue, yours, issue_seq) = (Some(pair.own.clone()), pair.partner.clone(), pair.sent);
        }
        let key = issue.as_ref().map(|key| key.0.clone());
        let mut message = self.envelope(Some(seq), body)?;
        (message.issue, message.yours, message.issue_seq) = (issue, yours, issue_seq);
        message.config = config.cloned();
        let plain = write(&message);
        let sealed = self.seal.seal(&plain).map_err(RunFault::Seal)?;
        let row = OutRow {
            epoch: message.epoch,
            seq,
            issue: key,
            kind: message.body.kind().to_owned(),
            hash: Hash::of(&plain),
            state: OutState::Waiting,
            created: now,
            tries: 0,
            due: Some(Time(i64::MIN)),
            why: None,
        };
        self.state.put_out(&row, &sealed)?;
        self.run.report.told += 1;
        Ok(seq)
    }

    fn envelope(&mut self, seq: Option<u64>, body: Body) -> Result<Envelope, RunFault> {
        if self.run.acks.is_none() {
            self.run.acks = Some(acks(self.state)?);
        }
        let mut acks = self.run.acks.clone().unwrap_or_default();
        let now = self.options.now;
        let half = self.state.half_mut();
        let made = half.made.len().min(MANY as usize);
        let told = &mut half.made_told;
        told.extend(half.made.drain(..made));
        told.drain(..told.len().saturating_sub(MANY as usize));
        acks.made.clone_from(told);
        half.created = Time(now.0.max(half.created.0 + 1));
        self.run.acknowledged = half.made.is_empty();
        Ok(Envelope {
            v: PROTOCOL,
            sync_id: half.sync_id,
            epoch: half.epoch,
            dir: half.role,
            seq,
            issue: None,
            yours: None,
            issue_seq: 0,
            created: half.created,
            from: self.seal.own(),
            to: self.seal.partner().unwrap_or_default(),
            config: None,
            acks,
            body,
        })
    }

    /// A message without a number, sealed.
    fn note(&mut self, body: Body) -> Result<Vec<u8>, RunFault> {
        let message = self.envelope(None, body)?;
        self.seal.seal(&write(&message)).map_err(RunFault::Seal)
    }
}

/// What the partner is told of what it sent.
fn acks(state: &State) -> Result<Acks, RunFault> {
    let half = state.half();
    let open = state.in_open(half.done, MANY)?.into_iter().filter(|row| row.seq <= half.upto);
    let told = |row: crate::state::InRow| {
        let why = row.why.filter(|_| row.state == InState::Error);
        (row.seq, why)
    };
    Ok(Acks {
        upto: half.upto,
        hash: if half.upto == 0 { None } else { state.inbox(half.upto)?.map(|row| row.hash) },
        also: state.in_above(half.upto, MANY)?,
        done: half.done,
        open: open.map(told).collect(),
        refused: half.refused.clone(),
        made: Vec::new(),
    })
}

/// Cuts the bytes of an attachment into messages as they come.
pub(super) struct Parts<'b, 'p> {
    postman: Postman<'b>,
    pair: &'p mut Pair,
    config: &'p ConfigVersion,
    number: u64,
    next: u32,
    of: u32,
    size: usize,
    bytes: Vec<u8>,
    fault: Option<RunFault>,
}

impl<'b, 'p> Parts<'b, 'p> {
    pub(super) fn new(
        postman: Postman<'b>,
        pair: &'p mut Pair,
        config: &'p ConfigVersion,
        number: u64,
        size: u64,
    ) -> Self {
        let part = (postman.state.half().limits.max_message / 2).clamp(1, PART);
        let of = u32::try_from(size.div_ceil(part).max(1)).unwrap_or(u32::MAX);
        let size = usize::try_from(part).unwrap_or(usize::MAX);
        Self { postman, pair, config, number, next: 0, of, size, bytes: Vec::new(), fault: None }
    }

    fn send(&mut self) -> Result<(), RunFault> {
        let bytes = BASE64.encode(&self.bytes);
        self.bytes.clear();
        let part = PartBytes { number: self.number, part: self.next, of: self.of, bytes };
        self.next += 1;
        self.postman.post(Body::Part(part), Some(self.pair), Some(self.config))?;
        Ok(())
    }

    /// The last part is sent, too. The error says that there were more or fewer bytes than were told.
    pub(super) fn finish(mut self) -> Result<(), RunFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.next < self.of {
            self.send()?;
        }
        if self.next == self.of {
            return Ok(());
        }
        let why = format!("an attachment of {} has not as many bytes as its Jira said", self.pair.own);
        Err(RunFault::Jira(crate::IssueFault::Unavailable { why }))
    }
}

impl Write for Parts<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full part is sent when more comes, so that the last one is never empty without need.
        if self.bytes.len() == self.size
            && let Err(fault) = self.send()
        {
            self.fault = Some(fault);
            return Err(io::Error::other("a part of an attachment could not be kept"));
        }
        let many = bytes.len().min(self.size - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..many]);
        Ok(many)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Engine<'_> {
    pub(super) fn postman(&mut self) -> Postman<'_> {
        Postman { state: self.state, seal: self.seal, options: &self.options, run: &mut self.run }
    }

    /// A writer that makes messages of the bytes of an attachment, beside the Jira that they come from.
    pub(super) fn parts<'b, 'p>(
        &'b mut self,
        pair: &'p mut Pair,
        config: &'p ConfigVersion,
        number: u64,
        size: u64,
    ) -> (Parts<'b, 'p>, &'b mut dyn crate::Issues) {
        let postman =
            Postman { state: self.state, seal: self.seal, options: &self.options, run: &mut self.run };
        (Parts::new(postman, pair, config, number, size), self.issues)
    }

    /// Hands to the channel what is due, asks for what is missing, and acknowledges.
    pub(super) fn send(&mut self) -> Result<(), RunFault> {
        self.tidy()?;
        self.state.commit()?;
        self.introduce()?;
        self.send_due()?;
        self.complain()?;
        if self.state.half().ack_due && !self.run.acknowledged {
            while self.state.half().ack_due {
                if !self.say(Body::Ack)? {
                    break;
                }
                self.state.half_mut().ack_due = !self.run.acknowledged;
            }
        }
        if self.run.acknowledged {
            self.state.half_mut().ack_due = false;
        }
        self.state.commit()?;
        Ok(())
    }

    /// Says something without a number; whether the channel took it.
    fn say(&mut self, body: Body) -> Result<bool, RunFault> {
        let sealed = self.postman().note(body)?;
        // When it was written must be lasting before it is out: a later one must never seem older.
        self.state.commit()?;
        let sent = self.hand_over(&sealed);
        self.run.report.sent += u64::from(sent);
        Ok(sent)
    }

    fn send_due(&mut self) -> Result<(), RunFault> {
        if self.seal.partner().is_none() {
            return Ok(());
        }
        let now = self.options.now;
        loop {
            let rows = self.state.out_due(now, self.options.batch)?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                let Some(sealed) = self.state.sealed(row.seq)? else { continue };
                if !self.hand_over(&sealed) {
                    self.state.commit()?;
                    return Ok(());
                }
                self.run.report.sent += 1;
                let tries = row.tries + 1;
                let wait = patience(tries, self.options.interval);
                self.state.out_sent(row.seq, Some(Time(now.0.saturating_add(wait.max(1)))))?;
                if tries >= TRIES && self.state.half().degraded.is_none() {
                    self.state.half_mut().degraded = Some(now);
                }
            }
            self.state.commit()?;
        }
    }

    /// Until the connection test has passed: the slave says who it is, the master asks whether it is heard.
    fn introduce(&mut self) -> Result<(), RunFault> {
        let now = self.options.now;
        let half = self.state.half();
        let interval = self.options.interval;
        let due = |since: Option<Time>| since.is_none_or(|since| now.0 >= since.0.saturating_add(interval));
        let (connected, role, mut ping) = (half.connected, half.role, half.ping.clone());
        // The partner may have said what has become of a message, and it was lost.
        let silent =
            ping.heard.is_some_and(|heard| now.0 >= heard.0.saturating_add(interval.saturating_mul(8)));
        ping.waiting |= connected && silent && self.state.out_unanswered()?;
        if !connected
            && role == crate::Role::Slave
            && due(ping.introduced)
            && let Some(handshake) = self.options.introduction.clone()
            && self.say(Body::Handshake(Box::new(handshake)))?
        {
            self.state.half_mut().ping.introduced = Some(now);
        }
        if self.seal.partner().is_none() {
            return Ok(());
        }
        if let Some(answer) = ping.answer {
            let number = ping.number;
            if self.say(Body::Ping(self.ping(number, Some(answer))))? {
                self.state.half_mut().ping.answer = None;
            }
        }
        if (ping.waiting || (!connected && role == crate::Role::Master)) && due(ping.sent) {
            let number = ping.number + 1;
            if self.say(Body::Ping(self.ping(number, None)))? {
                let ping = &mut self.state.half_mut().ping;
                (ping.number, ping.sent, ping.waiting) = (number, Some(now), true);
            }
        }
        self.state.commit()?;
        Ok(())
    }

    fn ping(&self, number: u64, answers: Option<u64>) -> Ping {
        let limits = crate::message::Limits::default();
        Ping { number, answers, clock: self.options.now, min: PROTOCOL, max: PROTOCOL, limits }
    }

    /// Tells the partner what is missing and what cannot be.
    pub(super) fn complain(&mut self) -> Result<(), RunFault> {
        let now = self.options.now;
        if let Some(complaint) = self.state.half().complaint {
            let epoch = self.state.half().epoch;
            let nack = match complaint {
                Complaint::Twice(seq) => Nack { missing: Vec::new(), twice: Some(seq), older: None },
                Complaint::Older => Nack { missing: Vec::new(), twice: None, older: Some(epoch) },
            };
            if self.say(Body::Nack(nack))? {
                self.state.half_mut().complaint = None;
            }
        }
        if self.state.half().nack_due.is_some_and(|due| due <= now) {
            let upto = self.state.half().upto;
            let missing = missing(upto, &self.state.in_above(upto, MANY)?);
            if missing.is_empty() || self.say(Body::Nack(Nack { missing, twice: None, older: None }))? {
                self.state.half_mut().nack_due = Some(Time(now.0.saturating_add(self.options.interval)));
            }
        }
        Ok(())
    }
}
