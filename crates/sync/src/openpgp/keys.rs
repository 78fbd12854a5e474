//! The keys of a half: made, kept in a file, and used to sign.
//!
//! Invariant: the private parts leave this process only into a file that nobody else may read; they are never shown.

use std::fmt;
use std::path::Path;

use pgp::composed::{
    ArmorOptions, Deserializable as _, DetachedSignature, KeyType, SignedKeyDetails, SignedSecretKey,
    SignedSecretSubKey,
};
use pgp::crypto::ecc_curve::ECCCurve;
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::packet::{
    Features, KeyFlags, PacketTrait as _, PubKeyInner, PublicKey, PublicSubkey, SecretKey, SecretSubkey,
    SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::types::{CompressionAlgorithm, Duration, KeyDetails as _, KeyVersion, Password, Timestamp};

use super::{Fingerprint, KeyFault, hash};
use crate::Time;
use crate::private;
use crate::random::{Random, Source};

/// No key file is larger.
const LARGEST: u64 = 64 * 1024;

/// What keys are made for.
#[derive(Clone, Debug)]
pub struct KeyWish<'a> {
    /// The name in them, which the partner sees: no name of a project belongs there.
    pub user_id: &'a str,
    /// When they are made.
    pub made: Time,
    /// For how many seconds they are good; without it for ever.
    pub good_for: Option<u32>,
}

/// A pair of keys to sign and one to be encrypted for, as one OpenPGP key.
#[derive(Clone)]
pub struct Keys {
    key: SignedSecretKey,
    fingerprint: Fingerprint,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.fingerprint)
    }
}

impl Keys {
    /// Makes new keys.
    pub fn make(wish: &KeyWish<'_>, random: &mut dyn Random) -> Result<Self, KeyFault> {
        made(wish, random).map_err(not_a_key)?
    }

    /// Reads keys from a file that nobody else may read.
    pub fn load(path: &Path) -> Result<Self, KeyFault> {
        let bytes = private::read(path, LARGEST)?;
        let text = String::from_utf8(bytes).map_err(|_| KeyFault::NotAKey("it is not text".to_owned()))?;
        Self::read(&text)
    }

    /// Reads keys as `private_armour` writes them.
    pub fn read(text: &str) -> Result<Self, KeyFault> {
        let (key, _) = SignedSecretKey::from_string(text).map_err(not_a_key)?;
        key.verify_bindings().map_err(|_| KeyFault::Unbound)?;
        Self::of(key)
    }

    /// Writes them into a new file that nobody else may read; one that is there is not replaced.
    pub fn save(&self, path: &Path) -> Result<(), KeyFault> {
        Ok(private::write_new(path, self.private_armour()?.as_bytes())?)
    }

    /// The fingerprint, by which a partner pins them.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What the partner gets.
    pub fn public_armour(&self) -> Result<String, KeyFault> {
        self.key.to_public_key().to_armored_string(armour()).map_err(not_a_key)
    }

    /// Everything, without a passphrase: what a file of mode 0600 holds.
    pub(super) fn private_armour(&self) -> Result<String, KeyFault> {
        self.key.to_armored_string(armour()).map_err(not_a_key)
    }

    /// Signs bytes, apart from them.
    pub fn sign_detached(&self, bytes: &[u8], now: Time) -> Result<String, KeyFault> {
        let mut config = SignatureConfig::v4(SignatureType::Binary, self.signer().algorithm(), hash::OURS);
        config.hashed_subpackets = self.hashed(timestamp(now)?).map_err(not_a_key)?;
        config.unhashed_subpackets = self.unhashed().map_err(not_a_key)?;
        let signature = config.sign(self.signer(), &Password::empty(), bytes).map_err(not_a_key)?;
        DetachedSignature::new(signature).to_armored_string(armour()).map_err(not_a_key)
    }

    /// What signs.
    pub(super) fn signer(&self) -> &SecretKey {
        &self.key.primary_key
    }

    /// What decrypts.
    pub(super) fn decryptors(&self) -> impl Iterator<Item = &SecretSubkey> {
        self.key.secret_subkeys.iter().map(|subkey| &subkey.key)
    }

    /// What a signature of ours states.
    pub(super) fn hashed(&self, now: Timestamp) -> pgp::errors::Result<Vec<Subpacket>> {
        stated(self.signer(), now)
    }

    /// What a signature of ours states besides, which is no more than a hint.
    pub(super) fn unhashed(&self) -> pgp::errors::Result<Vec<Subpacket>> {
        issued(self.signer())
    }

    fn of(key: SignedSecretKey) -> Result<Self, KeyFault> {
        let fingerprint =
            Fingerprint::of(&key.primary_key.fingerprint()).ok_or(KeyFault::Kind("its version is not 4"))?;
        Ok(Self { key, fingerprint })
    }
}

/// How armour is written: without a comment, and with the checksum that older programs want.
pub(super) fn armour() -> ArmorOptions<'static> {
    ArmorOptions { headers: None, include_checksum: true }
}

/// A moment as OpenPGP writes it.
pub(super) fn timestamp(time: Time) -> Result<Timestamp, KeyFault> {
    u32::try_from(time.0.div_euclid(1000)).map(Timestamp::from_secs).map_err(|_| KeyFault::Time)
}

