//! What every place of issues must do: a suite that each implementation of [`Issues`] runs.
//!
//! Invariant: it knows a place by its [`Catalogue`] alone, so that it holds for a Jira of whatever configuration, and each law begins with
//! a place of its own.

mod edits;
mod parts;

use std::collections::BTreeSet;

use crate::{
    Catalogue, CommentChange, Cursor, Edit, Field, FieldFacts, FieldKind, FileFacts, Handle, IssueFault,
    IssueKey, IssueState, Issues, LinkChange, LinkEnd, Made, Marker, NewIssue, Parts, SyncId, Time,
    TypeFacts, Value, WorklogChange,
};

/// A place that can be tried: one project, by two of its users.
///
/// Both may do whatever a synchronization needs. The project has a type of issues that is none of sub-tasks and has a transition from
/// the status of new issues.
pub trait Place {
    /// The issues, as the user of the synchronization sees them.
    fn mine(&mut self) -> &mut dyn Issues;

    /// The same issues, as somebody else sees them.
    fn others(&mut self) -> &mut dyn Issues;
}

/// Makes a new place.
pub type Factory<'a> = &'a mut dyn FnMut() -> Box<dyn Place>;

/// A law, by its name.
type Law = (&'static str, fn(&mut dyn Place));

/// The laws.
const LAWS: [Law; 18] = [
    ("a catalogue agrees with itself", a_catalogue_agrees_with_itself),
    ("what was made is read", what_was_made_is_read),
    ("a marker finds what it made", a_marker_finds_what_it_made),
    ("the same value is no change", the_same_value_is_no_change),
    ("an old version changes nothing", an_old_version_changes_nothing),
    ("whatever changes is named", whatever_changes_is_named),
    ("transitions lead where they say", transitions_lead_where_they_say),
    ("comments are kept", parts::comments_are_kept),
    ("worklogs are kept", parts::worklogs_are_kept),
    ("files are kept", parts::files_are_kept),
    ("links are seen from both ends", parts::links_are_seen_from_both_ends),
    ("properties are kept", parts::properties_are_kept),
    ("what is held together comes about together", what_is_held_together),
    ("sub-tasks have parents", sub_tasks_have_parents),
    ("what is not there is said to be missing", edits::what_is_not_there),
    ("what is refused changes nothing", edits::what_is_refused_changes_nothing),
    ("people are found", edits::people_are_found),
    ("edits agree with a model", edits::edits_agree_with_a_model),
];

/// Runs all laws, each on a place of its own.
///
/// # Panics
///
/// If one of them does not hold; what is said names it.
pub fn all(factory: Factory<'_>) {
    every(factory, 0, 1);
}

/// Runs every nth law from one on, each on a place of its own.
///
/// # Panics
///
/// If one of them does not hold; what is said names it.
pub fn every(factory: Factory<'_>, first: usize, nth: usize) {
    for (name, law) in LAWS.iter().skip(first).step_by(nth) {
        let mut place = factory();
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| law(&mut *place)));
        if let Err(panic) = run {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|own| (*own).to_owned()));
            panic!("{name}: {}", said.unwrap_or_default());
        }
    }
}

/// Returns a marker.
pub fn marker(seq: u64, n: u32) -> Marker {
    Marker { sync: SyncId::of([7; 16]), epoch: 1, seq, n }
}

/// Returns the type of issues that the laws use.
///
/// # Panics
///
/// If there is none.
pub fn plain_type(catalogue: &Catalogue) -> &TypeFacts {
    let is_it = |own: &&TypeFacts| !own.subtask && own.transitions.iter().any(|way| way.from == own.initial);
    catalogue.types.iter().find(is_it).expect("the place has a type of issues with a transition")
}

