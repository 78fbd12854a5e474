//! A progress bar, for work that takes long enough to wonder.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Talk, Ui};

/// Reading fewer bytes than this takes no time that anybody would notice.
const BYTES: u64 = 64 << 20;

/// Nor does changing fewer rows.
const ROWS: u64 = 2_000;

/// How often a terminal shows that something is still being done.
const TICK: Duration = Duration::from_millis(100);

/// The bar that is on the terminal, which an interruption has to remove.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Removes the bar that is on the terminal, so that what comes next has a line of its own.
pub fn clear_bar() {
    if let Some(bar) = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        bar.finish_and_clear();
    }
}

/// A bar that shows itself once it knows that the work is large; on a terminal only.
#[derive(Debug)]
pub struct Bar {
    wanted: bool,
    of_rows: bool,
    what: String,
    bar: OnceLock<ProgressBar>,
}

impl Bar {
    /// Returns a bar that says what is being done.
    pub fn new(ui: &Ui, what: impl Into<String>) -> Self {
        Self { wanted: ui.shows_progress(), of_rows: false, what: what.into(), bar: OnceLock::new() }
    }

    /// The same for work that is counted in rows.
    pub fn of_rows(ui: &Ui, what: impl Into<String>) -> Self {
        let mut bar = Self::new(ui, what);
        bar.of_rows = true;
        bar
    }

    /// Tells how much is done of how much, in bytes or rows.
    pub fn tell(&self, done: u64, all: u64) {
        if !self.wanted || all < if self.of_rows { ROWS } else { BYTES } {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let bar = ProgressBar::with_draw_target(Some(all), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template(match self.of_rows {
                false => "{msg} {wide_bar} {bytes}/{total_bytes}, {eta} left",
                true => "{msg} {wide_bar} {pos}/{len} rows, {eta} left",
            });
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(self.what.clone());
            *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
            bar
        });
        bar.set_position(done);
    }
}

/// More objects than this are planned long enough to wonder.
const OBJECTS: usize = 2_000;

/// Longer texts, in bytes, are understood long enough to wonder.
const TEXT: usize = 8 << 20;

/// What is being done, and for how long, where nobody can say how much of it is left; for large work, on a terminal only.
#[derive(Debug)]
pub struct Phases(Option<ProgressBar>);

impl Phases {
    /// Begins with work on so many objects.
    pub fn new(ui: &Ui, objects: usize) -> Self {
        Self::if_large(ui, objects >= OBJECTS)
    }

    /// The same for work on the text of so many bytes.
    pub fn of_bytes(ui: &Ui, bytes: usize) -> Self {
        Self::if_large(ui, bytes >= TEXT)
    }

    fn if_large(ui: &Ui, is_large: bool) -> Self {
        Self((ui.shows_progress() && is_large).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(TICK);
            *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
            bar
        }))
    }

    /// Says what begins.
    pub fn begin(&self, what: &'static str) {
        if let Some(bar) = &self.0 {
            bar.set_message(what);
        }
    }
}

/// How many requests were sent, and for how long; on a terminal only.
#[derive(Debug)]
pub struct Requests(Option<ProgressBar>);

impl Requests {
    /// Begins to ask a place. Where each request is shown, or nothing is asked, there is no need.
    pub fn new(ui: &Ui, is_asked: bool) -> Self {
        Self((is_asked && ui.shows_progress() && ui.talk() < Talk::Verbose).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} reading, {pos} requests, {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(TICK);
            *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
            bar
        }))
    }

    /// Counts a request.
    pub fn count(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }

    /// Takes it off the terminal.
    pub fn end(&self) {
        if self.0.is_some() {
            clear_bar();
        }
    }
}

impl Drop for Phases {
    fn drop(&mut self) {
        if self.0.is_some() {
            clear_bar();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.bar.get().is_some() {
            clear_bar();
        }
    }
}
