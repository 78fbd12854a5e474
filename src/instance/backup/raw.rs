//! All rows of a backup with all their attributes, also of tables that pcfg knows nothing about.
//!
//! The typed reading keeps what is configuration; this one loses nothing, and so costs more. Invariant: a row holds each
//! attribute once, and NULL is an absent attribute.

use super::entities::{Entities, check_root};
use super::fault::Fault;
use super::inventory::{Head, Inventory};
use super::markup::{LONGEST, Markup, Token};
use super::prove::Rows;
use super::scan::{self, Form};
use crate::instance::bound::{MOST_COLUMNS, MOST_TABLES};

/// Told of every row.
pub(super) type Each<'a> = &'a mut dyn FnMut(&RawRow<'_>) -> Result<(), Fault>;

/// A row as a backup holds it.
#[derive(Debug, Clone, Copy)]
pub struct RawRow<'a> {
    /// The table, by its name in the backup.
    pub table: &'a str,
    values: &'a [(String, String)],
}

impl<'a> RawRow<'a> {
    pub(super) fn new(table: &'a str, values: &'a Values) -> Self {
        Self { table, values: &values.values[..values.used] }
    }

    /// Returns the attributes that are not NULL, and their values.
    pub fn values(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The values of the row that is being read; the texts are used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Values {
    values: Vec<(String, String)>,
    used: usize,
    bytes: usize,
    current: usize,
}

impl Values {
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.bytes = 0;
    }

    /// Returns how much text the row has.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Begins the value of an attribute, anew if there is one; returns that it can be filled.
    pub(super) fn open(&mut self, name: &str) -> bool {
        let found = self.values[..self.used].iter().position(|(own, _)| own == name);
        self.current = found.unwrap_or(self.used);
        if self.current == self.used {
            self.used += 1;
            if self.values.len() < self.used {
                self.values.push(<(String, String)>::default());
            }
            let own = &mut self.values[self.current].0;
            own.clear();
            own.push_str(name);
        }
        self.values[self.current].1.clear();
        true
    }

    /// Adds text to the value that was opened last.
    pub(super) fn push(&mut self, text: &str) {
        self.values[self.current].1.push_str(text);
        self.bytes += text.len();
    }
}

/// What of a backup is decoded: what is not is proved well-formed, and only counted.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Which rows of a table are, by its name.
    pub(super) rows: &'a (dyn Fn(&str) -> Rows<'a> + Sync),
    /// Whether an attribute of such a row is, by its name.
    pub(super) attribute: &'a dyn Fn(&str, &[u8]) -> bool,
}

impl Wanted<'_> {
    /// Everything.
    pub(super) const ALL: Wanted<'static> = Wanted { rows: &|_| Rows::All, attribute: &|_, _| true };
}

/// Reads `entities.xml` and calls `each` with every row that is wanted.
pub(super) fn entities(
    markup: &mut Markup<'_>,
    wanted: Wanted<'_>,
    each: Each<'_>,
) -> Result<Entities, Fault> {
    let mut result = Entities::default();
    let mut table = String::new();
    let mut rows = 0;
    let mut values = Values::default();
    let (mut open, mut is_wanted, mut wanted_rows) = (false, true, Rows::All);
    loop {
        let depth = markup.depth();
        match markup.next()? {
            Token::Start { name, attributes } => match depth {
                0 => check_root(name)?,
                1 => {
                    if table.as_bytes() != name {
                        count(&mut result, &table, rows);
                        table = String::from_utf8_lossy(name).into_owned();
                        wanted_rows = (wanted.rows)(&table);
                        rows = 0;
                    }
                    rows += 1;
                    values.clear();
                    is_wanted = wanted_rows.has(attributes);
                    if is_wanted {
                        let attributes = scan::attributes(attributes).take(MOST_COLUMNS + 1);
                        for (name, value) in attributes.filter(|(name, _)| (wanted.attribute)(&table, name)) {
                            values.open(&String::from_utf8_lossy(name));
                            values.push(&scan::decode(value, Form::Attribute));
                        }
                    }
                }
                2 => {
                    open = is_wanted
                        && (wanted.attribute)(&table, name)
                        && values.open(&String::from_utf8_lossy(name));
                }
                _ => open = false,
            },
            Token::End if depth == 2 => {
                if is_wanted {
                    each(&RawRow::new(&table, &values))?;
                }
            }
            Token::End if depth == 3 => open = false,
            Token::Text(text) if open => values.push(&scan::decode(text, Form::Text)),
            Token::CData(text) if open => values.push(&scan::decode(text, Form::CData)),
            Token::End | Token::Text(_) | Token::CData(_) => {}
            Token::Comment(text) if depth == 0 && result.head.is_none() => {
                result.head = Some(Head::read(text));
            }
            Token::Comment(text) if depth == 1 => {
                if let Some(inventory) = Inventory::read(text) {
                    result.inventory = Some(inventory);
                }
            }
            Token::Comment(_) => {}
            Token::Rows(all) => {
                for (name, more) in all {
                    if table.as_bytes() != name {
                        count(&mut result, &table, rows);
                        table = String::from_utf8_lossy(&name).into_owned();
                        wanted_rows = (wanted.rows)(&table);
                        rows = 0;
                    }
                    rows += more;
                }
            }
            Token::Eof => break,
        }
        if values.bytes() > LONGEST {
            return Err(markup.fault(format!("a row has more than {} MiB of text", LONGEST >> 20)));
        }
        if values.used > MOST_COLUMNS {
            return Err(markup.fault(format!("a row has more than {MOST_COLUMNS} attributes")));
        }
        if result.rows.len() > MOST_TABLES {
            return Err(markup.fault(format!("there are rows of more than {MOST_TABLES} tables")));
        }
    }
    count(&mut result, &table, rows);
    Ok(result)
}

fn count(result: &mut Entities, table: &str, rows: u64) {
    if rows > 0 {
        *result.rows.entry(table.to_owned()).or_default() += rows;
    }
}
