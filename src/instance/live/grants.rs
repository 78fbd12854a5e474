//! Permission schemes, notification schemes and issue security schemes, as a live Jira tells them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::endpoint::{Endpoint, cloud, data_center};
use super::person::{Group, User};
use super::projects::{Uses, join_all};
use super::reader::Reader;
use super::shape::{Id, Named, Scope, is_of_project};
use crate::rest::Edition;

/// A permission scheme.
#[derive(Debug, Deserialize)]
struct PermissionScheme {
    id: Id,
    name: String,
    description: Option<String>,
    scope: Option<Scope>,
    permissions: Option<Vec<Grant>>,
}

/// Who has a permission.
#[derive(Debug, Deserialize)]
struct Grant {
    id: Id,
    permission: String,
    holder: Holder,
}

/// Somebody who holds something.
#[derive(Debug, Deserialize)]
struct Holder {
    #[serde(rename = "type")]
    ty: String,
    /// The name of a group, or an id.
    parameter: Option<String>,
    /// The same as an id, where `parameter` is a name.
    value: Option<String>,
    user: Option<User>,
}

/// A notification scheme; without the events nothing is known of whom it tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NotificationScheme {
    id: Id,
    name: String,
    description: Option<String>,
    scope: Option<Scope>,
    notification_scheme_events: Option<Vec<SchemeEvent>>,
}

/// Who is told of an event.
#[derive(Debug, Deserialize)]
struct SchemeEvent {
    event: Event,
    notifications: Vec<Notification>,
}

/// An event of a notification scheme.
#[derive(Debug, Deserialize)]
struct Event {
    id: Id,
    name: Option<String>,
    description: Option<String>,
}

/// Somebody who is told.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    id: Id,
    notification_type: String,
    parameter: Option<String>,
    group: Option<Group>,
    user: Option<User>,
}

/// The scheme of a project.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Joined {
    #[serde(alias = "notificationSchemeId", alias = "issueSecuritySchemeId")]
    scheme_id: Id,
    project_id: Id,
}

/// An issue security scheme.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecurityScheme {
    pub(super) id: Id,
    pub(super) name: String,
    description: Option<String>,
    default_security_level_id: Option<Id>,
    pub(super) levels: Option<Vec<Named>>,
}

impl SecurityScheme {
    pub(super) fn add(&self, reader: &mut Reader<'_>) {
        reader.add(
            "IssueSecurityScheme",
            &[
                ("id", Some(self.id.as_str())),
                ("name", Some(&self.name)),
                ("description", self.description.as_deref()),
                ("defaultlevel", self.default_security_level_id.as_ref().map(Id::as_str)),
            ],
        );
    }
}

/// A level of an issue security scheme.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Level {
    id: Id,
    name: String,
    description: Option<String>,
    issue_security_scheme_id: Id,
}

/// Somebody who sees a level.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    id: Id,
    issue_security_scheme_id: Id,
    issue_security_level_id: Id,
    holder: Holder,
}

/// Returns the lists that are read whatever is wanted.
pub(super) fn lists(edition: Edition) -> &'static [&'static Endpoint] {
    match edition {
        Edition::Cloud => &[
            &cloud::PERMISSION_SCHEMES,
            &cloud::NOTIFICATION_SCHEMES,
            &cloud::NOTIFICATION_SCHEME_PROJECTS,
            &cloud::SECURITY_SCHEMES,
            &cloud::SECURITY_LEVELS,
            &cloud::SECURITY_MEMBERS,
            &cloud::SECURITY_SCHEME_PROJECTS,
        ],
        Edition::DataCenter => {
            &[&data_center::PERMISSION_SCHEMES, &data_center::NOTIFICATION_SCHEMES, &cloud::SECURITY_SCHEMES]
        }
    }
}

/// What a type of holder, or of receiver, says of its parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parameter {
    /// It takes none.
    No,
    /// It may have one.
    May,
    /// It means nobody without one.
    Must,
}
use Parameter::{May, Must, No};

/// A type, as it is answered and as rows have it.
type Known = (&'static str, &'static str, Parameter);

/// Types of holders (Atlassian's description of Jira Cloud, April 2026).
const HOLDERS: [Known; 11] = [
    // A group without a name.
    ("anyone", "group", No),
    ("applicationRole", "applicationRole", May),
    ("assignee", "assignee", No),
    ("group", "group", Must),
    ("groupCustomField", "groupCF", Must),
    ("projectLead", "lead", No),
    ("projectRole", "projectrole", Must),
    ("reporter", "reporter", No),
    ("sd.customer.portal.only", "sd.customer.portal.only", No),
    ("user", "user", Must),
    ("userCustomField", "userCF", Must),
];

