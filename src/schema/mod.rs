//! What a configuration file may hold: elements, their types, identity, relation, order and references.
//!
//! Everything here is read from `schema/projectConfig.xsd` and `schema/projectData.xsd`, which includes it; no other module names an element to decide how it is
//! ordered, matched, checked or documented. Invariant: a [`Schema`] that exists has passed [`audit()`], so every
//! path in it leads somewhere and every repeated element says how its items relate.

mod always;
mod audit;
mod built;
mod document;
mod load;
mod marks;
mod meaning;
mod roots;
mod rule;
mod simple;
mod xsd;

use std::collections::HashSet;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use always::{Always, Missing};
pub use audit::audit;
pub use marks::{BUILT_IN, DUPLICATE, ESCAPED, PART, UNSEEN};
pub use meaning::{Belongs, Otherwise, Since};
pub use roots::{DATA_XSD, XSD};
pub use rule::{Demand, Rule, Said};
pub use simple::{Form, Known};
pub use xsd::LoadError;

/// An element declaration: one name in one place of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeclId(pub(crate) u16);

/// A type of element content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TypeId(pub(crate) u16);

/// A kind of object that references name: project, screen, option ...
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KindId(pub(crate) u16);

/// The schema, with all names resolved.
#[derive(Debug, Serialize, Deserialize)]
pub struct Schema {
    pub(crate) types: Vec<Type>,
    pub(crate) declarations: Vec<Declaration>,
    pub(crate) kinds: Vec<Kind>,
    /// The root of configurations first.
    pub(crate) roots: Vec<DeclId>,
}

/// One element in one place: what stands there, how often, and how repeated ones relate.
#[derive(Debug, Serialize, Deserialize)]
pub struct Declaration {
    /// The tag.
    pub name: String,
    /// The type of its content.
    pub ty: TypeId,
    /// The type that the element is a child in; `None` for the root.
    pub owner: Option<TypeId>,
    /// The place among the children of its owner, from 0: the first rule of canonical order.
    pub place: u16,
    /// Whether the element must be there.
    pub required: bool,
    /// How the items relate, if and only if the element may be repeated.
    pub items: Option<Items>,
    /// The kind of object that the element defines, if references can name it.
    pub kind: Option<KindId>,
    /// Another spelling that is accepted when reading and never written.
    pub alias: Option<String>,
    /// Since when Jira has it, if older versions that pcfg knows lack it.
    pub since: Option<Since>,
    /// What of it Jira has always, so that a file which says nothing of that leaves it as it is.
    pub always: Option<Always>,
    /// Whether the element says that its parent holds nothing else: only what tells the parent from others may stand beside it.
    pub is_alone: bool,
    /// Whether the element holds what could not be read of its parent.
    pub is_unknown: bool,
    /// Whether the element says that something of its parent leads nowhere, so that what it was is unknown.
    pub is_lost: bool,
    /// What is wrong with its parent in Jira's data, if the element only stands where something is.
    pub damaged: Option<String>,
    /// Whether the text is an XML element of its own, as Jira stores it.
    pub is_xml: bool,
    /// What is used where the element is absent.
    pub otherwise: Option<Otherwise>,
    /// Whether the reference only lists what is there anyway, so that the target is not used by it.
    pub is_listing: bool,
    /// The list beside it of which the element names one.
    pub among: Option<DeclId>,
    /// Whether what holds the reference means something else without it.
    pub is_essential: bool,
    /// Whether a new object means something else without it; one that is there keeps what it has in the place.
    pub is_essential_if_new: bool,
    /// The value that says the same as no such element, and is never written.
    pub absent: Option<String>,
    /// What the element means.
    pub doc: String,
    /// A value as it may stand in a file.
    pub example: Option<String>,
}

/// How repeated elements relate.
#[derive(Debug, Serialize, Deserialize)]
pub struct Items {
    /// Whether their order has a meaning.
    pub relation: Relation,
    /// What tells one item from another; the first key is the text of a reference to it.
    pub identity: Vec<Key>,
    /// What a set is sorted by; an item that lacks a key comes after those that have it.
    pub sort: Vec<Key>,
    /// The number that an export counts from 1, without gaps, among the items whose earlier sort keys agree.
    pub rank: Option<Key>,
    /// What an item keeps under another name: it is the same to Jira, and told as that.
    pub same: Option<Key>,
}

