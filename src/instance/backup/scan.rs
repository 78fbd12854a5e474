//! The grammar of markup: each function looks at the start of a text and says how long its piece is.
//!
//! Invariant: a piece is well-formed XML 1.0, but for two things. Names are checked in their ASCII part only, and that
//! no attribute stands twice is checked only where attributes are read. Where XML forbids a character but Jira writes
//! it, it is counted.

use std::borrow::Cow;

/// Why a piece is not recognised.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its end is not there yet.
    More,
    /// It is wrong.
    Bad {
        /// Where, in bytes from the start of the text.
        at: usize,
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
}

impl Stop {
    /// Returns that something is wrong.
    #[cold]
    pub(super) fn bad(at: usize, message: impl Into<String>) -> Self {
        Self::Bad { at, message: message.into(), help: None }
    }
}

/// Told of a forbidden character that a reference names.
type OnControl<'a> = &'a mut dyn FnMut(usize, char);

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag {
    /// The length of its name.
    pub(super) name: usize,
    /// Where its attributes end.
    pub(super) attributes: usize,
    /// Its length.
    pub(super) length: usize,
}

const NAME: u8 = 1;
const NAME_START: u8 = 2;
const BLANK: u8 = 4;

/// What a byte can be.
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' | 0x80.. => NAME | NAME_START,
            b'0'..=b'9' | b'-' | b'.' => NAME,
            b' ' | b'\t' | b'\n' | b'\r' => BLANK,
            _ => 0,
        };
        byte += 1;
    }
    table
};

fn is(byte: u8, class: u8) -> bool {
    CLASS[usize::from(byte)] & class != 0
}

fn run(text: &[u8], class: u8) -> usize {
    text.iter().position(|&byte| !is(byte, class)).unwrap_or(text.len())
}

/// Returns how many blanks and line ends stand here.
pub(super) fn blanks(text: &[u8]) -> usize {
    run(text, BLANK)
}

/// Returns whether a text begins so.
pub(super) fn begins(text: &[u8], start: &[u8]) -> Result<bool, Stop> {
    let known = text.len().min(start.len());
    match text[..known] == start[..known] {
        true if known < start.len() => Err(Stop::More),
        same => Ok(same),
    }
}

/// Looks at `<name attribute="value" …>` or `…/>`.
pub(super) fn start_tag(text: &[u8], control: OnControl<'_>) -> Result<Tag, Stop> {
    let byte = |at: usize| text.get(at).copied().ok_or(Stop::More);
    let name = run(&text[1..], NAME);
    if !is(byte(1)?, NAME_START) {
        return Err(Stop::bad(0, "`<` does not begin a tag; as a character, write it as `&lt;`"));
    }
    let mut at = 1 + name;
    loop {
        let end = at;
        let mut next = byte(at)?;
        while is(next, BLANK) {
            at += 1;
            next = byte(at)?;
        }
        match next {
            b'>' => return Ok(Tag { name, attributes: end, length: at + 1 }),
            b'/' => {
                return match byte(at + 1)? {
                    b'>' => Ok(Tag { name, attributes: end, length: at + 2 }),
                    _ => Err(Stop::bad(at, "`/` is not followed by `>`")),
                };
            }
            _ if end == at => return Err(Stop::bad(at, "a space is missing before this")),
            _ if !is(next, NAME_START) => return Err(Stop::bad(at, "this is not an attribute")),
            _ => {}
        }
        at += run(&text[at..], NAME);
        while is(byte(at)?, BLANK) {
            at += 1;
        }
        if byte(at)? != b'=' {
            return Err(Stop::bad(at, "`=` is missing after the name of an attribute"));
        }
        at += 1;
        while is(byte(at)?, BLANK) {
            at += 1;
        }
        let quote = byte(at)?;
        if quote != b'"' && quote != b'\'' {
            return Err(Stop::bad(at, "the value of an attribute is not in quotes"));
        }
        at += 1;
        loop {
            let Some(found) = memchr::memchr3(quote, b'&', b'<', &text[at..]) else { return Err(Stop::More) };
            at += found;
            match text[at] {
                b'&' => at = reference(text, at, control)?,
                b'<' => return Err(Stop::bad(at, "`<` in an attribute; write it as `&lt;`")),
                _ => break,
            }
        }
        at += 1;
    }
}

/// Looks at `</name>`; returns the name and the length.
pub(super) fn end_tag(text: &[u8]) -> Result<(&[u8], usize), Stop> {
    let name = run(&text[2..], NAME);
    let at = 2 + name + blanks(&text[2 + name..]);
    match text.get(at) {
        None => Err(Stop::More),
        Some(b'>') => Ok((&text[2..2 + name], at + 1)),
        Some(_) => Err(Stop::bad(at, "an end tag contains only its name")),
    }
}

/// Looks at text up to the next `<`.
pub(super) fn text(text: &[u8], control: OnControl<'_>) -> Result<usize, Stop> {
    let Some(length) = memchr::memchr(b'<', text) else { return Err(Stop::More) };
    let own = &text[..length];
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'&', &own[at..]) {
        at = match reference(own, at + found, control) {
            Err(Stop::More) => return Err(lone_ampersand(at + found)),
            other => other?,
        };
    }
    match memchr::memmem::find(own, b"]]>") {
        Some(at) => Err(Stop::bad(at, "`]]>` in text; write it as `]]&gt;`")),
        None => Ok(length),
    }
}

/// Looks at `<![CDATA[…]]>`.
pub(super) fn cdata(text: &[u8]) -> Result<usize, Stop> {
    memchr::memmem::find(&text[9..], b"]]>").map(|end| 9 + end + 3).ok_or(Stop::More)
}

