//! What an import asks of the place that it changes: what would come of it, worked out in memory. Nothing is sent that changes anything.
//!
//! Pure. Invariant: whoever plans knows neither rows nor requests; what a place would do is its own ([`Work`]), and what would
//! be there afterwards is objects, as before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::moves::{as_told, moved_otherwise};
use super::preview::{Conflict, Preview};
use super::renamed::Renamed;
use super::streamed::Streamed;
use super::{Righted, Tell};
use crate::entity::{Move, RowChange, Tables};
use crate::mapping::{Migration, Moving, Unwritable};
use crate::model::{Identity, Snapshot};
use crate::plan::Step;

/// A place that can say what carrying out a plan would do to it, as it was read.
pub trait Place: fmt::Debug + Send + Sync {
    /// Works out what carrying out steps would do.
    fn rehearse(&self, steps: &[&Step], migration: Migration<'_>, tell: Tell<'_>) -> Rehearsal;

    /// Works out what work would do that was worked out before: a saved plan, or the way back. All but these projects count as
    /// other projects.
    fn preview(&self, now: &Snapshot, work: &Work, projects: &[String]) -> Result<Preview, Conflict>;

    /// Works out once more what those steps of a preview come to that somebody has told, and whether the issues of a plan would move
    /// as they were counted: a saved plan is true if this is the work that it holds. So what a place makes of a step may depend on
    /// nothing but what is there and what the object is to be.
    fn retrace(&self, told: &[&Step], preview: &Preview, moves: &[Move]) -> Retraced {
        let others: Vec<&Step> = told.iter().copied().filter(|step| !step.is_only_renamed()).collect();
        let is_told = |new: &Identity| told.iter().any(|step| step.identity == *new);
        let names = preview.renamed.iter().flat_map(|own| &own.names);
        let renamed = self.called(names.filter(|(_, new)| is_told(new)).cloned().collect());
        let halfway = renamed.as_ref().and_then(|own| self.halfway(own));
        let rehearsed = as_told(moves, |migration| match &halfway {
            Some(halfway) => halfway.rehearse(&others, migration, &|_| ()),
            None => self.rehearse(&others, migration, &|_| ()),
        });
        let Rehearsal { work, issues, .. } = rehearsed;
        let is_moved = |own: &&Move| !issues.moves.contains(own);
        Retraced { work, moved: moved_otherwise(moves.iter().filter(is_moved)) }
    }

    /// Returns the issues that the way back would leave behind, because they came after what is taken back; and in words those
    /// that could not go anywhere. Those that stood as `righted` before what is taken back came before it.
    fn left_behind(&self, _: &Work, _righted: &Righted) -> (Vec<Move>, Vec<String>) {
        (Vec::new(), Vec::new())
    }

    /// Returns in words the issues that do not stand where they were to move.
    fn unmoved(&self, _: &[Move]) -> Vec<String> {
        Vec::new()
    }

    /// Returns the place as it would show itself if objects had other names (old and new identities) and nothing else were otherwise;
    /// nothing if it gives objects no other names.
    fn called(&self, _names: Vec<(Identity, Identity)>) -> Option<Renamed> {
        None
    }

    /// Returns the same place for working out what is done while objects get these names: steps start from the new names. Beside the
    /// steps that it is given, it gives the names, too, and says which it cannot give.
    fn halfway<'p>(&'p self, _renamed: &'p Renamed) -> Option<Box<dyn Place + 'p>> {
        None
    }

    /// Returns the rows that the place is made of, if it is made of rows.
    fn rows(&self) -> Option<&Tables> {
        None
    }
}

/// What carrying out steps would do.
#[derive(Debug)]
pub struct Rehearsal {
    /// What is to be done.
    pub work: Work,
    /// The configuration as it would be, with what the place does not show.
    pub after: Snapshot,
    /// What the place has no room for.
    pub unwritable: Vec<Unwritable>,
    /// What would get a value and has no place there, by the names that the place has for it; `work` leaves it out.
    pub lost: BTreeSet<String>,
    /// What would become of issues.
    pub issues: Moving,
    /// Objects that would not be what they are to be, because the place has no word for something: what is lost, in words. `after` has
    /// them as they would be.
    pub losses: BTreeMap<Identity, Vec<String>>,
}

/// What told steps come to.
#[derive(Debug)]
pub struct Retraced {
    /// What is to be done for them.
    pub work: Work,
    /// The issues that would move otherwise than they were counted, in words.
    pub moved: Vec<String>,
}

/// What is to be done in a place: what a plan comes to, and what a journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Rows to change, all of them or none.
    Rows(Vec<RowChange>),
    /// Calls to make, one after the other.
    Calls(Vec<Call>),
    /// Rows that are too many for memory: only what tells them from others.
    Streamed(Streamed),
}

/// One call. What it says is for the place alone, which has made it and makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Call {
    /// What it is about, in words.
    pub about: String,
    /// What is sent.
    pub sends: Value,
    /// What is sent to take it back, or in an array several things one after the other; nothing if that cannot be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_back: Option<Value>,
}

impl Default for Work {
    fn default() -> Self {
        Self::Rows(Vec::new())
    }
}

impl Work {
    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Rows(rows) => rows.is_empty(),
            Self::Calls(calls) => calls.is_empty(),
            Self::Streamed(streamed) => streamed.rows() == 0,
        }
    }

    /// Returns what it is made of, for messages.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Rows(_) => "rows",
            Self::Calls(_) => "calls",
            Self::Streamed(_) => "streamed rows",
        }
    }

    /// Returns how much there is to do: how many rows, or how many calls.
    pub fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Calls(calls) => calls.len(),
            Self::Streamed(streamed) => usize::try_from(streamed.rows()).unwrap_or(usize::MAX),
        }
    }

    /// Returns the rows to change, which are none where calls are to be made.
    pub fn rows(&self) -> &[RowChange] {
        match self {
            Self::Rows(rows) => rows,
            Self::Calls(_) | Self::Streamed(_) => &[],
        }
    }

    /// Returns the calls to make, which are none where rows are to be changed.
    pub fn calls(&self) -> &[Call] {
        match self {
            Self::Rows(_) | Self::Streamed(_) => &[],
            Self::Calls(calls) => calls,
        }
    }
}
