//! Where the rows of `entities.xml` change.
//!
//! Invariant: a field keeps its form, attribute or child, unless its new value has a line break, which Jira writes as a
//! child; fields that do not change keep their bytes.

use std::collections::BTreeMap;

use super::edit::{Edit, Pending, Text, escape};
use super::entities::field_number;
use super::fault::Fault;
use super::inventory::recounted;
use super::markup::{Markup, Token};
use super::scan::{self, Form};
use crate::entity::{DataRow, EntityId, Row};

/// What stands before a row, and before a child of one.
const ROW: &str = "\n    ";
const FIELD: &str = "\n        ";

/// A row as it stands in the file.
struct Raw {
    entity: EntityId,
    name: Vec<u8>,
    /// Attributes with the raw values.
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
    /// Children with what stands in them, raw and decoded.
    children: Vec<(Vec<u8>, Vec<u8>, String)>,
}

/// Finds the changes of rows, and that of the comment that counts them.
pub(super) fn edits(markup: &mut Markup<'_>, pending: &mut Pending) -> Result<Vec<Edit>, Fault> {
    let mut edits = Vec::new();
    let mut raw: Option<Raw> = None;
    // Where the row begins, with the blanks before it and without.
    let (mut before, mut begun) = (0, 0);
    // Where new rows of a table go: behind its last row, or behind the tables that come before it.
    let mut places: BTreeMap<String, u64> = BTreeMap::new();
    let mut run: Vec<u8> = Vec::new();
    let more = pending.more();
    loop {
        let depth = markup.depth();
        let last = markup.ended();
        match markup.next()? {
            Token::Start { name, attributes } => match depth {
                0 => drop(places.insert(String::new(), markup.ended())),
                1 => {
                    if run != name {
                        run = name.to_vec();
                    }
                    let entity = std::str::from_utf8(name).ok().and_then(EntityId::find);
                    let entity = entity.filter(|entity| pending.table(*entity).is_some());
                    raw = entity.map(|entity| Raw {
                        entity,
                        name: name.to_vec(),
                        attributes: scan::attributes(attributes)
                            .map(|(name, value)| (name.to_vec(), value.to_vec()))
                            .collect(),
                        children: Vec::new(),
                    });
                    (before, begun) = (last, markup.begun());
                }
                2 => {
                    if let Some(raw) = &mut raw {
                        raw.children.push((name.to_vec(), Vec::new(), String::new()));
                    }
                }
                _ => {}
            },
            Token::Text(text) if depth == 3 => {
                if let Some((_, bytes, value)) = raw.as_mut().and_then(|raw| raw.children.last_mut()) {
                    bytes.extend_from_slice(text);
                    value.push_str(&scan::decode(text, Form::Text));
                }
            }
            Token::CData(text) if depth == 3 => {
                if let Some((_, bytes, value)) = raw.as_mut().and_then(|raw| raw.children.last_mut()) {
                    bytes.extend([b"<![CDATA[", text, b"]]>"].concat());
                    value.push_str(&scan::decode(text, Form::CData));
                }
            }
            Token::End if depth == 2 => {
                let ended = markup.ended();
                let name = String::from_utf8_lossy(&run);
                match places.get_mut(&*name) {
                    Some(place) => *place = ended,
                    None => drop(places.insert(name.into_owned(), ended)),
                }
                let Some(raw) = raw.take() else { continue };
                let row = raw.row();
                let change = pending.table(raw.entity).and_then(|changes| changes.take(&row));
                edits.extend(change.map(|after| match after {
                    None => Edit { from: before, to: ended, text: Text::Bytes(Vec::new()) },
                    Some(after) => {
                        Edit { from: begun, to: ended, text: Text::Bytes(raw.changed(&row, &after)) }
                    }
                }));
            }
            Token::Comment(text) if depth == 1 => {
                let comment = recounted(&String::from_utf8_lossy(text), &more);
                let text = comment.filter(|_| more.values().any(|more| *more != 0));
                let (from, to) = (markup.begun(), markup.ended());
                let text = text.map(|text| Text::Bytes(format!("<!--{text}-->").into_bytes()));
                edits.extend(text.map(|text| Edit { from, to, text }));
            }
            Token::Rows(_) => unreachable!("nothing is proved for who takes all rows"),
            Token::Eof => break,
            _ => {}
        }
    }
    for (entity, changes) in pending.all() {
        let place = places.range(..=entity.entity().name.to_owned()).next_back().map(|(_, place)| *place);
        let Some(place) = place else { continue };
        let rows = changes.new.drain(..).flat_map(|row| [ROW.into(), new_row(&row)].concat());
        let text: Vec<u8> = rows.collect();
        let edit = Edit { from: place, to: place, text: Text::Bytes(text) };
        edits.extend((!matches!(&edit.text, Text::Bytes(text) if text.is_empty())).then_some(edit));
    }
    for table in pending.waiting.keys() {
        let place = places.range(..=(*table).to_owned()).next_back().map(|(_, place)| *place);
        edits.extend(place.map(|place| Edit { from: place, to: place, text: Text::Waiting(table) }));
    }
    edits.sort();
    Ok(edits)
}

