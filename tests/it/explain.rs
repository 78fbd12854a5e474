//! `pcfg explain`: what uses what.

use std::collections::BTreeSet;
use std::path::Path;

use insta::assert_snapshot;
use pcfg::instance::{Scope, open};
use pcfg::model::Identity;
use pcfg::schema::Schema;
use pcfg::select::{Boards, CustomFields, Options, Projects, Shares, select};
use pcfg::usage::Uses;

use crate::env::{Env, testdata};
use crate::real_data;

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
    assert_snapshot!(with_demo().run(&["explain", "status:Open"]), @"
    status Open

    used by
      ├─ workflow entry Demo workflow: step[Open]/status, draft/step[Open]/status
      │  └─ workflow scheme Demo workflows
      │     └─ project DEMO
      └─ scrum kanban board DEMO board: columns/column[gh.workflow.preset.todo]/status

    uses
      nothing

    if it changes
      1 project feels it: DEMO

    if it goes
      issues of DEMO are in it
      3 references lead to nothing: workflow entry Demo workflow, scrum kanban board DEMO board
    --- exit 0
    ");
}

#[test]
fn queries_defaults_and_issues_count() {
    assert_snapshot!(with_demo().run(&["explain", "severity"]), @"
    custom field Severity (type com.atlassian.jira.plugin.system.customfieldtypes:select)

    used by
      ├─ field configuration Default Field Configuration: individualFieldConfig[Severity]/fieldName
      │  ├─ project OPS (as the default)
      │  └─ field configuration scheme Demo field scheme
      │     └─ project DEMO
      ├─ field configuration Demo fields: individualFieldConfig[Severity]/fieldName
      │  └─ field configuration scheme Demo field scheme …as above
      ├─ screen Demo screen: screenTab[General]/fieldScreenLayoutItem[Severity]/field
      │  ├─ screen scheme Demo screens
      │  │  └─ issue type screen scheme Demo issue type screens
      │  │     └─ project DEMO
      │  └─ workflow entry Demo workflow
      │     └─ workflow scheme Demo workflows
      │        └─ project DEMO
      ├─ filter Critical in Demo: columns/field, jql
      │  └─ dashboard Demo dashboard
      ├─ dashboard Demo dashboard: gadget/preference[columnNames]/field
      └─ scrum kanban board DEMO board (in a query): quickFilters/quickFilter[Only critical]/jql

    uses
      nothing

    if it changes
      2 projects feel it: DEMO, OPS

    if it is renamed
      queries that name it have to be changed by hand: filter Critical in Demo, scrum kanban board DEMO board

    if it goes
      5 references lead to nothing: field configuration Default Field Configuration, field configuration Demo fields, screen Demo screen and 2 more
      2 queries fail or find something else: filter Critical in Demo, scrum kanban board DEMO board
      with it: 1 config, 1 custom field config scheme, 3 options
    --- exit 0
    ");
}

#[test]
fn a_part_is_used_by_what_it_is_a_part_of() {
    assert_snapshot!(with_demo().run(&["explain", "option:Critical"]), @"
    option Critical of config Default Configuration for Severity of custom field config scheme Default Configuration Scheme for Severity of custom field Severity

    used by
      ├─ custom field Severity (it is a part of it)
      │  ├─ field configuration Default Field Configuration
      │  │  ├─ project OPS (as the default)
      │  │  └─ field configuration scheme Demo field scheme
      │  │     └─ project DEMO
      │  ├─ field configuration Demo fields
      │  │  └─ field configuration scheme Demo field scheme …as above
      │  ├─ screen Demo screen
      │  │  ├─ screen scheme Demo screens
      │  │  │  └─ issue type screen scheme Demo issue type screens
      │  │  │     └─ project DEMO
      │  │  └─ workflow entry Demo workflow
      │  │     └─ workflow scheme Demo workflows
      │  │        └─ project DEMO
      │  ├─ filter Critical in Demo
      │  │  └─ dashboard Demo dashboard
      │  ├─ dashboard Demo dashboard
      │  └─ scrum kanban board DEMO board (in a query)
      ├─ filter Critical in Demo (in a query): jql …as above
      └─ scrum kanban board DEMO board (in a query): quickFilters/quickFilter[Only critical]/jql

    uses
      nothing

    if it changes
      2 projects feel it: DEMO, OPS

    if it is renamed
      queries that name it have to be changed by hand: filter Critical in Demo, scrum kanban board DEMO board

    if it goes
      2 queries fail or find something else: filter Critical in Demo, scrum kanban board DEMO board
    --- exit 0
    ");
}

#[test]
fn a_project_uses_and_is_listed() {
    assert_snapshot!(with_demo().run(&["explain", "DEMO", "--depth", "1"]), @"
    project DEMO

    used by
      ├─ custom field Region (in a list): customFieldConfigScheme[Regions of two projects]/context/projectContext
      ├─ filter Critical in Demo (in a query): jql, sharedWith …used by 1 object
      ├─ filter Filter for DEMO board (in a query): jql, sharedWith/project, sharedWith …used by 1 object
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

    if it changes
      no other project feels it

    if it is renamed
      queries that name it have to be changed by hand: filter Critical in Demo, filter Filter for DEMO board

    if it goes
      issues of DEMO are in it
      2 queries fail or find something else: filter Critical in Demo, filter Filter for DEMO board
      5 lists get shorter: custom field Region, filter Critical in Demo, filter Filter for DEMO board and 1 more
      with it: 2 components, 2 versions
    --- exit 0
    ");
}

#[test]
fn a_tree_can_be_cut() {
    assert_snapshot!(with_demo().run(&["explain", "status:Open", "--depth", "1"]).split("\nuses").next().unwrap(), @"
    status Open

    used by
      ├─ workflow entry Demo workflow: step[Open]/status, draft/step[Open]/status …used by 1 object
      └─ scrum kanban board DEMO board: columns/column[gh.workflow.preset.todo]/status
    ");
}

#[test]
fn a_file_tells_the_same_and_nothing_about_issues() {
    let env = with_demo();
    let (file, instance) =
        (env.run(&["explain", "status:Open", "all.xml"]), env.run(&["explain", "status:Open"]));
    let without_issues = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.contains("issues")).map(str::to_owned).collect()
    };
    assert_eq!(without_issues(&file), without_issues(&instance));
    assert!(file.contains("a file says nothing about issues"), "{file}");
    assert_eq!(env.run_with(&["explain", "status:Open", "-"], env.read("all.xml")), file);
}

#[test]
fn what_is_only_named_can_be_explained() {
    let env = with_demo();
    assert_eq!(env.run(&["export", "DEMO", "--users", "none", "-q", "-o", "none.xml"]), "--- exit 0\n");
    let text = env.run(&["explain", "user:ada", "none.xml", "--depth", "1"]);
    assert!(text.starts_with("user ada\n  is named here, but not described\n\nused by\n"), "{text}");
    assert!(text.contains("project DEMO: lead\n"), "{text}");
}

#[test]
fn a_name_that_means_several_objects_lists_them_and_each_choice_works() {
    let env = with_demo();
    let text = env.run(&["explain", "step:Open"]);
    assert_snapshot!(text, @"
    --- stderr
    error: `step:Open` means 2 objects
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
    hint: name it as it stands in an export: `KIND:NAME`, such as `status:Open`
    --- exit 3
    ");
    assert_snapshot!(env.run(&["explain", "zzz", "all.xml", "-i", "x.xml"]), @"
    --- stderr
    error: a file and an instance are named
    hint: leave out one of them: `-i` looks at a whole instance, FILE at what stands in it
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
    assert_eq!(document["projects"], serde_json::json!(["DEMO"]));
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

/// Who uses what is the reverse of what an export follows: both ways are written apart, and must agree.
#[test]
fn a_project_uses_what_its_export_holds() {
    agrees(&testdata("backup/demo"));
    for path in real_data::backups() {
        agrees(&path);
    }
}

fn agrees(path: &Path) {
    let mut reading = open(path).unwrap().read(Scope::default(), &|_, _| {}).unwrap();
    let schema = Schema::get();
    let kind = |identity: &Identity| schema.kind(identity.kind).name.as_str();
    // What every export holds, and the accounts that come with it.
    let always = ["priority", "resolution", "issueLink", "projectRole", "user", "group", "project"];
    let mut using = Vec::new();
    {
        let uses = Uses::of_snapshot(&reading.snapshot);
        for identity in reading.snapshot.objects.keys() {
            let id = uses.global(identity).unwrap();
            using.push((
                identity.clone(),
                uses.projects(id).into_iter().map(str::to_owned).collect::<BTreeSet<_>>(),
            ));
        }
    }
    let projects: Vec<String> = using
        .iter()
        .filter(|(own, _)| kind(own) == "project")
        .map(|(own, _)| own.name().to_owned())
        .collect();
    for key in projects.iter().take(12) {
        let options = Options {
            projects: Projects::Keys(vec![key.clone()]),
            custom_fields: CustomFields::All,
            filters: Shares::None,
            dashboards: Shares::None,
            boards: Boards::None,
            ..Options::default()
        };
        let config = select(&mut reading.snapshot, &options).unwrap();
        let objects = config.root().children().iter().flat_map(|container| container.children());
        let exported: BTreeSet<Identity> = objects.filter_map(Identity::of_definition).collect();
        for (identity, users) in &using {
            let (is_used, is_exported) = (users.contains(key), exported.contains(identity));
            // All custom fields of the instance are in this export, used or not, and so is what they use.
            let is_free = always.contains(&kind(identity)) || kind(identity) == "customField";
            let fits = if is_used { is_exported } else { is_free || !is_exported };
            let place = path.display();
            assert!(
                fits,
                "{place}: {} `{identity}` and {key}: used {is_used}, exported {is_exported}",
                kind(identity)
            );
        }
    }
}
