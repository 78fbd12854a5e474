//! Why a complete project cannot be read, planned or written.

use crate::instance::{ReadError, RewriteError, WriteError};
use crate::{archive, attachments, data};

/// Why there is nothing to go on with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] archive::ReadError),
    /// The place cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The place cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The new backup cannot be written.
    #[error(transparent)]
    Rewrite(#[from] RewriteError),
    /// An entry of the archive is not as issue data is.
    #[error("`{entry}` in `{archive}` is no issue data: {why}")]
    Malformed {
        /// The archive.
        archive: String,
        /// The entry.
        entry: String,
        /// Where and what is wrong first.
        why: String,
    },
    /// The entries of an unpacked archive do not fit each other.
    #[error("no manifest.json can be made for {archive}: its entries do not fit each other")]
    Unfit {
        /// The archive.
        archive: String,
        /// What is wrong.
        causes: Vec<String>,
    },
    /// A new manifest cannot be written.
    #[error(transparent)]
    Unwritten(#[from] archive::WriteError),
    /// The file of an attachment cannot be placed.
    #[error(transparent)]
    Attachment(#[from] attachments::Error),
    /// A name means no time zone.
    #[error(transparent)]
    NoZone(#[from] data::NoZone),
}

impl Error {
    /// Returns what to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Archive(error) => error.help().map(str::to_owned),
            Self::Read(error) => error.help().map(str::to_owned),
            Self::Write(error) => error.help().map(|own| own.into_owned()),
            Self::Rewrite(_) | Self::Unwritten(_) => None,
            Self::Unfit { .. } => {
                Some("put right what is said of each, and format the folder again".to_owned())
            }
            Self::Attachment(error) => error.help().map(str::to_owned),
            Self::Malformed { .. } => Some("export the project again".to_owned()),
            Self::NoZone(_) => Some("name it as in `--time-zone Europe/Berlin`".to_owned()),
        }
    }
}
