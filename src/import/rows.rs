//! A place that is made of Jira's own tables.
//!
//! Pure. Invariant: the rows of a rehearsal start from the very rows that were read, and what would be there afterwards is read
//! from them, not taken from the steps.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::place::{Place, Rehearsal, Retraced, Work};
use super::preview::{Conflict, Preview, preview};
use super::renamed::{Halfway, Renamed};
use super::{Phase, Righted, Tell, moves};
use crate::entity::{Lacking, Move, RowChange, Tables};
use crate::mapping::{self, Migration, Unwritable, Writer};
use crate::model::{Element, Identity, Snapshot};
use crate::plan::{Action, Step};

impl Place for Tables {
    fn rehearse(&self, steps: &[&Step], migration: Migration<'_>, tell: Tell<'_>) -> Rehearsal {
        rehearsed((self, self), steps, migration, tell)
    }

    fn preview(&self, now: &Snapshot, work: &Work, projects: &[String]) -> Result<Preview, Conflict> {
        preview(self, now, work.rows(), projects)
    }

    fn retrace(&self, told: &[&Step], preview: &Preview, moves: &[Move]) -> Retraced {
        let others = told.iter().copied().filter(|step| !step.is_only_renamed());
        let told_names: HashSet<&Identity> = told.iter().map(|own| &own.identity).collect();
        let renamed = preview.renamed.as_ref();
        let renamed = renamed.and_then(|own| own.only(self, |name| told_names.contains(name)));
        let before = renamed.as_ref().map_or(self, |own| &own.tables);
        let (mut rows, _, _) = written(before, others);
        if let Some(renamed) = &renamed {
            rows = renamed.whole(rows);
        }
        let moved = moves::counted_otherwise(self, preview.work.rows(), moves);
        Retraced { work: Work::Rows(rows), moved }
    }

    fn left_behind(&self, work: &Work, righted: &Righted) -> (Vec<Move>, Vec<String>) {
        moves::left_behind(self, work.rows(), &righted.0)
    }

    fn unmoved(&self, moves: &[Move]) -> Vec<String> {
        mapping::unmoved(self, moves)
    }

    fn called(&self, names: Vec<(Identity, Identity)>) -> Option<Renamed> {
        Renamed::of(self, names)
    }

    fn halfway<'p>(&'p self, renamed: &'p Renamed) -> Option<Box<dyn Place + 'p>> {
        Some(Halfway::boxed(renamed, self))
    }

    fn rows(&self) -> Option<&Tables> {
        Some(self)
    }
}

/// Works out what carrying out steps would do to rows; issues stand where the others have them, which are the same but for names.
pub fn rehearsed(
    (tables, issues): (&Tables, &Tables),
    steps: &[&Step],
    migration: Migration<'_>,
    tell: Tell<'_>,
) -> Rehearsal {
    tell(Phase::Writing);
    let (changes, unwritable, lost) = written(tables, steps.iter().copied());
    tell(Phase::Proving);
    let mut changed = tables.clone();
    changed.apply(&changes).expect("the writer starts from these very rows");
    let name = |(entity, number): &Lacking| {
        let entity = entity.entity();
        format!("{}.{}", entity.table, entity.attributes[*number].column)
    };
    Rehearsal {
        after: mapping::read(&changed),
        work: Work::Rows(changes),
        unwritable,
        lost: lost.iter().map(name).collect(),
        issues: mapping::moves(issues, &changed, migration),
        losses: BTreeMap::new(),
    }
}

/// Carries steps out: returns the rows to change, what cannot be written, and the columns that the instance lacks for it.
pub(super) fn written<'p>(
    tables: &Tables,
    steps: impl IntoIterator<Item = &'p Step>,
) -> (Vec<RowChange>, Vec<Unwritable>, BTreeSet<Lacking>) {
    let is_setting = |step: &&Step| matches!(step.action, Action::Setting { .. });
    let (settings, objects): (Vec<&Step>, Vec<&Step>) = steps.into_iter().partition(is_setting);
    let elements =
        |steps: Vec<&'p Step>| steps.into_iter().map(|step| &step.object).collect::<Vec<&Element>>();
    let mut writer = Writer::new(tables);
    writer.write(&elements(objects));
    writer.write_settings(&elements(settings));
    let (changes, unwritable) = writer.finish();
    let mut lost = BTreeSet::new();
    let changes =
        changes.into_iter().filter_map(|change| change.without(&tables.lacking, &mut lost)).collect();
    (changes, unwritable, lost)
}
