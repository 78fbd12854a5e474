//! One change of a filter, dashboard or board changes only the rows that hold it.

use crate::entity::{Row, RowChange};
use crate::mapping::ground::kinds::kind;
use crate::mapping::ground::writer::{Unwritable, Writer};
use crate::mapping::{read, tables, written};
use crate::model::{Config, Element, Identity, settle};
use crate::schema::Schema;

pub(crate) const INSTANCE: &[(&str, &[(&str, &str)])] = &[
    ("ApplicationUser", &[("id", "1"), ("userKey", "JIRAUSER1"), ("lowerUserName", "amy")]),
    ("User", &[("id", "1"), ("userName", "amy"), ("lowerUserName", "amy")]),
    ("Project", &[("id", "10000"), ("key", "TST"), ("name", "Test")]),
    ("Project", &[("id", "10001"), ("key", "OTH"), ("name", "Other")]),
    ("ProjectRole", &[("id", "10001"), ("name", "Users")]),
    ("Version", &[("id", "7"), ("project", "10000"), ("name", "1.0")]),
    ("Version", &[("id", "8"), ("project", "10001"), ("name", "1.0")]),
    ("Status", &[("id", "1"), ("name", "Open")]),
    ("Status", &[("id", "3"), ("name", "Busy")]),
    ("Status", &[("id", "6"), ("name", "Done")]),
    ("IssueType", &[("id", "1"), ("name", "Bug")]),
    ("CustomField", &[("id", "10010"), ("name", "Team"), ("customfieldtypekey", "t:select")]),
    ("CustomField", &[("id", "10011"), ("name", "Team"), ("customfieldtypekey", "t:text")]),
    (
        "SearchRequest",
        &[
            ("id", "10000"),
            ("name", "Open"),
            ("nameLower", "open"),
            ("author", "JIRAUSER1"),
            ("user", "JIRAUSER1"),
            ("request", "project = 10000 AND cf[10010] = x"),
            ("favCount", "3"),
        ],
    ),
    (
        "SharePermissions",
        &[
            ("id", "1"),
            ("entityId", "10000"),
            ("entityType", "SearchRequest"),
            ("type", "global"),
            ("rights", "1"),
        ],
    ),
    (
        "SharePermissions",
        &[
            ("id", "2"),
            ("entityId", "10000"),
            ("entityType", "SearchRequest"),
            ("type", "project"),
            ("param1", "10000"),
            ("rights", "1"),
        ],
    ),
    (
        "SharePermissions",
        &[
            ("id", "3"),
            ("entityId", "10000"),
            ("entityType", "SearchRequest"),
            ("type", "project"),
            ("param1", "99"),
            ("rights", "1"),
        ],
    ),
    (
        "SharePermissions",
        &[
            ("id", "4"),
            ("entityId", "10000"),
            ("entityType", "SearchRequest"),
            ("type", "global"),
            ("rights", "1"),
        ],
    ),
    ("ColumnLayout", &[("id", "1"), ("searchrequest", "10000")]),
    (
        "ColumnLayoutItem",
        &[("id", "1"), ("columnlayout", "1"), ("fieldidentifier", "issuekey"), ("horizontalposition", "0")],
    ),
    (
        "ColumnLayoutItem",
        &[
            ("id", "2"),
            ("columnlayout", "1"),
            ("fieldidentifier", "customfield_99"),
            ("horizontalposition", "1"),
        ],
    ),
    (
        "ColumnLayoutItem",
        &[("id", "3"), ("columnlayout", "1"), ("fieldidentifier", "summary"), ("horizontalposition", "2")],
    ),
    (
        "PortalPage",
        &[
            ("id", "10000"),
            ("pagename", "系统"),
            ("layout", "AA"),
            ("sequence", "0"),
            ("favCount", "0"),
            ("version", "0"),
        ],
    ),
    (
        "PortalPage",
        &[
            ("id", "10001"),
            ("pagename", "Mine"),
            ("username", "JIRAUSER1"),
            ("layout", "AB"),
            ("favCount", "1"),
            ("version", "4"),
        ],
    ),
    (
        "PortletConfiguration",
        &[
            ("id", "20"),
            ("portalpage", "10001"),
            ("columnNumber", "0"),
            ("position", "0"),
            ("gadgetXml", "rest/a.xml"),
        ],
    ),
    (
        "PortletConfiguration",
        &[
            ("id", "21"),
            ("portalpage", "10001"),
            ("columnNumber", "0"),
            ("position", "1"),
            ("gadgetXml", "rest/b.xml"),
        ],
    ),
    (
        "PortletConfiguration",
        &[
            ("id", "22"),
            ("portalpage", "10001"),
            ("columnNumber", "1"),
            ("position", "0"),
            ("gadgetXml", "rest/c.xml"),
        ],
    ),
    (
        "GadgetUserPreference",
        &[
            ("id", "1"),
            ("portletconfiguration", "20"),
            ("userprefkey", "projectOrFilterId"),
            ("userprefvalue", "filter-10000"),
        ],
    ),
    (
        "GadgetUserPreference",
        &[("id", "2"), ("portletconfiguration", "20"), ("userprefkey", "num"), ("userprefvalue", "10")],
    ),
    (
        "GadgetUserPreference",
        &[("id", "3"), ("portletconfiguration", "20"), ("userprefkey", "password"), ("userprefvalue", "x")],
    ),
    (
        "GadgetUserPreference",
        &[("id", "4"), ("portletconfiguration", "20"), ("userprefkey", "num"), ("userprefvalue", "11")],
    ),
    (
        "GadgetUserPreference",
        &[
            ("id", "5"),
            ("portletconfiguration", "21"),
            ("userprefkey", "columnNames"),
            ("userprefvalue", "issuekey|customfield_10010"),
        ],
    ),
    (
        "AO_60DB71_RAPIDVIEW",
        &[
            ("ID", "1"),
            ("NAME", "Board"),
            ("SAVED_FILTER_ID", "10000"),
            ("SPRINTS_ENABLED", "true"),
            ("OWNER_USER_NAME", "JIRAUSER9"),
            ("SHOW_DAYS_IN_COLUMN", "false"),
        ],
    ),
    ("AO_60DB71_BOARDADMINS", &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("KEY", "JIRAUSER1"), ("TYPE", "USER")]),
    ("AO_60DB71_COLUMN", &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("NAME", "Todo"), ("POS", "0")]),
    (
        "AO_60DB71_COLUMN",
        &[("ID", "2"), ("RAPID_VIEW_ID", "1"), ("NAME", "Doing"), ("POS", "1"), ("MAXIM", "5")],
    ),
    ("AO_60DB71_COLUMN", &[("ID", "3"), ("RAPID_VIEW_ID", "1"), ("NAME", "Done"), ("POS", "2")]),
    ("AO_60DB71_COLUMNSTATUS", &[("ID", "1"), ("COLUMN_ID", "1"), ("STATUS_ID", "1"), ("POS", "0")]),
    ("AO_60DB71_COLUMNSTATUS", &[("ID", "2"), ("COLUMN_ID", "2"), ("STATUS_ID", "3"), ("POS", "0")]),
    ("AO_60DB71_COLUMNSTATUS", &[("ID", "3"), ("COLUMN_ID", "3"), ("STATUS_ID", "6"), ("POS", "0")]),
    ("AO_60DB71_COLUMNSTATUS", &[("ID", "4"), ("COLUMN_ID", "3"), ("STATUS_ID", "99"), ("POS", "1")]),
    (
        "AO_60DB71_QUICKFILTER",
        &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("NAME", "Mine"), ("POS", "0"), ("QUERY", "cf[10010] = x")],
    ),
    (
        "AO_60DB71_CARDCOLOR",
        &[
            ("ID", "1"),
            ("RAPID_VIEW_ID", "1"),
            ("STRATEGY", "issuetype"),
            ("COLOR", "#cc0000"),
            ("VAL", "1"),
            ("POS", "0"),
        ],
    ),
    (
        "AO_60DB71_CARDCOLOR",
        &[
            ("ID", "2"),
            ("RAPID_VIEW_ID", "1"),
            ("STRATEGY", "custom"),
            ("COLOR", "#00cc00"),
            ("VAL", "project = 10000"),
            ("POS", "1"),
        ],
    ),
    (
        "AO_60DB71_CARDLAYOUT",
        &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("MODE_NAME", "plan"), ("FIELD_ID", "summary"), ("POS", "0")],
    ),
    (
        "AO_60DB71_CARDLAYOUT",
        &[
            ("ID", "2"),
            ("RAPID_VIEW_ID", "1"),
            ("MODE_NAME", "work"),
            ("FIELD_ID", "customfield_10010"),
            ("POS", "0"),
        ],
    ),
    (
        "AO_60DB71_CARDLAYOUT",
        &[
            ("ID", "3"),
            ("RAPID_VIEW_ID", "1"),
            ("MODE_NAME", "work"),
            ("FIELD_ID", "customfield_99"),
            ("POS", "1"),
        ],
    ),
    (
        "AO_60DB71_WORKINGDAYS",
        &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("TIMEZONE", "UTC"), ("MONDAY", "true"), ("SUNDAY", "false")],
    ),
    ("AO_60DB71_NONWORKINGDAY", &[("ID", "1"), ("WORKING_DAYS_ID", "1"), ("ISO8601_DATE", "2025-12-25")]),
];

