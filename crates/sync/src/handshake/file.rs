//! The handshake file: all that the slave has to know of the master, carried to it by hand.
//!
//! Invariant: one that was read is whole, signed by the key that is in it, of a version that is understood, and not expired. That the
//! key is the partner's only people can tell, by comparing the fingerprint.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PairingSecret;
use super::fault::HandshakeFault;
use crate::message::{Limits, Protocol};
use crate::openpgp::{Fingerprint, Keys, PartnerKey, lock, unlock};
use crate::random::Random;
use crate::{Role, SyncId, Time};

/// What the file calls itself.
const FORMAT: &str = "pcfg-sync-handshake";

/// The version that is written.
const VERSION: Protocol = Protocol { major: 1, minor: 0 };

/// No handshake file is larger.
pub const LARGEST: u64 = 128 * 1024;

/// For how long a handshake file is good: 7 days.
pub const GOOD_FOR: i64 = 7 * 24 * 60 * 60 * 1000;

/// How the master is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct ChannelOffer {
    /// `file` or `email`.
    pub kind: String,
    /// An address, or a hint for people, such as where the master's SEND is.
    pub address: String,
}

/// Which versions of the protocol a half speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct ProtocolRange {
    /// The lowest.
    pub min: Protocol,
    /// The highest.
    pub max: Protocol,
}

/// What licences are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct JiraFacts {
    /// The id of the Jira.
    pub id: String,
    /// Whether it has a licence of its own; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licensed: Option<bool>,
}

/// What a handshake file says.
#[derive(Clone, Debug)]
pub struct HandshakeFile {
    /// The synchronization.
    pub sync_id: SyncId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// By what name the master's project is known to the slave.
    pub project: String,
    /// How the master is reached.
    pub channel: ChannelOffer,
    /// What it speaks.
    pub protocol: ProtocolRange,
    /// What it takes.
    pub limits: Limits,
    /// Its Jira.
    pub jira: JiraFacts,
    /// When the file was made.
    pub created: Time,
    /// From when on it is not taken.
    pub expires: Time,
    /// The master's key.
    pub key: PartnerKey,
    /// What the slave proves that it has read the file with.
    pub pairing: PairingSecret,
}

/// What `sync handshake show` tells: everything but the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Shown {
    /// The synchronization.
    pub sync_id: SyncId,
    /// Whose file it is: always the master's.
    pub role: Role,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// By what name the master's project is known.
    pub project: String,
    /// How the master is reached.
    pub channel: ChannelOffer,
    /// What it speaks.
    pub protocol: ProtocolRange,
    /// What it takes.
    pub limits: Limits,
    /// Its Jira.
    pub jira: JiraFacts,
    /// When the file was made.
    pub created: Time,
    /// From when on it is not taken.
    pub expires: Time,
    /// The fingerprint of the master's key.
    pub fingerprint: Fingerprint,
    /// The same in words, for a call.
    pub words: Vec<String>,
}

/// The file as it is written.
#[derive(Serialize, Deserialize)]
struct Wire {
    format: String,
    version: Protocol,
    sync_id: SyncId,
    role: Role,
    name: String,
    description: String,
    project: String,
    channel: ChannelOffer,
    protocol: ProtocolRange,
    limits: Limits,
    jira: JiraFacts,
    created: Time,
    expires: Time,
    public_key: String,
    fingerprint: Fingerprint,
    pairing_secret: String,
    signature: String,
}

/// What is looked at first.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: Protocol,
}

