//! A password in an address, however it is spelled, is nowhere to be seen: not in errors, not with `-v`, not in files and journals.

use std::collections::BTreeSet;

use crate::env::{Env, testdata};
use crate::thorough;

/// What nobody may see.
const CANARY: &str = "c4n4ry";

/// Addresses with the password; nothing listens there.
const SPELLINGS: [&str; 24] = [
    "postgres://ada:c4n4ry@127.0.0.1:1/jira",
    "POSTGRESQL://ada:c4n4ry@127.0.0.1:1/jira",
    "postgres://ada:%634n4ry-c4n4ry@127.0.0.1:1/jira",
    "postgres://ada:p?c4n4ry@127.0.0.1:1/jira",
    "postgres://ada:p/c4n4ry@127.0.0.1:1/jira",
    "postgres://ada:p#c4n4ry@127.0.0.1:1/jira",
    "postgres://ada:p%c4n4ry@127.0.0.1:1/jira",
    "postgres://ada:p@c4n4ry@127.0.0.1:1/jira",
    "postgres://ada:p c4n4ry@127.0.0.1:1/jira",
    "postgres:ada:c4n4ry@127.0.0.1:1/jira",
    "postgres:/ada:c4n4ry@127.0.0.1:1/jira",
    "postgres://127.0.0.1:1/jira?user=ada&password=c4n4ry",
    "postgres://127.0.0.1:1/jira?user=ada&Password=c4n4ry",
    "postgres://127.0.0.1:1/jira?user=ada&passwd=c4n4ry",
    "postgres://127.0.0.1:1/jira?user=ada&p%61ssword=c4n4ry",
    "postgres://127.0.0.1:1/jira?user=ada&password=c4n4ry%zz",
    "postgres://127.0.0.1:1/jira?sslpassword=c4n4ry",
    "jdbc:postgresql://127.0.0.1:1/jira?user=ada&password=c4n4ry",
    "jdbc:postgresql://ada:c4n4ry@127.0.0.1:1/jira",
    "https://ada:c4n4ry@jira.example.com/x",
    "https://c4n4ry@jira.example.com",
    "https://jira.example.com/x?token=c4n4ry",
    "https://jira.example.com/x?client_secret=c4n4ry&a=b",
    "host=127.0.0.1 user=ada password=c4n4ry",
];

/// Every command that takes an instance or a file; `@` is the address.
const COMMANDS: &[&[&str]] = &[
    &["export", "DEMO", "-i", "@"],
    &["export", "DEMO", "-o", "@"],
    &["export", "DEMO", "--complete", "--no-attachments", "-o", "whole/", "-i", "@"],
    &["import", "@", "--data-only", "-i", "own.sqlite"],
    &["issue", "list", "DEMO", "-i", "@"],
    &["issue", "show", "DEMO-1", "-i", "@", "--history"],
    &["issue", "create", "DEMO", "--type", "Bug", "summary=x", "--as", "ada", "-i", "@"],
    &["issue", "edit", "DEMO-1", "summary=x", "--as", "ada", "-i", "@"],
    &["issue", "transition", "DEMO-1", "Start", "--as", "ada", "-i", "@"],
    &["issue", "comment", "DEMO-1", "x", "--as", "ada", "-i", "@"],
    &["issue", "attach", "DEMO-1", "@", "--as", "ada", "-i", "@"],
    &["issue", "link", "DEMO-1", "blocks", "DEMO-2", "--as", "ada", "-i", "@"],
    &["validate", "@"],
    &["format", "@"],
    &["diff", "@", "demo.xml"],
    &["diff", "demo.xml", "@"],
    &["diff", "DEMO", "@", "demo.xml"],
    &["drift", "demo.xml", "-i", "@"],
    &["merge", "@", "demo.xml", "demo.xml"],
    &["explain", "project:DEMO", "-i", "@"],
    &["graph", "DEMO", "-i", "@"],
    &["import", "demo.xml", "--simulate", "-i", "@"],
    &["import", "demo.xml", "--yes", "--offline", "-i", "@"],
    &["import", "@", "-i", "own.sqlite", "--yes"],
    &["import", "demo.xml", "-i", "own.sqlite", "--map", "@"],
    &["import", "demo.xml", "-i", "own.sqlite", "--skip", "@"],
    &["apply", "plan.json", "--yes", "-i", "@"],
    &["apply", "@"],
    &["history", "-i", "@"],
    &["undo", "--yes", "-i", "@"],
    &["resume", "-i", "@"],
    &["prune", "-i", "@"],
    &["import", "demo.xml", "-i", "own.sqlite", "--as", "@"],
    &["instance", "show", "-i", "@"],
    &["instance", "check", "-i", "@"],
    &["instance", "check", "-i", "@", "--record", "record"],
    &["init", "DEMO", "-i", "@"],
    &["instance", "list"],
    &["instance", "load", "@", "--into", "new.sqlite"],
    &["instance", "load", "backup", "--into", "@"],
    &["instance", "init", "@"],
    &[
        "sync",
        "init",
        "--master",
        "-i",
        "@",
        "--project",
        "DEMO",
        "--user",
        "ada",
        "--name",
        "Trial",
        "--home",
        "home",
    ],
    &["completions", "@"],
    &["man", "@"],
    &["schema", "@"],
    &["git", "install", "@"],
];

