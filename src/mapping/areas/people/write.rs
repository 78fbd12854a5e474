//! Users and groups, written into rows.
//!
//! Invariant: a password is never written; a new user has none, and cannot log in until somebody sets one. New accounts
//! come into Jira's own directory, for the others are kept elsewhere.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::read::ADMINISTRATORS_PROPERTY;
use crate::entity::{Row, Tables};
use crate::mapping::ground::accounts::{Directories, Form, is_active};
use crate::mapping::ground::kinds::kind;
use crate::mapping::ground::writer::{Values, Writer, text};
use crate::model::{Element, Identity, Path};

pub(crate) fn users(writer: &mut Writer<'_>, objects: &[&Element]) {
    let form = writer.ids.form();
    let home = home(writer.tables);
    let external: HashMap<String, String> = writer
        .tables
        .rows("ExternalEntity")
        .iter()
        .filter_map(|row| Some((row.text("name")?.to_lowercase(), row.id().to_owned())))
        .collect();
    for object in objects {
        let name = object.text_of("username").unwrap_or("");
        let path = Path::object("user", name);
        let set = if form == Form::OsUser {
            os_user(writer, object, name)
        } else {
            writer.own_id(object);
            let Some(home) = &home else {
                writer.unwritable(path, "the target has no active user directory");
                continue;
            };
            crowd_user(writer, object, name, home);
            property_set(writer, object, name, external.get(&name.to_lowercase()))
        };
        if let Some((entity, id)) = set {
            properties(writer, object, entity, &id);
        }
    }
}

/// Returns the directory for new users and groups: Jira's own, or else the first in use.
fn home(tables: &Tables) -> Option<String> {
    let rows = tables.rows("Directory");
    if rows.is_empty() {
        return Some("1".to_owned());
    }
    let best = rows.iter().filter(|row| is_active(row)).min_by_key(|row| {
        (
            row.get("type") != Some("INTERNAL"),
            row.number("position").unwrap_or(i64::MAX),
            row.number("id").unwrap_or(i64::MAX),
        )
    });
    best.map(|row| row.id().to_owned())
}

fn os_user(writer: &mut Writer<'_>, object: &Element, name: &str) -> Option<(&'static str, String)> {
    let id = writer.own_id(object);
    if object.text_of("active") == Some("false") {
        let path = Path::object("user", name).child("active");
        writer.unwritable(path, "accounts cannot be deactivated before Jira 4.3");
    }
    let is_new = writer.row("OSUser", &id).is_none();
    writer.put("OSUser", &[("id", &id)], vec![("name", Some(name.to_owned()))]);
    let full_name = object.text_of("fullName").or(is_new.then_some(name));
    for (key, wanted) in [("fullName", full_name), ("email", object.text_of("email"))] {
        let before = writer.properties.get("OSUser", &id, key).map(str::to_owned);
        // A missing and an empty property say the same.
        if before.as_deref().unwrap_or("") != wanted.unwrap_or("") {
            writer.put_property("OSUser", &id, key, wanted);
        }
    }
    Some(("OSUser", id))
}

fn crowd_user(writer: &mut Writer<'_>, object: &Element, name: &str, home: &str) {
    let id = writer.own_id(object);
    let row = writer.row("User", &id);
    // Jira wants one; where nobody says it, it is the name.
    let full_name = object.text_of("fullName").or(row.is_none().then_some(name));
    let mut values: Values = Vec::new();
    // Columns in lower case are there to be searched: they follow the others.
    let mut both = |attribute, lower, value: Option<&str>| {
        let same = |row: &Row| row.get(attribute).unwrap_or("") == value.unwrap_or("");
        if !row.as_ref().is_some_and(same) {
            values.push((attribute, value.map(str::to_owned)));
            values.push((lower, value.map(str::to_lowercase)));
        }
    };
    both("userName", "lowerUserName", Some(name));
    both("displayName", "lowerDisplayName", full_name);
    both("emailAddress", "lowerEmailAddress", object.text_of("email"));
    if row.is_none() {
        // As Jira makes them from the full name: `Renamed Will` is Renamed and Will, `developer` has no first name.
        let (first, last) = match full_name.unwrap_or("").trim().split_once(' ') {
            Some((first, last)) => (first, last.trim_start()),
            None => ("", full_name.unwrap_or("").trim()),
        };
        both("firstName", "lowerFirstName", Some(first));
        both("lastName", "lowerLastName", Some(last));
        values.push(("directoryId", Some(home.to_owned())));
    }
    let active = object.text_of("active").map(|active| active == "true");
    match (&row, active) {
        (Some(row), Some(active)) if is_active(row) == active => {}
        (Some(_), None) => {}
        _ => {
            let number = if active == Some(false) { "0" } else { "1" };
            values.push(("active", Some(number.to_owned())));
        }
    }
    writer.put("User", &[("id", &id)], values);
    if row.is_none() && writer.ids.form().has_keys() {
        application_user(writer, name);
    }
}

