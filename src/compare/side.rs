//! One of two configurations, known so far that its objects can be told from one another.
//!
//! Invariant: of a text only names and places are kept. An object is read again where it has to be looked into, so two
//! large files that are nearly equal need little more memory than their texts.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::model::{
    Attributes, Config, Content, Element, Identity, Problem, Sight, Unseen, canonicalize, rank,
};
use crate::schema::{DeclId, KindId, Schema, UNSEEN};
use crate::xml;

/// A configuration to compare: of a tree, of the text of a file, or of several files together.
#[derive(Debug, Default)]
pub struct Side<'a> {
    /// The attributes of the root.
    pub(super) attributes: Attributes,
    pub(super) objects: Vec<Object<'a>>,
    /// The elements beside objects, by their containers.
    pub(super) settings: Vec<(DeclId, Element)>,
    /// What exists where the configuration comes from, as far as that is known, whether it is a part of it or not.
    pub(super) exists: HashSet<Identity>,
    /// What could not be seen where it comes from.
    pub(super) unseen: Unseen,
    /// Whether it is what an instance shows now, and no file.
    is_instance: bool,
}

/// A global object.
#[derive(Debug)]
pub(super) struct Object<'a> {
    pub(super) identity: Identity,
    pub(super) container: DeclId,
    body: Body<'a>,
}

#[derive(Debug)]
enum Body<'a> {
    Tree(&'a Element),
    Text(&'a str),
    Own(Box<Element>),
}

impl<'a> Side<'a> {
    /// Returns the side of a configuration.
    pub fn of(config: &'a Config) -> Self {
        let root = config.root();
        let mut side =
            Self { attributes: root.attributes.clone(), unseen: config.unseen(), ..Self::default() };
        for container in root.children() {
            for child in container.children() {
                match Identity::of_definition(child) {
                    Some(identity) => side.objects.push(Object {
                        identity,
                        container: container.declaration,
                        body: Body::Tree(child),
                    }),
                    None => side.settings.push((container.declaration, child.clone())),
                }
            }
        }
        side
    }

    /// Returns how many objects it has.
    pub fn count(&self) -> usize {
        self.objects.len()
    }

    /// Says what exists where the configuration comes from.
    #[must_use]
    pub fn knowing(mut self, exists: impl IntoIterator<Item = Identity>) -> Self {
        self.exists.extend(exists);
        self
    }

    /// Says that the configuration is what an instance shows now, and what it cannot show.
    #[must_use]
    pub fn of_instance(self, unseen: Unseen) -> Self {
        Self { unseen, is_instance: true, ..self }
    }

    /// Reads the text of a configuration file. With errors among the problems the side is not whole.
    pub fn read(text: &'a str) -> (Self, Vec<Problem>) {
        let mut side = Self::default();
        let schema = Schema::get();
        let document = xml::read_each(text, &mut |element, span| {
            let owner = schema.declaration(element.declaration).owner;
            let mut containers = schema.children(schema.root()).iter();
            let container = containers.find(|&&child| Some(schema.declaration(child).ty) == owner);
            let container = *container.expect("an object stands in a child of the root");
            match Identity::of_definition(&element) {
                Some(identity) => {
                    side.objects.push(Object { identity, container, body: Body::Text(&text[span]) });
                }
                None => side.settings.push((container, element)),
            }
        });
        if let Some(root) = document.root {
            side.unseen = Unseen::of_file(&root);
            side.attributes = root.attributes;
        }
        (side, document.problems)
    }

    /// Adds another file of the same configuration. What both say is said once; of one object that they describe differently
    /// both descriptions stay, and its name is returned.
    pub fn add(&mut self, other: Side<'a>) -> Vec<String> {
        use std::collections::hash_map::{Entry, HashMap};
        let mut seen: HashMap<Identity, usize> = HashMap::new();
        for (at, object) in self.objects.iter().enumerate() {
            seen.entry(object.identity.clone()).or_insert(at);
        }
        let mut differently = Vec::new();
        for object in other.objects {
            match seen.entry(object.identity.clone()) {
                Entry::Vacant(_) => self.objects.push(object),
                Entry::Occupied(own) if self.objects[*own.get()].equals(&object) => {}
                Entry::Occupied(_) => {
                    let kind = Schema::get().kind(object.identity.kind).in_words();
                    differently.push(format!("{kind} `{}`", object.identity));
                    self.objects.push(object);
                }
            }
        }
        let is_new = |own: &(DeclId, Element)| !self.settings.contains(own);
        let settings: Vec<_> = other.settings.into_iter().filter(is_new).collect();
        self.settings.extend(settings);
        if self.attributes.is_empty() {
            self.attributes = other.attributes;
        }
        // What one file of several does not show another may; but it need not be all.
        self.unseen.extend(other.unseen.iter().cloned());
        differently
    }

    /// Returns what it shows of where it comes from.
    fn sight(&self) -> Sight<'_> {
        Sight::new(&self.unseen, self.is_instance.then_some(&self.exists))
    }

    /// Returns the value of an attribute of the root.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let schema = Schema::get();
        let number = schema.attribute(schema.declaration(schema.root()).ty, name)?;
        self.attributes.iter().find(|(own, _)| *own == number).map(|(_, value)| &**value)
    }

    /// Returns the keys of the projects, in their order.
    pub fn projects(&self) -> Vec<String> {
        let project = Schema::get().kind_named("project");
        let own = self.objects.iter().filter(|object| Some(object.identity.kind) == project);
        own.map(|object| object.identity.name().to_owned()).collect()
    }
}

