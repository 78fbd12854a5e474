//! Whether a saved plan is true: its rows come to the steps that it tells, and its steps to these rows, no more and no less.
//!
//! Pure. A step is what the rows of an object do to it, and the rows are what the writer makes of the objects: either way
//! has only one answer, so whatever somebody has added to the rows or to the words shows. Invariant: nothing in a [`Proved`]
//! was taken from the words of the file but warnings.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::moves::counted_otherwise;
use super::preview::{Conflict, Preview, key, preview};
use super::rows::written;
use super::saved::SavedPlan;
use super::{Place, Proved, Work};
use crate::entity::{Row, RowChange};
use crate::model::{Identity, Snapshot};
use crate::plan::{Step, describe_moves, in_words};

/// Why a saved plan must not be applied.
#[derive(Debug)]
pub enum Disproved {
    /// These objects are not as they were when it was made.
    Changed(Vec<String>),
    /// These rows are not as they were when it was made.
    Conflict(Conflict),
    /// It does not do what it tells; each cause in words.
    Untrue(Vec<String>),
}

impl SavedPlan {
    /// Proves that changes of rows, those of this plan, do what its steps say, and that its steps say all that they do.
    pub fn prove(
        &self,
        changes: &[RowChange],
        place: &dyn Place,
        now: &Snapshot,
    ) -> Result<Proved, Disproved> {
        let Some(tables) = place.rows() else {
            let cause = "it changes rows, and the instance is not made of rows";
            return Err(Disproved::Untrue(vec![cause.to_owned()]));
        };
        let changed = self.changed_since(now);
        if !changed.is_empty() {
            return Err(Disproved::Changed(changed));
        }
        let Preview { steps, plan: mut done, after, mended, renamed, .. } =
            preview(tables, now, changes, &self.projects).map_err(Disproved::Conflict)?;
        let mut told: HashMap<String, Vec<&Value>> = HashMap::new();
        for step in self.steps() {
            told.entry(essence(step.clone())).or_default().push(step);
        }
        let mut untold = Vec::new();
        let mut is_told = Vec::with_capacity(done.steps.len());
        for step in &mut done.steps {
            let value = serde_json::to_value(&*step).expect("steps have text keys only");
            let own = told.get_mut(&essence(value)).and_then(Vec::pop);
            is_told.push(own.is_some());
            match own {
                Some(own) => step.warnings = texts(&own["warnings"]),
                None => untold.push((step.in_words(), step.name.clone())),
            }
        }
        let told_steps = steps.steps.iter().zip(&is_told).filter(|(_, is_told)| **is_told);
        let (only_renamed, others): (Vec<&Step>, Vec<&Step>) =
            told_steps.map(|(step, _)| step).partition(|step| step.is_only_renamed());
        let told_names: HashSet<&Identity> =
            only_renamed.iter().chain(&others).map(|own| &own.identity).collect();
        let renamed = renamed.and_then(|own| own.only(tables, |name| told_names.contains(name)));
        let before = renamed.as_ref().map_or(tables, |own| &own.tables);
        let (mut rows, _, _) = written(before, others);
        if let Some(renamed) = &renamed {
            rows = renamed.whole(rows);
        }
        let mut causes = Vec::new();
        let moved = counted_otherwise(tables, changes, &self.moves);
        done.issues = describe_moves(&self.moves);
        done.counts.issues = self.moves.iter().map(|own| own.issues).sum();
        let issues = serde_json::to_value(&done.issues).expect("moves have text keys only");
        let told_issues = self.words().get("issues").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
        if issues != told_issues {
            causes.push("the plan tells of other issues than it moves".to_owned());
        }
        for (change, is_extra) in differing(changes, &rows) {
            causes.push(match is_extra {
                true => format!("the row {}: no step of the plan writes that", told_row(change)),
                false => format!(
                    "the row {}: a step of the plan writes that, and the rows lack it",
                    told_row(change)
                ),
            });
        }
        let mut undone: Vec<(String, String)> = told.into_values().flatten().map(named).collect();
        undone.sort();
        for own in &undone {
            let what = match untold.contains(own) {
                true => "the plan tells another change of it than its rows make",
                false => "the plan tells a change of it that no rows make",
            };
            causes.push(format!("{} `{}`: {what}", own.0, own.1));
        }
        for own in untold.iter().filter(|own| !undone.contains(own)) {
            causes.push(format!("{} `{}`: the rows change it, and the plan does not tell it", own.0, own.1));
        }
        let counts = serde_json::to_value(done.counts).expect("counts have text keys only");
        for name in ["create", "change", "rename", "remove", "delete", "touchedProjects"] {
            if counts[name] != self.words()["counts"][name] {
                causes.push(format!("the plan counts `{name}` otherwise than its rows do: {}", counts[name]));
            }
        }
        if serde_json::to_value(&self.projects).ok().as_ref() != self.words().get("projects") {
            causes.push("the plan names other projects than it was made for".to_owned());
        }
        for object in self.missed(&after) {
            causes.push(format!("{object}: the rows do not make it what the plan wants"));
        }
        if causes.is_empty() && !moved.is_empty() && self.is_sealed() {
            return Err(Disproved::Changed(moved));
        }
        causes.extend(moved.into_iter().map(|own| format!("{own}: they would not move as the plan says")));
        if causes.is_empty() && !self.is_sealed() {
            causes.push(
                "something else in it has been edited since it was saved: its checksum differs".to_owned(),
            );
        }
        if !causes.is_empty() {
            return Err(Disproved::Untrue(causes));
        }
        done.warnings = texts(&self.words()["warnings"]);
        Ok(Proved { plan: done, work: Work::Rows(rows), moves: self.moves.clone(), mended })
    }
}

