//! New names for objects of the target, which a mapping file gives them; and hints where a file has one under another name.

use pcfg::entity::RowChange;
use pcfg::plan::{Mapping, Options};

use crate::choices::{Target, config, demo, edited, shown};

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
    let mut undone = after.tables.clone();
    undone.apply(&import.changes.iter().rev().cloned().map(RowChange::reverse).collect::<Vec<_>>()).unwrap();
    assert!(Target::new(undone).file == target.file, "an undo gives the former export back");
    (after, import.changes)
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
            "it looks like a rename of status `In Review`, which stays as it is; to rename that instead, say so in a mapping file (--map), \
             under [status]: \"Checking\" = { rename = \"In Review\" }"
        ]
    );
    let options = mapped("[status]\nChecking = { rename = \"In Review\" }\n");
    let plan = demo().import(&file, &options).plan.describe();
    let step = plan.steps.iter().find(|own| own.kind == "status").unwrap();
    assert_eq!(
        (step.action, step.name.as_str(), step.former_name.as_deref()),
        ("rename", "Checking", Some("In Review"))
    );
    assert_eq!(
        step.followers,
        [
            "scrum kanban board DEMO board (type scrum, mainFilter Filter for DEMO board, author ada)",
            "workflow entry Demo workflow"
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
