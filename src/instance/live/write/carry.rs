//! Sends requests one after the other, and finds out what became of those whose answer was lost.
//!
//! Invariants: a request is in the journal before it is sent and after it was answered; none is sent whose object is not as the plan
//! saw it; one that may have been done is looked for before it is sent again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::judge::objections;
use super::look::{Look, State};
use super::sent::Sent;
use crate::rest::{Changer, Client, Clock, Failure, FailureKind, Question, Reply, Request};

/// How often a look is repeated that does not show what was done a moment ago: lists of Jira Cloud lag behind.
const LOOKS: u32 = 6;

/// The first wait between two looks; each is longer than the one before by [`GROWTH`].
const FIRST: Duration = Duration::from_millis(500);
const GROWTH: f64 = 1.8;

/// How often a task is asked about, at most: with the longest wait that is more than a day.
const POLLS: u32 = 20_000;
const LONGEST: Duration = Duration::from_secs(5);

/// Items of a page of a list in which something is looked for.
const PAGE: usize = 100;

/// Items of a list of which each goes, at most.
const ITEMS: usize = 1_000;

/// Pages in which something is looked for, at most.
const PAGES: usize = 1_000;

/// Why a request was not made.
#[derive(Debug)]
pub(in crate::instance) enum Halt {
    /// What it would change is not as the plan saw it.
    Changed {
        /// What was found.
        found: Value,
    },
    /// What it would take away is in use.
    InUse {
        /// What was found.
        found: Value,
    },
    /// Jira refuses, or cannot be asked; whether the request was done is known: it was not.
    Failed(Failure),
    /// Nobody knows whether it was done.
    Doubtful(Failure),
    /// What it refers to was never created.
    Unresolved(String),
    /// The task that it started failed.
    Task { id: String, why: String },
}

impl Halt {
    /// Returns whether it is known that the request was not done.
    pub(in crate::instance) fn is_undone(&self) -> bool {
        !matches!(self, Self::Doubtful(_) | Self::Task { .. })
    }
}

/// What came of a request.
#[derive(Debug, Default)]
pub(in crate::instance) struct Made {
    /// The ids that it has told, by what stands for them.
    pub(in crate::instance) ids: BTreeMap<String, String>,
    /// Whether only a part of it was done.
    pub(in crate::instance) is_partial: bool,
}

/// Where what happens is written down.
pub(in crate::instance) trait Log {
    /// Why it cannot be.
    type Fault;

    /// Writes down that a request is about to be sent.
    fn sends(&mut self) -> Result<(), Self::Fault>;

    /// Writes down that it has started a task, which goes on whatever becomes of this process.
    fn started(&mut self, task: &str) -> Result<(), Self::Fault>;
}

/// What is needed to carry out requests.
pub(in crate::instance) struct Hand<'h> {
    pub(in crate::instance) client: &'h Client,
    pub(in crate::instance) changer: &'h Changer,
    pub(in crate::instance) clock: &'h dyn Clock,
    pub(in crate::instance) api: &'static str,
}

/// Why a request was not made, or not written down.
pub(in crate::instance) enum Stop<F> {
    Halt(Halt),
    Log(F),
}

impl<F> From<Halt> for Stop<F> {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl Hand<'_> {
    /// Makes a request, if it was not made before; `was_sent` says that it may have been, and `task` which task it has started.
    pub(in crate::instance) fn make<L: Log>(
        &self,
        sent: &Sent,
        (was_sent, task): (bool, Option<&str>),
        ids: &BTreeMap<String, String>,
        log: &mut L,
    ) -> Result<Made, Stop<L::Fault>> {
        // What names what this run makes could not be judged before it was made.
        let is_unjudged = sent.validation.is_some() && sent.unresolved().is_some();
        let sent = sent.resolved(ids);
        if sent.is_nothing() && sent.look.is_none() {
            return Ok(Made::default());
        }
        if let Some(name) = sent.unresolved() {
            return Err(Halt::Unresolved(name).into());
        }
        // Only looked for, because a reply has not told its id.
        if sent.is_nothing() {
            return Ok(self.found(&sent, None)?);
        }
        if let Some(task) = task
            && self.wait_for(&sent, task)?.is_empty()
        {
            return Ok(self.found(&sent, None)?);
        }
        let mut sent = sent;
        let look = sent.look.as_ref().filter(|look| was_sent || !look.only_in_doubt);
        if let Some(look) = look {
            let found = self.look(look).map_err(Halt::Failed)?;
            match look.judge(found.clone()) {
                State::Before => sent = sent.as_found(&found),
                // What looks alike before and afterwards says nothing: an empty text is as good as none there.
                State::Done(_) if !was_sent && !look.tells() => {}
                State::Done(found) if !was_sent && look.by_version => {
                    return Err(Halt::Changed { found }.into());
                }
                State::Done(found) => return Ok(bound(&sent, &found)),
                // It says how all of it is to be.
                State::Partly => {}
                State::Other(found) => return Err(Halt::Changed { found }.into()),
            }
        } else if was_sent && sent.look.is_none() && !sent.is_repeatable() {
            return Err(Halt::Doubtful(never_answered()).into());
        }
        if let Some(only_if) = &sent.only_if {
            let found = self.look(only_if).map_err(Halt::Failed)?;
            if only_if.judge(found.clone()) != State::Before {
                return Err(Halt::InUse { found }.into());
            }
        }
        if is_unjudged {
            self.validate(&sent, &BTreeMap::new())?;
        }
        log.sends().map_err(Stop::Log)?;
        if let Some(list) = &sent.until_none {
            return Ok(self.sweep(&sent, list)?);
        }
        match self.changer.change(&sent.request()) {
            Ok(reply) => self.answered(&sent, &reply, log),
            Err(failure) if is_doubtful(failure.kind) => self.look_again(&sent, failure, log),
            Err(failure) => Err(Halt::Failed(failure).into()),
        }
    }

