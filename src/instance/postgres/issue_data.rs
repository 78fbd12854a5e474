//! The issues of a database, read with all that belongs to them: comments, worklogs, history, links, attachments.
//!
//! Invariant: the configuration and all rows are read in one `REPEATABLE READ, READ ONLY` transaction; of tables of issues only rows of
//! the chosen projects are asked for, by the columns that Jira's own indexes are on, but for the ids of all issues.

use std::collections::BTreeMap;

use tokio_postgres::SimpleQueryRow;

use super::connection::unread;
use super::layout::{self, grant, plain};
use super::spelling::{Kind, list, literal, qualified, quoted};
use super::{Postgres, read};
use crate::entity::{DataRow, DataTable, PROPERTIES, Route, data_tables};
use crate::instance::{
    Address, Chosen, IssueData, Keeps, KnownZone, Pass, Progress, ReadError, Reading, Scope,
};

/// The columns of the tables with issue data.
#[derive(Debug, Default)]
pub(super) struct DataLayout {
    schema: String,
    columns: BTreeMap<&'static str, Vec<Option<Column>>>,
    /// What may not be read.
    denied: BTreeMap<&'static str, Vec<String>>,
}

/// A column of a table with issue data.
#[derive(Debug)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: String,
    /// What it holds.
    pub(super) kind: Kind,
    /// How many characters a text in it may have, if that is bounded.
    pub(super) most: Option<usize>,
}

impl IssueData for Postgres {
    fn begin(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        let (connection, address) = self.connected()?;
        let reading = read::begin(connection, address, scope, progress)?;
        let mut layout = DataLayout::new(layout::schema(address));
        let sql = format!("SET LOCAL TimeZone = 'UTC'; {}", layout.statement());
        let asked = connection.run(&sql, &mut |_, row| layout.take(row));
        let checked = asked.map_err(|error| unread(address, &error)).and_then(|_| layout.check(address));
        if let Err(error) = checked {
            connection.roll_back();
            return Err(error);
        }
        self.issues = layout;
        Ok(Reading { zone: KnownZone::Utc, ..reading })
    }

    fn rows(
        &mut self,
        pass: Pass,
        chosen: &Chosen,
        (progress, _): (Progress<'_>, Keeps<'_>),
        each: &mut dyn FnMut(&DataRow) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let layout = std::mem::take(&mut self.issues);
        let tables: Vec<&'static DataTable> = data_tables()
            .iter()
            .filter(|table| pass.reads(table) && layout.columns.contains_key(table.name))
            .collect();
        let sql: Vec<String> = tables.iter().map(|table| layout.query(pass, table, chosen)).collect();
        let mut row: Option<(usize, DataRow)> = None;
        let mut stopped = None;
        let (connection, address) = self.connected()?;
        let asked = connection.run(&sql.join(";\n"), &mut |number, columns| {
            if stopped.is_some() {
                return;
            }
            let Some(table) = tables.get(number) else { return };
            let (_, own) = match &mut row {
                Some(current) if current.0 == number => current,
                other => {
                    progress(number as u64, tables.len() as u64);
                    other.insert((number, DataRow::new(table)))
                }
            };
            for (at, column) in layout.columns[table.name].iter().enumerate() {
                let value = columns.get(at).zip(column.as_ref());
                own.set_at(at, value.map(|(value, own)| own.kind.spelled(value)).as_deref());
            }
            stopped = each(own).err();
        });
        progress(1, 1);
        let result = match (asked, stopped) {
            (Err(error), _) => Err(unread(address, &error)),
            (Ok(_), Some(error)) => Err(error),
            (Ok(_), None) => Ok(()),
        };
        if result.is_err() {
            connection.roll_back();
        }
        self.issues = layout;
        result
    }

    fn end(&mut self) -> Result<(), ReadError> {
        self.issues = DataLayout::default();
        let (connection, address) = self.connected()?;
        connection.execute("COMMIT").map(drop).map_err(|error| unread(address, &error))
    }
}

impl DataLayout {
    /// Returns a layout that knows nothing yet, to be filled with the rows of [`Self::statement`].
    pub(super) fn new(schema: &str) -> Self {
        Self { schema: schema.to_owned(), ..Self::default() }
    }

    pub(super) fn statement(&self) -> String {
        format!(
            "SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, NULL), \
             pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'), CASE WHEN a.atttypmod > 4 \
             AND a.atttypid IN ('varchar'::pg_catalog.regtype, 'bpchar'::pg_catalog.regtype) \
             THEN a.atttypmod - 4 END FROM pg_catalog.pg_class AS c \
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid \
             WHERE n.nspname = {} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 \
             AND NOT a.attisdropped AND c.relname IN ({})",
            literal(&self.schema),
            list(data_tables().iter().map(|table| table.table))
        )
    }

