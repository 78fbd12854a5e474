//! Projects with their versions, components and role members; project categories and project roles, written into rows.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::read::{
    COMPONENT_ASSIGNEES, FIELD_SCHEMES, GROUP_ACTOR, SCHEMES, USER_ACTOR, component_assignee, day,
    default_assignee,
};
use super::sender;
use crate::entity::Row;
use crate::mapping::ground::enumeration::stored;
use crate::mapping::ground::put::{Manner, Parts};
use crate::mapping::ground::writer::{Writer, keep, text};
use crate::model::{Element, Limit, Path};

/// The first build that can rename projects, and knows their former keys: 6.0.8 does not, 6.2.6 does.
const FORMER_KEYS: u64 = 6_144;

/// The type of a project for which nobody has chosen one: the only one that needs no app.
const DEFAULT_TYPE: &str = "business";

pub(crate) fn roles(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = writer.own_id(object);
        let values = vec![("name", text(object, "name")), ("description", text(object, "description"))];
        writer.put("ProjectRole", &[("id", &id)], values);
        let members = members(object, "defaultUser", "defaultGroup");
        put_members(writer, &[("pid", None), ("projectroleid", Some(&id))], &members);
    }
}

pub(crate) fn projects(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = writer.own_id(object);
        let key = object.text_of("key").unwrap_or("");
        let row = writer.row("Project", &id);
        if row.is_none() && !put_key(writer, &id, key) {
            continue;
        }
        put_project(writer, object, &id, row.as_ref());
        sender::put(writer, object, &id);
        put_schemes(writer, object, &id);
        put_field_schemes(writer, object, &id);
        put_versions(writer, object, (&id, key));
        put_components(writer, object, (&id, key));
        put_role_members(writer, object, &id);
    }
}

/// Says that a new project has its key; `false`, with a note, if the key was once that of another project.
fn put_key(writer: &mut Writer<'_>, id: &str, key: &str) -> bool {
    if !knows_former_keys(writer) {
        return true;
    }
    if let Some(&at) = writer.find("ProjectKey", &[("projectKey", Some(key))]).first() {
        let other = writer.at("ProjectKey", at).get("projectId").unwrap_or("").to_owned();
        if let Some(other) = writer.names.get("project", &other).map(|name| name.text.clone()) {
            let message = format!("the key is a former key of the project {other}, which keeps it");
            writer.unwritable(Path::object("project", key), message);
            return false;
        }
    }
    let values = vec![("projectId", Some(id.to_owned()))];
    writer.put("ProjectKey", &[("projectKey", key)], values);
    true
}

fn knows_former_keys(writer: &mut Writer<'_>) -> bool {
    match writer.build() {
        _ if !writer.tables.rows("ProjectKey").is_empty() => true,
        Some(build) => build >= FORMER_KEYS,
        None => writer.tables.rows("Project").is_empty(),
    }
}

fn put_project(writer: &mut Writer<'_>, object: &Element, id: &str, row: Option<&Row>) {
    let settings = Rc::clone(&writer.properties);
    let assignee = object.text_of("defaultAssignee");
    let mut values = vec![
        ("key", text(object, "key")),
        ("name", text(object, "name")),
        ("description", text(object, "description")),
        ("url", text(object, "url")),
        user(writer, row, "lead", object.text_of("lead")),
        keep(
            row,
            "assigneetype",
            |row| assignee.is_none_or(|own| default_assignee(&settings, row) == own),
            || Some(if assignee == Some("unassigned") { "3" } else { "2" }.to_owned()),
        ),
    ];
    if !writer.limits.contains(&Limit::ProjectTypes) {
        let ty = text(object, "projectType");
        let ty = ty.or_else(|| (row.is_none() && has_types(writer)).then(|| DEFAULT_TYPE.to_owned()));
        values.push(("projecttype", ty));
    }
    if row.is_none() {
        values.push(("counter", Some("0".to_owned())));
        if knows_former_keys(writer) {
            values.push(("originalkey", text(object, "key")));
        }
        values.push(("avatar", default_avatar(writer)));
    }
    writer.put("Project", &[("id", id)], values);
}

/// Returns whether projects have a type; where the version does not tell, whether one of them has.
fn has_types(writer: &Writer<'_>) -> bool {
    let has_type = |row: &Row| row.text("projecttype").is_some();
    writer.build().is_some() || writer.tables.rows("Project").iter().any(has_type)
}

/// Returns the picture that Jira gives to a project for which nobody has chosen one: from 7.0 on its own `default.svg`, although
/// the setting still names another one (7.12.3 and 9.12.4); before, what the setting names.
fn default_avatar(writer: &Writer<'_>) -> Option<String> {
    let own = writer.tables.rows("Avatar").iter().filter(|row| {
        row.get("avatarType") == Some("project")
            && row.truth("systemAvatar")
            && row.get("fileName") == Some("default.svg")
    });
    let own = own.min_by_key(|row| row.number("id")).map(Row::id);
    own.or_else(|| writer.properties.setting("jira.avatar.default.id")).map(str::to_owned)
}

