//! XML that rows hold, as trees: workflow descriptors, default values.
//!
//! Invariant: what is no element, attribute or text is passed over, and so is what is cut off.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// An element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    pub(crate) text: String,
}

impl Element {
    /// Reads a document; returns its root.
    pub(crate) fn parse(xml: &str) -> Self {
        let mut reader = Reader::from_str(xml);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event() {
                Ok(Event::Start(tag)) => open.push(Self::begin(&tag)),
                Ok(Event::Empty(tag)) => close(&mut open, Self::begin(&tag)),
                Ok(Event::End(_)) => {
                    if let Some(element) = open.pop() {
                        close(&mut open, element);
                    }
                }
                Ok(Event::Text(text)) => add(&mut open, &text),
                Ok(Event::CData(text)) => add(&mut open, &text),
                Ok(Event::GeneralRef(name)) => add(&mut open, &character(&name)),
                Ok(Event::Eof) | Err(_) => break,
                Ok(_) => {}
            }
        }
        while open.len() > 1 {
            if let Some(element) = open.pop() {
                close(&mut open, element);
            }
        }
        open.pop().and_then(|document| document.children.into_iter().next()).unwrap_or_default()
    }

    fn begin(tag: &BytesStart<'_>) -> Self {
        let attributes = tag.attributes().flatten().map(|attribute| {
            let value = quick_xml::escape::unescape(&attribute.value).unwrap_or_default().into_owned();
            (attribute.key.as_ref().to_owned(), value)
        });
        Self { name: tag.name().as_ref().to_owned(), attributes: attributes.collect(), ..Self::default() }
    }

    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// Returns the children of a name.
    pub(crate) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Returns the children of a name inside the children of another.
    pub(crate) fn inside<'e>(&'e self, outer: &'e str, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.all(outer).flat_map(move |outer| outer.all(name))
    }

    /// Returns the text of the child of a name that has a `name` itself: of a `meta` or an `arg`.
    pub(crate) fn named(&self, child: &str, name: &str) -> Option<&str> {
        self.children
            .iter()
            .find(|own| own.name == child && own.attribute("name") == name)
            .map(|own| own.text.trim())
    }

    /// Returns the properties, without those that have a place of their own.
    pub(crate) fn properties(&self) -> impl Iterator<Item = (&str, &str)> {
        const OWN: [&str; 4] =
            ["jira.status.id", "jira.description", "jira.fieldscreen.id", "cloud.triggers"];
        self.children
            .iter()
            .filter(|own| own.name == "meta")
            .map(|own| (own.attribute("name"), own.text.as_str()))
            .filter(|(name, _)| !OWN.contains(name))
    }

    /// Returns an argument of a rule, or nothing as an empty text.
    pub(crate) fn argument(&self, name: &str) -> &str {
        self.named("arg", name).unwrap_or_default()
    }
}

fn close(open: &mut [Element], element: Element) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(element);
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// Returns what a reference such as `amp` or `#10` stands for.
fn character(name: &str) -> String {
    let number = |name: &str| match name.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => name.parse().ok(),
    };
    let by_number = || name.strip_prefix('#').and_then(number).and_then(char::from_u32).map(String::from);
    quick_xml::escape::resolve_predefined_entity(name)
        .map(str::to_owned)
        .or_else(by_number)
        .unwrap_or_default()
}