    /// Sends a request for each item of a list, until there is none any more: whoever has lost an answer looks at what is left.
    fn sweep(&self, sent: &Sent, list: &Look) -> Result<Made, Halt> {
        let mut last = None;
        for _ in 0..ITEMS {
            let found = self.look(list).map_err(Halt::Failed)?;
            let id = match &found["id"] {
                _ if found.is_null() => return Ok(Made::default()),
                Value::String(id) => id.clone(),
                id => id.to_string(),
            };
            match self.changer.change(&sent.of_item(&id).request()) {
                Ok(_) => {}
                Err(failure) if is_doubtful(failure.kind) && last.as_ref() != Some(&id) => {}
                Err(failure) => return Err(Halt::Failed(failure)),
            }
            last = Some(id);
        }
        Err(Halt::Unresolved(format!("the end of {}", list.path)))
    }

    /// Says what came of a request that was answered: nobody knows how much was done of one of which a part failed.
    fn answered<L: Log>(&self, sent: &Sent, reply: &Reply, log: &mut L) -> Result<Made, Stop<L::Fault>> {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        if let Some(task) = task_of(reply.status, reply.location.as_deref(), &body) {
            log.started(&task).map_err(Stop::Log)?;
            let failed = self.wait_for(sent, &task)?;
            if failed.is_empty() {
                return Ok(self.found(sent, None)?);
            }
            return Err(Halt::Doubtful(in_part(sent, reply.status, &failed)).into());
        }
        let failed = failed_items(&body);
        if !failed.is_empty() {
            return Err(Halt::Doubtful(in_part(sent, reply.status, &failed)).into());
        }
        Ok(self.found(sent, Some(&body))?)
    }

    /// Finds out whether a request was done that may have been sent; nothing if it was not.
    pub(in crate::instance) fn find_out(
        &self,
        sent: &Sent,
        task: Option<&str>,
        ids: &BTreeMap<String, String>,
    ) -> Result<Option<Made>, Halt> {
        let sent = sent.resolved(ids);
        if let Some(task) = task
            && self.wait_for(&sent, task)?.is_empty()
        {
            return self.found(&sent, None).map(Some);
        }
        match &sent.look {
            // What says how something is to be may be taken back whether it was done or not.
            None if sent.is_repeatable() => Ok(Some(Made::default())),
            None => Err(Halt::Doubtful(never_answered())),
            Some(look) => match self.look_until_done(look)? {
                State::Done(found) => Ok(Some(bound(&sent, &found))),
                State::Before => Ok(None),
                State::Partly => Ok(Some(Made { is_partial: true, ..Made::default() })),
                State::Other(found) => Err(Halt::Changed { found }),
            },
        }
    }

