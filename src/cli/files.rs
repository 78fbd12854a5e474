//! Files that the user names: read up to a limit, written whole or not at all.
//!
//! Invariant: a file that exists is either as it was or complete, whatever happens meanwhile, an interruption included;
//! no other file is left beside it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf, is_separator};
use std::sync::Mutex;

use crate::fault::{Fault, Kind};
use crate::ui;
use crate::xml::MAX_BYTES;

/// Temporary files that an interruption has to remove.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Reads a file that may not be larger than [`MAX_BYTES`].
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let fails = |error: io::Error| Fault::input(format!("cannot read `{}`", path.display())).because(&error);
    let file = File::open(path).map_err(fails)?;
    let metadata = file.metadata().map_err(fails)?;
    if metadata.is_dir() {
        return Err(Fault::input(format!("`{}` is a folder, not a file", path.display())));
    }
    if metadata.len() > MAX_BYTES {
        return Err(too_large(&format!("`{}`", path.display())));
    }
    limited(file, &format!("`{}`", path.display()))
}

/// Reads standard input, with the same limit.
pub(super) fn read_stdin() -> Result<Vec<u8>, Fault> {
    limited(io::stdin().lock(), "standard input")
}

/// Not every file knows its length beforehand: a pipe, a device.
fn limited(source: impl Read, name: &str) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = source.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Fault::input(format!("cannot read {name}")).because(&error))?;
    if bytes.len() as u64 > MAX_BYTES { Err(too_large(name)) } else { Ok(bytes) }
}

fn too_large(name: &str) -> Fault {
    Fault::input(format!("{name} is larger than {} MiB, the most that pcfg reads", MAX_BYTES >> 20))
}

/// Reads the beginning of a file.
pub(super) fn beginning(path: &Path, bytes: u64) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    File::open(path)?.take(bytes).read_to_end(&mut read)?;
    Ok(read)
}

/// Checks what can be checked before the work whether a file can be written.
pub(super) fn check_target(path: &Path) -> Result<(), Fault> {
    let is_folder = path.as_os_str().as_encoded_bytes().last().is_some_and(|&last| is_separator(last.into()));
    if path.is_dir() || is_folder {
        return Err(cannot_write(path).hint("name a file in it"));
    }
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(cannot_write(path).hint(format!("create the folder `{}` first", folder.display())));
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.permissions().readonly() => {
            Err(cannot_write(path).because(&write_protected()))
        }
        _ => Ok(()),
    }
}

/// Replaces a file, or creates it. A link is followed; a file keeps its permissions.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    replace_with(path, &|out| out.write_all(bytes))
}

/// Replaces a file by what `write` writes; see [`replace`].
pub(super) fn replace_with(path: &Path, write: &Write) -> Result<(), Fault> {
    replace_by(path, write).map_err(|error| cannot_write(path).because(&error))
}

/// Writes the content of a file, in large pieces.
type Write<'a> = dyn Fn(&mut dyn io::Write) -> io::Result<()> + 'a;

fn replace_by(path: &Path, write: &Write) -> io::Result<()> {
    let before = match fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if let Some(metadata) = &before {
        if !metadata.is_file() {
            // A device or a pipe must not be replaced by a file. A pipe of the shell, `>(...)`, is a link to no path.
            return write(&mut OpenOptions::new().write(true).open(path)?);
        }
        if metadata.permissions().readonly() {
            return Err(write_protected());
        }
    }
    let target = followed(path)?;
    let (mut file, unfinished) = Unfinished::create(&target)?;
    write(&mut file)?;
    if let Some(metadata) = before {
        file.set_permissions(metadata.permissions())?;
    }
    // A full disk may come to light only now.
    file.sync_all()?;
    drop(file);
    unfinished.rename(&target)
}

/// Returns what a link leads to, whether that exists or not.
fn followed(path: &Path) -> io::Result<PathBuf> {
    /// As many links as Linux follows.
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        if !path.is_symlink() {
            return Ok(path);
        }
        path = folder_of(&path).join(fs::read_link(&path)?);
    }
    Err(io::Error::other("the link leads to itself"))
}

fn write_protected() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "the file is write-protected")
}

fn cannot_write(path: &Path) -> Fault {
    Fault::output(format!("cannot write `{}`", path.display()))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file beside its target, which vanishes unless it is renamed.
struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    fn create(target: &Path) -> io::Result<(File, Self)> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let mut number = 0;
        loop {
            let path = folder_of(target).join(format!(".{name}.{}-{number}.tmp", std::process::id()));
            let mut unfinished = lock();
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    unfinished.push(path.clone());
                    return Ok((file, Self { path }));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn rename(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _gone = fs::remove_file(&self.path);
        lock().retain(|path| *path != self.path);
    }
}

/// Files of others that an interruption has to remove, as long as this lives.
pub(super) struct Others {
    paths: Vec<PathBuf>,
}

/// Makes an interruption remove files that somebody else is making.
pub(super) fn unfinished(paths: impl IntoIterator<Item = PathBuf>) -> Others {
    let paths: Vec<PathBuf> = paths.into_iter().collect();
    lock().extend(paths.iter().cloned());
    Others { paths }
}

impl Drop for Others {
    fn drop(&mut self) {
        lock().retain(|path| !self.paths.contains(path));
    }
}

fn lock() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Makes an interruption (Ctrl-C, a closed terminal, a polite kill) remove unfinished files before the command ends.
pub(super) fn clean_up_when_interrupted() {
    let clean_up = || {
        ui::clear_bar();
        let unfinished = lock();
        for path in unfinished.iter() {
            let _gone = fs::remove_file(path);
        }
        // The lock is held to the end, so that no further file begins.
        #[allow(
            clippy::exit,
            clippy::disallowed_methods,
            reason = "the thread of main is busy, and must stop"
        )]
        std::process::exit(i32::from(Kind::Interrupted.code()));
    };
    // Where no handler can be set, an interruption ends the command as usual.
    let _set = ctrlc::set_handler(clean_up);
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn replacing_leaves_nothing_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.xml");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["a.xml"]);
    }

    #[test]
    fn an_unfinished_file_vanishes_and_the_old_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.xml");
        replace(&path, b"one").unwrap();
        let (mut file, unfinished) = Unfinished::create(&path).unwrap();
        file.write_all(b"tw").unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        assert!(lock().contains(&unfinished.path), "an interruption would find it");
        drop(unfinished);
        assert!(!lock().iter().any(|other| other.starts_with(folder.path())));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names(folder.path()), ["a.xml"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_permissions_kept() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        replace(&file, b"one").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        replace(&link, b"two").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        let (missing, dangling) = (folder.path().join("missing"), folder.path().join("dangling"));
        std::os::unix::fs::symlink("missing", &dangling).unwrap();
        replace(&dangling, b"four").unwrap();
        assert_eq!(fs::read(&missing).unwrap(), b"four");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
        let fault = replace(&file, b"three").unwrap_err();
        assert_eq!(fault.causes, ["the file is write-protected"]);
        assert_eq!(fs::read(&file).unwrap(), b"two");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        replace(Path::new("/dev/null"), b"one").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let fault = replace(Path::new("/dev/full"), b"one").unwrap_err();
        assert_eq!(fault.causes, ["no space left on device"]);
    }
}