    pub(super) fn take(&mut self, row: &SimpleQueryRow) {
        let get = |number| row.get(number).unwrap_or_default();
        let (column, readable) = (get(1), get(3) == "t");
        let Some(table) = data_tables().iter().find(|own| own.table == get(0)) else { return };
        let columns =
            self.columns.entry(table.name).or_insert_with(|| table.attributes.iter().map(|_| None).collect());
        let Some(number) = table.attributes.iter().position(|own| own.column.eq_ignore_ascii_case(column))
        else {
            return;
        };
        columns[number] = Some(Column {
            name: column.to_owned(),
            kind: Kind::of(get(2)),
            most: row.get(4).and_then(|most| most.parse().ok()),
        });
        if !readable {
            self.denied.entry(table.table).or_default().push(column.to_owned());
        }
    }

    /// Returns the schema.
    pub(super) fn schema(&self) -> &str {
        &self.schema
    }

    /// Returns the columns of the attributes of a table, if the database has it.
    pub(super) fn columns(&self, table: &DataTable) -> Option<&[Option<Column>]> {
        self.columns.get(table.name).map(Vec::as_slice)
    }

    pub(super) fn check(&self, address: &Address) -> Result<(), ReadError> {
        let Some(first) = self.denied.keys().next() else { return Ok(()) };
        let others = match self.denied.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let role = layout::role(address);
        let grants = self.denied.iter().map(|(table, columns)| {
            let columns: Vec<String> = columns.iter().map(|column| plain(column)).collect();
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            grant(&self.schema, &plain(table), &columns, &role)
        });
        Err(ReadError::Server {
            message: format!("permission denied for {}.{first}{others} in `{address}`", self.schema),
            source: None,
            help: Some(format!("run as its owner: {}", layout::to_be_pasted(grants))),
        })
    }

    /// Returns the column of an attribute, as SQL writes it.
    pub(super) fn column(&self, table: &DataTable, attribute: &str) -> Option<String> {
        let number = table.attribute(attribute)?;
        Some(quoted(&self.columns.get(table.name)?[number].as_ref()?.name))
    }

    /// Returns the statement for the rows of a pass.
    fn query(&self, pass: Pass, table: &'static DataTable, chosen: &Chosen) -> String {
        let columns = &self.columns[table.name];
        let selected = table.attributes.iter().zip(columns).map(|(attribute, column)| match column {
            Some(column) if pass.needs(table, attribute.name) => format!("own.{}", quoted(&column.name)),
            _ => "NULL".to_owned(),
        });
        let selected: Vec<String> = selected.collect();
        let from = qualified(&self.schema, table.table);
        let mut sql = format!("SELECT {} FROM {from} AS own", selected.join(", "));
        if let Some(condition) = self.condition(pass, table, chosen) {
            sql.push_str(&format!(" WHERE {condition}"));
        }
        sql
    }

    fn condition(&self, pass: Pass, table: &'static DataTable, chosen: &Chosen) -> Option<String> {
        let issues = qualified(&self.schema, "jiraissue");
        let numbers: Vec<&str> =
            chosen.projects.iter().map(String::as_str).filter(|id| id.parse::<u64>().is_ok()).collect();
        let numbers = if numbers.is_empty() { "NULL".to_owned() } else { numbers.join(", ") };
        let only = chosen.number.map(|number| format!(" AND issuenum = {number}")).unwrap_or_default();
        let chosen = format!("SELECT id FROM {issues} WHERE project IN ({numbers}){only}");
        let kinds = table.only.and_then(|(attribute, kinds)| {
            Some(format!("own.{} IN ({})", self.column(table, attribute)?, list(kinds.iter().copied())))
        });
        let through = |name: &str| {
            let other = DataTable::named(name);
            let way = match other.route {
                Route::Issue(way) => self.column(other, way)?,
                _ => return None,
            };
            let from = qualified(&self.schema, other.table);
            Some(format!("SELECT id FROM {from} WHERE {way} IN ({chosen})"))
        };
        let route = match table.route {
            Route::Itself if pass == Pass::Ids => None,
            Route::Itself => Some(format!("own.id IN ({chosen})")),
            Route::Issue(way) => {
                let way = self.column(table, way)?;
                let marks = if table.name == "AO_60DB71_LEXORANK" { " OR own.\"TYPE\" <> 1" } else { "" };
                Some(format!("(own.{way} IN ({chosen}){marks})"))
            }
            Route::Through(way, other) => {
                Some(format!("own.{} IN ({})", self.column(table, way)?, through(other)?))
            }
            Route::Ends(one, other) => Some(format!(
                "(own.{} IN ({chosen}) OR own.{} IN ({chosen}))",
                self.column(table, one)?,
                self.column(table, other)?
            )),
            Route::Property(way) => {
                let (way, kind) = (self.column(table, way)?, self.column(table, "entityName")?);
                let each = PROPERTIES.iter().filter_map(|(name, other)| {
                    let owners = if *other == "Issue" { Some(chosen.clone()) } else { through(other) };
                    Some(format!("(own.{kind} = {} AND own.{way} IN ({}))", literal(name), owners?))
                });
                Some(format!("({})", each.collect::<Vec<_>>().join(" OR ")))
            }
            Route::Nowhere | Route::State => None,
        };
        let conditions: Vec<String> = kinds.into_iter().chain(route).collect();
        (!conditions.is_empty()).then(|| conditions.join(" AND "))
    }
}
