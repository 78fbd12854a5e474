//! When and by what an issue of a Jira was changed last, as its database tells it: what tells a Jira from its copy.

use super::{Instance, ReadError};

/// How an issue was moved last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    /// The id of the issue.
    pub(super) issue: u64,
    /// When it was changed, in milliseconds since 1970; where nothing says in which time zone, as if it were that of Greenwich.
    pub(super) updated: Option<i64>,
    /// The highest id of its entries in the history; nothing without any.
    pub(super) change: Option<u64>,
}

/// A place with the rows of a Jira that runs.
pub(super) trait Moving: Instance {
    /// Returns how an issue was moved last: one by its id, or the one that was moved last of all. Nothing where there is none.
    fn moved(&mut self, issue: Option<u64>) -> Result<Option<Moved>, ReadError>;
}

/// How much a day has of milliseconds.
const DAY: i64 = 86_400_000;

/// Returns a moment in milliseconds since 1970: `2026-11-29T12:00:00.123+0100`, or `2026-11-29 12:00:00.123` of no time zone.
pub(super) fn moment(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_at_checked(10)?;
    let mut date = date.split('-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let time = time.strip_prefix(['T', ' '])?;
    let (time, zone) = match time.find(['+', '-', 'Z']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let fraction: i64 = format!("{:0<3.3}", fraction.trim()).parse().ok()?;
    let mut time = time.split(':').map(|part| part.trim().parse::<i64>());
    let (hour, minute, second) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    // Days of the Gregorian calendar, with years that begin in March.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2).div_euclid(5)
        + day
        - 719_469;
    Some(days * DAY + ((hour * 60 + minute - offset(zone)?) * 60 + second) * 1000 + fraction)
}

/// Returns how many minutes a time zone is ahead.
fn offset(zone: &str) -> Option<i64> {
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let minutes = match digits.len() {
        0 if zone == "Z" => 0,
        2 => digits.parse::<i64>().ok()? * 60,
        4 => digits[..2].parse::<i64>().ok()? * 60 + digits[2..].parse::<i64>().ok()?,
        _ => return None,
    };
    Some(if zone.starts_with('-') { -minutes } else { minutes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_understood_however_they_are_spelled() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.000+0000", Some(0)),
            ("1970-01-01 00:00:00.0", Some(0)),
            ("2000-02-29T23:59:59.999Z", Some(951_868_799_999)),
            ("2026-11-29T12:00:00.123+0100", Some(1_795_950_000_123)),
            ("2026-11-29T12:00:00.123+01:00", Some(1_795_950_000_123)),
            ("2026-11-29 11:00:00.123456+00", Some(1_795_950_000_123)),
            ("2026-11-29T06:30:00.123-0430", Some(1_795_950_000_123)),
            ("1969-12-31 23:59:59.5", Some(-500)),
            ("2026-11-29", None),
            ("yesterday, or so", None),
            ("", None),
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
    }
}
