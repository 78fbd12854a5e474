//! Which objects a configuration defines, and which ones its references name.
//!
//! Invariant: an identity holds names only, never an id of an instance.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::{Content, Element};
use crate::schema::{DUPLICATE, KindId, Schema, Target, Type};

/// What tells an object from all others of its kind.
#[derive(Debug, Clone, PartialOrd, Ord)]
pub struct Identity {
    /// The kind of object.
    pub kind: KindId,
    /// The name, then the further fields that the schema lists, then the `duplicate` number; absent ones are empty.
    pub fields: Box<[Box<str>]>,
}

/// By hand, so that tests can count how often it is asked.
impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(test)]
        super::work::count();
        self.kind == other.kind && self.fields == other.fields
    }
}

impl Eq for Identity {}

impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.kind, &self.fields).hash(state);
    }
}

impl Identity {
    /// Returns the identity of a global object by its name, for kinds whose name is the whole identity.
    pub fn named(kind: KindId, name: &str) -> Self {
        let length = Schema::get().kind(kind).attributes.len() + 2;
        let mut fields = vec![Box::<str>::default(); length];
        fields[0] = name.into();
        Self { kind, fields: fields.into() }
    }

    /// Returns what an element defines, if it defines an object.
    pub fn of_definition(element: &Element) -> Option<Self> {
        let schema = Schema::get();
        let declaration = schema.declaration(element.declaration);
        let kind = declaration.kind?;
        let keys = declaration.items.iter().flat_map(|items| &items.identity);
        let mut fields: Vec<Box<str>> =
            keys.map(|key| element.value(key).unwrap_or_default().into()).collect();
        let duplicate =
            schema.attribute(declaration.ty, DUPLICATE).and_then(|number| element.attribute(number));
        fields.push(duplicate.unwrap_or_default().into());
        Some(Self { kind, fields: fields.into() })
    }

    /// Returns what a reference names, if it names an object; `siblings` are the elements beside it.
    pub fn of_reference(element: &Element, siblings: &[Element]) -> Option<Self> {
        let schema = Schema::get();
        let ty = schema.type_of(element.declaration);
        let crate::schema::Content::Reference(reference) = &ty.content else { return None };
        if reference.if_attribute.is_some_and(|number| element.attribute(number).is_none()) {
            return None;
        }
        let kind = match &reference.target {
            Target::Unchecked => return None,
            Target::Kind(kind) => *kind,
            Target::BySibling { sibling, kinds } => {
                let named = |other: &&Element| schema.declaration(other.declaration).name == *sibling;
                let value = siblings.iter().find(named)?.text();
                kinds.iter().find(|(own, _)| own == value)?.1
            }
        };
        let attribute = |name: &str| -> Box<str> {
            let number = ty.attributes.iter().position(|attribute| attribute.name == name);
            number.and_then(|number| element.attribute(number as u8)).unwrap_or_default().into()
        };
        let mut fields: Vec<Box<str>> = vec![element.text().into()];
        fields.extend(schema.kind(kind).attributes.iter().map(|name| attribute(name)));
        fields.push(attribute(DUPLICATE));
        Some(Self { kind, fields: fields.into() })
    }

    /// Returns the name of the object that the target of a reference is a part of, where the reference says it.
    pub fn container(reference: &Element) -> Option<&str> {
        manner(Schema::get().type_of(reference.declaration), reference).1
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.fields[0]
    }

    /// Returns whether only its number tells the object from an older one.
    pub fn is_numbered(&self) -> bool {
        self.fields.last().is_some_and(|number| !number.is_empty())
    }

    /// Returns the identity without the number that tells younger objects from the first.
    pub fn first_of_its_name(&self) -> Self {
        let mut first = self.clone();
        if let Some(number) = first.fields.last_mut() {
            *number = Box::default();
        }
        first
    }

