//! `activeobjects.xml`: the tables of apps.
//!
//! `<backup><data tableName="AO_…"><column name="ID"/>…<row><integer>1</integer>…</row>…</data></backup>`: the values
//! of a row stand in the order of the columns before it, and that order differs between versions of Jira, so that only
//! the names count. `xsi:nil="true"` is NULL, `<string></string>` the empty text. Invariant: rows of tables that nobody
//! wants are checked and counted, but never decoded.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::markup::{LONGEST, Markup, Token};
use super::raw::{Each, RawRow, Values};
use super::scan::{self, Form};
use crate::entity::{EntityId, Row, Tables};
use crate::instance::bound::{self, MOST_COLUMNS, MOST_TABLES};

/// What is being read.
#[derive(Default)]
struct Table {
    name: String,
    wanted: bool,
    columns: Vec<String>,
    rows: u64,
    /// The values of the row that are not NULL.
    values: Values,
    /// The column of the next value.
    next: usize,
    /// Whether the value that is open counts.
    open: bool,
}

/// Reads the rows of boards, until all rows take more than so much memory; returns how many rows each table has.
pub(super) fn read(
    markup: &mut Markup<'_>,
    most: u64,
    tables: &mut Tables,
) -> Result<BTreeMap<String, u64>, Fault> {
    scan(markup, &|table| EntityId::find(table).is_some(), &mut |row| {
        if let Some(entity) = EntityId::find(row.table) {
            let mut typed = Row::new(entity);
            for (name, value) in row.values() {
                if let Some(number) = entity.entity().attribute(name) {
                    typed.set(number, entity.entity().attributes[number].ty.spelled(value));
                }
            }
            tables.push(entity, typed);
        }
        Ok(bound::check(tables, most)?)
    })
}

/// Returns the tables of a file with their columns.
pub(super) fn tables(markup: &mut Markup<'_>) -> Result<BTreeMap<String, Vec<String>>, Fault> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = None;
    loop {
        let depth = markup.depth();
        match markup.next()? {
            Token::Start { name: b"data", attributes } if depth == 1 => {
                let name = known_as(attribute(attributes, b"tableName").unwrap_or_default());
                current = Some(tables.entry(name).or_default());
            }
            Token::Start { name: b"column", attributes } if depth == 2 => {
                let column = attribute(attributes, b"name").unwrap_or_default().to_ascii_uppercase();
                current.iter_mut().for_each(|columns| columns.push(column.clone()));
            }
            Token::End if depth == 2 => current = None,
            Token::Eof => return Ok(tables),
            _ => {}
        }
    }
}

/// Calls `each` with the rows of the wanted tables; returns how many rows each table has.
pub(super) fn scan(
    markup: &mut Markup<'_>,
    wanted: &dyn Fn(&str) -> bool,
    each: Each<'_>,
) -> Result<BTreeMap<String, u64>, Fault> {
    let mut counts = BTreeMap::new();
    let mut table = Table::default();
    // Only what stands in the right place of `<backup><data><row>` counts.
    let mut in_data = false;
    let mut in_row = false;
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
                    let name = known_as(attribute(attributes, b"tableName").unwrap_or_default());
                    table = Table { wanted: wanted(&name), name, ..Table::default() };
                }
                (2, b"column") if in_data => {
                    let column = attribute(attributes, b"name").unwrap_or_default().to_ascii_uppercase();
                    table.columns.push(column);
                }
                (2, b"row") if in_data => {
                    in_row = true;
                    table.rows += 1;
                    table.next = 0;
                    table.values.clear();
                }
                (3, _) if in_row => {
                    if let (true, Some(column)) = (table.wanted, table.columns.get(table.next))
                        && attribute(attributes, b"xsi:nil").is_none_or(|nil| nil != "true")
                    {
                        table.open = table.values.open(column);
                    }
                    table.next += 1;
                }
                _ => {}
            },
            Token::Text(text) if table.open => table.values.push(&scan::decode(text, Form::Text)),
            Token::CData(text) if table.open => table.values.push(&scan::decode(text, Form::CData)),
            Token::Text(_) | Token::CData(_) | Token::Comment(_) => {}
            Token::Rows(_) => unreachable!("nothing is proved for who takes all rows"),
            Token::End => match depth {
                4 => table.open = false,
                3 if in_row => {
                    in_row = false;
                    if table.next != table.columns.len() {
                        let (values, columns, name) = (table.next, table.columns.len(), table.name);
                        return Err(markup.fault(format!(
                            "a row of {name} has {values} values, but the table has {columns} columns"
                        )));
                    }
                    if table.wanted {
                        each(&RawRow::new(&table.name, &table.values))?;
                    }
                }
                2 if in_data => {
                    in_data = false;
                    *counts.entry(std::mem::take(&mut table.name)).or_default() += table.rows;
                }
                _ => {}
            },
            Token::Eof => return Ok(counts),
        }
        if table.values.bytes() > LONGEST {
            return Err(markup.fault(format!("a row has more than {} MiB of text", LONGEST >> 20)));
        }
        if table.columns.len() > MOST_COLUMNS {
            return Err(markup.fault(format!("a table has more than {MOST_COLUMNS} columns")));
        }
        if counts.len() > MOST_TABLES {
            return Err(markup.fault(format!("there are more than {MOST_TABLES} tables")));
        }
    }
}

/// Returns the name of a table as `tables.txt` spells it: some databases change its case.
fn known_as(name: String) -> String {
    let upper = name.to_ascii_uppercase();
    if EntityId::find(&upper).is_some() { upper } else { name }
}

/// Returns the value of an attribute.
pub(super) fn attribute(attributes: &[u8], wanted: &[u8]) -> Option<String> {
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
        let counts = read(&mut Markup::new(&mut source), u64::MAX, &mut tables).expect("is well-formed");
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
