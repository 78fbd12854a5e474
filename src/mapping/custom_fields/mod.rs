//! Custom fields with their contexts, configurations, options and default values.
//!
//! A context is a `FieldConfigScheme`. Where it applies stands in `ConfigurationContext`, one row for each project or
//! category; the issue types, and the configuration that holds for each, stand in `FieldConfigSchemeIssueType`.
//! Invariant: a context without rows applies nowhere, and stays apart from one that applies everywhere.

pub(super) mod default_values;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Context;
use crate::entity::{Row, Tables};
use crate::model::{Name, Node, Path};
use crate::schema::DUPLICATE;

use default_values::Options;

/// The rows of the tables around custom fields, by what they belong to.
struct Rows<'a> {
    /// The contexts by field.
    contexts: HashMap<&'a str, Vec<&'a Row>>,
    places: HashMap<&'a str, Vec<&'a Row>>,
    issue_types: HashMap<&'a str, Vec<&'a Row>>,
    configurations: HashMap<&'a str, &'a Row>,
    options: HashMap<&'a str, Vec<&'a Row>>,
    defaults: HashMap<&'a str, Vec<&'a Row>>,
    locked: HashSet<&'a str>,
}

impl<'a> Rows<'a> {
    fn new(tables: &'a Tables) -> Self {
        Self {
            contexts: tables.by("FieldConfigScheme", "fieldid"),
            places: tables.by("ConfigurationContext", "fieldconfigscheme"),
            issue_types: tables.by("FieldConfigSchemeIssueType", "fieldconfigscheme"),
            configurations: tables.rows("FieldConfiguration").iter().map(|row| (row.id(), row)).collect(),
            options: tables.by("CustomFieldOption", "customfieldconfig"),
            defaults: tables.by("GenericConfiguration", "datakey"),
            locked: locked(tables),
        }
    }
}

/// Returns the fields that an app has locked, as `customfield_10000`.
pub(super) fn locked(tables: &Tables) -> HashSet<&str> {
    let locked = tables.rows("ManagedConfigurationItem").iter().filter(|row| {
        row.get("itemType") == Some("CUSTOM_FIELD")
            && row.truth("managed")
            && row.get("accessLevel").is_some_and(|level| level.starts_with("LOCKED"))
    });
    locked.filter_map(|row| row.get("itemId")).collect()
}

pub(super) fn read(context: &mut Context<'_>) {
    let rows = Rows::new(context.tables);
    let mut known = HashSet::new();
    for row in context.tables.rows("CustomField") {
        let field_id = format!("customfield_{}", row.id());
        let Some(name) = context.names.get("customField", row.id()) else {
            let message = format!("{field_id} has no name or no type; it was left out");
            context.dangling(Path::default().child("customFields"), message);
            known.insert(field_id);
            continue;
        };
        let node = name.definition("customField");
        if rows.locked.contains(&*field_id) {
            context.add(node.text("locked", "true"));
        } else {
            let path = Path::object("customField", &name.text);
            let field_type = name.get("type").unwrap_or("");
            let contexts = contexts_of(context, &rows, &path, field_type, &field_id);
            context.add(
                node.text_if("description", row.get("description"))
                    .text_if("searcher", row.get("customfieldsearcherkey"))
                    .with_all(contexts),
            );
        }
        known.insert(field_id);
    }
    left_over(context, &rows);
    let mut lost: Vec<_> = rows.contexts.keys().filter(|id| id.starts_with("customfield_")).collect();
    lost.retain(|id| !known.contains(**id));
    for id in lost {
        let message = format!("there is no field {id}, of which contexts are left");
        context.dangling(Path::default().child("customFields"), message);
    }
}

