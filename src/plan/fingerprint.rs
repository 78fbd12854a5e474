//! Fingerprints: whether two objects are the same, without both at hand.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::model::{Content, Element};
use crate::schema::Schema;

/// Returns the SHA-256 of bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns a fingerprint of an object: two objects have the same one if nothing in them differs.
pub fn fingerprint(object: &Element) -> String {
    let mut text = Vec::new();
    spell(object, &mut text);
    sha256(&text)
}

/// Spells an element out, every part behind its length, so that no two elements are spelled alike.
fn spell(element: &Element, out: &mut Vec<u8>) {
    let ty = Schema::get().type_of(element.declaration);
    let part = |text: &str, out: &mut Vec<u8>| {
        out.extend(text.len().to_string().bytes());
        out.push(b':');
        out.extend(text.bytes());
    };
    part(element.tag(), out);
    for (number, value) in &element.attributes {
        part(&ty.attributes[usize::from(*number)].name, out);
        part(value, out);
    }
    match &element.content {
        Content::Text(text) => {
            out.push(b'"');
            part(text, out);
        }
        Content::Children(children) => {
            out.push(b'(');
            children.iter().for_each(|child| spell(child, out));
            out.push(b')');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_spelled_as_everybody_does() {
        let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), of_abc);
    }
}
