//! An archive as a zip, read.
//!
//! Invariants: only what is stored or deflated is read; sizes that no bytes can have, and bytes that are those of two entries, are
//! refused before anything is unpacked. Entries of folders, which other programs make, say nothing.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ::zip::read::{Config, ZipFileEntry};
use ::zip::result::ZipError;
use ::zip::unstable::read::ZipIterable;
use ::zip::{CompressionMethod, ZipArchive};

use super::fault::{AGAIN, Fault, Flaw, ReadError};
use super::read::{Failed, Found, LONGEST};
use crate::output::{self, MANIFEST};

/// The head of an entry has at least so many bytes before its content.
const HEAD: u64 = 30;

/// Deflate makes at most so many bytes of one (258 bytes of two bits).
const MOST: u64 = 1032;

/// A zip with the entries of an archive.
#[derive(Debug, Clone)]
pub(super) struct Zip {
    archive: ZipArchive<Shared>,
    path: Arc<Path>,
}

/// A file that several read, each at its own place.
#[derive(Debug, Clone)]
struct Shared {
    file: Arc<Mutex<File>>,
    at: u64,
}

impl Read for Shared {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(to)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.at.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?,
            SeekFrom::End(_) => self.file.lock().unwrap_or_else(PoisonError::into_inner).seek(to)?,
        };
        Ok(self.at)
    }
}

impl Zip {
    /// Opens a zip; returns its manifest and what else is in it.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<u8>, Vec<Found>), ReadError> {
        let failed = |source| ReadError::Io { path: path.to_owned(), source };
        let not = |why: String, help| ReadError::NotAnArchive { path: path.to_owned(), why, help };
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        output::reads(path);
        if length == 0 {
            return Err(not("it is empty".to_owned(), AGAIN));
        }
        let mut file = Shared { file: Arc::new(Mutex::new(file)), at: 0 };
        let mut beginning = [0; 2];
        let read = file.read(&mut beginning).map_err(failed)?;
        if beginning[..read] != *b"PK" {
            let help = "name the file that `pcfg export --complete` wrote";
            return Err(not("it is not a zip archive".to_owned(), help));
        }
        let unread = |error| match error {
            ZipError::Io(source) if source.raw_os_error().is_some() => failed(source),
            error => not(format!("the zip archive is damaged or cut off ({error})"), AGAIN),
        };
        let archive = ZipArchive::new(file.clone()).map_err(unread)?;
        let mut zip = Self { archive, path: path.into() };
        let text = zip.manifest()?;
        let found = found(file).map_err(unread)?;
        Ok((zip, text, found))
    }

    /// Reads the manifest, which nothing can be compared with.
    fn manifest(&mut self) -> Result<Vec<u8>, ReadError> {
        let path = self.path.to_path_buf();
        let Some(index) = self.archive.index_for_name(MANIFEST) else {
            let help = match self.archive.index_for_name("entities.xml") {
                Some(_) => "it is a backup of Jira: name it with `-i`",
                None => "name the file that `pcfg export --complete` wrote",
            };
            let why = format!("the zip archive contains no {MANIFEST}");
            return Err(ReadError::NotAnArchive { path, why, help });
        };
        let damaged = |flaw| {
            let faults = vec![Fault { entry: MANIFEST.to_owned(), flaw }];
            ReadError::Damaged { path: path.clone(), faults, is_folder: false }
        };
        let entry =
            self.archive.by_index_data(index).map_err(|error| damaged(Flaw::Unpacked(error.to_string())))?;
        let size = size(&entry).map_err(&damaged)?;
        if size > LONGEST {
            return Err(damaged(Flaw::Long { wanted: LONGEST }));
        }
        let mut text = Vec::new();
        let read = self.read(MANIFEST).and_then(|from| {
            let read = from.take(size + 1).read_to_end(&mut text);
            read.map_err(|error| Failed::of(error, &path))
        });
        match read {
            Ok(_) if text.len() as u64 == size => Ok(text),
            Ok(_) => Err(damaged(Flaw::Cut { is: text.len() as u64, wanted: size })),
            Err(Failed::Io(path, source)) => Err(ReadError::Io { path, source }),
            Err(Failed::Flaw(flaw)) => Err(damaged(flaw)),
        }
    }

    /// Opens an entry.
    pub(super) fn read(&mut self, name: &str) -> Result<Box<dyn Read + '_>, Failed> {
        let path = Arc::clone(&self.path);
        let index = self.archive.index_for_name_raw(name.as_bytes());
        let index = index.ok_or(Failed::Flaw(Flaw::Missing))?;
        match self.archive.by_index(index) {
            Ok(entry) => Ok(Box::new(entry)),
            Err(ZipError::Io(error)) => Err(Failed::of(error, &path)),
            Err(error) => Err(Failed::Flaw(Flaw::Unpacked(error.to_string()))),
        }
    }
}

/// Returns all entries of the directory but the manifest, those of one name included.
fn found(file: Shared) -> Result<Vec<Found>, ZipError> {
    let mut directory = ZipIterable::try_new(file, Config::default())?;
    let mut found = Vec::new();
    let mut places = Vec::new();
    let mut manifests = 0;
    for entry in directory.files()? {
        let entry = entry?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_dir() && !entry.is_symlink() {
            continue;
        }
        places.push((entry.header_start(), entry.compressed_size(), found.len()));
        if name == MANIFEST {
            manifests += 1;
        }
        found.push(Found { name, size: size(&entry) });
    }
    places.sort_unstable();
    for pair in places.windows(2) {
        let (from, size, _) = pair[0];
        let end = from.saturating_add(HEAD).saturating_add(size);
        if end > pair[1].0 {
            found[pair[1].2].size = Err(Flaw::Shared);
        }
    }
    if manifests == 1 {
        found.retain(|own| own.name != MANIFEST || own.size.is_err());
    }
    Ok(found)
}

/// Returns the size of an entry when it is unpacked, or what is wrong with it.
fn size(entry: &ZipFileEntry<'_>) -> Result<u64, Flaw> {
    if entry.is_symlink() {
        return Err(Flaw::Link);
    }
    if entry.encrypted() {
        return Err(Flaw::Encrypted);
    }
    let (packed, size) = (entry.compressed_size(), entry.size());
    let is_possible = match entry.compression() {
        CompressionMethod::Stored => packed == size,
        CompressionMethod::Deflated => size <= packed.saturating_mul(MOST),
        _ => return Err(Flaw::Packed),
    };
    if is_possible { Ok(size) } else { Err(Flaw::Impossible { packed, size }) }
}
