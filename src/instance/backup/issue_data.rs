//! The issues of a backup.
//!
//! Invariant: rows come in the order of the file, in which comments stand before the issues that they belong to; nothing is kept.

use super::Backup;
use super::raw::RawRow;
use crate::entity::{DataRow, DataTable};
use crate::instance::{Chosen, Instance as _, IssueData, Pass, Progress, ReadError, Reading, Scope};

impl IssueData for Backup {
    fn begin(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        self.read(scope, progress)
    }

    fn rows(
        &mut self,
        pass: Pass,
        _: &Chosen,
        progress: Progress<'_>,
        each: &mut dyn FnMut(&DataRow) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let mut current: Option<(String, Option<DataRow>)> = None;
        let mut attributes: Vec<(String, Option<usize>)> = Vec::new();
        let wanted = |name: &str| DataTable::find(name).is_some_and(|table| pass.reads(table));
        let told = self.rows_of(progress, &wanted, &mut |raw: &RawRow<'_>| {
            if current.as_ref().is_none_or(|(name, _)| name != raw.table) {
                let table = DataTable::find(raw.table).filter(|table| pass.reads(table));
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

    fn end(&mut self) -> Result<(), ReadError> {
        Ok(())
    }
}