    /// Returns the name as a user of pcfg writes it: `Open`, or `Open (duplicate 2)` for the second of that name.
    pub fn numbered_name(&self) -> Cow<'_, str> {
        match self.fields.last() {
            Some(number) if !number.is_empty() => {
                Cow::Owned(format!("{} ({DUPLICATE} {number})", self.name()))
            }
            _ => Cow::Borrowed(self.name()),
        }
    }

    /// Returns an object of another name: the reverse of [`Self::numbered_name`]; further fields stay.
    pub fn called(&self, numbered_name: &str) -> Self {
        let (name, number) = parted(numbered_name).unwrap_or((numbered_name, ""));
        let mut other = self.clone();
        if let Some(last) = other.fields.last_mut() {
            *last = number.into();
        }
        other.fields[0] = name.into();
        other
    }
}

/// Parts `Open (duplicate 2)` into the name and the number.
fn parted(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_suffix(')')?.rsplit_once(" (")?;
    let number = rest.strip_prefix(DUPLICATE)?.strip_prefix(' ')?;
    (number.parse::<u32>().is_ok_and(|number| number > 1)).then_some((name, number))
}

/// The name, with the other fields in brackets: `Severity (type …:select)`.
impl fmt::Display for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = Schema::get().kind(self.kind);
        write!(out, "{}", self.name())?;
        let labels = kind.attributes.iter().map(String::as_str).chain([DUPLICATE]);
        let rest: Vec<_> = labels
            .zip(&self.fields[1..])
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| format!("{label} {value}"))
            .collect();
        if rest.is_empty() { Ok(()) } else { write!(out, " ({})", rest.join(", ")) }
    }
}

/// A reference and what is around it.
#[derive(Debug)]
pub struct Found<'a, 'w> {
    /// The reference.
    pub element: &'a Element,
    /// What it names.
    pub target: Identity,
    /// Whether the target may be missing.
    pub weak: bool,
    /// The name of the object that the target is a part of, when the reference says it.
    pub container: Option<&'a str>,
    /// The elements around the reference, from the outermost.
    pub ancestors: &'w [&'a Element],
}

impl Found<'_, '_> {
    /// Returns the object that the target is a part of, where the reference says it.
    pub fn owner(&self) -> Option<Identity> {
        let schema = Schema::get();
        let container = self.container?;
        let owner = schema.kind(self.target.kind).within.iter().find_map(|tag| schema.kind_named(tag))?;
        Some(Identity::named(owner, container))
    }
}

/// Calls `each` with every reference in an element, in the order of the file.
pub fn references<'a>(root: &'a Element, each: &mut dyn FnMut(Found<'a, '_>)) {
    fn walk<'a>(element: &'a Element, ancestors: &mut Vec<&'a Element>, each: &mut dyn FnMut(Found<'a, '_>)) {
        let Content::Children(children) = &element.content else { return };
        ancestors.push(element);
        for child in children {
            if let Content::Children(_) = child.content {
                walk(child, ancestors, each);
            } else if let Some(target) = Identity::of_reference(child, children) {
                let (weak, container) = manner(Schema::get().type_of(child.declaration), child);
                each(Found { element: child, target, weak, container, ancestors });
            }
        }
        ancestors.pop();
    }
    walk(root, &mut Vec::new(), each);
}

fn manner<'a>(ty: &Type, element: &'a Element) -> (bool, Option<&'a str>) {
    match &ty.content {
        crate::schema::Content::Reference(reference) => {
            (reference.weak, reference.container_attribute.and_then(|number| element.attribute(number)))
        }
        _ => (false, None),
    }
}

/// Returns the field type or the workflow functions that an object needs.
pub fn classes(object: &Element) -> Vec<&str> {
    let mut classes = Vec::new();
    if object.tag() == "customField" {
        classes.extend(object.text_of("type"));
    }
    let mut waiting = if object.tag() == "workflowEntry" { vec![object] } else { Vec::new() };
    while let Some(element) = waiting.pop() {
        classes.extend(element.text_of("class"));
        waiting.extend(element.children());
    }
    classes
}

