//! Handshake files as they are written, read, shown, changed, forged and used twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::message::{Handshake, Limits, PROTOCOL};
use crate::openpgp::PartnerKey;
use crate::random::Seeded;
use crate::{OpenFault, Role, Seal as _, SyncId, Time};

const NOW: Time = Time(1_760_000_000_000);

/// A clock that tests move.
#[derive(Clone)]
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOW.0)))
    }

    fn setup(&self, role: Role) -> KeyringSetup {
        let clock = self.0.clone();
        KeyringSetup {
            sync: sync(),
            role,
            clock: Arc::new(move || Time(clock.load(Ordering::Relaxed))),
            encrypts: true,
            limit: 1 << 20,
        }
    }

    fn pass(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

fn sync() -> SyncId {
    SyncId::of([7; 16])
}

fn facts(pairing: PairingSecret, key: PartnerKey, now: Time) -> HandshakeFile {
    HandshakeFile {
        sync_id: sync(),
        name: "Support and supplier".to_owned(),
        description: "Bugs that the supplier mends".to_owned(),
        project: "support".to_owned(),
        channel: ChannelOffer { kind: "file".to_owned(), address: String::new() },
        protocol: ProtocolRange { min: PROTOCOL, max: PROTOCOL },
        limits: Limits::default(),
        jira: JiraFacts { id: "BXYZ-1".to_owned(), licensed: Some(false) },
        created: now,
        expires: Time(now.0 + GOOD_FOR),
        key,
        pairing,
    }
}

fn ring(folder: &std::path::Path, name: &str, clock: &Clock, role: Role, seed: u64) -> Keyring {
    Keyring::make(&folder.join(name), clock.setup(role), Box::new(Seeded::new(seed))).unwrap()
}

fn first_words(slave: &Keyring, proof: String) -> Handshake {
    Handshake {
        public_key: slave.public_armour().unwrap(),
        proof,
        address: String::new(),
        min: PROTOCOL,
        max: PROTOCOL,
        limits: Limits::default(),
        jira: "slave".to_owned(),
        licensed: None,
    }
}

fn secret(file: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(file).unwrap();
    value["pairing_secret"].as_str().unwrap().to_owned()
}

#[test]
fn two_halves_come_to_know_each_other_once() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::new());
    let mut master = ring(folder.path(), "m", &clock, Role::Master, 1);
    let mut slave = ring(folder.path(), "s", &clock, Role::Slave, 2);
    assert!(master.seal(b"too early").is_err());
    let file = master.export(facts, Some("correct horse")).unwrap();
    assert!(matches!(HandshakeFile::read(&file, None, NOW), Err(HandshakeFault::Locked)));
    let read = HandshakeFile::read(&file, Some("correct horse"), NOW).unwrap();
    let proof = slave.accept(&read).unwrap();
    let words = first_words(&slave, proof);

    // Before that, nothing that the master opens is pinned.
    let sealed = slave.seal(b"hello").unwrap();
    assert_eq!(master.open(&sealed).unwrap().signer, None);
    // Law 10: another key with the right proof, and the right key without the secret.
    let stranger = ring(folder.path(), "x", &clock, Role::Slave, 3);
    assert!(master.introduced(&first_words(&stranger, words.proof.clone())).is_err());
    assert!(master.introduced(&first_words(&slave, "00".repeat(32))).is_err());
    assert!(master.introduced(&first_words(&slave, String::new())).is_err());
    assert_eq!(master.partner(), None);

    master.introduced(&words).unwrap();
    master.introduced(&words).unwrap();
    assert_eq!(master.partner(), Some(slave.own()));
    let opened = master.open(&sealed).unwrap();
    assert!(opened.signer == Some(slave.own()) && opened.plain == b"hello");
    let answer = master.seal(b"welcome").unwrap();
    assert_eq!(slave.open(&answer).unwrap().plain, b"welcome");
    assert_eq!(slave.open(&answer[..answer.len() - 1]), Err(OpenFault::NotWhole));

    // Used twice: refused, by a run that begins anew, too.
    let mut again = Keyring::open(&folder.path().join("m"), clock.setup(Role::Master)).unwrap();
    let refused = again.introduced(&first_words(&stranger, words.proof)).unwrap_err();
    assert_eq!(refused, "the handshake file was used already, by another key");
    assert!(matches!(again.export(facts, None), Err(KeyringFault::Known)));
    assert!(!folder.path().join("m/pairing").exists());
}

