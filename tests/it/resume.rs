//! `pcfg resume`: after a crash it is known what was done, and nothing is left behind.

use std::fs::{self, File};

use pcfg::entity::RowChange;
use pcfg::instance::Embedded;

use crate::embedded::{Changes as _, changed, loaded, row, run, tables};
use crate::env::{Env, testdata};

/// What a process that was killed has left of an instance, and of a backup.
const LEFT: &str = ".jira.sqlite.aBcDeFgHiJkL.unfinished";
const PART: &str = ".new.zip.aBcDeFgHiJkL.unfinished";

/// Copies an instance as a power cut would leave it: while a process has it open that has just written, and `lost` bytes of
/// the log did not reach the disk.
fn crashed(env: &Env, lost: u64) {
    let (_folder, path) = loaded(&testdata("backup/demo"));
    let mut instance = Embedded::open(&path).unwrap();
    let before = row(&tables(&mut instance), "Status", "1");
    let changes: [RowChange; 1] = [changed(&before, "name", Some("Opened"))];
    instance.apply(&changes, &run("pcfg import demo.xml")).unwrap();
    fs::copy(&path, env.path("jira.sqlite")).unwrap();
    let log = |path: &std::path::Path| format!("{}-wal", path.display());
    let (from, to) = (log(&path), log(&env.path("jira.sqlite")));
    fs::copy(&from, &to).unwrap();
    let size = fs::metadata(&to).unwrap().len();
    assert!(size > lost, "the change stands in the log");
    File::options().write(true).open(&to).unwrap().set_len(size - lost).unwrap();
    let who = serde_json::to_vec(&run("pcfg import demo.xml").who).unwrap();
    fs::write(env.path("jira.sqlite-lock"), who).unwrap();
    fs::write(env.path(LEFT), "half an instance").unwrap();
}

#[test]
fn what_was_done_before_a_crash_is_told() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    env.set("USER", "ada");
    crashed(&env, 0);
    insta::assert_snapshot!(env.run(&["resume"]), @"
    `pcfg import demo.xml` of ada@analyst (process 7, since 2025-03-01T12:00:00Z) was stopped while writing: it was completed, as run 1; `pcfg undo 1 -i jira.sqlite` undoes it
    removed `[DIR]/.jira.sqlite.aBcDeFgHiJkL.unfinished`, an unfinished file
    the log `jira.sqlite-wal` was left: its completed changes are now in the database, and the rest is undone
    `jira.sqlite` is intact; the last of 1 run is run 1 of ada@analyst, 2025-03-01T12:00:00Z
    --- exit 0
    ");
    insta::assert_snapshot!(env.run(&["resume"]), @"
    `jira.sqlite` is intact; the last of 1 run is run 1 of ada@analyst, 2025-03-01T12:00:00Z
    there is nothing to resume: no command was stopped while writing
    --- exit 0
    ");
    assert!(env.run(&["undo", "--yes"]).ends_with("--- exit 0\n"));
}

#[test]
fn what_was_not_done_before_a_crash_is_told() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    env.set("USER", "ada");
    crashed(&env, 1);
    insta::assert_snapshot!(env.run(&["resume"]), @"
    `pcfg import demo.xml` of ada@analyst (process 7, since 2025-03-01T12:00:00Z) was stopped while writing: it changed nothing; start it again
    removed `[DIR]/.jira.sqlite.aBcDeFgHiJkL.unfinished`, an unfinished file
    the log `jira.sqlite-wal` was left: its completed changes are now in the database, and the rest is undone
    `jira.sqlite` is intact; it has not been changed yet
    --- exit 0
    ");
    assert!(env.run(&["history"]).contains("nothing has been changed yet"));
    assert!(!env.path(LEFT).exists());
}

#[test]
fn a_damaged_instance_is_told_apart_from_an_unfinished_one() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    let (_folder, path) = loaded(&testdata("backup/demo"));
    let mut bytes = fs::read(&path).unwrap();
    // A page in the middle.
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 64].fill(0xff);
    env.write("jira.sqlite", bytes);
    let result = env.run(&["resume"]);
    assert!(result.contains("error: `jira.sqlite` is damaged") || result.contains("malformed"), "{result}");
    assert!(!result.ends_with("--- exit 0\n"), "{result}");
}

#[test]
fn who_is_writing_is_not_disturbed() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    crashed(&env, 0);
    let lock = File::options().write(true).open(env.path("jira.sqlite-lock")).unwrap();
    lock.lock().unwrap();
    let result = env.run(&["resume"]);
    assert!(
        result.contains("somebody else is writing into `jira.sqlite`") && result.ends_with("--- exit 5\n"),
        "{result}"
    );
    assert!(env.path(LEFT).exists());
    let part = File::create(env.path(PART)).unwrap();
    part.lock().unwrap();
    let result = env.run(&["resume", "-i", "new.zip"]);
    assert!(
        result.contains("somebody is writing `./.new.zip.aBcDeFgHiJkL.unfinished`")
            && result.ends_with("--- exit 5\n"),
        "{result}"
    );
}

#[test]
fn an_unfinished_backup_is_removed() {
    let env = Env::new();
    env.write(PART, "half a backup");
    insta::assert_snapshot!(env.run(&["resume", "-i", "new.zip"]), @"
    removed `./.new.zip.aBcDeFgHiJkL.unfinished`, an unfinished file: the new one does not exist yet; start again
    --- exit 0
    ");
    // A killed `pcfg instance load` may have got no further than its lock; what is none of pcfg's stays.
    env.write("new.sqlite-lock", "{\"user\":\"ada\",\"host\"");
    env.write("old.sqlite-lock", "precious");
    insta::assert_snapshot!(env.run(&["resume", "-i", "new.sqlite"]), @"
    removed `[DIR]/new.sqlite-lock`, an unfinished file: the new one does not exist yet; start again
    --- exit 0
    ");
    assert!(env.run(&["resume", "-i", "old.sqlite"]).ends_with("--- exit 3\n"));
    assert_eq!(env.names(), ["old.sqlite-lock"]);
    assert!(env.run(&["resume", "-i", "new.zip"]).ends_with("--- exit 3\n"));
    let backup = testdata("backup/small.xml");
    let result = env.run(&["resume", "-i", backup.to_str().unwrap()]);
    assert!(
        result.starts_with("there is nothing to resume: ") && result.ends_with("--- exit 0\n"),
        "{result}"
    );
}
