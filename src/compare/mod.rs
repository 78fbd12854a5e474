//! The difference of two configurations: which objects are new, gone, changed or only called otherwise.
//!
//! Objects are matched by identity, and what is left over by content: that is a rename, and references that merely follow it
//! are no changes. What differs within objects is for [`crate::diff`] to say; there is no second way to compare. Pure. Laws:
//! `compare(a, a)` is empty; `compare(a, b).apply(a) = b`, where an empty container and none are the same.

mod assignment;
mod data;
mod describe;
mod left;
mod names;
mod nearest;
mod renames;
mod side;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::diff::{self, Change, diff};
use crate::model::{Attributes, Config, Content, Element, Identity, Unseen};
use crate::plan::Description;
use crate::schema::{DeclId, Relation, Schema};

pub use data::DataDifference;
pub use left::{Left, with_lost_of};
pub use names::likely_renames;
use names::{Beside, Names};
pub use side::Side;
use side::{Object, tree};

/// What leads from one configuration to another.
#[derive(Debug)]
pub struct Comparison {
    /// The keys of the projects of both, in order.
    projects: Vec<String>,
    /// The attributes of the root, as they were and as they are.
    attributes: [Attributes; 2],
    /// The objects that may differ, as they were but with the names that they have now; and all settings.
    old: Element,
    /// The same, as they are now.
    new: Element,
    /// How the first becomes the second.
    changes: Vec<Change>,
    /// The objects that have another identity, in the order of the old ones.
    renames: Vec<Rename>,
    /// What the objects in `old` are in the old configuration.
    touched: Vec<Touched>,
    /// How many objects are the same in both, changed or not.
    matched: usize,
    names: Names,
    /// What each side could not show, which was not compared therefore.
    unseen: [Unseen; 2],
}

/// An object that has another identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// As it was.
    pub old: Identity,
    /// As it is.
    pub new: Identity,
    /// Whether only something in its identity has another name: the filter of a board, the owner of a filter.
    pub is_carried: bool,
    /// The objects whose references follow, by their new identities, in order.
    pub followers: Vec<Identity>,
    /// Whether it is Jira's own object, which every Jira has under some name: that is no difference.
    pub is_built_in: bool,
}

/// An old object that may differ.
#[derive(Debug)]
struct Touched {
    identity: Identity,
    /// Which one it is of those of that identity.
    number: usize,
    /// Old identities that it goes on to refer to, although their objects have other names now.
    kept: HashSet<Identity>,
}

/// An object that is looked into.
#[derive(Debug)]
struct Own {
    identity: Identity,
    container: DeclId,
    /// Which one it is of those of that identity in its configuration.
    number: usize,
    element: Element,
}

/// Compares two configurations and puts the difference in words, for all that show plans.
pub fn configs(old: &Config, new: &Config) -> Description {
    compare(&Side::of(old), &Side::of(new)).describe()
}

/// Compares two configurations.
pub fn compare(old: &Side<'_>, new: &Side<'_>) -> Comparison {
    match side::as_far_as_seen(old, new) {
        Some([old, new]) => compare_seen(&old, &new),
        None => compare_seen(old, new),
    }
}

