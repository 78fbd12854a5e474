//! `pcfg explain`: what uses what.

use insta::assert_snapshot;

use crate::env::{Env, testdata};

fn with_demo() -> Env {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", testdata("backup/demo").to_str().unwrap());
    assert_eq!(
        env.run(&["export", "--all", "--filters", "all", "--dashboards", "all", "-q", "-o", "all.xml"]),
        "--- exit 0\n"
    );
    env
}

#[test]
fn users_are_trees_that_end_with_projects() {
    assert_snapshot!(with_demo().run(&["explain", "status:Open"]), @r#"
    status Open

    used by
      ├─ workflow Demo workflow: step[Open]/status, draft/step[Open]/status
      │  └─ workflow scheme Demo workflows
      │     └─ project DEMO
      ├─ workflow jira (as the default)
      │  ├─ project OPS (as the default)
      │  └─ workflow scheme Demo workflows …as above
      └─ board DEMO board: columns/column[gh.workflow.preset.todo]/status
         └─ project DEMO (shared)

    uses
      nothing

    if it changes
      affects 2 projects: DEMO, OPS

    if it is removed
      issues of DEMO are in it
      3 dangling references: workflow Demo workflow, board DEMO board
      1 object loses its default: workflow jira
    --- exit 0
    "#);
}

#[test]
fn queries_defaults_and_issues_count() {
    assert_snapshot!(with_demo().run(&["explain", "severity"]), @r#"
    custom field Severity (type com.atlassian.jira.plugin.system.customfieldtypes:select)

    used by
      ├─ field configuration Default Field Configuration (in a list): individualFieldConfig[Severity]/fieldName
      ├─ field configuration Demo fields (in a list): individualFieldConfig[Severity]/fieldName
      ├─ screen Demo screen: screenTab[General]/fieldScreenLayoutItem[Severity]/field
      │  ├─ screen scheme Demo screens
      │  │  └─ issue type screen scheme Demo issue type screens
      │  │     └─ project DEMO
      │  └─ workflow Demo workflow
      │     └─ workflow scheme Demo workflows
      │        └─ project DEMO
      ├─ filter Critical in Demo: columns/field, jql
      │  ├─ project DEMO (shared)
      │  └─ dashboard Demo dashboard
      │     └─ project DEMO (shared)
      ├─ dashboard Demo dashboard: gadget/preference[columnNames]/field …as above
      └─ board DEMO board (in a query): quickFilters/quickFilter[Only critical]/jql
         └─ project DEMO (shared)

    uses
      nothing

    if it changes
      affects 1 project: DEMO

    if it is renamed
      queries that name it have to be changed by hand: filter Critical in Demo, board DEMO board

    if it is removed
      3 dangling references: screen Demo screen, filter Critical in Demo, dashboard Demo dashboard
      2 queries fail or find something else: filter Critical in Demo, board DEMO board
      2 lists lose an entry: field configuration Default Field Configuration, field configuration Demo fields
      with it: 1 option set, 1 context, 3 options
    --- exit 0
    "#);
}

#[test]
fn a_part_is_used_by_what_it_is_a_part_of() {
    assert_snapshot!(with_demo().run(&["explain", "option:Critical"]), @r#"
    option Critical of option set Default Configuration for Severity of context Default Configuration Scheme for Severity of custom field Severity

    used by
      ├─ custom field Severity (it is a part of it)
      │  ├─ screen Demo screen
      │  │  ├─ screen scheme Demo screens
      │  │  │  └─ issue type screen scheme Demo issue type screens
      │  │  │     └─ project DEMO
      │  │  └─ workflow Demo workflow
      │  │     └─ workflow scheme Demo workflows
      │  │        └─ project DEMO
      │  ├─ filter Critical in Demo
      │  │  ├─ project DEMO (shared)
      │  │  └─ dashboard Demo dashboard
      │  │     └─ project DEMO (shared)
      │  ├─ dashboard Demo dashboard …as above
      │  └─ board DEMO board (in a query)
      │     └─ project DEMO (shared)
      ├─ filter Critical in Demo (in a query): jql …as above
      └─ board DEMO board (in a query): quickFilters/quickFilter[Only critical]/jql …as above

    uses
      nothing

    if it changes
      affects 1 project: DEMO

    if it is renamed
      queries that name it have to be changed by hand: filter Critical in Demo, board DEMO board

    if it is removed
      2 queries fail or find something else: filter Critical in Demo, board DEMO board
    --- exit 0
    "#);
}

#[test]
fn a_project_uses_and_is_listed() {
    assert_snapshot!(with_demo().run(&["explain", "DEMO", "--depth", "1"]), @r#"
    project DEMO

    used by
      ├─ custom field Region (in a list): customFieldConfigScheme[Regions of two projects]/context/projectContext
      ├─ filter Critical in Demo (in a query): jql, sharedWith …used by 2 objects
      ├─ filter Filter for DEMO board (in a query): jql, sharedWith/project, sharedWith …used by 2 objects
      └─ dashboard Demo dashboard (in a list): sharedWith

    uses
      user ada: lead
      user grace: components/component[Backend]/componentLead, projectRoleMembers/projectRoleMembership[Administrators]/memberUser
      group developers: projectRoleMembers/projectRoleMembership[Developers]/memberGroup
      project category Products: projectCategory
      project role Administrators: projectRoleMembers/projectRoleMembership[Administrators]/name
      project role Developers: projectRoleMembers/projectRoleMembership[Developers]/name
      issue type scheme Demo issue types: issueTypeScheme
      priority scheme Default priority scheme: priorityScheme
      field configuration scheme Demo field scheme: fieldConfigurationScheme
      issue type screen scheme Demo issue type screens: issueTypeScreenScheme
      workflow scheme Demo workflows: workflowScheme
      permission scheme Default Permission Scheme: permissionScheme
      notification scheme Demo notifications: notificationScheme
      issue security scheme Demo security: issueSecurityScheme
      filter Critical in Demo (shared)
      filter Filter for DEMO board (shared)
      dashboard Demo dashboard (shared)
      board DEMO board (shared)

    if it changes
      affects no other project

    if it is renamed
      queries that name it have to be changed by hand: filter Critical in Demo, filter Filter for DEMO board

    if it is removed
      issues of DEMO are in it
      2 queries fail or find something else: filter Critical in Demo, filter Filter for DEMO board
      5 lists lose an entry: custom field Region, filter Critical in Demo, filter Filter for DEMO board and 1 more
      with it: 2 components, 2 versions
    --- exit 0
    "#);
}

#[test]
fn a_tree_can_be_cut() {
    assert_snapshot!(with_demo().run(&["explain", "status:Open", "--depth", "1"]).split("\nuses").next().unwrap(), @r#"
    status Open

    used by
      ├─ workflow Demo workflow: step[Open]/status, draft/step[Open]/status …used by 1 object
      ├─ workflow jira (as the default) …used by 2 objects
      └─ board DEMO board: columns/column[gh.workflow.preset.todo]/status …used by 1 object
    "#);
}

#[test]
fn a_file_tells_the_same_and_nothing_about_issues() {
    let env = with_demo();
    let (file, instance) = (env.run(&["explain", "Severity", "all.xml"]), env.run(&["explain", "Severity"]));
    let without_issues = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.contains("issues")).map(str::to_owned).collect()
    };
    assert_eq!(without_issues(&file), without_issues(&instance));
    assert!(file.contains("a file contains no issues"), "{file}");
    assert_eq!(env.run_with(&["explain", "Severity", "-"], env.read("all.xml")), file);
}

#[test]
fn what_is_only_named_can_be_explained() {
    let env = with_demo();
    assert_eq!(env.run(&["export", "DEMO", "--users", "none", "-q", "-o", "none.xml"]), "--- exit 0\n");
    let text = env.run(&["explain", "user:ada", "none.xml", "--depth", "1"]);
    assert!(text.starts_with("user ada\n  is only named here, not described\n\nused by\n"), "{text}");
    assert!(text.contains("project DEMO: lead\n"), "{text}");
}

#[test]
fn a_name_that_means_several_objects_lists_them_and_each_choice_works() {
    let env = with_demo();
    let text = env.run(&["explain", "step:Open"]);
    assert_snapshot!(text, @"
    --- stderr
    error: 2 objects are called `step:Open`
    hint: name it `workflowEntry:Demo workflow/step:Open`
    hint: name it `workflowEntry:Demo workflow/draft/step:Open`
    --- exit 3
    ");
    for line in text.lines().filter_map(|line| line.strip_prefix("hint: name it `")) {
        let result = env.run(&["explain", line.trim_end_matches('`')]);
        assert!(result.ends_with("--- exit 0\n"), "{line}: {result}");
    }
}

#[test]
fn a_name_of_nothing_suggests_near_ones() {
    let env = with_demo();
    assert_snapshot!(env.run(&["explain", "Severty"]), @"
    --- stderr
    error: there is no object `Severty`
    hint: did you mean `Severity`?
    --- exit 3
    ");
    assert_snapshot!(env.run(&["explain", "statsu:Open"]), @"
    --- stderr
    error: there is no object `statsu:Open`, and no kind `statsu`
    hint: did you mean `status`?
    --- exit 3
    ");
    assert_snapshot!(env.run(&["explain", "zzz"]), @"
    --- stderr
    error: there is no object `zzz`
    hint: name it as in an export: `KIND:NAME`, such as `status:Open`
    --- exit 3
    ");
    assert_snapshot!(env.run(&["explain", "zzz", "all.xml", "-i", "x.xml"]), @"
    --- stderr
    error: both a file and an instance are given
    hint: leave one out: `-i` is for a whole instance, FILE for what the file contains
    --- exit 2
    ");
}

#[test]
fn machines_get_all_of_it() {
    let result = with_demo().run(&["explain", "status:Open", "--format", "json"]);
    let document: serde_json::Value =
        serde_json::from_str(result.strip_suffix("--- exit 0\n").unwrap()).unwrap();
    assert_eq!(document["version"], 1);
    assert_eq!(document["object"], serde_json::json!({ "kind": "status", "name": "Open" }));
    assert_eq!(document["projects"], serde_json::json!(["DEMO", "OPS"]));
    assert_eq!(document["usedBy"][0]["how"], "reference");
    assert_eq!(document["issues"][0]["projects"], serde_json::json!(["DEMO"]));
    for field in ["described", "uses", "queries", "losses", "parts"] {
        assert!(!document[field].is_null(), "{field}");
    }
}

#[test]
fn a_broken_file_is_told() {
    let env = with_demo();
    env.write(
        "bad.xml",
        "<projectConfig formatVersion=\"1\"><statuses><nonsense/></statuses></projectConfig>",
    );
    let text = env.run(&["explain", "x", "bad.xml"]);
    assert!(text.contains("error: cannot explain `bad.xml`") && text.ends_with("--- exit 3\n"), "{text}");
}
