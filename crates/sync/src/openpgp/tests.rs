//! Messages that must open, and all the ways in which one must not.

use pgp::composed::{
    EncryptionSeipdV1, KeyType, MessageBuilder, RawSessionKey, SignedKeyDetails, SignedPublicKey,
    SubpacketConfig,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm as Cipher;
use pgp::packet::{
    KeyFlags, PacketTrait as _, PubKeyInner, PublicKey, PublicKeyEncryptedSessionKey, SecretKey,
    SignatureConfig, SignatureType, Subpacket, SubpacketData, SymEncryptedProtectedData, UserId,
};
use pgp::types::{CompressionAlgorithm, Duration, KeyDetails as _, KeyVersion, Password, Timestamp};
use proptest::prelude::*;

use super::keys::armour;
use super::*;
use crate::Time;
use crate::random::{Seeded, Source};

const NOW: Time = Time(1_760_000_000_000);
const DAY: u32 = 86_400;
const LIMIT: u64 = 10 << 20;

fn keys(seed: u64) -> Keys {
    let wish = KeyWish { user_id: "pcfg sync", made: NOW, good_for: None };
    Keys::make(&wish, &mut Seeded::new(seed)).unwrap()
}

fn partner(keys: &Keys) -> PartnerKey {
    PartnerKey::read(&keys.public_armour().unwrap(), Some(keys.fingerprint())).unwrap()
}

fn later(days: u32) -> Time {
    Time(NOW.0 + i64::from(days) * i64::from(DAY) * 1000)
}

/// Two halves that know each other.
struct Pair {
    ours: Keys,
    theirs: Keys,
    us: PartnerKey,
    them: PartnerKey,
}

impl Pair {
    fn new() -> Self {
        let (ours, theirs) = (keys(1), keys(2));
        Self { us: partner(&ours), them: partner(&theirs), ours, theirs }
    }

    /// They tell us.
    fn sealed(&self, text: &[u8], form: Form) -> Vec<u8> {
        let sealing = Sealing { own: &self.theirs, partner: Some(&self.us), now: NOW, form };
        sealing.seal_bytes(text, &mut Seeded::new(3)).unwrap()
    }

    fn opening(&self) -> Opening<'_> {
        Opening {
            own: &self.ours,
            partner: Some(&self.them),
            now: NOW,
            must_be_encrypted: true,
            limit: LIMIT,
        }
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.opening().open_bytes(sealed).map(|(text, _)| text)
    }

    fn refusal(&self, sealed: &[u8]) -> Refusal {
        self.open(sealed).unwrap_err()
    }

    /// A message as somebody else could make it, encrypted for us.
    fn forged<'a>(
        &self,
        text: &[u8],
        with: impl FnOnce(&mut MessageBuilder<'a, std::io::Cursor<Vec<u8>>, EncryptionSeipdV1>),
    ) -> Vec<u8> {
        let random = &mut Seeded::new(9);
        let mut builder =
            MessageBuilder::from_bytes("", text.to_vec()).seipd_v1(Source(random), Cipher::AES256);
        builder.encrypt_to_key(Source(random), self.us.recipient(NOW).unwrap()).unwrap();
        with(&mut builder);
        builder.to_vec(Source(random)).unwrap()
    }
}

fn stated(keys: &Keys, more: Option<SubpacketData>) -> SubpacketConfig {
    let mut hashed = keys.hashed(Timestamp::from_secs((NOW.0 / 1000) as u32)).unwrap();
    hashed.extend(more.map(|data| Subpacket::regular(data).unwrap()));
    SubpacketConfig::UserDefined { hashed, unhashed: Vec::new() }
}

