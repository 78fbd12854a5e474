//! Reads a configuration file and finds all that is wrong with it, not just the first thing.
//!
//! Invariants: never panics, never recurses, follows no entity and no address, and needs memory in proportion to the
//! text. What cannot be understood is left out of the tree and stands in the problems.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::escape::{is_forbidden, is_suspicious, normalize_line_ends, unescape};
use super::explain::{
    attribute_error, content_in_words, in_words, no_tag, places_of, syntax_error, wrong_value,
};
use crate::model::{Content, Element, MAX_DEPTH, Path, Problem, near};
use crate::schema::{self, DeclId, Declaration, ESCAPED, Schema};

/// At most this many problems of one file are kept: beyond it nobody reads them.
pub(super) const MOST_PROBLEMS: usize = 1_000;

/// How many elements are open around an object: the root and its container.
const OBJECT_DEPTH: usize = 2;

/// The attribute of the root that says which form the file has.
const FORMAT_VERSION: &str = "formatVersion";

/// What was read.
#[derive(Debug, Default)]
pub struct Document {
    /// The tree, as far as it could be understood; not in canonical order.
    pub root: Option<Element>,
    /// What is wrong, in the order of the file.
    pub problems: Vec<Problem>,
}

/// Reads the text of a configuration file.
pub fn read(source: &str) -> Document {
    finish(Parser::new(source, None))
}

/// What is done with an object as soon as it is read: its element and where it stands in the text, in bytes.
pub type Each<'s> = dyn FnMut(Element, Range<usize>) + 's;

/// Reads the text of a configuration file and keeps no objects: each goes to `each`, with all that stands beside them in
/// their container. The root that is returned has empty containers. Finds the same problems as [`read`].
pub fn read_each(source: &str, each: &mut Each<'_>) -> Document {
    finish(Parser::new(source, Some(each)))
}

/// Reads again what [`read_each`] has read before: one element, a child of `parent`. `None` if it is not one.
pub fn read_part(source: &str, parent: DeclId) -> Option<Element> {
    let mut parser = Parser::new(source, None);
    parser.root_seen = true;
    parser.stack.push(Open {
        declaration: parent,
        attributes: Vec::new(),
        escaped: false,
        children: Vec::new(),
        seen: 0,
        tag: 0..0,
    });
    parser.run();
    parser.stack.pop()?.children.pop()
}

fn finish(mut parser: Parser<'_, '_>) -> Document {
    parser.forbidden_characters();
    parser.run();
    let Parser { source, root, mut problems, unlisted, .. } = parser;
    if unlisted > 0 {
        problems.push(
            Problem::error("too-many", format!("{unlisted} more problems are not listed"))
                .at(source.len()..source.len())
                .help("mend the first ones and check again"),
        );
    }
    problems.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.start));
    Document { root, problems }
}

/// An element whose end tag has not been read yet.
struct Open {
    declaration: DeclId,
    attributes: Vec<(u8, Box<str>)>,
    escaped: bool,
    children: Vec<Element>,
    /// The places of the children that were there, usable or not, as bits.
    seen: u64,
    /// Where the start tag stands.
    tag: Range<usize>,
}

struct Parser<'a, 's> {
    schema: &'static Schema,
    source: &'a str,
    /// Who takes the objects; without it they stay in the tree.
    each: Option<&'s mut Each<'s>>,
    stack: Vec<Open>,
    /// How deep we are inside an element that is left out.
    skipped: usize,
    root: Option<Element>,
    root_seen: bool,
    /// The text of the open element. Elements with text have no elements inside, so there is one at a time, and its
    /// memory is used again for the next.
    text: String,
    /// Whether what stands here is no XML, so that the rest would only be misunderstood.
    is_lost: bool,
    problems: Vec<Problem>,
    /// How many problems there are over and above those that are kept.
    unlisted: usize,
}

impl<'a, 's> Parser<'a, 's> {
    fn new(source: &'a str, each: Option<&'s mut Each<'s>>) -> Self {
        Self {
            schema: Schema::get(),
            source,
            each,
            stack: Vec::new(),
            skipped: 0,
            root: None,
            root_seen: false,
            text: String::new(),
            is_lost: false,
            problems: Vec::new(),
            unlisted: 0,
        }
    }

