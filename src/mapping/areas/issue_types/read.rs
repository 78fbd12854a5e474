//! Issue types, issue type schemes and priority schemes; the default priority and the default resolution.
//!
//! Both kinds of schemes are kept in the tables of the contexts of custom fields, as those of the "fields" `issuetype`
//! and `priority` (the latter since Jira 7.6).

use std::collections::{HashMap, HashSet};

use crate::entity::{Row, Tables};
use crate::mapping::ground::context::Context;
use crate::mapping::ground::translations;
use crate::mapping::ground::xstream;
use crate::mapping::ground::xstream::Stored;
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
pub(crate) struct Kind {
    pub(crate) scheme: &'static str,
    pub(crate) member: &'static str,
    pub(crate) default: &'static str,
    pub(crate) field: &'static str,
}

pub(crate) const KINDS: [Kind; 2] = [
    Kind { scheme: "issueTypeScheme", member: "issueType", default: "defaultType", field: "issuetype" },
    Kind { scheme: "priorityScheme", member: "priority", default: "defaultPriority", field: "priority" },
];

/// The kinds of which the instance offers one first: the kind, the tag, and the setting that names it.
pub(crate) const DEFAULTS: [(&str, &str, &str); 2] = [
    ("priority", "defaultPriority", "jira.constant.default.priority"),
    ("resolution", "defaultResolution", "jira.constant.default.resolution"),
];

pub(crate) fn read(context: &mut Context<'_>) {
    let avatars: HashMap<&str, &Row> =
        context.tables.rows("Avatar").iter().map(|row| (row.id(), row)).collect();
    for row in context.tables.rows("IssueType") {
        let Some(name) = context.names.get("issueType", row.id()) else { continue };
        let node = name.definition("issueType").text_if("description", row.get("description"));
        let node = node.text_if("iconUrl", icon(row, &avatars).as_deref());
        context.add(translations::ISSUE_TYPE.add(context.properties, row.id(), node));
    }
    for kind in &KINDS {
        schemes(context, kind);
    }
    for (kind, tag, property) in DEFAULTS {
        default_constant(context, kind, tag, property);
    }
}

/// Returns the address of an issue type's icon.
///
/// Up to 5.1 a row holds the address `/images/icons/bug.gif`, in 6.3 `/images/icons/issuetypes/bug.png`, and since 7.0
/// the id of an avatar that counts instead of the address beside it: all three are the same icon, and are written in
/// the form of 6.3. An avatar that somebody uploaded is data of the instance, and no address leads to it.
pub(crate) fn icon(row: &Row, avatars: &HashMap<&str, &Row>) -> Option<String> {
    if let Some(id) = row.text("avatar") {
        return avatar_address(avatars.get(id)?);
    }
    let address = row.text("iconurl")?;
    let file =
        address.strip_prefix("/images/icons/").map(|rest| rest.strip_prefix("issuetypes/").unwrap_or(rest));
    Some(file.and_then(own_icon).unwrap_or_else(|| address.to_owned()))
}

/// Returns the address of an avatar that comes with Jira.
pub(crate) fn avatar_address(avatar: &Row) -> Option<String> {
    own_icon(avatar.text("fileName").filter(|_| avatar.truth("systemAvatar"))?)
}

/// Returns the address of an icon that comes with Jira, from the name of a file.
fn own_icon(file: &str) -> Option<String> {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let name = if matches!(stem, "subtask" | "issue_subtask") { "subtask_alternate" } else { stem };
    OWN_ICONS.contains(&name).then(|| format!("/images/icons/issuetypes/{name}.png"))
}

/// The icons of issue types that Jira before 6.0 has under the same names (`/images/icons/bug.gif`).
const OLD_ICONS: [&str; 10] = [
    "bug",
    "documentation",
    "exclamation",
    "genericissue",
    "improvement",
    "newfeature",
    "requirement",
    "sales",
    "subtask_alternate",
    "task",
];

/// Returns the address that an icon has before Jira 6.0: the reverse of [`icon`]. What no such Jira has stays as it is.
pub(crate) fn old_icon(address: &str) -> Option<String> {
    let name = address.strip_prefix("/images/icons/issuetypes/")?.strip_suffix(".png")?;
    let file = if name == "subtask_alternate" { "issue_subtask" } else { name };
    OLD_ICONS.contains(&name).then(|| format!("/images/icons/{file}.gif"))
}

