//! A configuration as a tree of elements that the schema knows.
//!
//! Invariants: every element stands where the schema allows one of its declaration, text of a simple type is a value of
//! that type, and nothing is nested deeper than [`MAX_DEPTH`]. Whoever makes a tree (the XML reader, [`Node::bind`])
//! guarantees that; everyone else may rely on it.

mod abilities;
mod address;
mod always;
mod attributes;
mod disputed;
mod facts;
mod formed;
mod identity;
mod lost;
mod node;
mod obstacle;
mod order;
mod path;
mod problem;
mod rename;
mod shown;
mod sight;
mod snapshot;
mod unseen;
#[cfg(test)]
pub(crate) mod work;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

pub use abilities::{Abilities, Can, Changes, Parts, Verbs};
pub use address::is_address;
pub use always::{counts, lacking, named_lacks};
pub use attributes::Attributes;
pub use disputed::{Cause, Conflict, Disputed, Head, Piece, Side, Sides};
pub use facts::{Characters, Facts, IssueTypeName, Limit, UsedOption};
pub use formed::malformed;
pub use identity::{Found, Identity, Index, classes, references};
pub use lost::{learn_lost, named_lost, settle};
pub use node::{Misfit, Name, Node};
pub use obstacle::{Obstacle, obstacles};
pub use order::{canonicalize, compare_items, longest_rising, rank};
pub use path::Path;
pub use problem::{Count, Problem, Problems, Severity, is_slip, near};
pub use rename::{NewName, follow, set_identity};
pub use shown::{command_at, escaped_json, is_command, picture, printable};
pub(crate) use sight::Sight;
pub use snapshot::{Note, NoteKind, Object, Snapshot};
pub use unseen::{Asked, Gap, Unseen};

use crate::schema::{DeclId, Key, KeyPart, Schema};

/// How deep elements may be nested. The schema itself nests 12 deep; only groups of conditions can be nested at will.
pub const MAX_DEPTH: usize = 200;

/// A configuration: the root element, in canonical order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config(Element);

/// An element.
#[derive(Debug, Clone)]
pub struct Element {
    /// What it is.
    pub declaration: DeclId,
    /// Its attributes by number, in the order of the schema.
    pub attributes: Attributes,
    /// What stands inside.
    pub content: Content,
    /// Where its start tag begins in the file, in bytes; [`NOWHERE`] when it was not read from a file.
    pub start: u32,
}

/// The [`Element::start`] of an element that does not come from a file.
pub const NOWHERE: u32 = u32::MAX;

/// What stands inside an element.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Content {
    /// Text; empty for an element that is empty by its type.
    Text(Box<str>),
    /// Elements.
    Children(Vec<Element>),
}

/// Equality of content: where an element stands in a file does not count.
impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(test)]
        work::count();
        self.declaration == other.declaration
            && self.attributes == other.attributes
            && self.content == other.content
    }
}

impl Eq for Element {}

impl Hash for Element {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.declaration, &self.attributes, &self.content).hash(state);
    }
}

impl Config {
    /// Puts a tree into canonical order.
    pub fn new(mut root: Element) -> Self {
        canonicalize(&mut root);
        Self(root)
    }

    /// Returns the root element.
    pub fn root(&self) -> &Element {
        &self.0
    }

    /// Returns what could not be seen where the configuration comes from.
    pub fn unseen(&self) -> Unseen {
        Unseen::of_file(&self.0)
    }
}

impl Element {
    /// Returns an element with text.
    pub fn leaf(declaration: DeclId, text: impl Into<Box<str>>) -> Self {
        Self {
            declaration,
            attributes: Attributes::NONE,
            content: Content::Text(text.into()),
            start: NOWHERE,
        }
    }

    /// Returns an element with elements inside.
    pub fn parent(declaration: DeclId, children: Vec<Self>) -> Self {
        Self {
            declaration,
            attributes: Attributes::NONE,
            content: Content::Children(children),
            start: NOWHERE,
        }
    }

    /// Returns the elements inside.
    pub fn children(&self) -> &[Self] {
        match &self.content {
            Content::Children(children) => children,
            Content::Text(_) => &[],
        }
    }

