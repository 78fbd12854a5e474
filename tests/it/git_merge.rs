//! Merges, rebases, cherry-picks, stashes and reverts by real git with pcfg in it: what merges, and what a conflict looks like.

use insta::assert_snapshot;

use crate::git::{FILE, OPEN, Repository, small, status};

const VERSION: &str = "        <version>
          <sequence>2</sequence>
          <name>1.1</name>
        </version>\n";

fn versions(name: &str) -> String {
    format!("{VERSION}{}", VERSION.replace(">2<", ">3<").replace("1.1", name))
}

#[test]
fn branches_that_change_different_things_merge() {
    let repository = Repository::new();
    repository.branch("done", OPEN, &format!("{}{OPEN}", status("Done")));
    repository.branch("review", OPEN, &format!("{}{OPEN}", status("In review")));
    repository.branch("versions-a", VERSION, &versions("1.2"));
    repository.branch("versions-b", VERSION, &versions("1.3"));
    for branch in ["done", "review", "versions-a", "versions-b"] {
        repository.git(&["merge", "-q", "--no-edit", branch]);
    }
    let expected =
        small().replace(OPEN, &format!("{}{}{OPEN}", status("Done"), status("In review"))).replace(
            VERSION,
            &format!("{}{}", versions("1.2"), VERSION.replace("1.1", "1.3").replace(">2<", ">4<")),
        );
    assert_eq!(repository.read(FILE), expected);
    assert_eq!(repository.pcfg(&["validate", "."]).code(), 0);
    assert_eq!(repository.pcfg(&["format", "--check", "."]).code(), 0);
}

#[test]
fn rebase_and_cherry_pick_merge_by_objects() {
    let repository = Repository::new();
    repository.branch("one", OPEN, &format!("{}{OPEN}", status("Done")));
    repository.branch("two", OPEN, &format!("{}{OPEN}", status("In review")));
    repository.git(&["checkout", "-q", "two"]);
    repository.git(&["rebase", "-q", "one"]);
    let both = small().replace(OPEN, &format!("{}{}{OPEN}", status("Done"), status("In review")));
    assert_eq!(repository.read(FILE), both);
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["cherry-pick", "one"]);
    repository.git(&["cherry-pick", "two"]);
    assert_eq!(repository.read(FILE), both);
}

