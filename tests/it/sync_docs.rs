//! The session in `docs/sync.md` happens exactly as it stands there, in an empty folder.
//!
//! `PCFG_UPDATE_DOCS=1 cargo test sync_docs` writes the output anew.

use std::fs;

use pcfg_sync::{Field, IssueState, Issues as _, Parts, Value};

use crate::documents::project;
use crate::readme::{replayed, run};
use crate::sync::issues_at;

/// So many commands are enough for all of it.
const MOST: usize = 15;

/// What is another one in each run, written as if it were always the same.
fn lasting(text: &str) -> String {
    [
        ("[0-9A-F]{4}( [0-9A-F]{4}){9}", "4F1C 22D0 9A3B 7E51 C0DE 8D14 B6A7 03F9 5E28 D17C"),
        ("(?m)^made( +)[0-9].* UTC$", "made${1}2026-04-01 09:00 UTC"),
        ("(?m)^good until( +).* UTC$", "good until${1}2026-04-08 09:00 UTC"),
        ("(?m)^in words( +).*$", "in words${1}dwelling Camelot scenic upcoming …"),
        ("[0-9]+ s ago", "1 s ago"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (pattern, word)| {
        regex_lite::Regex::new(pattern).unwrap().replace_all(&text, *word).into_owned()
    })
}

fn summary(issue: &IssueState) -> Option<&str> {
    match issue.fields.get(&Field::System("summary".to_owned()))? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

#[test]
fn the_session_of_a_synchronization_is_real() {
    let place = tempfile::tempdir().unwrap();
    let [folder, home] = ["jira", "home"].map(|name| place.path().join(name));
    for folder in [&folder, &home] {
        fs::create_dir(folder).unwrap();
    }
    let path = project("docs/sync.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("## A session\n").unwrap();
    let (session, after) = rest.split_once("## How it works\n").unwrap();
    let commands = session.lines().filter(|line| line.starts_with("$ ")).count();
    assert!(commands <= MOST, "{commands} commands");
    let top = folder.canonicalize().unwrap();
    let expected = replayed(session, &|command| {
        lasting(&run(command, &folder, &home).replace(top.to_str().unwrap(), "/home/ada/jira"))
    });

    // What it promises: the same issue on both sides, with what was done to it on either, once.
    let found = ["a.sqlite", "b.sqlite"].map(|file| {
        let mut all = issues_at(&folder.join(file), "ada");
        let (keys, _) = all.changed(&pcfg_sync::Cursor::default()).unwrap();
        let read: Vec<_> = keys.iter().filter_map(|key| all.read(key, Parts::ALL).unwrap()).collect();
        let mut named = read.into_iter().filter(|issue| summary(issue) == Some("It breaks"));
        let issue = named.next().unwrap_or_else(|| panic!("nothing in {file}:\n{expected}"));
        assert!(named.next().is_none(), "{file} has it twice");
        let comments: Vec<_> = issue.comments.into_iter().map(|own| own.body).collect();
        (issue.status, comments, issue.attachments.len())
    });
    assert_eq!(found[0], found[1], "{expected}");
    assert_eq!(
        (found[0].1.as_slice(), found[0].2),
        (&["See the log.".to_owned(), "Fixed.".to_owned()][..], 2)
    );

    if session == expected {
        return;
    }
    if std::env::var_os("PCFG_UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}## A session\n{expected}## How it works\n{after}")).unwrap();
        return;
    }
    let difference = similar::TextDiff::from_lines(session, &expected);
    panic!("the session in docs/sync.md is not what happens:\n{}", difference.unified_diff());
}
