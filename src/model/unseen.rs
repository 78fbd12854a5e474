//! What a place or a file cannot show: kinds of objects, single objects, and properties of them.
//!
//! Pure. Invariant: what is unseen is unknown, never absent. So absence proves nothing there, while what is there all the same
//! is as it is.

use std::collections::BTreeSet;
use std::fmt;

use super::{Element, Identity, canonicalize};
use crate::schema::{DeclId, KindId, Part, Schema, UNSEEN};

/// All that a place or a file cannot show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unseen(BTreeSet<Gap>);

/// One thing that cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The kind of object.
    pub kind: KindId,
    /// The one object of the kind that is meant; without it, objects of the kind may be there that nobody sees.
    pub object: Option<Identity>,
    /// The child of the objects that is meant; without it, all of them.
    pub property: Option<DeclId>,
    /// Why: lower-case start, no full stop; empty where only a file tells of it.
    pub why: String,
    /// Whether another try may show it: the place was busy, or its answer was cut.
    pub is_passing: bool,
    /// Whether it was asked for. What was not, the place would show.
    pub asked: Asked,
}

/// Whether a place was asked to show something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Asked {
    /// It was.
    #[default]
    Yes,
    /// Nobody was going to look at it.
    No,
    /// The same, but what of it uses those objects of a kind that somebody looks at was asked, and is shown. Of a whole kind: there
    /// may be others than those that were asked for by their names or projects.
    ForUsesOf(KindId),
}

impl Gap {
    /// Returns the gap that objects of a kind may be there that nobody sees.
    pub fn of_kind(kind: KindId, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { kind, object: None, property: None, why, is_passing: false, asked: Asked::Yes }
    }

    /// Returns the gap that all is unknown of one object but that it is there.
    pub fn of_object(object: Identity, why: impl Into<String>) -> Self {
        Self { object: Some(object.clone()), ..Self::of_kind(object.kind, why) }
    }

    /// Narrows it to one property.
    #[must_use]
    pub fn property(self, property: DeclId) -> Self {
        Self { property: Some(property), ..self }
    }

    /// Says that another try may show it.
    #[must_use]
    pub fn passing(self) -> Self {
        Self { is_passing: true, ..self }
    }

    /// Says how far it was asked for.
    #[must_use]
    pub fn asked(self, asked: Asked) -> Self {
        Self { asked, ..self }
    }

    /// Returns whether it was not asked for.
    pub fn is_unasked(&self) -> bool {
        self.asked != Asked::Yes
    }

    /// Returns what is not shown, in words.
    pub fn what(&self) -> String {
        let schema = Schema::get();
        let mut words = schema.kind(self.kind).in_words();
        if let Some(object) = &self.object {
            words.push_str(&format!(" `{object}`"));
        }
        if let Some(property) = self.property {
            words.push_str(&format!(", `{}`", schema.declaration(property).name));
        }
        words
    }
}

/// What is not shown, and why.
impl fmt::Display for Gap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what())?;
        if self.why.is_empty() { Ok(()) } else { write!(out, ": {}", self.why) }
    }
}

impl Extend<Gap> for Unseen {
    fn extend<T: IntoIterator<Item = Gap>>(&mut self, gaps: T) {
        self.0.extend(gaps);
    }
}

impl Unseen {
    /// Adds what cannot be shown.
    pub fn add(&mut self, gap: Gap) {
        self.0.insert(gap);
    }

    /// Returns all of it, in the order of the schema.
    pub fn iter(&self) -> impl Iterator<Item = &Gap> {
        self.0.iter()
    }

    /// Returns whether just this is among it.
    pub fn contains(&self, gap: &Gap) -> bool {
        self.0.contains(gap)
    }

    /// Returns whether everything is shown.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns what the place does not show, without what it was not asked for.
    pub fn not_shown(&self) -> impl Iterator<Item = &Gap> {
        self.0.iter().filter(|own| !own.is_unasked())
    }

    /// Returns what it was not asked for.
    pub fn unasked(&self) -> impl Iterator<Item = &Gap> {
        self.0.iter().filter(|own| own.is_unasked())
    }

    /// Returns why objects of a kind may be there that nobody sees.
    pub fn kind(&self, kind: KindId) -> Option<&Gap> {
        self.one(kind, None, None)
    }

    /// Returns why it is not known what stands beside the objects of a kind.
    pub fn setting(&self, kind: KindId, setting: DeclId) -> Option<&Gap> {
        self.kind(kind).or_else(|| self.one(kind, None, Some(setting)))
    }

    /// Returns why nothing is known of an object.
    pub fn object(&self, identity: &Identity) -> Option<&Gap> {
        self.one(identity.kind, Some(identity), None)
    }

