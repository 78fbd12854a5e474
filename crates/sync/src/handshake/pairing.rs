//! The secret of a handshake file, and the proof that somebody knows it.
//!
//! Invariant: the secret is shown nowhere, is forgotten when it is dropped, and is written into the handshake file and the private
//! folder of the master alone.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::SyncId;
use crate::message::hex;
use crate::openpgp::Fingerprint;
use crate::random::Random;

/// The secret by which the slave proves that it has the master's handshake file: 32 random bytes.
#[derive(Clone)]
pub struct PairingSecret(Zeroizing<[u8; 32]>);

impl fmt::Debug for PairingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairingSecret(***)")
    }
}

impl PairingSecret {
    /// A new one.
    pub fn make(random: &mut dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(&mut *bytes);
        Self(bytes)
    }

    /// The proof for these two keys: who has other keys, or not this secret, has another one.
    pub fn proof(&self, sync: &SyncId, master: &Fingerprint, slave: &Fingerprint) -> String {
        hex(&self.keyed(sync, master, slave).finalize().into_bytes())
    }

    /// Returns true if and only if somebody knew this secret. Takes as long for any proof.
    pub fn is_proved(&self, proof: &str, sync: &SyncId, master: &Fingerprint, slave: &Fingerprint) -> bool {
        let digits: Option<Vec<u8>> =
            proof.chars().map(|digit| digit.to_digit(16).map(|value| value as u8)).collect();
        let Some(digits) = digits.filter(|digits| digits.len() == 64) else { return false };
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        self.keyed(sync, master, slave).verify_slice(&bytes).is_ok()
    }

    /// As the handshake file and the master's private folder hold it.
    pub(crate) fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(*self.0))
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64.decode(text).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    fn keyed(&self, sync: &SyncId, master: &Fingerprint, slave: &Fingerprint) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0).expect("HMAC takes a key of any length");
        mac.update(format!("pcfg-sync handshake 1\n{sync}\n{master}\n{slave}\n").as_bytes());
        mac
    }
}
