//! Opening a message never panics, as it comes and within the encryption, and believes nothing that the partner did not sign.
//!
//! The first byte says how many of the others make the message as it comes; the rest is encrypted, as everybody can who knows the
//! public key.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcfg_sync::Time;
use pcfg_sync::openpgp::{KeyWish, Keys, Opening, PartnerKey};
use pcfg_sync::random::Seeded;
use pgp::composed::{Deserializable as _, RawSessionKey, SignedPublicKey};
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::packet::{PacketTrait as _, PublicKeyEncryptedSessionKey, SymEncryptedProtectedData};
use rand::SeedableRng as _;

const NOW: Time = Time(1_760_000_000_000);

fn keys(seed: u64) -> Keys {
    Keys::make(&KeyWish { user_id: "x", made: NOW, good_for: None }, &mut Seeded::new(seed)).expect("keys")
}

fn encrypted(key: &SignedPublicKey, within: &[u8]) -> Vec<u8> {
    let mut random = rand::rngs::StdRng::seed_from_u64(1);
    let cipher = SymmetricKeyAlgorithm::AES256;
    let session: RawSessionKey = cipher.new_session_key(&mut random);
    let recipient = &key.public_subkeys[0].key;
    let esk = PublicKeyEncryptedSessionKey::from_session_key_v3(&mut random, &session, cipher, recipient).expect("a key");
    let data = SymEncryptedProtectedData::encrypt_seipdv1(&mut random, cipher, session.as_ref(), within).expect("data");
    let mut sealed = Vec::new();
    esk.to_writer_with_header(&mut sealed).expect("memory");
    data.to_writer_with_header(&mut sealed).expect("memory");
    sealed
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let (own, theirs) = (keys(1), keys(2));
    let partner = PartnerKey::read(&theirs.public_armour().expect("a key"), None).expect("a key");
    let (outer, within) = rest.split_at(usize::from(*first).min(rest.len()));
    let (key, _) = SignedPublicKey::from_string(&own.public_armour().expect("a key")).expect("a key");
    for must_be_encrypted in [true, false] {
        let opening =
            Opening { own: &own, partner: Some(&partner), now: NOW, must_be_encrypted, limit: 1 << 20 };
        assert!(opening.open_bytes(outer).is_err());
        assert!(opening.open_bytes(&encrypted(&key, within)).is_err());
    }
});
