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
        "the status `Closed` of 1 issue of type `Bug` in project DEMO, which get `In Progress`",
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
    killed_with(&target, (&file, &options), thorough::every(7), &|target| {
        assert_eq!(standings(target), stood);
    });
}

/// No request gives issues another type: they are counted, and the plan says so by name.
#[test]
fn issues_keep_their_type() {
    for served in [Served::cloud(), Served::data_center()] {
        let target = Target::demo(served);
        let text = xml::to_string(&target.export());
        let begin = text.find("<name>Demo: issue types</name>").unwrap();
        let at = begin + text[begin..].find("<issueType position=\"2\">Bug</issueType>").unwrap();
        let fewer = text[at..].replacen("<issueType position=\"2\">Bug</issueType>", "", 1);
        let mut root = xml::read(&format!("{}{fewer}", &text[..at])).root.unwrap();
        pcfg::model::canonicalize(&mut root);
        let file = Config::new(root);
        let plain = refused(&target.plan(&file));
        assert_eq!(
            plain,
            "issue-type-in-use /issueTypeScheme[Demo: issue types]: project DEMO has 2 issues of type `Bug`, which it would lose\n  \
             keep the issue type in the scheme, or move those issues first\n"
        );
        let mapped = refused(&target.plan_with(&file, &mapped("typeMigration.DEMO.Bug = \"Task\"")));
        assert!(
            mapped
                .contains("which it would lose (they are to get `Task`: issues get no other type over REST)"),
            "{mapped}"
        );
    }
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