#[test]
fn what_is_sealed_is_opened_in_every_form() {
    let pair = Pair::new();
    let long: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    for text in [&b""[..], b"a", "Grüße\r\nund mehr\n".as_bytes(), &long] {
        for form in [Form::Binary, Form::Armoured] {
            let sealed = pair.sealed(text, form);
            let (opened, facts) = pair.opening().open_bytes(&sealed).unwrap();
            assert!(opened == text);
            assert_eq!(facts.length, text.len() as u64);
            assert_eq!(facts.signed, NOW);
            let sealing = Sealing { own: &pair.theirs, partner: None, now: NOW, form };
            let plain = sealing.seal_bytes(text, &mut Seeded::new(3)).unwrap();
            assert!(matches!(pair.refusal(&plain), Refusal::NotEncrypted));
            let opening = Opening { must_be_encrypted: false, ..pair.opening() };
            assert!(opening.open_bytes(&plain).unwrap().0 == text);
            assert!(opening.open_bytes(&sealed).unwrap().0 == text);
        }
    }
}

#[test]
fn the_same_randomness_and_time_give_the_same_keys_and_messages() {
    let (one, other) = (Pair::new(), Pair::new());
    assert_eq!(one.ours.private_armour().unwrap(), other.ours.private_armour().unwrap());
    assert_eq!(one.sealed(b"text", Form::Binary), other.sealed(b"text", Form::Binary));
    assert_ne!(keys(1).fingerprint(), keys(2).fingerprint());
    let read: Fingerprint = one.ours.fingerprint().groups().to_lowercase().parse().unwrap();
    assert_eq!(read, one.ours.fingerprint());
}

#[test]
fn keys_are_kept_in_a_private_file_and_state_what_gnupg_must_sign_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let keys = keys(1);
    keys.save(&path).unwrap();
    assert_eq!(Keys::load(&path).unwrap().private_armour().unwrap(), keys.private_armour().unwrap());
    assert!(matches!(keys.save(&path), Err(KeyFault::File(crate::private::PrivateFault::Exists { .. }))));
    assert!(!format!("{keys:?}").contains("ecret"));
    let (public, _) = {
        use pgp::composed::Deserializable as _;
        SignedPublicKey::from_string(&keys.public_armour().unwrap()).unwrap()
    };
    let own = &public.details.users[0].signatures[0];
    assert_eq!(own.preferred_hash_algs()[0], HashAlgorithm::Sha512);
    assert_eq!(own.preferred_symmetric_algs()[0], Cipher::AES256);
    assert!(own.features().unwrap().seipd_v1() && !own.features().unwrap().seipd_v2());
    let private = std::fs::read_to_string(&path).unwrap();
    assert!(matches!(PartnerKey::read(&private, None), Err(KeyFault::Private)));
}

// Law 5: a changed message changes nothing.
#[test]
fn a_bit_that_is_flipped_anywhere_is_refused() {
    let pair = Pair::new();
    for form in [Form::Binary, Form::Armoured] {
        let sealed = pair.sealed(b"The text of a message.", form);
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1 << (place % 8);
            match pair.open(&changed) {
                // The checksum of armour, for one, says nothing.
                Ok(text) => assert_eq!(text, b"The text of a message.", "at {place} of {form:?}"),
                Err(refusal) => assert!(!matches!(refusal, Refusal::System(_)), "at {place}: {refusal}"),
            }
            if form == Form::Binary {
                assert!(pair.open(&changed).is_err(), "at {place}");
            }
        }
    }
}

#[test]
fn a_message_that_is_cut_anywhere_is_cut() {
    let pair = Pair::new();
    let long = vec![b'x'; 200_000];
    for text in [&b"short"[..], &long] {
        for form in [Form::Binary, Form::Armoured] {
            let sealed = pair.sealed(text, form);
            let end = match form {
                Form::Binary => sealed.len(),
                Form::Armoured => sealed.windows(11).rposition(|part| part == b"-----END PG").unwrap() + 10,
            };
            let step = end / 150 + 1;
            for length in (0..end).step_by(step).chain([end - 1]) {
                let refusal = pair.refusal(&sealed[..length]);
                assert!(matches!(refusal, Refusal::Cut), "{length} of {} {form:?}: {refusal}", sealed.len());
            }
            let mut framing = Framing::default();
            for part in sealed.chunks(7) {
                framing.push(part);
            }
            assert!(framing.is_whole());
        }
    }
}

