//! The text of a backup in chunks, read (and inflated) by a thread of its own beside the parsing.
//!
//! Invariant: what comes out is UTF-8 without U+0000, in chunks that never cut a character; everything else is a
//! [`Fault`] at the place where it stands. At most a handful of chunks exist at a time. The text is proved on the side
//! of the parser: inflating is the slower half.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use super::fault::Fault;
use super::proved::{Prove, Proved};

/// Bytes that are read at a time.
const BLOCK: usize = 256 << 10;

/// Chunks that wait to be parsed, at most.
const WAITING: usize = 4;

/// Free space before a chunk: the reader copies there what it has not finished of the last one.
pub(super) const HEADROOM: usize = 16 << 10;

/// Free space before a block: the beginning of a character that is cut in two goes there as well.
const FRONT: usize = HEADROOM + 4;

/// Characters that XML forbids and that stand in the text nevertheless.
///
/// Jira writes values as they are (`GenericEntity.writeXmlText` escapes markup only), so control characters that
/// somebody pasted come to stand in backups. From 6.0 on it can read them: with the option `JIRA_IMPORT_CLEAN_XML` its
/// `XMLEscapingReader` hides them from the parser. Both are known from Jira's code; none of the real backups has one.
/// That reader sees characters only, not references to them (`&#1;`); pcfg keeps these too, since nothing is lost by it.
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

/// A piece of a file.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// Its bytes, behind bytes that are free.
    pub(super) bytes: Vec<u8>,
    /// Where they begin; at least [`HEADROOM`].
    pub(super) from: usize,
    /// What of them is proved.
    pub(super) proved: Option<Proved>,
}

/// Where a reader gets its text from.
pub(super) trait Source {
    /// Returns the next chunk, or nothing at the end; `used` is an old one that can be used again.
    fn next(&mut self, used: Vec<u8>) -> Result<Option<Chunk>, Fault>;
}

/// Bytes as they were read.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The bytes, behind [`FRONT`] free ones.
    bytes: Vec<u8>,
    /// What of them is proved already.
    proved: Option<Proved>,
}

impl Block {
    /// Returns how many bytes it holds.
    pub(super) fn length(&self) -> u64 {
        (self.bytes.len() - FRONT) as u64
    }

    /// Proves what can be proved of it.
    #[must_use]
    pub(super) fn proved(self, prove: Prove<'_>) -> Self {
        Self { proved: prove(&self.bytes, FRONT), ..self }
    }
}

/// Where bytes come from.
pub(super) trait Blocks {
    /// Returns the next bytes, or nothing at the end.
    fn next(&mut self, used: Vec<u8>) -> io::Result<Option<Block>>;
}

/// The reading end of the channel to the thread.
#[derive(Debug)]
pub(super) struct Feed {
    blocks: Receiver<io::Result<Block>>,
    used: SyncSender<Vec<u8>>,
}

/// The thread's end of the channel.
#[derive(Debug)]
pub(super) struct Pump {
    blocks: SyncSender<io::Result<Block>>,
    used: Receiver<Vec<u8>>,
}

/// Returns the two ends of a channel.
pub(super) fn channel() -> (Pump, Feed) {
    let (send, receive) = sync_channel(WAITING);
    let (give, take) = sync_channel(WAITING + 2);
    (Pump { blocks: send, used: take }, Feed { blocks: receive, used: give })
}

impl Blocks for Feed {
    fn next(&mut self, used: Vec<u8>) -> io::Result<Option<Block>> {
        // The thread may have ended, or have enough: then the old chunk is simply dropped.
        drop(self.used.try_send(used));
        self.blocks.recv().ok().transpose()
    }
}

impl Pump {
    /// Reads to the end, or until nobody listens any more. Where the other thread has enough to do, this one takes work from it.
    pub(super) fn run(self, reader: impl Read, prove: Option<Prove<'_>>) {
        let mut blocks = ReadBlocks { reader, size: BLOCK, error: None };
        while let Some(block) = blocks.next(self.used.try_recv().unwrap_or_default()).transpose() {
            let last = block.is_err();
            let sent = match (self.blocks.try_send(block), prove) {
                (Ok(()), _) => true,
                (Err(TrySendError::Disconnected(_)), _) => false,
                (Err(TrySendError::Full(Ok(block))), Some(prove)) => {
                    self.blocks.send(Ok(block.proved(prove))).is_ok()
                }
                (Err(TrySendError::Full(block)), _) => self.blocks.send(block).is_ok(),
            };
            if !sent || last {
                break;
            }
        }
    }
}

/// Bytes read directly.
#[derive(Debug)]
pub(super) struct ReadBlocks<R> {
    /// Where from.
    pub(super) reader: R,
    /// How many at a time.
    pub(super) size: usize,
    /// What went wrong behind the bytes that were read last.
    pub(super) error: Option<io::Error>,
}

