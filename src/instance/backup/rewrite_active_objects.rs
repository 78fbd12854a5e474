//! Where the rows of `activeobjects.xml` change.
//!
//! Invariant: a value that does not change keeps its bytes; a new one has the type that the column has in other rows.

use std::collections::HashSet;

use super::active_objects::attribute;
use super::edit::{Edit, Pending, Text, escape};
use super::fault::Fault;
use super::markup::{Markup, Token};
use super::scan::{self, Form};
use crate::entity::{Attribute, AttributeType, DataTable, EntityId, Row};

/// What stands before a row, before a value, and before the end of a row.
const ROW: &str = "\n    ";
const VALUE: &str = "\n      ";

/// Columns of floating point numbers by their SQL type.
const DOUBLE: [&str; 3] = ["6", "7", "8"];

/// A table whose rows change.
#[derive(Default)]
struct Table {
    entity: Option<EntityId>,
    /// A table with issue data, which only gets new rows.
    data: Option<&'static DataTable>,
    columns: Vec<Column>,
    /// Where a new row goes.
    end: u64,
    row: Vec<Value>,
    text: String,
}

struct Column {
    attribute: Option<usize>,
    /// The type of its values.
    tag: String,
}

struct Value {
    tag: String,
    is_null: bool,
    text: String,
    /// Where it stands.
    from: u64,
    to: u64,
}

/// Finds the changes of rows.
pub(super) fn edits(markup: &mut Markup<'_>, pending: &mut Pending) -> Result<Vec<Edit>, Fault> {
    let mut edits = Vec::new();
    let mut table = Table::default();
    // Columns of floating point numbers, by table and name: `tables.txt` does not tell them apart.
    let mut doubles: HashSet<(String, String)> = HashSet::new();
    let (mut place, mut name_of_table) = ("", String::new());
    let mut before = 0;
    loop {
        let depth = markup.depth();
        let last = markup.ended();
        match markup.next()? {
            Token::Start { name, attributes } => match (depth, name) {
                (1, b"data" | b"table") => {
                    place = if name == b"data" { "data" } else { "table" };
                    let key: &[u8] = if place == "data" { b"tableName" } else { b"name" };
                    name_of_table = attribute(attributes, key).unwrap_or_default().to_ascii_uppercase();
                    let entity =
                        EntityId::find(&name_of_table).filter(|entity| pending.table(*entity).is_some());
                    let data = DataTable::find(&name_of_table)
                        .filter(|own| place == "data" && pending.of_apps.contains_key(own.name));
                    let entity = entity.filter(|_| place == "data");
                    table = Table { entity, data, ..Table::default() };
                    table.end = markup.ended();
                }
                (2, b"column") => {
                    let column = attribute(attributes, b"name").unwrap_or_default().to_ascii_uppercase();
                    let key = (name_of_table.clone(), column);
                    if place == "table" {
                        let sql = attribute(attributes, b"sqlType").unwrap_or_default();
                        if DOUBLE.contains(&sql.as_str()) {
                            doubles.insert(key);
                        }
                    } else if let Some(attributes) = table.attributes() {
                        let attribute = attributes.iter().position(|own| own.name == key.1);
                        let ty = attribute.map(|number| attributes[number].ty);
                        let tag = match ty {
                            _ if doubles.contains(&key) => "double",
                            Some(AttributeType::Integer) => "integer",
                            Some(AttributeType::Boolean) => "boolean",
                            _ => "string",
                        };
                        table.columns.push(Column { attribute, tag: tag.to_owned() });
                    }
                }
                (2, b"row") => {
                    table.row.clear();
                    before = last;
                }
                (3, name) if table.entity.is_some() => {
                    let tag = String::from_utf8_lossy(name).into_owned();
                    let is_null = attribute(attributes, b"xsi:nil").is_some_and(|nil| nil == "true");
                    let from = markup.begun();
                    table.row.push(Value { tag, is_null, text: String::new(), from, to: from });
                    table.text.clear();
                }
                _ => {}
            },
            Token::Text(text) if depth == 4 => table.text.push_str(&scan::decode(text, Form::Text)),
            Token::CData(text) if depth == 4 => table.text.push_str(&scan::decode(text, Form::CData)),
            Token::End => match (depth, table.entity) {
                (4, Some(_)) => {
                    let (text, to) = (std::mem::take(&mut table.text), markup.ended());
                    if let Some(value) = table.row.last_mut() {
                        (value.text, value.to) = (text, to);
                    }
                }
                // A column stands before all rows.
                (3, Some(entity)) => {
                    table.end = markup.ended();
                    if table.row.is_empty() {
                        continue;
                    }
                    for (column, value) in table.columns.iter_mut().zip(&table.row) {
                        column.tag.clone_from(&value.tag);
                    }
                    let row = table.read(entity);
                    match pending.table(entity).and_then(|changes| changes.take(&row)) {
                        None => {}
                        Some(None) => {
                            edits.push(Edit { from: before, to: table.end, text: Text::Bytes(Vec::new()) });
                        }
                        Some(Some(after)) if table.has_columns(&row, &after) => {
                            edits.extend(table.changes(&row, &after));
                        }
                        Some(Some(after)) => {
                            pending
                                .table(entity)
                                .into_iter()
                                .for_each(|all| all.refuse(row.clone(), after.clone()));
                        }
                    }
                    table.row.clear();
                }
                (2, Some(entity)) => {
                    let mut text = String::new();
                    if let Some(changes) = pending.table(entity) {
                        let empty = Row::new(entity);
                        let is_here = |row: &Row| table.has_columns(&empty, row);
                        let (new, others) = std::mem::take(&mut changes.new).into_iter().partition(is_here);
                        let new: Vec<Row> = new;
                        changes.new = others;
                        new.iter().for_each(|row| text.push_str(&table.new_row(row)));
                    }
                    let place = table.end;
                    edits.extend((!text.is_empty()).then(|| Edit {
                        from: place,
                        to: place,
                        text: Text::Bytes(text.into()),
                    }));
                    table.entity = None;
                }
                (3, None) if table.data.is_some() => table.end = markup.ended(),
                (2, None) => edits.extend(table.data.take().and_then(|data| table.new_data(data, pending))),
                _ => {}
            },
            Token::Rows(_) => unreachable!("nothing is proved for who takes all rows"),
            Token::Eof => return Ok(edits),
            _ => {}
        }
    }
}

