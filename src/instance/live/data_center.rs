//! What Data Center tells in shapes of its own: schemes of issue types and priorities, security levels, the names of workflows.

use serde::Deserialize;

use super::constants::FieldScheme;
use super::endpoint::{cloud, data_center};
use super::grants::SecurityScheme;
use super::projects::Project;
use super::reader::{Ask, Reader};
use super::shape::{Id, WithId};
use crate::rest::Edition;

/// A scheme of issue types.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeScheme {
    id: Id,
    name: String,
    description: Option<String>,
    default_issue_type: Option<WithId>,
    issue_types: Vec<WithId>,
}

/// A scheme of priorities.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PriorityScheme {
    id: Id,
    name: String,
    description: Option<String>,
    default_option_id: Option<Id>,
    option_ids: Vec<Id>,
    project_keys: Vec<String>,
    #[serde(default)]
    default_scheme: bool,
}

/// A workflow; what is in it no reply tells.
#[derive(Debug, Deserialize)]
struct Workflow {
    name: String,
}

fn type_schemes(reader: &mut Reader<'_>) -> Vec<TypeScheme> {
    let ask = reader.of(&data_center::ISSUE_TYPE_SCHEMES);
    reader.list(&ask).unwrap_or_default()
}

fn projects_of(reader: &Reader<'_>, scheme: &TypeScheme) -> Ask {
    reader.about(&data_center::ISSUE_TYPE_SCHEME_PROJECTS, &[scheme.id.as_str()], &scheme.name)
}

/// Asks for what the lists alone do not tell.
pub(super) fn asks(reader: &mut Reader<'_>) -> Vec<Ask> {
    if reader.edition == Edition::Cloud {
        return Vec::new();
    }
    let schemes = type_schemes(reader);
    let mut asks: Vec<Ask> = schemes.iter().map(|scheme| projects_of(reader, scheme)).collect();
    let ask = reader.of(&cloud::SECURITY_SCHEMES);
    let schemes = reader.list::<SecurityScheme>(&ask).unwrap_or_default();
    asks.extend(schemes.iter().map(|scheme| levels_of(reader, scheme)));
    asks
}

/// Makes the rows.
pub(super) fn read(reader: &mut Reader<'_>, projects: &[Project]) {
    read_schemes(reader, projects);
    read_security(reader);
    read_workflows(reader);
}

/// Makes the rows of the schemes of issue types and priorities.
fn read_schemes(reader: &mut Reader<'_>, projects: &[Project]) {
    for scheme in type_schemes(reader) {
        let ask = projects_of(reader, &scheme);
        let own = reader.list::<WithId>(&ask).unwrap_or_default();
        FieldScheme {
            field: "issuetype",
            id: scheme.id.as_str(),
            name: &scheme.name,
            description: scheme.description.as_deref(),
            members: scheme.issue_types.iter().map(|own| own.id.as_str()).collect(),
            default: scheme.default_issue_type.as_ref().map(|own| own.id.as_str()),
            is_default: false,
            projects: own.iter().map(|project| project.id.as_str()).collect(),
        }
        .add(reader);
    }
    let ask = reader.of(&data_center::PRIORITY_SCHEMES);
    for scheme in reader.list::<PriorityScheme>(&ask).unwrap_or_default() {
        let id = |key: &String| projects.iter().find(|own| own.key == *key).map(|own| own.id.as_str());
        FieldScheme {
            field: "priority",
            id: scheme.id.as_str(),
            name: &scheme.name,
            description: scheme.description.as_deref(),
            members: scheme.option_ids.iter().map(Id::as_str).collect(),
            default: scheme.default_option_id.as_ref().map(Id::as_str),
            is_default: scheme.default_scheme,
            projects: scheme.project_keys.iter().filter_map(id).collect(),
        }
        .add(reader);
    }
}

fn levels_of(reader: &Reader<'_>, scheme: &SecurityScheme) -> Ask {
    reader.about(&data_center::SECURITY_SCHEME, &[scheme.id.as_str()], &scheme.name)
}

/// Makes the rows of issue security schemes and their levels.
fn read_security(reader: &mut Reader<'_>) {
    let ask = reader.of(&cloud::SECURITY_SCHEMES);
    for scheme in reader.list::<SecurityScheme>(&ask).unwrap_or_default() {
        scheme.add(reader);
        let ask = levels_of(reader, &scheme);
        let whole = reader.one::<SecurityScheme>(&ask);
        for level in whole.into_iter().filter_map(|own| own.levels).flatten() {
            reader.add(
                "SchemeIssueSecurityLevels",
                &[
                    ("id", Some(level.id.as_str())),
                    ("name", Some(&level.name)),
                    ("description", level.description.as_deref()),
                    ("scheme", Some(scheme.id.as_str())),
                ],
            );
        }
    }
}

/// Makes the rows of workflows, which are there and of which nothing else is known.
fn read_workflows(reader: &mut Reader<'_>) {
    let ask = reader.of(&data_center::WORKFLOWS);
    for Workflow { name } in reader.list(&ask).unwrap_or_default() {
        // Jira's own is always added.
        if name == "jira" {
            continue;
        }
        reader.add("Workflow", &[("name", Some(&name)), ("descriptor", Some("<workflow/>"))]);
        let why = "Data Center returns only the names of workflows, not their content";
        reader.unknown(&["workflowEntry"], Some(&name), why, false);
    }
}
