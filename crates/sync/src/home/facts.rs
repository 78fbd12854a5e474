//! What is known of a half beside its settings and its state: what it is called, which half it is, how it reaches the other.
//!
//! Invariant: nothing of it is secret; keys and the pairing secret are in files of their own.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{HomeFault, LARGEST_FACTS};
use crate::channel::ChannelKind;
use crate::private;
use crate::{Role, SyncId, Time};

/// The file.
pub(super) const FILE: &str = "half.json";

/// What the handshake told of the other half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// What the synchronization is called there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How it is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The id of its Jira, by which licences are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jira: Option<String>,
    /// Whether its Jira has a licence of its own; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licensed: Option<bool>,
}

/// What is known of a half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The version of this file.
    pub version: u32,
    /// What it was called when it was made.
    pub name: String,
    /// Which half it is.
    pub role: Role,
    /// The synchronization.
    pub sync_id: SyncId,
    /// When it was made.
    pub made: Time,
    /// What carries its messages; the state knows better where the channel was switched since.
    pub channel: ChannelKind,
    /// Whether messages are encrypted; they are always signed.
    pub encrypted: bool,
    /// What the handshake told of the other half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<Partner>,
}

impl Facts {
    /// The version that this program writes.
    pub const VERSION: u32 = 1;

    pub(super) fn read(folder: &Path) -> Result<Self, HomeFault> {
        let path = folder.join(FILE);
        let damaged = |why: String| HomeFault::Damaged { path: path.clone(), why };
        let bytes = private::read(&path, LARGEST_FACTS)?;
        let facts: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        match facts.version {
            Self::VERSION => Ok(facts),
            other => {
                Err(damaged(format!("version {other} is of another pcfg; this one knows {}", Self::VERSION)))
            }
        }
    }

    fn text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("words and numbers are JSON");
        text.push(b'\n');
        text
    }

    pub(super) fn write_new(&self, folder: &Path) -> Result<(), HomeFault> {
        Ok(private::write_new(&folder.join(FILE), &self.text())?)
    }

    pub(super) fn replace(&self, folder: &Path) -> Result<(), HomeFault> {
        Ok(private::replace(&folder.join(FILE), &self.text())?)
    }
}
