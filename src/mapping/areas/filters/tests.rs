//! Tests of filters: rows to objects and back.

use crate::mapping::{read, tables, written};
use crate::model::Snapshot;

const INSTANCE: &[(&str, &[(&str, &str)])] = &[
    ("ApplicationUser", &[("id", "1"), ("userKey", "JIRAUSER10000"), ("lowerUserName", "bob")]),
    ("User", &[("id", "1"), ("userName", "Bob"), ("lowerUserName", "bob")]),
    ("Project", &[("id", "10000"), ("key", "TST"), ("name", "Test")]),
    ("ProjectRole", &[("id", "10002"), ("name", "Developers")]),
    ("CustomField", &[("id", "10010"), ("name", "Team"), ("customfieldtypekey", "t:select")]),
    ("CustomField", &[("id", "10011"), ("name", "TEAM"), ("customfieldtypekey", "t:float")]),
    ("CustomField", &[("id", "10012"), ("name", "Größe"), ("customfieldtypekey", "t:select")]),
    ("Status", &[("id", "3"), ("name", "In Progress")]),
    ("Version", &[("id", "1"), ("project", "10000"), ("name", "1.0")]),
    ("SchemeIssueSecurityLevels", &[("id", "5"), ("scheme", "4"), ("name", "Staff")]),
    ("IssueSecurityScheme", &[("id", "4"), ("name", "Levels")]),
    ("Component", &[("id", "8"), ("project", "10000"), ("name", "UI")]),
    ("FieldConfiguration", &[("id", "20"), ("fieldid", "customfield_10012")]),
    (
        "CustomFieldOption",
        &[("id", "100"), ("customfield", "10012"), ("customfieldconfig", "20"), ("value", "XL")],
    ),
];

fn snapshot(more: &[(&str, &[(&str, &str)])]) -> Snapshot {
    read(&tables(&[INSTANCE, more].concat()))
}

fn jql_of(query: &str) -> (String, Vec<String>) {
    let filters = [
        ("SearchRequest", &[("id", "2"), ("name", "Own"), ("author", "bob"), ("user", "bob")][..]),
        ("SearchRequest", &[("id", "3"), ("name", "Shared"), ("author", "amy"), ("user", "amy")]),
        ("SearchRequest", &[("id", "4"), ("name", "shared"), ("author", "JIRAUSER10000"), ("user", "x")]),
        ("SearchRequest", &[("id", "9"), ("name", "The one"), ("request", query), ("user", "x")]),
    ];
    let snapshot = snapshot(&filters);
    let (_, object) = snapshot.objects.iter().find(|(own, _)| own.name() == "The one").expect("it is read");
    let jql = crate::schema::Schema::get().child(object.element.declaration, "jql").expect("a tag");
    let text = object.element.child(jql).expect("it has a query").text().to_owned();
    (text, object.mentions.iter().map(ToString::to_string).collect())
}

#[test]
fn a_name_that_is_unique_is_written_as_in_jira() {
    let (text, mentions) = jql_of("cf[10012] = 100 AND level = 5 and component in (8) ORDER BY cf[10012]");
    assert_eq!(text, "\"Größe\" = \"XL\" AND level = \"Staff\" and component in (\"UI\") ORDER BY \"Größe\"");
    assert_eq!(mentions, ["Größe (type t:select)", "Levels"]);
}

#[test]
fn a_name_of_several_is_written_with_its_identity() {
    let (text, mentions) = jql_of("cf[10010] = 100 AND filter = 2 OR filter in (3, 4)");
    assert_eq!(
        text,
        "cf[\"Team\", type=\"t:select\"] = 100 AND filter = \"Own\" \
         OR filter in (filter[\"Shared\", author=\"amy\"], filter[\"shared\", author=\"Bob\"])"
    );
    assert_eq!(
        mentions,
        ["Team (type t:select)", "Own (author bob)", "Shared (author amy)", "shared (author Bob)"]
    );
}

#[test]
fn users_are_named_as_they_are_spelled() {
    let (text, mentions) = jql_of("assignee = JIRAUSER10000 OR reporter in (BOB, nobody)");
    assert_eq!(text, "assignee = Bob OR reporter in (BOB, nobody)");
    assert_eq!(mentions, ["Bob"]);
}

#[test]
fn what_stays_is_noted_once() {
    let request =
        &[("id", "1"), ("name", "F"), ("request", "project = 99 or project in (99)"), ("user", "x")];
    let snapshot = snapshot(&[("SearchRequest", request)]);
    let notes: Vec<String> =
        snapshot.notes.iter().map(|note| format!("{} {}", note.path, note.message)).collect();
    assert!(
        notes.contains(&"/filter[F]/jql the query keeps ids without a name: project 99".to_owned()),
        "{notes:?}"
    );
    assert_eq!(notes.iter().filter(|note| note.contains("/filter[F]")).count(), 1);
}

#[test]
fn the_id_of_an_epic_is_noted() {
    let field = &[("id", "1"), ("name", "Epic Link"), ("customfieldtypekey", "jira:gh-epic-link")];
    let request =
        &[("id", "1"), ("name", "F"), ("request", "\"Epic Link\" in (TST-1, 10042)"), ("user", "x")];
    let snapshot = snapshot(&[("CustomField", field), ("SearchRequest", request)]);
    let notes: Vec<&str> = snapshot.notes.iter().map(|note| note.message.as_str()).collect();
    assert!(notes.contains(&"the query keeps ids without a name: issue 10042"), "{notes:?}");
}

