//! A live Jira that is changed: by requests, several at a time where they need nothing of each other, with a journal of its own on this machine.
//!
//! Invariants: one process of this user writes into a site at a time; a run that was stopped is known to the journal, and nothing
//! else is begun before it was resumed or taken back.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::embedded::Lock;
use super::live::{
    Act, Book, Fate, Halt, Hand, Job, Journal, Logged, Made, Note, Sent, Stand, done, in_waves, stands,
    tasks, unlike,
};
use super::{
    Basis, Checklist, Entry, Finding, Instance, Journaled, Kind, Progress, ReadError, Reading, Run, RunId,
    Scope, Wanted, Watch, Who, Writable, WriteError, journal,
};
use crate::entity::Tables;
use crate::import::{Call, Proved, Work};
use crate::model::{Abilities, Snapshot};
use crate::rest::{Client, Clock};

/// A live Jira, however it is read.
pub(super) trait Asked: Instance + fmt::Debug {
    /// Returns what asks it, signed in, and where the platform's interface is.
    fn client(&mut self) -> Result<(&Client, &'static str), ReadError>;

    /// Returns what passes time.
    fn clock(&self) -> Arc<dyn Clock>;

    /// Returns what is there now, where what was done by hand can be seen.
    fn now(&mut self) -> Result<(Snapshot, Tables), ReadError>;

    /// Proves once more, before something is changed, that what was read is what will be changed.
    fn prove(&mut self) -> Result<(), ReadError> {
        Ok(())
    }
}

/// A live Jira, with its journal.
pub(super) struct LiveSite {
    asked: Box<dyn Asked>,
    clock: Arc<dyn Clock>,
    journal: Journal,
    /// What it is called in messages.
    place: String,
    wait: Duration,
    watch: Watch,
    /// The last run by the time that it was read.
    basis: Option<Option<RunId>>,
}

impl fmt::Debug for LiveSite {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LiveSite")
            .field("asked", &self.asked)
            .field("journal", &self.journal)
            .finish_non_exhaustive()
    }
}

impl LiveSite {
    /// Returns the Jira that is visited, with the journal at a path.
    pub(super) fn new(asked: Box<dyn Asked>, journal: PathBuf, place: String) -> Self {
        let clock = asked.clock();
        let journal = Journal::at(journal);
        Self { asked, clock, journal, place, wait: Duration::ZERO, watch: Watch::default(), basis: None }
    }

