//! What a place can do: how it is changed, and what of each kind of object, and of each property, it tells and takes.
//!
//! One type for all places: guards ask it before anything is done, commands before anything is opened, and documents are made of
//! it. Invariant: a property that nothing is said about is as its kind, and a kind that nothing is said about can be everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::schema::{DeclId, KindId, Schema};

/// What a place can do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Abilities {
    /// How it is changed.
    pub changes: Changes,
    /// Whether a run is one transaction, which proves that all has become as it was planned.
    pub atomic: bool,
    /// Whether it is changed only while Jira is stopped.
    pub offline: bool,
    /// Whether it remembers runs, so that they can be taken back.
    pub journal: bool,
    /// What can be done with which kinds of objects and properties.
    pub parts: Parts,
}

/// What can be done with kinds of objects and properties, where that is not everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts(Arc<BTreeMap<Part, Verbs>>);

/// How a place is changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Changes {
    /// Where it is.
    #[default]
    InPlace,
    /// By a new one that is written beside it.
    Anew,
    /// Not at all.
    Nothing,
}

/// A kind of object, or a property of one.
type Part = (KindId, Option<DeclId>);

/// Whether something can be done, or why not.
pub type Can = Result<(), &'static str>;

/// What can be done with objects of a kind, or with a property of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verbs {
    /// Whether it is told.
    pub read: Can,
    /// Whether it can be made.
    pub create: Can,
    /// Whether it can be changed.
    pub change: Can,
    /// Whether it can be removed.
    pub remove: Can,
}

impl Verbs {
    /// Everything.
    pub const ALL: Self = Self { read: Ok(()), create: Ok(()), change: Ok(()), remove: Ok(()) };

    /// Returns the same, with the one reason why it cannot be written.
    #[must_use]
    pub const fn only_read(self, why: &'static str) -> Self {
        Self { read: self.read, create: Err(why), change: Err(why), remove: Err(why) }
    }

    /// Returns the same, with the reason why it is not told.
    #[must_use]
    pub const fn unread(self, why: &'static str) -> Self {
        Self { read: Err(why), ..self }
    }

    /// Returns in words whether it can be written: each reason once, with what it is about where that is not all.
    pub fn written(&self) -> String {
        let verbs = [("create", self.create), ("change", self.change), ("remove", self.remove)];
        if verbs.iter().all(|(_, can)| *can == self.create) {
            return self.create.map_or_else(|why| format!("no: {why}"), |()| "yes".to_owned());
        }
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for (verb, why) in verbs.iter().filter_map(|(verb, can)| Some((*verb, can.err()?))) {
            match reasons.iter_mut().find(|(own, _)| *own == why) {
                Some((_, verbs)) => verbs.push(verb),
                None => reasons.push((why, vec![verb])),
            }
        }
        let told = reasons.iter().map(|(why, verbs)| format!("no {}: {why}", verbs.join(", no ")));
        told.collect::<Vec<_>>().join("; ")
    }
}

impl Abilities {
    /// Returns what a place can do that is made of rows, and changed in one transaction.
    pub fn of_rows() -> Self {
        Self { atomic: true, journal: true, ..Self::default() }
    }

    /// Returns the same, with what can be done with these parts, such as `screen` or `screen/description`.
    ///
    /// # Panics
    ///
    /// If the schema has no such kind or property: that is a mistake in pcfg.
    #[must_use]
    pub fn with<'p>(self, parts: impl IntoIterator<Item = (&'p str, Verbs)>) -> Self {
        let parts = parts.into_iter().map(|(part, verbs)| (Self::part(part), verbs));
        Self { parts: Parts(Arc::new(parts.collect())), ..self }
    }

    fn part(part: &str) -> Part {
        let schema = Schema::get();
        let (kind, property) = part.split_once('/').map_or((part, None), |(kind, own)| (kind, Some(own)));
        let kind = schema.kind_named(kind).unwrap_or_else(|| panic!("the schema has no kind {part}"));
        let child = |tag| schema.property(kind, tag);
        (kind, property.map(|tag| child(tag).unwrap_or_else(|| panic!("the schema has no property {part}"))))
    }

    /// Returns what can be done with objects of a kind.
    pub fn of(&self, kind: KindId) -> Verbs {
        self.parts.0.get(&(kind, None)).copied().unwrap_or(Verbs::ALL)
    }

    /// Returns what can be done with a property of objects of a kind, where that is not the same as with the objects themselves.
    pub fn of_property(&self, kind: KindId, property: DeclId) -> Option<Verbs> {
        self.parts.0.get(&(kind, Some(property))).copied()
    }

    /// Returns what can be done with all parts with which not everything can be done, in the order of the schema.
    pub fn parts(&self) -> impl Iterator<Item = (String, Verbs)> {
        let schema = Schema::get();
        self.parts.0.iter().map(|((kind, property), verbs)| {
            let property = property.map(|own| format!("/{}", schema.declaration(own).name));
            (format!("{}{}", schema.kind(*kind).name, property.unwrap_or_default()), *verbs)
        })
    }
}
