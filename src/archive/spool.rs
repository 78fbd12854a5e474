//! Packed entries, put aside until it is known in which order they stand.
//!
//! Invariants: an entry is packed while it is written, in one pass and in the same memory for every size; what does not shrink is
//! kept as it is; the same bytes are packed the same.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};

use flate2::Compression;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::content::{Content, Hashing, fill};
use crate::output::Temporary;

/// How hard it is tried to make entries small.
const LEVEL: Compression = Compression::new(6);

/// By so many bytes at its beginning it is judged whether an attachment shrinks.
const SAMPLE: usize = 1 << 16;

/// It does if at least one part of so many goes: less is not worth the time.
const WORTH: usize = 32;

/// An entry that is put aside.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    pub(super) content: Content,
    pub(super) crc: u32,
    pub(super) is_deflated: bool,
    /// How many bytes it has as it is kept.
    pub(super) size: u64,
    from: u64,
}

/// A file of packed entries.
#[derive(Debug)]
pub(super) struct Spool {
    file: Temporary,
    end: u64,
    open: Option<Open>,
}

/// An entry that is being written.
#[derive(Debug)]
struct Open {
    packing: Packing,
    hashing: Hashing,
    crc: Crc,
}

#[derive(Debug)]
enum Packing {
    Deflate(DeflateEncoder<File>),
    Store(File),
}

impl Spool {
    pub(super) fn new(file: Temporary) -> Self {
        Self { file, end: 0, open: None }
    }

    /// Begins an entry.
    pub(super) fn begin(&mut self, deflates: bool) -> io::Result<()> {
        let mut file = self.file.file().try_clone()?;
        file.seek(SeekFrom::Start(self.end))?;
        let packing = match deflates {
            true => Packing::Deflate(DeflateEncoder::new(file, LEVEL)),
            false => Packing::Store(file),
        };
        self.open = Some(Open { packing, hashing: Hashing::default(), crc: Crc::new() });
        Ok(())
    }

    /// Ends the entry. It is kept unless something else is begun without [`Self::keep`].
    pub(super) fn end(&mut self) -> io::Result<Option<Packed>> {
        let Some(open) = self.open.take() else { return Ok(None) };
        let (is_deflated, size) = match open.packing {
            Packing::Deflate(encoder) => (true, encoder.finish()?.stream_position()? - self.end),
            Packing::Store(_) => (false, open.hashing.size()),
        };
        let (crc, content) = (open.crc.sum(), open.hashing.finish());
        Ok(Some(Packed { content, crc, is_deflated, size, from: self.end }))
    }

    /// Keeps the entry that was ended last.
    pub(super) fn keep(&mut self, entry: &Packed) {
        self.end = entry.from + entry.size;
    }

    /// Begins an attachment, whose beginning tells whether it is worth packing.
    pub(super) fn begin_attachment(&mut self, beginning: &[u8]) -> io::Result<()> {
        self.begin(shrinks(beginning)?)?;
        self.write_all(beginning)
    }

    /// Returns the bytes of an entry as it is kept in an archive, and the entry as it is then: what has not shrunk is unpacked.
    pub(super) fn read(&mut self, entry: &Packed) -> io::Result<(Packed, Box<dyn Read>)> {
        let mut file = self.file.file().try_clone()?;
        file.seek(SeekFrom::Start(entry.from))?;
        let packed = file.take(entry.size);
        if entry.is_deflated && entry.size >= entry.content.size {
            let stored = Packed { is_deflated: false, size: entry.content.size, ..entry.clone() };
            return Ok((stored, Box::new(DeflateDecoder::new(packed))));
        }
        Ok((entry.clone(), Box::new(packed)))
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(open) = &mut self.open else { return Err(io::Error::other("no entry has begun")) };
        open.hashing.update(bytes);
        open.crc.update(bytes);
        match &mut open.packing {
            Packing::Deflate(encoder) => encoder.write_all(bytes)?,
            Packing::Store(file) => file.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Packed {
    /// Returns an entry that is in memory and stays as it is.
    pub(super) fn stored(bytes: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(bytes);
        let content = Content::of(bytes);
        Self { size: content.size, content, crc: crc.sum(), is_deflated: false, from: 0 }
    }
}

/// Reads the beginning of an attachment.
pub(super) fn beginning(from: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut sample = vec![0; SAMPLE];
    let full = fill(from, &mut sample)?;
    sample.truncate(full);
    Ok(sample)
}

fn shrinks(sample: &[u8]) -> io::Result<bool> {
    let mut encoder = DeflateEncoder::new(Vec::new(), LEVEL);
    encoder.write_all(sample)?;
    Ok(encoder.finish()?.len() < sample.len() - sample.len() / WORTH)
}
