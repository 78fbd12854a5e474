//! The partner's key, and whether it may be used now.
//!
//! The crate checks signatures where it is asked to, and no rules: which signature counts, what is expired, revoked or too weak is
//! decided here.
//!
//! Invariant: a [`PartnerKey`] is the pinned one; what of it signs or is encrypted for is bound to it by a strong signature of its
//! own, neither expired nor revoked.

use pgp::composed::{Deserializable as _, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::packet::{PacketTrait as _, PublicSubkey, Signature, SignatureType};
use pgp::ser::Serialize as _;
use pgp::types::{
    EcdhPublicParams, EddsaLegacyPublicParams, KeyDetails, PublicParams, SignatureBytes, Timestamp,
    VerifyingKey,
};

use super::keys::{armour, not_a_key, timestamp};
use super::{Fingerprint, KeyFault, Refusal, hash};
use crate::Time;

/// No key of a partner is larger.
const LARGEST: usize = 64 * 1024;

/// The public key of the partner.
#[derive(Clone, Debug)]
pub struct PartnerKey {
    key: SignedPublicKey,
    fingerprint: Fingerprint,
}

impl PartnerKey {
    /// Reads an armoured public key, which must be the pinned one where that is known.
    pub fn read(text: &str, pinned: Option<Fingerprint>) -> Result<Self, KeyFault> {
        if text.len() > LARGEST {
            return Err(KeyFault::Large(LARGEST));
        }
        if text.contains("PRIVATE KEY BLOCK") {
            return Err(KeyFault::Private);
        }
        let (mut keys, _) = SignedPublicKey::from_string_many(text).map_err(not_a_key)?;
        let key = keys.next().ok_or_else(|| KeyFault::NotAKey("there is nothing in it".to_owned()))?;
        let key = key.map_err(not_a_key)?;
        if keys.next().is_some() {
            return Err(KeyFault::Several);
        }
        let fingerprint =
            Fingerprint::of(&key.fingerprint()).ok_or(KeyFault::Kind("its version is not 4"))?;
        match pinned {
            Some(pinned) if pinned != fingerprint => {
                return Err(KeyFault::Other { pinned, found: fingerprint });
            }
            _ => {}
        }
        let key = Self { key, fingerprint };
        key.newest_of_itself().ok_or(KeyFault::Unbound)?;
        Ok(key)
    }

    /// Its fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// As it was read.
    pub fn armour(&self) -> Result<String, KeyFault> {
        self.key.to_armored_string(armour()).map_err(not_a_key)
    }

    /// Fails if the key cannot be used at that moment, in either direction.
    pub fn check(&self, now: Time) -> Result<(), KeyFault> {
        self.signers(now)?;
        self.recipient(now)?;
        Ok(())
    }

    /// Fails if `signature` is not one of this key, over these bytes.
    pub fn verify_detached(&self, signature: &str, bytes: &[u8], now: Time) -> Result<(), Refusal> {
        if signature.len() > LARGEST {
            return Err(Refusal::TooLarge { limit: LARGEST as u64 });
        }
        let (mut signatures, _) =
            DetachedSignature::from_string_many(signature).map_err(|_| Refusal::NotOpenPgp)?;
        let one = signatures.next().ok_or(Refusal::Unsigned)?.map_err(|_| Refusal::Damaged)?;
        let more = signatures.count();
        if more > 0 {
            return Err(Refusal::ManySignatures(1 + more));
        }
        let signature = &one.signature;
        self.judge(signature, now, |key| signature.verify(&By(key), bytes).is_ok())
    }

    /// Judges the signature of a message: `is_good` tells whether a key made it.
    pub(super) fn judge(
        &self,
        signature: &Signature,
        now: Time,
        is_good: impl Fn(&dyn VerifyingKey) -> bool,
    ) -> Result<(), Refusal> {
        let Some(config) = signature.config() else {
            return Err(Refusal::Form("an unknown version of signature"));
        };
        // A signature of text would be good for the same text with other line ends.
        if config.typ() != SignatureType::Binary {
            return Err(Refusal::Form("its signature is not one of bytes"));
        }
        if !hash::is_strong(config.hash_alg) {
            return Err(Refusal::WeakHash(config.hash_alg.to_string()));
        }
        let signers = self.signers(now)?;
        if !signers.iter().any(|key| is_good(*key)) {
            let is_ours = |key: &&dyn VerifyingKey| says(signature, *key);
            return Err(if signers.iter().any(is_ours) {
                Refusal::WronglySigned
            } else {
                Refusal::OtherKey { signer: issuer(signature), pinned: self.fingerprint }
            });
        }
        let Some(created) = signature.created() else { return Err(Refusal::WronglySigned) };
        let now = timestamp(now)?;
        match signature.signature_expiration_time() {
            Some(time) if is_over(created, time.as_secs(), now) => Err(Refusal::Expired),
            _ => Ok(()),
        }
    }

    /// What may sign in its name at that moment.
    fn signers(&self, now: Time) -> Result<Vec<&dyn VerifyingKey>, KeyFault> {
        let own = self.good(now)?;
        let now = timestamp(now)?;
        let mut signers: Vec<&dyn VerifyingKey> = Vec::new();
        if own.key_flags().sign() && signs(&self.key.primary_key) {
            signers.push(&self.key.primary_key);
        }
        for subkey in &self.key.public_subkeys {
            let Ok(binding) = self.binding(subkey, now) else { continue };
            let signs_back = binding.embedded_signature().is_some_and(|back| {
                is_strong(back) && back.verify_primary_key_binding(&subkey.key, &self.key.primary_key).is_ok()
            });
            if binding.key_flags().sign() && signs_back && signs(&subkey.key) {
                signers.push(&subkey.key);
            }
        }
        if signers.is_empty() { Err(KeyFault::CannotSign) } else { Ok(signers) }
    }

    /// What of it is encrypted for at that moment: the newest.
    pub(super) fn recipient(&self, now: Time) -> Result<&PublicSubkey, KeyFault> {
        self.good(now)?;
        let now = timestamp(now)?;
        let mut reason = KeyFault::CannotDecrypt;
        let mut newest: Option<&SignedPublicSubKey> = None;
        for subkey in &self.key.public_subkeys {
            let flags = match self.binding(subkey, now) {
                Ok(binding) => binding.key_flags(),
                Err(fault) => {
                    reason = fault;
                    continue;
                }
            };
            let is_newer = newest.is_none_or(|newest| newest.key.created_at() < subkey.key.created_at());
            if (flags.encrypt_comms() || flags.encrypt_storage()) && decrypts(&subkey.key) && is_newer {
                newest = Some(subkey);
            }
        }
        newest.map(|subkey| &subkey.key).ok_or(reason)
    }

    /// The signature that says what the key is for, if the key is good at that moment.
    fn good(&self, now: Time) -> Result<&Signature, KeyFault> {
        let now = timestamp(now)?;
        let primary = &self.key.primary_key;
        // Whatever its hash: nobody else can make one, and a doubtful one is no reason to trust the key.
        let is_revoked = |signature: &Signature| {
            signature.typ() == Some(SignatureType::KeyRevocation) && signature.verify_key(primary).is_ok()
        };
        if self.key.details.revocation_signatures.iter().any(is_revoked) {
            return Err(KeyFault::Revoked);
        }
        let own = self.newest_of_itself().ok_or(KeyFault::Unbound)?;
        match own.key_expiration_time() {
            Some(time) if is_over(primary.created_at(), time.as_secs(), now) => Err(KeyFault::Expired),
            _ => Ok(own),
        }
    }

    /// The newest strong signature of the key over itself.
    fn newest_of_itself(&self) -> Option<&Signature> {
        let primary = &self.key.primary_key;
        let details = &self.key.details;
        let direct = details.direct_signatures.iter().filter(|signature| {
            signature.typ() == Some(SignatureType::Key)
                && is_strong(signature)
                && signature.verify_key(primary).is_ok()
        });
        let users = details.users.iter().flat_map(|user| {
            let good = |signature: &&Signature| {
                signature.verify_certification(primary, user.id.tag(), &user.id).is_ok()
            };
            let is_revoked = user
                .signatures
                .iter()
                .any(|signature| signature.typ() == Some(SignatureType::CertRevocation) && good(&signature));
            let own = user.signatures.iter().filter(move |signature| {
                !is_revoked && signature.is_certification() && is_strong(signature) && good(signature)
            });
            own.filter(|signature| signature.typ() != Some(SignatureType::CertRevocation))
        });
        direct.chain(users).max_by_key(|signature| signature.created())
    }

    /// The newest strong signature that binds a subkey, if the subkey is good at that moment.
    fn binding<'a>(&self, subkey: &'a SignedPublicSubKey, now: Timestamp) -> Result<&'a Signature, KeyFault> {
        let good = |signature: &&Signature| {
            signature.verify_subkey_binding(&self.key.primary_key, &subkey.key).is_ok()
        };
        let mut newest: Option<&Signature> = None;
        for signature in subkey.signatures.iter().filter(good) {
            if signature.typ() == Some(SignatureType::SubkeyRevocation) {
                return Err(KeyFault::Revoked);
            }
            if is_strong(signature) && newest.is_none_or(|newest| newest.created() < signature.created()) {
                newest = Some(signature);
            }
        }
        let newest = newest.ok_or(KeyFault::Unbound)?;
        match newest.key_expiration_time() {
            Some(time) if is_over(subkey.key.created_at(), time.as_secs(), now) => Err(KeyFault::Expired),
            _ => Ok(newest),
        }
    }
}

