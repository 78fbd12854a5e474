//! What changes of rows would do, seen as objects: for a saved plan and for the way back.
//!
//! Pure. Invariant: changes that do not fit the rows are never shown as if they did; the objects that were changed since are
//! named instead.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Work;
use super::mended::{Mended, Righted, arisen};
use super::renamed::Renamed;
use crate::entity::{EntityId, Row, RowChange, Standing, Tables};
use crate::mapping::{self, Migration};
use crate::model::{Note, Snapshot};
use crate::plan::{Description, Difference, Plan, moved_by_rows};

/// What changes of rows would do.
#[derive(Debug)]
pub struct Preview {
    /// The objects that would change, in words.
    pub plan: Description,
    /// Those of them that would not go, and the settings, in the same order.
    pub steps: Plan,
    /// The configuration as it would be.
    pub after: Snapshot,
    /// What would lead to nothing that does not now.
    pub broken: Vec<Note>,
    /// What leads to nothing now and would not any more.
    pub mended: Mended,
    /// The work that does it.
    pub work: Work,
    /// The instance as it would be if objects only got other names; nothing if none does.
    pub(super) renamed: Option<Renamed>,
}

/// Why changes of rows do not fit any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The objects that are not as the changes expect them, in words.
    pub objects: Vec<String>,
    /// The rows, where no object shows the difference.
    pub rows: Vec<String>,
}

/// Returns what changes would do to an instance; all but these projects count as other projects.
pub fn preview(
    tables: &Tables,
    now: &Snapshot,
    changes: &[RowChange],
    projects: &[String],
) -> Result<Preview, Conflict> {
    let all = changes;
    let issues = moved_by_rows(tables, changes);
    // Rows of issues are not in memory: whoever changes them looks at them.
    let changes: &[RowChange] =
        &changes.iter().filter(|own| !own.entity().entity().of_issues).cloned().collect::<Vec<_>>();
    let corrections = corrections(tables, changes);
    if !corrections.is_empty() {
        return Err(conflict(tables, now, &corrections));
    }
    let mut changed = tables.clone();
    if let Err(row) = changed.apply(changes) {
        return Err(Conflict { objects: Vec::new(), rows: vec![title(&row)] });
    }
    let after = mapping::read(&changed);
    let renamed = Renamed::by_rows(tables, &changed, changes);
    let nothing = Migration { status: &|_, _, _| None, issue_type: &|_, _| None };
    let righted = mapping::moves(tables, &changed, nothing).righted;
    let mut preview = Preview::of(now, after, (renamed, righted), projects, Work::Rows(all.to_vec()));
    preview.plan.counts.issues = issues.iter().map(|own| own.issues).sum();
    preview.plan.issues = issues;
    Ok(preview)
}

impl Preview {
    /// Returns what work does that leads from one configuration to another, in a place that is not made of rows.
    pub fn between(now: &Snapshot, after: Snapshot, projects: &[String], work: Work) -> Self {
        Self::renaming(now, after, None, projects, work)
    }

    /// The same of work that also gives objects other names: the place as it would be if it did nothing else.
    pub fn renaming(
        now: &Snapshot,
        after: Snapshot,
        renamed: Option<Renamed>,
        projects: &[String],
        work: Work,
    ) -> Self {
        Self::of(now, after, (renamed, Vec::new()), projects, work)
    }

    fn of(
        now: &Snapshot,
        after: Snapshot,
        (renamed, righted): (Option<Renamed>, Vec<(Standing, u64)>),
        projects: &[String],
        work: Work,
    ) -> Self {
        let (broken, mended) = (arisen(now, &after), Mended::between(now, &after).with(Righted(righted)));
        // What has another name is compared under the new one.
        let from = renamed.as_ref().map_or(now, |own| &own.snapshot);
        let mut difference = Difference::new(from, &after, projects.iter().cloned().collect());
        if let Some(renamed) = &renamed {
            renamed.tell(&mut difference.plan, now);
        }
        difference.plan.irrevocable = work.irrevocable();
        let plan = difference.describe();
        Self { plan, steps: difference.plan, broken, mended, work, after, renamed }
    }
}

