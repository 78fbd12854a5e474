//! What an import will do: every file object matched with the target's, the rules of minimum change applied, the differences
//! ordered, what must not happen refused.
//!
//! Pure: the same file, target and options give the same plan, byte for byte. Invariant: nothing outside of the steps of a
//! plan is ever changed, and a refused step takes with it all steps that need it.

mod accounts;
mod action;
mod contexts;
mod describe;
mod difference;
mod drafts;
mod extra;
mod fingerprint;
mod guard;
mod holding;
mod impact;
mod limits;
mod line;
mod lists;
mod looked_at;
mod matching;
mod moved;
mod named;
mod option_sets;
mod options;
mod order;
mod pair;
mod places;
mod positions;
mod queries;
mod readiness;
mod renaming;
mod rings;
mod rules;
mod same_parts;
mod silent_lines;
mod template;
mod titled;
mod unseen;
mod value;
mod violation;
mod world;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::diff::{Change, diff};
use crate::entity::Move;
use crate::model::{Config, Element, Identity, Path, Snapshot};
pub use crate::model::{Facts, Limit, Unseen, UsedOption};
use crate::schema::{DeclId, KindId, Schema};
use guard::doubt::Doubts;

pub use action::{LineAction, ObjectAction};
pub use describe::{
    Cause, Counts, DescribedHeldBack, DescribedRefusal, DescribedStep, Description, Subject, changes_between,
    selector,
};
pub use difference::Difference;
pub use fingerprint::{fingerprint, sha256};
pub(crate) use guard::doubt::left_out;
pub(crate) use guard::homeless::refusals as homeless_refusals;
pub(crate) use guard::identity::not_renamed;
pub use line::Line;
pub use looked_at::looked_at;
pub use moved::MovedIssues;
pub(crate) use moved::{describe as describe_moves, of_rows as moved_by_rows};
pub(crate) use named::{each_reference, renamed};
pub use options::{MapError, Mapping, Options, Selector, Target};
pub(crate) use order::needs_refused;
pub use readiness::{Decision, Loss, ProjectMove, Readiness, readiness};
pub(crate) use renaming::{Rename, only_renamed, takes_name};
pub(crate) use rules::options_are_disabled;
pub use template::{NewProject, NoTemplate, instantiate};
pub use titled::{Named, in_words};
pub use unseen::{DescribedGap, described as describe_unseen, not_shown};
pub use value::{Part, Value, inline};
pub use violation::{InFile, Violation};

/// A plan.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The keys of the projects that are imported.
    pub projects: BTreeSet<String>,
    /// What will be done, in order.
    pub steps: Vec<Step>,
    /// What must not be done, and what went with it.
    pub refused: Vec<Refused>,
    /// The objects of the file that are in the target as the file has them.
    pub unchanged: Vec<Identity>,
    /// What existing users and groups keep, although the file has it otherwise.
    pub held_back: Vec<HeldBack>,
    /// The objects of the file that options leave out.
    pub skipped: Vec<Identity>,
    /// What is left out because the version of the target has no place for it.
    pub warnings: Vec<String>,
    /// The issues that move to another step.
    pub moves: Vec<Move>,
    /// What nothing can take back once it is done, in words.
    pub irrevocable: Vec<String>,
    /// What the target cannot show.
    pub unseen: Unseen,
    /// What could not be seen where the file comes from.
    pub unseen_by_file: Unseen,
    /// What the file calls those objects that the target calls otherwise.
    pub names_in_file: HashMap<Identity, Identity>,
}

/// One object that changes.
#[derive(Debug, Clone)]
pub struct Step {
    /// What the target calls it.
    pub identity: Identity,
    /// As it is to be, in the target's names.
    pub object: Element,
    /// How it comes to that.
    pub action: Action,
    /// The other projects that use it and feel the change.
    pub impact: Vec<String>,
    /// What is known to be worth a look, but does not stop the import.
    pub warnings: Vec<String>,
    /// What it was called before, if it gets another name.
    pub renaming: Option<Renaming>,
}

impl Step {
    /// Returns whether it gives an object another name and changes nothing else in it.
    pub(crate) fn is_only_renamed(&self) -> bool {
        let changes_nothing = matches!(&self.action, Action::Change { changes, .. } if changes.is_empty());
        self.renaming.is_some() && changes_nothing
    }
}

/// Another name for an object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    /// What it was called.
    pub old: Identity,
    /// The objects whose references follow, in words.
    pub followers: Vec<String>,
}

