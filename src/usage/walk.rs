//! What one object uses: the one answer for selection, plans, maps and explanations.
//!
//! Invariant: an object is looked at alone. What is known of others is only which of them absence means ([`Defaults`]).

use std::collections::HashMap;

use super::{How, shares};
use crate::model::{Element, Identity, references};
use crate::schema::{BUILT_IN, KindId, Schema};

/// Something that an object uses.
#[derive(Debug)]
pub struct Use<'a, 'w> {
    /// What.
    pub target: Identity,
    /// How.
    pub how: How,
    /// The name of the object that the target is a part of, where the reference says it.
    pub container: Option<&'a str>,
    /// What is around the place, from the object on.
    pub way: &'w [&'a Element],
    /// What names it; nothing where absence means it.
    pub element: Option<&'a Element>,
}

/// Jira's own objects, by their kinds: what an object uses that names no other.
#[derive(Debug, Default)]
pub struct Defaults(HashMap<KindId, Vec<Identity>>);

impl Defaults {
    /// Finds them among objects.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a Element>) -> Self {
        let mut all: HashMap<KindId, Vec<Identity>> = HashMap::new();
        for object in objects {
            if object.get(BUILT_IN).is_some()
                && let Some(identity) = Identity::of_definition(object)
            {
                all.entry(identity.kind).or_default().push(identity);
            }
        }
        Self(all)
    }

    /// Returns what an object uses because it leaves something out.
    fn of_absence(&self, object: &Element) -> impl Iterator<Item = &Identity> {
        let schema = Schema::get();
        let absent = schema.children(object.declaration).iter().filter_map(move |&child| {
            let otherwise = schema.declaration(child).otherwise?;
            let says = |own: &Element| {
                own.declaration == child
                    && otherwise.without.is_none_or(|without| own.child(without).is_none())
            };
            (!object.children().iter().any(says)).then_some(otherwise.kind)
        });
        absent.flat_map(|kind| self.0.get(&kind).into_iter().flatten())
    }
}

/// Calls `each` with everything that an object uses by itself, its parts included: what it refers to in the order of the file, whom
/// it is shared with, and what absence means. What queries name is not among it.
pub fn each_use<'a>(object: &'a Element, defaults: &Defaults, each: &mut dyn FnMut(Use<'a, '_>)) {
    let schema = Schema::get();
    let items = &schema.declaration(object.declaration).items;
    let identifying: Vec<&Element> =
        items.iter().flat_map(|items| &items.identity).filter_map(|key| object.at(key)).collect();
    references(object, &mut |found| {
        let how = match () {
            () if found.weak || schema.declaration(found.element.declaration).is_listing => How::Weak,
            () if identifying.iter().any(|own| std::ptr::eq(*own, found.element)) => How::Identity,
            () => How::Reference,
        };
        let (target, container, way) = (found.target, found.container, found.ancestors);
        each(Use { target, how, container, way, element: Some(found.element) });
    });
    for share in object.all("sharedWith") {
        if let Some(target) = shares::project_of(share).and_then(|key| super::named("project", key)) {
            each(Use { target, how: How::Weak, container: None, way: &[object], element: Some(share) });
        }
    }
    for target in defaults.of_absence(object) {
        each(Use { target: target.clone(), how: How::Default, container: None, way: &[], element: None });
    }
}
