//! New names for objects of the target, which a mapping file gives them; and hints where a file has one under another name.

use std::collections::BTreeSet;

use pcfg::entity::RowChange;
use pcfg::import::{Import, Origin, SavedPlan, Target as SavedTarget, Work, preview};
use pcfg::plan::{DescribedStep, Description, Mapping, Options};

use crate::choices::{Target, config, demo, edited, shown};
use crate::env::Env;

fn mapped(text: &str) -> Options {
    Options { mapping: Mapping::parse(text).unwrap(), ..Options::default() }
}

/// Checks that a file leads to what it says by a rename, that a second import does nothing, and that it can be taken back.
fn renamed(file: &str, options: &Options) -> (Target, Vec<RowChange>) {
    let target = demo();
    let import = target.import(file, options);
    let after = target.after(file, options);
    assert!(after.file == pcfg::xml::to_string(&config(file)), "the later export has what the file says");
    assert!(after.import(file, options).plan.is_empty());
    assert!(after.import(file, &Options::default()).plan.is_empty());
    let back: Vec<RowChange> = import.work.rows().iter().rev().cloned().map(RowChange::reverse).collect();
    let mut undone = after.tables.clone();
    undone.apply(&back).unwrap();
    assert!(Target::new(undone).file == target.file, "an undo gives the former export back");
    let told = renames(&import.plan.describe());
    let projects: Vec<String> = import.plan.projects.iter().cloned().collect();
    let undo = preview(&after.tables, &after.snapshot, &back, &projects).unwrap().plan;
    let turned: BTreeSet<_> =
        told.iter().map(|(kind, old, new)| (kind.clone(), new.clone(), old.clone())).collect();
    assert_eq!(renames(&undo), turned, "an undo tells the renames, too");
    assert_eq!((undo.counts.create, undo.counts.delete), (0, 0), "{undo:?}");
    assert_eq!(renames(&applied(&target, &import, (file, options))), told, "a saved plan tells them");
    (after, import.work.rows().to_vec())
}

/// Returns what gets another name: the kind, the old name and the new one.
fn renames(plan: &Description) -> BTreeSet<(String, String, String)> {
    let named =
        |step: &DescribedStep| Some((step.kind.clone(), step.former_name.clone()?, step.name.clone()));
    plan.steps.iter().filter_map(named).collect()
}

/// Saves the plan of an import, reads it again, and returns what it does, which has to be the same; with another name in its rows it
/// is not true.
fn applied(target: &Target, import: &Import, (file, options): (&str, &Options)) -> Description {
    let origin = Origin { name: "after.xml", bytes: file.as_bytes(), options, new: None };
    let saved = SavedPlan::new(import, &origin, SavedTarget::default(), &target.tables, &target.snapshot);
    let facts = pcfg::mapping::facts(&target.tables, &target.snapshot);
    let seen = (&target.snapshot, &facts);
    let saved = SavedPlan::parse(&saved.text()).unwrap();
    let work = saved.work().unwrap();
    let (proved, _) = saved.prove(&work, &target.tables, seen).unwrap();
    assert_eq!(proved.work().rows(), import.work.rows());
    let mut changes = work.rows().to_vec();
    let named = changes
        .iter_mut()
        .filter_map(|own| own.after.as_mut())
        .find(|row| row.entity().entity().attribute("name").is_some());
    named.unwrap().put("name", Some("Another"));
    let others = saved.prove(&Work::Rows(changes), &target.tables, seen);
    assert!(others.is_err(), "another name gets in");
    proved.plan().clone()
}

