//! Issues whose status the workflow that they are to run by does not have, or whose type the scheme of their project loses.
//!
//! Which they are is known only when the rows are: the object is blamed whose change leads them there. Invariant: as long as there are
//! such issues, something is blamed.

use std::collections::{BTreeMap, BTreeSet};

use super::in_use::State;
use super::{named, path_of_object};
use crate::mapping::{Homeless, Moving, NoType, Typeless};
use crate::model::{Element, Identity, IssueTypeName, Path, Snapshot};
use crate::plan::{Plan, Reason};
use crate::schema::Schema;

/// The workflow of an issue type in a project, with what says so.
struct Course<'a> {
    project: Identity,
    scheme: Option<Identity>,
    workflow: Option<Identity>,
    /// Nothing for Jira's own workflow, whose statuses no instance stores.
    element: Option<&'a Element>,
}

impl<'a> Course<'a> {
    fn new(project: &str, issue_type: &IssueTypeName, state: State<'a, '_>) -> Option<Self> {
        let project = named("project", project)?;
        let mut course = Self { scheme: None, workflow: None, element: None, project };
        let scheme = state(&course.project)?.get("workflowScheme");
        let Some(scheme) = scheme.and_then(|own| Identity::of_reference(own, &[])) else {
            return Some(course);
        };
        let mappings: Vec<&Element> = state(&scheme)?.all("mappingIssueTypes").collect();
        course.scheme = Some(scheme);
        let is_own =
            |mapping: &&&Element| mapping.get("issueType").is_some_and(|own| is_type(own, issue_type));
        let own = mappings.iter().find(is_own);
        let mapping = own.or_else(|| mappings.iter().find(|mapping| mapping.get("issueType").is_none()));
        course.workflow = mapping.and_then(|own| Identity::of_reference(own.get("workflow")?, &[]));
        course.element =
            course.workflow.as_ref().and_then(state).filter(|element| element.get("builtIn").is_none());
        Some(course)
    }

    /// Returns the object whose change leads from here to another course.
    fn blamed(&self, after: &Self) -> Option<&Identity> {
        match () {
            () if self.scheme != after.scheme => Some(&self.project),
            () if self.workflow != after.workflow => self.scheme.as_ref(),
            () => self.workflow.as_ref(),
        }
    }
}

/// Returns why objects must not be changed: each workflow that lacks statuses of issues, and each issue type of a project that issues
/// have, once.
pub(crate) fn refusals(
    issues: &Moving,
    before: &Snapshot,
    after: &Snapshot,
    plan: &Plan,
) -> Vec<(Identity, Reason)> {
    let path = |identity: &Identity| {
        plan.steps.iter().find(|step| step.identity == *identity).map(|step| path_of_object(&step.object))
    };
    // Where issues have a home is judged by what would be there: of a workflow that is refused, as it is now.
    let is_refused = |workflow: &str| {
        plan.refused.iter().any(|own| {
            Schema::get().kind(own.identity.kind).name == "workflowEntry" && own.identity.name() == workflow
        })
    };
    let mut by_cause: BTreeMap<(Identity, &str), Vec<&Homeless>> = BTreeMap::new();
    let mut twice: Vec<(Identity, Reason)> = Vec::new();
    for own in &issues.homeless {
        for identity in blamed(own, before, after, plan) {
            match &own.twice {
                Some(row) => {
                    twice.extend(path(&identity).map(|path| (identity, stored_twice(own, row, path))));
                }
                None => by_cause.entry((identity, &own.workflow)).or_default().push(own),
            }
        }
    }
    let homeless = |((identity, workflow), own): ((Identity, &str), Vec<&Homeless>)| {
        let reason = Reason {
            code: "status-in-use",
            path: path(&identity)?,
            message: format!(
                "issues are in statuses that their workflow `{workflow}` would not have: {}",
                own.iter().map(|own| told(own, is_refused(workflow))).collect::<Vec<_>>().join("; ")
            ),
            help: match is_refused(workflow) {
                true => format!(
                    "the workflow `{workflow}` is refused and stays as it is: see to that first, then to what is left of this"
                ),
                false => help(&own),
            },
        };
        Some((identity, reason))
    };
    let mut refusals: Vec<(Identity, Reason)> = by_cause.into_iter().filter_map(homeless).collect();
    refusals.extend(twice);
    let mut typeless: BTreeMap<(&str, &IssueTypeName), (&Typeless, u64)> = BTreeMap::new();
    for own in &issues.typeless {
        typeless.entry((&own.project, &own.issue_type)).or_insert((own, 0)).1 += own.issues;
    }
    for (own, issues) in typeless.into_values() {
        let blamed = blamed_for_type(&own.project, before, after, plan);
        refusals.extend(blamed.into_iter().filter_map(|identity| {
            let (message, help) = without_type(own, issues);
            let reason = Reason { code: "issue-type-in-use", path: path(&identity)?, message, help };
            Some((identity, reason))
        }));
    }
    refusals
}

fn told(own: &Homeless, is_refused: bool) -> String {
    let wanted = own
        .wanted
        .as_ref()
        .filter(|_| !is_refused)
        .map(|wanted| format!(" (they would get `{wanted}`, which the workflow does not have, either)"));
    let wanted = wanted.unwrap_or_default();
    let becomes = if own.issues == 1 { "becomes" } else { "become" };
    let issue_type = match &own.former {
        Some(former) => format!("`{}`, which {becomes} `{}`,", former.0, own.issue_type.0),
        None => format!("`{}`", own.issue_type.0),
    };
    format!("{} of type {issue_type} {} in project {}{wanted}", own.issues, in_status(own), own.project)
}