impl Raw {
    /// Returns the row that this says.
    fn row(&self) -> Row {
        let mut row = Row::new(self.entity);
        for (name, value) in &self.attributes {
            if let Some(number) = field_number(self.entity, name, usize::MAX) {
                row.set(number, &*scan::decode(value, Form::Attribute));
            }
        }
        for (name, _, value) in &self.children {
            if let Some(number) = field_number(self.entity, name, usize::MAX) {
                row.set(number, value.as_str());
            }
        }
        row
    }

    /// Returns the text of the row after a change.
    fn changed(mut self, before: &Row, after: &Row) -> Vec<u8> {
        let fields = self.entity.entity().attributes.iter();
        for (field, (old, new)) in fields.zip(before.values().zip(after.values())) {
            if old == new {
                continue;
            }
            let name = field.name.as_bytes();
            let attribute = self.attributes.iter().position(|(own, _)| own == name);
            let child = self.children.iter().position(|(own, _, _)| own == name);
            match (new, attribute, child) {
                (None, attribute, child) => {
                    attribute.map(|at| self.attributes.remove(at));
                    child.map(|at| self.children.remove(at));
                }
                (Some(new), _, Some(at)) => self.children[at].1 = inside(new),
                (Some(new), Some(at), None) if !is_child(new) => self.attributes[at].1 = escape(new).into(),
                (Some(new), attribute, None) => {
                    attribute.map(|at| self.attributes.remove(at));
                    match is_child(new) {
                        true => self.children.push((name.to_vec(), inside(new), String::new())),
                        false => self.attributes.push((name.to_vec(), escape(new).into())),
                    }
                }
            }
        }
        self.text()
    }

    fn text(&self) -> Vec<u8> {
        let mut text = [b"<", &*self.name].concat();
        for (name, value) in &self.attributes {
            // A value may hold the other kind of quotes.
            let quote: &[u8] = if value.contains(&b'"') { b"'" } else { b"\"" };
            text.extend([b" ", &**name, b"=", quote, value, quote].concat());
        }
        if self.children.is_empty() {
            text.extend(b"/>");
            return text;
        }
        text.push(b'>');
        for (name, inside, _) in &self.children {
            text.extend([FIELD.as_bytes(), b"<", name, b">", inside, b"</", name, b">"].concat());
        }
        text.extend([ROW.as_bytes(), b"</", &self.name, b">"].concat());
        text
    }
}

fn new_row(row: &Row) -> Vec<u8> {
    let empty = Row::new(row.entity());
    let name = row.entity().entity().name.as_bytes().to_vec();
    let raw = Raw { entity: row.entity(), name, attributes: Vec::new(), children: Vec::new() };
    raw.changed(&empty, row)
}

/// Returns the text of a new row of issue data, with the blanks before it.
pub(super) fn data_row(row: &DataRow) -> Vec<u8> {
    let table = row.table();
    let mut text = [ROW.as_bytes(), b"<", table.name.as_bytes()].concat();
    let mut children = Vec::new();
    for (attribute, value) in table.attributes.iter().zip(row.values()) {
        let (name, Some(value)) = (attribute.name.as_bytes(), value) else { continue };
        match is_child(value) {
            true => children
                .extend([FIELD.as_bytes(), b"<", name, b">", &inside(value), b"</", name, b">"].concat()),
            false => text.extend([b" ", name, b"=\"", escape(value).as_bytes(), b"\""].concat()),
        }
    }
    if children.is_empty() {
        text.extend(b"/>");
        return text;
    }
    text.push(b'>');
    text.extend(children);
    text.extend([ROW.as_bytes(), b"</", table.name.as_bytes(), b">"].concat());
    text
}

/// Returns whether Jira writes a value as a child.
fn is_child(value: &str) -> bool {
    value.contains(['\n', '\r'])
}

/// Returns what stands in a child for a value. Within CDATA a carriage return would be lost.
fn inside(value: &str) -> Vec<u8> {
    if value.contains('\r') {
        return escape(value).into();
    }
    format!("<![CDATA[{}]]>", value.replace("]]>", "]]]]><![CDATA[>")).into()
}
