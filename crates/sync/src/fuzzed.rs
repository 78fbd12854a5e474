//! What must hold for any bytes: the bodies of the fuzz targets in `fuzz/`, which run here over their seeds and over random changes of
//! them, too.
//!
//! Invariant: nothing here panics but where a law is broken.

use pgp::composed::{Deserializable as _, RawSessionKey, SignedPublicKey};
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::packet::{PacketTrait as _, PublicKeyEncryptedSessionKey, SymEncryptedProtectedData};
use rand::SeedableRng as _;

use crate::Time;
use crate::handshake::HandshakeFile;
use crate::licence::Licence;
use crate::message;
use crate::openpgp::{KeyWish, Keys, Opening, PartnerKey};
use crate::random::Seeded;

const NOW: Time = Time(1_760_000_000_000);

/// A handshake file that is read has a key that can be used, and its time is not over.
pub fn read_handshake(data: &[u8]) {
    for passphrase in [None, Some("correct horse")] {
        if let Ok(file) = HandshakeFile::read(data, passphrase, NOW) {
            assert!(file.expires > NOW);
            file.key.check(NOW).expect("the key of a handshake that was read can be used");
        }
    }
}

/// A licence that is read can be asked everything at any moment.
pub fn read_licence(data: &[u8]) {
    let Ok(licence) = Licence::read(data) else { return };
    assert!(licence.endpoints <= 1_000_000 && !licence.holder.is_empty());
    let day = licence.expires.to_string();
    assert_eq!(day.parse(), Ok(licence.expires));
    for now in [i64::MIN / 2, 0, i64::MAX / 2] {
        assert_eq!(licence.is_expired(Time(now)), licence.expires.left(Time(now)) < 0);
    }
}

/// An envelope that is read says the same when it is written and read again; what this version wrote has one spelling.
pub fn read_message(data: &[u8]) {
    let Ok(read) = message::read(data, 1 << 20) else { return };
    let written = message::write(&read);
    if read.v == message::PROTOCOL {
        assert_eq!(written, data, "one spelling");
    }
    let again = message::read(&written, 1 << 20).expect("what is written can be read");
    assert!(again == read, "what is written says the same");
}

/// Nothing is believed that the partner did not sign: as it comes, and within the encryption, as everybody can make it who knows the
/// public key. The first byte says how many of the others make the message as it comes.
pub fn open_message(data: &[u8]) {
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
}

fn keys(seed: u64) -> Keys {
    Keys::make(&KeyWish { user_id: "x", made: NOW, good_for: None }, &mut Seeded::new(seed)).expect("keys")
}

fn encrypted(key: &SignedPublicKey, within: &[u8]) -> Vec<u8> {
    let mut random = rand::rngs::StdRng::seed_from_u64(1);
    let cipher = SymmetricKeyAlgorithm::AES256;
    let session: RawSessionKey = cipher.new_session_key(&mut random);
    let recipient = &key.public_subkeys[0].key;
    let esk = PublicKeyEncryptedSessionKey::from_session_key_v3(&mut random, &session, cipher, recipient)
        .expect("a key");
    let data = SymEncryptedProtectedData::encrypt_seipdv1(&mut random, cipher, session.as_ref(), within)
        .expect("data");
    let mut sealed = Vec::new();
    esk.to_writer_with_header(&mut sealed).expect("memory");
    data.to_writer_with_header(&mut sealed).expect("memory");
    sealed
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::random::Random as _;

    /// A name, what it does, and how often its seeds are changed: what makes keys takes long.
    type Target = (&'static str, fn(&[u8]), usize);

    const TARGETS: [Target; 4] = [
        ("read_handshake", read_handshake, 300),
        ("read_licence", read_licence, 5_000),
        ("read_message", read_message, 5_000),
        ("open_message", open_message, 60),
    ];

    /// One of the changes that fuzzers make.
    fn changed(seed: &[u8], random: &mut Seeded) -> Vec<u8> {
        let mut number = |below: usize| {
            let mut bytes = [0; 8];
            random.fill(&mut bytes);
            (u64::from_le_bytes(bytes) % below.max(1) as u64) as usize
        };
        let mut data = seed.to_vec();
        for _ in 0..=number(4) {
            let at = number(data.len() + 1);
            match number(6) {
                0 => data.truncate(at),
                1 => data.insert(at.min(data.len()), number(256) as u8),
                2 => {
                    if let Some(byte) = data.get_mut(at) {
                        *byte ^= 1 << number(8);
                    }
                }
                3 => {
                    let end = (at + number(16)).min(data.len());
                    data.drain(at.min(end)..end);
                }
                4 => {
                    let end = (at + number(16)).min(data.len());
                    let part = data[at.min(end)..end].to_vec();
                    data.splice(at.min(data.len())..at.min(data.len()), part);
                }
                _ => {
                    if let Some(byte) = data.get_mut(at) {
                        *byte = b"0\"{}[]<>&-9\n\0\xff"[number(14)];
                    }
                }
            }
        }
        data
    }

    #[test]
    fn laws_hold_for_the_seeds_of_the_fuzz_targets_and_for_changes_of_them() {
        let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
        let declared = fs::read_to_string(all.join("Cargo.toml")).unwrap();
        let mut random = Seeded::new(7);
        for (name, target, rounds) in TARGETS {
            assert!(declared.contains(&format!("name = \"{name}\"")), "{name} is a target");
            assert!(all.join(format!("fuzz_targets/{name}.rs")).is_file(), "{name}");
            let entries = fs::read_dir(all.join("seeds").join(name)).unwrap();
            let seeds: Vec<Vec<u8>> = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
            assert!(!seeds.is_empty(), "{name} has seeds");
            target(b"");
            for seed in &seeds {
                target(seed);
            }
            for round in 0..rounds {
                target(&changed(&seeds[round % seeds.len()], &mut random));
            }
        }
        // Of the envelopes one is read: the seeds are about something.
        let seed = fs::read(all.join("seeds/read_message/issue")).unwrap();
        assert!(message::read(&seed, 1 << 20).is_ok());
    }
}