/// Returns a value that a field can have, number `n` of some; nothing if it offers none.
pub fn sample(facts: &FieldFacts, me: &str, n: usize) -> Option<Value> {
    let option = |filter: &dyn Fn(&str) -> bool| -> Option<String> {
        let own: Vec<&String> = facts.options.iter().filter(|own| filter(own)).collect();
        Some((*own.get(n % own.len().max(1))?).clone())
    };
    let one = match facts.kind {
        FieldKind::Text => Value::Text(format!("Text {n}: ä, 東京 \u{1f600}")),
        FieldKind::Number => Value::Number(["2.5", "0", "-17", "1000000"][n % 4].to_owned()),
        FieldKind::Date => Value::Date(["2026-03-01", "2024-02-29", "1999-12-31"][n % 3].to_owned()),
        FieldKind::Moment => Value::Moment(Time(1_772_323_200_000 + 60_000 * n as i64)),
        FieldKind::Duration => Value::Duration(3600 * (1 + n as i64 % 5)),
        FieldKind::Choice => Value::Choice(option(&|_| true)?),
        FieldKind::Cascade => {
            let text = option(&|_| true)?;
            match text.split_once(" / ") {
                Some((top, below)) => Value::Cascade(top.to_owned(), Some(below.to_owned())),
                None => Value::Cascade(text, None),
            }
        }
        FieldKind::User => Value::User(me.to_owned()),
        FieldKind::Group => return None,
        FieldKind::Version => Value::Version(option(&|_| true)?),
        FieldKind::Component => Value::Component(option(&|_| true)?),
        FieldKind::Label => Value::Label(format!("word-{}", n % 7)),
    };
    Some(if facts.many { Value::Many(BTreeSet::from([one])) } else { one })
}

fn name(text: &str) -> Field {
    Field::System(text.to_owned())
}

/// Returns an issue with the fields that it needs, and others where all are wanted.
fn new_issue(catalogue: &Catalogue, ty: &TypeFacts, summary: &str, all: bool) -> NewIssue {
    let mut fields = vec![(name("summary"), Value::Text(summary.to_owned()))];
    for facts in &ty.fields {
        let is_wanted = (facts.required || all) && facts.field != name("summary");
        if is_wanted && facts.writable {
            fields.extend(sample(facts, &catalogue.user.name, 1).map(|value| (facts.field.clone(), value)));
        }
    }
    NewIssue { kind: ty.name.clone(), parent: None, fields }
}

/// Makes an issue, and returns its key.
///
/// # Panics
///
/// If it cannot be made.
pub fn made(issues: &mut dyn Issues, seq: u64) -> IssueKey {
    let catalogue = issues.catalogue().expect("the catalogue is there");
    let new = new_issue(&catalogue, plain_type(&catalogue), &format!("Issue {seq}"), false);
    issues.create(&new, &marker(seq, 0)).expect("an issue can be made")
}

fn state(issues: &mut dyn Issues, key: &IssueKey) -> IssueState {
    issues.read(key, Parts::ALL).expect("an issue can be read").expect("the issue is there")
}

fn me(issues: &mut dyn Issues) -> String {
    issues.catalogue().expect("the catalogue is there").user.name
}

fn summary(text: &str) -> Edit {
    Edit { fields: vec![(name("summary"), Some(Value::Text(text.to_owned())))] }
}

fn a_catalogue_agrees_with_itself(place: &mut dyn Place) {
    let issues = place.mine();
    let catalogue = issues.catalogue().expect("the catalogue is there");
    assert!(!catalogue.jira.is_empty() && !catalogue.project.is_empty());
    assert_eq!(catalogue.missing, BTreeSet::new(), "the user may do everything");
    assert!(catalogue.limits.iter().all(|own| own.ends_with('.')), "limits are sentences");
    plain_type(&catalogue);
    for ty in &catalogue.types {
        assert!(ty.statuses.contains(&ty.initial), "{}: {}", ty.name, ty.initial);
        for way in &ty.transitions {
            assert!(ty.statuses.contains(&way.from) && ty.statuses.contains(&way.to), "{}: {way:?}", ty.name);
        }
        assert!(ty.fields.iter().any(|own| own.field == name("summary") && own.required), "{}", ty.name);
        let fields: BTreeSet<&Field> = ty.fields.iter().map(|own| &own.field).collect();
        assert_eq!(fields.len(), ty.fields.len(), "{}: no field is there twice", ty.name);
    }
    let again = issues.catalogue().expect("the catalogue is there");
    assert_eq!(again, catalogue, "it is the same as long as nobody changes it");
}

