//! Days, as licences name them.
//!
//! Invariant: a [`Day`] is one of the calendar.

use std::fmt;
use std::str::FromStr;

use crate::Time;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A day of the calendar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: i64,
    month: i64,
    day: i64,
}

impl Day {
    /// How many whole days lie between a moment and the end of this day; negative once it is over.
    pub fn left(&self, now: Time) -> i64 {
        (self.number() + 1) - (now.0.div_euclid(DAY) + 1)
    }

    /// Days since 1970-01-01. The year begins in March here, so that the day that comes every four years is its last.
    fn number(self) -> i64 {
        let (year, month) =
            if self.month > 2 { (self.year, self.month - 3) } else { (self.year - 1, self.month + 9) };
        let leap = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        365 * year + leap + (153 * month + 2) / 5 + self.day - 1 - 719_468
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Day {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let mut parts = text.split('-').map(|part| part.parse::<i64>().map_err(drop));
        let mut next = || parts.next().unwrap_or(Err(()));
        let (year, month, day) = (next()?, next()?, next()?);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + i64::from(is_leap),
            1..=12 => 31,
            _ => return Err(()),
        };
        let found = Self { year, month, day };
        if is_plain && (1..=length).contains(&day) && found.to_string() == text { Ok(found) } else { Err(()) }
    }
}
