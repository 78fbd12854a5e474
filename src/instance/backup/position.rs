//! Lines and columns, counted only when somebody has to be told.

use std::io::Read;

/// Returns the line and the character in the line, both from 1, of a byte.
///
/// What cannot be read any more is left out of the count: the error that asks is the one to show.
pub(super) fn position(mut reader: impl Read, offset: u64) -> (u64, u64) {
    let (mut line, mut column) = (1, 1);
    let mut left = offset;
    let mut bytes = vec![0; 64 << 10];
    while left > 0 {
        let wanted = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = match reader.read(&mut bytes[..wanted]) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let text = &bytes[..read];
        let rest = match memchr::memrchr(b'\n', text) {
            Some(end) => {
                line += memchr::memchr_iter(b'\n', text).count() as u64;
                column = 1;
                &text[end + 1..]
            }
            None => text,
        };
        column += rest.iter().filter(|byte| !matches!(byte, 0x80..0xc0)).count() as u64;
        left -= read as u64;
    }
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn columns_count_characters_and_lines_count_line_feeds() {
        let text = "ab\r\nüx\n\nz";
        let at = |what: &str| position(text.as_bytes(), text.find(what).expect("is there") as u64);
        assert_eq!(at("a"), (1, 1));
        assert_eq!(at("b"), (1, 2));
        assert_eq!(at("x"), (2, 2), "ü is one character of two bytes");
        assert_eq!(at("z"), (4, 1));
        assert_eq!(position(text.as_bytes(), 1_000), (4, 2), "behind the end is at the end");
    }
}
