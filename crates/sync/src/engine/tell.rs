//! What differs from what both know becomes messages.
//!
//! Invariant: what both know and the message that tells it are kept in one transaction; what the synchronization's user changed is
//! never told.

use std::collections::BTreeMap;

use super::merge::after;
use super::{Engine, RunFault};
use crate::message::{Body, Change, ChangedLink, Hash, Known, KnownChange, Offer, ThingKind};
use crate::state::{LinkRow, Pair, PairState, Register};
use crate::{Handle, IssueState, LinkEnd, Mapping, Part, Role, Time, ToldIssue};

/// A time before all others: of a value that is not this side's to tell.
const LONG_AGO: Time = Time(i64::MIN);

impl<'a> Engine<'a> {
    /// Writes the messages that tell what differs from what both know, or all of it.
    pub(super) fn tell(
        &mut self,
        mapping: &'a dyn Mapping,
        mut pair: Pair,
        own: &IssueState,
        told: &ToldIssue,
        whole: bool,
        is_new: bool,
    ) -> Result<(), RunFault> {
        let before = pair.clone();
        let (role, user) = (self.state.half().role, self.state.half().user.clone());
        let mut issue = Change::default();
        if whole {
            let made = own.created.at;
            let made = if pair.first == role { made } else { pair.made };
            issue.offer = Some(Offer { kind: told.kind.clone(), parent: told.parent.clone(), made });
        }
        let rebuild = pair.rebuild;
        self.rebuild(mapping, &mut pair, own, told);
        let value = Telling { role, whole };
        for (alias, now) in &told.fields {
            if !mapping.rule(Part::Field(alias)).tells {
                continue;
            }
            let by_user =
                mapping.field(alias, own).is_some_and(|field| own.touched(&field).by.as_ref() == Some(&user));
            let register = pair.fields.remove(alias);
            let (register, change) = value.told(register, &now.value, now.at, by_user);
            pair.fields.insert(alias.clone(), register);
            issue.fields.extend(change.map(|change| (alias.clone(), change)));
        }
        if let Some(now) = told.status.as_ref().filter(|_| mapping.rule(Part::Status).tells) {
            let by_user = own.status_touched.by.as_ref() == Some(&user);
            let (register, change) = value.told(pair.status.take(), &now.value, now.at, by_user);
            pair.status = Some(register);
            issue.status = change;
        }
        let parts = mapping.parts();
        let by_user = |by: Option<&String>| by == Some(&user);
        let (mut comments, mut worklogs, mut manifest) =
            (Change::default(), Change::default(), Change::default());
        if parts.comments {
            let quiet = |handle: &Handle| {
                own.comments.iter().any(|it| it.handle == *handle && by_user(it.updated.by.as_ref()))
            };
            comments.comments = differing(&mut pair, ThingKind::Comment, &told.comments, whole, quiet);
        }
        if parts.worklogs {
            let quiet = |handle: &Handle| {
                own.worklogs.iter().any(|it| it.handle == *handle && by_user(it.updated.by.as_ref()))
            };
            worklogs.worklogs = differing(&mut pair, ThingKind::Worklog, &told.worklogs, whole, quiet);
        }
        let bytes: Vec<(u64, u64)> = told
            .attachments
            .iter()
            .filter(|(number, _)| {
                pair.thing(ThingKind::Attachment, **number).is_some_and(|thing| thing.hash.0.is_empty())
            })
            .map(|(number, told)| (*number, told.size))
            .collect();
        if parts.attachments {
            manifest.attachments =
                differing(&mut pair, ThingKind::Attachment, &told.attachments, whole, |_| false);
        }
        if is_new {
            // All that belongs to a new issue is told in one message.
            (issue.comments, issue.worklogs) =
                (std::mem::take(&mut comments.comments), std::mem::take(&mut worklogs.worklogs));
        }
        let (links, rows) = if parts.links {
            self.differing_links(mapping, own, told, whole, rebuild)?
        } else {
            (Vec::new(), Vec::new())
        };
        let link = Change { links, ..Change::default() };
        if [&issue, &comments, &worklogs, &manifest, &link].iter().any(|change| !change.is_empty()) {
            // This may end a transaction: nothing of the issue has been kept so far.
            self.touch()?;
        }
        for row in &rows {
            self.state.put_link(row)?;
        }
        let config = mapping.version();
        let mut offers = issue.offer.is_some();
        for (change, kind) in [
            (issue, Body::Issue as fn(Box<Change>) -> Body),
            (comments, Body::Comment),
            (worklogs, Body::Worklog),
            (manifest, Body::Manifest),
        ] {
            if !change.is_empty() {
                let seq = self.postman().post(kind(Box::new(change)), Some(&mut pair), Some(config))?;
                if offers && pair.partner.is_none() {
                    (pair.epoch, pair.seq) = (self.state.half().epoch, seq);
                }
                offers = false;
            }
        }
        for (number, size) in bytes {
            let Some(handle) = pair.thing(ThingKind::Attachment, number).map(|thing| thing.handle.clone())
            else {
                continue;
            };
            let (mut parts, issues) = self.parts(&mut pair, config, number, size);
            issues.fetch(&own.key, &handle, &mut parts)?;
            parts.finish()?;
        }
        // Whoever links to this issue must find it there first.
        if !link.is_empty() {
            self.postman().post(Body::Link(Box::new(link)), Some(&mut pair), Some(config))?;
        }
        if pair.own_made.is_none() {
            pair.own_made = Some(own.created.at);
        }
        if is_new || pair != before {
            self.state.put_pair(&pair)?;
        }
        Ok(())
    }

