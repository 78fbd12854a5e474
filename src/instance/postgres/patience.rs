//! How long a server may say nothing before it is given up.
//!
//! Invariant: it is never given up while a statement may still run, by the settings of its session.

use std::time::Duration;

/// How long a statement may run, unless the address says otherwise.
pub(super) const STATEMENT_TIMEOUT: &str = "SET LOCAL statement_timeout = '120s'";

/// The same as a time.
const STATEMENT_TIME: Duration = Duration::from_secs(120);

/// How long a server may say nothing beyond twice the time of a statement: it sends what it has in pieces of some size, so
/// that several statements may pass before one arrives.
const MARGIN: Duration = Duration::from_secs(5);

/// Returns how long a server may say nothing, by the settings of a session: `-c statement_timeout=10min`. `None` is for ever.
pub(super) fn patience(options: Option<&str>) -> Option<Duration> {
    let time = match options.and_then(|own| own.rsplit_once("statement_timeout")) {
        Some((_, value)) => time(value.trim_start_matches([' ', '=', '\'', '\\'])).unwrap_or(STATEMENT_TIME),
        None => STATEMENT_TIME,
    };
    (!time.is_zero()).then(|| time * 2 + MARGIN)
}

/// Reads a time as PostgreSQL does: a number, and a unit unless it is milliseconds.
fn time(text: &str) -> Option<Duration> {
    let end = text.find(|own: char| !own.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start_matches(['\\', ' ']);
    let unit = unit.split(|own: char| !own.is_ascii_alphabetic()).next().unwrap_or_default();
    let milliseconds = match unit {
        "us" => return number.parse().ok().map(Duration::from_micros),
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(milliseconds).map(Duration::from_millis)
}
