//! Workflows that Jira does not work with: without a transition that creates issues, or with a step without a status. `validate` warns,
//! for edited data of a Jira holds such; an import leaves alone what the target has just so, and never makes another.

use pcfg::entity::RowChange;
use pcfg::model::Severity;
use pcfg::plan::Options;

use crate::choices::{Target, demo, edited};

/// Returns the demo with another descriptor of its first workflow.
fn with_descriptor(change: &dyn Fn(&str) -> String) -> Target {
    let Target { mut tables, .. } = demo();
    let before = tables.rows("Workflow").iter().find(|row| row.id() == "10000").unwrap().clone();
    let mut after = before.clone();
    after.put("descriptor", Some(&change(before.text("descriptor").unwrap())));
    tables.apply(&[RowChange { before: Some(before), after: Some(after) }]).unwrap();
    Target::new(tables)
}

/// Returns a text without what stands from one text to another.
fn without(text: &str, from: &str, to: &str) -> String {
    let start = text.find(from).unwrap_or_else(|| panic!("{from} in {text}"));
    let end = start + text[start..].find(to).unwrap() + to.len();
    format!("{}{}", &text[..start], &text[end..])
}

const STATUS: &str = "<meta name=\"jira.status.id\">";

/// A damaged workflow, and what is said of it.
type Case = (&'static str, fn(&str) -> String, &'static str, &'static str);

const CASES: [Case; 5] = [
    (
        "no initial transition",
        |own| without(own, "<initial-actions>", "</initial-actions>"),
        "no-initial-transition",
        "no transition of this workflow creates issues",
    ),
    (
        "a transition that creates issues nowhere",
        |own| own.replacen("status=\"open\" step=\"1\"", "status=\"open\" step=\"-1\"", 1),
        "no-first-step",
        "the transition `Create` creates issues in no step",
    ),
    (
        "nothing",
        |_| "<workflow/>".to_owned(),
        "no-initial-transition",
        "no transition of this workflow creates issues",
    ),
    (
        "a step without a status",
        |own| without(own, STATUS, "</meta>"),
        "no-status",
        "the step `Open` has no status",
    ),
    (
        "a status that does not exist",
        |own| format!("{}{STATUS}99{}", own.split_once(STATUS).unwrap().0, own.split_once(STATUS).unwrap().1),
        "no-status",
        "the status of the step `Open` does not exist: it had the id `991`",
    ),
];

#[test]
fn a_workflow_that_does_not_work_never_takes_the_place_of_one_that_does() {
    for (what, damage, code, message) in CASES {
        let source = with_descriptor(&damage);
        let root = pcfg::xml::read(&source.file).root.unwrap();
        let told = pcfg::check::check(&root);
        let told: Vec<_> = told.iter().map(|own| (own.code, own.severity, &*own.message)).collect();
        assert_eq!(told, [(code, Severity::Warning, message)], "{what}: validate tells it");
        let own = source.import(&source.file, &Options::default());
        assert!(own.plan.is_empty() && own.plan.refused.is_empty(), "{what}: the very same is unchanged");
        // It takes the place of nothing, and is not made anew.
        let new = source.file.replace(">Demo workflow<", ">Another workflow<");
        for file in [&source.file, &new] {
            let import = demo().import(file, &Options::default());
            let reasons: Vec<_> = import.plan.refused.iter().flat_map(|own| &own.reasons).collect();
            let reason = reasons.iter().find(|own| own.code == "incomplete");
            let reason = reason.unwrap_or_else(|| panic!("{what} is refused: {reasons:?}"));
            assert_eq!(reason.message, message);
            assert!(reason.path.to_string().starts_with("/workflowEntry["), "{}", reason.path);
        }
        // What works repairs what does not, and a change beside the damage is none of it.
        assert_eq!(source.after(&demo().file, &Options::default()).file, demo().file, "{what}");
        if what.starts_with('a') {
            let wanted = edited(&source.file, "<name>Start review</name>", "<name>Begin review</name>");
            assert_eq!(source.after(&wanted, &Options::default()).file, wanted, "{what}");
        }
    }
}

/// Where nobody sees the transitions of a workflow, nobody misses one.
#[test]
fn a_workflow_whose_transitions_are_unseen_is_not_judged() {
    let file = without(
        &demo().file,
        "      <transition>\n        <transitionId>1</transitionId>",
        "</transition>\n",
    );
    let codes = |file: &str| {
        let told = pcfg::check::check(pcfg::xml::read(file).root.as_ref().unwrap());
        told.iter().map(|own| own.code).collect::<Vec<_>>()
    };
    assert!(codes(&file).contains(&"no-initial-transition"));
    let unseen = edited(&file, "<projectConfig ", "<projectConfig unseen=\"workflowEntry/transition\" ");
    assert!(!codes(&unseen).contains(&"no-initial-transition"));
}