fn what_was_made_is_read(place: &mut dyn Place) {
    let issues = place.mine();
    let catalogue = issues.catalogue().expect("the catalogue is there");
    let ty = plain_type(&catalogue).clone();
    let new = new_issue(&catalogue, &ty, "All fields", true);
    let key = issues.create(&new, &marker(1, 0)).expect("an issue can be made");
    assert!(key.0.starts_with(&format!("{}-", catalogue.project)));
    let read = state(issues, &key);
    assert_eq!((&read.kind, &read.status, &read.parent), (&ty.name, &ty.initial, &None));
    assert_eq!(read.marker, Some(marker(1, 0)));
    assert_eq!(read.created.by.as_deref(), Some(catalogue.user.name.as_str()));
    for (field, value) in &new.fields {
        assert_eq!(read.fields.get(field), Some(value), "{field}");
    }
    assert!(read.unseen.iter().all(|own| !read.fields.contains_key(own)));
    let second = made(issues, 2);
    assert_ne!(second, key);
}

fn a_marker_finds_what_it_made(place: &mut dyn Place) {
    let issues = place.mine();
    let key = made(issues, 1);
    let comment = comment(issues, &key, "Found", 2);
    let worklog = worklog(issues, &key, 3);
    let file = attach(issues, &key, "a.txt", b"found", 4);
    let find = |issues: &mut dyn Issues, seq, n| issues.find(&marker(seq, n)).expect("markers are found");
    assert_eq!(find(issues, 1, 0), Some(Made::Issue(key.clone())));
    assert_eq!(find(issues, 2, 1), Some(Made::Comment(key.clone(), comment.clone())));
    assert_eq!(find(issues, 3, 1), Some(Made::Worklog(key.clone(), worklog.clone())));
    assert_eq!(find(issues, 4, 1), Some(Made::Attachment(key.clone(), file.clone())));
    assert_eq!((find(issues, 5, 0), find(issues, 5, 1)), (None, None));
    assert_eq!(issues.find(&Marker { epoch: 2, ..marker(1, 0) }).expect("markers are found"), None);
    let read = state(issues, &key);
    assert_eq!(read.comments[0].marker, Some(marker(2, 1)));
    assert_eq!(read.worklogs[0].marker, Some(marker(3, 1)));
    assert_eq!(read.attachments[0].marker, Some(marker(4, 1)));
    issues.comment(&key, &CommentChange::Delete { handle: comment }, &marker(6, 0)).expect("it goes");
    issues.worklog(&key, &WorklogChange::Delete { handle: worklog }, &marker(7, 0)).expect("it goes");
    issues.detach(&key, &file).expect("it goes");
    for seq in 2..8 {
        let found = (find(issues, seq, 0), find(issues, seq, 1));
        assert_eq!(found, (None, None), "what is gone is not found ({seq})");
    }
}

fn comment(issues: &mut dyn Issues, key: &IssueKey, body: &str, seq: u64) -> Handle {
    let change = CommentChange::Add { body: body.to_owned(), restriction: None };
    issues.comment(key, &change, &marker(seq, 1)).expect("a comment can be added")
}

fn worklog(issues: &mut dyn Issues, key: &IssueKey, seq: u64) -> Handle {
    let change = WorklogChange::Add {
        started: Time(1_772_323_200_000),
        seconds: 5400,
        comment: "Work\nof two lines".to_owned(),
        restriction: None,
    };
    issues.worklog(key, &change, &marker(seq, 1)).expect("work can be logged")
}

fn attach(issues: &mut dyn Issues, key: &IssueKey, name: &str, bytes: &[u8], seq: u64) -> Handle {
    let (name, mime, size) = (name.to_owned(), "text/plain".to_owned(), bytes.len() as u64);
    let file = FileFacts { name, mime, size, sha256: None };
    let attached = issues.attach(key, &file, &mut &*bytes, &marker(seq, 1)).expect("a file can be attached");
    attached.handle
}

fn the_same_value_is_no_change(place: &mut dyn Place) {
    let issues = place.mine();
    let catalogue = issues.catalogue().expect("the catalogue is there");
    let new = new_issue(&catalogue, plain_type(&catalogue), "The same", true);
    let key = issues.create(&new, &marker(1, 0)).expect("an issue can be made");
    let text = comment(issues, &key, "The same", 2);
    let before = state(issues, &key);
    let edit = Edit {
        fields: before.fields.iter().map(|(field, value)| (field.clone(), Some(value.clone()))).collect(),
    };
    let version = issues.update(&key, &edit, &before.version).expect("the same can be said again");
    assert_eq!(version, before.version);
    let change = CommentChange::Edit { handle: text, body: "The same".to_owned() };
    issues.comment(&key, &change, &marker(3, 0)).expect("the same can be said again");
    let empty = Edit::default();
    issues.update(&key, &empty, &before.version).expect("nothing can be changed");
    assert_eq!(state(issues, &key), before, "nothing has changed, not even a time");
}

