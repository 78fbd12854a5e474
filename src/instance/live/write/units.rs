//! What the requests of each step change, in the words of a configuration file: the first request of a step says it.
//!
//! Invariant: objects that stand in one order are one unit, for moving one of them changes the places of others: what the requests of
//! a unit change is done when all of them are made, and each object has its place among all of them.

use std::collections::{BTreeMap, HashMap};

use super::sent::Changed;
use super::spelled::spelled;
use super::{Deed, Ground};
use crate::mapping::kind;
use crate::model::{Content, Element, Identity, Snapshot};
use crate::plan::{Action, Step};
use crate::schema::{DeclId, Schema};

/// The kinds whose objects stand in one order, with the tables that hold them.
const ORDERED: [(&str, &str); 2] = [("priority", "Priority"), ("resolution", "Resolution")];

/// All objects as they were, and that of a step.
pub(super) type Before<'b> = (&'b dyn Fn() -> Snapshot, &'b dyn Fn(&Step) -> Option<Element>);

/// What becomes of an object: as it was, and as it is to be.
type Change = (Option<String>, String);

/// The units of the steps of a plan, by the number of their first step.
#[derive(Default)]
pub(super) struct Units {
    ordered: BTreeMap<&'static str, usize>,
    changes: BTreeMap<usize, Vec<Change>>,
}

impl Units {
    /// Adds a step, which makes an object what it will be from what it was; returns the number of its unit.
    pub(super) fn add(
        &mut self,
        number: usize,
        step: &Step,
        (was, object): (Option<&Element>, &Element),
    ) -> usize {
        if let Some((kind, _)) = ORDERED.iter().find(|(kind, _)| *kind == step.object.tag()) {
            return *self.ordered.entry(kind).or_insert(number);
        }
        if let Some(container) = container(step) {
            let from = was.map(|own| spelled(container, own));
            self.changes.entry(number).or_default().push((from, spelled(container, object)));
        }
        number
    }

    /// Lets the first request of each unit say what the unit changes.
    pub(super) fn tell(
        mut self,
        before: Before<'_>,
        ground: &Ground<'_>,
        steps: &[&Step],
        deeds: &mut [(String, Deed)],
    ) {
        for (kind, unit) in std::mem::take(&mut self.ordered) {
            self.changes.insert(unit, in_order(before, ground, steps, kind));
        }
        // What needs no request of its own comes of all that is sent.
        if let Some((_, last)) = deeds.last() {
            let last = last.sent.step;
            let is_made = |unit: &usize| deeds.iter().any(|(_, deed)| deed.sent.step == *unit);
            let (made, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
                self.changes.into_iter().partition(|(unit, _)| is_made(unit));
            self.changes = made;
            self.changes.entry(last).or_default().extend(others.into_values().flatten());
        }
        for (unit, changes) in self.changes {
            let own = || deeds.iter().map(|(_, deed)| deed).filter(|deed| deed.sent.step == unit);
            let requests = own().count();
            let backs = own().map(|deed| usize::from(deed.back.is_some()) + deed.more.len()).sum();
            let Some((_, first)) = deeds.iter_mut().find(|(_, deed)| deed.sent.step == unit) else {
                continue;
            };
            let changed = |(from, to), requests| Changed { from, to, requests, is_partial: false };
            let there = changes.iter().map(|(from, to)| changed((from.clone(), Some(to.clone())), requests));
            let back = changes.iter().map(|(from, to)| changed((Some(to.clone()), from.clone()), backs));
            first.sent.tells(there.collect());
            if let Some(own) = &mut first.back {
                own.tells(back.collect());
            }
        }
    }
}

pub(super) fn container(step: &Step) -> Option<DeclId> {
    match &step.action {
        Action::Setting { container, .. } => Some(*container),
        Action::Create { .. } | Action::Change { .. } => Schema::get().container(step.identity.kind),
    }
}

/// Returns an object as it was; nothing if it is new.
pub(in crate::instance::live::write) fn was(step: &Step) -> Option<&Element> {
    match &step.action {
        Action::Create { .. } => None,
        Action::Change { old, .. } => Some(old),
        Action::Setting { old, .. } => old.as_ref(),
    }
}

/// Returns what becomes of all objects of a kind that has an order: of those, too, that only get another place.
fn in_order(
    (before, was): Before<'_>,
    ground: &Ground<'_>,
    steps: &[&Step],
    tag: &'static str,
) -> Vec<Change> {
    let own = kind(tag);
    let Some(container) = Schema::get().container(own) else { return Vec::new() };
    let entity = ORDERED.iter().find(|(kind, _)| *kind == tag).map(|(_, entity)| *entity).unwrap_or_default();
    let before = before();
    let is_own = |step: &&&Step| step.object.tag() == tag;
    let steps: HashMap<&Identity, &&Step> =
        steps.iter().filter(is_own).map(|step| (&step.identity, step)).collect();
    let old = ground.before.in_order(entity);
    let changes = ground.after.in_order(entity).into_iter().enumerate().filter_map(|(at, id)| {
        let identity = ground.after.names.get(tag, &id)?.identity(own);
        let there = || before.objects.get(&identity).map(|object| &object.element);
        let (from, to) = match steps.get(&identity) {
            Some(step) => (was(step), &step.object),
            None => (there().cloned(), there()?),
        };
        let from = from.and_then(|from| Some(placed(&from, old.iter().position(|own| *own == id)?)));
        let (from, to) = (from.map(|from| spelled(container, &from)), spelled(container, &placed(to, at)));
        (from.as_ref() != Some(&to)).then_some((from, to))
    });
    changes.collect()
}

/// Returns an object at a place, counted as readers count: from 1.
fn placed(object: &Element, at: usize) -> Element {
    let mut object = object.clone();
    let own = object.children_mut().into_iter().flatten().find(|own| own.tag() == "sequence");
    if let Some(own) = own {
        own.content = Content::Text((at + 1).to_string().into());
    }
    object
}
