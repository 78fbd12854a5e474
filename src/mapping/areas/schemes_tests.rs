//! What a change of schemes, screens, field configurations and settings changes in the rows.

use crate::entity::Tables;
use crate::mapping::{edited, tables};

type Rows<'r> = Vec<(&'r str, &'r [(&'r str, &'r str)])>;

fn with(rows: &[(&'static str, &'static [(&'static str, &'static str)])]) -> Tables {
    let mut all: Rows<'_> = vec![
        ("IssueType", &[("id", "1"), ("name", "Bug")]),
        ("IssueType", &[("id", "2"), ("name", "Task")]),
        ("CustomField", &[("id", "100"), ("name", "Severity"), ("customfieldtypekey", "a:select")]),
    ];
    all.extend(rows);
    tables(&all)
}

/// An issue type scheme with a member that was deleted, one that stands twice, and a default.
fn scheme() -> Tables {
    with(&[
        ("FieldConfigScheme", &[("id", "20"), ("name", "Scheme"), ("fieldid", "issuetype")]),
        ("FieldConfiguration", &[("id", "40"), ("name", "Config"), ("fieldid", "issuetype")]),
        (
            "FieldConfigSchemeIssueType",
            &[("id", "50"), ("fieldconfigscheme", "20"), ("fieldconfiguration", "40")],
        ),
        ("OptionConfiguration", &[("id", "60"), ("fieldconfig", "40"), ("optionid", "1"), ("sequence", "0")]),
        ("OptionConfiguration", &[("id", "61"), ("fieldconfig", "40"), ("optionid", "9"), ("sequence", "1")]),
        ("OptionConfiguration", &[("id", "62"), ("fieldconfig", "40"), ("optionid", "2"), ("sequence", "2")]),
        ("OptionConfiguration", &[("id", "63"), ("fieldconfig", "40"), ("optionid", "1"), ("sequence", "3")]),
        (
            "GenericConfiguration",
            &[
                ("id", "70"),
                ("datakey", "40"),
                ("datatype", "DefaultValue"),
                ("xmlvalue", "<string>1</string>"),
            ],
        ),
    ])
}

#[test]
fn members_of_a_scheme_move_and_no_second_row_comes_to_count() {
    assert_eq!(edited(&scheme(), "issueTypeScheme", &[]), [""; 0]);
    assert_eq!(
        edited(&scheme(), "issueTypeScheme", &[("position=\"1\">Bug", "position=\"3\">Bug")]),
        ["~ OptionConfiguration 60 sequence: 0 -> 3"],
        "of two rows of one number the older one counts"
    );
    assert_eq!(
        edited(
            &scheme(),
            "issueTypeScheme",
            &[("<issueType position=\"1\">Bug</issueType>", ""), ("<defaultType>Bug", "<defaultType>Task")]
        ),
        [
            "~ GenericConfiguration 70 xmlvalue: <string>1</string> -> <string>2</string>",
            "- OptionConfiguration id=60 fieldconfig=40 optionid=1 sequence=0",
            "- OptionConfiguration id=63 fieldconfig=40 optionid=1 sequence=3",
        ]
    );
    assert_eq!(
        edited(&scheme(), "issueTypeScheme", &[("<defaultType>Bug", "<defaultType>Task")]),
        ["~ GenericConfiguration 70 xmlvalue: <string>1</string> -> <string>2</string>"]
    );
    assert_eq!(
        edited(&scheme(), "issueTypeScheme", &[("<defaultType>Bug</defaultType>", "")]),
        ["- GenericConfiguration id=70 datakey=40 datatype=DefaultValue xmlvalue=<string>1</string>"]
    );
}

