//! Placing files of attachments, and taking them away again.
//!
//! Invariants: a file has its name only when all of it is on the disk and is what was said; a name that is taken stays as it is: the
//! same content counts as placed, another one is an error. What is taken away is what was placed, by its hash, and the folders that were made
//! for it, if nothing else is in them. Either can be killed at any moment and be done again.

use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::folder::{File, Folder, Look};
use super::{Deed, Error, Place};
use crate::archive::{Content, Copying, copy};
use crate::output::{Left, Temporary, sync_folder};

/// Jira reads its files as the user to whom the folder belongs.
const RIGHTS: u32 = 0o640;

/// A file that is in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    pub content: Content,
    /// Whether it was there before.
    pub was_there: bool,
}

impl Folder {
    /// Places the file of an attachment, which is to have this hash.
    pub fn put(&self, place: &Place, from: &mut dyn Read, sha256: &str) -> Result<Placed, Error> {
        self.put_any(place, from, Some(sha256))
    }

    /// Places the file of an attachment of which the hash may not be known before. If it is not, no file may be there.
    pub fn put_any(&self, place: &Place, from: &mut dyn Read, sha256: Option<&str>) -> Result<Placed, Error> {
        let Look { file, target, absent } = self.look(place)?;
        if let Some(file) = file {
            return self.adopt(place, file, sha256.unwrap_or_default());
        }
        let path = self.root.join(target);
        let placed = absent.iter().try_for_each(|folder| self.make(folder));
        let placed = placed.and_then(|()| self.write(place, from, sha256, &path));
        if placed.is_err() {
            self.unmake(absent.iter().rev().map(PathBuf::as_path));
        }
        placed
    }

    fn write(
        &self,
        place: &Place,
        from: &mut dyn Read,
        sha256: Option<&str>,
        path: &Path,
    ) -> Result<Placed, Error> {
        let failed = |source| Error::Io { deed: Deed::Write, path: path.to_owned(), source };
        let mut temporary = Temporary::beside(path, RIGHTS).map_err(failed)?;
        let content = copy(from, temporary.file()).map_err(|error| match error {
            Copying::Read(source) => Error::Source { place: place.clone(), source },
            Copying::Write(source) => failed(source),
        })?;
        if sha256.is_some_and(|wanted| content.sha256 != wanted) {
            return Err(Error::Changed { place: place.clone() });
        }
        self.give_away(temporary.path());
        temporary.file().sync_all().map_err(failed)?;
        match temporary.rename(path, false) {
            Ok(()) => Ok(Placed { path: path.to_owned(), content, was_there: false }),
            // Somebody else was quicker.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match self.find(place)? {
                Some(file) => self.adopt(place, file, &content.sha256),
                None => Err(failed(error)),
            },
            Err(error) => Err(failed(error)),
        }
    }

    /// Takes the file of an attachment away, if it is the one of this hash, and of the folders that were absent before those
    /// that are empty. Returns whether a file was there.
    pub fn take_away(&self, place: &Place, sha256: &str, absent: &[PathBuf]) -> Result<bool, Error> {
        let file = self.find(place)?;
        let was_there = file.is_some();
        if let Some(file) = file {
            let path = self.adopt(place, file, sha256)?.path;
            fs::remove_file(&path).map_err(|source| Error::Io {
                deed: Deed::Remove,
                path: path.clone(),
                source,
            })?;
            sync_folder(&path);
        }
        let own = self.look(place)?.target;
        // What a killed process has left would keep the folder.
        let _gone = Left::of(&self.root.join(&own)).remove();
        // Only folders on the way to the file are meant, whoever wrote the list.
        self.unmake(own.ancestors().filter(|folder| absent.iter().any(|own| own == folder)));
        Ok(was_there)
    }

    /// Fails if another file than the one of this hash is in the place of an attachment; that there is none is fine.
    pub fn check(&self, place: &Place, sha256: &str) -> Result<(), Error> {
        self.find(place)?.map_or(Ok(()), |file| self.adopt(place, file, sha256).map(drop))
    }

    /// Counts a file that is there as placed, if it is the same.
    fn adopt(&self, place: &Place, file: File, sha256: &str) -> Result<Placed, Error> {
        let failed = |source| Error::Io { deed: Deed::Read, path: file.path.clone(), source };
        let content = copy(&mut file.open()?, &mut io::sink()).map_err(|error| match error {
            Copying::Read(source) | Copying::Write(source) => failed(source),
        })?;
        match content.sha256 == sha256 {
            true => Ok(Placed { path: file.path, content, was_there: true }),
            false => Err(Error::Other { path: file.path, place: place.clone() }),
        }
    }

    /// Makes a folder that was not there.
    fn make(&self, folder: &Path) -> Result<(), Error> {
        let path = self.root.join(folder);
        match DirBuilder::new().create(&path) {
            Ok(()) => {
                self.give_away(&path);
                sync_folder(&path);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(source) => Err(Error::Io { deed: Deed::Write, path, source }),
        }
    }

    /// Removes folders that are empty, the innermost first.
    fn unmake<'a>(&self, folders: impl Iterator<Item = &'a Path>) {
        for folder in folders {
            let path = self.root.join(folder);
            if fs::remove_dir(&path).is_ok() {
                sync_folder(&path);
            }
        }
    }

    /// Gives something new to whom the folder belongs: Jira is seldom who runs pcfg.
    fn give_away(&self, path: &Path) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, lchown};
            if let (Ok(own), Ok(all)) = (path.symlink_metadata(), self.root.metadata())
                && (own.uid(), own.gid()) != (all.uid(), all.gid())
            {
                let _only_root_can = lchown(path, Some(all.uid()), Some(all.gid()));
            }
        }
        #[cfg(not(unix))]
        let _ = (self, path);
    }
}