    /// Gets the right to write into the site.
    fn lock(&self, who: &Who) -> Result<Lock, WriteError> {
        if let Some(folder) = self.journal.path().parent() {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|source| WriteError::Io { path: folder.to_owned(), source })?;
        }
        Lock::get(self.journal.path(), who, self.wait).map_err(|error| match error {
            WriteError::Busy { by, .. } => WriteError::Busy { place: self.place.clone(), by },
            error => error,
        })
    }

    /// Makes the calls of a run that are still to be made and wait for nobody; returns how many there were.
    fn go_on(&mut self, run: RunId) -> Result<Went, WriteError> {
        let calls = self.journal.calls(run)?;
        let mut acts = self.acts(&calls)?;
        let mut ids = self.journal.ids(run)?;
        self.validate(run, &calls, &ids)?;
        let stands = stands(&acts);
        let is_next = |number: &usize| stands[*number] == Stand::Free && calls[*number].fate != Fate::Made;
        let requests: Vec<(usize, Box<Sent>)> = (0..calls.len())
            .filter(is_next)
            .filter_map(|number| match &acts[number].0 {
                Act::Request(sent) => Some((number, sent.clone())),
                Act::ByHand(_) => None,
            })
            .collect();
        let jobs = requests.iter().map(|(number, sent)| {
            let Logged { fate, task, .. } = &calls[*number];
            Job { number: *number, sent, was_sent: *fate == Fate::Sent, task: task.as_deref() }
        });
        let mut made = 0;
        for wave in in_waves(jobs) {
            let known = ids.clone();
            let halts = {
                let (client, api) = self.asked.client()?;
                let changer = client.changer();
                let hand = Hand { client, changer: &changer, clock: &*self.clock, api };
                let (journal, watch) = (&mut self.journal, &self.watch);
                let mut book = Noted { journal, run, watch, acts: &mut acts, ids: &mut ids, made: &mut made };
                hand.make_all(&wave, &known, &mut book)?
            };
            if !halts.is_empty() {
                return Err(self.halted(run, &calls, &acts, &halts)?);
            }
        }
        let is_over = acts.iter().all(|(_, is_done)| *is_done);
        if is_over {
            self.journal.end(run)?;
        }
        Ok(Went { acts, made, is_over })
    }

    /// Returns what the calls of a run are, each with whether it is done.
    fn acts(&self, calls: &[Logged]) -> Result<Vec<(Act, bool)>, WriteError> {
        let act = |own: &Logged| {
            let act = Act::try_from(&own.call.sends).map_err(|why| self.damaged(why))?;
            Ok((act, own.fate == Fate::Made))
        };
        calls.iter().map(act).collect()
    }

    /// Finds out what was done by hand of a run, and writes it down; returns what is there now, if the run waits for somebody.
    fn look(&mut self, run: RunId) -> Result<Option<Snapshot>, WriteError> {
        let calls = self.journal.calls(run)?;
        let acts = self.acts(&calls)?;
        if !acts.iter().any(|(act, is_done)| matches!(act, Act::ByHand(_)) && !is_done) {
            return Ok(None);
        }
        let (now, tables) = self.asked.now()?;
        for (number, (act, is_done)) in acts.iter().enumerate() {
            if let Act::ByHand(own) = act
                && !is_done
                && own.is_done(&now)
            {
                self.journal.mark(run, number, Fate::Made, &own.ids(&tables))?;
            }
        }
        Ok(Some(now))
    }

    /// Says of a run what waits in it; `now` is what is there, if it was looked at.
    fn waiting(&self, run: RunId, acts: &[(Act, bool)], now: Option<&Snapshot>) -> Option<Checklist> {
        let tasks = tasks(acts, now);
        let calls = stands(acts).iter().filter(|own| **own == Stand::Waits).count();
        (!tasks.is_empty()).then(|| Checklist { run, tasks, calls, place: self.place.clone() })
    }

    /// Asks Jira, before anything is sent, what is wrong with the calls that it can judge beforehand.
    fn validate(
        &mut self,
        run: RunId,
        calls: &[Logged],
        ids: &BTreeMap<String, String>,
    ) -> Result<(), WriteError> {
        let made = calls.iter().filter(|own| own.fate == Fate::Made).count();
        for Logged { call, .. } in calls.iter().filter(|own| own.fate == Fate::Waits) {
            let act = Act::try_from(&call.sends).map_err(|why| self.damaged(why))?;
            let Act::Request(sent) = act else { continue };
            let told = {
                let (client, api) = self.asked.client()?;
                let changer = client.changer();
                Hand { client, changer: &changer, clock: &*self.clock, api }.validate(&sent, ids)
            };
            if let Err(halt) = told {
                if made == 0 {
                    self.journal.end(run)?;
                }
                return Err(self.stopped(run, (made, calls.len()), call, &halt));
            }
        }
        Ok(())
    }

    fn damaged(&self, why: String) -> WriteError {
        WriteError::Journal { place: self.journal.path().display().to_string(), why }
    }

    /// Finds out what became of the calls of a run that were sent and not answered, if there are any.
    fn settle(&mut self, run: RunId) -> Result<(), WriteError> {
        let calls = self.journal.calls(run)?;
        let all = calls.len();
        let mut done = calls.iter().filter(|own| own.fate == Fate::Made).count();
        let mut ids = self.journal.ids(run)?;
        let sent = (0..).zip(calls).filter(|(_, own)| own.fate == Fate::Sent);
        for (number, Logged { call, task, .. }) in sent {
            let act = Act::try_from(&call.sends).map_err(|why| self.damaged(why))?;
            let Act::Request(sent) = act else { continue };
            // What says how something is to be may be taken back whether it was done or not.
            if task.is_none() && sent.is_unseen() {
                continue;
            }
            let found = {
                let (client, api) = self.asked.client()?;
                let changer = client.changer();
                let hand = Hand { client, changer: &changer, clock: &*self.clock, api };
                hand.find_out(&sent, task.as_deref(), &ids)
            };
            match found {
                // It is to be taken back, and it is not done.
                Ok(Some(Made { is_partial: true, .. })) => {}
                Ok(Some(Made { ids: told, .. })) => {
                    self.journal.mark(run, number, Fate::Made, &told)?;
                    ids.extend(told);
                    done += 1;
                }
                Ok(None) => self.journal.mark(run, number, Fate::Waits, &BTreeMap::new())?,
                Err(halt) => return Err(self.stopped(run, (done, all), &call, &halt)),
            }
        }
        Ok(())
    }

    /// Says why a run goes no further. One of which nothing was done is over.
    fn halted(
        &mut self,
        run: RunId,
        calls: &[Logged],
        acts: &[(Act, bool)],
        halts: &[(usize, Halt)],
    ) -> Result<WriteError, WriteError> {
        let made = acts.iter().filter(|(_, is_done)| *is_done).count();
        let is_over = made == 0 && halts.iter().all(|(_, halt)| halt.is_undone());
        // What nobody can tell counts most.
        let told = halts.iter().find(|(_, halt)| !halt.is_undone()).unwrap_or(&halts[0]);
        let mut error = self.stopped(run, (made, calls.len()), &calls[told.0].call, &told.1);
        if is_over {
            self.journal.end(run)?;
        }
        if let WriteError::Halted { is_over: own, .. } = &mut error {
            *own = is_over;
        }
        Ok(error)
    }

    fn stopped(&self, run: RunId, (made, all): (usize, usize), call: &Call, halt: &Halt) -> WriteError {
        let why = match halt {
            Halt::Changed { found } => format!("it is not as the plan saw it: Jira has {}", shown(found)),
            Halt::InUse { found } => {
                let key = found.pointer("/issues/0/key").or_else(|| found.pointer("/issues/0/id"));
                let key = key.and_then(serde_json::Value::as_str).unwrap_or("something");
                format!("{key} has it, and would lose it")
            }
            Halt::Failed(failure) => failure.to_string(),
            Halt::Doubtful(failure) => format!("it is unknown whether this was done: {failure}"),
            Halt::Unresolved(name) => format!("it refers to {name}, which has no id"),
            Halt::Task { id, why } => format!("the task {id} failed: {why}"),
        };
        let is_passing =
            matches!(halt, Halt::Failed(failure) | Halt::Doubtful(failure) if failure.is_passing());
        WriteError::Halted {
            run,
            made,
            all,
            about: call.about.clone(),
            why,
            place: self.place.clone(),
            is_changed: matches!(halt, Halt::Changed { .. } | Halt::InUse { .. }),
            is_passing,
            is_over: halt.is_undone() && made == 0,
        }
    }

    /// Refuses to begin something while a run is neither done nor taken back.
    fn must_be_whole(&mut self, undoes: Option<RunId>) -> Result<(), WriteError> {
        match self.journal.unended()? {
            Some(run) if undoes != Some(run) => Err(WriteError::Unended { run, place: self.place.clone() }),
            _ => Ok(()),
        }
    }
}

