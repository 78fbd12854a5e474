//! A record of a live Jira answers as the Jira did: to every command, byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use jira_for_tests::{Options, Rights, serve};
use serde_json::Value;

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
    assert!(
        said.contains("the record does not contain this request") && said.ends_with("--- exit 3\n"),
        "{said}"
    );
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

/// Learns who has which pseudonym: where both say the same, one of a person and one of a pseudonym.
fn learn(person: &Value, pseudonym: &Value, names: &mut BTreeMap<String, String>) {
    match (person, pseudonym) {
        (Value::Array(people), Value::Array(pseudonyms)) => {
            people.iter().zip(pseudonyms).for_each(|(own, other)| learn(own, other, names));
        }
        (Value::Object(people), Value::Object(pseudonyms)) => {
            for (name, own) in people {
                pseudonyms.get(name).into_iter().for_each(|other| learn(own, other, names));
            }
        }
        (Value::String(own), Value::String(other)) if own != other && !own.contains(' ') => {
            names.insert(own.clone(), other.clone());
        }
        (Value::String(own), Value::String(other)) if own != other && other.starts_with("Person ") => {
            names.insert(own.clone(), other.clone());
        }
        _ => {}
    }
}

/// The replay of a record equals what was read live, after the same masking, byte for byte.
#[test]
fn a_masked_record_is_the_live_jira_with_other_names() {
    for options in [Options::cloud(), Options::data_center()] {
        let edition = options.edition;
        let mut env = prepared();
        let server = serve(&env.path("jira.sqlite"), options).unwrap();
        let (user, token) = server.credentials().unwrap();
        env.set("PCFG_USER", &user);
        env.set("PCFG_TOKEN", &token);
        let url = server.url();
        for more in [
            &["--record", "people", "--record-people", "-o", "live.xml"][..],
            &["--record", "own", "-o", "again.xml"],
        ] {
            let said = env.run(&[&["export", "--all", "-q", "-i", &url], more].concat());
            assert!(said.ends_with("--- exit 0\n"), "{said}");
        }
        let said = env.run(&["export", "--all", "-q", "-i", "record:own", "-o", "masked.xml"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        let exchanges = |folder: &str| -> BTreeMap<String, Value> {
            let files = fs::read_dir(env.path(folder)).unwrap().map(|file| file.unwrap().path());
            let named = |file: PathBuf| (file.file_name().unwrap().to_string_lossy().into_owned(), file);
            let read =
                |(name, file)| (name, serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap());
            files.map(named).map(read).collect()
        };
        let (people, own) = (exchanges("people"), exchanges("own"));
        let mut names = BTreeMap::new();
        for (name, person) in &people {
            own.get(name).into_iter().for_each(|other| learn(&person["reply"], &other["reply"], &mut names));
        }
        assert!(names.len() > 5, "{names:?}");
        // The longest first, so that no name is found in another.
        let mut names: Vec<(String, String)> = names.into_iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let mut masked = env.read("live.xml");
        for (name, pseudonym) in &names {
            masked = words_replaced(&masked, name, pseudonym);
        }
        let expected = env.read("masked.xml");
        let difference = masked.lines().zip(expected.lines()).find(|(one, other)| one != other);
        assert!(masked == expected, "{edition:?}: {difference:?} of {names:?}");
    }
}

/// Replaces a text where it stands as a word.
fn words_replaced(text: &str, word: &str, by: &str) -> String {
    let in_word = |character: char| character.is_alphanumeric() || "._-+@".contains(character);
    let (mut shown, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(word) {
        let (before, behind) = rest.split_at(at);
        let after = &behind[word.len()..];
        let is_word = !before.ends_with(in_word) && !after.starts_with(in_word);
        shown.push_str(before);
        shown.push_str(if is_word { by } else { word });
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// Whatever reads a live Jira records it, and answers the same from the record.
#[test]
fn commands_that_compare_record_what_they_read() {
    let mut env = prepared();
    let server = serve(&env.path("jira.sqlite"), Options::cloud()).unwrap();
    let (user, token) = server.credentials().unwrap();
    env.set("PCFG_USER", &user);
    env.set("PCFG_TOKEN", &token);
    env.set("PCFG_INSTANCE", &server.url());
    fs::create_dir(env.path("files")).unwrap();
    for key in ["DEMO", "OPS"] {
        let said = env.run(&["export", key, "-q", "-o", &format!("files/{key}.xml")]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    }
    let text = env.read("files/DEMO.xml").replace("<name>Demo shop</name>", "<name>Shop</name>");
    env.write("files/DEMO.xml", text);
    let live = format!("DEMO@{}", server.url());
    for (number, command) in [
        vec!["drift", "files"],
        vec!["diff", "files/DEMO.xml", &live],
        vec!["import", "files/DEMO.xml", "--simulate"],
        vec!["explain", "project:DEMO"],
    ]
    .into_iter()
    .enumerate()
    {
        server.forget();
        let folder = format!("record-{number}");
        let said = env.run(&[&command[..], &["-q", "--record", &folder, "--record-people"]].concat());
        let plain = said.replace(&server.url(), "PLACE");
        assert!(plain.contains("hop"), "{command:?}: {said}");
        let count = fs::read_dir(env.path(&folder)).unwrap().count();
        assert_eq!(count, server.requests().len(), "{command:?}");
        let record = format!("record:{folder}");
        let replayed: Vec<String> = command.iter().map(|word| word.replace(&server.url(), &record)).collect();
        let mut replayed: Vec<&str> = replayed.iter().map(String::as_str).chain(["-q"]).collect();
        if command[0] != "diff" {
            replayed.extend(["-i", &record]);
        }
        assert_eq!(env.run(&replayed).replace(&record, "PLACE"), plain, "{command:?}");
    }
    let said = env.run(&["diff", &live, &live.replace("DEMO", "OPS"), "--record", "both"]);
    assert!(said.contains("records one live Jira") && said.ends_with("--- exit 2\n"), "{said}");
}