/// Types of receivers, likewise.
const RECEIVERS: [Known; 12] = [
    ("AllWatchers", "All_Watchers", No),
    ("ComponentLead", "Component_Lead", No),
    ("CurrentAssignee", "Current_Assignee", No),
    ("Reporter", "Current_Reporter", No),
    ("GroupCustomField", "Group_Custom_Field_Value", Must),
    ("Group", "Group_Dropdown", Must),
    ("ProjectLead", "Project_Lead", No),
    ("ProjectRole", "Project_Role", Must),
    ("CurrentUser", "Remote_User", No),
    ("EmailAddress", "Single_Email_Address", Must),
    ("User", "Single_User", Must),
    ("UserCustomField", "User_Custom_Field_Value", Must),
];

fn stored<'t>(table: &[Known], told: &'t str) -> &'t str {
    table.iter().find(|(own, ..)| *own == told).map_or(told, |(_, stored, _)| stored)
}

/// Returns the type of a holder, of whom a row has the type and the parameter, as it is answered.
pub(super) fn holder_type<'t>(ty: &'t str, parameter: &str) -> &'t str {
    let own = |own: &&Known| own.1 == ty && (own.0 != "anyone" || parameter.is_empty());
    HOLDERS.iter().find(own).map_or(ty, |(told, ..)| told)
}

/// Returns the type of a receiver as it is answered.
pub(super) fn receiver_type(ty: &str) -> &str {
    RECEIVERS.iter().find(|(_, own, _)| *own == ty).map_or(ty, |(told, ..)| told)
}

/// Says why nobody can be made a holder who is of a type, as it is answered, with a parameter.
pub(super) fn no_holder(told: &str, parameter: &str) -> Option<String> {
    not_taken(&HOLDERS, "holder", told, parameter)
}

/// Says the same of a receiver of mails.
pub(super) fn no_receiver(told: &str, parameter: &str) -> Option<String> {
    not_taken(&RECEIVERS, "receiver", told, parameter)
}

fn not_taken(table: &[Known], what: &str, told: &str, parameter: &str) -> Option<String> {
    match table.iter().find(|(own, ..)| *own == told) {
        None => Some(format!("Jira has no {what} of the type `{told}`")),
        Some((.., No)) if !parameter.is_empty() => {
            Some(format!("a {what} of the type `{told}` takes no parameter, and this one has `{parameter}`"))
        }
        Some((.., Must)) if parameter.is_empty() => {
            Some(format!("a {what} of the type `{told}` needs a parameter"))
        }
        Some(_) => None,
    }
}

/// Permissions that Jira Cloud keeps itself beside `BROWSE_PROJECTS`: they are told, and cannot be granted.
const KEPT: [&str; 2] = ["VIEW_PROJECTS", "VIEW_ISSUES"];

/// Makes the rows.
pub(super) fn read(reader: &mut Reader<'_>) {
    permission_schemes(reader);
    notification_schemes(reader);
    if reader.edition == Edition::DataCenter {
        return;
    }
    security_schemes(reader);
    for (endpoint, sink) in [
        (&cloud::NOTIFICATION_SCHEME_PROJECTS, "NotificationScheme"),
        (&cloud::SECURITY_SCHEME_PROJECTS, "IssueSecurityScheme"),
    ] {
        let ask = reader.of(endpoint);
        let joined = reader.list::<Joined>(&ask).unwrap_or_default().into_iter();
        let uses = joined.map(|own| Uses { scheme: Some(own.scheme_id), projects: vec![own.project_id] });
        join_all(reader, sink, uses.collect());
    }
}

/// Returns the parameter of a row.
fn parameter(reader: &mut Reader<'_>, holder: &Holder) -> Option<String> {
    match holder.ty.as_str() {
        "group" => {
            let name = holder.parameter.clone()?;
            Some(reader.met_group(&Group { name, group_id: holder.value.clone() }))
        }
        "user" => {
            let key = holder.user.as_ref().and_then(|user| reader.met(user));
            let key = key.or_else(|| holder.parameter.clone())?;
            reader.met_key(&key);
            Some(key)
        }
        _ => holder.parameter.clone(),
    }
}

