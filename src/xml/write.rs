//! Writes a configuration in its one canonical spelling.

use std::borrow::Cow;
use std::io::{self, Write};

use super::beside::Beside;
use super::escape::{escape, needs_escape, push_attribute, push_text};
use crate::model::{Config, Content, Element};
use crate::schema::{ESCAPED, Schema};

/// How much is gathered before it is written out, in bytes.
const CHUNK: usize = 1 << 16;

/// Writes a configuration.
pub fn write(config: &Config, out: &mut dyn Write) -> io::Result<()> {
    write_with(config, &Beside::default(), out)
}

/// Writes a configuration that was read from a file, with what its root says to other programs.
pub fn write_with(config: &Config, beside: &Beside, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = Writer::new(beside, out);
    writer.element(config.root(), 0)?;
    writer.finish()
}

/// Returns the text of a configuration.
pub fn to_string(config: &Config) -> String {
    let mut bytes = Vec::new();
    write(config, &mut bytes).expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("all parts of a configuration are UTF-8")
}

pub(super) struct Writer<'a> {
    schema: &'static Schema,
    beside: &'a Beside,
    pub(super) buffer: Vec<u8>,
    out: &'a mut dyn Write,
}

impl<'a> Writer<'a> {
    /// Begins a file.
    pub(super) fn new(beside: &'a Beside, out: &'a mut dyn Write) -> Self {
        let mut buffer = Vec::with_capacity(CHUNK * 2);
        buffer.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        Self { schema: Schema::get(), beside, buffer, out }
    }

    /// Writes what is left.
    pub(super) fn finish(self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.out.flush()
    }

    /// Writes a start tag without its end, and returns how texts in the element are spelled.
    fn tag(&mut self, element: &Element, depth: usize) -> fn(&str) -> Cow<'_, str> {
        let ty = self.schema.type_of(element.declaration);
        self.buffer.resize(self.buffer.len() + depth * 2, b' ');
        self.buffer.push(b'<');
        self.buffer.extend_from_slice(element.tag().as_bytes());
        let escaped =
            needs_escape(element.text()) || element.attributes.iter().any(|(_, text)| needs_escape(text));
        let spell: fn(&str) -> Cow<'_, str> =
            if escaped { |text| Cow::Owned(escape(text)) } else { |text| Cow::Borrowed(text) };
        if self.schema.is_root(element.declaration) {
            let beside = self.beside;
            beside.attributes().for_each(|(name, value)| self.attribute(name, value));
        }
        for (number, value) in &element.attributes {
            self.attribute(&ty.attributes[usize::from(*number)].name, &spell(value));
        }
        if escaped {
            self.attribute(ESCAPED, "true");
        }
        spell
    }

    /// Writes the start tag of an element with others inside.
    pub(super) fn start(&mut self, element: &Element, depth: usize) {
        self.tag(element, depth);
        self.buffer.extend_from_slice(b">\n");
    }

    /// Writes the end tag of an element with others inside.
    pub(super) fn close(&mut self, element: &Element, depth: usize) {
        self.buffer.resize(self.buffer.len() + depth * 2, b' ');
        self.end(element.tag().as_bytes());
    }

    pub(super) fn element(&mut self, element: &Element, depth: usize) -> io::Result<()> {
        let name = element.tag().as_bytes();
        let spell = self.tag(element, depth);
        match &element.content {
            Content::Text(text) if text.is_empty() => self.buffer.extend_from_slice(b"/>\n"),
            Content::Text(text) => {
                self.buffer.push(b'>');
                push_text(&spell(text), &mut self.buffer);
                self.end(name);
            }
            Content::Children(children) if children.is_empty() => self.buffer.extend_from_slice(b"/>\n"),
            Content::Children(children) => {
                self.buffer.extend_from_slice(b">\n");
                for child in children {
                    self.element(child, depth + 1)?;
                }
                self.close(element, depth);
            }
        }
        if self.buffer.len() >= CHUNK {
            self.out.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.buffer.push(b' ');
        self.buffer.extend_from_slice(name.as_bytes());
        self.buffer.extend_from_slice(b"=\"");
        push_attribute(value, &mut self.buffer);
        self.buffer.push(b'"');
    }

    fn end(&mut self, name: &[u8]) {
        self.buffer.extend_from_slice(b"</");
        self.buffer.extend_from_slice(name);
        self.buffer.extend_from_slice(b">\n");
    }
}
