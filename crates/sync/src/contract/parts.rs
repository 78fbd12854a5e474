//! The laws about what belongs to an issue: comments, worklogs, files, links, properties.
//!
//! Invariant: as of all laws.

use super::{Place, attach, comment, made, marker, me, state, worklog};
use crate::{
    CommentChange, FileFacts, Handle, IssueFault, IssueKey, Issues, LinkChange, LinkEnd, Parts, Restriction,
    Time, WorklogChange,
};

pub(super) fn comments_are_kept(place: &mut dyn Place) {
    let key = made(place.mine(), 1);
    let mine = me(place.mine());
    let body = "One\r\nTwo  \n\nÄ 東京 {code}*x*{code} [~nobody]";
    let first = comment(place.mine(), &key, body, 2);
    let second = comment(place.mine(), &key, "Second", 3);
    let read = state(place.mine(), &key);
    let bodies: Vec<&str> = read.comments.iter().map(|own| own.body.as_str()).collect();
    assert_eq!(bodies, [&body.replace("\r\n", "\n"), "Second"], "line ends are `\\n`, the oldest is first");
    for own in &read.comments {
        assert_eq!((own.author.as_deref(), own.updated.by.as_deref()), (Some(&*mine), Some(&*mine)));
        assert_eq!(own.restriction, None);
        assert_eq!(own.created, own.updated.at);
    }
    let change = CommentChange::Edit { handle: second.clone(), body: "Changed".to_owned() };
    place.mine().comment(&key, &change, &marker(4, 0)).expect("a comment can be changed");
    let read = state(place.mine(), &key);
    assert_eq!(read.comments[1].body, "Changed");
    assert!(read.comments[1].updated.at >= read.comments[1].created);
    assert_eq!(read.comments[1].marker, Some(marker(3, 1)), "it keeps the marker that made it");
    place
        .mine()
        .comment(&key, &CommentChange::Delete { handle: first.clone() }, &marker(5, 0))
        .expect("it goes");
    let read = state(place.mine(), &key);
    assert_eq!(read.comments.iter().map(|own| &own.handle).collect::<Vec<_>>(), [&second]);
    let before = read;
    for change in [
        CommentChange::Edit { handle: first.clone(), body: "Gone".to_owned() },
        CommentChange::Delete { handle: first },
        CommentChange::Delete { handle: Handle("no handle".to_owned()) },
    ] {
        let fault = place.mine().comment(&key, &change, &marker(6, 0)).expect_err("it is not there");
        assert!(matches!(fault, IssueFault::Missing { .. }), "{fault}");
    }
    let change = CommentChange::Add {
        body: "For nobody".to_owned(),
        restriction: Some(Restriction::Group("a group that is not there".to_owned())),
    };
    place.mine().comment(&key, &change, &marker(7, 0)).expect_err("a restriction is never dropped");
    assert_eq!(state(place.mine(), &key), before);
    let none = place.mine().read(&key, Parts::default()).expect("it can be read").expect("it is there");
    assert_eq!((none.comments.len(), none.worklogs.len()), (0, 0), "what nobody asked for is empty");
}

pub(super) fn worklogs_are_kept(place: &mut dyn Place) {
    let issues = place.mine();
    let key = made(issues, 1);
    let handle = worklog(issues, &key, 2);
    let read = state(issues, &key);
    let own = &read.worklogs[0];
    assert_eq!((own.started, own.seconds), (Time(1_772_323_200_000), 5400));
    assert_eq!((own.comment.as_str(), own.author.clone()), ("Work\nof two lines", Some(me(issues))));
    let change = WorklogChange::Edit {
        handle: handle.clone(),
        started: Time(1_772_409_600_000),
        seconds: 60,
        comment: "Less".to_owned(),
    };
    issues.worklog(&key, &change, &marker(3, 0)).expect("a worklog can be changed");
    let before = state(issues, &key);
    let own = &before.worklogs[0];
    assert_eq!((own.started, own.seconds, own.comment.as_str()), (Time(1_772_409_600_000), 60, "Less"));
    issues.worklog(&key, &change, &marker(4, 0)).expect("the same can be said again");
    assert_eq!(state(issues, &key), before);
    let gone = WorklogChange::Delete { handle };
    issues.worklog(&key, &gone, &marker(5, 0)).expect("it goes");
    assert_eq!(state(issues, &key).worklogs, []);
    let fault = issues.worklog(&key, &gone, &marker(6, 0)).expect_err("it is gone");
    assert!(matches!(fault, IssueFault::Missing { .. }), "{fault}");
}

