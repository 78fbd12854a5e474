//! A folder of attachments: where the file of an attachment is, and how the files lie.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::layout::{Layout, id, is_key};
use super::{Deed, Error, Place};

/// So many folders of a project, or of all, are looked into to find out how files lie there.
const SAMPLE: usize = 1000;

/// A folder with a folder for each project.
#[derive(Debug)]
pub struct Folder {
    pub(super) root: PathBuf,
    /// What has been found out: of a project by its key, of all by nothing.
    layouts: Mutex<HashMap<String, Option<Layout>>>,
}

/// The file of an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// How many bytes it has.
    pub size: u64,
}

impl File {
    /// Opens it. What has become a link or a pipe meanwhile is not followed.
    pub fn open(&self) -> Result<fs::File, Error> {
        let failed = |source| Error::Io { deed: Deed::Read, path: self.path.clone(), source };
        let mut options = fs::OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
            options.custom_flags(flags.bits() as i32);
        }
        let file = options.open(&self.path).map_err(failed)?;
        match file.metadata().map_err(failed)?.is_file() {
            true => Ok(file),
            false => Err(Error::Kind { path: self.path.clone(), wanted: "a file" }),
        }
    }
}

/// What there is of an attachment before it is placed. Whoever wants to take it away again keeps this: afterwards nobody can tell
/// what was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The file that is there.
    pub file: Option<File>,
    /// Where a file is placed, below the folder.
    pub target: PathBuf,
    /// The folders on the way that are not there, below the folder, the outermost first.
    pub absent: Vec<PathBuf>,
}

/// What is in a place, without following links.
enum Is {
    Nothing,
    Folder,
    File(u64),
}

impl Folder {
    /// Opens a folder. It may itself be behind a link; nothing in it may.
    pub fn open(root: &Path) -> Result<Self, Error> {
        match fs::metadata(root) {
            Ok(metadata) if metadata.is_dir() => {
                Ok(Self { root: root.to_owned(), layouts: Mutex::default() })
            }
            Ok(_) => Err(Error::NotAFolder { path: root.to_owned() }),
            Err(source) => Err(Error::Io { deed: Deed::Read, path: root.to_owned(), source }),
        }
    }

    /// Returns the folder as the user named it.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Finds the file of an attachment in whatever layout, the newest first.
    pub fn find(&self, place: &Place) -> Result<Option<File>, Error> {
        let bucketed = self.in_folder(&Layout::Bucketed.folder(place)?, place)?;
        match bucketed {
            Some(file) => Ok(Some(file)),
            None => self.in_folder(&Layout::Flat.folder(place)?, place),
        }
    }

    /// Returns the file of an attachment of a size; it is an error if there is none, or one of another size.
    pub fn file(&self, place: &Place, size: u64) -> Result<File, Error> {
        let missing = || Error::Missing { folder: self.root.clone(), place: place.clone() };
        let file = self.find(place)?.ok_or_else(missing)?;
        match file.size == size {
            true => Ok(file),
            false => Err(Error::Size { path: file.path, place: place.clone(), is: file.size, wanted: size }),
        }
    }

    /// Looks what there is of an attachment.
    pub fn look(&self, place: &Place) -> Result<Look, Error> {
        let folder = self.layout_of(&place.original_key)?.folder(place)?;
        let absent = self.absent(&folder)?;
        let target = folder.join(place.id.to_string());
        Ok(Look { file: self.find(place)?, target, absent })
    }

    /// Returns the folders on the way to one, and itself, that are not there.
    fn absent(&self, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let mut way: Vec<&Path> = folder.ancestors().filter(|own| !own.as_os_str().is_empty()).collect();
        way.reverse();
        let mut absent = Vec::new();
        for own in way {
            match self.is(own)? {
                Is::Nothing => absent.push(own.to_owned()),
                Is::Folder => {}
                Is::File(_) => return Err(Error::Kind { path: self.root.join(own), wanted: "a folder" }),
            }
        }
        Ok(absent)
    }

