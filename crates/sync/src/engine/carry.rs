//! What a message says of an issue is done in this side's Jira.
//!
//! Invariant: what both know changes only together with the Jira, and only for what was really told and taken.

use std::collections::BTreeMap;

use super::apply::Trouble;
use super::numbers::Given;
use super::{Asking, Engine};
use crate::message::{Change, Envelope, Hash, ThingKind};
use crate::state::{InRow, Pair, PairState, Register, Thing};
use crate::{IssueState, Made, Mapping, Marker, News, Parts, Role, Step};

/// How often an issue is read again because somebody was quicker.
const RACES: u32 = 3;

impl<'a> Engine<'a> {
    /// The pair that a message is about.
    pub(super) fn pair_of(&self, message: &Envelope) -> Result<Option<Pair>, Trouble> {
        let Some(issue) = &message.issue else { return Ok(None) };
        if let Some(yours) = &message.yours
            && let Some(pair) = self.state.pair(yours)?
            && pair.partner.as_ref().is_none_or(|partner| partner == issue)
        {
            return Ok(Some(pair));
        }
        Ok(self.state.pair_of(issue)?)
    }

    /// The partner's issue is not there any more.
    pub(super) fn removed(&mut self, pair: Option<Pair>) -> Result<(), Trouble> {
        let Some(mut pair) = pair else { return Ok(()) };
        pair.state = PairState::PartnerGone;
        self.state.put_pair(&pair)?;
        self.run.report.notes.push(format!("the partner's issue of {} is not there any more", pair.own));
        Ok(())
    }

    /// Does what is told of an issue.
    pub(super) fn change(
        &mut self,
        message: &Envelope,
        change: &Change,
        pair: Option<Pair>,
        mapping: &'a dyn Mapping,
        row: &InRow,
        again: bool,
    ) -> Result<(), Trouble> {
        let numbers = change.comments.keys().chain(change.worklogs.keys()).chain(change.attachments.keys());
        let heard = numbers.max().copied().unwrap_or(0);
        let half = self.state.half_mut();
        half.number_heard = half.number_heard.max(heard);
        let pair = self.not_of_a_reused_key(message, change, pair)?;
        let pair = match pair {
            None => self.introduced(message, change, mapping)?,
            pair => pair,
        };
        let mut pair = match pair {
            Some(pair) => pair,
            None => self.made(message, change, mapping, row, again)?,
        };
        if pair.state == PairState::OwnGone {
            return Err(Trouble::Refuse(format!("issue {} was deleted here", pair.own)));
        }
        if pair.partner.is_none() {
            pair.partner.clone_from(&message.issue);
        }
        if change.offer.is_some() && pair.state == PairState::PartnerGone {
            pair.state = PairState::Live;
            // What was changed here meanwhile was not told.
            self.tell_anew(&pair.own)?;
        }
        pair.received_at = Some(self.options.now);
        for _ in 0..RACES {
            match self.carry(message, change, &mut pair, mapping, row) {
                Err(Trouble::Later(why)) if why.contains("somebody else") => (),
                result => return result,
            }
        }
        Err(Trouble::Later(format!("issue {} is being changed all the time", pair.own)))
    }

    /// After a restore the partner's Jira may give the key of an issue that it has lost to another one.
    fn not_of_a_reused_key(
        &mut self,
        message: &Envelope,
        change: &Change,
        pair: Option<Pair>,
    ) -> Result<Option<Pair>, Trouble> {
        let (Some(mut pair), Some(offer)) = (pair.clone(), &change.offer) else { return Ok(pair) };
        if pair.made == offer.made {
            return Ok(Some(pair));
        }
        if message.yours.as_ref() == Some(&pair.own) {
            // People have paired the two on both sides: the master's word on which was first is as good as the slave's.
            if self.state.half().role == Role::Slave {
                (pair.first, pair.made) = (Role::Master, offer.made);
            }
            return Ok(Some(pair));
        }
        pair.partner = None;
        pair.state = PairState::PartnerGone;
        self.state.put_pair(&pair)?;
        Ok(None)
    }

