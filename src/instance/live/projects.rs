//! Projects with their versions, components and members; project categories and project roles.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::endpoint::{Endpoint, cloud, data_center};
use super::person::{Group, User};
use super::reader::{Ask, Reader};
use super::shape::{Id, Named, Scope, WithId, is_of_project};
use crate::rest::{Edition, Failure};

/// A project, as lists of them tell it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Project {
    pub(super) id: Id,
    pub(super) key: String,
    name: String,
    description: Option<String>,
    url: Option<String>,
    lead: Option<User>,
    project_type_key: Option<String>,
    project_category: Option<WithId>,
    #[serde(default)]
    project_keys: Vec<String>,
    style: Option<String>,
    simplified: Option<bool>,
}

impl Project {
    /// Returns whether it is team-managed: its configuration is its own, and no scheme holds for it.
    pub(super) fn is_team_managed(&self) -> bool {
        self.style.as_deref() == Some("next-gen") || self.simplified == Some(true)
    }
}

/// What a list of projects does not tell of one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    assignee_type: Option<String>,
}

/// A version of a project.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    id: Id,
    name: String,
    description: Option<String>,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    released: bool,
    start_date: Option<String>,
    release_date: Option<String>,
}

/// A component of a project.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    id: Id,
    name: String,
    description: Option<String>,
    lead: Option<User>,
    assignee_type: Option<String>,
    #[serde(default)]
    archived: bool,
}

/// A project role; `actors` are its default members, or those of one project.
#[derive(Debug, Clone, Deserialize)]
struct Role {
    id: Id,
    name: String,
    description: Option<String>,
    scope: Option<Scope>,
    actors: Option<Vec<Actor>>,
}

/// A member of a role.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Actor {
    #[serde(rename = "type")]
    ty: String,
    name: Option<String>,
    actor_user: Option<User>,
    actor_group: Option<Group>,
}

/// Returns the lists that are read whatever is wanted.
pub(super) fn lists(edition: Edition) -> &'static [&'static Endpoint] {
    match edition {
        Edition::Cloud => &[&cloud::PROJECTS, &cloud::CATEGORIES, &cloud::ROLES],
        Edition::DataCenter => &[&data_center::PROJECTS, &cloud::CATEGORIES, &cloud::ROLES],
    }
}

/// Reads the lists; returns the projects.
pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Project> {
    let categories = reader.of(&cloud::CATEGORIES);
    for category in reader.list::<Named>(&categories).unwrap_or_default() {
        let Named { id, name, description, .. } = category;
        reader.add(
            "ProjectCategory",
            &[("id", Some(id.as_str())), ("name", Some(&name)), ("description", description.as_deref())],
        );
    }
    for role in roles(reader) {
        reader.add(
            "ProjectRole",
            &[
                ("id", Some(role.id.as_str())),
                ("name", Some(&role.name)),
                ("description", role.description.as_deref()),
            ],
        );
        match &role.actors {
            Some(actors) => members(reader, None, &role.id, actors),
            None => reader.unknown(
                &["projectRole/defaultUser", "projectRole/defaultGroup"],
                Some(&role.name),
                "the list of roles does not contain the default members",
                false,
            ),
        }
    }
    let projects = reader.of(reader.by_edition(&cloud::PROJECTS, &data_center::PROJECTS));
    reader.list::<Project>(&projects).unwrap_or_default()
}

/// Returns the roles that are there for all projects.
fn roles(reader: &mut Reader<'_>) -> Vec<Role> {
    let roles = reader.of(&cloud::ROLES);
    let mut roles = reader.list::<Role>(&roles).unwrap_or_default();
    roles.retain(|role| !is_of_project(role.scope.as_ref()));
    roles
}

