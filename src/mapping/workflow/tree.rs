//! The XML of a descriptor as a plain tree.
//!
//! Invariants: the DOCTYPE is never followed, so an entity that only a DTD could explain is an error; what the parser of Jira
//! refuses is an error, too; comments, processing instructions and the white space between elements are not in the tree;
//! nothing is nested deeper than [`MAX_DEPTH`].

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::xml::is_forbidden;

/// How deep elements may be nested: less than a configuration allows, since a group of conditions becomes one element
/// there too.
const MAX_DEPTH: usize = 150;

/// An element.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// The tag.
    pub name: String,
    /// The attributes, in the order of the text.
    pub attributes: Vec<(String, String)>,
    /// What stands inside.
    pub nodes: Vec<TreeNode>,
}

/// What stands inside an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeNode {
    /// An element.
    Element(Tree),
    /// Text.
    Text(String),
}

impl Tree {
    /// Returns an element without content.
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Adds an attribute.
    #[must_use]
    pub(super) fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds text.
    #[must_use]
    pub(super) fn text(mut self, text: &str) -> Self {
        if !text.is_empty() {
            self.nodes.push(TreeNode::Text(text.to_owned()));
        }
        self
    }

    /// Adds elements.
    #[must_use]
    pub(super) fn with(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.nodes.extend(children.into_iter().map(TreeNode::Element));
        self
    }

    /// Returns an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Returns an attribute and takes it out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.attributes.iter().position(|(own, _)| own == name)?;
        Some(self.attributes.remove(at).1)
    }

    /// Returns the text that stands directly inside.
    pub(super) fn own_text(&self) -> String {
        let texts = self.nodes.iter().filter_map(|node| match node {
            TreeNode::Text(text) => Some(text.as_str()),
            TreeNode::Element(_) => None,
        });
        texts.collect()
    }

    /// Returns the elements inside.
    pub(super) fn into_elements(self) -> impl Iterator<Item = Self> {
        self.nodes.into_iter().filter_map(|node| match node {
            TreeNode::Element(element) => Some(element),
            TreeNode::Text(_) => None,
        })
    }

    fn has_elements(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node, TreeNode::Element(_)))
    }
}

impl TreeNode {
    /// Returns the element, if it is one of that tag.
    pub(super) fn element_named(&mut self, name: &str) -> Option<&mut Tree> {
        match self {
            Self::Element(tree) if tree.name == name => Some(tree),
            _ => None,
        }
    }
}

/// Reads a document.
pub(super) fn parse(source: &str) -> Result<Tree, String> {
    if let Some(found) = source.chars().find(|own| is_forbidden(*own)) {
        return Err(cannot_hold(found));
    }
    let mut reader = Reader::from_str(source.trim_start());
    reader.config_mut().check_comments = true;
    let mut open: Vec<Tree> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err(format!("elements are nested more than {MAX_DEPTH} deep"));
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => close(element(&start)?, &mut open, &mut root)?,
            Event::End(_) => {
                let mut tree = open.pop().ok_or("an end tag without a start tag")?;
                if tree.has_elements() {
                    tree.nodes.retain(|node| !matches!(node, TreeNode::Text(text) if is_blank(text)));
                }
                close(tree, &mut open, &mut root)?;
            }
            Event::Text(text) => add_text(&normalize_line_ends(&text), &mut open)?,
            Event::CData(text) => add_text(&normalize_line_ends(&text), &mut open)?,
            Event::GeneralRef(entity) => {
                let mut buffer = [0; 4];
                add_text(character(&entity)?.encode_utf8(&mut buffer), &mut open)?;
            }
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) | Event::Decl(_) => {}
            Event::Eof => break,
        }
    }
    match (open.last(), root) {
        (Some(tree), _) => Err(format!("`<{}>` is never closed", tree.name)),
        (None, Some(root)) => Ok(root),
        (None, None) => Err("there is no element".to_owned()),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Tree, String> {
    let mut tree = Tree::new(start.name().as_ref());
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.value.contains('<') {
            return Err(format!("there is a `<` in the attribute `{}`", attribute.key.as_ref()));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        if let Some(found) = value.chars().find(|own| is_forbidden(*own)) {
            return Err(cannot_hold(found));
        }
        tree.attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(tree)
}

fn cannot_hold(character: char) -> String {
    format!("XML cannot hold the character U+{:04X}", u32::from(character))
}

fn close(tree: Tree, open: &mut [Tree], root: &mut Option<Tree>) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.nodes.push(TreeNode::Element(tree)),
        None if root.is_some() => return Err(format!("`<{}>` after the root element", tree.name)),
        None => *root = Some(tree),
    }
    Ok(())
}