#[test]
fn what_others_sign_or_nobody_signs_is_refused_by_name() {
    let pair = Pair::new();
    let unsigned = pair.forged(b"text", |_| {});
    assert!(matches!(pair.refusal(&unsigned), Refusal::Unsigned));
    let unpinned = Opening { partner: None, ..pair.opening() };
    assert!(matches!(unpinned.open_bytes(&unsigned), Err(Refusal::Unsigned)));
    assert!(unpinned.open_bytes(&pair.sealed(b"text", Form::Binary)).is_ok());
    let stranger = keys(7);
    let none = Password::empty;
    let by_stranger = pair.forged(b"text", |builder| {
        builder.sign_with_subpackets(
            stranger.signer(),
            none(),
            HashAlgorithm::Sha256,
            stated(&stranger, None),
        );
    });
    let refusal = pair.refusal(&by_stranger);
    assert!(
        matches!(&refusal, Refusal::OtherKey { signer, .. } if *signer == stranger.fingerprint().to_string())
    );
    let by_both = pair.forged(b"text", |builder| {
        builder.sign_with_subpackets(
            pair.theirs.signer(),
            none(),
            HashAlgorithm::Sha256,
            stated(&pair.theirs, None),
        );
        builder.sign_with_subpackets(
            stranger.signer(),
            none(),
            HashAlgorithm::Sha256,
            stated(&stranger, None),
        );
    });
    assert!(matches!(pair.refusal(&by_both), Refusal::ManySignatures(2)));
    let in_their_name = pair.forged(b"text", |builder| {
        builder.sign_with_subpackets(
            stranger.signer(),
            none(),
            HashAlgorithm::Sha256,
            stated(&pair.theirs, None),
        );
    });
    assert!(matches!(pair.refusal(&in_their_name), Refusal::WronglySigned));
    let as_text = pair.forged(b"text\n", |builder| {
        builder.sign_text();
        builder.sign_with_subpackets(
            pair.theirs.signer(),
            none(),
            HashAlgorithm::Sha256,
            stated(&pair.theirs, None),
        );
    });
    assert!(matches!(pair.refusal(&as_text), Refusal::Form(_)));
    let over = SubpacketData::SignatureExpirationTime(Duration::from_secs(DAY));
    let expiring = pair.forged(b"text", |builder| {
        builder.sign_with_subpackets(
            pair.theirs.signer(),
            none(),
            HashAlgorithm::Sha256,
            stated(&pair.theirs, Some(over)),
        );
    });
    assert!(pair.open(&expiring).is_ok());
    let opening = Opening { now: later(2), ..pair.opening() };
    assert!(matches!(opening.open_bytes(&expiring).unwrap_err(), Refusal::Expired));
}

#[test]
fn a_message_for_others_is_refused_with_their_names() {
    let pair = Pair::new();
    let stranger = keys(7);
    let opening = Opening { own: &stranger, ..pair.opening() };
    let refusal = opening.open_bytes(&pair.sealed(b"text", Form::Binary)).unwrap_err();
    let id = pair.us.recipient(NOW).unwrap().legacy_key_id().to_string().to_uppercase();
    assert!(matches!(&refusal, Refusal::OtherRecipient(who) if *who == id), "{refusal}");
    let locked = lock(b"text", "a passphrase", &mut Seeded::new(1)).unwrap();
    assert!(matches!(pair.refusal(locked.as_bytes()), Refusal::OtherRecipient(_)));
}

