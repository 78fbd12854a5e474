//! The bytes of a backup in chunks, read (and inflated) by a thread of their own beside the parsing.
//!
//! Invariant: what comes out is UTF-8 without U+0000, in chunks that never cut a character; everything else is a
//! [`Fault`] at the place where it stands. At most a handful of chunks exist at a time.

use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::fault::Fault;

/// Bytes that are read at a time.
const CHUNK: usize = 256 << 10;

/// Chunks that wait to be parsed, at most.
const WAITING: usize = 4;

/// Space before the bytes of a chunk: the reader copies what it has not finished of the last chunk there.
pub(super) const HEADROOM: usize = 16 << 10;

/// Characters that XML forbids and backups of Jira have nevertheless.
///
/// Jira writes values as they are (`GenericEntity.writeXmlText` escapes markup only), so control characters that
/// somebody pasted stand in backups. From 6.0 on it also reads them: `XMLEscapingReader` hides them from its parser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Controls {
    /// How many there are.
    pub(super) count: u64,
    /// The first one and where it stands.
    pub(super) first: Option<(u64, char)>,
}

impl Controls {
    /// Counts one more.
    pub(super) fn add(&mut self, at: u64, character: char) {
        self.count += 1;
        if self.first.is_none_or(|(first, _)| at < first) {
            self.first = Some((at, character));
        }
    }

    /// Counts those of another.
    pub(super) fn add_all(&mut self, other: Self) {
        if let Some((at, character)) = other.first {
            self.add(at, character);
            self.count += other.count - 1;
        }
    }
}

/// Where a reader gets its chunks from.
pub(super) trait Source {
    /// Returns the next chunk, behind [`HEADROOM`] bytes that are free, or nothing at the end; `used` is an old chunk
    /// that can be used again.
    fn next(&mut self, used: Vec<u8>) -> Result<Option<Vec<u8>>, Fault>;
}

/// The reading end of the channel to the thread.
#[derive(Debug)]
pub(super) struct Feed {
    chunks: Receiver<Result<Vec<u8>, Fault>>,
    used: SyncSender<Vec<u8>>,
}

/// The thread's end of the channel.
#[derive(Debug)]
pub(super) struct Pump {
    chunks: SyncSender<Result<Vec<u8>, Fault>>,
    used: Receiver<Vec<u8>>,
}

/// Returns the two ends of a channel.
pub(super) fn channel() -> (Pump, Feed) {
    let (send, receive) = sync_channel(WAITING);
    let (give, take) = sync_channel(WAITING + 2);
    (Pump { chunks: send, used: take }, Feed { chunks: receive, used: give })
}

impl Source for Feed {
    fn next(&mut self, used: Vec<u8>) -> Result<Option<Vec<u8>>, Fault> {
        // The thread may have ended, or have enough: then the chunk is simply dropped.
        drop(self.used.try_send(used));
        self.chunks.recv().ok().transpose()
    }
}

impl Pump {
    /// Reads to the end, or until nobody listens any more.
    pub(super) fn run(self, reader: impl Read) -> Controls {
        let mut chunks = Chunks::new(reader);
        loop {
            let chunk = chunks.next(self.used.try_recv().unwrap_or_default()).transpose();
            let Some(chunk) = chunk else { break };
            let last = chunk.is_err();
            if self.chunks.send(chunk).is_err() || last {
                break;
            }
        }
        chunks.controls
    }
}

/// Chunks read directly.
#[derive(Debug)]
pub(super) struct Chunks<R> {
    reader: R,
    size: usize,
    /// Bytes of chunks that have been given away.
    offset: u64,
    /// The beginning of a character whose end is in the next chunk.
    cut: Vec<u8>,
    /// What is wrong behind the chunk that was given away last.
    fault: Option<Fault>,
    /// Forbidden characters found on the way.
    pub(super) controls: Controls,
}

