//! Workflow schemes and their drafts.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::endpoint::{Endpoint, cloud};
use super::projects::{Project, Uses, by_projects, join_all};
use super::reader::{Ask, Reader};
use super::shape::{Id, Scope, is_of_project};
use crate::rest::Failure;

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

pub(super) const LISTS: &[&Endpoint] = &[&cloud::WORKFLOW_SCHEMES];

/// Asks for what the lists alone do not tell.
pub(super) fn fetch(reader: &mut Reader<'_>, projects: &[Project]) -> Result<(), Failure> {
    let asks = by_projects(reader, &cloud::WORKFLOW_SCHEME_PROJECTS, projects);
    reader.fetch(asks)
}

/// Makes the rows of all but the drafts.
pub(super) fn read(reader: &mut Reader<'_>, projects: &[Project]) {
    let ask = reader.of(&cloud::WORKFLOW_SCHEMES);
    for scheme in reader.list::<Scheme>(&ask).unwrap_or_default() {
        let Some(id) = &scheme.id else { continue };
        if is_of_project(scheme.scope.as_ref()) {
            continue;
        }
        reader.add(
            "WorkflowScheme",
            &[
                ("id", Some(id.as_str())),
                ("name", Some(&scheme.name)),
                ("description", scheme.description.as_deref()),
            ],
        );
        mappings(reader, "WorkflowSchemeEntity", id.as_str(), &scheme);
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

/// Makes the rows of the drafts of schemes, by id and name.
pub(super) fn read_drafts(reader: &mut Reader<'_>, schemes: &[(String, String)]) -> Result<(), Failure> {
    let about = |reader: &Reader<'_>, (id, name): &(String, String)| {
        reader.about(&cloud::WORKFLOW_SCHEME_DRAFT, &[id], name)
    };
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
