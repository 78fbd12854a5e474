//! Bytes to text: UTF-8 or a problem, with every offset kept.

use std::borrow::Cow;

use crate::model::{Problem, Problems};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 512 << 20;

/// Turns the bytes of a file into text; what is not UTF-8 becomes `?`, at the same offsets, and a problem.
pub fn decode(bytes: &[u8]) -> (Cow<'_, str>, Vec<Problem>) {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let problem =
            Problem::error("not-utf8", "the file is UTF-16, not UTF-8").at(0..2).help("save it as UTF-8");
        return (Cow::Borrowed(""), vec![problem]);
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
