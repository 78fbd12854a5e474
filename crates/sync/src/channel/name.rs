//! What the file of a message is called: `<synchronization, 8 digits>-<m or s>-<hash of the sealed bytes>.pgp`.
//!
//! The name tells which half of which synchronization made it, so that foreign files stay where they are and folders that were mixed
//! up are noticed; and the hash, which is as good as random, makes a message that is sent again the same file.
//!
//! Invariant: it is believed for nothing else.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::message::hex;
use crate::{Role, SyncId};

/// The name of a file with a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageName {
    sync: String,
    from: Role,
    hash: String,
}

impl MessageName {
    /// The name of a sealed message of a half.
    pub fn of(sync: &SyncId, from: Role, sealed: &[u8]) -> Self {
        Self { sync: short(sync), from, hash: hex(&Sha256::digest(sealed)[..16]) }
    }

    /// Reads a name; none where it is no message of this synchronization.
    pub fn read(text: &str, sync: &SyncId) -> Option<Self> {
        let mut parts = text.strip_suffix(".pgp")?.split('-');
        let (found, from, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let from = match from {
            "m" => Role::Master,
            "s" => Role::Slave,
            _ => return None,
        };
        let is_hash = hash.len() == 32 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_ours = found == short(sync) && is_hash && parts.next().is_none();
        is_ours.then(|| Self { sync: found.to_owned(), from, hash: hash.to_owned() })
    }

    /// Which half says to have made it.
    pub fn from(&self) -> Role {
        self.from
    }
}

impl fmt::Display for MessageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match self.from {
            Role::Master => 'm',
            Role::Slave => 's',
        };
        write!(f, "{}-{from}-{}.pgp", self.sync, self.hash)
    }
}

fn short(sync: &SyncId) -> String {
    let mut text = sync.to_string();
    text.truncate(8);
    text
}