/// Compares what both sides show.
fn compare_seen(old: &Side<'_>, new: &Side<'_>) -> Comparison {
    let Differing { old: old_own, new: new_own, mut pairs, equal } = Differing::find(old, new);
    let beside = Beside {
        equal: equal.iter().map(|&at| &old.objects[at]).collect(),
        settings: [&old.settings, &new.settings],
    };
    let names = Names::find((&old_own, &new_own), &beside, [&old.exists, &new.exists], &mut pairs);
    let mut renames: BTreeMap<&Identity, Rename> = BTreeMap::new();
    for own in &old_own {
        if let Some(identity) = names.get(&own.identity) {
            let is_carried = names.carried(own).as_ref() == Some(identity);
            let (old, new) = (own.identity.clone(), identity.clone());
            let is_built_in = own.element.get("builtIn").is_some();
            let rename = Rename { old, new, is_carried, followers: Vec::new(), is_built_in };
            renames.insert(&own.identity, rename);
        }
    }
    let mut touched = Vec::with_capacity(old_own.len());
    let mut parts = Vec::with_capacity(old_own.len());
    for (own, partner) in old_own.iter().zip(&pairs) {
        let partner = partner.map(|at| &new_own[at]);
        let kept = partner.map_or_else(HashSet::new, |partner| names.still_used(&partner.element));
        let mut element = own.element.clone();
        let followed = names.follow(&mut element, &own.identity, &kept);
        if let Some(partner) = partner {
            for target in followed {
                if let Some(rename) = renames.get_mut(&target) {
                    rename.followers.push(partner.identity.clone());
                }
            }
        }
        touched.push(Touched { identity: own.identity.clone(), number: own.number, kept });
        parts.push((own.container, element));
    }
    parts.extend(settings(&old.settings, &names));
    let old_tree = tree(parts);
    let own = new_own.into_iter().map(|own| (own.container, own.element));
    let new_tree = tree(own.chain(new.settings.iter().cloned()));
    let mut renames: Vec<Rename> = renames.into_values().collect();
    for rename in &mut renames {
        rename.followers.sort();
        rename.followers.dedup();
    }
    let mut projects: Vec<String> = old.projects().into_iter().chain(new.projects()).collect();
    projects.sort();
    projects.dedup();
    Comparison {
        projects,
        attributes: [old.attributes.clone(), new.attributes.clone()],
        changes: diff(&old_tree, &new_tree),
        old: old_tree,
        new: new_tree,
        renames,
        touched,
        matched: equal.len() + pairs.iter().flatten().count(),
        names,
        unseen: [old.unseen.clone(), new.unseen.clone()],
    }
}

/// Returns settings with the names of now.
fn settings(settings: &[(DeclId, Element)], names: &Names) -> Vec<(DeclId, Element)> {
    let mut settings = settings.to_vec();
    for (container, setting) in &mut settings {
        // A setting may be a reference itself, and references follow inside of what is around them.
        let mut around = Element::parent(*container, vec![setting.clone()]);
        names.follow_references(&mut around, &HashSet::new());
        if let Content::Children(children) = around.content {
            *setting = children.into_iter().next().expect("the child is still there");
        }
    }
    settings
}

impl Comparison {
    /// Returns whether both are equal, apart from the order of sets.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.renames.is_empty() && self.attributes[0] == self.attributes[1]
    }

    /// Returns the objects that have another identity, in the order of the old ones.
    pub fn renames(&self) -> &[Rename] {
        &self.renames
    }

    /// Returns what the old configuration becomes: the new one, if this is the comparison of the two.
    pub fn apply(&self, old: &Config) -> Config {
        let schema = Schema::get();
        let touched: HashMap<(&Identity, usize), &Touched> =
            self.touched.iter().map(|own| ((&own.identity, own.number), own)).collect();
        let side = Side::of(old);
        let mut untouched = Vec::new();
        let mut parts = settings(&side.settings, &self.names);
        for (object, number) in side.objects.iter().zip(numbers(&side.objects)) {
            let mut element = object.prepared();
            match touched.get(&(&object.identity, number)) {
                Some(own) => {
                    self.names.follow(&mut element, &object.identity, &own.kept);
                    parts.push((object.container, element));
                }
                None => untouched.push((object.container, element)),
            }
        }
        let changed = diff::apply(&self.changes, &tree(parts));
        let changed = changed.children().iter().flat_map(|container| {
            container.children().iter().map(|part| (container.declaration, part.clone()))
        });
        let mut root = tree(untouched.into_iter().chain(changed));
        root.attributes = self.attributes[1].clone();
        if let Some(containers) = root.children_mut() {
            containers
                .retain(|own| !own.children().is_empty() || schema.declaration(own.declaration).required);
        }
        Config::new(root)
    }
}

