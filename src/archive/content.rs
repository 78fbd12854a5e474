//! What tells the content of an entry or of a file: its size and its hash, found out while it is copied.
//!
//! Invariant: memory is the same for every size.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How much is copied at once.
const PIECE: usize = 1 << 17;

/// The size and the hash of some bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// How many bytes there are.
    pub size: u64,
    /// Their SHA-256, in small hexadecimal digits.
    pub sha256: String,
}

impl Content {
    /// Returns the content of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hashing = Hashing::default();
        hashing.update(bytes);
        hashing.finish()
    }
}

/// Returns whether a text is a SHA-256 as [`Content`] has it.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A content that is being found out.
#[derive(Debug, Clone, Default)]
pub struct Hashing {
    hash: Sha256,
    size: u64,
}

impl Hashing {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// Returns how many bytes there were.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the content.
    pub fn finish(self) -> Content {
        let digits = self.hash.finalize().iter().flat_map(|byte| [byte >> 4, byte & 15]).collect::<Vec<u8>>();
        let digit = |own: u8| char::from_digit(own.into(), 16).unwrap_or_default();
        Content { size: self.size, sha256: digits.into_iter().map(digit).collect() }
    }
}

/// Which side of a copy failed.
#[derive(Debug)]
pub enum Copying {
    /// The source could not be read.
    Read(io::Error),
    /// The copy could not be written.
    Write(io::Error),
}

/// Copies everything, and returns what it was.
pub fn copy(from: &mut dyn Read, to: &mut dyn Write) -> Result<Content, Copying> {
    let mut hashing = Hashing::default();
    pass(from, &mut |piece| {
        hashing.update(piece);
        to.write_all(piece)
    })?;
    Ok(hashing.finish())
}

/// Gives everything away piece by piece.
pub(super) fn pass(
    from: &mut dyn Read,
    each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Copying> {
    let mut piece = vec![0; PIECE];
    loop {
        match fill(from, &mut piece).map_err(Copying::Read)? {
            0 => return Ok(()),
            full => each(&piece[..full]).map_err(Copying::Write)?,
        }
    }
}

/// Reads until the piece is full or nothing is left, however little comes at a time.
pub(super) fn fill(from: &mut dyn Read, piece: &mut [u8]) -> io::Result<usize> {
    let mut full = 0;
    while full < piece.len() {
        match from.read(&mut piece[full..]) {
            Ok(0) => break,
            Ok(read) => full += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(full)
}
