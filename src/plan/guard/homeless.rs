//! Issues whose status the workflow that they are to run by does not have.
//!
//! Which they are is known only when the rows are: the object is blamed whose change leads them there.

use std::collections::BTreeMap;

use super::in_use::{State, is_type};
use super::{named, path_of_object};
use crate::mapping::Homeless;
use crate::model::{Element, Identity, IssueTypeName, Snapshot};
use crate::plan::{Plan, Reason};

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

/// Returns why objects must not be changed: each workflow that lacks statuses of issues once, with the list of these.
pub(crate) fn refusals(
    homeless: &[Homeless],
    before: &Snapshot,
    after: &Snapshot,
    plan: &Plan,
) -> Vec<(Identity, Reason)> {
    let mut by_cause: BTreeMap<(Identity, &str), Vec<&Homeless>> = BTreeMap::new();
    for own in homeless {
        for identity in blamed(own, before, after, plan) {
            by_cause.entry((identity, &own.workflow)).or_default().push(own);
        }
    }
    let reason = |((identity, workflow), own): ((Identity, &str), Vec<&Homeless>)| {
        let object = &plan.steps.iter().find(|step| step.identity == identity)?.object;
        let reason = Reason {
            code: "status-in-use",
            path: path_of_object(object),
            message: format!(
                "issues are in statuses that their workflow `{workflow}` would not have: {}",
                own.iter().map(|own| told(own)).collect::<Vec<_>>().join("; ")
            ),
            help: help(own.first()?),
        };
        Some((identity, reason))
    };
    by_cause.into_iter().filter_map(reason).collect()
}

fn told(own: &Homeless) -> String {
    let wanted = own
        .wanted
        .as_ref()
        .map(|wanted| format!(" (they are to get `{wanted}`, which the workflow does not have, either)"));
    let wanted = wanted.unwrap_or_default();
    format!(
        "{} of type `{}` in `{}` in project {}{wanted}",
        own.issues, own.issue_type.0, own.status, own.project
    )
}

fn help(own: &Homeless) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let (workflow, issue_type, status) =
        (quoted(&own.workflow), quoted(&own.issue_type.0), quoted(&own.status));
    let keep = "keep the status in the workflow, or move those issues first";
    match &own.offered {
        Some(offered) => format!(
            "{keep}, or say in the mapping file (--map) which status they get: statusMigration.{workflow}.{issue_type}.{status} = {}",
            quoted(offered)
        ),
        None => keep.to_owned(),
    }
}

/// Returns the objects whose change leads issues to a workflow without their status.
fn blamed(own: &Homeless, before: &Snapshot, after: &Snapshot, plan: &Plan) -> Vec<Identity> {
    fn state<'s>(snapshot: &'s Snapshot) -> impl Fn(&Identity) -> Option<&'s Element> {
        |identity| snapshot.objects.get(identity).map(|object| &object.element)
    }
    let is_planned = |identity: &Identity| plan.steps.iter().any(|step| step.identity == *identity);
    let was = Course::new(&own.project, &own.issue_type, &state(before));
    let will = Course::new(&own.project, &own.issue_type, &state(after));
    if let Some((was, will)) = was.zip(will)
        && let Some(identity) = was.blamed(&will).filter(|identity| is_planned(identity))
    {
        return vec![identity.clone()];
    }
    // Two objects of one name, or of several: whatever decides over workflows.
    let decides = ["project", "workflowScheme", "workflowEntry"];
    let all = plan.steps.iter().filter(|step| decides.contains(&step.object.tag()));
    all.map(|step| step.identity.clone()).collect()
}
