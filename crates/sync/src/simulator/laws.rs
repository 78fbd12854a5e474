//! What must hold when the channel works again and both sides have run until nothing is left to say.
//!
//! Invariant: the two Jiras are compared with each other, through the pairs, and with nothing that the engine says of them.

use std::collections::{BTreeMap, BTreeSet};

use super::edits::taking_part;
use super::rig::{Rig, Side};
use super::wire::{Wax, by_number};
use crate::message::read;
use crate::state::{Pair, PairState};
use crate::{IssueKey, IssueState, LinkEnd};

/// The pairs of a side.
pub(super) fn pairs(side: &Side) -> Vec<Pair> {
    side.state.pairs_after("", u32::MAX).expect("pairs")
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// What people wrote on an issue, or the copies of it.
fn things(side: &Side, issue: &IssueState, copies: bool) -> BTreeMap<String, u32> {
    let mut things = BTreeMap::new();
    let mut add = |what: String| *things.entry(what).or_insert(0) += 1;
    for comment in
        issue.comments.iter().filter(|it| it.marker.is_some() == copies && it.restriction.is_none())
    {
        add(format!("comment {}", comment.body));
    }
    for worklog in issue.worklogs.iter().filter(|it| it.marker.is_some() == copies) {
        add(format!("worklog {} {}", worklog.seconds, worklog.comment));
    }
    for file in issue.attachments.iter().filter(|it| it.marker.is_some() == copies) {
        add(format!("file {} {:?}", file.name, side.jira.bytes(&file.handle)));
    }
    things
}

/// Law 1: both sides agree.
pub(super) fn agree(rig: &Rig) -> Result<(), String> {
    compare(rig, false)
}

/// Law 1 after a restore: copies of what a restored Jira has lost may stay.
pub(super) fn agree_after_restore(rig: &Rig) -> Result<(), String> {
    compare(rig, true)
}

fn compare(rig: &Rig, restored: bool) -> Result<(), String> {
    let [master, slave] = &rig.sides;
    let theirs: BTreeMap<IssueKey, Pair> =
        pairs(slave).into_iter().map(|pair| (pair.own.clone(), pair)).collect();
    let mut known = BTreeMap::new();
    for pair in pairs(master) {
        let live = pair.state == PairState::Live;
        let partner =
            pair.partner.clone().filter(|key| theirs.get(key).is_some_and(|it| it.state == PairState::Live));
        if let Some(partner) = partner.filter(|_| live) {
            check(theirs[&partner].partner.as_ref() == Some(&pair.own), || {
                format!("{partner} has another partner")
            })?;
            known.insert(pair.own.clone(), partner);
        }
    }
    let there = known.values().collect::<BTreeSet<_>>();
    for (one, other) in &known {
        let (Some(a), Some(b)) = (master.jira.issue(one), slave.jira.issue(other)) else {
            return Err(format!("{one} or {other} is not there"));
        };
        check(a.kind == b.kind, || format!("{one} is a {}, {other} a {}", a.kind, b.kind))?;
        check(a.fields == b.fields, || format!("{one} and {other} differ: {:?} {:?}", a.fields, b.fields))?;
        check(a.status == b.status, || format!("{one} is {}, {other} is {}", a.status, b.status))?;
        let parent = a.parent.as_ref().map(|parent| known.get(parent));
        check(parent.is_none_or(|parent| parent == b.parent.as_ref()), || format!("the parent of {one}"))?;
        for (from, at, to, copy) in [(master, a, slave, b), (slave, b, master, a)] {
            let (said, copied) = (things(from, at, false), things(to, copy, true));
            let holds = if restored {
                said.iter().all(|(thing, many)| copied.get(thing) == Some(many))
            } else {
                said == copied
            };
            check(holds, || format!("{} and {} differ: {said:?} {copied:?}", at.key, copy.key))?;
        }
        let links = |issue: &IssueState,
                     name: &dyn Fn(&IssueKey) -> Option<IssueKey>|
         -> BTreeSet<(LinkEnd, IssueKey)> {
            issue.links.iter().filter_map(|link| Some((link.end, name(&link.to)?))).collect()
        };
        let (mine, theirs) = (
            links(a, &|key| known.get(key).cloned()),
            links(b, &|key| there.contains(key).then(|| key.clone())),
        );
        check(mine == theirs, || format!("links of {one} and {other}: {mine:?} {theirs:?}"))?;
    }
    Ok(())
}

/// Law 2: whatever one side made is on the other once.
pub(super) fn once(rig: &Rig, restored: bool) -> Result<(), String> {
    for (which, side) in rig.sides.iter().enumerate() {
        let other = &rig.sides[1 - which];
        let mut of: BTreeMap<IssueKey, IssueKey> = BTreeMap::new();
        for pair in pairs(other) {
            if let Some(partner) = pair.partner {
                check(of.insert(partner.clone(), pair.own).is_none(), || {
                    format!("{partner} has two copies")
                })?;
            }
        }
        for issue in taking_part(&side.jira) {
            let pair = side.state.pair(&issue.key).expect("a pair");
            // A sub-task of an issue that is not synchronized (any more) is not either.
            let parent = issue.parent.as_ref().and_then(|key| side.state.pair(key).expect("a pair"));
            let orphan = issue.parent.is_some() && parent.is_none_or(|pair| pair.state != PairState::Live);
            let Some(pair) = pair else {
                let excused = orphan || (restored && issue.marker.is_some());
                check(excused, || format!("{} has no pair", issue.key))?;
                continue;
            };
            if pair.state == PairState::Live {
                let excused = orphan && restored;
                check(of.contains_key(&issue.key) || excused, || format!("{} has no copy", issue.key))?;
            }
            let markers = issue.comments.iter().filter_map(|it| it.marker.clone());
            let markers = markers.chain(issue.worklogs.iter().filter_map(|it| it.marker.clone()));
            let markers = markers.chain(issue.attachments.iter().filter_map(|it| it.marker.clone()));
            let numbers: Vec<u32> = markers.map(|marker| marker.n).collect();
            let distinct: BTreeSet<u32> = numbers.iter().copied().collect();
            check(numbers.len() == distinct.len(), || format!("{} has two copies of a thing", issue.key))?;
        }
    }
    Ok(())
}

/// Law 7: numbers have no gaps, and what is sent again is the same, byte for byte.
pub(super) fn no_gaps(rig: &Rig) -> Result<(), String> {
    for which in 0..rig.sides.len() {
        let sent = rig.sent(which);
        let numbered = by_number(&sent);
        let epoch = rig.sides[which].state.half().epoch;
        let mut next = 1;
        for ((_, seq), forms) in numbered.range((epoch, 0)..=(epoch, u64::MAX)) {
            check(*seq == next, || format!("message {next} was never sent"))?;
            check(forms.iter().all(|form| form == &forms[0]), || {
                format!("message {seq} was sent in two forms")
            })?;
            next += 1;
        }
        let half = rig.sides[1 - which].state.half();
        check(half.upto + 1 == next && half.done == half.upto, || {
            format!("{} of {} messages were received, {} done", half.upto, next - 1, half.done)
        })?;
    }
    Ok(())
}

/// Law 14, and law 3 as far as it goes here: what does not take part is neither told nor touched.
pub(super) fn untouched(rig: &Rig, before: &[Vec<IssueState>; 2]) -> Result<(), String> {
    for (which, before) in before.iter().enumerate() {
        for secret in before {
            let now = rig.sides[which].jira.issue(&secret.key);
            check(now == Some(secret), || format!("{} was touched", secret.key))?;
        }
        for sealed in &rig.sent(which) {
            let plain = String::from_utf8_lossy(Wax::peek(sealed)).into_owned();
            check(!plain.contains("CANARY"), || format!("a secret is in {plain}"))?;
            let message = read(Wax::peek(sealed), usize::MAX).map_err(|fault| fault.to_string())?;
            check(message.dir == rig.sides[which].role, || "a message of the other's".to_owned())?;
        }
        for issue in taking_part(&rig.sides[which].jira) {
            // Whatever was made as a copy was made by the synchronization's user, and nothing else was.
            for comment in &issue.comments {
                let by_user = comment.author.as_deref() == Some("sync");
                check(by_user == comment.marker.is_some(), || format!("a comment of {}", issue.key))?;
            }
        }
    }
    Ok(())
}