impl<R: Read> Blocks for ReadBlocks<R> {
    fn next(&mut self, used: Vec<u8>) -> io::Result<Option<Block>> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let full = FRONT + self.size;
        // A window that had to grow for one long row is not kept.
        let mut bytes = if used.capacity() > 2 * full { Vec::new() } else { used };
        bytes.resize(full, 0);
        let mut end = FRONT;
        while end < full {
            match self.reader.read(&mut bytes[end..]) {
                Ok(0) => break,
                Ok(read) => end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if end == FRONT => return Err(error),
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            }
        }
        bytes.truncate(end);
        Ok((end > FRONT).then_some(Block { bytes, proved: None }))
    }
}

/// Bytes that are proved to be text.
#[derive(Debug)]
pub(super) struct Text<B> {
    blocks: B,
    /// Bytes of chunks that have been given away.
    offset: u64,
    /// The beginning of a character whose end is in the next block.
    cut: Vec<u8>,
    /// What is wrong behind the chunk that was given away last.
    fault: Option<Fault>,
    /// Forbidden characters found on the way.
    pub(super) controls: Controls,
}

impl<B: Blocks> Text<B> {
    /// Returns the text of some bytes.
    pub(super) fn new(blocks: B) -> Self {
        Self { blocks, offset: 0, cut: Vec::new(), fault: None, controls: Controls::default() }
    }
}

impl<B: Blocks> Source for Text<B> {
    fn next(&mut self, used: Vec<u8>) -> Result<Option<Chunk>, Fault> {
        let mut used = used;
        while self.fault.is_none() {
            let Some(Block { mut bytes, proved }) =
                self.blocks.next(std::mem::take(&mut used)).map_err(Fault::Io)?
            else {
                if !self.cut.is_empty() {
                    return Err(not_utf8(self.offset, &self.cut, self.cut.len()));
                }
                return Ok(None);
            };
            let from = FRONT - self.cut.len();
            bytes[from..FRONT].copy_from_slice(&self.cut);
            self.cut.clear();
            let (length, proved) = self.check(&bytes, from, proved);
            bytes.truncate(from + length);
            self.offset += length as u64;
            if length > 0 {
                return Ok(Some(Chunk { bytes, from, proved }));
            }
            used = bytes;
        }
        self.fault.take().map_or(Ok(None), Err)
    }
}

impl<B> Text<B> {
    /// Returns how many of the bytes are text, and what of them is proved.
    fn check(&mut self, bytes: &[u8], from: usize, proved: Option<Proved>) -> (usize, Option<Proved>) {
        let Some(proved) = proved else { return (self.check_text(self.offset, &bytes[from..]), None) };
        let so_far = self.controls;
        let before = &bytes[from..proved.from];
        if self.check_text(self.offset, before) == before.len() {
            let until = proved.to - from;
            let rest = self.check_text(self.offset + until as u64, &bytes[proved.to..]);
            return (until + rest, Some(proved));
        }
        // It is no text, or has a zero byte, before anything is proved.
        self.controls = so_far;
        self.cut.clear();
        self.fault = None;
        (self.check_text(self.offset, &bytes[from..]), None)
    }

    /// Returns how many bytes are text, of those that stand at a place of the file.
    fn check_text(&mut self, offset: u64, text: &[u8]) -> usize {
        let mut valid = text.len();
        if let Err(error) = std::str::from_utf8(text) {
            valid = error.valid_up_to();
            match error.error_len() {
                None => self.cut.extend_from_slice(&text[valid..]),
                Some(length) => {
                    self.fault = Some(not_utf8(offset + valid as u64, &text[valid..], length));
                }
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
                        message: "there is a zero byte (U+0000) in the text".to_owned(),
                        help: Some(
                            "the file was damaged when it was saved or copied; get it again".to_owned(),
                        ),
                    });
                    break;
                }
                self.controls.add(offset + at as u64, char::from(byte));
            }
        }
        valid
    }
}

/// Returns whether a byte is a character that XML forbids.
pub(super) fn is_control(byte: u8) -> bool {
    (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')
}

fn not_utf8(at: u64, rest: &[u8], length: usize) -> Fault {
    let (message, help) = match (at, rest) {
        (0, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) => {
            ("the file is UTF-16, not UTF-8".to_owned(), "convert it to UTF-8 first")
        }
        _ => {
            let hex: Vec<String> = rest[..length].iter().map(|byte| format!("{byte:02x}")).collect();
            (
                format!("the bytes {} are not UTF-8", hex.join(" ")),
                "the file was damaged, or saved in another encoding; get it again from Jira",
            )
        }
    };
    Fault::Malformed { at, message, help: Some(help.to_owned()) }
}