impl HandshakeFile {
    /// Writes the file, signed with the keys that are in it; with a passphrase encrypted, so that GnuPG opens it, too.
    pub fn write(
        &self,
        own: &Keys,
        passphrase: Option<&str>,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, HandshakeFault> {
        let wire = Wire {
            format: FORMAT.to_owned(),
            version: VERSION,
            sync_id: self.sync_id,
            role: Role::Master,
            name: self.name.clone(),
            description: self.description.clone(),
            project: self.project.clone(),
            channel: self.channel.clone(),
            protocol: self.protocol,
            limits: self.limits,
            jira: self.jira.clone(),
            created: self.created,
            expires: self.expires,
            public_key: own.public_armour()?,
            fingerprint: own.fingerprint(),
            pairing_secret: self.pairing.reveal().to_string(),
            signature: String::new(),
        };
        let mut value = serde_json::to_value(wire).expect("a handshake can be written");
        let signature = own.sign_detached(&signed(&value), self.created)?;
        value["signature"] = Value::String(signature);
        let mut text = serde_json::to_vec_pretty(&value).expect("a handshake can be written");
        text.push(b'\n');
        match passphrase {
            Some(passphrase) => Ok(lock(&text, passphrase, random)?.into_bytes()),
            None => Ok(text),
        }
    }

    /// Reads a file, at a moment at which it must not be expired.
    pub fn read(bytes: &[u8], passphrase: Option<&str>, now: Time) -> Result<Self, HandshakeFault> {
        if bytes.len() as u64 > LARGEST {
            return Err(HandshakeFault::TooLarge(LARGEST));
        }
        if !is_locked(bytes) {
            return Self::parsed(bytes, now);
        }
        let passphrase = passphrase.ok_or(HandshakeFault::Locked)?;
        Self::parsed(&unlock(bytes, passphrase, LARGEST)?, now)
    }

    /// What may be shown of it.
    pub fn shown(&self) -> Shown {
        Shown {
            sync_id: self.sync_id,
            role: Role::Master,
            name: self.name.clone(),
            description: self.description.clone(),
            project: self.project.clone(),
            channel: self.channel.clone(),
            protocol: self.protocol,
            limits: self.limits,
            jira: self.jira.clone(),
            created: self.created,
            expires: self.expires,
            fingerprint: self.key.fingerprint(),
            words: super::words(&self.key.fingerprint()),
        }
    }

    fn parsed(bytes: &[u8], now: Time) -> Result<Self, HandshakeFault> {
        let head: Head =
            serde_json::from_slice(bytes).map_err(|error| HandshakeFault::Json(place(&error)))?;
        if head.format != FORMAT {
            return Err(HandshakeFault::Format);
        }
        if head.version.major != VERSION.major {
            return Err(HandshakeFault::Version { found: head.version, known: VERSION });
        }
        let wire: Wire =
            serde_json::from_slice(bytes).map_err(|error| HandshakeFault::Json(place(&error)))?;
        let value: Value =
            serde_json::from_slice(bytes).map_err(|error| HandshakeFault::Json(place(&error)))?;
        // Only a newer minor version may say more than is known here.
        let is_known = serde_json::to_value(&wire).is_ok_and(|known| known == value);
        if head.version <= VERSION && !is_known {
            return Err(HandshakeFault::Unknown(head.version));
        }
        if wire.role != Role::Master {
            return Err(HandshakeFault::NotTheMasters);
        }
        let key = PartnerKey::read(&wire.public_key, Some(wire.fingerprint))?;
        // At the moment of its making: whether it is expired is told below, in words of its own.
        key.verify_detached(&wire.signature, &signed(&value), wire.created)
            .map_err(HandshakeFault::Signature)?;
        key.check(now)?;
        if wire.expires <= now {
            return Err(HandshakeFault::Expired);
        }
        let pairing = PairingSecret::read(&wire.pairing_secret).ok_or(HandshakeFault::Secret)?;
        Ok(Self {
            sync_id: wire.sync_id,
            name: wire.name,
            description: wire.description,
            project: wire.project,
            channel: wire.channel,
            protocol: wire.protocol,
            limits: wire.limits,
            jira: wire.jira,
            created: wire.created,
            expires: wire.expires,
            key,
            pairing,
        })
    }
}

/// Returns true if and only if a passphrase is needed.
pub fn is_locked(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    bytes.starts_with(b"-----BEGIN PGP MESSAGE") || bytes.first().is_some_and(|byte| byte & 0x80 != 0)
}

/// What the signature is over: everything but itself, in one spelling (no spaces, names in order), whatever editor the file went
/// through.
fn signed(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    spell(value, true, &mut bytes);
    bytes
}

fn spell(value: &Value, is_outermost: bool, bytes: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().filter(|(name, _)| !(is_outermost && *name == "signature")).collect();
            members.sort_by_key(|(name, _)| *name);
            bytes.push(b'{');
            for (place, (name, value)) in members.into_iter().enumerate() {
                bytes.extend_from_slice(if place == 0 { b"" } else { b"," });
                bytes.extend_from_slice(Value::String(name.clone()).to_string().as_bytes());
                bytes.push(b':');
                spell(value, false, bytes);
            }
            bytes.push(b'}');
        }
        Value::Array(items) => {
            bytes.push(b'[');
            for (place, item) in items.iter().enumerate() {
                bytes.extend_from_slice(if place == 0 { b"" } else { b"," });
                spell(item, false, bytes);
            }
            bytes.push(b']');
        }
        other => bytes.extend_from_slice(other.to_string().as_bytes()),
    }
}

/// Where and of what kind the error is. Not its own words: they can quote the secret.
fn place(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "the file ends too early",
        serde_json::error::Category::Syntax => "this is not JSON",
        serde_json::error::Category::Data => "something is missing, is there twice or has a wrong value",
        serde_json::error::Category::Io => "the file cannot be read",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

#[cfg(test)]
pub(super) fn signed_anew(value: &Value, by: &super::Keyring) -> Value {
    Value::String(by.signed_for_tests(&signed(value)))
}