/// Returns a step as it is compared: without its warnings, which do not follow from the rows.
fn essence(mut step: Value) -> String {
    if let Some(fields) = step.as_object_mut() {
        fields.remove("warnings");
    }
    step.to_string()
}

/// Names the object of a step by its kind, in words, and its name.
fn named(step: &Value) -> (String, String) {
    let text = |field: &str| step[field].as_str().unwrap_or_default().to_owned();
    (in_words(&text("kind")), text("name"))
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|own| Some(own.as_str()?.to_owned())).collect()
}

/// Returns the changes that only one of two lists has, however they are ordered; with each whether it is the first one's.
fn differing<'c>(own: &'c [RowChange], other: &'c [RowChange]) -> Vec<(&'c RowChange, bool)> {
    type Key<'r> = (Option<&'r Row>, Option<&'r Row>);
    let key = |change: &'c RowChange| -> Key<'c> { (change.before.as_ref(), change.after.as_ref()) };
    let mut rest: HashMap<Key<'c>, Vec<&RowChange>> = HashMap::new();
    other.iter().for_each(|change| rest.entry(key(change)).or_default().push(change));
    let extra = own.iter().filter(|change| rest.get_mut(&key(change)).and_then(Vec::pop).is_none());
    let mut all: Vec<_> = extra.map(|change| (change, true)).collect();
    let lacking = other.iter().filter(|change| rest.get_mut(&key(change)).and_then(Vec::pop).is_some());
    all.extend(lacking.map(|change| (change, false)));
    all
}

/// Says which row a change is about, and what becomes of it; each value once.
fn told_row(change: &RowChange) -> String {
    /// More attributes than this nobody reads.
    const MOST: usize = 6;
    /// Long texts are cut, at this many characters.
    const LONGEST: usize = 40;
    let own = change.before.as_ref().or(change.after.as_ref());
    let shown = |row: &Option<Row>, attribute: &str| match row.as_ref().and_then(|row| row.get(attribute)) {
        None => "NULL".to_owned(),
        Some(value) if value.chars().count() > LONGEST => {
            format!("`{}…`", value.chars().take(LONGEST).collect::<String>())
        }
        Some(value) => format!("`{value}`"),
    };
    let attributes = change.entity().entity().attributes.iter().map(|own| own.name);
    let mut values: Vec<String> = match (&change.before, &change.after) {
        (Some(before), Some(after)) => attributes
            .filter(|name| before.get(name) != after.get(name))
            .map(|name| format!("{name} {} → {}", shown(&change.before, name), shown(&change.after, name)))
            .collect(),
        (row, None) | (None, row) => {
            let mut seen = HashSet::from([own.map(key).unwrap_or_default().to_lowercase()]);
            let value = |name: &&str| row.as_ref().and_then(|row| row.get(name)).map(str::to_lowercase);
            attributes
                .filter(|name| value(name).is_some_and(|value| seen.insert(value)))
                .map(|name| format!("{name} {}", shown(row, name)))
                .collect()
        }
    };
    if values.len() > MOST {
        values.truncate(MOST);
        values.push("…".to_owned());
    }
    let sign = match (&change.before, &change.after) {
        (None, _) => "+",
        (_, None) => "-",
        _ => "~",
    };
    let name = change.entity().entity().name;
    format!("{sign} {name} {} ({})", own.map(key).unwrap_or_default(), values.join(", "))
}
