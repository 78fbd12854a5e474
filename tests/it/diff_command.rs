//! `pcfg diff` and `pcfg drift`, as a user drives them.

use std::process::Command;

use insta::assert_snapshot;

use crate::env::{Env, testdata};

/// An environment with the export of the made-up backup, in a git repository.
pub(crate) fn env() -> Env {
    let mut env = Env::new();
    env.set("PATH", &std::env::var("PATH").unwrap());
    env.set("PCFG_INSTANCE", "jira");
    let settings = format!("[instances.jira]\npath = {:?}\n", testdata("backup/demo"));
    env.write("pcfg.toml", settings);
    assert!(env.run(&["export", "DEMO", "-o", "demo.xml", "-q"]).ends_with("exit 0\n"));
    env
}

fn git(env: &Env, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args([
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.com",
        "-c",
        "init.defaultBranch=main",
    ]);
    command.args(arguments).current_dir(env.path("."));
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn commit(env: &Env) {
    if !env.path(".git").exists() {
        git(env, &["init", "-q"]);
    }
    git(env, &["add", "."]);
    git(env, &["commit", "-qm", "as it is"]);
}

/// Writes the export with some of its text changed.
pub(crate) fn edited(env: &Env, name: &str, changes: &[(&str, &str)]) {
    let mut text = env.read("demo.xml");
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    env.write(name, text);
}

#[test]
fn a_difference_object_by_object() {
    let env = env();
    edited(
        &env,
        "new.xml",
        &[
            ("It has a second line.", "It has another line."),
            ("<projectRole>Developers</projectRole>", "<projectRole>Administrators</projectRole>"),
            (
                "<description>Two steps, one of them guarded</description>",
                "<description>Überprüft</description>",
            ),
        ],
    );
    assert_snapshot!(env.run(&["diff", "demo.xml", "new.xml"]), @"
    project
      ~ DEMO
          ~ description:
                Shows what pcfg can do.
              - It has a second line.
              + It has another line.

    workflow
      ~ Demo workflow
          ~ description: `Two steps, one of them guarded` → `Überprüft`
          - transition[Close (21)]/conditions/conditions/condition/argument[jira.projectrole.id]/projectRole: `Developers`
          + transition[Close (21)]/conditions/conditions/condition/argument[jira.projectrole.id]/projectRole: `Administrators`

    notification scheme
      ~ Demo notifications
          - notificationReceiver: `event Release approved, receiver projectRole Developers`
          + notificationReceiver: `event Release approved, receiver projectRole Administrators`

    issue security scheme
      ~ Demo security
          - permission: `level Internal, permittedTo projectRole Developers`
          + permission: `level Internal, permittedTo projectRole Administrators`

    4 changed; 42 unchanged
    --- exit 0
    ");
    assert_snapshot!(env.run(&["diff", "demo.xml", "new.xml", "--stat", "--exit-code"]), @r#"
     project DEMO                           |    1 ~
     workflow Demo workflow                 |    3 +-~
     notification scheme Demo notifications |    2 +-
     issue security scheme Demo security    |    2 +-
    4 changed; 42 unchanged
    --- exit 1
    "#);
    assert_snapshot!(env.run(&["diff", "demo.xml", "demo.xml", "--exit-code"]), @"
    --- stderr
    no differences
    --- exit 0
    ");
    assert!(env.run(&["diff", "demo.xml", "new.xml", "--color"]).contains('\x1b'));
    assert!(!env.run(&["diff", "demo.xml", "new.xml", "--color=always", "--no-color"]).contains('\x1b'));
}

#[test]
fn the_order_of_sets_is_no_difference() {
    let env = env();
    let text = env.read("demo.xml");
    // The first user comes last.
    let from = text.find("    <user>").unwrap();
    let end = from + text[from..].find("</user>\n").unwrap() + "</user>\n".len();
    let last = text.find("  </users>").unwrap();
    env.write(
        "new.xml",
        format!("{}{}{}{}", &text[..from], &text[end..last], &text[from..end], &text[last..]),
    );
    assert_snapshot!(env.run(&["diff", "demo.xml", "new.xml", "--exit-code"]), @"
    --- stderr
    no differences
    --- exit 0
    ");
}

/// A workflow, its scheme and a role: the references in the project and in both schemes follow.
#[test]
fn renames_are_shown_as_renames() {
    let env = env();
    edited(
        &env,
        "new.xml",
        &[
            ("Demo workflow", "Prüfung & Freigabe".replace('&', "&amp;").as_str()),
            (">Developers<", ">Team <"),
        ],
    );
    assert_snapshot!(env.run(&["diff", "demo.xml", "new.xml"]), @"
    project role
      ~ Developers → Team 
          references follow in project DEMO, workflow Prüfung & Freigabe, notification scheme Demo notifications and 2 more

    workflow
      ~ Demo workflow → Prüfung & Freigabe
          references follow in workflow scheme Prüfung & Freigabes

    workflow scheme
      ~ Demo workflows → Prüfung & Freigabes
          references follow in project DEMO

    3 renamed; 43 unchanged
    --- exit 0
    ");
    assert_snapshot!(env.run(&["diff", "demo.xml", "new.xml", "--stat"]), @r#"
     project role Developers → Team                       | renamed
     workflow Demo workflow → Prüfung & Freigabe          | renamed
     workflow scheme Demo workflows → Prüfung & Freigabes | renamed
    3 renamed; 43 unchanged
    --- exit 0
    "#);
}

#[test]
fn a_difference_for_machines() {
    let env = env();
    edited(
        &env,
        "new.xml",
        &[("Demo workflows", "Bug workflows"), ("It has a second line.", "It has another line.")],
    );
    assert_snapshot!(env.run(&["diff", "demo.xml", "new.xml", "--format", "json"]), @r#"
    {
      "version": 1,
      "old": "demo.xml",
      "new": "new.xml",
      "projects": [
        "DEMO"
      ],
      "steps": [
        {
          "action": "change",
          "kind": "project",
          "name": "DEMO",
          "changes": [
            {
              "action": "change",
              "path": "/description",
              "old": "Shows what pcfg can do.\nIt has a second line.",
              "new": "Shows what pcfg can do.\nIt has another line."
            }
          ],
          "touches": []
        },
        {
          "action": "rename",
          "kind": "workflowScheme",
          "name": "Bug workflows",
          "formerName": "Demo workflows",
          "changes": [],
          "followers": [
            "project DEMO"
          ],
          "touches": []
        }
      ],
      "refused": [],
      "counts": {
        "create": 0,
        "change": 1,
        "rename": 1,
        "remove": 0,
        "delete": 0,
        "unchanged": 44,
        "heldBack": 0,
        "skipped": 0,
        "refused": 0,
        "touchedProjects": 0,
        "issues": 0
      }
    }
    --- exit 0
    "#);
    assert_snapshot!(env.run(&["diff", "demo.xml", "new.xml", "--format", "json", "--stat"]), @r#"
    {
      "version": 1,
      "old": "demo.xml",
      "new": "new.xml",
      "projects": [
        "DEMO"
      ],
      "steps": [
        {
          "action": "change",
          "kind": "project",
          "name": "DEMO",
          "add": 0,
          "remove": 0,
          "change": 1,
          "move": 0
        },
        {
          "action": "rename",
          "kind": "workflowScheme",
          "name": "Bug workflows",
          "formerName": "Demo workflows",
          "add": 0,
          "remove": 0,
          "change": 0,
          "move": 0
        }
      ],
      "counts": {
        "create": 0,
        "change": 1,
        "rename": 1,
        "remove": 0,
        "delete": 0,
        "unchanged": 44,
        "heldBack": 0,
        "skipped": 0,
        "refused": 0,
        "touchedProjects": 0,
        "issues": 0
      }
    }
    --- exit 0
    "#);
    assert_snapshot!(env.run(&["diff", "demo.xml", "demo.xml", "--format", "json"]), @r#"
    {
      "version": 1,
      "old": "demo.xml",
      "new": "demo.xml",
      "projects": [
        "DEMO"
      ],
      "steps": [],
      "refused": [],
      "counts": {
        "create": 0,
        "change": 0,
        "rename": 0,
        "remove": 0,
        "delete": 0,
        "unchanged": 46,
        "heldBack": 0,
        "skipped": 0,
        "refused": 0,
        "touchedProjects": 0,
        "issues": 0
      }
    }
    --- exit 0
    "#);
}

#[test]
fn files_of_git_revisions() {
    let env = env();
    env.write("con fig/übung.xml", env.read("demo.xml"));
    commit(&env);
    edited(&env, "demo.xml", &[("It has a second line.", "It has another line.")]);
    env.write("con fig/übung.xml", env.read("demo.xml"));
    let stat = env.run(&["diff", "HEAD:demo.xml", "demo.xml", "--stat"]);
    assert_snapshot!(&stat, @"
     project DEMO |    1 ~
    1 changed; 45 unchanged
    --- exit 0
    ");
    // What is not staged, as of `git diff`; the same from the other side; names with blanks and umlauts; whole folders.
    for words in [
        &["diff", "demo.xml", "--stat"][..],
        &["diff", "HEAD:demo.xml", "--stat"],
        &["diff", ":demo.xml", "demo.xml", "--stat"],
        &["diff", "con fig/übung.xml", "--stat"],
        &["diff", "HEAD:con fig/übung.xml", "con fig/übung.xml", "--stat"],
        &["diff", "HEAD:con fig", "con fig", "--stat"],
        &["diff", "con fig", "--stat"],
    ] {
        assert_eq!(env.run(words), stat, "{words:?}");
    }
    commit(&env);
    assert_eq!(env.run(&["diff", "HEAD~1:demo.xml", "main@{0}:demo.xml", "--stat"]), stat);
    assert_eq!(env.run_with(&["diff", "HEAD~1:demo.xml", "-", "--stat"], env.read("demo.xml")), stat);
    let mut inside = env.command(&["diff", "HEAD~1:./übung.xml", "HEAD:./übung.xml", "--stat"]);
    let inside = inside.current_dir(env.path("con fig")).output().unwrap();
    assert_eq!(stat, format!("{}--- exit 0\n", String::from_utf8(inside.stdout).unwrap()));
    assert_snapshot!(env.run(&["diff", "HEAD~7:demo.xml", "nothing:demo.xml"]), @"
    --- stderr
    error: the git repository has no revision `HEAD~7`
    hint: `git log --oneline` and `git branch --all` list them
    error: the git repository has no revision `nothing`
    hint: `git log --oneline` and `git branch --all` list them
    --- exit 3
    ");
    assert_snapshot!(env.run(&["diff", "HEAD:dmo.xml", "demo.xml"]), @"
    --- stderr
    error: there is no `dmo.xml` in the revision `HEAD`
    hint: paths start at the top of the repository; `HEAD:./PATH` starts here
    --- exit 3
    ");
    env.write("new.xml", env.read("demo.xml"));
    assert_snapshot!(env.run(&["diff", "new.xml"]), @"
    --- stderr
    error: git does not know `new.xml`
    hint: `git add` it first
    hint: or name what to compare it with: `pcfg diff OLD new.xml`
    --- exit 3
    ");
}

#[test]
fn what_cannot_be_compared() {
    let env = env();
    assert_snapshot!(env.run(&["diff", "HEAD:demo.xml", "demo.xml"]), @"
    --- stderr
    error: this folder is not in a git repository
    hint: `REV:PATH` needs a repository: change into it, or name files
    --- exit 3
    ");
    assert_snapshot!(env.run(&["diff", "demo.xml"]), @"
    --- stderr
    error: this folder is not in a git repository
    hint: `REV:PATH` needs a repository: change into it, or name files
    hint: or name what to compare it with: `pcfg diff OLD demo.xml`
    --- exit 3
    ");
    assert_snapshot!(env.run(&["diff", "DEMO@backup.zip"]), @"
    --- stderr
    error: there is nothing to compare `DEMO@backup.zip` with
    hint: name a file: `pcfg diff DEMO.xml DEMO@backup.zip`
    hint: or another instance; `pcfg drift FILE` compares a file with its instance
    --- exit 2
    ");
    let secret = env.run(&["diff", "DEMO@postgres://jira:secret@db/jira"]);
    assert!(!secret.contains("secret"), "{secret}");
    assert_snapshot!(env.run(&["diff", "demo.xml", "DEMO,OPZ@jira"]), @"
    --- stderr
    error: the instance has no project `OPZ`
    hint: did you mean `OPS`?
    --- exit 3
    ");
    assert_snapshot!(env.run(&["diff", "demo", "nothing.xml"]), @"
    --- stderr
    error: there is no file `demo`
    hint: a file of a git revision is named `demo:PATH`
    hint: projects of an instance are named `KEY@INSTANCE`
    error: there is no file `nothing.xml`
    --- exit 3
    ");
    assert_snapshot!(env.run(&["diff", "-", "-"]), @"
    --- stderr
    error: standard input (`-`) can be read only once
    --- exit 2
    ");
    edited(
        &env,
        "one.xml",
        &[("<status>Open</status>", "<statsu>Open</statsu>"), ("<required>true<", "<required>yes<")],
    );
    env.write("two.xml", "<projectConfig formatVersion=\"1\"><projects/><user/></projectConfig>");
    assert_snapshot!(env.run(&["diff", "one.xml", "two.xml"]), @r#"
    --- stderr
    error[wrong-value]: `yes` in `<required>` is not `true` or `false`
         ╭─[one.xml:329:19]
     329 │         <required>yes</required>
         ·                   ───
         ╰────
    note: the same at 338:19 and 357:19

    error[unknown-element]: there is no element `<statsu>` in `<step>`
         ╭─[one.xml:481:10]
     481 │         <statsu>Open</statsu>
         ·          ──────
         ╰────
    hint: did you mean `status`?
    note: the same at 589:12

    error[misplaced]: `<user>` is not allowed in `<projectConfig>`
       ╭─[two.xml:1:46]
     1 │ <projectConfig formatVersion="1"><projects/><user/></projectConfig>
       ·                                              ────
       ╰────
    hint: did you mean `users`?

    error: cannot compare `one.xml`: it has 5 errors
    error: cannot compare `two.xml`: it has 1 error
    --- exit 3
    "#);
}

#[test]
fn projects_of_an_instance() {
    let env = env();
    let named = |keys: &str| format!("{keys}@jira");
    assert_snapshot!(env.run(&["diff", "demo.xml", &named("DEMO"), "--exit-code"]), @"
    --- stderr
    no differences
    --- exit 0
    ");
    assert!(env.run(&["diff", &named("DEMO"), &named("DEMO")]).contains("no differences"));
    let both = env.run(&["diff", "demo.xml", &named("DEMO,OPS"), "--stat"]);
    assert_snapshot!(both, @"
     project OPS                                               | new
     user linus                                                | new
     issue type scheme Default Issue Type Scheme               | new
     issue type screen scheme Default Issue Type Screen Scheme | new
    4 new; 46 unchanged
    --- exit 0
    ");
    // What the file leaves out, the export leaves out.
    let few = "export DEMO --users none --filters all --boards none -o few.xml -q";
    env.run(&few.split(' ').collect::<Vec<_>>());
    assert_snapshot!(env.run(&["diff", "few.xml", &named("DEMO")]), @"
    --- stderr
    no differences
    --- exit 0
    ");
    assert_snapshot!(env.run(&["diff", "few.xml", &named("DEMO"), "--users", "full", "--stat"]), @"
     projectConfig root        |    1 -
     user ada                  | new
     user grace                | new
     group developers          | new
     group jira-administrators | new
    4 new, 1 changed; 41 unchanged
    --- exit 0
    ");
}
