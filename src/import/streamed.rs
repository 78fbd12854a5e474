//! Work that is too large for memory, such as the issues of a project: it is never held, but read where it comes from, once to plan it and
//! once to do it.
//!
//! Pure. Invariant: what was done is what was planned if every part of it has the same number of rows, the same range of ids and the
//! same hash; so two readings of one source are compared without keeping either.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Rows that are added, or taken away again, part by part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Streamed {
    /// Whether they are taken away.
    pub removes: bool,
    /// The parts, in the order in which they are written.
    pub parts: Vec<Extent>,
}

/// A part of streamed work: the rows of one table, say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "RowsOfTable"))]
#[serde(deny_unknown_fields)]
pub struct Extent {
    /// What it is called.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// The least and the greatest id; nothing if it has no rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<(u64, u64)>,
    /// A SHA-256 of all rows, in their order.
    pub sha256: String,
}

/// Counts the rows of a part as they come by, in memory that does not grow with them.
#[derive(Debug)]
pub struct Tally {
    name: String,
    rows: u64,
    ids: Option<(u64, u64)>,
    hash: Sha256,
}

impl Tally {
    /// Begins to count.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), rows: 0, ids: None, hash: Sha256::new() }
    }

    /// Counts a row, which is what these values say in this order; NULL is another value than the empty text.
    pub fn add<'v>(&mut self, id: u64, values: impl IntoIterator<Item = Option<&'v str>>) {
        self.rows += 1;
        let (least, greatest) = self.ids.unwrap_or((id, id));
        self.ids = Some((least.min(id), greatest.max(id)));
        self.hash.update(id.to_le_bytes());
        for value in values {
            match value {
                Some(value) => {
                    self.hash.update([1]);
                    self.hash.update((value.len() as u64).to_le_bytes());
                    self.hash.update(value);
                }
                None => self.hash.update([0]),
            }
        }
        // Where a row ends.
        self.hash.update([2]);
    }

    /// Returns what was counted.
    pub fn finish(self) -> Extent {
        let sha256 = self.hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        Extent { name: self.name, rows: self.rows, ids: self.ids, sha256 }
    }
}

impl Streamed {
    /// Returns how many rows there are.
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// Returns the work that takes it back: the very rows go that came, or come that went.
    #[must_use]
    pub fn back(&self) -> Self {
        Self { removes: !self.removes, parts: self.parts.iter().rev().cloned().collect() }
    }

    /// Says in words how what was counted differs from what this is; nothing if it is the same.
    pub fn differs(&self, counted: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let of = |all: &Self, name: &str| all.parts.iter().find(|own| own.name == name).cloned();
        for own in &self.parts {
            let range = |ids: Option<(u64, u64)>| {
                ids.map_or("none".to_owned(), |(from, to)| format!("{from} to {to}"))
            };
            let said = match of(counted, &own.name) {
                None => "it is not there".to_owned(),
                Some(other) if other.rows != own.rows => format!("{} rows, not {}", other.rows, own.rows),
                Some(other) if other.ids != own.ids => {
                    format!("ids {}, not {}", range(other.ids), range(own.ids))
                }
                Some(other) if other.sha256 != own.sha256 => "its rows say something else".to_owned(),
                Some(_) => continue,
            };
            differences.push(format!("{}: {said}", own.name));
        }
        let is_new = |own: &&Extent| of(self, &own.name).is_none();
        differences.extend(
            counted.parts.iter().filter(is_new).map(|own| format!("{}: it is not planned", own.name)),
        );
        if self.removes != counted.removes {
            differences.push("rows are to come that were to go, or the other way round".to_owned());
        }
        differences
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Proved, Work};
    use super::*;
    use crate::plan::Plan;

    type Row<'r> = (u64, &'r [Option<&'r str>]);

    fn counted(rows: &[Row<'_>]) -> Streamed {
        let mut tally = Tally::new("Issue");
        rows.iter().for_each(|(id, values)| tally.add(*id, values.iter().copied()));
        Streamed { removes: false, parts: vec![tally.finish()] }
    }

    /// Whatever differs between two readings of a source shows in one of the three.
    #[test]
    fn streamed_work_is_proved_by_counts_ranges_and_hashes() {
        let planned = counted(&[(7, &[Some("a"), None]), (9, &[Some("b"), Some("")])]);
        assert_eq!(planned.differs(&planned.clone()), [""; 0]);
        let cases: [(&[Row<'_>], &str); 5] = [
            (&[(7, &[Some("a"), None])], "Issue: 1 rows, not 2"),
            (&[(7, &[Some("a"), None]), (8, &[Some("b"), Some("")])], "Issue: ids 7 to 8, not 7 to 9"),
            (&[(7, &[Some("a"), None]), (9, &[Some("b"), None])], "Issue: its rows say something else"),
            (&[(7, &[Some("a")]), (9, &[None, Some("b"), Some("")])], "Issue: its rows say something else"),
            (&[(9, &[Some("b"), Some("")]), (7, &[Some("a"), None])], "Issue: its rows say something else"),
        ];
        for (rows, said) in cases {
            let counted = counted(rows);
            assert_eq!(planned.differs(&counted), [said]);
            let refused = Proved::streamed(Plan::default().describe(), planned.clone(), &counted);
            assert_eq!(refused.unwrap_err(), [said]);
        }
        let another = Streamed { parts: vec![Tally::new("Worklog").finish()], ..Streamed::default() };
        assert_eq!(planned.differs(&another), ["Issue: it is not there", "Worklog: it is not planned"]);

        let proved = Proved::streamed(Plan::default().describe(), planned.clone(), &planned).unwrap();
        let back = proved.work().back();
        assert_eq!((proved.work().len(), back.stays), (2, Vec::new()));
        let Work::Streamed(back) = back.work else { panic!("it goes back as it came") };
        assert!(back.removes && planned.differs(&back).len() == 1);
        assert_eq!(back.back(), planned);
    }
}
