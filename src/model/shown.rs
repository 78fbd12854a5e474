//! Text that people see: what could command a terminal, break a line, or turn the direction of the text around it is shown by
//! a picture of it.

use std::borrow::Cow;

/// Returns whether a character does something to the place where it is shown: a control character, one that ends a line, or
/// one that turns the direction of letters, with which a text can look like another one.
pub fn is_command(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Returns where the first command stands in a text, over and above those that are allowed there.
pub fn command_at(text: &str, allowed: &[char]) -> Option<usize> {
    let mut at = 0;
    loop {
        // Nearly all text is plain ASCII: only what is not has to be decoded.
        at += text.as_bytes()[at..].iter().position(|byte| !matches!(byte, b' '..=b'~'))?;
        let character = text[at..].chars().next()?;
        if is_command(character) && !allowed.contains(&character) {
            return Some(at);
        }
        at += character.len_utf8();
    }
}

/// Returns text that shows in one line and does nothing.
pub fn printable(text: &str) -> Cow<'_, str> {
    if command_at(text, &[]).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(picture).collect())
}

/// Returns a character that shows where another stands.
pub fn picture(character: char) -> char {
    match character {
        '\n' => '⏎',
        '\t' => ' ',
        // Unicode has pictures of the control characters of ASCII, in their order.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        other if is_command(other) => '\u{fffd}',
        plain => plain,
    }
}

/// Returns JSON, as it is written with line ends, in which the other such characters are escaped: they stand in texts only.
pub fn escaped_json(json: String) -> String {
    if command_at(&json, &['\n']).is_none() {
        return json;
    }
    let is_odd = |character: char| character != '\n' && is_command(character);
    let mut escaped = String::with_capacity(json.len() + 64);
    for character in json.chars() {
        match is_odd(character) {
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(character))),
            false => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_something_is_a_picture() {
        assert_eq!(printable("a\x1b[31mb\nc\u{202e}d\u{9b}\u{200f}"), "a␛[31mb⏎c\u{fffd}d\u{fffd}\u{fffd}");
        assert!(matches!(printable("Überprüfung"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_means_the_same_when_it_is_escaped() {
        let odd = "a\u{202e}b\u{7f}\u{9b}\u{2028}c\n";
        let json = escaped_json(serde_json::to_string_pretty(&[odd]).unwrap());
        assert!(!json.contains(|own: char| own != '\n' && is_command(own)), "{json}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [odd]);
    }
}
