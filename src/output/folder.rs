//! A folder that a command writes: whole or not at all.
//!
//! Invariants: it is made under another name beside its place, where only this user looks in, and comes to its place in one
//! step when all of it is on the disk. A folder that is there is exchanged for it in that step, and only if it is of the same
//! kind, holds nothing else and nothing that the process reads.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::kind::{self, Content};
use super::temporary::TemporaryFolder;
use super::{NotWritten, Place, Why, Writing, folder_of, inputs, state, sync_folder};

/// The folder under its other name, in the one that nobody looks into.
const MADE: &str = "made";

/// A folder that is to be written.
#[derive(Debug)]
pub struct OutputFolder {
    path: PathBuf,
    parts: &'static [&'static str],
    wanted: Content,
    target: PathBuf,
    aside: TemporaryFolder,
    writing: Writing,
}

/// What is in the place.
#[derive(Debug)]
enum Before {
    Nothing,
    Empty,
    /// One of the same kind.
    Same(Metadata),
}

impl OutputFolder {
    /// Returns a folder to write, after a look whether that can be done. Nothing but these names is at its top.
    pub fn to(path: &Path, wanted: Content, parts: &'static [&'static str]) -> Result<Self, NotWritten> {
        let writing = Writing::begin(Place::File(path.to_owned()));
        let not = |why| NotWritten { path: path.to_owned(), why };
        // A link stays, and what it leads to is written.
        let target = path.canonicalize().unwrap_or_else(|_| path.components().collect());
        let around = folder_of(&target);
        if !around.is_dir() {
            return Err(not(Why::NoFolder(around.to_owned())));
        }
        let aside = TemporaryFolder::beside(&target).map_err(|error| not(Why::Io(error)))?;
        let folder = Self { path: path.to_owned(), parts, wanted, target, aside, writing };
        folder.told(DirBuilder::new().create(folder.folder()))?;
        if let Before::Same(_) = folder.before()? {
            folder.can_exchange()?;
        }
        Ok(folder)
    }

    /// Returns the folder as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns where it is while it is being made.
    pub fn folder(&self) -> PathBuf {
        self.aside.path().join(MADE)
    }

    /// Makes a new file in it, and the folders that it is in.
    pub fn create(&self, name: &str) -> io::Result<File> {
        self.prepare(name, |path| OpenOptions::new().write(true).create_new(true).open(path))
    }

    /// Gives a file in it another name.
    pub fn rename(&self, old: &str, new: &str) -> io::Result<()> {
        self.prepare(new, |path| fs::rename(self.folder().join(old), path))
    }

    /// Removes a file in it.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.folder().join(name))
    }

    fn prepare<T>(&self, name: &str, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        let path = self.folder().join(name);
        state::within(|| {
            fs::create_dir_all(folder_of(&path))?;
            act(&path)
        })
    }

    /// Brings it to its place.
    pub fn finish(self) -> Result<(), NotWritten> {
        let made = self.folder();
        self.told(sync(&made))?;
        let before = self.before()?;
        if let Before::Same(old) = &before {
            self.told(fs::set_permissions(&made, old.permissions()))?;
        }
        self.told(self.writing.decide(|| match before {
            // An empty folder is replaced, and one that somebody has put something into meanwhile is not.
            Before::Nothing | Before::Empty => fs::rename(&made, &self.target),
            Before::Same(_) => exchange(&made, &self.target),
        }))?;
        sync_folder(&self.target);
        Ok(())
    }

    /// Looks what is in the place, and whether it may be replaced.
    fn before(&self) -> Result<Before, NotWritten> {
        let metadata = match self.target.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Before::Nothing),
            Err(error) => return Err(self.not(Why::Io(error))),
        };
        if !metadata.is_dir() {
            return Err(self.not(Why::Other { is: "no folder", wanted: self.title(), is_precious: true }));
        }
        // Whoever stands in it would stand in the old one afterwards.
        if Path::new(".").canonicalize().is_ok_and(|own| own.starts_with(&self.target)) {
            return Err(self.not(Why::Around));
        }
        let mut names = Vec::new();
        for entry in self.told(fs::read_dir(&self.target))? {
            names.push(self.told(entry)?.file_name());
        }
        names.sort();
        if names.is_empty() {
            return Ok(Before::Empty);
        }
        if inputs::are_in(&self.target) {
            return Err(self.not(Why::Input));
        }
        if let Some(other) = names.iter().find(|name| !self.parts.iter().any(|own| name == own)) {
            return Err(self.not(Why::Holds(other.into())));
        }
        match kind::is_complete(&self.target) {
            true => Ok(Before::Same(metadata)),
            false => {
                let is = "a folder of another kind";
                Err(self.not(Why::Other { is, wanted: self.title(), is_precious: true }))
            }
        }
    }

    fn title(&self) -> &'static str {
        self.wanted.title()
    }

    /// Tries on two new folders what is to be done at the end.
    fn can_exchange(&self) -> Result<(), NotWritten> {
        let [one, other] = ["one", "other"].map(|name| self.aside.path().join(name));
        for path in [&one, &other] {
            self.told(DirBuilder::new().create(path))?;
        }
        let exchanged = exchange(&one, &other);
        for path in [&one, &other] {
            self.told(fs::remove_dir(path))?;
        }
        exchanged.map_err(|_| self.not(Why::Exchange))
    }

    fn told<T>(&self, result: io::Result<T>) -> Result<T, NotWritten> {
        result.map_err(|error| self.not(Why::Io(error)))
    }

    fn not(&self, why: Why) -> NotWritten {
        NotWritten { path: self.path.clone(), why }
    }
}

/// Exchanges two folders in one step.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Waits until all that is in a folder is on the disk: at once where the system can do that, for there may be many files.
fn sync(folder: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        Ok(rustix::fs::syncfs(File::open(folder)?)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry?;
            // Not every system can write folders.
            let synced = File::open(entry.path()).and_then(|own| own.sync_all());
            if entry.file_type().is_file() {
                synced?;
            }
        }
        Ok(())
    }
}
