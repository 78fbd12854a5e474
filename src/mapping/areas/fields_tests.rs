//! What a change of custom fields changes in the rows.

use crate::entity::Tables;
use crate::mapping::{edited, tables};

type Rows<'r> = Vec<(&'r str, &'r [(&'r str, &'r str)])>;

const FIELD: (&str, &[(&str, &str)]) = (
    "CustomField",
    &[
        ("id", "100"),
        ("name", "Severity"),
        ("customfieldtypekey", "com.atlassian.jira.plugin.system.customfieldtypes:select"),
    ],
);

/// Issue types, projects and a field with a context.
fn ground() -> Rows<'static> {
    vec![
        ("IssueType", &[("id", "1"), ("name", "Bug")]),
        ("IssueType", &[("id", "2"), ("name", "Task")]),
        ("Project", &[("id", "10"), ("key", "TST")]),
        ("Project", &[("id", "11"), ("key", "OPS")]),
        FIELD,
    ]
}

fn with(rows: &[(&'static str, &'static [(&'static str, &'static str)])]) -> Tables {
    let mut all = ground();
    all.extend(rows);
    tables(&all)
}

/// A field with a context in one project, with options and a default value.
fn field() -> Tables {
    with(&[
        ("FieldConfigScheme", &[("id", "20"), ("name", "Context"), ("fieldid", "customfield_100")]),
        (
            "ConfigurationContext",
            &[("id", "30"), ("key", "customfield_100"), ("fieldconfigscheme", "20"), ("project", "10")],
        ),
        // A project that was deleted.
        (
            "ConfigurationContext",
            &[("id", "31"), ("key", "customfield_100"), ("fieldconfigscheme", "20"), ("project", "19")],
        ),
        ("FieldConfiguration", &[("id", "40"), ("name", "Config"), ("fieldid", "customfield_100")]),
        (
            "FieldConfigSchemeIssueType",
            &[("id", "50"), ("fieldconfigscheme", "20"), ("fieldconfiguration", "40")],
        ),
        // A configuration that was deleted.
        (
            "FieldConfigSchemeIssueType",
            &[("id", "51"), ("fieldconfigscheme", "20"), ("fieldconfiguration", "49")],
        ),
        (
            "CustomFieldOption",
            &[
                ("id", "60"),
                ("customfield", "100"),
                ("customfieldconfig", "40"),
                ("sequence", "3"),
                ("value", "Low"),
                ("disabled", "N"),
            ],
        ),
        (
            "CustomFieldOption",
            &[
                ("id", "61"),
                ("customfield", "100"),
                ("customfieldconfig", "40"),
                ("sequence", "5"),
                ("value", "High"),
                ("disabled", "N"),
            ],
        ),
        (
            "GenericConfiguration",
            &[
                ("id", "70"),
                ("datakey", "40"),
                ("datatype", "DefaultValue"),
                ("xmlvalue", "<string>60</string>"),
            ],
        ),
    ])
}

#[test]
fn nothing_changes_where_nothing_is_wanted() {
    for kind in ["issueType", "customField"] {
        assert_eq!(edited(&field(), kind, &[]), [""; 0]);
    }
}

#[test]
fn an_option_is_disabled_or_moved_or_made_and_the_others_stay() {
    assert_eq!(
        edited(&field(), "customField", &[("<disabled>false", "<disabled>true")]),
        ["~ CustomFieldOption 60 disabled: N -> Y"]
    );
    assert_eq!(
        edited(
            &field(),
            "customField",
            &[
                ("<sequence>1</sequence>\n        <value>Low", "<sequence>2</sequence>\n        <value>Low"),
                (
                    "<sequence>2</sequence>\n        <value>High",
                    "<sequence>1</sequence>\n        <value>High"
                ),
            ]
        ),
        ["~ CustomFieldOption 61 sequence: 5 -> 2"]
    );
    let option = "<option><sequence>3</sequence><value>None</value><disabled>true</disabled></option>";
    assert_eq!(
        edited(&field(), "customField", &[("</config>", &format!("{option}</config>"))]),
        [
            "+ CustomFieldOption id=10000 customfield=100 customfieldconfig=40 disabled=Y sequence=6 value=None",
            "+ SequenceValueItem seqName=CustomFieldOption seqId=10001",
        ]
    );
}

