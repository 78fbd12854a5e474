//! Complete projects: configuration and issues in an archive, into another instance and back.

use std::fs;
use std::path::Path;

use super::env::{Env, testdata};
use super::real_data;

/// The projects of an archive.
fn projects(env: &Env, archive: &str) -> Vec<String> {
    let manifest: serde_json::Value =
        serde_json::from_str(&env.read(&format!("{archive}/manifest.json"))).unwrap();
    let projects = manifest["projects"].as_array().unwrap();
    projects.iter().map(|own| own["key"].as_str().unwrap().to_owned()).collect()
}

/// What the entries with issue data say, by their names.
fn data(env: &Env, archive: &str) -> Vec<(String, String)> {
    let root = env.path(archive);
    let mut files: Vec<_> = walkdir::WalkDir::new(root.join("data"))
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(&root).unwrap().display().to_string();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn succeeds(env: &Env, arguments: &[&str]) -> String {
    let said = env.run(arguments);
    assert!(said.ends_with("--- exit 0\n"), "{arguments:?}\n{said}");
    said
}

/// Exports all projects of a backup, imports them into a fresh instance, and takes all of it back.
fn there_and_back(backup: &Path) {
    let env = Env::new();
    let backup = backup.to_str().unwrap();
    let whole =
        ["export", "--all", "--complete", "--no-attachments", "-i", backup, "--time-zone", "Europe/Berlin"];
    succeeds(&env, &[&whole[..], &["-o", "a/"]].concat());
    succeeds(&env, &["instance", "init", "b.sqlite"]);
    let state = || {
        let issues = env.run(&["issue", "list", "-i", "b.sqlite"]);
        issues + &env.run(&["export", "--all", "-i", "b.sqlite"])
    };
    let before = state();

    // What is shown changes nothing.
    succeeds(&env, &["import", "a", "-i", "b.sqlite", "--simulate"]);
    assert_eq!(state(), before);
    succeeds(&env, &["import", "a", "-i", "b.sqlite", "--yes"]);
    let keys = projects(&env, "a");
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let again = ["export", "--complete", "--no-attachments", "-i", "b.sqlite", "-o", "b/"];
    succeeds(&env, &[&again[..], &keys].concat());
    let (there, back) = (data(&env, "a"), data(&env, "b"));
    // Values of apps are left out, and told.
    let of_apps = |text: &str| text.contains("<raw column=");
    for ((name, one), (other_name, other)) in there.iter().zip(&back) {
        assert_eq!(name, other_name);
        assert!(one == other || of_apps(one), "{backup}: {name} is another one");
    }
    assert_eq!(there.len(), back.len());

    // A second import finds everything there.
    let second = succeeds(&env, &["import", "a", "-i", "b.sqlite", "--yes"]);
    assert!(second.contains(" there already, and say"), "{second}");
    assert!(!second.contains("applied"), "{second}");
    for run in ["2", "1"] {
        succeeds(&env, &["undo", run, "-i", "b.sqlite", "--yes"]);
    }
    assert_eq!(state(), before);
}

#[test]
fn issues_of_real_backups_come_as_they_were_and_go_again() {
    let all = real_data::backups();
    let few = ["data-for-unit-tests.xml", "jira-dump.xml", "test1.xml"];
    let chosen = all.iter().filter(|path| few.iter().any(|name| path.ends_with(name)));
    chosen.for_each(|path| there_and_back(path));
}

#[test]
#[ignore = "takes a minute: all real backups"]
fn issues_of_all_real_backups_come_as_they_were_and_go_again() {
    for path in real_data::backups() {
        // One of them is no XML, and is refused as such.
        let mut backup = pcfg::instance::open(path.as_path()).unwrap();
        let reading = backup.read(pcfg::instance::Scope::default(), &|_, _| {});
        if reading.is_ok_and(|own| own.rows.contains_key("Issue")) {
            there_and_back(&path);
        }
    }
}

/// The backup `demo` with another project in the place of its own.
fn shop(rows: &str) -> (String, String) {
    const OTHERS: [(&str, &str); 4] =
        [("DEMO", "SHOP"), ("Demo", "Shop"), ("Region", "Area"), ("Severity", "Harm")];
    let read = |name| {
        let text = fs::read_to_string(testdata("backup/demo").join(name)).unwrap();
        OTHERS.iter().fold(text, |text, (own, other)| text.replace(own, other))
    };
    let first = "<Issue id=\"10000\"";
    (read("entities.xml").replacen(first, &format!("{rows}{first}"), 1), read("activeobjects.xml"))
}

fn write(env: &Env, (entities, active_objects): (String, String)) {
    env.write("in/entities.xml", entities);
    env.write("in/activeobjects.xml", active_objects);
}

/// Two files attached to the issue, and the folder that they are in.
fn with_attachments(env: &Env) {
    let row = |id: &str, name: &str| {
        format!(
            "<FileAttachment id=\"{id}\" issue=\"10000\" mimetype=\"text/plain\" filename=\"{name}\" \
             created=\"2025-01-02 09:00:00.0\" filesize=\"5\" author=\"JIRAUSER10000\"/>\n"
        )
    };
    write(env, shop(&(row("10200", "../../x") + &row("10201", "same"))));
    env.write("files/SHOP/10000/SHOP-1/10200", "hello");
    env.write("files/SHOP/10000/SHOP-1/10201", "hello");
}

const ZONE: [&str; 2] = ["--time-zone", "UTC"];

/// Files come by their content; what a row says of its name is a text.
#[test]
fn attachments_come_with_their_issues_and_go_with_them() {
    let env = Env::new();
    with_attachments(&env);
    let export = ["export", "SHOP", "--complete", "-i", "in", "-o", "shop.pcfg.zip"];
    let nowhere = env.run(&[&export[..], &ZONE].concat());
    assert!(
        nowhere.contains("nobody said where their files are") && nowhere.contains("--- exit 2"),
        "{nowhere}"
    );
    assert!(!env.path("shop.pcfg.zip").exists());
    succeeds(&env, &[&export[..], &ZONE, &["--attachments", "files"]].concat());

    succeeds(&env, &["instance", "init", "own.sqlite"]);
    let import = ["import", "shop.pcfg.zip", "-i", "own.sqlite"];
    let simulated = succeeds(&env, &[&import[..], &["--simulate"]].concat());
    assert!(simulated.contains("2 files"), "{simulated}");
    assert!(!env.path("own.sqlite.attachments").exists());
    succeeds(&env, &[&import[..], &["--yes"]].concat());
    let placed = || -> Vec<String> {
        let files = walkdir::WalkDir::new(env.path("own.sqlite.attachments")).into_iter().map(Result::unwrap);
        let files = files.filter(|entry| entry.file_type().is_file());
        files.map(|entry| fs::read_to_string(entry.path()).unwrap()).collect()
    };
    assert_eq!(placed(), ["hello", "hello"]);

    // From there they come out again, byte for byte.
    succeeds(&env, &["export", "SHOP", "--complete", "-i", "own.sqlite", "-o", "again/"]);
    succeeds(&env, &[&export[..6], &["first/"], &ZONE, &["--attachments", "files"]].concat());
    assert_eq!(data(&env, "first"), data(&env, "again"));
    succeeds(&env, &["undo", "-i", "own.sqlite", "--yes"]);
    assert_eq!(placed(), [""; 0]);
}

/// What is in the way is told before the configuration is imported, and nothing is written.
#[test]
fn what_is_in_the_way_of_issues_is_told_before_anything_is_written() {
    let env = Env::new();
    let export = [&["export", "SHOP", "--complete", "-i", "in", "-o", "shop/"][..], &ZONE].concat();
    write(&env, shop(""));
    succeeds(&env, &export);
    succeeds(&env, &["instance", "init", "own.sqlite"]);

    // Issues alone need the whole configuration.
    let alone = ["import", "shop", "-i", "own.sqlite", "--data-only", "--yes"];
    let refused = env.run(&alone);
    assert!(refused.contains("does not have the configuration of the archive"), "{refused}");
    succeeds(&env, &["import", "shop", "-i", "own.sqlite", "--configuration-only", "--yes"]);
    succeeds(&env, &alone);

    // An issue that says something else, and a description of the project that is new.
    let (entities, active_objects) = shop("");
    let other = entities.replace("summary=\"The first issue\"", "summary=\"Another one\"");
    assert_ne!(other, entities);
    write(&env, (other.replace("The Shop", "This Shop"), active_objects));
    succeeds(&env, &export);
    let before = env.run(&["export", "--all", "-i", "own.sqlite"]);
    let refused = env.run(&["import", "shop", "-i", "own.sqlite", "--yes"]);
    assert!(
        refused.contains("1 issues are there already and say something else (such as SHOP-1)"),
        "{refused}"
    );
    assert!(refused.contains("--- exit 4"), "{refused}");
    assert_eq!(env.run(&["export", "--all", "-i", "own.sqlite"]), before);
    assert!(!env.run(&["history", "-i", "own.sqlite"]).contains("  3  "));
}

/// Somebody who has worked on an issue that came wants to keep it.
#[test]
fn what_came_after_the_issues_keeps_them() {
    let env = Env::new();
    write(&env, shop(""));
    succeeds(&env, &[&["export", "SHOP", "--complete", "-i", "in", "-o", "shop/"][..], &ZONE].concat());
    succeeds(&env, &["instance", "init", "own.sqlite"]);
    succeeds(&env, &["import", "shop", "-i", "own.sqlite", "--yes"]);
    let connection = rusqlite::Connection::open(env.path("own.sqlite")).unwrap();
    let issue: i64 =
        connection.query_row("SELECT max(CAST(id AS INTEGER)) FROM jiraissue", (), |row| row.get(0)).unwrap();
    let refused = |change: &str, back: &str| {
        connection.execute(change, [issue]).unwrap();
        let refused = env.run(&["undo", "-i", "own.sqlite", "--yes"]);
        assert!(
            refused.contains("what run 2 wrote has been changed") && refused.contains("--- exit 5"),
            "{refused}"
        );
        connection.execute(back, [issue]).unwrap();
    };
    refused(
        "UPDATE jiraissue SET issuestatus = '3' WHERE CAST(id AS INTEGER) = ?",
        "UPDATE jiraissue SET issuestatus = '1' WHERE CAST(id AS INTEGER) = ?",
    );
    refused(
        "INSERT INTO customfieldvalue (id, issue, customfield, stringvalue) VALUES (99999, ?, 10000, 'x')",
        "DELETE FROM customfieldvalue WHERE issue = ? AND id = 99999",
    );
    succeeds(&env, &["undo", "-i", "own.sqlite", "--yes"]);
}

/// Files with issue data are read, judged and formatted as configurations are; an archive is judged as a whole.
#[test]
fn issue_data_is_validated_and_formatted() {
    let env = Env::new();
    write(&env, shop(""));
    let export = ["export", "SHOP", "--complete", "-i", "in", "--time-zone", "UTC", "-o"];
    succeeds(&env, &[&export[..], &["shop/"]].concat());
    succeeds(&env, &[&export[..], &["shop.pcfg.zip"]].concat());
    succeeds(&env, &["validate", "shop/data", "shop.pcfg.zip"]);
    succeeds(&env, &["format", "--check", "shop"]);
    let issues = "shop/data/SHOP/issues/000001-001000.xml";
    let text = env.read(issues);
    let wrong =
        text.replacen("<created>", "<created>yesterday", 1).replacen("<summary>", "<sumary/><summary>", 1);
    env.write("wrong.xml", &wrong);
    let said = env.run(&["validate", "wrong.xml"]);
    assert!(said.contains("`yesterday2025") || said.contains("a time in UTC such as"), "{said}");
    assert!(said.contains("did you mean `summary`?") && said.contains("--- exit 1"), "{said}");

    // Whoever changes an entry by hand is told before anything is believed.
    env.write(issues, text.replacen("The first issue", "The last issue", 1));
    let damaged = env.run(&["validate", "shop"]);
    assert!(damaged.contains(&issues["shop/".len()..]) && damaged.contains("--- exit 3"), "{damaged}");
    let import = env.run(&["import", "shop", "-i", "in", "--simulate"]);
    assert!(import.contains(&issues["shop/".len()..]) && import.contains("--- exit 3"), "{import}");

    // What is wrong is not compared; and it is no configuration.
    let diff = env.run(&["diff", "wrong.xml", "wrong.xml"]);
    assert!(diff.contains("cannot compare `wrong.xml`") && diff.contains("--- exit 3"), "{diff}");
    assert!(diff.contains("did you mean `summary`?"), "{diff}");
    let import = env.run(&["import", "wrong.xml", "-i", "in", "--simulate"]);
    assert!(import.contains("this is issue data of a complete project"), "{import}");
}
