//! The one gate through which all requests go: how many at once, what is tried again, and how long is waited.
//!
//! Invariants: a wait is never shorter than the server asks for, and all wait for it; only what reads, or what the server says that it has
//! not done, is tried again; tries and waits are bounded; after an answer that no other request can change, none is sent.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::client::{Exchange, MOST, Reply};
use super::wire::{Answer, Clock, Wire};
use super::{Failure, FailureKind, Request, meaning};

/// How many requests are on their way at once, to begin with.
const FIRST: usize = 4;

/// After so many good answers in a row there may be one more at once.
const GOOD: usize = 20;

/// The shortest wait that a server is asked for; `Retry-After: 0` happens and is no invitation (jira-python#1805).
const SHORTEST: Duration = Duration::from_secs(1);

/// How often a request is sent that is answered by 429.
const TRIES: u32 = 10;

/// How long is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For one answer that says how long.
    pub one: Duration,
    /// For everything together.
    pub all: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { one: Duration::from_secs(60), all: Duration::from_secs(300) }
    }
}

/// What happens, for those who want to see it.
#[derive(Debug)]
pub enum Event<'a> {
    /// A request was answered, or not.
    Sent {
        /// What was asked.
        request: &'a Request,
        /// What came of it.
        outcome: Result<&'a Reply, &'a Failure>,
        /// How long it took.
        time: Duration,
        /// How long ago the first request was sent.
        since: Duration,
    },
    /// It is known how many requests are to come, at least.
    Foretold {
        /// What takes them.
        shares: &'a [Share],
        /// Whether that is everything that there is.
        is_all: bool,
    },
    /// All requests wait.
    Waits {
        /// How long.
        time: Duration,
        /// By how much that is longer than they wait already.
        added: Duration,
        /// Why.
        why: &'a Failure,
    },
}

/// What some objects take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// What each of them is, in words.
    pub what: String,
    /// How many objects.
    pub objects: usize,
    /// How many requests, at least.
    pub requests: usize,
}

/// Is told what happens.
pub type Watch = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// What it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// How many requests were sent, those that were sent again among them.
    pub requests: usize,
    /// How often was waited because the server wanted that, or failed.
    pub waits: usize,
    /// How long, in all.
    pub waited: Duration,
    /// How long it took from the first request to the last answer.
    pub time: Duration,
}

#[derive(Debug)]
struct State {
    flying: usize,
    allowed: usize,
    good: usize,
    /// Before that nothing is sent.
    not_before: Duration,
    summary: Summary,
    begun: Option<Duration>,
    /// Whether anything was answered so far.
    answered: bool,
    closed: Option<Failure>,
}

/// The gate.
pub struct Gate {
    wire: Box<dyn Wire>,
    clock: Arc<dyn Clock>,
    patience: Patience,
    watch: Option<Watch>,
    state: Mutex<State>,
    room: Condvar,
}

impl fmt::Debug for Gate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Gate").field("state", &self.state).finish_non_exhaustive()
    }
}

/// How often a request was sent in vain, by reason.
#[derive(Debug, Default)]
struct Tries {
    limited: u32,
    failed: u32,
}

impl Gate {
    /// Returns a gate in front of what sends.
    pub fn new(wire: Box<dyn Wire>, clock: Arc<dyn Clock>, patience: Patience) -> Self {
        let state = State {
            flying: 0,
            allowed: FIRST,
            good: 0,
            not_before: Duration::ZERO,
            summary: Summary::default(),
            begun: None,
            answered: false,
            closed: None,
        };
        Self { wire, clock, patience, watch: None, state: Mutex::new(state), room: Condvar::new() }
    }

    /// Says who is told what happens.
    #[must_use]
    pub fn watched(mut self, watch: Option<Watch>) -> Self {
        self.watch = watch;
        self
    }

