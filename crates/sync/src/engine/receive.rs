//! What lies in the channels is opened, verified and kept.
//!
//! Invariant: a message leaves its channel only after it is kept, or is in quarantine with the reason; nothing of it is believed before.

use super::{Engine, RunFault};
use crate::exchange::{MANY, Verdict, forgotten, hear, newly_received, reaches};
use crate::message::{Acks, Body, Envelope, Hash, Nack, Ping, read};
use crate::state::{Complaint, InRow, InState, OutState, Pair, PairState, Todo};
use crate::{Found, OpenFault, Role, Time};

/// The largest message that is read, opened: parts of attachments are far smaller.
const LARGEST: usize = 64 * 1024 * 1024;

/// What becomes of what was found.
enum Fate {
    Taken,
    Left,
    Quarantined(String),
}

impl Engine<'_> {
    /// Takes over what lies in the channels.
    pub(super) fn receive(&mut self) -> Result<(), RunFault> {
        for channel in 0..self.channels.len() {
            let found = match self.channels[channel].received() {
                Ok(found) => found,
                Err(fault) => {
                    self.trouble_with(channel, &fault);
                    continue;
                }
            };
            self.works(channel);
            self.returned(channel)?;
            for batch in found.chunks(self.options.batch as usize) {
                let mut fates = Vec::with_capacity(batch.len());
                for found in batch {
                    fates.push(self.look_into(channel, found)?);
                }
                self.state.commit()?;
                for (found, fate) in batch.iter().zip(fates) {
                    let done = match fate {
                        Fate::Taken => self.channels[channel].take(found),
                        Fate::Left => Ok(()),
                        Fate::Quarantined(why) => {
                            let done = self.channels[channel].quarantine(found, &why);
                            self.run.report.quarantined.push(why);
                            done
                        }
                    };
                    // What stays where it is comes again, and is dropped then.
                    if let Err(fault) = done {
                        self.run.report.notes.push(fault.to_string());
                    }
                }
            }
        }
        self.look_for_gaps()?;
        self.run.acks = None;
        self.state.commit()?;
        Ok(())
    }

    fn look_into(&mut self, channel: usize, found: &Found) -> Result<Fate, RunFault> {
        if let Some(why) = &found.refused {
            return Ok(Fate::Quarantined(why.clone()));
        }
        let sealed = match self.channels[channel].read(found) {
            Ok(sealed) => sealed,
            Err(fault) => {
                self.run.report.notes.push(fault.to_string());
                return Ok(Fate::Left);
            }
        };
        let opened = match self.seal.open(&sealed) {
            Ok(opened) => opened,
            Err(OpenFault::NotWhole) if !found.settled => return Ok(Fate::Left),
            Err(OpenFault::Unavailable(why)) => {
                self.run.report.notes.push(why);
                return Ok(Fate::Left);
            }
            Err(fault @ (OpenFault::NotWhole | OpenFault::Refused(_))) => {
                return Ok(Fate::Quarantined(fault.to_string()));
            }
        };
        let message = match read(&opened.plain, LARGEST) {
            Ok(message) => message,
            Err(fault) => return Ok(Fate::Quarantined(fault.to_string())),
        };
        if let Body::Handshake(handshake) = &message.body {
            return self.introduction(channel, &message, handshake);
        }
        let Some(signer) = opened.signer else {
            return Ok(Fate::Quarantined("it is not signed by the partner's key".to_owned()));
        };
        if !self.seal.is_own(&message.to) || message.from != signer {
            return Ok(Fate::Quarantined("it is for another recipient, or from another sender".to_owned()));
        }
        if self.seal.partner().as_ref() != Some(&signer) {
            if let Err(why) = self.seal.settled(&signer) {
                return Ok(Fate::Quarantined(format!("the partner's new key is not taken: {why}")));
            }
            let now = self.options.now;
            self.state.log(now, &format!("the partner signs with {signer} from now on"))?;
        }
        let fate = self.heard(&message, &opened.plain)?;
        if matches!(fate, Fate::Taken) {
            self.came_through(channel)?;
        }
        Ok(fate)
    }

    fn introduction(
        &mut self,
        channel: usize,
        message: &Envelope,
        handshake: &crate::message::Handshake,
    ) -> Result<Fate, RunFault> {
        let half = self.state.half();
        if half.role != Role::Master || message.sync_id != half.sync_id || message.dir != Role::Slave {
            return Ok(Fate::Quarantined("a handshake that is not for this half".to_owned()));
        }
        if half.connected
            || (self.seal.partner().is_some() && self.seal.partner() != Some(message.from.clone()))
        {
            return Ok(Fate::Quarantined("a handshake, although there has been one".to_owned()));
        }
        if let Err(why) = self.seal.introduced(handshake) {
            return Ok(Fate::Quarantined(format!("the handshake is refused: {why}")));
        }
        let now = self.options.now;
        let half = self.state.half_mut();
        half.limits = handshake.limits;
        half.partner_jira = Some(handshake.jira.clone());
        half.partner_addresses.insert(self.channels[channel].kind(), handshake.address.clone());
        self.channels[channel].partner_at(&handshake.address);
        half.partner_licensed = handshake.licensed;
        half.ping.waiting = true;
        self.state.log(now, "the partner has introduced itself")?;
        self.run.report.received += 1;
        Ok(Fate::Taken)
    }

    fn heard(&mut self, message: &Envelope, plain: &[u8]) -> Result<Fate, RunFault> {
        let hash = Hash::of(plain);
        let same_epoch = message.epoch == self.state.half().epoch;
        let stored = match message.seq {
            Some(seq) if same_epoch => self.state.inbox(seq)?,
            _ => None,
        };
        if stored.as_ref().is_some_and(|row| row.state == InState::Skipped) {
            return Ok(Fate::Taken);
        }
        let half = self.state.half_mut();
        half.epoch_heard = half.epoch_heard.max(message.epoch);
        match hear(half, message, &hash, stored.as_ref().map(|row| &row.hash)) {
            Verdict::New => (),
            Verdict::Again => {
                half.ack_due = true;
                return Ok(Fate::Taken);
            }
            Verdict::Stale | Verdict::Early => return Ok(Fate::Taken),
            Verdict::Twice => {
                let seq = message.seq.unwrap_or_default();
                half.complaint = Some(Complaint::Twice(seq));
                let why = format!("message {seq} came twice, with different words");
                self.alarm(&format!("{why}: the partner was restored, or somebody plays false"))?;
                return Ok(Fate::Quarantined(why));
            }
            Verdict::OlderEpoch => {
                half.complaint = Some(Complaint::Older);
                return Ok(Fate::Quarantined(format!("it is of epoch {}, which is over", message.epoch)));
            }
            Verdict::Refused(why) => return Ok(Fate::Quarantined(why)),
            Verdict::NewEpoch => self.enter(message.epoch)?,
        }
        self.run.report.received += 1;
        self.acknowledged(message)?;
        if let Some(seq) = message.seq {
            self.keep(message, seq, hash, plain)?;
        } else {
            match &message.body {
                Body::Ping(ping) => self.pinged(message, ping),
                Body::Nack(nack) => self.nacked(nack)?,
                _ => (),
            }
        }
        Ok(Fate::Taken)
    }

    fn keep(&mut self, message: &Envelope, seq: u64, hash: Hash, plain: &[u8]) -> Result<(), RunFault> {
        let row = InRow {
            epoch: message.epoch,
            seq,
            hash,
            issue: message.issue.as_ref().map(|key| key.0.clone()),
            kind: message.body.kind().to_owned(),
            state: InState::New,
            received: self.options.now,
            tries: 0,
            due: Time(i64::MIN),
            why: None,
        };
        self.state.put_in(&row, plain)?;
        let upto = self.state.half().upto;
        if seq == upto + 1 {
            self.state.half_mut().upto = seq;
            // Others may have waited for this one.
            let above = self.state.in_above(seq, MANY)?;
            self.state.half_mut().upto = reaches(seq, &above);
        }
        self.state.half_mut().ack_due = true;
        Ok(())
    }

    /// What the partner says it has received and done.
    fn acknowledged(&mut self, message: &Envelope) -> Result<(), RunFault> {
        let acks = &message.acks;
        for (seq, key) in &acks.made {
            let own = self.state.out(*seq)?.and_then(|row| row.issue);
            let pair = own.map(|own| self.state.pair(&crate::IssueKey(own))).transpose()?.flatten();
            if let Some(mut pair) = pair.filter(|pair| pair.partner.is_none())
                && self.state.pair_of(key)?.is_none()
            {
                pair.partner = Some(key.clone());
                self.state.put_pair(&pair)?;
                self.key_is_known(&pair)?;
            }
        }
        let half = self.state.half_mut();
        if message.created <= half.created_heard {
            return Ok(());
        }
        half.created_heard = message.created;
        half.ping.heard = Some(self.options.now);
        let before = half.acked.clone();
        if forgotten(&before, acks) {
            half.complaint = Some(Complaint::Twice(before.upto));
            return self.alarm("the partner has forgotten what it had received: it was restored");
        }
        let ranges = match newly_received(&before, acks, half.next_seq) {
            Ok(ranges) => ranges,
            Err(contradiction) => {
                let why =
                    format!("the partner has received message {}, which was never sent", contradiction.seq);
                return self.alarm(&format!("{why}: this half was restored"));
            }
        };
        if !ranges.is_empty() {
            (half.degraded, half.returned) = (None, None);
        }
        let proofs =
            acks.also.iter().map(|(seq, hash)| (*seq, Some(hash))).chain([(acks.upto, acks.hash.as_ref())]);
        for (seq, hash) in proofs.filter(|(seq, _)| *seq > before.upto) {
            if self.state.out(seq)?.map(|row| row.hash).as_ref() != hash {
                let why = format!("the partner has received another message {seq} than was sent");
                return self.alarm(&format!("{why}: this half was restored"));
            }
        }
        for (from, to) in ranges {
            self.state.out_received(from, to)?;
        }
        // Issues that were made are told again and again; they are no news.
        let rest = |acks: &Acks| Acks { made: Vec::new(), ..acks.clone() };
        if before != rest(acks) {
            self.finished(acks)?;
            self.state.half_mut().acked = rest(acks);
        }
        Ok(())
    }

    /// Where the partner's key is kept in a field, the issue is looked at once more.
    fn key_is_known(&mut self, pair: &Pair) -> Result<(), RunFault> {
        let mappings = self.mappings;
        let mapping = self.state.half().config.as_ref().and_then(|config| mappings.of(config));
        let field = pair.partner.as_ref().and_then(|partner| mapping?.correlation(partner));
        if field.is_some() {
            let (own, due) = (pair.own.clone(), Time(i64::MIN));
            self.state.put_todo(&Todo { own, whole: false, why: None, tries: 0, due })?;
        }
        Ok(())
    }

    fn finished(&mut self, acks: &Acks) -> Result<(), RunFault> {
        // A full list may have been cut: nothing is known of what is beyond its end.
        let known = match acks.open.last() {
            Some((seq, _)) if acks.open.len() >= MANY as usize => *seq,
            _ => acks.upto,
        };
        self.state.out_done(known)?;
        for (seq, why) in &acks.open {
            let state = if why.is_some() { OutState::Error } else { OutState::Received };
            self.state.out_became(*seq, state, why.as_deref())?;
        }
        for (seq, why) in &acks.refused {
            let row = self.state.out(*seq)?.filter(|row| row.state != OutState::Refused);
            match row.as_ref().map(|row| row.kind.as_str()) {
                Some("channel") => self.not_switched(why),
                Some("key") => self.not_rotated(why),
                _ => (),
            }
            self.state.out_became(*seq, OutState::Refused, Some(why))?;
            self.not_taken(*seq)?;
        }
        Ok(())
    }

    /// The partner does not take an issue that was offered by this message: nothing more is told of it.
    fn not_taken(&mut self, seq: u64) -> Result<(), RunFault> {
        let Some(own) = self.state.out(seq)?.and_then(|row| row.issue) else { return Ok(()) };
        let Some(mut pair) = self.state.pair(&crate::IssueKey(own))? else { return Ok(()) };
        let offered = (pair.epoch, pair.seq) == (self.state.half().epoch, seq) && pair.partner.is_none();
        if offered && pair.state == PairState::Live {
            pair.state = PairState::PartnerGone;
            self.state.put_pair(&pair)?;
        }
        Ok(())
    }

    fn pinged(&mut self, message: &Envelope, ping: &Ping) {
        let now = self.options.now;
        let half = self.state.half_mut();
        half.limits = ping.limits;
        half.ping.skew = Some(ping.clock.0.saturating_sub(now.0));
        match ping.answers {
            Some(number) if number == half.ping.number => {
                half.ping.waiting = false;
                half.connected = true;
            }
            Some(_) => (),
            None => {
                half.ping.answer = Some(ping.number);
                half.connected |= half.role == Role::Slave && message.dir == Role::Master;
            }
        }
    }

    fn nacked(&mut self, nack: &Nack) -> Result<(), RunFault> {
        for seq in &nack.missing {
            self.state.out_again(*seq)?;
        }
        if let Some(seq) = nack.twice {
            self.alarm(&format!("the partner knows another message {seq}: this half was restored"))?;
        }
        let half = self.state.half_mut();
        if let Some(epoch) = nack.older.filter(|epoch| *epoch > half.epoch) {
            half.epoch_heard = half.epoch_heard.max(epoch);
            self.alarm(&format!("the partner is in epoch {epoch}: this half was restored"))?;
        }
        Ok(())
    }

    /// Missing numbers are asked for after a while: they may only be late.
    fn look_for_gaps(&mut self) -> Result<(), RunFault> {
        let upto = self.state.half().upto;
        let gap = !self.state.in_above(upto, 1)?.is_empty();
        let (now, interval) = (self.options.now, self.options.interval);
        let half = self.state.half_mut();
        if !gap {
            (half.gap_since, half.nack_due) = (None, None);
        } else if half.gap_since.is_none() {
            half.gap_since = Some(now);
            half.nack_due = Some(Time(now.0.saturating_add(interval)));
        }
        Ok(())
    }
}
