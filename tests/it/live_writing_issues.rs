//! Imports by REST that take the status or the type from issues: they are counted beforehand, and move as the mapping file says.

use std::collections::BTreeMap;

use jira_for_tests::{Fault, Options as Served, Outcome};
use pcfg::import::{self, Disproved, Import, Origin, SavedPlan, prepare};
use pcfg::instance::{Location, Scope, open};
use pcfg::model::Config;
use pcfg::plan::{Mapping, Options};
use pcfg::xml;

use crate::embedded::run;
use crate::live_there_and_back::in_short;
use crate::live_writing::{Target, killed_with, options, told};
use crate::thorough;

/// Says where issues stand: project, type, status, and how many.
fn standings(target: &Target) -> String {
    let mut site = open(Location::Path(target.path.clone())).unwrap();
    let scope = Scope { usage: true, ..Scope::default() };
    let reading = site.read(scope, &|_, _| {}).unwrap();
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for (own, issues) in &reading.tables.usage.standings {
        let name = |entity: &str, id: &str, attribute: &str| {
            let rows = reading.tables.rows(entity).iter();
            let own = rows.clone().find(|row| row.id() == id).and_then(|row| row.get(attribute));
            own.unwrap_or(id).to_owned()
        };
        let project = name("Project", &own.project, "key");
        let (kind, status) =
            (name("IssueType", &own.issue_type, "name"), name("Status", &own.status, "name"));
        *all.entry(format!("{project} {kind} {status}")).or_default() += issues;
    }
    all.into_iter().map(|(own, issues)| format!("{own}: {issues}\n")).collect()
}

fn mapped(text: &str) -> Options {
    Options { mapping: Mapping::parse(text).unwrap(), ..options() }
}

fn refused(import: &Import) -> String {
    let reasons = import.plan.refused.iter().flat_map(|own| &own.reasons);
    reasons.map(|own| format!("{} {}: {}\n  {}\n", own.code, own.path, own.message, own.help)).collect()
}

/// Returns what is there, with another status in the place of one in a workflow.
fn without_status(target: &Target, new: &str) -> Config {
    let text = xml::to_string(&target.export());
    let begin = text.find("<workflowEntry>\n      <name>Demo: stories</name>").unwrap();
    let end = begin + text[begin..].find("</workflowEntry>").unwrap();
    let own = text[begin..end].replace(">In Review</", &format!(">{new}</"));
    let status =
        format!("<statusConfiguration><status><name>{new}</name><category>inProgress</category></status>");
    let text = format!("{}{own}{}", &text[..begin], &text[end..]);
    let text = text.replacen("<statusConfiguration>", &status, 1);
    let mut root = xml::read(&text).root.unwrap();
    pcfg::model::canonicalize(&mut root);
    Config::new(root)
}

const OF_WORKFLOW: &str = "statusMigration.\"Demo: stories\".Story.\"In Review\" = \"Being reviewed\"";