/// A key as an object: the crate wants a type of its own.
#[derive(Debug)]
struct By<'a>(&'a dyn VerifyingKey);

impl KeyDetails for By<'_> {
    fn version(&self) -> pgp::types::KeyVersion {
        self.0.version()
    }
    fn legacy_key_id(&self) -> pgp::types::KeyId {
        self.0.legacy_key_id()
    }
    fn fingerprint(&self) -> pgp::types::Fingerprint {
        self.0.fingerprint()
    }
    fn algorithm(&self) -> pgp::crypto::public_key::PublicKeyAlgorithm {
        self.0.algorithm()
    }
    fn created_at(&self) -> Timestamp {
        self.0.created_at()
    }
    fn legacy_v3_expiration_days(&self) -> Option<u16> {
        self.0.legacy_v3_expiration_days()
    }
    fn public_params(&self) -> &PublicParams {
        self.0.public_params()
    }
}

impl VerifyingKey for By<'_> {
    fn verify(
        &self,
        hash: pgp::crypto::hash::HashAlgorithm,
        data: &[u8],
        signature: &SignatureBytes,
    ) -> pgp::errors::Result<()> {
        self.0.verify(hash, data, signature)
    }
}

fn is_strong(signature: &Signature) -> bool {
    signature.hash_alg().is_some_and(hash::is_strong)
}

