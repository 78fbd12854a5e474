//! What must not happen: one function a refusal, each with its reason and what to do.
//!
//! All guards see every step before anything is written. Invariant: a guard refuses because of what the import would do, not
//! because of what the target is like anyway.
//!
//! Here stand the guards of references, managed objects and workflows that would not run; issues in the way are in `in_use` and
//! `homeless`, what is of another Jira or edition in `foreign`, ids and characters in `ids` and `characters`, what was not seen in
//! `unknown`, matches that may be wrong in `doubt`, two that would become one in `twins`.

mod characters;
pub(super) mod doubt;
pub(super) mod doubted;
mod foreign;
pub(super) mod homeless;
pub(super) mod identity;
mod ids;
mod in_use;
pub(super) mod said;
pub(super) mod twins;
mod unknown;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::matching::Matched;
use super::unseen::hidden;
use super::{Action, Facts, Reason, Step};
use crate::model::{
    Element, Identity, Obstacle, Path, Snapshot, Unseen, lacking, named_lacks, obstacles, references,
};
use crate::schema::{DeclId, Missing, Schema};

/// Why objects must not be changed.
type Violations = BTreeMap<Identity, Vec<Reason>>;

/// The target as it is and as the steps would make it.
pub(super) struct Outlook<'a> {
    target: &'a Snapshot,
    matched: &'a Matched<'a>,
    facts: &'a Facts,
    /// What the file does not show.
    unseen: &'a Unseen,
    changed: HashMap<&'a Identity, &'a Element>,
    in_use: Violations,
}

impl<'a> Outlook<'a> {
    pub(super) fn new(
        steps: &'a [Step],
        matched: &'a Matched<'a>,
        target: &'a Snapshot,
        facts: &'a Facts,
        unseen: &'a Unseen,
    ) -> Self {
        let changed = steps.iter().map(|step| (&step.identity, &step.object)).collect();
        let mut outlook = Self { target, matched, facts, unseen, changed, in_use: Violations::new() };
        outlook.in_use = in_use::violations(&outlook);
        outlook
    }

    /// Returns why a step must not be done.
    pub(super) fn refusals(&self, step: &Step) -> Vec<Reason> {
        let mut reasons = Vec::new();
        // Of what nobody sees there is nothing more to say.
        if self.matched.is_hidden(&step.identity) {
            return reasons;
        }
        self.nothing_to_refer_to(step, &mut reasons);
        self.invalid_address(step, &mut reasons);
        foreign::app_that_is_missing(self, step, &mut reasons);
        without_what_jira_needs(self, step, &mut reasons);
        workflow_that_does_not_work(self, step, &mut reasons);
        new_locked_field(step, &mut reasons);
        characters::unholdable(self, step, &mut reasons);
        foreign::not_taken(self, step, &mut reasons);
        foreign::account_of_another_system(self, step, &mut reasons);
        foreign::dashboard_of_nobody(step, &mut reasons);
        foreign::system_object(step, &mut reasons);
        unknown::unreadable_parts(step, &mut reasons);
        reasons.extend(self.in_use.get(&step.identity).into_iter().flatten().cloned());
        reasons
    }

    /// Returns what is worth a look, but does not stop a step.
    pub(super) fn warnings(&self, step: &Step) -> Vec<String> {
        let mut warnings = foreign::app_that_may_be_missing(self, step);
        warnings.extend(ids::that_come_in(step));
        warnings.extend(foreign::chosen_by_jira(self, step));
        warnings
    }

    fn before(&self, identity: &Identity) -> Option<&'a Element> {
        self.target.objects.get(identity).map(|object| &object.element)
    }

    fn after(&self, identity: &Identity) -> Option<&'a Element> {
        self.changed.get(identity).copied().or_else(|| self.before(identity))
    }

    /// A reference to an object that is neither in the file nor in the target; one that leads nowhere already does no harm.
    fn nothing_to_refer_to(&self, step: &Step, reasons: &mut Vec<Reason>) {
        let schema = Schema::get();
        let mut named_before = HashSet::new();
        if let Action::Change { old, .. } = &step.action {
            references(old, &mut |found| named_before.extend([found.target]));
        }
        references(&step.object, &mut |found| {
            let is_part = !schema.kind(found.target.kind).within.is_empty();
            let known = self.matched.describes(&found.target)
                || self.matched.is_skipped(&found.target)
                || named_before.contains(&found.target)
                || self.before(&found.target).is_some();
            if found.weak || is_part || known {
                return;
            }
            let kind = schema.kind(found.target.kind).in_words();
            let mut path = Path::default();
            found.ancestors.iter().for_each(|ancestor| path.enter(ancestor));
            path.enter(found.element);
            if let Some(gap) = self.target.unseen.hides(&found.target) {
                reasons.push(Reason { path, ..hidden(&found.target, gap) });
                return;
            }
            reasons.push(Reason {
                code: "missing",
                path,
                message: format!(
                    "there is no {kind} `{}`, neither in the file nor in the target",
                    found.target
                ),
                help: "create it in the target, describe it in the file, or map it to another (--map)"
                    .to_owned(),
            });
        });
    }

    /// An e-mail address that is none, and that the target does not have already.
    fn invalid_address(&self, step: &Step, reasons: &mut Vec<Reason>) {
        let Some(email) = step.object.get("email").filter(|_| step.object.tag() == "user") else { return };
        let valid =
            email.text().split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        if !valid && self.before(&step.identity).and_then(|old| old.get("email")) != Some(email) {
            reasons.push(Reason {
                code: "invalid-email",
                path: path_of(step).child("email"),
                message: format!("`{}` is not an e-mail address", email.text()),
                help: "write one of the form name@host, or leave the user out".to_owned(),
            });
        }
    }
}

