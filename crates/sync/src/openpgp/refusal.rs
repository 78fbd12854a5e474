//! Why a message is not believed.
//!
//! Invariant: each reason has its own words; none of them holds anything of the text of the message.

use std::io;

use super::{Fingerprint, KeyFault};

/// Why a message is not believed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is something else.
    #[error("this is not an OpenPGP message")]
    NotOpenPgp,
    /// It ends before its end.
    #[error("the message is cut: its end is missing")]
    Cut,
    /// It was changed on its way.
    #[error("the message is damaged or was changed on its way")]
    Damaged,
    /// A form of message that nobody here makes.
    #[error("the message is of a form that is not taken: {0}")]
    Form(&'static str),
    /// It is not encrypted, although that was agreed on.
    #[error("the message is not encrypted, although encryption was agreed on")]
    NotEncrypted,
    /// It is encrypted for others.
    #[error("the message is not encrypted for us, but for {0}")]
    OtherRecipient(String),
    /// It has no signature.
    #[error("the message is not signed: anybody can have written it")]
    Unsigned,
    /// It has more than one signature.
    #[error("the message has {0} signatures; exactly one is taken")]
    ManySignatures(usize),
    /// Another key signed it.
    #[error("the message is signed by {signer}, and not by {pinned}, the key of the partner")]
    OtherKey {
        /// Who says to have signed it.
        signer: String,
        /// The partner's key.
        pinned: Fingerprint,
    },
    /// It says to be signed by the partner, and is not.
    #[error("the signature of the message is wrong: the partner's key did not sign this text")]
    WronglySigned,
    /// A hash that can be forged.
    #[error(
        "the signature is made of {0}, which can be forged: the partner's program must sign with SHA-256 or better"
    )]
    WeakHash(String),
    /// More than is taken.
    #[error("the message is larger than {limit} bytes, the most that is taken")]
    TooLarge {
        /// The most that is taken.
        limit: u64,
    },
    /// The signature says itself that its time is over.
    #[error("the signature of the message expired")]
    Expired,
    /// The partner's key cannot be used now.
    #[error("the partner's key cannot be used: {0}")]
    Key(#[from] KeyFault),
    /// The passphrase does not open it.
    #[error("the passphrase does not open this file")]
    WrongPassphrase,
    /// It could not be read, or its text not be written.
    #[error("the message could not be read or its text not be stored: {0}")]
    System(#[from] io::Error),
}

impl Refusal {
    /// Returns true if and only if the message may be one that has not yet arrived in full.
    pub fn may_be_incomplete(&self) -> bool {
        matches!(self, Self::Cut | Self::Damaged | Self::NotOpenPgp)
    }
}
