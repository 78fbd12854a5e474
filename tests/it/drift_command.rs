//! `pcfg drift`, and the pager and the pages of `pcfg diff`, as a user runs them.

use std::process::Command;

use insta::assert_snapshot;

use crate::diff_command::{edited, env};
use crate::env::Env;

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
            "touchedProjects": 0,
            "issues": 0
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
            "unchanged": 22,
            "heldBack": 0,
            "skipped": 0,
            "refused": 0,
            "touchedProjects": 0,
            "issues": 0
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
    error: `empty.xml` describes no project, so there is nothing to compare
    --- exit 3
    ");
}

/// What the file has lost is unknown, so that whatever stands in its place is no drift; what the instance loses later is.
#[test]
fn what_was_lost_is_no_drift() {
    let env = env();
    let backup = crate::env::testdata("backup/demo");
    for name in ["t.sqlite", "lost.sqlite"] {
        env.run(&["instance", "load", backup.to_str().unwrap(), "--into", name, "-q"]);
    }
    let lose =
        |sql: &str| rusqlite::Connection::open(env.path("lost.sqlite")).unwrap().execute_batch(sql).unwrap();
    let drift = |file: &str, instance: &str| env.run(&["drift", file, "-i", instance]);
    lose("UPDATE workflowschemeentity SET workflow = 'Gone' WHERE id = 10001");
    env.run(&["export", "DEMO", "-i", "lost.sqlite", "-o", "lost.xml", "-q"]);
    assert!(env.read("lost.xml").contains("<lost>"));
    for instance in ["t.sqlite", "lost.sqlite"] {
        let told = drift("lost.xml", instance);
        assert_eq!(told, "--- stderr\nno drift in 1 file\n--- exit 0\n", "{instance}");
    }
    assert!(drift("demo.xml", "lost.sqlite").ends_with("--- exit 1\n"), "it was there before");
    lose("UPDATE schemepermissions SET perm_parameter = '77' WHERE id = 10000");
    let told = drift("lost.xml", "lost.sqlite");
    assert!(told.contains("permission scheme") && !told.contains("workflow scheme"), "{told}");
}