    /// Returns the elements inside, to change them.
    pub fn children_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.content {
            Content::Children(children) => Some(children),
            Content::Text(_) => None,
        }
    }

    /// Returns the text; the empty text for an element that holds elements.
    pub fn text(&self) -> &str {
        match &self.content {
            Content::Text(text) => text,
            Content::Children(_) => "",
        }
    }

    /// Returns the tag.
    pub fn tag(&self) -> &'static str {
        &Schema::get().declaration(self.declaration).name
    }

    /// Returns the first child of that tag.
    pub fn get(&self, tag: &str) -> Option<&Self> {
        self.all(tag).next()
    }

    /// Returns the children of that tag.
    pub fn all<'a>(&'a self, tag: &str) -> impl Iterator<Item = &'a Self> + use<'a> {
        let declaration = Schema::get().child(self.declaration, tag);
        self.children().iter().filter(move |child| Some(child.declaration) == declaration)
    }

    /// Returns the text of the first child of that tag.
    pub fn text_of(&self, tag: &str) -> Option<&str> {
        self.get(tag).map(Self::text)
    }

    /// Returns the attribute of that name.
    pub fn attribute_named(&self, name: &str) -> Option<&str> {
        self.attribute(Schema::get().attribute(Schema::get().declaration(self.declaration).ty, name)?)
    }

    /// Returns the first child of that declaration.
    pub fn child(&self, declaration: DeclId) -> Option<&Self> {
        self.children().iter().find(|child| child.declaration == declaration)
    }

    /// Returns an attribute.
    pub fn attribute(&self, number: u8) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| *own == number).map(|(_, value)| &**value)
    }

    /// Sets an attribute.
    pub fn set_attribute(&mut self, number: u8, value: impl Into<Box<str>>) {
        self.attributes.set(number, value.into());
    }

    /// Returns the element that a key leads to.
    pub fn at(&self, key: &Key) -> Option<&Self> {
        key.path.iter().try_fold(self, |element, step| element.child(*step))
    }

    /// Returns the value of a key: the text or the attribute; `None` where it is absent.
    pub fn value(&self, key: &Key) -> Option<&str> {
        let element = self.at(key)?;
        match key.part {
            KeyPart::Attribute(number) => element.attribute(number),
            KeyPart::Value | KeyPart::Whole => Some(element.text()),
        }
    }

    /// Returns what a key means of this element, to which its path has led; the empty text where it is absent.
    pub fn value_here(&self, key: &Key) -> &str {
        match key.part {
            KeyPart::Attribute(number) => self.attribute(number).unwrap_or_default(),
            KeyPart::Value | KeyPart::Whole => self.text(),
        }
    }

    /// Sets the value of a key that means an attribute or the text of a child, which is added where it is absent.
    pub fn set_value(&mut self, key: &Key, value: &str) {
        if let KeyPart::Attribute(number) = key.part {
            self.set_attribute(number, value);
        } else if let [step] = key.path[..]
            && let Some(children) = self.children_mut()
        {
            match children.iter_mut().find(|child| child.declaration == step) {
                Some(child) => child.content = Content::Text(value.into()),
                None => children.push(Self::leaf(step, value)),
            }
        }
    }

    /// Sets the text of the child of that tag, which is added where it is absent; an element that can have no such child stays.
    pub fn set_text(&mut self, tag: &str, text: &str) {
        let Some(declaration) = Schema::get().child(self.declaration, tag) else { return };
        let Some(children) = self.children_mut() else { return };
        match children.iter_mut().find(|child| child.declaration == declaration) {
            Some(child) => *child = Self::leaf(declaration, text),
            None => children.push(Self::leaf(declaration, text)),
        }
    }

    /// Compares the whole of two elements of one declaration; the order has no meaning but is always the same.
    pub fn compare(&self, other: &Self) -> Ordering {
        // Attributes first: of two objects of one identity the one with the `duplicate` number comes second.
        self.declaration
            .cmp(&other.declaration)
            .then_with(|| self.attributes.cmp(&other.attributes))
            .then_with(|| match (&self.content, &other.content) {
                (Content::Text(a), Content::Text(b)) => a.cmp(b),
                (Content::Text(_), Content::Children(_)) => Ordering::Less,
                (Content::Children(_), Content::Text(_)) => Ordering::Greater,
                (Content::Children(a), Content::Children(b)) => {
                    let unequal = a.iter().zip(b).map(|(a, b)| a.compare(b)).find(|order| order.is_ne());
                    unequal.unwrap_or_else(|| a.len().cmp(&b.len()))
                }
            })
    }
}
