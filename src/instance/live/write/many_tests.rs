//! Several requests at once: what is written down of them, and what becomes of the others when one is not made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::carry::{Halt, Hand};
use super::carry_tests::Quick;
use super::many::{Book, Job, Note, in_waves};
use super::sent::{Sent, token};
use crate::rest::{Client, Exchange, Failure, FailureKind, Reply, Request};

/// What has happened, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Written(Note),
    Sent(usize),
}

#[derive(Default)]
struct Happened {
    steps: Vec<Step>,
    flying: usize,
    most: usize,
}

/// A Jira that answers with the number at the end of the path; what `fails` says happens instead.
struct Wire {
    happened: Arc<Mutex<Happened>>,
    fails: fn(usize) -> Option<FailureKind>,
}

fn lock(own: &Mutex<Happened>) -> MutexGuard<'_, Happened> {
    own.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Exchange for Wire {
    fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let number: usize = request.path.rsplit('/').next().unwrap().parse().expect("its id is known");
        {
            let mut own = lock(&self.happened);
            own.steps.push(Step::Sent(number));
            own.flying += 1;
            own.most = own.most.max(own.flying);
        }
        std::thread::sleep(Duration::from_millis(2));
        lock(&self.happened).flying -= 1;
        match (self.fails)(number) {
            Some(FailureKind::Page) => panic!("the process ends"),
            Some(kind) => Err(Failure::new(kind, None, request, "told")),
            None => {
                let body = json!({ "id": (number + 1).to_string() }).to_string().into_bytes();
                Ok(Reply { status: 200, body, location: None })
            }
        }
    }
}

/// Writes down so much.
struct Pages {
    happened: Arc<Mutex<Happened>>,
    left: usize,
}

impl Book for Pages {
    type Fault = &'static str;

    fn write(&mut self, notes: &[&Note]) -> Result<(), &'static str> {
        self.left = self.left.checked_sub(notes.len()).ok_or("it is full")?;
        lock(&self.happened).steps.extend(notes.iter().map(|own| Step::Written((*own).clone())));
        Ok(())
    }
}

/// So many chains of two requests, of which the second needs the id that the first tells.
fn chains(count: usize) -> Vec<Sent> {
    let sent = |number: usize| {
        let name = token("role", &(number / 2).to_string());
        let mut sent = match number % 2 {
            0 => Sent::post(format!("/role/{number}"), json!({})).binding(&name, "/id"),
            _ => Sent::put(format!("/role/{name}"), json!({})),
        };
        (sent.step, sent.wave) = (number / 2, Some(1));
        sent
    };
    (0..2 * count).map(sent).collect()
}

type Made = Result<Vec<(usize, Halt)>, &'static str>;

/// Makes requests; returns what came of them, and what has happened.
fn made(all: &[Sent], fails: fn(usize) -> Option<FailureKind>, left: usize) -> (Made, Arc<Mutex<Happened>>) {
    let happened = Arc::new(Mutex::new(Happened::default()));
    let client = Client::new(Arc::new(Wire { happened: Arc::clone(&happened), fails }));
    let changer = client.changer();
    let hand = Hand { client: &client, changer: &changer, clock: &Quick, api: "/api" };
    let job = |(number, sent)| Job { number, sent, was_sent: false, task: None };
    let waves = in_waves(all.iter().enumerate().map(job));
    assert_eq!(waves.len(), 1);
    let mut book = Pages { happened: Arc::clone(&happened), left };
    (hand.make_all(&waves[0], &BTreeMap::new(), &mut book), happened)
}

/// Returns what has happened to one request: `w` it is written that it is about to be sent, `s` it is sent, `m` it is written that it
/// was made, `u` that it was not.
fn of(steps: &[Step], number: usize) -> String {
    let step = |own: &Step| match own {
        Step::Written(Note::Sends(at)) if *at == number => Some('w'),
        Step::Sent(at) if *at == number => Some('s'),
        Step::Written(Note::Made(at, _)) if *at == number => Some('m'),
        Step::Written(Note::Undone(at)) if *at == number => Some('u'),
        _ => None,
    };
    steps.iter().filter_map(step).collect()
}