#[test]
fn issues_in_a_status_that_goes_are_counted_and_move_as_the_mapping_says() {
    let target = Target::demo(Served::cloud());
    let (before, stood) = (xml::to_string(&target.export()), standings(&target));
    let file = without_status(&target, "Being reviewed");
    insta::assert_snapshot!(refused(&target.plan(&file)), @r#"
    status-in-use /workflowEntry[Demo: stories]: issues are in statuses that their workflow `Demo: stories` would not have: 1 of type `Story` in `In Review` in project DEMO
      keep the status in the workflow, or move those issues first, or say in the mapping file (--map) which status they get: statusMigration."Demo: stories"."Story"."In Review" = "To Do"
    "#);
    let options = mapped(OF_WORKFLOW);
    let mut import = target.plan_with(&file, &options);
    assert_eq!(import.plan.refused, []);
    insta::assert_debug_snapshot!((import.plan.describe().issues, &import.plan.irrevocable), @r#"
    (
        [
            MovedIssues {
                project: "DEMO",
                issue_type: "Story",
                new_issue_type: None,
                old_workflow: Some(
                    "Demo: stories",
                ),
                workflow: Some(
                    "Demo: stories",
                ),
                old_status: "In Review",
                status: "Being reviewed",
                issues: 1,
            },
        ],
        [],
    )
    "#);
    let proved = import.proved().unwrap();
    target.server.forget();
    target.site().carry_out(&proved, &run("pcfg import")).unwrap();
    insta::assert_snapshot!(told(&target.writes()), @"
    POST /rest/api/3/statuses 200
    POST /rest/api/3/workflows/update/validation 200
    POST /rest/api/3/workflows/update 200
    ");
    let again = target.plan_with(&file, &options);
    assert!(again.plan.is_empty() && again.work.is_empty(), "{} {:?}", in_short(&again), again.work);
    assert!(standings(&target).contains("DEMO Story Being reviewed: 1\n"), "{}", standings(&target));
    // Where they are now they cannot stay.
    target.undo(1);
    assert_eq!(xml::to_string(&target.export()), before);
    assert_eq!(standings(&target), stood);
}

/// Returns what is there, where bugs run by the workflow of stories.
fn with_one_workflow(target: &Target) -> Config {
    target.edited(&[("<workflow>Demo: bugs</workflow>", "<workflow>Demo: stories</workflow>")])
}

const OF_SCHEME: &str = "[statusMigration.\"Demo: stories\".Bug]\nOpen = \"To Do\"\nClosed = \"Done\"\n";

#[test]
fn a_scheme_in_use_moves_issues_to_another_workflow() {
    let target = Target::demo(Served::cloud());
    let (before, stood) = (xml::to_string(&target.export()), standings(&target));
    let file = with_one_workflow(&target);
    insta::assert_snapshot!(refused(&target.plan(&file)), @r#"
    status-in-use /workflowScheme[Demo: workflows]: issues are in statuses that their workflow `Demo: stories` would not have: 1 of type `Bug` in `Open` in project DEMO; 1 of type `Bug` in `Closed` in project DEMO
      keep the status in the workflow, or move those issues first, or say in the mapping file (--map) which status they get: statusMigration."Demo: stories"."Bug"."Closed" = "To Do" and statusMigration."Demo: stories"."Bug"."Open" = "To Do"
    "#);
    let mut import = target.plan_with(&file, &mapped(OF_SCHEME));
    assert_eq!(import.plan.refused, []);
    target.site().carry_out(&import.proved().unwrap(), &run("pcfg import")).unwrap();
    insta::assert_snapshot!(standings(&target), @"
    DEMO Bug Done: 1
    DEMO Bug To Do: 1
    DEMO Epic In Progress: 1
    DEMO Story Done: 1
    DEMO Story In Review: 1
    DEMO Story To Do: 1
    DEMO Sub-task Open: 1
    DEMO Task To Do: 1
    OPS Task Open: 1
    ");
    target.undo(1);
    assert_eq!(xml::to_string(&target.export()), before);
    assert_eq!(standings(&target), stood);
    // What a status has that both workflows know is not told apart any more: that stays, and is told before.
    let mapping = OF_SCHEME.replace("\"Done\"", "\"In Progress\"");
    let mut import = target.plan_with(&file, &mapped(&mapping));
    insta::assert_debug_snapshot!(import.plan.irrevocable, @r#"
    [
        "the status `Closed` of 1 issue of type `Bug` in project DEMO, which get `In Progress`: DEMO-5",
    ]
    "#);
    target.site().carry_out(&import.proved().unwrap(), &run("pcfg import")).unwrap();
    let last = target.site().history().unwrap()[0].id;
    let mut site = target.site();
    let back = site.run(last).unwrap().back();
    assert_eq!(back.stays, import.plan.irrevocable);
    let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    let preview = reading.place().preview(&reading.snapshot, &back.work, &[]).unwrap();
    site.undo(last, &preview.proved(Vec::new()), &run("pcfg undo")).unwrap();
    assert_eq!(xml::to_string(&target.export()), before);
    insta::assert_snapshot!(standings(&target), @"
    DEMO Bug In Progress: 1
    DEMO Bug Open: 1
    DEMO Epic In Progress: 1
    DEMO Story Done: 1
    DEMO Story In Review: 1
    DEMO Story To Do: 1
    DEMO Sub-task Open: 1
    DEMO Task To Do: 1
    OPS Task Open: 1
    ");
}

#[test]
fn a_project_gets_another_scheme_with_its_issues() {
    let target = Target::demo(Served::cloud());
    let text = xml::to_string(&target.export());
    let at = text.find("<key>OPS</key>").unwrap();
    let at = at + text[at..].find("<permissionScheme>").unwrap();
    let file = format!("{}<workflowScheme>Demo: workflows</workflowScheme>{}", &text[..at], &text[at..]);
    let file = Config::new(xml::read(&file).root.unwrap());
    insta::assert_snapshot!(refused(&target.plan(&file)), @r#"
    status-in-use /project[OPS]: issues are in statuses that their workflow `Demo: stories` would not have: 1 of type `Task` in `Open` in project OPS
      keep the status in the workflow, or move those issues first, or say in the mapping file (--map) which status they get: statusMigration."Demo: stories"."Task"."Open" = "To Do"
    "#);
    let mut import =
        target.plan_with(&file, &mapped("statusMigration.\"Demo: stories\".Task.Open = \"To Do\""));
    // Of a project with issues no request takes its scheme away again.
    insta::assert_debug_snapshot!(import.plan.irrevocable, @r#"
    [
        "the status `Open` of 1 issue of type `Task` in project OPS, which get `To Do`: OPS-1",
        "the workflow scheme of project OPS, which has none of its own now",
    ]
    "#);
    target.site().carry_out(&import.proved().unwrap(), &run("pcfg import")).unwrap();
    assert!(standings(&target).contains("OPS Task To Do: 1\n"), "{}", standings(&target));
    let again = target.plan(&file);
    assert!(again.plan.is_empty(), "{:#?}", again.plan.describe());
    let without = target.edited(&[("      <workflowScheme>Demo: workflows</workflowScheme>\n", "")]);
    insta::assert_snapshot!(refused(&target.plan(&without)), @"
    cannot-hold /project[DEMO]/workflowScheme: Jira Cloud gives no project with issues the workflow scheme of those that have none: choose one for it
      correct it in the file, or leave the object out
    cannot-hold /project[OPS]/workflowScheme: Jira Cloud gives no project with issues the workflow scheme of those that have none: choose one for it
      correct it in the file, or leave the object out
    ");
}

#[test]
fn an_import_that_moves_issues_is_killed_anywhere() {
    let target = Target::demo(Served::cloud());
    let stood = standings(&target);
    let file = without_status(&target, "Being reviewed");
    let text = xml::to_string(&file)
        .replace("<workflow>Demo: bugs</workflow>", "<workflow>Demo: stories</workflow>");
    let file = Config::new(xml::read(&text).root.unwrap());
    let options = mapped(&format!(
        "{OF_SCHEME}\n[statusMigration.\"Demo: stories\".Story]\n\"In Review\" = \"Being reviewed\"\n"
    ));
    killed_with(&target, (&file, &options), thorough::every(15), &|target| {
        assert_eq!(standings(target), stood);
    });
}

/// Returns what is there, without a type in the scheme of the demo project.
fn without_type(target: &Target, name: &str) -> Config {
    let text = xml::to_string(&target.export());
    let begin = text.find("<name>Demo: issue types</name>").unwrap();
    let end = begin + text[begin..].find(&format!(">{name}</issueType>")).unwrap();
    let at = text[..end].rfind("<issueType ").unwrap();
    let rest = &text[end + format!(">{name}</issueType>").len()..];
    let mut root = xml::read(&format!("{}{rest}", &text[..at])).root.unwrap();
    pcfg::model::canonicalize(&mut root);
    Config::new(root)
}

const BUG: &str = "Bug";

/// Which type and which statuses bugs get.
const TYPES: &str = "typeMigration.DEMO.Bug = \"Task\"\n[statusMigration.\"Demo: stories\".Task]\nOpen = \"To Do\"\nClosed = \"Done\"\n";

#[test]
fn issues_whose_type_goes_get_another_one_and_go_back() {
    let target = Target::demo(Served::cloud());
    let (before, stood) = (xml::to_string(&target.export()), standings(&target));
    let file = without_type(&target, BUG);
    insta::assert_snapshot!(refused(&target.plan(&file)), @r#"
    issue-type-in-use /issueTypeScheme[Demo: issue types]: project DEMO has 2 issues of type `Bug`, which it would lose
      keep the issue type in the scheme, or move those issues first, or say in the mapping file (--map) which issue type they get: typeMigration."DEMO"."Bug" = "Story"
    "#);
    let types = mapped("typeMigration.DEMO.Bug = \"Task\"");
    insta::assert_snapshot!(refused(&target.plan_with(&file, &types)), @r#"
    status-in-use /issueTypeScheme[Demo: issue types]: issues are in statuses that their workflow `Demo: stories` would not have: 1 of type `Bug`, which becomes `Task`, in `Open` in project DEMO; 1 of type `Bug`, which becomes `Task`, in `Closed` in project DEMO
      keep the status in the workflow, or move those issues first, or say in the mapping file (--map) which status they get: statusMigration."Demo: stories"."Task"."Closed" = "To Do" and statusMigration."Demo: stories"."Task"."Open" = "To Do"
    "#);
    let options = mapped(TYPES);
    let mut import = target.plan_with(&file, &options);
    assert_eq!(import.plan.refused, []);
    let described = import.plan.describe().issues;
    let moves: Vec<_> =
        described.iter().map(|own| (&own.new_issue_type, &own.old_status, &own.status)).collect();
    insta::assert_debug_snapshot!((moves, &import.plan.irrevocable), @r#"
    (
        [
            (
                Some(
                    "Task",
                ),
                "Closed",
                "Done",
            ),
            (
                Some(
                    "Task",
                ),
                "Open",
                "To Do",
            ),
        ],
        [
            "the values of fields that `Task` does not have in project DEMO, of its issues of type `Bug`",
        ],
    )
    "#);
    let proved = import.proved().unwrap();
    target.server.forget();
    target.site().carry_out(&proved, &run("pcfg import")).unwrap();
    insta::assert_snapshot!(told(&target.writes()), @"
    POST /rest/api/3/bulk/issues/move 201
    POST /rest/api/3/bulk/issues/move 201
    DELETE /rest/api/3/issuetypescheme/10001/issuetype/10003 204
    ");
    let writes = target.writes();
    let sent = writes.iter().filter(|own| own.path.ends_with("/move"));
    let sent: String = sent.map(|own| format!("{}\n", String::from_utf8_lossy(&own.body))).collect();
    insta::assert_snapshot!(sent, @r#"
    {"sendBulkNotification":false,"targetToSourcesMapping":{"10000,10002":{"inferClassificationDefaults":true,"inferFieldDefaults":true,"inferStatusDefaults":false,"inferSubtaskTypeDefault":false,"issueIdsOrKeys":["10003"],"targetStatus":[{"statuses":{"10000":["1"]}}]}}}
    {"sendBulkNotification":false,"targetToSourcesMapping":{"10000,10002":{"inferClassificationDefaults":true,"inferFieldDefaults":true,"inferStatusDefaults":false,"inferSubtaskTypeDefault":false,"issueIdsOrKeys":["10004"],"targetStatus":[{"statuses":{"10001":["6"]}}]}}}
    "#);
    insta::assert_snapshot!(standings(&target), @"
    DEMO Epic In Progress: 1
    DEMO Story Done: 1
    DEMO Story In Review: 1
    DEMO Story To Do: 1
    DEMO Sub-task Open: 1
    DEMO Task Done: 1
    DEMO Task To Do: 2
    OPS Task Open: 1
    ");
    let again = target.plan_with(&file, &options);
    assert!(again.plan.is_empty() && again.work.is_empty(), "{} {:?}", in_short(&again), again.work);
    let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    target.undo_leaving(target.last(), &reading, &import.plan.irrevocable);
    assert_eq!(xml::to_string(&target.export()), before);
    assert_eq!(standings(&target), stood);
}

/// A project that gets another scheme: its issues have a type of both before.
#[test]
fn issues_of_a_project_that_gets_another_type_scheme_get_another_type() {
    let target = Target::demo(Served::cloud());
    let (before, stood) = (xml::to_string(&target.export()), standings(&target));
    let begin = before.find("<issueTypeScheme>\n      <name>Demo: issue types<").unwrap();
    let end = begin + before[begin..].find("</issueTypeScheme>\n").unwrap() + "</issueTypeScheme>\n".len();
    let own = before[begin..end].replace("Demo: issue types", "Demo: fewer types");
    let at = own[..own.find(">Bug</issueType>").unwrap()].rfind("<issueType ").unwrap();
    let own = format!("{}{}", &own[..at], own[at..].split_once("</issueType>").unwrap().1);
    let text = format!("{}{own}{}", &before[..end], &before[end..]);
    let used = "<issueTypeScheme>Demo: issue types</issueTypeScheme>";
    assert_eq!(text.matches(used).count(), 1);
    let text = text.replace(used, "<issueTypeScheme>Demo: fewer types</issueTypeScheme>");
    let mut root = xml::read(&text).root.unwrap();
    pcfg::model::canonicalize(&mut root);
    let file = Config::new(root);
    let mut import = target.plan_with(&file, &mapped(TYPES));
    assert_eq!(import.plan.refused, []);
    target.server.forget();
    target.site_in_order().carry_out(&import.proved().unwrap(), &run("pcfg import")).unwrap();
    insta::assert_snapshot!(told(&target.writes()), @"
    POST /rest/api/3/issuetypescheme 201
    POST /rest/api/3/bulk/issues/move 201
    POST /rest/api/3/bulk/issues/move 201
    PUT /rest/api/3/issuetypescheme/project 204
    ");
    let again = target.plan_with(&file, &mapped(TYPES));
    assert!(again.plan.is_empty() && again.work.is_empty(), "{}", in_short(&again));
    let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    target.undo_leaving(target.last(), &reading, &import.plan.irrevocable);
    assert_eq!(xml::to_string(&target.export()), before);
    assert_eq!(standings(&target), stood);
}

#[test]
fn an_import_that_gives_issues_another_type_is_killed_anywhere() {
    let target = Target::demo(Served::cloud());
    let stood = standings(&target);
    let file = without_type(&target, BUG);
    killed_with(&target, (&file, &mapped(TYPES)), thorough::every(7), &|target| {
        assert_eq!(standings(target), stood);
    });
}

/// Jira may do a part of it and say so: that is no success, and what is left is done by whoever goes on.
#[test]
fn issues_that_jira_does_not_move_stop_the_import() {
    let target = Target::demo(Served::cloud());
    let file = without_type(&target, BUG);
    let mut import = target.plan_with(&file, &mapped(TYPES));
    let told = br#"{"taskId":"10000","status":"COMPLETE","progressPercent":100,"totalIssueCount":1,
        "failedAccessibleIssues":{"10001":["The field Impact is required."]},"invalidOrInaccessibleIssueCount":0}"#;
    let outcome =
        Outcome::Body { status: 200, content_type: "application/json".to_owned(), bytes: told.to_vec() };
    target.server.set_faults(vec![Fault::always("/rest/api/3/bulk/queue/{taskId}", outcome)]);
    let done = target.site().carry_out(&import.proved().unwrap(), &run("pcfg import"));
    let error = done.unwrap_err().to_string();
    assert!(error.contains("issue 10001: The field Impact is required."), "{error}");
    assert!(!told_of(&target).contains("DELETE"), "the type is still there: {}", told_of(&target));
    target.server.set_faults(Vec::new());
    target.site().recover(&run("pcfg resume").who).unwrap();
    let again = target.plan_with(&file, &mapped(TYPES));
    assert!(again.plan.is_empty() && again.work.is_empty(), "{}", in_short(&again));
}

fn told_of(target: &Target) -> String {
    told(&target.writes())
}

/// A saved plan names the issues; if others are there by then, it is not true any more.
#[test]
fn a_saved_plan_gives_the_issues_that_were_found_another_type() {
    let target = Target::demo(Served::cloud());
    let file = without_type(&target, BUG);
    let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    let (place, now) = (reading.place(), &reading.snapshot);
    let options = mapped(TYPES);
    let import = prepare(place, now, &reading.facts(), &file, &options);
    let bytes = xml::to_string(&file).into_bytes();
    let origin = Origin { name: "after.xml", bytes: &bytes, options: &options, new: None };
    let saved = SavedPlan::new(&import, &origin, import::Target::default(), place, now);
    let saved = SavedPlan::parse(&saved.text()).unwrap();
    let work = saved.work().unwrap();
    let (proved, _) = saved.prove(&work, place, (now, &reading.facts())).unwrap();
    assert_eq!(proved.work(), &import.work);
    let none = Outcome::Body {
        status: 200,
        content_type: "application/json".to_owned(),
        bytes: br#"{"issues":[],"isLast":true}"#.to_vec(),
    };
    target.server.set_faults(vec![Fault::always("/rest/api/3/search/jql", none)]);
    let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    let again = saved.prove(&work, reading.place(), (&reading.snapshot, &reading.facts()));
    assert!(matches!(&again, Err(Disproved::Untrue(_))), "{again:?}");
    target.server.set_faults(Vec::new());
    target.site().carry_out(&proved, &run("pcfg apply")).unwrap();
    assert!(standings(&target).contains("DEMO Task Done: "), "{}", standings(&target));
}

/// What no request can say is told beforehand, with what to do instead.
#[test]
fn issues_that_get_no_other_type_are_refused_with_the_reason() {
    let subtask = "Sub-task";
    let cases = [
        (Served::data_center(), BUG, "typeMigration.DEMO.Bug = \"Task\""),
        (Served::cloud(), BUG, "typeMigration.DEMO.Bug = \"Sub-task\""),
        (Served::cloud(), BUG, "typeMigration.DEMO.Bug = \"Nothing\""),
        (Served::cloud(), subtask, "typeMigration.DEMO.Sub-task = \"Task\""),
    ];
    let all = cases.map(|(served, line, mapping)| {
        let target = Target::demo(served);
        let file = without_type(&target, line);
        refused(&target.plan_with(&file, &mapped(mapping)))
    });
    insta::assert_snapshot!(all.concat(), @r#"
    issue-type-in-use /issueTypeScheme[Demo: issue types]: project DEMO has 2 issues of type `Bug`, which it would lose (they are to get `Task`: Data Center has no request that moves issues to another type: move them in Jira first (Bulk change, Move issues))
      keep the issue type in the scheme, or move those issues first
    issue-type-in-use /issueTypeScheme[Demo: issue types]: project DEMO has 2 issues of type `Bug`, which it would lose (they are to get `Sub-task`: standard types never become sub-task types)
      keep the issue type in the scheme, or move those issues first, or say in the mapping file (--map) which issue type they get: typeMigration."DEMO"."Bug" = "Story"
    issue-type-in-use /issueTypeScheme[Demo: issue types]: project DEMO has 2 issues of type `Bug`, which it would lose (they are to get `Nothing`, which its scheme does not have, either)
      keep the issue type in the scheme, or move those issues first, or say in the mapping file (--map) which issue type they get: typeMigration."DEMO"."Bug" = "Story"
    issue-type-in-use /issueTypeScheme[Demo: issue types]: project DEMO has 1 issue of type `Sub-task`, which it would lose (they are to get `Task`: sub-task types never become standard types)
      keep the issue type in the scheme, or move those issues first
    "#);
}

/// What would have to wait for the same import is refused with what to do first.
#[test]
fn a_type_that_issues_could_get_only_afterwards_is_refused() {
    let target = Target::demo(Served::cloud());
    let before = xml::to_string(&target.export());
    let read = |text: &str| {
        let mut root = xml::read(text).root.unwrap();
        pcfg::model::canonicalize(&mut root);
        Config::new(root)
    };
    let begin = before.find("<issueTypeScheme>\n      <name>Demo: issue types<").unwrap();
    let end = begin + before[begin..].find("</issueTypeScheme>\n").unwrap() + "</issueTypeScheme>\n".len();
    let own = before[begin..end].replace("Demo: issue types", "Demo: other types");
    let own = own.replace(">Bug</issueType>", ">Chore</issueType>");
    let text = format!("{}{own}{}", &before[..end], &before[end..])
        .replace("<issueTypeScheme>Demo: issue types<", "<issueTypeScheme>Demo: other types<")
        .replacen("<issueTypes>", "<issueTypes><issueType><name>Chore</name></issueType>", 1);
    let chores = TYPES.replace("Task", "Chore");
    let told = refused(&target.plan_with(&read(&text), &mapped(&chores)));
    assert!(
        told.contains(
            "they are to get `Chore`: its project gets another scheme, and Jira takes that only when"
        ),
        "{told}"
    );
    // The status that they are to have comes into the workflow by the same import.
    let text = xml::to_string(&without_status(&target, "Being reviewed"));
    let begin = text.find("<name>Demo: issue types</name>").unwrap();
    let end = begin + text[begin..].find(">Bug</issueType>").unwrap() + ">Bug</issueType>".len();
    let at = text[..end].rfind("<issueType ").unwrap();
    let file = read(&format!("{}{}", &text[..at], &text[end..]));
    let types = TYPES.replace("\"To Do\"", "\"Being reviewed\"");
    let stories = "[statusMigration.\"Demo: stories\".Story]\n\"In Review\" = \"Being reviewed\"\n";
    let told = refused(&target.plan_with(&file, &mapped(&format!("{types}{stories}"))));
    assert!(told.contains("they are to get `Task`: the workflow that holds for that type"), "{told}");
}

/// What was not counted is unknown, and refused.
#[test]
fn issues_that_nobody_could_count_are_unknown() {
    let target = Target::demo(Served::cloud());
    let file = with_one_workflow(&target);
    for path in ["/rest/api/3/search/jql", "/rest/api/3/search/approximate-count"] {
        for outcome in [Outcome::Status(403), Outcome::EmptyObject] {
            target.server.set_faults(vec![Fault::always(path, outcome)]);
            let import = target.plan_with(&file, &mapped(OF_SCHEME));
            target.server.set_faults(Vec::new());
            let refused = refused(&import);
            assert!(refused.contains("which could not be counted"), "{path}: {refused}");
        }
    }
}

/// A saved plan says which issues move, and is applied only if they are still there.
#[test]
fn a_saved_plan_moves_the_issues_that_were_counted() {
    let target = Target::demo(Served::cloud());
    let file = with_one_workflow(&target);
    let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    let (place, now) = (reading.place(), &reading.snapshot);
    let options = mapped(OF_SCHEME);
    let import = prepare(place, now, &reading.facts(), &file, &options);
    let bytes = xml::to_string(&file).into_bytes();
    let origin = Origin { name: "after.xml", bytes: &bytes, options: &options, new: None };
    let saved = SavedPlan::new(&import, &origin, import::Target::default(), place, now);
    let saved = SavedPlan::parse(&saved.text()).unwrap();
    let work = saved.work().unwrap();
    let (proved, _) = saved.prove(&work, place, (now, &reading.facts())).unwrap();
    assert_eq!(proved.work(), &import.work);
    target.site().carry_out(&proved, &run("pcfg apply")).unwrap();
    assert!(standings(&target).contains("DEMO Bug To Do: 1\n"));
    target.undo(1);
    // By now the bugs are elsewhere.
    let none = Outcome::Body {
        status: 200,
        content_type: "application/json".to_owned(),
        bytes: br#"{"issues":[],"isLast":true}"#.to_vec(),
    };
    target.server.set_faults(vec![Fault::always("/rest/api/3/search/jql", none)]);
    let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    let again = saved.prove(&work, reading.place(), (&reading.snapshot, &reading.facts()));
    assert!(
        matches!(&again, Err(Disproved::Untrue(why)) if why.iter().any(|own| own.contains("in status `Open`"))),
        "{again:?}"
    );
}
