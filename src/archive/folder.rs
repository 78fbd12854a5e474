//! An archive as a folder.
//!
//! Invariants: nothing outside of the folder is read, for links are not followed; nothing but files is opened. What begins with a
//! dot at its top belongs to git and its like.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::fault::{Fault, Flaw, ReadError};
use super::read::{Failed, Found, LONGEST};
use crate::output::{self, MANIFEST};

/// A folder with the entries of an archive.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: Arc<Path>,
}

impl Folder {
    /// Opens a folder; returns its manifest and what else is in it.
    pub(super) fn open(root: &Path) -> Result<(Self, Vec<u8>, Vec<Found>), ReadError> {
        let folder = Self { root: root.into() };
        let path = root.join(MANIFEST);
        let failed = |source| ReadError::Io { path: path.clone(), source };
        let damaged = |flaw| {
            let faults = vec![Fault { entry: MANIFEST.to_owned(), flaw }];
            ReadError::Damaged { path: root.to_owned(), faults, is_folder: true }
        };
        let mut text = Vec::new();
        match folder.read(MANIFEST) {
            Ok(file) => file.take(LONGEST + 1).read_to_end(&mut text).map_err(failed)?,
            Err(Failed::Io(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ReadError::NotAnArchive {
                    path: root.to_owned(),
                    why: format!("the folder contains no {MANIFEST}"),
                    help: "name the folder that `pcfg export --complete` wrote",
                });
            }
            Err(Failed::Io(_, source)) => return Err(failed(source)),
            Err(Failed::Flaw(flaw)) => return Err(damaged(flaw)),
        };
        if text.len() as u64 > LONGEST {
            return Err(damaged(Flaw::Long { wanted: LONGEST }));
        }
        output::reads(&path);
        let found = folder.found()?;
        Ok((folder, text, found))
    }

    /// Returns all that is in the folder, by name.
    fn found(&self) -> Result<Vec<Found>, ReadError> {
        let mut found = Vec::new();
        let is_own = |entry: &walkdir::DirEntry| {
            entry.depth() != 1 || !entry.file_name().as_encoded_bytes().starts_with(b".")
        };
        for entry in WalkDir::new(&self.root).sort_by_file_name().into_iter().filter_entry(is_own) {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(&self.root).to_owned();
                ReadError::Io { path, source: error.into() }
            })?;
            let relative = entry.path().strip_prefix(&self.root).unwrap_or(entry.path());
            // Only the folder itself may be a link.
            if entry.depth() == 0 || entry.file_type().is_dir() || relative == Path::new(MANIFEST) {
                continue;
            }
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            let size = match entry.file_type() {
                kind if kind.is_symlink() => Err(Flaw::Link),
                kind if !kind.is_file() => Err(Flaw::NotAFile),
                _ => {
                    let metadata = entry.metadata().map_err(io::Error::from);
                    let path = || entry.path().to_owned();
                    Ok(metadata.map_err(|source| ReadError::Io { path: path(), source })?.len())
                }
            };
            found.push(Found { name: parts.join("/"), size });
        }
        Ok(found)
    }

    /// Opens an entry, whose name is one.
    pub(super) fn read(&self, name: &str) -> Result<Box<dyn Read>, Failed> {
        let mut path: PathBuf = self.root.to_path_buf();
        for part in name.split('/') {
            path.push(part);
            let kind = fs::symlink_metadata(&path).map_err(|error| self.failed(error, &path))?.file_type();
            if kind.is_symlink() {
                return Err(Failed::Flaw(Flaw::Link));
            }
        }
        if !path.is_file() {
            return Err(Failed::Flaw(Flaw::NotAFile));
        }
        Ok(Box::new(File::open(&path).map_err(|error| self.failed(error, &path))?))
    }

    fn failed(&self, error: io::Error, path: &Path) -> Failed {
        match error.kind() {
            io::ErrorKind::NotFound if path != self.root.join(MANIFEST) => Failed::Flaw(Flaw::Missing),
            _ => Failed::Io(path.to_owned(), error),
        }
    }
}
