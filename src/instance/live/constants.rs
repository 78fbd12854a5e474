//! Issue types, statuses, priorities, resolutions, link types and events, and the two kinds of schemes that are contexts of a field.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::endpoint::{Endpoint, cloud, data_center};
use super::projects::{Project, by_projects};
use super::reader::{Ask, Reader};
use super::shape::{Id, Inner, Scope, WithId, is_of_project, without_host};
use crate::rest::Edition;

/// An issue type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IssueType {
    id: Id,
    name: String,
    untranslated_name: Option<String>,
    description: Option<String>,
    icon_url: Option<String>,
    avatar_id: Option<Id>,
    subtask: Option<bool>,
    hierarchy_level: Option<i64>,
    scope: Option<Scope>,
}

/// An icon of issue types that comes with Jira.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Avatar {
    id: Id,
    file_name: Option<String>,
}

/// A scheme of issue types.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeScheme {
    id: Id,
    name: String,
    description: Option<String>,
    default_issue_type_id: Option<Id>,
    #[serde(default)]
    is_default: bool,
}

/// An issue type in a scheme.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeSchemeItem {
    issue_type_scheme_id: Id,
    issue_type_id: Id,
}

/// The projects of a scheme of issue types.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeSchemeProjects {
    issue_type_scheme: WithId,
    project_ids: Vec<Id>,
}

/// A priority.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Priority {
    id: Id,
    name: String,
    description: Option<String>,
    icon_url: Option<String>,
    status_color: Option<String>,
}

/// A scheme of priorities.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PriorityScheme {
    id: Id,
    name: String,
    description: Option<String>,
    default_priority_id: Option<Id>,
    #[serde(default)]
    is_default: bool,
    priorities: Option<Inner<WithId>>,
    projects: Option<Inner<WithId>>,
}

/// A resolution.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resolution {
    id: Id,
    name: String,
    description: Option<String>,
    #[serde(alias = "default", default)]
    is_default: bool,
}

/// A status, as the search of Jira Cloud tells it, or as the older list of both editions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    id: Id,
    name: String,
    untranslated_name: Option<String>,
    description: Option<String>,
    icon_url: Option<String>,
    status_category: Category,
    scope: Option<Scope>,
}

/// The category of a status: a word in one list and an object in the other.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Category {
    Word(String),
    Object { key: String },
}

impl Category {
    /// Returns the number that Jira's tables have for it; the name itself for one that nobody knows.
    fn number(&self) -> &str {
        let (Self::Word(word) | Self::Object { key: word }) = self;
        match word.as_str() {
            "undefined" | "UNDEFINED" => "1",
            "TODO" | "new" => "2",
            "DONE" | "done" => "3",
            "IN_PROGRESS" | "indeterminate" => "4",
            other => other,
        }
    }
}

/// A type of links between issues.
#[derive(Debug, Deserialize)]
struct LinkType {
    id: Id,
    name: String,
    inward: Option<String>,
    outward: Option<String>,
}

/// An event.
#[derive(Debug, Deserialize)]
struct Event {
    id: Id,
    name: String,
}

/// Returns the lists that are read whatever is wanted.
pub(super) fn lists(edition: Edition) -> &'static [&'static Endpoint] {
    match edition {
        Edition::Cloud => &[
            &cloud::ISSUE_TYPES,
            &cloud::ISSUE_TYPE_AVATARS,
            &cloud::ISSUE_TYPE_SCHEMES,
            &cloud::ISSUE_TYPE_SCHEME_ITEMS,
            &cloud::PRIORITIES,
            &cloud::PRIORITY_SCHEMES,
            &cloud::RESOLUTIONS,
            &cloud::STATUSES,
            &cloud::MORE_STATUSES,
            &cloud::LINK_TYPES,
            &cloud::EVENTS,
        ],
        Edition::DataCenter => &[
            &cloud::ISSUE_TYPES,
            &data_center::ISSUE_TYPE_SCHEMES,
            &data_center::PRIORITIES,
            &data_center::PRIORITY_SCHEMES,
            &data_center::RESOLUTIONS,
            &data_center::STATUSES,
            &cloud::LINK_TYPES,
        ],
    }
}