/// Whether the order of repeated elements has a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relation {
    /// The order has no meaning; the canonical order is that of the sort keys.
    Set,
    /// The order is part of the configuration and is kept.
    Ordered,
}

/// A value inside an item: where it stands and how it compares.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Key {
    /// As written in the schema, for documentation.
    pub spelling: String,
    /// The children to go through from the item; empty for the item itself.
    pub path: Vec<DeclId>,
    /// What of the element at the end of the path.
    pub part: KeyPart,
    /// How two values compare.
    pub order: Comparison,
}

/// The part of an element that a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyPart {
    /// Its text, with the identity attributes of a reference.
    Value,
    /// One attribute.
    Attribute(u8),
    /// All of it.
    Whole,
}

/// How the values of a key compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// By Unicode code point.
    CodePoint,
    /// As numbers.
    Number,
    /// By their place in the enumeration.
    Enumeration(Vec<String>),
}

/// A type of element content.
#[derive(Debug, Serialize, Deserialize)]
pub struct Type {
    /// The name in the schema.
    pub name: String,
    /// What it stands for.
    pub doc: String,
    /// The attributes, in canonical order.
    pub attributes: Vec<Attribute>,
    /// What stands between the tags.
    pub content: Content,
    /// What its children must have to do with each other.
    pub rules: Vec<Rule>,
}

/// An attribute.
#[derive(Debug, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its values.
    pub value: Simple,
    /// Whether it must be there.
    pub required: bool,
    /// What it means.
    pub doc: String,
}

/// What stands between the tags of an element.
#[derive(Debug, Serialize, Deserialize)]
pub enum Content {
    /// Nothing.
    Empty,
    /// Text of a simple type.
    Leaf(Simple),
    /// Text that names an object.
    Reference(Reference),
    /// Elements, in this order.
    Children(Vec<DeclId>),
    /// Exactly one of these elements.
    Choice(Vec<DeclId>),
}

/// The values of a text or attribute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Simple {
    /// The name of the type in the schema.
    pub name: String,
    /// What it stands for.
    pub doc: String,
    /// Which values there are.
    pub values: Values,
    /// How they compare.
    pub order: Comparison,
    /// The form that a text must have to mean something.
    pub form: Option<Form>,
    /// The names that Jira itself has.
    pub known: Option<Known>,
}

/// Which values a simple type has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Values {
    /// Any text.
    Any,
    /// Whole numbers of at most 18 digits without leading zeros.
    Number,
    /// Days, as `YYYY-MM-DD`.
    Date,
    /// Points in time, as `YYYY-MM-DDThh:mm:ss.mmmZ`.
    Moment,
    /// These.
    OneOf(Vec<String>),
    /// Kinds of objects and properties of them, as [`Schema::part_named`] reads them, with blanks between.
    Parts,
}

/// How a reference names its target.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reference {
    /// The kind of the target.
    pub target: Target,
    /// Whether the target may be missing from the file (projects that were not selected).
    pub weak: bool,
    /// The attribute without which the text names no object (a system field instead of a custom field).
    pub if_attribute: Option<u8>,
    /// The attribute that names the object which the target is a part of; else the target is looked for around
    /// the reference.
    pub container_attribute: Option<u8>,
}

/// The kind of object that a reference names.
#[derive(Debug, Serialize, Deserialize)]
pub enum Target {
    /// None that can be checked.
    Unchecked,
    /// Always this.
    Kind(KindId),
    /// The one that the value of a sibling says.
    BySibling {
        /// The name of the sibling.
        sibling: String,
        /// Its values and their kinds.
        kinds: Vec<(String, KindId)>,
    },
}

/// A kind of object, or a property of all objects of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    /// The kind.
    pub kind: KindId,
    /// The child of its definitions.
    pub property: Option<DeclId>,
}

