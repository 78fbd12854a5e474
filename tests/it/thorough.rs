//! How thorough a test is that tries many places one after the other: some of them in each run, all of them on request.
//!
//! Invariant: what a run tries is the same each time, and all that it leaves out is tried with `PCFG_TEST_ALL=1`.

/// Returns that every nth place is tried, or every one on request.
///
/// Choose an odd number where places come in pairs, so that both of them are tried somewhere.
pub(crate) fn every(nth: usize) -> usize {
    if is_on_request() { 1 } else { nth }
}

/// Returns whether everything is tried.
pub(crate) fn is_on_request() -> bool {
    std::env::var("PCFG_TEST_ALL").is_ok_and(|value| value == "1")
}

/// Returns whether something with a name is tried of which every nth is.
pub(crate) fn is_tried(name: &str, nth: usize) -> bool {
    // A sum that depends on the order, so that names of one kind do not all come to the same.
    let sum = name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    sum.is_multiple_of(every(nth))
}
