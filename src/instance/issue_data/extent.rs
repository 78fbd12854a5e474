//! Which rows a run has written, and what leads to the issues that they belong to, as conditions of SQL.
//!
//! Invariant: a row without an id of its own is found by its issue and by what it is about, and then others of the same issue
//! are found with it.

use super::sink::numbered_by;
use crate::entity::{DataTable, PROPERTIES, Route};
use crate::import::{Extent, Streamed};

/// How a place calls the columns of a table.
pub(in crate::instance) struct Columns<'a> {
    /// Returns the column of an attribute; nothing if the table does not have it.
    pub(in crate::instance) column: &'a dyn Fn(&str) -> Option<String>,
    /// Returns a column as a number.
    pub(in crate::instance) number: fn(&str) -> String,
}

impl Columns<'_> {
    /// Returns the condition that the rows of a part fulfil; nothing if there are none.
    pub(in crate::instance) fn of_part(&self, table: &DataTable, part: &Extent) -> Option<String> {
        let (from, to) = part.ids?;
        let column = (self.column)(numbered_by(table.name))?;
        let mut condition = format!("{} BETWEEN {from} AND {to}", (self.number)(&column));
        if matches!(table.route, Route::Issue(_)) {
            condition.push_str(&self.kinds(table));
        }
        Some(condition)
    }

    /// Returns the condition that all rows of a table fulfil which belong to the issues of a run; nothing if none can.
    pub(in crate::instance) fn leading(&self, table: &DataTable, written: &Streamed) -> Option<String> {
        let leads = |way: &str, to: &str| {
            let (from, to) = written.parts.iter().find(|part| part.name == to)?.ids?;
            Some(format!("{} BETWEEN {from} AND {to}", (self.number)(&(self.column)(way)?)))
        };
        let ways: Vec<Option<String>> = match table.route {
            Route::Issue(way) => vec![leads(way, "Issue")],
            Route::Ends(one, other) => vec![leads(one, "Issue"), leads(other, "Issue")],
            Route::Through(way, other) => vec![leads(way, other)],
            Route::Property(way) => {
                let kind = (self.column)("entityName");
                let of = |(name, other): (&str, &str)| {
                    Some(format!("{} = '{name}' AND {}", kind.as_ref()?, leads(way, other)?))
                };
                PROPERTIES.into_iter().map(of).collect()
            }
            Route::Itself | Route::Nowhere | Route::State => Vec::new(),
        };
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        (!ways.is_empty()).then(|| format!("({}){}", ways.join(" OR "), self.kinds(table)))
    }

    /// Returns what rows of a table are about that count, as a further condition.
    fn kinds(&self, table: &DataTable) -> String {
        // Very old comments have no type.
        let only = table.only.filter(|_| table.name != "Action");
        let kinds = only.and_then(|(attribute, values)| {
            let values: Vec<String> = values.iter().map(|own| format!("'{own}'")).collect();
            Some(format!(" AND {} IN ({})", (self.column)(attribute)?, values.join(", ")))
        });
        kinds.unwrap_or_default()
    }
}
