//! The attributes of an element, in the room of one pointer.
//!
//! Most elements have none, and there are millions of them. Invariant: they are in the order of the schema, each once.

use std::ops::Deref;

/// An attribute: its number in the schema, and its value.
type Attribute = (u8, Box<str>);

/// The attributes of an element.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::box_collection, reason = "a boxed slice has two words, and there are few with attributes")]
pub struct Attributes(Option<Box<Vec<Attribute>>>);

impl Attributes {
    /// No attributes.
    pub const NONE: Self = Self(None);

    /// Sets an attribute.
    pub fn set(&mut self, number: u8, value: Box<str>) {
        let all = self.0.get_or_insert_default();
        match all.binary_search_by_key(&number, |(own, _)| *own) {
            Ok(index) => all[index].1 = value,
            Err(index) => all.insert(index, (number, value)),
        }
    }

    /// Keeps only some of them.
    pub fn retain(&mut self, keep: impl FnMut(&Attribute) -> bool) {
        if let Some(all) = &mut self.0 {
            all.retain(keep);
            if all.is_empty() {
                self.0 = None;
            }
        }
    }
}

impl Deref for Attributes {
    type Target = [Attribute];

    fn deref(&self) -> &[Attribute] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl From<Vec<Attribute>> for Attributes {
    /// Puts them into the order of the schema.
    fn from(mut all: Vec<Attribute>) -> Self {
        all.sort_unstable();
        Self((!all.is_empty()).then(|| Box::new(all)))
    }
}

impl FromIterator<Attribute> for Attributes {
    fn from_iter<I: IntoIterator<Item = Attribute>>(all: I) -> Self {
        Vec::from_iter(all).into()
    }
}

impl<'a> IntoIterator for &'a Attributes {
    type Item = &'a Attribute;
    type IntoIter = std::slice::Iter<'a, Attribute>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