/// Returns the id of the row that gives a user a key, and makes the row if there is none.
fn application_user(writer: &mut Writer<'_>, name: &str) -> String {
    let lower = name.to_lowercase();
    if let Some(&at) = writer.find("ApplicationUser", &[("lowerUserName", Some(&lower))]).first() {
        return writer.at("ApplicationUser", at).id().to_owned();
    }
    let id = writer.ids.next("ApplicationUser");
    let taken = !writer.find("ApplicationUser", &[("userKey", Some(&lower))]).is_empty();
    let key = match writer.ids.form() {
        Form::MadeUpKeys => format!("JIRAUSER{id}"),
        // The name is the key of a user who was renamed.
        _ if taken => format!("ID{id}"),
        _ => lower.clone(),
    };
    writer.ids.set_user_key(name, &key);
    writer.put(
        "ApplicationUser",
        &[("id", &id)],
        vec![("userKey", Some(key)), ("lowerUserName", Some(lower))],
    );
    id
}

/// Returns the set that the properties of a user of Crowd are in; it is made when there is something to put into it.
fn property_set(
    writer: &mut Writer<'_>,
    object: &Element,
    name: &str,
    external: Option<&String>,
) -> Option<(&'static str, String)> {
    let lower = name.to_lowercase();
    let wanted = object.get("property").is_some();
    if writer.ids.form().has_keys() {
        let there = writer.find("ApplicationUser", &[("lowerUserName", Some(&lower))]);
        return (wanted || !there.is_empty()).then(|| ("ApplicationUser", application_user(writer, name)));
    }
    let id = match external {
        Some(id) => id.clone(),
        None if wanted => writer.insert(
            "ExternalEntity",
            vec![
                ("name", Some(lower)),
                ("type", Some("com.atlassian.jira.user.OfbizExternalEntityStore".to_owned())),
            ],
        ),
        None => return None,
    };
    Some(("ExternalEntity", id))
}

fn properties(writer: &mut Writer<'_>, object: &Element, entity: &'static str, id: &str) {
    let settings = Rc::clone(&writer.properties);
    let mut wanted: BTreeMap<String, &str> = BTreeMap::new();
    for property in object.all("property") {
        let key = property.text_of("key").unwrap_or("");
        wanted.insert(format!("{ADMINISTRATORS_PROPERTY}{key}"), property.text_of("value").unwrap_or(""));
    }
    for (key, value) in settings.of(entity, id) {
        match wanted.remove(key) {
            Some(same) if same == value => {}
            Some(other) => writer.put_property(entity, id, key, Some(other)),
            None if key.starts_with(ADMINISTRATORS_PROPERTY) => writer.put_property(entity, id, key, None),
            None => {}
        }
    }
    for (key, value) in wanted {
        writer.put_property(entity, id, &key, Some(value));
    }
}

pub(crate) fn groups(writer: &mut Writer<'_>, objects: &[&Element]) {
    let form = writer.ids.form();
    let home = home(writer.tables);
    for object in objects {
        let id = writer.own_id(object);
        let name = object.text_of("name").unwrap_or("");
        if form == Form::OsUser {
            writer.put("OSGroup", &[("id", &id)], vec![("name", Some(name.to_owned()))]);
            if object.get("description").is_some() {
                let path = Path::object("group", name).child("description");
                writer.unwritable(path, "groups have no description before Jira 4.3");
            }
            continue;
        }
        let Some(home) = &home else {
            writer.unwritable(Path::object("group", name), "the target has no active user directory");
            continue;
        };
        let row = writer.row("Group", &id);
        let mut values = vec![("description", text(object, "description"))];
        if row.as_ref().and_then(|row| row.get("groupName")) != Some(name) {
            values.push(("groupName", Some(name.to_owned())));
            values.push(("lowerGroupName", Some(name.to_lowercase())));
        }
        if row.is_none() {
            let fixed = [("active", "1"), ("local", "0"), ("type", "GROUP"), ("directoryId", home.as_str())];
            values.extend(fixed.map(|(attribute, value)| (attribute, Some(value.to_owned()))));
        }
        writer.put("Group", &[("id", &id)], values);
    }
    // All groups first, for groups may be members of others.
    let mut memberships = Memberships::new(writer);
    for object in objects {
        memberships.write(writer, object);
    }
}

/// A member: a user or a group, by the id of the row that describes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Member {
    is_group: bool,
    id: String,
}

