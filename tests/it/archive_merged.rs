//! Unpacked archives that were edited by hand or merged by git: told, shown issue by issue, and given a manifest that fits.

use std::fs;

use crate::complete_laws::{archived, files, succeeds};
use crate::env::Env;
use crate::git::Repository;

const ISSUES: &str = "data/LAB/issues/000001-001000.xml";

/// Changes a file of the archive `a`.
fn change(env: &Env, name: &str, from: &str, to: &str) {
    let name = format!("a/{name}");
    let text = env.read(&name);
    assert!(text.contains(from), "{from} in {text}");
    env.write(&name, text.replacen(from, to, 1));
}

/// Takes the last issue out of a file of the archive `a`, and returns its text.
fn take_out(env: &Env) -> String {
    let text = env.read(&format!("a/{ISSUES}"));
    let (before, last) = text.split_at(text.rfind("    <issue>").unwrap());
    let (own, rest) = last.split_once("    </issue>\n").unwrap();
    env.write(&format!("a/{ISSUES}"), format!("{before}{rest}"));
    format!("{own}    </issue>\n")
}

#[test]
fn an_edited_folder_gets_a_manifest_that_fits() {
    let env = archived();
    let whole = files(&env.path("a"));
    // What was exported fits, and stays as it is.
    insta::assert_snapshot!(env.run(&["format", "a"]), @r#"
    --- stderr
    0 files rewritten
    --- exit 0
    "#);
    assert!(files(&env.path("a")) == whole);
    let counts = |env: &Env| {
        let manifest: serde_json::Value = serde_json::from_str(&env.read("a/manifest.json")).unwrap();
        manifest["projects"][0]["counts"]["issue"].as_u64().unwrap()
    };
    let before = counts(&env);

    change(&env, ISSUES, "<summary>An epic</summary>", "<summary>A saga</summary>");
    take_out(&env);
    // Whoever wants to use it is told which command it takes, and that command does it.
    let refused = env.run(&["import", "a", "-i", "none.sqlite", "--simulate"]);
    assert!(refused.contains("give it a manifest that fits: `pcfg format a`"), "{refused}");
    assert!(refused.contains(ISSUES) && refused.contains("--- exit 3"), "{refused}");
    insta::assert_snapshot!(env.run(&["format", "--check", "a"]), @r#"
    a/manifest.json
    --- stderr
    1 of 8 files not canonical
    --- exit 1
    "#);
    insta::assert_snapshot!(env.run(&["format", "a"]), @r#"
    --- stderr
    1 file rewritten
    --- exit 0
    "#);
    insta::assert_snapshot!(env.run(&["format", "--check", "."]), @r#"
    --- stderr
    8 files canonical
    --- exit 0
    "#);
    assert_eq!(counts(&env), before - 1);
    succeeds(&env, &["validate", "a"]);
    succeeds(&env, &["instance", "init", "b.sqlite"]);
    let import = ["import", "a", "--raw-values", "-i", "b.sqlite"];
    let simulated = succeeds(&env, &[&import[..], &["--simulate"]].concat());
    assert!(simulated.contains("13 issues"), "{simulated}");
    succeeds(&env, &[&import[..], &["--yes"]].concat());
    let shown = succeeds(&env, &["issue", "list", "LAB", "-i", "b.sqlite"]);
    assert!(shown.contains("A saga") && !shown.contains("An epic"), "{shown}");

    // Another spelling of the same is put right, too, and comes to the same bytes.
    let fitting = files(&env.path("a"));
    change(&env, ISSUES, "<summary>A saga</summary>", "<summary  >A saga</summary  >");
    let said = succeeds(&env, &["format", "a"]);
    assert!(said.contains("1 file rewritten"), "{said}");
    assert!(files(&env.path("a")) == fitting);
}

/// A manifest vouches for its entries: none is made for what does not fit together.
#[test]
fn entries_that_do_not_fit_each_other_get_no_manifest() {
    let refuses = |change: &dyn Fn(&Env), what: &[&str]| {
        let env = archived();
        change(&env);
        let manifest = env.read("a/manifest.json");
        let said = env.run(&["format", "a"]);
        for what in what {
            assert!(said.contains(what), "{what}: {said}");
        }
        assert!(said.contains("--- exit 3"), "{said}");
        assert_eq!(env.read("a/manifest.json"), manifest);
    };
    let number = |env: &Env, from: &str, to: &str| {
        change(env, ISSUES, &format!("<number>{from}</number>"), &format!("<number>{to}</number>"));
    };
    refuses(
        &|env| number(env, "3", "4294967295"),
        &[
            "LAB-4294967295 stands in `data/LAB/issues/000001-001000.xml` and belongs into `data/LAB/issues/4294967001-4294968000.xml`",
        ],
    );
    refuses(
        &|env| {
            let text = env.read(&format!("a/{ISSUES}"));
            env.write("a/data/LAB/issues/001001-002000.xml", text);
        },
        &["LAB-1 is there twice", "LAB-1 stands in `data/LAB/issues/001001-002000.xml` and belongs into"],
    );
    refuses(
        &|env| change(env, ISSUES, "project=\"LAB\"", "project=\"YARD\""),
        &["`data/LAB/issues/000001-001000.xml` says that it is about the project `YARD`"],
    );
    refuses(
        &|env| fs::rename(env.path("a/data/YARD"), env.path("a/data/GONE")).unwrap(),
        &["`data/GONE` is of a project that `configuration.xml` does not describe"],
    );
    let attachment = |env: &Env| {
        let all = files(&env.path("a"));
        let name = all.keys().find(|name| name.starts_with("attachments/")).unwrap().clone();
        env.path(&format!("a/{name}"))
    };
    refuses(
        &|env| fs::remove_file(attachment(env)).unwrap(),
        &["the file of the attachment `", " is missing: `attachments/"],
    );
    refuses(&|env| fs::write(attachment(env), "x").unwrap(), &["has another content than its name says"]);
    refuses(&|env| env.write("a/notes.txt", "x"), &["`notes.txt`: a complete project has no such entry"]);
    refuses(
        &|env| fs::remove_file(env.path("a/configuration.xml")).unwrap(),
        &["`configuration.xml` is missing"],
    );
    refuses(
        &|env| env.write("a/manifest.json", "{\"kind\":\"complete\","),
        &["its manifest.json is damaged"],
    );
    // What is wrong with a file is told once, as of every file.
    refuses(
        &|env| change(env, ISSUES, "<summary>", "<sumary>"),
        &["did you mean `summary`?", "cannot format"],
    );

    // A file that nobody names is harmless, and told.
    let env = archived();
    let text = env.read(&format!("a/{ISSUES}"));
    let start = text.find("      <attachment>").unwrap();
    let end = start + text[start..].find("</attachment>\n").unwrap() + "</attachment>\n".len();
    env.write(&format!("a/{ISSUES}"), format!("{}{}", &text[..start], &text[end..]));
    let said = succeeds(&env, &["format", "a"]);
    assert!(said.contains("of attachments that no issue names, such as `attachments/"), "{said}");
    succeeds(&env, &["validate", "a"]);
}

/// A repository with the sample in the folder `DEMO`, as somebody exports it.
fn repository() -> Repository {
    let repository = Repository::empty();
    let says = |arguments: &[&str]| {
        let done = repository.pcfg(arguments);
        assert_eq!(done.code(), 0, "{}", done.all());
    };
    says(&["instance", "init", "../demo.sqlite"]);
    says(&["export", "DEMO", "-i", "../demo.sqlite", "--complete", "-o", "DEMO/"]);
    repository.commit("first");
    says(&["git", "install"]);
    repository
}

const DEMO: &str = "DEMO/data/DEMO/issues/000001-001000.xml";

#[test]
fn git_shows_issues() {
    let repository = repository();
    repository.change(DEMO, "<summary>Gift cards</summary>", "<summary>Vouchers</summary>");
    repository.change(
        DEMO,
        "      <label>money</label>\n",
        "      <label>money</label>\n      <label>cash</label>\n",
    );
    insta::assert_snapshot!(repository.git(&["diff", "--", DEMO]), @r#"
    diff --git a/DEMO/data/DEMO/issues/000001-001000.xml b/DEMO/data/DEMO/issues/000001-001000.xml
    --- a/DEMO/data/DEMO/issues/000001-001000.xml
    +++ b/DEMO/data/DEMO/issues/000001-001000.xml
    issue
      ~ DEMO-1
          ~ summary: `Gift cards` → `Vouchers`
      ~ DEMO-2
          + label: `cash`

    2 changed; 6 unchanged
    "#);
    let lines = repository.git(&["diff", "--no-ext-diff", "-U0", "--", DEMO]);
    insta::assert_snapshot!(&lines[lines.find("@@").unwrap()..], @r#"
    @@ -8 +8 @@ issues
    -  issue[1]/summary: Gift cards
    +  issue[1]/summary: Vouchers
    @@ -31,0 +32 @@ issues
    +  issue[2]/label: cash
    "#);
    // Only the spelling differs of what a formatter would put right.
    repository.git(&["checkout", "-q", "--", DEMO]);
    repository.change(DEMO, "<summary>Gift cards</summary>", "<summary  >Gift cards</summary>");
    let spelled = repository.git(&["diff", "--", DEMO]);
    assert!(spelled.ends_with("only the spelling or the order of sets differs\n"), "{spelled}");
    // A file that comes or goes is shown, and what is broken is compared as text.
    repository.git(&["checkout", "-q", "--", DEMO]);
    fs::remove_file(repository.path(DEMO)).unwrap();
    let gone = repository.git(&["diff", "--", DEMO]);
    assert!(gone.contains("deleted file mode") && gone.contains("  - DEMO-1\n"), "{gone}");
    repository.git(&["checkout", "-q", "--", DEMO]);
    repository.change(DEMO, "<summary>Gift cards</summary>", "<summary>Gift cards");
    let broken = repository.git(&["diff", "--", DEMO]);
    assert!(broken.contains("+      <summary>Gift cards\n"), "{broken}");
    // The hook looks at issues, too.
    repository.git(&["add", "-A"]);
    let hook = repository.pcfg(&["git", "hook"]);
    assert!(hook.code() == 1 && hook.err().contains("in what is staged"), "{}", hook.all());
}

#[test]
fn a_merged_folder_is_made_to_fit() {
    let repository = repository();
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.change(DEMO, "<summary>Gift cards</summary>", "<summary>Vouchers</summary>");
    assert_eq!(repository.pcfg(&["format", "DEMO"]).code(), 0);
    repository.commit("topic");
    repository.git(&["checkout", "-q", "main"]);
    repository.change(
        DEMO,
        "      <label>money</label>\n",
        "      <label>cash</label>\n      <label>money</label>\n",
    );
    assert_eq!(repository.pcfg(&["format", "DEMO"]).code(), 0);
    repository.commit("main");
    // The issues merge; both sides want another manifest, so git stops there.
    let merge = repository.run("git", &["merge", "topic"]);
    assert_eq!(merge.code(), 1, "{}", merge.all());
    let open = repository.git(&["diff", "--name-only", "--diff-filter=U"]);
    assert_eq!(open, "DEMO/manifest.json\n");
    let text = repository.read(DEMO);
    assert!(text.contains("Vouchers") && text.contains("<label>cash</label>"), "{text}");
    let refused = repository.pcfg(&["validate", "DEMO"]);
    insta::assert_snapshot!(refused.all(), @r#"
    --- stderr
    error: DEMO is not merged yet: git left conflicts in its manifest.json
    hint: if it was merged or edited, check it, and give it a manifest that fits: `pcfg format DEMO`
    --- exit 3
    "#);
    let said = repository.pcfg(&["format", "DEMO"]);
    insta::assert_snapshot!(said.all(), @r#"
    --- stderr
    1 file rewritten
    --- exit 0
    "#);
    repository.git(&["add", "DEMO"]);
    repository.git(&["commit", "-q", "--no-edit"]);
    assert_eq!(repository.pcfg(&["validate", "DEMO"]).code(), 0);
    assert_eq!(repository.pcfg(&["format", "--check", "DEMO"]).code(), 0);

    // Where both were exported in another way, nobody can say what the archive holds.
    let manifest = repository.read("DEMO/manifest.json");
    let line = "  \"history\": \"full\",\n";
    let both = "<<<<<<< HEAD\n  \"history\": \"full\",\n=======\n  \"history\": \"none\",\n>>>>>>> topic\n";
    assert!(manifest.contains(line));
    repository.write("DEMO/manifest.json", &manifest.replacen(line, both, 1));
    let said = repository.pcfg(&["format", "DEMO"]);
    assert!(said.code() == 3 && said.err().contains("`--history none`"), "{}", said.all());
}
