//! The part of a file to point at, for a problem that knows only where an element begins.

use std::ops::Range;

/// Returns what to underline of the element that begins at an offset: the first line of its text if it holds text
/// only, and its tag name else.
pub fn spot(source: &str, start: usize) -> Range<usize> {
    let Some(rest) = source.get(start..).and_then(|rest| rest.strip_prefix('<')) else {
        return start..start;
    };
    let length = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).unwrap_or(rest.len());
    let name = start + 1..start + 1 + length;
    let Some(behind) = behind_tag(source, name.end) else { return name };
    let rest = &source[behind..];
    let Some(length) = rest.find('<').filter(|end| rest[*end..].starts_with("</")) else { return name };
    let text = &rest[..length];
    let skipped = text.len() - text.trim_start().len();
    let line = text.trim_start().lines().next().unwrap_or("").trim_end();
    if line.is_empty() { name } else { behind + skipped..behind + skipped + line.len() }
}

/// Returns the place behind the `>` of a start tag; `None` for an empty element.
fn behind_tag(source: &str, from: usize) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in source.as_bytes()[from..].iter().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            (None, b'>') if source.as_bytes()[from..from + at].ends_with(b"/") => return None,
            (None, b'>') => return Some(from + at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_leaf_or_the_name_of_the_tag() {
        let at = |source: &str| source[spot(source, 0)].to_owned();
        assert_eq!(at("<status>Opne</status>"), "Opne");
        assert_eq!(at("<status type=\"a>b\" x='/>'>Opne</status>"), "Opne");
        assert_eq!(at("<status>\n  Opne\n  two</status>"), "Opne");
        assert_eq!(at("<option>\n  <name>x</name></option>"), "option");
        assert_eq!(at("<status/><a>b</a>"), "status");
        assert_eq!(at("<status a=\"b\" /><a>b</a>"), "status");
        assert_eq!(at("<status></status>"), "status");
        assert_eq!(at("<status"), "status");
        assert_eq!(at("no tag"), "");
        assert_eq!(spot("äb", 1), 1..1, "not even a character begins here");
    }
}
