//! What was changed on this side becomes messages: decided from what is there, not from events.
//!
//! Invariant: what both know and the message that tells it are kept in one transaction; what the synchronization's user changed is
//! never told.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use super::numbers::Giving;
use super::{Engine, RunFault};
use crate::exchange::patience;
use crate::message::{Body, Hash, ThingKind, hex};
use crate::state::{Pair, PairState, Todo};
use crate::{Edit, IssueKey, IssueState, Mapping, Role, Time, ToldIssue};

/// How deep sub-tasks are followed upwards.
const DEPTH: u32 = 8;

/// What came of looking at an issue.
enum Looked {
    Fine,
    KeptBack(String),
}

impl<'a> Engine<'a> {
    /// Tells what was changed.
    pub(super) fn detect(&mut self) -> Result<(), RunFault> {
        if !self.state.half().may_tell() {
            return Ok(());
        }
        let mappings = self.mappings;
        let Some(config) = self.state.half().config.clone() else { return Ok(()) };
        let Some(mapping) = mappings.of(&config) else {
            let why = format!("the settings under configuration {} are not there", config.number);
            self.run.report.notes.push(why);
            return Ok(());
        };
        let now = self.options.now;
        let (changed, cursor) = self.issues.changed(&self.state.half().cursor)?;
        let mut candidates: BTreeMap<IssueKey, Option<Todo>> =
            changed.into_iter().map(|key| (key, None)).collect();
        if self.options.everything {
            let mut last = String::new();
            loop {
                let pairs = self.state.pairs_after(&last, self.options.batch)?;
                let Some(end) = pairs.last() else { break };
                last = end.own.0.clone();
                candidates.extend(pairs.into_iter().map(|pair| (pair.own, None)));
            }
        }
        candidates.extend(self.state.todo(now)?.into_iter().map(|todo| (todo.own.clone(), Some(todo))));
        let mut seen = BTreeSet::new();
        for (count, (key, todo)) in candidates.iter().enumerate() {
            self.look_at(mapping, key, todo.as_ref(), &mut seen, 0)?;
            if (count + 1) % self.options.batch as usize == 0 {
                self.state.commit()?;
            }
        }
        self.state.half_mut().cursor = cursor;
        self.state.commit()?;
        Ok(())
    }

    fn look_at(
        &mut self,
        mapping: &'a dyn Mapping,
        key: &IssueKey,
        todo: Option<&Todo>,
        seen: &mut BTreeSet<IssueKey>,
        depth: u32,
    ) -> Result<(), RunFault> {
        if !seen.insert(key.clone()) {
            return Ok(());
        }
        let now = self.options.now;
        match self.look(mapping, key, todo.is_some_and(|todo| todo.whole), seen, depth)? {
            Looked::Fine => self.state.drop_todo(key)?,
            Looked::KeptBack(why) => {
                self.run.report.errors.push((key.clone(), why.clone()));
                let tries = todo.map_or(0, |todo| todo.tries) + 1;
                let due = Time(now.0.saturating_add(patience(tries, self.options.interval)));
                let whole = todo.is_some_and(|todo| todo.whole);
                self.state.put_todo(&Todo { own: key.clone(), whole, why: Some(why), tries, due })?;
            }
        }
        Ok(())
    }

    fn look(
        &mut self,
        mapping: &'a dyn Mapping,
        key: &IssueKey,
        whole: bool,
        seen: &mut BTreeSet<IssueKey>,
        depth: u32,
    ) -> Result<Looked, RunFault> {
        let known = self.state.pair(key)?;
        if let Some(pair) = &known
            && self.is_being_changed(pair)?
        {
            return Ok(Looked::KeptBack("a message about it was not done to its end".to_owned()));
        }
        let own = match self.issues.read(key, mapping.parts()) {
            Ok(own) => own,
            Err(fault) => return Ok(Looked::KeptBack(fault.to_string())),
        };
        let Some(own) = own else {
            return self.look_at_gone(mapping, known);
        };
        let (sync, user, role) = {
            let half = self.state.half();
            (half.sync_id, half.user.clone(), half.role)
        };
        if known.is_none()
            && (own.marker.as_ref().is_some_and(|marker| marker.sync == sync)
                || own.created.by.as_ref() == Some(&user))
        {
            return Ok(Looked::Fine);
        }
        let is_new = known.is_none();
        let mut pair = known.unwrap_or_else(|| draft(&own, role));
        if matches!(pair.state, PairState::PartnerGone | PairState::OwnGone) {
            return Ok(Looked::Fine);
        }
        let own = match self.correlated(mapping, &pair, own)? {
            Ok(own) => own,
            Err(why) => return Ok(Looked::KeptBack(why)),
        };
        let next = self.state.half().next_number;
        let mut giving = Giving { pair: &mut pair, next, sync, user: &user, wanted: Vec::new() };
        let mut told = self.told_of(mapping, &own, &mut giving);
        if matches!(&told, Ok(Some(_))) && !giving.wanted.is_empty() {
            // The bytes are read once for their hash, before anything is promised, and once more to be sent.
            for attachment in std::mem::take(&mut giving.wanted) {
                let mut hashed = Hashed { hasher: Sha256::new(), size: 0 };
                match self.issues.fetch(&own.key, &attachment.handle, &mut hashed) {
                    Ok(()) if hashed.size == attachment.size => (),
                    Ok(()) => {
                        let why = format!(
                            "attachment `{}` has {} bytes, and not the {} that its Jira tells",
                            attachment.name, hashed.size, attachment.size
                        );
                        return Ok(Looked::KeptBack(why));
                    }
                    Err(fault) => return Ok(Looked::KeptBack(fault.to_string())),
                }
                let sha256 = hex(&hashed.hasher.finalize());
                giving.give(ThingKind::Attachment, &attachment.handle, Some(sha256));
            }
            told = self.told_of(mapping, &own, &mut giving);
        }
        let next = giving.next;
        let told = match told {
            Ok(Some(told)) => told,
            Ok(None) => {
                if pair.state == PairState::Live && !is_new {
                    pair.state = PairState::Left;
                    self.state.put_pair(&pair)?;
                    self.run.report.notes.push(format!("{key} does not take part any more"));
                }
                return Ok(Looked::Fine);
            }
            Err(why) => return Ok(Looked::KeptBack(why.to_string())),
        };
        if pair.partner.is_none()
            && let Some(why) = self.parent_first(mapping, &told, seen, depth)?
        {
            return Ok(Looked::KeptBack(why));
        }
        self.state.half_mut().next_number = next;
        if pair.state == PairState::Left {
            pair.state = PairState::Live;
        }
        if is_new {
            pair.kind = told.kind.clone();
        }
        let mut told = told;
        claim(&mut pair, &mut told);
        self.tell(mapping, pair, &own, &told, whole || is_new, is_new)?;
        Ok(Looked::Fine)
    }

