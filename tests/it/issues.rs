//! Issues move with their workflow: where a workflow, a mapping or a scheme changes, the workflow state of each issue follows, as it
//! does when Jira publishes such a change.

use std::path::Path;

use insta::assert_snapshot;
use pcfg::entity::{Move, Standing, Standings, Tables};
use pcfg::import::Import;
use pcfg::instance::{Backup, Instance as _, Reading, Run, Scope, Writable};
use pcfg::mapping::workflow::Descriptor;
use pcfg::model::{Identity, Snapshot};
use pcfg::schema::Schema;
use rusqlite::Connection;

use crate::embedded::{Changes as _, run};
use crate::env::{Env, testdata};
use crate::importing::Place;

pub(crate) const SCOPE: Scope = Scope { field_values: false, usage: true };

/// The steps of Jira's own workflow: status and step.
const BUILT_IN: [(&str, &str); 5] = [("1", "1"), ("3", "3"), ("5", "4"), ("4", "5"), ("6", "6")];

/// What decides over the issues of a project and type, worked out from the objects: scheme, workflow, and its descriptor.
fn course(tables: &Tables, snapshot: &Snapshot, standing: &Standing) -> Option<(String, String, String)> {
    let kind = |name: &str| Schema::get().kind_named(name).unwrap();
    let row = |entity: &str, id: &str| tables.rows(entity).iter().find(|row| row.id() == id);
    let key = row("Project", &standing.project)?.get("key")?;
    let issue_type = row("IssueType", &standing.issue_type)?;
    let is_subtask = issue_type.get("style") == Some("jira_subtask");
    let object = |kind_name: &str, name: &str| {
        snapshot.objects.get(&Identity::named(kind(kind_name), name)).map(|own| &own.element)
    };
    let scheme = object("project", key)?.text_of("workflowScheme").unwrap_or("");
    let mappings = object("workflowScheme", scheme).into_iter().flat_map(|own| own.all("mappingIssueTypes"));
    let (mut own, mut others) = (None, None);
    for mapping in mappings {
        let workflow = mapping.text_of("workflow").unwrap();
        match mapping.get("issueType") {
            None => others = Some(workflow),
            Some(ty) if Some(ty.text()) == issue_type.get("name") => {
                if ty.attribute_named("subtask").is_some() == is_subtask {
                    own = Some(workflow);
                }
            }
            Some(_) => {}
        }
    }
    let workflow = own.or(others).unwrap_or("jira");
    let stored = tables.rows("Workflow").iter().find(|row| row.get("name") == Some(workflow));
    let descriptor = stored.and_then(|row| row.get("descriptor")).unwrap_or("");
    Some((scheme.to_owned(), workflow.to_owned(), descriptor.to_owned()))
}

/// Returns whether issues have an active entry of their project's workflow, with a step whose status is theirs.
fn holds(standing: &Standing, (_, workflow, descriptor): &(String, String, String)) -> bool {
    let has = |status: &str, step: &str| match Descriptor::parse(descriptor) {
        Ok(own) => {
            let mut steps = own.steps.iter().filter(|own| own.id == step);
            steps.any(|own| own.metas.get("jira.status.id").is_some_and(|own| own.trim() == status))
        }
        Err(_) => descriptor.is_empty() && BUILT_IN.contains(&(status, step)),
    };
    standing.active
        && standing.workflow.as_ref() == Some(workflow)
        && standing.step.as_ref().is_some_and(|step| has(&standing.status, step))
}

/// Returns where issues stand after moves.
fn moved(before: &Standings, moves: &[Move]) -> Standings {
    let mut after = before.clone();
    for own in moves {
        assert_eq!(after.remove(&own.from), Some(own.issues), "all of them, once");
    }
    for own in moves {
        *after.entry(own.to()).or_default() += own.issues;
    }
    after
}