/// Edits the text of all objects of a kind, writes them, and returns the changes of rows, one a line. What was written
/// must read as it was wanted.
pub(crate) fn changes(of: &str, edits: &[(&str, &str)]) -> String {
    let before = tables(INSTANCE);
    let mut text = written(&read(&before), of);
    for (from, to) in edits {
        assert!(text.contains(from), "{from} is not in\n{text}");
        text = text.replacen(from, to, 1);
    }
    let (changes, unwritable) = write(of, &text);
    let mut after = before.clone();
    after.apply(&changes).unwrap();
    if unwritable.is_empty() {
        let reading = read(&after);
        for object in objects(of, &text).root().children().iter().flat_map(Element::children) {
            let found = reading.objects.values().any(|own| own.element == *object);
            assert!(found, "not as wanted:\n{}\nbut\n{}", text, written(&reading, of));
        }
    }
    let unwritable = unwritable.iter().map(|own| format!("! {} {}\n", own.path, own.message));
    changes.iter().map(shown).chain(unwritable).collect()
}

fn objects(of: &str, text: &str) -> Config {
    let schema = Schema::get();
    let list = &schema.declaration(schema.container(kind(of)).unwrap()).name;
    let file =
        format!("<projectConfig formatVersion=\"1\"><projects/><{list}>{text}</{list}></projectConfig>");
    let document = crate::xml::read(&file);
    assert_eq!(document.problems.len(), 0, "{:?}", document.problems);
    let mut root = document.root.unwrap();
    // As in a plan, what was lost is as it is there.
    let before = read(&tables(INSTANCE));
    for own in root.children_mut().into_iter().flatten().filter_map(Element::children_mut).flatten() {
        let there = Identity::of_definition(own).and_then(|identity| before.objects.get(&identity));
        drop(settle(own, there.map(|object| &object.element)));
    }
    Config::new(root)
}

