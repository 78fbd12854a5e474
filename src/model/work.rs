//! How much is done, in looks at values and comparisons of elements and identities: for tests that something grows no faster than its input.
//!
//! Invariant: each thread counts for itself, and the clock plays no part.

use std::cell::Cell;

thread_local! {
    static DONE: Cell<u64> = const { Cell::new(0) };
}

/// Counts a look at a value of a row, or a comparison of two elements or identities.
pub(crate) fn count() {
    DONE.set(DONE.get() + 1);
}

/// Returns how much this thread does in a piece of work, and what comes of it.
pub(crate) fn of<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = DONE.get();
    let result = work();
    (DONE.get() - before, result)
}
