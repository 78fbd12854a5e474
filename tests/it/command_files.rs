//! `pcfg format` and `pcfg validate`: files are brought into order, and what is wrong with them is told.

use std::fs;

use insta::assert_snapshot;

use crate::command::with_files;
use crate::env::{Env, testdata};

#[test]
fn format_rewrites_what_is_not_canonical() {
    let env = with_files();
    let good = fs::metadata(env.path("config/good.xml")).unwrap().modified().unwrap();
    assert_snapshot!(env.run(&["format", "--check", "config"]), @"
    config/draft.xml
    --- stderr
    1 of 2 files not canonical
    --- exit 1
    ");
    assert_snapshot!(env.run(&["format", "config"]), @"
    --- stderr
    1 file rewritten
    --- exit 0
    ");
    assert_eq!(env.read("config/draft.xml"), env.read("config/good.xml"));
    assert_eq!(fs::metadata(env.path("config/good.xml")).unwrap().modified().unwrap(), good);
    assert_snapshot!(env.run(&["format", "--check", "config"]), @"
    --- stderr
    2 files canonical
    --- exit 0
    ");
    assert_eq!(env.read("config/other.xml"), "<entity-engine-xml/>");
}

#[test]
fn format_leaves_a_file_with_errors_as_it_is() {
    let env = with_files();
    env.write("config/bad.xml", "<projectConfig formatVersion='1'>\n<projcts/></projectConfig>");
    let before = env.read("config/bad.xml");
    assert_snapshot!(env.run(&["format", "config", "config/other.xml"]), @"
    --- stderr
    error[missing]: `<projectConfig>` lacks its `<projects>`
       ╭─[config/bad.xml:1:1]
     1 │ <projectConfig formatVersion='1'>
       · ─────────────────────────────────
       ╰────
    hint: `<projects>`: The projects themselves.

    error[unknown-element]: there is no element `<projcts>` in `<projectConfig>`
       ╭─[config/bad.xml:2:2]
     2 │ <projcts/></projectConfig>
       ·  ───────
       ╰────
    hint: did you mean `projects` or `projectRoles`?

    error[wrong-root]: the file begins with `<entity-engine-xml>`, not `<projectConfig>`
       ╭─[config/other.xml:1:2]
     1 │ <entity-engine-xml/>
       ·  ─────────────────
       ╰────
    hint: this is not a configuration file of pcfg

    1 file rewritten
    error: cannot format `config/bad.xml`: it has 2 errors
    error: cannot format `config/other.xml`: it has 1 error
    --- exit 3
    ");
    assert_eq!(env.read("config/bad.xml"), before);
    assert_eq!(env.read("config/draft.xml"), env.read("config/good.xml"), "the others are formatted");
}

#[test]
fn format_says_nothing_of_nothing() {
    let env = Env::new();
    assert_snapshot!(env.run(&["format", "gone.xml"]), @"
    --- stderr
    error: cannot read `gone.xml`
    caused by: no such file or directory
    --- exit 3
    ");
    assert_snapshot!(env.run(&["format", "--check", "gone.xml"]), @"
    --- stderr
    error: cannot read `gone.xml`
    caused by: no such file or directory
    --- exit 3
    ");
}

#[test]
fn format_is_a_filter_too() {
    let env = with_files();
    let (draft, good) = (env.read("config/draft.xml"), env.read("config/good.xml"));
    assert_eq!(env.run_with(&["format"], &draft), format!("{good}--- exit 0\n"));
    assert_eq!(env.run_with(&["format", "-"], &good), format!("{good}--- exit 0\n"));
    assert_snapshot!(env.run_with(&["format", "--check", "-"], &draft), @"
    <stdin>
    --- stderr
    1 of 1 file not canonical
    --- exit 1
    ");
    assert!(env.run_with(&["format", "-", "-"], &draft).ends_with("--- exit 2\n"));
}

#[test]
fn format_warns_of_what_it_drops() {
    let env = Env::new();
    let good = fs::read_to_string(testdata("valid/small.xml")).unwrap();
    env.write("a.xml", good.replacen("  <projects>", "<!-- mine --><?php ?>\n  <projects>", 1));
    assert_snapshot!(env.run(&["format", "a.xml"]), @"
    --- stderr
    warning[comment]: comments are not part of a configuration; `pcfg format` drops them
       ╭─[a.xml:3:1]
     3 │ <!-- mine --><?php ?>
       · ─────────────
       ╰────

    warning[processing-instruction]: processing instructions are not part of a configuration
       ╭─[a.xml:3:14]
     3 │ <!-- mine --><?php ?>
       ·              ────────
       ╰────

    1 file rewritten
    --- exit 0
    ");
    assert_eq!(env.read("a.xml"), good);
}

#[test]
fn folders_without_a_configuration_and_missing_files_are_told() {
    let env = Env::new();
    env.write("empty/notes.txt", "");
    assert_snapshot!(env.run(&["validate", "empty", "missing.xml"]), @"
    --- stderr
    error: there is no configuration file in `empty`
    hint: a configuration file is an .xml file that begins with <projectConfig>
    error: cannot read `missing.xml`
    caused by: no such file or directory
    --- exit 3
    ");
}

#[cfg(unix)]
#[test]
fn format_keeps_links_and_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = with_files();
    fs::set_permissions(env.path("config/draft.xml"), fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("config/draft.xml", env.path("link.xml")).unwrap();
    assert!(env.run(&["format", "link.xml"]).ends_with("--- exit 0\n"));
    assert!(env.path("link.xml").is_symlink());
    assert_eq!(env.read("config/draft.xml"), env.read("config/good.xml"));
    let mode = fs::metadata(env.path("config/draft.xml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(env.path("config/good.xml"), fs::Permissions::from_mode(0o444)).unwrap();
    env.write("config/new.xml", env.read("config/good.xml").replace("  ", ""));
    fs::set_permissions(env.path("config/new.xml"), fs::Permissions::from_mode(0o444)).unwrap();
    assert_snapshot!(env.run(&["format", "config"]), @"
    --- stderr
    error: cannot write `config/new.xml`
    caused by: the file is write-protected
    --- exit 7
    ");
}

#[test]
fn valid_files_are_canonical_and_have_no_problems() {
    let files = testdata("valid");
    let files = files.to_str().unwrap();
    let env = Env::new();
    let validated = env.run(&["validate", "-q", files]);
    assert!(validated.ends_with("--- exit 0\n"), "{validated}");
    // Two of them say as little as may be.
    assert_eq!(validated.matches("[incomplete]").count(), validated.matches("warning[").count());
    for whole in ["small.xml", "everything.xml"] {
        let path = testdata("valid").join(whole);
        assert_eq!(env.run(&["validate", "-q", path.to_str().unwrap()]), "--- exit 0\n");
    }
    assert_eq!(env.run(&["format", "-q", "--check", files]), "--- exit 0\n");
}

/// What `pcfg validate` says about each file of `testdata/invalid` stands beside it.
#[test]
fn invalid_files_have_the_problems_that_are_written_down() {
    let mut files: Vec<_> =
        fs::read_dir(testdata("invalid")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    assert!(files.len() >= 4);
    for path in files {
        let env = Env::new();
        let name = path.file_name().unwrap().to_str().unwrap();
        env.write(name, fs::read(&path).unwrap());
        let found = env.run(&["validate", name]);
        let expected = path.with_extension("txt");
        if std::env::var_os("PCFG_UPDATE").is_some() {
            fs::write(&expected, &found).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn every_configuration_of_testdata_is_judged_alike_by_xmllint() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/projectConfig.xsd");
    for entry in fs::read_dir(testdata("valid")).unwrap() {
        let path = entry.unwrap().path();
        let mut command = std::process::Command::new("xmllint");
        let Ok(output) = command.args(["--noout", "--schema", schema]).arg(&path).output() else {
            crate::skip::skipped(crate::skip::Need::Tool("xmllint", "libxml2-utils"), "another validator");
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn validate_finds_nothing_to_complain_about_in_order() {
    let env = with_files();
    assert_snapshot!(env.run(&["validate", "config"]), @"
    --- stderr
    no errors in 2 files
    --- exit 0
    ");
}

#[test]
fn folders_are_searched_whatever_the_case_of_an_extension() {
    let env = Env::new();
    env.write("config/A.XML", fs::read(testdata("valid/small.xml")).unwrap());
    assert_snapshot!(env.run(&["validate", "config", "-vv"]), @"
    --- stderr
    no errors in 1 file
    --- exit 0
    ");
}

#[test]
fn validate_lists_problems_for_machines() {
    let env = Env::new();
    let good = fs::read_to_string(testdata("valid/small.xml")).unwrap();
    env.write("bad.xml", good.replace("<lead>alice", "<lead>alcie"));
    env.write("good.xml", &good);
    assert_snapshot!(env.run(&["validate", "--format", "json", "bad.xml", "good.xml"]), @r#"
    {
      "version": 1,
      "files": 2,
      "problems": [
        {
          "file": "bad.xml",
          "line": 9,
          "column": 13,
          "end": {
            "line": 9,
            "column": 18
          },
          "code": "dangling",
          "severity": "error",
          "message": "no user `alcie`",
          "help": "did you mean `alice`?",
          "path": "/projects/project[TST]/lead[alcie]"
        }
      ]
    }
    --- stderr
    1 error in 1 of 2 files
    --- exit 1
    "#);
}
