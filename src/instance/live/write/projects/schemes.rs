//! Which schemes a project has.
//!
//! Invariant: each scheme has a request of its own, which is looked at beforehand by what tells that scheme alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::fields;
use super::super::moved::{By, Moving};
use super::super::retyped;
use super::super::sent::number;
use super::super::{Deed, Ground, Look, Sent, Side, Unsaid, part};
use super::own::Project;
use crate::entity::Row;
use crate::instance::live::workflows::Moved;

/// The schemes that the details of a project name: the entity, the kind (in bodies it is the member, too), and what tells it.
const IN_DETAILS: [(&str, &str, &str); 3] = [
    ("PermissionScheme", "permissionScheme", "permissionscheme"),
    ("NotificationScheme", "notificationScheme", "notificationscheme"),
    ("IssueSecurityScheme", "issueSecurityScheme", "issuesecuritylevelscheme"),
];

/// Returns the id of the scheme, or of the category, that a project has.
pub(super) fn of(side: &Side<'_>, project: &str, sink: &str) -> Option<String> {
    let rows = side.with("NodeAssociation", "sourceNodeId", project).into_iter();
    let mut own = rows.filter(|row| {
        row.get("sourceNodeEntity") == Some("Project") && row.get("sinkNodeEntity") == Some(sink)
    });
    own.find_map(|row| row.text("sinkNodeId").map(str::to_owned))
}

/// The scheme of issue types, or of priorities, of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OfField {
    /// Its own.
    own: Option<String>,
    /// The one of all projects without one of their own.
    default: Option<String>,
}

impl OfField {
    fn of(side: &Side<'_>, project: Option<&str>, field: &'static str) -> Self {
        let rows = side.with("ConfigurationContext", "key", field);
        let scheme = |project: Option<&str>| {
            let mut own = rows.iter().filter(|row| row.text("project") == project);
            own.find_map(|row| row.text("fieldconfigscheme").map(str::to_owned))
        };
        Self { own: project.and_then(|own| scheme(Some(own))), default: scheme(None) }
    }

    fn is(&self) -> Option<&str> {
        self.own.as_deref().or(self.default.as_deref())
    }

    /// Returns it, unless it is the one of all others.
    fn special(&self) -> Option<&str> {
        self.own.as_deref().filter(|own| self.default.as_deref() != Some(own))
    }
}

/// Puts into the body of a new project what it takes of schemes.
pub(super) fn put_into(ground: &Ground<'_>, project: &Project<'_>, body: &mut Value) {
    let mut put = |member: &str, kind, id: Option<String>| {
        if let Some(id) = id {
            body[member] = number(&ground.sent(kind, &id));
        }
    };
    let own = |sink| of(&ground.after, project.after, sink);
    for (sink, kind, _) in IN_DETAILS {
        put(kind, kind, own(sink));
    }
    if !ground.is_cloud() {
        put("workflowSchemeId", "workflowScheme", own("WorkflowScheme"));
        return;
    }
    put("workflowScheme", "workflowScheme", own("WorkflowScheme"));
    put("issueTypeScreenScheme", "issueTypeScreenScheme", own("IssueTypeScreenScheme"));
    let types = OfField::of(&ground.after, Some(project.after), "issuetype");
    put("issueTypeScheme", "issueTypeScheme", types.is().map(str::to_owned));
    if let Some(id) = own("FieldLayoutScheme") {
        let (member, id) = match field_scheme(ground, &id) {
            (true, id) => ("fieldScheme", id),
            (false, id) => ("fieldConfigurationScheme", id),
        };
        body[member] = number(&id);
    }
}

/// Returns whether what is told as a field configuration scheme is a field scheme, and its id as requests have it.
fn field_scheme(ground: &Ground<'_>, id: &str) -> (bool, String) {
    match fields::is_field_scheme(ground, id) {
        true => (true, fields::sent_id(ground, id)),
        false => (false, ground.sent("fieldConfigurationScheme", id)),
    }
}