/// Makes the rows of projects, as the list tells them.
pub(super) fn read_all(reader: &mut Reader<'_>, projects: &[Project]) {
    for project in projects {
        let lead = project.lead.as_ref().and_then(|lead| reader.met(lead));
        if project.is_team_managed() {
            let why = "it is team-managed: pcfg handles only company-managed projects";
            reader.unknown(&["project"], Some(&project.key), why, false);
        }
        // Of several keys Jira does not tell which came first.
        let original = match &project.project_keys[..] {
            [key] => Some(key.as_str()),
            _ => None,
        };
        reader.add(
            "Project",
            &[
                ("id", Some(project.id.as_str())),
                ("key", Some(&project.key)),
                ("name", Some(&project.name)),
                ("description", project.description.as_deref()),
                ("url", project.url.as_deref()),
                ("lead", lead.as_deref()),
                ("projecttype", project.project_type_key.as_deref()),
                ("originalkey", original),
            ],
        );
        for key in &project.project_keys {
            reader.add("ProjectKey", &[("projectId", Some(project.id.as_str())), ("projectKey", Some(key))]);
        }
        if let Some(category) = &project.project_category {
            reader.join(project.id.as_str(), "ProjectCategory", category.id.as_str());
        }
    }
}

/// Makes the rows of the details of projects, by id and key; of team-managed ones there are none.
pub(super) fn read_details(
    reader: &mut Reader<'_>,
    all: &[Project],
    wanted: &[(String, String)],
) -> Result<(), Failure> {
    let is_wanted = |own: &Project| wanted.iter().any(|(id, _)| id == own.id.as_str());
    let own: Vec<&Project> = all.iter().filter(|own| !own.is_team_managed() && is_wanted(own)).collect();
    let roles: Vec<Id> = roles(reader).into_iter().map(|role| role.id).collect();
    let asks: Vec<Ask> = own.iter().flat_map(|project| asks(reader, project, &roles)).collect();
    reader.fetch(asks)?;
    let mut assignees = BTreeMap::new();
    for project in own {
        assignees.extend(assignee_type(reader, project).map(|ty| (project.id.as_str().to_owned(), ty)));
        read_versions(reader, project);
        read_components(reader, project);
        read_members(reader, project, &roles);
        join_one(reader, project, &cloud::PROJECT_PERMISSIONS, "PermissionScheme");
        if reader.edition == Edition::DataCenter {
            join_one(reader, project, &data_center::PROJECT_NOTIFICATIONS, "NotificationScheme");
            join_one(reader, project, &data_center::PROJECT_SECURITY, "IssueSecurityScheme");
        }
    }
    reader.put("Project", "assigneetype", &assignees);
    Ok(())
}

/// What the details of a project tell.
pub(super) fn details(edition: Edition) -> impl Iterator<Item = &'static Endpoint> {
    let others: &[&Endpoint] = match edition {
        Edition::Cloud => &[],
        Edition::DataCenter => &[
            &data_center::PROJECT_NOTIFICATIONS,
            &data_center::PROJECT_SECURITY,
            &data_center::PROJECT_WORKFLOWS,
        ],
    };
    let both = [&cloud::PROJECT, &cloud::VERSIONS, &cloud::COMPONENTS, &cloud::PROJECT_PERMISSIONS];
    both.into_iter().chain(others.iter().copied())
}

/// Joins a project to the scheme that an endpoint tells.
fn join_one(reader: &mut Reader<'_>, project: &Project, endpoint: &'static Endpoint, sink: &str) {
    let ask = reader.about(endpoint, &[&project.key], &project.key);
    if let Some(scheme) = reader.one::<WithId>(&ask) {
        reader.join(project.id.as_str(), sink, scheme.id.as_str());
    }
}

fn asks(reader: &Reader<'_>, project: &Project, roles: &[Id]) -> Vec<Ask> {
    let key = project.key.as_str();
    let mut asks: Vec<Ask> =
        details(reader.edition).map(|endpoint| reader.about(endpoint, &[key], key)).collect();
    asks.extend(roles.iter().map(|role| reader.about(&cloud::ROLE_ACTORS, &[key, role.as_str()], key)));
    asks
}