#[test]
fn a_child_option_needs_its_parent() {
    let child = |parent| {
        format!(
            "<option><parentOption>{parent}</parentOption><sequence>1</sequence><value>Child</value>\
             <disabled>false</disabled></option></config>"
        )
    };
    assert_eq!(
        edited(&field(), "customField", &[("</config>", &child("High"))]),
        [
            "+ CustomFieldOption id=10000 customfield=100 customfieldconfig=40 disabled=N parentoptionid=61 \
             sequence=0 value=Child",
            "+ SequenceValueItem seqName=CustomFieldOption seqId=10001",
        ]
    );
    let path = "/customField[Severity, com.atlassian.jira.plugin.system.customfieldtypes:select]\
                /customFieldConfigScheme[Context]/config[Config]/option[Child]";
    assert_eq!(
        edited(&field(), "customField", &[("</config>", &child("Gone"))]),
        [format!("! {path}: there is no parent option Gone")]
    );
}

#[test]
fn a_context_moves_to_another_project_and_what_leads_nowhere_stays() {
    assert_eq!(
        edited(&field(), "customField", &[("<projectContext>TST", "<projectContext>OPS")]),
        [
            "- ConfigurationContext id=30 fieldconfigscheme=20 key=customfield_100 project=10",
            "+ ConfigurationContext id=10000 fieldconfigscheme=20 key=customfield_100 project=11",
            "+ SequenceValueItem seqName=ConfigurationContext seqId=10001",
        ]
    );
    assert_eq!(
        edited(&field(), "customField", &[("<allIssueTypes/>", "<issueType>Task</issueType>")]),
        [
            "- FieldConfigSchemeIssueType id=50 fieldconfigscheme=20 fieldconfiguration=40",
            "+ FieldConfigSchemeIssueType id=10000 fieldconfigscheme=20 fieldconfiguration=40 issuetype=2",
            "+ SequenceValueItem seqName=FieldConfigSchemeIssueType seqId=10001",
        ]
    );
}

#[test]
fn a_context_goes_with_its_rows_but_not_with_its_options() {
    let xml = crate::mapping::written(&crate::mapping::read(&field()), "customField");
    let from = xml.find("<customFieldConfigScheme>").expect("a context");
    let to = xml.find("</customFieldConfigScheme>").expect("its end") + "</customFieldConfigScheme>".len();
    assert_eq!(
        edited(&field(), "customField", &[(&xml[from..to], "")]),
        [
            "- ConfigurationContext id=30 fieldconfigscheme=20 key=customfield_100 project=10",
            "- ConfigurationContext id=31 fieldconfigscheme=20 key=customfield_100 project=19",
            "- FieldConfigScheme id=20 fieldid=customfield_100 name=Context",
            "- FieldConfigSchemeIssueType id=50 fieldconfigscheme=20 fieldconfiguration=40",
            "- FieldConfigSchemeIssueType id=51 fieldconfigscheme=20 fieldconfiguration=49",
            "- FieldConfiguration id=40 fieldid=customfield_100 name=Config",
            "- GenericConfiguration id=70 datakey=40 datatype=DefaultValue xmlvalue=<string>60</string>",
        ]
    );
}

#[test]
fn a_new_field_gets_the_rows_that_jira_gives_it() {
    let field = "<customField><name>Note</name><type>com.atlassian.jira.plugin.system.customfieldtypes:textarea</type>\
        <searcher>a:b</searcher><customFieldConfigScheme><name>C</name><context><global/></context>\
        <applicableIssueType><allIssueTypes/></applicableIssueType><config><name>D</name></config>\
        </customFieldConfigScheme></customField>";
    let changes =
        edited(&field_alone(), "customField", &[("<customField>", &format!("{field}<customField>"))]);
    let rows: Vec<&String> = changes.iter().filter(|line| !line.contains("SequenceValueItem")).collect();
    assert_eq!(
        rows,
        [
            "+ ConfigurationContext id=10000 fieldconfigscheme=10000 key=customfield_10000",
            "+ CustomField id=10000 customfieldsearcherkey=a:b \
             customfieldtypekey=com.atlassian.jira.plugin.system.customfieldtypes:textarea name=Note",
            "+ FieldConfigScheme id=10000 fieldid=customfield_10000 name=C",
            "+ FieldConfigSchemeIssueType id=10000 fieldconfigscheme=10000 fieldconfiguration=10000",
            "+ FieldConfiguration id=10000 fieldid=customfield_10000 name=D",
        ]
    );
}