/// Gives a new project the schemes that the request which makes it has no place for.
pub(super) fn joined_later(ground: &Ground<'_>, project: &Project<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    if ground.is_cloud() {
        return Ok(priorities(ground, project)?.into_iter().collect());
    }
    let own = [types_of_data_center(ground, project), priorities_of_data_center(ground, project)];
    Ok(own.into_iter().flatten().collect())
}

/// Gives a project the schemes that it is to have.
pub(super) fn changed(ground: &Ground<'_>, project: &Project<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let mut deeds = Vec::new();
    for own in IN_DETAILS {
        deeds.extend(in_details(ground, project, own)?);
    }
    if ground.is_cloud() {
        deeds.extend(issue_types(ground, project)?);
        deeds.extend(screens(ground, project));
        deeds.extend(fields_of_issues(ground, project)?);
        deeds.extend(priorities(ground, project)?);
        deeds.extend(workflows(ground, project)?);
    } else {
        deeds.extend(types_of_data_center(ground, project));
        deeds.extend(priorities_of_data_center(ground, project));
    }
    Ok(deeds)
}

/// Returns the scheme that a project has before and afterwards, if that is not the same.
fn differs(
    ground: &Ground<'_>,
    project: &Project<'_>,
    sink: &str,
) -> Option<(Option<String>, Option<String>)> {
    let from = project.before.and_then(|id| of(&ground.before, id, sink));
    let to = of(&ground.after, project.after, sink);
    (from != to).then_some((from, to))
}