    /// Returns how the files lie: as they do, the newest way first, and else as a Jira of today does it.
    pub fn layout(&self) -> Result<Layout, Error> {
        let all = self.once("", &mut || {
            let mut left = SAMPLE;
            let mut found = None;
            for key in self.names(Path::new(""))? {
                found = found.max(self.seen(&key, &mut left)?);
                if found == Some(Layout::NEWEST) || left == 0 {
                    break;
                }
            }
            Ok(found)
        })?;
        Ok(all.unwrap_or(Layout::NEWEST))
    }

    /// Returns how the files of a project lie, or else those of all.
    fn layout_of(&self, key: &str) -> Result<Layout, Error> {
        if !is_key(key) {
            return Err(Error::Key { key: key.to_owned() });
        }
        match self.once(key, &mut || self.seen(key, &mut SAMPLE.clone()))? {
            Some(layout) => Ok(layout),
            None => self.layout(),
        }
    }

    /// Finds something out once: what is placed meanwhile changes nothing.
    fn once(
        &self,
        key: &str,
        find: &mut dyn FnMut() -> Result<Option<Layout>, Error>,
    ) -> Result<Option<Layout>, Error> {
        let known = || self.layouts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(layout) = known().get(key) {
            return Ok(*layout);
        }
        let found = find()?;
        known().insert(key.to_owned(), found);
        Ok(found)
    }

    /// Returns the newest way in which the files of a project lie, as far as the folders show that may still be looked into.
    fn seen(&self, key: &str, left: &mut usize) -> Result<Option<Layout>, Error> {
        let mut found = None;
        let mut waiting: Vec<Vec<String>> = vec![vec![key.to_owned()]];
        while let Some(parts) = waiting.pop() {
            let path: PathBuf = parts.iter().collect();
            // What is strange is told when it is asked for.
            if *left == 0 || !matches!(self.is(&path), Ok(Is::Folder)) {
                continue;
            }
            *left -= 1;
            let plain: Vec<&str> = parts.iter().map(String::as_str).collect();
            let mut names = self.names(&path)?;
            names.reverse();
            for name in names {
                match Layout::of(&plain, &name) {
                    Some(Layout::NEWEST) => return Ok(Some(Layout::NEWEST)),
                    Some(layout) => found = found.max(Some(layout)),
                    // A project, perhaps a bucket, an issue.
                    None if parts.len() < 3 => waiting.push([&parts[..], &[name]].concat()),
                    None => {}
                }
            }
        }
        Ok(found)
    }

    /// Finds the file of an attachment in the folder of an issue.
    fn in_folder(&self, folder: &Path, place: &Place) -> Result<Option<File>, Error> {
        if !self.absent(folder)?.is_empty() {
            return Ok(None);
        }
        let wanted = place.id.to_string();
        // From 5.x on it has no name; a folder of many attachments need not be read then.
        if let Is::File(size) = self.is(&folder.join(&wanted))? {
            return Ok(Some(File { path: self.root.join(folder).join(wanted), size }));
        }
        let mut found: Option<File> = None;
        for name in self.names(folder)?.iter().filter(|name| id(name) == Some(&wanted)) {
            let path = self.root.join(folder).join(name);
            let Is::File(size) = self.is(&folder.join(name))? else {
                return Err(Error::Kind { path, wanted: "a file" });
            };
            if let Some(File { path: one, .. }) = found {
                return Err(Error::Two { one, other: path, place: place.clone() });
            }
            found = Some(File { path, size });
        }
        Ok(found)
    }

    /// Returns the names in a folder, in their order; what is not in UTF-8 is of no attachment.
    fn names(&self, folder: &Path) -> Result<Vec<String>, Error> {
        let path = self.root.join(folder);
        let failed = |source| Error::Io { deed: Deed::Read, path: path.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(failed)? {
            names.extend(entry.map_err(failed)?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    /// Finds out what is in a place; a link is an error.
    fn is(&self, relative: &Path) -> Result<Is, Error> {
        let path = self.root.join(relative);
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => Err(Error::Link { path }),
            Ok(metadata) if metadata.is_dir() => Ok(Is::Folder),
            Ok(metadata) if metadata.is_file() => Ok(Is::File(metadata.len())),
            Ok(_) => Err(Error::Kind { path, wanted: "a file" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Is::Nothing),
            Err(source) => Err(Error::Io { deed: Deed::Read, path, source }),
        }
    }
}