    /// The partner's people say that its issue belongs to one that is here already.
    fn introduced(
        &mut self,
        message: &Envelope,
        change: &Change,
        mapping: &'a dyn Mapping,
    ) -> Result<Option<Pair>, Trouble> {
        let (Some(yours), Some(offer)) = (&message.yours, &change.offer) else { return Ok(None) };
        if self.state.pair(yours)?.is_some() {
            return Err(Trouble::Error(format!("{yours} is kept in step with another issue already")));
        }
        let Some(own) = self.issues.read(yours, Parts::default())? else { return Ok(None) };
        let first = self.state.half().role.other();
        let mut pair = Pair::new(yours.clone(), message.issue.clone(), offer.kind.clone(), first, offer.made);
        pair.own_made = Some(own.created.at);
        // Only what takes part anyway can be claimed.
        let told = self.told_of(mapping, &own, &mut Given(&pair)).unwrap_or(None);
        Ok(told.filter(|told| told.kind == offer.kind).map(|_| pair))
    }

    /// Makes the issue that the partner offers, or finds the one that was made by the same message before.
    fn made(
        &mut self,
        message: &Envelope,
        change: &Change,
        mapping: &'a dyn Mapping,
        row: &InRow,
        again: bool,
    ) -> Result<Pair, Trouble> {
        let (Some(offer), Some(partner)) = (&change.offer, &message.issue) else {
            return Err(Trouble::Refuse("the issue is not synchronized here".to_owned()));
        };
        let marker = self.marker(row, 0);
        let found = if again { self.issues.find(&marker)? } else { None };
        let key = if let Some(Made::Issue(key)) = found {
            key
        } else {
            let parent = match &offer.parent {
                None => None,
                Some(parent) => Some(self.state.pair_of(parent)?.map(|pair| pair.own).ok_or_else(|| {
                    Trouble::Wait(format!("its parent, {parent} at the partner's, is not here yet"))
                })?),
            };
            let fields =
                change.fields.iter().map(|(alias, change)| (alias.clone(), change.now.value.clone()));
            let news = News {
                key: partner.clone(),
                kind: offer.kind.clone(),
                parent,
                status: change.status.as_ref().map(|status| status.now.value.clone()),
                fields: fields.collect(),
                comments: BTreeMap::new(),
                worklogs: BTreeMap::new(),
                attachments: BTreeMap::new(),
                links: Vec::new(),
            };
            let mut asking = Asking { issues: self.issues, catalogue: &mut self.run.catalogue };
            let steps = mapping.receive(&news, None, &mut asking)?;
            self.run.report.notes.extend(steps.notes);
            let mut made = None;
            for step in steps.steps {
                match step {
                    Step::Add(value) => self.issues.add_to_project(&value)?,
                    Step::Create(issue) => made = Some(self.issues.create(&issue, &marker)?),
                    _ => break,
                }
            }
            made.ok_or_else(|| Trouble::Error("the settings do not say how the issue is made".to_owned()))?
        };
        let first = self.state.half().role.other();
        let mut pair = Pair::new(key.clone(), Some(partner.clone()), offer.kind.clone(), first, offer.made);
        (pair.epoch, pair.seq) = (row.epoch, row.seq);
        self.state.put_pair(&pair)?;
        self.state.half_mut().made.push((row.seq, key));
        Ok(pair)
    }

    pub(super) fn marker(&self, row: &InRow, number: u64) -> Marker {
        let n = u32::try_from(number).unwrap_or(u32::MAX);
        Marker { sync: self.state.half().sync_id, epoch: row.epoch, seq: row.seq, n }
    }

