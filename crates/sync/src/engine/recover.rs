//! After a restore: a new epoch begins, both sides tell which pairs they have, and what differs is told anew.
//!
//! Invariant: nothing is deleted because one side has forgotten it, and nothing is made twice that can be found.

use super::{Engine, RunFault};
use crate::message::{Body, Hash, Recover, RecoverPair, ThingDigest, ThingKind};
use crate::state::{Claim, Pair, PairState, Recovery};
use crate::{IssueKey, IssueState, Made, Marker, Parts, ToldAttachment};

/// How many pairs a message names.
const PAIRS: u32 = 500;

impl Engine<'_> {
    /// Begins a recovery: a new epoch, after all of which either side has heard.
    pub(super) fn begin_recovery(&mut self) -> Result<(), RunFault> {
        let half = self.state.half();
        let epoch = half.epoch.max(half.epoch_heard) + 1;
        self.enter(epoch)
    }

    /// A new epoch: what was under way is forgotten, and this side's table of pairs is told.
    pub(super) fn enter(&mut self, epoch: u32) -> Result<(), RunFault> {
        let now = self.options.now;
        self.state.forget_epoch()?;
        let half = self.state.half_mut();
        half.epoch = epoch;
        half.epoch_heard = half.epoch_heard.max(epoch);
        (half.next_seq, half.upto, half.done) = (1, 0, 0);
        half.refused.clear();
        half.made.clear();
        half.made_told.clear();
        half.acked = crate::message::Acks::default();
        (half.gap_since, half.nack_due, half.complaint) = (None, None, None);
        (half.alarm, half.degraded) = (None, None);
        half.anchors.clear();
        half.recovery = Some(Recovery { known: half.next_number - 1, ..Recovery::default() });
        self.run.acks = None;
        self.state.log(now, &format!("epoch {epoch} has begun: the pairs are compared"))?;
        let (mut last, mut part) = (String::new(), 0);
        loop {
            let pairs = self.state.pairs_after(&last, PAIRS)?;
            let more = pairs.len() == PAIRS as usize;
            let mut named = Vec::new();
            for pair in pairs {
                last.clone_from(&pair.own.0);
                named.extend(self.verified(pair)?);
            }
            let half = self.state.half();
            let (highest, heard) = (half.next_number - 1, half.number_heard);
            let table = Recover { part, more, highest, heard, pairs: named };
            self.postman().post(Body::Recover(Box::new(table)), None, None)?;
            part += 1;
            if !more {
                return self.announce_again();
            }
        }
    }

    /// How the partner is told of a pair, if its issue is still the one that it was.
    fn verified(&mut self, mut pair: Pair) -> Result<Option<RecoverPair>, RunFault> {
        let own = self.issues.read(&pair.own, Parts { links: false, ..Parts::ALL })?;
        let own = own.filter(|own| pair.own_made.is_none_or(|made| made == own.created.at));
        let Some(own) = own else {
            if pair.state != PairState::OwnGone {
                self.run.report.notes.push(format!("{} is not there any more", pair.own));
                self.state.drop_pair(&pair.own)?;
            }
            return Ok(None);
        };
        if pair.state == PairState::OwnGone {
            pair.state = PairState::Live;
        }
        pair.rebuild = true;
        pair.arriving.clear();
        pair.claims.clear();
        self.keep_what_is_there(&mut pair, &own);
        let copies = pair.copies.iter().flat_map(|(kind, copies)| {
            copies.iter().map(|(number, copy)| ThingDigest {
                kind: *kind,
                number: *number,
                hash: copy.hash.clone(),
            })
        });
        let copies = copies.collect();
        // Whether a copy still says what it said last is not known; the bytes of a file are what they are.
        for (_, copies) in pair.copies.iter_mut().filter(|(kind, _)| **kind != ThingKind::Attachment) {
            copies.values_mut().for_each(|copy| copy.hash = Hash::default());
        }
        self.state.put_pair(&pair)?;
        Ok(Some(RecoverPair {
            mine: pair.own.clone(),
            yours: pair.partner.clone(),
            first: pair.first,
            made: Some(pair.made),
            epoch: pair.epoch,
            seq: pair.seq,
            copies,
        }))
    }

    /// Forgets handles that find nothing, and finds copies that were forgotten.
    fn keep_what_is_there(&self, pair: &mut Pair, own: &IssueState) {
        let sync = self.state.half().sync_id;
        // A restored Jira gives its ids once more, to other things.
        let has = |number: u64, marker: &Option<Marker>| {
            marker.as_ref().is_some_and(|marker| marker.sync == sync && u64::from(marker.n) == number)
        };
        let mut lost = Vec::new();
        for (kind, things) in &mut pair.things {
            things.retain(|number, thing| {
                let kept = match kind {
                    ThingKind::Comment => own.comments.iter().any(|it| it.handle == thing.handle),
                    ThingKind::Worklog => own.worklogs.iter().any(|it| it.handle == thing.handle),
                    ThingKind::Attachment => own.attachments.iter().any(|it| {
                        let (name, mime, size) = (it.name.clone(), it.mime.clone(), it.size);
                        let sha256 = thing.sha256.clone().unwrap_or_default();
                        let told = ToldAttachment { name, mime, size, sha256 };
                        it.handle == thing.handle && Hash::of_value(&told) == thing.hash
                    }),
                };
                if !kept {
                    lost.push(*number);
                }
                kept
            });
        }
        pair.lost = lost;
        for (kind, copies) in &mut pair.copies {
            copies.retain(|number, copy| match kind {
                ThingKind::Comment => {
                    own.comments.iter().any(|it| it.handle == copy.handle && has(*number, &it.marker))
                }
                ThingKind::Worklog => {
                    own.worklogs.iter().any(|it| it.handle == copy.handle && has(*number, &it.marker))
                }
                ThingKind::Attachment => {
                    own.attachments.iter().any(|it| it.handle == copy.handle && has(*number, &it.marker))
                }
            });
        }
        self.adopt_copies(pair, own);
    }

    /// The partner's table, or a part of it.
    pub(super) fn table(&mut self, table: &Recover) -> Result<(), RunFault> {
        let half = self.state.half_mut();
        half.next_number = half.next_number.max(table.heard + 1);
        half.number_heard = half.number_heard.max(table.highest);
        for theirs in &table.pairs {
            let is_it = |pair: &Pair| pair.first == theirs.first && Some(pair.made) == theirs.made;
            let mut known = self.state.pair_of(&theirs.mine)?;
            if let Some(mut other) = known.take_if(|pair| !is_it(pair)) {
                // The partner's Jira has given the key to another issue since.
                other.partner = None;
                self.state.put_pair(&other)?;
            }
            if known.is_none()
                && let Some(yours) = &theirs.yours
            {
                known = self.state.pair(yours)?.filter(|pair| pair.partner.is_none() && is_it(pair));
            }
            let found = match known {
                Some(pair) => Some(pair),
                None => self.found(theirs)?,
            };
            let Some(mut pair) = found else { continue };
            pair.partner = Some(theirs.mine.clone());
            if pair.state == PairState::PartnerGone {
                pair.state = PairState::Live;
            }
            self.reconcile(&mut pair, &theirs.copies);
            self.state.put_pair(&pair)?;
            if let Some(recovery) = &mut self.state.half_mut().recovery {
                recovery.named.insert(pair.own);
            }
        }
        if !table.more {
            self.compared()?;
        }
        Ok(())
    }

    /// The issue of a pair that this side has forgotten.
    fn found(&mut self, theirs: &RecoverPair) -> Result<Option<Pair>, RunFault> {
        let (role, sync) = (self.state.half().role, self.state.half().sync_id);
        let own = if theirs.first == role {
            theirs.yours.clone()
        } else {
            let marker = Marker { sync, epoch: theirs.epoch, seq: theirs.seq, n: 0 };
            match self.issues.find(&marker)? {
                Some(Made::Issue(key)) => Some(key),
                _ => theirs.yours.clone(),
            }
        };
        let Some(own) = own else { return Ok(None) };
        if self.state.pair(&own)?.is_some() {
            return Ok(None);
        }
        let Some(issue) = self.issues.read(&own, Parts { links: false, ..Parts::ALL })? else {
            return Ok(None);
        };
        // A key alone proves nothing: after a restore it may have been given to another issue.
        let is_it = if theirs.first == role {
            theirs.made == Some(issue.created.at)
        } else {
            issue.marker.as_ref().is_some_and(|marker| {
                marker.sync == sync && (marker.epoch, marker.seq) == (theirs.epoch, theirs.seq)
            })
        };
        if !is_it {
            return Ok(None);
        }
        let made = theirs.made.unwrap_or(issue.created.at);
        let kind = "new".parse().expect("an alias");
        let mut pair = Pair::new(own, Some(theirs.mine.clone()), kind, theirs.first, made);
        (pair.epoch, pair.seq, pair.own_made, pair.rebuild) =
            (theirs.epoch, theirs.seq, Some(issue.created.at), true);
        self.keep_what_is_there(&mut pair, &issue);
        Ok(Some(pair))
    }

    /// What the partner has copies of, and what it lacks.
    fn reconcile(&self, pair: &mut Pair, copies: &[ThingDigest]) {
        let known = self.state.half().recovery.as_ref().map_or(0, |recovery| recovery.known);
        for (kind, things) in &mut pair.things {
            things.retain(|number, thing| {
                let copy = copies.iter().find(|copy| copy.kind == *kind && copy.number == *number);
                let theirs = copy.map(|copy| copy.hash.clone()).unwrap_or_default();
                // The partner has another file under this number, from before the restore: this one gets a number of its own.
                let known = !theirs.0.is_empty() && !thing.hash.0.is_empty();
                let other = *kind == ThingKind::Attachment && known && theirs != thing.hash;
                thing.hash = theirs;
                if other {
                    pair.lost.push(*number);
                }
                !other
            });
        }
        let unknown = copies
            .iter()
            .filter(|copy| pair.thing(copy.kind, copy.number).is_none() && !pair.lost.contains(&copy.number));
        pair.claims = unknown
            .map(|copy| Claim {
                kind: copy.kind,
                number: copy.number,
                hash: copy.hash.clone(),
                removed: copy.number <= known,
            })
            .collect();
        pair.lost.clear();
    }

    /// Both tables are known: what only one side has is offered, and everything is told anew.
    fn compared(&mut self) -> Result<(), RunFault> {
        let Some(recovery) = self.state.half_mut().recovery.take() else { return Ok(()) };
        let (now, role) = (self.options.now, self.state.half().role);
        let mut last = String::new();
        loop {
            let pairs = self.state.pairs_after(&last, PAIRS)?;
            let Some(end) = pairs.last() else { break };
            last = end.own.0.clone();
            for mut pair in pairs.into_iter().filter(|pair| !recovery.named.contains(&pair.own)) {
                for thing in pair.things.values_mut().flat_map(|things| things.values_mut()) {
                    thing.hash = Hash::default();
                }
                if pair.first == role {
                    pair.partner = None;
                } else if pair.state == PairState::Live {
                    // Its key may be given to another issue; the one that it named says so itself if it comes back.
                    (pair.state, pair.partner) = (PairState::PartnerGone, None);
                    let key: &IssueKey = &pair.own;
                    self.run.report.notes.push(format!("the partner has no issue for {key} any more"));
                }
                self.state.put_pair(&pair)?;
            }
        }
        self.state.put_todo_all()?;
        self.state.half_mut().cursor = crate::Cursor::default();
        self.state.log(now, "the pairs were compared; what differs is told anew")?;
        Ok(())
    }
}