/// The law: after an import, every issue has an active entry of its project's workflow, with a step whose status is its own, where
/// it had one before or where the import changes the workflow, scheme or mapping. `after` is the instance with all but the issues
/// changed; they are moved in it, and in a backup and an embedded instance, where some move.
pub(crate) fn move_with_their_workflow(import: &Import, target: &Place, after: &mut Reading, place: &str) {
    let before = &target.reading;
    let standings = &before.tables.usage.standings;
    after.tables.usage.standings = moved(standings, &import.plan.moves);
    for (standing, issues) in &after.tables.usage.standings {
        let was = course(&before.tables, &before.snapshot, standing);
        let Some(is) = course(&after.tables, &after.snapshot, standing) else { continue };
        let is_untouched = was.as_ref() == Some(&is) && standings.get(standing) == Some(issues);
        assert!(holds(standing, &is) || is_untouched, "{place}: {issues} issues stand at {standing:?}");
    }
    if import.plan.moves.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let backup = Backup::open(&target.path).unwrap();
    let new = folder.path().join("new.zip");
    let more = backup.moved(&import.plan.moves, "2025-03-01T12:00:00Z").unwrap();
    let changes = [import.work.rows(), &more].concat();
    let form = backup.form_for(&new).unwrap();
    backup.rewrite(&changes, form, &mut std::fs::File::create(&new).unwrap()).unwrap();
    let written = Backup::open(&new).unwrap().read(SCOPE, &|_, _| {}).unwrap();
    assert_eq!(written.tables.usage.standings, after.tables.usage.standings, "{place}: the new backup");
    let path = folder.path().join("jira.sqlite");
    crate::embedded::load(&target.path, &path);
    let mut instance = pcfg::instance::Embedded::open(&path).unwrap();
    moved_and_taken_back(&mut instance, import, after, place);
}

/// Carries an import out, looks at it, and undoes it.
pub(crate) fn moved_and_taken_back(
    instance: &mut dyn Writable,
    import: &Import,
    after: &Reading,
    place: &str,
) {
    let before = instance.read(SCOPE, &|_, _| {}).unwrap().tables;
    let id = instance.apply(import.work.rows(), &with_moves(import)).unwrap();
    let now = instance.read(SCOPE, &|_, _| {}).unwrap().tables;
    assert_eq!(now.usage.standings, after.tables.usage.standings, "{place}");
    instance.take_back(id, &run("pcfg undo")).unwrap();
    let undone = instance.read(SCOPE, &|_, _| {}).unwrap().tables;
    assert_eq!(undone.usage.standings, before.usage.standings, "{place}");
}

/// Returns the run of an import.
pub(crate) fn with_moves(import: &Import) -> Run {
    Run { moves: import.plan.moves.clone(), ..run("pcfg import") }
}

/// Five bugs and a story: three of the bugs in review, of which two share an entry, as in data of old versions, and one without
/// any workflow state.
const ISSUES: &str = r#"<Issue id="10000" key="DEMO-1" number="1" project="10000" type="10000" summary="The first issue" status="1" created="2025-01-01 09:00:00.0" workflowId="10000"/>
    <Issue id="10001" key="DEMO-2" number="2" project="10000" type="10000" status="10000" updated="2025-01-01 09:00:00.0" workflowId="10001"/>
    <Issue id="10002" key="DEMO-3" number="3" project="10000" type="10000" status="10000" updated="2025-01-01 09:00:00.0" workflowId="10002"/>
    <Issue id="10003" key="DEMO-4" number="4" project="10000" type="10000" status="10000" updated="2025-01-01 09:00:00.0" workflowId="10002"/>
    <Issue id="10004" key="DEMO-5" number="5" project="10000" type="10000" status="6" updated="2025-01-01 09:00:00.0"/>
    <Issue id="10005" key="DEMO-6" number="6" project="10000" type="10001" status="1" updated="2025-01-01 09:00:00.0" workflowId="10003"/>"#;

