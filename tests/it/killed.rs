//! Law 6 on whole commands: killed at any call that changes a file, a command has done everything or nothing.
//!
//! What is on the disk changes only in system calls. strace kills a command (`kill -9`) at the first, second, ... call of
//! each sort until it comes to its end, so no moment is left out.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::env::{Env, testdata};

/// The system calls by which files change.
const CALLS: [&str; 8] =
    ["pwrite64", "write", "fsync", "ftruncate", "rename", "renameat2", "unlink", "unlinkat"];

pub(crate) fn has_strace() -> bool {
    let tried =
        Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let works = tried.is_ok_and(|status| status.success());
    if !works {
        crate::skip::skipped(
            crate::skip::Need::Tool("strace", "strace"),
            "it kills at system calls; it may have to be allowed to trace",
        );
    }
    works
}

/// Runs a command of pcfg again and again, killed at every so many calls of each sort; `check` is called after each run with
/// what was the matter, and puts everything back. Returns how often it was killed.
fn killed(env: &Env, arguments: &[&str], every: usize, check: &mut dyn FnMut(&str)) -> usize {
    let make = || {
        let mut command = env.command(arguments);
        command.current_dir(env.path(""));
        command
    };
    killed_at(&CALLS, every, &make, &mut |place| check(&format!("{arguments:?} {place}")))
}

/// The same for any command.
pub(crate) fn killed_at(
    calls: &[&str],
    every: usize,
    make: &dyn Fn() -> Command,
    check: &mut dyn FnMut(&str),
) -> usize {
    let mut times = 0;
    for call in calls {
        for number in (1..).step_by(every) {
            let own = make();
            let mut command = Command::new("strace");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
            command.args(["-e", &format!("inject={call}:signal=KILL:when={number}")]);
            command.arg(own.get_program()).args(own.get_args()).env_clear();
            command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
            command.current_dir(own.get_current_dir().unwrap_or(Path::new(".")));
            let output = command.stdin(Stdio::null()).output().unwrap();
            let place = format!("at {call} {number}");
            let ended = output.status.success();
            // strace ends as the command does.
            assert!(ended || output.status.code().is_none(), "{place}: {output:?}");
            times += usize::from(!ended);
            check(&place);
            if ended {
                break;
            }
        }
    }
    times
}

/// An instance and a file that changes several things in it, some of them new.
fn prepared() -> Env {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    env.set("USER", "ada");
    env.set("PATH", &std::env::var("PATH").unwrap());
    let demo = testdata("backup/demo");
    let loaded = env.run(&["instance", "load", demo.to_str().unwrap(), "--into", "jira.sqlite", "-q"]);
    assert!(loaded.ends_with("--- exit 0\n"), "{loaded}");
    assert_eq!(env.run(&["export", "--all", "-q", "-o", "before.xml"]), "--- exit 0\n");
    let text = env.read("before.xml");
    let new = text
        .replace("<description>Something does not work</description>", "<description>Broken</description>")
        .replace("<description>People who write code</description>", "<description>Coders</description>")
        .replacen(
            "<statusConfiguration>",
            "<statusConfiguration><status><name>Blocked</name><category>inProgress</category></status>",
            1,
        );
    assert_eq!(new.matches("Blocked").count() + new.matches("Coders").count(), 2);
    env.write("new.xml", new);
    fs::copy(env.path("jira.sqlite"), env.path("as-loaded")).unwrap();
    env
}

/// Puts the instance back to a copy of it.
fn reset(env: &Env, copy: &str) {
    for left in ["-wal", "-shm", "-lock"] {
        let _absent = fs::remove_file(env.path(&format!("jira.sqlite{left}")));
    }
    fs::copy(env.path(copy), env.path("jira.sqlite")).unwrap();
}

fn unfinished(env: &Env) -> Vec<String> {
    env.names().into_iter().filter(|name| name.contains(".unfinished")).collect()
}

fn exported(env: &Env) -> String {
    env.run(&["export", "--all", "-q"])
}

