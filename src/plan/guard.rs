//! What must not happen: one function a refusal, each with its reason and what to do.
//!
//! All guards see every step before anything is written. Invariant: a guard refuses because of what the import would do, not
//! because of what the target is like anyway.

use std::collections::{BTreeSet, HashMap};

use super::matching::Matched;
use super::{Action, Facts, Reason, Step};
use crate::model::{Element, Identity, Path, Snapshot, references};
use crate::schema::Schema;

/// What every Jira has: field types and workflow functions of these packages need no app.
const JIRAS_OWN: [&str; 4] = [
    "com.atlassian.jira.plugin.system.customfieldtypes:",
    "com.atlassian.jira.workflow.",
    "com.opensymphony.workflow.",
    "com.atlassian.jira.plugin.",
];

/// The target as it is and as the steps would make it.
pub(super) struct Outlook<'a> {
    target: &'a Snapshot,
    matched: &'a Matched<'a>,
    facts: &'a Facts,
    changed: HashMap<&'a Identity, &'a Element>,
}

impl<'a> Outlook<'a> {
    pub(super) fn new(
        steps: &'a [Step],
        matched: &'a Matched<'a>,
        target: &'a Snapshot,
        facts: &'a Facts,
    ) -> Self {
        let changed = steps.iter().map(|step| (&step.identity, &step.object)).collect();
        Self { target, matched, facts, changed }
    }

    /// Returns why a step must not be done.
    pub(super) fn refusals(&self, step: &Step) -> Vec<Reason> {
        let mut reasons = Vec::new();
        self.nothing_to_refer_to(step, &mut reasons);
        nobody_behind_the_name(step, &mut reasons);
        invalid_address(step, &mut reasons);
        new_locked_field(step, &mut reasons);
        self.removed_context_with_used_options(step, &mut reasons);
        self.status_that_issues_are_in(step, &mut reasons);
        self.issue_type_that_issues_have(step, &mut reasons);
        self.app_that_is_missing(step, &mut reasons);
        reasons
    }