/// Notes the options of configurations that were deleted; Jira leaves them behind.
fn left_over(context: &mut Context<'_>, rows: &Rows<'_>) {
    let mut counts: BTreeMap<Path, usize> = BTreeMap::new();
    for row in context.tables.rows("CustomFieldOption") {
        let configuration = row.get("customfieldconfig").unwrap_or("");
        if !rows.configurations.contains_key(configuration) {
            let field = row.get("customfield").and_then(|id| context.names.get("customField", id));
            let container = || Path::default().child("customFields");
            let path = field.map_or_else(container, |field| Path::object("customField", &field.text));
            *counts.entry(path).or_default() += 1;
        }
    }
    for (path, count) in counts {
        let message = format!("{count} options are left of configurations that do not exist any more");
        context.dangling(path, message);
    }
}

fn contexts_of(
    context: &mut Context<'_>,
    rows: &Rows<'_>,
    path: &Path,
    field_type: &str,
    field_id: &str,
) -> Vec<Node> {
    let mut seen = HashMap::new();
    let mut nodes = Vec::new();
    for row in rows.contexts.get(field_id).into_iter().flatten() {
        let name = Name::plain(row.get("name").unwrap_or(""));
        let name = context.tell_apart("customFieldConfigScheme", name, &mut seen, path);
        let path = path.part("customFieldConfigScheme", &name.text);
        let places = places_of(context, rows, &path, row.id());
        let (issue_types, configurations) = configurations_of(context, rows, &path, field_type, row.id());
        nodes.push(
            name.definition("customFieldConfigScheme")
                .text_if("description", row.get("description"))
                .with_all(places)
                .with_all(issue_types)
                .with_all(configurations),
        );
    }
    nodes
}

fn places_of(context: &mut Context<'_>, rows: &Rows<'_>, path: &Path, scheme: &str) -> Vec<Node> {
    let names = context.names;
    let mut places = Vec::new();
    for row in rows.places.get(scheme).into_iter().flatten() {
        let place = |tag, kind, id| match names.get(kind, id) {
            Some(name) => Ok(name.reference(tag)),
            None => Err(format!("there is no {kind} {id}")),
        };
        let place = match (row.text("project"), row.text("projectcategory")) {
            (Some(project), _) => place("projectContext", "project", project),
            (None, Some(category)) => place("projectCategoryContext", "projectCategory", category),
            (None, None) => Ok(Node::new("global")),
        };
        match place {
            Ok(place) => places.push(Node::new("context").with(place)),
            Err(message) => context.dangling(path.child("context"), message),
        }
    }
    places
}

/// Returns the issue types of a context, and its configurations.
fn configurations_of(
    context: &mut Context<'_>,
    rows: &Rows<'_>,
    path: &Path,
    field_type: &str,
    scheme: &str,
) -> (Vec<Node>, Vec<Node>) {
    let names = context.names;
    let links = rows.issue_types.get(scheme).map_or(&[][..], |links| links);
    let mut ids: Vec<&str> = links.iter().filter_map(|link| link.text("fieldconfiguration")).collect();
    ids.sort_by_key(|id| id.parse().unwrap_or(i64::MAX));
    ids.dedup();
    let mut seen = HashMap::new();
    let mut configurations: HashMap<&str, Name> = HashMap::new();
    let mut nodes = Vec::new();
    for id in ids {
        let Some(row) = rows.configurations.get(id) else {
            context.dangling(path.child("config"), format!("there is no configuration {id}"));
            continue;
        };
        let name = Name::plain(row.get("name").unwrap_or(""));
        let name = context.tell_apart("config", name, &mut seen, path);
        nodes.push(configuration(context, rows, path, field_type, row, &name));
        configurations.insert(id, name);
    }
    let mut issue_types = Vec::new();
    for link in links {
        let Some(configuration) = link.text("fieldconfiguration").and_then(|id| configurations.get(id))
        else {
            continue;
        };
        let issue_type = match link.text("issuetype") {
            None => Node::new("allIssueTypes"),
            Some(id) => match names.get("issueType", id) {
                Some(name) => name.reference("issueType"),
                None => {
                    context
                        .dangling(path.child("applicableIssueType"), format!("there is no issue type {id}"));
                    continue;
                }
            },
        };
        let configuration = (configurations.len() > 1).then(|| configuration.reference("config"));
        issue_types.push(Node::new("applicableIssueType").with(issue_type).with_if(configuration));
    }
    (issue_types, nodes)
}