    fn problem(&mut self, problem: Problem) {
        if self.is_full() {
            return;
        }
        let path = self.path();
        self.problems.push(if problem.path == Path::default() { problem.on(path) } else { problem });
    }

    /// Returns whether no more problems are kept, and counts one if so: finding out what was meant takes time.
    fn is_full(&mut self) -> bool {
        let full = self.problems.len() >= MOST_PROBLEMS;
        self.unlisted += usize::from(full);
        full
    }

    fn path(&self) -> Path {
        let mut path = Path::default();
        for open in self.stack.iter().skip(1) {
            path.enter_open(open.declaration, &open.children);
        }
        path
    }

    fn forbidden_characters(&mut self) {
        if !is_suspicious(self.source.as_bytes()) {
            return;
        }
        for (at, character) in self.source.char_indices().filter(|(_, character)| is_forbidden(*character)) {
            self.problem(
                Problem::error(
                    "forbidden-character",
                    format!("the character U+{:04X} cannot stand in XML", u32::from(character)),
                )
                .at(at..at + character.len_utf8())
                .help(format!(
                    "add escaped=\"true\" to the element, write \\u{:04X}, and \\\\ for every backslash in it",
                    u32::from(character)
                )),
            );
        }
    }

    fn run(&mut self) {
        // The reader leaves out a byte order mark and does not count it. The one that a file may begin with is gone already.
        let skipped = if self.source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        if skipped > 0 {
            let message = "a second byte order mark stands before the root element";
            self.problem(Problem::error("stray-text", message).at(0..skipped).help("delete it"));
        }
        let mut reader = Reader::from_str(self.source);
        reader.config_mut().check_comments = true;
        loop {
            let from = skipped + reader.buffer_position() as usize;
            match reader.read_event() {
                Ok(Event::Eof) => break,
                Ok(event) => {
                    let span = from..skipped + reader.buffer_position() as usize;
                    self.event(event, span);
                    if self.is_lost {
                        return;
                    }
                }
                Err(error) => {
                    let at = (skipped + reader.error_position() as usize).min(self.source.len());
                    self.problem(syntax_error(self.source, at, &error));
                    return;
                }
            }
        }
        let end = self.source.len();
        if let Some(open) = self.stack.last() {
            let name = self.schema.declaration(open.declaration).name.clone();
            let tag = open.tag.clone();
            self.problem(
                Problem::error("truncated", format!("`<{name}>` is never closed: the file ends inside it"))
                    .at(tag)
                    .help("the file is probably cut off; get it again"),
            );
        } else if self.skipped > 0 {
            self.problem(Problem::error("truncated", "the file ends inside an element").at(end..end));
        } else if !self.root_seen {
            self.problem(
                Problem::error("no-root", "the file holds no `<projectConfig>`")
                    .at(end..end)
                    .help("a configuration file is what `pcfg export` writes"),
            );
        }
    }

