//! Which hashes a signature may be made of.
//!
//! Invariant: what is not on the list is refused. The crate accepts SHA-1 from RSA keys, and GnuPG signs with SHA-1 for a key that
//! states no preference.

use pgp::crypto::hash::HashAlgorithm;

/// The hash that we sign with.
pub(super) const OURS: HashAlgorithm = HashAlgorithm::Sha512;

/// Returns true if and only if a signature of this hash is believed.
pub(super) fn is_strong(hash: HashAlgorithm) -> bool {
    matches!(
        hash,
        HashAlgorithm::Sha256
            | HashAlgorithm::Sha384
            | HashAlgorithm::Sha512
            | HashAlgorithm::Sha3_256
            | HashAlgorithm::Sha3_512
    )
}
