//! The first hour: `pcfg init`, and what `pcfg instance check` says of files.

use std::fs;

use insta::assert_snapshot;

use crate::env::{Env, testdata};
use crate::git::Repository;

/// A repository with an embedded instance beside its files.
fn repository() -> Repository {
    let repository = Repository::empty();
    let demo = testdata("backup/demo");
    let loaded =
        repository.pcfg(&["instance", "load", demo.to_str().unwrap(), "--into", "jira.sqlite", "-q"]);
    assert_eq!(loaded.code(), 0, "{}", loaded.all());
    repository.write(".gitignore", "*.sqlite*\n");
    repository
}

/// Returns what a command says, with the folder of the repository as `[TOP]`.
fn out(repository: &Repository, words: &[&str]) -> String {
    let top = repository.path("").canonicalize().unwrap();
    repository.pcfg(words).out().replace(top.to_str().unwrap().trim_end_matches('/'), "[TOP]")
}

#[test]
fn a_repository_is_begun_with_one_command() {
    let repository = repository();
    let init = ["init", "DEMO", "OPS", "-i", "jira.sqlite", "--name", "my jira", "--ci", "github"];
    let tried = out(&repository, &[&init[..], &["--dry-run"]].concat());
    assert_eq!(tried.replace("would write", "wrote"), out(&repository, &init));
    assert_snapshot!(tried, @"
    would write pcfg.toml
    would write pcfg.schema.json
    would write config/DEMO.xml
    would write config/OPS.xml
    would write .gitattributes
    would write [TOP]/.github/workflows/jira.yml
    ");
    assert_snapshot!(repository.read("pcfg.toml"), @r#"
    #:schema ./pcfg.schema.json
    default = "my jira"

    [instances."my jira"]
    path = "jira.sqlite"
    "#);
    let exported = repository.pcfg(&["export", "OPS"]);
    assert_eq!(repository.read("config/OPS.xml"), exported.out());
    assert!(repository.read(".github/workflows/jira.yml").contains("pcfg drift"));
    repository.commit("Jira as it is");
    assert_eq!(repository.pcfg(&["drift", "config"]).code(), 0);
    // Git compares objects, by the attributes that are committed.
    repository.change("config/DEMO.xml", "<inward>is blocked by</inward>", "<inward>waits</inward>");
    let diff = repository.git(&["diff"]);
    assert!(diff.contains("issue link type") && diff.contains("`waits`"), "{diff}");
}

#[test]
fn what_is_there_stays() {
    let repository = repository();
    repository.write("config/DEMO.xml", "mine");
    repository.write(".gitattributes", "*.png binary\n");
    repository.write("pcfg.toml", "default = 'a'\n[instances.a]\npath = 'jira.sqlite'\n");
    repository.write(".gitlab-ci.yml", "mine");
    assert_snapshot!(out(&repository, &["init", "DEMO", "--ci", "gitlab"]), @"
    added lines to .gitattributes
    kept, because it was there: [TOP]/pcfg.toml
    kept, because it was there: config/DEMO.xml
    kept, because it was there: [TOP]/.gitlab-ci.yml
    ");
    assert_eq!(repository.read("config/DEMO.xml") + &repository.read(".gitlab-ci.yml"), "minemine");
    assert!(repository.read(".gitattributes").starts_with("*.png binary\n# begin pcfg"));
    let attributes = repository.read(".gitattributes");
    repository.pcfg(&["init", "DEMO", "--ci", "gitlab"]);
    assert_eq!(repository.read(".gitattributes"), attributes, "once is enough");
}

#[test]
fn where_nothing_can_begin_it_is_said() {
    let repository = repository();
    let told = |words: &[&str]| repository.pcfg(words).all();
    assert!(told(&["init", "NONE", "-i", "jira.sqlite"]).contains("no project `NONE`"));
    assert!(told(&["init"]).contains("no instance is named"));
    assert!(told(&["init", "-i", "https://127.0.0.1:1/", "--token-env", "NOT_SET"]).contains("NOT_SET"));
    assert!(
        !repository.path("pcfg.toml").exists() && !repository.path("config").exists(),
        "nothing is left of it"
    );
    let env = Env::new();
    let outside = env.run(&["init", "DEMO", "-i", "jira.sqlite"]);
    assert!(outside.contains("git"), "{outside}");
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    let env = Env::new();
    env.run(&["instance", "init", "a.sqlite", "-q"]);
    let check = |file: &str| env.run(&["instance", "check", "-i", file]);
    assert!(check("a.sqlite").ends_with("--- exit 0\n"), "{}", check("a.sqlite"));
    env.write("backup.xml", fs::read(testdata("backup/small.xml")).unwrap());
    let told = check("backup.xml");
    assert!(told.contains("time zone") && told.ends_with("--- exit 0\n"), "{told}");
    let mut permissions = fs::metadata(env.path("a.sqlite")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(env.path("a.sqlite"), permissions).unwrap();
    let told = check("a.sqlite");
    assert!(
        told.contains("missing: the file is write-protected") && told.ends_with("--- exit 1\n"),
        "{told}"
    );
}

#[test]
fn a_run_remembers_why_it_was_made_and_by_which_mapping_file() {
    let env = Env::new();
    env.run(&["instance", "init", "jira.sqlite", "-q"]);
    env.run(&["export", "DEMO", "-q", "-i", "jira.sqlite", "-o", "demo.xml"]);
    let renamed = env.read("demo.xml").replace(">Open<", ">Offen<");
    env.write("new.xml", renamed.replace("<inward>is blocked by</inward>", "<inward>waits</inward>"));
    env.write("deep/names.toml", "[status]\nOffen = { match = \"Open\" }\n");
    let settings = "default = 'own'\n[instances.own]\npath = 'jira.sqlite'\nmap = 'deep/names.toml'\n";
    env.write("pcfg.toml", settings);
    // The mapping file of the settings is used, and the option goes before it.
    let simulated = env.run(&["import", "new.xml", "-n"]);
    assert!(simulated.contains("`waits`") && !simulated.contains("+ Offen"), "{simulated}");
    env.write("none.toml", "");
    assert!(env.run(&["import", "new.xml", "-n", "--map", "none.toml"]).contains("+ Offen"));
    assert!(env.run(&["import", "new.xml", "-n", "-i", "./jira.sqlite"]).contains("+ Offen"));
    let said =
        env.run(&["import", "new.xml", "--yes", "-m", "CHG-7: postgres://a:hush@host/b says so", "-q"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    assert!(env.run(&["undo", "--yes", "-q", "--message", "CHG-8"]).ends_with("--- exit 0\n"));
    let history = env.run(&["history"]);
    assert!(
        history.contains("import of new.xml: CHG-7") && history.contains("undo of run 1: CHG-8"),
        "{history}"
    );
    let json = env.run(&["history", "--json"]);
    assert!(!json.contains("hush") && !history.contains("hush"), "{json}");
    let json: serde_json::Value = serde_json::from_str(json.split("--- ").next().unwrap()).unwrap();
    assert_eq!(json["runs"][0]["message"], "CHG-8");
    assert!(json["runs"][1]["map"]["name"].as_str().unwrap().ends_with("names.toml"));
    assert_eq!(json["runs"][1]["map"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(json["runs"][1]["plan"]["message"], serde_json::Value::Null);
}

#[test]
fn a_single_object_is_exported_with_what_it_uses() {
    let env = Env::new();
    env.run(&["instance", "init", "jira.sqlite", "-q"]);
    let exported = env.run(&["export", "workflow:Demo: bugs", "-q", "-i", "jira.sqlite", "-o", "one.xml"]);
    assert_eq!(exported, "--- exit 0\n");
    let text = env.read("one.xml");
    assert!(
        text.contains("<name>Demo: bugs</name>") && text.contains("<name>Waiting for customer</name>"),
        "{text}"
    );
    assert!(
        !text.contains("<priority>") && !text.contains("<project>\n") && !text.contains("Demo: stories"),
        "{text}"
    );
    assert!(
        env.run(&["validate", "one.xml"]).ends_with("--- exit 0\n"),
        "{}",
        env.run(&["validate", "one.xml"])
    );
    // Back where it came from it does nothing; what was taken away of it comes back.
    let again = env.run(&["import", "one.xml", "-n", "--exit-code", "-i", "jira.sqlite"]);
    assert!(again.ends_with("--- exit 0\n"), "{again}");
    let both = env.run(&["export", "OPS", "screen:Resolve Issue Screen", "-q", "-i", "jira.sqlite"]);
    assert!(both.contains("<key>OPS</key>") && both.contains("<name>Resolve Issue Screen</name>"));
    assert_snapshot!(env.run(&["export", "workflow:Demo: bgs", "status:Opn", "-i", "jira.sqlite"]), @"
    --- stderr
    error: there is no object `workflow:Demo: bgs`
    hint: did you mean `Demo: bugs` or `Demo: stories`?
    error: there is no object `status:Opn`
    hint: did you mean `Open`?
    --- exit 3
    ");
}

#[test]
fn a_saved_plan_remembers_its_mapping_file() {
    let env = Env::new();
    env.run(&["instance", "init", "jira.sqlite", "-q"]);
    env.run(&["export", "DEMO", "-q", "-i", "jira.sqlite", "-o", "demo.xml"]);
    let renamed = env.read("demo.xml").replace(">Open<", ">Offen<");
    env.write("new.xml", renamed.replace("<inward>is blocked by</inward>", "<inward>waits</inward>"));
    env.write("names.toml", "[status]\nOffen = { match = \"Open\" }\n");
    let words =
        ["import", "new.xml", "-i", "jira.sqlite", "--map", "names.toml", "-n", "--save-plan", "plan.json"];
    assert!(env.run(&words).ends_with("--- exit 0\n"));
    let plan: serde_json::Value = serde_json::from_str(&env.read("plan.json")).unwrap();
    assert_eq!(plan["map"]["name"], "names.toml");
    assert!(env.run(&["apply", "plan.json", "--yes"]).ends_with("--- exit 0\n"));
    let history = env.command(&["history", "-i", "jira.sqlite", "--json"]).output().unwrap();
    let history: serde_json::Value = serde_json::from_slice(&history.stdout).unwrap();
    assert_eq!(history["runs"][0]["map"], plan["map"]);
    // Another hash there is another plan.
    let sha256 = plan["map"]["sha256"].as_str().unwrap();
    env.write("other.json", env.read("plan.json").replace(sha256, &"0".repeat(64)));
    assert!(!env.run(&["apply", "other.json", "--yes"]).ends_with("--- exit 0\n"));
}
