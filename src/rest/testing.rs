//! A server without a network, and a clock without time, for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::client::{Exchange, Reply};
use super::wire::{Answer, Broken, Clock, Wire};
use super::{Failure, FailureKind, Request};

/// A clock that moves only when somebody sleeps.
#[derive(Debug, Default, Clone)]
pub(super) struct Fake(Arc<Mutex<Duration>>);

impl Clock for Fake {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

/// Answers one behind the other as written down; the last one for ever.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    answers: Arc<Mutex<VecDeque<Result<Answer, Broken>>>>,
    pub(super) sent: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub(super) fn new(answers: impl IntoIterator<Item = Result<Answer, Broken>>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), sent: Arc::default() }
    }

    pub(super) fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

impl Wire for Script {
    fn send(&self, request: &Request) -> Result<Answer, Broken> {
        self.sent.lock().unwrap().push(request.to_string());
        let mut answers = self.answers.lock().unwrap();
        match answers.len() {
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        }
    }
}

/// Returns an answer in JSON.
pub(super) fn json(status: u16, body: &str) -> Result<Answer, Broken> {
    answer(status, &[("content-type", "application/json;charset=UTF-8")], body)
}

/// Returns an answer.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Answer, Broken> {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ok(Answer { status, headers, body: body.as_bytes().to_vec() })
}

/// Returns what happens when nothing comes.
pub(super) fn broken(kind: FailureKind) -> Result<Answer, Broken> {
    Err(Broken { kind, detail: String::new() })
}

/// Makes a reply of a request, and counts.
pub(super) struct Pages<F> {
    make: F,
    pub(super) count: Arc<Mutex<usize>>,
}

impl<F: Fn(&Request, usize) -> Value + Sync + Send> Pages<F> {
    pub(super) fn new(make: F) -> Self {
        Self { make, count: Arc::default() }
    }
}

impl<F: Fn(&Request, usize) -> Value + Sync + Send> Exchange for Pages<F> {
    fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let mut count = self.count.lock().unwrap();
        *count += 1;
        Ok(Reply { status: 200, body: (self.make)(request, *count).to_string().into_bytes(), location: None })
    }
}
