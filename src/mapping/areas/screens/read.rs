//! Screens, screen schemes and issue type screen schemes.

use std::collections::{HashMap, HashSet};

use crate::entity::Row;
use crate::mapping::ground::context::Context;
use crate::mapping::ground::enumeration::said;
use crate::mapping::ground::kinds::mark;
use crate::model::{Name, Node, Path};
use crate::schema::DUPLICATE;

/// The operations by number.
pub(crate) const OPERATIONS: [(&str, &str); 3] = [("0", "create"), ("1", "edit"), ("2", "view")];

pub(crate) fn read(context: &mut Context<'_>) {
    screens(context);
    screen_schemes(context);
    issue_type_screen_schemes(context);
}

fn screens(context: &mut Context<'_>) {
    let tables = context.tables;
    let tabs = tables.by("FieldScreenTab", "fieldscreen");
    let items = tables.by("FieldScreenLayoutItem", "fieldscreentab");
    for row in tables.rows("FieldScreen") {
        let Some(name) = context.names.get("screen", row.id()) else { continue };
        let mut node = name
            .definition("screen")
            .text_if("builtIn", mark("screen", row.id()))
            .text_if("description", row.get("description"));
        let path = Path::object("screen", &name.text);
        let mut seen = HashMap::new();
        for tab in tabs.get(row.id()).into_iter().flatten() {
            let name = Name::plain(tab.get("name").unwrap_or(""));
            let name = context.tell_apart("screenTab", name, &mut seen, &path);
            let rows = items.get(tab.id()).map_or(&[][..], |rows| rows);
            let fields = fields_of(context, &path.part("screenTab", &name.text), rows);
            let mut node_of_tab = Node::new("screenTab")
                .text_if("position", tab.get("sequence"))
                .text_if("name", Some(&name.text))
                .with_all(fields);
            if let Some(number) = name.get(DUPLICATE) {
                node_of_tab = node_of_tab.attribute(DUPLICATE, number);
            }
            node = node.with(node_of_tab);
        }
        context.add(node);
    }
}

fn fields_of(context: &mut Context<'_>, path: &Path, rows: &[&Row]) -> Vec<Node> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
    let mut seen = HashSet::new();
    let mut fields = Vec::with_capacity(rows.len());
    for row in rows {
        let identifier = row.get("fieldidentifier").unwrap_or("");
        let Some(field) = context.names.field(identifier) else {
            context.dangling(path.clone(), format!("there is no field `{identifier}`"));
            continue;
        };
        if !seen.insert(field.clone()) {
            context.dangling(
                path.clone(),
                format!("`{}` stands on the tab a second time; the lower one was left out", field.text),
            );
            continue;
        }
        fields.push(
            Node::new("fieldScreenLayoutItem")
                .text_if("position", row.get("sequence"))
                .with(field.reference("field")),
        );
    }
    fields
}

fn screen_schemes(context: &mut Context<'_>) {
    let (tables, names) = (context.tables, context.names);
    let items = tables.by("FieldScreenSchemeItem", "fieldscreenscheme");
    for row in tables.rows("FieldScreenScheme") {
        let Some(name) = names.get("screenScheme", row.id()) else { continue };
        let mut node = scheme(name, "screenScheme", row);
        let path = Path::object("screenScheme", &name.text);
        let mut seen = HashSet::new();
        for item in items.get(row.id()).into_iter().flatten() {
            let operation = match item.text("operation") {
                None => None,
                Some(number) => match said(&OPERATIONS, number) {
                    Some(operation) => Some(operation),
                    None => {
                        context.dangling(path.clone(), format!("there is no operation {number}"));
                        continue;
                    }
                },
            };
            let id = item.get("fieldscreen").unwrap_or("");
            let Some(screen) = names.get("screen", id) else {
                context.dangling(path.clone(), format!("there is no screen {id}"));
                continue;
            };
            if !seen.insert(operation) {
                context
                    .dangling(path.clone(), "an operation has a second screen; the younger one was left out");
                continue;
            }
            node = node.with(
                Node::new("mappingOperationsScreens")
                    .text_if("operation", operation)
                    .with(screen.reference("screen")),
            );
        }
        context.add(node);
    }
}

