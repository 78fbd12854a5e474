//! Whether a saved plan is true: its work comes to the steps that it tells, and its steps to this work, no more and no less.
//!
//! Pure. A step is what the work does to an object, and the work is what the place makes of the objects: either way
//! has only one answer, so whatever somebody has added to the work or to the words shows. What the plan tells beside its steps
//! has to be what an import of its file tells. Invariant: nothing in a [`Proved`] was taken from the words of the plan that does
//! not stand there anew.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use serde_json::Value;

use super::preview::{Conflict, Preview, key};
use super::saved::{SavedPlan, words};
use super::{Call, Place, Proved, Retraced, Work, prepare};
use crate::compare::Left;
use crate::entity::{Row, RowChange};
use crate::model::Snapshot;
use crate::plan::{Description, Facts, Step, describe_moves, in_words};

/// Why a saved plan must not be applied.
#[derive(Debug)]
pub enum Disproved {
    /// These objects are not as they were when it was made.
    Changed(Vec<String>),
    /// These rows are not as they were when it was made.
    Conflict(Conflict),
    /// It does not do what it tells; each cause in words.
    Untrue(Vec<String>),
    /// An import of its file would tell something else beside the steps by now; what, in words.
    Retold(Vec<String>),
}

impl SavedPlan {
    /// Proves that work, that of this plan, does what its steps say, and that its steps say all that it does.
    /// Returns with it what an export will show otherwise than its file.
    pub fn prove(
        &self,
        work: &Work,
        place: &dyn Place,
        (now, facts): (&Snapshot, &Facts),
    ) -> Result<(Proved, Left), Disproved> {
        let noun = work.noun();
        let wanted = if place.rows().is_some() { "rows" } else { "calls" };
        if noun != wanted && !work.is_empty() {
            let cause = format!("it is made of {noun}, and this instance is changed by {wanted}");
            return Err(Disproved::Untrue(vec![cause]));
        }
        let changed = self.changed_since(now);
        if !changed.is_empty() {
            return Err(Disproved::Changed(changed));
        }
        let preview = place.preview(now, work, &self.projects).map_err(Disproved::Conflict)?;
        let mut told: HashMap<String, Vec<&Value>> = HashMap::new();
        for step in self.steps() {
            told.entry(essence(step.clone())).or_default().push(step);
        }
        let mut untold = Vec::new();
        let mut warnings = Vec::with_capacity(preview.plan.steps.len());
        for step in &preview.plan.steps {
            let value = serde_json::to_value(step).expect("steps have text keys only");
            let own = told.get_mut(&essence(value)).and_then(Vec::pop);
            if own.is_none() {
                untold.push((step.in_words(), step.name.clone()));
            }
            warnings.push(own.map(|own| texts(&own["warnings"])));
        }
        let bare = preview.plan.clone();
        let told_steps = preview.steps.steps.iter().zip(&warnings);
        let told_steps: Vec<&Step> =
            told_steps.filter(|(_, own)| own.is_some()).map(|(step, _)| step).collect();
        let Retraced { work: retraced, moved } = place.retrace(&told_steps, &preview, &self.moves);
        let Preview { plan: mut done, after, mended, .. } = preview;
        for (step, warnings) in done.steps.iter_mut().zip(warnings) {
            step.warnings = warnings.unwrap_or_default();
        }
        let mut causes = Vec::new();
        done.issues = describe_moves(&self.moves);
        done.counts.issues = self.moves.iter().map(|own| own.issues).sum();
        let issues = serde_json::to_value(&done.issues).expect("moves have text keys only");
        let told_issues = self.words().get("issues").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
        if issues != told_issues {
            causes.push("the plan lists other issues than it moves".to_owned());
        }
        causes.extend(otherwise(work, &retraced));
        let mut undone: Vec<(String, String)> = told.into_values().flatten().map(named).collect();
        undone.sort();
        for own in &undone {
            let what = match untold.contains(own) {
                true => format!("the plan tells another change of it than its {noun} make"),
                false => format!("the plan tells a change of it that no {noun} make"),
            };
            causes.push(format!("{} `{}`: {what}", own.0, own.1));
        }
        for own in untold.iter().filter(|own| !undone.contains(own)) {
            causes
                .push(format!("{} `{}`: the {noun} change it, and the plan does not tell it", own.0, own.1));
        }
        let counts = serde_json::to_value(done.counts).expect("counts have text keys only");
        for name in ["create", "change", "rename", "remove", "delete", "touchedProjects", "issues"] {
            if counts[name] != self.words()["counts"][name] {
                causes
                    .push(format!("the plan counts `{name}` otherwise than its {noun} do: {}", counts[name]));
            }
        }
        let lasting = self.words().get("irrevocable").map_or_else(Vec::new, texts);
        if done.irrevocable != lasting {
            causes.push("the plan tells otherwise what cannot be taken back".to_owned());
        }
        if serde_json::to_value(&self.projects).ok().as_ref() != self.words().get("projects") {
            causes.push("the plan names projects that it was not made for".to_owned());
        }
        for key in self.unknown_projects() {
            causes.push(format!(
                "project `{key}`: the plan calls it imported, but it was not made from it, and hides what affects it"
            ));
        }
        for object in self.missed(&after) {
            causes.push(format!("{object}: the {noun} do not make it what the plan wants"));
        }
        if causes.is_empty() && !moved.is_empty() && self.is_sealed() {
            return Err(Disproved::Changed(moved));
        }
        causes.extend(moved.into_iter().map(|own| format!("{own}: they would not move as the plan says")));
        if causes.is_empty() && !self.is_sealed() {
            causes.push("it has been edited since it was saved: its checksum differs".to_owned());
        }
        if !causes.is_empty() {
            return Err(Disproved::Untrue(causes));
        }
        let left = self.retold(bare, &done, place, (now, facts))?;
        done.warnings = texts(&self.words()["warnings"]);
        let proved = Proved { plan: done, work: retraced, moves: self.moves.clone(), mended, after };
        Ok((proved, left))
    }

