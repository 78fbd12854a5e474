//! `pcfg import`, `apply`, `history` and `undo`, as a user drives them: what is seen, what is written, and what is not.

use std::fs::{self, File};
use std::thread;
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::env::{Env, testdata};

const OPEN: &str = "The issue is open and ready for the assignee to start work on it.";

/// What is edited in the export: a link type is new, a resolution loses its description, and a status changes.
const EDITS: [(&str, &str); 3] = [
    (OPEN, "Ready to start"),
    ("      <description>Work has been completed on this issue.</description>\n", ""),
    (
        "      <inward>is blocked by</inward>\n    </issueLink>\n",
        "      <inward>is blocked by</inward>\n    </issueLink>\n    <issueLink>\n      <name>Duplicate</name>\n      \
         <outward>duplicates</outward>\n      <inward>is duplicated by</inward>\n    </issueLink>\n",
    ),
];

/// An embedded instance, the export of all of it, and the same with some edits.
fn with_instance() -> Env {
    let mut env = Env::new();
    env.set("USER", "ada");
    env.set("PCFG_INSTANCE", "jira.sqlite");
    let backup = testdata("backup/demo");
    let loaded = env.run(&["instance", "load", backup.to_str().unwrap(), "--into", "jira.sqlite", "-q"]);
    assert_eq!(loaded, "--- exit 0\n");
    assert_eq!(env.run(&["export", "--all", "-q", "-o", "before.xml"]), "--- exit 0\n");
    env.write("after.xml", edited(&env, &EDITS));
    assert_eq!(env.run(&["format", "-q", "after.xml"]), "--- exit 0\n");
    env
}

fn edited(env: &Env, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(env.read("before.xml"), |text, (from, to)| {
        assert!(text.contains(from), "the export holds {from}");
        text.replacen(from, to, 1)
    })
}

/// Returns the export of all of the instance.
fn export(env: &Env) -> String {
    let result = env.run(&["export", "--all", "-q"]);
    result.strip_suffix("--- exit 0\n").unwrap_or_else(|| panic!("{result}")).to_owned()
}