#[test]
fn a_handshake_file_that_expired_was_changed_or_replaced_by_a_newer_one_is_refused() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::new());
    let mut master = ring(folder.path(), "m", &clock, Role::Master, 1);
    let mut slave = ring(folder.path(), "s", &clock, Role::Slave, 2);
    let old = master.export(facts, None).unwrap();
    let file = master.export(facts, None).unwrap();
    let old = slave.accept(&HandshakeFile::read(&old, None, NOW).unwrap()).unwrap();
    assert!(master.introduced(&first_words(&slave, old)).is_err(), "only the last file is good");
    let proof = slave.accept(&HandshakeFile::read(&file, None, NOW).unwrap()).unwrap();

    let text = String::from_utf8(file.clone()).unwrap();
    let refused = |text: &str| HandshakeFile::read(text.as_bytes(), None, NOW).unwrap_err();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        refused(&text.replacen(from, to, 1))
    };
    assert!(matches!(changed("supplier", "Supplier"), HandshakeFault::Signature(_)));
    assert!(matches!(changed("\"role\": \"master\"", "\"role\": \"slave\""), HandshakeFault::NotTheMasters));
    assert!(matches!(changed("pcfg-sync-handshake", "something"), HandshakeFault::Format));
    assert!(matches!(
        changed("\"version\": \"1.0\"", "\"version\": \"2.0\""),
        HandshakeFault::Version { .. }
    ));
    assert!(matches!(changed("{", "{\"mood\": 1,"), HandshakeFault::Unknown(_)));
    assert!(matches!(changed("{", "{\"name\": \"x\","), HandshakeFault::Json(_)));
    assert!(matches!(changed("\"name\"", "\"nam\""), HandshakeFault::Json(_)));
    assert!(matches!(refused("{}"), HandshakeFault::Json(_)));
    assert!(matches!(refused(&" ".repeat(200_000)), HandshakeFault::TooLarge(_)));
    // Spaces and the order of names are not what was signed.
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(HandshakeFile::read(value.to_string().as_bytes(), None, NOW).is_ok());

    clock.pass(GOOD_FOR - 1);
    assert!(HandshakeFile::read(&file, None, Time(NOW.0 + GOOD_FOR - 1)).is_ok());
    clock.pass(1);
    assert!(matches!(HandshakeFile::read(&file, None, Time(NOW.0 + GOOD_FOR)), Err(HandshakeFault::Expired)));
    let late = master.introduced(&first_words(&slave, proof)).unwrap_err();
    assert_eq!(late, "the handshake file expired before it was answered");
}

#[test]
fn a_newer_minor_version_may_say_more() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::new());
    let mut master = ring(folder.path(), "m", &clock, Role::Master, 1);
    let file = master.export(facts, None).unwrap();
    let mut value: serde_json::Value = serde_json::from_slice(&file).unwrap();
    value["version"] = "1.3".into();
    value["mood"] = serde_json::json!({ "b": [1, 2], "a": null });
    value["signature"] = super::file::signed_anew(&value, &master);
    assert!(HandshakeFile::read(value.to_string().as_bytes(), None, NOW).is_ok());
    value["mood"]["a"] = true.into();
    let refused = HandshakeFile::read(value.to_string().as_bytes(), None, NOW);
    assert!(matches!(refused, Err(HandshakeFault::Signature(_))));
}

