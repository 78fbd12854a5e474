//! Messages of the file channel that were refused, beside SEND and RECEIVE, each with the reason in a file of its own.
//!
//! Invariant: what is released is looked at as if it had just come; nothing of it is believed because a person let it go.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::Serialize;

use crate::Time;

/// A message that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Quarantined {
    /// The name of its file.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// When it was last changed.
    pub since: Time,
    /// Why it was refused.
    pub why: String,
}

fn folder(exchange: &Path) -> PathBuf {
    exchange.join("QUARANTINE")
}

fn reason(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".txt");
    PathBuf::from(name)
}

/// The messages that were refused, by name.
pub fn quarantined(exchange: &Path) -> io::Result<Vec<Quarantined>> {
    let entries = match fs::read_dir(folder(exchange)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let facts = entry.metadata()?;
        if !name.ends_with(".pgp") || !facts.is_file() {
            continue;
        }
        let since = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let since = since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default();
        let mut why = String::new();
        let read =
            fs::File::open(reason(&entry.path())).and_then(|file| file.take(4096).read_to_string(&mut why));
        if read.is_err() {
            "the reason is not there any more".clone_into(&mut why);
        }
        let why = why.trim().to_owned();
        all.push(Quarantined { name, size: facts.len(), since: Time(since), why });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// Puts a message back among those that were received.
pub fn release(exchange: &Path, name: &str) -> io::Result<()> {
    let from = found(exchange, name)?;
    let to = exchange.join("RECEIVE").join(name);
    // RECEIVE may be on another file system; a copy that is whole takes the name.
    let temporary = exchange.join("RECEIVE").join(format!(".tmp-{name}"));
    fs::copy(&from, &temporary)?;
    fs::rename(&temporary, &to)?;
    discard(exchange, name)
}

/// Takes a message away for good.
pub fn discard(exchange: &Path, name: &str) -> io::Result<()> {
    let path = found(exchange, name)?;
    fs::remove_file(&path)?;
    match fs::remove_file(reason(&path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A file of the quarantine; a name never leads elsewhere.
fn found(exchange: &Path, name: &str) -> io::Result<PathBuf> {
    let is_name = name.ends_with(".pgp") && !name.contains(['/', '\\']) && !name.starts_with('.');
    let path = folder(exchange).join(name);
    if !is_name || !path.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("there is no message `{name}` in quarantine"),
        ));
    }
    Ok(path)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test makes its own surroundings")]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_listed_released_and_dropped() {
        let place = tempfile::tempdir().unwrap();
        let exchange = place.path();
        assert!(quarantined(exchange).unwrap().is_empty());
        for name in ["QUARANTINE", "RECEIVE"] {
            fs::create_dir(exchange.join(name)).unwrap();
        }
        for name in ["a.pgp", "b.pgp"] {
            fs::write(folder(exchange).join(name), "sealed").unwrap();
            fs::write(folder(exchange).join(format!("{name}.txt")), "it is cut\n").unwrap();
        }
        let all = quarantined(exchange).unwrap();
        assert_eq!(
            all.iter().map(|own| (&*own.name, &*own.why, own.size)).collect::<Vec<_>>(),
            [("a.pgp", "it is cut", 6), ("b.pgp", "it is cut", 6)]
        );
        release(exchange, "a.pgp").unwrap();
        assert_eq!(fs::read(exchange.join("RECEIVE/a.pgp")).unwrap(), b"sealed");
        discard(exchange, "b.pgp").unwrap();
        assert!(quarantined(exchange).unwrap().is_empty());
        for wrong in ["a.pgp", "../RECEIVE/a.pgp", "a.txt"] {
            assert!(discard(exchange, wrong).is_err());
        }
        assert_eq!(fs::read_dir(folder(exchange)).unwrap().count(), 0);
    }
}
