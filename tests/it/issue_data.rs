//! Issues as `pcfg issue` shows them, from backups, embedded instances and databases.

use serde_json::Value;

use super::env::Env;
use super::real_data;

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
    for backup in backups {
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
