//! How long a first run of many issues takes, and one with nothing to do. Not part of the normal run: what is measured depends on the
//! machine. `cargo test --release -p pcfg-sync -- --ignored speed --nocapture`
//!
//! Invariant: the state is a file, as it is for people; the Jira, the seal and the channel cost next to nothing.

use std::time::Instant;

use super::edits::{PERSON, system};
use super::laws;
use super::rig::Rig;
use crate::Value;
use crate::memory::Plain;
use crate::state::{Pair, State};
use crate::{IssueKey, Role, Time};

/// A rig of which the states are files.
fn filed(folder: &std::path::Path) -> Rig {
    let mut rig = Rig::new(&Plain::new(1), true);
    for (which, side) in rig.sides.iter_mut().enumerate() {
        let path = folder.join(format!("{which}.sqlite"));
        side.state = State::create(&path, side.state.half().clone()).expect("a state");
    }
    rig.batch = 500;
    rig
}

#[test]
#[ignore = "it measures"]
fn speed_of_a_first_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = filed(folder.path());
    let jira = &mut rig.sides[0].jira;
    for number in 0..10_000 {
        let fields = [(system("summary"), Value::Text(format!("Issue {number}")))];
        let key = jira.create_as(PERSON, "Bug", None, &fields).expect("an issue");
        for comment in 0..3 {
            jira.comment_as(PERSON, &key, &format!("comment {comment}"), None).expect("a comment");
        }
    }
    let begun = Instant::now();
    for which in [0, 1, 0] {
        let report = rig.run(which, None).expect("not killed").expect("done");
        println!("{which}: {:?}, told {}, done {}", begun.elapsed(), report.told, report.applied);
    }
    laws::agree(&rig).expect("both agree");
    rig.run(1, None).expect("not killed").expect("done");
    rig.run(0, None).expect("not killed").expect("done");
    let begun = Instant::now();
    rig.run(0, None).expect("not killed").expect("done");
    println!("idle: {:?}", begun.elapsed());
}

#[test]
#[ignore = "it measures"]
fn speed_of_an_idle_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = filed(folder.path());
    let state = &mut rig.sides[0].state;
    for number in 0..100_000 {
        let (own, partner) = (IssueKey(format!("M-{number}")), IssueKey(format!("S-{number}")));
        let kind = "bug".parse().expect("an alias");
        state.put_pair(&Pair::new(own, Some(partner), kind, Role::Master, Time(0))).expect("kept");
    }
    state.commit().expect("kept");
    let begun = Instant::now();
    rig.run(0, None).expect("not killed").expect("done");
    println!("idle, with 100,000 pairs: {:?}", begun.elapsed());
}
