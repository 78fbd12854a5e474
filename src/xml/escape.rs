//! How text is spelled: which characters are written as references, and what stands for those that XML cannot hold.
//!
//! Invariant: escaping is minimal and fixed, so one text has one spelling, and no line ends in a blank.

use std::borrow::Cow;

/// Returns whether XML 1.0 cannot hold a character, not even as a reference.
pub fn is_forbidden(character: char) -> bool {
    matches!(character, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

/// Returns whether a text holds a character that XML cannot hold.
pub(super) fn needs_escape(text: &str) -> bool {
    is_suspicious(text.as_bytes()) && text.chars().any(is_forbidden)
}

/// Returns false for nearly every text without a forbidden character, and true for all with one, quickly.
pub(super) fn is_suspicious(text: &[u8]) -> bool {
    // U+FFFE and U+FFFF begin with 0xEF. No branches within a piece: so the compiler compares many bytes at once.
    let suspicious =
        |byte: u8| ((byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')) | (byte == 0xef);
    text.chunks(1 << 12).any(|piece| piece.iter().fold(false, |found, &byte| found | suspicious(byte)))
}

/// Spells characters that XML cannot hold as `\uXXXX`, and a backslash as `\\`.
pub(super) fn escape(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\\' => result.push_str("\\\\"),
            forbidden if is_forbidden(forbidden) => {
                result.push_str(&format!("\\u{:04X}", u32::from(forbidden)));
            }
            plain => result.push(plain),
        }
    }
    result
}

/// Reverses [`escape`]; `None` if a backslash begins nothing known.
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(after) = after.strip_prefix('\\') {
            result.push('\\');
            rest = after;
        } else {
            let digits = after.strip_prefix('u')?.get(..4)?;
            if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return None;
            }
            result.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
            rest = &after[5..];
        }
    }
    result.push_str(rest);
    Some(result)
}

/// Line ends as XML sees them: CR and CR LF are LF.
pub(super) fn normalize_line_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Bytes at which [`push_text`] has to look twice.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    table[b'&' as usize] = true;
    table[b'<' as usize] = true;
    table[b'>' as usize] = true;
    table[b'\r' as usize] = true;
    table[b'\n' as usize] = true;
    table
};

/// Appends text between tags: `&` and `<` always, `>` only behind `]]`, CR, and a blank or tab at the end of a line.
pub(super) fn push_text(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        if !SPECIAL[usize::from(byte)] {
            continue;
        }
        let (from, reference): (usize, &[u8]) = match byte {
            b'&' => (index, b"&amp;"),
            b'<' => (index, b"&lt;"),
            b'>' if bytes[..index].ends_with(b"]]") => (index, b"&gt;"),
            b'\r' => (index, b"&#13;"),
            b'\n' if bytes[..index].ends_with(b" ") => (index - 1, b"&#32;\n"),
            b'\n' if bytes[..index].ends_with(b"\t") => (index - 1, b"&#9;\n"),
            _ => continue,
        };
        out.extend_from_slice(&bytes[copied..from]);
        out.extend_from_slice(reference);
        copied = index + 1;
    }
    out.extend_from_slice(&bytes[copied..]);
}

/// Appends an attribute value: `&`, `<`, `"`, and the white space that XML would turn into blanks.
pub(super) fn push_attribute(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\t' => out.extend_from_slice(b"&#9;"),
            b'\n' => out.extend_from_slice(b"&#10;"),
            b'\r' => out.extend_from_slice(b"&#13;"),
            plain => out.push(plain),
        }
    }
}
