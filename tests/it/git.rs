//! Real git with pcfg in it: comparing, merging, conflicts, the hook, and everything when pcfg is missing.
//!
//! The configuration of git is that of an empty folder; nothing of the user's is read or written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use insta::assert_snapshot;

use crate::env::testdata;

/// A file name that needs care wherever it is not passed on as it is.
pub(crate) const FILE: &str = "config/Größe & 'Test' 1.xml";

/// A repository with a configuration in it, and pcfg set up.
pub(crate) struct Repository {
    folder: tempfile::TempDir,
    /// Where programs are looked for.
    path: String,
}

impl Repository {
    /// Returns a repository with nothing in it.
    pub(crate) fn empty() -> Self {
        let binary = Path::new(env!("CARGO_BIN_EXE_pcfg")).parent().unwrap();
        let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
        let repository = Self { folder: tempfile::tempdir().unwrap(), path };
        fs::create_dir_all(repository.folder.path().join("home")).unwrap();
        fs::create_dir_all(repository.path("")).unwrap();
        for arguments in [
            &["init", "-q", "-b", "main"][..],
            &["config", "user.name", "Ada"],
            &["config", "user.email", "ada@example.com"],
        ] {
            repository.git(arguments);
        }
        repository
    }

    /// Returns a repository with a configuration, and with pcfg set up.
    pub(crate) fn new() -> Self {
        let repository = Self::empty();
        repository.write(FILE, &small());
        repository.commit("first");
        assert_eq!(repository.pcfg(&["git", "install"]).code(), 0);
        repository
    }

    /// Returns the same place without pcfg in it.
    pub(crate) fn without_pcfg(self) -> Self {
        let path = std::env::var("PATH").unwrap();
        let found = std::env::split_paths(&path).any(|folder| folder.join("pcfg").exists());
        assert!(!found, "a pcfg in PATH would spoil the test");
        Self { path, ..self }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("repository").join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn change(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{from} in {text}");
        self.write(name, &text.replacen(from, to, 1));
    }

    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Done {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.folder.path().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.folder.path().join("home/gitconfig"))
            .env("GIT_EDITOR", "true")
            .env("GIT_AUTHOR_DATE", "2025-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2025-01-01T00:00:00Z")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Done(output)
    }

    pub(crate) fn pcfg(&self, arguments: &[&str]) -> Done {
        self.run(env!("CARGO_BIN_EXE_pcfg"), arguments)
    }

    /// Runs git, which has to succeed, and returns what it says.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let done = self.run("git", arguments);
        assert_eq!(done.code(), 0, "git {arguments:?}: {}", done.all());
        done.out()
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    /// Makes a branch from main with one change in it.
    pub(crate) fn branch(&self, name: &str, from: &str, to: &str) {
        self.git(&["checkout", "-q", "-b", name, "main"]);
        self.change(FILE, from, to);
        self.commit(name);
        self.git(&["checkout", "-q", "main"]);
    }

    /// Runs a git that lists sorted raw states: those of files with conflicts.
    pub(crate) fn unmerged(&self) -> bool {
        !self.git(&["ls-files", "-u"]).is_empty()
    }
}

pub(crate) struct Done(Output);

