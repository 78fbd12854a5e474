//! Reads a configuration file and finds all that is wrong with it, not just the first thing.
//!
//! Invariants: never panics, never recurses, follows no entity and no address, and needs memory in proportion to the
//! text. What cannot be understood is left out of the tree and stands in the problems.

mod element;
mod pieces;

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::beside::Beside;
use super::escape::{is_forbidden, is_suspicious, normalize_line_ends};
use super::explain::{in_words, syntax_error};
use crate::model::{Element, Path, Problem, Problems, Severity};
use crate::schema::{self, DeclId, Schema};

/// A file with more elements than this is refused: beside each other they take more memory than a large export does. One of
/// 100 MB has about two million.
const MOST_ELEMENTS: usize = 8_000_000;

/// How many elements are open around an object: the root and its container.
const OBJECT_DEPTH: usize = 2;

/// The attribute of the root that says which form the file has.
const FORMAT_VERSION: &str = "formatVersion";

/// What was read.
#[derive(Debug, Default)]
pub struct Document {
    /// The tree, as far as it could be understood; not in canonical order.
    pub root: Option<Element>,
    /// What the root says to other programs.
    pub beside: Beside,
    /// What is wrong, in the order of the file.
    pub problems: Vec<Problem>,
}

/// Reads the text of a configuration file; a large one on all cores.
pub fn read(source: &str) -> Document {
    pieces::read(source).unwrap_or_else(|| finish(Parser::new(source, None)))
}

/// Reads the text of a file with issue data.
pub fn read_data(source: &str) -> Document {
    finish(Parser { is_data: true, ..Parser::new(source, None) })
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
    parser.stack.push(Open::before(parent));
    parser.run();
    parser.stack.pop()?;
    parser.closed.pop()
}

fn finish(mut parser: Parser<'_, '_>) -> Document {
    parser.forbidden_characters();
    parser.run();
    let Parser { root, beside, problems, .. } = parser;
    Document { root, beside, problems: problems.finish() }
}

/// An element whose end tag has not been read yet.
#[derive(Clone)]
struct Open {
    declaration: DeclId,
    attributes: Vec<(u8, Box<str>)>,
    escaped: bool,
    /// How many elements were closed before it: those after are inside.
    inside: usize,
    /// The place of the child that was there last.
    last: usize,
    /// The places of the children that were there, usable or not, as bits.
    seen: u64,
    /// Where the start tag stands.
    tag: Range<usize>,
}

impl Open {
    /// Returns an element whose start tag stands before what is read.
    fn before(declaration: DeclId) -> Self {
        Self { declaration, attributes: Vec::new(), escaped: false, inside: 0, last: 0, seen: 0, tag: 0..0 }
    }
}

struct Parser<'a, 's> {
    schema: &'static Schema,
    source: &'a str,
    /// What is read of it: all, or a piece.
    part: Range<usize>,
    /// Whether it is issue data, and no configuration.
    is_data: bool,
    /// Who takes the objects; without it they stay in the tree.
    each: Option<&'s mut Each<'s>>,
    stack: Vec<Open>,
    /// The elements that are closed and whose parents are open. Once a parent is closed, too, it takes its own, so that no list of
    /// children has more room than it needs.
    closed: Vec<Element>,
    /// How deep we are inside an element that is left out.
    skipped: usize,
    root: Option<Element>,
    root_seen: bool,
    beside: Beside,
    /// The text of the open element. Elements with text have no elements inside, so there is one at a time, and its
    /// memory is used again for the next.
    text: String,
    /// Whether what stands here is no XML, so that the rest would only be misunderstood.
    is_lost: bool,
    problems: Problems,
    /// How many elements there were, and how many there may be.
    elements: usize,
    most: usize,
}

impl<'a, 's> Parser<'a, 's> {
    fn new(source: &'a str, each: Option<&'s mut Each<'s>>) -> Self {
        Self {
            schema: Schema::get(),
            source,
            part: 0..source.len(),
            is_data: false,
            each,
            stack: Vec::new(),
            closed: Vec::new(),
            skipped: 0,
            root: None,
            root_seen: false,
            beside: Beside::default(),
            text: String::new(),
            is_lost: false,
            problems: Problems::default(),
            elements: 0,
            most: MOST_ELEMENTS,
        }
    }

    /// Returns the root that the file should have.
    fn expected(&self) -> DeclId {
        if self.is_data { self.schema.data() } else { self.schema.root() }
    }

    fn problem(&mut self, problem: Problem) {
        let is_placed = problem.path != Path::default() || self.problems.is_full();
        self.problems.push(if is_placed { problem } else { problem.on(self.path()) });
    }

    /// Returns whether no more problems are kept, and counts an error if so: finding out what was meant takes time.
    fn is_full(&mut self) -> bool {
        let is_full = self.problems.is_full();
        if is_full {
            self.problems.count(Severity::Error);
        }
        is_full
    }