impl<R: Read> Chunks<R> {
    /// Returns the chunks of a reader.
    pub(super) fn new(reader: R) -> Self {
        Self::of_size(reader, CHUNK)
    }

    /// Returns the chunks of a reader, each of at most that many bytes.
    pub(super) fn of_size(reader: R, size: usize) -> Self {
        Self { reader, size, offset: 0, cut: Vec::new(), fault: None, controls: Controls::default() }
    }
}

impl<R: Read> Source for Chunks<R> {
    fn next(&mut self, used: Vec<u8>) -> Result<Option<Vec<u8>>, Fault> {
        let full = HEADROOM + self.cut.len() + self.size;
        // A window that had to grow for one long row is not kept.
        let mut bytes = if used.capacity() > 2 * full { Vec::new() } else { used };
        while self.fault.is_none() {
            let at_end = self.fill(&mut bytes);
            self.check(&mut bytes, at_end);
            let length = bytes.len() - HEADROOM;
            self.offset += length as u64;
            if length > 0 {
                return Ok(Some(bytes));
            }
            if at_end {
                break;
            }
        }
        self.fault.take().map_or(Ok(None), Err)
    }
}

impl<R: Read> Chunks<R> {
    /// Reads a chunk; returns whether it is the last.
    fn fill(&mut self, bytes: &mut Vec<u8>) -> bool {
        let mut end = HEADROOM + self.cut.len();
        let full = end + self.size;
        bytes.resize(full, 0);
        bytes[HEADROOM..end].copy_from_slice(&self.cut);
        self.cut.clear();
        while end < full {
            match self.reader.read(&mut bytes[end..full]) {
                Ok(0) => break,
                Ok(read) => end += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.fault = Some(Fault::Io(error));
                    break;
                }
            }
        }
        bytes.truncate(end);
        end < full
    }

    /// Cuts a chunk before the first thing that is not text.
    fn check(&mut self, bytes: &mut Vec<u8>, at_end: bool) {
        let offset = self.offset;
        let text = &bytes[HEADROOM..];
        let mut valid = text.len();
        if let Err(error) = std::str::from_utf8(text) {
            valid = error.valid_up_to();
            if error.error_len().is_none() && !at_end {
                self.cut.extend_from_slice(&text[valid..]);
            } else {
                let bytes = &text[valid..(valid + error.error_len().unwrap_or(4)).min(text.len())];
                self.fault.get_or_insert_with(|| not_utf8(offset + valid as u64, bytes));
            }
        }
        // Without branches, so that the compiler makes many comparisons at once of it.
        let odd = text.iter().fold(false, |odd, &byte| odd | is_control(byte));
        if odd {
            for (at, &byte) in text[..valid].iter().enumerate().filter(|(_, byte)| is_control(**byte)) {
                if byte == 0 {
                    valid = at;
                    self.cut.clear();
                    self.fault = Some(Fault::Malformed {
                        at: offset + at as u64,
                        message: "a zero byte (U+0000) stands in the text".to_owned(),
                        help: Some(
                            "the file was damaged when it was stored or copied; get it again".to_owned(),
                        ),
                    });
                    break;
                }
                self.controls.add(offset + at as u64, char::from(byte));
            }
        }
        bytes.truncate(HEADROOM + valid);
    }
}

/// Returns whether a byte is a character that XML forbids.
fn is_control(byte: u8) -> bool {
    (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')
}

fn not_utf8(at: u64, bytes: &[u8]) -> Fault {
    let (message, help) = match (at, bytes) {
        (0, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) => {
            ("the file is UTF-16, not UTF-8".to_owned(), "convert it to UTF-8 first")
        }
        _ => {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            (
                format!("the bytes {} are not UTF-8", hex.join(" ")),
                "the file was damaged, or saved in another encoding; get it again from Jira",
            )
        }
    };
    Fault::Malformed { at, message, help: Some(help.to_owned()) }
}