impl Done {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    /// Returns the output where a name in it need not be text.
    pub(crate) fn out_lossy(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    pub(crate) fn all(&self) -> String {
        format!("{}--- stderr\n{}--- exit {}\n", self.out(), self.err(), self.code())
    }
}

pub(crate) fn small() -> String {
    fs::read_to_string(testdata("valid/small.xml")).unwrap()
}

pub(crate) const OPEN: &str = "    <status>
      <name>Open</name>
      <category>toDo</category>
    </status>\n";

pub(crate) fn status(name: &str) -> String {
    OPEN.replace("Open", name)
}

#[test]
fn git_shows_changes_of_objects() {
    let repository = Repository::new();
    repository.change(FILE, OPEN, &format!("{}{OPEN}", status("Done")));
    repository.change(
        FILE,
        "<name>Bug</name>",
        "<name>Bug</name>\n      <description>One\nTwo</description>",
    );
    assert_snapshot!(repository.git(&["diff"]), @"
    diff --git a/config/Größe & 'Test' 1.xml b/config/Größe & 'Test' 1.xml
    --- a/config/Größe & 'Test' 1.xml
    +++ b/config/Größe & 'Test' 1.xml
    issue type
      ~ Bug
          + description:
              + One
              + Two

    status
      + Done
          + category: `toDo`

    1 new, 1 changed; 11 unchanged
    ");
    repository.commit("second");
    assert_snapshot!(repository.git(&["log", "-p", "-1", "--format=%s"]), @r#"
    second

    diff --git "a/config/Gr\303\266\303\237e & 'Test' 1.xml" "b/config/Gr\303\266\303\237e & 'Test' 1.xml"
    index f839130..720e8e8 100644
    --- "a/config/Gr\303\266\303\237e & 'Test' 1.xml"	
    +++ "b/config/Gr\303\266\303\237e & 'Test' 1.xml"	
    @@ -15,6 +15,8 @@ user alice
       fullName: Alice Example
       email: alice@example.com
     issue type Bug
    +  description: One
    +    | Two
     issue type Part (subtask true)
     issue type scheme Test scheme
       defaultType: Bug
    @@ -23,6 +25,8 @@ issue type scheme Test scheme
     priority High
     status Closed
       category: done
    +status Done
    +  category: toDo
     status Open
       category: toDo
     screen Test screen
    "#);
    assert_eq!(repository.git(&["show", "--format=%s"]), repository.git(&["log", "-p", "-1", "--format=%s"]));
    assert_snapshot!(repository.git(&["diff", "--stat", "HEAD~1"]), @r#"
    "config/Gr\303\266\303\237e & 'Test' 1.xml" | 6 ++++++
    1 file changed, 6 insertions(+)
    "#);
    let colored = repository.git(&["-c", "color.diff=always", "diff", "HEAD~1"]);
    assert!(colored.contains("\u{1b}[32m"), "{colored}");
    // The order of sets has no meaning, and is shown to have none.
    repository.write(
        FILE,
        &repository
            .read(FILE)
            .replace(&format!("{}{OPEN}", status("Done")), &format!("{OPEN}{}", status("Done"))),
    );
    let shown = repository.git(&["diff"]);
    assert!(shown.ends_with("only the spelling or the order of sets differs\n"), "{shown}");
    // A new file, a renamed one, one that is gone.
    repository.git(&["checkout", "-q", FILE]);
    repository.git(&["mv", FILE, "other.xml"]);
    repository.change("other.xml", "Alice Example", "Alice");
    repository.git(&["add", "-A"]);
    assert_snapshot!(repository.git(&["diff", "--cached", "-M"]), @r#"
    diff --git a/config/Größe & 'Test' 1.xml b/other.xml
    similarity index 98%
    rename from "config/Gr\303\266\303\237e & 'Test' 1.xml"
    rename to other.xml
    index 720e8e8..8696991 100644
    --- a/config/Größe & 'Test' 1.xml
    +++ b/other.xml
    user
      ~ alice
          ~ fullName: `Alice Example` → `Alice`

    1 changed; 12 unchanged
    "#);
    assert!(repository.git(&["diff", "--cached", "--no-renames"]).contains("deleted file mode 100644"));
}

#[test]
fn staging_by_hunks_works_on_the_text() {
    let repository = Repository::new();
    repository.change(FILE, "Alice Example", "Alice");
    let mut child = Command::new("git")
        .args(["add", "-p"])
        .current_dir(repository.path(""))
        .env("PATH", &repository.path)
        .env("HOME", repository.folder.path().join("home"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", repository.folder.path().join("home/gitconfig"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"y\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("+      <fullName>Alice</fullName>"), "{shown}");
    assert_eq!(repository.git(&["diff", "--cached", "--numstat"]).split('\t').next(), Some("1"));
    assert_eq!(repository.git(&["diff", "--name-only"]), "");
}

#[test]
fn other_xml_files_are_compared_and_merged_as_text() {
    let repository = Repository::empty();
    let pom = |a: &str, b: &str| {
        format!("<project>\n  <a>{a}</a>\n  <x/>\n  <y/>\n  <z/>\n  <b>{b}</b>\n</project>\n")
    };
    repository.write("a b/pom [1].xml", &pom("1", "1"));
    repository.write(FILE, &small());
    repository.commit("first");
    repository.pcfg(&["git", "install"]);
    assert!(
        repository
            .read(".git/info/attributes")
            .contains("\"/a b/pom \\\\[1].xml\" !text !eol !diff !merge\n"),
        "{}",
        repository.read(".git/info/attributes")
    );
    // One that came later is known by what it holds.
    repository.write("later.xml", &pom("1", "1"));
    repository.commit("second");
    for file in ["a b/pom [1].xml", "later.xml"] {
        repository.git(&["checkout", "-q", "-b", &format!("topic-{}", file.len()), "main"]);
        repository.write(file, &pom("2", "1"));
        let shown = repository.git(&["diff"]);
        let expected = format!(
            "--- a/{file}\t\n+++ b/{file}\t\n@@ -1,5 +1,5 @@\n <project>\n-  <a>1</a>\n+  <a>2</a>\n"
        );
        let expected = if file == "later.xml" { expected.replace('\t', "") } else { expected };
        assert!(shown.contains(&expected), "{shown}");
        repository.commit("topic");
        let logged = repository.git(&["log", "-p", "-1"]);
        assert!(logged.contains("-  <a>1</a>\n+  <a>2</a>\n"), "{logged}");
        repository.git(&["checkout", "-q", "main"]);
        repository.write(file, &pom("1", "3"));
        repository.commit("main");
        let merged = repository.run("git", &["merge", "-q", "--no-edit", &format!("topic-{}", file.len())]);
        assert_eq!((merged.code(), merged.err().as_str()), (0, ""));
        assert_eq!(repository.read(file), pom("2", "3"));
    }
}

#[test]
fn without_pcfg_git_compares_and_merges_text() {
    let repository = Repository::new();
    repository.branch("topic", "Alice Example", "Alice");
    repository.change(FILE, "<name>1.1</name>", "<name>1.2</name>");
    repository.commit("main");
    repository.branch("conflict", "Alice Example", "Alicia");
    let repository = repository.without_pcfg();
    repository.git(&["merge", "-q", "--no-edit", "topic"]);
    assert!(repository.read(FILE).contains(">Alice<") && repository.read(FILE).contains(">1.2<"));
    let shown = repository.git(&["diff", "HEAD~1"]);
    assert!(
        shown.contains("-      <fullName>Alice Example</fullName>\n+      <fullName>Alice</fullName>\n"),
        "{shown}"
    );
    let shown = repository.git(&["log", "-p", "-1", "--first-parent", "-m"]);
    assert!(
        shown.contains("-      <fullName>Alice Example</fullName>\n+      <fullName>Alice</fullName>\n"),
        "{shown}"
    );
    let merge = repository.run("git", &["merge", "conflict"]);
    assert_eq!(merge.code(), 1);
    let conflict = "<<<<<<< HEAD\n      <fullName>Alice</fullName>\n=======\n      <fullName>Alicia</fullName>\n>>>>>>> conflict\n";
    assert!(repository.read(FILE).contains(conflict), "{}", repository.read(FILE));
}

#[test]
fn installing_twice_is_as_once_and_uninstalling_leaves_nothing() {
    let repository = Repository::empty();
    repository.write(FILE, &small());
    repository.commit("first");
    repository.write(".git/info/attributes", "*.png binary");
    let state = |repository: &Repository| {
        (
            repository.read(".git/config"),
            repository.read(".git/info/attributes"),
            repository.path(".git/hooks/pre-commit").exists(),
        )
    };
    let before = state(&repository);
    assert_snapshot!(repository.pcfg(&["git", "install", "--hook", "--pattern", "config/*.xml"]).all(), @"
    --- stderr
    git now compares and merges `config/*.xml` of this repository with pcfg
    commits are checked by a pre-commit hook
    --- exit 0
    ");
    let once = state(&repository);
    assert_eq!(repository.pcfg(&["git", "install", "--hook"]).code(), 0);
    assert_eq!(state(&repository), once, "without --pattern the patterns stay");
    assert_snapshot!(repository.read(".git/info/attributes"), @"
    *.png binary
    # begin pcfg: made by `pcfg git install`, and taken out by `pcfg git uninstall` (the line before had no end)
    config/*.xml text eol=lf diff=pcfg merge=pcfg
    # end pcfg
    ");
    assert_snapshot!(repository.pcfg(&["git", "uninstall"]).all(), @"
    --- stderr
    git compares and merges configurations as text again
    --- exit 0
    ");
    assert_eq!(state(&repository), before);
    assert_snapshot!(repository.pcfg(&["git", "uninstall"]).all(), @"
    --- stderr
    nothing was installed
    --- exit 0
    ");
    assert_eq!(repository.git(&["status", "--porcelain"]), "", "nothing in the work tree");
    // For all repositories.
    assert_eq!(repository.pcfg(&["git", "install", "--global"]).code(), 0);
    let attributes = repository.folder.path().join("home/.config/git/attributes");
    assert!(fs::read_to_string(&attributes).unwrap().contains("*.xml text eol=lf diff=pcfg merge=pcfg\n"));
    repository.change(FILE, "Alice Example", "Alice");
    assert!(repository.git(&["diff"]).contains("fullName: `Alice Example`"), "{}", repository.git(&["diff"]));
    assert_eq!(repository.pcfg(&["git", "uninstall", "--global"]).code(), 0);
    assert!(!attributes.exists());
    assert_eq!(fs::read_to_string(repository.folder.path().join("home/gitconfig")).unwrap(), "");
}

#[test]
fn the_hook_looks_at_what_is_staged() {
    let repository = Repository::new();
    assert_eq!(repository.pcfg(&["git", "install", "--hook"]).code(), 0);
    // Wrong when staged, right in the work tree.
    repository.change(FILE, "<lead>alice", "<lead>alcie");
    repository.git(&["add", FILE]);
    repository.change(FILE, "<lead>alcie", "<lead>alice");
    let commit = repository.run("git", &["commit", "-q", "-m", "wrong"]);
    assert_eq!(commit.code(), 1);
    assert_snapshot!(commit.err(), @"
    error[dangling]: no user `alcie`
       ╭─[config/Größe & 'Test' 1.xml (staged):9:13]
     9 │       <lead>alcie</lead>
       ·             ─────
       ╰────
    hint: did you mean `alice`?

    1 error in what is staged
    ");
    // Right when staged, wrong in the work tree.
    repository.change(FILE, "Alice Example", "Alice");
    repository.git(&["add", FILE]);
    repository.change(FILE, "<lead>alice", "<lead>alcie");
    repository.git(&["commit", "-q", "-m", "right"]);
    // Not canonical.
    repository.change(FILE, "<lead>alcie", "<lead>alice");
    repository.change(FILE, "      <lead>", "       <lead>");
    repository.write("note.xml", "<note>\n</wrong>\n");
    repository.git(&["add", "-A"]);
    let commit = repository.run("git", &["commit", "-q", "-m", "not canonical"]);
    assert_snapshot!(commit.all(), @"
    --- stderr
    warning: `config/Größe & 'Test' 1.xml` is staged, but not in canonical form
    run `pcfg format` and `git add`
    --- exit 1
    ");
    // Only the changed part of the index is committed, and only that is looked at.
    repository.git(&["reset", "-q", FILE]);
    repository.git(&["commit", "-q", "-m", "another file"]);
    let repository = repository.without_pcfg();
    repository.git(&["add", "-A"]);
    repository.git(&["commit", "-q", "-m", "unchecked"]);
}

#[test]
fn a_hook_that_is_there_stays() {
    let repository = Repository::empty();
    repository.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    assert_snapshot!(repository.pcfg(&["git", "install", "--hook"]).all(), @"
    --- stderr
    git now compares and merges `*.xml` of this repository with pcfg
    error: there already is a hook `.git/hooks/pre-commit`, which stays as it is
    hint: have it run `pcfg git hook`, and stop the commit if that fails
    --- exit 4
    ");
    assert_eq!(repository.read(".git/hooks/pre-commit"), "#!/bin/sh\nexit 0\n");
    repository.pcfg(&["git", "uninstall"]);
    assert_eq!(repository.read(".git/hooks/pre-commit"), "#!/bin/sh\nexit 0\n");
}