// Zero seconds are for ever (RFC 9580, 5.2.3.13).
fn is_over(created: Timestamp, seconds: u32, now: Timestamp) -> bool {
    seconds != 0 && u64::from(created.as_secs()) + u64::from(seconds) <= u64::from(now.as_secs())
}

/// Who a signature says made it.
fn issuer(signature: &Signature) -> String {
    let fingerprint =
        signature.issuer_fingerprint().first().map(|fingerprint| fingerprint.to_string().to_uppercase());
    let id = || signature.issuer_key_id().first().map(|id| id.to_string().to_uppercase());
    fingerprint.or_else(id).unwrap_or_else(|| "an unnamed key".to_owned())
}

fn says(signature: &Signature, key: &dyn VerifyingKey) -> bool {
    let (fingerprint, id) = (key.fingerprint(), key.legacy_key_id());
    signature.issuer_fingerprint().contains(&&fingerprint) || signature.issuer_key_id().contains(&&id)
}

fn signs(key: &dyn KeyDetails) -> bool {
    match key.public_params() {
        PublicParams::RSA(_) => is_long(key),
        PublicParams::EdDSALegacy(EddsaLegacyPublicParams::Ed25519 { .. }) | PublicParams::Ed25519(_) => true,
        PublicParams::ECDSA(_) => true,
        _ => false,
    }
}

fn decrypts(key: &dyn KeyDetails) -> bool {
    match key.public_params() {
        PublicParams::RSA(_) => is_long(key),
        PublicParams::ECDH(params) => !matches!(params, EcdhPublicParams::Unsupported { .. }),
        PublicParams::X25519(_) => true,
        _ => false,
    }
}

// The modulus of 2048 bits alone has 256 bytes.
fn is_long(key: &dyn KeyDetails) -> bool {
    key.public_params().write_len() > 256
}