/// A kind of object.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kind {
    /// The name: the tag of the definition.
    pub name: String,
    /// What people call one.
    pub words: String,
    /// Where its definitions stand.
    pub declaration: DeclId,
    /// For a part of another object: the tags of the elements that it is unique in. Empty for a global object.
    pub within: Vec<String>,
    /// The attributes that hold, in a reference, the second and later fields of the identity.
    pub attributes: Vec<String>,
    /// Whose its objects are.
    pub belongs: Belongs,
    /// The option of an export, as the root of a file records it, that chooses which objects are in it; nothing where use decides.
    pub chosen: Option<String>,
    /// Whether only Jira itself can give an object another name: it stands in issues, comments and queries.
    pub is_never_renamed: bool,
}

impl KindId {
    /// The first kind of the schema.
    pub(crate) const FIRST: Self = Self(0);
}

impl Schema {
    /// Returns the schema of this build.
    pub fn get() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(built::schema)
    }

    /// Reads a schema, for tests of the reader itself.
    pub fn parse(xsd: &str) -> Result<Self, LoadError> {
        load::load(&[xsd])
    }

    /// Returns a declaration.
    pub fn declaration(&self, id: DeclId) -> &Declaration {
        &self.declarations[usize::from(id.0)]
    }

    /// Returns the type of a declaration's content.
    pub fn type_of(&self, id: DeclId) -> &Type {
        self.ty(self.declaration(id).ty)
    }

    /// Returns a type.
    pub fn ty(&self, id: TypeId) -> &Type {
        &self.types[usize::from(id.0)]
    }

    /// Returns all types, in the order of the schema.
    pub fn types(&self) -> impl Iterator<Item = (TypeId, &Type)> {
        self.types.iter().enumerate().map(|(index, ty)| (TypeId(index as u16), ty))
    }

    /// Returns a kind.
    pub fn kind(&self, id: KindId) -> &Kind {
        &self.kinds[usize::from(id.0)]
    }

    /// Returns all kinds, in the order of the schema.
    pub fn kinds(&self) -> impl Iterator<Item = (KindId, &Kind)> {
        self.kinds.iter().enumerate().map(|(index, kind)| (KindId(index as u16), kind))
    }

    /// Returns the kind of that name.
    pub fn kind_named(&self, name: &str) -> Option<KindId> {
        self.kinds().find(|(_, kind)| kind.name == name).map(|(id, _)| id)
    }

    /// Returns what `KIND` or `KIND/CHILD` means.
    pub fn part_named(&self, name: &str) -> Option<Part> {
        let (kind, property) = match name.split_once('/') {
            Some((kind, property)) => (self.kind_named(kind)?, Some(property)),
            None => (self.kind_named(name)?, None),
        };
        let property = match property {
            Some(tag) => Some(self.property(kind, tag)?),
            None => None,
        };
        Some(Part { kind, property })
    }

    /// Returns a property of the objects of a kind, or what stands beside them in their container.
    pub fn property(&self, kind: KindId, tag: &str) -> Option<DeclId> {
        let beside = || self.child(self.container(kind)?, tag);
        self.child(self.kind(kind).declaration, tag).or_else(beside)
    }

    /// Returns how a part is spelled.
    pub fn part_name(&self, part: Part) -> String {
        let kind = &self.kind(part.kind).name;
        match part.property {
            Some(property) => format!("{kind}/{}", self.declaration(property).name),
            None => kind.clone(),
        }
    }

    /// Returns the kinds that a word means, by the one rule of all options: its name or what people say in any spelling
    /// (`customField`, `custom field`, `custom-field`), or else the beginning of one of them.
    pub fn kinds_called(&self, word: &str) -> Vec<KindId> {
        let word = meaning::plain(word);
        if word.is_empty() {
            return Vec::new();
        }
        let of = |fits: &dyn Fn(&Kind) -> bool| -> Vec<KindId> {
            self.kinds().filter(|(_, kind)| fits(kind)).map(|(id, _)| id).collect()
        };
        let exact = of(&|kind| kind.is_called(&word));
        let begins =
            |kind: &Kind| [&kind.name, &kind.words].iter().any(|own| meaning::plain(own).starts_with(&word));
        if exact.is_empty() { of(&begins) } else { exact }
    }

    /// Returns the children that may stand in an element.
    pub fn children(&self, parent: DeclId) -> &[DeclId] {
        self.type_of(parent).children()
    }

    /// Returns whether an element, or one inside of it, names objects of a kind.
    pub fn names(&self, element: DeclId, of: KindId) -> bool {
        self.leads(element, of, false, &mut HashSet::new())
    }

    /// The same, and whether a query in it may.
    pub fn may_name(&self, element: DeclId, of: KindId) -> bool {
        self.leads(element, of, true, &mut HashSet::new())
    }

    fn leads(&self, element: DeclId, of: KindId, in_queries: bool, seen: &mut HashSet<DeclId>) -> bool {
        if !seen.insert(element) {
            return false;
        }
        match &self.type_of(element).content {
            Content::Reference(reference) => match &reference.target {
                Target::Kind(target) => *target == of,
                Target::BySibling { kinds, .. } => kinds.iter().any(|(_, target)| *target == of),
                Target::Unchecked => false,
            },
            Content::Children(children) | Content::Choice(children) => {
                children.iter().any(|child| self.leads(*child, of, in_queries, seen))
            }
            Content::Leaf(text) => in_queries && text.form == Some(Form::Jql),
            Content::Empty => false,
        }
    }

    /// Returns the child of that tag; the alias of a tag is accepted too.
    pub fn child(&self, parent: DeclId, tag: &str) -> Option<DeclId> {
        let children = self.children(parent);
        let by_name = children.iter().find(|&&child| self.declaration(child).name == tag);
        by_name
            .or_else(|| children.iter().find(|&&child| self.declaration(child).alias.as_deref() == Some(tag)))
            .copied()
    }

    /// Returns the child which says that an element holds nothing else, if it can have one.
    pub fn alone(&self, parent: DeclId) -> Option<DeclId> {
        self.children(parent).iter().copied().find(|&child| self.declaration(child).is_alone)
    }

    /// Returns the child that holds what could not be read of an element, if it can have one.
    pub fn unknown(&self, parent: DeclId) -> Option<DeclId> {
        self.children(parent).iter().copied().find(|&child| self.declaration(child).is_unknown)
    }

    /// Returns whether a child is all, or a part, of what tells an item from others.
    pub fn tells_apart(&self, item: DeclId, child: DeclId) -> bool {
        let keys = self.declaration(item).items.iter().flat_map(|items| &items.identity);
        keys.into_iter().any(|key| key.path.first() == Some(&child))
    }

    /// Returns whether a tag exists anywhere.
    pub fn knows(&self, tag: &str) -> bool {
        self.declarations.iter().any(|declaration| declaration.name == tag)
    }

    /// Returns the tags of the elements that a tag may stand in, in the order of the schema.
    pub fn owners(&self, tag: &str) -> Vec<&str> {
        let types: Vec<_> =
            self.declarations.iter().filter(|own| own.name == tag).filter_map(|own| own.owner).collect();
        let mut owners: Vec<&str> = Vec::new();
        for declaration in self.declarations.iter().filter(|own| types.contains(&own.ty)) {
            if !owners.contains(&declaration.name.as_str()) {
                owners.push(&declaration.name);
            }
        }
        owners
    }

    /// Returns the child of the root that holds the objects of a global kind, and `None` for a part.
    pub fn container(&self, kind: KindId) -> Option<DeclId> {
        let owner = self.declaration(self.kind(kind).declaration).owner?;
        self.children(self.root()).iter().copied().find(|&child| self.declaration(child).ty == owner)
    }

    /// Returns the number of an attribute of a type.
    pub fn attribute(&self, ty: TypeId, name: &str) -> Option<u8> {
        self.ty(ty).attributes.iter().position(|attribute| attribute.name == name).map(|index| index as u8)
    }
}

impl Type {
    /// Returns the elements that may stand inside.
    pub fn children(&self) -> &[DeclId] {
        match &self.content {
            Content::Children(children) | Content::Choice(children) => children,
            _ => &[],
        }
    }
}
