//! A plan in words: one line for each change, the same for people, machines and reviews.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::action::{LineAction, ObjectAction};
use super::line::{Line, Way};
use super::titled::{Named, in_words};
use super::value::Value;
use super::{
    Action, DescribedGap, HeldBack, MovedIssues, Plan, Readiness, Reason, Refused, Step, Violation, moved,
    same_parts, unseen,
};
use crate::diff;
use crate::model::{Element, Identity, Path};
use crate::schema::Schema;

/// A plan, for machines: the form of `--format json` and of plan files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Plan"))]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// What the instance is called that it is about, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The keys of the projects that are imported.
    pub projects: Vec<String>,
    /// What will be done, in order.
    pub steps: Vec<DescribedStep>,
    /// What must not be done.
    pub refused: Vec<DescribedRefusal>,
    /// What existing users and groups keep, although the file has it otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held_back: Vec<DescribedHeldBack>,
    /// The issues that move to another step, because their workflow becomes another one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<MovedIssues>,
    /// What is left out because the version of the target has no place for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What cannot be seen, and is neither compared nor changed therefore.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<DescribedGap>,
    /// What nothing can take back once it is done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub irrevocable: Vec<String>,
    /// Which policies it violates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// How ready the configuration is to move to Jira Cloud, where it moves there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moving: Option<Readiness>,
    /// How much of what.
    pub counts: Counts,
    /// What it is that is described.
    #[serde(skip)]
    pub subject: Subject,
}

/// What a description is about: it decides the words of its summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Subject {
    /// What is to be done.
    #[default]
    Plan,
    /// How two configurations differ.
    Difference,
}

/// How much a plan does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// New objects.
    pub create: usize,
    /// Objects that change.
    pub change: usize,
    /// Objects that have another name; whatever else changes in them.
    pub rename: usize,
    /// Parts and properties that go.
    pub remove: usize,
    /// Objects that go: an import never removes one, but the way back may.
    pub delete: usize,
    /// Objects that are as the file has them.
    pub unchanged: usize,
    /// Users and groups that keep something which the file has otherwise.
    pub held_back: usize,
    /// Objects that are left out.
    pub skipped: usize,
    /// Objects that are refused.
    pub refused: usize,
    /// Projects outside of the import that a change affects.
    pub touched_projects: usize,
    /// Issues that move.
    pub issues: u64,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Step"))]
#[serde(rename_all = "camelCase")]
pub struct DescribedStep {
    /// What becomes of it; only `pcfg prune` and an undo remove objects, and only `pcfg diff` finds renames.
    pub action: ObjectAction,
    /// The kind of object.
    pub kind: String,
    /// Its name, with all of its identity.
    pub name: String,
    /// Its name before, if it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_name: Option<String>,
    /// What changes in it.
    pub changes: Vec<Line>,
    /// Of a rename, the objects whose references follow; where nothing else changes in them, they have no step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub followers: Vec<String>,
    /// The other projects that it affects.
    pub touches: Vec<String>,
    /// What is worth a look, but stops nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The object as it is, for pictures.
    #[serde(skip)]
    pub before: Option<Element>,
    /// The object as it will be, for pictures.
    #[serde(skip)]
    pub after: Option<Element>,
}

/// A user or group that keeps what the file has otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "HeldBack"))]
#[serde(rename_all = "camelCase")]
pub struct DescribedHeldBack {
    /// The kind of object.
    pub kind: String,
    /// Its name, with all of its identity.
    pub name: String,
    /// What the file would change in it, each member by name.
    pub changes: Vec<Line>,
    /// The option that changes it.
    pub option: &'static str,
}

impl DescribedHeldBack {
    /// Returns the kind as people say it.
    pub fn in_words(&self) -> String {
        in_words(&self.kind)
    }
}

/// What is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Refusal"))]
pub struct DescribedRefusal {
    /// The kind of object.
    pub kind: String,
    /// Its name, with all of its identity.
    pub name: String,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The refused object that is the cause, if this one is refused only because it needs that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<Named>,
    /// What `--skip` calls it.
    pub skip: String,
}

/// One cause of refusals, with all that it stops.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Where.
    pub paths: Vec<String>,
    /// What needs the objects, in words.
    pub followers: Vec<String>,
}

impl Description {
    /// Returns the same, with what the instance is called that it is about.
    #[must_use]
    pub fn of(self, instance: String) -> Self {
        Self { instance: Some(instance), ..self }
    }

