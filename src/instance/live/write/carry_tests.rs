//! Requests whose answers are lost, refused or late.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::carry::{Halt, Hand, Log, Made, Stop};
use super::look::Look;
use super::sent::{Sent, token};
use crate::rest::{Client, Clock, Exchange, Failure, FailureKind, Reply, Request};

/// What the next requests that change something come to, and what is there.
#[derive(Default)]
struct Jira {
    objects: BTreeMap<String, Value>,
    faults: Vec<Fault>,
    /// The states of the task that the next change starts, the last first.
    task: Vec<&'static str>,
    asked: Vec<String>,
}

#[derive(Clone, Copy)]
enum Fault {
    /// It is done, and the answer is lost.
    AfterActing(FailureKind),
    /// It is not done, and nobody says so.
    BeforeActing(FailureKind),
    Refused,
}

/// A Jira that holds objects by their paths; what is posted to a list gets the next id.
struct Wire(Mutex<Jira>);

impl Exchange for Wire {
    fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let mut jira = self.0.lock().unwrap();
        jira.asked.push(request.to_string());
        let reply = |status, body: Value| {
            let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
            Ok(Reply { status, body, location: None })
        };
        let failed = |kind| Err(Failure::new(kind, None, request, "told"));
        if request.is_reading() {
            if request.path.contains("/task/") {
                let status = jira.task.pop().unwrap_or("COMPLETE");
                return reply(200, json!({ "status": status }));
            }
            if let Some(own) = jira.objects.get(&request.path) {
                return reply(200, own.clone());
            }
            let below = format!("{}/", request.path);
            let items: Vec<&Value> = jira
                .objects
                .iter()
                .filter(|(path, _)| path.starts_with(&below))
                .map(|(_, own)| own)
                .collect();
            return match items.is_empty() && request.path.matches('/').count() > 1 {
                true => failed(FailureKind::NotFound),
                false => reply(200, json!({ "values": items, "isLast": true })),
            };
        }
        let fault = jira.faults.pop();
        match fault {
            Some(Fault::Refused) => return failed(FailureKind::Refused),
            Some(Fault::BeforeActing(kind)) => return failed(kind),
            _ => {}
        }
        let mut answer = Value::Null;
        match request.method {
            crate::rest::Method::Post => {
                let mut made = request.body.clone().unwrap();
                let id = (jira.objects.len() + 1).to_string();
                made["id"] = json!(id);
                answer = json!({ "id": id });
                jira.objects.insert(format!("{}/{id}", request.path), made);
            }
            crate::rest::Method::Put => {
                let body = request.body.clone().unwrap();
                jira.objects.insert(request.path.clone(), body);
            }
            _ => drop(jira.objects.remove(&request.path)),
        }
        match fault {
            Some(Fault::AfterActing(kind)) => failed(kind),
            _ if !jira.task.is_empty() => reply(202, json!({ "taskId": "7" })),
            _ => reply(200, answer),
        }
    }
}

struct Still(RefCell<u32>);

impl Clock for Quick {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) {}

    fn chance(&self) -> f64 {
        0.0
    }
}

/// A clock that waits for nothing.
pub(super) struct Quick;

impl Log for Still {
    type Fault = ();

    fn sends(&mut self) -> Result<(), ()> {
        *self.0.borrow_mut() += 1;
        Ok(())
    }

    fn started(&mut self, _: &str) -> Result<(), ()> {
        Ok(())
    }
}

/// Makes a request of a Jira; returns what came of it, and the Jira.
fn made(jira: Jira, sent: &Sent, was_sent: bool) -> (Result<Made, Halt>, Jira) {
    let wire = Arc::new(Wire(Mutex::new(jira)));
    let client = Client::new(Arc::clone(&wire) as Arc<dyn Exchange>);
    let changer = client.changer();
    let hand = Hand { client: &client, changer: &changer, clock: &Quick, api: "/api" };
    let result = hand.make(sent, (was_sent, None), &BTreeMap::new(), &mut Still(RefCell::new(0)));
    let result = result.map_err(|stop| match stop {
        Stop::Halt(halt) => halt,
        Stop::Log(()) => unreachable!("it can always be written down"),
    });
    drop((changer, client));
    (result, Arc::into_inner(wire).unwrap().0.into_inner().unwrap())
}

const LOST: [FailureKind; 4] =
    [FailureKind::Cut, FailureKind::Timeout, FailureKind::Server, FailureKind::Connection];

