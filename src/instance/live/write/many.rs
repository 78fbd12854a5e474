//! Carries out the requests of a run, several at a time, in waves.
//!
//! Invariants: a wave begins when all of the one before is done; each request is written down before it is sent and after it was
//! answered, by one thread, which puts what happens at the same moment on the disk together; once one is not made, none is begun any
//! more.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender, SyncSender};

use super::carry::{Halt, Hand, Log, Stop};
use super::sent::Sent;

/// A request of a run that is to be made.
#[derive(Debug, Clone, Copy)]
pub(in crate::instance) struct Job<'j> {
    /// Its number in the run.
    pub(in crate::instance) number: usize,
    pub(in crate::instance) sent: &'j Sent,
    /// Whether it may have been sent before.
    pub(in crate::instance) was_sent: bool,
    /// The task that it has started.
    pub(in crate::instance) task: Option<&'j str>,
}

/// What happens to a request of a run, by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::instance) enum Note {
    /// It is about to be sent.
    Sends(usize),
    /// It has started a task, which goes on whatever becomes of this process.
    Started(usize, String),
    /// It was made, and these ids were told, by what stands for them.
    Made(usize, BTreeMap<String, String>),
    /// It was not made, and that is known.
    Undone(usize),
}

/// Where what happens is written down.
pub(in crate::instance) trait Book {
    /// Why it cannot be.
    type Fault;

    /// Writes down what has happened: it is on the disk afterwards.
    fn write(&mut self, notes: &[&Note]) -> Result<(), Self::Fault>;
}

/// Requests that stay in their order, each after the one before.
type Chain<'j> = Vec<Job<'j>>;

/// Parts requests into waves of chains, which need nothing of each other.
pub(in crate::instance) fn in_waves<'j>(jobs: impl IntoIterator<Item = Job<'j>>) -> Vec<Vec<Chain<'j>>> {
    let mut waves: Vec<(Option<usize>, BTreeMap<usize, Chain<'j>>)> = Vec::new();
    for job in jobs {
        let wave = job.sent.wave;
        if wave.is_none() || waves.last().is_none_or(|(last, _)| *last != wave) {
            waves.push((wave, BTreeMap::new()));
        }
        if let Some((_, chains)) = waves.last_mut() {
            chains.entry(job.sent.step).or_default().push(job);
        }
    }
    let chains = |(_, chains): (_, BTreeMap<usize, Chain<'j>>)| chains.into_values().collect();
    waves.into_iter().map(chains).collect()
}

/// What a thread says to the one that writes; it goes on when that has answered whether it may.
struct Told {
    note: Note,
    answer: SyncSender<bool>,
}

/// Says what happens to one request.
struct Teller<'t> {
    tell: &'t Sender<Told>,
    number: usize,
}

impl Teller<'_> {
    /// Returns whether it is written down.
    fn tell(&self, note: Note) -> bool {
        let (answer, answered) = mpsc::sync_channel(1);
        self.tell.send(Told { note, answer }).is_ok() && answered.recv() == Ok(true)
    }
}

/// That what happens is not written down any more.
struct Unwritten;

impl Log for Teller<'_> {
    type Fault = Unwritten;

    fn sends(&mut self) -> Result<(), Unwritten> {
        self.tell(Note::Sends(self.number)).then_some(()).ok_or(Unwritten)
    }

    fn started(&mut self, task: &str) -> Result<(), Unwritten> {
        self.tell(Note::Started(self.number, task.to_owned())).then_some(()).ok_or(Unwritten)
    }
}

/// Lets nobody begin anything once a thread has panicked: what it was about is as unknown as if the process had ended there.
struct Alarm<'a> {
    stops: &'a AtomicBool,
    is_lost: &'a AtomicBool,
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.is_lost.store(true, Ordering::SeqCst);
            self.stops.store(true, Ordering::SeqCst);
        }
    }
}

impl Hand<'_> {
    /// Makes the requests of a wave; `ids` are known beforehand. Returns those that were not made, in their order: all that was
    /// begun has come to its end by then.
    pub(in crate::instance) fn make_all<B: Book>(
        &self,
        wave: &[Chain<'_>],
        ids: &BTreeMap<String, String>,
        book: &mut B,
    ) -> Result<Vec<(usize, Halt)>, B::Fault> {
        let (stops, is_lost, next) = (AtomicBool::new(false), AtomicBool::new(false), AtomicUsize::new(0));
        let run = |tell: Sender<Told>| {
            let _alarm = Alarm { stops: &stops, is_lost: &is_lost };
            let mut halts = Vec::new();
            while !stops.load(Ordering::SeqCst)
                && let Some(chain) = wave.get(next.fetch_add(1, Ordering::SeqCst))
            {
                halts.extend(self.make_chain(chain, ids, &tell, &stops));
            }
            halts
        };
        std::thread::scope(|scope| {
            let (tell, told) = mpsc::channel::<Told>();
            let threads: Vec<_> = (0..self.client.at_once().min(wave.len()))
                .map(|_| {
                    let (run, tell) = (&run, tell.clone());
                    scope.spawn(move || run(tell))
                })
                .collect();
            drop(tell);
            let mut fault = None;
            while let Ok(first) = told.recv() {
                let all: Vec<Told> = [first].into_iter().chain(told.try_iter()).collect();
                if fault.is_none() && !is_lost.load(Ordering::SeqCst) {
                    let notes: Vec<&Note> = all.iter().map(|own| &own.note).collect();
                    fault = book.write(&notes).err();
                }
                let may = fault.is_none() && !is_lost.load(Ordering::SeqCst);
                for own in all {
                    // Who has panicked since does not listen.
                    let _listens = own.answer.send(may);
                }
            }
            let mut halts = Vec::new();
            for thread in threads {
                match thread.join() {
                    Ok(own) => halts.extend(own),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            halts.sort_unstable_by_key(|(number, _)| *number);
            fault.map_or(Ok(halts), Err)
        })
    }

    /// Makes requests one after the other; returns the one that was not made, if there is one.
    fn make_chain(
        &self,
        chain: &[Job<'_>],
        ids: &BTreeMap<String, String>,
        tell: &Sender<Told>,
        stops: &AtomicBool,
    ) -> Option<(usize, Halt)> {
        let mut ids = Cow::Borrowed(ids);
        let stop = || stops.store(true, Ordering::SeqCst);
        for (at, job) in chain.iter().enumerate() {
            if stops.load(Ordering::SeqCst) {
                return None;
            }
            let mut teller = Teller { tell, number: job.number };
            match self.make(job.sent, (job.was_sent, job.task), &ids, &mut teller) {
                Ok(made) => {
                    if at + 1 < chain.len() && !made.ids.is_empty() {
                        ids.to_mut().extend(made.ids.clone());
                    }
                    if !teller.tell(Note::Made(job.number, made.ids)) {
                        stop();
                        return None;
                    }
                }
                Err(Stop::Halt(halt)) => {
                    stop();
                    if halt.is_undone() {
                        teller.tell(Note::Undone(job.number));
                    }
                    return Some((job.number, halt));
                }
                Err(Stop::Log(Unwritten)) => {
                    stop();
                    return None;
                }
            }
        }
        None
    }
}