#[test]
fn a_status_gets_another_name_and_stays_the_same() {
    let file = edited(&demo().file, ">In Review<", ">Checking<");
    let plain = demo().import(&file, &Options::default()).plan.describe();
    let hints: Vec<_> =
        plain.steps.iter().filter(|own| own.name == "Checking").flat_map(|own| &own.warnings).collect();
    assert_eq!(
        hints,
        [
            "it looks like a rename of status `In Review`, which stays as it is; to rename that one instead, write into a mapping file (--map), under [status]: \"Checking\" = { rename = \"In Review\" }"
        ]
    );
    let options = mapped("[status]\nChecking = { rename = \"In Review\" }\n");
    let plan = demo().import(&file, &options).plan.describe();
    let step = plan.steps.iter().find(|own| own.kind == "status").unwrap();
    assert_eq!(
        (step.action, step.name.as_str(), step.former_name.as_deref()),
        (pcfg::plan::ObjectAction::Rename, "Checking", Some("In Review"))
    );
    assert_eq!(
        step.followers,
        [
            "board DEMO board (type scrum, mainFilter Filter for DEMO board, author ada)",
            "workflow Demo workflow"
        ]
    );
    assert_eq!((plan.counts.rename, plan.counts.create), (1, 0));
    let (after, changes) = renamed(&file, &options);
    let row = after.tables.rows("Status").iter().find(|row| row.id() == "10000").unwrap();
    assert_eq!(row.get("name"), Some("Checking"));
    assert_eq!(changes.iter().filter(|own| own.entity().entity().name == "Status").count(), 1);
}

/// A workflow is named by its name in Jira's own rows: they follow.
#[test]
fn a_workflow_takes_its_scheme_and_its_draft_along() {
    let file = edited(&demo().file, ">Demo workflow<", ">Checked workflow<");
    let file = edited(&file, "With a review step", "With two eyes");
    let options = mapped("[workflowEntry]\n\"Checked workflow\" = { rename = \"Demo workflow\" }\n");
    let (after, _) = renamed(&file, &options);
    for (entity, column) in [("WorkflowSchemeEntity", "workflow"), ("DraftWorkflow", "parentname")] {
        let rows = after.tables.rows(entity);
        assert!(rows.iter().any(|row| row.get(column) == Some("Checked workflow")), "{entity}");
        assert!(rows.iter().all(|row| row.get(column) != Some("Demo workflow")), "{entity}");
    }
}

/// What is told apart by others keeps them, and queries that name what they mean go on to say it.
#[test]
fn a_field_and_a_filter_get_other_names() {
    let file = edited(&demo().file, ">Severity<", ">Harm<");
    let file = edited(&file, "\"Severity\" =", "\"Harm\" =");
    let file = edited(&file, ">Critical in Demo<", ">Worst<");
    let options = mapped(
        "[customField]\nHarm = { rename = \"Severity\" }\n[filter]\nWorst = { rename = \"Critical in Demo\" }\n",
    );
    let (after, _) = renamed(&file, &options);
    assert_eq!(after.tables.rows("SearchRequest")[0].get("name"), Some("Worst"));
}

#[test]
fn what_cannot_be_renamed_is_said() {
    let file = demo().file;
    let refused = |mapping: &str, file: &str| shown(&demo().import(file, &mapped(mapping)).plan);
    assert_eq!(
        refused("[status]\nClosed = { rename = \"Open\" }\n", &file),
        ["! cannot-rename: the mapping file renames status `Open` to `Closed`, and the target has both"]
    );
    let new = edited(&file, ">Closed<", ">Shut<");
    let told = refused("[status]\nShut = { rename = \"Ended\" }\n", &new);
    let none =
        "! cannot-rename: the mapping file renames status `Ended` to `Shut`, which the target does not have"
            .to_owned();
    assert!(told.contains(&none), "{told:?}");
    let user = Mapping::parse("[user]\nada = { rename = \"eve\" }\n").unwrap_err().to_string();
    assert_eq!(user, "only Jira itself can rename a user: its name stands in issues, comments and queries");
}

/// The whole way: saved, applied, and taken back.
#[test]
fn a_saved_plan_renames() {
    let env = Env::new();
    let fine = |arguments: &[&str]| {
        let output = env.run(arguments);
        assert!(output.ends_with("--- exit 0\n"), "{output}");
        output
    };
    fine(&["instance", "init", "jira.sqlite", "-q"]);
    fine(&["export", "DEMO", "-i", "jira.sqlite", "-q", "-o", "before.xml"]);
    env.write("after.xml", edited(&env.read("before.xml"), ">In Review<", ">Checking<"));
    fine(&["format", "-q", "after.xml"]);
    env.write("map.toml", "[status]\nChecking = { rename = \"In Review\" }\n");
    let simulated = ["import", "after.xml", "-i", "jira.sqlite", "--map", "map.toml", "--simulate"];
    let shown = fine(&[&simulated[..], &["--out", "plan.json"]].concat());
    assert!(shown.contains("  ~ In Review → Checking\n"), "{shown}");
    fine(&["apply", "plan.json", "--yes"]);
    fine(&["export", "DEMO", "-i", "jira.sqlite", "-q", "-o", "now.xml"]);
    assert_eq!(env.read("now.xml"), env.read("after.xml"));
    let undo = fine(&["undo", "-i", "jira.sqlite", "--yes"]);
    assert!(undo.contains("  ~ Checking → In Review\n"), "{undo}");
    fine(&["export", "DEMO", "-i", "jira.sqlite", "-q", "-o", "now.xml"]);
    assert_eq!(env.read("now.xml"), env.read("before.xml"));
}

