//! What a table means, said once: reading and writing both follow from it.
//!
//! Invariants: writing what was read changes nothing, and reading what was written gives what was wanted, whatever the rows are;
//! rows that reading leaves out stay. `lens_tests` proves both for each lens by random rows.

use std::collections::{HashMap, HashSet};

use super::context::Context;
use super::enumeration::{Enumeration, said, stored};
use super::ids::Ids;
use super::kinds::{held, kind, mark};
use super::put::{Key, Manner, Numbered, Parts as Rows, named, take_over};
use super::translations;
use super::writer::{Values, Writer, text};
use crate::entity::Row;
use crate::model::{Element, Name, Node, Path};
use crate::schema::{DUPLICATE, Schema};

/// How a table holds the objects of a kind.
#[derive(Debug)]
pub(crate) struct Lens {
    pub(crate) kind: &'static str,
    pub(crate) fields: &'static [Field],
}

/// What a column, or the rows of another table, say of an object or of a part. Tags come first, then columns.
#[derive(Debug)]
pub(crate) enum Field {
    /// A text.
    Text(&'static str, &'static str),
    /// A text that a new row has even where nobody has said it.
    TextOr(&'static str, &'static str, &'static str),
    /// `true` or `false` in any spelling; a new row has `false` where nobody has said it.
    Flag(&'static str, &'static str),
    /// The name of a part, which may stand several times.
    Name(&'static str, &'static str),
    /// A word for what the column holds; NULL is none.
    Word(&'static str, &'static str, &'static Enumeration),
    /// An object of a kind, by its id.
    Object(&'static str, &'static str, &'static str),
    /// The same, where NULL is none.
    AnyObject(&'static str, &'static str, &'static str),
    /// A field of issues: a system field by its name, a custom field by its id with a prefix.
    OfIssue(&'static str, &'static str),
    /// What functions of its own read and write.
    Own(Own),
    /// Names in other languages.
    Translations(translations::Kind),
    /// Parts.
    Parts(Parts),
}

/// What most objects have.
pub(crate) const DESCRIPTION: Field = Field::Text("description", "description");

/// A text that is written by hand in both directions, side by side.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) tag: &'static str,
    pub(crate) column: &'static str,
    pub(crate) read: fn(&Row) -> Option<String>,
    /// Says what the column is to hold, given the row as it is.
    pub(crate) write: fn(&Writer<'_>, &Element, Option<&Row>) -> Option<String>,
}

/// Rows of another table that are parts of an object, or of a part.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) tag: &'static str,
    pub(crate) table: &'static str,
    /// The column with the id of what they are parts of.
    pub(crate) owner: &'static str,
    pub(crate) fields: &'static [Field],
    /// The number of the field that tells parts apart.
    pub(crate) key: usize,
    /// The tag of the part whose key is NULL, if it has one of its own: it says the other field, and nothing else.
    pub(crate) without_key: Option<&'static str>,
    /// The child that says the place of a part, and the column, which counts from 0.
    pub(crate) order: Option<(&'static str, &'static str)>,
    /// What is said of a second part of one key, for which `{}` stands.
    pub(crate) second: &'static str,
}

impl Parts {
    /// Whether parts of one name stand beside each other, told apart by age.
    fn are_numbered(&self) -> bool {
        matches!(self.fields[self.key], Field::Name(..))
    }
}

impl Field {
    fn parts(&self) -> Option<&Parts> {
        match self {
            Self::Parts(parts) => Some(parts),
            _ => None,
        }
    }

    /// Returns the key of a row, as its column holds it; `None` if reading leaves the row out because of this field.
    fn key(&self, ids: &Ids, row: &Row) -> Option<String> {
        let id = |column: &str| row.text(column).unwrap_or("").trim().to_owned();
        match self {
            Self::Word(_, column, words) => {
                let value = row.text(column).unwrap_or("");
                (value.is_empty() || said(words, value).is_some()).then(|| value.to_owned())
            }
            Self::Object(_, column, kind) => Some(id(column)).filter(|id| ids.knows(kind, id)),
            Self::AnyObject(_, column, kind) => {
                Some(id(column)).filter(|id| id.is_empty() || ids.knows(kind, id))
            }
            Self::OfIssue(_, column) => ids.known_field(row.text(column)?),
            Self::Text(_, column) | Self::TextOr(_, column, _) | Self::Name(_, column) => {
                Some(row.get(column).unwrap_or("").to_owned())
            }
            Self::Flag(..) | Self::Own(_) | Self::Translations(_) | Self::Parts(_) => Some(String::new()),
        }
    }

    /// Adds what a row says to the children of a node, and returns what of it tells parts apart; an `Err` says why the row is
    /// left out.
    fn read(
        &self,
        context: &Context<'_>,
        children: &mut Vec<Node>,
        row: &Row,
    ) -> Result<Option<Name>, String> {
        let (tag, name) = match *self {
            Self::Text(tag, column) | Self::TextOr(tag, column, _) => {
                children.extend(row.text(column).map(|text| Node::leaf(tag, text)));
                return Ok(row.text(column).map(Name::plain));
            }
            Self::Flag(tag, column) => {
                let truth = row.text(column).map(|_| if row.truth(column) { "true" } else { "false" });
                children.extend(truth.map(|truth| Node::leaf(tag, truth)));
                return Ok(None);
            }
            Self::Own(Own { tag, read, .. }) => {
                children.extend(read(row).map(|text| Node::leaf(tag, text)));
                return Ok(None);
            }
            Self::Translations(kind) => {
                children.extend(kind.nodes(context.properties, row.id()));
                return Ok(None);
            }
            Self::Parts(_) => return Ok(None),
            Self::Name(_, column) => return Ok(Some(Name::plain(row.get(column).unwrap_or("")))),
            Self::Word(_, column, _) | Self::AnyObject(_, column, _) if row.text(column).is_none() => {
                return Ok(None);
            }
            Self::Word(tag, column, of) => {
                let value = row.get(column).unwrap_or("");
                let word = said(of, value).ok_or_else(|| format!("there is no {tag} {value}"))?;
                (tag, Name::plain(word))
            }
            Self::Object(tag, column, kind) | Self::AnyObject(tag, column, kind) => {
                let id = row.get(column).unwrap_or("");
                let name = context.names.get(kind, id).cloned();
                (tag, name.ok_or_else(|| format!("there is no {} {id}", words(kind)))?)
            }
            Self::OfIssue(tag, column) => {
                let identifier = row.get(column).unwrap_or("");
                let name = context.names.field(identifier);
                (tag, name.ok_or_else(|| format!("there is no field `{identifier}`"))?)
            }
        };
        children.push(name.reference(tag));
        Ok(Some(name))
    }

    /// Returns the value of a column for an element, given the row as it is; `None` if it names what does not exist, and
    /// `Some(None)` for a field that is no column.
    fn write(
        &self,
        writer: &mut Writer<'_>,
        element: &Element,
        row: Option<&Row>,
    ) -> Option<Option<(&'static str, Option<String>)>> {
        let or_new =
            |tag, default: &str| text(element, tag).or_else(|| row.is_none().then(|| default.to_owned()));
        Some(Some(match *self {
            Self::Text(tag, column) | Self::Name(tag, column) => (column, text(element, tag)),
            Self::TextOr(tag, column, default) => (column, or_new(tag, default)),
            Self::Flag(tag, column) => {
                let wanted = or_new(tag, "false");
                let there = row.and_then(|row| Some((row.text(column)?, row.truth(column))));
                match there
                    .filter(|(_, truth)| wanted.as_deref() == Some(if *truth { "true" } else { "false" }))
                {
                    Some((spelled, _)) => (column, Some(spelled.to_owned())),
                    None => (column, wanted),
                }
            }
            Self::Word(tag, column, of) => {
                (column, element.text_of(tag).and_then(|word| stored(of, word)).map(str::to_owned))
            }
            Self::Object(tag, column, _) => (column, Some(writer.id_in(element, tag)?)),
            Self::AnyObject(tag, column, _) => match element.get(tag) {
                None => (column, None),
                Some(named) => (column, Some(writer.id_of(named, element.children())?)),
            },
            Self::OfIssue(tag, column) => (column, Some(writer.field(element.get(tag)?)?)),
            Self::Own(Own { column, write, .. }) => (column, write(writer, element, row)),
            Self::Translations(_) | Self::Parts(_) => return Some(None),
        }))
    }
}

/// Rows by the ids of their owners: those of the parts among some fields, in the order of these, and of the parts of those.
pub(crate) struct Below<'t> {
    rows: HashMap<&'t str, Vec<&'t Row>>,
    below: Vec<Below<'t>>,
}

impl<'t> Below<'t> {
    pub(crate) fn of(context: &Context<'t>, fields: &[Field]) -> Vec<Self> {
        let parts = fields.iter().filter_map(Field::parts);
        let below = parts.map(|parts| Self {
            rows: context.tables.by(parts.table, parts.owner),
            below: Self::of(context, parts.fields),
        });
        below.collect()
    }
}

impl Lens {
    /// Reads the objects of the kind.
    pub(crate) fn read(&self, context: &mut Context<'_>) {
        let tables = context.tables;
        let Some(held) = held(self.kind) else { return };
        let below = Below::of(context, self.fields);
        for row in tables.rows(held.table) {
            let Some(name) = context.names.get(self.kind, row.id()) else { continue };
            let node = name.definition(self.kind).text_if("builtIn", mark(self.kind, row.id()));
            let path = Path::object(self.kind, &name.text);
            let mut children = Vec::new();
            for field in self.fields {
                if let Err(why) = field.read(context, &mut children, row) {
                    context.dangling(path.clone(), why);
                }
            }
            let node = node.with_all(children);
            let node = with_parts(context, node, &path, row, self.fields, &below);
            context.add(node);
        }
    }

    /// Writes objects of the kind.
    pub(crate) fn write(&self, writer: &mut Writer<'_>, objects: &[&Element]) {
        for object in objects {
            self.write_with(writer, object, Vec::new());
        }
    }

    /// Writes an object, and into its row some more values. Returns its id.
    pub(crate) fn write_with(&self, writer: &mut Writer<'_>, object: &Element, more: Values) -> String {
        let id = writer.own_id(object);
        let Some(held) = held(self.kind) else { return id };
        let row = writer.row(held.table, &id);
        let mut values = vec![(held.column, text(object, "name"))];
        let written = self.fields.iter().filter_map(|field| field.write(writer, object, row.as_ref())?);
        values.extend(written.collect::<Values>());
        values.extend(more);
        writer.put(held.table, &[("id", &id)], values);
        for field in self.fields {
            if let Field::Translations(kind) = field {
                writer.put_translations(*kind, &id, object);
            }
        }
        write_parts(writer, self.fields, object, &id);
        id
    }
}

/// Adds the parts of an object, or of a part, to its node.
pub(crate) fn with_parts(
    context: &mut Context<'_>,
    mut node: Node,
    path: &Path,
    row: &Row,
    fields: &[Field],
    below: &[Below<'_>],
) -> Node {
    for (parts, below) in fields.iter().filter_map(Field::parts).zip(below) {
        let mut rows = below.rows.get(row.id()).cloned().unwrap_or_default();
        if let (Some((_, column)), false) = (parts.order, parts.are_numbered()) {
            rows.sort_by_key(|row| row.number(column).unwrap_or(i64::MAX));
        }
        let mut seen: HashSet<Option<Name>> = HashSet::new();
        let mut numbers: HashMap<Name, usize> = HashMap::new();
        let mut lost = Vec::new();
        for row in rows {
            let (mut part, key) = match read_part(context, parts, row) {
                Ok(part) => part,
                Err(Left { why, lost: own }) => {
                    context.dangling(path.clone(), why);
                    lost.extend(own);
                    continue;
                }
            };
            let mut own = path.clone();
            if parts.are_numbered() {
                let name = context.tell_apart(parts.tag, key.unwrap_or_default(), &mut numbers, path);
                own = path.part(parts.tag, &name.text);
                part = part.text_if("name", Some(&name.text));
                if let Some(number) = name.get(DUPLICATE) {
                    part = part.attribute(DUPLICATE, number);
                }
            } else if !seen.insert(key.clone()) {
                let key = key.unwrap_or_default();
                context.dangling(path.clone(), parts.second.replace("{}", &key.text));
                continue;
            }
            node = node.with(with_parts(context, part, &own, row, parts.fields, &below.below));
        }
        // Beside a row that says what is there, one that leads nowhere does not count.
        node = node.with_all(lost.into_iter().filter(|own| !seen.contains(&own.0)).map(|own| own.1));
    }
    node
}

/// A row that is left out.
struct Left {
    why: String,
    /// What stands for it, with its key: what it is the row of is known, but not what it says of that.
    lost: Option<Box<(Option<Name>, Node)>>,
}

/// Returns the node of a part, without its own parts, and its key.
fn read_part(context: &Context<'_>, parts: &Parts, row: &Row) -> Result<(Node, Option<Name>), Left> {
    let mut children = Vec::new();
    let mut key = None;
    let mut known = Vec::new();
    let mut said = None;
    let mut wrong = None;
    for (number, field) in parts.fields.iter().enumerate() {
        let before = children.len();
        match field.read(context, &mut children, row) {
            Ok(name) if number == parts.key => {
                key = name;
                known.extend_from_slice(&children[before..]);
            }
            Ok(name) => said = said.or(name),
            Err(why) if number == parts.key => return Err(Left { why, lost: None }),
            Err(why) => wrong = wrong.or(Some(why)),
        }
    }
    if let Some(why) = wrong {
        let tag = parts.without_key.filter(|_| key.is_none()).unwrap_or(parts.tag);
        return Err(Left { why, lost: Some(Box::new((key, Node::lost(tag).with_all(known)))) });
    }
    let mut node = Node::new(parts.tag).with_all(children);
    if let (Some(tag), None, Some(said)) = (parts.without_key, &key, said) {
        node = said.reference(tag);
    } else if let Some((tag, column)) = parts.order {
        node = node.text_if(tag, row.get(column));
    }
    Ok((node, key))
}

/// Returns the values of the row of a part, given the row as it is; `None` if it names what does not exist.
fn values_of(
    writer: &mut Writer<'_>,
    parts: &Parts,
    owner: &Element,
    part: &Element,
    row: Option<&Row>,
) -> Option<Values> {
    let mut values = Vec::new();
    for (number, field) in parts.fields.iter().enumerate() {
        match field {
            // It is nothing but a reference.
            Field::Object(_, column, _) if part.tag() != parts.tag => {
                values.push((*column, Some(writer.id_of(part, owner.children())?)));
            }
            Field::AnyObject(_, column, _) if part.tag() != parts.tag && number == parts.key => {
                values.push((*column, None));
            }
            field => values.extend(field.write(writer, part, row)?),
        }
    }
    Some(values)
}

/// Writes the parts of an object, or of a part, whose id is given.
pub(crate) fn write_parts(writer: &mut Writer<'_>, fields: &'static [Field], object: &Element, id: &str) {
    fields.iter().filter_map(Field::parts).for_each(|parts| write_rows(writer, parts, object, id));
}

fn write_rows(writer: &mut Writer<'_>, parts: &'static Parts, object: &Element, id: &str) {
    let position = |part: &Element| -> i64 {
        let said = parts.order.and_then(|(tag, _)| part.text_of(tag)?.parse().ok());
        said.unwrap_or(i64::MAX)
    };
    let mut wanted: Vec<(Key, &Element)> = Vec::new();
    for part in
        object.children().iter().filter(|own| own.tag() == parts.tag || Some(own.tag()) == parts.without_key)
    {
        let Some(values) = values_of(writer, parts, object, part, None) else { continue };
        let key = match parts.are_numbered() {
            true => named(part.text_of("name"), part.attribute_named(DUPLICATE)),
            false => (1, values.into_iter().nth(parts.key).and_then(|(_, value)| value).unwrap_or_default()),
        };
        wanted.push((key, part));
    }
    // The oldest of one name is the first: new ones are made in that order.
    match parts.are_numbered() {
        true => wanted.sort_by(|(a, _), (b, _)| a.cmp(b)),
        false => wanted.sort_by_key(|(_, part)| position(part)),
    }
    let owner = [(parts.owner, Some(id))];
    let mut numbered = Numbered::default();
    let mut there = writer.there(parts.table, &owner, |ids, row| {
        let keys: Option<Vec<String>> = parts.fields.iter().map(|field| field.key(ids, row)).collect();
        let key = keys?.swap_remove(parts.key);
        Some(if parts.are_numbered() { numbered.next(&key) } else { (1, key) })
    });
    let keys: Vec<Key> = wanted.iter().map(|(key, _)| key.clone()).collect();
    if !parts.are_numbered() {
        let all =
            writer.there(parts.table, &owner, |ids, row| Some((1, parts.fields[parts.key].key(ids, row)?)));
        take_over(&mut there, all, &keys);
    }
    let rows = Rows::new(parts.table, &owner, Manner::Keys, there, keys);
    let values = &mut |writer: &mut Writer<'_>, number: usize, at: Option<usize>| {
        let row = at.map(|at| writer.at(parts.table, at).clone());
        values_of(writer, parts, object, wanted[number].1, row.as_ref())
    };
    let written = match parts.order {
        Some((_, column)) if !parts.are_numbered() => writer.put_parts_in_order(rows, (column, 0), values),
        _ => writer.put_parts(rows, values),
    };
    for nested in parts.fields.iter().filter_map(Field::parts) {
        for gone in &written.gone {
            writer.remove_all(nested.table, &[(nested.owner, Some(gone))]);
        }
    }
    let mut in_order: Vec<(&Element, String)> =
        wanted.iter().zip(written.ids).filter_map(|((_, part), id)| Some((*part, id?))).collect();
    if let (Some((_, column)), true) = (parts.order, parts.are_numbered()) {
        in_order.sort_by_key(|(part, _)| position(part));
        let ids: Vec<String> = in_order.iter().map(|(_, id)| id.clone()).collect();
        writer.put_order_from(parts.table, column, &ids, 0);
    }
    for (part, id) in in_order {
        write_parts(writer, parts.fields, part, &id);
    }
}

/// Returns the words for a kind.
fn words(name: &str) -> String {
    Schema::get().kind(kind(name)).in_words()
}
