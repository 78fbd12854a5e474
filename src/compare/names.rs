//! The new names of renamed objects, and what follows them.
//!
//! Invariant: an object whose identity holds a renamed one (a board its filter) is renamed with it, and that is no rename of
//! its own.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Own;
use super::renames::{self, Candidate, number_of};
use super::side::Object;
use crate::model::{Element, Identity, follow, references, set_identity};
use crate::schema::{DeclId, KindId};

/// What refers to objects, beside those that differ.
pub(super) struct Beside<'a> {
    /// The objects that both sides have alike.
    pub(super) equal: Vec<&'a Object<'a>>,
    /// The elements of each side that stand beside objects, by their containers.
    pub(super) settings: [&'a [(DeclId, Element)]; 2],
}

/// New identities by old ones.
#[derive(Debug, Default)]
pub(super) struct Names {
    new: HashMap<Identity, Identity>,
    /// The kinds of which so many went and came that not every pair was looked at, with how many.
    pub(super) rough: BTreeMap<KindId, [usize; 2]>,
}

impl Names {
    /// Finds out what is called otherwise, and adds the pairs: `pairs[n]` is the number of the new object that the old object
    /// `n` is. What still exists on the other side, where it only is not looked at, has no other name; nor has what the other side
    /// still refers to.
    pub(super) fn find(
        (old, new): (&[Own], &[Own]),
        beside: &Beside<'_>,
        exists: [&HashSet<Identity>; 2],
        pairs: &mut [Option<usize>],
    ) -> Self {
        let gone = (0..old.len()).filter(|&at| pairs[at].is_none());
        let mut gone: Vec<usize> = gone.filter(|&at| !exists[1].contains(&old[at].identity)).collect();
        let taken: HashSet<usize> = pairs.iter().copied().flatten().collect();
        let come = (0..new.len()).filter(|at| !taken.contains(at));
        let mut come: Vec<usize> = come.filter(|&at| !exists[0].contains(&new[at].identity)).collect();
        let mut names = Self::default();
        if gone.is_empty() || come.is_empty() {
            return names;
        }
        // Only what went and came of one kind can be a rename.
        let kinds = |own: &[Own], side: &[usize]| -> HashSet<KindId> {
            side.iter().map(|&at| own[at].identity.kind).collect()
        };
        let (of_gone, of_come) = (kinds(old, &gone), kinds(new, &come));
        gone.retain(|&at| of_come.contains(&old[at].identity.kind));
        come.retain(|&at| of_gone.contains(&new[at].identity.kind));
        let (was, is) = (gone.iter().map(|&at| &old[at].identity), come.iter().map(|&at| &new[at].identity));
        let by_equal = named_by_equal(&beside.equal, was.chain(is).collect());
        let [of_old, of_new] = beside.settings;
        for (side, own, other, settings) in [(&mut gone, old, new, of_new), (&mut come, new, old, of_old)] {
            let named = named_by(other, settings, side.iter().map(|&at| &own[at].identity));
            let is_named = |own: &Identity| named.contains(own) || by_equal.contains(own);
            side.retain(|&at| !is_named(&own[at].identity));
        }
        for (way, (own, all)) in [(&gone, old), (&come, new)].into_iter().enumerate() {
            for &at in own {
                names.rough.entry(all[at].identity.kind).or_default()[way] += 1;
            }
        }
        names.rough.retain(|_, [gone, come]| renames::is_rough(*gone, *come));
        for (a, b) in likely((&named(old), &gone), (&named(new), &come)) {
            names.pair(old, new, (gone[a], come[b]), pairs);
        }
        names.carry(old, new, (&gone, &come), pairs);
        names
    }

    fn pair(&mut self, old: &[Own], new: &[Own], (a, b): (usize, usize), pairs: &mut [Option<usize>]) {
        pairs[a] = Some(b);
        self.new.insert(old[a].identity.clone(), new[b].identity.clone());
    }

    /// Pairs the objects that get another identity because something in it has another name.
    fn carry(
        &mut self,
        old: &[Own],
        new: &[Own],
        (gone, come): (&[usize], &[usize]),
        pairs: &mut [Option<usize>],
    ) {
        let by_identity: HashMap<&Identity, usize> = come.iter().map(|&at| (&new[at].identity, at)).collect();
        let mut taken: HashSet<usize> = pairs.iter().copied().flatten().collect();
        loop {
            let before = self.new.len();
            for &a in gone {
                if pairs[a].is_none()
                    && let Some(identity) = self.carried(&old[a])
                    && let Some(&b) = by_identity.get(&identity)
                    && taken.insert(b)
                {
                    self.pair(old, new, (a, b), pairs);
                }
            }
            if self.new.len() == before {
                return;
            }
        }
    }