/// Asks for what the lists alone do not tell.
pub(super) fn asks(reader: &mut Reader<'_>, projects: &[Project]) -> Vec<Ask> {
    if reader.edition == Edition::DataCenter {
        return Vec::new();
    }
    let mut asks = by_projects(reader, &cloud::ISSUE_TYPE_SCHEME_PROJECTS, projects);
    for scheme in priority_schemes(reader) {
        asks.extend(rest_of(reader, &scheme).into_iter().flatten());
    }
    asks
}

/// Makes the rows.
pub(super) fn read(reader: &mut Reader<'_>, projects: &[Project]) {
    issue_types(reader);
    statuses(reader);
    priorities(reader);
    resolutions(reader);
    let ask = reader.of(&cloud::LINK_TYPES);
    for LinkType { id, name, inward, outward } in reader.list(&ask).unwrap_or_default() {
        // Jira's own type has a style that no reply tells, and a name that nobody can change (seen in 6.3 to 9.12).
        let style = if name == "jira_subtask_link" { "jira_subtask" } else { "" };
        reader.add(
            "IssueLinkType",
            &[
                ("id", Some(id.as_str())),
                ("linkname", Some(&name)),
                ("inward", inward.as_deref()),
                ("outward", outward.as_deref()),
                ("style", Some(style).filter(|style| !style.is_empty())),
            ],
        );
    }
    if reader.edition == Edition::DataCenter {
        return;
    }
    let ask = reader.of(&cloud::EVENTS);
    for Event { id, name } in reader.list(&ask).unwrap_or_default() {
        reader.add("EventType", &[("id", Some(id.as_str())), ("name", Some(&name))]);
    }
    issue_type_schemes(reader, projects);
    for scheme in priority_schemes(reader) {
        // Which priority is offered first, priorities themselves tell on no site that has schemes of them.
        if let Some(default) = scheme.default_priority_id.as_ref().filter(|_| scheme.is_default) {
            reader.property("jira.properties", "1", "jira.constant.default.priority", default.as_str());
        }
        priority_scheme(reader, scheme);
    }
}

fn issue_types(reader: &mut Reader<'_>) {
    if reader.edition == Edition::Cloud {
        let ask = reader.of(&cloud::ISSUE_TYPE_AVATARS);
        for Avatar { id, file_name } in reader.list(&ask).unwrap_or_default() {
            reader.add(
                "Avatar",
                &[
                    ("id", Some(id.as_str())),
                    ("fileName", file_name.as_deref()),
                    ("avatarType", Some("issuetype")),
                    ("systemAvatar", Some("1")),
                ],
            );
        }
    }
    let ask = reader.of(&cloud::ISSUE_TYPES);
    let types = reader.list::<IssueType>(&ask).unwrap_or_default();
    let types = types.into_iter().filter(|own| !is_of_project(own.scope.as_ref()));
    for (at, own) in types.enumerate() {
        let is_subtask = own.subtask == Some(true) || own.hierarchy_level == Some(-1);
        let name = own.untranslated_name.as_deref().unwrap_or(&own.name);
        // An avatar that somebody uploaded is no icon that an address leads to.
        let avatar = own.avatar_id.as_ref().map(Id::as_str);
        let address = own.icon_url.as_deref().map(|address| without_host(reader.base, address));
        // On Data Center all have an avatar, and the address leads to it, without saying whether it is the icon of old.
        let is_icon = avatar.is_none() && reader.edition == Edition::Cloud;
        let address = address.filter(|_| is_icon).map(str::to_owned);
        reader.add(
            "IssueType",
            &[
                ("id", Some(own.id.as_str())),
                ("name", Some(name)),
                ("description", own.description.as_deref()),
                ("style", is_subtask.then_some("jira_subtask")),
                ("sequence", Some(&at.to_string())),
                ("avatar", avatar),
                ("iconurl", address.as_deref()),
            ],
        );
    }
}

