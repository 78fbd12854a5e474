//! Field configurations and field configuration schemes, read from rows.
//!
//! Invariant: there is always exactly one field configuration that is marked as the default. Jira stores it only once
//! somebody has changed it (no backup of a fresh 3.12 to 4.3 has the row); until then every field behaves as Jira
//! itself says, which is a field configuration without lines.

use std::collections::HashSet;

use crate::entity::{Row, Tables};
use crate::mapping::ground::context::Context;
use crate::mapping::ground::lens::{Below, DESCRIPTION, Field, Parts, with_parts};
use crate::mapping::ground::names::Names;
use crate::model::{Name, Node, Path};
use crate::schema::DUPLICATE;

/// The name and description that Jira gives to the default field configuration when it stores it (4.2 to 9.12).
pub(crate) const DEFAULT_NAME: &str = "Default Field Configuration";
pub(crate) const DEFAULT_DESCRIPTION: &str = "The default field configuration";

/// How a field is shown for which nobody has chosen anything.
pub(crate) const UNCHOSEN_RENDERER: &str = "jira-text-renderer";

/// The lines of a field configuration.
pub(crate) const LINES: &[Field] = &[Field::Parts(Parts {
    tag: "individualFieldConfig",
    table: "FieldLayoutItem",
    owner: "fieldlayout",
    fields: &[
        Field::OfIssue("fieldName", "fieldidentifier"),
        DESCRIPTION,
        Field::Flag("hidden", "ishidden"),
        Field::Flag("required", "isrequired"),
        Field::TextOr("renderer", "renderertype", UNCHOSEN_RENDERER),
    ],
    key: 0,
    without_key: None,
    order: None,
    second: "`{}` has a second line; the newer one was left out",
})];

pub(crate) fn read(context: &mut Context<'_>) {
    let (tables, names) = (context.tables, context.names);
    let default_row = default_row(tables);
    let default = default_row
        .and_then(|row| names.get("fieldConfiguration", row.id()).cloned())
        .unwrap_or_else(|| free_name(names));
    let lines = Below::of(context, LINES);
    for row in tables.rows("FieldLayout") {
        let is_default = default_row.is_some_and(|default| default.id() == row.id());
        let name = if is_default { Some(&default) } else { names.get("fieldConfiguration", row.id()) };
        let Some(name) = name else { continue };
        let node = name
            .definition("fieldConfiguration")
            .text_if("builtIn", is_default.then_some("default"))
            .text_if("description", row.get("description"));
        let path = Path::object("fieldConfiguration", &name.text);
        let node = with_parts(context, node, &path, row, LINES, &lines);
        context.add(node);
    }
    if default_row.is_none() {
        let node = default.definition("fieldConfiguration").text("builtIn", "default");
        context.add(node.text("description", DEFAULT_DESCRIPTION));
    }
    let mappings = tables.by("FieldLayoutSchemeEntity", "scheme");
    for row in tables.rows("FieldLayoutScheme") {
        let Some(name) = names.get("fieldConfigurationScheme", row.id()) else { continue };
        let node = name.definition("fieldConfigurationScheme").text_if("description", row.get("description"));
        let path = Path::object("fieldConfigurationScheme", &name.text);
        let rows = mappings.get(row.id()).map_or(&[][..], |rows| rows);
        let default_id = default_row.map(Row::id);
        let mappings = mappings_of(context, &path, rows, &default, default_id);
        context.add(node.with_all(mappings));
    }
}

/// Returns the row of the default field configuration, if Jira has stored it.
pub(crate) fn default_row(tables: &Tables) -> Option<&Row> {
    tables.rows("FieldLayout").iter().find(|row| row.get("type") == Some("default"))
}

/// Returns the name of the default field configuration where Jira has not stored it.
pub(crate) fn free_name(names: &Names) -> Name {
    let taken: HashSet<&Name> = names.all("fieldConfiguration").map(|(_, name)| name).collect();
    let plain = Name::plain(DEFAULT_NAME);
    if !taken.contains(&plain) {
        return plain;
    }
    (2..)
        .map(|number: usize| plain.clone().with(DUPLICATE, &number.to_string()))
        .find(|name| !taken.contains(name))
        .expect("finitely many names are taken")
}

fn mappings_of(
    context: &mut Context<'_>,
    path: &Path,
    rows: &[&Row],
    default: &Name,
    default_id: Option<&str>,
) -> Vec<Node> {
    let names = context.names;
    let mut seen = HashSet::new();
    let mut mappings = Vec::with_capacity(rows.len());
    let mut lost = Vec::new();
    for row in rows {
        // No issue type: all others. No field configuration: the default one.
        let issue_type = match row.text("issuetype") {
            None => None,
            Some(id) => match names.get("issueType", id) {
                Some(name) => Some(name),
                None => {
                    context.dangling(path.clone(), format!("there is no issue type {id}"));
                    continue;
                }
            },
        };
        let configuration = match row.text("fieldlayout") {
            None => default,
            Some(id) if default_id == Some(id) => default,
            Some(id) => match names.get("fieldConfiguration", id) {
                Some(name) => name,
                None => {
                    context.dangling(path.clone(), format!("there is no field configuration {id}"));
                    lost.push(issue_type);
                    continue;
                }
            },
        };
        if !seen.insert(issue_type) {
            context.dangling(path.clone(), "an issue type has a second mapping; the newer one was left out");
            continue;
        }
        mappings.push(
            Node::new("mappingFieldConfigIssueTypes")
                .name_if("issueType", issue_type)
                .with(configuration.reference("fieldConfiguration")),
        );
    }
    lost.retain(|issue_type| !seen.contains(issue_type));
    let lost = lost.into_iter();
    mappings.extend(lost.map(|own| Node::lost("mappingFieldConfigIssueTypes").name_if("issueType", own)));
    mappings
}