    fn event(&mut self, event: Event<'a>, span: Range<usize>) {
        match event {
            Event::Start(start) => self.start(&start, span),
            Event::Empty(start) => {
                self.start(&start, span.clone());
                self.end(span.end..span.end);
            }
            Event::End(_) => self.end(span),
            Event::Text(text) => self.text(&normalize_line_ends(&text), span),
            Event::CData(text) => self.text(&normalize_line_ends(&text), span),
            Event::GeneralRef(entity) => self.entity(&entity, span),
            Event::Comment(_) => self.problem(
                Problem::error(
                    "comment",
                    "comments are not part of a configuration; `pcfg format` drops them",
                )
                .warning()
                .at(span),
            ),
            Event::PI(_) => self.problem(
                Problem::error(
                    "processing-instruction",
                    "processing instructions are not part of a configuration",
                )
                .warning()
                .at(span),
            ),
            Event::DocType(_) => self.problem(
                Problem::error("doctype", "a configuration file has no DOCTYPE, and pcfg reads none")
                    .at(span)
                    .help("delete it: entities and files that it names are never followed"),
            ),
            Event::Decl(declaration) => {
                if span.start > 0 {
                    self.problem(
                        Problem::error(
                            "declaration",
                            "the XML declaration is not the first thing in the file",
                        )
                        .at(span.clone())
                        .help("delete what stands before it, blanks and empty lines too"),
                    );
                }
                let encoding = declaration.encoding().transpose();
                if encoding.is_err() || declaration.version().map_or(true, |version| version != "1.0") {
                    self.problem(
                        Problem::error("declaration", "the XML declaration is not one of XML 1.0")
                            .at(span.clone())
                            .help("write <?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
                    );
                }
                if let Ok(Some(encoding)) = encoding
                    && !encoding.eq_ignore_ascii_case("utf-8")
                {
                    self.problem(
                        Problem::error("encoding", format!("the file says that it is {encoding}, not UTF-8"))
                            .at(span)
                            .help("save it as UTF-8 and say encoding=\"UTF-8\""),
                    );
                }
            }
            Event::Eof => {}
        }
    }

    fn start(&mut self, start: &BytesStart<'a>, span: Range<usize>) {
        if let Some(problem) = no_tag(self.source, span.start, start.name().as_ref()) {
            self.problem(problem);
            self.is_lost = true;
            return;
        }
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        let tag = start.name();
        let tag = tag.as_ref();
        let name_span = span.start + 1..span.start + 1 + tag.len();
        let Some(declaration) = self.declaration(tag, name_span.clone()) else {
            self.skipped = 1;
            return;
        };
        if self.stack.len() >= MAX_DEPTH {
            self.problem(
                Problem::error("too-deep", format!("elements are nested more than {MAX_DEPTH} deep"))
                    .at(name_span),
            );
            self.skipped = 1;
            return;
        }
        let mut open = Open {
            declaration,
            attributes: Vec::new(),
            escaped: false,
            children: Vec::new(),
            seen: 0,
            tag: span,
        };
        self.attributes(start, &mut open, name_span);
        self.text.clear();
        self.stack.push(open);
    }

    /// Finds out what an element is, or says why it may not stand here.
    fn declaration(&mut self, tag: &str, span: Range<usize>) -> Option<DeclId> {
        let schema = self.schema;
        let Some(parent) = self.stack.last_mut() else {
            let root = schema.root();
            let name = &schema.declaration(root).name;
            if self.root_seen {
                self.problem(
                    Problem::error("second-root", format!("`<{tag}>` stands behind `</{name}>`")).at(span),
                );
                return None;
            }
            self.root_seen = true;
            if tag != name {
                self.problem(
                    Problem::error("wrong-root", format!("the file begins with `<{tag}>`, not `<{name}>`"))
                        .at(span)
                        .help("this is not a configuration file of pcfg"),
                );
                return None;
            }
            return Some(root);
        };
        let owner = parent.declaration;
        let owner_name = &schema.declaration(owner).name;
        if let Some(declaration) = schema.child(owner, tag) {
            let Declaration { items, place, .. } = schema.declaration(declaration);
            let seen = parent.seen & (1 << place) != 0;
            parent.seen |= 1 << place;
            if seen && items.is_none() {
                self.problem(
                    Problem::error("repeated", format!("`<{tag}>` stands twice in `<{owner_name}>`"))
                        .at(span)
                        .help("keep one of them"),
                );
                return None;
            }
            if let schema::Content::Choice(_) = schema.type_of(owner).content
                && let Some(other) = parent.children.first()
            {
                let other = &schema.declaration(other.declaration).name;
                self.problem(
                    Problem::error("choice", format!("`<{owner_name}>` holds `<{tag}>` beside `<{other}>`"))
                        .at(span)
                        .help("it must hold exactly one element: make two of it"),
                );
                return None;
            }
            return Some(declaration);
        }
        if self.is_full() {
            return None;
        }
        let allowed = schema.children(owner);
        let help = if allowed.is_empty() {
            Some(format!("`<{owner_name}>` holds {}", content_in_words(schema, owner)))
        } else {
            let names = allowed.iter().map(|&child| schema.declaration(child).name.as_str());
            near(tag, names).or_else(|| places_of(schema, tag))
        };
        let (code, message) = match schema.knows(tag) {
            true => ("misplaced", format!("`<{tag}>` may not stand in `<{owner_name}>`")),
            false => ("unknown-element", format!("there is no element `<{tag}>` in `<{owner_name}>`")),
        };
        self.problem(Problem::error(code, message).at(span).help_if(help));
        None
    }

    fn attributes(&mut self, start: &BytesStart<'a>, open: &mut Open, tag_span: Range<usize>) {
        let declaration = self.schema.declaration(open.declaration);
        let ty = self.schema.ty(declaration.ty);
        let mut values: Vec<(u8, Cow<'_, str>, Range<usize>)> = Vec::new();
        // Those that are there, whether their values are right or not.
        let mut seen = 0_u64;
        for attribute in start.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    let problem = attribute_error(self.source, tag_span.start, &error);
                    self.problem(problem);
                    // Which one it is nobody knows, so none is missed.
                    seen = u64::MAX;
                    continue;
                }
            };
            let name = attribute.key.as_ref();
            let name_span = self.span_of(name);
            let Some(number) = self.schema.attribute(declaration.ty, name) else {
                if self.is_full() {
                    continue;
                }
                let names = ty.attributes.iter().map(|attribute| attribute.name.as_str());
                let help = near(name, names.clone()).or_else(|| {
                    let all: Vec<_> = names.map(|name| format!("`{name}`")).collect();
                    (!all.is_empty()).then(|| format!("it may have {}", all.join(", ")))
                });
                let message = format!("`<{}>` has no attribute `{name}`", declaration.name);
                self.problem(Problem::error("unknown-attribute", message).at(name_span).help_if(help));
                continue;
            };
            seen |= 1 << number;
            match attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0) {
                Ok(value) => {
                    let span = self.span_of(&attribute.value);
                    if name == ESCAPED {
                        open.escaped = value == "true";
                    }
                    let allowed = &ty.attributes[usize::from(number)].value;
                    if allowed.accepts(&value) {
                        values.push((number, value, span));
                    } else if !self.is_full() {
                        let problem = wrong_value(&format!("the attribute `{name}`"), &value, allowed, span);
                        self.problem(match self.stack.is_empty() && name == FORMAT_VERSION {
                            true => problem.help("another version of pcfg wrote the file: use that one"),
                            false => problem,
                        });
                    }
                }
                Err(error) => {
                    let message = format!("the value of attribute `{name}` cannot be read: {error}");
                    self.problem(Problem::error("attribute", message).at(self.span_of(&attribute.value)));
                }
            }
        }
        for (number, value, span) in values {
            if ty.attributes[usize::from(number)].name == ESCAPED {
                continue;
            }
            let value = if open.escaped { self.unescaped(&value, span) } else { value.into_owned() };
            open.attributes.push((number, value.into()));
        }
        open.attributes.sort_unstable();
        for (number, attribute) in ty.attributes.iter().enumerate() {
            if attribute.required && seen & (1 << number) == 0 {
                let message = format!("`<{}>` lacks the attribute `{}`", declaration.name, attribute.name);
                self.problem(
                    Problem::error("missing-attribute", message)
                        .at(tag_span.clone())
                        .help(format!("its value: {}", attribute.value.expectation())),
                );
            }
        }
    }

    fn unescaped(&mut self, text: &str, span: Range<usize>) -> String {
        unescape(text).unwrap_or_else(|| {
            self.problem(
                Problem::error(
                    "escape",
                    "in a text with escaped=\"true\" a backslash must begin `\\\\` or `\\uXXXX`",
                )
                .at(span),
            );
            text.to_owned()
        })
    }

    /// Returns where a part of the source stands.
    fn span_of(&self, part: &str) -> Range<usize> {
        let at = (part.as_ptr() as usize).wrapping_sub(self.source.as_ptr() as usize);
        if at <= self.source.len() { at..at + part.len() } else { 0..0 }
    }

    fn text(&mut self, text: &str, span: Range<usize>) {
        if self.skipped > 0 {
            return;
        }
        let Some(open) = self.stack.last() else {
            if !text.trim().is_empty() {
                self.problem(
                    Problem::error("stray-text", "text stands outside of the root element").at(span),
                );
            }
            return;
        };
        match &self.schema.type_of(open.declaration).content {
            schema::Content::Leaf(_) | schema::Content::Reference(_) => self.text.push_str(text),
            content => {
                let Some(first) = text.find(|character: char| !character.is_ascii_whitespace()) else {
                    return;
                };
                let length = text.trim_end().len();
                let name = &self.schema.declaration(open.declaration).name;
                let message = format!("text stands in `<{name}>`, which holds {}", in_words(content));
                let span = span.start + first..(span.start + length).min(span.end);
                self.problem(Problem::error("stray-text", message).at(span));
            }
        }
    }

    fn entity(&mut self, entity: &quick_xml::events::BytesRef<'a>, span: Range<usize>) {
        let character = match entity.resolve_char_ref() {
            Ok(Some(character)) => Some(character),
            Ok(None) => match &**entity {
                "lt" => Some('<'),
                "gt" => Some('>'),
                "amp" => Some('&'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                _ => None,
            },
            Err(_) => None,
        };
        match character {
            Some(character) if !is_forbidden(character) => {
                let mut buffer = [0; 4];
                self.text(character.encode_utf8(&mut buffer), span);
            }
            _ => self.problem(
                Problem::error("entity", format!("there is no entity `&{};`", &**entity))
                    .at(span)
                    .help("write `&amp;` for an ampersand; other entities are never followed"),
            ),
        }
    }

    fn take_text(&mut self, escaped: bool, span: Range<usize>) -> String {
        let text = std::mem::take(&mut self.text);
        if escaped { self.unescaped(&text, span) } else { text }
    }

    /// Returns a copy that is no longer than it has to be.
    fn put_back(&mut self, text: String) -> Box<str> {
        let copy = text.as_str().into();
        self.text = text;
        copy
    }

    fn end(&mut self, span: Range<usize>) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let Some(open) = self.stack.pop() else { return };
        let declaration = self.schema.declaration(open.declaration);
        let ty = self.schema.ty(declaration.ty);
        let value_span = open.tag.end..span.start.max(open.tag.end);
        let whole = if value_span.is_empty() { open.tag.clone() } else { value_span };
        let mut usable = true;
        let content = match &ty.content {
            schema::Content::Empty => Content::Text(Box::default()),
            schema::Content::Leaf(allowed) => {
                let text = self.take_text(open.escaped, whole.clone());
                if !allowed.accepts(&text) {
                    usable = false;
                    if !self.is_full() {
                        let what = format!("`<{}>`", declaration.name);
                        self.problem(wrong_value(&what, &text, allowed, whole));
                    }
                }
                Content::Text(self.put_back(text))
            }
            schema::Content::Reference(_) => {
                let text = self.take_text(open.escaped, whole.clone());
                if text.is_empty() {
                    let message = format!("`<{}>` names nothing", declaration.name);
                    self.problem(Problem::error("empty-reference", message).at(whole));
                }
                Content::Text(self.put_back(text))
            }
            schema::Content::Children(allowed) => {
                for &child in allowed {
                    let wanted = self.schema.declaration(child);
                    if wanted.required && open.seen & (1 << wanted.place) == 0 {
                        let message = format!("`<{}>` lacks its `<{}>`", declaration.name, wanted.name);
                        let help = format!("`<{}>`: {}", wanted.name, wanted.doc);
                        self.problem(Problem::error("missing", message).at(open.tag.clone()).help(help));
                    }
                }
                Content::Children(open.children)
            }
            schema::Content::Choice(allowed) => {
                if open.seen == 0 {
                    let names: Vec<_> = allowed
                        .iter()
                        .map(|&child| format!("`<{}>`", self.schema.declaration(child).name))
                        .collect();
                    let message = format!("`<{}>` must hold one element", declaration.name);
                    self.problem(
                        Problem::error("missing", message)
                            .at(open.tag.clone())
                            .help(format!("one of {}", names.join(", "))),
                    );
                }
                Content::Children(open.children)
            }
        };
        if !usable {
            return;
        }
        let element = Element {
            declaration: open.declaration,
            attributes: open.attributes,
            content,
            start: u32::try_from(open.tag.start).unwrap_or(crate::model::NOWHERE),
        };
        let is_object = self.stack.len() == OBJECT_DEPTH;
        match (self.stack.last_mut(), &mut self.each) {
            (Some(_), Some(each)) if is_object => each(element, open.tag.start..span.end),
            (Some(parent), _) => parent.children.push(element),
            (None, _) => self.root = Some(element),
        }
    }
}
