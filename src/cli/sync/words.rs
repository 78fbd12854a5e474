//! Times and lengths of time for people.
//!
//! Invariant: machines get milliseconds; people get what they would say.

use pcfg_sync::Time;
use pcfg_sync::settings::in_utc;

/// A moment.
pub(super) fn moment(time: Time) -> String {
    in_utc(time)
}

/// A length of time in its largest unit.
pub(super) fn length(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0) / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long ago something was.
pub(super) fn ago(now: Time, then: Time) -> String {
    format!("{} ago", length(now.0 - then.0))
}
