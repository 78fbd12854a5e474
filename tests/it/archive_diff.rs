//! Archives of complete projects are compared issue by issue, packed or as folders, in git and by single files, and merged by files.

use std::process::Command;

use crate::env::Env;

const ISSUES: &str = "folder/data/DEMO/issues/000001-001000.xml";

/// Returns an environment with an archive of the sample, packed and as a folder.
fn exported() -> Env {
    let env = Env::new();
    env.run(&["instance", "init", "sample.sqlite"]);
    for place in ["old.pcfg.zip", "folder/"] {
        let said = env.run(&["export", "DEMO", "-i", "sample.sqlite", "--complete", "-o", place]);
        assert!(said.contains("--- exit 0"), "{said}");
    }
    env
}

/// What an editor does with the issues of a folder.
fn edit(env: &Env) {
    let text = env.read(ISSUES);
    let (before, last) = text.split_at(text.rfind("    <issue>").unwrap());
    let rest = last.split_once("    </issue>\n").unwrap().1;
    let text = format!("{before}{rest}")
        .replacen("<summary>Gift cards</summary>", "<summary>Vouchers</summary>", 1)
        .replacen(
            "      <label>money</label>\n",
            "      <label>cash</label>\n      <label>money</label>\n",
            1,
        );
    env.write(ISSUES, text);
}

#[test]
fn archives_are_compared_issue_by_issue() {
    let env = exported();
    insta::assert_snapshot!(env.run(&["diff", "old.pcfg.zip", "folder"]), @r#"
    --- stderr
    no differences
    --- exit 0
    "#);
    edit(&env);
    insta::assert_snapshot!(env.run(&["diff", "old.pcfg.zip", "folder", "--exit-code"]), @r#"
    issue
      ~ DEMO-1
          ~ summary: `Gift cards` → `Vouchers`
      ~ DEMO-2
          + label: `cash`
      - DEMO-8

    2 changed, 1 gone; 99 unchanged
    --- exit 1
    "#);
    // Whatever is shown, it is the same difference, and it has another side.
    for format in ["json", "html", "markdown"] {
        let said = env.run(&["diff", "folder", "old.pcfg.zip", "--format", format]);
        for word in ["DEMO-1", "DEMO-2", "DEMO-8", "Vouchers", "cash"] {
            assert!(said.contains(word), "{format} {word}: {said}");
        }
        assert!(!said.contains("DEMO-3"), "{format}: {said}");
    }
    // A file of the folder has only issues.
    env.write("one.xml", env.read(ISSUES).replacen("Vouchers", "Coupons", 1));
    insta::assert_snapshot!(env.run(&["diff", ISSUES, "one.xml"]), @r#"
    issue
      ~ DEMO-1
          ~ summary: `Vouchers` → `Coupons`

    1 changed; 6 unchanged
    --- exit 0
    "#);
    // What only one side has is told.
    insta::assert_snapshot!(env.run(&["diff", "old.pcfg.zip", "folder/configuration.xml"]), @r#"
    --- stderr
    warning: `old.pcfg.zip` has issue data and `folder/configuration.xml` has none: only the configurations are compared
    no differences in what both show
    --- exit 0
    "#);
}

#[test]
fn issues_in_git_are_compared_and_merged() {
    let env = exported();
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .current_dir(env.path("."))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "folder"]);
    git(&["commit", "-q", "-m", "before"]);
    let base = env.read(ISSUES);
    edit(&env);
    let told = env.run(&["diff", "HEAD:folder", "folder"]);
    assert!(told.contains("Vouchers") && told.contains("DEMO-8") && told.contains("--- exit 0"), "{told}");
    assert!(env.run(&["diff", "folder"]).contains("Vouchers"), "what is staged is another");
    // Two sides that change different issues, and different parts of one, both get what they want.
    env.write("base.xml", &base);
    env.write("theirs.xml", base.replacen("<status>In Progress</status>", "<status>Done</status>", 1));
    let merged = env.run(&["merge", "base.xml", ISSUES, "theirs.xml", "-o", "merged.xml"]);
    assert!(merged.contains("--- exit 0"), "{merged}");
    let merged = env.read("merged.xml");
    assert!(merged.contains("<summary>Vouchers</summary>") && merged.contains("<status>Done</status>"));
    assert_eq!(merged, env.read(ISSUES).replacen("<status>In Progress</status>", "<status>Done</status>", 1));
    // What both change otherwise is a conflict.
    env.write("theirs.xml", base.replacen("Gift cards</summary>", "Presents</summary>", 1));
    let merged = env.run(&["merge", "base.xml", ISSUES, "theirs.xml"]);
    assert!(merged.contains("<<<<<<<") && merged.contains("--- exit 1"), "{merged}");
    let mixed = env.run(&["merge", "base.xml", ISSUES, "folder/configuration.xml"]);
    assert!(mixed.contains("not merged with each other") && mixed.contains("--- exit 3"), "{mixed}");
}

/// A file that is no text is told once, and not character by character.
#[test]
fn what_is_no_text_is_told_once() {
    let env = exported();
    env.write("text.gz", b"\x1f\x8b\x08\x00\x00\x00");
    for (file, what) in [("old.pcfg.zip", "the file is a zip"), ("text.gz", "compressed by gzip")] {
        let said = env.run(&["format", "--check", file]);
        assert_eq!(said.matches("error[").count(), 1, "{said}");
        assert!(said.contains(what) && said.contains("--- exit 3"), "{said}");
    }
    env.write("cut.pcfg.zip", &std::fs::read(env.path("old.pcfg.zip")).unwrap()[..4000]);
    let said = env.run(&["diff", "old.pcfg.zip", "cut.pcfg.zip"]);
    assert!(said.contains("--- exit 3") && said.lines().count() < 12, "{said}");
}
