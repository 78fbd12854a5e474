//! The way to an element, as people read it: `/screens/screen[Default Screen]/screenTab[Field Tab]`.
//!
//! Invariant: an item of a list is named by its identity, never by its number, as long as it has one.

use std::fmt;

use super::Element;
use crate::schema::{DeclId, Key, KeyPart, Schema};

/// The way to an element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(inline))]
pub struct Path(String);

impl Path {
    /// The tag of what people call an element by.
    pub const NAME: &str = "name";

    /// Returns the way through these elements, of which the first is the root (it is not written).
    pub fn through<'a>(elements: impl IntoIterator<Item = &'a Element>) -> Self {
        let mut path = Self::default();
        for element in elements.into_iter().skip(1) {
            path.enter(element);
        }
        path
    }

    /// Returns the way to an object of an instance by its tag and name.
    pub fn object(tag: &str, name: &str) -> Self {
        Self(format!("/{tag}[{name}]"))
    }

    /// Returns the way to a child without identity.
    pub fn child(&self, tag: &str) -> Self {
        Self(format!("{}/{tag}", self.0))
    }

    /// Returns the way to a part by its tag and name.
    pub fn part(&self, tag: &str, name: &str) -> Self {
        Self(format!("{}/{tag}[{name}]", self.0))
    }

    /// Returns this way followed by another.
    pub fn join(&self, rest: &Self) -> Self {
        Self(format!("{}{}", self.0, rest.0))
    }

    /// Returns the rest of the way from an element that it leads through.
    pub fn below(&self, ancestor: &Self) -> &str {
        self.0.strip_prefix(&ancestor.0).map_or(&*self.0, |rest| rest.trim_start_matches('/'))
    }

    /// Goes on to a child.
    pub fn enter(&mut self, element: &Element) {
        let own = [element.text()].into_iter().filter(|text| !text.is_empty());
        self.push(element.declaration, element.children(), own);
    }

    /// Goes on to a child, for people: where its name is no part of what tells it from others, it is named, too, as in
    /// `transition[Start review (21)]`.
    pub fn enter_titled(&mut self, element: &Element) {
        let before = self.0.len();
        self.enter(element);
        let items = &Schema::get().declaration(element.declaration).items;
        let is_named =
            |key: &Key| key.path.iter().any(|own| Schema::get().declaration(*own).name == Self::NAME);
        let is_of_identity = items.as_ref().is_none_or(|items| items.identity.iter().any(is_named));
        let name = element.get(Self::NAME).map(Element::text).filter(|name| !name.is_empty());
        if let (Some(name), false) = (name, is_of_identity)
            && let Some(open) = self.0[before..].find('[').map(|open| before + open + 1)
        {
            self.0.insert_str(open, &format!("{name} ("));
            self.0.pop();
            self.0.push_str(")]");
        }
    }

    /// Goes on to a child that is still being read, of which these children are known.
    pub fn enter_open(&mut self, declaration: DeclId, children: &[Element]) {
        self.push(declaration, children, std::iter::empty());
    }

    fn push<'a>(&mut self, declaration: DeclId, children: &'a [Element], own: impl Iterator<Item = &'a str>) {
        let declaration = Schema::get().declaration(declaration);
        let keys = declaration.items.iter().flat_map(|items| &items.identity);
        let in_children = keys.filter(|key| key.part != KeyPart::Whole).filter_map(|key| {
            let (first, rest) = key.path.split_first()?;
            let child = children.iter().find(|child| child.declaration == *first)?;
            child.value(&Key { path: rest.to_vec(), ..key.clone() }).filter(|value| !value.is_empty())
        });
        let names: Vec<&str> = in_children.chain(own).collect();
        self.0.push('/');
        self.0.push_str(&declaration.name);
        if !names.is_empty() {
            self.0.push('[');
            self.0.push_str(&names.join(", "));
            self.0.push(']');
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if self.0.is_empty() { "/" } else { &self.0 };
        out.write_str(shown)
    }
}
