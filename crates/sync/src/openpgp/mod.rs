//! Messages that are encrypted for one key and signed by another, as OpenPGP: the crate `pgp` does the work, the rules are here.
//!
//! Keys are of version 4, Ed25519 and Curve25519 in the forms that every OpenPGP program reads; messages are AES-256 with a
//! modification code (SEIPD version 1), for GnuPG 2.2 refuses what is newer.
//!
//! Invariant: nothing of a message is believed before all of it was read and exactly one signature by the pinned key was found good;
//! what [`Opening::open`] writes until then is worth nothing.

mod fingerprint;
mod framing;
mod hash;
mod key_fault;
mod keys;
mod layer;
mod open;
mod partner;
mod passphrase;
mod refusal;
mod seal;
#[cfg(test)]
mod tests;

pub use fingerprint::{Fingerprint, InvalidFingerprint};
pub use framing::Framing;
pub use key_fault::KeyFault;
pub use keys::{KeyWish, Keys};
pub use open::{Opened, Opening};
pub use partner::PartnerKey;
pub use passphrase::{lock, unlock};
pub use refusal::Refusal;
pub use seal::{Form, SealFault, Sealing};