fn an_old_version_changes_nothing(place: &mut dyn Place) {
    let key = made(place.mine(), 1);
    let old = state(place.mine(), &key).version;
    let theirs = state(place.others(), &key).version;
    let new = place.others().update(&key, &summary("Theirs"), &theirs).expect("others can change it");
    assert_ne!(new, old);
    let before = state(place.mine(), &key);
    assert_eq!(before.version, new, "the version that a change returns is the one that is read");
    for edit in [summary("Mine"), summary("Theirs")] {
        let refused = place.mine().update(&key, &edit, &old);
        assert!(matches!(refused, Err(IssueFault::Changed(own)) if own == key));
    }
    assert_eq!(state(place.mine(), &key), before);
    let other = me(place.others());
    assert_eq!(before.touched(&name("summary")).by.as_deref(), Some(other.as_str()));
    place.mine().update(&key, &summary("Mine"), &new).expect("the newest version can be changed");
    let mine = me(place.mine());
    assert_eq!(state(place.mine(), &key).touched(&name("summary")).by.as_deref(), Some(mine.as_str()));
}

/// Remembers a handle.
fn keep(handles: &mut Vec<Handle>, handle: Handle) -> Result<(), IssueFault> {
    handles.push(handle);
    Ok(())
}

fn whatever_changes_is_named(place: &mut dyn Place) {
    let (first, second) = (made(place.mine(), 1), made(place.mine(), 2));
    let (all, mut cursor) = place.mine().changed(&Cursor::default()).expect("changes are told");
    assert!(all.contains(&first) && all.contains(&second), "all issues are named first");
    let mut handles: Vec<Handle> = Vec::new();
    let catalogue = place.mine().catalogue().expect("the catalogue is there");
    let link_type = catalogue.link_types.first().map(|own| own.name.clone());
    let way =
        plain_type(&catalogue).transitions.iter().find(|way| way.from == plain_type(&catalogue).initial);
    let way = way.expect("there is a transition").clone();
    let link = |there| LinkChange {
        there,
        kind: link_type.clone().unwrap_or_default(),
        key: first.clone(),
        end: LinkEnd::Outward,
        to: second.clone(),
    };
    for step in 0..13 {
        let issues = place.others();
        let mut both = false;
        match step {
            0 => {
                let version = state(issues, &first).version;
                issues.update(&first, &summary("Changed"), &version).map(drop)
            }
            1 => keep(&mut handles, comment(issues, &first, "One", 20)),
            2 => {
                let (handle, body) = (handles[0].clone(), "Two".to_owned());
                issues.comment(&first, &CommentChange::Edit { handle, body }, &marker(21, 0)).map(drop)
            }
            3 => {
                let handle = handles[0].clone();
                issues.comment(&first, &CommentChange::Delete { handle }, &marker(22, 0)).map(drop)
            }
            4 => keep(&mut handles, worklog(issues, &first, 23)),
            5 => {
                let change = WorklogChange::Edit {
                    handle: handles[1].clone(),
                    started: Time(1_772_323_200_000),
                    seconds: 60,
                    comment: String::new(),
                };
                issues.worklog(&first, &change, &marker(24, 0)).map(drop)
            }
            6 => {
                let handle = handles[1].clone();
                issues.worklog(&first, &WorklogChange::Delete { handle }, &marker(25, 0)).map(drop)
            }
            7 => keep(&mut handles, attach(issues, &first, "b.txt", b"bytes", 26)),
            8 => issues.detach(&first, &handles[2]),
            9 | 10 if link_type.is_none() => continue,
            9 => {
                both = true;
                issues.link(&link(true))
            }
            10 => {
                both = true;
                issues.link(&link(false))
            }
            11 => issues.transition(&first, &way),
            _ => {
                let new = made(issues, 27);
                let (named, _) = place.mine().changed(&cursor).expect("changes are told");
                assert!(named.contains(&new), "a new issue is named");
                continue;
            }
        }
        .unwrap_or_else(|fault| panic!("step {step}: {fault}"));
        let (named, next) = place.mine().changed(&cursor).expect("changes are told");
        assert!(named.contains(&first), "step {step}");
        assert!(!both || named.contains(&second), "step {step}: both ends of a link are changed");
        let unique: BTreeSet<&IssueKey> = named.iter().collect();
        assert_eq!(unique.len(), named.len(), "none is named twice");
        cursor = next;
    }
}