fn in_details(
    ground: &Ground<'_>,
    project: &Project<'_>,
    (sink, kind, told): (&str, &'static str, &str),
) -> Result<Option<Deed>, Vec<Unsaid>> {
    let Some((from, to)) = differs(ground, project, sink) else { return Ok(None) };
    let sent = |id: &Option<String>| id.as_deref().map(|id| ground.sent(kind, id));
    let shown = |id: &Option<String>| sent(id).map_or(Value::Null, |id| json!({ "id": id }));
    let path = project.path(ground);
    let look = Look::at(format!("{path}/{told}"), shown(&from), shown(&to));
    if kind == "issueSecurityScheme" {
        let levels = same_levels(ground, from.as_deref(), to.as_deref()).map_err(|level| {
            let why = format!(
                "issues that have the level `{level}` would lose it, and everybody would see them: the new scheme has no such level \
                 yet; change the scheme in Jira itself, which asks what becomes of them"
            );
            project.unsaid(kind, why)
        })?;
        if !levels.is_empty() && !ground.is_cloud() {
            let why = "issues would lose their levels, and everybody would see them: change the scheme in Jira itself";
            return Err(project.unsaid(kind, why));
        }
        if ground.is_cloud() {
            let put = |id: &Option<String>, levels: Vec<Value>| {
                let mut body = json!({ "projectId": project.id, "schemeId": sent(id) });
                if !levels.is_empty() {
                    body["oldToNewSecurityLevelMappings"] = levels.into();
                }
                Sent::put(ground.api("issuesecurityschemes/project"), body)
            };
            let back = same_levels(ground, to.as_deref(), from.as_deref()).unwrap_or_default();
            return Ok(Some(Deed::new(put(&to, levels).seen_by(look), put(&from, back))));
        }
    }
    let put = |id: &Option<String>| {
        // What takes it away.
        let id = sent(id).map_or_else(|| json!(-1), |id| number(&id));
        Sent::put(&path, json!({ kind: id }))
    };
    Ok(Some(Deed::new(put(&to).seen_by(look), put(&from))))
}

/// Returns which level of another scheme, of the same name, issues get instead of each level; the name of one for which there is none.
fn same_levels(ground: &Ground<'_>, from: Option<&str>, to: Option<&str>) -> Result<Vec<Value>, String> {
    let levels = |scheme: Option<&str>| -> Vec<&Row> {
        scheme.map(|id| ground.before.with("SchemeIssueSecurityLevels", "scheme", id)).unwrap_or_default()
    };
    let (old, new) = (levels(from), levels(to));
    let pair = |own: &&Row| {
        let name = own.get("name").unwrap_or_default();
        let other = new.iter().find(|other| other.get("name") == Some(name)).ok_or(name)?;
        Ok(json!({ "oldLevelId": own.id(), "newLevelId": other.id() }))
    };
    old.iter().map(pair).collect()
}

/// Looks at which scheme of a kind a project has, in a list of schemes with their projects.
fn used(ground: &Ground<'_>, project: &Project<'_>, path: &str, from: Value, to: Value) -> Look {
    // Of one project the list has one line.
    Look::at(ground.api(path), from, to).with("projectId", &project.id).among("/values", &[])
}

fn issue_types(ground: &Ground<'_>, project: &Project<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let from = OfField::of(&ground.before, project.before, "issuetype");
    let to = OfField::of(&ground.after, Some(project.after), "issuetype");
    if from.is() == to.is() {
        return Ok(Vec::new());
    }
    let (Some(from), Some(to)) = (from.is(), to.is()) else {
        return Err(
            project.unsaid("issueTypeScheme", "Jira does not tell which scheme projects without one use")
        );
    };
    let (from, to) = (ground.sent("issueTypeScheme", from), ground.sent("issueTypeScheme", to));
    let path = "issuetypescheme/project";
    let put =
        |id: &str| Sent::put(ground.api(path), json!({ "issueTypeSchemeId": id, "projectId": project.id }));
    let shown = |id: &str| json!({ "issueTypeScheme": { "id": id } });
    let look = used(ground, project, path, shown(&from), shown(&to));
    let mut deeds = retyped::deeds(ground, retyped::By::Project(project.after));
    deeds.push(Deed::new(put(&to).seen_by(look), put(&from)));
    Ok(deeds)
}

fn screens(ground: &Ground<'_>, project: &Project<'_>) -> Option<Deed> {
    let (from, to) = differs(ground, project, "IssueTypeScreenScheme")?;
    let (from, to) = (from?, to?);
    let sent = |id: &str| ground.sent("issueTypeScreenScheme", id);
    let path = "issuetypescreenscheme/project";
    let put = |id: &str| {
        let body = json!({ "issueTypeScreenSchemeId": sent(id), "projectId": project.id });
        Sent::put(ground.api(path), body)
    };
    let shown = |id: &str| json!({ "issueTypeScreenScheme": { "id": sent(id) } });
    let look = used(ground, project, path, shown(&from), shown(&to));
    Some(Deed::new(put(&to).seen_by(look), put(&from)))
}

/// Projects that have moved to field schemes have one, and cannot go back.
fn fields_of_issues(ground: &Ground<'_>, project: &Project<'_>) -> Result<Option<Deed>, Vec<Unsaid>> {
    let Some((from, to)) = differs(ground, project, "FieldLayoutScheme") else { return Ok(None) };
    let known = |id: &Option<String>| id.as_deref().map(|id| field_scheme(ground, id));
    match (known(&from), known(&to)) {
        (Some((true, from)), Some((true, to))) => {
            let path = "config/fieldschemes/projects";
            let put = |id: &str| {
                let body = json!({ id: { "projectIds": [number(&project.id)] } });
                Sent::put(ground.api(path), body)
            };
            let shown = |id: &str| json!({ "schemeId": id });
            let look = used(ground, project, path, shown(&from), shown(&to));
            Ok(Some(Deed::new(put(&to).seen_by(look), put(&from))))
        }
        (None | Some((false, _)), None | Some((false, _))) => {
            let sent =
                |id: &Option<String>| id.as_deref().map(|id| ground.sent("fieldConfigurationScheme", id));
            let path = "fieldconfigurationscheme/project";
            let put = |id: &Option<String>| {
                let body = json!({ "fieldConfigurationSchemeId": sent(id), "projectId": project.id });
                Sent::put(ground.api(path), body)
            };
            let shown = |id: &Option<String>| {
                let scheme = sent(id).map_or(Value::Null, |id| json!({ "id": id }));
                json!({ "fieldConfigurationScheme": scheme })
            };
            let look = used(ground, project, path, shown(&from), shown(&to));
            Ok(Some(Deed::new(put(&to).seen_by(look), put(&from))))
        }
        (Some((true, _)), _) => Err(project.unsaid(
            "fieldConfigurationScheme",
            "Jira Cloud has moved the project to field schemes, which it cannot do without",
        )),
        (_, Some((true, _))) => Err(project.unsaid(
            "fieldConfigurationScheme",
            "Jira Cloud has not moved the project to field schemes yet, and only Atlassian can do that",
        )),
    }
}

/// Of priorities that are in the old scheme and not in the new one Jira wants to know what issues get instead.
fn priorities(ground: &Ground<'_>, project: &Project<'_>) -> Result<Option<Deed>, Vec<Unsaid>> {
    let from = OfField::of(&ground.before, project.before, "priority");
    let to = OfField::of(&ground.after, Some(project.after), "priority");
    if from.is() == to.is() {
        return Ok(None);
    }
    let (Some(old), Some(new)) = (from.is(), to.is()) else {
        return Err(
            project.unsaid("priorityScheme", "Jira does not tell which scheme projects without one use")
        );
    };
    let (members, others) = (members(&ground.before, old), members(&ground.after, new));
    let lost: Vec<&String> = members.difference(&others).collect();
    if !lost.is_empty() && project.before.is_some() {
        let names = lost.iter().filter_map(|id| Some(ground.before.names.get("priority", id)?.text.clone()));
        let names = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let why = format!(
            "the new scheme lacks {names}, and Jira Cloud wants to know which priority the issues get that have one of these: \
             assign the scheme in Jira itself first"
        );
        return Err(project.unsaid("priorityScheme", why));
    }
    // A new project has no issues, and yet Jira asks.
    let any = others.iter().next().map(|id| number(&ground.sent("priority", id)));
    let instead: serde_json::Map<String, Value> =
        lost.into_iter().map(|id| (id.clone(), any.clone().unwrap_or_default())).collect();
    let path = |id: &str| ground.api(&format!("priorityscheme/{}", part(&ground.sent("priorityScheme", id))));
    let ids = json!({ "ids": [number(&project.id)] });
    let put = |was: &OfField, is: &OfField, instead: Value| match (was.special(), is.special()) {
        (_, Some(own)) => {
            Some(Sent::put(path(own), json!({ "projects": { "add": ids }, "mappings": { "in": instead } })))
        }
        // Without one of its own it has that of all others.
        (Some(own), None) => Some(Sent::put(
            path(own),
            json!({ "projects": { "remove": ids }, "mappings": { "out": instead } }),
        )),
        (None, None) => None,
    };
    let (Some(sent), Some(back)) = (put(&from, &to, instead.into()), put(&to, &from, json!({}))) else {
        return Ok(None);
    };
    let look = match (from.special(), to.special()) {
        (_, Some(own)) => {
            Look::at(format!("{}/projects", path(own)), Value::Null, json!({ "id": project.id }))
        }
        (own, None) => Look::at(
            format!("{}/projects", path(own.unwrap_or_default())),
            json!({ "id": project.id }),
            Value::Null,
        ),
    };
    let look = look.with("projectId", &project.id).among("/values", &[("id", json!(project.id))]).paged();
    Ok(Some(Deed::new(sent.seen_by(look), back)))
}

/// Returns the ids of the members of a scheme of a field.
fn members(side: &Side<'_>, scheme: &str) -> BTreeSet<String> {
    let configurations = side.with("FieldConfigSchemeIssueType", "fieldconfigscheme", scheme);
    let configurations = configurations.into_iter().filter_map(|row| row.text("fieldconfiguration"));
    let options = configurations.flat_map(|own| side.with("OptionConfiguration", "fieldconfig", own));
    options.filter_map(|row| row.text("optionid").map(str::to_owned)).collect()
}

/// Jira moves the issues of a project whose workflows change: it wants to know which status those get whose status goes.
fn workflows(ground: &Ground<'_>, project: &Project<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some((from, to)) = differs(ground, project, "WorkflowScheme") else { return Ok(Vec::new()) };
    if to.is_none() && ground.is_busy(&project.id) {
        let why = "Jira Cloud gives no project with issues the workflow scheme of those that have none: choose one for it";
        return Err(project.unsaid("workflowScheme", why));
    }
    let sent = |id: &Option<String>| id.as_deref().map(|id| ground.sent("workflowScheme", id));
    let path = "workflowscheme/project";
    let put = |id: &Option<String>, moved: &[Moved]| match sent(id) {
        Some(id) => {
            let mut body = json!({ "projectId": project.id, "targetSchemeId": id });
            if let Some(moved) = Moving::by_type(ground, moved) {
                body["mappingsByIssueTypeOverride"] = moved;
            }
            Sent::post(ground.api("workflowscheme/project/switch"), body)
        }
        // That of all others has no id, which only this one takes.
        None => Sent::put(ground.api(path), json!({ "projectId": project.id, "workflowSchemeId": null })),
    };
    let shown = |id: &Option<String>| json!({ "workflowScheme": { "id": sent(id) } });
    let look = used(ground, project, path, shown(&from), shown(&to));
    let moving = Moving::of(ground, By::Project(&project.id));
    let there = put(&to, &moving.there).seen_by(look);
    if from.is_none() && ground.is_busy(&project.id) {
        // The scheme that it has is that of projects without one, which no request gives back to one with issues.
        let about = format!("the workflow scheme of project {}, which has none of its own now", project.key);
        return Ok(moving.all_lasting().chain([Deed::lasting(there).about(&about)]).collect());
    }
    Ok(moving.lasting().chain([Deed::new(there, put(&from, &moving.back))]).collect())
}

/// Data Center says of a scheme which projects have it as their own.
fn types_of_data_center(ground: &Ground<'_>, project: &Project<'_>) -> Option<Deed> {
    let from = OfField::of(&ground.before, project.before, "issuetype").own;
    let to = OfField::of(&ground.after, Some(project.after), "issuetype").own;
    if from == to {
        return None;
    }
    let path = |id: &str| {
        let id = ground.sent("issueTypeScheme", id);
        ground.api(&format!("issuetypescheme/{}/associations", part(&id)))
    };
    let key = project.key;
    let put = |was: &Option<String>, is: &Option<String>| match (was, is) {
        (_, Some(is)) => Some(Sent::post(path(is), json!({ "idsOrKeys": [key] }))),
        (Some(was), None) => Some(Sent::delete(format!("{}/{}", path(was), part(key)))),
        (None, None) => None,
    };
    let (absent, there) = (Value::Null, json!({ "key": key }));
    let look = match (&from, &to) {
        (Some(own), _) => Look::at(path(own), there, absent),
        (None, own) => Look::at(path(own.as_deref().unwrap_or_default()), absent, there),
    };
    let look = look.among("", &[("key", json!(key))]);
    Some(Deed::new(put(&from, &to)?.seen_by(look), put(&to, &from)?))
}

fn priorities_of_data_center(ground: &Ground<'_>, project: &Project<'_>) -> Option<Deed> {
    let from = OfField::of(&ground.before, project.before, "priority");
    let to = OfField::of(&ground.after, Some(project.after), "priority");
    if from.is() == to.is() {
        return None;
    }
    let path = format!("{}/priorityscheme", project.path(ground));
    let sent = |id: &str| ground.sent("priorityScheme", id);
    let put = |was: &OfField, is: &OfField| match (was.special(), is.special()) {
        (_, Some(own)) => Some(Sent::put(&path, json!({ "id": number(&sent(own)) }))),
        (Some(own), None) => Some(Sent::delete(format!("{path}/{}", part(&sent(own))))),
        (None, None) => None,
    };
    let shown = |own: &OfField| own.is().map_or(Value::Null, |id| json!({ "id": sent(id) }));
    let look = Look::at(&path, shown(&from), shown(&to));
    Some(Deed::new(put(&from, &to)?.seen_by(look), put(&to, &from)?))
}
