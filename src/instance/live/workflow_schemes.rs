//! Workflow schemes and their drafts, as a live Jira tells them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::endpoint::{Endpoint, cloud, data_center};
use super::projects::{Project, Uses, by_projects, join_all};
use super::reader::{Ask, Reader};
use super::shape::{Id, Scope, is_of_project};
use crate::rest::{Edition, Failure};

/// A workflow scheme; mappings are to the names of workflows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scheme {
    /// Jira's own scheme has none.
    id: Option<Id>,
    name: String,
    description: Option<String>,
    default_workflow: String,
    issue_type_mappings: BTreeMap<String, String>,
    scope: Option<Scope>,
}

/// A scheme of which the id alone is wanted.
#[derive(Debug, Deserialize)]
struct Known {
    id: Option<Id>,
}

/// The projects of a scheme.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Joined {
    workflow_scheme: Known,
    project_ids: Vec<Id>,
}

/// Returns the lists that are read whatever is wanted.
pub(super) fn lists(edition: Edition) -> &'static [&'static Endpoint] {
    match edition {
        Edition::Cloud => &[&cloud::WORKFLOW_SCHEMES],
        Edition::DataCenter => &[],
    }
}

/// Asks for what the lists alone do not tell.
pub(super) fn asks(reader: &Reader<'_>, projects: &[Project]) -> Vec<Ask> {
    match reader.edition {
        Edition::Cloud => by_projects(reader, &cloud::WORKFLOW_SCHEME_PROJECTS, projects),
        Edition::DataCenter => Vec::new(),
    }
}

/// Makes the rows of all but the drafts.
pub(super) fn read(reader: &mut Reader<'_>, projects: &[Project]) {
    if reader.edition == Edition::DataCenter {
        return;
    }
    let ask = reader.of(&cloud::WORKFLOW_SCHEMES);
    for scheme in reader.list::<Scheme>(&ask).unwrap_or_default() {
        let Some(id) = &scheme.id else { continue };
        if is_of_project(scheme.scope.as_ref()) {
            continue;
        }
        add(reader, id.as_str(), &scheme);
    }
    let mut uses = Vec::new();
    for ask in by_projects(reader, &cloud::WORKFLOW_SCHEME_PROJECTS, projects) {
        let joined = reader.list::<Joined>(&ask).unwrap_or_default().into_iter();
        uses.extend(joined.map(|own| Uses { scheme: own.workflow_scheme.id, projects: own.project_ids }));
    }
    join_all(reader, "WorkflowScheme", uses);
}

fn mappings(reader: &mut Reader<'_>, entity: &str, id: &str, scheme: &Scheme) {
    let others = scheme.issue_type_mappings.iter();
    let others = others.map(|(issue_type, workflow)| (issue_type.as_str(), workflow.as_str()));
    for (issue_type, workflow) in [("0", scheme.default_workflow.as_str())].into_iter().chain(others) {
        reader.add(
            entity,
            &[("scheme", Some(id)), ("issuetype", Some(issue_type)), ("workflow", Some(workflow))],
        );
    }
}

/// Makes the rows of the scheme of a project, which Data Center tells of each project alone.
pub(super) fn read_of_project(reader: &mut Reader<'_>, project: &Project) {
    let ask = reader.about(&data_center::PROJECT_WORKFLOWS, &[&project.key], &project.key);
    let Some(scheme) = reader.one::<Scheme>(&ask) else { return };
    let Some(id) = &scheme.id else { return };
    reader.join(project.id.as_str(), "WorkflowScheme", id.as_str());
    if reader.is_met("WorkflowScheme", id.as_str()) {
        return;
    }
    add(reader, id.as_str(), &scheme);
}

fn add(reader: &mut Reader<'_>, id: &str, scheme: &Scheme) {
    reader.add(
        "WorkflowScheme",
        &[("id", Some(id)), ("name", Some(&scheme.name)), ("description", scheme.description.as_deref())],
    );
    mappings(reader, "WorkflowSchemeEntity", id, scheme);
}

/// Makes the rows of the drafts of schemes, by id and name.
pub(super) fn read_drafts(reader: &mut Reader<'_>, schemes: &[(String, String)]) -> Result<(), Failure> {
    let about = |reader: &Reader<'_>, (id, name): &(String, String)| {
        reader.about(&cloud::WORKFLOW_SCHEME_DRAFT, &[id], name)
    };
    if reader.edition == Edition::DataCenter {
        return Ok(());
    }
    let asks: Vec<Ask> = schemes.iter().map(|scheme| about(reader, scheme)).collect();
    reader.fetch(asks)?;
    for scheme in schemes {
        let ask = about(reader, scheme);
        let Some(draft) = reader.one::<Scheme>(&ask) else { continue };
        let id = reader.add(
            "DraftWorkflowScheme",
            &[("name", Some(&draft.name)), ("workflowSchemeId", Some(&scheme.0))],
        );
        mappings(reader, "DraftWorkflowSchemeEntity", &id, &draft);
    }
    Ok(())
}