/// Looks at `<!--…-->`.
pub(super) fn comment(text: &[u8]) -> Result<usize, Stop> {
    let end = 4 + memchr::memmem::find(&text[4..], b"--").ok_or(Stop::More)?;
    match text.get(end + 2) {
        None => Err(Stop::More),
        Some(b'>') => Ok(end + 3),
        Some(_) => Err(Stop::bad(end, "`--` in a comment")),
    }
}

/// Looks at `<?…?>`; an XML declaration may only stand at the beginning, and say UTF-8.
pub(super) fn instruction(text: &[u8], first: bool) -> Result<usize, Stop> {
    let length = 2 + memchr::memmem::find(&text[2..], b"?>").ok_or(Stop::More)? + 2;
    let own = &text[2..length - 2];
    let name = run(own, NAME);
    if name == 0 || !is(own[0], NAME_START) {
        return Err(Stop::bad(0, "`<?` does not begin a processing instruction"));
    }
    if !own[..name].eq_ignore_ascii_case(b"xml") {
        return Ok(length);
    }
    if !first {
        return Err(Stop::bad(0, "an XML declaration that is not at the beginning"));
    }
    let declared = attributes(&own[name..]).find(|(name, _)| *name == b"encoding");
    match declared {
        Some((_, encoding)) if !encoding.eq_ignore_ascii_case(b"utf-8") => Err(Stop::Bad {
            at: 0,
            message: format!("the file says that it is {}, not UTF-8", String::from_utf8_lossy(encoding)),
            help: Some("convert it to UTF-8 (with iconv, say) and change its first line".to_owned()),
        }),
        _ => Ok(length),
    }
}

fn lone_ampersand(at: usize) -> Stop {
    Stop::Bad {
        at,
        message: "`&` does not begin a reference; as a character, write it as `&amp;`".to_owned(),
        help: Some("the file was changed by something other than Jira; export it again".to_owned()),
    }
}

/// The longest reference that is looked at: `&#x0010FFFF;` with some zeros to spare.
const LONGEST_REFERENCE: usize = 32;

/// Looks at a reference and returns where it ends.
fn reference(text: &[u8], at: usize, control: OnControl<'_>) -> Result<usize, Stop> {
    let rest = &text[at..text.len().min(at + LONGEST_REFERENCE)];
    let Some(end) = rest[1..].iter().position(|&byte| !byte.is_ascii_alphanumeric() && byte != b'#') else {
        return Err(if rest.len() < LONGEST_REFERENCE { Stop::More } else { lone_ampersand(at) });
    };
    let name = &rest[1..1 + end];
    if name.is_empty() || rest[1 + end] != b';' {
        return Err(lone_ampersand(at));
    }
    match meaning(name) {
        Some(character) => {
            if is_forbidden(character) {
                control(at, character);
            }
            Ok(at + end + 2)
        }
        None => Err(Stop::bad(at, format!("`&{};` is not defined", String::from_utf8_lossy(name)))),
    }
}

/// Returns whether XML forbids a character; U+0000 is worse and never gets here.
fn is_forbidden(character: char) -> bool {
    matches!(character, '\u{1}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Returns what a reference stands for.
fn meaning(name: &[u8]) -> Option<char> {
    let code = match name {
        b"lt" => return Some('<'),
        b"gt" => return Some('>'),
        b"amp" => return Some('&'),
        b"quot" => return Some('"'),
        b"apos" => return Some('\''),
        [b'#', b'x', digits @ ..] => digits_of(digits, 16)?,
        [b'#', digits @ ..] => digits_of(digits, 10)?,
        _ => return None,
    };
    char::from_u32(code).filter(|&character| character != '\0')
}

fn digits_of(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    u32::from_str_radix(digits, radix).ok()
}

/// Returns the names and the raw values of attributes that [`start_tag`] has checked.
pub(super) fn attributes(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = &rest[blanks(rest)..];
        let (name, after) = rest.split_at(run(rest, NAME));
        let equals = memchr::memchr2(b'"', b'\'', after)?;
        let value = &after[equals + 1..];
        let end = memchr::memchr(after[equals], value)?;
        rest = &value[end + 1..];
        Some((name, &value[..end]))
    })
}

/// How a raw text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The value of an attribute: references count, blanks of all kinds are blanks.
    Attribute,
    /// Text: references count, CR LF and CR are LF.
    Text,
    /// CDATA: CR LF and CR are LF.
    CData,
}

/// Returns what a checked raw text stands for.
pub(super) fn decode(raw: &[u8], form: Form) -> Cow<'_, str> {
    let raw = String::from_utf8_lossy(raw);
    let special = |byte: u8| match form {
        Form::Attribute => matches!(byte, b'&' | b'\t' | b'\n' | b'\r'),
        Form::Text => matches!(byte, b'&' | b'\r'),
        Form::CData => byte == b'\r',
    };
    let Some(mut at) = raw.bytes().position(special) else { return raw };
    let mut result = String::with_capacity(raw.len());
    let mut rest = &*raw;
    loop {
        result.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        rest = match rest.as_bytes()[at] {
            b'&' => {
                let (name, after) = after.split_once(';').unwrap_or((after, ""));
                result.extend(meaning(name.as_bytes()));
                after
            }
            b'\r' => {
                result.push(if form == Form::Attribute { ' ' } else { '\n' });
                after.strip_prefix('\n').unwrap_or(after)
            }
            _ => {
                result.push(' ');
                after
            }
        };
        match rest.bytes().position(special) {
            Some(next) => at = next,
            None => break,
        }
    }
    result.push_str(rest);
    Cow::Owned(result)
}