/// Only what the crate says of form: it never quotes a private key.
pub(super) fn not_a_key(error: pgp::errors::Error) -> KeyFault {
    KeyFault::NotAKey(error.to_string())
}

fn stated(signer: &SecretKey, now: Timestamp) -> pgp::errors::Result<Vec<Subpacket>> {
    Ok(vec![
        Subpacket::regular(SubpacketData::IssuerFingerprint(signer.fingerprint()))?,
        Subpacket::critical(SubpacketData::SignatureCreationTime(now))?,
    ])
}

// GnuPG looks for the key by this alone: without it a key has no user id for it, and a signature no signer.
fn issued(signer: &SecretKey) -> pgp::errors::Result<Vec<Subpacket>> {
    Ok(vec![Subpacket::regular(SubpacketData::IssuerKeyId(signer.legacy_key_id()))?])
}

// The crate's own builder reads the clock, and states no preferences by itself.
fn made(wish: &KeyWish<'_>, random: &mut dyn Random) -> pgp::errors::Result<Result<Keys, KeyFault>> {
    let now = match timestamp(wish.made) {
        Ok(now) => now,
        Err(fault) => return Ok(Err(fault)),
    };
    let none = Password::empty();
    let (public, secret) = KeyType::Ed25519Legacy.generate(Source(random))?;
    let inner = PubKeyInner::new(KeyVersion::V4, KeyType::Ed25519Legacy.to_alg(), now, None, public)?;
    let primary = SecretKey::new(PublicKey::from_inner(inner)?, secret)?;

    let mut flags = KeyFlags::default();
    flags.set_certify(true);
    flags.set_sign(true);
    let mut certification = SignatureConfig::v4(SignatureType::CertPositive, primary.algorithm(), hash::OURS);
    certification.hashed_subpackets = stated(&primary, now)?;
    certification.unhashed_subpackets = issued(&primary)?;
    certification.hashed_subpackets.push(Subpacket::critical(SubpacketData::KeyFlags(flags))?);
    certification.hashed_subpackets.push(Subpacket::regular(SubpacketData::IsPrimary(true))?);
    certification.hashed_subpackets.extend(preferences()?);
    certification.hashed_subpackets.extend(expiry(wish)?);
    let user_id = UserId::from_str(pgp::types::PacketHeaderVersion::New, wish.user_id)?;
    let signature =
        certification.sign_certification(&primary, primary.public_key(), &none, user_id.tag(), &user_id)?;
    let user = user_id.into_signed(signature);

    let encrypting = KeyType::ECDH(ECCCurve::Curve25519Legacy);
    let (public, secret) = encrypting.generate(Source(random))?;
    let inner = PubKeyInner::new(KeyVersion::V4, encrypting.to_alg(), now, None, public)?;
    let subkey = SecretSubkey::new(PublicSubkey::from_inner(inner)?, secret)?;
    let mut flags = KeyFlags::default();
    flags.set_encrypt_comms(true);
    flags.set_encrypt_storage(true);
    let mut binding = SignatureConfig::v4(SignatureType::SubkeyBinding, primary.algorithm(), hash::OURS);
    binding.hashed_subpackets = stated(&primary, now)?;
    binding.unhashed_subpackets = issued(&primary)?;
    binding.hashed_subpackets.push(Subpacket::critical(SubpacketData::KeyFlags(flags))?);
    binding.hashed_subpackets.extend(expiry(wish)?);
    let signature =
        binding.sign_subkey_binding(&primary, primary.public_key(), &none, subkey.public_key())?;

    let details = SignedKeyDetails::new(Vec::new(), Vec::new(), vec![user], Vec::new());
    let subkeys = vec![SignedSecretSubKey::new(subkey, vec![signature])];
    Ok(Keys::of(SignedSecretKey::new(primary, details, Vec::new(), subkeys)))
}

// Without these GnuPG signs with SHA-1 for whoever encrypts for such a key.
fn preferences() -> pgp::errors::Result<Vec<Subpacket>> {
    use CompressionAlgorithm as Compression;
    use HashAlgorithm as Hash;
    use SymmetricKeyAlgorithm as Cipher;
    let mut features = Features::default();
    features.set_seipd_v1(true);
    let ciphers = [Cipher::AES256, Cipher::AES192, Cipher::AES128];
    let hashes = [Hash::Sha512, Hash::Sha384, Hash::Sha256];
    let compressions = [Compression::ZLIB, Compression::ZIP, Compression::Uncompressed];
    Ok(vec![
        Subpacket::regular(SubpacketData::Features(features))?,
        Subpacket::regular(SubpacketData::PreferredSymmetricAlgorithms(ciphers.into_iter().collect()))?,
        Subpacket::regular(SubpacketData::PreferredHashAlgorithms(hashes.into_iter().collect()))?,
        Subpacket::regular(SubpacketData::PreferredCompressionAlgorithms(
            compressions.into_iter().collect(),
        ))?,
    ])
}

fn expiry(wish: &KeyWish<'_>) -> pgp::errors::Result<Option<Subpacket>> {
    let seconds = wish.good_for.map(Duration::from_secs);
    seconds.map(|seconds| Subpacket::critical(SubpacketData::KeyExpirationTime(seconds))).transpose()
}
