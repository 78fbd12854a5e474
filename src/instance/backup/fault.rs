//! What stops the reading of a part of a backup, before anybody knows the name of the file.

use super::Part;
use crate::instance::{ReadError, TooMuch};

/// Why reading stops.
#[derive(Debug)]
pub(super) enum Fault {
    /// The bytes cannot be had.
    Io(std::io::Error),
    /// It is something else.
    NotABackup {
        /// What it is or lacks.
        why: String,
        /// What to do.
        help: Option<String>,
    },
    /// What it holds takes too much memory.
    TooMuch(TooMuch),
    /// It is damaged.
    Malformed {
        /// Where, in bytes from the beginning.
        at: u64,
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
}

impl Fault {
    /// Returns a fault of the text.
    pub(super) fn malformed(at: u64, message: impl Into<String>) -> Self {
        Self::Malformed { at, message: message.into(), help: None }
    }

    /// Makes an error of it; `position` finds the line and column of a byte.
    pub(super) fn error(self, part: &Part, position: impl FnOnce(u64) -> (u64, u64)) -> ReadError {
        match self {
            Self::Io(source) if part.inside.is_some() => ReadError::Damaged { file: part.title(), source },
            Self::Io(source) => ReadError::Io { path: part.path.clone(), source },
            Self::NotABackup { why, help } => {
                let why = match &part.inside {
                    Some(inside) => format!("in {inside}, {why}"),
                    None => why,
                };
                ReadError::NotABackup { path: part.path.clone(), why, help }
            }
            Self::TooMuch(excess) => ReadError::TooMuch { place: part.title(), excess },
            Self::Malformed { at, message, help } => {
                let (line, column) = position(at);
                ReadError::Malformed { file: part.title(), line, column, message, help }
            }
        }
    }
}

impl From<TooMuch> for Fault {
    fn from(excess: TooMuch) -> Self {
        Self::TooMuch(excess)
    }
}