/// How far a run has come.
struct Went {
    acts: Vec<(Act, bool)>,
    /// How many calls were made now.
    made: usize,
    is_over: bool,
}

/// Writes down what becomes of calls.
struct Noted<'n> {
    journal: &'n mut Journal,
    run: RunId,
    watch: &'n Watch,
    acts: &'n mut [(Act, bool)],
    ids: &'n mut BTreeMap<String, String>,
    made: &'n mut usize,
}

impl Book for Noted<'_> {
    type Fault = WriteError;

    fn write(&mut self, notes: &[&Note]) -> Result<(), WriteError> {
        self.journal.note(self.run, notes)?;
        for note in notes {
            let Note::Made(number, told) = note else { continue };
            self.acts[*number].1 = true;
            self.ids.extend(told.clone());
            *self.made += 1;
            let done = self.acts.iter().filter(|(_, is_done)| *is_done).count();
            (self.watch.0)(done as u64, self.acts.len() as u64);
        }
        Ok(())
    }
}

impl Instance for LiveSite {
    fn want(&mut self, wanted: Wanted) {
        self.asked.want(wanted);
    }

    fn read(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        self.asked.read(scope, progress)
    }
}

impl Writable for LiveSite {
    fn abilities(&self) -> Abilities {
        Kind::Live.abilities()
    }

