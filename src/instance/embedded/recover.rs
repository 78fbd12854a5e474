//! After a process that was stopped: what it left behind, and whether the instance is whole.
//!
//! SQLite takes back by itself what was not committed, the next time that anybody opens the file. Invariant: nothing here
//! changes a row; only files beside the database go, and only while nobody else may write.

use super::lock::{Lock, beside, place_of};
use super::{Embedded, dangling, failed, in_words, is_settled, journal, unread};
use crate::instance::{Finding, Who, WriteError};
use crate::output::Left;

pub(super) fn recover(instance: &mut Embedded, who: &Who) -> Result<Vec<Finding>, WriteError> {
    let path = instance.path.clone();
    let lock = Lock::get(&path, who, instance.wait)?;
    let mut findings = Vec::new();
    let runs = instance.snapshot(|connection| Ok(journal::history(connection)));
    let runs = runs.map_err(|error| failed(&path, error))?.map_err(|error| unread(&path, error))?;
    if let Some(stopped) = lock.stopped() {
        let run = runs.iter().find(|entry| entry.run.who == *stopped).map(|entry| entry.id);
        findings.push(Finding::Stopped { who: Box::new(stopped.clone()), run });
    }
    let left = Left::of(&place_of(&path))
        .remove()
        .map_err(|source| WriteError::Io { path: path.clone(), source })?;
    findings.extend(left.into_iter().map(|path| Finding::Removed { path }));
    if settle(instance).map_err(|error| failed(&path, error))? {
        findings.push(Finding::Settled { path: beside(&path, "-wal") });
    }
    check(instance)?;
    for entry in runs {
        journal::changes(&instance.connection, entry.id).map_err(|error| unread(&path, error))?;
    }
    Ok(findings)
}

/// Moves what is in the log into the database; returns whether there was a log. Those who read may prevent that: the log is
/// as good a place.
fn settle(instance: &Embedded) -> rusqlite::Result<bool> {
    let was_left = !is_settled(&instance.path);
    let busy: i64 = instance.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
    Ok(was_left && busy == 0)
}

impl Embedded {
    /// Returns what is wrong with the file, if it is not whole; nothing is changed.
    pub fn damage(&mut self) -> Option<String> {
        check(self).err().map(|error| match error {
            WriteError::Damaged { why, .. } => why,
            error => error.to_string(),
        })
    }
}

/// Fails if the database is not whole.
fn check(instance: &mut Embedded) -> Result<(), WriteError> {
    let path = instance.path.clone();
    let damaged = |why: String| WriteError::Damaged { path: path.clone(), why };
    let said = |connection: &rusqlite::Connection| {
        let first: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
        let dangling = dangling(connection)?.first().map(|own| in_words(connection, own)).transpose()?;
        Ok((first, dangling))
    };
    let (first, dangling) = instance.snapshot(said).map_err(|error| failed(&path, error))?;
    match (first.as_str(), dangling) {
        ("ok", None) => Ok(()),
        ("ok", Some((row, to))) => Err(damaged(format!("{row} refers to a row of {to} that does not exist"))),
        (why, _) => Err(damaged(why.to_owned())),
    }
}