/// What is new and lacks what Jira cannot do without, and has no default for. What a place does not take Jira says itself there.
fn without_what_jira_needs(outlook: &Outlook<'_>, step: &Step, reasons: &mut Vec<Reason>) {
    let abilities = &outlook.facts.abilities;
    let is_taken = |element: &Element, lack: DeclId| {
        let kind = Schema::get().declaration(element.declaration).kind;
        let own = kind.and_then(|kind| abilities.of_property(kind, lack));
        own.is_none_or(|verbs| verbs.create.is_ok())
    };
    let mut before = BTreeSet::new();
    if let Action::Change { old, .. } = &step.action {
        lacks(old, &mut Path::default(), &is_taken, &mut |path, _, lack| {
            before.insert((path, lack));
        });
    }
    if step.object.get("locked").is_some() || matches!(step.action, Action::Setting { .. }) {
        return;
    }
    lacks(&step.object, &mut Path::default(), &is_taken, &mut |path, element, lack| {
        let message = format!("`<{}>` lacks {lack}, which Jira requires", element.tag());
        if !before.contains(&(path.clone(), lack)) {
            let help = "write it into the file, or leave the object out".to_owned();
            reasons.push(Reason { code: "incomplete", path, message, help });
        }
    });
}

/// Calls `each` with what of an element, and of all in it, lacks what Jira has no default for, if the place takes it.
fn lacks(
    element: &Element,
    way: &mut Path,
    is_taken: &dyn Fn(&Element, DeclId) -> bool,
    each: &mut dyn FnMut(Path, &Element, String),
) {
    let before = way.clone();
    way.enter(element);
    let lack: Vec<_> = lacking(element, Missing::Refused).filter(|own| is_taken(element, *own)).collect();
    if !lack.is_empty() {
        each(way.clone(), element, named_lacks(&lack));
    }
    element.children().iter().for_each(|child| lacks(child, way, is_taken, each));
    *way = before;
}

/// A workflow, or a draft of one, with what keeps it from working, where the target does not have it just so.
fn workflow_that_does_not_work(outlook: &Outlook<'_>, step: &Step, reasons: &mut Vec<Reason>) {
    // Whether a workflow makes sense shows only if all of it is seen.
    if step.object.tag() != "workflowEntry" || outlook.unseen.is_in(&step.object) {
        return;
    }
    let old = match &step.action {
        Action::Change { old, .. } => Some(old),
        Action::Create { .. } | Action::Setting { .. } => None,
    };
    let sides: [fn(&Element) -> Option<&Element>; 2] = [|own| Some(own), |own| own.get("draft")];
    for side in sides {
        let Some(new) = side(&step.object) else { continue };
        let before: Vec<_> = old.and_then(side).map(obstacles).unwrap_or_default();
        let was_there = |own: &Obstacle<'_>| before.iter().any(|it| it.to_string() == own.to_string());
        for obstacle in obstacles(new).into_iter().filter(|own| !was_there(own)) {
            let path = path_of(step);
            let path = if new.tag() == "draft" { path.child("draft") } else { path };
            let path = match obstacle.part() {
                Some(part) => path.part(part.tag(), part.text_of("name").unwrap_or_default()),
                None => path,
            };
            reasons.push(Reason {
                code: "incomplete",
                path,
                message: obstacle.to_string(),
                help: format!("{}, or leave the workflow out", obstacle.help()),
            });
        }
    }
}

/// A locked field belongs to an app, which makes it by itself.
fn new_locked_field(step: &Step, reasons: &mut Vec<Reason>) {
    // Where its app is missing, that is the cause.
    let is_told = reasons.iter().any(|reason| reason.code == "app-missing");
    if matches!(step.action, Action::Create { .. }) && step.object.get("locked").is_some() && !is_told {
        reasons.push(Reason {
            code: "locked-field",
            path: path_of(step),
            message: format!(
                "the target lacks the field `{}`, which only its app can create",
                step.identity.name()
            ),
            help: "install that app in the target, or leave the field out".to_owned(),
        });
    }
}

fn path_of(step: &Step) -> Path {
    path_of_object(&step.object)
}

fn path_of_object(object: &Element) -> Path {
    let mut path = Path::default();
    path.enter(object);
    path
}

fn named(kind: &str, name: &str) -> Option<Identity> {
    Schema::get().kind_named(kind).map(|kind| Identity::named(kind, name))
}
