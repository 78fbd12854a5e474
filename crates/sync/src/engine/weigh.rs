//! What a message tells is weighed against what this side knows and has changed.
//!
//! Invariant: nothing is done here; what both know changes only afterwards, and only for what was really told and taken.

use std::collections::BTreeMap;

use super::Engine;
use super::apply::Trouble;
use super::merge::{Outcome, Untold, merge};
use crate::message::{Change, Envelope, Hash, Known, KnownChange, ThingKind};
use crate::state::{LinkRow, Pair, Parked, Register};
use crate::{
    Alias, Conflict, IssueKey, IssueState, LinkEnd, Mapping, News, NewsLink, Part, Role, ToldIssue, ToldValue,
};

/// What is decided about a message before anything is done.
pub(super) struct Decided {
    pub(super) news: News,
    pub(super) status: Option<Known<Alias>>,
    pub(super) fields: BTreeMap<Alias, (Known<ToldValue>, Outcome)>,
    pub(super) links: Vec<LinkRow>,
}

impl Engine<'_> {
    /// Which of the values that are told stand.
    pub(super) fn weigh(
        &mut self,
        message: &Envelope,
        change: &Change,
        pair: &Pair,
        mapping: &dyn Mapping,
        own: &IssueState,
        told: Option<&ToldIssue>,
    ) -> Result<Decided, Trouble> {
        let key = message.issue.clone().unwrap_or_else(|| pair.own.clone());
        let news = News {
            key,
            kind: pair.kind.clone(),
            parent: own.parent.clone(),
            status: None,
            fields: BTreeMap::new(),
            comments: fresh(pair, ThingKind::Comment, &change.comments),
            worklogs: fresh(pair, ThingKind::Worklog, &change.worklogs),
            attachments: fresh(pair, ThingKind::Attachment, &change.attachments),
            links: Vec::new(),
        };
        let mut decided = Decided { news, status: None, fields: BTreeMap::new(), links: Vec::new() };
        let (role, user) = (self.state.half().role, self.state.half().user.clone());
        let by_user = |by: Option<&String>| by == Some(&user);
        for (alias, incoming) in &change.fields {
            let rule = mapping.rule(Part::Field(alias));
            if !rule.takes {
                continue;
            }
            let register = pair.fields.get(alias);
            let mine = told.filter(|_| rule.tells).and_then(|told| told.fields.get(alias));
            let untold = mine.filter(|mine| {
                let field = mapping.field(alias, own);
                register.is_none_or(|register| *register.view() != mine.value)
                    && !field.is_some_and(|field| by_user(own.touched(&field).by.as_ref()))
            });
            let untold = untold.map(|mine| Untold { value: mine.value.clone(), at: mine.at });
            let conflict = if rule.tells { rule.conflict } else { Conflict::Newer };
            let outcome = merge(register, untold.as_ref(), incoming, conflict, role);
            self.park(pair, &format!("field {alias}"), conflict, &outcome, incoming)?;
            if outcome == Outcome::Take {
                decided.news.fields.insert(alias.clone(), incoming.now.value.clone());
            }
            decided.fields.insert(alias.clone(), (incoming.now.clone(), outcome));
        }
        if let Some(incoming) = &change.status {
            let rule = mapping.rule(Part::Status);
            let register = pair.status.as_ref();
            let mine = told.filter(|_| rule.tells).and_then(|told| told.status.as_ref());
            let untold = mine.filter(|mine| {
                register.is_none_or(|register| *register.view() != mine.value)
                    && !by_user(own.status_touched.by.as_ref())
            });
            let untold = untold.map(|mine| Untold { value: mine.value.clone(), at: mine.at });
            let conflict = if rule.tells { rule.conflict } else { Conflict::Newer };
            if rule.takes {
                let outcome = merge(register, untold.as_ref(), incoming, conflict, role);
                self.park(pair, "status", conflict, &outcome, incoming)?;
                if outcome == Outcome::Take {
                    decided.news.status = Some(incoming.now.value.clone());
                }
                if !matches!(outcome, Outcome::Keep | Outcome::Park) {
                    decided.status = Some(incoming.now.clone());
                }
            }
        }
        self.weigh_links(change, pair, mapping, own, told, role, &mut decided)?;
        Ok(decided)
    }

    /// Keeps a conflict until somebody decides, or forgets that there was one.
    fn park<T: serde::Serialize>(
        &mut self,
        pair: &Pair,
        part: &str,
        conflict: Conflict,
        outcome: &Outcome,
        incoming: &KnownChange<T>,
    ) -> Result<(), Trouble> {
        if conflict != Conflict::Ask {
            return Ok(());
        }
        match outcome {
            Outcome::Park => {
                let theirs = serde_json::to_string(&incoming.now).expect("a message was made of it");
                let (own, part) = (pair.own.clone(), part.to_owned());
                self.state.put_parked(&Parked { own, part, theirs })?;
            }
            Outcome::Take | Outcome::Same => self.state.drop_parked(&pair.own, part)?,
            Outcome::Keep | Outcome::Below => (),
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "all of what a decision is made of")]
    fn weigh_links(
        &mut self,
        change: &Change,
        pair: &Pair,
        mapping: &dyn Mapping,
        own: &IssueState,
        told: Option<&ToldIssue>,
        role: Role,
        decided: &mut Decided,
    ) -> Result<(), Trouble> {
        if change.links.is_empty() {
            return Ok(());
        }
        let known = self.state.links(&pair.own)?;
        for link in &change.links {
            let rule = mapping.rule(Part::Link(&link.kind));
            if !rule.takes {
                continue;
            }
            let other = match &link.yours {
                Some(yours) => self.state.pair(yours)?.filter(|pair| pair.partner.as_ref() == Some(&link.to)),
                None => None,
            };
            let other = match other {
                Some(other) => Some(other),
                None => self.state.pair_of(&link.to)?,
            };
            let Some(other) = other.map(|pair| pair.own) else {
                return Err(Trouble::Wait(format!(
                    "it links to {} at the partner's, which is not here",
                    link.to
                )));
            };
            let ends = |mine: &IssueKey| match link.end {
                LinkEnd::Outward => (mine.clone(), other.clone()),
                LinkEnd::Inward => (other.clone(), mine.clone()),
            };
            let (source, target) = ends(&pair.own);
            let row = known
                .iter()
                .find(|row| row.kind == link.kind && row.source == source && row.target == target);
            let register = row.map(|row| Register { known: row.there.clone(), own: None });
            let told = told.filter(|_| rule.tells);
            let seen = told.map(|told| {
                told.links
                    .iter()
                    .any(|seen| seen.kind == link.kind && seen.end == link.end && seen.to == other)
            });
            let before = register.as_ref().is_some_and(|register| register.known.value);
            let untold = seen.filter(|seen| *seen != before && *seen != link.there.now.value);
            let untold = untold.map(|value| Untold { value, at: self.options.now });
            let conflict = if rule.conflict == Conflict::Ask { Conflict::Newer } else { rule.conflict };
            let outcome = merge(register.as_ref(), untold.as_ref(), &link.there, conflict, role);
            if outcome == Outcome::Take {
                decided.news.links.push(NewsLink {
                    kind: link.kind.clone(),
                    end: link.end,
                    to: other.clone(),
                    there: link.there.now.value,
                });
            }
            if !matches!(outcome, Outcome::Keep | Outcome::Park) {
                let there = link.there.now.clone();
                decided.links.push(LinkRow { kind: link.kind.clone(), source, target, there });
            }
        }
        let _ = own;
        Ok(())
    }

    /// What both know now.
    pub(super) fn learn(
        &mut self,
        pair: &mut Pair,
        decided: Decided,
        mapping: &dyn Mapping,
        after: &IssueState,
        before: Option<&ToldIssue>,
        view: Option<&ToldIssue>,
    ) -> Result<(), Trouble> {
        let user = self.state.half().user.clone();
        for (alias, (known, outcome)) in decided.fields {
            let value_before = before.and_then(|told| told.fields.get(&alias)).map(|told| &told.value);
            let value = view.and_then(|told| told.fields.get(&alias)).map(|told| &told.value);
            match outcome {
                Outcome::Take | Outcome::Same => {
                    // Somebody else may have been quicker; that is a change of this side, to be told.
                    let field = mapping.field(&alias, after);
                    let by_user = field.is_some_and(|field| after.touched(&field).by.as_ref() == Some(&user));
                    let seen = value.filter(|value| by_user || value_before == Some(*value));
                    let register = match seen {
                        Some(seen) => Register::seen_as(known, seen.clone()),
                        None => Register { known, own: None },
                    };
                    pair.fields.insert(alias, register);
                }
                Outcome::Below => {
                    pair.fields.insert(alias, Register { known, own: None });
                }
                Outcome::Keep | Outcome::Park => (),
            }
        }
        if let Some(known) = decided.status {
            let value_before = before.and_then(|told| told.status.as_ref()).map(|told| &told.value);
            let value = view.and_then(|told| told.status.as_ref()).map(|told| &told.value);
            let taken = decided.news.status.is_some();
            let by_user = after.status_touched.by.as_ref() == Some(&user);
            let seen = value.filter(|value| {
                (taken && (by_user || value_before == Some(*value))) || **value == known.value
            });
            pair.status = Some(match seen {
                Some(seen) => Register::seen_as(known, seen.clone()),
                None => Register { known, own: None },
            });
        }
        for link in decided.links {
            self.state.put_link(&link)?;
        }
        Ok(())
    }
}

/// What is new, or says something else than the copy that is there.
fn fresh<T: Clone + serde::Serialize>(
    pair: &Pair,
    kind: ThingKind,
    told: &BTreeMap<u64, Option<T>>,
) -> BTreeMap<u64, T> {
    let told = told.iter().filter_map(|(number, told)| Some((*number, told.as_ref()?)));
    let fresh = told.filter(|(number, told)| {
        pair.copy(kind, *number).is_none_or(|copy| copy.hash != Hash::of_value(&Some(told)))
    });
    fresh.map(|(number, told)| (number, told.clone())).collect()
}