impl Side<'_> {
    /// Returns the objects of a kind, in their order.
    pub fn of_kind(&self, kind: KindId) -> impl Iterator<Item = Cow<'_, Element>> {
        self.objects.iter().filter(move |object| object.identity.kind == kind).map(Object::element)
    }
}

impl Object<'_> {
    /// Returns the element, read again if it has to be.
    pub(super) fn element(&self) -> Cow<'_, Element> {
        match &self.body {
            Body::Tree(element) => Cow::Borrowed(*element),
            Body::Own(element) => Cow::Borrowed(&**element),
            Body::Text(text) => {
                let element = xml::read_part(text, self.container);
                Cow::Owned(element.expect("what was read once can be read again"))
            }
        }
    }

    /// Returns the element in the form in which two can be compared.
    pub(super) fn prepared(&self) -> Element {
        let mut element = self.element().into_owned();
        prepare(&mut element);
        element
    }

    /// Returns whether two are spelled alike, which is quick and never wrong; other spellings may be equal as well.
    pub(super) fn is_spelled_like(&self, other: &Object<'_>) -> bool {
        match (&self.body, &other.body) {
            (Body::Text(a), Body::Text(b)) => a == b,
            (Body::Tree(a), Body::Tree(b)) => a == b,
            (Body::Own(a), Body::Own(b)) => a == b,
            _ => false,
        }
    }

    /// Returns whether it may refer to something of these names. A text is not understood for that: it says yes rather than no.
    pub(super) fn may_name(&self, names: &HashSet<&str>) -> bool {
        let Body::Text(text) = &self.body else { return true };
        let mut contents = text.split('>').map(|piece| piece.split('<').next().unwrap_or_default().trim());
        // What is written in another way, such as `&amp;`, is not worth two readers.
        contents.any(|content| names.contains(content) || content.contains('&')) || text.contains("<!")
    }

    /// Returns the object again.
    fn borrowed(&self) -> Object<'_> {
        let body = match &self.body {
            Body::Tree(element) => Body::Tree(element),
            Body::Text(text) => Body::Text(text),
            Body::Own(element) => Body::Tree(element),
        };
        Object { identity: self.identity.clone(), container: self.container, body }
    }

    /// Returns whether two say the same.
    pub(super) fn equals(&self, other: &Object<'_>) -> bool {
        self.is_spelled_like(other) || self.prepared() == other.prepared()
    }
}

/// Returns both sides as far as both are seen: what one does not show is as the other has it, or left out of both. Nothing if
/// both show everything.
pub(super) fn as_far_as_seen<'s>(old: &'s Side<'_>, new: &'s Side<'_>) -> Option<[Side<'s>; 2]> {
    if old.unseen.is_empty() && new.unseen.is_empty() {
        return None;
    }
    Some([seen(old, new), seen(new, old)])
}

/// Returns one side without what the other does not show, and with what it does not show itself.
fn seen<'s>(own: &'s Side<'_>, other: &Side<'_>) -> Side<'s> {
    let partners: HashMap<&Identity, &Object<'_>> =
        other.objects.iter().rev().map(|object| (&object.identity, object)).collect();
    let has: HashSet<&Identity> = own.objects.iter().map(|object| &object.identity).collect();
    let (sight, other_sight) = (own.sight(), other.sight());
    let object = |object: &'s Object<'_>| match partners.get(&object.identity) {
        None if other_sight.hides(&object.identity) => None,
        None => Some(object.borrowed()),
        Some(partner) => {
            let before = object.element();
            let mut element = before.clone().into_owned();
            sight.fill(&mut element, &partner.element(), &|identity| !has.contains(identity));
            let body = if element == *before { object.borrowed().body } else { Body::Own(Box::new(element)) };
            Some(Object { body, ..object.borrowed() })
        }
    };
    let is_hidden = |(container, setting): &&(DeclId, Element)| {
        let has_it = other
            .settings
            .iter()
            .any(|(own, theirs)| own == container && theirs.declaration == setting.declaration);
        !has_it && other.unseen.hides_settings(*container)
    };
    let mut attributes = own.attributes.clone();
    // What an instance can show is no part of its configuration.
    if own.is_instance || other.is_instance {
        let schema = Schema::get();
        let number = schema.attribute(schema.declaration(schema.root()).ty, UNSEEN);
        attributes.retain(|(own, _)| Some(*own) != number);
    }
    Side {
        attributes,
        objects: own.objects.iter().filter_map(object).collect(),
        settings: own.settings.iter().filter(|own| !is_hidden(own)).cloned().collect(),
        exists: own.exists.clone(),
        unseen: own.unseen.clone(),
        is_instance: own.is_instance,
    }
}

/// Puts an element into canonical order, with its ranks counted anew: only the order that they make has a meaning.
///
/// Two of one number stand as an import takes them and `pcfg format` writes them: in canonical order.
pub(super) fn prepare(element: &mut Element) {
    canonicalize(element);
    rank(element);
    canonicalize(element);
}

/// Returns a tree with these objects and settings, in canonical order, in which all containers are there.
pub(super) fn tree(parts: impl IntoIterator<Item = (DeclId, Element)>) -> Element {
    let schema = Schema::get();
    let containers = schema.children(schema.root());
    let mut root = Element::parent(
        schema.root(),
        containers.iter().map(|&container| Element::parent(container, Vec::new())).collect(),
    );
    for (container, part) in parts {
        let place = containers.iter().position(|own| *own == container);
        if let (Some(place), Content::Children(children)) = (place, &mut root.content)
            && let Some(children) = children[place].children_mut()
        {
            children.push(part);
        }
    }
    prepare(&mut root);
    root
}