#[test]
fn no_more_is_written_than_is_taken_however_small_it_comes() {
    let pair = Pair::new();
    let bomb = vec![0; 3 << 20];
    let sealed = pair.forged(&bomb, |builder| {
        builder.compression(CompressionAlgorithm::ZLIB);
        builder.sign_with_subpackets(
            pair.theirs.signer(),
            Password::empty(),
            HashAlgorithm::Sha256,
            stated(&pair.theirs, None),
        );
    });
    assert!(sealed.len() < 20_000);
    assert!(pair.open(&sealed).unwrap() == bomb);
    let opening = Opening { limit: 1 << 20, ..pair.opening() };
    let mut written = Vec::new();
    let refusal = opening.open(&mut &sealed[..], &mut written).unwrap_err();
    assert!(matches!(refusal, Refusal::TooLarge { limit: 1_048_576 }));
    assert!(written.len() <= 1 << 20);
    // As it comes, too.
    let opening = Opening { limit: 2 << 20, ..pair.opening() };
    let refusal = opening.open_bytes(&pair.sealed(&vec![7; 4 << 20], Form::Armoured)).unwrap_err();
    assert!(matches!(refusal, Refusal::TooLarge { limit: 2_097_152 }), "{refusal}");
}

/// Encrypts what is not a message as if it were one.
fn encrypted(pair: &Pair, within: &[u8]) -> Vec<u8> {
    let random = &mut Seeded::new(5);
    let key = Cipher::AES256.new_session_key(Source(random));
    let raw: RawSessionKey = key.as_ref().into();
    let recipient = pair.us.recipient(NOW).unwrap();
    let esk =
        PublicKeyEncryptedSessionKey::from_session_key_v3(Source(random), &raw, Cipher::AES256, recipient)
            .unwrap();
    let data =
        SymEncryptedProtectedData::encrypt_seipdv1(Source(random), Cipher::AES256, raw.as_ref(), within)
            .unwrap();
    let mut sealed = Vec::new();
    esk.to_writer_with_header(&mut sealed).unwrap();
    data.to_writer_with_header(&mut sealed).unwrap();
    sealed
}

#[test]
fn packets_without_end_before_the_text_take_no_memory() {
    let pair = Pair::new();
    // A one-pass signature of version 3; two million of them, packed, are some thousand bytes.
    let one = [0xc4, 13, 3, 0, 8, 22, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    let many = one.repeat(2_000_000);
    assert!(matches!(pair.refusal(&encrypted(&pair, &many)), Refusal::TooLarge { .. }));
    let signed_alone = Opening { must_be_encrypted: false, ..pair.opening() };
    assert!(signed_alone.open_bytes(&many).is_err());
}

// The crate's trap: it believes SHA-1 where the key is not Ed25519.
#[test]
fn sha1_is_refused_where_the_crate_believes_it() {
    let pair = Pair::new();
    let (signer, public) = rsa();
    let text = b"text";
    let mut hashed = vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(Timestamp::from_secs((NOW.0 / 1000) as u32)))
            .unwrap(),
    ];
    hashed.push(Subpacket::regular(SubpacketData::IssuerFingerprint(signer.fingerprint())).unwrap());
    let sealed = |hash| {
        pair.forged(text, |builder| {
            let config = SubpacketConfig::UserDefined { hashed: hashed.clone(), unhashed: Vec::new() };
            builder.sign_with_subpackets(&signer, Password::empty(), hash, config);
        })
    };
    let opening = Opening { partner: Some(&public), ..pair.opening() };
    assert_eq!(opening.open_bytes(&sealed(HashAlgorithm::Sha256)).unwrap().0, text);
    for (hash, name) in [(HashAlgorithm::Sha1, "SHA1"), (HashAlgorithm::Md5, "MD5")] {
        let refusal = opening.open_bytes(&sealed(hash)).unwrap_err();
        assert!(matches!(&refusal, Refusal::WeakHash(found) if found == name), "{refusal}");
    }
    let mut config = SignatureConfig::v4(SignatureType::Binary, signer.algorithm(), HashAlgorithm::Sha1);
    config.hashed_subpackets = hashed;
    let signature = config.sign(&signer, &Password::empty(), &text[..]).unwrap();
    assert!(signature.verify(signer.public_key(), &text[..]).is_ok(), "the crate believes it");
}

