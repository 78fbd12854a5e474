//! `pcfg issue create`, `edit`, `transition`, `comment`, `attach`, `link`: single issues changed from the command line.

use insta::assert_snapshot;

use crate::env::{Env, testdata};

fn with_demo() -> Env {
    let mut env = Env::new();
    env.run(&["instance", "init", "demo.sqlite"]);
    env.set("PCFG_INSTANCE", "demo.sqlite");
    env
}

/// Returns a result without the times of this run.
fn timeless(result: &str) -> String {
    let line = |line: &str| match line.split_once(" UTC") {
        Some((_, rest)) => format!("  (now){rest}"),
        None if line.ends_with('Z') => {
            format!("{} (now)", line.split_whitespace().next().unwrap_or_default())
        }
        None => line.to_owned(),
    };
    result.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// What is left out of an issue is told; what is in other issues is not left out.
#[test]
fn an_issue_that_was_made_is_shown_without_notes_about_others() {
    let env = with_demo();
    let line = |line: &str| env.run(&line.split(' ').collect::<Vec<_>>());
    line("issue create DEMO --type Task summary=Stops description=Often --as ada");
    line("issue create DEMO --type Sub-task --parent DEMO-9 summary=Ask --as ada");
    line("issue link DEMO-9 blocks DEMO-2 --as ada");
    for key in ["DEMO-9", "DEMO-10"] {
        let shown = line(&format!("issue show {key}"));
        assert!(!shown.contains("note:") && shown.ends_with("--- exit 0\n"), "{shown}");
    }
}

#[test]
fn a_step_takes_a_comment_and_files_along() {
    let env = with_demo();
    env.write("till.log", "beep\n");
    let arguments =
        ["issue", "transition", "DEMO-6", "Start", "--comment", "See the log.", "--attach", "till.log"];
    let taken = env.run(&[&arguments[..], &["--as", "ada", "--format", "json"]].concat());
    assert!(
        taken.contains("\"status\": \"In Progress\"") && taken.contains("\"name\": \"till.log\""),
        "{taken}"
    );
    let shown = env.run(&["issue", "show", "DEMO-6"]);
    assert!(shown.contains("See the log.") && shown.contains("till.log  5 bytes"), "{shown}");
    // All of it or nothing.
    let refused = env.run(&[
        "issue",
        "transition",
        "DEMO-6",
        "Stop",
        "--comment",
        "No.",
        "--attach",
        "none.log",
        "--as",
        "ada",
    ]);
    assert!(refused.contains("cannot read `none.log`"), "{refused}");
    assert_eq!(env.run(&["issue", "show", "DEMO-6"]), shown);
}

#[test]
fn an_issue_is_made_and_changed() {
    let env = with_demo();
    env.write("till.log", "beep\n");
    let commands: [&[&str]; 11] = [
        &[
            "create",
            "DEMO",
            "--type",
            "Bug",
            "summary=The till stops",
            "description=At noon.",
            "versions=1.1",
            "Severity=Loses orders",
            "--as",
            "ada",
        ],
        &["edit", "DEMO-9", "assignee=grace", "components=Cart", "components=Search", "--as", "ada"],
        &["edit", "DEMO-9", "assignee=grace", "--as", "ada"],
        &["edit", "DEMO-9", "priority=Low", "--as", "ada", "--format", "json"],
        &["transition", "DEMO-9", "Start", "--as", "grace"],
        &["comment", "DEMO-9", "In Safari only.", "--as", "grace"],
        &["comment", "DEMO-9", "For us.", "--role", "Developers", "--as", "grace"],
        &["attach", "DEMO-9", "till.log", "--as", "grace"],
        &["link", "DEMO-9", "blocks", "DEMO-2", "--as", "ada"],
        &["link", "DEMO-2", "is blocked by", "DEMO-9", "--as", "ada", "--format", "json"],
        &[
            "create",
            "DEMO",
            "--type",
            "Sub-task",
            "--parent",
            "DEMO-9",
            "summary=Ask",
            "--as",
            "ada",
            "--format",
            "json",
        ],
    ];
    let mut session = String::new();
    for command in commands {
        let words: Vec<&str> = ["issue"].iter().chain(command).copied().collect();
        session.push_str(&format!("$ pcfg {}\n{}", words.join(" "), env.run(&words)));
    }
    assert_snapshot!(session);
    assert_snapshot!(timeless(&env.run(&["issue", "show", "DEMO-9", "--history"])));
    let files: Vec<_> = walkdir::WalkDir::new(env.path("demo.sqlite.attachments"))
        .into_iter()
        .map(Result::unwrap)
        .filter(|own| own.file_type().is_file())
        .map(|own| std::fs::read_to_string(own.path()).unwrap())
        .collect();
    assert_eq!(files, ["beep\n"]);
}

#[test]
fn what_cannot_be_done_is_told() {
    let env = with_demo();
    env.write("backup.xml", std::fs::read(testdata("backup/small.xml")).unwrap());
    let commands: [&[&str]; 14] = [
        &["create", "DEMO", "--type", "Bugg", "summary=x", "--as", "ada"],
        &["create", "NONE", "--type", "Bug", "summary=x", "--as", "ada"],
        &["create", "DEMO", "--type", "Bug", "summary=x", "--as", "nobody"],
        &["create", "DEMO", "--type", "Bug", "summary", "--as", "ada"],
        &["create", "DEMO", "--type", "Sub-task", "summary=x", "--as", "ada"],
        &["edit", "DEMO-4", "sumary=x", "--as", "ada"],
        &["edit", "DEMO-4", "Severity=Hig", "--as", "ada"],
        &["edit", "DEMO-4", "summary=", "--as", "ada"],
        &["edit", "DEMO-4", "summary=x", "--as", "margaret"],
        &["edit", "DEMO-99", "summary=x", "--as", "ada"],
        &["transition", "DEMO-4", "Fly", "--as", "ada"],
        &["attach", "DEMO-4", "missing.png", "--as", "ada"],
        &["link", "DEMO-4", "knows", "DEMO-2", "--as", "ada"],
        &["edit", "TST-1", "summary=x", "--as", "ada", "-i", "backup.xml"],
    ];
    let mut session = String::new();
    for command in commands {
        let words: Vec<&str> = ["issue"].iter().chain(command).copied().collect();
        session.push_str(&format!("$ pcfg {}\n{}", words.join(" "), env.run(&words)));
    }
    assert_snapshot!(session);
}

/// After issues were changed an instance is exported and validated as before, and a complete export has what is new.
#[test]
fn the_configuration_stays_and_a_complete_export_has_the_changes() {
    let env = with_demo();
    let exported = env.run(&["export", "--all"]);
    env.run(&[
        "issue",
        "create",
        "DEMO",
        "--type",
        "Task",
        "summary=The till stops",
        "description=x",
        "--as",
        "ada",
    ]);
    env.run(&["issue", "comment", "DEMO-9", "In Safari only.", "--as", "ada"]);
    env.run(&["issue", "transition", "DEMO-9", "In Progress", "--as", "ada"]);
    assert_eq!(env.run(&["export", "--all"]), exported);
    let said = env.run(&["export", "DEMO", "--complete", "-o", "whole/"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let issues = env.read("whole/data/DEMO/issues/000001-001000.xml");
    assert!(issues.contains("<summary>The till stops</summary>") && issues.contains("In Safari only."));
    let said = env.run(&["validate", "whole/"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    env.run(&["instance", "init", "other.sqlite"]);
    let said = env.run(&["instance", "check"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
}