fn issue_type_screen_schemes(context: &mut Context<'_>) {
    let (tables, names) = (context.tables, context.names);
    let mappings = tables.by("IssueTypeScreenSchemeEntity", "scheme");
    for row in tables.rows("IssueTypeScreenScheme") {
        let Some(name) = names.get("issueTypeScreenScheme", row.id()) else { continue };
        let mut node = scheme(name, "issueTypeScreenScheme", row);
        let path = Path::object("issueTypeScreenScheme", &name.text);
        let mut seen = HashSet::new();
        for mapping in mappings.get(row.id()).into_iter().flatten() {
            let id = mapping.get("fieldscreenscheme").unwrap_or("");
            let Some(screen_scheme) = names.get("screenScheme", id) else {
                context.dangling(path.clone(), format!("there is no screen scheme {id}"));
                continue;
            };
            let type_id = mapping.text("issuetype");
            let issue_type = type_id.and_then(|id| names.get("issueType", id));
            if let (Some(id), None) = (type_id, issue_type) {
                context.dangling(path.clone(), format!("there is no issue type {id}"));
                continue;
            }
            if !seen.insert(issue_type) {
                context.dangling(
                    path.clone(),
                    "an issue type has a second mapping; the younger one was left out",
                );
                continue;
            }
            node = node.with(match issue_type {
                None => screen_scheme.reference("defaultScheme"),
                Some(issue_type) => Node::new("mappingScreenSchemesIssueTypes")
                    .with(issue_type.reference("issueType"))
                    .with(screen_scheme.reference("screenScheme")),
            });
        }
        context.add(node);
    }
}

fn scheme(name: &Name, tag: &'static str, row: &Row) -> Node {
    name.definition(tag)
        .text_if("builtIn", mark(tag, row.id()))
        .text_if("description", row.get("description"))
}

#[cfg(test)]
mod tests {
    use crate::mapping::{read, tables, written};

