//! The folders of a file channel, and what can be wrong with them.
//!
//! Invariant: SEND and RECEIVE are made once, by [`make`], and never again: whoever replaces them by links removes them first, and a
//! folder made in between would end up inside the link.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::MessageName;
use crate::private;
use crate::{Role, SyncId};

/// The folder into which messages to the partner are put.
pub const SEND: &str = "SEND";

/// The folder in which messages of the partner are found.
pub const RECEIVE: &str = "RECEIVE";

/// The folder of what was refused, with the reasons.
pub const QUARANTINE: &str = "QUARANTINE";

/// What is wrong with the folders of a file channel.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// One is not there.
    #[error("{} is not there. It is never made again by itself: make the folder, or the link to the partner's (`ln -s`), and the next run goes on", .0.display())]
    Missing(PathBuf),
    /// A link leads nowhere.
    #[error("{} is a link to {}, which is not there: is the partner's folder mounted?", link.display(), target.display())]
    Dangling {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// Links lead in a circle.
    #[error("{} leads in a circle: both sides were linked to each other. Only one side has links; on the other remove them and make folders: `rm SEND RECEIVE && mkdir SEND RECEIVE`", .0.display())]
    Circle(PathBuf),
    /// Not a folder.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// SEND and RECEIVE are one folder.
    #[error("{} and {} are the same folder: what is sent would come back. Link SEND to the partner's RECEIVE, and RECEIVE to the partner's SEND", send.display(), receive.display())]
    Same {
        /// SEND.
        send: PathBuf,
        /// RECEIVE.
        receive: PathBuf,
    },
    /// Own messages lie in RECEIVE.
    #[error("messages of this half itself lie in {} ({count}): SEND and RECEIVE are mixed up. Link SEND to the partner's RECEIVE, and RECEIVE to the partner's SEND", receive.display())]
    Crossed {
        /// RECEIVE.
        receive: PathBuf,
        /// How many there are.
        count: usize,
    },
    /// The partner's messages lie in SEND.
    #[error("messages of the partner lie in {} ({count}): SEND and RECEIVE are mixed up. Link SEND to the partner's RECEIVE, and RECEIVE to the partner's SEND", send.display())]
    CrossedSend {
        /// SEND.
        send: PathBuf,
        /// How many there are.
        count: usize,
    },
    /// The system refuses to write there.
    #[error("{} cannot be written to: {error}", path.display())]
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The system refuses to read there.
    #[error("{} cannot be read: {error}", path.display())]
    NotReadable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl Trouble {
    /// Returns true if and only if it may pass without anybody changing how the channel is set up.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Missing(_) | Self::Dangling { .. } | Self::NotWritable { .. } | Self::NotReadable { .. }
        )
    }
}

/// Makes the folders of a channel. Called once in the life of a half: what is there already is an error.
pub fn make(home: &Path) -> io::Result<()> {
    fs::create_dir_all(home)?;
    for name in [SEND, RECEIVE] {
        fs::create_dir(home.join(name))?;
    }
    private::make_folder(&home.join(QUARANTINE))
}

/// What is wrong with SEND and RECEIVE, without looking into them.
pub(super) fn folders(home: &Path) -> Option<Trouble> {
    let (send, receive) = (home.join(SEND), home.join(RECEIVE));
    let found = |path: &Path| match fs::canonicalize(path) {
        Ok(real) if real.is_dir() => Ok(real),
        Ok(_) => Err(Trouble::NotAFolder(path.to_owned())),
        Err(error) => Err(absent(path, error)),
    };
    match (found(&send), found(&receive)) {
        (Ok(one), Ok(other)) if one == other => Some(Trouble::Same { send, receive }),
        (Ok(_), Ok(_)) => None,
        (Err(trouble), _) | (_, Err(trouble)) => Some(trouble),
    }
}

/// Why a folder cannot be used.
pub(super) fn absent(path: &Path, error: io::Error) -> Trouble {
    if is_circle(&error) {
        return Trouble::Circle(path.to_owned());
    }
    match (error.kind(), fs::read_link(path)) {
        (io::ErrorKind::NotFound, Ok(target)) => Trouble::Dangling { link: path.to_owned(), target },
        (io::ErrorKind::NotFound, Err(_)) => Trouble::Missing(path.to_owned()),
        _ => Trouble::NotReadable { path: path.to_owned(), error },
    }
}

/// Whether messages lie in the folder in which they do not belong.
pub(super) fn crossed(home: &Path, sync: &SyncId, role: Role) -> Option<Trouble> {
    let count = |folder: &Path, from: Role| {
        let Ok(entries) = fs::read_dir(folder) else { return 0 };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter(|name| MessageName::read(name, sync).is_some_and(|name| name.from() == from)).count()
    };
    let (send, receive) = (home.join(SEND), home.join(RECEIVE));
    match (count(&receive, role), count(&send, role.other())) {
        (0, 0) => None,
        (0, count) => Some(Trouble::CrossedSend { send, count }),
        (count, _) => Some(Trouble::Crossed { receive, count }),
    }
}

#[cfg(unix)]
fn is_circle(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_circle(_: &io::Error) -> bool {
    false
}
