//! Issue types, issue type schemes and priority schemes.

use std::collections::HashMap;

use super::read::{Default, KINDS, Kind, avatar_address, default_id, icon, old_icon};
use crate::entity::Row;
use crate::mapping::areas::constants::next_number;
use crate::mapping::ground::put::{Manner, Parts};
use crate::mapping::ground::translations;
use crate::mapping::ground::writer::{Values, Writer, text};
use crate::model::{Element, Limit, Path};

/// How a row marks a sub-task type.
const SUBTASK: &str = "jira_subtask";

/// The settings that name the avatar of an issue type and of a sub-task type for which nobody has chosen one (7.0 on).
const DEFAULT_AVATARS: [&str; 2] =
    ["jira.avatar.issuetype.default.id", "jira.avatar.issuetype.subtask.default.id"];

/// The icon of an issue type and of a sub-task type for which nobody has chosen one (before 7.0).
const DEFAULT_ICONS: [&str; 2] =
    ["/images/icons/issuetypes/genericissue.png", "/images/icons/issuetypes/subtask_alternate.png"];

pub(crate) fn issue_types(writer: &mut Writer<'_>, objects: &[&Element]) {
    let avatars: HashMap<&str, &Row> =
        writer.tables.rows("Avatar").iter().map(|row| (row.id(), row)).collect();
    // 6.3 has the avatars already, but issue types name them from 7.0 on.
    let have_avatars = !writer.limits.contains(&Limit::ProjectTypes);
    // Old versions number issue types as they do statuses, later ones none of them.
    let are_numbered = writer.tables.rows("IssueType").iter().all(|row| row.text("sequence").is_some());
    let mut next = next_number(writer, "IssueType");
    for object in objects {
        let id = writer.own_id(object);
        let row = writer.row("IssueType", &id);
        let mut values: Values =
            vec![("name", text(object, "name")), ("description", text(object, "description"))];
        let is_subtask = object.get("subtask").is_some();
        if is_subtask != row.as_ref().is_some_and(|row| row.get("style") == Some(SUBTASK)) {
            values.push(("style", is_subtask.then(|| SUBTASK.to_owned())));
        }
        let wanted = text(object, "iconUrl");
        if row.is_none() && are_numbered {
            values.push(("sequence", Some(next.to_string())));
            next += 1;
        }
        if row.is_none() && wanted.is_none() {
            let avatar = writer.properties.setting(DEFAULT_AVATARS[usize::from(is_subtask)]);
            match avatar.filter(|avatar| have_avatars && avatars.contains_key(avatar)) {
                Some(avatar) => values.push(("avatar", Some(avatar.to_owned()))),
                None => {
                    let icon = writer.icon(DEFAULT_ICONS[usize::from(is_subtask)], old_icon);
                    values.push(("iconurl", Some(icon)));
                }
            }
        } else if row.and_then(|row| icon(&row, &avatars)) != wanted {
            // From 7.0 on the avatar counts, before that the address.
            let avatar = avatars.values().filter(|avatar| avatar.get("avatarType") == Some("issuetype"));
            let avatar = avatar
                .filter(|_| have_avatars && wanted.is_some())
                .filter(|own| avatar_address(own) == wanted);
            let avatar = avatar.min_by_key(|own| own.number("id")).map(|own| own.id().to_owned());
            let address = wanted.map(|wanted| writer.icon(&wanted, old_icon));
            values.extend([("iconurl", address), ("avatar", avatar)]);
        }
        writer.put("IssueType", &[("id", &id)], values);
        writer.put_translations(translations::ISSUE_TYPE, &id, object);
    }
}

pub(crate) fn issue_type_schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    schemes(writer, objects, &KINDS[0]);
}

pub(crate) fn priority_schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    if writer.limits.contains(&Limit::PrioritySchemes) {
        for object in objects {
            writer.own_id(object);
            let path = Path::object("priorityScheme", object.text_of("name").unwrap_or(""));
            writer.unwritable(path, "priority schemes exist from Jira 7.6 on");
        }
        return;
    }
    schemes(writer, objects, &KINDS[1]);
}