#[test]
fn each_is_written_down_before_it_is_sent_and_after_its_answer() {
    let all = chains(50);
    let (made, happened) = made(&all, |_| None, usize::MAX);
    assert_eq!(made.unwrap().len(), 0);
    let own = lock(&happened);
    for number in 0..all.len() {
        assert_eq!(of(&own.steps, number), "wsm", "{number}");
    }
    assert!((2..=8).contains(&own.most), "{} at once", own.most);
    let told = |own: &&Step| matches!(own, Step::Written(Note::Made(_, ids)) if !ids.is_empty());
    assert_eq!(own.steps.iter().filter(told).count(), 50);
}

#[test]
fn none_is_begun_after_one_that_is_not_made() {
    for kind in [FailureKind::Refused, FailureKind::Cut] {
        let all = chains(50);
        let is_refused = kind == FailureKind::Refused;
        let fails = if is_refused {
            |number| (number == 20).then_some(FailureKind::Refused)
        } else {
            |number| (number == 20).then_some(FailureKind::Cut)
        };
        let (made, happened) = made(&all, fails, usize::MAX);
        let halts = made.unwrap();
        assert_eq!(halts.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [20]);
        assert_eq!(halts[0].1.is_undone(), is_refused);
        let own = lock(&happened);
        let begun = (0..all.len()).filter(|number| !of(&own.steps, *number).is_empty()).count();
        assert!(begun < 50, "{begun} were begun");
        for number in 0..all.len() {
            let of = of(&own.steps, number);
            match number {
                20 if is_refused => assert_eq!(of, "wsu"),
                // A creation that nobody can look for is in doubt.
                20 => assert_eq!(of, "ws"),
                _ => assert!(of == "wsm" || of.is_empty(), "{number}: {of}"),
            }
        }
    }
}

#[test]
fn what_cannot_be_written_down_is_not_sent() {
    let (made, happened) = made(&chains(50), |_| None, 30);
    assert_eq!(made.unwrap_err(), "it is full");
    let own = lock(&happened);
    for number in 0..100 {
        let of = of(&own.steps, number);
        assert!(["", "ws", "wsm"].contains(&of.as_str()), "{number}: {of}");
    }
}

#[test]
fn after_a_panic_nothing_is_written_down() {
    let happened = Arc::new(Mutex::new(Happened::default()));
    let all = chains(50);
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let client = Client::new(Arc::new(Wire {
            happened: Arc::clone(&happened),
            fails: |number| (number == 20).then_some(FailureKind::Page),
        }));
        let changer = client.changer();
        let hand = Hand { client: &client, changer: &changer, clock: &Quick, api: "/api" };
        let job = |(number, sent)| Job { number, sent, was_sent: false, task: None };
        let waves = in_waves(all.iter().enumerate().map(job));
        let mut book = Pages { happened: Arc::clone(&happened), left: usize::MAX };
        hand.make_all(&waves[0], &BTreeMap::new(), &mut book)
    }));
    assert!(ended.is_err());
    let own = lock(&happened);
    assert_eq!(of(&own.steps, 20), "ws");
    assert_eq!(of(&own.steps, 21), "", "what follows it is not begun");
}

#[test]
fn waves_follow_each_other_and_chains_are_by_step() {
    let sent = |step, wave| {
        let mut own = Sent::put("/", json!({}));
        (own.step, own.wave) = (step, wave);
        own
    };
    let all = [
        sent(0, Some(1)),
        sent(1, Some(1)),
        sent(0, Some(1)),
        sent(2, Some(2)),
        sent(3, None),
        sent(4, None),
        sent(0, Some(1)),
    ];
    let job = |(number, sent)| Job { number, sent, was_sent: false, task: None };
    let waves = in_waves(all.iter().enumerate().map(job));
    let numbers = |chain: &Vec<Job<'_>>| chain.iter().map(|own| own.number).collect::<Vec<_>>();
    let waves: Vec<Vec<Vec<usize>>> = waves.iter().map(|wave| wave.iter().map(numbers).collect()).collect();
    assert_eq!(
        waves,
        [vec![vec![0, 2], vec![1]], vec![vec![3]], vec![vec![4]], vec![vec![5]], vec![vec![6]]]
    );
}
