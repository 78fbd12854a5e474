//! Reading an archive.
//!
//! Invariants: an archive that is open has every entry that its manifest names and no other, each of the size that is said and
//! none with a name that leads anywhere else; whoever reads an entry to its end has read what the manifest says, or an error.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::content::{Content, Copying, Hashing, is_sha256, pass};
use super::fault::{Fault, Flaw, ReadError};
use super::folder::Folder;
use super::manifest::{Entry, Manifest, Unread};
use super::name::Name;
use super::zip::Zip;

/// The longest manifest that is read: more than a million entries. It is in memory as a whole.
pub(super) const LONGEST: u64 = 1 << 28;

/// An archive that can be read. Copies of it are cheap, and each reads for itself.
#[derive(Debug, Clone)]
pub struct Reader {
    path: Arc<Path>,
    manifest: Arc<Manifest>,
    /// The numbers of the entries in the manifest.
    numbers: Arc<HashMap<String, usize>>,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Zip(Zip),
    Folder(Folder),
}

/// What an archive has of an entry, before it is read.
pub(super) struct Found {
    /// The name, as the archive has it.
    pub(super) name: String,
    /// The size that it seems to have, or what is wrong with it.
    pub(super) size: Result<u64, Flaw>,
}

impl Reader {
    /// Opens an archive, a zip or a folder, and refuses everything that shows without reading the content of its entries.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let (source, text, found) = match path.is_dir() {
            true => {
                let (folder, text, found) = Folder::open(path)?;
                (Source::Folder(folder), text, found)
            }
            false => {
                let (zip, text, found) = Zip::open(path)?;
                (Source::Zip(zip), text, found)
            }
        };
        let not = |why: String, help| ReadError::NotAnArchive { path: path.to_owned(), why, help };
        let manifest = Manifest::parse(&text).map_err(|unread| match unread {
            Unread::Other => not(
                "its manifest.json is of something else".to_owned(),
                "name the file or the folder that `pcfg export --complete` wrote",
            ),
            Unread::Newer(format) => ReadError::Newer { path: path.to_owned(), format },
            // In a folder, git may have left both sides of a merge.
            Unread::Malformed(_) if path.is_dir() && text.windows(8).any(|own| own == b"\n<<<<<<<") => {
                ReadError::Unmerged { path: path.to_owned() }
            }
            Unread::Malformed(error) => not(
                format!("its manifest.json is damaged ({error})"),
                "get it again from where it was exported, or export the projects anew",
            ),
        })?;
        let faults = faults(&manifest, found);
        if !faults.is_empty() {
            let is_folder = matches!(source, Source::Folder(_));
            return Err(ReadError::Damaged { path: path.to_owned(), faults, is_folder });
        }
        let numbers = manifest.entries.iter().enumerate().map(|(number, entry)| (entry.path.clone(), number));
        Ok(Self {
            path: path.into(),
            numbers: Arc::new(numbers.collect()),
            manifest: Arc::new(manifest),
            source,
        })
    }

    /// Returns the archive as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns how many bytes all entries have together.
    pub fn size(&self) -> u64 {
        self.manifest.entries.iter().fold(0, |size, entry| size.saturating_add(entry.size))
    }

    /// Opens an entry.
    pub fn read(&mut self, name: &str) -> Result<Reading<'_>, ReadError> {
        let number = self.numbers.get(name).copied();
        let no_entry = || ReadError::NoEntry { path: self.path.to_path_buf(), entry: name.to_owned() };
        let entry = &self.manifest.entries[number.ok_or_else(no_entry)?];
        let is_folder = matches!(self.source, Source::Folder(_));
        let damaged = |flaw| ReadError::Damaged {
            path: self.path.to_path_buf(),
            faults: vec![Fault { entry: name.to_owned(), flaw }],
            is_folder,
        };
        let from = match &mut self.source {
            Source::Zip(zip) => zip.read(name),
            Source::Folder(folder) => folder.read(name),
        };
        let from = from.map_err(|failed| failed.told(damaged))?;
        let hashing = Some(Hashing::default());
        Ok(Reading { from, entry, path: &self.path, hashing, is_folder })
    }

    /// Opens the attachment of a hash.
    pub fn attachment(&mut self, sha256: &str) -> Result<Reading<'_>, ReadError> {
        match Name::attachment(sha256) {
            Ok(name) => self.read(name.as_str()),
            Err(_) => Err(ReadError::NoEntry { path: self.path.to_path_buf(), entry: sha256.to_owned() }),
        }
    }

    /// Reads everything, and returns an error with all that is not as the manifest says; `progress` is told how many bytes were read.
    pub fn check(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), ReadError> {
        let mut faults = Vec::new();
        let manifest = Arc::clone(&self.manifest);
        let path = self.path.to_path_buf();
        for entry in &manifest.entries {
            let read = self.read(&entry.path).and_then(|mut reading| {
                let passed = pass(&mut reading, &mut |piece| {
                    progress(piece.len() as u64);
                    Ok(())
                });
                passed.map_err(|error| match error {
                    Copying::Read(error) | Copying::Write(error) => ReadError::of(error, &path),
                })
            });
            match read {
                Err(ReadError::Damaged { faults: own, .. }) => faults.extend(own),
                other => other?,
            }
        }
        match faults.is_empty() {
            true => Ok(()),
            false => {
                Err(ReadError::Damaged { path, faults, is_folder: matches!(self.source, Source::Folder(_)) })
            }
        }
    }
}