    #[test]
    fn tabs_of_one_name_or_of_none_stay_apart() {
        let snapshot = read(&tables(&[
            ("FieldScreen", &[("id", "1"), ("name", "Ecran par défaut")]),
            ("FieldScreen", &[("id", "10000"), ("name", "Own")]),
            ("FieldScreenTab", &[("id", "1"), ("fieldscreen", "10000"), ("sequence", "3"), ("name", "Tab")]),
            ("FieldScreenTab", &[("id", "2"), ("fieldscreen", "10000"), ("sequence", "0"), ("name", "Tab")]),
            ("FieldScreenTab", &[("id", "3"), ("fieldscreen", "10000"), ("sequence", "10")]),
            ("FieldScreenTab", &[("id", "4"), ("fieldscreen", "10000"), ("sequence", "10"), ("name", "")]),
            (
                "FieldScreenLayoutItem",
                &[("id", "1"), ("fieldscreentab", "1"), ("fieldidentifier", "summary"), ("sequence", "7")],
            ),
            (
                "FieldScreenLayoutItem",
                &[("id", "2"), ("fieldscreentab", "1"), ("fieldidentifier", "comment"), ("sequence", "5")],
            ),
            (
                "FieldScreenLayoutItem",
                &[("id", "3"), ("fieldscreentab", "1"), ("fieldidentifier", "comment"), ("sequence", "0")],
            ),
            (
                "FieldScreenLayoutItem",
                &[("id", "4"), ("fieldscreentab", "1"), ("fieldidentifier", "customfield_1")],
            ),
        ]));
        insta::assert_snapshot!(written(&snapshot, "screen"), @r#"
        <screen>
          <name>Ecran par défaut</name>
          <builtIn>default</builtIn>
        </screen>
        <screen>
          <name>Own</name>
          <screenTab duplicate="2">
            <position>1</position>
            <name>Tab</name>
          </screenTab>
          <screenTab>
            <position>2</position>
            <name>Tab</name>
            <fieldScreenLayoutItem>
              <position>1</position>
              <field>comment</field>
            </fieldScreenLayoutItem>
            <fieldScreenLayoutItem>
              <position>2</position>
              <field>summary</field>
            </fieldScreenLayoutItem>
          </screenTab>
          <screenTab>
            <position>3</position>
          </screenTab>
          <screenTab duplicate="2">
            <position>4</position>
          </screenTab>
        </screen>
        "#);
    }

    #[test]
    fn operation_zero_is_create_and_no_operation_is_the_default() {
        let snapshot = read(&tables(&[
            ("FieldScreen", &[("id", "3"), ("name", "A")]),
            ("FieldScreen", &[("id", "10000"), ("name", "B")]),
            ("FieldScreenScheme", &[("id", "1"), ("name", "Schema")]),
            ("FieldScreenScheme", &[("id", "10000"), ("name", "Empty"), ("description", "None")]),
            ("FieldScreenSchemeItem", &[("id", "1"), ("fieldscreenscheme", "1"), ("fieldscreen", "3")]),
            (
                "FieldScreenSchemeItem",
                &[("id", "2"), ("fieldscreenscheme", "1"), ("fieldscreen", "10000"), ("operation", "0")],
            ),
            (
                "FieldScreenSchemeItem",
                &[("id", "3"), ("fieldscreenscheme", "1"), ("fieldscreen", "10000"), ("operation", "2")],
            ),
            (
                "FieldScreenSchemeItem",
                &[("id", "4"), ("fieldscreenscheme", "1"), ("fieldscreen", "77"), ("operation", "1")],
            ),
            (
                "FieldScreenSchemeItem",
                &[("id", "5"), ("fieldscreenscheme", "1"), ("fieldscreen", "3"), ("operation", "9")],
            ),
        ]));
        insta::assert_snapshot!(written(&snapshot, "screenScheme"), @r"
        <screenScheme>
          <name>Empty</name>
          <description>None</description>
        </screenScheme>
        <screenScheme>
          <name>Schema</name>
          <builtIn>default</builtIn>
          <mappingOperationsScreens>
            <operation>create</operation>
            <screen>B</screen>
          </mappingOperationsScreens>
          <mappingOperationsScreens>
            <operation>view</operation>
            <screen>B</screen>
          </mappingOperationsScreens>
          <mappingOperationsScreens>
            <screen>A</screen>
          </mappingOperationsScreens>
        </screenScheme>
        ");
        let messages: Vec<&str> = snapshot.notes.iter().map(|note| &*note.message).collect();
        assert_eq!(messages, ["there is no operation 9", "there is no screen 77"]);
    }

    #[test]
    fn a_mapping_without_issue_type_is_the_default_scheme() {
        let snapshot = read(&tables(&[
            ("IssueType", &[("id", "1"), ("name", "Bug")]),
            ("FieldScreenScheme", &[("id", "1"), ("name", "One")]),
            ("FieldScreenScheme", &[("id", "10000"), ("name", "Two")]),
            ("IssueTypeScreenScheme", &[("id", "1"), ("name", "Schema")]),
            ("IssueTypeScreenSchemeEntity", &[("id", "1"), ("scheme", "1"), ("fieldscreenscheme", "1")]),
            (
                "IssueTypeScreenSchemeEntity",
                &[("id", "2"), ("scheme", "1"), ("fieldscreenscheme", "10000"), ("issuetype", "1")],
            ),
            (
                "IssueTypeScreenSchemeEntity",
                &[("id", "3"), ("scheme", "1"), ("fieldscreenscheme", "10000"), ("issuetype", "9")],
            ),
            ("IssueTypeScreenSchemeEntity", &[("id", "4"), ("scheme", "1"), ("fieldscreenscheme", "10000")]),
        ]));
        insta::assert_snapshot!(written(&snapshot, "issueTypeScreenScheme"), @r"
        <issueTypeScreenScheme>
          <name>Schema</name>
          <builtIn>default</builtIn>
          <defaultScheme>One</defaultScheme>
          <mappingScreenSchemesIssueTypes>
            <issueType>Bug</issueType>
            <screenScheme>Two</screenScheme>
          </mappingScreenSchemesIssueTypes>
        </issueTypeScreenScheme>
        ");
    }
}