const STEPS: &str = r#"<OSCurrentStep id="10000" entryId="10000" stepId="1" actionId="0" owner="" startDate="2025-01-01 09:00:00.0" status="Open"/>
    <OSCurrentStep id="10001" entryId="10001" stepId="2" actionId="0" owner="" startDate="2025-01-02 09:00:00.0" status="In Review"/>
    <OSCurrentStep id="10002" entryId="10002" stepId="2" actionId="0" owner="" startDate="2025-01-03 09:00:00.0" status="In Review"/>
    <OSCurrentStep id="10003" entryId="10003" stepId="1" actionId="0" owner="" startDate="2025-01-04 09:00:00.0" status="Open"/>
    <OSHistoryStep id="10700" entryId="10000" stepId="2" actionId="0" owner="" startDate="2024-01-01 09:00:00.0" status="In Review"/>"#;

const ENTRIES: &str = r#"<OSWorkflowEntry id="10000" name="Demo workflow" state="1"/>
    <OSWorkflowEntry id="10001" name="Demo workflow" state="1"/>
    <OSWorkflowEntry id="10002" name="Demo workflow" state="1"/>
    <OSWorkflowEntry id="10003" name="jira" state="1"/>"#;

/// Writes a backup with these issues into a folder.
pub(crate) fn write_backup(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let demo = testdata("backup/demo");
    let mut text = std::fs::read_to_string(demo.join("entities.xml")).unwrap();
    for (begin, new) in [("<Issue ", ISSUES), ("<OSCurrentStep ", STEPS), ("<OSWorkflowEntry ", ENTRIES)] {
        let from = text.find(begin).unwrap();
        let to = from + text[from..].find("/>").unwrap() + 2;
        text.replace_range(from..to, new);
    }
    let total = text.find("<!--\n ___ Entities").or_else(|| text.rfind("<!--"));
    text.replace_range(total.unwrap().., "</entity-engine-xml>\n");
    std::fs::write(folder.join("entities.xml"), text).unwrap();
    std::fs::copy(demo.join("activeobjects.xml"), folder.join("activeobjects.xml")).unwrap();
}

/// A backup, an instance of it, and an export.
pub(crate) fn exported() -> Env {
    let mut env = Env::new();
    env.set("USER", "ada");
    env.set("PCFG_INSTANCE", "jira.sqlite");
    write_backup(&env.path("backup"));
    assert_eq!(env.run(&["instance", "load", "backup", "--into", "jira.sqlite", "-q"]), "--- exit 0\n");
    assert_eq!(env.run(&["export", "--all", "-q", "-o", "before.xml"]), "--- exit 0\n");
    env
}

/// A backup, an instance of it, and a file that has bugs run by Jira's own workflow, which knows no review.
fn with_issues() -> Env {
    let env = exported();
    let text = env.read("before.xml");
    let (from, to) = (
        "<issueType>Bug</issueType>\n        <workflow>Demo workflow</workflow>",
        "<issueType>Bug</issueType>\n        <workflow>jira</workflow>",
    );
    assert!(text.contains(from));
    env.write("after.xml", text.replace(from, to));
    env.write("names.toml", "[statusMigration.\"jira\".Bug]\n\"In Review\" = \"Open\"\n");
    env
}

/// Returns the rows of issues and their workflow state, with the moments of today written as `[NOW]`.
pub(crate) fn rows(path: &Path) -> String {
    let connection = Connection::open(path).unwrap();
    let mut text = String::new();
    for (table, columns) in [
        ("jiraissue", "id, issuetype, issuestatus, workflow_id, updated"),
        ("OSWorkflowEntry", "id, name, state"),
        ("OSCurrentStep", "id, entryId, stepId, actionId, owner, startDate, status"),
        ("OSHistoryStep", "id, entryId, stepId, actionId, owner, startDate, status"),
        ("changegroup", "id, issue, author, created"),
        ("changeitem", "id, \"group\", field, oldvalue, oldstring, newvalue, newstring"),
    ] {
        text.push_str(&format!("{table}\n"));
        let sql = format!("SELECT {columns} FROM {table} ORDER BY CAST(id AS INTEGER)");
        let mut statement = connection.prepare(&sql).unwrap();
        let count = statement.column_count();
        let mut rows = statement.query(()).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..count {
                let value = match row.get_ref(column).unwrap() {
                    rusqlite::types::ValueRef::Null => "-".to_owned(),
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    other => other.as_str().unwrap().to_owned(),
                };
                let is_old =
                    !value.starts_with("20") || value.starts_with("2024-") || value.starts_with("2025-01-0");
                text.push_str(if is_old || value.len() < 19 { &value } else { "[NOW]" });
                text.push_str(if column + 1 < count { " | " } else { "\n" });
            }
        }
    }
    text
}