/// Compares what is there with the manifest.
fn faults(manifest: &Manifest, found: Vec<Found>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |entry: &str, flaw: Flaw| faults.push(Fault { entry: entry.to_owned(), flaw });
    let mut wanted: HashMap<&str, (&Entry, bool)> = HashMap::new();
    let mut folded: HashMap<String, &str> = HashMap::new();
    for entry in &manifest.entries {
        let path = &*entry.path;
        match Name::new(path) {
            Err(ill) => fault(path, ill.into()),
            Ok(name) => {
                let is_own = name.sha256().is_none_or(|sha256| sha256 == entry.sha256);
                if !is_own || !is_sha256(&entry.sha256) {
                    fault(path, Flaw::Hash);
                }
                if folded.insert(name.folded(), path).is_some() {
                    fault(path, Flaw::Twice);
                }
            }
        }
        wanted.insert(path, (entry, false));
    }
    for Found { name, size } in found {
        match (wanted.get_mut(&*name), size) {
            (Some((_, true)), _) => fault(&name, Flaw::Twice),
            (Some((_, is_there)), Err(flaw)) => {
                *is_there = true;
                fault(&name, flaw);
            }
            (Some((entry, is_there)), Ok(size)) => {
                *is_there = true;
                match size {
                    size if size < entry.size => fault(&name, Flaw::Cut { is: size, wanted: entry.size }),
                    size if size > entry.size => fault(&name, Flaw::Long { wanted: entry.size }),
                    _ => {}
                }
            }
            (None, Err(flaw)) => fault(&name, flaw),
            // A name that leads elsewhere says more than that nobody knows it.
            (None, Ok(_)) => match Name::new(&name) {
                Err(ill) if ill != super::name::Ill::Foreign => fault(&name, ill.into()),
                _ => fault(&name, Flaw::Additional),
            },
        }
    }
    for entry in &manifest.entries {
        if wanted.get(&*entry.path).is_some_and(|(_, is_there)| !is_there) && Name::new(&entry.path).is_ok() {
            fault(&entry.path, Flaw::Missing);
        }
    }
    faults
}

/// Why an entry cannot be opened or read on.
pub(super) enum Failed {
    /// The operating system refuses.
    Io(PathBuf, io::Error),
    /// It is not as it was written.
    Flaw(Flaw),
}

impl Failed {
    /// Tells what the system refuses from what is wrong with the bytes: only the system gives its errors numbers.
    pub(super) fn of(error: io::Error, path: &Path) -> Self {
        match error.raw_os_error() {
            Some(_) => Self::Io(path.to_owned(), error),
            None => Self::Flaw(Flaw::Unpacked(error.to_string())),
        }
    }

    fn told(self, damaged: impl FnOnce(Flaw) -> ReadError) -> ReadError {
        match self {
            Self::Io(path, source) => ReadError::Io { path, source },
            Self::Flaw(flaw) => damaged(flaw),
        }
    }
}

/// An entry that is being read. It ends with an error unless it is what the manifest says.
pub struct Reading<'a> {
    from: Box<dyn Read + 'a>,
    entry: &'a Entry,
    path: &'a Path,
    hashing: Option<Hashing>,
    is_folder: bool,
}

impl Reading<'_> {
    /// Returns what the entry is to be.
    pub fn content(&self) -> Content {
        Content { size: self.entry.size, sha256: self.entry.sha256.clone() }
    }

    fn damaged(&self, flaw: Flaw) -> io::Error {
        let faults = vec![Fault { entry: self.entry.path.clone(), flaw }];
        let path = self.path.to_owned();
        io::Error::new(
            io::ErrorKind::InvalidData,
            ReadError::Damaged { path, faults, is_folder: self.is_folder },
        )
    }
}

impl Read for Reading<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if to.is_empty() {
            return Ok(0);
        }
        let Some(hashing) = &mut self.hashing else { return Ok(0) };
        let wanted = self.entry.size;
        match self.from.read(to) {
            Ok(0) => {
                let is = self.hashing.take().unwrap_or_default().finish();
                match () {
                    () if is.size < wanted => Err(self.damaged(Flaw::Cut { is: is.size, wanted })),
                    () if is.sha256 != self.entry.sha256 => Err(self.damaged(Flaw::Changed)),
                    () => Ok(0),
                }
            }
            Ok(read) => {
                hashing.update(&to[..read]);
                match hashing.size() > wanted {
                    true => Err(self.damaged(Flaw::Long { wanted })),
                    false => Ok(read),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted || error.raw_os_error().is_some() => {
                Err(error)
            }
            Err(error) => Err(self.damaged(Flaw::Unpacked(error.to_string()))),
        }
    }
}