/// The objects of two sides that have to be looked into.
struct Differing {
    old: Vec<Own>,
    new: Vec<Own>,
    /// For each old one the new one of the same identity.
    pairs: Vec<Option<usize>>,
    /// The others of the old side, which are equal.
    equal: Vec<usize>,
}

impl Differing {
    fn find(old: &Side<'_>, new: &Side<'_>) -> Self {
        let partners = partners(&old.objects, &new.objects);
        let mut is_partner = vec![false; new.objects.len()];
        // Where objects have an order among each other, one that differs makes all of them worth a look.
        let mut ordered: HashSet<DeclId> = HashSet::new();
        let mut differ = vec![true; old.objects.len()];
        for (at, object) in old.objects.iter().enumerate() {
            let Some(partner) = partners[at] else { continue };
            is_partner[partner] = true;
            differ[at] = !object.equals(&new.objects[partner]);
        }
        let all = old.objects.iter().zip(&differ).filter(|(_, differ)| **differ).map(|(own, _)| own);
        let come = new.objects.iter().zip(&is_partner).filter(|(_, is_partner)| !**is_partner);
        ordered.extend(
            all.chain(come.map(|(own, _)| own)).filter(|own| is_ordered(own)).map(|own| own.container),
        );
        let (old_numbers, new_numbers) = (numbers(&old.objects), numbers(&new.objects));
        let mut found = Self { old: Vec::new(), new: Vec::new(), pairs: Vec::new(), equal: Vec::new() };
        let mut place = HashMap::new();
        for (at, object) in new.objects.iter().enumerate() {
            let is_wanted = !is_partner[at] || ordered.contains(&object.container);
            if is_wanted {
                place.insert(at, found.new.len());
                found.new.push(Own::new(object, new_numbers[at]));
            }
        }
        for (at, object) in old.objects.iter().enumerate() {
            if !differ[at] && !ordered.contains(&object.container) {
                found.equal.push(at);
                continue;
            }
            found.old.push(Own::new(object, old_numbers[at]));
            found.pairs.push(partners[at].map(|partner| {
                *place.entry(partner).or_insert_with(|| {
                    found.new.push(Own::new(&new.objects[partner], new_numbers[partner]));
                    found.new.len() - 1
                })
            }));
        }
        found
    }
}

impl Own {
    fn new(object: &Object<'_>, number: usize) -> Self {
        let (identity, container) = (object.identity.clone(), object.container);
        Self { identity, container, number, element: object.prepared() }
    }
}

/// Returns whether the objects of a container have an order.
fn is_ordered(object: &Object<'_>) -> bool {
    let kind = Schema::get().kind(object.identity.kind);
    let items = &Schema::get().declaration(kind.declaration).items;
    items.as_ref().is_some_and(|items| items.relation == Relation::Ordered || items.rank.is_some())
}

/// Returns for each old object the new one of the same identity: of several the first is the first.
fn partners(old: &[Object<'_>], new: &[Object<'_>]) -> Vec<Option<usize>> {
    const NONE: usize = usize::MAX;
    let mut first: HashMap<&Identity, usize> = HashMap::with_capacity(new.len());
    let mut next = vec![NONE; new.len()];
    for (at, object) in new.iter().enumerate().rev() {
        if let Some(behind) = first.insert(&object.identity, at) {
            next[at] = behind;
        }
    }
    let mut take = |identity: &Identity| {
        let at = first.get_mut(identity).filter(|at| **at != NONE)?;
        Some(std::mem::replace(at, next[*at]))
    };
    old.iter().map(|object| take(&object.identity)).collect()
}

/// Returns for each object how many before it have the same identity.
fn numbers(objects: &[Object<'_>]) -> Vec<usize> {
    let mut seen: HashMap<&Identity, usize> = HashMap::with_capacity(objects.len());
    let mut number = |identity| {
        let count = seen.entry(identity).or_default();
        *count += 1;
        *count - 1
    };
    objects.iter().map(|object| number(&object.identity)).collect()
}
