//! The rules of the conversation, one by one.

use super::*;
use crate::SyncId;
use crate::message::{PROTOCOL, Resync};

fn half() -> Half {
    Half { epoch: 2, created_heard: Time(5), ..Half::new(SyncId::of([1; 16]), Role::Master, "sync") }
}

fn message(body: Body) -> Envelope {
    Envelope {
        v: PROTOCOL,
        sync_id: SyncId::of([1; 16]),
        epoch: 2,
        dir: Role::Slave,
        seq: body.is_numbered().then_some(4),
        issue: None,
        yours: None,
        issue_seq: 0,
        created: Time(6),
        from: String::new(),
        to: String::new(),
        config: None,
        acks: Acks::default(),
        body,
    }
}

fn above(numbers: &[u64]) -> Vec<(u64, Hash)> {
    numbers.iter().map(|seq| (*seq, Hash::of(&seq.to_le_bytes()))).collect()
}

#[test]
fn a_number_is_heard_once_and_says_one_thing() {
    let message = message(Body::Resync(Resync::default()));
    let (one, other) = (Hash::of(b"one"), Hash::of(b"other"));
    assert_eq!(hear(&half(), &message, &one, None), Verdict::New);
    assert_eq!(hear(&half(), &message, &one, Some(&one)), Verdict::Again);
    assert_eq!(hear(&half(), &message, &one, Some(&other)), Verdict::Twice);
}

#[test]
fn what_is_not_for_this_half_is_refused() {
    let hash = Hash::of(b"");
    let told = |change: &dyn Fn(&mut Envelope)| {
        let mut message = message(Body::Ack);
        change(&mut message);
        hear(&half(), &message, &hash, None)
    };
    assert_eq!(told(&|_| ()), Verdict::New);
    assert_eq!(told(&|message| message.created = Time(5)), Verdict::Stale);
    assert_eq!(told(&|message| message.epoch = 1), Verdict::OlderEpoch);
    assert!(matches!(told(&|message| message.epoch = 3), Verdict::Early));
    assert!(matches!(told(&|message| message.dir = Role::Master), Verdict::Refused(_)));
    assert!(matches!(told(&|message| message.sync_id = SyncId::of([2; 16])), Verdict::Refused(_)));
}

#[test]
fn gaps_are_seen_and_closed() {
    assert_eq!(reaches(3, &above(&[4, 5, 7])), 5);
    assert_eq!(missing(3, &above(&[5, 8])), [4, 6, 7]);
    assert_eq!(missing(0, &above(&[1_000_000])).len(), MANY as usize);
    assert!(missing(3, &[]).is_empty());
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_is_a_contradiction() {
    let acks = |upto, also: &[u64]| Acks { upto, also: above(also), ..Acks::default() };
    assert_eq!(newly_received(&acks(2, &[]), &acks(4, &[6]), 7), Ok(vec![(3, 4), (6, 6)]));
    assert_eq!(newly_received(&acks(2, &[]), &acks(4, &[7]), 7), Err(Contradiction { seq: 7 }));
    assert!(forgotten(&acks(3, &[]), &acks(2, &[])));
}

#[test]
fn patience_doubles_and_ends() {
    let waits: Vec<i64> = (1..12).map(|tries| patience(tries, 10)).collect();
    assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 1280, 1280, 1280]);
}

#[test]
fn of_two_changes_the_same_is_the_newer_on_both_sides() {
    let (one, other) = (Hash::of(b"one"), Hash::of(b"other"));
    for (first, second) in [
        ((Time(2), Role::Slave, &one), (Time(1), Role::Master, &other)),
        ((Time(2), Role::Master, &one), (Time(2), Role::Slave, &other)),
    ] {
        assert!(newer(first, second) && !newer(second, first));
    }
    assert_ne!(
        newer((Time(1), Role::Slave, &one), (Time(1), Role::Slave, &other)),
        newer((Time(1), Role::Slave, &other), (Time(1), Role::Slave, &one))
    );
}