fn schemes(writer: &mut Writer<'_>, objects: &[&Element], kind: &Kind) {
    for object in objects {
        let id = writer.own_id(object);
        let is_new = writer.row("FieldConfigScheme", &id).is_none();
        let values = vec![
            ("name", text(object, "name")),
            ("description", text(object, "description")),
            ("fieldid", Some(kind.field.to_owned())),
        ];
        writer.put("FieldConfigScheme", &[("id", &id)], values);
        if object.get("builtIn").is_some() {
            mark(writer, kind, &id);
        }
        let members = members(writer, kind, object);
        let default = object.get(kind.default).and_then(|default| writer.id_of(default, &[]));
        let is_empty = members.is_empty() && default.is_none();
        let links = writer.owned("FieldConfigSchemeIssueType", &[("fieldconfigscheme", Some(&id))]);
        let configuration = match links.iter().find_map(|link| link.text("fieldconfiguration")) {
            Some(configuration) => configuration.to_owned(),
            None if is_empty && !is_new => continue,
            None => configuration(writer, kind, &id),
        };
        let owner = [("fieldconfig", Some(configuration.as_str()))];
        let there = writer.there("OptionConfiguration", &owner, |ids, row| {
            let id = row.get("optionid").unwrap_or("").trim();
            ids.knows(kind.member, id).then(|| id.to_owned())
        });
        let parts = Parts::new("OptionConfiguration", &owner, Manner::Keys, there, members.clone());
        let first = ("sequence", i64::from(kind.field == "priority"));
        writer.put_parts_in_order(parts, first, &mut |_, number, at| {
            let mut values = vec![("optionid", Some(members[number].clone()))];
            values.extend(at.is_none().then(|| ("fieldid", Some(kind.field.to_owned()))));
            Some(values)
        });
        put_default(writer, kind, &configuration, default.as_deref());
    }
}

/// Says that a scheme holds for whoever has none of its own.
fn mark(writer: &mut Writer<'_>, kind: &Kind, id: &str) {
    let rows = writer.owned("ConfigurationContext", &[("fieldconfigscheme", Some(id))]);
    let is_marked = rows.iter().any(|row| {
        row.get("key") == Some(kind.field)
            && row.get("project").is_none()
            && row.get("projectcategory").is_none()
    });
    if !is_marked {
        let values = vec![("key", Some(kind.field.to_owned())), ("fieldconfigscheme", Some(id.to_owned()))];
        writer.insert("ConfigurationContext", values);
    }
}

/// Returns the members of a scheme, in their order.
fn members(writer: &mut Writer<'_>, kind: &Kind, object: &Element) -> Vec<String> {
    let mut members: Vec<&Element> = object.all(kind.member).collect();
    members.sort_by_key(|member| {
        member.attribute_named("position").and_then(|position| position.parse().ok()).unwrap_or(i64::MAX)
    });
    members.into_iter().filter_map(|member| writer.id_of(member, &[])).collect()
}

/// Makes the configuration of a new scheme, named as Jira names it (3.12 to 9.12).
fn configuration(writer: &mut Writer<'_>, kind: &Kind, scheme: &str) -> String {
    let name = match kind.field {
        "priority" => "Default configuration for priority",
        _ => "Default Configuration for Issue Type",
    };
    let values = vec![
        ("name", Some(name.to_owned())),
        ("description", Some("Default configuration generated by Jira".to_owned())),
        ("fieldid", Some(kind.field.to_owned())),
    ];
    let id = writer.insert("FieldConfiguration", values);
    let values =
        vec![("fieldconfigscheme", Some(scheme.to_owned())), ("fieldconfiguration", Some(id.clone()))];
    writer.insert("FieldConfigSchemeIssueType", values);
    id
}

/// Writes the member that is offered first; a row that says nothing, or names nothing that exists, may stay.
fn put_default(writer: &mut Writer<'_>, kind: &Kind, configuration: &str, wanted: Option<&str>) {
    let rows = writer.owned("GenericConfiguration", &[("datakey", Some(configuration))]);
    let rows: Vec<&Row> = rows.iter().collect();
    let now = match default_id(&rows) {
        Default::Id(id) => Some(id),
        // The scheme as it is to be says so, too, or the plan has refused it.
        Default::Unreadable(_) if wanted.is_none() => return,
        Default::None | Default::Unreadable(_) => None,
    };
    if now.as_deref().filter(|id| writer.ids.knows(kind.member, id)) != wanted {
        let xml = wanted.map(|id| format!("<string>{id}</string>"));
        writer.put_stored(configuration, xml);
    }
}

impl Writer<'_> {
    /// Writes the default value of a configuration, as XStream spells it.
    pub(crate) fn put_stored(&mut self, configuration: &str, xml: Option<String>) {
        let key = [("datakey", Some(configuration)), ("datatype", Some("DefaultValue"))];
        let places = self.find("GenericConfiguration", &key);
        match (xml, places.first()) {
            (Some(xml), Some(&at)) => {
                self.change("GenericConfiguration", at, vec![("xmlvalue", Some(xml))]);
            }
            (Some(xml), None) => {
                let mut values: Values =
                    key.iter().map(|(name, value)| (*name, value.map(str::to_owned))).collect();
                values.push(("xmlvalue", Some(xml)));
                self.insert("GenericConfiguration", values);
            }
            (None, _) => {
                for at in places {
                    self.delete("GenericConfiguration", at);
                }
            }
        }
    }
}