fn assignee_type(reader: &mut Reader<'_>, project: &Project) -> Option<&'static str> {
    let ask = reader.about(&cloud::PROJECT, &[&project.key], &project.key);
    let told = reader.one::<Detail>(&ask)?.assignee_type;
    let number = match told.as_deref() {
        Some("PROJECT_LEAD") => Some("2"),
        Some("UNASSIGNED") => Some("3"),
        _ => None,
    };
    if number.is_none() {
        let why = format!("the default assignee is `{}`, which pcfg does not know", told.unwrap_or_default());
        reader.unknown(&["project/defaultAssignee"], Some(&project.key), &why, false);
    }
    number
}

fn read_versions(reader: &mut Reader<'_>, project: &Project) {
    let ask = reader.about(&cloud::VERSIONS, &[&project.key], &project.key);
    for (at, version) in reader.list::<Version>(&ask).unwrap_or_default().iter().enumerate() {
        let flag = |value: bool| value.then_some("true");
        reader.add(
            "Version",
            &[
                ("id", Some(version.id.as_str())),
                ("project", Some(project.id.as_str())),
                ("name", Some(&version.name)),
                ("description", version.description.as_deref()),
                ("sequence", Some(&at.to_string())),
                ("startdate", version.start_date.as_deref()),
                ("releasedate", version.release_date.as_deref()),
                ("released", flag(version.released)),
                ("archived", flag(version.archived)),
            ],
        );
    }
}

fn read_components(reader: &mut Reader<'_>, project: &Project) {
    let ask = reader.about(&cloud::COMPONENTS, &[&project.key], &project.key);
    for component in reader.list::<Component>(&ask).unwrap_or_default() {
        let lead = component.lead.as_ref().and_then(|lead| reader.met(lead));
        let assignee = match component.assignee_type.as_deref() {
            None | Some("PROJECT_DEFAULT") => "0",
            Some("COMPONENT_LEAD") => "1",
            Some("PROJECT_LEAD") => "2",
            Some("UNASSIGNED") => "3",
            Some(other) => other,
        };
        reader.add(
            "Component",
            &[
                ("id", Some(component.id.as_str())),
                ("project", Some(project.id.as_str())),
                ("name", Some(&component.name)),
                ("description", component.description.as_deref()),
                ("lead", lead.as_deref()),
                ("assigneetype", Some(assignee)),
                ("archived", component.archived.then_some("true")),
            ],
        );
    }
}

fn read_members(reader: &mut Reader<'_>, project: &Project, roles: &[Id]) {
    for id in roles {
        let ask = reader.about(&cloud::ROLE_ACTORS, &[&project.key, id.as_str()], &project.key);
        let Some(role) = reader.one::<Role>(&ask) else { continue };
        match &role.actors {
            Some(actors) => members(reader, Some(project), &role.id, actors),
            None => reader.unknown(
                &["project/projectRoleMembers"],
                Some(&project.key),
                "a role of the project has no list of members",
                false,
            ),
        }
    }
}

fn members(reader: &mut Reader<'_>, project: Option<&Project>, role: &Id, actors: &[Actor]) {
    for actor in actors {
        let parameter = match (&actor.actor_user, &actor.actor_group) {
            (Some(user), _) => reader.met(user).or_else(|| actor.name.clone()),
            (None, Some(group)) => Some(reader.met_group(group)),
            (None, None) => actor.name.clone(),
        };
        reader.add(
            "ProjectRoleActor",
            &[
                ("pid", project.map(|project| project.id.as_str())),
                ("projectroleid", Some(role.as_str())),
                ("roletype", Some(&actor.ty)),
                ("roletypeparameter", parameter.as_deref()),
            ],
        );
    }
}

/// A scheme and the projects that use it.
#[derive(Debug, Deserialize)]
pub(super) struct Uses {
    pub(super) scheme: Option<Id>,
    pub(super) projects: Vec<Id>,
}

/// How many projects are asked about at once, where Jira wants to know which.
const AT_ONCE: usize = 100;

/// Asks about many projects, as many at once as Jira allows.
pub(super) fn by_projects(
    reader: &Reader<'_>,
    endpoint: &'static Endpoint,
    projects: &[Project],
) -> Vec<Ask> {
    let ids: Vec<&str> =
        projects.iter().filter(|project| !project.is_team_managed()).map(|own| own.id.as_str()).collect();
    ids.chunks(AT_ONCE)
        .map(|ids| ids.iter().fold(reader.of(endpoint), |ask, id| ask.with("projectId", id)))
        .collect()
}

/// Joins projects to the schemes that they use, by a table of schemes.
pub(super) fn join_all(reader: &mut Reader<'_>, sink: &str, uses: Vec<Uses>) {
    let mut joined: BTreeMap<Id, Id> = BTreeMap::new();
    for Uses { scheme, projects } in uses {
        if let Some(scheme) = scheme {
            joined.extend(projects.into_iter().map(|project| (project, scheme.clone())));
        }
    }
    for (project, scheme) in joined {
        reader.join(project.as_str(), sink, scheme.as_str());
    }
}
