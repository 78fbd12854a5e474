//! Files that nobody but their owner may read.
//!
//! Invariant: a file is private from the moment it exists, is whole or not there, and is never read where others may.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Why a private file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFault {
    /// Others may read it.
    #[error("{} can be read by others (mode {mode:04o}); close it with `chmod 600 '{}'` and ask yourself who has read it", path.display(), path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The mode that it has.
        mode: u32,
    },
    /// It is larger than anything that belongs there.
    #[error("{} is larger than {limit} bytes: it is not what belongs there", path.display())]
    Large {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// It is there already, and is not replaced.
    #[error("{} is there already, and is never replaced", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{}: {error}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

fn system(path: &Path) -> impl Fn(io::Error) -> PrivateFault {
    move |error| PrivateFault::System { path: path.to_owned(), error }
}

/// Writes a new file that only its owner may read, whole or not at all. One that is there already is refused.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), PrivateFault> {
    let file = written(path, bytes)?;
    file.persist_noclobber(path).map(drop).map_err(|fault| match fault.error.kind() {
        io::ErrorKind::AlreadyExists => PrivateFault::Exists { path: path.to_owned() },
        _ => PrivateFault::System { path: path.to_owned(), error: fault.error },
    })?;
    sync_folder(folder(path)).map_err(system(path))
}

/// Writes a file that only its owner may read, in the place of one that may be there, whole or not at all.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), PrivateFault> {
    let file = written(path, bytes)?;
    file.persist(path).map(drop).map_err(|fault| system(path)(fault.error))?;
    sync_folder(folder(path)).map_err(system(path))
}

/// Reads a file that only its owner may read, of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFault> {
    let file = File::open(path).map_err(system(path))?;
    refuse_open(path, &file)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(system(path))?;
    if bytes.len() as u64 > limit {
        return Err(PrivateFault::Large { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// Makes a folder that only its owner may look into; one that is there stays as it is.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Brings the names in a folder to the disk, where a system knows that.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

// Temporary files are private by themselves where the system knows modes.
fn written(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, PrivateFault> {
    let mut file = tempfile::Builder::new().prefix(".").tempfile_in(folder(path)).map_err(system(path))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(system(path))?;
    Ok(file)
}

#[cfg(unix)]
fn refuse_open(path: &Path, file: &File) -> Result<(), PrivateFault> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata().map_err(system(path))?.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(PrivateFault::Open { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_open(_: &Path, _: &File) -> Result<(), PrivateFault> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn private_files_are_0600_whole_and_refused_when_others_may_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_new(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert!(matches!(write_new(&path, b"two"), Err(PrivateFault::Exists { .. })));
        assert_eq!(read(&path, 3).unwrap(), b"one");
        replace(&path, b"three").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert!(matches!(read(&path, 3), Err(PrivateFault::Large { limit: 3, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = read(&path, 99).unwrap_err().to_string();
        assert!(refused.contains("mode 0640") && refused.contains("chmod 600"), "{refused}");
        let inner = folder.path().join("a/b");
        make_folder(&inner).unwrap();
        assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o7777, 0o700);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing temporary is left");
    }
}