#[test]
fn keys_are_changed_and_what_was_on_its_way_is_still_opened() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::new());
    let mut master = ring(folder.path(), "m", &clock, Role::Master, 1);
    let mut slave = ring(folder.path(), "s", &clock, Role::Slave, 2);
    let file = master.export(facts, None).unwrap();
    let proof = slave.accept(&HandshakeFile::read(&file, None, NOW).unwrap()).unwrap();
    master.introduced(&first_words(&slave, proof)).unwrap();

    let on_its_way = slave.seal(b"on its way").unwrap();
    let (fingerprint, armour) = master.next_key().unwrap();
    assert_eq!(master.next_key().unwrap().0, fingerprint);
    let (late, next) = (master.seal(b"late").unwrap(), fingerprint.to_string());
    slave.rotated(&armour).unwrap();
    slave.rotated(&armour).unwrap();
    assert!(slave.settled(&slave.own()).is_err());
    assert_eq!(master.open(&slave.seal(b"still to the old key").unwrap()).unwrap().signer, Some(slave.own()));
    assert_eq!(slave.open(&late).unwrap().signer, Some(master.own()));
    // Killed between the two steps of the change.
    let home = folder.path().join("m");
    std::fs::rename(home.join("own.key"), home.join("old.key")).unwrap();
    let mut master = Keyring::open(&home, clock.setup(Role::Master)).unwrap();
    assert_eq!(master.fingerprint(), fingerprint);
    assert_eq!(master.open(&on_its_way).unwrap().plain, b"on its way");
    assert!(master.is_own(&next) && master.is_own(&slave.partner().unwrap()) && !master.is_own(&slave.own()));
    master.changed(&next).unwrap();
    // Opening takes no key: a simulated run opens, too.
    let answer = master.seal(b"by the new key").unwrap();
    assert_eq!(slave.open(&answer).unwrap().signer.as_ref(), Some(&next));
    assert_ne!(slave.partner().as_ref(), Some(&next));
    slave.settled(&next).unwrap();
    slave.settled(&next).unwrap();
    let mut slave = Keyring::open(&folder.path().join("s"), clock.setup(Role::Slave)).unwrap();
    assert_eq!(slave.partner().as_ref(), Some(&next));
    assert!(slave.open(&late).is_err(), "the former key is worth nothing any more");
    let to_the_new = slave.seal(b"to the new key").unwrap();
    assert_eq!(master.open(&to_the_new).unwrap().plain, b"to the new key");
    assert!(master.changed(&slave.own()).is_err());
    master.next_key().unwrap();
    master.change_key().unwrap();
    assert!(slave.open(&master.seal(b"by a key that was not told").unwrap()).is_err());
}

// Law 16: what is shown does not tell the secret.
#[test]
fn the_secret_is_in_the_file_and_nowhere_else() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::new());
    let mut master = ring(folder.path(), "m", &clock, Role::Master, 1);
    let file = master.export(facts, None).unwrap();
    let secret = secret(&file);
    let read = HandshakeFile::read(&file, None, NOW).unwrap();
    let shown = serde_json::to_string(&read.shown()).unwrap();
    assert!(shown.contains(&master.fingerprint().to_string()) && shown.contains("words"));
    for told in [shown, format!("{read:?}"), format!("{master:?}"), format!("{:?}", read.shown())] {
        assert!(!told.contains(&secret), "{told}");
    }
    let broken = String::from_utf8(file).unwrap().replacen("\"limits\"", "limits", 1);
    let told = HandshakeFile::read(broken.as_bytes(), None, NOW).unwrap_err().to_string();
    assert!(!told.contains(&secret), "{told}");
    #[cfg(unix)]
    for name in ["own.key", "pairing"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("m").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // The body of the fuzz target `read_handshake`.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "[ -~]{0,200}") {
        drop(HandshakeFile::read(&bytes, Some("x"), NOW));
        drop(HandshakeFile::read(text.as_bytes(), None, NOW));
        let like = format!("{{\"format\":\"pcfg-sync-handshake\",\"version\":\"1.0\",{text}}}");
        prop_assert!(HandshakeFile::read(like.as_bytes(), None, NOW).is_err());
    }
}
