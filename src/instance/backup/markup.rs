//! The markup of a backup, token by token, out of a window that slides over the file.
//!
//! A parser of its own, because nearly all of a large backup is rows that nobody wants, and those must be proved
//! well-formed without being copied, decoded or allocated. Invariants: every byte is checked, whoever wants it; nothing
//! recurses; no entity is defined or followed; memory is bounded by [`LONGEST`]; the bytes are UTF-8 ([`Source`]'s).

use std::collections::VecDeque;

use super::fault::Fault;
use super::feed::{Controls, HEADROOM, Source};
use super::proved::Part;
use super::scan::{self, Stop};

/// The longest tag, text or comment, in bytes.
pub(super) const LONGEST: usize = 64 << 20;

/// How deep elements are nested at most: root, table, row, value.
const DEEPEST: usize = 4;

/// What a file in UTF-8 may begin with.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A piece of markup.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// A start tag.
    Start {
        /// Its name.
        name: &'a [u8],
        /// Its attributes, checked, with the blanks around them.
        attributes: &'a [u8],
    },
    /// An end tag; one follows every start tag, also where the file writes `<a/>`.
    End,
    /// Text with references.
    Text(&'a [u8]),
    /// Text without references.
    CData(&'a [u8]),
    /// A comment.
    Comment(&'a [u8]),
    /// Rows that are proved already and that nobody wants: their tables, in order, with how many of each there are.
    Rows(Vec<(Vec<u8>, u64)>),
    /// The end of the file.
    Eof,
}

/// The tokens of a file.
pub(super) struct Markup<'a> {
    window: Window<'a>,
    /// The names of the open elements, one behind the other, and where each begins.
    names: Vec<u8>,
    starts: Vec<usize>,
    root_seen: bool,
    /// How long the byte order mark was.
    mark: u64,
    /// Whether the last start tag was also an end tag.
    empty: bool,
    /// Where the last token begins in the file.
    begun: u64,
    /// Forbidden characters written as references.
    controls: Controls,
}

/// The bytes that are at hand.
struct Window<'a> {
    source: &'a mut dyn Source,
    bytes: Vec<u8>,
    from: usize,
    /// Where `bytes[from]` stands in the file.
    offset: u64,
    /// Whether nothing more comes: the end of the file, or what is wrong there.
    ended: Option<Result<(), Fault>>,
    /// What is proved of the bytes that are not read yet, and where each part begins in the file.
    proved: VecDeque<(u64, Part)>,
}

impl Window<'_> {
    fn text(&self) -> &[u8] {
        &self.bytes[self.from..]
    }

    fn advance(&mut self, by: usize) {
        self.from += by;
        self.offset += by as u64;
    }

    /// Moves over what is proved, if it begins here.
    fn skip_proved(&mut self) -> Option<Vec<(Vec<u8>, u64)>> {
        while self.proved.front().is_some_and(|(at, _)| *at < self.offset) {
            self.proved.pop_front();
        }
        let (_, Part { from, to, rows }) = self.proved.pop_front_if(|(at, _)| *at == self.offset)?;
        self.advance(to - from);
        Some(rows)
    }

    /// Returns whether the window reaches to the end of the file.
    fn is_last(&self) -> bool {
        matches!(self.ended, Some(Ok(())))
    }

    /// Gets at least as many bytes as there are already, so that looking at them from the start again costs little.
    /// What is wrong further on waits until everything before it has been looked at.
    fn grow(&mut self) {
        let wanted = self.text().len() * 2;
        while self.ended.is_none() && self.text().len() <= wanted {
            let rest = self.text().len();
            if rest > LONGEST {
                let message = format!("this is longer than {} MiB", LONGEST >> 20);
                self.ended = Some(Err(Fault::malformed(self.offset, message)));
            } else if rest <= HEADROOM {
                let mut tail = [0; HEADROOM];
                let tail = &mut tail[..rest];
                tail.copy_from_slice(self.text());
                match self.source.next(std::mem::take(&mut self.bytes)) {
                    Ok(Some(chunk)) => {
                        self.from = chunk.from - rest;
                        let parts = chunk.proved.into_iter().flat_map(|own| own.parts);
                        let place = |own: &Part| self.offset + (own.from - self.from) as u64;
                        self.proved = parts.map(|own| (place(&own), own)).collect();
                        self.bytes = chunk.bytes;
                        self.bytes[self.from..chunk.from].copy_from_slice(tail);
                    }
                    end => {
                        self.from = 0;
                        self.bytes = tail.to_vec();
                        self.ended = Some(end.map(|_| ()));
                    }
                }
            } else {
                self.bytes.drain(..self.from);
                self.from = 0;
                match self.source.next(Vec::new()) {
                    Ok(Some(chunk)) => self.bytes.extend_from_slice(&chunk.bytes[chunk.from..]),
                    end => self.ended = Some(end.map(|_| ())),
                }
            }
        }
    }
}