pub(super) fn files_are_kept(place: &mut dyn Place) {
    let issues = place.mine();
    let key = made(issues, 1);
    let large: Vec<u8> = (0..200_000_u32).map(|own| (own * 7 % 251) as u8).collect();
    let mut all = Vec::new();
    for (n, (name, bytes)) in
        [("a.bin", &large[..]), ("empty", b""), ("ä 東京.txt", b"x")].into_iter().enumerate()
    {
        all.push((attach(issues, &key, name, bytes, 10 + n as u64), name, bytes));
    }
    let read = state(issues, &key);
    for (own, (handle, name, bytes)) in read.attachments.iter().zip(&all) {
        assert_eq!((&own.handle, own.name.as_str(), own.size), (handle, *name, bytes.len() as u64));
        assert_eq!(own.author, Some(me(issues)));
        let mut fetched = Vec::new();
        issues.fetch(&key, handle, &mut fetched).expect("a file can be fetched");
        assert_eq!(fetched, *bytes, "{name}");
    }
    assert_eq!(read.attachments.len(), 3);
    let file = |size, sha256| FileFacts { name: "b".to_owned(), mime: "text/plain".to_owned(), size, sha256 };
    for wrong in [file(3, None), file(5, None), file(4, Some("0".repeat(64)))] {
        issues.attach(&key, &wrong, &mut &b"four"[..], &marker(20, 0)).expect_err("it is not what was said");
    }
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("torn"))
        }
    }
    issues.attach(&key, &file(4, None), &mut Broken, &marker(21, 0)).expect_err("nothing could be read");
    assert_eq!(state(issues, &key), read, "a file that is not whole is not there");
    issues.detach(&key, &all[0].0).expect("a file can be taken away");
    issues.fetch(&key, &all[0].0, &mut Vec::new()).expect_err("it is gone");
    assert_eq!(state(issues, &key).attachments.len(), 2);
}

pub(super) fn links_are_seen_from_both_ends(place: &mut dyn Place) {
    let issues = place.mine();
    let catalogue = issues.catalogue().expect("the catalogue is there");
    let Some(kind) = catalogue.link_types.first().map(|own| own.name.clone()) else { return };
    let (one, other) = (made(issues, 1), made(issues, 2));
    for end in [LinkEnd::Outward, LinkEnd::Inward] {
        let link = |there| LinkChange { there, kind: kind.clone(), key: one.clone(), end, to: other.clone() };
        issues.link(&link(true)).expect("issues can be linked");
        let (own, its) = (state(issues, &one), state(issues, &other));
        let back = if end == LinkEnd::Outward { LinkEnd::Inward } else { LinkEnd::Outward };
        assert!(own.links.iter().any(|own| own.kind == kind && own.end == end && own.to == other));
        assert!(its.links.iter().any(|own| own.kind == kind && own.end == back && own.to == one));
        issues.link(&link(true)).expect("a link that is there is no error");
        assert_eq!((state(issues, &one), state(issues, &other)), (own, its));
        issues.link(&link(false)).expect("a link can be taken away");
        assert!(state(issues, &one).links.is_empty() && state(issues, &other).links.is_empty());
        issues.link(&link(false)).expect("a link that is not there is no error");
    }
    let to = IssueKey(format!("{}-999999", catalogue.project));
    let end = LinkEnd::Outward;
    let wrong = LinkChange { there: true, kind, key: one.clone(), end, to: to.clone() };
    assert!(matches!(issues.link(&wrong), Err(IssueFault::NoIssue(own)) if own == to));
    let wrong = LinkChange { kind: "no such type".to_owned(), to: other, ..wrong };
    assert!(matches!(issues.link(&wrong), Err(IssueFault::Missing { .. })));
}

pub(super) fn properties_are_kept(place: &mut dyn Place) {
    let issues = place.mine();
    let key = made(issues, 1);
    let get = |issues: &mut dyn Issues| issues.property(&key, "partner", None).expect("it can be read");
    assert_eq!(get(issues), None);
    let version = state(issues, &key).version;
    for value in ["{\"key\":\"OTHER-7\"}", "{\"key\":\"OTHER-8\"}"] {
        let written = issues.property(&key, "partner", Some(value)).expect("it can be written");
        assert_eq!((written.as_deref(), get(issues).as_deref()), (Some(value), Some(value)));
    }
    assert_eq!(state(issues, &key).version, version, "a property is no change of the issue");
}
