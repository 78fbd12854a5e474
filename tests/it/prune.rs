//! `pcfg prune`: what nothing uses goes, whole and alone, and comes back.

use std::collections::BTreeSet;

use pcfg::entity::{EntityId, Row, Tables, entities};
use pcfg::import::{Work, prepare};
use pcfg::mapping;
use pcfg::model::{Identity, Snapshot};
use pcfg::plan::Options;
use pcfg::schema::Schema;
use pcfg::select::{self, unused};

use crate::env::{Env, testdata};
use crate::importing::places;

/// A folder with an instance of the demo and copies of what its project has, which nothing uses.
fn with_copies() -> Env {
    let env = Env::new();
    let demo = testdata("backup/demo");
    env.run(&["instance", "load", demo.to_str().unwrap(), "--into", "demo.sqlite", "-q"]);
    env.write("pcfg.toml", "default = 'demo'\n[instances.demo]\npath = 'demo.sqlite'\n");
    env.run(&["prune", "--yes", "-q"]);
    env.run(&["export", "DEMO", "-q", "-o", "DEMO.xml"]);
    let plan = env.command(&["import", "DEMO.xml", "--as", "NEW", "-n", "--json"]).output().unwrap();
    assert!(plan.status.success());
    env
}

const COPIES: [&str; 4] = ["notificationScheme", "screen", "screenScheme", "workflowEntry"];

/// Copies an object of each of some kinds under another name.
fn copy(env: &Env) -> String {
    let text = env.read("DEMO.xml");
    let (mut names, mut only) =
        (String::new(), vec!["import", "DEMO.xml", "--map", "copies.toml", "--yes", "-q"]);
    for kind in COPIES {
        // Jira's own have no copies.
        let (begin, end) = (format!("<{kind}>\n"), format!("</{kind}>"));
        let mut all = text.split(&begin).skip(1).map(|own| own.split(&end).next().unwrap());
        let own = all.find(|own| !own.contains("<builtIn>")).unwrap_or_else(|| panic!("{kind}"));
        let own = own.split("<name>").nth(1).unwrap().split("</name>").next().unwrap();
        names.push_str(&format!("[{kind}]\n{own:?} = {{ create = \"Copy of a {kind}\" }}\n"));
        only.extend(["--only", kind]);
    }
    env.write("copies.toml", names);
    env.run(&only)
}

#[test]
fn what_nothing_uses_goes_and_comes_back() {
    let env = with_copies();
    let all = |env: &Env| env.run(&["export", "--all", "--unused", "-q"]);
    let clean = all(&env);
    let said = env.run(&["prune", "-n", "--exit-code"]);
    assert!(said.contains("nothing is unused") && said.ends_with("--- exit 0\n"), "{said}");
    let copied = copy(&env);
    assert!(copied.ends_with("--- exit 0\n"), "{copied}");
    let with = all(&env);
    assert!(with.contains("Copy of a screen<"));
    let plan = env.run(&["prune", "-n"]);
    for kind in COPIES {
        assert!(plan.contains(&format!("Copy of a {kind}\n")), "{kind}: {plan}");
    }
    assert!(plan.ends_with("--- exit 0\n") && all(&env) == with, "nothing was changed");
    assert!(env.run(&["prune", "-n", "--exit-code"]).ends_with("--- exit 1\n"));
    let done = env.run(&["prune", "--yes", "--message", "OPS-9"]);
    assert!(done.contains("undo") && done.ends_with("--- exit 0\n"), "{done}");
    assert!(all(&env) == clean, "all that is left is what was there");
    let history = env.run(&["history"]);
    assert!(history.contains("prune") && history.contains("OPS-9"), "{history}");
    assert!(env.run(&["undo", "--yes"]).ends_with("--- exit 0\n"));
    assert!(all(&env) == with, "all of it is back");
}

#[test]
fn what_is_chosen_goes_alone() {
    let env = with_copies();
    copy(&env);
    let plan = |words: &[&str]| env.run(&[&["prune", "-n"], words].concat());
    let some = plan(&["workflow"]);
    assert!(
        some.contains("Copy of a workflowEntry") && !some.contains("Copy of a notificationScheme"),
        "{some}"
    );
    let some = plan(&["--keep", "workflow:Copy of a workflowEntry"]);
    assert!(
        !some.contains("Copy of a workflowEntry") && some.contains("Copy of a notificationScheme"),
        "{some}"
    );
    // The copied screen scheme stays, and so does what it uses.
    let some = plan(&["--keep", "screenScheme"]);
    assert!(!some.contains("Copy of a screenScheme"), "{some}");
    // Whoever uses something that is to stay keeps it.
    let none = plan(&["status"]);
    assert!(none.contains("can be unused") && none.ends_with("--- exit 2\n"), "{none}");
}