    fn path(&self) -> Path {
        let mut path = Path::default();
        for (number, open) in self.stack.iter().enumerate().skip(1) {
            let until = self.stack.get(number + 1).map_or(self.closed.len(), |inner| inner.inside);
            path.enter_open(open.declaration, &self.closed[open.inside..until]);
        }
        path
    }

    fn forbidden_characters(&mut self) {
        let text = &self.source[self.part.clone()];
        if !is_suspicious(text.as_bytes()) {
            return;
        }
        for (at, character) in text.char_indices().filter(|(_, character)| is_forbidden(*character)) {
            let at = self.part.start + at;
            self.problem(
                Problem::error(
                    "forbidden-character",
                    format!("the character U+{:04X} is not allowed in XML", u32::from(character)),
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
        if self.events(&|| false) {
            self.ended();
        }
    }

    /// Reads what there is to read, until `stops` says that nobody wants it any more; returns whether that was possible to the end.
    fn events(&mut self, stops: &dyn Fn() -> bool) -> bool {
        let text = &self.source[self.part.clone()];
        let mut before = self.part.start;
        // The reader leaves out a byte order mark and does not count it. The one that a file may begin with is gone already.
        if text.starts_with('\u{feff}') {
            let skipped = before..before + '\u{feff}'.len_utf8();
            before = skipped.end;
            let message = "there is a second byte order mark before the root element";
            self.problem(Problem::error("stray-text", message).at(skipped).help("delete it"));
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        // What is open where a piece begins ends in it, and is compared by `closes`.
        reader.config_mut().allow_unmatched_ends = self.part.start > 0;
        loop {
            let from = before + reader.buffer_position() as usize;
            match reader.read_event() {
                Ok(Event::Eof) => return true,
                Ok(event) => {
                    let span = from..before + reader.buffer_position() as usize;
                    self.event(event, span);
                    if self.is_lost || stops() {
                        return false;
                    }
                }
                Err(error) => {
                    let at = (before + reader.error_position() as usize).min(self.source.len());
                    self.problem(syntax_error(self.source, at, &error));
                    return false;
                }
            }
        }
    }

    /// Says what is missing at the end of the text.
    fn ended(&mut self) {
        let end = self.source.len();
        if let Some(open) = self.stack.last() {
            let name = self.schema.declaration(open.declaration).name.clone();
            let tag = open.tag.clone();
            self.problem(
                Problem::error("truncated", format!("`<{name}>` is never closed: the file ends inside it"))
                    .at(tag)
                    .help("the file is probably cut off; copy it again"),
            );
        } else if self.skipped > 0 {
            self.problem(Problem::error("truncated", "the file ends inside an element").at(end..end));
        } else if !self.root_seen {
            self.problem(
                Problem::error(
                    "no-root",
                    format!("the file contains no `<{}>`", self.schema.declaration(self.expected()).name),
                )
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
            Event::End(end) if self.closes(end.name().as_ref()) => self.end(span),
            Event::End(_) => self.is_lost = true,
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
                Problem::error("doctype", "a configuration file must not have a DOCTYPE")
                    .at(span)
                    .help("delete it: its entities and files are never read"),
            ),
            Event::Decl(declaration) => {
                if span.start > 0 {
                    self.problem(
                        Problem::error(
                            "declaration",
                            "the XML declaration is not the first thing in the file",
                        )
                        .at(span.clone())
                        .help("delete what is before it, including spaces and empty lines"),
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

    /// Returns whether an end tag is that of what is open. The reader has seen to it, but for what was open before a piece.
    fn closes(&self, tag: &str) -> bool {
        self.part.start == 0
            || self.skipped > 0
            || self.stack.last().is_some_and(|open| {
                !self.is_from_before(open) || self.schema.declaration(open.declaration).name == tag
            })
    }

    /// Returns whether an element was open where a piece begins.
    fn is_from_before(&self, open: &Open) -> bool {
        open.tag.start < self.part.start
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
                self.problem(Problem::error("stray-text", "there is text outside the root element").at(span));
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
                let message = format!("text in `<{name}>`, which contains {}", in_words(content));
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
                    .help("write `&amp;` for an ampersand; other entities are not supported"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More elements than a file may have are refused, wherever they stand, and nothing of them is kept.
    #[test]
    fn elements_are_bounded() {
        let read = |users: usize, most: usize| {
            let text = format!("<projectConfig><users>{}</users></projectConfig>", "<user/>".repeat(users));
            finish(Parser { most, ..Parser::new(&text, None) })
        };
        let codes = |document: &Document| document.problems.iter().map(|own| own.code).collect::<Vec<_>>();
        let within = read(8, 10);
        assert!(within.root.is_some() && !codes(&within).contains(&"too-large"), "{:?}", codes(&within));
        let beyond = read(20, 10);
        assert!(beyond.root.is_none());
        let last = beyond.problems.last().unwrap();
        assert_eq!(
            (last.code, last.message.as_str()),
            ("too-large", "the file has more than 10 elements, the most that pcfg reads")
        );
    }
}
