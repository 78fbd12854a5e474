//! Messages are opened: decrypted, unpacked, and believed once the signature is found good.
//!
//! Each layer is read through one of our own ([`Layer`]), so that neither many packets nor much compressed air take memory, and so
//! that the end of every layer is looked at: what encryption checks, it checks at its end.
//!
//! Invariant: `Ok` comes after the last byte of the last layer.

use std::fs::File;
use std::io::{self, BufRead, Read as _, Seek as _, Write};
use std::path::Path;

use pgp::composed::{DecryptionOptions, Edata, Esk, Message, PlainSessionKey};
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::packet::{ProtectedDataConfig, SymEncryptedProtectedDataConfig};
use pgp::types::{DecryptionKey as _, EskType, Password, PkeskVersion, Seipdv1ReadMode};
use sha2::{Digest as _, Sha256};

use super::layer::{Budget, HEAD, Layer};
use super::{Keys, PartnerKey, Refusal};
use crate::Time;

/// How messages are opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// For whom they are.
    pub own: &'a Keys,
    /// Who signs them: the pinned key. Before the partner is known there is none: then it is not looked at who signed, and only a
    /// handshake may be believed, which has a proof of its own.
    pub partner: Option<&'a PartnerKey>,
    /// The moment at which the partner's key must be good.
    pub now: Time,
    /// Whether a message must be encrypted; otherwise it may be.
    pub must_be_encrypted: bool,
    /// The most bytes that are taken, as they come and of the text. Compressed text can be a thousand times as large as it comes.
    pub limit: u64,
}

/// What is known of a message that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// How many bytes the text has.
    pub length: u64,
    /// The SHA-256 of the text: what both halves call the message by.
    pub sha256: [u8; 32],
    /// When the signature says it was made.
    pub signed: Time,
}

impl Opening<'_> {
    /// Opens a message and writes its text. **What was written is worth nothing unless this returns `Ok`**: take it away.
    pub fn open(&self, sealed: &mut (dyn BufRead + Send), out: &mut dyn Write) -> Result<Opened, Refusal> {
        let mut outer = Layer::outer(sealed);
        let budget = outer.budget();
        let refusal = match self.opened(&mut outer, &budget, out) {
            Ok(opened) => return Ok(opened),
            Err(refusal) => refusal,
        };
        if let Some(failure) = outer.failure() {
            return Err(Refusal::System(failure));
        }
        // Whatever it looks like in the middle: a message without its end is cut.
        if refusal.may_be_incomplete() && outer.is_cut() { Err(Refusal::Cut) } else { Err(refusal) }
    }

    /// Opens a message that is in memory.
    pub fn open_bytes(&self, sealed: &[u8]) -> Result<(Vec<u8>, Opened), Refusal> {
        let mut text = Vec::new();
        let opened = self.open(&mut &*sealed, &mut text)?;
        Ok((text, opened))
    }

    /// Opens a message into a file without a name in that folder, which is there only if the message is believed.
    pub fn open_into(
        &self,
        sealed: &mut (dyn BufRead + Send),
        folder: &Path,
    ) -> Result<(File, Opened), Refusal> {
        let mut file = tempfile::tempfile_in(folder)?;
        let opened = self.open(sealed, &mut file)?;
        file.rewind()?;
        Ok((file, opened))
    }

    fn opened(&self, outer: &mut Layer<'_>, budget: &Budget, out: &mut dyn Write) -> Result<Opened, Refusal> {
        let message = Message::from_reader(outer).map_err(|error| first(&error, budget, self.limit))?.0;
        budget.raise(self.limit.saturating_sub(HEAD));
        match message {
            Message::Encrypted { esk, mut edata, .. } => {
                let key = self.session_key(&esk)?;
                decrypt(&mut edata, &key)?;
                let opened = unpacked(&mut edata, self.limit, |message| self.signed(message, out));
                let opened = opened.map_err(|refusal| too_large(refusal, budget, self.limit))?;
                ends(&mut edata)?;
                ends(edata.get_mut().get_mut())?;
                Ok(opened)
            }
            _ if self.must_be_encrypted => Err(Refusal::NotEncrypted),
            plain => packed(plain, self.limit, |message| self.signed(message, out))
                .map_err(|refusal| too_large(refusal, budget, self.limit)),
        }
    }

    fn session_key(&self, esk: &[Esk]) -> Result<PlainSessionKey, Refusal> {
        let mut others = Vec::new();
        let mut refusal = None;
        for esk in esk {
            let Esk::PublicKeyEncryptedSessionKey(esk) = esk else { continue };
            if esk.version() != PkeskVersion::V3 {
                refusal = Some(Refusal::Form("encryption of a newer kind"));
                continue;
            }
            let mut is_ours = false;
            for key in self.own.decryptors().filter(|key| esk.match_identity(key.public_key())) {
                is_ours = true;
                let values = esk.values().map_err(|_| Refusal::Damaged)?;
                match key.decrypt(&Password::empty(), values, EskType::V3_4) {
                    Ok(Ok(key)) => return Ok(key),
                    _ => refusal = Some(Refusal::Damaged),
                }
            }
            if !is_ours && let Ok(id) = esk.id() {
                others.push(id.to_string().to_uppercase());
            }
        }
        Err(match refusal {
            Some(refusal) => refusal,
            None if others.is_empty() => Refusal::OtherRecipient("a passphrase".to_owned()),
            None => Refusal::OtherRecipient(others.join(", ")),
        })
    }

    /// Reads the text of a signed message to its end and judges the signature.
    fn signed(&self, mut message: Message<'_>, out: &mut dyn Write) -> Result<Opened, Refusal> {
        match &message {
            Message::Signed { reader, .. } => {
                if reader.num_signatures() != 1 {
                    return Err(Refusal::ManySignatures(reader.num_signatures()));
                }
                if !reader.get_ref().is_literal() {
                    return Err(Refusal::Form("what is signed is not a text"));
                }
            }
            Message::Literal { .. } => return Err(Refusal::Unsigned),
            _ => return Err(Refusal::Form("too many layers")),
        }
        let (length, sha256) = copied(&mut message, self.limit, out)?;
        let Message::Signed { reader, .. } = &message else { return Err(Refusal::Unsigned) };
        let signature = reader.signature(0).ok_or(Refusal::Damaged)?;
        if let Some(partner) = self.partner {
            partner.judge(signature, self.now, |key| message.verify_nested_explicit(0, key).is_ok())?;
        }
        let signed = signature.created().map(|time| Time(i64::from(time.as_secs()) * 1000));
        Ok(Opened { length, sha256, signed: signed.ok_or(Refusal::WronglySigned)? })
    }
}