/// A key that signs and is not Ed25519.
fn rsa() -> (SecretKey, PartnerKey) {
    let kind = KeyType::Rsa(2048);
    let made = Timestamp::from_secs((NOW.0 / 1000) as u32);
    let (public, secret) = kind.generate(Source(&mut Seeded::new(11))).unwrap();
    let inner = PubKeyInner::new(KeyVersion::V4, kind.to_alg(), made, None, public).unwrap();
    let key = SecretKey::new(PublicKey::from_inner(inner).unwrap(), secret).unwrap();
    let mut flags = KeyFlags::default();
    flags.set_sign(true);
    let user = UserId::from_str(pgp::types::PacketHeaderVersion::New, "x").unwrap();
    let mut config = SignatureConfig::v4(SignatureType::CertPositive, key.algorithm(), HashAlgorithm::Sha256);
    config.hashed_subpackets = vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(made)).unwrap(),
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint())).unwrap(),
        Subpacket::regular(SubpacketData::KeyFlags(flags)).unwrap(),
    ];
    let signature =
        config.sign_certification(&key, key.public_key(), &Password::empty(), user.tag(), &user).unwrap();
    let details =
        SignedKeyDetails::new(Vec::new(), Vec::new(), vec![user.into_signed(signature)], Vec::new());
    let public = SignedPublicKey::new(key.public_key().clone(), details, Vec::new());
    (key, PartnerKey::read(&public.to_armored_string(armour()).unwrap(), None).unwrap())
}

#[test]
fn an_expired_or_revoked_key_neither_signs_nor_is_encrypted_for() {
    let pair = Pair::new();
    let wish = KeyWish { user_id: "x", made: NOW, good_for: Some(30 * DAY) };
    let short = Keys::make(&wish, &mut Seeded::new(21)).unwrap();
    let sealing = Sealing { own: &short, partner: Some(&pair.us), now: NOW, form: Form::Binary };
    let sealed = sealing.seal_bytes(b"text", &mut Seeded::new(1)).unwrap();
    let short = partner(&short);
    let at = |days| Opening { partner: Some(&short), now: later(days), ..pair.opening() }.open_bytes(&sealed);
    assert!(at(29).is_ok());
    assert!(matches!(at(30).unwrap_err(), Refusal::Key(KeyFault::Expired)));
    let to = |days| Sealing { own: &pair.ours, partner: Some(&short), now: later(days), form: Form::Binary };
    assert!(to(29).seal_bytes(b"text", &mut Seeded::new(1)).is_ok());
    assert!(matches!(
        to(30).seal_bytes(b"text", &mut Seeded::new(1)),
        Err(SealFault::Key(KeyFault::Expired))
    ));

    let signer = pair.theirs.signer();
    let mut config =
        SignatureConfig::v4(SignatureType::KeyRevocation, signer.algorithm(), HashAlgorithm::Sha512);
    config.hashed_subpackets = pair.theirs.hashed(Timestamp::from_secs((NOW.0 / 1000) as u32)).unwrap();
    let revocation = config.sign_key(signer, &Password::empty(), signer.public_key()).unwrap();
    let mut revoked = {
        use pgp::composed::Deserializable as _;
        SignedPublicKey::from_string(&pair.theirs.public_armour().unwrap()).unwrap().0
    };
    revoked.details.revocation_signatures.push(revocation);
    let revoked = PartnerKey::read(&revoked.to_armored_string(armour()).unwrap(), None).unwrap();
    let opening = Opening { partner: Some(&revoked), ..pair.opening() };
    let sealed = pair.sealed(b"text", Form::Binary);
    assert!(matches!(opening.open_bytes(&sealed).unwrap_err(), Refusal::Key(KeyFault::Revoked)));
}

