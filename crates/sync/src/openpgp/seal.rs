//! Messages are made: signed by the own key, and encrypted for the partner's.
//!
//! Invariant: everything is signed; nothing in the outer form tells a name, a time or a place. What is read is never held in memory
//! as a whole.

use std::io::{self, Read, Write};

use pgp::composed::{Encryption, MessageBuilder, SubpacketConfig};
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::types::Password;

use super::keys::{armour, timestamp};
use super::{KeyFault, Keys, PartnerKey, hash};
use crate::Time;
use crate::random::{Random, Source};

/// How the bytes of a message are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As bytes.
    Binary,
    /// As lines of text.
    Armoured,
}

/// Why a message could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SealFault {
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// It could not be read or written.
    #[error("the message could not be written: {0}")]
    System(#[from] io::Error),
    /// The crate refused.
    #[error("the message could not be encrypted and signed: {0}")]
    OpenPgp(String),
}

/// How messages are made.
#[derive(Clone, Copy, Debug)]
pub struct Sealing<'a> {
    /// Who signs.
    pub own: &'a Keys,
    /// Who can read; nobody in particular where both agreed not to encrypt. Then messages are signed all the same.
    pub partner: Option<&'a PartnerKey>,
    /// The moment of the signature, at which the partner's key must be good.
    pub now: Time,
    /// How the bytes are written.
    pub form: Form,
}

impl Sealing<'_> {
    /// Makes a message of what `text` gives.
    pub fn seal(
        &self,
        text: &mut dyn Read,
        out: &mut dyn Write,
        random: &mut dyn Random,
    ) -> Result<(), SealFault> {
        let mut builder = MessageBuilder::from_reader("", text);
        let hashed = self.own.hashed(timestamp(self.now)?).map_err(failed)?;
        let stated = SubpacketConfig::UserDefined { hashed, unhashed: self.own.unhashed().map_err(failed)? };
        builder.sign_with_subpackets(self.own.signer(), Password::empty(), hash::OURS, stated);
        // What a reader buffers of a message, too.
        builder.partial_chunk_size(64 * 1024).map_err(failed)?;
        let Some(partner) = self.partner else { return self.written(builder, out, random) };
        let recipient = partner.recipient(self.now)?;
        let mut builder = builder.seipd_v1(Source(random), SymmetricKeyAlgorithm::AES256);
        builder.encrypt_to_key(Source(random), recipient).map_err(failed)?;
        self.written(builder, out, random)
    }

    /// Makes a message of bytes.
    pub fn seal_bytes(&self, text: &[u8], random: &mut dyn Random) -> Result<Vec<u8>, SealFault> {
        let mut sealed = Vec::new();
        self.seal(&mut &*text, &mut sealed, random)?;
        Ok(sealed)
    }

    fn written<E: Encryption>(
        &self,
        builder: MessageBuilder<'_, &mut dyn Read, E>,
        out: &mut dyn Write,
        random: &mut dyn Random,
    ) -> Result<(), SealFault> {
        match self.form {
            Form::Binary => builder.to_writer(Source(random), out).map_err(failed),
            Form::Armoured => builder.to_armored_writer(Source(random), armour(), out).map_err(failed),
        }
    }
}

fn failed(error: pgp::errors::Error) -> SealFault {
    match error {
        pgp::errors::Error::IO { source, .. } => SealFault::System(source),
        other => SealFault::OpenPgp(other.to_string()),
    }
}
