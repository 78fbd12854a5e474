//! What belongs to others: apps, directories, Jira itself, and what the place of the target does not take.

use std::collections::{BTreeMap, BTreeSet};

use super::{Outlook, Step, path_of};
use crate::diff;
use crate::model::{Element, Verbs, classes};
use crate::plan::{Action, Reason};
use crate::schema::{DeclId, Missing, Schema};

/// What names the owner of a dashboard.
const AUTHOR: &str = "author";

/// What every Jira has: field types and workflow functions of these packages need no app.
const JIRAS_OWN: [&str; 4] = [
    "com.atlassian.jira.plugin.system.customfieldtypes:",
    "com.atlassian.jira.workflow.",
    "com.opensymphony.workflow.",
    "com.atlassian.jira.plugin.",
];

/// Returns the field types and workflow functions that the target is not known to have, as far as the step brings them.
fn new_classes<'s>(outlook: &Outlook<'_>, step: &'s Step) -> BTreeSet<&'s str> {
    let before: BTreeSet<&str> = match &step.action {
        Action::Change { old, .. } => classes(old).into_iter().collect(),
        _ => BTreeSet::new(),
    };
    let is_new = |class: &&str| {
        !JIRAS_OWN.iter().any(|prefix| class.starts_with(prefix))
            && !before.contains(class)
            && !outlook.facts.known_classes.contains(*class)
    };
    classes(&step.object).into_iter().filter(is_new).collect()
}

/// A field type tells its app before the colon.
fn app_of(class: &str) -> Option<&str> {
    class.split_once(':').map(|(app, _)| app)
}

/// Returns the keys of the modules that workflow functions belong to, by the class: Jira writes most of them down, the key of the
/// app and that of the module in it without anything between (as `com.googlecode.jira-suite-utilities` and
/// `clearFieldValue-function`, seen in 6.3 and 7.12).
fn modules(object: &Element) -> BTreeMap<&str, &str> {
    let mut modules = BTreeMap::new();
    let mut waiting = vec![object];
    while let Some(element) = waiting.pop() {
        let is_key = |own: &&Element| own.text_of("name") == Some("full.module.key");
        let key = element.all("argument").find(is_key).and_then(|own| own.text_of("value"));
        modules.extend(element.text_of("class").zip(key));
        waiting.extend(element.children());
    }
    modules
}

/// Returns whether the target has the app of a field type or workflow function; nothing if that cannot be told.
fn has_app(outlook: &Outlook<'_>, step: &Step, class: &str) -> Option<bool> {
    let apps = &outlook.facts.known_apps;
    if apps.is_empty() {
        return None;
    }
    match app_of(class) {
        Some(app) => Some(apps.contains(app)),
        None => modules(&step.object).get(class).map(|key| apps.iter().any(|app| key.starts_with(app))),
    }
}

/// Returns what messages call the classes of a step.
fn word(step: &Step) -> &'static str {
    if step.object.tag() == "customField" { "field type" } else { "workflow function" }
}

/// A field type or workflow function of an app that the target does not have.
pub(super) fn app_that_is_missing(outlook: &Outlook<'_>, step: &Step, reasons: &mut Vec<Reason>) {
    for class in new_classes(outlook, step) {
        if has_app(outlook, step, class) == Some(false) {
            reasons.push(Reason {
                code: "app-missing",
                path: path_of(step),
                // All that one app brings has one cause.
                message: match app_of(class) {
                    Some(app) => format!("the target does not have the app `{app}`"),
                    None => format!("the target does not have the app of the {} `{class}`", word(step)),
                },
                help: "install the app, or leave the object out".to_owned(),
            });
        }
    }
}

/// What nobody can know from the data of the target: whether it has a workflow function that no workflow of it uses yet,
/// or, where it does not list its apps, a field type.
pub(super) fn app_that_may_be_missing(outlook: &Outlook<'_>, step: &Step) -> Vec<String> {
    let unknown = |class: &&str| has_app(outlook, step, class).is_none();
    let warning = |class| {
        format!(
            "nothing in the target uses the {} `{class}` yet: check that its app is installed",
            word(step)
        )
    };
    new_classes(outlook, step).into_iter().filter(unknown).map(warning).collect()
}

/// A user or group that LDAP or another directory keeps: Jira cannot change it.
pub(super) fn account_of_another_system(outlook: &Outlook<'_>, step: &Step, reasons: &mut Vec<Reason>) {
    if matches!(step.action, Action::Change { .. })
        && outlook.facts.external_accounts.contains(&step.identity)
    {
        let kind = Schema::get().kind(step.identity.kind).in_words();
        reasons.push(Reason {
            code: "external-account",
            path: path_of(step),
            message: format!(
                "the {kind} `{}` is managed by another system (LDAP), which Jira only reads",
                step.identity
            ),
            help: "change it there, or leave it out".to_owned(),
        });
    }
}