fn field_alone() -> Tables {
    tables(&ground())
}

#[test]
fn a_locked_field_is_neither_changed_nor_made() {
    let mut rows = ground();
    rows.push((
        "ManagedConfigurationItem",
        &[
            ("id", "1"),
            ("itemId", "customfield_100"),
            ("itemType", "CUSTOM_FIELD"),
            ("managed", "true"),
            ("accessLevel", "LOCKED"),
        ],
    ));
    let path = "/customField[Severity, com.atlassian.jira.plugin.system.customfieldtypes:select]";
    let locked = tables(&rows);
    assert_eq!(edited(&locked, "customField", &[]), [""; 0]);
    assert_eq!(
        edited(&locked, "customField", &[("<locked>true</locked>", "<description>New</description>")]),
        [format!("! {path}: an app has locked this field")]
    );
    let unknown = "<customField><name>Sprint</name><type>a:b</type><locked>true</locked></customField>";
    assert_eq!(
        edited(&locked, "customField", &[("<customField>", &format!("{unknown}<customField>"))]),
        ["! /customField[Sprint, a:b]: only the app that locks this field can create it"]
    );
}

/// Writes a default value of a field type and returns the XML, or why there is none.
fn stored(field_type: &str, value: &str, build: &'static str) -> String {
    let field_type = match field_type {
        "app" => "com.example:app".to_owned(),
        own => format!("com.atlassian.jira.plugin.system.customfieldtypes:{own}"),
    };
    let field = [("id", "1"), ("name", "F"), ("customfieldtypekey", field_type.as_str())];
    let setting = [("id", "2"), ("value", build)];
    let mut rows: Rows<'_> = vec![
        ("CustomField", &field),
        ("OSPropertyString", &setting),
        (
            "OSPropertyEntry",
            &[
                ("id", "2"),
                ("type", "5"),
                ("entityName", "jira.properties"),
                ("entityId", "1"),
                ("propertyKey", "jira.version.patched"),
            ],
        ),
        ("Project", &[("id", "10000"), ("key", "TST"), ("name", "Test")]),
        ("Version", &[("id", "10001"), ("project", "10000"), ("name", "1.0")]),
        ("ApplicationUser", &[("id", "1"), ("userKey", "JIRAUSER10000"), ("lowerUserName", "john")]),
        ("FieldConfigScheme", &[("id", "2"), ("name", "C"), ("fieldid", "customfield_1")]),
        (
            "FieldConfigSchemeIssueType",
            &[("id", "3"), ("fieldconfigscheme", "2"), ("fieldconfiguration", "4")],
        ),
        ("FieldConfiguration", &[("id", "4"), ("name", "D")]),
    ];
    let option = |id, parent: &'static str, value| {
        let mut option = vec![("id", id), ("customfield", "1"), ("customfieldconfig", "4"), ("value", value)];
        if !parent.is_empty() {
            option.push(("parentoptionid", parent));
        }
        option
    };
    let options = [option("20", "", "Red"), option("21", "20", "Dark"), option("22", "", "Blue")];
    rows.extend(options.iter().map(|option| ("CustomFieldOption", &option[..])));
    let value = match value {
        "now" => "<currentDateTime/>".to_owned(),
        value => value
            .split('|')
            .map(|value| {
                let end = value.split([' ', '>']).next().unwrap_or("").trim_start_matches('<');
                format!("<singularValue>{value}</{end}></singularValue>")
            })
            .collect(),
    };
    let value = format!("<name>D</name>\n<defaultValue>{value}</defaultValue>");
    let changes = edited(&tables(&rows), "customField", &[("<name>D</name>", &value)]);
    let line = changes.iter().find(|line| line.starts_with('!') || line.contains("xmlvalue="));
    let line = line.expect("a value or a reason");
    let text = line.split_once("xmlvalue=").map_or(line.as_str(), |(_, xml)| xml);
    text.lines().map(str::trim).collect()
}

