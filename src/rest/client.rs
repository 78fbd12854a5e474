//! Asking, and understanding what is answered; and changing.
//!
//! Invariant: results come in the order of what was asked, however many requests are on their way at once.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use super::{Failure, FailureKind, Question, Request};

/// How many requests are on their way at once, at most; what lies behind may allow fewer.
pub(super) const MOST: usize = 8;

/// What was answered to a request that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The status: 200 to 299.
    pub status: u16,
    /// The body; JSON, or nothing.
    pub body: Vec<u8>,
    /// Where a task is that goes on after the answer.
    pub location: Option<String>,
}

/// Something that answers requests: a Jira, the record of one, or a test.
pub trait Exchange: Sync + Send {
    /// Answers a request. All that was to be waited for and tried again has been.
    fn exchange(&self, request: &Request) -> Result<Reply, Failure>;
}

/// Asks a Jira. It takes questions alone; to change something takes a [`Changer`].
pub struct Client {
    exchange: Arc<dyn Exchange>,
    oddities: Mutex<Vec<String>>,
    /// How many bytes of replies were taken.
    taken: AtomicU64,
    most: Most,
    at_once: usize,
}

/// Changes a Jira: the only thing in pcfg that can.
pub struct Changer {
    exchange: Arc<dyn Exchange>,
}

impl std::fmt::Debug for Changer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Changer").finish_non_exhaustive()
    }
}

impl Changer {
    /// Sends a request that changes something. It is sent again only if Jira says that it was not even looked at.
    pub fn change(&self, request: &Request) -> Result<Reply, Failure> {
        self.exchange.exchange(request)
    }
}

/// How many bytes may be taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    /// Of all replies together: a site of 200,000 users is told in a tenth of it.
    pub(super) all: u64,
    /// Of all pages of a list: its items take several times as much memory until they are understood.
    pub(super) list: u64,
}

impl Default for Most {
    fn default() -> Self {
        Self { all: 2 << 30, list: 256 << 20 }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// Returns a client of what answers.
    pub fn new(exchange: Arc<dyn Exchange>) -> Self {
        let (oddities, taken, most) = (Mutex::default(), AtomicU64::new(0), Most::default());
        Self { exchange, oddities, taken, most, at_once: MOST }
    }

    /// Says how many requests are on their way at once, at most; never more than [`MOST`].
    pub(super) fn going(self, at_once: usize) -> Self {
        Self { at_once: at_once.clamp(1, MOST), ..self }
    }

    /// Returns how many requests are on their way at once, at most.
    pub fn at_once(&self) -> usize {
        self.at_once
    }

    /// Returns another client of the same.
    pub fn twin(&self) -> Self {
        Self { most: self.most, at_once: self.at_once, ..Self::new(Arc::clone(&self.exchange)) }
    }

    /// Returns what changes the Jira that this asks.
    pub fn changer(&self) -> Changer {
        Changer { exchange: Arc::clone(&self.exchange) }
    }

    /// Returns a client that takes no more than so much.
    #[cfg(test)]
    pub(super) fn with_most(exchange: Arc<dyn Exchange>, most: Most) -> Self {
        Self { most, ..Self::new(exchange) }
    }

    /// Returns how much it takes.
    pub(super) fn most(&self) -> Most {
        self.most
    }

    /// Asks, and understands the answer.
    pub fn ask<T: DeserializeOwned>(&self, request: &Question) -> Result<T, Failure> {
        self.ask_measured(request).map(|(answer, _)| answer)
    }

    /// Asks, and understands the answer; returns also how many bytes it has.
    pub(super) fn ask_measured<T: DeserializeOwned>(&self, request: &Question) -> Result<(T, u64), Failure> {
        let reply = self.exchange.exchange(request)?;
        let bytes = reply.body.len() as u64;
        if self.taken.fetch_add(bytes, Ordering::Relaxed) + bytes > self.most.all {
            let why = format!("all replies together have more than {} MiB", self.most.all >> 20);
            return Err(Failure::new(FailureKind::TooLarge, None, request, why));
        }
        let answer = serde_json::from_slice(&reply.body);
        let answer =
            answer.map_err(|error| Failure::new(FailureKind::Malformed, None, request, error.to_string()))?;
        Ok((answer, bytes))
    }

    /// Reads a file into that which the question names.
    pub fn download(&self, request: &Question) -> Result<(), Failure> {
        self.exchange.exchange(request).map(drop)
    }

    /// Asks all, several at a time; the answers are in the order of the requests.
    pub fn ask_all<T: DeserializeOwned + Send>(&self, requests: &[Question]) -> Vec<Result<T, Failure>> {
        self.each(requests, |request| self.ask(request))
    }

    /// Does something for each item that asks this client, for several at a time; the results are in the order of the items.
    pub fn each<I: Sync, R: Send>(&self, items: &[I], work: impl Fn(&I) -> R + Sync) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
        let run = || {
            while let Some((number, item)) = {
                let number = next.fetch_add(1, Ordering::Relaxed);
                items.get(number).map(|item| (number, item))
            } {
                let result = work(item);
                results.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.at_once.min(items.len()) {
                scope.spawn(run);
            }
            run();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_unstable_by_key(|(number, _)| *number);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Remembers something that is odd about the answers, for the user.
    pub(super) fn note(&self, oddity: String) {
        self.oddities.lock().unwrap_or_else(PoisonError::into_inner).push(oddity);
    }

    /// Returns what is odd about the answers, one sentence each, in the order of the sentences.
    pub fn oddities(&self) -> Vec<String> {
        let mut oddities = self.oddities.lock().unwrap_or_else(PoisonError::into_inner).clone();
        oddities.sort();
        oddities.dedup();
        oddities
    }
}
