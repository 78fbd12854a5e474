//! The running numbers of comments, worklogs and attachments.
//!
//! Invariant: a number is given once and never again, and never to a copy of something of the partner's or to what the
//! synchronization's user wrote.

use crate::message::{Hash, ThingKind};
use crate::state::{Pair, Thing};
use crate::{Attachment, Comment, Handle, Numbers, SyncId, Worklog};

/// Knows the numbers that there are, and gives none.
pub(super) struct Given<'a>(pub(super) &'a Pair);

impl Numbers for Given<'_> {
    fn comment(&mut self, comment: &Comment) -> Option<u64> {
        self.0.number_of(ThingKind::Comment, &comment.handle)
    }

    fn worklog(&mut self, worklog: &Worklog) -> Option<u64> {
        self.0.number_of(ThingKind::Worklog, &worklog.handle)
    }

    fn attachment(&mut self, attachment: &Attachment) -> Option<(u64, String)> {
        let number = self.0.number_of(ThingKind::Attachment, &attachment.handle)?;
        Some((number, self.0.thing(ThingKind::Attachment, number)?.sha256.clone()?))
    }
}

/// Gives numbers to what has none.
pub(super) struct Giving<'a> {
    /// Keeps what has a number.
    pub(super) pair: &'a mut Pair,
    /// The next number.
    pub(super) next: u64,
    /// The synchronization.
    pub(super) sync: SyncId,
    /// Its user.
    pub(super) user: &'a str,
    /// Attachments of which the bytes have to be read first.
    pub(super) wanted: Vec<Attachment>,
}

impl Giving<'_> {
    fn number(
        &mut self,
        kind: ThingKind,
        handle: &Handle,
        author: Option<&String>,
        marker: Option<SyncId>,
    ) -> Option<u64> {
        if let Some(number) = self.pair.number_of(kind, handle) {
            return Some(number);
        }
        if !self.is_own(kind, handle, author, marker) {
            return None;
        }
        Some(self.give(kind, handle, None))
    }

    fn is_own(
        &self,
        kind: ThingKind,
        handle: &Handle,
        author: Option<&String>,
        marker: Option<SyncId>,
    ) -> bool {
        marker != Some(self.sync)
            && !self.pair.is_copy(kind, handle)
            && author.is_none_or(|author| author != self.user)
    }

    /// The number of a thing that has just been met.
    pub(super) fn give(&mut self, kind: ThingKind, handle: &Handle, sha256: Option<String>) -> u64 {
        let number = self.next;
        self.next += 1;
        let thing = Thing { handle: handle.clone(), hash: Hash::default(), sha256 };
        self.pair.things.entry(kind).or_default().insert(number, thing);
        number
    }
}

impl Numbers for Giving<'_> {
    fn comment(&mut self, comment: &Comment) -> Option<u64> {
        let marker = comment.marker.as_ref().map(|marker| marker.sync);
        self.number(ThingKind::Comment, &comment.handle, comment.author.as_ref(), marker)
    }

    fn worklog(&mut self, worklog: &Worklog) -> Option<u64> {
        let marker = worklog.marker.as_ref().map(|marker| marker.sync);
        self.number(ThingKind::Worklog, &worklog.handle, worklog.author.as_ref(), marker)
    }

    fn attachment(&mut self, attachment: &Attachment) -> Option<(u64, String)> {
        let known = Given(self.pair).attachment(attachment);
        let marker = attachment.marker.as_ref().map(|marker| marker.sync);
        if known.is_none()
            && self.is_own(ThingKind::Attachment, &attachment.handle, attachment.author.as_ref(), marker)
        {
            self.wanted.push(attachment.clone());
        }
        known
    }
}
