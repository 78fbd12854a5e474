//! pcfg in git where something is in the way: no git, no repository, names that are no text, changes of nothing but the mode.

use std::fs;
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::env::Env;
use crate::git::{FILE, Repository, small};

#[test]
fn without_git_every_command_says_so() {
    let mut env = Env::new();
    env.set("PATH", "/nowhere");
    env.write("a.xml", small());
    for arguments in
        [&["git", "install"][..], &["git", "uninstall"], &["git", "hook"], &["diff", "HEAD:a.xml"]]
    {
        let shown = env.run(arguments);
        assert!(shown.starts_with("--- stderr\nerror: cannot run `git`\n"), "{arguments:?}: {shown}");
        assert!(shown.contains("hint: install git, and make sure that it is in PATH\n"), "{shown}");
        assert!(shown.ends_with("--- exit 3\n"), "{shown}");
    }
}

#[test]
fn outside_of_a_repository_it_says_so() {
    let mut env = Env::new();
    env.set("PATH", &std::env::var("PATH").unwrap());
    assert_snapshot!(env.run(&["git", "install"]), @"
    --- stderr
    error: `git rev-parse --git-path info/attributes` failed
    caused by: not a git repository (or any of the parent directories): .git
    hint: change to a folder of a repository, or set up all your repositories with --global
    --- exit 3
    ");
    assert_snapshot!(env.run(&["git", "hook"]), @"
    --- stderr
    error: `git rev-parse --show-toplevel` failed
    caused by: not a git repository (or any of the parent directories): .git
    hint: change to a folder of a repository, or set up all your repositories with --global
    --- exit 3
    ");
}

#[test]
fn a_repository_without_a_work_tree_can_be_set_up() {
    let repository = Repository::empty();
    repository.git(&["config", "core.bare", "true"]);
    assert_eq!(repository.pcfg(&["git", "install"]).code(), 0);
    let hook = repository.pcfg(&["git", "hook"]);
    assert_eq!(hook.code(), 3);
    assert!(hook.err().contains("this operation must be run in a work tree"), "{}", hook.err());
    assert_eq!(repository.pcfg(&["git", "uninstall"]).code(), 0);
}

#[test]
fn what_cannot_be_installed_is_not_installed_by_half() {
    let repository = Repository::empty();
    let before = repository.read(".git/config");
    let attributes = repository.path(".git/info/attributes");
    // Somebody else is writing into the settings.
    fs::write(repository.path(".git/config.lock"), "").unwrap();
    let install = repository.pcfg(&["git", "install"]);
    assert_eq!(install.code(), 3, "{}", install.all());
    assert!(install.err().contains("could not lock config file"), "{}", install.err());
    assert!(!attributes.exists());
    fs::remove_file(repository.path(".git/config.lock")).unwrap();
    // The attributes can be neither read nor written.
    fs::create_dir_all(&attributes).unwrap();
    let install = repository.pcfg(&["git", "install"]);
    assert_eq!(install.code(), 3, "{}", install.all());
    assert!(install.err().starts_with("error: cannot read `.git/info/attributes`\n"), "{}", install.err());
    assert_eq!(repository.read(".git/config"), before);
}

#[test]
fn a_change_of_the_mode_alone_is_no_change_of_the_text() {
    let repository = Repository::new();
    repository.git(&["config", "core.fileMode", "true"]);
    repository.git(&["update-index", "--chmod=+x", FILE]);
    assert_snapshot!(repository.git(&["diff", "--cached"]), @"
    diff --git a/config/Größe & 'Test' 1.xml b/config/Größe & 'Test' 1.xml
    old mode 100644
    new mode 100755
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_compared_and_merged() {
    use std::os::unix::ffi::OsStrExt as _;

    let repository = Repository::new();
    let name = std::ffi::OsStr::from_bytes(b"Gr\xf6\xdfe.xml");
    let file = repository.path("").join(name);
    let write = |text: &str| fs::write(&file, text).unwrap();
    write(&small());
    repository.commit("first");
    repository.git(&["checkout", "-q", "-b", "topic"]);
    write(&small().replace("Alice Example", "Alice"));
    repository.commit("topic");
    repository.git(&["checkout", "-q", "main"]);
    write(&small().replace("alice@example.com", "a@example.com"));
    let done = repository.run("git", &["diff"]);
    assert_eq!((done.code(), done.err().as_str()), (0, ""));
    let shown = done.out_lossy();
    assert!(shown.contains("      ~ email: `alice@example.com` → `a@example.com`\n"), "{shown}");
    repository.commit("main");
    // These lines are neighbours, which only pcfg can merge.
    let done = repository.run("git", &["merge", "-q", "--no-edit", "topic"]);
    assert_eq!((done.code(), done.err().as_str()), (0, ""));
    let expected = small().replace("alice@example.com", "a@example.com").replace("Alice Example", "Alice");
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
}

#[test]
fn a_file_that_is_empty_or_was_is_compared_as_text() {
    let repository = Repository::new();
    repository.write(FILE, "");
    let shown = repository.git(&["diff"]);
    assert!(shown.contains("-<projectConfig formatVersion=\"1\""), "{shown}");
    repository.commit("empty");
    repository.write(FILE, &small());
    let shown = repository.git(&["diff"]);
    assert!(shown.contains("+<projectConfig formatVersion=\"1\""), "{shown}");
    assert!(repository.git(&["log", "-p", "-1"]).contains("-project TST\n"));
}

#[test]
fn absolute_paths_are_shown_as_git_shows_them() {
    let repository = Repository::new();
    repository.write("a.xml", &small().replace("Alice Example", "Alice"));
    let [old, new] = [FILE, "a.xml"].map(|name| repository.path(name).to_str().unwrap().to_owned());
    let done = repository.run("git", &["diff", "--no-index", &old, &new]);
    assert!(done.out().starts_with(&format!("diff --git a{old} b{new}\n")), "{}", done.out());
}

#[test]
fn the_first_commit_is_checked_as_well() {
    let repository = Repository::empty();
    assert_eq!(repository.pcfg(&["git", "install", "--hook"]).code(), 0);
    repository.write(FILE, &small().replace("<lead>alice", "<lead>alcie"));
    repository.git(&["add", "-A"]);
    let commit = repository.run("git", &["commit", "-q", "-m", "first"]);
    assert_eq!(commit.code(), 1);
    assert!(commit.err().contains("no user `alcie`"), "{}", commit.err());
    repository.write(FILE, &small());
    // A commit of named files has an index of its own.
    repository.git(&["commit", "-q", "-m", "first", "--", FILE]);
    repository.write(FILE, &small().replace("<lead>alice", "<lead>alcie"));
    assert_eq!(repository.run("git", &["commit", "-q", "-m", "second", "--", FILE]).code(), 1);
}

/// What cannot be written is code 7; a reader that goes away is none of our business.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_closed_pipe() {
    let repository = Repository::new();
    repository.write("new.xml", &small().replace("Alice Example", "Alice"));
    let commands: [&[&str]; 8] = [
        &["diff", FILE, "new.xml"],
        &["diff", FILE, "new.xml", "--format", "json"],
        &["diff", FILE, "new.xml", "--format", "markdown"],
        &["diff", FILE, "new.xml", "--format", "html"],
        &["merge", FILE, FILE, "new.xml"],
        &["graph", FILE],
        &["explain", "alice", FILE],
        &["git", "textconv", FILE],
    ];
    for arguments in commands {
        let command = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_pcfg"));
            command.args(arguments).current_dir(repository.path("")).env_clear();
            command
        };
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command().stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{arguments:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("cannot write to standard output"), "{arguments:?}: {told}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command().stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]), "{arguments:?}");
    }
}