fn creation() -> Sent {
    let look =
        Look::at("/role", Value::Null, json!({ "name": "A" })).among("/values", &[("name", json!("A"))]);
    Sent::post("/role", json!({ "name": "A" })).seen_by(look.in_doubt()).binding(&token("role", "A"), "/id")
}

/// What is created is there once, whatever becomes of the answer, and its id is known.
#[test]
fn a_creation_whose_answer_is_lost_is_looked_for_and_never_repeated_blindly() {
    for kind in LOST {
        for fault in [Fault::AfterActing(kind), Fault::BeforeActing(kind)] {
            let jira = Jira { faults: vec![fault], ..Jira::default() };
            let (result, jira) = made(jira, &creation(), false);
            assert_eq!(result.unwrap().ids.values().collect::<Vec<_>>(), ["1"]);
            assert_eq!(jira.objects.len(), 1, "{:?}", jira.asked);
        }
        // Nobody answers at all: it is in doubt, and nothing is there twice.
        let faults = vec![Fault::BeforeActing(kind), Fault::BeforeActing(kind)];
        let (result, jira) = made(Jira { faults, ..Jira::default() }, &creation(), false);
        assert!(matches!(result, Err(Halt::Doubtful(_))), "{result:?}");
        assert_eq!(jira.objects.len(), 0);
    }
    // The process was killed between sending and the answer.
    let mut jira = Jira::default();
    jira.objects.insert("/role/9".to_owned(), json!({ "id": "9", "name": "A" }));
    let (result, jira) = made(jira, &creation(), true);
    assert_eq!(result.unwrap().ids.values().collect::<Vec<_>>(), ["9"]);
    assert_eq!(jira.objects.len(), 1);
}

fn change() -> Sent {
    let (from, to) = (json!({ "name": "A" }), json!({ "name": "B" }));
    Sent::put("/role/1", to.clone()).seen_by(Look::at("/role/1", from, to))
}

fn with(name: &str, faults: Vec<Fault>) -> Jira {
    let objects = BTreeMap::from([("/role/1".to_owned(), json!({ "name": name }))]);
    Jira { objects, faults, ..Jira::default() }
}

#[test]
fn what_somebody_has_changed_is_not_overwritten() {
    let (result, jira) = made(with("C", Vec::new()), &change(), false);
    assert!(matches!(result, Err(Halt::Changed { .. })), "{result:?}");
    assert_eq!(jira.asked, ["GET /role/1"]);
    // Somebody has made the same change.
    let (result, jira) = made(with("B", Vec::new()), &change(), false);
    assert!(result.is_ok() && jira.asked == ["GET /role/1"], "{result:?}");
    let (result, jira) = made(with("A", Vec::new()), &change(), false);
    assert!(result.is_ok() && jira.objects["/role/1"] == json!({ "name": "B" }));
    assert_eq!(jira.asked, ["GET /role/1", "PUT /role/1"]);
}

#[test]
fn a_change_whose_answer_is_lost_is_looked_at() {
    for kind in LOST {
        let (result, jira) = made(with("A", vec![Fault::AfterActing(kind)]), &change(), false);
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(jira.asked, ["GET /role/1", "PUT /role/1", "GET /role/1"]);
        let (result, jira) = made(with("A", vec![Fault::BeforeActing(kind)]), &change(), false);
        assert!(result.is_ok() && jira.objects["/role/1"] == json!({ "name": "B" }), "{result:?}");
    }
    let (result, jira) = made(with("A", vec![Fault::Refused]), &change(), false);
    assert!(matches!(result, Err(Halt::Failed(_))), "{result:?}");
    assert_eq!(jira.asked.len(), 2, "what is refused is not sent again");
}

#[test]
fn a_task_is_waited_for_and_its_failure_is_one() {
    for (task, is_done) in [
        (vec!["COMPLETE", "RUNNING", "ENQUEUED"], true),
        (vec!["FAILED", "RUNNING"], false),
        (vec!["DEAD"], false),
        (vec!["CANCELLED"], false),
    ] {
        let (result, jira) = made(Jira { task, ..with("A", Vec::new()) }, &change(), false);
        assert_eq!(result.is_ok(), is_done, "{result:?} {:?}", jira.asked);
        assert!(jira.task.is_empty());
    }
}

#[test]
fn what_refers_to_nothing_is_not_sent() {
    let sent = Sent::put("/role/1", json!({ "users": [token("user", "ada")] }));
    let (result, jira) = made(Jira::default(), &sent, false);
    assert!(matches!(result, Err(Halt::Unresolved(name)) if name == "user/ada"));
    assert_eq!(jira.asked, [""; 0]);
}