#[test]
fn no_spelling_of_a_password_is_shown_by_any_command() {
    let demo = testdata("backup/demo");
    let prepared = |env: &Env| {
        let made = env.run(&["instance", "init", "own.sqlite", "-q"]);
        assert!(made.ends_with("--- exit 0\n"), "{made}");
        let said = env.run(&["export", "DEMO", "-q", "-i", demo.to_str().unwrap(), "-o", "demo.xml"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        env.write("plan.json", "{}");
    };
    let shown_by = |spelling: &str| {
        let mut seen = BTreeSet::new();
        let mut env = Env::new();
        prepared(&env);
        let is_tried = |command: &&&[&str]| thorough::is_tried(&format!("{command:?} {spelling}"), 3);
        for command in COMMANDS.iter().filter(is_tried) {
            let words = command.iter().map(|word| if *word == "@" { spelling } else { word });
            let arguments: Vec<&str> = words.chain(["-v"]).collect();
            let said = env.run(&arguments);
            if said.contains(CANARY) {
                seen.insert(format!("{arguments:?}: {said}"));
            }
        }
        env.set("PCFG_INSTANCE", spelling);
        env.write("pcfg.toml", format!("default = \"live\"\n[instances.live]\nurl = {spelling:?}\n"));
        let commands = [
            &["history"][..],
            &["history", "-i", "live"],
            &["instance", "list"],
            &["diff", "live", "demo.xml"],
        ];
        let damaged = format!("[instances.live]\nurl = {spelling:?}\nurl = 1\n");
        for arguments in commands {
            let said = env.run(arguments);
            if said.contains(CANARY) {
                seen.insert(format!("{spelling} in the settings, {arguments:?}: {said}"));
            }
        }
        env.write("pcfg.toml", damaged);
        let said = env.run(&["history", "-i", "live"]);
        if said.contains(CANARY) {
            seen.insert(format!("{spelling} in damaged settings: {said}"));
        }
        seen
    };
    let seen: BTreeSet<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = SPELLINGS
            .chunks(6)
            .map(|part| scope.spawn(|| part.iter().flat_map(|own| shown_by(own)).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(
        seen.is_empty(),
        "{} places show a password:\n{}",
        seen.len(),
        seen.into_iter().collect::<Vec<_>>().join("\n")
    );
    // All commands are tried.
    let help = Env::new().run(&["--help"]);
    let named = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.strip_prefix("  "));
    let named: BTreeSet<&str> = named
        .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let tried: BTreeSet<&str> = COMMANDS.iter().map(|words| words[0]).collect();
    let left: Vec<&&str> = named.iter().filter(|name| !tried.contains(**name) && **name != "help").collect();
    assert!(named.len() > 10 && left.is_empty(), "commands without a test: {left:?} of {named:?}");
}

/// What is kept: the command line in the journal, and the name of the instance in a saved plan.
#[test]
fn no_spelling_of_a_password_is_kept() {
    let env = Env::new();
    let demo = testdata("backup/demo");
    env.run(&["instance", "load", demo.to_str().unwrap(), "--into", "own.sqlite", "-q"]);
    env.run(&["export", "DEMO", "-q", "-i", "own.sqlite", "-o", "demo.xml"]);
    let text = env.read("demo.xml");
    for (number, spelling) in SPELLINGS.iter().enumerate() {
        env.write("new.xml", text.replacen("<name>Demo</name>", &format!("<name>Demo {number}</name>"), 1));
        let skip = format!("filter:{spelling}");
        let said = env.run(&["import", "new.xml", "-i", "own.sqlite", "--yes", "--skip", &skip]);
        assert!(said.contains("applied as run"), "{said}");
    }
    for format in ["text", "json"] {
        let history = env.run(&["history", "-i", "own.sqlite", "--format", format]);
        assert!(history.len() > 1000);
        assert!(!history.contains(CANARY), "{history}");
    }
    let bytes = std::fs::read(env.path("own.sqlite")).unwrap();
    let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
    assert!(!found, "the journal holds a password");
}
