//! The XSD document as a tree of nodes.
//!
//! Invariant: nothing is left out but comments and blanks; what the nodes mean is for [`load`](super::load).

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Why a schema cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the schema cannot be used: {0}")]
pub struct LoadError(pub(super) String);

pub(super) type Result<T> = std::result::Result<T, LoadError>;

pub(super) fn fail<T>(message: impl Into<String>) -> Result<T> {
    Err(LoadError(message.into()))
}

/// A node of the XSD document.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) tag: String,
    pub(super) attributes: HashMap<String, String>,
    pub(super) children: Vec<Node>,
    pub(super) text: String,
}

impl Node {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    pub(super) fn name(&self) -> Result<&str> {
        self.get("name").map_or_else(|| fail(format!("<{}> without a name", self.tag)), Ok)
    }

    pub(super) fn all<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.tag == tag)
    }

    pub(super) fn first(&self, tag: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.tag == tag)
    }

    pub(super) fn doc(&self) -> String {
        let documentation = self.first("xs:annotation").and_then(|node| node.first("xs:documentation"));
        documentation.map(|node| node.text.trim().to_owned()).unwrap_or_default()
    }

    pub(super) fn appinfo(&self, tag: &str) -> Option<&Self> {
        self.first("xs:annotation")?.first("xs:appinfo")?.first(tag)
    }
}

fn start_node(start: &BytesStart<'_>) -> Result<Node> {
    let mut node = Node { tag: start.name().as_ref().to_owned(), ..Node::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| LoadError(error.to_string()))?;
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|error| LoadError(error.to_string()))?;
        node.attributes.insert(attribute.key.as_ref().to_owned(), value.into_owned());
    }
    Ok(node)
}

pub(super) fn parse_document(xsd: &str) -> Result<Node> {
    let mut reader = Reader::from_str(xsd);
    let mut stack = vec![Node::default()];
    loop {
        let event = reader.read_event().map_err(|error| LoadError(error.to_string()))?;
        let top = stack.last_mut().expect("the document node stays on the stack");
        match event {
            Event::Start(start) => stack.push(start_node(&start)?),
            Event::Empty(start) => top.children.push(start_node(&start)?),
            Event::Text(text) => top.text.push_str(&text),
            Event::GeneralRef(entity) => top.text.push(match &*entity {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                other => return fail(format!("unexpected entity &{other};")),
            }),
            Event::End(_) => {
                let node = stack.pop().expect("the reader checks that tags match");
                match stack.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return fail("an end tag without a start tag"),
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    stack.pop().expect("the document node stays on the stack").children.into_iter().last().map_or_else(
        || fail("the document is empty"),
        |root| if root.tag == "xs:schema" { Ok(root) } else { fail("the root is not xs:schema") },
    )
}