fn statuses(reader: &mut Reader<'_>) {
    let mut all: Vec<Status> = Vec::new();
    let lists: &[&'static Endpoint] =
        reader.by_edition(&[&cloud::STATUSES, &cloud::MORE_STATUSES], &[&data_center::STATUSES]);
    for endpoint in lists {
        let ask = reader.of(endpoint);
        for status in reader.list::<Status>(&ask).unwrap_or_default() {
            match all.iter_mut().find(|own| own.id == status.id) {
                Some(own) => {
                    own.untranslated_name = own.untranslated_name.take().or(status.untranslated_name);
                }
                None => all.push(status),
            }
        }
    }
    all.retain(|status| !is_of_project(status.scope.as_ref()));
    for (at, status) in all.iter().enumerate() {
        // Jira Cloud chooses icons by the category, whatever somebody wants.
        let icon = status.icon_url.as_deref().filter(|_| reader.edition == Edition::DataCenter);
        let icon = icon.map(|address| without_host(reader.base, address).to_owned());
        reader.add(
            "Status",
            &[
                ("id", Some(status.id.as_str())),
                ("name", Some(status.untranslated_name.as_deref().unwrap_or(&status.name))),
                ("description", status.description.as_deref()),
                ("statuscategory", Some(status.status_category.number())),
                ("iconurl", icon.as_deref()),
                ("sequence", Some(&at.to_string())),
            ],
        );
    }
}

fn priorities(reader: &mut Reader<'_>) {
    let ask = reader.of(reader.by_edition(&cloud::PRIORITIES, &data_center::PRIORITIES));
    for (at, own) in (1..).zip(&reader.list::<Priority>(&ask).unwrap_or_default()) {
        let icon = own.icon_url.as_deref();
        let icon = icon.map(|address| without_host(reader.base, address).to_owned());
        reader.add(
            "Priority",
            &[
                ("id", Some(own.id.as_str())),
                ("name", Some(&own.name)),
                ("description", own.description.as_deref()),
                ("iconurl", icon.as_deref()),
                ("statusColor", own.status_color.as_deref()),
                ("sequence", Some(&at.to_string())),
            ],
        );
    }
}

fn resolutions(reader: &mut Reader<'_>) {
    let ask = reader.of(reader.by_edition(&cloud::RESOLUTIONS, &data_center::RESOLUTIONS));
    for (at, own) in (1..).zip(&reader.list::<Resolution>(&ask).unwrap_or_default()) {
        reader.add(
            "Resolution",
            &[
                ("id", Some(own.id.as_str())),
                ("name", Some(&own.name)),
                ("description", own.description.as_deref()),
                ("sequence", Some(&at.to_string())),
            ],
        );
        if own.is_default {
            reader.property("jira.properties", "1", "jira.constant.default.resolution", own.id.as_str());
        }
    }
}

/// A scheme of members of a field, as rows hold it.
pub(super) struct FieldScheme<'s> {
    pub(super) field: &'static str,
    pub(super) id: &'s str,
    pub(super) name: &'s str,
    pub(super) description: Option<&'s str>,
    /// The members in their order.
    pub(super) members: Vec<&'s str>,
    pub(super) default: Option<&'s str>,
    /// Whether it holds for the projects that have none of their own.
    pub(super) is_default: bool,
    pub(super) projects: Vec<&'s str>,
}

impl FieldScheme<'_> {
    pub(super) fn add(&self, reader: &mut Reader<'_>) {
        let (field, id) = (Some(self.field), Some(self.id));
        reader.add(
            "FieldConfigScheme",
            &[("id", id), ("fieldid", field), ("name", Some(self.name)), ("description", self.description)],
        );
        let configuration =
            reader.add("FieldConfiguration", &[("fieldid", field), ("name", Some(self.name))]);
        reader.add(
            "FieldConfigSchemeIssueType",
            &[("fieldconfigscheme", id), ("fieldconfiguration", Some(&configuration))],
        );
        for (at, member) in self.members.iter().enumerate() {
            reader.add(
                "OptionConfiguration",
                &[
                    ("fieldconfig", Some(&configuration)),
                    ("fieldid", field),
                    ("optionid", Some(member)),
                    ("sequence", Some(&at.to_string())),
                ],
            );
        }
        if let Some(default) = self.default {
            reader.add(
                "GenericConfiguration",
                &[
                    ("datatype", Some("DefaultValue")),
                    ("datakey", Some(&configuration)),
                    ("xmlvalue", Some(&format!("<string>{default}</string>"))),
                ],
            );
        }
        if self.is_default {
            reader.add("ConfigurationContext", &[("key", field), ("fieldconfigscheme", id)]);
        } else {
            for project in &self.projects {
                reader.add(
                    "ConfigurationContext",
                    &[("key", field), ("fieldconfigscheme", id), ("project", Some(project))],
                );
            }
        }
    }
}

