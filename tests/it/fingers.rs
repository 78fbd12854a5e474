//! What fingers expect of a command line: short names, other spellings, a file for every result, completions, help without a network.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::env::{Env, testdata};

#[path = "../../build/commit.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it is a part of the build script"
)]
mod build;

/// An environment with an embedded instance, an export of it and the same with a change.
fn with_demo() -> Env {
    let env = Env::new();
    let demo = testdata("backup/demo");
    env.run(&["instance", "load", demo.to_str().unwrap(), "--into", "demo.sqlite", "-q"]);
    env.run(&["export", "DEMO", "-q", "-i", "demo.sqlite", "-o", "demo.xml"]);
    env.write(
        "new.xml",
        env.read("demo.xml").replace("<inward>is blocked by</inward>", "<inward>waits</inward>"),
    );
    env
}

#[test]
fn other_spellings_mean_the_same() {
    let env = with_demo();
    let simulate = |words: &[&str]| env.run(&[&["import", "new.xml", "-i", "demo.sqlite"], words].concat());
    let wanted = simulate(&["--simulate"]);
    assert!(wanted.contains("`is blocked by` → `waits`") && wanted.ends_with("--- exit 0\n"), "{wanted}");
    assert_eq!(simulate(&["-n"]), wanted);
    assert_eq!(simulate(&["--dry-run"]), wanted);
    assert_eq!(simulate(&["-n", "--json"]), simulate(&["-n", "--format", "json"]));
    let saved = simulate(&["-n", "--save-plan", "a.json"]);
    assert!(saved.contains("saved the plan") && saved.ends_with("--- exit 0\n"), "{saved}");
    assert!(simulate(&["-n", "--out", "b.json"]).ends_with("--- exit 0\n"));
    assert_eq!(env.read("a.json"), env.read("b.json"));
    assert_eq!(
        env.run(&["validate", "--json", "demo.xml"]),
        env.run(&["validate", "--format", "json", "demo.xml"])
    );
    assert!(env.run(&["undo", "-n", "-i", "demo.sqlite"]).ends_with("--- exit 0\n"));
}

/// A file called `.html` is a page, whatever shows the result; unless the form is named.
#[test]
fn the_name_of_a_file_says_the_form_of_a_result() {
    let env = with_demo();
    let commands: [&[&str]; 3] = [
        &["diff", "demo.xml", "new.xml"],
        &["drift", "new.xml", "-i", "demo.sqlite"],
        &["import", "new.xml", "-i", "demo.sqlite", "-n"],
    ];
    let forms =
        [("html", "<!DOCTYPE html>"), ("json", "{"), ("md", ""), ("txt", ""), ("", ""), ("patch", "")];
    for command in commands {
        for (extension, beginning) in forms {
            let name = format!("{}.{extension}", command[0]);
            let result = env.run(&[command, &["-o", &name]].concat());
            let text = env.read(&name);
            let text = text.trim_start();
            assert!(!text.is_empty() && text.starts_with(beginning), "{command:?} {name}: {result}\n{text}");
            let is_markdown = text.contains("**1 changed") || text.contains("### ");
            assert_eq!(is_markdown, extension == "md", "{name}: {text}");
            assert!(!beginning.is_empty() || !text.starts_with(['<', '{']), "{name}: {text}");
        }
    }
    // A command that does not have the form says so, and writes nothing.
    let prune = ["prune", "-i", "demo.sqlite", "-n", "-o"];
    assert!(env.run(&[&prune[..], &["a.json"]].concat()).ends_with("--- exit 0\n"));
    assert!(env.read("a.json").starts_with('{'));
    let refused = env.run(&[&prune[..], &["a.html"]].concat());
    assert!(
        refused.contains("`pcfg prune` shows nothing as `.html`, only as text and json")
            && refused.ends_with("--- exit 2\n"),
        "{refused}"
    );
    assert!(!env.path("a.html").exists());
    let named = env.run(&["diff", "demo.xml", "new.xml", "--format", "json", "-o", "named.html"]);
    assert!(named.ends_with("--- exit 0\n"), "{named}");
    assert!(env.read("named.html").starts_with('{'));
}

