//! Bytes to text: UTF-8 or a problem, with every offset kept.

use std::borrow::Cow;

use crate::model::{Problem, Problems};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 512 << 20;

/// Returns bytes as UTF-8 that are UTF-16 with a mark, as PowerShell writes what it redirects with `>`; all others, and what is cut off, as
/// they are.
pub fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let unit = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return Cow::Borrowed(bytes),
    };
    let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if bytes.len().is_multiple_of(2) => Cow::Owned(text.into_bytes()),
        _ => Cow::Borrowed(bytes),
    }
}

/// Returns whether bytes begin as UTF-16 does.
pub fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

/// How files begin that people take for configurations, what they are, and what takes them.
const OTHERS: [(&[u8], &str, &str); 3] = [
    (
        b"PK\x03\x04",
        "a zip",
        "`pcfg validate`, `pcfg diff` and `pcfg import` take the archive of a complete project; a backup of Jira is an instance: `-i FILE`",
    ),
    (b"\x1f\x8b", "compressed by gzip", "unpack it first: `gunzip FILE`"),
    (b"SQLite format 3\0", "an SQLite database", "an embedded instance is named by `-i FILE`"),
];

/// Turns the bytes of a file into text; what is not UTF-8 becomes `?`, at the same offsets, and a problem.
pub fn decode(bytes: &[u8]) -> (Cow<'_, str>, Vec<Problem>) {
    if is_utf16(bytes) {
        let problem =
            Problem::error("not-utf8", "the file is UTF-16, not UTF-8").at(0..2).help("save it as UTF-8");
        return (Cow::Borrowed(""), vec![problem]);
    }
    let is_other = |(beginning, _, _): &&(&[u8], &str, &str)| bytes.starts_with(beginning);
    if let Some((beginning, what, help)) = OTHERS.iter().find(is_other) {
        let problem = Problem::error("not-utf8", format!("the file is {what}, not a text"));
        return (Cow::Borrowed(""), vec![problem.at(0..beginning.len()).help(*help)]);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), Vec::new()),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len());
            let mut problems = Problems::default();
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                if !chunk.invalid().is_empty() {
                    let span = text.len()..text.len() + chunk.invalid().len();
                    text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
                    let bytes = chunk.invalid();
                    problems.push(
                        Problem::error("not-utf8", format!("the bytes {bytes:02x?} are not UTF-8"))
                            .at(span)
                            .help("save the file as UTF-8"),
                    );
                }
            }
            (Cow::Owned(text), problems.finish())
        }
    }
}
