//! Why a key is not taken.
//!
//! Invariant: each reason has its own words, and none holds anything of a private key.

use super::Fingerprint;
use crate::private::PrivateFault;

/// Why a key is not taken, or cannot be used now.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// It is something else.
    #[error("this is not an OpenPGP key: {0}")]
    NotAKey(String),
    /// A private key where a public one belongs.
    #[error(
        "this is a PRIVATE key; it must never leave its owner. Ask for the public key, and for a new pair"
    )]
    Private,
    /// More than one.
    #[error("there are several keys; exactly one is expected")]
    Several,
    /// Larger than a key is.
    #[error("this is larger than {0} bytes: no key of a partner is")]
    Large(usize),
    /// Not the pinned one.
    #[error("the key is {found}, but {pinned} is the one that was agreed on")]
    Other {
        /// The one agreed on.
        pinned: Fingerprint,
        /// The one found.
        found: Fingerprint,
    },
    /// A version or an algorithm that is not taken.
    #[error(
        "the key is of a kind that is not taken ({0}): make one of version 4, Ed25519 or RSA of at least 2048 bits"
    )]
    Kind(&'static str),
    /// Nothing good binds the user id or the key that is asked for to it.
    #[error("nothing in the key binds its parts together with a strong signature (SHA-256 or better)")]
    Unbound,
    /// Its time is over.
    #[error("the key expired; ask the partner for a new one (`pcfg sync key rotate` there)")]
    Expired,
    /// Its owner revoked it.
    #[error("the key was revoked by its owner; ask the partner for a new one (`pcfg sync key rotate` there)")]
    Revoked,
    /// Nothing in it may sign.
    #[error("nothing in the key may sign")]
    CannotSign,
    /// Nothing in it may be encrypted for.
    #[error("nothing in the key may be encrypted for")]
    CannotDecrypt,
    /// A moment that OpenPGP cannot write.
    #[error("the time lies outside of what OpenPGP can write (1970 to 2106)")]
    Time,
    /// The file of a private key.
    #[error(transparent)]
    File(#[from] PrivateFault),
}