/// Writes objects of a kind.
pub(crate) fn write(of: &str, text: &str) -> (Vec<RowChange>, Vec<Unwritable>) {
    let before = tables(INSTANCE);
    let config = objects(of, text);
    let objects: Vec<&Element> = config.root().children().iter().flat_map(Element::children).collect();
    let mut writer = Writer::new(&before);
    writer.write(&objects);
    writer.finish()
}

pub(crate) fn shown(change: &RowChange) -> String {
    let entity = change.entity().entity();
    let value = |row: &Option<Row>, name| row.as_ref().and_then(|row| row.get(name)).map(str::to_owned);
    let values = entity.attributes.iter().filter_map(|attribute| {
        let (before, after) = (value(&change.before, attribute.name), value(&change.after, attribute.name));
        let null = || "NULL".to_owned();
        match (&change.before, &change.after) {
            (Some(_), Some(_)) if before != after => Some(format!(
                "{} {} -> {}",
                attribute.name,
                before.unwrap_or_else(null),
                after.unwrap_or_else(null)
            )),
            (None, Some(_)) => Some(format!("{} {}", attribute.name, after?)),
            _ => None,
        }
    });
    let sign = match (&change.before, &change.after) {
        (None, _) => "+",
        (_, None) => "-",
        _ => "~",
    };
    let id = change.before.as_ref().or(change.after.as_ref()).map_or("", Row::id);
    let values: Vec<String> = values.collect();
    let values = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
    format!("{sign} {} {id}{values}\n", entity.name)
}