/// What Jira does when a workflow scheme is published, row by row; and all of it taken back.
#[test]
fn issues_get_the_workflow_state_that_jira_gives_them() {
    let env = with_issues();
    let path = env.path("jira.sqlite");
    let before = rows(&path);
    assert_snapshot!(env.run(&["import", "after.xml", "--simulate"]), @r#"
    plan for jira.sqlite

    refused
      ! issues are in statuses that their workflow `jira` would not have: 3 of type `Bug` in `In Review` in project DEMO
          at /workflowScheme[Demo workflows]
          keep the status in the workflow, or move those issues first, or say in the mapping file (--map) which status they get: statusMigration."jira"."Bug"."In Review" = "Open"

    1 refused; 49 unchanged
    --- stderr
    error: 1 object is refused, and nothing would be changed
    hint: each says above what to do about it
    hint: to leave out the causes: `pcfg import after.xml --simulate -i jira.sqlite --skip 'workflowScheme:Demo workflows'`
    --- exit 4
    "#);
    assert_snapshot!(env.run(&["import", "after.xml", "--map", "names.toml", "--yes"]), @"
    plan for jira.sqlite

    issues move
      ~ DEMO: 1 issue of type `Bug` to workflow `jira`
          1 in `Closed`
      ~ DEMO: 4 issues of type `Bug` from workflow `Demo workflow` to `jira`
          3 in `In Review`, which become `Open`
          1 in `Open`

    workflow scheme
      ~ Demo workflows
          ~ mappingIssueTypes[Bug]/workflow: `Demo workflow` → `jira`

    1 object to change, 5 issues to move; 49 unchanged
    --- stderr
    applied as run 1 to jira.sqlite: 1 object changed, 5 issues moved; `pcfg undo 1 -i jira.sqlite` undoes it
    --- exit 0
    ");
    assert_snapshot!(rows(&path), @"
    jiraissue
    10000 | 10000 | 1 | 10004 | -
    10001 | 10000 | 1 | 10005 | [NOW]
    10002 | 10000 | 1 | 10006 | [NOW]
    10003 | 10000 | 1 | 10007 | [NOW]
    10004 | 10000 | 6 | 10008 | 2025-01-01 09:00:00.0
    10005 | 10001 | 1 | 10003 | 2025-01-01 09:00:00.0
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
    changeitem
    10000 | 10000 | Workflow | 10000 | Demo workflow | 10004 | jira
    10001 | 10001 | Workflow | 10001 | Demo workflow | 10005 | jira
    10002 | 10001 | status | 10000 | In Review | 1 | Open
    10003 | 10002 | Workflow | 10002 | Demo workflow | 10006 | jira
    10004 | 10002 | status | 10000 | In Review | 1 | Open
    10005 | 10003 | Workflow | 10002 | Demo workflow | 10007 | jira
    10006 | 10003 | status | 10000 | In Review | 1 | Open
    10007 | 10004 | Workflow | - | - | 10008 | jira
    ");
    let again = env.run(&["import", "after.xml", "--map", "names.toml"]);
    assert!(again.contains("\nnothing to do; 50 unchanged"), "{again}");
    assert_snapshot!(env.run(&["undo", "--yes"]), @"
    plan for jira.sqlite

    issues move
      ~ DEMO: 1 issue of type `Bug` from workflow `jira` to none
          1 in `Closed`
      ~ DEMO: 4 issues of type `Bug` from workflow `jira` to `Demo workflow`
          3 in `Open`, which become `In Review`
          1 in `Open`

    workflow scheme
      ~ Demo workflows
          ~ mappingIssueTypes[Bug]/workflow: `jira` → `Demo workflow`

    1 object to change, 5 issues to move
    --- stderr
    undone as run 2 in jira.sqlite: 1 object changed, 5 issues moved; `pcfg undo 2 -i jira.sqlite` redoes it
    --- exit 0
    ");
    assert_eq!(rows(&path), before, "the way back");
}

/// A saved plan says how many issues it moves from where; one that somebody has edited, or that others have overtaken, is not
/// applied.
#[test]
fn a_saved_plan_moves_the_issues_that_it_counted() {
    let env = with_issues();
    let path = env.path("jira.sqlite");
    let simulate = ["import", "after.xml", "--map", "names.toml", "--simulate", "-q", "--out", "plan.json"];
    assert!(env.run(&simulate).ends_with("--- exit 0\n"));
    let plan = env.read("plan.json");
    let before = rows(&path);
    let sql = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let edited = |from: &str, to: &str| {
        assert!(plan.contains(from), "{plan}");
        env.write("edited.json", plan.replace(from, to));
        env.run(&["apply", "edited.json", "--yes"])
    };
    for (from, to) in [
        ("\"issues\": 3,\n      \"projectKey\"", "\"issues\": 2,\n      \"projectKey\""),
        ("\"step\": \"6\"", "\"step\": \"5\""),
        (
            "\"workflow\": \"jira\",\n      \"step\": \"6\"",
            "\"workflow\": \"Demo workflow\",\n      \"step\": \"3\"",
        ),
    ] {
        let said = edited(from, to);
        assert!(said.contains("they would not move as the plan says"), "{to}: {said}");
        assert!(said.ends_with("--- exit 4\n"), "{to}: {said}");
    }
    let of_issues = "\"rows\": [\n    {\n      \"table\": \"Issue\", \"before\": {\"id\": \"10000\"}, \"after\": null\n    },";
    assert_snapshot!(edited("\"rows\": [", of_issues), @"
    --- stderr
    error: the plan does not do what it says, and nothing was changed
    caused by: the row - Issue 10000 (): no step of the plan changes it
    hint: it has been edited since it was saved: find out by whom, and why
    hint: make a new plan: `pcfg import after.xml --map names.toml --simulate --save-plan edited.json -i [DIR]/jira.sqlite`
    --- exit 4
    ");
    // Somebody else has created an issue meanwhile.
    sql("INSERT INTO jiraissue (id, project, issuetype, issuestatus) VALUES (10009, 10000, '10000', '6')");
    assert_snapshot!(env.run(&["apply", "plan.json", "--yes"]), @"
    --- stderr
    error: the plan no longer fits the instance, and nothing was changed: 1 object has been changed since
    caused by: issues of type `Bug` in status `Closed` of project DEMO
    hint: make a new plan: `pcfg import after.xml --map names.toml --simulate --save-plan plan.json -i [DIR]/jira.sqlite`
    --- exit 5
    ");
    sql("DELETE FROM jiraissue WHERE id = 10009");
    assert_eq!(rows(&path), before);
    assert_snapshot!(env.run(&["apply", "plan.json", "--yes"]), @"
    plan for [DIR]/jira.sqlite

    issues move
      ~ DEMO: 1 issue of type `Bug` to workflow `jira`
          1 in `Closed`
      ~ DEMO: 4 issues of type `Bug` from workflow `Demo workflow` to `jira`
          3 in `In Review`, which become `Open`
          1 in `Open`

    workflow scheme
      ~ Demo workflows
          ~ mappingIssueTypes[Bug]/workflow: `Demo workflow` → `jira`

    1 object to change, 5 issues to move
    --- stderr
    the plan was made from `after.xml`, which imports DEMO, OPS
    applied as run 1 to [DIR]/jira.sqlite: 1 object changed, 5 issues moved; `pcfg undo 1 -i [DIR]/jira.sqlite` undoes it
    --- exit 0
    ");
    assert!(rows(&path).contains("10001 | 10000 | 1 | 10005 | [NOW]"), "{}", rows(&path));
}

/// What was created since goes back with the others; and where it cannot, the run is not undone.
#[test]
fn undo_takes_issues_along_that_came_since() {
    let env = with_issues();
    let path = env.path("jira.sqlite");
    let applied = env.run(&["import", "after.xml", "--map", "names.toml", "--yes"]);
    assert!(applied.ends_with("--- exit 0\n"), "{applied}");
    let sql = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    sql("INSERT INTO jiraissue (id, project, issuetype, issuestatus, workflow_id) VALUES (10009, 10000, '10000', '3', 20000);
         INSERT INTO OSWorkflowEntry (id, name, state) VALUES (20000, 'jira', 1);
         INSERT INTO OSCurrentStep (id, entryId, stepId) VALUES (20000, 20000, 3)");
    assert_snapshot!(env.run(&["undo", "--yes"]), @"
    --- stderr
    error: run 1 cannot be undone, and nothing was changed: newer issues would have no step, or no issue type
    caused by: 1 issue of type `Bug` in project DEMO: their workflow `Demo workflow` would not have their status `3`
    hint: move these issues first
    --- exit 4
    ");
    sql(
        "UPDATE jiraissue SET issuestatus = '6' WHERE id = 10009; UPDATE OSCurrentStep SET stepId = 6 WHERE id = 20000",
    );
    assert_snapshot!(env.run(&["undo", "--yes"]), @"
    plan for jira.sqlite

    issues move
      ~ DEMO: 1 issue of type `Bug` from workflow `jira` to none
          1 in `Closed`
      ~ DEMO: 5 issues of type `Bug` from workflow `jira` to `Demo workflow`
          3 in `Open`, which become `In Review`
          1 in `Open`
          1 in `Closed`

    workflow scheme
      ~ Demo workflows
          ~ mappingIssueTypes[Bug]/workflow: `jira` → `Demo workflow`

    1 object to change, 6 issues to move
    --- stderr
    undone as run 2 in jira.sqlite: 1 object changed, 6 issues moved; `pcfg undo 2 -i jira.sqlite` redoes it
    --- exit 0
    ");
    let now = rows(&path);
    assert!(now.contains("20001 | Demo workflow | 1") && now.contains("20000 | jira | 3"), "{now}");
}

/// Issues whose workflow was damaged, or whose type their project did not have, stood there before the run that repaired it: they are not
/// newer than it.
#[test]
fn undo_is_open_right_after_a_workflow_was_repaired() {
    let damages = [
        "UPDATE jiraworkflows SET descriptor = '<workflow>'",
        "UPDATE jiraworkflows SET descriptor = replace(descriptor, '<meta name=\"jira.status.id\">1</meta>', '')",
        "DELETE FROM jiraworkflows",
        "DELETE FROM optionconfiguration WHERE optionid = '10000'",
    ];
    for damage in damages {
        let env = exported();
        let path = env.path("jira.sqlite");
        let sql = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        sql(damage);
        let before = (rows(&path), env.run(&["export", "--all", "-q"]));
        let imported = env.run(&["import", "before.xml", "--yes"]);
        assert!(imported.ends_with("--- exit 0\n"), "{damage}: {imported}");
        let undone = env.run(&["undo", "--yes"]);
        assert!(undone.ends_with("--- exit 0\n"), "{damage}: {undone}");
        assert_eq!((rows(&path), env.run(&["export", "--all", "-q"])), before, "{damage}");
        // Whoever came since does not go back with it.
        let again = env.run(&["import", "before.xml", "--yes"]);
        assert!(again.ends_with("--- exit 0\n"), "{damage}: {again}");
        sql("INSERT INTO jiraissue (id, project, issuetype, issuestatus, workflow_id) VALUES (10009, 10000, '10000', '10000', 20000);
             INSERT INTO OSWorkflowEntry (id, name, state) VALUES (20000, 'Demo workflow', 1);
             INSERT INTO OSCurrentStep (id, entryId, stepId) VALUES (20000, 20000, 2)");
        let refused = env.run(&["undo", "--yes"]);
        let is_open = damage.contains("replace(");
        assert_eq!(
            refused.contains("1 issue of type `Bug`") && refused.ends_with("--- exit 4\n"),
            !is_open,
            "{damage}: {refused}"
        );
    }
}

/// The law, and the way back to the last column, in every store.
#[test]
fn every_store_moves_issues_and_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    write_backup(folder.path());
    let reading = Backup::open(folder.path()).unwrap().read(SCOPE, &|_, _| {}).unwrap();
    let target = crate::choices::Target::new(reading.tables);
    let file = target.file.replace(
        "<issueType>Bug</issueType>\n        <workflow>Demo workflow</workflow>",
        "<issueType>Bug</issueType>\n        <workflow>jira</workflow>",
    );
    let mapping = pcfg::plan::Mapping::parse("statusMigration.jira.Bug.\"In Review\" = \"Open\"").unwrap();
    let options = pcfg::plan::Options { mapping, ..Default::default() };
    let import = target.import(&file, &options);
    assert_eq!(import.plan.moves.iter().map(|own| own.issues).sum::<u64>(), 5);
    let mut after = Reading { tables: target.tables.clone(), ..Reading::default() };
    after.tables.apply(import.work.rows()).unwrap();
    after.snapshot = pcfg::mapping::read(&after.tables);
    let place = Place::of_backup(folder.path().to_owned());
    move_with_their_workflow(&import, &place, &mut after, "by hand");
    #[cfg(feature = "postgres")]
    if let Some((database, _)) = crate::postgres::load(folder.path()) {
        let rows = || {
            let mut rows = crate::postgres::rows(&database);
            rows.remove("sequence_value_item");
            rows
        };
        let before = rows();
        moved_and_taken_back(&mut database.open(), &import, &after, "postgres");
        assert_eq!(rows(), before, "to the last column");
        let mut other = import.plan.moves.clone();
        other[0].issues += 1;
        let run = Run { moves: other, ..with_moves(&import) };
        let error = database.open().apply(import.work.rows(), &run).unwrap_err();
        assert!(error.to_string().contains("are to move, but there were"), "{error}");
        assert_eq!(rows(), before, "all or nothing");
    }
}

/// A workflow that brings a status is refused, and so is the project that is to run by it: nobody is told that the file lacks the status.
#[test]
fn who_is_to_run_by_a_workflow_that_is_refused_is_told_so() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    env.run(&["instance", "init", "jira.sqlite", "-q"]);
    env.run(&["export", "--all", "-q", "-o", "all.xml"]);
    let file = env.read("all.xml");
    let (before, rest) = file.split_once("<name>Demo: stories</name>").unwrap();
    let rest = rest.replacen("<status>To Do</status>", "<status>Closed</status>", 1);
    let ops = "<key>OPS</key>\n      <name>Operations</name>";
    let file = format!("{before}<name>Demo: stories</name>{rest}");
    let (before, project) = file.split_once(ops).unwrap();
    let scheme = "</issueTypeScreenScheme>";
    let project =
        project.replacen(scheme, &format!("{scheme}<workflowScheme>Demo: workflows</workflowScheme>"), 1);
    env.write("all.xml", format!("{before}{ops}{project}"));
    let plan = |map: &str| {
        env.write("map.toml", map);
        env.run(&["import", "all.xml", "--simulate", "--map", "map.toml"])
    };
    let line =
        |ty: &str, from: &str| format!("statusMigration.\"Demo: stories\".\"{ty}\".\"{from}\" = \"Closed\"");
    let said = plan("");
    assert!(said.contains(&line("Story", "To Do")) && said.contains(&line("Task", "To Do")), "{said}");
    let said = plan(&format!("{}\n{}", line("Story", "To Do"), line("Task", "Open")));
    assert!(said.contains("the workflow `Demo: stories` is refused and stays as it is"), "{said}");
    assert!(!said.contains("does not have, either") && said.ends_with("--- exit 4\n"), "{said}");
}
