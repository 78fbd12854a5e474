//! Imports of complete projects that are stopped, meet a full disk, or meet each other: all of a step or nothing, and the next one goes on.

use std::fs;
use std::process::{Command, Stdio};

use crate::complete_laws::{archived, assert_same, data, files, succeeds};
use crate::env::Env;
use crate::killed::{has_strace, killed_at};
use crate::thorough;

const IMPORT: [&str; 6] = ["import", "a", "--yes", "--raw-values", "-i", "b.sqlite"];

/// The sample as the archive `a`, and a fresh instance, kept as `fresh`.
fn prepared(more: &[&str]) -> Env {
    let env = archived();
    succeeds(&env, &["instance", "init", "b.sqlite"]);
    if !more.is_empty() {
        succeeds(&env, &[&IMPORT[..], more].concat());
    }
    fs::copy(env.path("b.sqlite"), env.path("fresh")).unwrap();
    env
}

fn reset(env: &Env) {
    for left in ["-wal", "-shm", "-lock"] {
        let _absent = fs::remove_file(env.path(&format!("b.sqlite{left}")));
    }
    fs::copy(env.path("fresh"), env.path("b.sqlite")).unwrap();
    let _absent = fs::remove_dir_all(env.path("b.sqlite.attachments"));
}

fn placed(env: &Env) -> usize {
    let folder = env.path("b.sqlite.attachments");
    if folder.exists() { files(&folder).len() } else { 0 }
}

fn is_whole(env: &Env, what: &str) {
    let _former = fs::remove_dir_all(env.path("b"));
    succeeds(env, &["export", "LAB", "YARD", "--complete", "-i", "b.sqlite", "-o", "b/"]);
    assert_same(&data(env, "a"), &data(env, "b"), what);
}

fn runs(env: &Env) -> usize {
    let history = env.run(&["history", "-i", "b.sqlite", "--format", "json", "-q"]);
    let value: serde_json::Value = serde_json::from_str(history.split("--- ").next().unwrap()).unwrap();
    value.as_array().or_else(|| value["runs"].as_array()).unwrap().len()
}

/// Law 8, between the steps: killed anywhere, there is nothing, the configuration, or all; once more is enough.
#[test]
fn law_8_killed_between_the_steps_an_import_goes_on() {
    if !has_strace() {
        return;
    }
    let env = prepared(&[]);
    let mut seen = [0; 3];
    killed_at(&["pwrite64", "fsync", "rename", "renameat2"], 311, &|| env.command(&IMPORT), &mut |place| {
        seen[runs(&env)] += 1;
        succeeds(&env, &IMPORT);
        assert_eq!(runs(&env), 2, "{place}");
        is_whole(&env, place);
        reset(&env);
    });
    assert!(seen.iter().all(|times| *times > 0), "{seen:?}");
}

/// Law 8, of the configuration alone: killed at any call that changes a file, it is there or it is not, and no issue is. Once more is
/// enough, and the way back leads to where it was.
#[test]
fn law_8_a_configuration_that_is_killed_is_there_or_not() {
    if !has_strace() {
        return;
    }
    let env = prepared(&[]);
    let state = || {
        let issues = env.run(&["issue", "list", "-i", "b.sqlite"]);
        (env.run(&["export", "--all", "-q", "-i", "b.sqlite"]), issues)
    };
    let before = state();
    let configure = [&IMPORT[..], &["--configuration-only"]].concat();
    let (mut done, mut not) = (0, 0);
    let calls = ["pwrite64", "unlink", "fsync", "write", "ftruncate"];
    let calls = if thorough::is_on_request() { &calls[..] } else { &calls[..2] };
    killed_at(calls, thorough::every(149), &|| env.command(&configure), &mut |place| {
        let (own, is_done) = (state(), runs(&env) == 1);
        assert_eq!(own.0 != before.0, is_done, "{place}");
        assert_eq!((&own.1, placed(&env)), (&before.1, 0), "{place}: no issue without being asked for");
        done += usize::from(is_done);
        not += usize::from(!is_done);
        succeeds(&env, &["resume", "-i", "b.sqlite"]);
        succeeds(&env, &IMPORT);
        is_whole(&env, place);
        succeeds(&env, &["undo", "-i", "b.sqlite", "--yes"]);
        succeeds(&env, &["undo", "1", "-i", "b.sqlite", "--yes"]);
        assert!(state() == before, "{place}");
        reset(&env);
    });
    assert!(done > 0 && not > 0, "{done} {not}");
}