#[test]
fn a_new_built_in_scheme_is_the_one_without_a_project() {
    let new = "<priorityScheme><name>P</name><builtIn>default</builtIn></priorityScheme>";
    let rows = with(&[
        ("FieldConfigScheme", &[("id", "20"), ("name", "Own"), ("fieldid", "priority")]),
        ("Priority", &[("id", "1"), ("name", "High"), ("sequence", "1")]),
    ]);
    let changes = edited(&rows, "priorityScheme", &[("<priorityScheme>", &format!("{new}<priorityScheme>"))]);
    assert!(
        changes.contains(&"+ ConfigurationContext id=10000 fieldconfigscheme=10000 key=priority".to_owned())
    );
}

#[test]
fn an_icon_is_that_of_an_avatar_where_there_are_avatars() {
    let rows: Rows<'_> = vec![
        ("IssueType", &[("id", "1"), ("name", "Bug"), ("avatar", "10163")]),
        (
            "Avatar",
            &[("id", "10163"), ("fileName", "bug.svg"), ("avatarType", "issuetype"), ("systemAvatar", "1")],
        ),
        (
            "Avatar",
            &[
                ("id", "10176"),
                ("fileName", "subtask.svg"),
                ("avatarType", "issuetype"),
                ("systemAvatar", "1"),
            ],
        ),
    ];
    let rows = tables(&rows);
    let edit = |new| edited(&rows, "issueType", &[("/images/icons/issuetypes/bug.png", new)]);
    assert_eq!(
        edit("/images/icons/issuetypes/subtask_alternate.png"),
        ["~ IssueType 1 avatar: 10163 -> 10176 \
             iconurl: NULL -> /images/icons/issuetypes/subtask_alternate.png"]
    );
    assert_eq!(
        edit("https://example.com/a.png"),
        ["~ IssueType 1 avatar: 10163 -> NULL iconurl: NULL -> https://example.com/a.png"]
    );
}

/// A screen with two tabs, a field that was deleted and one that stands twice.
fn screen() -> Tables {
    with(&[
        ("FieldScreen", &[("id", "1"), ("name", "Ecran")]),
        ("FieldScreenTab", &[("id", "10"), ("fieldscreen", "1"), ("name", "A"), ("sequence", "0")]),
        ("FieldScreenTab", &[("id", "11"), ("fieldscreen", "1"), ("name", "B"), ("sequence", "1")]),
        (
            "FieldScreenLayoutItem",
            &[("id", "20"), ("fieldscreentab", "10"), ("fieldidentifier", "summary"), ("sequence", "0")],
        ),
        (
            "FieldScreenLayoutItem",
            &[
                ("id", "21"),
                ("fieldscreentab", "10"),
                ("fieldidentifier", "customfield_9"),
                ("sequence", "1"),
            ],
        ),
        (
            "FieldScreenLayoutItem",
            &[
                ("id", "22"),
                ("fieldscreentab", "10"),
                ("fieldidentifier", "customfield_100"),
                ("sequence", "2"),
            ],
        ),
        (
            "FieldScreenLayoutItem",
            &[("id", "23"), ("fieldscreentab", "11"), ("fieldidentifier", "comment"), ("sequence", "0")],
        ),
    ])
}

#[test]
fn tabs_and_their_fields_change_one_by_one() {
    assert_eq!(edited(&screen(), "screen", &[]), [""; 0]);
    assert_eq!(
        edited(&screen(), "screen", &[("<field>summary</field>", "<field>labels</field>")]),
        [
            "- FieldScreenLayoutItem id=20 fieldidentifier=summary fieldscreentab=10 sequence=0",
            "+ FieldScreenLayoutItem id=10000 fieldidentifier=labels fieldscreentab=10 sequence=1",
            "+ SequenceValueItem seqName=FieldScreenLayoutItem seqId=10001",
        ]
    );
    let xml = crate::mapping::written(&crate::mapping::read(&screen()), "screen");
    let from = xml.rfind("<screenTab>").expect("a tab");
    let to = xml.rfind("</screenTab>").expect("its end") + "</screenTab>".len();
    assert_eq!(
        edited(&screen(), "screen", &[(&xml[from..to], "")]),
        [
            "- FieldScreenLayoutItem id=23 fieldidentifier=comment fieldscreentab=11 sequence=0",
            "- FieldScreenTab id=11 fieldscreen=1 name=B sequence=1",
        ]
    );
    let new = "<screenTab><position>3</position><name>B</name></screenTab></screen>";
    let new = new.replace("<screenTab>", "<screenTab duplicate=\"2\">");
    assert_eq!(
        edited(&screen(), "screen", &[("</screen>", &new)]),
        [
            "+ FieldScreenTab id=10000 fieldscreen=1 name=B sequence=2",
            "+ SequenceValueItem seqName=FieldScreenTab seqId=10001",
        ]
    );
}