    fn carry(
        &mut self,
        message: &Envelope,
        change: &Change,
        pair: &mut Pair,
        mapping: &'a dyn Mapping,
        row: &InRow,
    ) -> Result<(), Trouble> {
        let parts = mapping.parts();
        let parts = Parts {
            comments: parts.comments && !change.comments.is_empty(),
            worklogs: parts.worklogs && !change.worklogs.is_empty(),
            attachments: parts.attachments && !change.attachments.is_empty(),
            links: parts.links && !change.links.is_empty(),
        };
        let Some(own) = self.issues.read(&pair.own, parts)? else {
            pair.state = PairState::OwnGone;
            self.state.put_pair(pair)?;
            return Err(Trouble::Refuse(format!("issue {} was deleted here", pair.own)));
        };
        if pair.own_made.is_none() {
            pair.own_made = Some(own.created.at);
        }
        self.adopt_copies(pair, &own);
        let told = self.told_of(mapping, &own, &mut Given(pair)).unwrap_or(None);
        if let Some(told) = &told {
            self.rebuild(mapping, pair, &own, told);
        }
        let decided = self.weigh(message, change, pair, mapping, &own, told.as_ref())?;
        let mut asking = Asking { issues: self.issues, catalogue: &mut self.run.catalogue };
        let steps = mapping.receive(&decided.news, Some(&own), &mut asking)?;
        self.run.report.notes.extend(steps.notes);
        let wrote = self.perform(steps.steps, change, pair, &own, row)?;
        self.take_away(change, pair, &own)?;
        let (after, view) = if wrote {
            let after = self.issues.read(&pair.own, Parts::default())?;
            let view = after
                .as_ref()
                .and_then(|after| self.told_of(mapping, after, &mut Given(pair)).unwrap_or(None));
            (after, view)
        } else {
            (None, told.clone())
        };
        self.learn(pair, decided, mapping, after.as_ref().unwrap_or(&own), told.as_ref(), view.as_ref())?;
        self.state.put_pair(pair)?;
        Ok(())
    }

    /// Writes values that people have decided on, whatever is there.
    pub(super) fn settle(
        &mut self,
        change: &Change,
        pair: &mut Pair,
        mapping: &'a dyn Mapping,
    ) -> Result<(), super::ActFault> {
        let Some(own) = self.issues.read(&pair.own, Parts::default())? else {
            return Err(super::ActFault::Refused(format!("issue {} is not there", pair.own)));
        };
        let fields = change.fields.iter().map(|(alias, change)| (alias.clone(), change.now.value.clone()));
        let news = News {
            key: pair.partner.clone().unwrap_or_else(|| pair.own.clone()),
            kind: pair.kind.clone(),
            parent: own.parent.clone(),
            status: change.status.as_ref().map(|status| status.now.value.clone()),
            fields: fields.collect(),
            comments: BTreeMap::new(),
            worklogs: BTreeMap::new(),
            attachments: BTreeMap::new(),
            links: Vec::new(),
        };
        let mut asking = Asking { issues: self.issues, catalogue: &mut self.run.catalogue };
        let steps = mapping.receive(&news, Some(&own), &mut asking);
        let steps = steps.map_err(|hurdle| super::ActFault::Refused(hurdle.to_string()))?;
        for step in steps.steps {
            match step {
                Step::Add(value) => self.issues.add_to_project(&value)?,
                Step::Edit(edit) => drop(self.issues.update(&pair.own, &edit, &own.version)?),
                Step::Transition(transition) => self.issues.transition(&pair.own, &transition)?,
                _ => (),
            }
        }
        let after = self.issues.read(&pair.own, Parts::default())?;
        let view = after.and_then(|after| self.told_of(mapping, &after, &mut Given(pair)).unwrap_or(None));
        for (alias, told) in view.map(|view| view.fields).unwrap_or_default() {
            if let Some(known) = change.fields.get(&alias).map(|change| change.now.clone()) {
                pair.fields.insert(alias, Register::seen_as(known, told.value));
            }
        }
        Ok(())
    }

    /// Copies that were made before, by a run that could not say so any more.
    pub(super) fn adopt_copies(&self, pair: &mut Pair, own: &IssueState) {
        let sync = self.state.half().sync_id;
        let comments = own.comments.iter().map(|it| (ThingKind::Comment, &it.handle, &it.marker));
        let worklogs = own.worklogs.iter().map(|it| (ThingKind::Worklog, &it.handle, &it.marker));
        let attachments = own.attachments.iter().map(|it| (ThingKind::Attachment, &it.handle, &it.marker));
        for (kind, handle, marker) in comments.chain(worklogs).chain(attachments) {
            if let Some(marker) = marker.as_ref().filter(|marker| marker.sync == sync) {
                let copies = pair.copies.entry(kind).or_default();
                copies.entry(u64::from(marker.n)).or_insert_with(|| Thing {
                    handle: handle.clone(),
                    hash: Hash::default(),
                    sha256: None,
                });
            }
        }
    }
}
