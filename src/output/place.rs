//! Where a path leads: to a file, to the place of a new one, or to something that is written as it is.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf, is_separator};

use super::{Why, folder_of};

/// What a path leads to.
#[derive(Debug)]
pub(super) enum Found {
    /// A device, a pipe, or an open file of this process.
    Stream(Stream),
    /// A file, or the place of a new one, behind all links.
    File { target: PathBuf, before: Option<Metadata> },
}

/// What is written as it is.
#[derive(Debug)]
pub(super) enum Stream {
    /// Standard output or standard error, whatever that is.
    Standard { is_error: bool, path: PathBuf },
    /// What has a path; a regular file only as an open file of this process.
    Open { path: PathBuf, is_file: bool },
}

impl Stream {
    pub(super) fn open(&self) -> io::Result<File> {
        match self {
            #[cfg(unix)]
            Self::Standard { is_error, .. } => {
                use std::os::fd::AsFd as _;
                let own = match is_error {
                    true => io::stderr().as_fd().try_clone_to_owned(),
                    false => io::stdout().as_fd().try_clone_to_owned(),
                };
                own.map(File::from)
            }
            #[cfg(not(unix))]
            Self::Standard { .. } => Err(io::ErrorKind::Unsupported.into()),
            // What a file has is kept.
            Self::Open { path, is_file } => OpenOptions::new().write(true).append(*is_file).open(path),
        }
    }
}

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// Finds out where a path leads.
pub(super) fn find(path: &Path) -> Result<Found, Why> {
    let is_folder = path.as_os_str().as_encoded_bytes().last().is_some_and(|&last| is_separator(last.into()));
    if path.is_dir() || is_folder {
        return Err(Why::Folder);
    }
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        if let Some(stream) = descriptor(&target) {
            return match is_only_read(&target) {
                true => {
                    let why = "whoever opened it has opened it for reading only";
                    Err(Why::Io(io::Error::new(io::ErrorKind::PermissionDenied, why)))
                }
                false => Ok(Found::Stream(stream)),
            };
        }
        if !target.is_symlink() {
            return at(target);
        }
        let next = fs::read_link(&target).map_err(Why::Io)?;
        target = folder_of(&target).join(next);
    }
    Err(Why::Io(io::Error::other("the link leads to itself")))
}

fn at(target: PathBuf) -> Result<Found, Why> {
    let folder = folder_of(&target);
    if !folder.is_dir() {
        return Err(Why::NoFolder(folder.to_owned()));
    }
    let metadata = match fs::metadata(&target) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Found::File { target, before: None });
        }
        Err(error) => return Err(Why::Io(error)),
    };
    if !metadata.is_file() {
        return match in_the_way(metadata.file_type()) {
            Some(is) => Err(Why::Other { is, wanted: "a file", is_precious: true }),
            None => Ok(Found::Stream(Stream::Open { path: target, is_file: false })),
        };
    }
    if metadata.permissions().readonly() {
        let error = io::Error::new(io::ErrorKind::PermissionDenied, "the file is write-protected");
        return Err(Why::Io(error));
    }
    Ok(Found::File { target, before: Some(metadata) })
}

/// Returns what something is that is neither replaced nor written.
#[cfg(unix)]
fn in_the_way(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt as _;
    match () {
        () if kind.is_socket() => Some("a socket"),
        // What is on it would be lost.
        () if kind.is_block_device() => Some("a disk"),
        () => None,
    }
}

#[cfg(not(unix))]
fn in_the_way(_: FileType) -> Option<&'static str> {
    None
}

/// Returns the open file that a path stands for: `/dev/stdout`, `/dev/fd/3`, and `/proc/self/fd/3`, to which these lead. What
/// is behind it was opened by somebody else, to be written and not to be replaced.
#[cfg(unix)]
fn descriptor(path: &Path) -> Option<Stream> {
    let number: u32 = path.file_name()?.to_str()?.parse().ok()?;
    let folder = folder_of(path).canonicalize().ok()?;
    let is_ours = folder == Path::new("/dev/fd")
        || folder.strip_prefix("/proc").ok().and_then(Path::to_str).is_some_and(|rest| {
            rest.strip_suffix("/fd").is_some_and(|process| {
                process.split('/').next() == Some(std::process::id().to_string().as_str())
            })
        });
    let is_process = is_ours || (folder.starts_with("/proc") && folder.ends_with("fd"));
    match number {
        1 | 2 if is_ours => Some(Stream::Standard { is_error: number == 2, path: path.to_owned() }),
        _ if is_process => {
            let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
            Some(Stream::Open { path: path.to_owned(), is_file })
        }
        _ => None,
    }
}

/// Returns whether an open file may only be read. Linux would open what is behind it anew, and write all the same; other systems
/// refuse by themselves.
#[cfg(target_os = "linux")]
fn is_only_read(descriptor: &Path) -> bool {
    let Some(number) = descriptor.file_name() else { return false };
    let folder = folder_of(descriptor).canonicalize().ok();
    let info = folder.and_then(|own| fs::read_to_string(own.with_file_name("fdinfo").join(number)).ok());
    let flags = info.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("flags:")));
    // The last octal digit holds how it was opened: 0 to read, 1 to write, 2 for both.
    flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok()).is_some_and(|flags| flags & 3 == 0)
}

#[cfg(not(target_os = "linux"))]
fn is_only_read(_: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn descriptor(_: &Path) -> Option<Stream> {
    None
}
