//! A progress bar, for work that takes long enough to wonder.

use std::sync::{Mutex, OnceLock, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;

/// Reading fewer bytes than this takes no time that anybody would notice.
const BYTES: u64 = 64 << 20;

/// Nor does changing fewer rows.
const ROWS: u64 = 2_000;

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

impl Drop for Bar {
    fn drop(&mut self) {
        if self.bar.get().is_some() {
            clear_bar();
        }
    }
}