#[test]
fn a_folder_to_go_into_is_named_as_for_git() {
    let env = with_demo();
    env.write("deep/er/pcfg.toml", "default = 'a'\n[instances.a]\npath = '../../demo.sqlite'\n");
    let list = env.run(&["-C", "deep", "-C", "er", "instance", "list"]);
    assert!(list.contains("there, default"), "{list}");
    let result = env.run(&["import", "../../new.xml", "--yes", "-C", "deep/er"]);
    assert!(result.contains("`pcfg -C deep/er undo 1 -i a` undoes it"), "{result}");
    assert_snapshot!(env.run(&["-C", "gone", "instance", "list"]), @"
    --- stderr
    error: cannot go into the folder `gone`
    caused by: no such file or directory
    --- exit 2
    ");
}

#[test]
fn every_result_can_go_into_a_file() {
    let env = with_demo();
    let differs = env.run(&["diff", "demo.xml", "new.xml"]);
    let into = |words: &[&str]| env.run(&[words, &["-o", "result"]].concat());
    assert_eq!(into(&["diff", "demo.xml", "new.xml"]), "--- exit 0\n");
    assert_eq!(env.read("result") + "--- exit 0\n", differs);
    // A plan of which something is refused is what somebody wants to read.
    let refused = env.read("demo.xml").replace(">Open<", ">Opened<");
    env.write("bad.xml", refused);
    let plan = env.run(&["import", "bad.xml", "-n", "-i", "demo.sqlite", "--skip", "status"]);
    assert!(plan.contains("refused") && plan.ends_with("--- exit 4\n"), "{plan}");
    assert!(
        into(&["import", "bad.xml", "-n", "-i", "demo.sqlite", "--skip", "status"]).ends_with("--- exit 4\n")
    );
    assert!(plan.starts_with(&env.read("result")) && env.read("result").contains("refused"), "{plan}");
    for words in [
        &["history", "-i", "demo.sqlite", "--json"][..],
        &["history", "-i", "demo.sqlite", "--json"],
        &["instance", "show", "-i", "demo.sqlite"],
        &["instance", "check", "-i", "demo.sqlite"],
        &["instance", "list"],
        &["issue", "list", "-i", "demo.sqlite", "--time-zone", "UTC"],
        &["explain", "status:Open", "demo.xml"],
        &["validate", "demo.xml"],
        &["drift", "demo.xml", "-i", "demo.sqlite"],
    ] {
        let result = into(words);
        assert!(
            !result.starts_with(|own: char| own != '-') && result.ends_with("--- exit 0\n"),
            "{words:?} {result}"
        );
    }
    for (words, file) in
        [(&["diff", "demo.xml", "new.xml", "--format", "html"][..], "a.html"), (&["schema"], "a.xsd")]
    {
        for _ in 0..2 {
            assert_eq!(env.run(&[words, &["-o", file]].concat()), "--- exit 0\n");
        }
        assert!(env.read(file).starts_with('<'));
    }
    assert_snapshot!(env.run(&["diff", "demo.xml", "new.xml", "-o", "new.xml"]), @"
    --- stderr
    error: `new.xml` is not replaced: it is a configuration, not what a command shows
    hint: name another file, or remove that one first
    --- exit 4
    ");
    assert_snapshot!(env.run(&["import", "new.xml", "-n", "-o", "new.zip", "-i", "demo.sqlite"]), @"
    --- stderr
    error: with `--simulate`, `-o` takes what is shown, and `new.zip` looks like a backup
    hint: leave `--simulate` out to write a new backup: the one that is there is never changed
    hint: or name another file: `-o plan.txt`
    --- exit 2
    ");
}

#[test]
fn pictures_and_comparisons_take_an_instance() {
    let env = with_demo();
    assert_eq!(env.run(&["graph", "DEMO", "-i", "demo.sqlite"]), env.run(&["graph", "demo.xml"]));
    assert!(env.run(&["graph", "-i", "demo.sqlite"]).contains("OPS"));
    assert_eq!(
        env.run(&["diff", "new.xml", "-i", "demo.sqlite"]),
        env.run(&["diff", "new.xml", "DEMO@demo.sqlite"])
    );
    assert!(env.run(&["diff", "new.xml", "demo.xml", "-i", "demo.sqlite"]).ends_with("--- exit 2\n"));
}

#[test]
fn a_kind_is_named_by_one_rule() {
    let env = with_demo();
    let skip = |kind: &str| env.run(&["import", "new.xml", "-n", "-i", "demo.sqlite", "--skip", kind]);
    for kind in ["issueLink", "issue link type", "issue-link-type", "ISSUELINK", "issueL"] {
        assert!(!skip(kind).contains("waits"), "{kind}");
    }
    assert_snapshot!(skip("issueT"), @"
    --- stderr
    error: invalid value 'issueT' for '--skip <KIND[:NAME]>': `issueT` is the beginning of several kinds: issueType, issueTypeScheme, issueTypeScreenScheme

    For more information, try '--help'.
    --- exit 2
    ");
}

#[test]
fn a_shell_is_told_names_and_nothing_that_is_hidden() {
    let env = with_demo();
    env.write("pcfg.toml", "default = 'copy'\n[instances.copy]\npath = 'demo.sqlite'\n");
    let completed = |words: &[&str]| {
        let mut command = env.command(&[&["--", "pcfg"], words].concat());
        command.env("PCFG_COMPLETE", "bash").env("_CLAP_IFS", "\n");
        let output = command.env("_CLAP_COMPLETE_INDEX", words.len().to_string()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        completed(&["git", ""]).iter().filter(|own| !own.starts_with('-')).count(),
        3,
        "install, uninstall, hook"
    );
    assert_eq!(completed(&["instance", "show", "-i", "co"]), ["copy"]);
    assert_eq!(completed(&["export", "D"]), ["DEMO"]);
    assert_eq!(completed(&["export", "-i", "gone.sqlite", "D"]), [""; 0]);
    assert_eq!(
        completed(&["import", "new.xml", "--skip", "issueTypeS"]),
        ["issueTypeScheme", "issueTypeScreenScheme"]
    );
    assert!(completed(&["diff", "ne"]).contains(&"new.xml".to_owned()));
    assert!(completed(&["validate", "--js"]).contains(&"--json".to_owned()));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = env.run(&["completions", shell]);
        assert!(script.contains("PCFG_COMPLETE") && script.ends_with("--- exit 0\n"), "{script}");
    }
}

#[test]
fn documents_are_in_the_program() {
    let env = Env::new();
    assert!(env.run(&["help", "instance", "load"]).contains("Usage: pcfg instance load"));
    assert_eq!(env.run(&["instance", "help", "load"]), env.run(&["help", "instance", "load"]));
    let codes = env.run(&["help", "exit-codes"]);
    assert!(codes.contains("  130\n      Somebody stopped") && !codes.contains("|---"), "{codes}");
    assert!(env.run(&["help", "mapping file"]).contains("Choosing\n"));
    let topics = env.run(&["help", "topics"]);
    assert!(topics.lines().count() > 15, "{topics}");
    for topic in topics.lines().take_while(|line| !line.starts_with("---")) {
        let name = topic.split_whitespace().next().unwrap();
        let page = env.run(&["help", name]);
        assert!(page.len() > 200 && page.ends_with("--- exit 0\n"), "{name}: {page}");
    }
    assert_snapshot!(env.run(&["help", "exit-code"]), @"
    --- stderr
    error: there is no command and no topic `exit-code`
    hint: did you mean `exit-codes`?
    hint: `pcfg help topics` lists the topics, `pcfg help` the commands
    --- exit 2
    ");
    assert_snapshot!(env.run(&["help", "instance", "lod"]), @"
    --- stderr
    error: `pcfg instance` has no command `lod`
    hint: `pcfg help instance` lists those that it has
    --- exit 2
    ");
}

#[test]
fn a_release_names_its_commit_and_needs_no_git_for_that() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(build::commit(&folder.join("gone")), None);
    std::fs::write(folder.join("Cargo.toml"), "").unwrap();
    assert_eq!(build::commit(folder), None, "no repository");
    let git = |words: &[&str]| {
        let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        let output = Command::new("git").arg("-C").arg(folder).args(who).args(words).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"]);
    git(&["commit", "-q", "--allow-empty", "-m", "somebody's repository"]);
    assert_eq!(build::commit(folder), None, "a package that is unpacked there is not of that commit");
    git(&["add", "Cargo.toml"]);
    git(&["commit", "-q", "-m", "own"]);
    let commit = build::commit(Path::new(folder)).unwrap();
    assert_eq!(commit, git(&["rev-parse", "HEAD"]));
    assert_eq!(build::named("1.2.3", Some(&commit)), format!("1.2.3 ({})", &commit[..9]));
    std::fs::write(
        folder.join(".cargo_vcs_info.json"),
        "{\n \"git\": {\n \"sha1\": \"0123456789abcdef\"\n }\n}\n",
    )
    .unwrap();
    assert_eq!(build::named("1.2.3", build::commit(folder).as_deref()), "1.2.3 (012345678)");
    assert_eq!(build::named("1.2.3", None), "1.2.3");
}

/// In sixty columns a plan goes on below its words, and a list has fewer columns.
#[cfg(unix)]
#[test]
fn sixty_columns_are_enough() {
    let env = with_demo();
    let long = "a text that is much longer than sixty columns, so that it has to go on in the next line, and in the one after it";
    env.write(
        "new.xml",
        env.read("demo.xml").replacen(
            "<inward>is blocked by</inward>",
            &format!("<inward>{long}</inward>"),
            1,
        ),
    );
    env.run(&["import", "new.xml", "-i", "demo.sqlite", "-q", "--yes"]);
    env.write("run", format!("stty cols 60 rows 50; exec {} \"$@\"", env!("CARGO_BIN_EXE_pcfg")));
    let of = |words: &str| {
        let line = format!("sh run {words} --color never");
        let mut script = Command::new("script");
        script
            .args(["-qec", &line, "/dev/null"])
            .current_dir(env.path(""))
            .stdin(std::process::Stdio::null());
        let output = script.env("TERM", "xterm").env("PCFG_PAGER", "cat").output();
        output.ok().map(|own| String::from_utf8(own.stdout).unwrap().replace('\r', ""))
    };
    let Some(plan) = of("undo -n -i demo.sqlite") else {
        crate::skip::skipped(crate::skip::Need::Tool("script", "bsdutils"), "a terminal");
        return;
    };
    assert!(plan.lines().all(|line| line.chars().count() <= 60), "{plan}");
    assert!(
        plan.contains("\n          - a text that is much") && plan.contains("\n            so that it has"),
        "it goes on behind the sign: {plan}"
    );
    let runs = of("history -i demo.sqlite").unwrap();
    let table: Vec<&str> =
        runs.lines().filter(|line| line.starts_with([' ', 'r']) && !line.starts_with("runs")).collect();
    assert!(table.len() > 1 && table.iter().all(|line| line.chars().count() <= 60), "{runs}");
    assert!(table[0].contains("what") && table[0].contains("result"), "{runs}");
}