    /// Returns why something is refused: each cause once, whatever it stops, with what goes along.
    pub fn causes(&self) -> Vec<Cause> {
        let mut causes: BTreeMap<(&str, &str, &str), (Cause, BTreeSet<Named>)> = BTreeMap::new();
        for refused in self.refused.iter().filter(|own| own.follows.is_none()) {
            for reason in &refused.reasons {
                let key = (reason.code, reason.message.as_str(), reason.help.as_str());
                let (cause, objects) = causes.entry(key).or_default();
                (cause.message, cause.help) = (reason.message.clone(), reason.help.clone());
                cause.paths.push(reason.path.to_string());
                let object = Named { kind: refused.kind.clone(), name: refused.name.clone() };
                objects.insert(object);
            }
        }
        // What needs an object that is refused for two causes stands with the first.
        let mut told: BTreeSet<Named> = BTreeSet::new();
        let with_followers = |(mut cause, objects): (Cause, BTreeSet<Named>)| {
            let first: BTreeSet<&Named> = objects.difference(&told).collect();
            let goes_along =
                |own: &&DescribedRefusal| own.follows.as_ref().is_some_and(|it| first.contains(it));
            let followers = self.refused.iter().filter(goes_along);
            cause.followers = followers.map(|own| format!("{} `{}`", own.in_words(), own.name)).collect();
            told.extend(objects);
            cause
        };
        causes.into_values().map(with_followers).collect()
    }
}

impl Plan {
    /// Returns the plan in words.
    pub fn describe(&self) -> Description {
        let steps: Vec<DescribedStep> = self.steps.iter().map(Step::describe).collect();
        let refused: Vec<DescribedRefusal> = self.refused.iter().map(Refused::describe).collect();
        let removals =
            steps.iter().flat_map(|step| &step.changes).filter(|line| line.action == LineAction::Remove);
        let touched: std::collections::BTreeSet<&String> =
            steps.iter().flat_map(|step| &step.touches).collect();
        let counts = Counts {
            create: steps.iter().filter(|step| step.action == ObjectAction::Create).count(),
            change: steps.iter().filter(|step| step.action == ObjectAction::Change).count(),
            rename: steps.iter().filter(|step| step.action == ObjectAction::Rename).count(),
            remove: removals.count(),
            delete: 0,
            unchanged: self.unchanged.len(),
            held_back: self.held_back.len(),
            skipped: self.skipped.len(),
            refused: self.refused.len(),
            touched_projects: touched.len(),
            issues: self.moves.iter().map(|own| own.issues).sum(),
        };
        Description {
            instance: None,
            projects: self.projects.iter().cloned().collect(),
            steps,
            refused,
            held_back: self.held_back.iter().map(HeldBack::describe).collect(),
            issues: moved::describe(&self.moves),
            warnings: self.warnings.clone(),
            unseen: [
                unseen::described("instance", &self.unseen),
                unseen::described("file", &self.unseen_by_file),
            ]
            .concat(),
            irrevocable: self.irrevocable.clone(),
            violations: Vec::new(),
            moving: None,
            counts,
            subject: Subject::Plan,
        }
    }
}

impl HeldBack {
    fn describe(&self) -> DescribedHeldBack {
        DescribedHeldBack {
            kind: Schema::get().kind(self.identity.kind).name.clone(),
            name: self.identity.to_string(),
            changes: self.changes.iter().map(|change| line(&self.old, change)).collect(),
            option: "--update-users",
        }
    }
}

impl Refused {
    fn describe(&self) -> DescribedRefusal {
        DescribedRefusal {
            kind: Schema::get().kind(self.identity.kind).name.clone(),
            name: self.identity.to_string(),
            reasons: self.reasons.clone(),
            follows: self
                .follows
                .as_ref()
                .map(|own| Named { kind: Schema::get().kind(own.kind).name.clone(), name: own.to_string() }),
            skip: selector(&self.identity),
        }
    }
}

impl DescribedStep {
    /// Returns a step of which nothing is told yet but what it is about.
    pub fn about(action: ObjectAction, kind: &str, name: String) -> Self {
        Self {
            action,
            kind: kind.to_owned(),
            name,
            former_name: None,
            changes: Vec::new(),
            followers: Vec::new(),
            touches: Vec::new(),
            warnings: Vec::new(),
            before: None,
            after: None,
        }
    }

    /// Returns the kind as people say it.
    pub fn in_words(&self) -> String {
        in_words(&self.kind)
    }
}

impl DescribedRefusal {
    /// Returns the kind as people say it.
    pub fn in_words(&self) -> String {
        in_words(&self.kind)
    }
}

/// Returns what options call an object, such as `status:Open`.
pub fn selector(identity: &Identity) -> String {
    format!("{}:{}", Schema::get().kind(identity.kind).name, identity.numbered_name())
}

