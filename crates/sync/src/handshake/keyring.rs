//! The keys of a half in its private folder, and what the engine does with them.
//!
//! The folder holds `own.key`, `partner.asc` once the partner is known, and until then `pairing`: the secret of the handshake file that
//! the master wrote, with its expiry. Whoever becomes the partner does so in one step: its key is written, then the secret taken away.
//! While keys are changed there is `next.key`, and after it `old.key`, which still opens what was on its way.
//!
//! Invariant: a partner that is there is never replaced but by a message that it signed itself; a pairing secret is good once.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{HandshakeFault, HandshakeFile, PairingSecret};
use crate::message::Handshake;
use crate::openpgp::{Fingerprint, Form, KeyFault, KeyWish, Keys, Opening, PartnerKey, Refusal, Sealing};
use crate::private::{self, PrivateFault};
use crate::random::{Random, System};
use crate::{OpenFault, Opened, Role, Seal, SyncId, Time};

/// No file of the folder is larger.
const LARGEST: u64 = 64 * 1024;

/// The file of the key that the partner will sign with.
const PARTNER_NEXT: &str = "partner-next.asc";

/// What tells the time.
type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// What the keys of a half are made for.
pub struct KeyringSetup {
    /// The synchronization.
    pub sync: SyncId,
    /// Which half.
    pub role: Role,
    /// What tells the time.
    pub clock: Clock,
    /// Whether messages are encrypted; they are signed in any case.
    pub encrypts: bool,
    /// The most bytes that a message may have.
    pub limit: u64,
}