/// Where the objects of a configuration are defined.
#[derive(Debug, Default)]
pub struct Index<'a> {
    global: HashMap<Identity, &'a Element>,
    /// Parts, by the element that they are unique in.
    parts: HashMap<(*const Element, Identity), &'a Element>,
}

impl<'a> Index<'a> {
    /// Makes the index of a tree. Of two definitions with one identity the first stays.
    pub fn new(root: &'a Element) -> Self {
        Self::of([root])
    }

    /// Makes the index of several trees together, as of the objects of an instance.
    pub fn of(trees: impl IntoIterator<Item = &'a Element>) -> Self {
        let mut index = Self::default();
        for tree in trees {
            index.collect(tree, &mut Vec::new());
        }
        index
    }

    fn collect(&mut self, element: &'a Element, ancestors: &mut Vec<&'a Element>) {
        if let Some(identity) = Identity::of_definition(element) {
            match scope(&identity, ancestors) {
                Scope::Global => {
                    self.global.entry(identity).or_insert(element);
                }
                Scope::Part(around) => {
                    self.parts.entry((std::ptr::from_ref(around), identity)).or_insert(element);
                }
                Scope::Nowhere => {}
            }
        }
        ancestors.push(element);
        for child in element.children() {
            self.collect(child, ancestors);
        }
        ancestors.pop();
    }

    /// Returns the definition of a global object.
    pub fn get(&self, identity: &Identity) -> Option<&'a Element> {
        self.global.get(identity).copied()
    }

    /// Returns the global objects of a kind, in no particular order.
    pub fn of_kind(&self, kind: KindId) -> impl Iterator<Item = &Identity> {
        self.global.keys().filter(move |identity| identity.kind == kind)
    }

    /// Returns the definition that a reference leads to: what it names, of which object that is a part where it says so, and the
    /// elements around it.
    pub fn resolve(
        &self,
        target: &Identity,
        container: Option<&str>,
        ancestors: &[&'a Element],
    ) -> Option<&'a Element> {
        let schema = Schema::get();
        let kind = schema.kind(target.kind);
        if kind.within.is_empty() {
            return self.get(target);
        }
        let around = match container {
            Some(name) => {
                let kinds = kind.within.iter().filter_map(|tag| schema.kind_named(tag));
                kinds.filter_map(|kind| self.get(&Identity::named(kind, name))).next()?
            }
            None => match scope(target, ancestors) {
                Scope::Part(around) => around,
                Scope::Global | Scope::Nowhere => return None,
            },
        };
        self.parts.get(&(std::ptr::from_ref(around), target.clone())).copied()
    }

    /// Returns the names of the parts that a reference could have meant.
    pub fn candidates(&self, found: &Found<'a, '_>) -> Vec<&str> {
        let kind = found.target.kind;
        let mut names: Vec<&str> = if Schema::get().kind(kind).within.is_empty() {
            self.of_kind(kind).map(Identity::name).collect()
        } else if let Scope::Part(around) = scope(&found.target, found.ancestors) {
            let around = std::ptr::from_ref(around);
            let parts = self.parts.keys().filter(|(own, identity)| *own == around && identity.kind == kind);
            parts.map(|(_, identity)| identity.name()).collect()
        } else {
            Vec::new()
        };
        names.sort_unstable();
        names.dedup();
        names
    }
}

enum Scope<'a> {
    Global,
    Part(&'a Element),
    Nowhere,
}

/// Returns the element that a part is unique in: the nearest one around it that the schema names.
fn scope<'a>(identity: &Identity, ancestors: &[&'a Element]) -> Scope<'a> {
    let schema = Schema::get();
    let within = &schema.kind(identity.kind).within;
    if within.is_empty() {
        return Scope::Global;
    }
    let named = |element: &&&Element| within.contains(&schema.declaration(element.declaration).name);
    ancestors.iter().rev().find(named).map_or(Scope::Nowhere, |around| Scope::Part(around))
}