impl Step {
    /// Returns the step in words.
    pub fn describe(&self) -> DescribedStep {
        let (action, changes) = match &self.action {
            Action::Create { .. } => (ObjectAction::Create, contents(&self.object)),
            Action::Change { old, changes } => (ObjectAction::Change, lines(old, changes)),
            Action::Setting { old, .. } => {
                let mut path = Path::default();
                path.enter_open(self.object.declaration, &[]);
                let (old, new) = (old.as_ref().map(Value::of), Some(Value::of(&self.object)));
                (ObjectAction::Change, vec![Line::new(LineAction::Change, path, old, new)])
            }
        };
        let (action, former_name, followers) = match &self.renaming {
            Some(own) => (ObjectAction::Rename, Some(own.old.to_string()), own.followers.clone()),
            None => (action, None, Vec::new()),
        };
        let before = match &self.action {
            Action::Create { .. } => None,
            Action::Change { old, .. } => Some(old.clone()),
            Action::Setting { old, .. } => old.clone(),
        };
        DescribedStep {
            action,
            kind: Schema::get().kind(self.identity.kind).name.clone(),
            name: self.identity.to_string(),
            former_name,
            changes,
            followers,
            touches: self.impact.clone(),
            warnings: self.warnings.iter().cloned().chain(self.written_last()).collect(),
            before,
            after: Some(self.object.clone()),
        }
    }
}

impl Step {
    /// Says which references of a new object are written when the others of its ring are there, too.
    fn written_last(&self) -> Vec<String> {
        let Action::Create { later } = &self.action else { return Vec::new() };
        let told = |other: &Identity| {
            let kind = Schema::get().kind(other.kind).in_words();
            format!(
                "it refers to the {kind} `{other}`, which is created later: the reference is written last"
            )
        };
        later.iter().map(told).collect()
    }
}

/// Describes how one element becomes another of the same declaration, part by part.
pub fn changes_between(old: &Element, new: &Element) -> Vec<Line> {
    lines(old, &diff::diff(old, new))
}

/// Describes the changes of an object; a part that only has another name is told as that.
fn lines(old: &Element, changes: &[diff::Change]) -> Vec<Line> {
    let of = |old: &Element, changes: &[diff::Change]| -> Vec<Line> {
        changes.iter().map(|change| line(old, change)).collect()
    };
    match same_parts::renamed(old, changes) {
        Some((old, renamed, rest)) => renamed.into_iter().chain(of(&old, &rest)).collect(),
        None => of(old, changes),
    }
}

/// Describes what a new object holds: its properties and parts, without its name.
fn contents(object: &Element) -> Vec<Line> {
    let ty = Schema::get().declaration(object.declaration);
    let of_identity = |child: &Element| {
        let keys = ty.items.iter().flat_map(|items| &items.identity);
        keys.filter(|key| key.path.len() == 1).any(|key| key.path[0] == child.declaration)
    };
    let parts = object.children().iter().filter(|child| !of_identity(child));
    parts
        .map(|child| {
            let mut way = Way::default();
            way.enter_property(child);
            way.line(LineAction::Add, None, Some(Value::of(child)))
        })
        .collect()
}

/// Describes one change of an object.
fn line(object: &Element, change: &diff::Change) -> Line {
    let mut way = Way::default();
    let mut at = Some(object);
    let to_list = !matches!(change.action, diff::Action::Set { .. });
    let steps = if to_list { &change.way[..change.way.len().saturating_sub(1)] } else { &change.way[..] };
    for step in steps {
        at = at.and_then(|element| {
            element.children().iter().filter(|child| child.declaration == step.declaration).nth(step.number)
        });
        if let Some(element) = at {
            way.enter(element);
        }
    }
    match &change.action {
        diff::Action::Set { old, new } => {
            let shown = old.as_ref().or(new.as_ref());
            let is_item = at.is_some_and(|at| shown.is_some_and(|shown| shown.declaration == at.declaration));
            if let (Some(shown), false) = (shown, is_item) {
                way.enter_property(shown);
            }
            let action = LineAction::between(old.as_ref(), new.as_ref());
            way.line(action, old.as_ref().map(Value::of), new.as_ref().map(Value::of))
        }
        diff::Action::Add { item, .. } => {
            way.enter_property(item);
            way.line(LineAction::Add, None, Some(Value::of(item)))
        }
        diff::Action::Remove { item, .. } => {
            way.enter_property(item);
            way.line(LineAction::Remove, Some(Value::of(item)), None)
        }
        diff::Action::Move { item, number, place } => {
            way.enter_property(item);
            let [old, new] = [number, place].map(|own| Some(format!("place {}", own + 1).into()));
            way.line(LineAction::Move, old, new)
        }
    }
}