/// How an object changes.
#[derive(Debug, Clone)]
pub enum Action {
    /// It is new. `later` lists what it refers to that is created after it: rings are opened there.
    Create {
        /// The objects that do not exist yet when this one is created.
        later: Vec<Identity>,
    },
    /// It changes.
    Change {
        /// As it is.
        old: Element,
        /// The differences.
        changes: Vec<Change>,
    },
    /// A setting beside the objects of a container changes.
    Setting {
        /// The container.
        container: DeclId,
        /// As it is.
        old: Option<Element>,
    },
}

/// What the file has otherwise than the target, and what is changed only if the user asks for it.
#[derive(Debug, Clone)]
pub struct HeldBack {
    /// What the target calls the user or group.
    pub identity: Identity,
    /// As it is.
    pub old: Element,
    /// What the file would change in it.
    pub changes: Vec<Change>,
}

/// Something that must not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The object of the file.
    pub identity: Identity,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The refused object that is the cause, if this one is refused only because it needs that one.
    pub follows: Option<Identity>,
}

/// Why something must not be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Reason {
    /// The cause, for machines and for grouping.
    pub code: &'static str,
    /// Where.
    pub path: Path,
    /// What is wrong: one sentence, lower-case start, no full stop.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Plan {
    /// Returns whether there is nothing to do and nothing was refused.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.refused.is_empty()
    }

    /// Returns the objects as they are to be, for the writer.
    pub fn objects(&self) -> Vec<&Element> {
        let is_object = |step: &&Step| !matches!(step.action, Action::Setting { .. });
        self.steps.iter().filter(is_object).map(|step| &step.object).collect()
    }

    /// Refuses more objects, those that follow from what is refused, and all that cannot be done without them.
    pub(crate) fn refuse(&mut self, more: Vec<(Identity, Reason)>, following: Vec<Refused>) {
        let is_setting = |step: &Step| matches!(step.action, Action::Setting { .. });
        let (settings, steps) = std::mem::take(&mut self.steps).into_iter().partition(is_setting);
        let mut refusals: HashMap<Identity, Vec<Reason>> = HashMap::new();
        for (identity, reason) in more {
            refusals.entry(identity).or_default().push(reason);
        }
        let mut before = std::mem::take(&mut self.refused);
        before.extend(following);
        let (steps, refused) = order::without_refused(steps, refusals, before, &Doubts::new());
        self.steps = steps;
        self.refused = refused;
        let refused: HashSet<&Identity> = self.refused.iter().map(|own| &own.identity).collect();
        self.unchanged.retain(|own| !refused.contains(own));
        self.held_back.retain(|own| !refused.contains(&own.identity));
        let settings: Vec<Step> = settings;
        self.steps.extend(settings.into_iter().filter(|step| !refused.contains(&step.identity)));
    }

    /// Returns what is planned beside these refused objects.
    #[must_use]
    pub fn beside(mut self, refused: &[Refused]) -> Self {
        let known: HashSet<&Identity> = refused.iter().map(|own| &own.identity).collect();
        self.steps.retain(|step| !known.contains(&step.identity));
        self.refused.retain(|own| !known.contains(&own.identity));
        self
    }

    /// Returns the settings as they are to be, for the writer.
    pub fn settings(&self) -> Vec<&Element> {
        let is_setting = |step: &&Step| matches!(step.action, Action::Setting { .. });
        self.steps.iter().filter(is_setting).map(|step| &step.object).collect()
    }
}