#[test]
fn every_type_keeps_its_default_value_in_its_own_form() {
    let cascading = |inside: &str| {
        let class = "com.atlassian.jira.issue.customfields.view.CustomFieldParamsImpl";
        format!("<{class}><parameterMap>{inside}</parameterMap></{class}>")
    };
    let parent = "<entry><null/><list><string>20</string></list></entry>";
    let child = "<entry><string>1</string><list><string>21</string></list></entry>";
    for (field_type, value, xml) in [
        ("textfield", "<value>a &amp; \"b\"", "<string>a &amp; &quot;b&quot;</string>"),
        ("textarea", "<value>20", "<string>20</string>"),
        ("labels", "<value>one|<value>two", "<string>one two</string>"),
        ("float", "<value>1", "<double>1.0</double>"),
        ("float", "<value>0.25", "<double>0.25</double>"),
        ("datepicker", "<value>2010-08-25", "<sql-timestamp>2010-08-25 00:00:00.0</sql-timestamp>"),
        ("datetime", "<value>2010-08-25 12:30:00", "<sql-timestamp>2010-08-25 12:30:00.0</sql-timestamp>"),
        ("datetime", "<value>2010-08-25 12:30:00 UTC", "<date>2010-08-25 12:30:00.0 UTC</date>"),
        ("datepicker", "now", "<sql-timestamp>0001-01-01 00:00:00.0</sql-timestamp>"),
        ("select", "<option>Blue", "<long>22</long>"),
        ("radiobuttons", "<option>Blue", "<long>22</long>"),
        ("multiselect", "<option>Blue|<option>Red", "<list><long>22</long><long>20</long></list>"),
        (
            "cascadingselect",
            "<option>Red|<option parentOption=\"Red\">Dark",
            &cascading(&format!("{parent}{child}")),
        ),
        ("cascadingselect", "<option>Red", &cascading(parent)),
        ("userpicker", "<user>john", "<string>JIRAUSER10000</string>"),
        ("multiuserpicker", "<user>john", "<list><string>JIRAUSER10000</string></list>"),
        ("grouppicker", "<group>staff", "<list><string>staff</string></list>"),
        ("multigrouppicker", "<group>b|<group>a", "<list><string>b</string><string>a</string></list>"),
        ("project", "<project>TST", "<double>10000.0</double>"),
        ("multiversion", "<version project=\"TST\">1.0", "<list><double>10001.0</double></list>"),
        ("app", "<value>text", "<string>text</string>"),
        ("app", "<option>Red", "<long>20</long>"),
        ("app", "<value>&lt;com.example.Thing/>", "<com.example.Thing/>"),
    ] {
        assert_eq!(stored(field_type, value, "940001"), xml, "{field_type} {value}");
    }
    assert_eq!(stored("select", "<option>Blue", "664"), "<string>Blue</string>", "4.4 keeps the text");
}

#[test]
fn a_default_value_that_cannot_be_kept_is_refused() {
    for (field_type, value, message) in [
        ("select", "<option>Green", "there is no option Green here"),
        ("select", "<option>Red|<option>Blue", "is one value, and the file has 2 values"),
        ("app", "<value>4711", "pcfg does not know how this field type stores numbers"),
        ("version", "<version project=\"TST\">2.0", "there is no version 2.0 here"),
    ] {
        let line = stored(field_type, value, "940001");
        assert!(line.starts_with('!') && line.contains(message), "{line}");
    }
}

#[test]
fn a_default_value_is_changed_or_deleted_and_its_spelling_stays() {
    let value = "<defaultValue>\n        <singularValue>\n          <option>Low</option>\n        </singularValue>\n      </defaultValue>";
    assert_eq!(
        edited(&field(), "customField", &[("<option>Low</option>", "<option>High</option>")]),
        ["~ GenericConfiguration 70 xmlvalue: <string>60</string> -> <long>61</long>"]
    );
    assert_eq!(
        edited(&field(), "customField", &[(value, "")]),
        ["- GenericConfiguration id=70 datakey=40 datatype=DefaultValue xmlvalue=<string>60</string>"]
    );
}