    fn before(&self, identity: &Identity) -> Option<&'a Element> {
        self.target.objects.get(identity).map(|object| &object.element)
    }

    fn after(&self, identity: &Identity) -> Option<&'a Element> {
        self.changed.get(identity).copied().or_else(|| self.before(identity))
    }

    /// A reference to an object that is neither in the file nor in the target.
    fn nothing_to_refer_to(&self, step: &Step, reasons: &mut Vec<Reason>) {
        let schema = Schema::get();
        references(&step.object, &mut |found| {
            let is_part = !schema.kind(found.target.kind).within.is_empty();
            let known =
                self.matched.described.contains(&found.target) || self.before(&found.target).is_some();
            if found.weak || is_part || known {
                return;
            }
            let kind = schema.kind(found.target.kind).in_words();
            let mut path = Path::default();
            found.ancestors.iter().for_each(|ancestor| path.enter(ancestor));
            path.enter(found.element);
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

    /// A context that goes takes its options with it, and issues may have them.
    fn removed_context_with_used_options(&self, step: &Step, reasons: &mut Vec<Reason>) {
        let Action::Change { old, .. } = &step.action else { return };
        if step.object.tag() != "customField" {
            return;
        }
        let configs = |field: &'_ Element| -> BTreeSet<(Identity, Identity)> {
            let contexts = field.all("customFieldConfigScheme");
            let pairs =
                contexts.flat_map(|context| context.all("config").map(move |config| (context, config)));
            pairs
                .filter_map(|(a, b)| Some((Identity::of_definition(a)?, Identity::of_definition(b)?)))
                .collect()
        };
        let (before, after) = (configs(old), configs(&step.object));
        for context in old.all("customFieldConfigScheme") {
            for config in context.all("config") {
                let (Some(a), Some(b)) = (Identity::of_definition(context), Identity::of_definition(config))
                else {
                    continue;
                };
                if !before.contains(&(a.clone(), b.clone())) || after.contains(&(a.clone(), b)) {
                    continue;
                }
                let used: Vec<&str> = config
                    .all("option")
                    .filter_map(|option| option.text_of("value"))
                    .filter(|value| {
                        self.facts.options_in_use.contains_key(&(step.identity.clone(), (*value).to_owned()))
                    })
                    .collect();
                if !used.is_empty() {
                    let mut path = path_of(step);
                    path.enter(context);
                    reasons.push(Reason {
                        code: "context-in-use",
                        path,
                        message: format!(
                            "the context goes, but issues have its options: {}",
                            used.join(", ")
                        ),
                        help: "keep the context in the file, or change those issues first".to_owned(),
                    });
                }
            }
        }
    }

    /// A status that issues of a project are in must stay in the workflow of their issue type.
    fn status_that_issues_are_in(&self, step: &Step, reasons: &mut Vec<Reason>) {
        if !["workflowEntry", "workflowScheme", "project"].contains(&step.object.tag()) {
            return;
        }
        for (project, issue_type, status) in &self.facts.statuses_in_use {
            let Some(before) = self.workflow(project, issue_type, &|identity| self.before(identity)) else {
                continue;
            };
            let Some(after) = self.workflow(project, issue_type, &|identity| self.after(identity)) else {
                continue;
            };
            let has =
                |workflow: &Element| workflow.all("step").any(|own| own.text_of("status") == Some(status));
            let named = [&before.0, &after.0].into_iter().any(|(scheme, workflow)| {
                Some(&step.identity) == scheme.as_ref()
                    || step.identity == *workflow
                    || (step.object.tag() == "project" && step.identity.name() == project)
            });
            if named && has(before.1) && !has(after.1) {
                reasons.push(Reason {
                    code: "status-in-use",
                    path: path_of(step),
                    message: format!(
                        "issues of type `{}` in project {project} are in status `{status}`, which their workflow would lose",
                        issue_type.0
                    ),
                    help: "keep the status in the workflow, or move those issues first".to_owned(),
                });
            }
        }
    }

    /// Returns the workflow of an issue type in a project, with the scheme that says so.
    #[expect(clippy::type_complexity, reason = "two identities and an element, used in one place")]
    fn workflow(
        &self,
        project: &str,
        issue_type: &super::Name,
        state: &dyn Fn(&Identity) -> Option<&'a Element>,
    ) -> Option<((Option<Identity>, Identity), &'a Element)> {
        let project = state(&named("project", project)?)?;
        let scheme = named("workflowScheme", project.text_of("workflowScheme")?)?;
        let mappings: Vec<&Element> = state(&scheme)?.all("mappingIssueTypes").collect();
        let own = mappings.iter().find(|mapping| {
            mapping.get("issueType").is_some_and(|own| {
                own.text() == issue_type.0 && own.attribute_named("subtask").is_some() == issue_type.1
            })
        });
        let mapping = own.or_else(|| mappings.iter().find(|mapping| mapping.get("issueType").is_none()))?;
        let workflow = named("workflowEntry", mapping.text_of("workflow")?)?;
        let element = state(&workflow)?;
        // Jira's own workflow is not stored, so its statuses are not known.
        element.get("builtIn").is_none().then_some(((Some(scheme), workflow), element))
    }

    /// An issue type that issues of a project have must stay in its issue type scheme.
    fn issue_type_that_issues_have(&self, step: &Step, reasons: &mut Vec<Reason>) {
        if !["issueTypeScheme", "project"].contains(&step.object.tag()) {
            return;
        }
        let in_use: BTreeSet<(&String, &super::Name)> =
            self.facts.statuses_in_use.iter().map(|(project, issue_type, _)| (project, issue_type)).collect();
        for (project, issue_type) in in_use {
            let offers = |state: &dyn Fn(&Identity) -> Option<&'a Element>| {
                let scheme = named(
                    "issueTypeScheme",
                    state(&named("project", project)?)?.text_of("issueTypeScheme")?,
                )?;
                let mut types = state(&scheme)?.all("issueType");
                let has = types.any(|own| {
                    own.text() == issue_type.0 && own.attribute_named("subtask").is_some() == issue_type.1
                });
                Some((scheme, has))
            };
            let Some((_, true)) = offers(&|identity| self.before(identity)) else { continue };
            let Some((scheme, false)) = offers(&|identity| self.after(identity)) else { continue };
            if step.identity == scheme || (step.object.tag() == "project" && step.identity.name() == project)
            {
                reasons.push(Reason {
                    code: "issue-type-in-use",
                    path: path_of(step),
                    message: format!(
                        "project {project} has issues of type `{}`, which it would lose",
                        issue_type.0
                    ),
                    help: "keep the issue type in the scheme, or move those issues first".to_owned(),
                });
            }
        }
    }

    /// A field type or workflow function of an app that the target does not have.
    fn app_that_is_missing(&self, step: &Step, reasons: &mut Vec<Reason>) {
        if self.facts.known_classes.is_empty() {
            return;
        }
        let mut unknown = BTreeSet::new();
        for class in classes(&step.object) {
            let own = JIRAS_OWN.iter().any(|prefix| class.starts_with(prefix));
            if !own && !self.facts.known_classes.contains(class) {
                unknown.insert(class);
            }
        }
        for class in unknown {
            let what = if step.object.tag() == "customField" { "field type" } else { "workflow function" };
            reasons.push(Reason {
                code: "app-missing",
                path: path_of(step),
                message: format!("the target does not know the {what} `{class}`"),
                help: "install the app that brings it, or leave the object out (--skip)".to_owned(),
            });
        }
    }
}

