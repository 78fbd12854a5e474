//! The issues of projects: from rows to elements and back, without ids.
//!
//! Pure. Invariant: what an element of issue data says is names, numbers of issues and points in time; an id of the place that it comes
//! from stands only where it is marked as raw. What cannot be told so is counted in [`Notes`], never dropped in silence.

mod bind;
mod history;
mod index;
mod issue;
mod issue_rows;
mod json;
mod meanings;
mod named;
mod notes;
mod rank_line;
mod room;
mod sprints;
mod stand_in;
mod target;
mod values;
mod write;
mod write_values;
mod zone;

pub use bind::{bound, issues, ranks, sprints};
pub use history::History;
pub use index::{Issues, Stand};
pub use issue::IssueReader;
pub use json::json;
pub use meanings::Meanings;
pub use named::{Named, count};
pub use notes::Notes;
pub use rank_line::{NoRank, RankLine};
pub use room::{Room, Space};
pub use sprints::{Ranks, Sprints};
pub use stand_in::StandIn;
pub use target::{Keys, Target};
#[cfg(feature = "sync")]
pub(crate) use values::{Holds, holds, whole};
pub use write::{IssueWriter, NextIds, People};
pub use write_values::sprint_name;
pub use zone::{NoZone, Zone, milliseconds, of_milliseconds};