/// Says in which status issues are: damaged data has some without one.
fn in_status(own: &Homeless) -> String {
    match own.status.as_str() {
        "" => "without a status".to_owned(),
        status => format!("in `{status}`"),
    }
}

/// Says that issues cannot move, because the data has two rows of one id for them.
fn stored_twice(own: &Homeless, (table, id): &(&str, String), path: Path) -> Reason {
    Reason {
        code: "stored-twice",
        path,
        message: format!(
            "the data has two rows of {table} with the id {id}, and issues would move by them: {}",
            told(own, false)
        ),
        help: "delete all of them but one in the data, or leave the object out".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Says what to do for issues of one workflow: a line of the mapping file for each type and status.
fn help(all: &[&Homeless]) -> String {
    let keep = match all.iter().any(|own| !own.status.is_empty()) {
        true => "keep the status in the workflow, or move those issues first",
        false => "give those issues a status first",
    };
    let line = |own: &&Homeless| {
        let parts = [&own.workflow, &own.issue_type.0, &own.status].map(|own| quoted(own)).join(".");
        Some(format!("statusMigration.{parts} = {}", quoted(own.offered.as_ref()?)))
    };
    let lines: BTreeSet<String> = all.iter().filter_map(line).collect();
    match lines.is_empty() {
        true => keep.to_owned(),
        false => format!(
            "{keep}, or say in the mapping file (--map) which status they get: {}",
            lines.into_iter().collect::<Vec<_>>().join(" and ")
        ),
    }
}

/// Says why issues cannot lose their type, and what to do.
fn without_type(own: &Typeless, issues: u64) -> (String, String) {
    let (project, name) = (&own.project, &own.issue_type.0);
    let noun = if issues == 1 { "issue" } else { "issues" };
    let why = match &own.wanted {
        None => String::new(),
        Some((wanted, NoType::NotInScheme)) => {
            format!(" (they are to get `{wanted}`, which its scheme does not have, either)")
        }
        Some((wanted, NoType::NotHere(why))) => format!(" (they are to get `{wanted}`: {why})"),
        Some((wanted, NoType::OtherKind)) => {
            let [from, to] = match own.issue_type.1 {
                true => ["sub-task", "standard"],
                false => ["standard", "sub-task"],
            };
            format!(" (they are to get `{wanted}`: {from} types never become {to} types)")
        }
    };
    let message = format!("project {project} has {issues} {noun} of type `{name}`, which it would lose{why}");
    let keep = "keep the issue type in the scheme, or move those issues first";
    let help = match &own.offered {
        Some(offered) => format!(
            "{keep}, or say in the mapping file (--map) which issue type they get: typeMigration.{}.{} = {}",
            quoted(project),
            quoted(name),
            quoted(offered)
        ),
        None => keep.to_owned(),
    };
    (message, help)
}

fn state<'s>(snapshot: &'s Snapshot) -> impl Fn(&Identity) -> Option<&'s Element> {
    |identity| snapshot.objects.get(identity).map(|object| &object.element)
}

/// Returns the objects whose change leads issues to a workflow without their status.
fn blamed(own: &Homeless, before: &Snapshot, after: &Snapshot, plan: &Plan) -> Vec<Identity> {
    if own.former.is_some() {
        return blamed_for_type(&own.project, before, after, plan);
    }
    let was = Course::new(&own.project, &own.issue_type, &state(before));
    let will = Course::new(&own.project, &own.issue_type, &state(after));
    let cause = was.zip(will).and_then(|(was, will)| was.blamed(&will).cloned());
    // Two objects of one name, or of several: whatever decides over workflows.
    planned(cause, &["project", "workflowScheme", "workflowEntry"], plan)
}

/// Returns the objects whose change takes a type from the issues of a project.
fn blamed_for_type(project: &str, before: &Snapshot, after: &Snapshot, plan: &Plan) -> Vec<Identity> {
    let project = named("project", project);
    let scheme = |snapshot| {
        let own = state(snapshot)(project.as_ref()?)?;
        Identity::of_reference(own.get("issueTypeScheme")?, &[])
    };
    let (was, will) = (scheme(before), scheme(after));
    let cause = if was == will { will } else { project.clone() };
    planned(cause, &["project", "issueTypeScheme"], plan)
}

/// Returns the cause, if the plan changes it; else all of a plan that may be the cause.
fn planned(cause: Option<Identity>, decides: &[&str], plan: &Plan) -> Vec<Identity> {
    let is_planned = |identity: &Identity| plan.steps.iter().any(|step| step.identity == *identity);
    if let Some(cause) = cause.filter(is_planned) {
        return vec![cause];
    }
    let all = |is_meant: &dyn Fn(&str) -> bool| -> Vec<Identity> {
        let own = plan.steps.iter().filter(|step| is_meant(step.object.tag()));
        own.map(|step| step.identity.clone()).collect()
    };
    let own = all(&|tag| decides.contains(&tag));
    if own.is_empty() { all(&|_| true) } else { own }
}

fn is_type(reference: &Element, issue_type: &IssueTypeName) -> bool {
    reference.text() == issue_type.0 && reference.attribute_named("subtask").is_some() == issue_type.1
}