/// Returns the key of a user for an attribute; a raw value that means that user stays. One that means nobody stays if
/// nobody is wanted.
fn user(
    writer: &mut Writer<'_>,
    row: Option<&Row>,
    attribute: &'static str,
    name: Option<&str>,
) -> (&'static str, Option<String>) {
    let names = Rc::clone(&writer.names);
    let means = |row: &Row| names.user(row.get(attribute).unwrap_or("")).map(|user| user.text);
    keep(row, attribute, |row| means(row).as_deref() == name, || name.map(|name| writer.user_key(name)))
}

fn put_schemes(writer: &mut Writer<'_>, object: &Element, id: &str) {
    let names = Rc::clone(&writer.names);
    let category = ("ProjectCategory", "projectCategory", "ProjectCategory");
    let schemes = SCHEMES.iter().map(|(entity, kind)| (*entity, *kind, "ProjectScheme"));
    for (sink, kind, association) in schemes.chain([category]) {
        let wanted = match object.get(kind) {
            None => None,
            Some(reference) => match writer.id_of(reference, object.children()) {
                None => continue,
                found => found,
            },
        };
        let owner = [
            ("sourceNodeId", Some(id)),
            ("sourceNodeEntity", Some("Project")),
            ("sinkNodeEntity", Some(sink)),
            ("associationType", Some(association)),
        ];
        // Of several that exist the first counts.
        put_one(writer, "NodeAssociation", &owner, "sinkNodeId", wanted, |scheme| {
            names.get(kind, scheme).is_some()
        });
    }
}