/// Returns the rows that say which scheme holds for whoever has none of its own: those without a project.
fn built_in_rows<'a>(tables: &'a Tables, field: &'a str) -> impl Iterator<Item = &'a str> {
    let rows = tables.rows("ConfigurationContext").iter().filter(move |row| row.get("key") == Some(field));
    let rows = rows.filter(|row| row.get("project").is_none() && row.get("projectcategory").is_none());
    rows.filter_map(|row| row.get("fieldconfigscheme"))
}

/// Returns the id of the scheme that holds for whoever has none of its own.
pub(crate) fn built_in<'a>(tables: &'a Tables, field: &'a str) -> Option<&'a str> {
    built_in_rows(tables, field).next()
}

fn schemes(context: &mut Context<'_>, kind: &Kind) {
    let (tables, names) = (context.tables, context.names);
    let configurations = tables.by("FieldConfigSchemeIssueType", "fieldconfigscheme");
    let members = tables.by("OptionConfiguration", "fieldconfig");
    let defaults = tables.by("GenericConfiguration", "datakey");
    let built_in: HashSet<&str> = built_in_rows(tables, kind.field).collect();
    for row in tables.rows("FieldConfigScheme").iter().filter(|row| row.get("fieldid") == Some(kind.field)) {
        let Some(name) = names.get(kind.scheme, row.id()) else { continue };
        let path = Path::object(kind.scheme, &name.text);
        let configuration = configurations
            .get(row.id())
            .and_then(|rows| rows.iter().find_map(|row| row.text("fieldconfiguration")));
        let mut node = name
            .definition(kind.scheme)
            .text_if("builtIn", built_in.contains(row.id()).then_some("default"))
            .text_if("description", row.get("description"));
        if configuration.is_none() {
            let message = "nothing leads to what the scheme offers first, nor to its members";
            context.dangling(path.clone(), message);
            node = node.with(Node::lost(kind.default)).with(Node::lost(kind.member));
        }
        let configuration = configuration.unwrap_or("");
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
                None => {
                    context.dangling(path.child(kind.member), format!("there is no {} {id}", kind.member));
                    node = node.with(Node::lost(kind.member));
                }
            }
        }
        let default = defaults.get(configuration).filter(|_| !configuration.is_empty());
        match default.map_or(Default::None, |rows| default_id(rows)) {
            Default::None => {}
            Default::Unreadable(xml) => {
                let message = "the default value cannot be read; it is kept as unreadable";
                context.unreadable(path.child(kind.default), message);
                node = node.with(Node::unreadable(kind.default, xml));
            }
            Default::Id(id) => match names.get(kind.member, &id) {
                // Jira offers the members alone, so another one is chosen by nothing.
                Some(member) if !seen.is_empty() && !seen.contains(member) => {
                    let message =
                        format!("the default `{}` is not in the scheme; it was left out", member.text);
                    context.dangling(path.child(kind.default), message);
                }
                Some(member) => node = node.with(member.reference(kind.default)),
                None => {
                    context.dangling(path.child(kind.default), format!("there is no {} {id}", kind.member));
                    node = node.with(Node::lost(kind.default));
                }
            },
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

/// What a scheme offers first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Default<'r> {
    None,
    Id(String),
    /// What is stored says nothing that anybody knows.
    Unreadable(&'r str),
}

/// Returns the id of what a scheme offers first, by the rows of its default value.
pub(crate) fn default_member(rows: &[&Row]) -> Option<String> {
    match default_id(rows) {
        Default::Id(id) => Some(id),
        Default::None | Default::Unreadable(_) => None,
    }
}

/// Returns what the row of a default value says, as `<string>1</string>`.
pub(crate) fn default_id<'r>(rows: &[&'r Row]) -> Default<'r> {
    let row = rows.iter().find(|row| row.get("datatype") == Some("DefaultValue"));
    let Some(xml) = row.and_then(|row| row.text("xmlvalue")) else { return Default::None };
    match xstream::parse(xml) {
        Some(Stored::Text(id) | Stored::Number(id)) if !id.is_empty() && id != "-1" => Default::Id(id),
        Some(Stored::Text(_) | Stored::Number(_) | Stored::Nothing) => Default::None,
        _ => Default::Unreadable(xml),
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

#[cfg(test)]
mod tests {
    use crate::mapping::{read, tables, written};
    use crate::model::NoteKind;

    #[test]
    fn one_icon_has_one_address_in_all_versions() {
        let read_icon = |attributes: &[(&str, &str)]| {
            let mut issue_type = vec![("id", "1"), ("name", "Bug")];
            issue_type.extend(attributes);
            let tables = tables(&[
                ("IssueType", &issue_type),
                ("Avatar", &[("id", "10163"), ("fileName", "bug.svg"), ("systemAvatar", "1")]),
                ("Avatar", &[("id", "10176"), ("fileName", "subtask.svg"), ("systemAvatar", "1")]),
                ("Avatar", &[("id", "10200"), ("fileName", "bug.png"), ("systemAvatar", "0")]),
            ]);
            let text = written(&read(&tables), "issueType");
            let (_, address) = text.split_once("<iconUrl>")?;
            Some(address.split_once('<')?.0.to_owned())
        };
        let bug = Some("/images/icons/issuetypes/bug.png".to_owned());
        assert_eq!(read_icon(&[("iconurl", "/images/icons/bug.gif")]), bug, "up to 5.1");
        assert_eq!(read_icon(&[("iconurl", "/images/icons/issuetypes/bug.png")]), bug, "6.3");
        assert_eq!(
            read_icon(&[("iconurl", "/images/icons/issuetypes/epic.png"), ("avatar", "10163")]),
            bug,
            "7.0"
        );
        assert_eq!(read_icon(&[("avatar", "10163")]), bug, "9.12");
        let subtask = Some("/images/icons/issuetypes/subtask_alternate.png".to_owned());
        assert_eq!(read_icon(&[("iconurl", "/images/icons/issue_subtask.gif")]), subtask);
        assert_eq!(read_icon(&[("avatar", "10176")]), subtask);
        assert_eq!(read_icon(&[("iconurl", "/images/icons/bug.png"), ("avatar", "10200")]), None, "uploaded");
        assert_eq!(read_icon(&[("avatar", "1")]), None, "an avatar that is not there");
        for other in
            ["https://example.com/bug.gif", "/images/icons/ico_epic.png", "/images/icons/statuses/bug.png"]
        {
            assert_eq!(read_icon(&[("iconurl", other)]).as_deref(), Some(other), "left alone");
        }
    }

    #[test]
    fn a_scheme_keeps_its_order_and_the_built_in_one_is_the_one_without_a_project() {
        let snapshot = read(&tables(&[
            ("Project", &[("id", "10000"), ("key", "TST")]),
            ("IssueType", &[("id", "1"), ("name", "Bug")]),
            ("IssueType", &[("id", "2"), ("name", "Task")]),
            ("IssueType", &[("id", "3"), ("name", "Task"), ("style", "jira_subtask")]),
            ("FieldConfigScheme", &[("id", "100"), ("name", "Tout"), ("fieldid", "issuetype")]),
            (
                "FieldConfigScheme",
                &[("id", "101"), ("name", "Own"), ("fieldid", "issuetype"), ("description", "")],
            ),
            ("ConfigurationContext", &[("id", "1"), ("key", "issuetype"), ("fieldconfigscheme", "100")]),
            (
                "ConfigurationContext",
                &[("id", "2"), ("key", "issuetype"), ("fieldconfigscheme", "101"), ("project", "10000")],
            ),
            (
                "FieldConfigSchemeIssueType",
                &[("id", "1"), ("fieldconfigscheme", "100"), ("fieldconfiguration", "200")],
            ),
            (
                "FieldConfigSchemeIssueType",
                &[("id", "2"), ("fieldconfigscheme", "101"), ("fieldconfiguration", "201")],
            ),
            (
                "OptionConfiguration",
                &[("id", "1"), ("fieldconfig", "200"), ("optionid", "3"), ("sequence", "10")],
            ),
            (
                "OptionConfiguration",
                &[("id", "2"), ("fieldconfig", "200"), ("optionid", "1"), ("sequence", "9")],
            ),
            (
                "OptionConfiguration",
                &[("id", "3"), ("fieldconfig", "200"), ("optionid", "2"), ("sequence", "0")],
            ),
            (
                "OptionConfiguration",
                &[("id", "4"), ("fieldconfig", "200"), ("optionid", "2"), ("sequence", "70")],
            ),
            (
                "OptionConfiguration",
                &[("id", "5"), ("fieldconfig", "200"), ("optionid", "77"), ("sequence", "1")],
            ),
            (
                "OptionConfiguration",
                &[("id", "6"), ("fieldconfig", "201"), ("optionid", "1"), ("sequence", "0")],
            ),
            (
                "GenericConfiguration",
                &[("id", "1"), ("datakey", "labels-upgrade"), ("datatype", "DefaultValue")],
            ),
            (
                "GenericConfiguration",
                &[
                    ("id", "2"),
                    ("datakey", "200"),
                    ("datatype", "DefaultValue"),
                    ("xmlvalue", "<string>2</string>"),
                ],
            ),
            (
                "GenericConfiguration",
                &[
                    ("id", "3"),
                    ("datakey", "201"),
                    ("datatype", "DefaultValue"),
                    ("xmlvalue", "<string>78</string>"),
                ],
            ),
        ]));
        insta::assert_snapshot!(written(&snapshot, "issueTypeScheme"), @r#"
        <issueTypeScheme>
          <name>Own</name>
          <issueType position="1">Bug</issueType>
          <lost>
            <part>defaultType</part>
          </lost>
        </issueTypeScheme>
        <issueTypeScheme>
          <name>Tout</name>
          <builtIn>default</builtIn>
          <defaultType>Task</defaultType>
          <issueType position="2">Bug</issueType>
          <issueType subtask="true" position="3">Task</issueType>
          <issueType position="1">Task</issueType>
          <lost>
            <part>issueType</part>
          </lost>
        </issueTypeScheme>
        "#);
        let dangling: Vec<String> = snapshot
            .notes
            .iter()
            .filter(|note| note.kind == NoteKind::Dangling)
            .map(|note| format!("{} {}", note.path, note.message))
            .collect();
        assert_eq!(
            dangling,
            [
                "/issueTypeScheme[Own]/defaultType there is no issueType 78",
                "/issueTypeScheme[Tout]/issueType there is no issueType 77",
            ]
        );
    }

    #[test]
    fn priority_schemes_and_the_default_priority() {
        let snapshot = read(&tables(&[
            ("Priority", &[("id", "1"), ("name", "High"), ("sequence", "1")]),
            ("Priority", &[("id", "10000"), ("name", "Low"), ("sequence", "2")]),
            (
                "FieldConfigScheme",
                &[("id", "100"), ("name", "Default priority scheme"), ("fieldid", "priority")],
            ),
            ("ConfigurationContext", &[("id", "1"), ("key", "priority"), ("fieldconfigscheme", "100")]),
            (
                "FieldConfigSchemeIssueType",
                &[("id", "1"), ("fieldconfigscheme", "100"), ("fieldconfiguration", "200")],
            ),
            (
                "OptionConfiguration",
                &[("id", "1"), ("fieldconfig", "200"), ("optionid", "1"), ("sequence", "2")],
            ),
            (
                "OptionConfiguration",
                &[("id", "2"), ("fieldconfig", "200"), ("optionid", "10000"), ("sequence", "1")],
            ),
            (
                "GenericConfiguration",
                &[
                    ("id", "1"),
                    ("datakey", "200"),
                    ("datatype", "DefaultValue"),
                    ("xmlvalue", "<string>10000</string>"),
                ],
            ),
            (
                "OSPropertyEntry",
                &[
                    ("id", "1"),
                    ("entityName", "jira.properties"),
                    ("entityId", "1"),
                    ("propertyKey", "jira.constant.default.priority"),
                    ("type", "5"),
                ],
            ),
            ("OSPropertyString", &[("id", "1"), ("value", "10000")]),
            (
                "OSPropertyEntry",
                &[
                    ("id", "2"),
                    ("entityName", "jira.properties"),
                    ("entityId", "1"),
                    ("propertyKey", "jira.constant.default.resolution"),
                    ("type", "5"),
                ],
            ),
            ("OSPropertyString", &[("id", "2"), ("value", "-1")]),
        ]));
        insta::assert_snapshot!(written(&snapshot, "priorityScheme"), @r#"
        <priorityScheme>
          <name>Default priority scheme</name>
          <builtIn>default</builtIn>
          <defaultPriority>Low</defaultPriority>
          <priority position="2">High</priority>
          <priority position="1">Low</priority>
        </priorityScheme>
        "#);
        let priorities = written(&snapshot, "priority");
        assert!(priorities.contains("<defaultPriority>Low</defaultPriority>"), "{priorities}");
        assert!(snapshot.notes.is_empty(), "-1 means none: {:?}", snapshot.notes);
    }
}