/// Jira finds the workflow of an issue by the name that its entry has: issues follow, those that stood right.
#[test]
fn issues_follow_the_new_name_of_their_workflow() {
    let env = crate::issues::exported();
    let path = env.path("jira.sqlite");
    let before = crate::issues::rows(&path);
    let fine = |arguments: &[&str]| {
        let output = env.run(arguments);
        assert!(output.ends_with("--- exit 0\n"), "{output}");
        output
    };
    fine(&["export", "DEMO", "-q", "-o", "demo.xml"]);
    env.write("after.xml", edited(&env.read("demo.xml"), ">Demo workflow<", ">Bugs<"));
    env.write("map.toml", "[workflowEntry]\nBugs = { rename = \"Demo workflow\" }\n");
    let stranded = || {
        let scope = pcfg::instance::Scope { field_values: false, usage: true };
        let mut instance = pcfg::instance::open(&path).unwrap();
        pcfg::mapping::stranded(&instance.read(scope, &|_, _| {}).unwrap().tables).into_values().sum::<u64>()
    };
    let stood_wrong = stranded();
    assert_eq!(stood_wrong, 1, "one has no workflow state at all");
    insta::assert_snapshot!(fine(&["import", "after.xml", "--map", "map.toml", "--simulate", "--out", "plan.json"]), @"
    plan for jira.sqlite

    issues move
      ~ DEMO: 4 issues of type `Bug` from workflow `Demo workflow` to `Bugs`
          3 in `In Review`
          1 in `Open`

    workflow
      ~ Demo workflow → Bugs
          references follow in workflow scheme Demo workflows

    1 object to rename, 4 issues to move; 45 unchanged
    --- stderr
    saved the plan; `pcfg apply plan.json` applies it to jira.sqlite
    --- exit 0
    ");
    assert_eq!(crate::issues::rows(&path), before);
    fine(&["apply", "plan.json", "--yes"]);
    assert_eq!(stranded(), stood_wrong);
    assert!(fine(&["drift", "after.xml"]).contains("no drift"));
    assert!(fine(&["import", "after.xml", "--map", "map.toml"]).contains("nothing to do"));
    fine(&["undo", "--yes"]);
    assert_eq!(crate::issues::rows(&path), before);
    assert!(fine(&["drift", "demo.xml"]).contains("no drift"));
}

/// What a project has because it is shared with it, or because a query names it, is told like what it uses.
#[test]
fn what_is_shared_with_a_project_is_told_as_a_rename_too() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    env.run(&["instance", "init", "jira.sqlite", "-q"]);
    env.run(&["export", "DEMO", "-q", "-o", "demo.xml"]);
    let file = env.read("demo.xml");
    for (kind, old, new) in [
        ("filter", "Filter for DEMO board", "Filter of the board"),
        ("filter", "Demo: open bugs", "Demo: bugs to mend"),
        ("dashboard", "Demo: the shop today", "Demo: today"),
        ("scrumKanbanBoard", "DEMO board", "Board of DEMO"),
    ] {
        env.write("new.xml", file.replace(&format!(">{old}<"), &format!(">{new}<")));
        let said = env.run(&["import", "new.xml", "--simulate"]);
        let line = format!("[{kind}]: \"{new}\" = {{ rename = \"{old}\" }}");
        assert!(said.matches("it looks like a rename").count() == 1 && said.contains(&line), "{said}");
        env.write("map.toml", line.replace("]: ", "]\n"));
        let said = env.run(&["import", "new.xml", "--simulate", "--map", "map.toml"]);
        assert!(said.contains("1 object to rename; 93 unchanged"), "{said}");
    }
}