#[test]
fn nothing_is_changed_by_writing_what_is_there() {
    for kind in ["filter", "dashboard", "scrumKanbanBoard"] {
        assert_eq!(changes(kind, &[]), "", "{kind}");
    }
}

#[test]
fn one_change_of_a_filter() {
    let one = |from, to| changes("filter", &[(from, to)]);
    insta::assert_snapshot!(one("= x", "= \"y\" AND fixVersion = version[\"1.0\", project=\"TST\"]"), @r#"
    ~ SearchRequest 10000: request project = 10000 AND cf[10010] = x -> project = TST AND cf[10010] = "y" AND fixVersion = 7
    "#);
    insta::assert_snapshot!(one("type=\"t:select\"", "type=\"t:text\""), @r"
    ~ SearchRequest 10000: request project = 10000 AND cf[10010] = x -> project = TST AND cf[10011] = x
    ");
    insta::assert_snapshot!(one("type=\"t:select\"", "type=\"t:none\""), @r#"
    ! /filter[Open, amy]/jql the query names something that does not exist: cf["Team"]
    "#);
    insta::assert_snapshot!(one("<sharedWith>", "<description>New</description><sharedWith>"), @r"
    ~ SearchRequest 10000: description NULL -> New
    ");
    insta::assert_snapshot!(one("<type>global</type>", "<type>loggedIn</type>"), @r"
    + SequenceValueItem : seqName SharePermissions, seqId 10001
    - SharePermissions 1
    - SharePermissions 4
    + SharePermissions 10000: id 10000, entityId 10000, entityType SearchRequest, rights 1, type loggedin
    ");
    insta::assert_snapshot!(one("<name>TST</name>", "<name>TST</name><rights>edit</rights>"), @r"
    ~ SharePermissions 2: rights 1 -> 3
    ");
    insta::assert_snapshot!(
        one("<type>project</type>\n    <name>TST</name>", "<type>projectRole</type><name>Users</name><project>TST</project>"),
        @r"
    + SequenceValueItem : seqName SharePermissions, seqId 10001
    - SharePermissions 2
    + SharePermissions 10000: id 10000, entityId 10000, entityType SearchRequest, param1 10000, param2 10001, rights 1, type project
    "
    );
    insta::assert_snapshot!(one("<name>TST</name>", "<name>NONE</name>"), @r"
    - SharePermissions 2
    ! /filter[Open, amy]/sharedWith it is shared with project NONE, which does not exist
    ");
    insta::assert_snapshot!(one("<field>summary</field>", "<field>status</field><field>summary</field>"), @r"
    + ColumnLayoutItem 10000: id 10000, columnlayout 1, fieldidentifier status, horizontalposition 1
    + SequenceValueItem : seqName ColumnLayoutItem, seqId 10001
    ");
    let columns = "<columns>\n    <field>issuekey</field>\n    <field>summary</field>\n    <lost>\n      <part>field</part>\n    </lost>\n  </columns>";
    insta::assert_snapshot!(one(columns, ""), @r"
    - ColumnLayout 1
    - ColumnLayoutItem 1
    - ColumnLayoutItem 2
    - ColumnLayoutItem 3
    ");
    insta::assert_snapshot!(one("<name>Open</name>", "<name>New ONE</name>"), @r"
    + ColumnLayout 10000: id 10000, searchrequest 10001
    + ColumnLayoutItem 10000: id 10000, columnlayout 10000, fieldidentifier issuekey, horizontalposition 0
    + ColumnLayoutItem 10001: id 10001, columnlayout 10000, fieldidentifier summary, horizontalposition 1
    + SearchRequest 10001: id 10001, author JIRAUSER1, favCount 0, name New ONE, nameLower new one, request project = TST AND cf[10010] = x, user JIRAUSER1
    + SequenceValueItem : seqName ColumnLayout, seqId 10001
    + SequenceValueItem : seqName ColumnLayoutItem, seqId 10002
    + SequenceValueItem : seqName SearchRequest, seqId 10002
    + SequenceValueItem : seqName SharePermissions, seqId 10002
    + SharePermissions 10000: id 10000, entityId 10001, entityType SearchRequest, rights 1, type global
    + SharePermissions 10001: id 10001, entityId 10001, entityType SearchRequest, param1 10000, rights 1, type project
    ");
}

#[test]
fn one_change_of_a_dashboard() {
    let one = |from, to| changes("dashboard", &[(from, to)]);
    insta::assert_snapshot!(one("<value>10</value>", "<value>20</value>"), @r"
    ~ GadgetUserPreference 2: userprefvalue 10 -> 20
    ");
    insta::assert_snapshot!(one("<filter author=\"amy\">Open</filter>", "<project>TST</project>"), @r"
    ~ GadgetUserPreference 1: userprefvalue filter-10000 -> project-10000
    ");
    insta::assert_snapshot!(one("<field>issuekey</field>", "<field>summary</field><field>issuekey</field>"), @r"
    ~ GadgetUserPreference 5: userprefvalue issuekey|customfield_10010 -> summary|issuekey|customfield_10010
    ");
    let num = "<preference>\n      <key>num</key>\n      <value>10</value>\n    </preference>";
    insta::assert_snapshot!(one(num, ""), @r"
    - GadgetUserPreference 2
    - GadgetUserPreference 4
    ");
    insta::assert_snapshot!(one(num, "<preference><key>other</key><value>1</value></preference>"), @r"
    - GadgetUserPreference 2
    - GadgetUserPreference 4
    + GadgetUserPreference 10000: id 10000, portletconfiguration 20, userprefkey other, userprefvalue 1
    + SequenceValueItem : seqName GadgetUserPreference, seqId 10001
    ");
    insta::assert_snapshot!(one("<name>系统</name>", "<name>System Dashboard</name>"), @r"
    ~ PortalPage 10000: pagename 系统 -> System Dashboard
    ");
    let gadget = "<gadget>\n    <column>2</column>\n    <uri>rest/c.xml</uri>\n  </gadget>";
    insta::assert_snapshot!(changes("dashboard", &[(gadget, ""), ("<gadget>", "<gadget><column>1</column><uri>rest/c.xml</uri></gadget><gadget>")]), @r"
    ~ PortletConfiguration 20: position 0 -> 1
    ~ PortletConfiguration 21: position 1 -> 2
    ~ PortletConfiguration 22: columnNumber 1 -> 0
    ");
    insta::assert_snapshot!(one(gadget, "<gadget><column>2</column><module>a:b</module></gadget>"), @r"
    - PortletConfiguration 22
    + PortletConfiguration 10000: id 10000, columnNumber 1, dashboardModuleCompleteKey a:b, portalpage 10001, position 0
    + SequenceValueItem : seqName PortletConfiguration, seqId 10001
    ");
}
