//! Messages as bytes and back; what is refused, by name.

use super::*;
use crate::Alias;

/// A message of each kind.
fn examples() -> Vec<Envelope> {
    let alias = |text: &str| text.parse::<Alias>().expect("an alias");
    let known = |value: &str| Known {
        value: crate::ToldValue::Text(value.to_owned()),
        at: Time(1_700_000_000_000),
        by: Role::Slave,
    };
    let change = Change {
        offer: Some(Offer { kind: alias("bug"), parent: Some(IssueKey("A-1".to_owned())), made: Time(4) }),
        fields: [(alias("title"), KnownChange { now: known("b"), before: Some(known("a").hash()) })].into(),
        comments: [(4, None)].into(),
        ..Change::default()
    };
    let bodies = [
        Body::Ping(Ping {
            number: 3,
            answers: None,
            clock: Time(5),
            min: PROTOCOL,
            max: PROTOCOL,
            limits: Limits::default(),
        }),
        Body::Configuration(Box::new(Configuration {
            version: ConfigVersion { number: 2, hash: "00".to_owned() },
            message: "a type more".to_owned(),
            published: Some(serde_json::json!({ "types": ["bug"] })),
        })),
        Body::Issue(Box::new(change.clone())),
        Body::Comment(Box::new(change)),
        Body::Part(PartBytes { number: 1, part: 0, of: 2, bytes: "AAAA".to_owned() }),
        Body::Remove,
        Body::Ack,
        Body::Nack(Nack { missing: vec![6], twice: None, older: None }),
        Body::Resync(Resync { skip: vec![6], ask: vec![IssueKey("A-1".to_owned())], all: false }),
        Body::Recover(Box::new(Recover { part: 0, more: false, highest: 7, heard: 3, pairs: Vec::new() })),
        Body::Channel(NewChannel { kind: "file".to_owned(), address: String::new(), confirmed: true }),
        Body::Key(NewKey { public_key: "…".to_owned(), fingerprint: "ab".to_owned(), confirmed: false }),
        Body::Stop(Stop { why: "the end".to_owned() }),
    ];
    bodies
        .into_iter()
        .map(|body| Envelope {
            v: PROTOCOL,
            sync_id: SyncId::of([7; 16]),
            epoch: 1,
            dir: Role::Master,
            seq: body.is_numbered().then_some(9),
            issue: body.is_data().then(|| IssueKey("A-1".to_owned())),
            yours: None,
            issue_seq: 1,
            created: Time(1),
            from: "f".to_owned(),
            to: "t".to_owned(),
            config: body.is_data().then(|| ConfigVersion { number: 1, hash: "h".to_owned() }),
            acks: Acks { upto: 3, hash: Some(Hash::of(b"3")), ..Acks::default() },
            body,
        })
        .collect()
}

fn refusal(text: &str) -> String {
    read(text.as_bytes(), 10_000).expect_err("no message").to_string()
}

#[test]
fn every_kind_of_message_is_read_as_it_was_written() {
    for message in examples() {
        let bytes = write(&message);
        assert_eq!(read(&bytes, bytes.len()).as_ref(), Ok(&message));
        assert!(matches!(read(&bytes, bytes.len() - 1), Err(MessageFault::TooLarge { .. })));
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end], bytes.len()).is_err(), "cut at {end}");
        }
    }
}

#[test]
fn a_newer_minor_version_may_say_more_and_this_one_may_not() {
    let bytes = String::from_utf8(write(&examples()[2])).expect("text");
    let more = bytes.replacen("\"epoch\":1", "\"epoch\":1,\"mood\":\"good\"", 1);
    assert_eq!(refusal(&more), "the message is not written as protocol 1.0 writes it");
    let newer = more.replacen("\"v\":\"1.0\"", "\"v\":\"1.4\"", 1);
    let read = read(newer.as_bytes(), 10_000).expect("a newer minor version");
    assert_eq!((read.v.minor, read.body), (4, examples()[2].body.clone()));
}

#[test]
fn other_versions_and_unknown_kinds_are_refused_by_name() {
    let bytes = String::from_utf8(write(&examples()[0])).expect("text");
    assert_eq!(
        refusal(&bytes.replacen("\"v\":\"1.0\"", "\"v\":\"2.0\"", 1)),
        "the message speaks protocol 2.0, and 1.0 is spoken here: the older pcfg of the two must be updated"
    );
    let unknown = bytes.replacen("\"type\":\"ping\"", "\"type\":\"pong\"", 1);
    assert_eq!(refusal(&unknown), "the message is of the unknown kind `pong`");
    let without = bytes.replacen("\"issue_seq\"", "\"seq\":9,\"issue_seq\"", 1);
    assert_eq!(
        refusal(&without),
        "the message of kind `ping` is wrong: it has a number that its kind does not have"
    );
}

/// `PCFG_UPDATE=1` writes them anew.
#[test]
#[allow(clippy::disallowed_methods, reason = "a test makes its own surroundings")]
fn the_seeds_of_the_fuzz_target_are_messages_of_today() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/read_message");
    for message in examples() {
        let path = folder.join(message.body.kind());
        if std::env::var_os("PCFG_UPDATE").is_some() {
            std::fs::write(&path, write(&message)).expect("written");
        }
        assert!(std::fs::read(&path).expect("a seed") == write(&message), "{}", path.display());
    }
}
