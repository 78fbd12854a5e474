//! The rules of the conversation: numbers, acknowledgements, what is sent again, what is missing, what cannot be.
//!
//! Invariant: pure: nothing here reads a clock, a file or a message that was not opened; each rule gives the same answer to the same
//! question, however often it is asked.

#[cfg(test)]
mod exchange_tests;

use crate::message::{Acks, Body, Envelope, Hash};
use crate::state::Half;
use crate::{Role, Time};

/// How often a message is sent before the partner counts as silent.
pub const TRIES: u32 = 8;
/// How many missing numbers are asked for at once, and how many single ones are told in acknowledgements.
pub const MANY: u32 = 200;

/// What a message is, seen from the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is new: it is kept.
    New,
    /// It was heard before: it is acknowledged again, and dropped.
    Again,
    /// It is an older one than the last of its kind: nothing is done.
    Stale,
    /// Another message of this number said something else. One side must have been restored, or somebody plays false.
    Twice,
    /// It begins a new epoch.
    NewEpoch,
    /// It is of an epoch of which the beginning is still on its way: it is dropped, for the partner will send it again.
    Early,
    /// It is of an epoch that is over.
    OlderEpoch,
    /// It is not for this half, or must not be said now; the reason in words.
    Refused(String),
}

/// What an opened message is. `stored` is the hash of the message of its number that was kept before.
pub fn hear(half: &Half, message: &Envelope, hash: &Hash, stored: Option<&Hash>) -> Verdict {
    let refused = |why: String| Verdict::Refused(why);
    if message.sync_id != half.sync_id {
        return refused(format!("it belongs to another synchronization, {}", message.sync_id));
    }
    if message.dir != half.role.other() {
        return refused(format!("it was written by a {}, as this half is one", message.dir));
    }
    if message.epoch < half.epoch {
        return Verdict::OlderEpoch;
    }
    if message.epoch > half.epoch {
        return match message.body {
            Body::Recover(_) if message.seq == Some(1) => Verdict::NewEpoch,
            _ => Verdict::Early,
        };
    }
    match message.seq {
        Some(_) => match stored {
            Some(stored) if stored == hash => Verdict::Again,
            Some(_) => Verdict::Twice,
            None => Verdict::New,
        },
        None if message.created > half.created_heard => Verdict::New,
        None => Verdict::Stale,
    }
}

/// Up to which number everything has been received, when `next` are those above `upto` that have been.
pub fn reaches(upto: u64, above: &[(u64, Hash)]) -> u64 {
    above.iter().fold(upto, |upto, (seq, _)| if *seq == upto + 1 { *seq } else { upto })
}

/// The numbers that are missing below those that were received.
pub fn missing(upto: u64, above: &[(u64, Hash)]) -> Vec<u64> {
    let mut missing = Vec::new();
    let mut next = upto + 1;
    for (seq, _) in above {
        missing.extend((next..*seq).take(MANY as usize - missing.len().min(MANY as usize)));
        next = seq + 1;
    }
    missing
}

/// How long to wait for an answer after a message was sent for the `tries`th time.
pub fn patience(tries: u32, interval: i64) -> i64 {
    interval.saturating_mul(1 << tries.clamp(1, TRIES).saturating_sub(1))
}

/// Something that a partner who remembers what it should cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The number that shows it.
    pub seq: u64,
}

/// Which messages the partner has, by what it says: ranges that were not known before.
pub fn newly_received(before: &Acks, now: &Acks, next_seq: u64) -> Result<Vec<(u64, u64)>, Contradiction> {
    let highest = now.also.iter().map(|(seq, _)| *seq).chain([now.upto, now.done]).max().unwrap_or(0);
    if highest >= next_seq {
        return Err(Contradiction { seq: highest });
    }
    let mut ranges = Vec::new();
    if now.upto > before.upto {
        ranges.push((before.upto + 1, now.upto));
    }
    ranges.extend(now.also.iter().filter(|(seq, _)| *seq > now.upto).map(|(seq, _)| (*seq, *seq)));
    Ok(ranges)
}

/// Whether the partner has less than it said before. If it says so later, it has forgotten: it was restored.
pub fn forgotten(before: &Acks, now: &Acks) -> bool {
    now.upto < before.upto || now.done < before.done
}

/// Whose change stands if both are of their own: the newer by the times as they were sent, the master's if these are equal.
/// The hashes only keep two changes apart that claim to be the same.
pub fn newer(first: (Time, Role, &Hash), second: (Time, Role, &Hash)) -> bool {
    let order = |(at, by, hash): (Time, Role, &Hash)| (at, by == Role::Master, hash.clone());
    order(first) > order(second)
}
