//! What a place has to offer so that its issues can be read: its rows, in passes.
//!
//! Invariant: all that is read between [`IssueData::begin`] and [`IssueData::end`] is one state of the place, or reading fails.

use crate::entity::{DataRow, DataTable, Route};
use crate::instance::{Instance, Progress, ReadError, Reading, Scope};

/// What a pass over the rows is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// The ids: which issues there are, and which comments, worklogs and entries of the history they have.
    Ids,
    /// All that belongs to the issues of some projects.
    Content,
}

impl Pass {
    /// Returns whether the rows of a table are read.
    pub(in crate::instance) fn reads(self, table: &DataTable) -> bool {
        let is_content = self == Self::Content && table.route != Route::State;
        is_content || matches!(table.name, "Action" | "ChangeGroup" | "Issue" | "Worklog")
    }

    /// Returns whether an attribute of a table is read.
    pub(in crate::instance) fn needs(self, table: &DataTable, attribute: &str) -> bool {
        let leads = |own: &str| match table.route {
            Route::Itself => matches!(own, "project" | "number" | "key"),
            Route::Issue(way) => own == way,
            _ => false,
        };
        let is_kind = |own: &str| table.only.is_some_and(|(kind, _)| kind == own);
        self == Self::Content || attribute == "id" || leads(attribute) || is_kind(attribute)
    }
}

/// Which issues are read.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// The ids of their projects.
    pub projects: Vec<String>,
    /// The number of the only one; nothing if all are meant.
    pub number: Option<u32>,
}

/// Says whether rows of a table are kept that lead on by a number; a place may tell others as well.
pub type Keeps<'a> = &'a (dyn Fn(&DataTable, u64) -> bool + Sync);

/// A place whose issues can be read.
pub trait IssueData: Instance {
    /// Reads the configuration, and begins to look at one state of everything.
    fn begin(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError>;

    /// Calls `each` with the rows of a pass, in any order: at least those that belong to the chosen issues, and in the first pass
    /// all issues.
    fn rows(
        &mut self,
        pass: Pass,
        chosen: &Chosen,
        told: (Progress<'_>, Keeps<'_>),
        each: &mut dyn FnMut(&DataRow) -> Result<(), ReadError>,
    ) -> Result<(), ReadError>;

    /// Looks no longer at that state; an error if what was read is more than one.
    fn end(&mut self) -> Result<(), ReadError>;
}
