//! A record of a live Jira answers as the Jira did: to every command, byte for byte.

use std::fs;

use jira_for_tests::{Options, Rights, serve};

use crate::env::Env;

/// What is not to be found in a record: the sample project's people.
const PEOPLE: [&str; 8] = [
    "Ada Lovelace",
    "Grace Hopper",
    "Alan Turing",
    "Margaret Hamilton",
    "ada@example.com",
    "admin@example.com",
    "JIRAUSER10001",
    "jirauser10001",
];

fn prepared() -> Env {
    let env = Env::new();
    let made = env.run(&["instance", "init", "jira.sqlite", "-q"]);
    assert!(made.ends_with("--- exit 0\n"), "{made}");
    env
}

/// Returns the text of all files of a record.
fn text(env: &Env, folder: &str) -> String {
    let files = fs::read_dir(env.path(folder)).unwrap();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn a_recorded_export_is_replayed_byte_for_byte() {
    let mut env = prepared();
    let server = serve(&env.path("jira.sqlite"), Options::cloud()).unwrap();
    let (user, token) = server.credentials().unwrap();
    env.set("PCFG_USER", &user);
    env.set("PCFG_TOKEN", &token);
    let url = server.url();
    let said = env.run(&[
        "export",
        "DEMO",
        "-q",
        "-i",
        &url,
        "-o",
        "live.xml",
        "--record",
        "people",
        "--record-people",
    ]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let asked = server.requests().len();
    let said = env.run(&["export", "DEMO", "-q", "-i", &url, "-o", "again.xml", "--record", "own"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    assert_eq!(server.requests().len(), 2 * asked, "recording asks nothing more");
    assert_eq!(fs::read_dir(env.path("people")).unwrap().count(), asked);
    drop(server);
    for (folder, file) in [("people", "replayed.xml"), ("own", "masked.xml")] {
        let said = env.run(&["export", "DEMO", "-q", "-i", &format!("record:{folder}"), "-o", file]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    }
    assert_eq!(env.read("replayed.xml"), env.read("live.xml"));
    assert_eq!(
        env.read("masked.xml").lines().count(),
        env.read("live.xml").lines().count(),
        "only people differ"
    );
    let (own, people) = (text(&env, "own"), text(&env, "people"));
    for person in PEOPLE {
        assert!(!own.contains(person), "{person} is in the record");
        assert!(!env.read("masked.xml").contains(person), "{person} is in the export of the record");
    }
    assert!(people.contains("Ada Lovelace") && !own.contains(&token) && !people.contains(&token));
    let said = env.run(&["export", "OPS", "-q", "-i", "record:own", "-o", "other.xml"]);
    assert!(said.contains("the record has no such request") && said.ends_with("--- exit 3\n"), "{said}");
}

/// What failed is recorded, too: that is what somebody wants to send.
#[test]
fn a_failure_is_recorded_and_replayed() {
    let mut env = prepared();
    let mut options = Options::cloud();
    options.rights = Rights::Member;
    let server = serve(&env.path("jira.sqlite"), options).unwrap();
    let (user, token) = server.credentials().unwrap();
    env.set("PCFG_USER", &user);
    env.set("PCFG_TOKEN", &token);
    let url = server.url();
    let live = env.run(&["instance", "show", "-q", "-i", &url, "--record", "own"]);
    let replayed = env.run(&["instance", "show", "-q", "-i", "record:own"]);
    assert!(text(&env, "own").contains("\"kind\": \"forbidden\""));
    assert_eq!(replayed.lines().last(), live.lines().last());
}