fn runs(env: &Env) -> usize {
    let history = env.run(&["history", "--format", "json", "-q"]);
    let json = history.split("--- ").next().unwrap();
    let value: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|_| panic!("{history}"));
    let list = value.as_array().or_else(|| value.get("runs").and_then(|runs| runs.as_array()));
    list.unwrap_or_else(|| panic!("{history}")).len()
}

/// Kills an import, its undo, a loading and the writing of a backup at every so many calls.
fn kill_everything(every: usize) {
    if !has_strace() {
        return;
    }
    let env = prepared();
    let before = exported(&env);
    assert!(env.run(&["import", "new.xml", "--yes", "-q"]).ends_with("--- exit 0\n"));
    let after = exported(&env);
    assert_ne!(before, after);
    fs::copy(env.path("jira.sqlite"), env.path("as-imported")).unwrap();

    reset(&env, "as-loaded");
    let (mut done, mut not) = (0, 0);
    let mut times = killed(&env, &["import", "new.xml", "--yes"], every, &mut |place| {
        let (is, runs) = (exported(&env), runs(&env));
        assert!(runs < 2, "{place}: {runs} runs");
        assert!(is == *if runs == 0 { &before } else { &after }, "{place}: history and instance agree");
        (done, not) = (done + runs, not + 1 - runs);
        // Whatever came of it, the next one can go on.
        assert!(env.run(&["import", "new.xml", "--yes", "-q"]).ends_with("--- exit 0\n"), "{place}");
        assert!(exported(&env) == after && self::runs(&env) == 1, "{place}");
        assert!(env.run(&["resume", "-q"]).ends_with("--- exit 0\n"), "{place}");
        reset(&env, "as-loaded");
    });
    assert!(done > 0 && not > 0, "{done} imports were done, {not} were not");

    reset(&env, "as-imported");
    times += killed(&env, &["undo", "--yes"], every, &mut |place| {
        let is = exported(&env);
        match runs(&env) {
            1 => assert!(is == after, "{place}: nothing is undone"),
            2 => assert!(is == before, "{place}: it is undone"),
            more => panic!("{place}: {more} runs"),
        }
        reset(&env, "as-imported");
    });

    let demo = testdata("backup/demo");
    let demo = demo.to_str().unwrap();
    let replace = ["instance", "load", demo, "--into", "jira.sqlite", "--replace"];
    times += killed(&env, &replace, every * 10, &mut |place| {
        let is = exported(&env);
        match runs(&env) {
            1 => assert!(is == after, "{place}: the former instance is whole"),
            0 => assert!(is == before, "{place}: the new instance is whole"),
            more => panic!("{place}: {more} runs"),
        }
        reset(&env, "as-imported");
    });
    let load = ["instance", "load", demo, "--into", "made.sqlite"];
    times += killed(&env, &load, every * 10, &mut |place| {
        if env.path("made.sqlite").exists() {
            let is = env.run(&["export", "--all", "-q", "-i", "made.sqlite"]);
            assert!(is == before, "{place}: an instance that is there is whole");
        }
        let again = env.run(&["instance", "load", demo, "--into", "made.sqlite", "--replace", "-q"]);
        assert!(again.ends_with("--- exit 0\n"), "{place}: {again}");
        assert_eq!(unfinished(&env), [""; 0], "{place}: what was left is removed");
        for name in env.names().into_iter().filter(|name| name.starts_with("made.sqlite")) {
            fs::remove_file(env.path(&name)).unwrap();
        }
    });

    let write = ["import", "new.xml", "-i", demo, "-o", "new.zip", "--yes"];
    times += killed(&env, &write, every, &mut |place| {
        if env.path("new.zip").exists() {
            let is = env.run(&["export", "--all", "-q", "-i", "new.zip"]);
            assert!(is == after, "{place}: a backup that is there is whole");
        }
        for name in env.names().into_iter().filter(|name| name.contains("new.zip")) {
            fs::remove_file(env.path(&name)).unwrap();
        }
    });
    eprintln!("killed {times} times");
}

#[test]
fn commands_that_are_killed_have_done_everything_or_nothing() {
    kill_everything(97);
}

#[test]
#[ignore = "takes minutes"]
fn commands_that_are_killed_at_every_call_have_done_everything_or_nothing() {
    kill_everything(1);
}
