//! What came of an edit: whether the plan is the change that was made, and whether each written row is needed, and of the objects of
//! the plan.
//!
//! Invariant: rows are judged by reading them back, never by what the writer says of them.

use std::collections::BTreeSet;

use pcfg::diff;
use pcfg::entity::RowChange;
use pcfg::import::Import;
use pcfg::model::{Element, Identity, Snapshot};
use pcfg::plan::{Action, Plan, Step};

use super::Instance;
use super::edits::{Edit, Expected, Spot};

/// Says what is wrong with an import of which nothing may be left, if anything is.
pub(super) fn impossible(import: &Import) -> Result<(), String> {
    assert!(import.leftover.is_empty(), "{:?}", import.leftover.describe());
    match import.plan.refused.first().map(|refused| &refused.reasons[0]) {
        None => Ok(()),
        Some(reason) if ["cannot-hold", "without-meaning"].contains(&reason.code) => {
            let message = reason.message.rsplit(": ").next().unwrap_or_default();
            // What an edit names is another thing at each declaration.
            let words = message.split('`').step_by(2).collect::<Vec<_>>().join("`…`");
            Err(format!("{}: {words}", reason.code))
        }
        Some(reason) => Err(format!("refused: {}", reason.code)),
    }
}

/// Says how a plan differs from what an edit has to come to, if it does.
pub(super) fn planned(plan: &Plan, spot: &Spot<'_>, edit: &Edit, expected: Expected) -> Result<(), String> {
    let changes = |step: &Step| match &step.action {
        Action::Change { changes, .. } => changes.clone(),
        _ => Vec::new(),
    };
    if let (Expected::Nothing, []) = (expected, &plan.steps[..]) {
        return Ok(());
    }
    if expected == Expected::Places {
        let is_place = |step: &Step| {
            let changes = changes(step);
            step.identity.kind == Identity::of_definition(spot.child()).unwrap().kind
                && matches!(&changes[..], [change] if element(&change.action).tag() == "sequence")
        };
        return match plan.steps.len() {
            1 | 2 if plan.steps.iter().all(is_place) => Ok(()),
            many => Err(format!("{many} objects change, not their places alone")),
        };
    }
    let (Expected::Renamed, Edit::Rename(old, new, _)) = (expected, edit) else {
        let [step] = &plan.steps[..] else { return Err(format!("{} objects change", plan.steps.len())) };
        let own = Identity::of_definition(spot.line[2]);
        let made = match edit {
            Edit::Further(item) => Identity::of_definition(item),
            _ => None,
        };
        let changes = changes(step);
        let kinds: Vec<&str> = changes.iter().map(|change| kind(&change.action)).collect();
        let of_here = |change: &diff::Change| {
            let declaration = element(&change.action).declaration;
            let is_given = matches!(edit, Edit::Given(part) if part.declaration == declaration);
            // An option goes by being disabled.
            let is_option = spot.line.iter().any(|own| own.tag() == "option");
            is_given
                || (is_option && element(&change.action).tag() == "disabled")
                || spot.line.iter().any(|element| element.declaration == declaration)
        };
        let is_right = match expected {
            Expected::Set => kinds == ["set"],
            Expected::Add => kinds == ["add"],
            Expected::Remove => kinds == ["remove"],
            Expected::Move => kinds == ["move"],
            Expected::Other => kinds == ["remove", "add"],
            Expected::OtherOption => kinds == ["set", "add"],
            Expected::Create => {
                matches!(step.action, Action::Create { .. }) && made.as_ref() == Some(&step.identity)
            }
            Expected::Setting => matches!(step.action, Action::Setting { .. }),
            Expected::Nothing | Expected::Refused | Expected::Places | Expected::Renamed => false,
        };
        let is_here =
            changes.iter().all(of_here) && (changes.is_empty() || own.as_ref() == Some(&step.identity));
        return match is_right && is_here {
            true => Ok(()),
            false => Err(format!("not as expected: {kinds:?} for {expected:?}")),
        };
    };
    // The new one is made, what refers to it changes, and the old one stays as it is.
    let created = plan.steps.iter().filter(|step| matches!(step.action, Action::Create { .. }));
    let created: Vec<&Identity> = created.map(|step| &step.identity).collect();
    let field =
        new.fields.iter().zip(&old.fields).find(|(new, old)| new != old).map_or("", |(new, _)| &**new);
    let mentions =
        |step: &Step| step.identity == *new || says(&step.object, new.name()) || says(&step.object, field);
    match () {
        () if !created.contains(&new) => Err("the new one is not made".to_owned()),
        () if plan.steps.iter().any(|step| step.identity == *old) => Err("the old one changes".to_owned()),
        () => match plan.steps.iter().find(|step| !mentions(step)) {
            Some(step) => Err(format!("another object changes: {}", step.identity)),
            None => Ok(()),
        },
    }
}

