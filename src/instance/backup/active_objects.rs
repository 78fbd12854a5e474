//! `activeobjects.xml`: the tables of apps, of which the boards are read.
//!
//! `<backup><data tableName="AO_…"><column name="ID"/>…<row><integer>1</integer>…</row>…</data></backup>`: the values
//! of a row stand in the order of the columns before it, and that order differs between versions of Jira, so that only
//! the names count. `xsi:nil="true"` is NULL, `<string></string>` the empty text.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::markup::{LONGEST, Markup, Token};
use super::scan::{self, Form};
use crate::entity::{AttributeType, EntityId, Row, Tables};

/// What is being read.
#[derive(Default)]
struct Table {
    entity: Option<EntityId>,
    /// The attribute that each column is, if it is one that counts.
    columns: Vec<Option<usize>>,
    rows: u64,
    row: Option<Row>,
    /// The column of the next value.
    next: usize,
    /// The value that is open, and whether it is NULL.
    value: Option<(usize, bool, String)>,
    bytes: usize,
}

/// Reads all rows; returns how many each table has.
pub(super) fn read(markup: &mut Markup<'_>, tables: &mut Tables) -> Result<BTreeMap<String, u64>, Fault> {
    let mut counts = BTreeMap::new();
    let mut table = Table::default();
    // Only what stands in the right place of `<backup><data><row>` counts.
    let mut in_data = false;
    let mut in_row = false;
    let mut name_of_table = String::new();
    loop {
        let depth = markup.depth();
        match markup.next()? {
            Token::Start { name, attributes } => match (depth, name) {
                (0, b"backup") => {}
                (0, name) => {
                    return Err(Fault::NotABackup {
                        why: format!(
                            "the root element is `<{}>`, not `<backup>`",
                            String::from_utf8_lossy(name)
                        ),
                        help: None,
                    });
                }
                (1, b"data") => {
                    in_data = true;
                    name_of_table = attribute(attributes, b"tableName").unwrap_or_default();
                    table = Table {
                        entity: EntityId::find(&name_of_table.to_ascii_uppercase()),
                        ..Table::default()
                    };
                }
                (2, b"column") if in_data => {
                    let column = attribute(attributes, b"name").unwrap_or_default().to_ascii_uppercase();
                    table.columns.push(table.entity.and_then(|entity| entity.entity().attribute(&column)));
                }
                (2, b"row") if in_data => {
                    in_row = true;
                    table.rows += 1;
                    table.row = table.entity.map(Row::new);
                    table.next = 0;
                    table.bytes = 0;
                }
                (3, _) if in_row => {
                    let number = table.columns.get(table.next).copied().flatten();
                    table.next += 1;
                    if let (Some(number), true) = (number, table.row.is_some()) {
                        let nil = attribute(attributes, b"xsi:nil").is_some_and(|nil| nil == "true");
                        table.value = Some((number, nil, String::new()));
                    }
                }
                _ => {}
            },
            Token::Text(text) => table.text(text, Form::Text),
            Token::CData(text) => table.text(text, Form::CData),
            Token::End => match depth {
                4 => table.end_value(),
                3 if in_row => {
                    in_row = false;
                    if table.next != table.columns.len() {
                        let (values, columns) = (table.next, table.columns.len());
                        return Err(markup.fault(format!(
                            "a row of {name_of_table} has {values} values, but the table has {columns} columns"
                        )));
                    }
                    if let (Some(entity), Some(row)) = (table.entity, table.row.take()) {
                        tables.push(entity, row);
                    }
                }
                2 if in_data => {
                    in_data = false;
                    *counts.entry(std::mem::take(&mut name_of_table)).or_default() += table.rows;
                }
                _ => {}
            },
            Token::Comment(_) => {}
            Token::Eof => return Ok(counts),
        }
        if table.bytes > LONGEST {
            return Err(markup.fault(format!("a row has more than {} MiB of text", LONGEST >> 20)));
        }
    }
}

impl Table {
    fn text(&mut self, raw: &[u8], form: Form) {
        if let Some((_, false, value)) = &mut self.value {
            value.push_str(&scan::decode(raw, form));
            self.bytes += raw.len();
        }
    }

    fn end_value(&mut self) {
        if let (Some((number, false, value)), Some(entity), Some(row)) =
            (self.value.take(), self.entity, &mut self.row)
        {
            let value = match entity.entity().attributes[number].ty {
                AttributeType::Boolean => match value.trim() {
                    "1" | "true" | "TRUE" => "true".to_owned(),
                    "0" | "false" | "FALSE" => "false".to_owned(),
                    _ => value,
                },
                AttributeType::Integer => value.trim().to_owned(),
                AttributeType::Text | AttributeType::Date => value,
            };
            row.set(number, value);
        }
    }
}

fn attribute(attributes: &[u8], wanted: &[u8]) -> Option<String> {
    let (_, value) = scan::attributes(attributes).find(|(name, _)| *name == wanted)?;
    Some(scan::decode(value, Form::Attribute).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::feed::{ReadBlocks, Text};
    use super::*;

    fn tables(text: &str) -> (Tables, BTreeMap<String, u64>) {
        let blocks = ReadBlocks { reader: text.as_bytes(), size: 50, error: None };
        let mut source = Text::new(blocks);
        let mut tables = Tables::default();
        let counts = read(&mut Markup::new(&mut source), &mut tables).expect("is well-formed");
        (tables, counts)
    }

    #[test]
    fn columns_go_by_name_and_null_is_not_empty() {
        let (tables, counts) = tables(
            r#"<backup xmlns="http://www.atlassian.com/ao" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <database><meta key="database.name" value="H2"/></database>
  <table name="AO_60DB71_RAPIDVIEW"><column name="ID" primaryKey="true" sqlType="-5"/></table>
  <data tableName="AO_60DB71_RAPIDVIEW">
    <column name="SPRINTS_ENABLED"/><column name="APP_COLUMN"/><column name="NAME"/>
    <column name="OWNER_USER_NAME"/><column name="ID"/>
    <row>
      <boolean>true</boolean><string>x</string><string>A &amp; B</string><string xsi:nil="true"/>
      <integer>7</integer>
    </row>
    <row>
      <boolean>0</boolean><double/><string> </string><string></string>
      <integer> 8 </integer>
    </row>
  </data>
  <data tableName="AO_OTHER"><column name="ID"/><row><integer>1</integer></row></data>
</backup>"#,
        );
        let rows = tables.rows("AO_60DB71_RAPIDVIEW");
        let values = |index: usize| {
            ["ID", "NAME", "OWNER_USER_NAME", "SPRINTS_ENABLED"].map(|column| rows[index].get(column))
        };
        assert_eq!(values(0), [Some("7"), Some("A & B"), None, Some("true")]);
        assert_eq!(values(1), [Some("8"), Some(" "), Some(""), Some("false")]);
        assert_eq!(counts, [("AO_60DB71_RAPIDVIEW".to_owned(), 2), ("AO_OTHER".to_owned(), 1)].into());
    }
}
