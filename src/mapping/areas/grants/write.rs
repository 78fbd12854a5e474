//! Permission schemes, notification schemes and issue security schemes, written into rows.

use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use super::holders::{HOLDERS, Meaning, Parameter, RECEIVERS, Who, meaning};
use super::read::{PERMISSIONS, event, permission_key};
use crate::entity::Row;
use crate::mapping::ground::enumeration::stored;
use crate::mapping::ground::put::{Manner, Parts};
use crate::mapping::ground::writer::{Values, Writer, keep, text};
use crate::model::{Element, Identity, Limit, Name, Node, Path};

pub(crate) fn permission_schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    let has_keys = !writer.limits.contains(&Limit::NamedPermissions);
    let names = Rc::clone(&writer.names);
    for object in objects {
        let id = put_scheme(writer, "PermissionScheme", object, Vec::new());
        let mut wanted = Vec::new();
        for grant in object.all("permissionHolder") {
            let permission = grant.text_of("permission").unwrap_or("");
            let Some((who, mut values)) = who(writer, HOLDERS, grant, "holder") else { continue };
            match permission_values(permission, has_keys) {
                Some(permission) => values.extend(permission),
                None => {
                    let path = Path::object("permissionScheme", object.text_of("name").unwrap_or(""));
                    let message = "before Jira 6.3, permissions are stored as numbers, and this one has none";
                    writer.unwritable(path.part("permissionHolder", permission), message);
                    continue;
                }
            }
            wanted.push(((permission.to_owned(), who), values));
        }
        let means =
            |row: &Row| Some((permission_key(row)?.to_owned(), meant(meaning(&names, HOLDERS, row))?));
        put_grants(writer, "SchemePermissions", &id, means, wanted);
    }
}

/// Returns whether a permission can be named without its key.
pub fn has_permission_number(permission: &str) -> bool {
    permission_values(permission, false).is_some()
}

/// Returns how a grant names a permission: by its number, if it has one, and from Jira 6.3 on by its key.
fn permission_values(permission: &str, has_keys: bool) -> Option<Values> {
    // A number that no key is known for was read as it is.
    let unknown = permission.parse::<u64>().is_ok().then_some(permission);
    let known = stored(&PERMISSIONS, permission);
    let number = known.or(unknown).map(str::to_owned);
    match (unknown, has_keys) {
        (None, true) => Some(vec![("permission", number), ("permissionKey", Some(permission.to_owned()))]),
        _ => Some(vec![("permission", Some(number?))]),
    }
}

pub(crate) fn notification_schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    let names = Rc::clone(&writer.names);
    for object in objects {
        let id = put_scheme(writer, "NotificationScheme", object, Vec::new());
        let mut wanted = Vec::new();
        for line in object.all("notificationReceiver") {
            let Some(event) = line.get("event") else { continue };
            let Some(event_id) = writer.id_of(event, line.children()) else { continue };
            let Some((who, mut values)) = who(writer, RECEIVERS, line, "receiver") else { continue };
            values.push(("eventTypeId", Some(event_id)));
            wanted.push(((Node::of(event), who), values));
        }
        let means = |row: &Row| {
            let event = event(&names, row)?.reference("event").comparable();
            Some((event, meant(meaning(&names, RECEIVERS, row))?))
        };
        put_grants(writer, "Notification", &id, means, wanted);
    }
}

pub(crate) fn security_schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = writer.own_id(object);
        let name = object.text_of("name").unwrap_or("");
        let levels: Vec<&Element> = object.all("issueSecurityLevel").collect();
        let before = levels_of(writer, &id);
        let ids = writer.put_named("issueSecurityLevel", (&id, name), &levels, &mut |_, _, level| {
            vec![("name", text(level, "name")), ("description", text(level, "description"))]
        });
        let after: HashMap<Identity, String> =
            levels.iter().filter_map(|level| Identity::of_definition(level)).zip(ids).collect();
        let level_id = |writer: &mut Writer<'_>, reference: &Element| {
            let identity = Identity::of_reference(reference, &[])?;
            let id = after.get(&identity).cloned();
            if id.is_none() {
                writer.missing(reference, &identity);
            }
            id
        };
        let default = object.get("defaultLevel");
        let wanted = default.and_then(|level| level_id(writer, level));
        if default.is_none() || wanted.is_some() {
            let row = writer.row("IssueSecurityScheme", &id);
            // The id of a level that is not of this scheme means none.
            let reads = |row: &Row| {
                row.get("defaultlevel").filter(|id| before.contains_key(*id)) == wanted.as_deref()
            };
            let value = keep(row.as_ref(), "defaultlevel", reads, || wanted.clone());
            put_scheme(writer, "IssueSecurityScheme", object, vec![value]);
        }
        put_security_grants(writer, object, &id, &before, &level_id);
    }
}