/// A user or group that the source itself did not find: only its name is known.
fn nobody_behind_the_name(step: &Step, reasons: &mut Vec<Reason>) {
    if matches!(step.action, Action::Create { .. })
        && step.object.tag() == "user"
        && step.object.children().len() == 1
    {
        reasons.push(Reason {
            code: "missing-user",
            path: path_of(step),
            message: format!(
                "there is no user `{}`: the file has nothing but the name",
                step.identity.name()
            ),
            help: "create the user in the target, or map it to another (--map)".to_owned(),
        });
    }
}

/// An e-mail address that is none.
fn invalid_address(step: &Step, reasons: &mut Vec<Reason>) {
    let Some(email) = step.object.get("email").filter(|_| step.object.tag() == "user") else { return };
    let valid = email.text().split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !valid {
        reasons.push(Reason {
            code: "invalid-email",
            path: path_of(step).child("email"),
            message: format!("`{}` is not an e-mail address", email.text()),
            help: "write one of the form name@host, or leave the user out (--skip user:NAME)".to_owned(),
        });
    }
}

/// A locked field belongs to an app, which makes it by itself.
fn new_locked_field(step: &Step, reasons: &mut Vec<Reason>) {
    if matches!(step.action, Action::Create { .. }) && step.object.get("locked").is_some() {
        reasons.push(Reason {
            code: "locked-field",
            path: path_of(step),
            message: format!(
                "the target lacks the field `{}`, which an app makes and locks",
                step.identity.name()
            ),
            help: "install that app in the target, or leave the field out (--skip)".to_owned(),
        });
    }
}

fn path_of(step: &Step) -> Path {
    let mut path = Path::default();
    path.enter(&step.object);
    path
}

fn named(kind: &str, name: &str) -> Option<Identity> {
    Schema::get().kind_named(kind).map(|kind| Identity::named(kind, name))
}

/// Returns the field type or the workflow functions that an object needs.
pub(super) fn classes(object: &Element) -> Vec<&str> {
    let mut classes = Vec::new();
    if object.tag() == "customField" {
        classes.extend(object.text_of("type"));
    }
    let mut waiting = if object.tag() == "workflowEntry" { vec![object] } else { Vec::new() };
    while let Some(element) = waiting.pop() {
        classes.extend(element.text_of("class"));
        waiting.extend(element.children());
    }
    classes
}