impl Table {
    /// Returns the row that has been read.
    fn read(&self, entity: EntityId) -> Row {
        let mut row = Row::new(entity);
        for (column, value) in self.columns.iter().zip(&self.row) {
            if let (Some(number), false) = (column.attribute, value.is_null) {
                let ty = entity.entity().attributes[number].ty;
                row.set(number, ty.spelled(&value.text));
            }
        }
        row
    }

    /// Returns whether the table has the columns in which two rows differ: older versions lack some.
    fn has_columns(&self, before: &Row, after: &Row) -> bool {
        let mut differing =
            (0..before.values().len()).filter(|&number| before.value(number) != after.value(number));
        differing.all(|number| self.columns.iter().any(|column| column.attribute == Some(number)))
    }

    /// Returns the changes of values of the row that has been read.
    fn changes(&self, before: &Row, after: &Row) -> Vec<Edit> {
        let columns = self.columns.iter().zip(&self.row);
        let changed = columns.filter_map(|(column, value)| {
            let number = column.attribute?;
            let (old, new) = (before.value(number), after.value(number));
            let text = written(&value.tag, new);
            (old != new).then(|| Edit { from: value.from, to: value.to, text: Text::Bytes(text.into()) })
        });
        changed.collect()
    }

    /// Returns the attributes of a table whose rows change.
    fn attributes(&self) -> Option<&'static [Attribute]> {
        let of_data = self.data.map(|data| data.attributes.as_slice());
        of_data.or_else(|| self.entity.map(|entity| entity.entity().attributes.as_slice()))
    }

    /// Returns the new rows of a table with issue data, if it has the columns that they need.
    fn new_data(&self, data: &DataTable, pending: &mut Pending) -> Option<Edit> {
        let rows = pending.of_apps.get(data.name)?;
        let has = |number: usize| self.columns.iter().any(|column| column.attribute == Some(number));
        let fits = rows
            .iter()
            .all(|row| row.values().enumerate().all(|(number, value)| value.is_none() || has(number)));
        if !fits {
            return None;
        }
        let values = |row: &crate::entity::DataRow| -> String {
            let values: Vec<Option<String>> = row.values().map(|own| own.map(str::to_owned)).collect();
            self.row_of(&|number| values[number].as_deref())
        };
        let text: String = rows.iter().map(values).collect();
        pending.of_apps.remove(data.name);
        Some(Edit { from: self.end, to: self.end, text: Text::Bytes(text.into()) })
    }

    fn new_row(&self, row: &Row) -> String {
        self.row_of(&|number| row.value(number))
    }

    fn row_of<'r>(&self, value: &dyn Fn(usize) -> Option<&'r str>) -> String {
        let mut text = format!("{ROW}<row>");
        for column in &self.columns {
            let value = column.attribute.and_then(value);
            text.push_str(VALUE);
            text.push_str(&written(&column.tag, value));
        }
        text + ROW + "</row>"
    }
}

fn written(tag: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("<{tag}>{}</{tag}>", escape(value)),
        None => format!("<{tag} xsi:nil=\"true\"/>"),
    }
}
