//! The root element of a file, for those who only want to know what it is.
//!
//! Invariant: no more of a file is looked at than it takes, within bounds; and a file that git could not merge is what it was.

use std::borrow::Cow;
use std::io::{self, Read};

use quick_xml::events::Event;

use super::{decode, utf8};

/// How many bytes of a file tell what it is, most of the time.
const FAR: usize = 1 << 16;

/// How many bytes of an XML file are looked at for its root. Jira writes all apps and all counts into a comment before that of a
/// backup: 97 kB of it in one of Jira 7.0.
const FARTHER: usize = 1 << 24;

/// What the beginning of a text says of its root.
enum Seen {
    Root(String),
    /// It comes later, if there is one.
    Ahead,
    Nothing,
}

/// Returns the name of the root element of an XML file, if its beginning has one.
pub fn root_of(bytes: &[u8]) -> Option<String> {
    let mut far = FAR;
    loop {
        match look(&bytes[..bytes.len().min(far)]) {
            Seen::Root(name) => return Some(name),
            Seen::Ahead if far < bytes.len().min(FARTHER) => far *= 4,
            Seen::Ahead | Seen::Nothing => return None,
        }
    }
}

/// Reads the beginning of a file, as UTF-8 if it is UTF-16: as much of it as tells what it is, and of an XML file as much as there is
/// before its root.
pub fn beginning(mut file: impl Read) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    let mut far = FAR;
    loop {
        let more = far - read.len();
        (&mut file).take(more as u64).read_to_end(&mut read)?;
        if read.len() < far || far >= FARTHER || !matches!(look(&read), Seen::Ahead) {
            return Ok(match whole(&read) {
                Cow::Owned(text) => text,
                Cow::Borrowed(_) => read,
            });
        }
        far *= 4;
    }
}

/// Returns whether bytes are the beginning of an XML file, as far as its root or not.
pub fn begins_as_xml(bytes: &[u8]) -> bool {
    let text = without_marks(bytes);
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).trim_ascii_start();
    [&b"<?xml"[..], b"<!--", b"<!DOCTYPE"].iter().any(|beginning| text.starts_with(beginning))
}

fn look(bytes: &[u8]) -> Seen {
    let bytes = whole(bytes);
    let bytes = without_marks(&bytes);
    let (text, _) = decode(&bytes);
    let mut reader = quick_xml::Reader::from_str(&text);
    let is_ahead = loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => {
                return Seen::Root(start.name().as_ref().to_owned());
            }
            Ok(Event::Text(text)) if !text.trim_ascii().is_empty() => break false,
            Ok(Event::Eof) | Err(_) => break begins_as_xml(&bytes),
            Ok(_) => {}
        }
    };
    if is_ahead { Seen::Ahead } else { Seen::Nothing }
}

/// Returns UTF-8 bytes of a text, whose last character may be cut in two.
fn whole(bytes: &[u8]) -> Cow<'_, [u8]> {
    match (utf8(bytes), utf8(&bytes[..bytes.len().saturating_sub(2)])) {
        (Cow::Owned(text), _) | (_, Cow::Owned(text)) => Cow::Owned(text),
        _ => Cow::Borrowed(bytes),
    }
}

/// Leaves out the lines of a conflict at the beginning: a file that git could not merge is what it was.
fn without_marks(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_mark = |line: &[u8]| {
        [&b"<<<<<<<"[..], b"|||||||", b"=======", b">>>>>>>"].iter().any(|mark| line.starts_with(mark))
    };
    if !bytes.split_inclusive(|byte| *byte == b'\n').any(is_mark) {
        return Cow::Borrowed(bytes);
    }
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    Cow::Owned(lines.filter(|line| !is_mark(line)).flatten().copied().collect())
}