/// Returns a result without what differs from one machine and moment to the next.
fn steady(result: &str) -> String {
    let host = gethostname::gethostname().into_string().unwrap();
    let mut text = result.replace(&format!("ada@{host}"), "ada@[HOST]").replace(&host, "[HOST]");
    while let Some(at) = text.find("Z").filter(|_| text.contains("T")).and_then(|_| moment(&text)) {
        text.replace_range(at..at + 20, "[WHEN]              ");
    }
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Returns where a moment stands, as `2025-03-01T12:00:00Z`.
fn moment(text: &str) -> Option<usize> {
    let shape = |own: &[u8]| {
        own.iter().zip(b"0000-00-00T00:00:00Z").all(|(own, like)| match like {
            b'0' => own.is_ascii_digit(),
            other => own == other,
        })
    };
    text.as_bytes().windows(20).position(shape)
}

#[test]
fn a_session_from_the_export_to_the_undo() {
    let env = with_instance();
    let (before, after) = (env.read("before.xml"), env.read("after.xml"));
    assert_snapshot!(env.run(&["import", "after.xml", "--simulate", "--exit-code"]), @r#"
    plan for jira.sqlite

    will be removed
      - resolution Done: description: `Work has been completed on this issue.`

    resolution
      ~ Done
          - description: `Work has been completed on this issue.`

    status
      ~ Open
          ~ description: `The issue is open and ready for the assignee to start work on it.` → `Ready to start`

    issue link type
      + Duplicate
          + outward: `duplicates`
          + inward: `is duplicated by`

    1 object to create, 2 objects to change, 1 part to remove; 48 unchanged
    --- exit 1
    "#);
    assert_eq!(export(&env), before, "a simulation changes nothing");
    assert_snapshot!(env.run(&["history"]), @"
    --- stderr
    nothing has been changed yet in jira.sqlite
    --- exit 0
    ");
    let applied = env.run(&["import", "after.xml", "--yes"]);
    assert_snapshot!(&applied[applied.find("--- stderr").unwrap()..], @"
    --- stderr
    applied as run 1 to jira.sqlite: 1 object created, 2 objects changed, 1 part removed; `pcfg undo 1 -i jira.sqlite` undoes it
    --- exit 0
    ");
    assert_eq!(export(&env), after, "Law 3");
    assert_snapshot!(env.run(&["import", "after.xml"]), @"
    plan for jira.sqlite

    nothing to do; 51 unchanged
    --- exit 0
    ");
    assert_snapshot!(env.run(&["import", "after.xml", "--simulate", "--exit-code"]), @"
    plan for jira.sqlite

    nothing to do; 51 unchanged
    --- exit 0
    ");
    assert_snapshot!(env.run(&["undo", "--simulate", "--exit-code"]), @r#"
    plan for jira.sqlite

    will be removed
      - issue link type Duplicate

    resolution
      ~ Done
          + description: `Work has been completed on this issue.`

    status
      ~ Open
          ~ description: `Ready to start` → `The issue is open and ready for the assignee to start work on it.`

    issue link type
      - Duplicate

    2 objects to change, 1 object to remove
    --- exit 1
    "#);
    assert_eq!(export(&env), after, "a simulation changes nothing");
    assert!(env.run(&["undo"]).ends_with("--- exit 2\n"), "cannot ask for confirmation: not a terminal");
    let undone = env.run(&["undo", "--yes"]);
    assert_snapshot!(&undone[undone.find("--- stderr").unwrap()..], @"
    --- stderr
    undone as run 2 in jira.sqlite: 2 objects changed, 1 object removed; `pcfg undo 2 -i jira.sqlite` redoes it
    --- exit 0
    ");
    assert_eq!(export(&env), before, "Law 7");
    assert_snapshot!(steady(&env.run(&["history"])), @"
    run  when                  who     what                 rows  result
      2  [WHEN]                ada@[HOST]  undo of run 1           3  2 objects changed, 1 object removed
      1  [WHEN]                ada@[HOST]  import of after.xml     4  1 object created, 2 objects changed, 1 part removed; undone by run 2
    --- stderr
    runs in jira.sqlite:
    --- exit 0
    ");
    assert_snapshot!(env.run(&["undo", "--yes"]), @"
    --- stderr
    there is nothing to undo in jira.sqlite
    --- exit 0
    ");
    assert_snapshot!(env.run(&["undo", "1", "--yes"]), @"
    --- stderr
    error: run 1 has been undone already, by run 2
    hint: `pcfg undo 2 -i jira.sqlite` redoes it
    --- exit 5
    ");
    assert!(env.run(&["undo", "2", "--yes"]).ends_with("--- exit 0\n"), "an undo can be undone");
    assert_eq!(export(&env), after);
    assert_snapshot!(env.run(&["undo", "9"]), @"
    --- stderr
    error: there is no run 9
    --- exit 3
    ");
}

#[test]
fn without_anybody_to_ask_nothing_is_changed() {
    let env = with_instance();
    let result = env.run(&["import", "after.xml"]);
    assert_snapshot!(&result[result.find("--- stderr").unwrap()..], @r#"
    --- stderr
    error: nothing was changed: cannot ask for confirmation: not a terminal
    hint: to apply without confirmation: `pcfg import after.xml -i jira.sqlite --yes`
    hint: to see what would change: `pcfg import after.xml -i jira.sqlite --simulate`
    --- exit 2
    "#);
    assert_eq!(export(&env), env.read("before.xml"));
}

#[test]
fn on_a_terminal_the_user_is_asked() {
    let env = with_instance();
    let answered = |answer| env.on_terminal("import after.xml -i jira.sqlite", answer);
    let Some((shown, code)) = answered("n\n") else { return };
    assert!(
        shown.contains("Apply 1 new object, 2 changes and 1 removal to jira.sqlite? [y/N]")
            && shown.contains("nothing was changed"),
        "{shown}"
    );
    assert_eq!(code, Some(130), "{shown}");
    assert_eq!(export(&env), env.read("before.xml"));
    assert!(shown.contains("\u{1b}[32m+\u{1b}[0m Duplicate"), "new things are green: {shown}");
    let (shown, code) = answered("y\n").unwrap();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(export(&env), env.read("after.xml"));
}

#[test]
fn nothing_is_done_when_anything_is_refused() {
    let env = with_instance();
    let linus = "    <user>\n      <username>linus</username>";
    let john = "    <user>\n      <username>john</username>\n      <fullName>John</fullName>\n      \
                <email>john at home</email>\n      <active>true</active>\n    </user>\n";
    let wrong = (linus, &*format!("{john}{linus}"));
    env.write("wrong.xml", edited(&env, &[EDITS[0], wrong]));
    let result = env.run(&["import", "wrong.xml", "--yes"]);
    assert_snapshot!(result, @"
    plan for jira.sqlite

    refused
      ! `john at home` is not an e-mail address
          at /user[john]/email
          write one of the form name@host, or leave the user out

    status
      ~ Open
          ~ description: `The issue is open and ready for the assignee to start work on it.` → `Ready to start`

    1 object to change, 1 refused; 49 unchanged
    --- stderr
    error: 1 object is refused, and nothing was changed
    hint: each says above what to do about it
    hint: to leave out the causes: `pcfg import wrong.xml --yes -i jira.sqlite --skip user:john`
    hint: to do the rest: `pcfg import wrong.xml --yes -i jira.sqlite --partial`
    --- exit 4
    ");
    assert_eq!(export(&env), env.read("before.xml"));
    assert!(env.run(&["import", "wrong.xml", "--simulate", "--out", "plan.json"]).ends_with("--- exit 4\n"));
    assert!(!env.path("plan.json").exists());
    let result = env.run(&["import", "wrong.xml", "--yes", "--partial"]);
    assert!(
        result.ends_with("--- exit 4\n")
            && result.contains("applied as run 1 to jira.sqlite: 1 object changed"),
        "{result}"
    );
    assert_eq!(export(&env), edited(&env, &EDITS[..1]));
    let without = env.run(&["import", "wrong.xml", "--yes", "--skip", "user"]);
    assert!(without.contains("nothing to do") && without.ends_with("--- exit 0\n"), "{without}");
}

#[test]
fn options_choose_what_is_imported() {
    let env = with_instance();
    let simulated = |options: &[&str]| {
        env.run(&[&["import", "after.xml", "--simulate", "--exit-code"], options].concat())
    };
    assert!(
        simulated(&["--skip", "status", "--skip", "resolution", "--skip", "issueLink"])
            .ends_with("--- exit 0\n")
    );
    let only = simulated(&["--only", "issueLink:Duplicate"]);
    assert!(only.contains("+ Duplicate") && !only.contains("status") && !only.contains("~ Done"), "{only}");
    assert_snapshot!(simulated(&["--only", "issueLink:Duplikate", "--only", "issueLink:Blocks", "--only", "status:Opn"]), @"
    --- stderr
    error: `--only issueLink:Duplikate` matches nothing in the configuration file
    hint: did you mean `Duplicate`?
    error: `--only status:Opn` matches nothing in the configuration file
    hint: did you mean `Open`?
    --- exit 3
    ");
    let nothing = simulated(&["--only", "board:Demo"]);
    assert!(nothing.ends_with("--- exit 3\n"), "{nothing}");
    let skipped = simulated(&["--skip", "issueLink:Duplikate", "--only", "board"]);
    let wanted = "warning: `--skip issueLink:Duplikate` matches nothing in the configuration file; did you mean `Duplicate`?";
    assert!(skipped.contains(wanted), "{skipped}");
    env.write(
        "names.toml",
        "[issueLink]\nDuplicate = { match = \"Blocks\" }\nBlocks = \"skip\"\nDuplikate = \"skip\"\n",
    );
    assert_snapshot!(simulated(&["--map", "names.toml", "--only", "issueLink"]), @r#"
    plan for jira.sqlite

    affects other projects
      ~ issue link type Blocks: DEMO, OPS

    issue link type
      ~ Blocks
          ~ outward: `blocks` → `duplicates`
          ~ inward: `is blocked by` → `is duplicated by`

    1 object to change; 1 left out, 2 other projects affected
    --- stderr
    warning: the mapping file names issueLink `Duplikate`, which the configuration file lacks
    --- exit 1
    "#);
    assert!(simulated(&["--update-users"]).ends_with("--- exit 1\n"));
}

/// As `git diff` does it: a difference is no failure, unless somebody asks for it.
#[test]
fn a_simulation_goes_on_to_what_comes_after_it() {
    let env = with_instance();
    let chained = |first: &str, second: &str| {
        let (program, folder) = (env!("CARGO_BIN_EXE_pcfg"), env.path("."));
        let line = format!("'{program}' {first} && '{program}' {second}");
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &line]).current_dir(folder).env_clear().env("PCFG_INSTANCE", "jira.sqlite");
        shell.output().unwrap().status.code()
    };
    assert_eq!(
        chained("import after.xml --simulate --save-plan plan.json", "apply plan.json --yes"),
        Some(0)
    );
    assert_eq!(export(&env), env.read("after.xml"));
    assert_eq!(chained("undo --simulate", "undo --yes"), Some(0));
    assert_eq!(export(&env), env.read("before.xml"));
    assert_eq!(chained("import after.xml --simulate --exit-code", "import after.xml --yes"), Some(1));
    assert_eq!(export(&env), env.read("before.xml"));
    for command in [&["import", "after.xml", "--exit-code"][..], &["undo", "--exit-code"]] {
        assert!(env.run(command).ends_with("--- exit 2\n"), "only a simulation can be asked");
    }
}

#[test]
fn a_plan_is_saved_reviewed_and_applied_as_it_is() {
    let env = with_instance();
    let saved = env.run(&["import", "after.xml", "--simulate", "--out", "plan.json", "-q"]);
    assert!(saved.ends_with("--- exit 0\n"), "{saved}");
    let first = env.read("plan.json");
    env.run(&["import", "after.xml", "--simulate", "--out", "plan.json", "-q"]);
    assert_eq!(env.read("plan.json"), first, "Law 5");
    let applied = env.run(&["apply", "plan.json", "--yes"]);
    let shown = |result: &str| {
        let (plan, _) = result.rsplit_once("1 part to remove")?;
        let (instance, plan) = plan.split_once("\n\n")?;
        instance.ends_with("jira.sqlite").then(|| plan.to_owned())
    };
    assert!(shown(&applied).is_some(), "{applied}");
    assert_eq!(shown(&applied), shown(&saved), "the same plan is shown");
    assert_eq!(export(&env), env.read("after.xml"));
    assert_snapshot!(env.run(&["apply", "plan.json", "--yes"]), @"
    --- stderr
    error: the plan no longer fits the instance, and nothing was changed: 3 objects have been changed since
    caused by: resolution `Done`
    caused by: status `Open`
    caused by: issue link type `Duplicate`
    hint: make a new plan: `pcfg import after.xml --simulate --save-plan plan.json -i [DIR]/jira.sqlite`
    --- exit 5
    ");
    assert!(env.run(&["undo", "--yes", "-q"]).ends_with("--- exit 0\n"));
    assert_eq!(export(&env), env.read("before.xml"));
}

#[test]
fn a_saved_plan_names_what_was_changed_since() {
    let env = with_instance();
    env.run(&["import", "after.xml", "--simulate", "--out", "plan.json", "-q"]);
    env.write("other.xml", edited(&env, &[(OPEN, "Somebody else was here")]));
    assert!(env.run(&["import", "other.xml", "--yes", "-q"]).ends_with("--- exit 0\n"));
    let now = export(&env);
    assert_snapshot!(env.run(&["apply", "plan.json", "--yes"]), @"
    --- stderr
    error: the plan no longer fits the instance, and nothing was changed: 1 object has been changed since
    caused by: status `Open`
    hint: make a new plan: `pcfg import after.xml --simulate --save-plan plan.json -i [DIR]/jira.sqlite`
    --- exit 5
    ");
    assert_eq!(export(&env), now);
}

#[test]
fn what_is_no_plan_is_told() {
    let env = with_instance();
    for (text, why) in [
        ("<xml/>", "it is not a saved plan"),
        ("{\"version\": 1}", "its format has version 1"),
        ("{\"version\": 2}", "missing field"),
        ("{\"version\": 2, \"other\": 1}", "unknown field `other`"),
        (
            "{\"version\": 2, \"plan\": {}, \"seal\": \"\", \"file\": {\"name\": \"\", \"sha256\": \"\"}, \"target\": {\"kind\": \"\", \
             \"location\": \"\", \"server\": null, \"id\": null, \"jira\": null, \"sha256\": \"\"}, \"projects\": [], \"objects\": [], \"rows\": [{\"table\": \"Nothing\"}]}",
            "no table or column Nothing",
        ),
    ] {
        env.write("plan.json", text);
        let result = env.run(&["apply", "plan.json", "--yes"]);
        assert!(result.contains(why) && result.ends_with("--- exit 3\n"), "{result}");
    }
}

#[test]
fn an_undo_is_refused_when_somebody_changed_the_same_since() {
    let env = with_instance();
    assert!(env.run(&["import", "after.xml", "--yes", "-q"]).ends_with("--- exit 0\n"));
    let later = env.read("after.xml").replace("Ready to start", "Ready");
    env.write("later.xml", &later);
    assert!(env.run(&["import", "later.xml", "--yes", "-q"]).ends_with("--- exit 0\n"));
    assert_snapshot!(env.run(&["undo", "1", "--yes"]), @"
    --- stderr
    error: run 1 cannot be undone, and nothing was changed: 1 object has been changed since
    caused by: status `Open`
    hint: `pcfg history -i jira.sqlite` lists the later runs; undo those first
    --- exit 5
    ");
    assert_eq!(export(&env), later);
    assert!(env.run(&["undo", "--yes", "-q"]).ends_with("--- exit 0\n"), "the last run first");
    assert!(env.run(&["undo", "--yes", "-q"]).ends_with("--- exit 0\n"), "then the first");
    assert_eq!(export(&env), env.read("before.xml"));
}

#[test]
fn a_backup_is_not_changed_but_a_new_one_is_written() {
    let env = with_instance();
    for file in ["entities.xml", "activeobjects.xml"] {
        env.write(&format!("backup/{file}"), fs::read(testdata("backup/demo").join(file)).unwrap());
    }
    let said = env.run(&["import", "after.xml", "-i", "backup", "--yes"]);
    assert!(
        said.contains(": `pcfg import after.xml -i backup --simulate`\n"),
        "a simulation is not agreed to: {said}"
    );
    assert_snapshot!(env.run(&["import", "after.xml", "-i", "backup"]), @"
    --- stderr
    error: `backup` is a backup, which is never changed
    hint: see what would be changed: `pcfg import after.xml -i backup --simulate`
    hint: write a new backup with the changes, for Jira to restore: `pcfg import after.xml -i backup -o changed.zip`
    hint: or load it into an embedded instance, which can be changed: `pcfg instance load backup`
    --- exit 2
    ");
    let simulated = env.run(&["import", "after.xml", "-i", "backup", "--simulate"]);
    assert!(simulated.ends_with("--- exit 0\n"), "{simulated}");
    let written = env.run(&["import", "after.xml", "-i", "backup", "-o", "new.zip"]);
    assert_snapshot!(&written[written.find("--- stderr").unwrap()..], @"
    --- stderr
    wrote `new.zip`: 1 object created, 2 objects changed, 1 part removed
    --- exit 0
    ");
    let again = env.run(&["export", "--all", "-q", "-i", "new.zip"]);
    assert_eq!(again, env.read("after.xml") + "--- exit 0\n");
    let same = env.run(&["import", "after.xml", "-i", "new.zip", "-o", "same.zip"]);
    assert!(same.contains("no new backup was written") && same.ends_with("--- exit 0\n"), "{same}");
    assert!(!env.path("same.zip").exists());
    let itself = env.run(&["import", "before.xml", "-i", "new.zip", "-o", "new.zip"]);
    assert!(itself.ends_with("--- exit 4\n"), "{itself}");
    let other = env.run(&["import", "before.xml", "-i", "backup", "-o", "new.xml"]);
    assert!(other.contains("name a zip archive: `-o new.zip`") && other.ends_with("--- exit 2\n"), "{other}");
    let none = env.run(&["import", "after.xml", "-o", "new.zip"]);
    assert!(
        none.contains("works only when the instance is a backup") && none.ends_with("--- exit 2\n"),
        "{none}"
    );
}

#[test]
fn plans_are_shown_for_reviews() {
    let env = with_instance();
    assert_snapshot!(env.run(&["import", "after.xml", "--simulate", "--format", "markdown"]), @r#"
    **1 object to create, 2 objects to change, 1 part to remove; 48 unchanged**

    Plan for `jira.sqlite`

    | | new | changed |
    |---|---:|---:|
    | issue link type | 1 | |
    | resolution | | 1 |
    | status | | 1 |

    ### Will be removed

    - `resolution Done: description`: `Work has been completed on this issue.`

    ### All changes

    <details><summary>resolution (1)</summary>

    ```diff
    ! resolution Done
    -   description: Work has been completed on this issue.
    ```

    </details>

    <details><summary>status (1)</summary>

    ```diff
    ! status Open
    -   description: The issue is open and ready for the assignee to start work on it.
    +   description: Ready to start
    ```

    </details>

    <details><summary>issue link type (1)</summary>

    ```diff
    + issue link type Duplicate
    +   outward: duplicates
    +   inward: is duplicated by
    ```

    </details>
    --- exit 0
    "#);
    let json = env.command(&["import", "after.xml", "--simulate", "--format", "json"]).output().unwrap();
    assert_eq!(json.status.code(), Some(0));
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["version"], 1);
    assert_eq!(document["counts"]["create"], 1);
    assert_eq!(document["steps"][0]["changes"][0]["path"], "/description");
}

#[test]
fn the_journal_is_told_to_machines() {
    let env = with_instance();
    env.run(&["import", "after.xml", "--yes", "-q"]);
    let output = env.command(&["history", "--format", "json"]).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let run = &document["runs"][0];
    assert_eq!((&run["run"], &run["user"], &run["file"]), (&1.into(), &"ada".into(), &"after.xml".into()));
    assert_eq!(run["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(run["command"], "pcfg import after.xml --yes -q");
    assert_eq!(run["plan"]["counts"]["change"], 2);
    assert_eq!(run["undoneBy"], serde_json::Value::Null);
}

/// Law 6: whenever it is killed, an import is done with its entry in the journal, or not at all.
#[test]
fn killed_at_any_moment_nothing_is_half_done() {
    let env = with_instance();
    let (before, after) = (env.read("before.xml"), env.read("after.xml"));
    let import = || env.command(&["import", "after.xml", "--yes"]).spawn().unwrap();
    let begin = Instant::now();
    assert!(import().wait_with_output().unwrap().status.success());
    let whole = begin.elapsed();
    assert!(env.run(&["undo", "--yes", "-q"]).ends_with("--- exit 0\n"));
    let points = 20;
    let mut done = 0;
    for point in 0..points {
        let mut child = import();
        thread::sleep(whole * point / points);
        child.kill().unwrap();
        child.wait().unwrap();
        let history = env.command(&["history", "--format", "json"]).output().unwrap();
        let history: serde_json::Value = serde_json::from_slice(&history.stdout).unwrap();
        let newest = &history["runs"][0];
        let is_done = newest["undoes"].is_null() && newest["undoneBy"].is_null();
        assert_eq!(export(&env), if is_done { &*after } else { &*before }, "killed at {point}/{points}");
        if is_done {
            done += 1;
            assert!(env.run(&["undo", "--yes", "-q"]).ends_with("--- exit 0\n"));
            assert_eq!(export(&env), before);
        }
    }
    eprintln!("{done} of {points} imports were done before they were killed");
    assert!(env.run(&["import", "after.xml", "--yes", "-q"]).ends_with("--- exit 0\n"));
}

#[test]
fn of_two_imports_the_second_waits_or_says_who_holds_it() {
    let env = with_instance();
    let mut options = File::options();
    let lock = options.read(true).write(true).create(true).truncate(false);
    let lock = lock.open(env.path("jira.sqlite-lock")).unwrap();
    lock.lock().unwrap();
    let who = r#"{"user":"grace","host":"lab","pid":7,"command":"pcfg import x.xml","since":"now"}"#;
    fs::write(env.path("jira.sqlite-lock"), who).unwrap();
    let result = env.run(&["import", "after.xml", "--yes"]);
    assert_snapshot!(&result[result.find("--- stderr").unwrap()..], @"
    --- stderr
    error: somebody else is writing into `jira.sqlite`: grace on lab, process 7, since now, by `pcfg import x.xml`
    hint: wait until it has ended, or use `--wait SECONDS`
    --- exit 5
    ");
    assert_eq!(export(&env), env.read("before.xml"));
    let waiting = env.command(&["import", "after.xml", "--yes", "--wait", "60"]).spawn().unwrap();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(export(&env), env.read("before.xml"));
    lock.unlock().unwrap();
    assert!(waiting.wait_with_output().unwrap().status.success());
    assert_eq!(export(&env), env.read("after.xml"));
}

#[test]
fn two_imports_at_once_end_as_one_after_the_other() {
    let env = with_instance();
    let no = ("<name>Won't Do</name>", "<name>Won't Do</name>\n      <description>No</description>");
    env.write("other.xml", edited(&env, &[no]));
    let start = |file| env.command(&["import", file, "--yes", "--wait", "60"]).spawn().unwrap();
    // Each file says what everything is to be like, so the last one counts; of the other, only what the last does not mention
    // stays: the new link type.
    for child in [start("after.xml"), start("other.xml")] {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let output = env.command(&["history", "--format", "json"]).output().unwrap();
    let history: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let runs = history["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    let last = runs[0]["file"].as_str().unwrap();
    let now = export(&env);
    assert!(now.contains("<name>Duplicate</name>"), "{now}");
    assert_eq!(now.contains("Ready to start"), last == "after.xml");
    assert_eq!(now.contains("<description>No</description>"), last == "other.xml");
    assert!(env.run(&["import", last, "--simulate", "--exit-code"]).ends_with("--- exit 0\n"));
}

/// The example of the documentation: `john` has the same name and full name, and another e-mail address.
#[test]
fn of_john_only_the_email_is_changed() {
    let env = with_instance();
    let john = |email: &str| {
        format!(
            "    <user>\n      <username>john</username>\n      <fullName>John Doe</fullName>\n      \
             <email>{email}</email>\n      <active>true</active>\n    </user>\n"
        )
    };
    let linus = "    <user>\n      <username>linus</username>";
    let with = |email: &str| edited(&env, &[(linus, &format!("{}{linus}", john(email)))]);
    env.write("john.xml", with("john@old.example"));
    assert!(env.run(&["import", "john.xml", "--yes", "-q"]).ends_with("--- exit 0\n"));
    env.write("john.xml", with("john@new.example"));
    assert_snapshot!(env.run(&["import", "john.xml", "--simulate", "--exit-code"]), @"
    plan for jira.sqlite

    held back
      existing users and the members of existing groups are changed only with `--update-users`
      user john
          ~ email: `john@old.example` → `john@new.example`

    nothing to do; 50 unchanged, 1 held back
    --- exit 0
    ");
    assert_snapshot!(env.run(&["import", "john.xml", "--yes", "--update-users"]), @"
    plan for jira.sqlite

    user
      ~ john
          ~ email: `john@old.example` → `john@new.example`

    1 object to change; 50 unchanged
    --- stderr
    applied as run 2 to jira.sqlite: 1 object changed; `pcfg undo 2 -i jira.sqlite` undoes it
    --- exit 0
    ");
    let rows = env.command(&["history", "--format", "json"]).output().unwrap();
    let history: serde_json::Value = serde_json::from_slice(&rows.stdout).unwrap();
    assert_eq!(history["runs"][0]["rows"], 1, "one row");
    assert_eq!(history["runs"][0]["plan"]["steps"].as_array().unwrap().len(), 1);
    // Where nothing refers to him, an export does not describe him: so the file is asked.
    assert!(
        env.run(&["import", "john.xml", "--simulate", "--exit-code", "--update-users"])
            .ends_with("--- exit 0\n")
    );
}

/// The options reach the planner; what each does is shown in `import_options`.
#[test]
fn options_say_how_to_import() {
    let env = with_instance();
    env.write("after.xml", edited(&env, &[("<value>Asia</value>", "<value>Asia and Australia</value>")]));
    let simulated = |options: &[&str]| env.run(&[&["import", "after.xml", "--simulate"], options].concat());
    assert!(
        simulated(&[]).contains("~ customFieldConfigScheme[Regions of two projects]/config"),
        "{}",
        simulated(&[])
    );
    assert!(
        simulated(&["--publish-drafts"]).contains("- draft\n          description: `With a review step`\n"),
        "{}",
        simulated(&["--publish-drafts"])
    );
    env.write(
        "demo.xml",
        env.run(&["export", "DEMO", "--custom-fields", "all", "-q"]).replace("--- exit 0\n", ""),
    );
    env.write(
        "demo.xml",
        env.read("demo.xml").replace("<value>Asia</value>", "<value>Asia and Australia</value>"),
    );
    let smart = env.run(&["import", "demo.xml", "--yes", "--smart-contexts"]);
    assert!(smart.contains("+ customFieldConfigScheme[Regions of two projects (DEMO)]\n"), "{smart}");
    assert!(smart.ends_with("--- exit 0\n"), "{smart}");
    env.write("extra.xml", env.read("demo.xml").replace(">OPS<", ">EXTRA<"));
    let extra = env.run(&["import", "extra.xml", "--yes", "--create-extra-projects"]);
    assert!(extra.contains("  + EXTRA\n") && extra.ends_with("--- exit 0\n"), "{extra}");
    assert!(export(&env).contains("<key>EXTRA</key>"));
}

/// What issues hold on to is known of every place: the guards say the same of a backup and of the instance made of it.
#[test]
fn issues_count_wherever_they_are() {
    let env = with_instance();
    let wrong = ("      <issueType position=\"2\">Bug</issueType>\n", "");
    env.write("wrong.xml", edited(&env, &[wrong]));
    let backup = testdata("backup/demo");
    let planned = |shown: String| {
        let (_, plan) = shown.split_once("\n\n").unwrap();
        plan.split_once("--- stderr").unwrap().0.to_owned()
    };
    let of_instance = planned(env.run(&["import", "wrong.xml", "--simulate"]));
    assert!(
        of_instance.contains("! project DEMO has 1 issue of type `Bug`, which it would lose"),
        "{of_instance}"
    );
    let of_backup = env.run(&["import", "wrong.xml", "--simulate", "-i", backup.to_str().unwrap()]);
    assert_eq!(of_instance, planned(of_backup));
    assert!(env.run(&["import", "wrong.xml", "--yes", "-q"]).ends_with("--- exit 4\n"));
    assert_eq!(export(&env), env.read("before.xml"));
}

/// What a refusal says to paste is pasted, as a shell takes it, and nothing is refused then.
#[test]
fn what_leaves_out_all_that_is_refused_can_be_pasted() {
    let env = with_instance();
    let linus = "    <user>\n      <username>linus</username>";
    let jim = "    <user>\n      <username>jim's own</username>\n      <email>nowhere</email>\n    </user>\n";
    let bug = ("      <issueType position=\"2\">Bug</issueType>\n", "");
    env.write("wrong one.xml", edited(&env, &[EDITS[0], (linus, &*format!("{jim}{linus}")), bug]));
    for arguments in
        [&["--simulate"][..], &["--yes"], &["--simulate", "--out", "plan.json", "-i", "jira.sqlite"]]
    {
        let said = env.run(&[&["import", "wrong one.xml"][..], arguments].concat());
        assert!(said.ends_with("--- exit 4\n"), "{said}");
        let mark = "hint: to leave out the causes: `";
        let (_, command) = said.split_once(mark).unwrap_or_else(|| panic!("{said}"));
        let command = &command[..command.find("`\n").unwrap()];
        assert_eq!(command.matches("--skip ").count(), 2, "{command}");
        let program = format!("{} ", env!("CARGO_BIN_EXE_pcfg"));
        let pasted = std::process::Command::new("sh")
            .args(["-c", &command.replacen("pcfg ", &program, 1)])
            .current_dir(env.path(""))
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&pasted.stdout);
        assert!(pasted.status.success() && !shown.contains("refused"), "{command}: {shown}");
    }
}
