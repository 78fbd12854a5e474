//! Issues as `pcfg issue` shows them, from backups, embedded instances and databases.

use serde_json::Value;

use super::env::Env;
use super::{real_data, thorough};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/backup/demo");

/// Returns the JSON that a command prints.
fn json(env: &Env, arguments: &[&str]) -> Value {
    let output = env.command(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A time zone is asked for, and what the backup says of it is told.
#[test]
fn a_time_zone_that_nobody_knows_is_asked_for() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["issue", "list", "-i", DEMO]).replace(DEMO, "[DEMO]"));
    let wrong = env.run(&["issue", "list", "-i", DEMO, "--time-zone", "Europe/Atlantis"]);
    assert!(wrong.contains("`Europe/Atlantis` is no time zone") && wrong.contains("--- exit 2"), "{wrong}");
    insta::assert_snapshot!(env.run(&["issue", "list", "-i", DEMO, "--time-zone", "Europe/Berlin"]));
}

#[test]
fn an_issue_is_shown_with_all_that_belongs_to_it() {
    let env = Env::new();
    let show = ["issue", "show", "DEMO-1", "-i", DEMO, "--time-zone", "+02:00", "--history"];
    insta::assert_snapshot!(env.run(&show));
    let own = json(&env, &[&show[..], &["--format", "json"]].concat());
    assert_eq!(own["key"], "DEMO-1");
    assert_eq!(own["created"], "2025-01-01T07:00:00.000Z");
    let none = env.run(&["issue", "show", "DEMO-99", "-i", DEMO, "--time-zone", "UTC"]);
    assert!(none.contains("the instance has no issue `DEMO-99`") && none.contains("--- exit 3"), "{none}");
    let odd = env.run(&["issue", "show", "DEMO", "-i", DEMO]);
    assert!(odd.contains("`DEMO` is no key of an issue") && odd.contains("--- exit 2"), "{odd}");
}

/// An embedded instance says what the backup says that it was made of.
#[test]
fn an_embedded_instance_has_the_issues_of_its_backup() {
    let env = Env::new();
    let mut backups = real_data::backups();
    backups.push(DEMO.into());
    for backup in backups.into_iter().rev().step_by(thorough::every(3)) {
        let backup = backup.to_str().unwrap();
        let loaded = env.run(&["instance", "load", backup, "--into", "own.sqlite", "--replace"]);
        assert!(loaded.contains("--- exit 0"), "{loaded}");
        let of = |place: &str| {
            json(&env, &["issue", "list", "-i", place, "--time-zone", "UTC", "--format", "json"])
        };
        let issues = of(backup);
        assert_eq!(issues, of("own.sqlite"), "{backup}");
        for issue in issues.as_array().unwrap().iter().take(3) {
            let key = issue["key"].as_str().unwrap();
            let show = |place: &str| {
                let zone = ["--time-zone", "UTC", "--format", "json", "--history"];
                json(&env, &[&["issue", "show", key, "-i", place], &zone[..]].concat())
            };
            assert_eq!(show(backup), show("own.sqlite"), "{key} of {backup}");
        }
    }
}

/// The issues of a database are those of the backup that was loaded into it, told in the same time zone: the whole archive is the same.
#[test]
#[cfg(feature = "postgres")]
fn a_database_has_the_issues_of_the_backup_that_was_loaded() {
    let mut backups = real_data::backups();
    backups.retain(|path| path.ends_with("data-for-unit-tests.xml") || path.ends_with("test1.xml"));
    backups.push(DEMO.into());
    for backup in backups {
        let Some(server) = super::postgres_server::server() else { return };
        let (env, database) = (Env::new(), server.database());
        let (backup, url) = (backup.to_str().unwrap(), database.url());
        let zone = ["--time-zone", "Europe/Berlin"];
        let loaded =
            env.run(&[&["instance", "load", backup, "--into", &url, "--offline"][..], &zone].concat());
        assert!(loaded.contains("--- exit 0"), "{loaded}");
        let export = ["export", "--all", "--complete", "--no-attachments"];
        let of = |place: &[&str], into: &str| {
            let said = env.run(&[&export[..], &["-o", into, "-i"], place].concat());
            assert!(said.contains("--- exit 0"), "{said}");
        };
        of(&[&[backup][..], &zone].concat(), "backup/");
        of(&[&url], "database/");
        let difference = std::process::Command::new("diff")
            .args(["-r", "backup/data", "database/data"])
            .current_dir(env.path("."))
            .output()
            .unwrap();
        let difference = String::from_utf8_lossy(&difference.stdout);
        assert!(difference.is_empty(), "{backup}\n{}", &difference[..difference.len().min(3_000)]);
    }
}
