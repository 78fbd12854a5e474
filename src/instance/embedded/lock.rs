//! One writer at a time, and the next one can tell who it is.
//!
//! The lock is one of the operating system on a file beside the database, which a process that dies gives up by itself.
//! Who holds it stands in that file; it is only told, never relied upon. The file stays as long as the database does. Invariant:
//! who holds a lock holds it on the file that has the name, so whoever takes that away lets nobody else in.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::instance::{Who, WriteError};
use crate::output::Needless;

/// What the name of a lock ends with.
const SUFFIX: &str = "-lock";

/// How often a waiting process looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The right to write; given up when it is dropped.
#[derive(Debug)]
pub(in crate::instance) struct Lock {
    file: File,
    path: PathBuf,
    /// The database, which need not be there.
    database: PathBuf,
    /// Who had it before and did not give it up.
    stopped: Option<Box<Who>>,
    /// Beside a database that is not there, an interruption takes the file away.
    _needless: Option<Needless>,
}

impl Lock {
    /// Gets the right to write into a database, waiting for it as long as that.
    pub(in crate::instance) fn get(database: &Path, who: &Who, wait: Duration) -> Result<Self, WriteError> {
        let place = place_of(database);
        let path = beside(&place, SUFFIX);
        let fails = |source| WriteError::Io { path: path.clone(), source };
        let begin = Instant::now();
        let file = loop {
            let file = open(&path, true).map_err(fails)?;
            if !is_lock(&file).map_err(fails)? {
                return Err(fails(io::Error::other("it is not a lock of pcfg, but has its name: move it")));
            }
            match file.try_lock() {
                // Who had it may have taken the file away.
                Ok(()) if is_at(&file, &path) => break file,
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if begin.elapsed() < wait => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let by = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
                    return Err(WriteError::Busy { place: database.display().to_string(), by });
                }
                Err(TryLockError::Error(source)) => return Err(fails(source)),
            }
        };
        let stopped = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let needless = (!is_there(&place)).then(|| Needless::now(&path));
        let mut lock = Self { file, path: path.clone(), database: place, stopped, _needless: needless };
        let text = serde_json::to_vec(who).expect("names are text");
        lock.write(&text).map_err(fails)?;
        Ok(lock)
    }

    /// Returns who had the right before and ended without giving it up.
    pub(in crate::instance) fn stopped(&self) -> Option<&Who> {
        self.stopped.as_deref()
    }

    fn write(&mut self, text: &[u8]) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(text)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Who wrote last is nobody's business; a name that stays would only be stale.
        let _cleared = self.write(b"");
        // Nothing was made that it could be the lock of. Where nobody can see that a file was taken away, it stays.
        if cfg!(unix) && !is_there(&self.database) {
            let _gone = std::fs::remove_file(&self.path);
        }
        let _free = self.file.unlock();
    }
}

/// Removes the lock that a killed process has left where a database was to be; returns what is gone.
pub fn take_lock_away(database: &Path) -> Option<PathBuf> {
    let place = place_of(database);
    let path = beside(&place, SUFFIX);
    if is_there(&place) || !is_there(&path) {
        return None;
    }
    let file = open(&path, false).ok()?;
    let is_ours = is_lock(&file).ok()? && file.try_lock().is_ok() && is_at(&file, &path);
    (is_ours && std::fs::remove_file(&path).is_ok()).then_some(path)
}

/// Opens the file of a lock, or makes it.
fn open(path: &Path, makes: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(makes).truncate(false);
    // A link would have another file written.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits() as i32,
    );
    options.open(path)
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Returns whether a path still leads to an open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let id = |own: std::fs::Metadata| (own.dev(), own.ino());
    let (own, there) = (file.metadata().map(id), path.symlink_metadata().map(id));
    matches!((own, there), (Ok(own), Ok(there)) if own == there)
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Returns whether a file holds what a lock holds: who writes, or nothing. Whatever else it is, it is not overwritten.
fn is_lock(file: &File) -> io::Result<bool> {
    /// Longer than all names.
    const MOST: u64 = 1 << 16;
    let metadata = file.metadata()?;
    let mut text = Vec::new();
    file.take(MOST).read_to_end(&mut text)?;
    // A process or a machine may have stopped in the middle of writing it.
    let begins = text.iter().zip(b"{\"user\":").all(|(own, wanted)| own == wanted);
    Ok(metadata.is_file() && (begins || text.iter().all(|byte| *byte == 0)))
}

/// Returns the one path that all names of a database share, whether it exists or not: the lock stands beside it.
pub(super) fn place_of(database: &Path) -> PathBuf {
    if let Ok(real) = database.canonicalize() {
        return real;
    }
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), database.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => database.to_owned(),
    }
}

/// Returns the path of a file that belongs to a database.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.sqlite");
        let who = Who {
            user: "ada".to_owned(),
            host: "analyst".to_owned(),
            pid: 7,
            command: "pcfg import demo.xml".to_owned(),
            since: "2025-03-01T12:00:00Z".to_owned(),
        };
        let first = Lock::get(&database, &who, Duration::ZERO).unwrap();
        let error = Lock::get(&database, &Who::default(), Duration::ZERO).unwrap_err();
        let message = error.to_string();
        let wanted = ": ada on analyst, process 7, since 2025-03-01T12:00:00Z, by `pcfg import demo.xml`";
        assert!(message.ends_with(wanted), "{message}");
        drop(first);
        drop(Lock::get(&database, &Who::default(), Duration::ZERO).unwrap());
    }

    #[test]
    fn the_second_can_wait() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.sqlite");
        let first = Lock::get(&database, &Who::default(), Duration::ZERO).unwrap();
        let begin = Instant::now();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(PAUSE * 3);
            drop(first);
        });
        drop(Lock::get(&database, &Who::default(), Duration::from_secs(60)).unwrap());
        assert!(begin.elapsed() >= PAUSE * 3);
        thread.join().unwrap();
    }
}