    /// Finds out whether a request was done whose answer was lost; if it was not, it is sent once more.
    fn look_again<L: Log>(&self, sent: &Sent, failure: Failure, log: &mut L) -> Result<Made, Stop<L::Fault>> {
        let Some(look) = &sent.look else {
            if !sent.is_repeatable() {
                return Err(Halt::Doubtful(failure).into());
            }
            return match self.changer.change(&sent.request()) {
                Ok(reply) => self.answered(sent, &reply, log),
                Err(again) if is_doubtful(again.kind) => Err(Halt::Doubtful(again).into()),
                Err(again) => Err(Halt::Failed(again).into()),
            };
        };
        match self.look_until_done(look)? {
            State::Done(found) => Ok(bound(sent, &found)),
            State::Other(found) => Err(Halt::Changed { found }.into()),
            State::Before | State::Partly => match self.changer.change(&sent.request()) {
                Ok(reply) => self.answered(sent, &reply, log),
                Err(again) if is_doubtful(again.kind) => match self.look_until_done(look)? {
                    State::Done(found) => Ok(bound(sent, &found)),
                    State::Before | State::Partly | State::Other(_) => Err(Halt::Doubtful(again).into()),
                },
                Err(again) => Err(Halt::Failed(again).into()),
            },
        }
    }

    /// Returns the ids that a reply tells; one that tells none is followed by a look.
    fn found(&self, sent: &Sent, body: Option<&Value>) -> Result<Made, Halt> {
        if sent.binds.is_empty() {
            return Ok(Made::default());
        }
        if let Some(body) = body {
            let made = bound(sent, body);
            if made.ids.len() == sent.binds.len() {
                return Ok(made);
            }
        }
        let Some(look) = &sent.look else { return Ok(Made::default()) };
        match self.look_until_done(look)? {
            State::Done(found) => Ok(bound(sent, &found)),
            State::Before | State::Partly | State::Other(_) => {
                Err(Halt::Unresolved(sent.binds[0].token.clone()))
            }
        }
    }

    fn look_until_done(&self, look: &Look) -> Result<State, Halt> {
        let mut wait = FIRST;
        for _ in 1..LOOKS {
            match look.judge(self.look(look).map_err(Halt::Failed)?) {
                State::Before | State::Partly => self.clock.sleep(wait),
                state => return Ok(state),
            }
            wait = wait.mul_f64(GROWTH);
        }
        Ok(look.judge(self.look(look).map_err(Halt::Failed)?))
    }

    /// Asks Jira what is wrong with a request, where it tells that.
    pub(in crate::instance) fn validate(
        &self,
        sent: &Sent,
        ids: &BTreeMap<String, String>,
    ) -> Result<(), Halt> {
        let sent = sent.resolved(ids);
        let texts = objections(self.client, &sent).map_err(Halt::Failed)?;
        match texts.is_empty() {
            true => Ok(()),
            false => {
                let why = Failure::new(FailureKind::Refused, None, &sent.request(), texts.join("; "));
                Err(Halt::Failed(why))
            }
        }
    }