/// A dashboard that nobody owns: Jira takes it for its own.
fn is_of_nobody(step: &Step) -> bool {
    let is_own = |object: &Element| object.get("builtIn").is_some();
    let becomes_jiras = match &step.action {
        Action::Create { .. } => true,
        Action::Change { old, .. } => is_own(old),
        Action::Setting { .. } => false,
    };
    becomes_jiras
        && step.object.tag() == "dashboard"
        && step.object.get(AUTHOR).is_none()
        && !is_own(&step.object)
}

/// A new dashboard without an owner, as one is where the account of its owner is gone.
pub(super) fn dashboard_of_nobody(step: &Step, reasons: &mut Vec<Reason>) {
    if is_of_nobody(step) {
        reasons.push(Reason {
            code: "incomplete",
            path: path_of(step).child(AUTHOR),
            message: "it has no owner, and what nobody owns is Jira's own dashboard".to_owned(),
            help: "write its `<author>` into the file, or leave the dashboard out".to_owned(),
        });
    }
}

/// Jira's own object of that name is another than the one that the file describes.
pub(super) fn system_object(step: &Step, reasons: &mut Vec<Reason>) {
    let Action::Change { old, .. } = &step.action else { return };
    if is_of_nobody(step) {
        return;
    }
    let mark = |object: &Element| object.text_of("builtIn").map(str::to_owned);
    let message = match (mark(old), mark(&step.object)) {
        (old, new) if old == new => return,
        (Some(_), None) => {
            format!("`{}` is built into Jira in the target, but not in the file", step.identity)
        }
        _ => format!("`{}` is built into Jira in the file, but not in the target", step.identity),
    };
    reasons.push(Reason {
        code: "system-object",
        path: path_of(step),
        message,
        help: "two different objects have the same name: rename one, or map it to another (--map)".to_owned(),
    });
}

/// A step that the place takes in no way, or a property of it, though it shows it. What stays as it is need not be written.
pub(super) fn not_taken(outlook: &Outlook<'_>, step: &Step, reasons: &mut Vec<Reason>) {
    let abilities = &outlook.facts.abilities;
    let kind = step.identity.kind;
    let verb = |verbs: &Verbs| match step.action {
        Action::Create { .. } => verbs.create,
        Action::Change { .. } | Action::Setting { .. } => verbs.change,
    };
    let properties: BTreeSet<DeclId> = match &step.action {
        Action::Create { .. } => step.object.children().iter().map(|child| child.declaration).collect(),
        Action::Change { changes, .. } => changes.iter().filter_map(property).collect(),
        Action::Setting { .. } => BTreeSet::new(),
    };
    let own = properties.into_iter().map(|own| (own, abilities.of_property(kind, own)));
    let (told, others): (Vec<_>, Vec<_>) = own.partition(|(_, verbs)| verbs.is_some());
    let refusal = |path, why: &str| Reason {
        code: "cannot-write",
        path,
        message: format!("this instance does not take it: {why}"),
        help: "do it in Jira itself, import it where more can be written, or leave the object out".to_owned(),
    };
    let is_whole = matches!(step.action, Action::Create { .. } | Action::Setting { .. });
    if let Err(why) = verb(&abilities.of(kind))
        && (is_whole || !others.is_empty())
    {
        reasons.push(refusal(path_of(step), why));
        return;
    }
    for (property, verbs) in told {
        let is_jiras = verbs.is_some_and(|own| is_jiras_to_choose(step, property, own));
        if let Some(Err(why)) = verbs.as_ref().map(verb).filter(|_| !is_jiras) {
            let tag = &Schema::get().declaration(property).name;
            reasons.push(refusal(path_of(step).child(tag), why));
        }
    }
}

/// Returns whether a property is Jira's to choose when the object is made: it has one always, the place takes none, and what it has
/// chosen nobody sees.
fn is_jiras_to_choose(step: &Step, property: DeclId, verbs: Verbs) -> bool {
    let always = Schema::get().declaration(property).always.as_ref();
    let is_chosen = always.is_some_and(|always| always.missing == Missing::Default);
    is_chosen && matches!(step.action, Action::Create { .. }) && verbs.read.is_err() && verbs.create.is_err()
}

/// What of a new object Jira chooses itself.
pub(super) fn chosen_by_jira(outlook: &Outlook<'_>, step: &Step) -> Vec<String> {
    let abilities = &outlook.facts.abilities;
    let told = |child: &Element| {
        let verbs = abilities.of_property(step.identity.kind, child.declaration)?;
        let why = verbs.create.err().filter(|_| is_jiras_to_choose(step, child.declaration, verbs))?;
        Some(format!(
            "Jira chooses its `{}`, which this instance neither shows nor takes: {why}",
            child.tag()
        ))
    };
    step.object.children().iter().filter_map(told).collect()
}

/// Returns the property of an object in which a change is.
fn property(change: &diff::Change) -> Option<DeclId> {
    let own = match &change.action {
        diff::Action::Set { old, new } => old.as_ref().or(new.as_ref()),
        diff::Action::Add { item, .. }
        | diff::Action::Remove { item, .. }
        | diff::Action::Move { item, .. } => Some(item),
    };
    change.way.first().map(|step| step.declaration).or(own.map(|own| own.declaration))
}