fn transitions_lead_where_they_say(place: &mut dyn Place) {
    let issues = place.mine();
    let catalogue = issues.catalogue().expect("the catalogue is there");
    let ty = plain_type(&catalogue).clone();
    let key = made(issues, 1);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for _ in 0..12 {
        let before = state(issues, &key);
        let own = ty.transitions.iter().filter(|way| way.from == before.status);
        let Some(way) = own.min_by_key(|way| (taken.contains(&way.id), &way.id)) else { break };
        taken.insert(way.id.clone());
        issues.transition(&key, way).unwrap_or_else(|fault| panic!("{way:?}: {fault}"));
        let after = state(issues, &key);
        assert_eq!(after.status, way.to, "{way:?}");
        if way.from != way.to {
            assert_eq!(after.status_touched.by.as_deref(), Some(catalogue.user.name.as_str()));
            assert!(after.status_touched.at >= before.status_touched.at);
            assert_ne!(after.version, before.version);
            // From where it was the same way cannot be taken again.
            let Err(fault) = issues.transition(&key, way) else { panic!("{way:?} was taken twice") };
            assert!(matches!(
                fault,
                IssueFault::Changed(_) | IssueFault::Missing { .. } | IssueFault::Refused { .. }
            ));
            assert_eq!(state(issues, &key), after, "a transition that is not there changes nothing");
        }
    }
    assert!(!taken.is_empty());
}

fn what_is_held_together(place: &mut dyn Place) {
    let key = made(place.mine(), 1);
    let before = state(place.mine(), &key);
    let issues = place.mine();
    issues.begin().expect("changes can be held together");
    issues.update(&key, &summary("Held"), &before.version).expect("an issue can be changed");
    let new = made(issues, 2);
    attach(issues, &key, "held.txt", b"held", 3);
    if issues.roll_back().expect("changes can be forgotten") {
        assert_eq!(state(issues, &key), before);
        assert_eq!(issues.read(&new, Parts::ALL).expect("it can be read"), None);
        assert_eq!(issues.find(&marker(2, 0)).expect("markers are found"), None);
        assert_eq!(issues.find(&marker(3, 1)).expect("markers are found"), None);
    }
    let version = state(issues, &key).version;
    issues.begin().expect("changes can be held together");
    issues.update(&key, &summary("Kept"), &version).expect("an issue can be changed");
    let wrong = Edit {
        fields: vec![(name("summary"), Some(Value::Text("Torn".to_owned()))), (name("no field"), None)],
    };
    let version = state(issues, &key).version;
    issues.update(&key, &wrong, &version).expect_err("a field is not there");
    let kept = made(issues, 4);
    issues.commit().expect("what was held comes about");
    assert_eq!(state(issues, &key).fields[&name("summary")], Value::Text("Kept".to_owned()));
    assert!(place.others().read(&kept, Parts::ALL).expect("it can be read").is_some(), "others see it");
}

fn sub_tasks_have_parents(place: &mut dyn Place) {
    let issues = place.mine();
    let catalogue = issues.catalogue().expect("the catalogue is there");
    let Some(ty) = catalogue.types.iter().find(|own| own.subtask) else { return };
    let parent = made(issues, 1);
    let mut new = new_issue(&catalogue, ty, "Part", false);
    issues.create(&new, &marker(2, 0)).expect_err("a sub-task needs a parent");
    new.parent = Some(parent.clone());
    let child = issues.create(&new, &marker(3, 0)).expect("a sub-task can be made");
    assert_eq!(state(issues, &child).parent, Some(parent.clone()));
    assert!(state(issues, &child).links.is_empty(), "a parent is no link");
    new.parent = Some(child);
    issues.create(&new, &marker(4, 0)).expect_err("a sub-task has no sub-tasks");
    let mut plain = new_issue(&catalogue, plain_type(&catalogue), "No part", false);
    plain.parent = Some(parent);
    issues.create(&plain, &marker(5, 0)).expect_err("only a sub-task has a parent");
    for seq in [2, 4, 5] {
        assert_eq!(issues.find(&marker(seq, 0)).expect("markers are found"), None);
    }
}