/// Takes the encryption away; only that is taken which every program can make.
pub(super) fn decrypt(edata: &mut Edata<'_>, key: &PlainSessionKey) -> Result<(), Refusal> {
    let is_taken = match edata {
        Edata::SymEncryptedProtectedData { reader } => {
            matches!(reader.config(), ProtectedDataConfig::Seipd(SymEncryptedProtectedDataConfig::V1))
        }
        _ => false,
    };
    if !is_taken {
        return Err(Refusal::Form("encryption without a modification code, or of a newer kind"));
    }
    use SymmetricKeyAlgorithm as Cipher;
    match key.sym_algorithm() {
        Some(Cipher::AES128 | Cipher::AES192 | Cipher::AES256) => {}
        _ => return Err(Refusal::Form("a cipher other than AES")),
    }
    // In memory a message would be checked before it is read; here it is believed after all of it was.
    let options = DecryptionOptions::new().set_seipdv1_read_mode(Seipdv1ReadMode::Streaming);
    edata.decrypt_with_options(key, options).map_err(|_| Refusal::Damaged)
}

/// Reads the message within a layer, takes compression away, and hands on what is left.
pub(super) fn unpacked<T>(
    within: &mut (dyn BufRead + Send),
    limit: u64,
    then: impl FnOnce(Message<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut layer = Layer::inner(within);
    let budget = layer.budget();
    let result = match Message::from_bytes(&mut layer) {
        Ok(message) => {
            budget.raise(limit);
            packed(message, limit, then)
        }
        Err(error) => Err(later(&error)),
    };
    let result = result.map_err(|refusal| too_large(refusal, &budget, limit));
    match layer.failure() {
        Some(_) if result.is_ok() => Err(Refusal::Damaged),
        _ => result,
    }
}

fn packed<T>(
    message: Message<'_>,
    limit: u64,
    then: impl FnOnce(Message<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let Message::Compressed { reader, .. } = message else { return then(message) };
    let mut reader = reader.decompress().map_err(|_| Refusal::Damaged)?;
    let mut layer = Layer::inner(&mut reader);
    let budget = layer.budget();
    let result = match Message::from_bytes(&mut layer) {
        Ok(Message::Compressed { .. }) => Err(Refusal::Form("compressed twice")),
        Ok(message) => {
            budget.raise(limit);
            then(message)
        }
        Err(error) => Err(later(&error)),
    };
    let result = result.map_err(|refusal| too_large(refusal, &budget, limit))?;
    if layer.failure().is_some() {
        return Err(Refusal::Damaged);
    }
    ends(&mut reader)?;
    // What stands behind the compressed data within its packet, and behind the packet.
    ends(reader.get_mut())?;
    ends(reader.get_mut().get_mut())?;
    Ok(result)
}

/// Copies the text, to the end of the message.
pub(super) fn copied(
    message: &mut Message<'_>,
    limit: u64,
    out: &mut dyn Write,
) -> Result<(u64, [u8; 32]), Refusal> {
    let mut hash = Sha256::new();
    let mut length = 0;
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let read = message.read(&mut buffer).map_err(|_| Refusal::Damaged)?;
        if read == 0 {
            return Ok((length, hash.finalize().into()));
        }
        length += read as u64;
        if length > limit {
            return Err(Refusal::TooLarge { limit });
        }
        hash.update(&buffer[..read]);
        out.write_all(&buffer[..read])?;
    }
}

/// Fails if a layer goes on, or does not end well: an encrypted one checks at its end that nobody changed it.
pub(super) fn ends(layer: &mut dyn BufRead) -> Result<(), Refusal> {
    match layer.fill_buf() {
        Ok([]) => Ok(()),
        Ok(_) => Err(Refusal::Form("something follows the message")),
        Err(_) => Err(Refusal::Damaged),
    }
}

/// What the first packets say, where nothing says that it is OpenPGP at all.
fn first(error: &pgp::errors::Error, budget: &Budget, limit: u64) -> Refusal {
    match error {
        _ if budget.is_exceeded() && limit > HEAD => Refusal::Form("its text does not begin"),
        _ if budget.is_exceeded() => Refusal::TooLarge { limit },
        pgp::errors::Error::IO { source, .. } if source.kind() == io::ErrorKind::UnexpectedEof => {
            Refusal::Cut
        }
        _ => Refusal::NotOpenPgp,
    }
}

fn later(_: &pgp::errors::Error) -> Refusal {
    Refusal::Damaged
}

fn too_large(refusal: Refusal, budget: &Budget, limit: u64) -> Refusal {
    if budget.is_exceeded() { Refusal::TooLarge { limit } } else { refusal }
}