/// Names the objects that differ between what is there and what the changes expect.
fn conflict(tables: &Tables, now: &Snapshot, corrections: &[RowChange]) -> Conflict {
    let mut expected = tables.clone();
    let rows = || corrections.iter().map(title).collect();
    if expected.apply(corrections).is_err() {
        return Conflict { objects: Vec::new(), rows: rows() };
    }
    let steps = Difference::new(&mapping::read(&expected), now, BTreeSet::new()).describe().steps;
    let objects: Vec<String> =
        steps.iter().map(|step| format!("{} `{}`", step.in_words(), step.name)).collect();
    let rows = if objects.is_empty() { rows() } else { Vec::new() };
    Conflict { objects, rows }
}

/// Returns what would have to be done for the changes to fit; nothing if they do.
fn corrections(tables: &Tables, changes: &[RowChange]) -> Vec<RowChange> {
    let mut by_entity: BTreeMap<EntityId, Vec<&RowChange>> = BTreeMap::new();
    for change in changes {
        by_entity.entry(change.entity()).or_default().push(change);
    }
    let mut corrections = Vec::new();
    for (entity, changes) in by_entity {
        let rows = tables.rows(entity.entity().name);
        let by_id: HashMap<&str, &Row> =
            rows.iter().filter(|row| !key(row).is_empty()).map(|row| (key(row), row)).collect();
        let without_id: BTreeSet<&Row> = rows.iter().filter(|row| key(row).is_empty()).collect();
        for change in changes {
            let wanted = change.before.as_ref();
            let Some(row) = wanted.or(change.after.as_ref()) else { continue };
            let is = match key(row) {
                "" => wanted.filter(|wanted| without_id.contains(wanted)),
                id => by_id.get(id).copied(),
            };
            if is != wanted {
                corrections.push(RowChange { before: is.cloned(), after: wanted.cloned() });
            }
        }
    }
    corrections
}

/// Jira's own table of the ids that it has given out.
const SEQUENCES: &str = "SequenceValueItem";

/// Returns what tells a row from all others of its table; the empty text if only all of it does.
pub(super) fn key(row: &Row) -> &str {
    match row.entity().entity().name {
        SEQUENCES => row.get("seqName").unwrap_or(""),
        _ => row.id(),
    }
}

/// Returns what messages call the row of a change.
fn title(change: &RowChange) -> String {
    let row = change.before.as_ref().or(change.after.as_ref());
    let name = change.entity().entity().name;
    match row.map(|row| (key(row), row.values().flatten().next())) {
        Some((key, _)) if name == SEQUENCES => format!("the id of the next {key}"),
        Some(("", Some(first))) => format!("{name} {first}"),
        Some((key, _)) => format!("{name} {key}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ObjectAction;

    fn status(id: &str, name: &str) -> Row {
        let mut row = Row::new(EntityId::named("Status"));
        row.put("id", Some(id));
        row.put("name", Some(name));
        row.put("statuscategory", Some("2"));
        row
    }

    fn instance(rows: &[Row]) -> (Tables, Snapshot) {
        let mut tables = Tables::default();
        rows.iter().for_each(|row| tables.push(row.entity(), row.clone()));
        let snapshot = mapping::read(&tables);
        (tables, snapshot)
    }

    fn change(before: Option<Row>, after: Option<Row>) -> RowChange {
        RowChange { before, after }
    }

    #[test]
    fn what_goes_and_comes_is_shown() {
        let (tables, now) = instance(&[status("1", "Open"), status("2", "Done")]);
        let changes = [change(Some(status("2", "Done")), None), change(None, Some(status("3", "Review")))];
        let plan = preview(&tables, &now, &changes, &[]).unwrap().plan;
        let shown: Vec<_> = plan.steps.iter().map(|step| (step.action, step.name.as_str())).collect();
        assert_eq!(shown, [(ObjectAction::Create, "Review"), (ObjectAction::Remove, "Done")]);
        assert_eq!((plan.counts.create, plan.counts.delete), (1, 1));
    }

    #[test]
    fn a_row_that_was_changed_since_names_its_object() {
        let (tables, now) = instance(&[status("1", "Opened")]);
        let changes = [change(Some(status("1", "Open")), None)];
        let conflict = preview(&tables, &now, &changes, &[]).unwrap_err();
        assert_eq!(conflict.objects, ["status `Opened`", "status `Open`"]);
        let changes = [change(None, Some(status("1", "Closed")))];
        let conflict = preview(&tables, &now, &changes, &[]).unwrap_err();
        assert_eq!(conflict.objects, ["status `Opened`"], "its id is taken");
    }
}
