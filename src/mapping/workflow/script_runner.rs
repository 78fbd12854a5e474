//! The texts that ScriptRunner for Data Center keeps in base64, behind a mark.
//!
//! As other tools that read such workflows know them: base64 of "`!`" and the text, or of "`!`" and JSON. Invariant: what is
//! decoded is encoded to the very same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What stands before the text.
const MARK: &str = "`!`";

/// Returns what a value keeps in base64, with the mark before it; `None` if it does not.
pub(super) fn decoded(raw: &str) -> Option<String> {
    // The mark in base64.
    let bytes = raw.starts_with("YCFg").then(|| STANDARD.decode(raw).ok())??;
    let text = String::from_utf8(bytes).ok().filter(|text| text.starts_with(MARK))?;
    (STANDARD.encode(&text) == raw).then_some(text)
}

/// Returns a text with the mark in base64; any other text stays as it is.
pub(super) fn encoded(text: &str) -> String {
    if text.starts_with(MARK) { STANDARD.encode(text) } else { text.to_owned() }
}

/// Takes the mark from a text; the first part is empty if there is none.
pub(super) fn split(text: &str) -> (&str, &str) {
    text.split_at(if text.starts_with(MARK) { MARK.len() } else { 0 })
}

/// Takes the mark of ScriptRunner from a text.
pub(crate) fn without_mark(text: &str) -> &str {
    split(text).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decoded_is_encoded_to_the_same() {
        let raw = "YCFgcHJvamVjdCA9IDEwMDAw";
        let text = decoded(raw).unwrap();
        assert_eq!(split(&text), ("`!`", "project = 10000"));
        assert_eq!(encoded(&text), raw);
        for other in ["project = 1", "YCFg!", "YCFgcHJvamVjdCA9IDEwMDAw\n", ""] {
            assert_eq!(decoded(other), None, "{other}");
            assert_eq!(encoded(other), other);
        }
    }
}
