//! A file that a passphrase opens: what the handshake file can be put into.
//!
//! Invariant: what is taken costs no more memory than the file has; how often the passphrase is hashed is bounded by the format.

use pgp::composed::{ArmorOptions, Esk, Message, MessageBuilder};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::types::{Password, SkeskVersion, StringToKey};

use super::layer::Layer;
use super::open::{copied, decrypt, ends, unpacked};
use super::{Refusal, SealFault};
use crate::random::{Random, Source};

/// Hashes 65 million bytes: what GnuPG takes at most, and some tenths of a second.
const ITERATIONS: u8 = 255;

/// Encrypts bytes so that the passphrase opens them; GnuPG does, too (`gpg --decrypt`).
pub fn lock(bytes: &[u8], passphrase: &str, random: &mut dyn Random) -> Result<String, SealFault> {
    let failed = |error: pgp::errors::Error| SealFault::OpenPgp(error.to_string());
    let mut builder = MessageBuilder::from_bytes("", bytes.to_vec())
        .seipd_v1(Source(random), SymmetricKeyAlgorithm::AES256);
    let s2k = StringToKey::new_iterated(Source(random), HashAlgorithm::Sha256, ITERATIONS);
    builder.encrypt_with_password(s2k, &Password::from(passphrase)).map_err(failed)?;
    let options = ArmorOptions { headers: None, include_checksum: true };
    builder.to_armored_string(Source(random), options).map_err(failed)
}

/// Opens what [`lock`] or GnuPG (`gpg --symmetric`) made, of at most `limit` bytes.
pub fn unlock(sealed: &[u8], passphrase: &str, limit: u64) -> Result<Vec<u8>, Refusal> {
    if sealed.len() as u64 > limit {
        return Err(Refusal::TooLarge { limit });
    }
    let mut sealed = sealed;
    let mut outer = Layer::outer(&mut sealed);
    let refusal = match opened(&mut outer, passphrase, limit) {
        Ok(text) => return Ok(text),
        Err(refusal) => refusal,
    };
    if refusal.may_be_incomplete() && outer.is_cut() { Err(Refusal::Cut) } else { Err(refusal) }
}

fn opened(outer: &mut Layer<'_>, passphrase: &str, limit: u64) -> Result<Vec<u8>, Refusal> {
    let budget = outer.budget();
    let (message, _) = Message::from_reader(outer).map_err(|_| Refusal::NotOpenPgp)?;
    budget.raise(limit);
    let Message::Encrypted { esk, mut edata, .. } = message else { return Err(Refusal::NotEncrypted) };
    let [Esk::SymKeyEncryptedSessionKey(esk)] = &esk[..] else {
        return Err(Refusal::Form("exactly one passphrase must open it"));
    };
    // Argon2 would take as much memory as the file says.
    let is_bounded = matches!(esk.s2k(), Some(StringToKey::IteratedAndSalted { .. }));
    if esk.version() != SkeskVersion::V4 || !is_bounded {
        return Err(Refusal::Form("the passphrase is not hashed in the way of `gpg --symmetric`"));
    }
    let password = Password::from(passphrase);
    let key = pgp::composed::decrypt_session_key_with_password(esk, &password)
        .map_err(|_| Refusal::WrongPassphrase)?;
    // A wrong passphrase gives a wrong key, and the wrong key a wrong beginning.
    decrypt(&mut edata, &key).map_err(|_| Refusal::WrongPassphrase)?;
    let text = unpacked(&mut edata, limit, |mut message| {
        if !message.is_literal() {
            return Err(Refusal::Form("what is in it is not a text"));
        }
        let mut text = Vec::new();
        copied(&mut message, limit, &mut text)?;
        Ok(text)
    });
    let text = text.map_err(|refusal| match refusal {
        Refusal::Damaged => Refusal::WrongPassphrase,
        other => other,
    })?;
    ends(&mut edata)?;
    ends(edata.get_mut().get_mut())?;
    Ok(text)
}
