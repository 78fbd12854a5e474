//! What a place has to offer so that issues can be written into it.
//!
//! Invariant: all rows of a run are there, with the run in the journal, or none; they are what was counted when they were planned; and the
//! way back takes away these rows and no others, or nothing.

use super::source::IssueData;
use crate::attachments::Place;
use crate::data::{NextIds, RankLine, Room};
use crate::entity::{DataRow, DataTable};
use crate::import::{Extent, RunId, Streamed, Tally};
use crate::instance::{ReadError, Run, Writable, WriteError};

/// What new rows come after.
#[derive(Debug, Default)]
pub struct Ground {
    /// The ids that are free.
    pub ids: NextIds,
    /// The end of the line of ranks.
    pub ranks: RankLine,
    /// Whether issues have their keys in their rows.
    pub has_keys: bool,
    /// What the tables can hold.
    pub room: Room,
}

/// Takes a row.
pub type Take<'a> = &'a mut dyn FnMut(&DataRow) -> Result<(), WriteError>;

/// What is to be written.
pub struct Filling<'a> {
    /// What was counted when it was planned.
    pub planned: &'a Streamed,
    /// The ids that are free afterwards.
    pub next: &'a NextIds,
    /// The number of the last issue of projects, by their ids.
    pub counters: &'a [(String, u64)],
    /// The files of attachments that belong to the rows, and their hashes.
    pub files: &'a [(Place, String)],
    /// The name of the time zone in which their times are told.
    pub zone: &'a str,
    /// Makes the rows once more.
    pub fill: &'a mut dyn FnMut(Take<'_>) -> Result<(), WriteError>,
}

/// A place that new issues can be planned for.
pub trait IssueGround: IssueData {
    /// Returns what new rows come after, of the state that is being read since [`IssueData::begin`].
    fn ground(&mut self) -> Result<Ground, ReadError>;
}

/// A place that issues can be written into.
pub trait IssueSink: IssueGround + Writable {
    /// Writes rows, as a run of the journal. Rows that are others than were counted are an error, and then nothing is written; and so
    /// is a place that is not as it was when they were planned.
    fn write_issues(&mut self, run: &Run, filling: Filling<'_>) -> Result<RunId, WriteError>;

    /// Returns the files of attachments that belong to the rows of a run, and their hashes.
    fn files(&mut self, run: RunId) -> Result<Vec<(Place, String)>, WriteError>;

    /// Takes the rows of a run away, as another run. That one of them is not as it was, or that something else belongs to an issue of
    /// them, is an error, and then nothing is taken away.
    fn take_issues_away(&mut self, undone: RunId, run: &Run) -> Result<RunId, WriteError>;
}

/// Counts rows table by table, as they come.
#[derive(Default)]
pub struct Tallies(Vec<(&'static str, Tally)>);

impl Tallies {
    /// Counts a row.
    pub fn add(&mut self, row: &DataRow) {
        self.add_as(row.table(), number(row), row.values());
    }

    /// Counts a row of that number that is spelled in this way.
    pub(in crate::instance) fn add_as<'v>(
        &mut self,
        table: &'static DataTable,
        number: u64,
        values: impl IntoIterator<Item = Option<&'v str>>,
    ) {
        let table = table.name;
        let at = match self.0.iter().position(|(own, _)| *own == table) {
            Some(at) => at,
            None => {
                self.0.push((table, Tally::new(table)));
                self.0.len() - 1
            }
        };
        self.0[at].1.add(number, values);
    }

    /// Returns what was counted, by table.
    pub fn finish(self, removes: bool) -> Streamed {
        let mut parts: Vec<Extent> = self.0.into_iter().map(|(_, tally)| tally.finish()).collect();
        parts.sort_by(|one, other| one.name.cmp(&other.name));
        Streamed { removes, parts }
    }
}

/// Returns the number by which a row is found: its id, or that of the issue that it belongs to.
pub(in crate::instance) fn number(row: &DataRow) -> u64 {
    row.id(numbered_by(row.table().name)).unwrap_or(0)
}

/// Returns the attribute by which the rows of a table are found.
pub(in crate::instance) fn numbered_by(table: &str) -> &'static str {
    match table {
        "NodeAssociation" => "sourceNodeId",
        "UserAssociation" => "sinkNodeId",
        "AO_60DB71_LEXORANK" | "AO_60DB71_SPRINT" => "ID",
        _ => "id",
    }
}
