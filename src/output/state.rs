//! What this process is writing, for whoever has to end it: an interruption removes what is unfinished and says what became
//! of the rest.
//!
//! Invariant: what is said is true. A file gets its name while the state is locked; a change of an instance is marked while
//! it is being decided, and an interruption waits for that.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::siblings::with_siblings;

static STATE: Mutex<State> = Mutex::new(State { temporary: Vec::new(), works: Vec::new(), next: 0 });
static DECIDED: Condvar = Condvar::new();

#[derive(Debug)]
struct State {
    /// Files and folders that nobody needs if the process ends now.
    temporary: Vec<PathBuf>,
    works: Vec<Work>,
    next: u64,
}

#[derive(Debug)]
struct Work {
    id: u64,
    place: Place,
    outcome: Outcome,
}

/// What is written into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// An instance, as messages call it.
    Instance(String),
}

/// What has become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it was.
    Untouched,
    /// Some of it went into a pipe or a device.
    Partly,
    /// It is just being decided: nobody can tell.
    Unknown,
    /// All of it is done.
    Done,
}

/// Something that this process means to write. If it is dropped before that is done, nobody hears of it.
#[derive(Debug)]
pub struct Writing {
    id: u64,
}

impl Writing {
    /// Says that the process is going to write.
    pub fn begin(place: Place) -> Self {
        let mut state = lock();
        let id = state.next;
        state.next += 1;
        state.works.push(Work { id, place, outcome: Outcome::Untouched });
        Self { id }
    }

    /// Says what has become of it; [`Outcome::Unknown`] makes an interruption wait until something else is said.
    pub fn is(&self, outcome: Outcome) {
        set(&mut lock(), self.id, outcome);
    }

    /// Does what decides and may take its time: an interruption waits for it.
    pub fn deciding<T, E>(&self, act: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.is(Outcome::Unknown);
        let result = act();
        self.is(if result.is_ok() { Outcome::Done } else { Outcome::Untouched });
        result
    }

    /// Does the one short thing that decides, so that no interruption comes in between.
    pub fn decide<T, E>(&self, act: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut state = lock();
        let result = act();
        if result.is_ok() {
            set(&mut state, self.id, Outcome::Done);
        }
        result
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        lock().works.retain(|work| work.id != self.id || work.outcome == Outcome::Done);
        DECIDED.notify_all();
    }
}

fn set(state: &mut State, id: u64, outcome: Outcome) {
    state.works.iter_mut().filter(|work| work.id == id).for_each(|work| work.outcome = outcome);
    DECIDED.notify_all();
}

/// Returns whether the system has told that a file may not grow any more, for whoever is told by that, and for whoever hears
/// from others only that something could not be written.
pub fn limit() -> &'static Arc<AtomicBool> {
    static SEEN: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
    &SEEN
}

/// A file that nobody needs unless something is there, and that an interruption removes.
#[derive(Debug)]
pub struct Needless(PathBuf);

impl Needless {
    /// Says that a file which is there now is such a one.
    pub fn now(path: &Path) -> Self {
        lock().temporary.push(path.to_owned());
        Self(path.to_owned())
    }
}

impl Drop for Needless {
    fn drop(&mut self) {
        gone(&self.0);
    }
}

/// Makes a file or a folder that an interruption removes.
pub(super) fn temporary<T, E>(make: impl FnOnce() -> Result<(T, PathBuf), E>) -> Result<T, E> {
    let mut state = lock();
    let (made, path) = make()?;
    state.temporary.push(path);
    Ok(made)
}

/// Makes a file in such a folder, so that none is made while the folder goes.
pub(super) fn within<T>(make: impl FnOnce() -> T) -> T {
    let _held = lock();
    make()
}

/// Says that a file is not there any more.
pub(super) fn gone(path: &Path) {
    lock().temporary.retain(|own| own != path);
}

/// Ends all writing: removes what is unfinished, waits at most so long for what is just being decided, and returns what has
/// become of everything. Whoever writes after that waits for ever, so the process has to end.
pub fn stop(patience: Duration) -> Vec<(Place, Outcome)> {
    let is_open = |state: &mut State| state.works.iter().any(|work| work.outcome == Outcome::Unknown);
    let waited = DECIDED.wait_timeout_while(lock(), patience, is_open);
    let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
    for path in state.temporary.iter().flat_map(|path| with_siblings(path)) {
        let _gone = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
    }
    let told = state.works.iter().map(|work| (work.place.clone(), work.outcome)).collect();
    std::mem::forget(state);
    told
}

fn lock() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