    /// Looks at how something is; null is nothing.
    fn look(&self, look: &Look) -> Result<Value, Failure> {
        let asked = match &look.body {
            None => Some(Request::get(&look.path)),
            Some(body) => Question::of(Request::post(&look.path, body.clone())),
        };
        let Some(asked) = asked else { return Ok(Value::Null) };
        let question = look.query.iter().fold(asked, |own, (name, value)| own.with(name, value));
        let Some(among) = &look.among else {
            return match self.client.ask::<Value>(&question) {
                Err(failure) if failure.kind == FailureKind::NotFound => Ok(Value::Null),
                answer => answer,
            };
        };
        if !among.paged {
            let reply: Value = match self.client.ask(&question) {
                Err(failure) if failure.kind == FailureKind::NotFound => return Ok(Value::Null),
                answer => answer?,
            };
            return Ok(if among.whole { among.all(&reply) } else { among.pick(&reply) });
        }
        let (mut start, mut all) = (0, Vec::new());
        for _ in 0..PAGES {
            let page: Question = question.clone().with("startAt", start).with("maxResults", PAGE);
            let reply: Value = self.client.ask(&page)?;
            let items = reply.pointer(&among.list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            if among.whole {
                all.extend_from_slice(items);
            } else {
                let found = among.pick(&reply);
                if !found.is_null() {
                    return Ok(found);
                }
            }
            if items.is_empty() || reply["isLast"] == Value::Bool(true) {
                break;
            }
            start += items.len();
        }
        Ok(if among.whole { all.into() } else { Value::Null })
    }

    /// Waits until a task has ended; returns what it has not done of what it could do in part: with issues, each for itself.
    fn wait_for(&self, sent: &Sent, task: &str) -> Result<Vec<String>, Halt> {
        let queue = if sent.is_about_issues() { "bulk/queue" } else { "task" };
        let question = Request::get(format!("{}/{queue}/{}", self.api, crate::rest::segment(task)));
        let failed = |why: String| Halt::Task { id: task.to_owned(), why };
        let mut wait = FIRST;
        for _ in 0..POLLS {
            let told: Value = self.client.ask(&question).map_err(Halt::Failed)?;
            match told["status"].as_str() {
                Some("COMPLETE") if sent.is_about_issues() => return Ok(failed_issues(&told)),
                Some("COMPLETE") => {
                    let items = failed_items(&told["result"]);
                    return if items.is_empty() { Ok(items) } else { Err(failed(items.join("; "))) };
                }
                Some("ENQUEUED" | "RUNNING" | "CANCEL_REQUESTED") => self.clock.sleep(wait),
                other => {
                    let message = told["message"].as_str().unwrap_or_default();
                    return Err(failed(format!(
                        "it ended as {}: {message}",
                        other.unwrap_or("something unknown")
                    )));
                }
            }
            wait = wait.mul_f64(GROWTH).min(LONGEST);
        }
        Err(failed("it does not end".to_owned()))
    }
}

/// Says what was not done of a request.
fn in_part(sent: &Sent, status: u16, failed: &[String]) -> Failure {
    Failure::new(FailureKind::Refused, Some(status), &sent.request(), failed.join("; "))
}

/// Returns what a task says of the issues with which it could not do what it was to.
fn failed_issues(told: &Value) -> Vec<String> {
    let issues = told["failedAccessibleIssues"].as_object().into_iter().flatten();
    let reason = |(issue, why): (&String, &Value)| {
        let texts = why.as_array().into_iter().flatten().filter_map(Value::as_str);
        format!("issue {issue}: {}", texts.collect::<Vec<_>>().join(", "))
    };
    let mut failed: Vec<String> = issues.map(reason).collect();
    if let Some(hidden) = told["invalidOrInaccessibleIssueCount"].as_u64().filter(|own| *own > 0) {
        failed.push(format!("{hidden} issues are not there, or not for you to see"));
    }
    failed
}

/// Why nobody knows whether a request was done that an earlier process has sent.
fn never_answered() -> Failure {
    let nothing = Request::from(Request::get(""));
    Failure {
        request: String::new(),
        ..Failure::new(FailureKind::Cut, None, &nothing, "its answer was never written down")
    }
}

/// Returns whether nobody knows if a request was done that ended so.
fn is_doubtful(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Server
            | FailureKind::Page
            | FailureKind::Malformed
            | FailureKind::Cut
            | FailureKind::TooLarge
            | FailureKind::Timeout
            | FailureKind::Connection
    )
}

/// Returns the ids that a reply, or what was found by a look, tells.
fn bound(sent: &Sent, told: &Value) -> Made {
    let mut made = Made::default();
    for own in &sent.binds {
        let item = own
            .among
            .iter()
            .fold(None, |item: Option<Value>, among| Some(among.pick(item.as_ref().unwrap_or(told))));
        let told = item.as_ref().unwrap_or(told);
        // What a list shows has its id at its own top.
        let find =
            |at: &str| told.pointer(at).or_else(|| told.get(at.rsplit('/').next().unwrap_or_default()));
        let id = own.at.split(' ').find_map(find);
        let id = id.and_then(|id| match id {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        made.ids.extend(id.map(|id| (own.token.clone(), id)));
    }
    made
}

/// Returns the task that an answer says was started.
fn task_of(status: u16, location: Option<&str>, body: &Value) -> Option<String> {
    let text =
        |value: &Value| value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|id| id.to_string()));
    if let Some(task) = text(&body["taskId"]) {
        return Some(task);
    }
    let by_location = || {
        let (_, rest) = location?.split_once("/task/")?;
        Some(rest.split(['?', '/', '#']).next()?.to_owned())
    };
    match status {
        303 => by_location().or_else(|| text(&body["id"])),
        202 => by_location()
            .or_else(|| body.get("status").and_then(|_| text(&body["id"])))
            .or_else(|| text(&body["task"]["id"])),
        _ => None,
    }
}

/// Returns what is said of items that failed in an answer that is otherwise good (207, and results of tasks).
fn failed_items(body: &Value) -> Vec<String> {
    let texts = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let results = body["results"].as_array().into_iter().flatten();
    let failed = results.filter(|own| own["success"] == Value::Bool(false));
    let mut all: Vec<String> = failed.map(|own| texts(own.get("error").unwrap_or(own))).collect();
    match &body["errors"] {
        Value::Array(errors) => all.extend(errors.iter().map(texts)),
        Value::Object(errors) => {
            all.extend(errors.iter().map(|(name, own)| format!("{name}: {}", texts(own))));
        }
        _ => {}
    }
    all
}
