//! Elements under construction, by tag; [`Node::bind`] checks them against the schema.
//!
//! The mapping from Jira's rows builds these: it reads like the file that comes of it. A tag that the schema does not
//! know in that place is a mistake in pcfg; a value that its type does not allow is a fact about the data: it stands as
//! unreadable in the nearest element that can hold such a thing, so that what is unknown never looks like nothing.

use super::{Content, Element, Identity, NOWHERE, Path};
use crate::schema::{self, DUPLICATE, DeclId, KindId, PART, Schema};

/// An element under construction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Node {
    tag: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Node>,
}

/// The name of an object as references write it: the text and the identity attributes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Name {
    /// The text.
    pub text: String,
    /// The attributes that complete the identity.
    pub attributes: Vec<(&'static str, String)>,
}

/// A value that its place does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where it would stand.
    pub path: Path,
    /// The value.
    pub value: String,
    /// What was expected.
    pub expected: String,
    /// Whether an element around it holds it as unreadable; otherwise it was left out.
    pub is_kept: bool,
}

impl Name {
    /// Returns a name that is the whole identity.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), attributes: Vec::new() }
    }

    /// Adds an identity attribute, unless it is empty.
    #[must_use]
    pub fn with(mut self, attribute: &'static str, value: &str) -> Self {
        if !value.is_empty() {
            self.attributes.push((attribute, value.to_owned()));
        }
        self
    }

    /// Returns an identity attribute.
    pub fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| *name == attribute).map(|(_, value)| value.as_str())
    }

    /// Returns the name without an identity attribute, as references inside the owner of a part write it.
    #[must_use]
    pub fn without(&self, attribute: &str) -> Self {
        let rest = self.attributes.iter().filter(|(name, _)| *name != attribute);
        Self { text: self.text.clone(), attributes: rest.cloned().collect() }
    }

    /// Begins the definition of the object: the identity as elements (a project or user has no `name` and begins its
    /// definition by itself).
    pub fn definition(&self, tag: &'static str) -> Node {
        let mut node = Node::leaf(tag, "").text("name", self.text.clone());
        for (attribute, value) in &self.attributes {
            node = match *attribute {
                DUPLICATE => node.attribute(DUPLICATE, value.clone()),
                field => node.text(field, value.clone()),
            };
        }
        node
    }

    /// Returns the identity of a global object of that name.
    pub fn identity(&self, kind: KindId) -> Identity {
        let schema = Schema::get();
        let labels = schema.kind(kind).attributes.iter().map(String::as_str).chain([DUPLICATE]);
        let rest = labels.map(|label| self.get(label).unwrap_or_default());
        Identity { kind, fields: std::iter::once(self.text.as_str()).chain(rest).map(Into::into).collect() }
    }

    /// Returns a reference.
    pub fn reference(&self, tag: &'static str) -> Node {
        Node { attributes: self.attributes.clone(), ..Node::leaf(tag, self.text.clone()) }
    }
}

impl Node {
    /// Returns an element without content.
    pub fn new(tag: &'static str) -> Self {
        Self { tag, attributes: Vec::new(), text: String::new(), children: Vec::new() }
    }

    /// Returns what a finished element was made of, to compare it with others under construction.
    pub fn of(element: &Element) -> Self {
        let ty = Schema::get().type_of(element.declaration);
        let attributes = element.attributes.iter();
        let attributes = attributes
            .map(|(number, value)| (ty.attributes[usize::from(*number)].name.as_str(), value.to_string()));
        let node = Self {
            tag: element.tag(),
            attributes: attributes.collect(),
            text: element.text().to_owned(),
            children: element.children().iter().map(Self::of).collect(),
        };
        node.comparable()
    }

    /// Puts the attributes into the order that [`Node::of`] has them in.
    #[must_use]
    pub fn comparable(mut self) -> Self {
        self.attributes.sort_unstable();
        self
    }

    /// Returns an element with text.
    pub fn leaf(tag: &'static str, text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::new(tag) }
    }

    /// Adds a child with text, even if the text is empty.
    #[must_use]
    pub fn text(self, tag: &'static str, text: impl Into<String>) -> Self {
        self.with(Self::leaf(tag, text))
    }

    /// Adds a child with text, unless there is none: in Jira a missing and an empty description are the same.
    #[must_use]
    pub fn text_if(self, tag: &'static str, text: Option<&str>) -> Self {
        match text {
            Some(text) if !text.is_empty() => self.text(tag, text),
            _ => self,
        }
    }

