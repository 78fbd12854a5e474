//! A zip, written from its beginning to its end.
//!
//! Invariants: nothing is written twice or changed afterwards, so that it can go into a pipe; what is not content is the same for
//! every archive: times, rights, flags, versions. Whatever does not fit into 32 bits has its long form (APPNOTE 4.5.3), and only that.

use std::io::{self, Read, Write};

use super::spool::Packed;

/// From here on a number has its long form.
const LONG: u64 = u32::MAX as u64;
const MANY: u64 = u16::MAX as u64;

/// 1980-01-01, the first day that a zip knows.
const DAY: u16 = 1 << 5 | 1;

/// A name is in UTF-8.
const UTF8: u16 = 1 << 11;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// The versions of the format that know Deflate and the long form.
const VERSION: u16 = 20;
const LONG_VERSION: u16 = 45;

/// Made on Unix: the rights are those of a file that its owner writes and everybody reads.
const UNIX: u16 = 3 << 8;
const RIGHTS: u32 = 0o100_644 << 16;

/// A zip that is being written.
pub(super) struct Stream<'a> {
    to: &'a mut dyn Write,
    at: u64,
    directory: Vec<u8>,
    count: u64,
}

impl<'a> Stream<'a> {
    pub(super) fn new(to: &'a mut dyn Write) -> Self {
        Self { to, at: 0, directory: Vec::new(), count: 0 }
    }

    /// Writes an entry, whose bytes are packed already.
    pub(super) fn entry(&mut self, name: &str, entry: &Packed, packed: &mut dyn Read) -> io::Result<()> {
        let from = self.at;
        let size = entry.content.size;
        let is_long = size >= LONG || entry.size >= LONG;
        let sizes = if is_long { vec![size, entry.size] } else { Vec::new() };
        let short = |number: u64| if is_long { u32::MAX } else { low(number) };
        let common = |version: u16| {
            let method = if entry.is_deflated { DEFLATED } else { STORED };
            let flags = if name.is_ascii() { 0 } else { UTF8 };
            let mut head = Vec::new();
            [version, flags, method, 0, DAY].iter().for_each(|number| head.extend(number.to_le_bytes()));
            [entry.crc, short(entry.size), short(size)]
                .iter()
                .for_each(|number| head.extend(number.to_le_bytes()));
            head.extend((name.len() as u16).to_le_bytes());
            head
        };
        let version = |is_long: bool| if is_long { LONG_VERSION } else { VERSION };

        let mut head = b"PK\x03\x04".to_vec();
        let extra = extra(&sizes);
        head.extend(common(version(is_long)));
        head.extend((extra.len() as u16).to_le_bytes());
        head.extend(name.as_bytes());
        head.extend(extra);
        self.write(&head)?;
        let copied = io::copy(packed, self.to)?;
        if copied != entry.size {
            return Err(io::Error::other("what was put aside has changed"));
        }
        self.at += copied;

        let place = if from >= LONG { vec![from] } else { Vec::new() };
        let extra = self::extra(&[sizes, place].concat());
        let version = version(!extra.is_empty());
        self.directory.extend(b"PK\x01\x02");
        self.directory.extend((UNIX | version).to_le_bytes());
        self.directory.extend(common(version));
        self.directory.extend((extra.len() as u16).to_le_bytes());
        // No comment, on the first disk, no inner attributes.
        self.directory.extend([0; 6]);
        self.directory.extend(RIGHTS.to_le_bytes());
        self.directory.extend(low(from).to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.directory.extend(extra);
        self.count += 1;
        Ok(())
    }

    /// Writes the directory.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let from = self.at;
        let directory = std::mem::take(&mut self.directory);
        self.write(&directory)?;
        let (size, count, end) = (directory.len() as u64, self.count, self.at);
        if from >= LONG || size >= LONG || count >= MANY {
            let mut long = b"PK\x06\x06".to_vec();
            // The rest of the record.
            long.extend(44_u64.to_le_bytes());
            long.extend((UNIX | LONG_VERSION).to_le_bytes());
            long.extend(LONG_VERSION.to_le_bytes());
            long.extend([0; 8]);
            [count, count, size, from].iter().for_each(|number| long.extend(number.to_le_bytes()));
            long.extend(b"PK\x06\x07");
            long.extend([0; 4]);
            long.extend(end.to_le_bytes());
            long.extend(1_u32.to_le_bytes());
            self.write(&long)?;
        }
        let count = count.min(MANY) as u16;
        let mut last = b"PK\x05\x06".to_vec();
        last.extend([0; 4]);
        [count, count].iter().for_each(|number| last.extend(number.to_le_bytes()));
        [low(size), low(from)].iter().for_each(|number| last.extend(number.to_le_bytes()));
        last.extend([0; 2]);
        self.write(&last)?;
        self.to.flush()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.to.write_all(bytes)
    }
}

/// A number of 32 bits, or the mark that it has its long form elsewhere.
fn low(number: u64) -> u32 {
    number.min(LONG) as u32
}

/// The field with the long forms, if there are any.
fn extra(long: &[u64]) -> Vec<u8> {
    if long.is_empty() {
        return Vec::new();
    }
    let mut field = 1_u16.to_le_bytes().to_vec();
    field.extend((long.len() as u16 * 8).to_le_bytes());
    long.iter().for_each(|number| field.extend(number.to_le_bytes()));
    field
}