fn put_field_schemes(writer: &mut Writer<'_>, object: &Element, id: &str) {
    let names = Rc::clone(&writer.names);
    for (field, kind) in FIELD_SCHEMES {
        let wanted = match object.get(kind) {
            None => None,
            Some(reference) => match writer.id_of(reference, object.children()) {
                None => continue,
                found => found,
            },
        };
        let known = |scheme: &str| names.get(kind, scheme).is_some();
        let owner = |project| [("project", project), ("projectcategory", None), ("key", Some(field))];
        let mut first = |owner: &[(&'static str, Option<&str>)]| {
            let places = writer.find("ConfigurationContext", owner);
            places.into_iter().find_map(|at| {
                let scheme = writer.at("ConfigurationContext", at).get("fieldconfigscheme")?;
                known(scheme).then(|| scheme.to_owned())
            })
        };
        // A project without a scheme of its own has the one that belongs to no project.
        let inherits = wanted.is_some() && first(&owner(None)) == wanted && first(&owner(Some(id))) != wanted;
        if inherits {
            writer.remove_all("ConfigurationContext", &owner(Some(id)));
            continue;
        }
        put_one(writer, "ConfigurationContext", &owner(Some(id)), "fieldconfigscheme", wanted, known);
    }
}

/// Writes the one row of an owner that says which scheme it has; of several the first one that says something counts.
fn put_one(
    writer: &mut Writer<'_>,
    entity: &'static str,
    owner: &[(&'static str, Option<&str>)],
    attribute: &'static str,
    wanted: Option<String>,
    known: impl Fn(&str) -> bool,
) {
    let all = writer.find(entity, owner).into_iter();
    let (places, nowhere): (Vec<usize>, Vec<usize>) =
        all.partition(|&at| writer.at(entity, at).get(attribute).is_some_and(&known));
    let says = |writer: &mut Writer<'_>, at| writer.at(entity, at).get(attribute) == wanted.as_deref();
    if places.first().is_some_and(|&at| says(writer, at)) {
        return;
    }
    // What leads nowhere becomes what is wanted; behind one that goes it goes, too, or it would be uncovered.
    let kept = places.iter().copied().find(|&at| says(writer, at)).or(places.first().copied());
    let kept = kept.or(nowhere.first().copied()).filter(|_| wanted.is_some());
    let uncovered = nowhere.into_iter().filter(|_| !places.is_empty() && wanted.is_none());
    for at in places.iter().copied().chain(uncovered) {
        if Some(at) != kept {
            writer.delete(entity, at);
        }
    }
    match (kept, wanted) {
        (_, None) => {}
        (Some(at), wanted) => drop(writer.change(entity, at, vec![(attribute, wanted)])),
        (None, wanted) => {
            let owner = owner.iter().map(|(name, value)| (*name, value.map(str::to_owned)));
            let values = owner.chain([(attribute, wanted)]).collect();
            writer.insert(entity, values);
        }
    }
}

fn put_versions(writer: &mut Writer<'_>, object: &Element, owner: (&str, &str)) {
    let mut versions: Vec<&Element> = children(object, "versions", "version");
    versions.sort_by_key(|version| {
        version.text_of("sequence").and_then(|rank| rank.parse::<i64>().ok()).unwrap_or(i64::MAX)
    });
    let flag = |row: Option<&Row>, attribute, version: &Element| {
        let wanted = version.text_of(attribute) == Some("true");
        keep(row, attribute, |row| row.truth(attribute) == wanted, || wanted.then(|| "true".to_owned()))
    };
    let date = |row: Option<&Row>, attribute, version: &Element, tag| {
        let wanted = version.text_of(tag);
        keep(
            row,
            attribute,
            |row| row.get(attribute).map(day) == wanted,
            || wanted.map(|day| format!("{day} 00:00:00.0")),
        )
    };
    let ids = writer.put_named("version", owner, &versions, &mut |_, row, version| {
        vec![
            ("name", text(version, "name")),
            ("description", text(version, "description")),
            date(row, "startdate", version, "startDate"),
            date(row, "releasedate", version, "releaseDate"),
            flag(row, "released", version),
            flag(row, "archived", version),
        ]
    });
    writer.put_order("Version", "sequence", &ids);
}

fn put_components(writer: &mut Writer<'_>, object: &Element, owner: (&str, &str)) {
    let components = children(object, "components", "component");
    writer.put_named("component", owner, &components, &mut |writer, row, component| {
        let assignee = component.text_of("defaultAssignee");
        let archived = component.get("archived").is_some();
        vec![
            ("name", text(component, "name")),
            ("description", text(component, "description")),
            user(writer, row, "lead", component.text_of("componentLead")),
            keep(
                row,
                "assigneetype",
                |row| assignee.is_none_or(|assignee| component_assignee(row) == assignee),
                || {
                    let number = assignee.and_then(|own| stored(&COMPONENT_ASSIGNEES, own));
                    Some(number.unwrap_or(COMPONENT_ASSIGNEES[0].0).to_owned())
                },
            ),
            keep(
                row,
                "archived",
                |row| row.truth("archived") == archived,
                || archived.then(|| "true".to_owned()),
            ),
        ]
    });
}

fn children<'a>(object: &'a Element, container: &str, tag: &str) -> Vec<&'a Element> {
    object.get(container).into_iter().flat_map(|container| container.all(tag)).collect()
}

fn put_role_members(writer: &mut Writer<'_>, object: &Element, project: &str) {
    // Whoever has a role that the object does not name loses it.
    let names = Rc::clone(&writer.names);
    let roles = names.all("projectRole").map(|(id, _)| (id.to_owned(), Vec::new()));
    let mut by_role: BTreeMap<String, Vec<(Actor, &Element)>> = roles.collect();
    for membership in children(object, "projectRoleMembers", "projectRoleMembership") {
        let Some(role) = writer.id_in(membership, "name") else { continue };
        by_role.entry(role).or_default().extend(members(membership, "memberUser", "memberGroup"));
    }
    for (role, members) in by_role {
        put_members(writer, &[("pid", Some(project)), ("projectroleid", Some(&role))], &members);
    }
}

/// A type of role member, as Jira stores it.
type Actor = &'static str;

fn members<'a>(owner: &'a Element, user: &str, group: &str) -> Vec<(Actor, &'a Element)> {
    let users = owner.all(user).map(|member| (USER_ACTOR, member));
    users.chain(owner.all(group).map(|member| (GROUP_ACTOR, member))).collect()
}

fn put_members(
    writer: &mut Writer<'_>,
    owner: &[(&'static str, Option<&str>)],
    members: &[(Actor, &Element)],
) {
    let names = Rc::clone(&writer.names);
    let wanted = members.iter().map(|(actor, member)| (*actor, member.text().to_owned())).collect();
    let there = writer.there("ProjectRoleActor", owner, |_, row| {
        let parameter = row.get("roletypeparameter").unwrap_or("");
        match row.get("roletype") {
            Some(USER_ACTOR) => Some((USER_ACTOR, names.user(parameter)?.text)),
            Some(GROUP_ACTOR) => Some((GROUP_ACTOR, names.group(parameter)?.text)),
            _ => None,
        }
    });
    let parts = Parts::new("ProjectRoleActor", owner, Manner::Set, there, wanted);
    writer.put_parts(parts, &mut |writer, number, _| {
        let (actor, member) = members[number];
        let name = member.text();
        let parameter = if actor == USER_ACTOR { writer.user_key(name) } else { name.to_owned() };
        Some(vec![("roletype", Some(actor.to_owned())), ("roletypeparameter", Some(parameter))])
    });
}