    /// Adds a truth value.
    #[must_use]
    pub fn flag(self, tag: &'static str, value: bool) -> Self {
        self.text(tag, if value { "true" } else { "false" })
    }

    /// Adds the word `true`, or nothing.
    #[must_use]
    pub fn mark(self, tag: &'static str, value: bool) -> Self {
        if value { self.text(tag, "true") } else { self }
    }

    /// Returns what stands in the place of a part that could not be read.
    pub fn unreadable(part: &str, stored: &str) -> Self {
        Self::leaf("unreadable", stored).attribute(PART, part)
    }

    /// Returns what stands in the place of a part that leads nowhere; children say what is known of it.
    pub fn lost(part: &str) -> Self {
        Self::new("lost").text("part", part)
    }

    /// Adds a reference, if there is one.
    #[must_use]
    pub fn name_if(self, tag: &'static str, name: Option<&Name>) -> Self {
        match name {
            Some(name) => self.with(name.reference(tag)),
            None => self,
        }
    }

    /// Adds a child.
    #[must_use]
    pub fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Adds a child, if there is one.
    #[must_use]
    pub fn with_if(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.with(child),
            None => self,
        }
    }

    /// Adds children.
    #[must_use]
    pub fn with_all(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// Returns the tag.
    pub fn tag(&self) -> &'static str {
        self.tag
    }

    /// Returns whether nothing is inside.
    pub fn is_empty(&self) -> bool {
        self.children.is_empty() && self.text.is_empty()
    }

    /// Returns this element if something is inside.
    pub fn unless_empty(self) -> Option<Self> {
        (!self.is_empty()).then_some(self)
    }

    /// Makes it an element of that declaration; values that their types do not allow are listed, and kept as unreadable where
    /// an element around them can hold that.
    ///
    /// # Panics
    ///
    /// If the schema does not know a tag or attribute where it stands: that is a mistake in pcfg.
    pub fn bind(self, declaration: DeclId, path: &Path, misfits: &mut Vec<Misfit>) -> Option<Element> {
        let schema = Schema::get();
        let own = schema.declaration(declaration);
        assert!(own.name == self.tag, "pcfg built <{}> where the schema has <{}>", self.tag, own.name);
        let ty = schema.ty(own.ty);
        let before = misfits.len();
        let mut misfit = |path: Path, value: String, expected: String| {
            misfits.push(Misfit { path, value, expected, is_kept: false });
        };
        let mut attributes = Vec::with_capacity(self.attributes.len());
        for (name, value) in self.attributes {
            let number = schema.attribute(own.ty, name);
            let number =
                number.unwrap_or_else(|| panic!("pcfg built an attribute {name} for <{}>", self.tag));
            let allowed = &ty.attributes[usize::from(number)].value;
            if allowed.accepts(&value) {
                attributes.push((number, value.into_boxed_str()));
            } else {
                misfit(path.child(&format!("@{name}")), value, allowed.expectation());
            }
        }
        let content = match &ty.content {
            schema::Content::Empty => Content::Text(Box::default()),
            schema::Content::Reference(_) => Content::Text(self.text.into()),
            schema::Content::Leaf(allowed) => {
                if !allowed.accepts(&self.text) {
                    misfit(path.clone(), self.text, allowed.expectation());
                    return None;
                }
                Content::Text(self.text.into())
            }
            schema::Content::Children(_) | schema::Content::Choice(_) => {
                let mut children = Vec::with_capacity(self.children.len());
                for child in self.children {
                    let found = schema.child(declaration, child.tag);
                    let found =
                        found.unwrap_or_else(|| panic!("pcfg built <{}> in <{}>", child.tag, self.tag));
                    children.extend(child.bind(found, &path.child(&schema.declaration(found).name), misfits));
                }
                if let Some(unknown) = schema.unknown(declaration) {
                    let part = schema.attribute(schema.declaration(unknown).ty, PART);
                    for misfit in misfits[before..].iter_mut().filter(|misfit| !misfit.is_kept) {
                        let mut kept = Element::leaf(unknown, misfit.value.as_str());
                        if let Some(part) = part {
                            kept.set_attribute(part, misfit.path.below(path));
                        }
                        children.push(kept);
                        misfit.is_kept = true;
                    }
                }
                Content::Children(children)
            }
        };
        Some(Element { declaration, attributes: attributes.into(), content, start: NOWHERE })
    }
}
