//! Issues get another type where the issue type scheme of their project loses theirs, as Jira's "migrate issues" gives them one.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use pcfg::import::Import;
use pcfg::instance::{Backup, Instance as _, Reading};
use pcfg::model::{Config, Element, rank};
use pcfg::plan::{Mapping, Options};
use pcfg::select::{CustomFields, Projects};
use rusqlite::Connection;

use crate::env::Env;
use crate::importing::{Place, config, export, places};
use crate::issues::{SCOPE, exported, move_with_their_workflow, rows, write_backup};

const TASK: &str = "    <issueType>\n      <name>Task</name>\n    </issueType>\n  </issueTypes>";

const TYPES: &str = "      <issueType position=\"2\">Bug</issueType>
      <issueType position=\"1\">Story</issueType>
      <issueType subtask=\"true\" position=\"3\">Sub-task</issueType>
    </issueTypeScheme>
  </issueTypeSchemes>";

/// Returns an export of the demo whose project has tasks instead of bugs and stories.
fn with_tasks(file: &str) -> String {
    let scheme =
        TYPES.replace(">Bug<", ">Task<").replace("      <issueType position=\"1\">Story</issueType>\n", "");
    assert!(file.contains(TYPES));
    file.replace("  </issueTypes>", TASK).replace(TYPES, &scheme)
}

/// An instance with issues, and a file whose project has tasks instead of bugs and stories.
fn instance() -> Env {
    let env = exported();
    env.write("after.xml", with_tasks(&env.read("before.xml")));
    env.write("names.toml", NAMES);
    env
}

/// Stories stay in their steps, and bugs move to another workflow, which knows no review.
const NAMES: &str = "[typeMigration]\nBug = \"Task\"\nStory = \"Sub-task\"\n[typeMigration.DEMO]\nStory = \"Task\"\n\
                     [statusMigration.jira.Task]\n\"In Review\" = \"Open\"\n";

