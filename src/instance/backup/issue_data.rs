//! The issues of a backup, read with all that belongs to them: comments, worklogs, history, links, attachments.
//!
//! Invariant: rows come in the order of the file, in which comments stand before the issues that they belong to; nothing is kept.

use super::Backup;
use super::prove::Rows;
use super::raw::{RawRow, Wanted};
use super::scan;
use crate::entity::{DataRow, DataTable, Route};
use crate::instance::{Chosen, Instance as _, IssueData, Keeps, Pass, Progress, ReadError, Reading, Scope};

impl IssueData for Backup {
    fn begin(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        self.read(scope, progress)
    }

    fn rows(
        &mut self,
        pass: Pass,
        _: &Chosen,
        (progress, keeps): (Progress<'_>, Keeps<'_>),
        each: &mut dyn FnMut(&DataRow) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let rows = |name: &str| match DataTable::find(name).filter(|table| pass.reads(table)) {
            None => Rows::None,
            Some(_) if pass == Pass::Ids => Rows::All,
            Some(table) => Rows::Some(Box::new(move |attributes| is_kept(table, attributes, keeps))),
        };
        // What the first pass needs of any table: it is asked for each of many millions of values.
        let attribute = |_: &str, name: &[u8]| {
            pass == Pass::Content
                || [&b"id"[..], b"issue", b"key", b"number", b"project", b"type"].contains(&name)
        };
        let wanted = Wanted { rows: &rows, attribute: &attribute };
        self.data_rows(progress, wanted, each)
    }

    fn end(&mut self) -> Result<(), ReadError> {
        Ok(())
    }
}

impl Backup {
    /// Calls `each` with the wanted rows of tables with issue data.
    pub(super) fn data_rows(
        &self,
        progress: Progress<'_>,
        wanted: Wanted<'_>,
        each: &mut dyn FnMut(&DataRow) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let mut current: Option<(String, Option<DataRow>)> = None;
        let mut attributes: Vec<(String, Option<usize>)> = Vec::new();
        let told = self.rows_of(progress, wanted, &mut |raw: &RawRow<'_>| {
            if current.as_ref().is_none_or(|(name, _)| name != raw.table) {
                let table =
                    DataTable::find(raw.table).filter(|_| !matches!((wanted.rows)(raw.table), Rows::None));
                current = Some((raw.table.to_owned(), table.map(DataRow::new)));
                attributes.clear();
            }
            let Some((_, Some(row))) = &mut current else { return Ok(()) };
            row.clear();
            let mut next = 0;
            for (name, value) in raw.values() {
                // Attributes come in the same order in every row, though not all of them.
                let found = attributes[next..].iter().position(|(own, _)| own == name);
                let at =
                    found.map(|at| at + next).or_else(|| attributes.iter().position(|(own, _)| own == name));
                let at = at.unwrap_or_else(|| {
                    attributes.push((name.to_owned(), row.table().attribute(name)));
                    attributes.len() - 1
                });
                next = at + 1;
                if let Some(number) = attributes[at].1 {
                    row.set_at(number, Some(value));
                }
            }
            each(row)
        });
        told.map(drop)
    }
}

/// Returns whether a row belongs to an issue that is kept, by the numbers that lead there; one that does not tell them is.
fn is_kept(table: &DataTable, attributes: &[u8], keeps: Keeps<'_>) -> bool {
    let ways: [&str; 2] = match table.route {
        Route::Itself => ["id", ""],
        Route::Issue(way) | Route::Through(way, _) => [way, ""],
        Route::Ends(one, other) => [one, other],
        Route::Property(_) | Route::Nowhere | Route::State => return true,
    };
    let mut is_told = false;
    for (name, value) in scan::attributes(attributes) {
        if !ways.iter().any(|way| way.as_bytes() == name) {
            continue;
        }
        match std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()) {
            Some(id) if !keeps(table, id) => is_told = true,
            _ => return true,
        }
    }
    !is_told
}
