//! Issue types, issue type schemes and priority schemes; the default priority and the default resolution.
//!
//! Both kinds of schemes are kept in the tables of the contexts of custom fields, as those of the "fields" `issuetype`
//! and `priority` (the latter since Jira 7.6).

use std::collections::{HashMap, HashSet};

use super::Context;
use super::xstream::{self, Stored};
use crate::entity::Row;
use crate::model::{Name, Node, Path};

/// The icons that come with Jira, by the names of their files (seen as system avatars in 7.0 and 9.12).
const OWN_ICONS: [&str; 19] = [
    "bug",
    "defect",
    "design_task",
    "development_task",
    "documentation",
    "epic",
    "exclamation",
    "feedback",
    "genericissue",
    "improvement",
    "newfeature",
    "question",
    "remove_feature",
    "request_access",
    "requirement",
    "sales",
    "story",
    "subtask_alternate",
    "task",
];

/// A kind of scheme: which objects a project offers, in which order.
struct Kind {
    scheme: &'static str,
    member: &'static str,
    default: &'static str,
    field: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind { scheme: "issueTypeScheme", member: "issueType", default: "defaultType", field: "issuetype" },
    Kind { scheme: "priorityScheme", member: "priority", default: "defaultPriority", field: "priority" },
];

pub(super) fn read(context: &mut Context<'_>) {
    let avatars: HashMap<&str, &Row> =
        context.tables.rows("Avatar").iter().map(|row| (row.id(), row)).collect();
    for row in context.tables.rows("IssueType") {
        let Some(name) = context.names.get("issueType", row.id()) else { continue };
        let node = name.definition("issueType").text_if("description", row.get("description"));
        context.add(node.text_if("iconUrl", icon(row, &avatars).as_deref()));
    }
    for kind in &KINDS {
        schemes(context, kind);
    }
    default_constant(context, "priority", "defaultPriority", "jira.constant.default.priority");
    default_constant(context, "resolution", "defaultResolution", "jira.constant.default.resolution");
}

/// Returns the address of an issue type's icon.
///
/// Up to 5.1 a row holds the address `/images/icons/bug.gif`, in 6.3 `/images/icons/issuetypes/bug.png`, and since 7.0
/// the id of an avatar that counts instead of the address beside it: all three are the same icon, and are written in
/// the form of 6.3. An avatar that somebody uploaded is data of the instance, and no address leads to it.
fn icon(row: &Row, avatars: &HashMap<&str, &Row>) -> Option<String> {
    let own = |name: &str| {
        let name = if matches!(name, "subtask" | "issue_subtask") { "subtask_alternate" } else { name };
        OWN_ICONS.contains(&name).then(|| format!("/images/icons/issuetypes/{name}.png"))
    };
    let stem = |file: &str| file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned();
    if let Some(id) = row.text("avatar") {
        let avatar = avatars.get(id).filter(|avatar| avatar.truth("systemAvatar"))?;
        return own(&stem(avatar.text("fileName")?));
    }
    let address = row.text("iconurl")?;
    let file = address.strip_prefix("/images/icons/").map(|rest| rest.strip_prefix("issuetypes/").unwrap_or(rest));
    Some(file.and_then(|file| own(&stem(file))).unwrap_or_else(|| address.to_owned()))
}

fn schemes(context: &mut Context<'_>, kind: &Kind) {
    let (tables, names) = (context.tables, context.names);
    let configurations = tables.by("FieldConfigSchemeIssueType", "fieldconfigscheme");
    let members = tables.by("OptionConfiguration", "fieldconfig");
    let defaults = tables.by("GenericConfiguration", "datakey");
    // Whoever has no scheme of its own uses the one without a project.
    let built_in: HashSet<&str> = tables
        .rows("ConfigurationContext")
        .iter()
        .filter(|row| row.get("key") == Some(kind.field))
        .filter(|row| row.get("project").is_none() && row.get("projectcategory").is_none())
        .filter_map(|row| row.get("fieldconfigscheme"))
        .collect();
    for row in tables.rows("FieldConfigScheme").iter().filter(|row| row.get("fieldid") == Some(kind.field)) {
        let Some(name) = names.get(kind.scheme, row.id()) else { continue };
        let path = Path::object(kind.scheme, &name.text);
        let configuration = configurations
            .get(row.id())
            .and_then(|rows| rows.iter().find_map(|row| row.text("fieldconfiguration")))
            .unwrap_or("");
        let mut node = name
            .definition(kind.scheme)
            .text_if("builtIn", built_in.contains(row.id()).then_some("default"))
            .text_if("description", row.get("description"));
        let default = defaults.get(configuration).and_then(|rows| default_id(rows));
        if let Some(id) = default.filter(|_| !configuration.is_empty()) {
            match names.get(kind.member, &id) {
                Some(member) => node = node.with(member.reference(kind.default)),
                None => context.dangling(path.child(kind.default), format!("there is no {} {id}", kind.member)),
            }
        }
        let mut rows: Vec<&Row> = match members.get(configuration) {
            Some(rows) if !configuration.is_empty() => rows.clone(),
            _ => Vec::new(),
        };
        rows.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
        let mut seen: HashSet<&Name> = HashSet::new();
        for member in rows {
            let id = member.get("optionid").unwrap_or("");
            match names.get(kind.member, id) {
                Some(name) if seen.insert(name) => node = node.with(placed(name, kind.member, member)),
                Some(_) => {}
                None => context.dangling(path.child(kind.member), format!("there is no {} {id}", kind.member)),
            }
        }
        context.add(node);
    }
}

fn placed(name: &Name, tag: &'static str, row: &Row) -> Node {
    let node = name.reference(tag);
    match row.text("sequence") {
        Some(sequence) => node.attribute("position", sequence),
        None => node,
    }
}

/// Returns the id that the row of a default value holds, as `<string>1</string>`.
fn default_id(rows: &[&Row]) -> Option<String> {
    let row = rows.iter().find(|row| row.get("datatype") == Some("DefaultValue"))?;
    match xstream::parse(row.get("xmlvalue")?)? {
        Stored::Text(id) | Stored::Number(id) if !id.is_empty() && id != "-1" => Some(id),
        _ => None,
    }
}

/// Reads the priority or resolution that the instance offers first; `-1` and nothing both mean none.
fn default_constant(context: &mut Context<'_>, kind: &'static str, tag: &'static str, property: &str) {
    let Some(id) = context.properties.setting(property).map(str::trim) else { return };
    match context.names.get(kind, id) {
        Some(name) => {
            let node = name.reference(tag);
            context.add_setting(kind, node);
        }
        None if id.is_empty() || id == "-1" => {}
        None => {
            let path = Path::default().child(tag);
            context.dangling(path, format!("there is no {kind} {id}, which the setting {property} names"));
        }
    }
}