    /// Proves what the plan tells beside its steps, by planning the import of its file once more. Returns what an export will show
    /// otherwise than the file.
    fn retold(
        &self,
        bare: Description,
        told: &Description,
        place: &dyn Place,
        (now, facts): (&Snapshot, &Facts),
    ) -> Result<Left, Disproved> {
        let made_from = self.made_from.as_ref();
        let Some((file, options)) = made_from.and_then(|own| own.understood(&self.file.sha256)) else {
            let cause = format!("the configuration in the plan is not that of `{}`", self.file.name);
            return Err(Disproved::Untrue(vec![cause]));
        };
        let mut import = prepare(place, now, facts, &file, &options);
        let again = words(&import, bare);
        let mut causes = Vec::new();
        for (again, told) in again.steps.iter().zip(&told.steps) {
            if again.warnings != told.warnings {
                causes.push(format!("{} `{}`: its warnings", told.in_words(), told.name));
            }
        }
        let again = serde_json::to_value(&again).expect("plans have text keys only");
        let told = self.words();
        for (name, what) in
            [("warnings", "the warnings"), ("refused", "what is refused"), ("heldBack", "what is held back")]
        {
            if again[name] != told[name] || again["counts"][name] != told["counts"][name] {
                causes.push(what.to_owned());
            }
        }
        for name in ["unchanged", "skipped"] {
            if again["counts"][name] != told["counts"][name] {
                causes.push(format!("how much is {name}"));
            }
        }
        match causes.is_empty() {
            true => Ok(import.left(&file)),
            false => Err(Disproved::Retold(causes)),
        }
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

/// Says in what work differs from that to which the steps of its plan come, however it is ordered.
fn otherwise<'w>(work: &'w Work, retraced: &'w Work) -> Vec<String> {
    let row = |change: &'w RowChange| (change.before.as_ref(), change.after.as_ref());
    let rows = differing(work.rows(), retraced.rows(), row).into_iter();
    let mut causes: Vec<String> = rows
        .map(|(own, is_extra)| match is_extra {
            true => format!("the row {}: no step of the plan changes it", told_row(own)),
            false => {
                format!(
                    "the row {}: a step of the plan changes it, but the plan does not contain it",
                    told_row(own)
                )
            }
        })
        .collect();
    let call = |call: &Call| serde_json::to_string(call).expect("calls have text keys only");
    let calls = differing(work.calls(), retraced.calls(), call).into_iter();
    causes.extend(calls.map(|(Call { about, .. }, is_extra)| match is_extra {
        true => format!("the call about {about}: no step of the plan makes it"),
        false => {
            format!("the call about {about}: a step of the plan makes it, and the plan has another or none")
        }
    }));
    causes
}

/// Returns what only one of two lists has, however they are ordered; with each whether it is the first one's.
fn differing<'c, T, K: Eq + Hash>(
    own: &'c [T],
    other: &'c [T],
    key: impl Fn(&'c T) -> K,
) -> Vec<(&'c T, bool)> {
    let mut rest: HashMap<K, Vec<&T>> = HashMap::new();
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