/// Plans the import of a file.
pub fn plan(target: &Snapshot, facts: &Facts, file: &Config, options: &Options) -> Plan {
    let mut limits = limits::Limits::new(facts);
    let options = &*limits.options(options);
    let matched = matching::Matched::new(target, facts, file, options);
    limits.note(&matched.skipped);
    let (unseen, unseen_by_file) = (target.unseen.clone(), file.unseen());
    let mut plan = Plan { skipped: matched.skipped.clone(), unseen, unseen_by_file, ..Plan::default() };
    let mut refusals: HashMap<Identity, Vec<Reason>> = HashMap::new();
    for (identity, reason) in matched.refusals.clone() {
        refusals.entry(identity).or_default().push(reason);
    }
    let mut steps = Vec::new();
    // What is in the target as the file has it becomes nothing else, unless the user asked for a rule that makes it so.
    let stays = |pair: &pair::Pair<'_>| {
        let is_asked_for =
            options.smart_contexts && pair.new.tag() == "customField" || options.publish_drafts;
        matches!(pair.new, Cow::Borrowed(_)) && (!is_asked_for || pair.is_kept)
    };
    for pair in &matched.pairs {
        let mut desired =
            (!stays(pair)).then(|| rules::desired(pair, &matched, target, &mut limits, options));
        let held = desired.as_mut().map(|own| std::mem::take(&mut own.held)).unwrap_or_default();
        let is_held = !held.is_empty();
        if let Some(old) = pair.old.filter(|_| is_held) {
            let (identity, old) = (pair.identity.clone(), old.clone());
            plan.held_back.push(HeldBack { identity, old, changes: held });
        }
        let action = match (pair.old, &desired) {
            // Nobody is made of a name alone.
            (None, _) if pair.is_only_named => None,
            (None, _) => Some(Action::Create { later: Vec::new() }),
            (Some(_), None) => None,
            (Some(old), Some(desired)) => {
                let changes = diff(old, &desired.object);
                (!changes.is_empty()).then(|| Action::Change { old: old.clone(), changes })
            }
        };
        if let (Some(action), Some(rules::Desired { object, warnings, lacking, .. })) = (action, desired) {
            if let Some(reason) = lacking {
                refusals.entry(pair.identity.clone()).or_default().push(reason);
            }
            let mut warnings = warnings;
            if matches!(action, Action::Create { .. }) {
                warnings.extend(unseen::made_without(&plan.unseen_by_file, &object));
            }
            steps.push(Step { warnings, ..step(pair.identity.clone(), object, action) });
            continue;
        }
        if let Some(old) = pair.old {
            created_before(pair, old, &mut refusals);
        }
        if !is_held {
            plan.unchanged.push(pair.identity.clone());
        }
    }
    for (identity, reason) in guard::doubted::that_matter(&steps, &matched) {
        refusals.entry(identity).or_default().push(reason);
    }
    plan.unchanged.retain(|own| !refusals.contains_key(own));
    let outlook = guard::Outlook::new(&steps, &matched, target, facts, &plan.unseen_by_file);
    let mut warnings: HashMap<Identity, Vec<String>> =
        steps.iter().map(|step| (step.identity.clone(), outlook.warnings(step))).collect();
    for step in &steps {
        let reasons = outlook.refusals(step);
        if !reasons.is_empty() {
            refusals.entry(step.identity.clone()).or_default().extend(reasons);
        }
    }
    for step in &mut steps {
        step.warnings.extend(warnings.remove(&step.identity).unwrap_or_default());
    }
    let (steps, refused) = order::without_refused(steps, refusals, Vec::new(), &matched.doubts);
    plan.refused = refused;
    plan.steps = order::in_order(steps);
    let refused: HashSet<&Identity> = plan.refused.iter().map(|own| &own.identity).collect();
    plan.held_back.retain(|own| !refused.contains(&own.identity));
    // What stands beside objects is everybody's.
    let mut settings = if options.keeps_existing { Vec::new() } else { settings(target, &matched) };
    settings.retain(|step| target.objects.contains_key(&step.identity) || !refused.contains(&step.identity));
    plan.steps.extend(settings);
    plan.projects = matched.imported.keys().cloned().collect();
    plan.warnings = limits.warnings();
    plan.names_in_file.clone_from(&matched.names_in_file);
    impact::add(&mut plan.steps, target, &plan.projects);
    plan
}

/// What the mapping file creates may be there if it is as the file has it: an earlier import of the same file has made it.
fn created_before(pair: &pair::Pair<'_>, old: &Element, refusals: &mut HashMap<Identity, Vec<Reason>>) {
    // An existing user is not changed, whoever it is.
    if pair.new.tag() == "user" && !diff(old, &pair.new).is_empty() {
        return;
    }
    if let Some(reasons) = refusals.get_mut(&pair.identity) {
        reasons.retain(|reason| reason.code != "exists");
        if reasons.is_empty() {
            refusals.remove(&pair.identity);
        }
    }
}

fn step(identity: Identity, object: Element, action: Action) -> Step {
    Step { identity, object, action, impact: Vec::new(), warnings: Vec::new(), renaming: None }
}

/// Returns the steps for the elements that stand beside the objects of a container.
fn settings(target: &Snapshot, matched: &matching::Matched<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for (container, new) in &matched.settings {
        let old =
            target.settings.iter().find(|(own, old)| own == container && old.declaration == new.declaration);
        let old = old.map(|(_, old)| old.clone());
        let identity = setting_identity(*container, new);
        // What it is now nobody sees, so nothing is compared.
        let is_unseen = old.is_none() && target.unseen.setting(identity.kind, new.declaration).is_some();
        if old.as_ref() != Some(new) && !is_unseen {
            steps.push(step(identity, new.clone(), Action::Setting { container: *container, old }));
        }
    }
    steps
}

/// Names a setting by what it refers to.
pub(crate) fn setting_identity(container: DeclId, setting: &Element) -> Identity {
    let schema = Schema::get();
    let kind = Identity::of_reference(setting, &[]).map(|target| target.kind);
    let first = schema.children(container).iter().find_map(|child| schema.declaration(*child).kind);
    Identity::named(kind.or(first).unwrap_or(KindId::FIRST), setting.text())
}