fn configuration(
    context: &mut Context<'_>,
    rows: &Rows<'_>,
    path: &Path,
    field_type: &str,
    row: &Row,
    name: &Name,
) -> Node {
    let path = path.part("config", &name.text);
    let mut options = Options::new();
    let mut nodes = Vec::new();
    for option in rows.options.get(row.id()).into_iter().flatten() {
        let names = context.names;
        let parent = option.text("parentoptionid").map(|id| names.get("option", id));
        match (names.get("option", option.id()), parent) {
            (Some(name), None | Some(Some(_))) => {
                options.insert(option.id(), name);
                nodes.push(option_node(option, name, parent.flatten()));
            }
            _ => {
                let message = format!("option {} has no text or no parent; it was left out", option.id());
                context.dangling(path.child("option"), message);
            }
        }
    }
    let default = rows.defaults.get(row.id()).and_then(|defaults| {
        let row = defaults.iter().find(|row| row.get("datatype") == Some("DefaultValue"))?;
        default_values::read(context, &path, field_type, &options, row.text("xmlvalue")?)
    });
    name.definition("config").text_if("description", row.get("description")).with_if(default).with_all(nodes)
}

fn option_node(row: &Row, name: &Name, parent: Option<&Name>) -> Node {
    let node = Node::new("option")
        .name_if("parentOption", parent)
        .text_if("sequence", row.get("sequence"))
        .text("value", name.text.clone())
        // The column is empty up to 4.2, where no option can be disabled.
        .flag("disabled", row.truth("disabled"));
    match name.get(DUPLICATE) {
        Some(number) => node.attribute(DUPLICATE, number),
        None => node,
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::{read, tables, written};

    const FIELD: (&str, &[(&str, &str)]) =
        ("CustomField", &[("id", "1"), ("name", "Severity"), ("customfieldtypekey", "a:select")]);

    #[test]
    fn everywhere_somewhere_and_nowhere_stay_apart() {
        let snapshot = read(&tables(&[
            FIELD,
            ("Project", &[("id", "10000"), ("key", "TST")]),
            ("ProjectCategory", &[("id", "10000"), ("name", "Internal")]),
            ("FieldConfigScheme", &[("id", "1"), ("name", "Everywhere"), ("fieldid", "customfield_1")]),
            ("FieldConfigScheme", &[("id", "2"), ("name", "Somewhere"), ("fieldid", "customfield_1")]),
            ("FieldConfigScheme", &[("id", "3"), ("name", "Nowhere"), ("fieldid", "customfield_1")]),
            (
                "FieldConfigScheme",
                &[("id", "4"), ("name", "In a deleted project"), ("fieldid", "customfield_1")],
            ),
            (
                "FieldConfigScheme",
                &[("id", "5"), ("name", "Of a deleted field"), ("fieldid", "customfield_2")],
            ),
            ("ConfigurationContext", &[("id", "1"), ("fieldconfigscheme", "1")]),
            ("ConfigurationContext", &[("id", "2"), ("fieldconfigscheme", "2"), ("project", "10000")]),
            (
                "ConfigurationContext",
                &[("id", "3"), ("fieldconfigscheme", "2"), ("projectcategory", "10000")],
            ),
            ("ConfigurationContext", &[("id", "4"), ("fieldconfigscheme", "2"), ("project", "10000")]),
            ("ConfigurationContext", &[("id", "5"), ("fieldconfigscheme", "4"), ("project", "10001")]),
        ]));
        insta::assert_snapshot!(written(&snapshot, "customField"), @r"
        <customField>
          <name>Severity</name>
          <type>a:select</type>
          <customFieldConfigScheme>
            <name>Everywhere</name>
            <context>
              <global/>
            </context>
          </customFieldConfigScheme>
          <customFieldConfigScheme>
            <name>In a deleted project</name>
          </customFieldConfigScheme>
          <customFieldConfigScheme>
            <name>Nowhere</name>
          </customFieldConfigScheme>
          <customFieldConfigScheme>
            <name>Somewhere</name>
            <context>
              <projectContext>TST</projectContext>
            </context>
            <context>
              <projectCategoryContext>Internal</projectCategoryContext>
            </context>
          </customFieldConfigScheme>
        </customField>
        ");
        let notes: Vec<String> =
            snapshot.notes.iter().map(|note| format!("{} {}", note.path, note.message)).collect();
        assert_eq!(
            notes,
            [
                "/customField[Severity]/customFieldConfigScheme[In a deleted project]/context there is no project 10001",
                "/customFields there is no field customfield_2, of which contexts are left",
            ]
        );
    }

    #[test]
    fn configurations_are_named_only_where_there_are_several() {
        let link = |id, scheme, configuration, issue_type| {
            vec![
                ("id", id),
                ("fieldconfigscheme", scheme),
                ("fieldconfiguration", configuration),
                ("issuetype", issue_type),
            ]
        };
        let links = [
            link("1", "1", "12", "1"),
            link("2", "1", "11", "2"),
            link("3", "1", "11", "3"),
            link("4", "1", "11", "9"),
            link("5", "1", "19", "1"),
            link("6", "2", "13", "1"),
            link("7", "2", "13", "2"),
        ];
        let mut rows: Vec<(&str, &[(&str, &str)])> = vec![
            FIELD,
            ("IssueType", &[("id", "1"), ("name", "Bug")]),
            ("IssueType", &[("id", "2"), ("name", "Task")]),
            ("IssueType", &[("id", "3"), ("name", "Task"), ("style", "jira_subtask")]),
            ("FieldConfigScheme", &[("id", "1"), ("name", "Same"), ("fieldid", "customfield_1")]),
            ("FieldConfigScheme", &[("id", "2"), ("name", "Same"), ("fieldid", "customfield_1")]),
            ("FieldConfiguration", &[("id", "11"), ("name", "Config")]),
            ("FieldConfiguration", &[("id", "12"), ("name", "Config")]),
            ("FieldConfiguration", &[("id", "13"), ("name", "Config")]),
            (
                "FieldConfigSchemeIssueType",
                &[("id", "8"), ("fieldconfigscheme", "2"), ("fieldconfiguration", "13")],
            ),
        ];
        rows.extend(links.iter().map(|link| ("FieldConfigSchemeIssueType", &link[..])));
        let snapshot = read(&tables(&rows));
        insta::assert_snapshot!(written(&snapshot, "customField"), @r#"
        <customField>
          <name>Severity</name>
          <type>a:select</type>
          <customFieldConfigScheme>
            <name>Same</name>
            <applicableIssueType>
              <issueType>Bug</issueType>
              <config duplicate="2">Config</config>
            </applicableIssueType>
            <applicableIssueType>
              <issueType>Task</issueType>
              <config>Config</config>
            </applicableIssueType>
            <applicableIssueType>
              <issueType subtask="true">Task</issueType>
              <config>Config</config>
            </applicableIssueType>
            <config>
              <name>Config</name>
            </config>
            <config duplicate="2">
              <name>Config</name>
            </config>
          </customFieldConfigScheme>
          <customFieldConfigScheme duplicate="2">
            <name>Same</name>
            <applicableIssueType>
              <issueType>Bug</issueType>
            </applicableIssueType>
            <applicableIssueType>
              <issueType>Task</issueType>
            </applicableIssueType>
            <applicableIssueType>
              <allIssueTypes/>
            </applicableIssueType>
            <config>
              <name>Config</name>
            </config>
          </customFieldConfigScheme>
        </customField>
        "#);
    }

    #[test]
    fn a_locked_field_is_only_named() {
        let rows = |level| {
            tables(&[
                FIELD,
                ("FieldConfigScheme", &[("id", "1"), ("name", "Context"), ("fieldid", "customfield_1")]),
                (
                    "ManagedConfigurationItem",
                    &[
                        ("id", "1"),
                        ("itemId", "customfield_1"),
                        ("itemType", "CUSTOM_FIELD"),
                        ("managed", "true"),
                        ("accessLevel", level),
                    ],
                ),
            ])
        };
        insta::assert_snapshot!(written(&read(&rows("LOCKED")), "customField"), @r"
        <customField>
          <name>Severity</name>
          <type>a:select</type>
          <locked>true</locked>
        </customField>
        ");
        assert!(written(&read(&rows("ADMIN")), "customField").contains("<name>Context</name>"));
    }

    #[test]
    fn options_belong_to_configurations_that_exist() {
        let option = |id, configuration, sequence, value| {
            vec![
                ("id", id),
                ("customfield", "1"),
                ("customfieldconfig", configuration),
                ("sequence", sequence),
                ("value", value),
            ]
        };
        let mut child = option("4", "11", "0", "Dark");
        child.push(("parentoptionid", "2"));
        child.push(("disabled", "Y"));
        let mut orphan = option("5", "11", "0", "Orphan");
        orphan.push(("parentoptionid", "99"));
        let mut stray = option("6", "11", "0", "Stray");
        stray.push(("parentoptionid", "1"));
        let mut enabled = option("3", "11", "9", "Blue");
        enabled.push(("disabled", "N"));
        let red = option("2", "11", "10", "Red");
        let options = [option("1", "10", "0", "Left over"), red, enabled, child, orphan, stray];
        let mut rows: Vec<(&str, &[(&str, &str)])> = vec![
            FIELD,
            ("FieldConfigScheme", &[("id", "1"), ("name", "Context"), ("fieldid", "customfield_1")]),
            (
                "FieldConfigSchemeIssueType",
                &[("id", "1"), ("fieldconfigscheme", "1"), ("fieldconfiguration", "11")],
            ),
            ("FieldConfiguration", &[("id", "11"), ("name", "Config")]),
        ];
        rows.extend(options.iter().map(|option| ("CustomFieldOption", &option[..])));
        let snapshot = read(&tables(&rows));
        insta::assert_snapshot!(written(&snapshot, "customField"), @r"
        <customField>
          <name>Severity</name>
          <type>a:select</type>
          <customFieldConfigScheme>
            <name>Context</name>
            <applicableIssueType>
              <allIssueTypes/>
            </applicableIssueType>
            <config>
              <name>Config</name>
              <option>
                <parentOption>Red</parentOption>
                <sequence>1</sequence>
                <value>Dark</value>
                <disabled>true</disabled>
              </option>
              <option>
                <sequence>1</sequence>
                <value>Blue</value>
                <disabled>false</disabled>
              </option>
              <option>
                <sequence>2</sequence>
                <value>Red</value>
                <disabled>false</disabled>
              </option>
            </config>
          </customFieldConfigScheme>
        </customField>
        ");
        let messages: Vec<&str> = snapshot.notes.iter().map(|note| &*note.message).collect();
        assert_eq!(
            messages,
            [
                "1 options are left of configurations that do not exist any more",
                "option 5 has no text or no parent; it was left out",
                "option 6 has no text or no parent; it was left out",
            ]
        );
    }

    #[test]
    fn of_two_parents_of_one_text_each_keeps_its_children() {
        let option = |id, parent, value| {
            [
                ("id", id),
                ("customfield", "1"),
                ("customfieldconfig", "11"),
                ("parentoptionid", parent),
                ("value", value),
            ]
        };
        let options = [option("1", "", "Red"), option("2", "", "Red"), option("3", "2", "Dark")];
        let mut rows: Vec<(&str, &[(&str, &str)])> = vec![
            FIELD,
            ("FieldConfigScheme", &[("id", "1"), ("name", "Context"), ("fieldid", "customfield_1")]),
            (
                "FieldConfigSchemeIssueType",
                &[("id", "1"), ("fieldconfigscheme", "1"), ("fieldconfiguration", "11")],
            ),
            ("FieldConfiguration", &[("id", "11"), ("name", "Config")]),
        ];
        rows.extend(options.iter().map(|option| ("CustomFieldOption", &option[..])));
        let text = written(&read(&tables(&rows)), "customField");
        assert!(text.contains("<parentOption duplicate=\"2\">Red</parentOption>"), "{text}");
    }
}