fn add_text(text: &str, open: &mut [Tree]) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => match parent.nodes.last_mut() {
            Some(TreeNode::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => parent.nodes.push(TreeNode::Text(text.to_owned())),
        },
        None if is_blank(text) => {}
        None => return Err("there is text outside the root element".to_owned()),
    }
    Ok(())
}

fn character(entity: &BytesRef<'_>) -> Result<char, String> {
    match entity.resolve_char_ref() {
        Ok(Some(character)) if is_forbidden(character) => return Err(cannot_hold(character)),
        Ok(Some(character)) => return Ok(character),
        Ok(None) => {}
        Err(error) => return Err(error.to_string()),
    }
    match &**entity {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(format!("there is no entity `&{other};`")),
    }
}

fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

fn normalize_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Returns the text of an element: one line for each element, two spaces for each level.
pub(super) fn to_text(tree: &Tree) -> String {
    let mut text = String::new();
    write(tree, 0, &mut text);
    text
}

fn write(tree: &Tree, depth: usize, out: &mut String) {
    out.push('<');
    out.push_str(&tree.name);
    for (name, value) in &tree.attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape(value, true, out);
        out.push('"');
    }
    if tree.nodes.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    // White space beside text is text, so an element that holds text stays in one line.
    let apart = tree.nodes.iter().all(|node| matches!(node, TreeNode::Element(_)));
    for node in &tree.nodes {
        match node {
            TreeNode::Element(child) if apart => {
                new_line(depth + 1, out);
                write(child, depth + 1, out);
            }
            TreeNode::Element(child) => write(child, depth + 1, out),
            TreeNode::Text(text) => escape(text, false, out),
        }
    }
    if apart {
        new_line(depth, out);
    }
    out.push_str("</");
    out.push_str(&tree.name);
    out.push('>');
}

fn new_line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

fn escape(text: &str, in_attribute: bool, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\n' if in_attribute => out.push_str("&#10;"),
            '\t' if in_attribute => out.push_str("&#9;"),
            plain => out.push(plain),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_it_was() {
        let source = "<a b=\"&quot;&#10;x\t\"><c> &lt;one&gt; <![CDATA[<two> & ]]>three&#13;\r\n</c><d/></a>";
        let tree = parse(source).unwrap();
        assert_eq!(tree.get("b"), Some("\"\nx "));
        let TreeNode::Element(text) = &tree.nodes[0] else { panic!("an element") };
        assert_eq!(text.own_text(), " <one> <two> & three\r\n");
        assert_eq!(parse(&to_text(&tree)).unwrap(), tree);
    }

    #[test]
    fn what_jira_cannot_read_is_no_tree() {
        for (source, why) in [
            ("<a>\u{1}</a>", "XML cannot hold the character U+0001"),
            ("<a/>\u{ffff}", "XML cannot hold the character U+FFFF"),
            ("<a>&#1;</a>", "XML cannot hold the character U+0001"),
            ("<a b=\"&#xB;\"/>", "XML cannot hold the character U+000B"),
            ("<a b=\"c<d\"/>", "there is a `<` in the attribute `b`"),
        ] {
            assert_eq!(parse(source).unwrap_err(), why, "{source}");
        }
        assert!(parse("<a><!-- b -- c --></a>").is_err(), "two dashes end a comment");
        assert_eq!(parse("<a b=\"&lt;\">&#9;\u{85}</a>").unwrap().get("b"), Some("<"));
    }

    #[test]
    fn white_space_between_elements_is_nothing_but_in_a_leaf_it_is_text() {
        let tree = parse("<a>\n  <!-- why --><b>  </b>\n</a>").unwrap();
        assert_eq!(to_text(&tree), "<a>\n  <b>  </b>\n</a>");
    }

    #[test]
    fn the_doctype_is_never_followed() {
        let bomb = "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>";
        assert_eq!(parse(bomb).unwrap_err(), "there is no entity `&e;`");
        assert!(parse("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/none.dtd\"><a/>").is_ok());
    }

    #[test]
    fn broken_documents_are_refused() {
        for source in ["", "text", "<a>", "<a></b>", "<a/><b/>", "<a b=c/>", "</a>"] {
            assert!(parse(source).is_err(), "{source}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(parse(&deep).unwrap_err().contains("nested more than"));
    }
}
