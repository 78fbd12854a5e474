//! An import, from the file to the rows to write: planned, carried out in memory, and proved before anything is touched.
//!
//! Pure. Invariant: the changed rows of an [`Import`] lead to a target for which the same file plans nothing more; where that
//! cannot be reached, `leftover` says what would remain, and nobody may apply it.

mod preview;
mod saved;

use std::collections::BTreeSet;

use crate::entity::{Lacking, RowChange, Tables};
use crate::mapping;
use crate::mapping::write::{Unwritable, Writer};
use crate::model::{Config, Snapshot};
use crate::plan::{Facts, Options, Plan, plan};

pub use preview::{Conflict, Preview, preview};
pub use saved::{File, SavedError, SavedPlan, Target, sha256};

/// A prepared import.
#[derive(Debug)]
pub struct Import {
    /// What will be done.
    pub plan: Plan,
    /// The rows to change.
    pub changes: Vec<RowChange>,
    /// What the plan wants and the rows of this instance cannot hold.
    pub unwritable: Vec<Unwritable>,
    /// The columns that this instance lacks and that were to get a value. It is left out of `changes`: if it says no more than
    /// nothing does, `leftover` is empty all the same.
    pub lost: BTreeSet<Lacking>,
    /// What a second import would still do; empty for an import that may be applied.
    pub leftover: Plan,
}

/// Prepares the import of a file into an instance.
pub fn prepare(
    tables: &Tables,
    target: &Snapshot,
    facts: &Facts,
    file: &Config,
    options: &Options,
) -> Import {
    let plan = plan(target, facts, file, options);
    let mut writer = Writer::new(tables);
    writer.write(&plan.objects());
    writer.write_settings(&plan.settings());
    let (changes, unwritable) = writer.finish();
    let mut lost = BTreeSet::new();
    let changes: Vec<RowChange> =
        changes.into_iter().filter_map(|change| change.without(&tables.lacking, &mut lost)).collect();
    let mut changed = tables.clone();
    changed.apply(&changes).expect("the writer starts from these very rows");
    let leftover = crate::plan::plan(&mapping::read(&changed), facts, file, options);
    Import { plan, changes, unwritable, lost, leftover }
}