    /// Links that both do not know as they are. Only those to issues that are synchronized, too, are told.
    fn differing_links(
        &mut self,
        mapping: &dyn Mapping,
        own: &IssueState,
        told: &ToldIssue,
        whole: bool,
        rebuild: bool,
    ) -> Result<(Vec<ChangedLink>, Vec<LinkRow>), RunFault> {
        let (role, now) = (self.state.half().role, self.options.now);
        let (mut changed, mut kept) = (Vec::new(), Vec::new());
        let mut rows = self.state.links(&own.key)?;
        for link in &told.links {
            let (source, target) = match link.end {
                LinkEnd::Outward => (own.key.clone(), link.to.clone()),
                LinkEnd::Inward => (link.to.clone(), own.key.clone()),
            };
            if !rows.iter().any(|row| row.kind == link.kind && row.source == source && row.target == target) {
                let there = Known { value: false, at: LONG_AGO, by: role.other() };
                rows.push(LinkRow { kind: link.kind.clone(), source, target, there });
            }
        }
        for row in rows {
            if !mapping.rule(Part::Link(&row.kind)).tells {
                continue;
            }
            let (end, to) = if row.source == own.key {
                (LinkEnd::Outward, &row.target)
            } else {
                (LinkEnd::Inward, &row.source)
            };
            let Some(other) = self
                .state
                .pair(to)?
                .filter(|pair| pair.state == PairState::Live || pair.state == PairState::Left)
            else {
                continue;
            };
            let seen =
                told.links.iter().any(|link| link.kind == row.kind && link.end == end && link.to == *to);
            let new = row.there.at == LONG_AGO && !row.there.value;
            if seen == row.there.value && (new || !whole) {
                continue;
            }
            let mut next = row.clone();
            let before = (!new).then(|| row.there.hash());
            if seen != row.there.value {
                // After a restore nobody knows who is right about a link that this side lacks: the partner is asked by what it tells.
                let at = if rebuild && !new { LONG_AGO } else { after(now, Some(&row.there)) };
                let at = if rebuild && new { Time(0) } else { at };
                next.there = Known { value: seen, at, by: role };
                kept.push(next.clone());
            }
            let before = if whole && seen == row.there.value { None } else { before };
            changed.push(ChangedLink {
                kind: row.kind.clone(),
                end,
                to: to.clone(),
                yours: other.partner,
                there: KnownChange { now: next.there, before },
            });
        }
        Ok((changed, kept))
    }
}

/// How a value is told.
struct Telling {
    role: Role,
    whole: bool,
}

fn fresh<T: Clone>(value: &T, at: Time, by: Role) -> Register<T> {
    Register { known: Known { value: value.clone(), at, by }, own: None }
}