/// Why the keys of a half could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyringFault {
    /// A file of the folder.
    #[error(transparent)]
    File(#[from] PrivateFault),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// A handshake file.
    #[error(transparent)]
    Handshake(#[from] HandshakeFault),
    /// The folder.
    #[error("{}: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// There is a partner already.
    #[error("the partner is known already; start anew with `pcfg sync delete` and `pcfg sync init`")]
    Known,
    /// Only the master writes a handshake file.
    #[error("only the master writes a handshake file")]
    NotMaster,
    /// The private file of the secret was changed by somebody.
    #[error("{} is damaged; let `pcfg sync handshake export` write a new handshake file", path.display())]
    Pairing {
        /// The file.
        path: PathBuf,
    },
}

/// The keys of a half.
pub struct Keyring {
    folder: PathBuf,
    setup: KeyringSetup,
    random: Box<dyn Random + Send>,
    own: Keys,
    /// What was the own key before it was changed.
    old: Option<Keys>,
    partner: Option<PartnerKey>,
    /// What the partner has said that it will sign with.
    partner_next: Option<PartnerKey>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("folder", &self.folder)
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}

/// The secret of the last handshake file, as the master keeps it.
#[derive(Serialize, Deserialize)]
struct Pairing {
    secret: String,
    expires: Time,
}

impl Keyring {
    /// Makes new keys in a folder that is private, or made so.
    pub fn make(
        folder: &Path,
        setup: KeyringSetup,
        mut random: Box<dyn Random + Send>,
    ) -> Result<Self, KeyringFault> {
        private::make_folder(folder)
            .map_err(|error| KeyringFault::Folder { path: folder.to_owned(), error })?;
        let own = made(&setup, &mut *random)?;
        own.save(&folder.join("own.key"))?;
        Ok(Self {
            folder: folder.to_owned(),
            setup,
            random,
            own,
            old: None,
            partner: None,
            partner_next: None,
        })
    }

    /// Opens the keys of a folder.
    pub fn open(folder: &Path, setup: KeyringSetup) -> Result<Self, KeyringFault> {
        let [own, old, next] = ["own.key", "old.key", "next.key"].map(|name| folder.join(name));
        // A change that was interrupted between its two steps.
        if !own.exists() && next.exists() {
            renamed(&next, &own)?;
        }
        let old = if old.exists() { Some(Keys::load(&old)?) } else { None };
        let own = Keys::load(&own)?;
        let partner = read_partner(&folder.join("partner.asc"))?;
        let partner_next = read_partner(&folder.join(PARTNER_NEXT))?;
        Ok(Self {
            folder: folder.to_owned(),
            setup,
            random: Box::new(System),
            own,
            old,
            partner,
            partner_next,
        })
    }

    /// The fingerprint of the own key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.own.fingerprint()
    }

    /// The fingerprint of the partner's key, once it is known.
    pub fn partner_fingerprint(&self) -> Option<Fingerprint> {
        self.partner.as_ref().map(PartnerKey::fingerprint)
    }

    /// The own public key.
    pub fn public_armour(&self) -> Result<String, KeyFault> {
        self.own.public_armour()
    }

    /// The public key that is to be the next own one; made if there is none yet. The partner is told of it in a message.
    pub fn next_key(&mut self) -> Result<(Fingerprint, String), KeyringFault> {
        let path = self.folder.join("next.key");
        let next = if path.exists() {
            Keys::load(&path)?
        } else {
            let next = made(&self.setup, &mut *self.random)?;
            next.save(&path)?;
            next
        };
        Ok((next.fingerprint(), next.public_armour()?))
    }

    /// Takes the next key, which the partner has confirmed. What was sealed for the former one is still opened.
    pub fn change_key(&mut self) -> Result<(), KeyringFault> {
        let [own, old, next] = ["own.key", "old.key", "next.key"].map(|name| self.folder.join(name));
        let keys = Keys::load(&next)?;
        renamed(&own, &old)?;
        renamed(&next, &own)?;
        self.old = Some(std::mem::replace(&mut self.own, keys));
        Ok(())
    }

    /// Master: a handshake file with a new secret, which is the only one that is good from now on.
    pub fn export(
        &mut self,
        facts: impl FnOnce(PairingSecret, PartnerKey, Time) -> HandshakeFile,
        passphrase: Option<&str>,
    ) -> Result<Vec<u8>, KeyringFault> {
        if self.setup.role != Role::Master {
            return Err(KeyringFault::NotMaster);
        }
        if self.partner.is_some() {
            return Err(KeyringFault::Known);
        }
        let secret = PairingSecret::make(&mut *self.random);
        let key = PartnerKey::read(&self.own.public_armour()?, Some(self.own.fingerprint()))?;
        let file = facts(secret.clone(), key, (self.setup.clock)());
        let bytes = file.write(&self.own, passphrase, &mut *self.random)?;
        let kept = Pairing { secret: secret.reveal().to_string(), expires: file.expires };
        let kept = serde_json::to_vec(&kept).expect("a secret can be written");
        private::replace(&self.folder.join("pairing"), &kept)?;
        Ok(bytes)
    }

    /// Slave: takes the master's key from a handshake file, and gives the proof for the first message.
    pub fn accept(&mut self, file: &HandshakeFile) -> Result<String, KeyringFault> {
        if self.setup.role != Role::Slave {
            return Err(KeyringFault::Handshake(HandshakeFault::NotTheMasters));
        }
        if self.partner.as_ref().is_some_and(|known| known.fingerprint() != file.key.fingerprint()) {
            return Err(KeyringFault::Known);
        }
        private::replace(&self.folder.join("partner.asc"), file.key.armour()?.as_bytes())?;
        self.partner = Some(file.key.clone());
        Ok(file.pairing.proof(&self.setup.sync, &file.key.fingerprint(), &self.own.fingerprint()))
    }

    /// What is in a message that this key signed; for the own key, or the one before it.
    fn opened_by(&self, partner: Option<&PartnerKey>, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
        let opening = Opening {
            own: &self.own,
            partner,
            now: (self.setup.clock)(),
            must_be_encrypted: self.setup.encrypts,
            limit: self.setup.limit,
        };
        let opened = match (opening.open_bytes(sealed), &self.old) {
            (Err(Refusal::OtherRecipient(_)), Some(old)) => {
                Opening { own: old, ..opening }.open_bytes(sealed)
            }
            (other, _) => other,
        };
        opened.map(|(plain, _)| plain)
    }

    #[cfg(test)]
    pub(super) fn signed_for_tests(&self, bytes: &[u8]) -> String {
        self.own.sign_detached(bytes, (self.setup.clock)()).expect("the time can be written")
    }

    /// Master: is this handshake from whoever has the file? The secret is used up by it.
    fn introduce(&mut self, handshake: &Handshake) -> Result<(), String> {
        let now = (self.setup.clock)();
        let key = PartnerKey::read(&handshake.public_key, None).map_err(|fault| fault.to_string())?;
        if let Some(known) = &self.partner {
            // The same slave says it again: its first message was doubled.
            let is_same = known.fingerprint() == key.fingerprint();
            return if is_same {
                Ok(())
            } else {
                Err("the handshake file was used already, by another key".to_owned())
            };
        }
        if self.setup.role != Role::Master {
            return Err("only the master waits for a handshake".to_owned());
        }
        let path = self.folder.join("pairing");
        let kept = match private::read(&path, LARGEST) {
            Ok(bytes) => bytes,
            Err(PrivateFault::System { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
                return Err("no handshake file was written that could be answered".to_owned());
            }
            Err(fault) => return Err(fault.to_string()),
        };
        let damaged = || KeyringFault::Pairing { path: path.clone() }.to_string();
        let kept: Pairing = serde_json::from_slice(&kept).map_err(|_| damaged())?;
        let secret = PairingSecret::read(&kept.secret).ok_or_else(damaged)?;
        if kept.expires <= now {
            return Err("the handshake file expired before it was answered".to_owned());
        }
        let (own, theirs) = (self.own.fingerprint(), key.fingerprint());
        if own == theirs || !secret.is_proved(&handshake.proof, &self.setup.sync, &own, &theirs) {
            return Err("whoever sent the handshake does not have the handshake file".to_owned());
        }
        key.check(now).map_err(|fault| fault.to_string())?;
        let armour = key.armour().map_err(|fault| fault.to_string())?;
        private::replace(&self.folder.join("partner.asc"), armour.as_bytes())
            .map_err(|fault| fault.to_string())?;
        self.partner = Some(key);
        fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))
    }
}

