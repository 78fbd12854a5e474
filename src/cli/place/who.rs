//! Who runs this command, for those who meet it: in the lock of an instance, and in its journal.

use std::time::{Duration, SystemTime};

use crate::instance::{Who, without_password};

/// Returns who runs this command, where and since when.
pub(in crate::cli) fn who() -> Who {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|name| !name.is_empty()).or_else(of_system);
    #[allow(clippy::disallowed_methods, reason = "a journal says when something was done")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| without_password(&word.to_string_lossy())).collect();
    Who {
        user: user.unwrap_or_else(|| "somebody".to_owned()),
        host: gethostname::gethostname().to_string_lossy().into_owned(),
        pid: std::process::id(),
        command: format!("pcfg {}", words.join(" ")),
        since: moment(now),
    }
}

/// Returns what the system calls the user, where the environment does not say it, as in jobs of CI and of cron.
#[cfg(unix)]
fn of_system() -> Option<String> {
    let id = rustix::process::getuid().as_raw();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    named(&accounts, id).or_else(from_directory).or_else(|| Some(format!("user {id}")))
}

#[cfg(not(unix))]
fn of_system() -> Option<String> {
    None
}

/// Returns the name of an account in the list of local accounts.
#[cfg(unix)]
fn named(accounts: &str, id: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}

/// Asks for an account that no local list has: of a directory, or of macOS.
#[cfg(unix)]
fn from_directory() -> Option<String> {
    let told =
        std::process::Command::new("id").arg("-un").stderr(std::process::Stdio::null()).output().ok()?;
    let name = String::from_utf8(told.stdout).ok()?;
    Some(name.trim().to_owned()).filter(|name| told.status.success() && !name.is_empty())
}

/// Returns a moment as `2025-03-01T12:00:00Z`.
fn moment(since_1970: Duration) -> String {
    let seconds = since_1970.as_secs();
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March have their odd day at the end (Howard Hinnant, "chrono-Compatible Low-Level Date
    // Algorithms").
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hours, minutes, seconds) = (time / 3_600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn an_account_has_a_name_without_the_environment() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\n+::::::\n\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!(named(accounts, 1000).as_deref(), Some("ada"));
        assert_eq!(named(accounts, 1001), None);
        let name = of_system().unwrap();
        assert!(from_directory().is_none_or(|own| own == name), "{name}");
    }

    #[test]
    fn moments_are_dates() {
        let at = |seconds| moment(Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(951_868_800), "2000-03-01T00:00:00Z");
        assert_eq!(at(1_740_787_199), "2025-02-28T23:59:59Z");
        assert_eq!(at(1_740_787_200), "2025-03-01T00:00:00Z");
        assert_eq!(at(4_102_444_799), "2099-12-31T23:59:59Z");
    }
}