/// What has been recognised at the start of the window.
enum Piece {
    Start { name: usize, attributes: usize, length: usize },
    End { length: usize },
    Text { length: usize },
    CData { length: usize },
    Comment { length: usize },
    Nothing { length: usize },
    Eof,
}

impl<'a> Markup<'a> {
    /// Returns the tokens of a file.
    pub(super) fn new(source: &'a mut dyn Source) -> Self {
        Self {
            window: Window {
                source,
                bytes: Vec::new(),
                from: 0,
                offset: 0,
                ended: None,
                proved: VecDeque::new(),
            },
            names: Vec::new(),
            starts: Vec::new(),
            root_seen: false,
            mark: 0,
            empty: false,
            begun: 0,
            controls: Controls::default(),
        }
    }

    /// Returns the tokens of a text that begins between two rows.
    pub(super) fn between_rows(source: &'a mut dyn Source) -> Self {
        // No end tag has an empty name, so nothing behind the rows is taken for one of them.
        Self { starts: vec![0], root_seen: true, ..Self::new(source) }
    }

    /// Returns how many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.starts.len()
    }

    /// Returns where the last token begins, in bytes from the beginning of the file.
    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    /// Returns where the last token ends.
    pub(super) fn ended(&self) -> u64 {
        self.window.offset
    }

    /// Returns the forbidden characters that references have named so far.
    pub(super) fn controls(&self) -> Controls {
        self.controls
    }

    /// Returns a fault at the place that has been read so far.
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::malformed(self.window.offset, message)
    }

    /// Returns the next token. White space around rows and tables is left out.
    pub(super) fn next(&mut self) -> Result<Token<'_>, Fault> {
        if self.empty {
            self.empty = false;
            self.begun = self.window.offset;
            self.close();
            return Ok(Token::End);
        }
        let (piece, length) = loop {
            if self.starts.len() == 1 {
                let begun = self.window.offset;
                if let Some(rows) = self.window.skip_proved() {
                    self.begun = begun;
                    return Ok(Token::Rows(rows));
                }
            }
            match self.piece() {
                Ok(Piece::Nothing { length }) => self.window.advance(length),
                Ok(piece) => {
                    let length = piece.length();
                    break (piece, length);
                }
                Err(Stop::More) => match self.window.ended.take() {
                    Some(Err(fault)) => return Err(fault),
                    Some(Ok(())) => return Err(self.cut_off()),
                    None => self.window.grow(),
                },
                Err(Stop::Bad { at, message, help }) => {
                    return Err(Fault::Malformed { at: self.window.offset + at as u64, message, help });
                }
            }
        };
        let from = self.window.from;
        self.begun = self.window.offset;
        self.window.advance(length);
        let text = &self.window.bytes[from..from + length];
        Ok(match piece {
            Piece::Start { name, attributes, .. } => {
                let name = &text[1..1 + name];
                self.starts.push(self.names.len());
                self.names.extend_from_slice(name);
                self.root_seen = true;
                self.empty = text.ends_with(b"/>");
                Token::Start { name, attributes: &text[1 + name.len()..attributes] }
            }
            Piece::End { .. } => {
                if let Some(start) = self.starts.pop() {
                    self.names.truncate(start);
                }
                Token::End
            }
            Piece::Text { .. } => Token::Text(text),
            Piece::CData { .. } => Token::CData(&text[9..length - 3]),
            Piece::Comment { .. } => Token::Comment(&text[4..length - 3]),
            Piece::Nothing { .. } | Piece::Eof => Token::Eof,
        })
    }

    fn close(&mut self) {
        if let Some(start) = self.starts.pop() {
            self.names.truncate(start);
        }
    }

    /// Recognises what stands at the start of the window, without moving it.
    fn piece(&mut self) -> Result<Piece, Stop> {
        let depth = self.starts.len();
        let text = self.window.text();
        let blanks = scan::blanks(text);
        match text.get(blanks) {
            // Blanks within a value are part of it.
            Some(b'<') if depth <= 2 || blanks == 0 => {}
            None if self.window.is_last() && depth == 0 => {
                return if self.root_seen {
                    Ok(Piece::Eof)
                } else {
                    Err(Stop::bad(blanks, "the file contains no element"))
                };
            }
            None if depth == 0 => return Err(Stop::More),
            Some(_) if depth == 0 => {
                return if self.window.offset == 0 && text.starts_with(MARK) {
                    self.mark = MARK.len() as u64;
                    Ok(Piece::Nothing { length: MARK.len() })
                } else {
                    Err(Stop::bad(blanks, "there is text outside the root element"))
                };
            }
            _ => {
                let mut found = Controls::default();
                let offset = self.window.offset;
                let length = scan::text(text, &mut |at, character| found.add(offset + at as u64, character))?;
                self.controls.add_all(found);
                return Ok(Piece::Text { length });
            }
        }
        if blanks > 0 {
            return Ok(Piece::Nothing { length: blanks });
        }
        match text.get(1) {
            None => Err(Stop::More),
            Some(b'/') => self.end_tag(),
            Some(b'!') => self.declaration(),
            Some(b'?') => {
                let length = scan::instruction(text, self.window.offset == self.mark)?;
                Ok(Piece::Nothing { length })
            }
            Some(_) => self.start_tag(),
        }
    }

    fn start_tag(&mut self) -> Result<Piece, Stop> {
        let offset = self.window.offset;
        let mut found = Controls::default();
        let tag = scan::start_tag(self.window.text(), &mut |at, character| {
            found.add(offset + at as u64, character);
        })?;
        self.controls.add_all(found);
        if self.starts.is_empty() && self.root_seen {
            return Err(Stop::bad(0, "there is a second root element"));
        }
        if self.starts.len() >= DEEPEST {
            return Err(Stop::bad(0, format!("elements are nested more than {DEEPEST} deep")));
        }
        Ok(Piece::Start { name: tag.name, attributes: tag.attributes, length: tag.length })
    }

    fn end_tag(&self) -> Result<Piece, Stop> {
        let text = self.window.text();
        let (name, length) = scan::end_tag(text)?;
        let Some(&start) = self.starts.last() else {
            return Err(Stop::bad(0, "there is an end tag, but no element is open"));
        };
        let open = &self.names[start..];
        if name != open {
            return Err(Stop::bad(
                0,
                format!(
                    "`</{}>` where `</{}>` is expected",
                    String::from_utf8_lossy(name),
                    String::from_utf8_lossy(open)
                ),
            ));
        }
        Ok(Piece::End { length })
    }

    fn declaration(&self) -> Result<Piece, Stop> {
        let text = self.window.text();
        if scan::begins(text, b"<!--")? {
            return Ok(Piece::Comment { length: scan::comment(text)? });
        }
        if scan::begins(text, b"<![CDATA[")? {
            if self.starts.is_empty() {
                return Err(Stop::bad(0, "there is text outside the root element"));
            }
            return Ok(Piece::CData { length: scan::cdata(text)? });
        }
        if scan::begins(text, b"<!DOCTYPE")? {
            return Err(Stop::Bad {
                at: 0,
                message: "there is a DOCTYPE, which Jira backups never have".to_owned(),
                help: Some("pcfg follows no entities; if you trust the file, delete the DOCTYPE".to_owned()),
            });
        }
        Err(Stop::bad(0, "`<!` does not begin a comment or CDATA"))
    }

    fn cut_off(&self) -> Fault {
        let inside = match self.starts.last() {
            Some(&start) => format!("inside `<{}>`", String::from_utf8_lossy(&self.names[start..])),
            None => "inside of markup".to_owned(),
        };
        Fault::Malformed {
            at: self.window.offset + self.window.text().len() as u64,
            message: format!("the file ends {inside}"),
            help: Some(
                "it is cut off: compare its size with that of the original and copy it again".to_owned(),
            ),
        }
    }
}

impl Piece {
    fn length(&self) -> usize {
        match self {
            Self::Start { length, .. }
            | Self::End { length }
            | Self::Text { length }
            | Self::CData { length }
            | Self::Comment { length }
            | Self::Nothing { length } => *length,
            Self::Eof => 0,
        }
    }
}