#[test]
fn a_share_tells_objects_of_one_name_apart() {
    let share = [("id", "1"), ("entityId", "1"), ("entityType", "SearchRequest"), ("type", "project")];
    let second = [&share[..], &[("param1", "10001"), ("param2", "10003")]].concat();
    let snapshot = snapshot(&[
        ("Project", &[("id", "10001"), ("key", "TST"), ("name", "Test")]),
        ("ProjectRole", &[("id", "10003"), ("name", "Developers")]),
        ("SearchRequest", &[("id", "1"), ("name", "F"), ("author", "bob"), ("user", "bob")]),
        ("SharePermissions", &second),
        ("SharePermissions", &[&share[..], &[("id", "2"), ("param1", "10001")]].concat()),
    ]);
    let text = written(&snapshot, "filter");
    assert!(text.contains("<name duplicate=\"2\">Developers</name>"), "{text}");
    assert!(text.contains("<name duplicate=\"2\">TST</name>"), "{text}");
    assert!(text.contains("<project duplicate=\"2\">TST</project>"), "{text}");
}

#[test]
fn shares_and_columns_are_read() {
    let share = |id: &'static str, ty: &'static str, rest: &[(&'static str, &'static str)]| {
        let fixed = [("id", id), ("entityId", "1"), ("entityType", "SearchRequest"), ("type", ty)];
        fixed.iter().chain(rest).copied().collect::<Vec<_>>()
    };
    let shares = [
        share("1", "global", &[("rights", "1")]),
        share("2", "group", &[("param1", "staff"), ("rights", "3")]),
        share("3", "project", &[("param1", "10000"), ("rights", "1")]),
        share("4", "project", &[("param1", "10000"), ("param2", "10002")]),
        share("5", "user", &[("param1", "JIRAUSER10000")]),
        share("6", "loggedin", &[]),
        share("7", "project", &[("param1", "99")]),
        share("8", "project", &[("param1", "10000"), ("param2", "99")]),
        share("9", "user", &[("param1", "JIRAUSER99")]),
    ];
    let mut rows: Vec<(&str, &[(&str, &str)])> =
        shares.iter().map(|share| ("SharePermissions", share.as_slice())).collect();
    rows.extend([
        (
            "SearchRequest",
            &[("id", "1"), ("name", "F"), ("author", "JIRAUSER10000"), ("description", "")][..],
        ),
        ("ColumnLayout", &[("id", "30"), ("searchrequest", "1")]),
        (
            "ColumnLayoutItem",
            &[
                ("id", "1"),
                ("columnlayout", "30"),
                ("fieldidentifier", "summary"),
                ("horizontalposition", "10"),
            ],
        ),
        (
            "ColumnLayoutItem",
            &[
                ("id", "2"),
                ("columnlayout", "30"),
                ("fieldidentifier", "customfield_10010"),
                ("horizontalposition", "9"),
            ],
        ),
        (
            "ColumnLayoutItem",
            &[
                ("id", "3"),
                ("columnlayout", "30"),
                ("fieldidentifier", "customfield_99"),
                ("horizontalposition", "11"),
            ],
        ),
    ]);
    let snapshot = snapshot(&rows);
    insta::assert_snapshot!(written(&snapshot, "filter"), @r#"
    <filter>
      <name>F</name>
      <author>Bob</author>
      <sharedWith>
        <type>global</type>
      </sharedWith>
      <sharedWith>
        <type>group</type>
        <name>staff</name>
        <rights>edit</rights>
      </sharedWith>
      <sharedWith>
        <type>loggedIn</type>
      </sharedWith>
      <sharedWith>
        <type>project</type>
        <name>TST</name>
      </sharedWith>
      <sharedWith>
        <type>projectRole</type>
        <name>Developers</name>
        <project>TST</project>
      </sharedWith>
      <sharedWith>
        <type>user</type>
        <name>Bob</name>
      </sharedWith>
      <columns>
        <field type="t:select">Team</field>
        <field>summary</field>
        <lost>
          <part>field</part>
        </lost>
      </columns>
      <lost>
        <part>sharedWith</part>
      </lost>
    </filter>
    "#);
    let notes: Vec<String> = snapshot
        .notes
        .iter()
        .filter(|note| note.path.to_string().starts_with("/filter"))
        .map(|note| note.message.clone())
        .collect();
    insta::assert_snapshot!(notes.join("\n"), @r#"
    a column is the field customfield_99, which does not exist
    it is shared with a project of id 99, which does not exist
    it is shared with a projectRole of id 99, which does not exist
    it is shared with the user of key JIRAUSER99, who does not exist
    "#);
}

#[test]
fn before_there_was_a_table_of_shares_the_columns_of_the_filter_told_them() {
    let old = "<searchrequest name='x'><projid><value>10000</value></projid></searchrequest>";
    let snapshot = snapshot(&[
        ("SearchRequest", &[("id", "1"), ("name", "Everyone's"), ("author", "amy"), ("request", old)]),
        ("SearchRequest", &[("id", "2"), ("name", "Group's"), ("author", "amy"), ("group", "staff")]),
        ("SearchRequest", &[("id", "3"), ("name", "Own"), ("author", "amy"), ("user", "amy")]),
    ]);
    insta::assert_snapshot!(written(&snapshot, "filter"), @r#"
    <filter>
      <name>Everyone's</name>
      <author>amy</author>
      <searchRequest>&lt;searchrequest name='x'>&lt;projid>&lt;value>TST&lt;/value>&lt;/projid>&lt;/searchrequest></searchRequest>
      <sharedWith>
        <type>global</type>
      </sharedWith>
    </filter>
    <filter>
      <name>Group's</name>
      <author>amy</author>
      <sharedWith>
        <type>group</type>
        <name>staff</name>
      </sharedWith>
    </filter>
    <filter>
      <name>Own</name>
      <author>amy</author>
    </filter>
    "#);
}
