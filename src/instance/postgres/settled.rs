//! Rows of issues in the one spelling in which what was written and what is stored can be compared.
//!
//! Invariant: two rows are spelled alike if and only if the columns of the database cannot tell them apart; rows without ids of their own
//! are counted in one order, whatever order they come in.

use std::borrow::Cow;

use super::issue_data::{Column, DataLayout};
use super::spelling::Kind;
use crate::entity::{AttributeType, DataRow, DataTable};
use crate::import::Streamed;
use crate::instance::issue_data::{Tallies, number};

/// Counts rows table by table, in their settled spelling.
pub(super) struct Settled<'d> {
    data: &'d DataLayout,
    tallies: Tallies,
    /// Rows that share the number by which they are found, until another one comes.
    together: Vec<Group>,
}

/// Rows of a table that share a number.
struct Group {
    table: &'static DataTable,
    number: u64,
    rows: Vec<Vec<Option<String>>>,
}

impl<'d> Settled<'d> {
    pub(super) fn new(data: &'d DataLayout) -> Self {
        Self { data, tallies: Tallies::default(), together: Vec::new() }
    }

    /// Counts a row.
    pub(super) fn add(&mut self, row: &DataRow) {
        let (table, number) = (row.table(), number(row));
        let columns = self.data.columns(table).unwrap_or_default();
        let values = table.attributes.iter().zip(row.values()).enumerate();
        let values = values.map(|(at, (own, value))| settled(columns.get(at)?.as_ref()?, own.ty, value?));
        if table.attribute("id").is_some() || table.attribute("ID").is_some() {
            let values: Vec<Option<Cow<'_, str>>> = values.collect();
            self.tallies.add_as(table, number, values.iter().map(Option::as_deref));
            return;
        }
        let values = values.map(|own| own.map(Cow::into_owned)).collect();
        let group = Group { table, number, rows: vec![values] };
        match self.together.iter_mut().find(|own| own.table.name == table.name) {
            Some(own) if own.number == number => own.rows.extend(group.rows),
            Some(own) => std::mem::replace(own, group).count(&mut self.tallies),
            None => self.together.push(group),
        }
    }

    /// Returns what was counted.
    pub(super) fn finish(mut self, removes: bool) -> Streamed {
        self.together.into_iter().for_each(|group| group.count(&mut self.tallies));
        self.tallies.finish(removes)
    }
}

impl Group {
    fn count(mut self, tallies: &mut Tallies) {
        self.rows.sort_unstable();
        for row in &self.rows {
            tallies.add_as(self.table, self.number, row.iter().map(Option::as_deref));
        }
    }
}

/// Returns how a value is spelled once it is stored; nothing if it is stored as NULL.
fn settled<'v>(column: &Column, ty: AttributeType, value: &'v str) -> Option<Cow<'v, str>> {
    if ty != AttributeType::Text && value.is_empty() {
        return None;
    }
    Some(match (column.kind, ty) {
        (Kind::Float, _) => match value.trim().parse::<f64>() {
            Ok(number) => Cow::Owned(format!("{number:?}")),
            Err(_) => Cow::Borrowed(value),
        },
        (Kind::Plain, AttributeType::Integer) => match value.trim().parse::<i64>() {
            Ok(number) if number.to_string() != value => Cow::Owned(number.to_string()),
            _ => Cow::Borrowed(value),
        },
        (Kind::Boolean, _) => AttributeType::Boolean.spelled(value),
        _ => Cow::Borrowed(value),
    })
}