fn issue_type_schemes(reader: &mut Reader<'_>, projects: &[Project]) {
    let ask = reader.of(&cloud::ISSUE_TYPE_SCHEME_ITEMS);
    let items = reader.list::<TypeSchemeItem>(&ask).unwrap_or_default();
    let mut used: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    for ask in by_projects(reader, &cloud::ISSUE_TYPE_SCHEME_PROJECTS, projects) {
        for own in reader.list::<TypeSchemeProjects>(&ask).unwrap_or_default() {
            used.entry(own.issue_type_scheme.id).or_default().extend(own.project_ids);
        }
    }
    let ask = reader.of(&cloud::ISSUE_TYPE_SCHEMES);
    for scheme in reader.list::<TypeScheme>(&ask).unwrap_or_default() {
        let members = items.iter().filter(|item| item.issue_type_scheme_id == scheme.id);
        FieldScheme {
            field: "issuetype",
            id: scheme.id.as_str(),
            name: &scheme.name,
            description: scheme.description.as_deref(),
            members: members.map(|item| item.issue_type_id.as_str()).collect(),
            default: scheme.default_issue_type_id.as_ref().map(Id::as_str),
            is_default: scheme.is_default,
            projects: used.get(&scheme.id).into_iter().flatten().map(Id::as_str).collect(),
        }
        .add(reader);
    }
}

fn priority_schemes(reader: &mut Reader<'_>) -> Vec<PriorityScheme> {
    let ask = reader.of(&cloud::PRIORITY_SCHEMES);
    reader.list(&ask).unwrap_or_default()
}

/// Asks for the priorities and the projects of a scheme of which the list does not tell all.
fn rest_of(reader: &Reader<'_>, scheme: &PriorityScheme) -> [Option<Ask>; 2] {
    let ask = |inner: Option<&Inner<WithId>>, endpoint| {
        let is_whole = inner.is_some_and(|inner| !inner.is_part());
        (!is_whole).then(|| reader.about(endpoint, &[scheme.id.as_str()], &scheme.name))
    };
    // The default holds for all that have none of their own, and nobody needs to know which these are.
    let projects =
        (!scheme.is_default).then(|| ask(scheme.projects.as_ref(), &cloud::PRIORITY_SCHEME_PROJECTS));
    [ask(scheme.priorities.as_ref(), &cloud::PRIORITY_SCHEME_ITEMS), projects.flatten()]
}

fn priority_scheme(reader: &mut Reader<'_>, scheme: PriorityScheme) {
    let [members, projects] = rest_of(reader, &scheme);
    let mut whole = |ask: Option<Ask>, inner: Option<Inner<WithId>>| match ask {
        Some(ask) => reader.list::<WithId>(&ask).unwrap_or_default(),
        None => inner.map(|inner| inner.values).unwrap_or_default(),
    };
    let members = whole(members, scheme.priorities);
    let projects = whole(projects, scheme.projects);
    FieldScheme {
        field: "priority",
        id: scheme.id.as_str(),
        name: &scheme.name,
        description: scheme.description.as_deref(),
        members: members.iter().map(|own| own.id.as_str()).collect(),
        default: scheme.default_priority_id.as_ref().map(Id::as_str),
        is_default: scheme.is_default,
        projects: projects.iter().map(|own| own.id.as_str()).collect(),
    }
    .add(reader);
}
