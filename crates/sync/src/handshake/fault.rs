//! Why a handshake file is not taken.
//!
//! Invariant: each reason has its own words, and none quotes the file: it holds a secret.

use crate::message::Protocol;
use crate::openpgp::{KeyFault, Refusal, SealFault};

/// Why a handshake file is not taken, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeFault {
    /// Larger than a handshake file is.
    #[error("this is larger than {0} bytes: no handshake file is")]
    TooLarge(u64),
    /// It is encrypted, and no passphrase was given.
    #[error("the handshake file is encrypted: give the passphrase (`--passphrase-file FILE`)")]
    Locked,
    /// The passphrase is wrong, or the encrypted file is damaged.
    #[error(transparent)]
    Unlock(#[from] Refusal),
    /// Not JSON, or not as it must be.
    #[error("the handshake file cannot be read: {0}. Ask for it again")]
    Json(String),
    /// Something else.
    #[error("this is not a handshake file of `pcfg sync`")]
    Format,
    /// A version that is not understood.
    #[error(
        "the handshake file is of version {found}; {known} is read here: the older pcfg of the two must be updated"
    )]
    Version {
        /// Its version.
        found: Protocol,
        /// The version here.
        known: Protocol,
    },
    /// Something in it that its version does not know.
    #[error(
        "the handshake file says something that version {0} does not know: it was changed. Ask for it again"
    )]
    Unknown(Protocol),
    /// The file of a slave.
    #[error("this is not the master's handshake file: a slave can be made with that alone")]
    NotTheMasters,
    /// It was changed after it was signed.
    #[error("the handshake file was changed after it was signed ({0}). Ask for it again")]
    Signature(Refusal),
    /// Its time is over.
    #[error("the handshake file expired: let the master write a new one (`pcfg sync handshake export`)")]
    Expired,
    /// The secret in it is none.
    #[error("the secret of the handshake file has a wrong form. Ask for the file again")]
    Secret,
    /// The key in it.
    #[error("the key in the handshake file is not taken: {0}")]
    Key(#[from] KeyFault),
    /// It could not be encrypted.
    #[error(transparent)]
    Seal(#[from] SealFault),
}
