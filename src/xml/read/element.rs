//! An element: whether it may stand where it stands, its attributes, and what is inside.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::events::BytesStart;

use super::{FORMAT_VERSION, OBJECT_DEPTH, Open, Parser};
use crate::model::{Content, Element, MAX_DEPTH, Problem, near};
use crate::schema::{self, DeclId, Declaration, ESCAPED, Part, UNSEEN};
use crate::xml::escape::unescape;
use crate::xml::explain::{attribute_error, content_in_words, no_tag, places_of, wrong_value};

impl<'a> Parser<'a, '_> {
    pub(super) fn start(&mut self, start: &BytesStart<'a>, span: Range<usize>) {
        if let Some(problem) = no_tag(self.source, span.start, start.name().as_ref()) {
            self.problem(problem);
            self.is_lost = true;
            return;
        }
        self.elements += 1;
        if self.elements > self.most {
            let message = format!("the file has more than {} elements, the most that pcfg reads", self.most);
            let help = "describe fewer projects in one file: `pcfg export KEY -o KEY.xml` for each";
            self.problems.keep(Problem::error("too-large", message).at(span).help(help));
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
            inside: self.closed.len(),
            last: 0,
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
            let found = schema.root_named(tag).filter(|root| self.is_data == (*root == schema.data()));
            let name = &schema.declaration(self.expected()).name;
            if self.root_seen {
                self.problem(Problem::error("second-root", format!("`<{tag}>` after `</{name}>`")).at(span));
                return None;
            }
            self.root_seen = true;
            if found.is_none() {
                self.problem(
                    Problem::error("wrong-root", format!("the file begins with `<{tag}>`, not `<{name}>`"))
                        .at(span)
                        .help(match schema.root_named(tag) {
                            Some(root) if root == schema.data() => {
                                "this is issue data of a complete project; its configuration is beside it"
                            }
                            _ => "this is not a configuration file of pcfg",
                        }),
                );
            }
            return found;
        };
        let owner = parent.declaration;
        let owner_name = &schema.declaration(owner).name;
        // Mostly it is another one of the last, or one of the next.
        let next = schema.children(owner).iter().skip(parent.last).take(4).copied();
        let likely = next.into_iter().find(|&child| schema.declaration(child).name == tag);
        if let Some(declaration) = likely.or_else(|| schema.child(owner, tag)) {
            let Declaration { items, place, .. } = schema.declaration(declaration);
            parent.last = usize::from(*place);
            let seen = parent.seen & (1 << place) != 0;
            parent.seen |= 1 << place;
            if seen && items.is_none() {
                self.problem(
                    Problem::error("repeated", format!("there is a second `<{tag}>` in `<{owner_name}>`"))
                        .at(span)
                        .help("keep one of them"),
                );
                return None;
            }
            if let schema::Content::Choice(_) = schema.type_of(owner).content
                && let Some(other) = self.closed.get(parent.inside)
            {
                let other = &schema.declaration(other.declaration).name;
                self.problem(
                    Problem::error(
                        "choice",
                        format!("`<{owner_name}>` contains both `<{tag}>` and `<{other}>`"),
                    )
                    .at(span)
                    .help("it must contain exactly one element: split it in two"),
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
            Some(format!("`<{owner_name}>` contains {}", content_in_words(schema, owner)))
        } else {
            let names = allowed.iter().map(|&child| schema.declaration(child).name.as_str());
            near(tag, names).or_else(|| places_of(schema, tag))
        };
        let (code, message) = match schema.knows(tag) {
            true => ("misplaced", format!("`<{tag}>` is not allowed in `<{owner_name}>`")),
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
                let value =
                    attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap_or_default();
                if self.is_full() || (self.stack.is_empty() && self.beside.takes(name, &value)) {
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
        if self.stack.is_empty()
            && let Some(prefix) = self.beside.undeclared()
        {
            let message = format!("the prefix `{prefix}` is not declared");
            let help = format!("add xmlns:{prefix}=\"http://www.w3.org/2001/XMLSchema-instance\"");
            self.problem(Problem::error("attribute", message).at(tag_span.clone()).help(help));
        }
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

    /// Returns whether the root says that a property of an object could not be seen.
    fn is_unseen(&self, object: DeclId, property: DeclId) -> bool {
        let unseen = self.schema.attribute(self.schema.declaration(self.schema.root()).ty, UNSEEN);
        let said = self.stack.first().into_iter().flat_map(|root| &root.attributes);
        let mut words =
            said.filter(|(own, _)| Some(*own) == unseen).flat_map(|(_, own)| own.split_whitespace());
        let kind = self.schema.declaration(object).kind;
        kind.is_some_and(|kind| {
            let part = Part { kind, property: Some(property) };
            words.any(|word| self.schema.part_named(word) == Some(part))
        })
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

    pub(super) fn end(&mut self, span: Range<usize>) {
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
                // Other pieces have read what seems to be missing in an element that was open before.
                let is_whole = !self.is_from_before(&open);
                for &child in allowed.iter().filter(|_| is_whole) {
                    let wanted = self.schema.declaration(child);
                    let is_there = open.seen & (1 << wanted.place) != 0;
                    if wanted.required && !is_there && !self.is_unseen(open.declaration, child) {
                        let message = format!("`<{}>` lacks its `<{}>`", declaration.name, wanted.name);
                        let help = format!("`<{}>`: {}", wanted.name, wanted.doc);
                        self.problem(Problem::error("missing", message).at(open.tag.clone()).help(help));
                    }
                }
                Content::Children(self.closed.drain(open.inside..).collect())
            }
            schema::Content::Choice(allowed) => {
                if open.seen == 0 {
                    let names: Vec<_> = allowed
                        .iter()
                        .map(|&child| format!("`<{}>`", self.schema.declaration(child).name))
                        .collect();
                    let message = format!("`<{}>` must contain one element", declaration.name);
                    self.problem(
                        Problem::error("missing", message)
                            .at(open.tag.clone())
                            .help(format!("one of {}", names.join(", "))),
                    );
                }
                Content::Children(self.closed.drain(open.inside..).collect())
            }
        };
        if !usable {
            return;
        }
        let element = Element {
            declaration: open.declaration,
            attributes: open.attributes.into(),
            content,
            start: u32::try_from(open.tag.start).unwrap_or(crate::model::NOWHERE),
        };
        let is_object = self.stack.len() == OBJECT_DEPTH;
        match (self.stack.last(), &mut self.each) {
            (Some(_), Some(each)) if is_object => each(element, open.tag.start..span.end),
            (Some(_), _) => self.closed.push(element),
            (None, _) => self.root = Some(element),
        }
    }
}
