//! Tests of custom fields.

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
        ("FieldConfigScheme", &[("id", "4"), ("name", "In a deleted project"), ("fieldid", "customfield_1")]),
        ("FieldConfigScheme", &[("id", "5"), ("name", "Of a deleted field"), ("fieldid", "customfield_2")]),
        ("ConfigurationContext", &[("id", "1"), ("fieldconfigscheme", "1")]),
        ("ConfigurationContext", &[("id", "2"), ("fieldconfigscheme", "2"), ("project", "10000")]),
        ("ConfigurationContext", &[("id", "3"), ("fieldconfigscheme", "2"), ("projectcategory", "10000")]),
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
    let of_places = snapshot.notes.iter().filter(|note| !note.message.starts_with("the context has neither"));
    let notes: Vec<String> = of_places.map(|note| format!("{} {}", note.path, note.message)).collect();
    assert_eq!(snapshot.notes.len(), notes.len() + 4, "each context lacks issue types, which is told");
    assert_eq!(
        notes,
        [
            "/customField[Severity]/customFieldConfigScheme[In a deleted project]/context there is no project 10001",
            "/customFields there is no field customfield_2, but contexts of it are left",
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
        <lost>
          <part>applicableIssueType</part>
          <issueType>Bug</issueType>
        </lost>
        <lost>
          <part>config</part>
        </lost>
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
            "1 options belong to configurations that no longer exist",
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