#[test]
fn policies_are_asked_and_backups_are_written_anew() {
    let env = with_copies();
    copy(&env);
    env.write(
        "rules.toml",
        "[[policy]]\nname = \"nothing-goes\"\neach = \"step\"\nrequire = \"step.action != 'remove'\"\nmessage = \"ask first\"\n",
    );
    let refused = env.run(&["prune", "--yes", "--policy", "rules.toml"]);
    assert!(refused.contains("ask first") && refused.ends_with("--- exit 4\n"), "{refused}");
    let demo = testdata("backup/demo");
    let demo = demo.to_str().unwrap();
    let said = env.run(&["prune", "-i", demo, "--yes"]);
    assert!(said.contains("never changed"), "{said}");
    let planned = env.run(&["prune", "-i", demo, "-n", "--json"]);
    assert!(planned.contains("--- exit 0\n"), "{planned}");
    let written = env.run(&["prune", "-i", demo, "-o", "new.zip"]);
    assert!(written.ends_with("--- exit 0\n"), "{written}");
    if written.contains("wrote") {
        assert!(env.run(&["prune", "-i", "new.zip", "-n"]).contains("nothing is unused"));
    }
}

fn without(tables: &Tables, snapshot: &Snapshot, gone: &BTreeSet<Identity>) -> Tables {
    let objects: Vec<_> = gone.iter().map(|own| (own, &snapshot.objects[own].element)).collect();
    let (changes, twice) = mapping::removal(tables, &objects);
    assert!(twice.is_empty(), "{twice:?}");
    let mut after = tables.clone();
    after.apply(&changes).unwrap();
    after
}

/// The rows of all tables, without the numbers that Jira has given out.
fn rows(tables: &Tables) -> BTreeSet<&Row> {
    let counted = EntityId::named("SequenceValueItem");
    let all = entities().iter().flat_map(|own| tables.rows(own.name));
    all.filter(|row| row.entity() != counted).collect()
}

/// What goes is all that was unused, nothing else changes, and nothing is unused any more. What is made again by an import and goes
/// again leaves no row behind.
#[test]
fn real_instances_are_the_same_without_it() {
    let (mut gone_at_all, mut made_again) = (0, 0);
    for place in places() {
        let tables = &place.reading.tables;
        let before = mapping::read(tables);
        let facts = mapping::facts(tables, &before);
        let gone = unused(&before, &facts, &|_| true);
        let clean = without(tables, &before, &gone);
        let after = mapping::read(&clean);
        let kept: Vec<&Identity> = before.objects.keys().filter(|own| !gone.contains(*own)).collect();
        assert_eq!(after.objects.keys().collect::<Vec<_>>(), kept, "{}", place.name);
        for (identity, object) in &after.objects {
            assert!(object.element == before.objects[identity].element, "{}: {identity}", place.name);
        }
        let known: BTreeSet<_> = before.notes.iter().collect();
        let new: Vec<_> = after.notes.iter().filter(|own| !known.contains(own)).collect();
        assert!(new.is_empty(), "{}: {new:?}", place.name);
        let facts = mapping::facts(&clean, &after);
        assert!(unused(&after, &facts, &|_| true).is_empty(), "{}", place.name);
        gone_at_all += gone.len();

        // Made again of a file.
        let mut whole = mapping::read(tables);
        let file =
            select::select(&mut whole, &select::Options { unused: true, ..Default::default() }).unwrap();
        let import = prepare(&clean, &after, &facts, &file, &Options::default());
        let Work::Rows(changes) = &import.work else { panic!("{}", place.name) };
        let made: BTreeSet<Identity> = import.plan.steps.iter().map(|own| own.identity.clone()).collect();
        if !made.is_subset(&gone) {
            continue;
        }
        let mut again = clean.clone();
        again.apply(changes).unwrap();
        let there = mapping::read(&again);
        let facts = mapping::facts(&again, &there);
        let gone = unused(&there, &facts, &|_| true);
        assert_eq!(gone, made, "{}", place.name);
        let cleaned = without(&again, &there, &gone);
        let (left, right) = (rows(&cleaned), rows(&clean));
        let more: Vec<_> = left.difference(&right).collect();
        let fewer: Vec<_> = right.difference(&left).collect();
        assert!(
            more.is_empty() && fewer.is_empty(),
            "{}: left behind {more:#?}, lost {fewer:#?}",
            place.name
        );
        made_again += made.len();
    }
    let kinds = Schema::get().kinds().filter(|(id, _)| select::can_be_unused(*id)).count();
    assert!(kinds > 8, "{kinds}");
    println!("{gone_at_all} objects went, {made_again} of them twice");
}