    /// Returns the identity that an object has when only its references follow.
    pub(super) fn carried(&self, own: &Own) -> Option<Identity> {
        let mut element = own.element.clone();
        self.follow_references(&mut element, &HashSet::new());
        Identity::of_definition(&element)
    }

    /// Returns the new identity of an object that is called otherwise.
    pub(super) fn get(&self, old: &Identity) -> Option<&Identity> {
        self.new.get(old)
    }

    /// Returns the old identities that an object still refers to.
    pub(super) fn still_used(&self, new: &Element) -> HashSet<Identity> {
        let mut used = HashSet::new();
        if !self.new.is_empty() {
            references(new, &mut |found| {
                if self.new.contains_key(&found.target) {
                    used.insert(found.target);
                }
            });
        }
        used
    }

    /// Gives an old object the names of now, those that are kept excepted; returns the old identities that its references
    /// followed.
    pub(super) fn follow(
        &self,
        element: &mut Element,
        identity: &Identity,
        kept: &HashSet<Identity>,
    ) -> Vec<Identity> {
        let followed = self.follow_references(element, kept);
        if let Some(new) = self.new.get(identity) {
            set_identity(element, new);
        }
        followed
    }

    /// Makes references follow, and leaves the object its own name.
    pub(super) fn follow_references(&self, element: &mut Element, kept: &HashSet<Identity>) -> Vec<Identity> {
        if self.new.is_empty() {
            return Vec::new();
        }
        follow(element, &|old| self.new.get(old).filter(|_| !kept.contains(old)).cloned())
    }
}

/// Returns those of the chosen objects that others still name.
fn named_by<'a>(
    others: &[Own],
    settings: &[(DeclId, Element)],
    chosen: impl Iterator<Item = &'a Identity>,
) -> HashSet<&'a Identity> {
    let chosen: HashSet<&Identity> = chosen.collect();
    let mut named = HashSet::new();
    let mut add = |element: &Element| {
        references(element, &mut |found| named.extend(chosen.get(&found.target)));
    };
    others.iter().for_each(|own| add(&own.element));
    // A setting may be a reference itself, which is found in what is around it.
    settings.iter().for_each(|(container, own)| add(&Element::parent(*container, vec![own.clone()])));
    named
}

/// Returns those of the chosen objects that objects name which both sides have alike. These are not looked into, unless they hold
/// a name of one.
fn named_by_equal(equal: &[&Object<'_>], chosen: HashSet<&Identity>) -> HashSet<Identity> {
    let mut named = HashSet::new();
    if chosen.is_empty() {
        return named;
    }
    let names: HashSet<&str> = chosen.iter().map(|own| own.name()).collect();
    for object in equal.iter().filter(|own| own.may_name(&names)) {
        references(&object.element(), &mut |found| {
            if chosen.contains(&found.target) {
                named.insert(found.target);
            }
        });
    }
    named
}

/// Objects of one side, each with what it is.
type Named<'a> = (&'a Identity, &'a Element);

fn named(all: &[Own]) -> Vec<Named<'_>> {
    all.iter().map(|own| (&own.identity, &own.element)).collect()
}

/// Returns pairs of an object that went and one that came, as numbers in the lists of the chosen ones.
fn likely(gone: (&[Named<'_>], &[usize]), come: (&[Named<'_>], &[usize])) -> Vec<(usize, usize)> {
    renames::find(&candidates(gone.0, gone.1), &candidates(come.0, come.1))
}

/// Returns which of the chosen objects that went are which of the chosen ones that came, as far as what they hold tells it; all
/// objects of both sides count as users of them.
pub fn likely_renames(
    gone: (&[(&Identity, &Element)], &[usize]),
    come: (&[(&Identity, &Element)], &[usize]),
) -> Vec<(Identity, Identity)> {
    let pairs = likely(gone, come).into_iter();
    pairs.map(|(a, b)| (gone.0[gone.1[a]].0.clone(), come.0[come.1[b]].0.clone())).collect()
}

/// Returns what is known of objects that went or came.
fn candidates<'a>(all: &[Named<'a>], chosen: &[usize]) -> Vec<Candidate<'a>> {
    let mut places: HashMap<&Identity, Vec<u64>> = chosen.iter().map(|&at| (all[at].0, Vec::new())).collect();
    for (identity, element) in all {
        references(element, &mut |found| {
            if let Some(places) = places.get_mut(&found.target) {
                places.push(number_of(&(identity, found.element.declaration)));
            }
        });
    }
    let candidate = |at: &usize| {
        let (identity, element) = all[*at];
        Candidate { identity, element, places: places.get(identity).cloned().unwrap_or_default() }
    };
    chosen.iter().map(candidate).collect()
}
