//! The steps that a message leads to are taken in this side's Jira.
//!
//! Invariant: what cannot be repeated has its marker in the same call.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};

use super::Engine;
use super::apply::Trouble;
use crate::message::{Change, Hash, PartBytes, ThingKind, hex};
use crate::state::{Arriving, InRow, Pair, Thing};
use crate::{CommentChange, Handle, IssueFault, IssueState, Marker, Parts, Step, WorklogChange};

impl Engine<'_> {
    /// Takes the steps; whether fields or the status were written.
    pub(super) fn perform(
        &mut self,
        steps: Vec<Step>,
        change: &Change,
        pair: &mut Pair,
        own: &IssueState,
        row: &InRow,
    ) -> Result<bool, Trouble> {
        let mut version = own.version.clone();
        let mut wrote = false;
        for step in steps {
            match step {
                Step::Add(value) => self.issues.add_to_project(&value)?,
                Step::Create(_) => {
                    return Err(Trouble::Error("the settings would make the issue twice".to_owned()));
                }
                Step::Edit(edit) => {
                    version = self.issues.update(&pair.own, &edit, &version)?;
                    wrote = true;
                }
                Step::Transition(transition) => {
                    self.issues.transition(&pair.own, &transition)?;
                    wrote = true;
                    if let Some(own) = self.issues.read(&pair.own, Parts::default())? {
                        version = own.version;
                    }
                }
                Step::Comment { number, body, restriction } => {
                    let marker = self.marker(row, number);
                    let at = pair.copy(ThingKind::Comment, number).map(|copy| copy.handle.clone());
                    let there = at.as_ref().map(|at| own.comments.iter().find(|it| it.handle == *at));
                    let what = match (at, there) {
                        (Some(_), Some(Some(there))) if there.body == body => None,
                        (Some(handle), Some(Some(_))) => Some(CommentChange::Edit { handle, body }),
                        // Somebody has deleted the copy: that is for people to undo.
                        (Some(_), _) => None,
                        (None, _) => Some(CommentChange::Add { body, restriction }),
                    };
                    let handle =
                        what.map(|what| self.issues.comment(&pair.own, &what, &marker)).transpose()?;
                    keep_copy(pair, ThingKind::Comment, number, handle, &change.comments);
                }
                Step::Worklog { number, started, seconds, comment, restriction } => {
                    let marker = self.marker(row, number);
                    let at = pair.copy(ThingKind::Worklog, number).map(|copy| copy.handle.clone());
                    let there = at.as_ref().map(|at| own.worklogs.iter().find(|it| it.handle == *at));
                    let what = match (at, there) {
                        (Some(_), Some(Some(there)))
                            if (there.started, there.seconds, &there.comment)
                                == (started, seconds, &comment) =>
                        {
                            None
                        }
                        (Some(handle), Some(Some(_))) => {
                            Some(WorklogChange::Edit { handle, started, seconds, comment })
                        }
                        (Some(_), _) => None,
                        (None, _) => Some(WorklogChange::Add { started, seconds, comment, restriction }),
                    };
                    let handle =
                        what.map(|what| self.issues.worklog(&pair.own, &what, &marker)).transpose()?;
                    keep_copy(pair, ThingKind::Worklog, number, handle, &change.worklogs);
                }
                Step::Attach { number, file } => {
                    let hash = change.attachments.get(&number).map(Hash::of_value).unwrap_or_default();
                    if pair.copy(ThingKind::Attachment, number).is_none() {
                        let (name, mime, size, sha256) = (file.name, file.mime, file.size, file.sha256);
                        pair.arriving.insert(number, Arriving { name, mime, size, sha256, hash });
                    }
                }
                Step::Link(link) => self.issues.link(&link)?,
            }
        }
        Ok(wrote)
    }

    /// Copies of what the partner has removed are removed.
    pub(super) fn take_away(
        &mut self,
        change: &Change,
        pair: &mut Pair,
        own: &IssueState,
    ) -> Result<(), Trouble> {
        for number in change.comments.iter().filter(|(_, told)| told.is_none()).map(|(number, _)| *number) {
            let Some(handle) = uncopy(pair, ThingKind::Comment, number) else { continue };
            if own.comments.iter().any(|it| it.handle == handle) {
                let nothing = Marker { n: 0, ..self.no_marker() };
                fine(self.issues.comment(&pair.own, &CommentChange::Delete { handle }, &nothing))?;
            }
        }
        for number in change.worklogs.iter().filter(|(_, told)| told.is_none()).map(|(number, _)| *number) {
            let Some(handle) = uncopy(pair, ThingKind::Worklog, number) else { continue };
            if own.worklogs.iter().any(|it| it.handle == handle) {
                let nothing = self.no_marker();
                fine(self.issues.worklog(&pair.own, &WorklogChange::Delete { handle }, &nothing))?;
            }
        }
        for number in change.attachments.iter().filter(|(_, told)| told.is_none()).map(|(number, _)| *number)
        {
            if pair.arriving.remove(&number).is_some() {
                self.state.drop_chunks(number)?;
            }
            let Some(handle) = uncopy(pair, ThingKind::Attachment, number) else { continue };
            if own.attachments.iter().any(|it| it.handle == handle) {
                fine(self.issues.detach(&pair.own, &handle))?;
            }
        }
        Ok(())
    }

    fn no_marker(&self) -> Marker {
        Marker { sync: self.state.half().sync_id, epoch: 0, seq: 0, n: 0 }
    }

    /// Keeps bytes of an attachment, and attaches the file once they are all there.
    pub(super) fn part(
        &mut self,
        part: &PartBytes,
        pair: Option<Pair>,
        row: &InRow,
        again: bool,
    ) -> Result<(), Trouble> {
        let Some(mut pair) = pair else { return Ok(()) };
        let Some(arriving) = pair.arriving.get(&part.number).cloned() else { return Ok(()) };
        let bytes = BASE64.decode(&part.bytes);
        let bytes =
            bytes.map_err(|_| Trouble::Refuse("a part of an attachment is not in base64".to_owned()))?;
        if !self.state.put_chunk(part.number, part.part, part.of, &bytes)? {
            return Ok(());
        }
        let mut hasher = Sha256::new();
        let mut size = 0_u64;
        let mut chunks = self.state.chunks(part.number);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let many = std::io::Read::read(&mut chunks, &mut buffer).map_err(IssueFault::Io)?;
            if many == 0 {
                break;
            }
            hasher.update(&buffer[..many]);
            size += many as u64;
        }
        drop(chunks);
        if size != arriving.size
            || arriving.sha256.as_ref().is_some_and(|told| *told != hex(&hasher.finalize()))
        {
            return Err(Trouble::Error(format!("attachment `{}` is not what was announced", arriving.name)));
        }
        let marker = self.marker(row, part.number);
        let mut handle = None;
        if again {
            let parts = Parts { attachments: true, ..Parts::default() };
            let own = self.issues.read(&pair.own, parts)?;
            let made = own
                .into_iter()
                .flat_map(|own| own.attachments)
                .find(|it| it.marker.as_ref() == Some(&marker));
            handle = made.map(|made| made.handle);
        }
        let handle = match handle {
            Some(handle) => handle,
            None => {
                let mut chunks = self.state.chunks(part.number);
                self.issues.attach(&pair.own, &arriving.facts(), &mut chunks, &marker)?.handle
            }
        };
        let thing = Thing { handle, hash: arriving.hash, sha256: arriving.sha256 };
        pair.copies.entry(ThingKind::Attachment).or_default().insert(part.number, thing);
        pair.arriving.remove(&part.number);
        pair.received_at = Some(self.options.now);
        self.state.drop_chunks(part.number)?;
        self.state.put_pair(&pair)?;
        Ok(())
    }
}

fn keep_copy<T: serde::Serialize>(
    pair: &mut Pair,
    kind: ThingKind,
    number: u64,
    handle: Option<Handle>,
    told: &BTreeMap<u64, Option<T>>,
) {
    let hash = told.get(&number).map(Hash::of_value).unwrap_or_default();
    let copies = pair.copies.entry(kind).or_default();
    match (copies.get_mut(&number), handle) {
        (Some(copy), handle) => {
            copy.hash = hash;
            copy.handle = handle.unwrap_or_else(|| copy.handle.clone());
        }
        (None, Some(handle)) => {
            copies.insert(number, Thing { handle, hash, sha256: None });
        }
        (None, None) => (),
    }
}

fn uncopy(pair: &mut Pair, kind: ThingKind, number: u64) -> Option<Handle> {
    pair.copies.get_mut(&kind)?.remove(&number).map(|copy| copy.handle)
}

/// What is to be away may be away already.
fn fine<T>(result: Result<T, IssueFault>) -> Result<(), IssueFault> {
    match result {
        Ok(_) | Err(IssueFault::Missing { .. }) => Ok(()),
        Err(fault) => Err(fault),
    }
}