#[cfg(test)]
mod tests {
    use crate::mapping::{read, tables, written};

    #[test]
    fn a_default_that_jira_has_not_stored_is_there_all_the_same() {
        let snapshot = read(&tables(&[
            ("IssueType", &[("id", "1"), ("name", "Bug")]),
            ("FieldLayout", &[("id", "10000"), ("name", "Default Field Configuration")]),
            ("FieldLayoutScheme", &[("id", "10000"), ("name", "Support")]),
            ("FieldLayoutSchemeEntity", &[("id", "1"), ("scheme", "10000")]),
            (
                "FieldLayoutSchemeEntity",
                &[("id", "2"), ("scheme", "10000"), ("issuetype", "1"), ("fieldlayout", "10000")],
            ),
            ("FieldLayoutSchemeEntity", &[("id", "3"), ("scheme", "10000"), ("issuetype", "7")]),
            (
                "FieldLayoutSchemeEntity",
                &[("id", "4"), ("scheme", "10000"), ("issuetype", "1"), ("fieldlayout", "7")],
            ),
        ]));
        insta::assert_snapshot!(written(&snapshot, "fieldConfiguration"), @r#"
        <fieldConfiguration>
          <name>Default Field Configuration</name>
        </fieldConfiguration>
        <fieldConfiguration duplicate="2">
          <name>Default Field Configuration</name>
          <builtIn>default</builtIn>
          <description>The default field configuration</description>
        </fieldConfiguration>
        "#);
        insta::assert_snapshot!(written(&snapshot, "fieldConfigurationScheme"), @r#"
        <fieldConfigurationScheme>
          <name>Support</name>
          <mappingFieldConfigIssueTypes>
            <issueType>Bug</issueType>
            <fieldConfiguration>Default Field Configuration</fieldConfiguration>
          </mappingFieldConfigIssueTypes>
          <mappingFieldConfigIssueTypes>
            <fieldConfiguration duplicate="2">Default Field Configuration</fieldConfiguration>
          </mappingFieldConfigIssueTypes>
        </fieldConfigurationScheme>
        "#);
        assert_eq!(snapshot.notes.len(), 2, "{:?}", snapshot.notes);
    }

    #[test]
    fn the_default_is_known_by_its_type_and_fields_by_their_names() {
        let snapshot = read(&tables(&[
            ("CustomField", &[("id", "10000"), ("name", "Severity"), ("customfieldtypekey", "a:select")]),
            ("FieldLayout", &[("id", "1"), ("name", "Standard"), ("type", "default"), ("description", "")]),
            (
                "FieldLayoutItem",
                &[
                    ("id", "1"),
                    ("fieldlayout", "1"),
                    ("fieldidentifier", "customfield_10000"),
                    ("ishidden", "true"),
                    ("isrequired", "false"),
                ],
            ),
            (
                "FieldLayoutItem",
                &[("id", "2"), ("fieldlayout", "1"), ("fieldidentifier", "customfield_10001")],
            ),
            (
                "FieldLayoutItem",
                &[
                    ("id", "3"),
                    ("fieldlayout", "1"),
                    ("fieldidentifier", "comment"),
                    ("description", "Say it"),
                    ("renderertype", "atlassian-wiki-renderer"),
                ],
            ),
            ("FieldLayoutItem", &[("id", "4"), ("fieldlayout", "1"), ("fieldidentifier", "comment")]),
            ("FieldLayoutScheme", &[("id", "10000"), ("name", "Support")]),
            ("FieldLayoutSchemeEntity", &[("id", "1"), ("scheme", "10000")]),
        ]));
        insta::assert_snapshot!(written(&snapshot, "fieldConfiguration"), @r#"
        <fieldConfiguration>
          <name>Standard</name>
          <builtIn>default</builtIn>
          <individualFieldConfig>
            <fieldName type="a:select">Severity</fieldName>
            <hidden>true</hidden>
            <required>false</required>
          </individualFieldConfig>
          <individualFieldConfig>
            <fieldName>comment</fieldName>
            <description>Say it</description>
            <renderer>atlassian-wiki-renderer</renderer>
          </individualFieldConfig>
        </fieldConfiguration>
        "#);
        insta::assert_snapshot!(written(&snapshot, "fieldConfigurationScheme"), @r"
        <fieldConfigurationScheme>
          <name>Support</name>
          <mappingFieldConfigIssueTypes>
            <fieldConfiguration>Standard</fieldConfiguration>
          </mappingFieldConfigIssueTypes>
        </fieldConfigurationScheme>
        ");
        let messages: Vec<&str> = snapshot.notes.iter().map(|note| &*note.message).collect();
        assert_eq!(
            messages,
            [
                "`comment` has a second line; the newer one was left out",
                "there is no field `customfield_10001`",
            ]
        );
    }
}