/// What becomes of issues, row by row; and all of it taken back.
#[test]
fn issues_get_the_type_that_the_mapping_file_says() {
    let env = instance();
    let path = env.path("jira.sqlite");
    let before = rows(&path);
    assert_snapshot!(env.run(&["import", "after.xml", "--simulate"]), @r#"
    plan for jira.sqlite

    refused
      ! project DEMO has 1 issue of type `Story`, which it would lose
          at /issueTypeScheme[Demo issue types]
          keep the issue type in the scheme, or move those issues first, or say in the mapping file (--map) which issue type they get: typeMigration."DEMO"."Story" = "Task"
      ! project DEMO has 5 issues of type `Bug`, which it would lose
          at /issueTypeScheme[Demo issue types]
          keep the issue type in the scheme, or move those issues first, or say in the mapping file (--map) which issue type they get: typeMigration."DEMO"."Bug" = "Task"

    issue type
      + Task

    1 object to create, 1 refused; 49 unchanged
    --- stderr
    error: 1 object is refused, and nothing would be changed
    hint: each says above what to do about it
    hint: to leave out the causes: `pcfg import after.xml --simulate -i jira.sqlite --skip 'issueTypeScheme:Demo issue types'`
    --- exit 4
    "#);
    env.write("half.toml", "[typeMigration]\nBug = \"Task\"\nStory = \"Task\"\nEpic = \"Task\"\n");
    assert_snapshot!(env.run(&["import", "after.xml", "--simulate", "--map", "half.toml"]), @r#"
    plan for jira.sqlite

    refused
      ! issues are in statuses that their workflow `jira` would not have: 3 of type `Bug`, which become `Task`, in `In Review` in project DEMO
          at /issueTypeScheme[Demo issue types]
          keep the status in the workflow, or move those issues first, or say in the mapping file (--map) which status they get: statusMigration."jira"."Task"."In Review" = "Open"

    issue type
      + Task

    1 object to create, 1 refused; 49 unchanged
    --- stderr
    error: 1 object is refused, and nothing would be changed
    hint: each says above what to do about it
    hint: to leave out the causes: `pcfg import after.xml --simulate --map half.toml -i jira.sqlite --skip 'issueTypeScheme:Demo issue types'`
    --- exit 4
    "#);
    assert_snapshot!(env.run(&["import", "after.xml", "--map", "names.toml", "--yes"]), @"
    plan for jira.sqlite

    will be removed
      - issue type scheme Demo issue types: issueType: `Bug (position 2)`
      - issue type scheme Demo issue types: issueType: `Story (position 1)`

    issues move
      ~ DEMO: 1 issue of type `Bug`, which becomes `Task`, to workflow `jira`
          1 in `Closed`
      ~ DEMO: 4 issues of type `Bug`, which become `Task`, from workflow `Demo workflow` to `jira`
          3 in `In Review`, which become `Open`
          1 in `Open`
      ~ DEMO: 1 issue of type `Story`, which becomes `Task`
          1 in `Open`

    issue type
      + Task

    issue type scheme
      ~ Demo issue types
          - issueType: `Bug (position 2)`
          - issueType: `Story (position 1)`
          + issueType: `Task (position 1)`

    1 object to create, 1 object to change, 2 parts to remove, 6 issues to move; 49 unchanged
    --- stderr
    applied as run 1 to jira.sqlite: 1 object created, 1 object changed, 2 parts removed, 6 issues moved; `pcfg undo 1 -i jira.sqlite` undoes it
    --- exit 0
    ");
    assert_snapshot!(rows(&path), @"
    jiraissue
    10000 | 10003 | 1 | 10004 | [NOW]
    10001 | 10003 | 1 | 10005 | [NOW]
    10002 | 10003 | 1 | 10006 | [NOW]
    10003 | 10003 | 1 | 10007 | [NOW]
    10004 | 10003 | 6 | 10008 | [NOW]
    10005 | 10003 | 1 | 10003 | [NOW]
    OSWorkflowEntry
    10000 | Demo workflow | 3
    10001 | Demo workflow | 3
    10002 | Demo workflow | 3
    10003 | jira | 1
    10004 | jira | 1
    10005 | jira | 1
    10006 | jira | 1
    10007 | jira | 1
    10008 | jira | 1
    OSCurrentStep
    10003 | 10003 | 1 | 0 |  | 2025-01-04 09:00:00.0 | Open
    10701 | 10004 | 1 | 0 |  | 2025-01-01 09:00:00.0 | Open
    10702 | 10005 | 1 | 0 |  | 2025-01-02 09:00:00.0 | In Review
    10703 | 10006 | 1 | 0 |  | 2025-01-03 09:00:00.0 | In Review
    10704 | 10007 | 1 | 0 |  | 2025-01-03 09:00:00.0 | In Review
    10705 | 10008 | 6 | 0 |  | [NOW] | Closed
    OSHistoryStep
    10000 | 10000 | 1 | 0 |  | 2025-01-01 09:00:00.0 | Open
    10001 | 10001 | 2 | 0 |  | 2025-01-02 09:00:00.0 | In Review
    10002 | 10002 | 2 | 0 |  | 2025-01-03 09:00:00.0 | In Review
    10700 | 10000 | 2 | 0 |  | 2024-01-01 09:00:00.0 | In Review
    changegroup
    10000 | 10000 | - | [NOW]
    10001 | 10001 | - | [NOW]
    10002 | 10002 | - | [NOW]
    10003 | 10003 | - | [NOW]
    10004 | 10004 | - | [NOW]
    10005 | 10005 | - | [NOW]
    changeitem
    10000 | 10000 | issuetype | 10000 | Bug | 10003 | Task
    10001 | 10000 | Workflow | 10000 | Demo workflow | 10004 | jira
    10002 | 10001 | issuetype | 10000 | Bug | 10003 | Task
    10003 | 10001 | Workflow | 10001 | Demo workflow | 10005 | jira
    10004 | 10001 | status | 10000 | In Review | 1 | Open
    10005 | 10002 | issuetype | 10000 | Bug | 10003 | Task
    10006 | 10002 | Workflow | 10002 | Demo workflow | 10006 | jira
    10007 | 10002 | status | 10000 | In Review | 1 | Open
    10008 | 10003 | issuetype | 10000 | Bug | 10003 | Task
    10009 | 10003 | Workflow | 10002 | Demo workflow | 10007 | jira
    10010 | 10003 | status | 10000 | In Review | 1 | Open
    10011 | 10004 | issuetype | 10000 | Bug | 10003 | Task
    10012 | 10004 | Workflow | - | - | 10008 | jira
    10013 | 10005 | issuetype | 10001 | Story | 10003 | Task
    ");
    let again = env.run(&["import", "after.xml", "--map", "names.toml"]);
    assert!(again.contains("\nnothing to do; "), "{again}");
    assert!(again.contains("of issue type `Bug`, but no issue needs that"), "{again}");
    assert_snapshot!(env.run(&["undo", "--simulate"]), @"
    plan for jira.sqlite

    will be removed
      - issue type Task
      - issue type scheme Demo issue types: issueType: `Task (position 1)`

    issues move
      ~ DEMO: 1 issue of type `Task`, which becomes `Bug`, from workflow `jira` to none
          1 in `Closed`
      ~ DEMO: 4 issues of type `Task`, which become `Bug`, from workflow `jira` to `Demo workflow`
          3 in `Open`, which become `In Review`
          1 in `Open`
      ~ DEMO: 1 issue of type `Task`, which becomes `Story`
          1 in `Open`

    issue type scheme
      ~ Demo issue types
          - issueType: `Task (position 1)`
          + issueType: `Story (position 1)`
          + issueType: `Bug (position 2)`

    issue type
      - Task

    1 object to change, 1 object to remove, 1 part to remove, 6 issues to move
    --- exit 0
    ");
    // Somebody else has created a task meanwhile.
    let sql = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    sql("INSERT INTO jiraissue (id, project, issuetype, issuestatus, workflow_id)
         SELECT 10009, project, issuetype, issuestatus, 20000 FROM jiraissue WHERE id = 10005;
         INSERT INTO OSWorkflowEntry (id, name, state) VALUES (20000, 'jira', 1);
         INSERT INTO OSCurrentStep (id, entryId, stepId) VALUES (20000, 20000, 1)");
    assert_snapshot!(env.run(&["undo", "--yes"]), @"
    --- stderr
    error: run 1 cannot be undone, and nothing was changed: newer issues would have no step, or no issue type
    caused by: 1 issue of type `Task` in project DEMO: the project would not have their issue type
    hint: move these issues first
    --- exit 4
    ");
    sql("DELETE FROM jiraissue WHERE id = 10009; DELETE FROM OSWorkflowEntry WHERE id = 20000;
         DELETE FROM OSCurrentStep WHERE id = 20000");
    assert!(env.run(&["undo", "--yes"]).ends_with("--- exit 0\n"));
    assert_eq!(rows(&path), before, "the way back");
}

/// What cannot be is refused, whatever the mapping file says.
#[test]
fn a_type_of_the_other_kind_or_outside_of_the_scheme_is_refused() {
    let env = instance();
    for (map, told) in [
        ("Bug = \"Sub-task\"", "(they are to get `Sub-task`: standard types never become sub-task types)"),
        ("Bug = \"Story\"", "(they are to get `Story`, which its scheme does not have, either)"),
        ("Bug = \"Nothing\"", "(they are to get `Nothing`, which its scheme does not have, either)"),
    ] {
        env.write("other.toml", format!("[typeMigration.DEMO]\n{map}\n"));
        let said = env.run(&["import", "after.xml", "--map", "other.toml", "--yes"]);
        let line = format!("project DEMO has 5 issues of type `Bug`, which it would lose {told}");
        assert!(said.contains(&line) && said.ends_with("--- exit 4\n"), "{said}");
    }
    env.write("wrong.toml", "[typeMigration]\nBug = { match = \"Task\" }\nStory = 1\n");
    assert_snapshot!(env.run(&["import", "after.xml", "--map", "wrong.toml"]), @r#"
    --- stderr
    error: cannot use the mapping file `wrong.toml`
    caused by: [typeMigration] is wrong: it has lines such as "Defect" = "Bug" for all projects, and [typeMigration.KEY] with such lines for one
    --- exit 3
    "#);
    // Of a sub-task the other way.
    let text = env.read("before.xml");
    let text = text.replace("      <issueType subtask=\"true\" position=\"3\">Sub-task</issueType>\n    </issueTypeScheme>\n  </issueTypeSchemes>",
        "    </issueTypeScheme>\n  </issueTypeSchemes>");
    env.write("after.xml", text);
    let sql = "UPDATE jiraissue SET issuetype = (SELECT id FROM issuetype WHERE pname = 'Sub-task') WHERE id = 10005";
    Connection::open(env.path("jira.sqlite")).unwrap().execute_batch(sql).unwrap();
    env.write("other.toml", "[typeMigration]\nSub-task = \"Story\"\n");
    let said = env.run(&["import", "after.xml", "--map", "other.toml", "--yes"]);
    assert!(said.contains("(they are to get `Story`: sub-task types never become standard types)"), "{said}");
}

/// A saved plan gives the types that it tells, and no others.
#[test]
fn a_saved_plan_gives_the_types_that_it_tells() {
    let env = instance();
    let simulate = ["import", "after.xml", "--map", "names.toml", "--simulate", "-q", "--out", "plan.json"];
    assert!(env.run(&simulate).ends_with("--- exit 0\n"));
    let plan = env.read("plan.json");
    let path = env.path("jira.sqlite");
    let before = rows(&path);
    for (from, to) in [
        ("\"newIssueType\": \"Task\"", "\"newIssueType\": \"Story\""),
        ("\"newType\": {\n        \"id\": \"10003\"", "\"newType\": {\n        \"id\": \"10001\""),
    ] {
        assert!(plan.contains(from), "{plan}");
        env.write("edited.json", plan.replace(from, to));
        let said = env.run(&["apply", "edited.json", "--yes"]);
        assert!(
            said.contains("the plan does not do what it says") && said.ends_with("--- exit 4\n"),
            "{said}"
        );
    }
    assert_eq!(rows(&path), before);
    assert!(env.run(&["apply", "plan.json", "--yes"]).ends_with("--- exit 0\n"));
    let types: i64 = Connection::open(&path)
        .unwrap()
        .query_row(
            "SELECT count(*) FROM jiraissue JOIN issuetype ON issuetype.id = issuetype WHERE pname = 'Task'",
            (),
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(types, 6);
}

fn prepared(folder: &std::path::Path) -> (Import, Reading) {
    let reading = Backup::open(folder).unwrap().read(SCOPE, &|_, _| {}).unwrap();
    let target = crate::choices::Target::new(reading.tables);
    let options = Options { mapping: Mapping::parse(NAMES).unwrap(), ..Default::default() };
    let import = target.import(&with_tasks(&target.file), &options);
    let mut after = Reading { tables: target.tables.clone(), ..Reading::default() };
    after.tables.apply(import.work.rows()).unwrap();
    after.snapshot = pcfg::mapping::read(&after.tables);
    (import, after)
}

/// The law, and the way back to the last column, in every store.
#[test]
fn every_store_gives_issues_another_type_and_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    write_backup(folder.path());
    let (import, mut after) = prepared(folder.path());
    assert_eq!(import.plan.moves.iter().map(|own| own.issues).sum::<u64>(), 6);
    move_with_their_workflow(&import, &Place::of_backup(folder.path().to_owned()), &mut after, "by hand");
    #[cfg(feature = "postgres")]
    if let Some((database, _)) = crate::postgres::load(folder.path()) {
        let rows = || {
            let mut rows = crate::postgres::rows(&database);
            rows.remove("sequence_value_item");
            rows
        };
        let before = rows();
        crate::issues::moved_and_taken_back(&mut database.open(), &import, &after, "postgres");
        assert_eq!(rows(), before, "to the last column");
    }
}

/// Every issue type that real issues have goes from its scheme, once.
#[test]
fn real_issues_get_another_type() {
    let mut moved = 0;
    // Many backups are nearly the same.
    for target in places().iter_mut().rev().step_by(4) {
        let before = &target.reading.snapshot;
        let of_tag = |tag: &'static str| {
            before.objects.iter().map(|(_, own)| &own.element).filter(move |own| own.tag() == tag)
        };
        let names = |tag| of_tag(tag).map(|own| own.text_of("name").unwrap().to_owned());
        let statuses: Vec<String> = names("status").collect();
        // Whatever their status was, it becomes the first of the workflow.
        let first = of_tag("workflowEntry").filter_map(|own| {
            let status = own.all("step").next()?.text_of("status")?;
            Some((own.text_of("name")?.to_owned(), status.to_owned()))
        });
        let first: Vec<(String, String)> = first.chain([("jira".to_owned(), "Open".to_owned())]).collect();
        let tables = &target.reading.tables;
        let ids: BTreeSet<&str> = tables.usage.standings.keys().map(|own| own.issue_type.as_str()).collect();
        let used = tables.rows("IssueType").iter().filter(|row| ids.contains(row.id()));
        let used: BTreeSet<&str> = used.filter_map(|row| row.get("name")).collect();
        let mut changes = Vec::new();
        for scheme in of_tag("issueTypeScheme") {
            let types: Vec<_> = scheme.all("issueType").collect();
            let kind = |own: &Element| own.attribute_named("subtask").is_some();
            // Only types that issues have tell anything.
            for own in types.iter().filter(|own| used.contains(own.text())) {
                let other = types.iter().find(|other| other.text() != own.text() && kind(other) == kind(own));
                changes.extend(
                    other.map(|other| (scheme.clone(), own.text().to_owned(), other.text().to_owned())),
                );
            }
        }
        let text = export(&mut target.reading.snapshot, Projects::All, CustomFields::default());
        let mut is_untried = true;
        for (scheme, old, new) in changes {
            let mut root = config(&text).root().clone();
            let mut others = scheme.clone();
            others.children_mut().unwrap().retain(|own| own.text() != old);
            let container =
                root.children_mut().unwrap().iter_mut().find(|own| own.tag() == "issueTypeSchemes");
            let Some(own) =
                container.and_then(|own| own.children_mut()?.iter_mut().find(|own| **own == scheme))
            else {
                continue;
            };
            *own = others;
            rank(&mut root);
            let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
            let mut lines = format!("[typeMigration]\n{} = {}\n", quoted(&old), quoted(&new));
            for (workflow, status) in &first {
                lines.push_str(&format!("[statusMigration.{}.{}]\n", quoted(workflow), quoted(&new)));
                let line = |own: &String| format!("{} = {}\n", quoted(own), quoted(status));
                lines.extend(statuses.iter().map(line));
            }
            let options = Options { mapping: Mapping::parse(&lines).unwrap(), ..Default::default() };
            let import = target.import(&Config::new(root), &options);
            let place = format!("{}: {old} of {}", target.name, scheme.text_of("name").unwrap());
            assert!(import.plan.refused.is_empty(), "{place}: {:?}", import.plan.describe());
            let own =
                import.plan.moves.iter().filter(|own| own.issue_type_name == old && own.new_type.is_some());
            let issues: u64 = own.map(|own| own.issues).sum();
            moved += issues;
            // Every store is tried once.
            let is_first = issues > 0 && std::mem::take(&mut is_untried);
            if is_first {
                let mut after = Reading { tables: target.reading.tables.clone(), ..Reading::default() };
                after.tables.apply(import.work.rows()).unwrap();
                after.snapshot = pcfg::mapping::read(&after.tables);
                move_with_their_workflow(&import, target, &mut after, &place);
                assert_eq!(pcfg::mapping::unmoved(&after.tables, &import.plan.moves), [""; 0], "{place}");
            }
        }
    }
    eprintln!("{moved} issues got another type");
    assert!(moved > 0);
}