#[test]
fn a_built_in_screen_is_made_with_its_own_id() {
    let rows = with(&[("FieldScreen", &[("id", "2"), ("name", "W")])]);
    let new = "<screen><name>Default</name><builtIn>default</builtIn></screen><screen>";
    assert_eq!(edited(&rows, "screen", &[("<screen>", new)]), ["+ FieldScreen id=1 name=Default"]);
    assert_eq!(
        edited(&rows, "screen", &[("<name>W</name>", "<name>Workflow</name>")]),
        ["~ FieldScreen 2 name: W -> Workflow"],
        "found by its mark, whatever its name"
    );
}

#[test]
fn mappings_of_schemes_change_one_by_one() {
    let rows = with(&[
        ("FieldScreen", &[("id", "1"), ("name", "S")]),
        ("FieldScreen", &[("id", "2"), ("name", "T")]),
        ("FieldScreenScheme", &[("id", "5"), ("name", "Scheme")]),
        ("FieldScreenScheme", &[("id", "6"), ("name", "Other")]),
        ("FieldScreenSchemeItem", &[("id", "1"), ("fieldscreenscheme", "5"), ("fieldscreen", "1")]),
        (
            "FieldScreenSchemeItem",
            &[("id", "2"), ("fieldscreenscheme", "5"), ("fieldscreen", "9"), ("operation", "0")],
        ),
        (
            "FieldScreenSchemeItem",
            &[("id", "3"), ("fieldscreenscheme", "5"), ("fieldscreen", "1"), ("operation", "1")],
        ),
        ("IssueTypeScreenScheme", &[("id", "7"), ("name", "Types")]),
        ("IssueTypeScreenSchemeEntity", &[("id", "1"), ("scheme", "7"), ("fieldscreenscheme", "5")]),
        (
            "IssueTypeScreenSchemeEntity",
            &[("id", "2"), ("scheme", "7"), ("fieldscreenscheme", "5"), ("issuetype", "1")],
        ),
    ]);
    for kind in ["screenScheme", "issueTypeScreenScheme"] {
        assert_eq!(edited(&rows, kind, &[]), [""; 0]);
    }
    let edit = ("<operation>edit</operation>\n    <screen>S", "<operation>edit</operation>\n    <screen>T");
    assert_eq!(edited(&rows, "screenScheme", &[edit]), ["~ FieldScreenSchemeItem 3 fieldscreen: 1 -> 2"]);
    assert_eq!(
        edited(&rows, "issueTypeScreenScheme", &[("<defaultScheme>Scheme", "<defaultScheme>Other")]),
        ["~ IssueTypeScreenSchemeEntity 1 fieldscreenscheme: 5 -> 6"]
    );
    assert_eq!(
        edited(&rows, "issueTypeScreenScheme", &[("<screenScheme>Scheme", "<screenScheme>Lost")]),
        [
            "- IssueTypeScreenSchemeEntity id=2 fieldscreenscheme=5 issuetype=1 scheme=7",
            "! /screenScheme[Lost]: there is no screenScheme Lost",
        ]
    );
}