    /// Returns the gap of a kind, an object or a property. There may be thousands, so they are not gone through.
    fn one(&self, kind: KindId, object: Option<&Identity>, property: Option<DeclId>) -> Option<&Gap> {
        if self.0.is_empty() {
            return None;
        }
        let first = Gap { object: object.cloned(), property, ..Gap::of_kind(kind, "") };
        let is_it =
            |own: &&Gap| own.kind == kind && own.object.as_ref() == object && own.property == property;
        // Of a kind that was asked for in part, whoever looks at an object has asked for it.
        let is_known = |own: &Gap| object.is_none() && matches!(own.asked, Asked::ForUsesOf(_));
        self.0.range(&first..).take_while(is_it).find(|own| !is_known(own))
    }

    /// Returns why it is not known whether an object is there that is not shown, or what it is like.
    pub fn hides(&self, identity: &Identity) -> Option<&Gap> {
        self.object(identity).or_else(|| self.kind(identity.kind))
    }

    /// Returns what a file says that it could not see.
    pub fn of_file(root: &Element) -> Self {
        Self::read(root.attribute_named(UNSEEN).unwrap_or_default())
    }

    /// Reads what [`Self::spelled`] has written.
    pub fn read(words: &str) -> Self {
        let parts = words.split_whitespace();
        let gap = |Part { kind, property }| Gap { property, ..Gap::of_kind(kind, "") };
        Self(parts.filter_map(|part| Schema::get().part_named(part)).map(gap).collect())
    }

    /// Returns whether a child of an object may be there although nobody sees it.
    pub fn has_property(&self, object: &Element, property: DeclId) -> bool {
        let identity = Identity::of_definition(object).filter(|_| !self.is_empty());
        identity.is_some_and(|own| self.gap_of(&own, property).is_some())
    }

    /// Returns whether a part of an object may be there although nobody sees it.
    pub fn is_in(&self, object: &Element) -> bool {
        let schema = Schema::get();
        let kind = schema.declaration(object.declaration).kind;
        let identity = Identity::of_definition(object).filter(|_| !self.is_empty());
        kind.is_some_and(|kind| {
            let is_part = |part: KindId| schema.kind(part).within.contains(&schema.kind(kind).name);
            let is_own = |gap: &Gap| gap.object.as_ref().is_none_or(|own| identity.as_ref() == Some(own));
            let own = |own: &Gap| own.kind == kind && own.property.is_some() && is_own(own);
            self.0.iter().any(|gap| is_part(gap.kind) || own(gap))
        })
    }

    /// Returns the kinds of which objects may be there that nobody sees: those of the gaps, and those of parts of what is unseen.
    pub fn kinds(&self) -> BTreeSet<KindId> {
        let schema = Schema::get();
        let mut kinds = BTreeSet::new();
        let mut waiting: Vec<DeclId> = Vec::new();
        for own in &self.0 {
            waiting.push(own.property.unwrap_or(schema.kind(own.kind).declaration));
        }
        let mut seen = BTreeSet::new();
        while let Some(declaration) = waiting.pop() {
            if seen.insert(declaration) {
                kinds.extend(schema.declaration(declaration).kind);
                waiting.extend(schema.children(declaration));
            }
        }
        kinds
    }

