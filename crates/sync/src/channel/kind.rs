//! What carries messages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What carries messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// Files, which somebody or something brings from one side to the other.
    File,
    /// E-mails.
    Email,
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::Email => "email",
        })
    }
}

/// Another program may know channels that this one does not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no channel that this pcfg knows: it knows `file` and `email`")]
pub struct UnknownChannel(String);

impl FromStr for ChannelKind {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        match text {
            "file" => Ok(Self::File),
            "email" => Ok(Self::Email),
            other => Err(UnknownChannel(other.to_owned())),
        }
    }
}