#[test]
fn the_default_field_configuration_is_stored_when_it_says_something() {
    let line = "<individualFieldConfig><fieldName>comment</fieldName><hidden>true</hidden><required>false</required>\
                <renderer>own</renderer></individualFieldConfig>";
    let line = format!("{line}</fieldConfiguration>");
    assert_eq!(edited(&with(&[]), "fieldConfiguration", &[]), [""; 0]);
    let changes = edited(&with(&[]), "fieldConfiguration", &[("</fieldConfiguration>", &line)]);
    assert_eq!(
        changes[..2],
        [
            "+ FieldLayout id=10000 description=The default field configuration \
             name=Default Field Configuration type=default",
            "+ FieldLayoutItem id=10000 fieldidentifier=comment fieldlayout=10000 ishidden=true \
             isrequired=false renderertype=own",
        ]
    );
}

#[test]
fn lines_and_mappings_of_field_configurations_keep_their_spelling() {
    let rows = with(&[
        ("FieldLayout", &[("id", "1"), ("name", "Standard"), ("type", "default")]),
        ("FieldLayout", &[("id", "2"), ("name", "Own")]),
        (
            "FieldLayoutItem",
            &[("id", "1"), ("fieldlayout", "2"), ("fieldidentifier", "comment"), ("ishidden", "Y")],
        ),
        (
            "FieldLayoutItem",
            &[("id", "2"), ("fieldlayout", "2"), ("fieldidentifier", "customfield_9"), ("ishidden", "true")],
        ),
        ("FieldLayoutScheme", &[("id", "5"), ("name", "Scheme")]),
        ("FieldLayoutSchemeEntity", &[("id", "1"), ("scheme", "5"), ("fieldlayout", "1")]),
        ("FieldLayoutSchemeEntity", &[("id", "2"), ("scheme", "5"), ("issuetype", "1")]),
    ]);
    for kind in ["fieldConfiguration", "fieldConfigurationScheme"] {
        assert_eq!(edited(&rows, kind, &[]), [""; 0]);
    }
    assert_eq!(
        edited(&rows, "fieldConfiguration", &[("<hidden>true", "<hidden>false")]),
        ["~ FieldLayoutItem 1 ishidden: Y -> false"]
    );
    assert_eq!(
        edited(
            &rows,
            "fieldConfigurationScheme",
            &[("<fieldConfiguration>Standard", "<fieldConfiguration>Own")]
        ),
        ["~ FieldLayoutSchemeEntity 2 fieldlayout: NULL -> 2"]
    );
}

#[test]
fn settings_are_properties_of_the_instance() {
    let rows: Rows<'_> = vec![
        ("Priority", &[("id", "1"), ("name", "High"), ("sequence", "1")]),
        ("Priority", &[("id", "2"), ("name", "Low"), ("sequence", "2")]),
        ("Resolution", &[("id", "1"), ("name", "Done"), ("sequence", "1")]),
        ("OSPropertyString", &[("id", "7"), ("value", "1")]),
        (
            "OSPropertyEntry",
            &[
                ("id", "7"),
                ("type", "5"),
                ("entityName", "jira.properties"),
                ("entityId", "1"),
                ("propertyKey", "jira.constant.default.priority"),
            ],
        ),
    ];
    let rows = tables(&rows);
    assert_eq!(edited(&rows, "priority", &[]), [""; 0]);
    assert_eq!(
        edited(&rows, "priority", &[("<defaultPriority>High", "<defaultPriority>Low")]),
        ["~ OSPropertyString 7 value: 1 -> 2"]
    );
    let set = "<defaultResolution>Done</defaultResolution><resolution>";
    assert_eq!(
        edited(&rows, "resolution", &[("<resolution>", set)]),
        [
            "+ OSPropertyEntry id=10000 entityId=1 entityName=jira.properties \
             propertyKey=jira.constant.default.resolution type=5",
            "+ OSPropertyString id=10000 value=1",
            "+ SequenceValueItem seqName=OSPropertyEntry seqId=10001",
        ]
    );
}