/// Returns whether a text or an attribute is this name.
fn says(element: &Element, name: &str) -> bool {
    element.text() == name
        || element.attributes.iter().any(|(_, value)| **value == *name)
        || element.children().iter().any(|child| says(child, name))
}

fn kind(action: &diff::Action) -> &'static str {
    match action {
        diff::Action::Set { .. } => "set",
        diff::Action::Add { .. } => "add",
        diff::Action::Remove { .. } => "remove",
        diff::Action::Move { .. } => "move",
    }
}

fn element(action: &diff::Action) -> &Element {
    match action {
        diff::Action::Set { old, new } => old.as_ref().or(new.as_ref()).unwrap(),
        diff::Action::Add { item, .. }
        | diff::Action::Remove { item, .. }
        | diff::Action::Move { item, .. } => item,
    }
}

/// Returns the objects that differ, and whether a setting beside them does.
pub(super) fn differing<'s>(one: &'s Snapshot, other: &'s Snapshot) -> (BTreeSet<&'s Identity>, bool) {
    let of =
        |snapshot: &'s Snapshot, identity: &Identity| snapshot.objects.get(identity).map(|own| &own.element);
    let all = one.objects.keys().chain(other.objects.keys());
    let objects = all.filter(|identity| of(one, identity) != of(other, identity)).collect();
    (objects, one.settings != other.settings)
}

/// Says which row was written without need, or changes another object than the plan names, if one does. Rows are put back
/// one by one: then the objects of the plan must read differently, and no other one.
pub(super) fn rows(before: &Instance, import: &Import, after: &Instance) -> Result<(), String> {
    /// How many rows of an import are looked at.
    const ROWS: usize = 12;
    let is_setting = |step: &&Step| matches!(step.action, Action::Setting { .. });
    let with_setting = import.plan.steps.iter().any(|step| is_setting(&step));
    let planned: BTreeSet<&Identity> =
        import.plan.steps.iter().filter(|step| !is_setting(step)).map(|step| &step.identity).collect();
    if differing(&before.snapshot, &after.snapshot) != (planned.clone(), with_setting) {
        return Err("it reads as another change than the plan".to_owned());
    }
    // Jira's table of the ids that were given out belongs to no object.
    let is_own = |change: &&RowChange| change.entity().entity().name != "SequenceValueItem";
    let own: Vec<&RowChange> = import.work.rows().iter().filter(is_own).collect();
    if own.len() < import.work.rows().len() && own.iter().all(|change| change.before.is_some()) {
        return Err("an id is counted, and none is given out".to_owned());
    }
    for change in own.iter().step_by(own.len().div_ceil(ROWS).max(1)) {
        let entity = change.entity().entity().name;
        let partly = after.after(&[(*change).clone().reverse()]);
        let (touched, setting) = differing(&after.snapshot, &partly.snapshot);
        let is_linked = || own.iter().any(|other| linked(change, other) || linked(other, change));
        if touched.is_empty() && !setting && !is_linked() {
            return Err(format!("a row without effect: {entity}"));
        }
        if !touched.is_subset(&planned) || (setting && !with_setting) {
            return Err(format!("a row of another object: {entity}"));
        }
    }
    Ok(())
}

/// Returns whether a row that comes or goes is named by another one that does: without it the other would lead to nothing, and with
/// it alone nothing can be seen.
fn linked(change: &RowChange, other: &RowChange) -> bool {
    let alone = |own: &RowChange| match (own.before.clone(), own.after.clone()) {
        (Some(row), None) | (None, Some(row)) => Some(row),
        _ => None,
    };
    let (Some(row), Some(other)) = (alone(change), alone(other)) else { return false };
    !row.id().is_empty() && row != other && other.values().flatten().any(|value| value == row.id())
}