    fn wait(&mut self, most: Duration) {
        self.wait = most;
    }

    fn plan(&mut self) {}

    fn follow(&mut self, basis: Basis) {
        self.basis = Some(basis.last);
    }

    fn watch(&mut self, watch: Watch) {
        self.watch = watch;
    }

    fn carry_out(&mut self, proved: &Proved, run: &Run) -> Result<RunId, WriteError> {
        let calls = match proved.work() {
            Work::Calls(calls) => calls.as_slice(),
            work @ (Work::Rows(_) | Work::Streamed(_)) if !work.is_empty() => {
                return Err(WriteError::OtherWork { noun: work.noun() });
            }
            Work::Rows(_) | Work::Streamed(_) => &[],
        };
        let _lock = self.lock(&run.who)?;
        self.must_be_whole(run.undoes)?;
        if let Some(last) = self.basis {
            journal::overtaken(self.journal.history()?.into_iter().next(), last)?;
        }
        self.asked.prove()?;
        let id = self.journal.begin(run, calls)?;
        if let Some(undone) = run.undoes {
            // What was still to be done of it is not done any more.
            self.journal.end(undone)?;
        }
        self.go_on(id)?;
        Ok(id)
    }

    fn history(&mut self) -> Result<Vec<Entry>, WriteError> {
        self.journal.history()
    }

    fn run(&mut self, id: RunId) -> Result<Journaled, WriteError> {
        let entry = self.journal.history()?.into_iter().find(|own| own.id == id);
        let entry = entry.ok_or(WriteError::NoRun { run: id })?;
        self.settle(id)?;
        let now = if self.journal.unended()? == Some(id) { self.look(id)? } else { None };
        let ids = self.journal.ids(id)?;
        let calls = done(self.journal.calls(id)?, &ids, now.as_ref()).map_err(|why| self.damaged(why))?;
        Ok(Journaled { entry, work: Work::Calls(calls), withheld: Vec::new() })
    }

    fn waits(&mut self) -> Result<Option<Checklist>, WriteError> {
        let Some(run) = self.journal.unended()? else { return Ok(None) };
        let calls = self.journal.calls(run)?;
        let acts = self.acts(&calls)?;
        Ok(self.waiting(run, &acts, None))
    }

    fn recover(&mut self, who: &Who) -> Result<Vec<Finding>, WriteError> {
        let _lock = self.lock(who)?;
        let mut findings = Vec::new();
        while let Some(run) = self.journal.unended()? {
            let entry = self.journal.history()?.into_iter().find(|own| own.id == run);
            let who = entry.map(|own| own.run.who).unwrap_or_default();
            let now = self.look(run)?;
            let Went { acts, made: calls, is_over } = self.go_on(run)?;
            let waiting = if is_over { None } else { self.waiting(run, &acts, now.as_ref()) };
            if let Some(list) = waiting {
                findings.push(Finding::Waits { list, calls });
                break;
            }
            let waited = now.is_some();
            let differs = match now {
                Some(_) => unlike(acts.iter().map(|(act, _)| act), &self.asked.now()?.0),
                None => Vec::new(),
            };
            findings.push(Finding::Resumed { who: Box::new(who), run, calls, differs, waited });
        }
        Ok(findings)
    }
}

/// Shows what was found, as much of it as somebody reads.
fn shown(found: &serde_json::Value) -> String {
    /// More characters than these nobody reads.
    const MOST: usize = 200;
    let text = found.to_string();
    match text.char_indices().nth(MOST) {
        _ if found.is_null() => "nothing there".to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Returns the name of the journal of a site: it tells which it is, and no two sites have the same.
pub(super) fn journal_name(site: &str) -> String {
    let plain: String = site
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .chars()
        .map(|own| {
            if own.is_ascii_alphanumeric() || matches!(own, '.' | '-') {
                own.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .take(80)
        .collect();
    let hash = crate::import::sha256(site.as_bytes());
    format!("{plain}-{}.sqlite", &hash[..8])
}
