//! Histories that are told on purpose.

use serde_json::json;

use super::edits::{self, system};
use super::laws;
use super::rig::Rig;
use crate::channel::ChannelKind;
use crate::engine::Decision;
use crate::lifecycle::Status;
use crate::memory::{Plain, PlainSet, severity};
use crate::message::{Handshake, Limits, PROTOCOL};
use crate::state::{PairState, State};
use crate::{Conflict, IssueKey, Value};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn partner(rig: &Rig, which: usize, key: &IssueKey) -> IssueKey {
    let pair = rig.sides[which].state.pair(key).expect("read").expect("a pair");
    pair.partner.expect("a partner")
}

fn shown(rig: &Rig, which: usize, key: &IssueKey, field: &str) -> String {
    match rig.sides[which].jira.issue(key).and_then(|issue| issue.fields.get(&system(field))) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

#[test]
fn law_6_an_issue_in_error_holds_back_only_itself_and_catches_up() {
    let mut rig = Rig::new(&Plain::new(1), true);
    rig.sides[0].settings = PlainSet(vec![Plain::new(1).with_option("odd", "Odd")]);
    let (held, free) = (edits::create(&mut rig, 0), edits::create(&mut rig, 0));
    edits::write(&mut rig, 0, &held, &severity(), Value::Choice("Odd".to_owned()));
    rig.rounds(2);
    assert!(rig.sides[1].state.pair_of(&held).expect("read").is_none());
    for summary in ["one", "two", "three"] {
        edits::write(&mut rig, 0, &held, &system("summary"), text(summary));
        edits::write(&mut rig, 0, &free, &system("summary"), text(summary));
        rig.rounds(1);
    }
    let copy = partner(&rig, 0, &free);
    assert_eq!(shown(&rig, 1, &copy, "summary"), "three");
    assert!(rig.sides[1].state.pair_of(&held).expect("read").is_none());
    let open = rig.sides[0].state.out_open(10).expect("read");
    assert_eq!(open[0].why.as_deref(), Some("no option is bound to `odd`"));
    rig.sides[1].settings = PlainSet(vec![Plain::new(1).with_option("odd", "Odd")]);
    rig.engine(1, |engine| engine.retry()).expect("retried");
    rig.heal().expect("quiet");
    laws::agree(&rig).expect("both agree");
    laws::once(&rig, false).expect("once");
    assert_eq!(shown(&rig, 1, &partner(&rig, 0, &held), "summary"), "three");
}

#[test]
fn law_9_a_message_is_done_under_its_own_configuration_or_held() {
    let second = Plain::new(2).with_field("place", system("environment"));
    for master_keeps_the_first in [true, false] {
        let mut rig = Rig::new(&Plain::new(1), true);
        let key = edits::create(&mut rig, 0);
        rig.heal().expect("quiet");
        let copy = partner(&rig, 0, &key);
        // The slave tells something under the first configuration, and the master publishes the second meanwhile.
        edits::write(&mut rig, 1, &copy, &system("summary"), text("slave's"));
        rig.run(1, None).expect("not killed").expect("told");
        edits::write(&mut rig, 0, &key, &system("environment"), text("here"));
        let first = master_keeps_the_first.then(|| Plain::new(1));
        rig.sides[0].settings = PlainSet(first.into_iter().chain([second.clone()]).collect());
        let published = json!({ "fields": ["place"] });
        rig.engine(0, |engine| engine.publish("plain 2", published, "a field more")).expect("published");
        assert_eq!(rig.sides[0].state.half().status(), Status::WaitingForSlave);
        rig.rounds(2);
        assert_eq!(rig.sides[1].state.half().status(), Status::UpdateRequired);
        let now = shown(&rig, 0, &key, "summary");
        assert_eq!(now, if master_keeps_the_first { "slave's" } else { "new" }, "never under the second");
        rig.sides[1].settings = PlainSet(vec![second.clone()]);
        rig.engine(1, |engine| engine.adopt("bound", &std::collections::BTreeSet::new())).expect("adopted");
        rig.heal().expect("quiet");
        laws::agree(&rig).expect("both agree");
        assert_eq!(shown(&rig, 1, &copy, "environment"), "here");
        assert_eq!(shown(&rig, 0, &key, "summary"), "slave's");
    }
}

#[test]
fn two_halves_meet_before_they_are_stopped_and_started() {
    let mut rig = Rig::new(&Plain::new(1), true);
    for side in &mut rig.sides {
        let half = side.state.half_mut();
        (half.connected, half.started, half.config) = (false, false, None);
        side.state.commit().expect("kept");
    }
    rig.sides[0].seal.other = None;
    let mut words = Handshake {
        public_key: "a key".to_owned(),
        proof: "guessed".to_owned(),
        address: String::new(),
        min: PROTOCOL,
        max: PROTOCOL,
        limits: Limits::default(),
        jira: "jira of S".to_owned(),
        licensed: None,
    };
    rig.sides[1].introduction = Some(words.clone());
    rig.rounds(3);
    assert_eq!(rig.sides[0].state.half().status(), Status::Handshake, "the proof was wrong");
    words.proof = "secret".to_owned();
    rig.sides[1].introduction = Some(words);
    rig.rounds(4);
    let status = |rig: &Rig| [0, 1].map(|which| rig.sides[which].state.half().status());
    assert_eq!(status(&rig), [Status::Stopped; 2]);
    let published = json!({});
    rig.engine(0, |engine| engine.publish("plain 1", published, "the first")).expect("published");
    rig.rounds(2);
    rig.engine(1, |engine| engine.adopt("fine", &std::collections::BTreeSet::new())).expect("adopted");
    rig.rounds(2);
    for which in [0, 1] {
        rig.engine(which, |engine| engine.start()).expect("started");
    }
    assert_eq!(status(&rig), [Status::Running; 2]);
    let key = edits::create(&mut rig, 1);
    rig.heal().expect("quiet");
    assert_eq!(shown(&rig, 0, &partner(&rig, 1, &key), "summary"), "new");
}

#[test]
fn a_conflict_waits_for_people_and_both_sides_do_as_they_decide() {
    for decision in [Decision::Mine, Decision::Theirs] {
        let mut rig = Rig::new(&Plain::new(1).with_conflict(Conflict::Ask), true);
        let key = edits::create(&mut rig, 0);
        rig.heal().expect("quiet");
        let copy = partner(&rig, 0, &key);
        edits::write(&mut rig, 0, &key, &system("summary"), text("master's"));
        edits::write(&mut rig, 1, &copy, &system("summary"), text("slave's"));
        rig.heal().expect("quiet");
        assert_eq!(shown(&rig, 0, &key, "summary"), "master's");
        assert_eq!(shown(&rig, 1, &copy, "summary"), "slave's");
        for side in &rig.sides {
            assert_eq!(side.state.parked().expect("read").len(), 1);
        }
        rig.engine(1, |engine| engine.decide(&copy, "field title", decision)).expect("decided");
        rig.heal().expect("quiet");
        laws::agree(&rig).expect("both agree");
        let stands = if decision == Decision::Mine { "slave's" } else { "master's" };
        assert_eq!(shown(&rig, 0, &key, "summary"), stands);
        for side in &rig.sides {
            assert!(side.state.parked().expect("read").is_empty());
        }
    }
}

#[test]
fn issues_that_are_there_already_can_be_paired_and_unlinked() {
    let mut rig = Rig::new(&Plain::new(1), true);
    let version = rig.sides[0].state.half().config.clone();
    for side in &mut rig.sides {
        side.state.half_mut().config = None;
        side.state.commit().expect("kept");
    }
    let (key, other) = (edits::create(&mut rig, 0), edits::create(&mut rig, 1));
    rig.engine(0, |engine| engine.pair(&key, &other)).expect("paired");
    for side in &mut rig.sides {
        side.state.half_mut().config.clone_from(&version);
        side.state.commit().expect("kept");
    }
    rig.run(0, None).expect("not killed").expect("told");
    rig.heal().expect("quiet");
    laws::agree(&rig).expect("both agree");
    assert_eq!(
        rig.sides[0].jira.issues().count() + rig.sides[1].jira.issues().count(),
        2,
        "nothing was made"
    );
    rig.engine(0, |engine| engine.unlink(&key)).expect("unlinked");
    edits::write(&mut rig, 0, &key, &system("summary"), text("apart"));
    rig.heal().expect("quiet");
    assert_eq!(shown(&rig, 1, &other, "summary"), "new");
    let pair = rig.sides[1].state.pair(&other).expect("read").expect("a pair");
    assert_eq!(pair.state, PairState::PartnerGone);
}

#[test]
fn both_issues_know_the_key_of_the_other() {
    let field = system("environment");
    let mut rig = Rig::new(&Plain::new(1).with_key_field(field), true);
    let key = edits::create(&mut rig, 0);
    rig.heal().expect("quiet");
    let copy = partner(&rig, 0, &key);
    assert_eq!(shown(&rig, 0, &key, "environment"), copy.0);
    assert_eq!(shown(&rig, 1, &copy, "environment"), key.0);
}

#[test]
fn law_17_a_simulation_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.sqlite");
    let mut rig = Rig::new(&Plain::new(1), true);
    let half = rig.sides[1].state.half().clone();
    rig.sides[1].state = State::create(&path, half).expect("a state");
    let key = edits::create(&mut rig, 0);
    edits::create(&mut rig, 1);
    rig.sides[0].jira.comment_as("ann", &key, "hello", None).expect("a comment");
    rig.run(0, None).expect("not killed").expect("told");
    let bytes = std::fs::read(&path).expect("read");
    let world = rig.sides[1].jira.world().clone();
    let report = rig.engine(1, |engine| engine.simulate()).expect("simulated");
    assert_eq!(report.notes, ["would make S-NEW-1, a Bug", "would write a comment on S-NEW-1"]);
    assert_eq!((report.applied, report.told), (1, 1));
    assert_eq!(std::fs::read(&path).expect("read"), bytes);
    assert_eq!(*rig.sides[1].jira.world(), world);
    assert!(rig.wires[1].borrow().sent.is_empty());
    // The same comes true afterwards.
    let report = rig.run(1, None).expect("not killed").expect("done");
    assert_eq!((report.applied, report.told), (1, 1));
    rig.heal().expect("quiet");
    laws::agree(&rig).expect("both agree");
}

#[test]
fn a_half_whose_channel_is_fixed_does_not_take_a_switch() {
    let mut rig = Rig::new(&Plain::new(1), true);
    rig.sides[1].channel_fixed = true;
    let refused = rig.engine(1, |engine| engine.switch_channel(ChannelKind::Email, "b@example.com"));
    assert!(refused.expect_err("it is fixed").to_string().contains("channel-switch"));
    rig.engine(0, |engine| engine.switch_channel(ChannelKind::Email, "a@example.com")).expect("told");
    assert_eq!(rig.sides[0].state.half().channels(ChannelKind::File).len(), 2);
    rig.rounds(3);
    let half = rig.sides[0].state.half();
    assert_eq!((half.channels(ChannelKind::File), &half.told_channel), (vec![ChannelKind::File], &None));
    assert!(rig.sides[1].state.half().partner_addresses.is_empty());
    edits::create(&mut rig, 0);
    rig.heal().expect("quiet");
    laws::agree(&rig).expect("both agree");
}