/// Law 9: who only looks makes no call that writes into the instance, or into a file beside it that stays.
#[test]
fn law_9_a_look_writes_nothing() {
    if !has_strace() {
        return;
    }
    let env = prepared(&["--configuration-only"]);
    let look = ["import", "a", "-i", "b.sqlite", "--raw-values", "--simulate"];
    let own = env.command(&look);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-y", "-o", "calls", "-e", "trace=pwrite64,write,ftruncate,rename,renameat2"]);
    command.arg(own.get_program()).args(own.get_args()).env_clear().current_dir(env.path(""));
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let calls = env.read("calls");
    assert!(calls.contains("write("), "{calls}");
    let written: Vec<&str> = calls.lines().filter(|call| call.contains("b.sqlite>")).collect();
    assert!(written.is_empty(), "{written:?}");
    assert!(!env.path("b.sqlite.attachments").exists());
}

/// Law 8, on the way back: an undo that is killed once its rows are gone leaves files, which `pcfg resume` takes away.
#[test]
fn law_8_files_that_a_killed_undo_has_left_go() {
    if !has_strace() {
        return;
    }
    let env = prepared(&["--configuration-only"]);
    let undo = ["undo", "-i", "b.sqlite", "--yes"];
    let mut left = 0;
    let begin = || {
        reset(&env);
        succeeds(&env, &[&IMPORT[..], &["--data-only"]].concat());
        env.command(&undo)
    };
    killed_at(&["unlink"], 5, &begin, &mut |place| {
        let is_undone = runs(&env) == 3;
        assert!(is_undone || placed(&env) == 13, "{place}: files go after their rows");
        left += usize::from(is_undone && placed(&env) > 0);
        let said = succeeds(&env, &["resume", "-i", "b.sqlite"]);
        assert_eq!(placed(&env), if is_undone { 0 } else { 13 }, "{place}: {said}");
    });
    assert!(left > 0);
}

/// A disk that is full at any moment leaves what was there, and says so.
#[test]
fn a_full_disk_leaves_no_issue() {
    if !has_strace() {
        return;
    }
    let env = prepared(&["--configuration-only"]);
    let before = env.run(&["issue", "list", "-i", "b.sqlite"]);
    let own = env.command(&[&IMPORT[..], &["--data-only"]].concat());
    let (mut failed, mut number) = (0, 1);
    loop {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64,fsync,copy_file_range,sendfile"]);
        command.args([
            "-e",
            &format!("inject=pwrite64,fsync,copy_file_range,sendfile:error=ENOSPC:when={number}+"),
        ]);
        command.arg(own.get_program()).args(own.get_args()).env_clear().current_dir(env.path(""));
        let output = command.stdin(Stdio::null()).output().unwrap();
        if output.status.success() {
            break;
        }
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code().is_some_and(|code| code > 0), "{number}: {said}");
        assert!(said.contains("error: "), "{number}: {said}");
        assert_eq!(env.run(&["issue", "list", "-i", "b.sqlite"]), before, "{number}: {said}");
        assert_eq!((runs(&env), placed(&env)), (1, 0), "{number}: {said}");
        failed += 1;
        number += 41;
    }
    assert!(failed > 2, "{failed}");
    is_whole(&env, "at last there was room");
}

/// Whoever comes second finds that everything is there, or that somebody else is writing or was quicker.
#[test]
fn two_imports_at_once_write_the_issues_once() {
    let env = prepared(&["--configuration-only"]);
    let both = [1, 2].map(|_| env.command(&[&IMPORT[..], &["--data-only"]].concat()).spawn().unwrap());
    let ended = both.map(|child| child.wait_with_output().unwrap());
    let done = ended.iter().filter(|own| String::from_utf8_lossy(&own.stderr).contains("applied as run 2"));
    assert_eq!(done.count(), 1, "{ended:?}");
    assert!(ended.iter().all(|own| matches!(own.status.code(), Some(0 | 4 | 5))), "{ended:?}");
    assert_eq!(runs(&env), 2);
    is_whole(&env, "of two");
}
