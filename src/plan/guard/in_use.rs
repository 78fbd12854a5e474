//! What issues hold on to must stay: options, versions, components, security levels. Of statuses and issue types see
//! [`homeless`](super::homeless).
//!
//! Each guard goes once over what is known of the issues and blames the one object whose change takes the part away, so
//! that their cost does not grow with the number of steps.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Outlook, Violations, named, path_of_object};
use crate::model::{Element, Identity, UsedOption};
use crate::plan::Reason;
use crate::plan::holding::Holding;
use crate::schema::Schema;

/// A state of all objects: as they are, or as they are to be.
pub(super) type State<'a, 's> = &'s dyn Fn(&Identity) -> Option<&'a Element>;

/// Returns all that the issues of the target would lose, by the object that takes it away.
pub(super) fn violations(outlook: &Outlook<'_>) -> Violations {
    let mut violations = Violations::new();
    options_that_issues_have(outlook, &mut violations);
    versions_and_components_that_issues_have(outlook, &mut violations);
    security_levels_that_issues_have(outlook, &mut violations);
    violations
}

fn blame(
    violations: &mut Violations,
    outlook: &Outlook<'_>,
    identity: &Identity,
    code: &'static str,
    message: String,
    help: &str,
) {
    let Some(object) = outlook.changed.get(identity) else { return };
    let reason = Reason { code, path: path_of_object(object), message, help: help.to_owned() };
    violations.entry(identity.clone()).or_default().push(reason);
}

/// A context that goes, or that a project leaves, takes its options from the issues that have them.
fn options_that_issues_have(outlook: &Outlook<'_>, violations: &mut Violations) {
    for (field, used) in &outlook.facts.options_in_use {
        let (Some(before), Some(after)) = (outlook.before(field), outlook.changed.get(field)) else {
            continue;
        };
        let (is, will_be) = (|identity: &_| outlook.before(identity), |identity: &_| outlook.after(identity));
        let (before, after) = (Reach::new(before, &is), Reach::new(after, &will_be));
        let mut lost: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for used in used {
            if before.has_option(used) && !after.has_option(used) {
                lost.entry((&used.context, &used.project)).or_default().insert(used.option.name());
            }
        }
        for ((context, project), options) in lost {
            let options: Vec<String> = options.into_iter().map(|option| format!("`{option}`")).collect();
            let message = format!(
                "the context `{context}` would no longer apply to project {project}, whose issues use its \
                 options {}",
                options.join(", ")
            );
            let help = "issues refer to options by id, and each context has its own: keep the context and \
            its projects as they are, or change those issues first";
            blame(violations, outlook, field, "context-in-use", message, help);
        }
    }
}

/// A custom field in a state of all objects.
struct Reach<'a, 's> {
    contexts: Vec<&'a Element>,
    holding: Holding<'a>,
    /// The options, each with the place of its context and the name of its configuration.
    options: HashSet<(usize, &'a str, Identity)>,
    state: State<'a, 's>,
}

impl<'a, 's> Reach<'a, 's> {
    fn new(field: &'a Element, state: State<'a, 's>) -> Self {
        let contexts: Vec<&Element> = field.all("customFieldConfigScheme").collect();
        let mut options = HashSet::new();
        for (at, context) in contexts.iter().enumerate() {
            for config in context.all("config") {
                let name = config.text_of("name").unwrap_or("");
                let own = config.all("option").filter_map(Identity::of_definition);
                options.extend(own.map(|option| (at, name, option)));
            }
        }
        Self { holding: Holding::new(contexts.iter().copied()), contexts, options, state }
    }

    /// Returns whether the context of an option is the one that holds for the project, and has it.
    fn has_option(&self, used: &UsedOption) -> bool {
        let project = named("project", &used.project).and_then(|project| (self.state)(&project));
        let category =
            project.and_then(|project| Identity::of_reference(project.get("projectCategory")?, &[]));
        let Some(at) = self.holding.of(&used.project, category.as_ref()) else { return false };
        self.contexts[at].text_of("name") == Some(&used.context)
            && self.options.contains(&(at, used.config.as_str(), used.option.clone()))
    }
}

/// A version or component that issues have must stay in their project.
fn versions_and_components_that_issues_have(outlook: &Outlook<'_>, violations: &mut Violations) {
    let schema = Schema::get();
    for (project, part) in &outlook.facts.parts_in_use {
        let Some(identity) = named("project", project) else { continue };
        let (Some(before), Some(after)) = (outlook.before(&identity), outlook.changed.get(&identity)) else {
            continue;
        };
        let kind = &schema.kind(part.kind).name;
        let has = |project: &Element| {
            let mut lists =
                project.get(if kind == "version" { "versions" } else { "components" }).into_iter();
            lists.any(|list| list.all(kind).any(|own| Identity::of_definition(own).as_ref() == Some(part)))
        };
        if has(before) && !has(after) {
            let message = format!("issues have the {kind} `{part}`, which project {project} would lose");
            let help = "keep it in the file, archive it, or change those issues first";
            let code = if kind == "version" { "version-in-use" } else { "component-in-use" };
            blame(violations, outlook, &identity, code, message, help);
        }
    }
}

/// A security level that issues have must stay in the scheme of their project; else everybody could read them, or nobody.
fn security_levels_that_issues_have(outlook: &Outlook<'_>, violations: &mut Violations) {
    for (project, scheme, level) in &outlook.facts.levels_in_use {
        let (Some(project), Some(scheme)) = (named("project", project), named("issueSecurityScheme", scheme))
        else {
            continue;
        };
        let protects = |state: State<'_, '_>| {
            let own = state(&project)?.get("issueSecurityScheme")?;
            let has = |scheme: &Element| {
                scheme
                    .all("issueSecurityLevel")
                    .any(|own| Identity::of_definition(own).as_ref() == Some(level))
            };
            Some((own.text() == scheme.name(), state(&scheme).is_some_and(has)))
        };
        let Some((true, true)) = protects(&|identity| outlook.before(identity)) else { continue };
        let blamed = match protects(&|identity| outlook.after(identity)) {
            Some((true, true)) => continue,
            Some((true, false)) => &scheme,
            _ => &project,
        };
        let message = format!(
            "issues of project {} have the security level `{level}` of `{}`, which they would lose",
            project.name(),
            scheme.name()
        );
        let help = "keep the level and the scheme in the file, or change those issues first";
        blame(violations, outlook, blamed, "security-level-in-use", message, help);
    }
}
