//! Times as a place stores them, and points in time.
//!
//! Jira's backups tell times in the zone of the server that wrote them, without saying which one that is; what is exchanged is told in
//! UTC. Invariant: a time that its zone tells twice (when clocks are set back) is always the first of the two, and what is no
//! time stays nothing.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Unit};

/// The time zone in which a place tells times.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    zone: TimeZone,
    /// Whether it is only how the times are told, so that it does not say where a day begins.
    is_spelling: bool,
}

/// A name that means no time zone.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no time zone")]
pub struct NoZone(pub String);

impl Zone {
    /// Returns the zone of a place that tells times in UTC, wherever it is.
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC, is_spelling: true }
    }

    /// Returns the zone of a name, as `Europe/Berlin`, `UTC`, `GMT+02:00` or `+02:00`.
    pub fn named(name: &str) -> Result<Self, NoZone> {
        let none = || NoZone(name.to_owned());
        let offset = ["GMT", "UTC", ""].iter().find_map(|prefix| name.strip_prefix(prefix).and_then(offset));
        let zone = match (name, offset) {
            ("UTC" | "GMT" | "Z" | "Etc/UTC", _) => TimeZone::UTC,
            (_, Some(offset)) => TimeZone::fixed(offset),
            _ => TimeZone::get(name).map_err(|_| none())?,
        };
        Ok(Self { name: name.to_owned(), zone, is_spelling: false })
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how far it is from UTC, as `+02:00`, if that never changes.
    pub fn offset(&self) -> Option<String> {
        let offset = self.zone.to_fixed_offset().ok()?.seconds();
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        Some(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
    }

    /// Returns the point in time that a stored time means, as `2011-06-29T16:40:56.287Z`.
    pub fn moment(&self, stored: &str) -> Option<String> {
        Some(spelled(self.timestamp(stored)?))
    }

    /// Returns the day that a stored time means: the midnight with which it begins.
    pub fn day(&self, stored: &str) -> Option<String> {
        let local = civil(stored)?;
        // Midnight at the place, told in UTC: the evening before east of Greenwich, and the morning of the day west of it.
        let is_evening =
            self.is_spelling && (local.hour() > 10 || (local.hour() == 10 && local.minute() > 0));
        let day = if is_evening { local.date().tomorrow().ok()? } else { local.date() };
        Some(day.to_string())
    }

    /// Returns how the place tells a point in time: with one to three digits of a fraction, as `java.sql.Timestamp` does.
    pub fn stored(&self, moment: &str) -> Option<String> {
        let timestamp: Timestamp = moment.parse().ok()?;
        let local = self.zone.to_datetime(timestamp);
        let fraction = format!("{:03}", local.millisecond());
        let fraction = fraction.trim_end_matches('0');
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        Some(format!("{}.{fraction}", local.strftime("%Y-%m-%d %H:%M:%S")))
    }

    /// Returns how the place tells a day.
    pub fn stored_day(&self, day: &str) -> String {
        format!("{day} 00:00:00.0")
    }

    fn timestamp(&self, stored: &str) -> Option<Timestamp> {
        self.zone.to_timestamp(civil(stored)?).ok()
    }
}

/// Returns a point in time that is told in milliseconds since 1970.
pub fn of_milliseconds(stored: &str) -> Option<String> {
    Some(spelled(Timestamp::from_millisecond(stored.trim().parse().ok()?).ok()?))
}

/// Returns a point in time in milliseconds since 1970.
pub fn milliseconds(moment: &str) -> Option<i64> {
    Some(moment.parse::<Timestamp>().ok()?.as_millisecond())
}

fn spelled(timestamp: Timestamp) -> String {
    let rounded = timestamp.round(Unit::Millisecond).unwrap_or(timestamp);
    rounded.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Returns a time without a zone, as `2011-06-29 18:40:56.287` or a day alone.
fn civil(stored: &str) -> Option<DateTime> {
    let stored = stored.trim();
    match stored.len() {
        10 => Some(stored.parse::<jiff::civil::Date>().ok()?.to_datetime(jiff::civil::Time::midnight())),
        _ => stored.parse().ok(),
    }
}

/// Returns the offset that `+02:00` or `-3` means.
fn offset(text: &str) -> Option<Offset> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match text[1..].split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if text.len() == 5 => (&text[1..3], &text[3..]),
        None => (&text[1..], "0"),
    };
    let number = |text: &str| text.parse::<i32>().ok().filter(|_| text.len() <= 2);
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").unwrap()
    }

    /// The example of a real pair: a backup and the database that it was made of.
    #[test]
    fn local_times_become_points_in_time_and_come_back() {
        for (stored, moment) in [
            ("2011-06-29 18:40:56.287", "2011-06-29T16:40:56.287Z"),
            ("2011-01-29 18:40:56.0", "2011-01-29T17:40:56.000Z"),
            ("1969-12-31 23:59:59.5", "1969-12-31T22:59:59.500Z"),
        ] {
            assert_eq!(berlin().moment(stored).as_deref(), Some(moment));
            assert_eq!(berlin().stored(moment).as_deref(), Some(stored));
        }
        assert_eq!(berlin().moment("soon"), None);
        assert_eq!(of_milliseconds("1309365656287").as_deref(), Some("2011-06-29T16:40:56.287Z"));
        assert_eq!(milliseconds("2011-06-29T16:40:56.287Z"), Some(1_309_365_656_287));
    }

    /// When clocks are set back an hour is told twice, and when they are set forward one is never told.
    #[test]
    fn what_is_told_twice_is_the_first() {
        assert_eq!(berlin().moment("2025-10-26 02:30:00.0").as_deref(), Some("2025-10-26T00:30:00.000Z"));
        assert_eq!(berlin().moment("2025-03-30 02:30:00.0").as_deref(), Some("2025-03-30T01:30:00.000Z"));
    }

    #[test]
    fn days_stay_days_wherever_their_midnight_is() {
        assert_eq!(berlin().day("2025-12-24 00:00:00.0").as_deref(), Some("2025-12-24"));
        let told = |stored| Zone::utc().day(stored);
        for midnight in
            ["2025-12-23 23:00:00", "2025-12-24 00:00:00.0", "2025-12-24 08:00:00", "2025-12-23 11:00:00"]
        {
            assert_eq!(told(midnight).as_deref(), Some("2025-12-24"), "{midnight}");
        }
    }

    #[test]
    fn a_zone_without_summer_is_an_offset() {
        let offset = |name| Zone::named(name).unwrap().offset();
        assert_eq!(offset("GMT-3:30").as_deref(), Some("-03:30"));
        assert_eq!(offset("UTC").as_deref(), Some("+00:00"));
        assert_eq!(offset("Europe/Berlin"), None);
    }

    #[test]
    fn zones_have_names_of_java_too() {
        for name in ["GMT+02:00", "+02:00", "UTC+2", "+0200"] {
            let moment = Zone::named(name).unwrap().moment("2025-01-01 02:00:00.0");
            assert_eq!(moment.as_deref(), Some("2025-01-01T00:00:00.000Z"), "{name}");
        }
        for name in ["", "Berlin", "+2x", "+99:00", "Europe/Atlantis"] {
            assert!(Zone::named(name).is_err(), "{name}");
        }
    }
}