    /// The issue, with the partner's key in the field that the settings name for it.
    fn correlated(
        &mut self,
        mapping: &dyn Mapping,
        pair: &Pair,
        own: IssueState,
    ) -> Result<Result<IssueState, String>, RunFault> {
        let wanted = pair.partner.as_ref().and_then(|partner| mapping.correlation(partner));
        let Some((field, value)) = wanted.filter(|(field, value)| own.fields.get(field) != Some(value))
        else {
            return Ok(Ok(own));
        };
        self.touch()?;
        let edit = Edit { fields: vec![(field, Some(value))] };
        if let Err(fault) = self.issues.update(&own.key, &edit, &own.version) {
            return Ok(Err(fault.to_string()));
        }
        let own = self.issues.read(&own.key, mapping.parts())?;
        Ok(own.ok_or_else(|| "it was deleted a moment ago".to_owned()))
    }

    /// Whether a message about this issue was begun and has no result: its own changes cannot be told from ours yet.
    fn is_being_changed(&self, pair: &Pair) -> Result<bool, RunFault> {
        match &pair.partner {
            Some(partner) => Ok(self.state.is_applying(partner)?),
            None => Ok(false),
        }
    }

    fn look_at_gone(&mut self, mapping: &'a dyn Mapping, known: Option<Pair>) -> Result<Looked, RunFault> {
        let Some(mut pair) = known.filter(|pair| matches!(pair.state, PairState::Live | PairState::Left))
        else {
            return Ok(Looked::Fine);
        };
        self.touch()?;
        pair.state = PairState::OwnGone;
        self.postman().post(Body::Remove, Some(&mut pair), Some(mapping.version()))?;
        self.state.put_pair(&pair)?;
        self.run.report.notes.push(format!("{} was deleted; the partner's issue stays", pair.own));
        Ok(Looked::Fine)
    }

    /// A sub-task is told after its parent. In words, what is in the way.
    fn parent_first(
        &mut self,
        mapping: &'a dyn Mapping,
        told: &ToldIssue,
        seen: &mut BTreeSet<IssueKey>,
        depth: u32,
    ) -> Result<Option<String>, RunFault> {
        let Some(parent) = &told.parent else { return Ok(None) };
        if !self.state.is_paired(parent)? && depth < DEPTH {
            self.look_at(mapping, parent, None, seen, depth + 1)?;
        }
        let there = self.state.is_paired(parent)?;
        Ok((!there).then(|| format!("its parent {parent} is not synchronized")))
    }
}

/// A pair that is not one yet.
fn draft(own: &IssueState, role: Role) -> Pair {
    let kind = "new".parse().expect("an alias");
    let mut pair = Pair::new(own.key.clone(), None, kind, role, own.created.at);
    pair.own_made = Some(own.created.at);
    pair
}

/// After a recovery: things get the numbers back under which the partner has copies of them.
fn claim(pair: &mut Pair, told: &mut ToldIssue) {
    if pair.claims.is_empty() {
        return;
    }
    renumber(pair, ThingKind::Comment, &mut told.comments);
    renumber(pair, ThingKind::Worklog, &mut told.worklogs);
    renumber(pair, ThingKind::Attachment, &mut told.attachments);
}

fn renumber<T: serde::Serialize>(pair: &mut Pair, kind: ThingKind, told: &mut BTreeMap<u64, T>) {
    // First what says the same; then, in order, what was changed meanwhile: the copy is made to say what it should.
    for same in [true, false] {
        if kind == ThingKind::Attachment && !same {
            break;
        }
        for number in told.keys().copied().collect::<Vec<u64>>() {
            let hash = Hash::of_value(&told[&number]);
            let untold = pair.thing(kind, number).is_some_and(|thing| thing.hash.0.is_empty());
            let claim = pair
                .claims
                .iter()
                .position(|claim| claim.kind == kind && !claim.removed && (claim.hash == hash || !same));
            let Some(claim) = claim.filter(|_| untold) else { continue };
            let claim = pair.claims.remove(claim);
            let things = pair.things.entry(kind).or_default();
            if let Some(mut thing) = things.remove(&number) {
                thing.hash = claim.hash;
                things.insert(claim.number, thing);
            }
            if let Some(what) = told.remove(&number) {
                told.insert(claim.number, what);
            }
        }
    }
}

/// Reads bytes for their hash alone.
struct Hashed {
    hasher: Sha256,
    size: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
