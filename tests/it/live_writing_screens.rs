//! Imports by REST of screens and their schemes: tabs and fields come, go, and stand elsewhere.

use jira_for_tests::Options as Served;

use crate::live_writing::Target;

/// Spells a screen.
fn screen(name: &str, tabs: &[(&str, &[&str])]) -> String {
    let field = |(at, own): (usize, &&str)| {
        format!(
            "<fieldScreenLayoutItem><position>{}</position><field>{own}</field></fieldScreenLayoutItem>",
            at + 1
        )
    };
    let tab = |(at, (name, fields)): (usize, &(&str, &[&str]))| {
        let fields: String = fields.iter().enumerate().map(field).collect();
        format!("<screenTab><position>{}</position><name>{name}</name>{fields}</screenTab>", at + 1)
    };
    let tabs: String = tabs.iter().enumerate().map(tab).collect();
    format!("<screen><name>{name}</name>{tabs}</screen>")
}

const MADE: &[(&str, &[&str])] = &[
    ("One", &["summary", "labels", "priority", "duedate"]),
    ("Two", &["assignee"]),
    ("Three", &["reporter"]),
];

const CHANGED: &[(&str, &[&str])] = &[
    ("Three", &["labels", "reporter"]),
    ("One", &["duedate", "summary", "components"]),
    ("Other", &["assignee"]),
];

#[test]
fn a_screen_is_made_and_its_tabs_and_fields_change() {
    let target = Target::demo(Served::cloud());
    let file = target.with(&[&screen("New", MADE)]);
    insta::assert_snapshot!(target.there_and_back(&file), @"
    POST /rest/api/3/screens 201
    PUT /rest/api/3/screens/10005/tabs/10010 200
    POST /rest/api/3/screens/10005/tabs 200
    POST /rest/api/3/screens/10005/tabs 200
    POST /rest/api/3/screens/10005/tabs/10010/fields 200
    POST /rest/api/3/screens/10005/tabs/10010/fields 200
    POST /rest/api/3/screens/10005/tabs/10010/fields 200
    POST /rest/api/3/screens/10005/tabs/10010/fields 200
    POST /rest/api/3/screens/10005/tabs/10011/fields 200
    POST /rest/api/3/screens/10005/tabs/10012/fields 200
    ");
    target.import(&file);
    insta::assert_snapshot!(target.there_and_back(&target.with(&[&screen("New", CHANGED)])), @"
    PUT /rest/api/3/screens/10006/tabs/10014 200
    DELETE /rest/api/3/screens/10006/tabs/10013/fields/labels 204
    DELETE /rest/api/3/screens/10006/tabs/10013/fields/priority 204
    POST /rest/api/3/screens/10006/tabs/10013/fields 200
    POST /rest/api/3/screens/10006/tabs/10013/fields/duedate/move 204
    POST /rest/api/3/screens/10006/tabs/10015/fields 200
    POST /rest/api/3/screens/10006/tabs/10015/fields/labels/move 204
    POST /rest/api/3/screens/10006/tabs/10015/move/0 204
    ");
    let fewer = screen("New", &[("Two", &["reporter", "assignee"])]);
    insta::assert_snapshot!(target.there_and_back(&target.with(&[&fewer])), @"
    DELETE /rest/api/3/screens/10006/tabs/10013 204
    DELETE /rest/api/3/screens/10006/tabs/10015 204
    POST /rest/api/3/screens/10006/tabs/10014/fields 200
    POST /rest/api/3/screens/10006/tabs/10014/fields/reporter/move 204
    ");
    let twice = screen("New", &[("One", &["summary"]), ("One", &[])]).replacen(
        "<screenTab>",
        "<screenTab duplicate='2'>",
        1,
    );
    insta::assert_snapshot!(target.refusals(&target.with(&[&twice])), @"/screen[New]/screenTab: Jira takes no two tabs of one name on a screen");
}

#[test]
fn data_center_takes_tabs_and_fields() {
    let target = Target::demo(Served::data_center());
    // Screens themselves have other endpoints, which it lacks: the description stays.
    let about = "</name><description>What somebody needs who is to repair it</description>";
    let own = screen("Demo: bugs", MADE).replacen("</name>", about, 1);
    insta::assert_snapshot!(target.there_and_back(&target.with(&[&own])), @"
    PUT /rest/api/2/screens/10001/tabs/10006 200
    POST /rest/api/2/screens/10001/tabs 200
    POST /rest/api/2/screens/10001/tabs 200
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/issuetype 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/security 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/customfield_10005 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/customfield_10006 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/customfield_10008 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/components 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/versions 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/fixVersions 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/environment 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/description 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/attachment 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/assignee 204
    DELETE /rest/api/2/screens/10001/tabs/10006/fields/reporter 204
    POST /rest/api/2/screens/10001/tabs/10006/fields 200
    POST /rest/api/2/screens/10001/tabs/10006/fields 200
    POST /rest/api/2/screens/10001/tabs/10006/fields/labels/move 204
    POST /rest/api/2/screens/10001/tabs/10010/fields 200
    POST /rest/api/2/screens/10001/tabs/10011/fields 200
    ");
}

#[test]
fn screen_schemes_and_issue_type_screen_schemes_change() {
    let target = Target::demo(Served::cloud());
    let file = target.with(&[
        "<screenScheme><name>New</name><mappingOperationsScreens><operation>create</operation><screen>Demo: bugs</screen>\
         </mappingOperationsScreens><mappingOperationsScreens><screen>Demo: stories</screen></mappingOperationsScreens>\
         </screenScheme>",
        "<screenScheme><name>Demo: screens of bugs</name><mappingOperationsScreens><operation>edit</operation>\
         <screen>Demo: epics</screen></mappingOperationsScreens><mappingOperationsScreens><screen>Demo: stories</screen>\
         </mappingOperationsScreens></screenScheme>",
        "<issueTypeScreenScheme><name>Demo: screens</name><description>Others</description><defaultScheme>New</defaultScheme>\
         <mappingScreenSchemesIssueTypes><issueType>Bug</issueType><screenScheme>New</screenScheme>\
         </mappingScreenSchemesIssueTypes><mappingScreenSchemesIssueTypes><issueType>Story</issueType>\
         <screenScheme>Demo: screens of stories</screenScheme></mappingScreenSchemesIssueTypes></issueTypeScreenScheme>",
        "<issueTypeScreenScheme><name>New</name><defaultScheme>New</defaultScheme>\
         <mappingScreenSchemesIssueTypes><issueType>Bug</issueType><screenScheme>Demo: screens of bugs</screenScheme>\
         </mappingScreenSchemesIssueTypes></issueTypeScreenScheme>",
    ]);
    insta::assert_snapshot!(target.there_and_back(&file), @"
    PUT /rest/api/3/screenscheme/10001 204
    POST /rest/api/3/screenscheme 201
    PUT /rest/api/3/issuetypescreenscheme/10000 204
    PUT /rest/api/3/issuetypescreenscheme/10000/mapping/default 204
    POST /rest/api/3/issuetypescreenscheme/10000/mapping/remove 204
    PUT /rest/api/3/issuetypescreenscheme/10000/mapping 204
    POST /rest/api/3/issuetypescreenscheme 201
    ");
}
