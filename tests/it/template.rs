//! `pcfg import --as`: a project as a template. What is made is like the original under other names, and the original stays as it is.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use pcfg::import::prepare;
use pcfg::model::{Config, Element, Snapshot};
use pcfg::plan::{Action, NewProject, NoTemplate, Options, instantiate};
use pcfg::select::{self, Projects};

use crate::env::{Env, testdata};
use crate::real_data;

/// A folder with an instance of the demo, and the configuration of its project.
fn with_demo() -> Env {
    let env = Env::new();
    let demo = testdata("backup/demo");
    env.run(&["instance", "load", demo.to_str().unwrap(), "--into", "demo.sqlite", "-q"]);
    env.write("pcfg.toml", "default = 'demo'\n[instances.demo]\npath = 'demo.sqlite'\n");
    assert_eq!(env.run(&["export", "DEMO", "-q", "-o", "DEMO.xml"]), "--- exit 0\n");
    env
}

#[test]
fn a_project_is_made_like_another_and_the_other_stays() {
    let env = with_demo();
    let before = env.run(&["export", "--all", "--unused"]);
    let simulated = env.run(&["import", "DEMO.xml", "--as", "NEW", "--simulate"]);
    assert!(simulated.ends_with("--- exit 0\n"), "{simulated}");
    assert!(before == env.run(&["export", "--all", "--unused"]), "nothing was changed");
    let done = env.run(&["import", "DEMO.xml", "--as", "NEW", "--as-name", "Next year", "--yes"]);
    assert!(done.ends_with("--- exit 0\n"), "{done}");
    env.run(&["export", "DEMO", "-q", "-o", "again.xml"]);
    let stays = env.run(&["diff", "DEMO.xml", "again.xml", "--json"]);
    let stays: serde_json::Value = serde_json::from_str(stays.split("--- ").next().unwrap()).unwrap();
    // A field that both have tells where it holds.
    assert_eq!(stays["steps"].as_array().unwrap().len(), 1);
    assert_eq!(stays["steps"][0]["kind"], "customField");
    assert_eq!(stays["steps"][0]["changes"].as_array().unwrap().len(), 1);
    assert_eq!(stays["steps"][0]["changes"][0]["action"], "add");
    assert_eq!(stays["steps"][0]["changes"][0]["new"]["context"][0]["projectContext"], "NEW");
    env.run(&["export", "NEW", "-q", "-o", "NEW.xml"]);
    let made = env.read("NEW.xml");
    assert!(made.contains("<key>NEW</key>") && made.contains("<name>Next year</name>"));
    assert!(!made.contains("<key>DEMO</key>"), "the original is no part of it");
    assert!(env.run(&["validate", "NEW.xml"]).ends_with("--- exit 0\n"));
    // Of a query only the project is another.
    assert!(env.read("DEMO.xml").contains("project = DEMO"), "the demo has such queries");
    assert!(made.contains("project = NEW") && !made.contains("project = DEMO"));
    // Once is enough.
    let twice =
        env.run(&["import", "DEMO.xml", "--as", "NEW", "--as-name", "Next year", "-n", "--exit-code"]);
    assert!(twice.ends_with("--- exit 0\n"), "{twice}");
    let undone = env.run(&["undo", "--yes"]);
    assert!(undone.ends_with("--- exit 0\n"), "{undone}");
    assert!(before == env.run(&["export", "--all", "--unused"]), "all of it is gone again");
}