    /// Returns what it took so far.
    pub fn summary(&self) -> Summary {
        self.state().summary
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request may be sent.
    fn enter(&self) -> Result<(), Failure> {
        let mut state = self.state();
        loop {
            if let Some(failure) = &state.closed {
                return Err(failure.clone());
            }
            let now = self.clock.now();
            if now < state.not_before {
                let rest = state.not_before - now;
                drop(state);
                self.clock.sleep(rest);
                state = self.state();
            } else if state.flying >= state.allowed {
                state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                state.flying += 1;
                state.summary.requests += 1;
                state.begun.get_or_insert(now);
                return Ok(());
            }
        }
    }

    /// Gives up the place of a request; returns how long ago the first one was sent.
    fn leave(&self, outcome: Result<(), &Failure>) -> Duration {
        let mut state = self.state();
        state.flying -= 1;
        let since = self.clock.now().saturating_sub(state.begun.unwrap_or_default());
        state.summary.time = since;
        match outcome {
            Ok(()) => {
                state.good += 1;
                if state.good >= GOOD && state.allowed < MOST {
                    state.allowed += 1;
                    state.good = 0;
                }
            }
            Err(failure) => {
                state.good = 0;
                if failure.kind == FailureKind::Limited {
                    state.allowed = (state.allowed / 2).max(1);
                }
            }
        }
        drop(state);
        self.room.notify_all();
        since
    }

    /// Sends a request once.
    fn send(&self, request: &Request) -> Result<Reply, (Failure, Option<Duration>)> {
        self.enter().map_err(|failure| (failure, None))?;
        let begun = self.clock.now();
        let (outcome, wanted) = match self.wire.send(request) {
            Ok(answer) => {
                self.state().answered = true;
                let wanted = retry_after(&answer);
                (meaning::of(request, answer), wanted)
            }
            Err(broken) => (Err(Failure::new(broken.kind, None, request, broken.detail)), None),
        };
        let outcome =
            outcome.map_err(|failure| Failure { detail: self.wire.hide(failure.detail), ..failure });
        let since = self.leave(outcome.as_ref().map(|_| ()));
        let time = self.clock.now().saturating_sub(begun);
        self.tell(&Event::Sent { request, outcome: outcome.as_ref(), time, since });
        outcome.map_err(|failure| (failure, wanted))
    }

    fn tell(&self, event: &Event<'_>) {
        if let Some(watch) = &self.watch {
            watch(event);
        }
    }

    /// Returns how long to wait before a request is sent again; `None` if it is not.
    fn pause(
        &self,
        request: &Request,
        failure: &Failure,
        wanted: Option<Duration>,
        tries: &mut Tries,
    ) -> Option<Duration> {
        let number = match failure.kind {
            // It was not done, whatever it was.
            FailureKind::Limited => {
                tries.limited += 1;
                (tries.limited < TRIES).then_some(tries.limited)?
            }
            // Where nobody has answered yet, nobody is going to.
            FailureKind::Nobody if !self.state().answered => return None,
            _ => {
                let most = if request.is_reading() { repeats(failure) } else { 0 };
                tries.failed += 1;
                (tries.failed <= most).then_some(tries.failed)?
            }
        };
        // A server that asks for nothing may be there again at once.
        let first = if failure.status.is_some() { SHORTEST } else { SHORTEST / 4 };
        let own = first * 2_u32.saturating_pow(number - 1).min(32);
        // More than was asked for, never less.
        Some(own.max(wanted.unwrap_or_default()).mul_f64(1.0 + self.clock.chance() / 4.0))
    }

    /// Lets all wait, if there is patience enough.
    fn wait(&self, failure: &Failure, pause: Duration, wanted: Option<Duration>) -> Result<(), Failure> {
        let mut state = self.state();
        let until = self.clock.now() + pause;
        let more = until.saturating_sub(state.not_before.max(self.clock.now()));
        if wanted.is_some_and(|wanted| wanted > self.patience.one) {
            let (wanted, most) = (wanted.unwrap_or_default().as_secs(), self.patience.one.as_secs());
            return Err(given_up(
                failure,
                &format!("the server asks to wait {wanted} s, but pcfg waits at most {most} s"),
            ));
        }
        if state.summary.waited + more > self.patience.all {
            let waited = state.summary.waited.as_secs();
            return Err(given_up(failure, &format!("pcfg has waited {waited} s in total")));
        }
        if more > Duration::ZERO {
            state.not_before = until;
            state.summary.waits += 1;
            state.summary.waited += more;
            drop(state);
            self.tell(&Event::Waits { time: pause, added: more, why: failure });
        }
        Ok(())
    }
}

impl Exchange for Gate {
    fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let mut tries = Tries::default();
        loop {
            let (failure, wanted) = match self.send(request) {
                Ok(reply) => return Ok(reply),
                Err(failed) => failed,
            };
            let waits = match self.pause(request, &failure, wanted, &mut tries) {
                Some(pause) => self.wait(&failure, pause, wanted),
                None => Err(failure),
            };
            if let Err(failure) = waits {
                if failure.kind.ends_the_run() {
                    self.state().closed.get_or_insert_with(|| failure.clone());
                    self.room.notify_all();
                }
                return Err(failure);
            }
        }
    }
}

/// Returns the failure of somebody whose patience has ended.
fn given_up(failure: &Failure, why: &str) -> Failure {
    let detail = match failure.detail.is_empty() {
        true => why.to_owned(),
        false => format!("{}; {why}", failure.detail),
    };
    Failure { detail, ..failure.clone() }
}

/// Returns how often a request that reads is sent again after a failure.
fn repeats(failure: &Failure) -> u32 {
    match failure.kind {
        FailureKind::Server if failure.status == Some(500) => 2,
        FailureKind::Server | FailureKind::Connection | FailureKind::Nobody | FailureKind::Cut => 3,
        FailureKind::Timeout | FailureKind::Malformed => 1,
        // The edge of Atlassian answers so now and then.
        FailureKind::Page if failure.status == Some(403) => 2,
        _ => 0,
    }
}

/// Returns how long the server wants nothing to be asked, in seconds (RFC 9110, section 10.2.3); dates are not sent by Jira.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let seconds = answer.header("retry-after")?.trim().parse::<u64>().ok()?;
    matches!(answer.status, 429 | 503).then(|| Duration::from_secs(seconds))
}
