//! Files and folders that exist while others are being written.
//!
//! Invariants: a name is random, and the file is a new one, so that no link is followed and no file of anybody else is
//! touched; who writes one holds a lock on it, so that what a killed process has left can be told from what is being written.

use std::collections::HashSet;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::{Builder, NamedTempFile, TempDir};

use super::siblings::{SIBLINGS, beside};
use super::state;
use super::{folder_of, sync_folder};

/// How many random letters a name has.
const RANDOM: usize = 12;

/// What a name ends with.
const SUFFIX: &str = ".unfinished";

/// More of the name of the target, in bytes, is left out: names have an end.
const LONGEST: usize = 180;

/// A file that vanishes unless it gets the name of its target.
#[derive(Debug)]
pub struct Temporary {
    file: Option<NamedTempFile>,
    path: PathBuf,
}

impl Temporary {
    /// Makes a file in the folder of the target, with these permissions at most (on systems that have such).
    pub fn beside(target: &Path, mode: u32) -> io::Result<Self> {
        let folder = folder_of(target);
        sweep_once(folder);
        loop {
            let made = Self::make(&mut |builder| builder.tempfile_in(folder), &stem(target), mode)?;
            // Another process may have taken it for a left one before it was locked.
            if made.path.symlink_metadata().is_ok() {
                return Ok(made);
            }
        }
    }

    /// Makes a file where the system has its own, for the eyes of this user alone.
    pub(super) fn anywhere() -> io::Result<Self> {
        Self::make(&mut |builder| builder.tempfile(), "pcfg", 0o600)
    }

    fn make(
        make: &mut dyn FnMut(&mut Builder<'_, '_>) -> io::Result<NamedTempFile>,
        stem: &str,
        mode: u32,
    ) -> io::Result<Self> {
        let prefix = format!(".{stem}.");
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(SUFFIX).rand_bytes(RANDOM).permissions(permissions(mode)?);
        state::temporary(|| {
            let file = make(&mut builder)?;
            // Where locks are not known, nobody can look for left files either.
            let _locked = file.as_file().try_lock();
            let path = file.path().to_owned();
            Ok((Self { file: Some(file), path: path.clone() }, path))
        })
    }

    /// Returns the file.
    pub fn file(&mut self) -> &mut File {
        self.file.as_mut().expect("it has no name yet").as_file_mut()
    }

    /// Returns its path for the time being.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it the name of its target: that of a file which is there only if `replaces` says so. The name is on the disk
    /// afterwards, as far as the system can do that.
    pub fn rename(&mut self, target: &Path, replaces: bool) -> io::Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let named = if replaces { file.persist(target) } else { file.persist_noclobber(target) };
        match named {
            Ok(_) => {
                sync_folder(target);
                Ok(())
            }
            // Not every file system can do it in one step.
            Err(error)
                if !replaces && !is_there(target) && error.error.kind() != io::ErrorKind::AlreadyExists =>
            {
                self.file = Some(error.file);
                self.rename(target, true)
            }
            Err(error) => {
                self.file = Some(error.file);
                Err(error.error)
            }
        }
    }
}

/// A folder that vanishes with all that is in it, for the eyes of this user alone.
#[derive(Debug)]
pub(super) struct TemporaryFolder {
    folder: TempDir,
    /// Holds the lock.
    _locked: Option<File>,
}

impl TemporaryFolder {
    /// Makes a folder beside the target.
    pub(super) fn beside(target: &Path) -> io::Result<Self> {
        let folder = folder_of(target);
        sweep_once(folder);
        let prefix = format!(".{}.", stem(target));
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(SUFFIX).rand_bytes(RANDOM).permissions(permissions(0o700)?);
        loop {
            let made = state::temporary(|| {
                let folder = builder.tempdir_in(folder)?;
                let locked = File::open(folder.path()).ok().filter(|own| own.try_lock().is_ok());
                let path = folder.path().to_owned();
                Ok::<_, io::Error>((Self { folder, _locked: locked }, path))
            })?;
            // Another process may have taken it for a left one before it was locked.
            if is_there(made.path()) {
                return Ok(made);
            }
        }
    }

    /// Returns its path.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What cannot be removed now is removed with what else is left.
        let _gone = fs::remove_dir_all(self.folder.path());
        state::gone(self.folder.path());
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            SIBLINGS.iter().for_each(|suffix| drop(fs::remove_file(beside(&self.path, suffix))));
        }
        state::gone(&self.path);
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems have no such permissions")]
fn permissions(mode: u32) -> io::Result<Permissions> {
    Ok(std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn permissions(_: u32) -> io::Result<Permissions> {
    Ok(fs::metadata(".")?.permissions())
}

/// Returns the beginning of the name of a target that stands in the names of its unfinished files.
fn stem(target: &Path) -> String {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    name[..name.floor_char_boundary(LONGEST)].to_owned()
}

/// Returns the stem if this is the name of an unfinished file, or of one that SQLite has made beside one.
fn stem_of(name: &str) -> Option<&str> {
    let name = SIBLINGS.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let (stem, random) = name.strip_prefix('.')?.strip_suffix(SUFFIX)?.rsplit_once('.')?;
    let is_random = random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_random.then_some(stem)
}

/// What processes that were stopped have left of a file that they were writing.
#[derive(Debug, Default)]
pub struct Left {
    /// What nobody will finish.
    pub abandoned: Vec<PathBuf>,
    /// What somebody is writing.
    pub busy: Vec<PathBuf>,
}

impl Left {
    /// Looks for what is left of a target.
    pub fn of(target: &Path) -> Self {
        let wanted = stem(target);
        find(folder_of(target), &|stem| stem == wanted)
    }

    /// Returns whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.abandoned.is_empty() && self.busy.is_empty()
    }

    /// Removes what nobody will finish; returns what is gone.
    pub fn remove(self) -> io::Result<Vec<PathBuf>> {
        self.abandoned.iter().try_for_each(|path| remove(path))?;
        Ok(self.abandoned)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match path.symlink_metadata()?.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    }
}

/// Looks for unfinished files in a folder.
fn find(folder: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Left {
    let mut left = Left::default();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| stem_of(name).is_some_and(is_wanted)) else { continue };
        let path = folder.join(name);
        // What SQLite has made goes with its database, and alone if that is gone.
        let database =
            SIBLINGS.iter().find_map(|suffix| name.strip_suffix(suffix)).map(|own| folder.join(own));
        let list = match is_abandoned(&database.unwrap_or_else(|| path.clone())) {
            true => &mut left.abandoned,
            false => &mut left.busy,
        };
        list.push(path);
    }
    // The longer name first: what belongs to a database before the database.
    left.abandoned.sort_by(|one, other| other.cmp(one));
    left
}

fn is_abandoned(path: &Path) -> bool {
    match path.symlink_metadata() {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => false,
        Ok(_) => match File::open(path).map(|file| file.try_lock()) {
            Ok(Ok(())) => true,
            Ok(Err(TryLockError::WouldBlock | TryLockError::Error(_))) | Err(_) => false,
        },
    }
}

/// Removes what is left in a folder, once in each process: a folder may have many files that are written.
fn sweep_once(folder: &Path) {
    static SWEPT: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);
    let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if swept.get_or_insert_default().insert(folder.to_owned()) {
        for path in find(folder, &|_| true).abandoned {
            let _gone = remove(&path);
        }
    }
}
