//! What names a synchronization, its halves and the things that they talk about.
//!
//! Invariant: none of these is an id of a Jira, and an [`Alias`] is the only name of a configuration that leaves a half.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a synchronization: 128 random bits, in hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[cfg_attr(any(test, feature = "schema"), schemars(inline))]
#[serde(try_from = "String", into = "String")]
pub struct SyncId([u8; 16]);

impl SyncId {
    /// The name that these random bytes are.
    pub fn of(random: [u8; 16]) -> Self {
        Self(random)
    }
}

impl fmt::Display for SyncId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<SyncId> for String {
    fn from(id: SyncId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for SyncId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not the id of a synchronization (32 hexadecimal digits)");
        if text.len() != 32
            || !text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        {
            return Err(wrong());
        }
        let mut bytes = [0; 16];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

/// Which half of a synchronization: exactly one is the master. It decides what takes part, and its value stands where two changes
/// are of the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[cfg_attr(any(test, feature = "schema"), schemars(inline))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Decides types, fields and directions.
    Master,
    /// Fills in its half of them.
    Slave,
}

impl Role {
    /// The other half.
    pub fn other(self) -> Self {
        match self {
            Self::Master => Self::Slave,
            Self::Slave => Self::Master,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Master => "master",
            Self::Slave => "slave",
        })
    }
}

/// A moment: milliseconds since 1970-01-01 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[cfg_attr(any(test, feature = "schema"), schemars(inline))]
#[serde(transparent)]
pub struct Time(pub i64);

/// The name under which both halves speak of a type, a field, an option, a status or a link type: letters, digits, `-` and `_`,
/// at most 64 of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Alias(String);

/// A text that cannot be an alias.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` cannot be an alias: letters, digits, `-` and `_`, at most 64 of them")]
pub struct InvalidAlias(String);

impl Alias {
    /// The alias as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Alias {
    type Err = InvalidAlias;

    fn from_str(text: &str) -> Result<Self, InvalidAlias> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for Alias {
    type Error = InvalidAlias;

    fn try_from(text: String) -> Result<Self, InvalidAlias> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if fits { Ok(Self(text)) } else { Err(InvalidAlias(text)) }
    }
}

impl From<Alias> for String {
    fn from(alias: Alias) -> Self {
        alias.0
    }
}
