//! What an import leaves different from its file: what an export shows right afterwards, where it does not show what the file has.
//!
//! The rules of minimum change keep things that a file does not have (docs/importing.md lists them). Whoever looks for later changes
//! must know what was so from the beginning. Invariant: `Left::between(file, after).applied(file)` equals `after`.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::side::prepare;
use crate::model::{Config, Element, Identity, learn_lost, references};
use crate::plan::sha256;
use crate::schema::{DeclId, Schema};
use crate::xml;

/// What an import has left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Left {
    /// The SHA-256 of the file in canonical form: how it is spelled does not count.
    file: String,
    /// The objects of the file that an export does not show: kind, and the fields of the identity.
    without: Vec<(String, Vec<String>)>,
    /// The objects that it shows otherwise, or that the file does not have, as a configuration; with all that stands beside objects.
    instead: String,
    /// Whether what stands beside objects differs.
    settings: bool,
}

impl Left {
    /// Returns what an export shows otherwise than the file, apart from objects that `differ` for another reason.
    pub fn between(file: &Config, after: &Config, differ: &HashSet<Identity>) -> Self {
        let (before, now) = (objects(file), objects(after));
        let mut without = Vec::new();
        for identity in before.keys().filter(|own| !now.contains_key(*own) && !differ.contains(*own)) {
            let fields = identity.fields.iter().map(|field| field.to_string()).collect();
            without.push((Schema::get().kind(identity.kind).name.clone(), fields));
        }
        without.sort();
        let is_as_before = |own: &Element| {
            Identity::of_definition(own).is_some_and(|identity| {
                differ.contains(&identity) || before.get(&identity).is_some_and(|other| equal(other, own))
            })
        };
        let settings = {
            let of = |config| {
                let mut settings = settings(config);
                settings.sort_by(|a, b| a.compare(b));
                settings
            };
            of(file) != of(after)
        };
        let mut root = after.root().clone();
        let mut is_empty = !settings;
        for container in root.children_mut().into_iter().flatten() {
            if let Some(children) = container.children_mut() {
                children.retain(|own| match Identity::of_definition(own) {
                    Some(_) => !is_as_before(own),
                    None => settings,
                });
                is_empty &= children.is_empty();
            }
        }
        if is_empty && without.is_empty() {
            return Self::default();
        }
        let instead = xml::to_string(&Config::new(root));
        Self { file: Self::name_of(file), without, instead, settings }
    }

    /// Returns whether nothing is left.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether this is what an import of that file has left.
    pub fn is_of(&self, file: &Config) -> bool {
        !self.is_empty() && self.file == Self::name_of(file)
    }

    fn name_of(file: &Config) -> String {
        sha256(xml::to_string(file).as_bytes())
    }

    /// Returns the file with what was left in the place of what it says; nothing if what was written down cannot be read.
    pub fn applied(&self, file: &Config) -> Option<Config> {
        let schema = Schema::get();
        let document = xml::read(&self.instead);
        let instead = document.root.filter(|_| document.problems.is_empty())?;
        let mut gone: HashSet<Identity> = HashSet::new();
        for (kind, fields) in &self.without {
            let fields = fields.iter().map(|field| field.as_str().into()).collect();
            gone.insert(Identity { kind: schema.kind_named(kind)?, fields });
        }
        let instead: Vec<(DeclId, Element)> = parts(&instead);
        gone.extend(instead.iter().filter_map(|(_, own)| Identity::of_definition(own)));
        let mut all: HashMap<DeclId, Vec<Element>> = HashMap::new();
        let stays = |own: &Element| match Identity::of_definition(own) {
            Some(identity) => !gone.contains(&identity),
            None => !self.settings,
        };
        let kept = parts(file.root()).into_iter().filter(|(_, own)| stays(own));
        for (container, own) in kept.chain(instead) {
            all.entry(container).or_default().push(own);
        }
        for container in file.root().children() {
            all.entry(container.declaration).or_default();
        }
        let mut root = file.root().clone();
        *root.children_mut()? =
            all.into_iter().map(|(container, children)| Element::parent(container, children)).collect();
        Some(Config::new(root))
    }
}

/// Returns a configuration that says of what it has lost what another one says, with all that this needs, so that nothing of it is a
/// difference; nothing if nothing is lost.
pub fn with_lost_of(config: &Config, from: &Config) -> Option<Config> {
    let there = objects(from);
    let mut root = config.root().clone();
    let mut learned: Vec<Element> = Vec::new();
    for container in root.children_mut().into_iter().flatten() {
        for own in container.children_mut().into_iter().flatten() {
            let other = Identity::of_definition(own).and_then(|identity| there.get(&identity));
            if other.is_some_and(|other| learn_lost(own, other)) {
                learned.push(own.clone());
            }
        }
    }
    if learned.is_empty() {
        return None;
    }
    let mut known: HashSet<Identity> = objects(config).into_keys().collect();
    let mut needed: HashSet<Identity> = HashSet::new();
    while let Some(own) = learned.pop() {
        references(&own, &mut |found| {
            if let Some(object) = there.get(&found.target).filter(|_| known.insert(found.target.clone())) {
                needed.insert(found.target.clone());
                learned.push((*object).clone());
            }
        });
    }
    let is_needed = |own: &Element| Identity::of_definition(own).is_some_and(|own| needed.contains(&own));
    for (container, own) in parts(from.root()).into_iter().filter(|(_, own)| is_needed(own)) {
        let containers = root.children_mut()?;
        match containers.iter_mut().find(|other| other.declaration == container) {
            Some(other) => other.children_mut()?.push(own),
            None => containers.push(Element::parent(container, vec![own])),
        }
    }
    Some(Config::new(root))
}

/// Returns whether two objects say the same, however they are spelled.
fn equal(a: &Element, b: &Element) -> bool {
    if a == b {
        return true;
    }
    let prepared = |own: &Element| {
        let mut own = own.clone();
        prepare(&mut own);
        own
    };
    prepared(a) == prepared(b)
}

fn parts(root: &Element) -> Vec<(DeclId, Element)> {
    let containers = root.children().iter();
    containers
        .flat_map(|container| container.children().iter().map(|own| (container.declaration, own.clone())))
        .collect()
}

fn objects(config: &Config) -> HashMap<Identity, &Element> {
    let all = config.root().children().iter().flat_map(Element::children);
    all.filter_map(|own| Some((Identity::of_definition(own)?, own))).collect()
}

fn settings(config: &Config) -> Vec<&Element> {
    let all = config.root().children().iter().flat_map(Element::children);
    all.filter(|own| Identity::of_definition(own).is_none()).collect()
}