/// What an import leaves is no drift, whatever comes later is: also what an import would leave.
#[test]
fn drift_after_an_import() {
    let env = env();
    let backup = crate::env::testdata("backup/demo");
    env.run(&["instance", "load", backup.to_str().unwrap(), "--into", "t.sqlite", "-q"]);
    let drift = |arguments: &[&str]| {
        let all: Vec<&str> =
            ["drift", "file.xml", "-i", "t.sqlite"].iter().chain(arguments).copied().collect();
        env.run(&all)
    };
    edited(
        &env,
        "file.xml",
        &[
            ("<email>ada@example.com</email>", "<email>ada@new.example</email>"),
            ("Something does not work", "Broken"),
        ],
    );
    assert!(
        drift(&["--stat"])
            .ends_with("2 changed; 44 unchanged\n--- stderr\ndrift in 1 of 1 file\n--- exit 1\n")
    );
    assert!(env.run(&["import", "file.xml", "-i", "t.sqlite", "--yes", "-q"]).ends_with("--- exit 0\n"));
    assert_snapshot!(drift(&[]), @"
    --- stderr
    no drift in 1 file
    --- exit 0
    ");
    // The bytes are others all the same.
    assert!(drift(&["--exact"]).ends_with("--- exit 1\n"));
    assert!(drift(&["--exact"]).contains("~ email: `ada@new.example` → `ada@example.com`"));
    // Of the same configuration it is said where its bytes are others, and what helps.
    let as_it_is = env.run(&["export", "DEMO", "-i", "t.sqlite", "-q"]);
    let as_it_is = as_it_is.strip_suffix("--- exit 0\n").unwrap();
    let exact = |text: &str| {
        env.write("other.xml", text);
        env.run(&["drift", "other.xml", "-i", "t.sqlite", "--exact"])
    };
    assert!(exact(as_it_is).ends_with("no drift in 1 file\n--- exit 0\n"), "{}", exact(as_it_is));
    assert_snapshot!(exact(&as_it_is.replacen("\n      <email>", "\n   <email>", 1)), @"
    --- stderr
    `other.xml` matches the instance, but not byte for byte: line 68 differs: `pcfg format other.xml` writes the canonical form
    drift in 1 of 1 file
    --- exit 1
    ");
    // How the file is spelled does not count.
    env.write("file.xml", env.read("file.xml").replace("\n      <email>", "\n   <email>"));
    assert!(drift(&[]).ends_with("--- exit 0\n"));
    let connection = rusqlite::Connection::open(env.path("t.sqlite")).unwrap();
    connection
        .execute_batch(
            "INSERT INTO priority (id, sequence, pname) VALUES ('99', 9, 'Later');
             INSERT INTO cwd_membership SELECT 99, 10002, 'linus', directory_id, 'linus', lower_parent_name, membership_type,
                 parent_id, parent_name FROM cwd_membership WHERE child_name = 'ada' AND parent_name = 'developers';
             UPDATE cwd_user SET email_address = 'grace@new.example' WHERE user_name = 'grace';",
        )
        .unwrap();
    drop(connection);
    assert_snapshot!(drift(&[]), @"
    file.xml
    user
      ~ grace
          ~ email: `grace@example.com` → `grace@new.example`
      + linus
          + fullName: `Linus`
          + email: `linus@example.com`
          + active: `false`

    group
      ~ developers
          + memberUser: `linus`

    priority
      + Later
          + sequence: `3`

    2 new, 2 changed; 44 unchanged
    --- stderr
    drift in 1 of 1 file
    --- exit 1
    ");
    // Taken back, the import has left nothing.
    env.run(&["undo", "-i", "t.sqlite", "--yes", "-q"]);
    assert!(drift(&["--stat"]).contains("issue type Bug"), "{}", drift(&["--stat"]));
    // An import that has nothing to do leaves things, too.
    env.run(&["instance", "load", backup.to_str().unwrap(), "--into", "u.sqlite", "-q"]);
    edited(&env, "file.xml", &[("<email>ada@example.com</email>", "<email>ada@new.example</email>")]);
    for _ in 0..2 {
        assert!(env.run(&["import", "file.xml", "-i", "u.sqlite", "--yes", "-q"]).ends_with("--- exit 0\n"));
    }
    assert!(env.run(&["drift", "file.xml", "-i", "u.sqlite"]).ends_with("no drift in 1 file\n--- exit 0\n"));
    assert!(env.run(&["undo", "-i", "u.sqlite", "--yes"]).contains("there is nothing to undo"));
    let history = env.run(&["history", "-i", "u.sqlite"]);
    assert_eq!(history.matches("nothing changed").count(), 1, "{history}");
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
        goes.contains(" loses description<span class=\"value\"><del>What we sell</del></span>"),
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

/// Two fields in one place of a screen: what an import makes of that is what a comparison takes it for.
#[test]
fn two_in_one_place_are_no_drift_after_an_import() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    env.run(&["instance", "init", "jira.sqlite", "-q"]);
    env.run(&["export", "OPS", "-q", "-o", "ops.xml"]);
    let file = env.read("ops.xml");
    let places: Vec<&str> = file.lines().filter(|line| line.contains("<position>")).collect();
    assert!(places.len() > 9);
    let mut taken = 0;
    for number in ["<position>10<", "<position>7<", "<position>4<"] {
        let tied = file.replacen(number, "<position>1<", 1);
        assert_ne!(tied, file);
        env.write("tied.xml", tied);
        let imported = env.run(&["import", "tied.xml", "--yes", "-q"]);
        assert!(imported.ends_with("--- exit 0\n"), "{imported}");
        taken += usize::from(!imported.contains("nothing to do"));
        let drift = env.run(&["drift", "tied.xml"]);
        assert!(drift.ends_with("--- exit 0\n"), "{drift}");
    }
    assert!(taken > 0);
}

/// Damaged data has two projects of one key: its own export is no drift.
#[test]
fn two_projects_of_one_key_are_no_drift() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    env.run(&["instance", "init", "jira.sqlite", "-q"]);
    let instance = rusqlite::Connection::open(env.path("jira.sqlite")).unwrap();
    let columns =
        "SELECT group_concat('\"' || name || '\"') FROM pragma_table_info('project') WHERE name <> 'id'";
    let columns: String = instance.query_row(columns, (), |row| row.get(0)).unwrap();
    let twice = format!(
        "INSERT INTO project (id, {columns}) SELECT 77777, {columns} FROM project WHERE pkey = 'OPS'"
    );
    assert_eq!(instance.execute(&twice, ()).unwrap(), 1);
    drop(instance);
    for projects in [&["--all"][..], &["OPS"]] {
        let said = env.run(&[&["export", "-q", "-o", "own.xml"], projects].concat());
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        assert_eq!(env.read("own.xml").matches("<key>OPS</key>").count(), 2);
        for exact in [&["drift", "own.xml"][..], &["drift", "own.xml", "--exact"]] {
            let said = env.run(exact);
            assert!(said.ends_with("--- exit 0\n"), "{said}");
        }
    }
}