/// The rows that put members into groups, by the id of the group.
struct Memberships {
    by_group: HashMap<String, Vec<(&'static str, usize, Member)>>,
}

impl Memberships {
    fn new(writer: &mut Writer<'_>) -> Self {
        let mut by_group: HashMap<String, Vec<_>> = HashMap::new();
        let directories = Directories::new(writer.tables);
        let id = |writer: &Writer<'_>, kind_name: &str, name: Option<&str>| {
            let identity = Identity::named(kind(kind_name), name?);
            writer.ids.get(&identity).map(str::to_owned)
        };
        for (entity, group, member) in
            [("Membership", "parentName", "childName"), ("OSMembership", "groupName", "userName")]
        {
            for at in writer.find(entity, &[]) {
                let row = writer.at(entity, at).clone();
                let is_group = entity == "Membership" && row.get("membershipType") == Some("GROUP_GROUP");
                if entity == "Membership" && directories.rank(&row).is_none() {
                    continue;
                }
                // Members that do not exist are left alone.
                let Some(parent) = id(writer, "group", row.get(group)) else { continue };
                let child = id(writer, if is_group { "group" } else { "user" }, row.get(member));
                let Some(child) = child else { continue };
                by_group.entry(parent).or_default().push((entity, at, Member { is_group, id: child }));
            }
        }
        Self { by_group }
    }

    fn write(&mut self, writer: &mut Writer<'_>, object: &Element) {
        let group = writer.own_id(object);
        let path = Path::object("group", object.text_of("name").unwrap_or(""));
        let mut wanted: BTreeMap<Member, &Element> = BTreeMap::new();
        for (tag, is_group) in [("memberUser", false), ("memberGroup", true)] {
            for member in object.all(tag) {
                if let Some(id) = writer.id_of(member, object.children()) {
                    wanted.insert(Member { is_group, id }, member);
                }
            }
        }
        let mut there = HashSet::new();
        for (entity, at, member) in self.by_group.remove(&group).unwrap_or_default() {
            match wanted.contains_key(&member) {
                true => drop(there.insert(member)),
                false => drop(writer.delete(entity, at)),
            }
        }
        for (member, element) in wanted {
            if there.contains(&member) {
                continue;
            }
            let added = match writer.ids.form() {
                Form::OsUser => add_to_os_group(writer, object, &member, element),
                _ => add_to_group(writer, &group, &member),
            };
            if let Err(message) = added {
                writer.unwritable(path.part(element.tag(), element.text()), message);
            }
        }
    }
}

fn add_to_os_group(
    writer: &mut Writer<'_>,
    object: &Element,
    member: &Member,
    element: &Element,
) -> Result<(), String> {
    if member.is_group {
        return Err("groups cannot be members of groups before Jira 4.3".to_owned());
    }
    let user = writer.row("OSUser", &member.id);
    let user = user.and_then(|row| row.get("name").map(str::to_owned));
    let user = user.unwrap_or_else(|| element.text().to_owned());
    writer.insert("OSMembership", vec![("groupName", text(object, "name")), ("userName", Some(user))]);
    Ok(())
}

/// Adds a row in the directory of the member: a directory knows its own members only.
fn add_to_group(writer: &mut Writer<'_>, group: &str, member: &Member) -> Result<(), String> {
    let (entity, name, ty) = match member.is_group {
        true => ("Group", "groupName", "GROUP_GROUP"),
        false => ("User", "userName", "GROUP_USER"),
    };
    let parent = writer.row("Group", group).ok_or("the group could not be written")?;
    let child = writer.row(entity, &member.id).ok_or("the member could not be written")?;
    let directory = child.get("directoryId");
    let parent = if parent.get("directoryId") == directory {
        parent
    } else {
        let lower = parent.get("groupName").unwrap_or("").to_lowercase();
        let key = [("directoryId", directory), ("lowerGroupName", Some(lower.as_str()))];
        let Some(&at) = writer.find("Group", &key).first() else {
            return Err("the user directory of the member has no group of that name".to_owned());
        };
        writer.at("Group", at).clone()
    };
    let both = |row: &Row, attribute| {
        let name = row.get(attribute).unwrap_or("");
        (Some(name.to_owned()), Some(name.to_lowercase()))
    };
    let (parent_name, lower_parent) = both(&parent, "groupName");
    let (child_name, lower_child) = both(&child, name);
    let values = vec![
        ("parentId", Some(parent.id().to_owned())),
        ("childId", Some(child.id().to_owned())),
        ("membershipType", Some(ty.to_owned())),
        ("parentName", parent_name),
        ("lowerParentName", lower_parent),
        ("childName", child_name),
        ("lowerChildName", lower_child),
        ("directoryId", directory.map(str::to_owned)),
    ];
    writer.insert("Membership", values);
    Ok(())
}