fn permission_schemes(reader: &mut Reader<'_>) {
    let ask = reader.of(reader.by_edition(&cloud::PERMISSION_SCHEMES, &data_center::PERMISSION_SCHEMES));
    for scheme in reader.list::<PermissionScheme>(&ask).unwrap_or_default() {
        if is_of_project(scheme.scope.as_ref()) {
            continue;
        }
        let id = Some(scheme.id.as_str());
        reader.add(
            "PermissionScheme",
            &[("id", id), ("name", Some(&scheme.name)), ("description", scheme.description.as_deref())],
        );
        let Some(grants) = scheme.permissions else {
            let why = "the list of permission schemes does not contain the permissions";
            reader.unknown(&["permissionScheme/permissionHolder"], Some(&scheme.name), why, false);
            continue;
        };
        for grant in grants {
            if KEPT.contains(&grant.permission.as_str()) {
                reader.kept_grants.insert(scheme.id.as_str().to_owned());
                continue;
            }
            let parameter = parameter(reader, &grant.holder);
            reader.add(
                "SchemePermissions",
                &[
                    ("id", Some(grant.id.as_str())),
                    ("scheme", id),
                    ("permissionKey", Some(&grant.permission)),
                    ("type", Some(stored(&HOLDERS, &grant.holder.ty))),
                    ("parameter", parameter.as_deref()),
                ],
            );
        }
    }
}

fn notification_schemes(reader: &mut Reader<'_>) {
    let mut events_told = BTreeSet::new();
    let ask = reader.of(reader.by_edition(&cloud::NOTIFICATION_SCHEMES, &data_center::NOTIFICATION_SCHEMES));
    for scheme in reader.list::<NotificationScheme>(&ask).unwrap_or_default() {
        if is_of_project(scheme.scope.as_ref()) {
            continue;
        }
        let id = Some(scheme.id.as_str());
        reader.add(
            "NotificationScheme",
            &[("id", id), ("name", Some(&scheme.name)), ("description", scheme.description.as_deref())],
        );
        let Some(events) = scheme.notification_scheme_events else {
            let why = "the list of notification schemes does not contain the events";
            reader.unknown(&["notificationScheme/notificationReceiver"], Some(&scheme.name), why, false);
            continue;
        };
        for SchemeEvent { event, notifications } in events {
            // Nothing else on Data Center tells which events there are.
            if reader.edition == Edition::DataCenter && events_told.insert(event.id.clone()) {
                reader.add(
                    "EventType",
                    &[
                        ("id", Some(event.id.as_str())),
                        ("name", event.name.as_deref()),
                        ("description", event.description.as_deref()),
                    ],
                );
            }
            for own in notifications {
                let parameter = match (own.notification_type.as_str(), &own.group, &own.user) {
                    ("Group", Some(group), _) => Some(reader.met_group(group)),
                    ("Group", None, _) => {
                        let name = own.parameter.clone();
                        name.map(|name| reader.met_group(&Group { name, group_id: None }))
                    }
                    ("User", _, Some(user)) => reader.met(user),
                    ("User", _, None) => {
                        own.parameter.iter().for_each(|key| reader.met_key(key));
                        own.parameter.clone()
                    }
                    _ => own.parameter.clone(),
                };
                reader.add(
                    "Notification",
                    &[
                        ("id", Some(own.id.as_str())),
                        ("scheme", id),
                        ("eventTypeId", Some(event.id.as_str())),
                        ("type", Some(stored(&RECEIVERS, &own.notification_type))),
                        ("parameter", parameter.as_deref()),
                    ],
                );
            }
        }
    }
}

fn security_schemes(reader: &mut Reader<'_>) {
    let ask = reader.of(&cloud::SECURITY_SCHEMES);
    for scheme in reader.list::<SecurityScheme>(&ask).unwrap_or_default() {
        scheme.add(reader);
    }
    let ask = reader.of(&cloud::SECURITY_LEVELS);
    for level in reader.list::<Level>(&ask).unwrap_or_default() {
        reader.add(
            "SchemeIssueSecurityLevels",
            &[
                ("id", Some(level.id.as_str())),
                ("name", Some(&level.name)),
                ("description", level.description.as_deref()),
                ("scheme", Some(level.issue_security_scheme_id.as_str())),
            ],
        );
    }
    let ask = reader.of(&cloud::SECURITY_MEMBERS);
    for member in reader.list::<Member>(&ask).unwrap_or_default() {
        let parameter = parameter(reader, &member.holder);
        reader.add(
            "SchemeIssueSecurities",
            &[
                ("id", Some(member.id.as_str())),
                ("scheme", Some(member.issue_security_scheme_id.as_str())),
                ("security", Some(member.issue_security_level_id.as_str())),
                ("type", Some(stored(&HOLDERS, &member.holder.ty))),
                ("parameter", parameter.as_deref()),
            ],
        );
    }
}