#[test]
fn a_key_that_is_not_the_pinned_one_or_whose_parts_are_not_bound_is_refused() {
    let (one, other) = (keys(1), keys(2));
    let armour = one.public_armour().unwrap();
    let refused = PartnerKey::read(&armour, Some(other.fingerprint())).unwrap_err();
    assert!(matches!(refused, KeyFault::Other { .. }));
    // Somebody puts his own encryption key under the partner's.
    let parse = |text: &str| {
        use pgp::composed::Deserializable as _;
        SignedPublicKey::from_string(text).unwrap().0
    };
    let mut mixed = parse(&armour);
    mixed.public_subkeys = parse(&other.public_armour().unwrap()).public_subkeys;
    let mixed = PartnerKey::read(&mixed.to_armored_string(super::keys::armour()).unwrap(), None).unwrap();
    assert!(matches!(mixed.recipient(NOW), Err(KeyFault::Unbound)));
    let mut unbound = parse(&armour);
    unbound.details.users = parse(&other.public_armour().unwrap()).details.users;
    let unbound = unbound.to_armored_string(super::keys::armour()).unwrap();
    assert!(matches!(PartnerKey::read(&unbound, None), Err(KeyFault::Unbound)));
}

#[test]
fn a_detached_signature_is_good_for_its_bytes_alone() {
    let pair = Pair::new();
    let signature = pair.theirs.sign_detached(b"bytes", NOW).unwrap();
    pair.them.verify_detached(&signature, b"bytes", NOW).unwrap();
    assert!(matches!(pair.them.verify_detached(&signature, b"byteS", NOW), Err(Refusal::WronglySigned)));
    assert!(matches!(pair.us.verify_detached(&signature, b"bytes", NOW), Err(Refusal::OtherKey { .. })));
    assert!(pair.them.verify_detached("", b"bytes", NOW).is_err());
}

#[test]
fn a_passphrase_opens_what_it_locked_and_nothing_else_does() {
    let locked = lock(b"the handshake", "correct horse", &mut Seeded::new(1)).unwrap();
    assert_eq!(unlock(locked.as_bytes(), "correct horse", 10_000).unwrap(), b"the handshake");
    assert!(matches!(unlock(locked.as_bytes(), "battery", 10_000), Err(Refusal::WrongPassphrase)));
    assert!(matches!(unlock(locked.as_bytes(), "correct horse", 5), Err(Refusal::TooLarge { limit: 5 })));
    let cut = &locked.as_bytes()[..locked.len() / 2];
    assert!(matches!(unlock(cut, "correct horse", 10_000), Err(Refusal::Cut)));
}

#[test]
fn a_large_message_passes_through_files_and_leaves_none_that_was_not_believed() {
    let pair = Pair::new();
    let folder = tempfile::tempdir().unwrap();
    let sealed = pair.sealed(&[5; 100_000], Form::Binary);
    let (mut file, opened) = pair.opening().open_into(&mut &sealed[..], folder.path()).unwrap();
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut text).unwrap();
    assert_eq!((text.len(), opened.length), (100_000, 100_000));
    assert!(pair.opening().open_into(&mut &sealed[..90_000], folder.path()).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    // Law 5: random bytes never panic, wherever they stand.
    #[test]
    fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), place in 0_usize..400, keep in any::<bool>()) {
        let pair = Pair::new();
        prop_assert!(pair.open(&bytes).is_err());
        let mut sealed = pair.sealed(b"The text of a message.", Form::Binary);
        let place = place.min(sealed.len());
        let end = if keep { (place + bytes.len()).min(sealed.len()) } else { sealed.len() };
        let before = sealed.clone();
        sealed.splice(place..end, bytes.iter().copied());
        if sealed != before {
            prop_assert!(pair.open(&sealed).is_err());
        }
        // Within the encryption, where everybody can write who knows our public key.
        prop_assert!(pair.open(&encrypted(&pair, &bytes)).is_err());
        let mut within = vec![0xc4, 13, 3, 0, 8, 22, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0xcb];
        within.extend(&bytes);
        prop_assert!(pair.open(&encrypted(&pair, &within)).is_err());
        within.splice(..0, [0xa3, 0]);
        prop_assert!(pair.open(&encrypted(&pair, &within)).is_err());
        drop(unlock(&bytes, "x", 10_000));
        drop(PartnerKey::read(&String::from_utf8_lossy(&bytes), None));
    }
}