/// Returns the levels of a scheme, by their ids.
fn levels_of(writer: &mut Writer<'_>, scheme: &str) -> HashMap<String, Name> {
    let names = Rc::clone(&writer.names);
    let mut levels = HashMap::new();
    for at in writer.find("SchemeIssueSecurityLevels", &[("scheme", Some(scheme))]) {
        let id = writer.at("SchemeIssueSecurityLevels", at).id().to_owned();
        if let Some(name) = names.get("issueSecurityLevel", &id) {
            levels.insert(id, name.without("scheme"));
        }
    }
    levels
}

fn put_security_grants(
    writer: &mut Writer<'_>,
    object: &Element,
    id: &str,
    before: &HashMap<String, Name>,
    level_id: &dyn Fn(&mut Writer<'_>, &Element) -> Option<String>,
) {
    let names = Rc::clone(&writer.names);
    let mut wanted = Vec::new();
    for grant in object.all("permission") {
        let Some(level) = grant.get("level") else { continue };
        let Some(level_id) = level_id(writer, level) else { continue };
        let Some((who, mut values)) = who(writer, HOLDERS, grant, "permittedTo") else { continue };
        values.push(("security", Some(level_id)));
        wanted.push(((Node::of(level), who), values));
    }
    let means = |row: &Row| {
        let level = before.get(row.get("security")?)?.reference("level").comparable();
        Some((level, meant(meaning(&names, HOLDERS, row))?))
    };
    put_grants(writer, "SchemeIssueSecurities", id, means, wanted);
}

/// Writes the grants of a scheme, each with its values; a row that means a wanted one stays as it is, however it says it.
fn put_grants<T: Eq + Hash>(
    writer: &mut Writer<'_>,
    entity: &'static str,
    scheme: &str,
    means: impl Fn(&Row) -> Option<T>,
    wanted: Vec<(T, Values)>,
) {
    let owner = [("scheme", Some(scheme))];
    let there = writer.there(entity, &owner, |_, row| means(row));
    let (wanted, values): (Vec<T>, Vec<Values>) = wanted.into_iter().unzip();
    let parts = Parts::new(entity, &owner, Manner::Set, there, wanted);
    writer.put_parts(parts, &mut |_, number, _| Some(values[number].clone()));
}

/// Writes the row of a scheme, and returns its id.
fn put_scheme(writer: &mut Writer<'_>, entity: &'static str, object: &Element, more: Values) -> String {
    let id = writer.own_id(object);
    let mut values = vec![("name", text(object, "name")), ("description", text(object, "description"))];
    values.extend(more);
    writer.put(entity, &[("id", &id)], values)
}

/// Returns what a row means, if it means anybody.
fn meant(meaning: Meaning) -> Option<Node> {
    match meaning {
        Meaning::Who(who) | Meaning::Unknown(who) => Some(who.comparable()),
        Meaning::Nobody(_) => None,
    }
}

/// Returns who a grant is for, and the values that say it.
fn who(writer: &mut Writer<'_>, types: &[Who], grant: &Element, tag: &str) -> Option<(Node, Values)> {
    let who = grant.get(tag)?.children().first()?;
    let (ty, parameter) = match who.tag() {
        "other" => (text(who, "type")?, text(who, "parameter")),
        "anyone" => ("group".to_owned(), None),
        tag => {
            let (ty, _, parameter) = types.iter().find(|(_, own, _)| *own == tag)?;
            let parameter = match parameter {
                Parameter::None => None,
                Parameter::Role => Some(writer.id_of(who, &[])?),
                Parameter::User => Some(writer.user_key(who.text())),
                Parameter::Field => Some(writer.field(who)?),
                // "Any application" is the empty text, not NULL (9.12.4).
                Parameter::Group | Parameter::Address | Parameter::Application => Some(who.text().to_owned()),
            };
            ((*ty).to_owned(), parameter)
        }
    };
    Some((Node::of(who), vec![("type", Some(ty)), ("parameter", parameter)]))
}