impl Telling {
    /// What both know of a value afterwards, and what is told of it.
    fn told<T: Clone + PartialEq + serde::Serialize>(
        &self,
        register: Option<Register<T>>,
        value: &T,
        at: Time,
        by_user: bool,
    ) -> (Register<T>, Option<KnownChange<T>>) {
        match register {
            Some(register) if register.view() == value => {
                let told = self.whole && register.known.at > LONG_AGO;
                let change = told.then(|| KnownChange { now: register.known.clone(), before: None });
                (register, change)
            }
            Some(register) if by_user => (Register::seen_as(register.known, value.clone()), None),
            None if by_user => (fresh(value, LONG_AGO, self.role.other()), None),
            Some(old) => {
                let new = fresh(value, after(at, Some(&old.known)), self.role);
                let change = KnownChange { now: new.known.clone(), before: Some(old.known.hash()) };
                (new, Some(change))
            }
            None => {
                let new = fresh(value, at, self.role);
                let change = KnownChange { now: new.known.clone(), before: None };
                (new, Some(change))
            }
        }
    }
}

/// What is known of a value after a recovery: as before where this side still has it so; else as old as its Jira says. What came from
/// the partner it knows better itself.
fn rebuilt<T: Clone + PartialEq>(
    register: &mut Option<Register<T>>,
    value: &T,
    at: Time,
    by_user: bool,
    role: Role,
) {
    match register {
        Some(register) if register.view() == value => (),
        _ if by_user => *register = Some(fresh(value, LONG_AGO, role.other())),
        _ => *register = Some(fresh(value, at, role)),
    }
}

impl Engine<'_> {
    /// After a recovery, and before anything is told or done: what both know is worked out anew from what is there.
    pub(super) fn rebuild(&self, mapping: &dyn Mapping, pair: &mut Pair, own: &IssueState, told: &ToldIssue) {
        if !std::mem::take(&mut pair.rebuild) {
            return;
        }
        let half = self.state.half();
        let by_user = |by: Option<&String>| by == Some(&half.user);
        for (alias, now) in &told.fields {
            let field = mapping.field(alias, own);
            let by_user = field.is_some_and(|field| by_user(own.touched(&field).by.as_ref()));
            let mut register = pair.fields.remove(alias);
            rebuilt(&mut register, &now.value, now.at, by_user, half.role);
            pair.fields.extend(register.map(|register| (alias.clone(), register)));
        }
        if let Some(now) = &told.status {
            let by_user = by_user(own.status_touched.by.as_ref());
            rebuilt(&mut pair.status, &now.value, now.at, by_user, half.role);
        }
        if pair.kind.as_str() == "new" {
            pair.kind.clone_from(&told.kind);
        }
    }
}

/// Things that are not as they were last told, and numbers of those that are no more.
fn differing<T: Clone + serde::Serialize>(
    pair: &mut Pair,
    kind: ThingKind,
    told: &BTreeMap<u64, T>,
    whole: bool,
    quiet: impl Fn(&Handle) -> bool,
) -> BTreeMap<u64, Option<T>> {
    let mut changed = BTreeMap::new();
    let things = pair.things.entry(kind).or_default();
    for (number, now) in told {
        let Some(thing) = things.get_mut(number) else { continue };
        let hash = Hash::of_value(now);
        let differs = thing.hash != hash && (thing.hash.0.is_empty() || !quiet(&thing.handle));
        if differs || whole {
            changed.insert(*number, Some(now.clone()));
        }
        thing.hash = hash;
    }
    things.retain(|number, thing| {
        let there = told.contains_key(number);
        if !there && !thing.hash.0.is_empty() {
            changed.insert(*number, None);
        }
        there
    });
    if things.is_empty() {
        pair.things.remove(&kind);
    }
    // Copies that the partner has of what is not there any more.
    let claims = std::mem::take(&mut pair.claims);
    let (gone, others): (Vec<_>, Vec<_>) = claims.into_iter().partition(|claim| claim.kind == kind);
    changed.extend(gone.into_iter().filter(|claim| claim.removed).map(|claim| (claim.number, None)));
    pair.claims = others;
    changed
}
