//! `pcfg drift`, and the pager and the pages of `pcfg diff`, as a user runs them.

use std::process::Command;

use insta::assert_snapshot;

use crate::diff_command::{edited, env};

#[test]
fn drift_of_committed_files() {
    let env = env();
    std::fs::create_dir(env.path("ops")).unwrap();
    env.run(&["export", "OPS", "--users", "none", "--filters", "none", "-o", "ops/ops.xml", "-q"]);
    assert_snapshot!(env.run(&["drift"]), @"
    --- stderr
    no drift in 2 files
    --- exit 0
    ");
    edited(&env, "demo.xml", &[("It has a second line.", "It has another line."), ("Demo workflows", "Old")]);
    assert_snapshot!(env.run(&["drift"]), @"
    demo.xml
    project
      ~ DEMO
          ~ description:
                Shows what pcfg can do.
              - It has another line.
              + It has a second line.

    workflow scheme
      ~ Old → Demo workflows
          references follow in project DEMO

    1 changed, 1 renamed; 44 unchanged
    --- stderr
    drift in 1 of 2 files
    --- exit 1
    ");
    assert_snapshot!(env.run(&["drift", "demo.xml", "--stat"]), @"
    demo.xml
     project DEMO                         |    1 ~
     workflow scheme Old → Demo workflows | renamed
    1 changed, 1 renamed; 44 unchanged
    --- stderr
    drift in 1 of 1 file
    --- exit 1
    ");
    assert_snapshot!(env.run(&["drift", "--format", "json", "--stat"]), @r#"
    {
      "version": 1,
      "files": [
        {
          "old": "demo.xml",
          "new": "jira",
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
              "name": "Demo workflows",
              "formerName": "Old",
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
            "touchedProjects": 0
          }
        },
        {
          "old": "ops/ops.xml",
          "new": "jira",
          "projects": [
            "OPS"
          ],
          "steps": [],
          "counts": {
            "create": 0,
            "change": 0,
            "rename": 0,
            "remove": 0,
            "delete": 0,
            "unchanged": 19,
            "heldBack": 0,
            "skipped": 0,
            "refused": 0,
            "touchedProjects": 0
          }
        }
      ]
    }
    --- stderr
    drift in 1 of 2 files
    --- exit 1
    "#);
    assert!(env.run(&["drift", "--format", "markdown"]).contains("## `demo.xml`\n"));
    edited(&env, "other.xml", &[("<key>DEMO</key>", "<key>GONE</key>")]);
    env.write("empty.xml", "<projectConfig formatVersion=\"1\"><projects/></projectConfig>");
    assert_snapshot!(env.run(&["drift", "other.xml", "empty.xml", "ops"]), @"
    --- stderr
    no drift in 1 file
    error: the instance has no project `GONE`
    hint: it has `DEMO`, `OPS`
    hint: `other.xml` describes it
    error: `empty.xml` describes no project, so there is nothing to export again
    --- exit 3
    ");
}

/// On a terminal the differences go through a pager.
#[test]
#[cfg(target_os = "linux")]
fn a_pager_as_of_git() {
    let env = env();
    edited(&env, "new.xml", &[("It has a second line.", "It has another line.")]);
    let on_terminal = |words: &str, pager: &str| {
        let line = format!("'{}' diff demo.xml new.xml {words}", env!("CARGO_BIN_EXE_pcfg"));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(env.path("."));
        let output = command.env("PCFG_PAGER", pager).env("PAGER", "false").env("NO_COLOR", "1").output();
        output.ok().map(|output| String::from_utf8_lossy(&output.stdout).replace('\r', ""))
    };
    let Some(paged) = on_terminal("", "sed 's/^/PAGE /'") else {
        crate::skip::skipped(crate::skip::Need::Tool("script", "bsdutils"), "a terminal");
        return;
    };
    assert!(paged.starts_with("PAGE project\n"), "{paged}");
    assert!(on_terminal("--no-pager", "sed 's/^/PAGE /'").unwrap().starts_with("project\n"));
    assert!(on_terminal("", "cat").unwrap().starts_with("project\n"));
    assert!(on_terminal("", "no-such-pager").unwrap().contains("\nproject\n"), "nothing is lost");
}

#[test]
fn a_page_says_what_goes_and_a_short_one_only_how_much() {
    let env = env();
    edited(
        &env,
        "new.xml",
        &[
            ("<projectRole>Administrators</projectRole>", "<projectRole>Developers</projectRole>"),
            ("      <description>What we sell</description>\n", ""),
        ],
    );
    let page = env.run(&["diff", "demo.xml", "new.xml", "--format", "html"]);
    let goes = |page: &str| {
        page.split_once("<h2 id=\"goes\">")
            .map(|(_, rest)| rest.split_once("</section>").unwrap().0.to_owned())
    };
    let goes = goes(&page).unwrap();
    assert!(
        goes.contains(
            "<code><span>description</span></code><span class=\"value\"><del>What we sell</del></span>"
        ),
        "{goes}"
    );
    let holder = "<del>permission ADMINISTER_PROJECTS, holder projectRole Administrators</del>";
    assert!(goes.contains(holder), "{goes}");
    // The same stands in the comment of a review.
    let comment = env.run(&["diff", "demo.xml", "new.xml", "--format", "markdown"]);
    assert!(comment.contains("- `project category Products: description`: `What we sell`\n"), "{comment}");
    // Only how much: the numbers and the objects, but no values and no diagrams.
    let short = env.run(&["diff", "demo.xml", "new.xml", "--format", "html", "--stat"]);
    assert!(short.contains("<p class=\"plain\">1 removed, 1 added.</p>"), "{short}");
    assert!(short.contains("<bdi>Default Permission Scheme</bdi>"), "{short}");
    for left_out in ["What we sell", "ADMINISTER_PROJECTS", "id=\"goes\"", "<svg"] {
        assert!(!short.contains(left_out), "{left_out}: {short}");
    }
}