#[test]
fn a_conflict_is_explained_and_resolved() {
    let repository = Repository::new();
    repository.branch("topic", "<email>alice@example.com", "<email>a@example.com");
    repository.change(FILE, "<email>alice@example.com", "<email>b@example.com");
    repository.change(FILE, OPEN, &format!("{}{OPEN}", status("Done")));
    repository.commit("main");
    let merge = repository.run("git", &["merge", "topic"]);
    assert_eq!(merge.code(), 1);
    assert!(
        merge.err().contains(
            "conflict: /users/user[alice]/email\n  HEAD: `b@example.com`\n  topic: `a@example.com`\n"
        ),
        "{}",
        merge.all()
    );
    assert!(repository.unmerged());
    let text = repository.read(FILE);
    let conflict = "      <fullName>Alice Example</fullName>
<<<<<<< HEAD
      <email>b@example.com</email>
=======
      <email>a@example.com</email>
>>>>>>> topic
    </user>
";
    assert!(text.contains(conflict), "{text}");
    assert_snapshot!(repository.pcfg(&["validate", FILE]).all(), @"
    error[conflict]: /users/user[alice]/email: HEAD has `b@example.com`, topic has `a@example.com`
        ╭─[config/Größe & 'Test' 1.xml:35:1]
     35 │ <<<<<<< HEAD
        · ────────────
        ╰────
    hint: keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>

    --- stderr
    1 error in 1 file
    --- exit 1
    ");
    // What git shows of it speaks of objects as well.
    assert_snapshot!(repository.git(&["diff"]), @r#"
    diff --cc "config/Gr\303\266\303\237e & 'Test' 1.xml"
    index 0be52a7,23f72e4..0000000
    --- "a/config/Gr\303\266\303\237e & 'Test' 1.xml"
    +++ "b/config/Gr\303\266\303\237e & 'Test' 1.xml"
    @@@ -13,7 -13,7 +13,11 @@@ project TS
        components/component[Überprüfung]/componentLead: alice
      user alice
        fullName: Alice Example
    ++<<<<<<< HEAD
     +  email: b@example.com
    ++=======
    +   email: a@example.com
    ++>>>>>>> topic
      issue type Bug
      issue type Part (subtask true)
      issue type scheme Test scheme
    "#);
    repository.write(
        FILE,
        &text
            .replace("<<<<<<< HEAD\n      <email>b@example.com</email>\n=======\n", "")
            .replace(">>>>>>> topic\n", ""),
    );
    assert_eq!(repository.pcfg(&["validate", FILE]).code(), 0);
    repository.git(&["add", FILE]);
    repository.git(&["commit", "-q", "--no-edit"]);
    assert_eq!(repository.pcfg(&["format", "--check", FILE]).code(), 0);
    assert!(repository.read(FILE).contains("<name>Done</name>"));
}

#[test]
fn what_was_removed_here_and_is_used_there_is_a_conflict() {
    let repository = Repository::empty();
    let unused = small().replace("      <issueType subtask=\"true\" position=\"2\">Part</issueType>\n", "");
    repository.write(FILE, &unused);
    repository.commit("first");
    repository.pcfg(&["git", "install"]);
    repository.branch(
        "topic",
        "Bug</issueType>\n",
        "Bug</issueType>\n      <issueType subtask=\"true\" position=\"2\">Part</issueType>\n",
    );
    let part = "    <issueType>
      <name>Part</name>
      <subtask>true</subtask>
    </issueType>\n";
    repository.change(FILE, part, "");
    repository.commit("Part is not used");
    let merge = repository.run("git", &["merge", "topic"]);
    assert_eq!(merge.code(), 1);
    assert_snapshot!(merge.err(), @"
    config/Größe & 'Test' 1.xml: both sides want different things; `pcfg validate` shows them again
    conflict: /issueTypes/issueType[Part, true]
      HEAD: removes it
      topic: newly refers to it in /issueTypeSchemes/issueTypeScheme[Test scheme]/issueType[Part]
    ");
    assert_snapshot!(repository.pcfg(&["validate", FILE]).out(), @"
    error[conflict]: /issueTypes/issueType[Part, true]: HEAD has nothing, topic has issueType `name Part, subtask true`
        ╭─[config/Größe & 'Test' 1.xml:42:1]
     42 │ <<<<<<< HEAD
        · ────────────
        ╰────
    hint: keep it, or delete it and what refers to it (/issueTypeSchemes/issueTypeScheme[Test scheme]/issueType[Part]); and delete the lines with <<<<<<<, ======= and >>>>>>>
    ");
    assert!(
        repository.read(FILE).contains(&format!("<<<<<<< HEAD\n=======\n{part}>>>>>>> topic\n")),
        "{}",
        repository.read(FILE)
    );
}

#[test]
fn criss_cross_merges_have_a_base_that_can_be_read() {
    let repository = Repository::new();
    // Two branches that each merged the other one, and resolved the conflict differently.
    repository.branch("topic", "<email>alice@example.com", "<email>a@example.com");
    repository.change(FILE, "<email>alice@example.com", "<email>b@example.com");
    repository.commit("main");
    repository.git(&["branch", "before"]);
    assert_eq!(repository.run("git", &["merge", "topic"]).code(), 1);
    repository.write(FILE, &small().replace("alice@example.com", "b@example.com"));
    repository.commit("ours");
    repository.git(&["checkout", "-q", "topic"]);
    assert_eq!(repository.run("git", &["merge", "before"]).code(), 1);
    repository.write(
        FILE,
        &small().replace("alice@example.com", "b@example.com").replace("Alice Example", "Alice"),
    );
    repository.commit("theirs");
    // Their common past has two ends, which git merges first.
    repository.git(&["merge", "-q", "--no-edit", "main"]);
    assert_eq!(
        repository.read(FILE),
        small().replace("alice@example.com", "b@example.com").replace("Alice Example", "Alice")
    );
}

#[test]
fn a_side_that_cannot_be_read_is_merged_as_text() {
    let repository = Repository::new();
    repository.branch("topic", "<category>toDo</category>", "<category>toDo</categry>");
    repository.change(FILE, "Alice Example", "Alice");
    repository.commit("main");
    let merge = repository.run("git", &["merge", "-q", "--no-edit", "topic"]);
    assert_eq!(merge.code(), 0, "{}", merge.all());
    assert!(merge.err().contains("its version `topic` cannot be understood"), "{}", merge.err());
    assert!(repository.read(FILE).contains("</categry>") && repository.read(FILE).contains(">Alice<"));
    let shown = repository.git(&["diff", "HEAD~1"]);
    assert!(shown.contains("+      <category>toDo</categry>\n"), "{shown}");
}

#[test]
fn stash_and_revert_merge_by_objects() {
    let repository = Repository::new();
    // The lines of what is put aside and of what is committed meanwhile are neighbours.
    repository.change(FILE, "Alice Example", "Alice");
    repository.git(&["stash", "-q"]);
    assert_eq!(repository.read(FILE), small());
    repository.change(FILE, "alice@example.com", "a@example.com");
    repository.commit("mail");
    repository.git(&["stash", "pop", "-q"]);
    let both = small().replace("Alice Example", "Alice").replace("alice@example.com", "a@example.com");
    assert_eq!(repository.read(FILE), both);
    repository.commit("name");
    repository.git(&["revert", "--no-edit", "HEAD~1"]);
    assert_eq!(repository.read(FILE), small().replace("Alice Example", "Alice"));
    // What was changed again since cannot be taken back.
    repository.change(FILE, ">Alice<", ">Alicia<");
    repository.commit("name again");
    let revert = repository.run("git", &["revert", "--no-edit", "HEAD~2"]);
    assert_eq!(revert.code(), 1);
    assert!(
        revert.err().contains("conflict: /users/user[alice]/fullName\n  HEAD: `Alicia`\n"),
        "{}",
        revert.err()
    );
    repository.git(&["revert", "--abort"]);
    // A stash in conflict stays, and is explained.
    repository.change(FILE, ">Alicia<", ">A<");
    repository.git(&["stash", "-q"]);
    repository.change(FILE, ">Alicia<", ">B<");
    repository.commit("another name");
    let pop = repository.run("git", &["stash", "pop"]);
    assert_eq!(pop.code(), 1);
    assert!(pop.err().contains("  Updated upstream: `B`\n  Stashed changes: `A`\n"), "{}", pop.err());
    assert_eq!(repository.git(&["stash", "list"]).lines().count(), 1);
}

#[test]
fn the_base_is_shown_where_it_is_asked_for() {
    let repository = Repository::new();
    repository.branch("topic", "<email>alice@example.com", "<email>a@example.com");
    repository.change(FILE, "<email>alice@example.com", "<email>b@example.com");
    repository.commit("main");
    let base = repository.git(&["rev-parse", "--short", "HEAD~1"]);
    let conflict = |names: [&str; 3]| {
        let [ours, base, theirs] = names;
        format!(
            "<<<<<<< {ours}\n      <email>b@example.com</email>\n||||||| {base}\n      <email>alice@example.com</email>\n\
             =======\n      <email>a@example.com</email>\n>>>>>>> {theirs}\n"
        )
    };
    for style in ["diff3", "zdiff3"] {
        let setting = format!("merge.conflictStyle={style}");
        assert_eq!(repository.run("git", &["-c", &setting, "merge", "topic"]).code(), 1);
        let text = repository.read(FILE);
        assert!(text.contains(&conflict(["HEAD", base.trim(), "topic"])), "{style}: {text}");
        let told = repository.pcfg(&["validate", FILE]);
        assert_eq!(told.code(), 1);
        let expected = "/users/user[alice]/email: HEAD has `b@example.com`, topic has `a@example.com`\n";
        assert!(told.out().contains(expected), "{}", told.all());
        // git asks for the conflict once more, and knows no names then.
        repository.git(&["-c", &setting, "checkout", "--merge", "--", FILE]);
        let text = repository.read(FILE);
        assert!(text.contains(&conflict(["ours", "base", "theirs"])), "{style}: {text}");
        repository.git(&["checkout", "--theirs", "--", FILE]);
        assert_eq!(repository.read(FILE), small().replace("alice@example.com", "a@example.com"));
        repository.git(&["merge", "--abort"]);
    }
}