#[test]
fn what_is_made_is_told() {
    let env = with_demo();
    let plan = env.command(&["import", "DEMO.xml", "--as", "NEW", "-n", "--json"]).output().unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    let steps = plan["steps"].as_array().unwrap().iter();
    let steps: Vec<String> = steps
        .map(|own| {
            let text = |key: &str| own[key].as_str().unwrap();
            format!("{} {} {}", text("action"), text("kind"), text("name"))
        })
        .collect();
    assert_snapshot!(steps.join("\n"), @"
    create project NEW
    change customField Region (type com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect)
    create filter Critical in Demo (NEW) (author ada)
    create filter Filter for NEW board (author ada)
    create dashboard Demo (NEW) dashboard (author ada)
    create scrumKanbanBoard NEW board (type scrum, mainFilter Filter for NEW board, author ada)
    ");
    assert_eq!(plan["projects"], serde_json::json!(["NEW"]));
}

/// What is there stays as it is, also where the file has it otherwise.
#[test]
fn what_is_shared_is_not_changed() {
    let env = with_demo();
    let edited = env.read("DEMO.xml").replace("<inward>is blocked by</inward>", "<inward>waits</inward>");
    assert_ne!(edited, env.read("DEMO.xml"));
    env.write("edited.xml", edited);
    let plan = env.run(&["import", "edited.xml", "--as", "NEW", "-n"]);
    assert!(!plan.contains("waits") && plan.ends_with("--- exit 0\n"), "{plan}");
    assert!(env.run(&["import", "edited.xml", "-n"]).contains("waits"));
}

#[test]
fn what_is_no_template_is_told() {
    let env = with_demo();
    let said = |words: &[&str]| env.run(&[&["import"], words, &["-n"]].concat());
    assert_snapshot!(said(&["DEMO.xml", "--as", "new"]), @"
    --- stderr
    error: the file cannot be imported as `new`
    caused by: `new` cannot be the key of a project: it is of capital letters, digits and `_`, and begins with a letter
    hint: write one such as `--as NEW`
    --- exit 3
    ");
    assert_snapshot!(said(&["DEMO.xml", "--as", "DEMO"]), @"
    --- stderr
    error: the file cannot be imported as `DEMO`
    caused by: the project of the file has the key DEMO already
    hint: choose another key
    --- exit 3
    ");
    env.run(&["export", "--all", "-q", "-o", "all.xml"]);
    assert_snapshot!(said(&["all.xml", "--as", "NEW"]), @"
    --- stderr
    error: the file cannot be imported as `NEW`
    caused by: the file describes several projects: DEMO, OPS
    hint: export one project, `pcfg export KEY -o KEY.xml`, and import that
    --- exit 3
    ");
    assert!(said(&["DEMO.xml", "--as-name", "New"]).ends_with("--- exit 2\n"));
    // Another project has the key.
    let taken = said(&["DEMO.xml", "--as", "OPS"]);
    assert!(taken.contains("project `OPS` is to be created") && taken.ends_with("--- exit 4\n"), "{taken}");
    env.run(&["export", "DEMO", "--complete", "--time-zone", "UTC", "-q", "-o", "DEMO.pcfg.zip"]);
    let complete = said(&["DEMO.pcfg.zip", "--as", "NEW"]);
    assert!(complete.contains("no template") && complete.ends_with("--- exit 2\n"), "{complete}");
}

#[test]
fn a_saved_plan_says_how_it_is_made_anew() {
    let env = with_demo();
    env.run(&["import", "DEMO.xml", "--as", "NEW", "-n", "--save-plan", "plan.json"]);
    let plan: serde_json::Value = serde_json::from_str(&env.read("plan.json")).unwrap();
    assert_eq!(plan["options"], serde_json::json!(["--as", "NEW"]));
    let applied = env.run(&["apply", "plan.json", "--yes"]);
    assert!(applied.ends_with("--- exit 0\n"), "{applied}");
    assert!(env.run(&["export", "NEW", "-q"]).ends_with("--- exit 0\n"));
}

/// Returns the objects of a configuration, fields without the contexts of the new project.
fn objects(config: &Config) -> Vec<Element> {
    let all = config.root().children().iter().flat_map(Element::children);
    let without = |own: &Element| {
        let mut own = own.clone();
        if let Some(children) = own.children_mut() {
            children.retain(|child| {
                let mut of = child.all("context").map(|own| own.text_of("projectContext"));
                child.tag() != "customFieldConfigScheme" || !of.any(|own| own == Some("QQNEW"))
            });
        }
        own
    };
    all.map(without).collect()
}

fn exported(snapshot: &mut Snapshot, key: &str) -> Config {
    let projects = Projects::Keys(vec![key.to_owned()]);
    select::select(snapshot, &select::Options { projects, ..select::Options::default() }).unwrap()
}

#[test]
fn every_real_project_is_a_template() {
    let (mut whole, mut refused) = (0, BTreeSet::new());
    for path in real_data::backups() {
        let mut reading = real_data::read(&path);
        let kind = pcfg::schema::Schema::get().kind_named("project").unwrap();
        let mut keys: Vec<String> = reading
            .snapshot
            .objects
            .keys()
            .filter(|own| own.kind == kind)
            .map(|own| own.name().to_owned())
            .collect();
        keys.sort();
        for key in keys.iter().take(2) {
            let file = exported(&mut reading.snapshot, key);
            let mut options = Options::default();
            let new = NewProject { key: "QQNEW".to_owned(), name: None };
            let config = match instantiate(&file, &new, &mut options) {
                Ok(config) => config,
                // A file may describe others that it needs.
                Err(NoTemplate::Several(_)) => continue,
                Err(other) => panic!("{}: {other}", path.display()),
            };
            let mut import = prepare(reading.place(), &reading.snapshot, &reading.facts(), &config, &options);
            let field = pcfg::schema::Schema::get().kind_named("customField").unwrap();
            for step in &import.plan.steps {
                let is_new = matches!(step.action, Action::Create { .. });
                assert!(is_new || step.identity.kind == field, "{}: {:?}", path.display(), step.identity);
            }
            assert!(
                objects(&exported(&mut import.after, key)) == objects(&file),
                "{}: {key}",
                path.display()
            );
            assert!(import.leftover.steps.is_empty(), "{}: {key}", path.display());
            let reasons = import.plan.refused.iter().flat_map(|own| &own.reasons);
            let reasons: Vec<&str> = reasons.map(|own| own.code).collect();
            match reasons.is_empty() {
                true => whole += 1,
                false => refused.extend(reasons),
            }
        }
    }
    if real_data::folder("backups").is_some() {
        println!("{whole} whole; otherwise {refused:?}");
        assert!(whole > 10, "{whole}; otherwise {refused:?}");
    }
}
