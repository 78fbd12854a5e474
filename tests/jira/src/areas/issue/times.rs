//! Moments: as rows hold them, as Jira tells them, as queries name them.
//!
//! Invariant: rows hold the clock of the Jira, which is an hour ahead of UTC; callers live in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

/// How far the clock of the Jira is ahead, in milliseconds.
const AHEAD: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Returns a moment of a row (`2025-03-07 09:00:00.0`) as Jira tells it.
pub(crate) fn told(text: &str) -> String {
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00.0"));
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    format!("{date}T{time}.{fraction:0<3.3}+0100")
}

/// Returns a moment as a row holds it.
pub(crate) fn stored(moment: i64) -> String {
    let local = moment + AHEAD;
    let (days, rest) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{:03}", rest % 1000)
}

/// Returns the moment that a row holds.
pub(crate) fn of_row(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00.0"));
    Some(clock(date, time)? - AHEAD)
}

/// Returns the moment that a request names: `2026-03-01T12:00:00.000+0000`.
pub(crate) fn of_request(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once('T')?;
    let at = rest.rfind(['+', '-'])?;
    let (time, zone) = rest.split_at(at);
    let digits: i64 = zone.get(1..)?.parse().ok()?;
    let offset = (digits / 100 * 60 + digits % 100) * 60_000;
    Some(clock(date, time)? - if zone.starts_with('-') { -offset } else { offset })
}

/// Returns the moment that a query names, by the clock of the caller: `2026-03-01 12:00`.
pub(crate) fn of_query(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(' ')?;
    clock(date, &format!("{time}:00.0"))
}

fn clock(date: &str, time: &str) -> Option<i64> {
    if !is_day(date) {
        return None;
    }
    let mut parts = date.split('-').map(|own| own.parse::<i64>().ok());
    let days = days(parts.next()??, parts.next()??, parts.next()??);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.split(':').map(|own| own.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let fraction: i64 = format!("{fraction:0<3.3}").parse().ok()?;
    Some(days * DAY + hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction)
}

/// Returns whether a text is a day that there is.
pub(crate) fn is_day(text: &str) -> bool {
    let mut parts = text.split('-').map(|own| own.parse::<i64>().unwrap_or(0));
    let (year, month, day) =
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    text.len() == 10 && civil(days(year, month, day)) == (year, month, day)
}

/// Days since 1970 (H. Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Returns the time.
pub(crate) fn now() -> i64 {
    #[allow(clippy::disallowed_methods, reason = "what is changed is told with its time")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_go_there_and_back() {
        let noon = 1_772_366_400_123;
        assert_eq!(stored(noon), "2026-03-01 13:00:00.123");
        assert_eq!(of_row("2026-03-01 13:00:00.123"), Some(noon));
        assert_eq!(of_request("2026-03-01T14:30:00.123+0230"), Some(noon));
        assert_eq!(of_query("2026-03-01 12:00"), Some(noon - 123));
        assert_eq!(told("2026-03-01 13:00:00.1"), "2026-03-01T13:00:00.100+0100");
        assert!(is_day("2024-02-29") && !is_day("2026-02-30"));
    }
}
