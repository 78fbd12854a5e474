//! What names a key.
//!
//! Invariant: it is that of a key of version 4: 20 bytes, which nobody can choose.

use std::fmt;
use std::str::FromStr;

use pgp::types::Fingerprint as Raw;
use serde::{Deserialize, Serialize};

/// The fingerprint of a key, written as 40 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[cfg_attr(any(test, feature = "schema"), schemars(inline))]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint([u8; 20]);

/// A text that is no fingerprint.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the fingerprint of a key (40 hexadecimal digits)")]
pub struct InvalidFingerprint(String);

impl Fingerprint {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// That of a key of version 4; nothing else has one of these.
    pub(super) fn of(raw: &Raw) -> Option<Self> {
        match raw {
            Raw::V4(bytes) => Some(Self(*bytes)),
            _ => None,
        }
    }

    /// In ten groups of four digits, as people compare it.
    pub fn groups(&self) -> String {
        let digits = self.to_string();
        let groups: Vec<&str> = (0..10).map(|group| &digits[4 * group..4 * group + 4]).collect();
        groups.join(" ")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, InvalidFingerprint> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
        let mut bytes = [0; 20];
        let is_hexadecimal = digits.iter().all(u8::is_ascii_hexdigit);
        if digits.len() != 40 || !is_hexadecimal {
            return Err(InvalidFingerprint(text.to_owned()));
        }
        let value = |digit: u8| (digit as char).to_digit(16).unwrap_or_default() as u8;
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = value(pair[0]) << 4 | value(pair[1]);
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = InvalidFingerprint;

    fn try_from(text: String) -> Result<Self, InvalidFingerprint> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}