fn read_partner(path: &Path) -> Result<Option<PartnerKey>, KeyringFault> {
    match private::read(path, LARGEST) {
        Ok(bytes) => Ok(Some(PartnerKey::read(&String::from_utf8_lossy(&bytes), None)?)),
        Err(PrivateFault::System { error, .. }) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

// The partner sees the name in the key: none of a project is in it.
fn made(setup: &KeyringSetup, random: &mut dyn Random) -> Result<Keys, KeyFault> {
    let user_id = format!("pcfg sync {} {}", setup.role, &setup.sync.to_string()[..8]);
    Keys::make(&KeyWish { user_id: &user_id, made: (setup.clock)(), good_for: None }, random)
}

fn renamed(from: &Path, to: &Path) -> Result<(), KeyringFault> {
    let moved =
        fs::rename(from, to).and_then(|()| private::sync_folder(to.parent().unwrap_or(Path::new("."))));
    moved.map_err(|error| KeyringFault::Folder { path: from.to_owned(), error })
}

impl Seal for Keyring {
    fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, String> {
        let Some(partner) = &self.partner else {
            return Err("the partner's key is not known yet".to_owned());
        };
        let sealing = Sealing {
            own: &self.own,
            partner: self.setup.encrypts.then_some(partner),
            now: (self.setup.clock)(),
            form: Form::Binary,
        };
        sealing.seal_bytes(plain, &mut *self.random).map_err(|fault| fault.to_string())
    }

    fn open(&mut self, sealed: &[u8]) -> Result<Opened, OpenFault> {
        let mut signer = self.partner.as_ref();
        let mut opened = self.opened_by(signer, sealed);
        if let (Err(Refusal::OtherKey { .. }), Some(next)) = (&opened, &self.partner_next) {
            signer = Some(next);
            opened = self.opened_by(signer, sealed);
        }
        match opened {
            Ok(plain) => Ok(Opened { plain, signer: signer.map(|key| key.fingerprint().to_string()) }),
            Err(Refusal::System(error)) => Err(OpenFault::Unavailable(error.to_string())),
            Err(refusal) if refusal.may_be_incomplete() => Err(OpenFault::NotWhole),
            Err(refusal) => Err(OpenFault::Refused(refusal.to_string())),
        }
    }

    fn own(&self) -> String {
        self.own.fingerprint().to_string()
    }

    fn is_own(&self, fingerprint: &str) -> bool {
        [Some(&self.own), self.old.as_ref()]
            .into_iter()
            .flatten()
            .any(|key| key.fingerprint().to_string() == fingerprint)
    }

    fn partner(&self) -> Option<String> {
        self.partner_fingerprint().map(|fingerprint| fingerprint.to_string())
    }

    fn introduced(&mut self, handshake: &Handshake) -> Result<(), String> {
        self.introduce(handshake)
    }

    fn rotated(&mut self, public_key: &str) -> Result<(), String> {
        let key = PartnerKey::read(public_key, None).map_err(|fault| fault.to_string())?;
        key.check((self.setup.clock)()).map_err(|fault| fault.to_string())?;
        if self.partner.is_none() {
            return Err("the partner is not known yet".to_owned());
        }
        if self.partner_fingerprint() == Some(key.fingerprint()) {
            return Ok(());
        }
        let armour = key.armour().map_err(|fault| fault.to_string())?;
        private::replace(&self.folder.join(PARTNER_NEXT), armour.as_bytes())
            .map_err(|fault| fault.to_string())?;
        self.partner_next = Some(key);
        Ok(())
    }

    fn settled(&mut self, fingerprint: &str) -> Result<(), String> {
        if self.partner().as_deref() == Some(fingerprint) {
            return Ok(());
        }
        let next = self.partner_next.as_ref().map(|key| key.fingerprint().to_string());
        if next.as_deref() != Some(fingerprint) {
            return Err(format!("{fingerprint} is no key that the partner has announced"));
        }
        renamed(&self.folder.join(PARTNER_NEXT), &self.folder.join("partner.asc"))
            .map_err(|fault| fault.to_string())?;
        self.partner = self.partner_next.take();
        Ok(())
    }

    fn changed(&mut self, fingerprint: &str) -> Result<(), String> {
        if self.own() == fingerprint {
            return Ok(());
        }
        let next = self.folder.join("next.key");
        let is_it = next.exists()
            && Keys::load(&next).map_err(|fault| fault.to_string())?.fingerprint().to_string() == fingerprint;
        if !is_it {
            return Err(format!("{fingerprint} is not the next key of this half"));
        }
        self.change_key().map_err(|fault| fault.to_string())
    }
}