    /// Returns what a file has to say of it; nothing if everything is shown. A file says nothing of single objects: of a kind of
    /// which one is not shown, none is known to be absent.
    pub fn spelled(&self) -> Option<String> {
        let parts: BTreeSet<Part> =
            self.0.iter().map(|own| Part { kind: own.kind, property: own.property }).collect();
        let words: Vec<String> = parts.into_iter().map(|part| Schema::get().part_name(part)).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// Returns whether something of an object, or whether there are more of its kind, is not shown.
    pub fn concerns(&self, identity: &Identity) -> bool {
        let is_meant = |gap: &Gap| gap.object.as_ref().map_or(!gap.is_unasked(), |own| own == identity);
        self.0.iter().any(|gap| gap.kind == identity.kind && is_meant(gap))
    }

    /// Returns what concerns all objects of a kind, or objects that are shown.
    #[must_use]
    pub fn about(&self, is_shown: &dyn Fn(&Identity) -> bool) -> Self {
        let is_meant = |own: &&Gap| own.object.as_ref().map_or(!own.is_unasked(), is_shown);
        Self(self.0.iter().filter(is_meant).cloned().collect())
    }

    /// Puts into an element what another one of it has and is not shown here: a whole object, a part, or a whole configuration.
    pub fn fill(&self, element: &mut Element, from: &Element) {
        self.fill_with(element, from, &|_| false);
    }

    /// The same, and what else is not shown; it is asked of children that the element lacks.
    pub fn fill_with(&self, element: &mut Element, from: &Element, hides: &dyn Fn(&Element) -> bool) {
        if !self.is_empty() && self.add_to(element, from, hides) {
            canonicalize(element);
        }
    }

    /// Returns whether anything was added.
    fn add_to(&self, element: &mut Element, from: &Element, hides: &dyn Fn(&Element) -> bool) -> bool {
        let schema = Schema::get();
        let identity = Identity::of_definition(element);
        let is_container =
            schema.declaration(element.declaration).owner == Some(schema.declaration(schema.root()).ty);
        let Some(children) = element.children_mut() else { return false };
        let there: BTreeSet<DeclId> = children.iter().map(|own| own.declaration).collect();
        let (mut is_filled, mut place) = (false, 0);
        for child in from.children() {
            let declaration = schema.declaration(child.declaration);
            let same = |own: &Element| {
                own.declaration == child.declaration
                    && (declaration.items.is_none() || is_same_item(own, child))
            };
            if let Some(at) = children.iter().position(same) {
                is_filled |= self.add_to(&mut children[at], child, hides);
                place = at + 1;
                continue;
            }
            let of_property = identity.as_ref().filter(|_| !there.contains(&child.declaration));
            let of_property = of_property.is_some_and(|own| self.gap_of(own, child.declaration).is_some());
            let of_kind = match declaration.kind {
                Some(kind) => self.kind(kind).is_some(),
                None => is_container && self.hides_settings(from.declaration),
            };
            let added = if of_property || of_kind || hides(child) {
                Some(child.clone())
            } else if declaration.items.is_none() && !child.children().is_empty() {
                let mut empty = Element::parent(child.declaration, Vec::new());
                self.add_to(&mut empty, child, hides).then_some(empty)
            } else {
                None
            };
            if let Some(added) = added {
                children.insert(place, added);
                place += 1;
                is_filled = true;
            }
        }
        is_filled
    }

    /// Takes out of an element what another one of it does not have and is not shown there; returns why, for each.
    pub fn take_out(&self, element: &mut Element, shown: &Element) -> BTreeSet<&Gap> {
        let mut taken = BTreeSet::new();
        if !self.is_empty() {
            self.take(element, shown, &mut taken);
        }
        taken
    }

    fn take<'u>(&'u self, element: &mut Element, shown: &Element, taken: &mut BTreeSet<&'u Gap>) {
        let schema = Schema::get();
        let identity = Identity::of_definition(element);
        let Some(children) = element.children_mut() else { return };
        children.retain_mut(|child| {
            let declaration = schema.declaration(child.declaration);
            let mut there = shown.children().iter().filter(|own| own.declaration == child.declaration);
            let partner = there.clone().find(|own| declaration.items.is_none() || is_same_item(own, child));
            if let Some(partner) = partner {
                self.take(child, partner, taken);
                return true;
            }
            let of_property = identity.as_ref().filter(|_| there.next().is_none());
            let gap = of_property.and_then(|own| self.gap_of(own, child.declaration));
            let gap = gap.or_else(|| declaration.kind.and_then(|kind| self.kind(kind)));
            if let Some(gap) = gap {
                taken.insert(gap);
                return false;
            }
            if declaration.items.is_none() && !child.children().is_empty() {
                let before = child.children().len();
                self.take(child, &Element::parent(child.declaration, Vec::new()), taken);
                return before == 0 || !child.children().is_empty();
            }
            true
        });
    }

    fn gap_of(&self, identity: &Identity, property: DeclId) -> Option<&Gap> {
        let of_kind = self.one(identity.kind, None, Some(property));
        of_kind.or_else(|| self.one(identity.kind, Some(identity), Some(property)))
    }

    /// Returns whether what stands beside the objects of a container may be there although nobody sees it.
    pub fn hides_settings(&self, container: DeclId) -> bool {
        self.0.iter().any(|own| {
            own.object.is_none()
                && own.property.is_none()
                && Schema::get().container(own.kind) == Some(container)
        })
    }
}

/// Puts what a file says that it could not see into canonical order.
pub(super) fn spell(root: &mut Element) {
    let schema = Schema::get();
    let number = schema.attribute(schema.declaration(root.declaration).ty, UNSEEN);
    if let (Some(number), Some(words)) = (number, Unseen::of_file(root).spelled()) {
        root.set_attribute(number, words);
    }
}

/// Returns whether two repeated elements are the same one: by what tells them apart, or else by all that they say.
fn is_same_item(one: &Element, other: &Element) -> bool {
    match Identity::of_definition(one) {
        Some(identity) => Identity::of_definition(other).as_ref() == Some(&identity),
        None => one == other,
    }
}
