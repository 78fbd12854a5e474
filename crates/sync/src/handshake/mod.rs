//! How two halves come to know each other: the handshake file of the master, carried by hand, and the proof of the slave.
//!
//! Invariant: without the secret of the file, after its expiry and a second time nobody becomes the partner.

mod fault;
mod file;
mod keyring;
mod pairing;
#[cfg(test)]
mod tests;
mod words;

pub use fault::HandshakeFault;
pub use file::{ChannelOffer, GOOD_FOR, HandshakeFile, JiraFacts, LARGEST, ProtocolRange, Shown, is_locked};
pub use keyring::{Keyring, KeyringFault, KeyringSetup};
pub use pairing::PairingSecret;
pub use words::words;
