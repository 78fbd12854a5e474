//! Writes a configuration in its one canonical spelling.

use std::borrow::Cow;
use std::io::{self, Write};

use super::escape::{escape, needs_escape, push_attribute, push_text};
use crate::model::{Config, Content, Element};
use crate::schema::{ESCAPED, Schema};

/// How much is gathered before it is written out, in bytes.
const CHUNK: usize = 1 << 16;

/// Writes a configuration.
pub fn write(config: &Config, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = Writer { schema: Schema::get(), buffer: Vec::with_capacity(CHUNK * 2), out };
    writer.buffer.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    writer.element(config.root(), 0)?;
    writer.out.write_all(&writer.buffer)?;
    writer.out.flush()
}

/// Returns the text of a configuration.
pub fn to_string(config: &Config) -> String {
    let mut bytes = Vec::new();
    write(config, &mut bytes).expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("all parts of a configuration are UTF-8")
}

struct Writer<'a> {
    schema: &'static Schema,
    buffer: Vec<u8>,
    out: &'a mut dyn Write,
}

impl Writer<'_> {
    fn element(&mut self, element: &Element, depth: usize) -> io::Result<()> {
        let declaration = self.schema.declaration(element.declaration);
        let ty = self.schema.ty(declaration.ty);
        let name = declaration.name.as_bytes();
        self.buffer.resize(self.buffer.len() + depth * 2, b' ');
        self.buffer.push(b'<');
        self.buffer.extend_from_slice(name);
        let escaped =
            needs_escape(element.text()) || element.attributes.iter().any(|(_, text)| needs_escape(text));
        let spell = |text| if escaped { Cow::Owned(escape(text)) } else { Cow::Borrowed(text) };
        for (number, value) in &element.attributes {
            self.attribute(&ty.attributes[usize::from(*number)].name, &spell(value));
        }
        if escaped {
            self.attribute(ESCAPED, "true");
        }
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
                self.buffer.resize(self.buffer.len() + depth * 2, b' ');
                self.end(name);
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
