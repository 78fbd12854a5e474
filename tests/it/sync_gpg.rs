//! Law 15 of the synchronization: GnuPG decrypts and verifies our messages, and we GnuPG's.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use pcfg_sync::Time;
use pcfg_sync::openpgp::{
    Form, KeyFault, KeyWish, Keys, Opening, PartnerKey, Refusal, SealFault, Sealing, lock, unlock,
};
use pcfg_sync::random::Seeded;

use crate::skip::{Need, skipped};

/// 2026-01-01, for both programs.
const NOW: i64 = 1_767_225_600;

const DAY: i64 = 24 * 60 * 60;

fn time(seconds: i64) -> Time {
    Time(seconds * 1000)
}

/// A partner who uses GnuPG.
struct Gpg {
    // The path of its socket has at most 108 bytes: a short folder.
    home: tempfile::TempDir,
    fingerprint: String,
}

impl Gpg {
    /// A partner with new keys of that algorithm; none where there is no GnuPG.
    fn new(algorithm: &str) -> Option<Self> {
        if Command::new("gpg").arg("--version").stdout(Stdio::null()).status().is_err() {
            skipped(Need::Tool("gpg", "gnupg"), "messages between GnuPG and pcfg");
            return None;
        }
        let home = tempfile::Builder::new().prefix("g").tempdir_in("/tmp").unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let mut gpg = Self { home, fingerprint: String::new() };
        let status = gpg.ok(NOW, &["--quick-gen-key", "Partner", algorithm, "default", "60d"], b"");
        let status = String::from_utf8(status.stdout).unwrap();
        let created = status.lines().find_map(|line| line.strip_prefix("[GNUPG:] KEY_CREATED "));
        gpg.fingerprint = created.unwrap().split(' ').nth(1).unwrap().to_owned();
        // A second key, to encrypt for: what `default` makes of an algorithm that only signs.
        if algorithm == "ed25519" || algorithm.starts_with("rsa") {
            let usage = if algorithm == "ed25519" { "cv25519" } else { algorithm };
            gpg.ok(NOW, &["--quick-add-key", &gpg.fingerprint, usage, "encr", "60d"], b"");
        }
        Some(gpg)
    }

    fn run(&self, at: i64, arguments: &[&str], input: &[u8]) -> Output {
        use std::io::Write as _;
        let clock = format!("{at}!");
        let mut child = Command::new("gpg")
            .env("GNUPGHOME", self.home.path())
            .args(["--batch", "--yes", "--no-tty", "--status-fd", "1", "--faked-system-time", &clock])
            .args(["--trust-model", "always", "--pinentry-mode", "loopback", "--passphrase", ""])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }

    fn ok(&self, at: i64, arguments: &[&str], input: &[u8]) -> Output {
        let output = self.run(at, arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// What GnuPG writes into a file, so that its status lines are apart from it.
    fn made(&self, at: i64, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let path = self.path("out");
        self.ok(at, &[&["--output", path.to_str().unwrap()], arguments].concat(), input);
        std::fs::read(path).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn key(&self) -> PartnerKey {
        let armour = self.made(NOW, &["--armor", "--export", &self.fingerprint], b"");
        PartnerKey::read(&String::from_utf8(armour).unwrap(), Some(self.fingerprint.parse().unwrap()))
            .unwrap()
    }

    fn import(&self, keys: &Keys) {
        self.ok(NOW, &["--import"], keys.public_armour().unwrap().as_bytes());
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let mut kill = Command::new("gpgconf");
        kill.env("GNUPGHOME", self.home.path()).args(["--kill", "all"]).stderr(Stdio::null());
        drop(kill.status());
    }
}

fn keys(seed: u64) -> Keys {
    let wish = KeyWish { user_id: "pcfg sync", made: time(NOW), good_for: None };
    Keys::make(&wish, &mut Seeded::new(seed)).unwrap()
}

fn opening<'a>(own: &'a Keys, partner: &'a PartnerKey) -> Opening<'a> {
    let limit = 10 << 20;
    Opening { own, partner: Some(partner), now: time(NOW + DAY), must_be_encrypted: true, limit }
}

fn texts() -> [Vec<u8>; 3] {
    let long = (0..400_000_u32).map(|number| (number.wrapping_mul(number) >> 9) as u8).collect();
    [Vec::new(), "Grüße\nund mehr\r\n".as_bytes().to_vec(), long]
}

#[test]
fn sync_gpg_reads_what_we_seal() {
    for algorithm in ["ed25519", "rsa2048"] {
        let Some(gpg) = Gpg::new(algorithm) else { return };
        let (own, partner) = (keys(1), gpg.key());
        gpg.import(&own);
        for text in texts() {
            for form in [Form::Binary, Form::Armoured] {
                for partner in [Some(&partner), None] {
                    let sealing = Sealing { own: &own, partner, now: time(NOW + DAY), form };
                    let sealed = sealing.seal_bytes(&text, &mut Seeded::new(2)).unwrap();
                    let out = gpg.path("text");
                    let told = gpg.ok(NOW + DAY, &["--output", out.to_str().unwrap(), "--decrypt"], &sealed);
                    let told = String::from_utf8(told.stdout).unwrap();
                    assert!(told.contains(&format!("[GNUPG:] VALIDSIG {} ", own.fingerprint())), "{told}");
                    assert_eq!(told.contains("[GNUPG:] GOODMDC"), partner.is_some(), "{told}");
                    assert!(std::fs::read(out).unwrap() == text);
                }
            }
        }
        // A detached signature, as in a handshake file.
        let signature = own.sign_detached(b"a handshake", time(NOW)).unwrap();
        let (file, signed) = (gpg.path("signed"), gpg.path("signed.asc"));
        std::fs::write(&file, "a handshake").unwrap();
        std::fs::write(&signed, signature).unwrap();
        gpg.ok(NOW + DAY, &["--verify", signed.to_str().unwrap(), file.to_str().unwrap()], b"");
    }
}

#[test]
fn sync_gpg_is_read_by_us() {
    for algorithm in ["ed25519", "rsa2048"] {
        let Some(gpg) = Gpg::new(algorithm) else { return };
        let (own, partner) = (keys(1), gpg.key());
        gpg.import(&own);
        let recipient = own.fingerprint().to_string();
        let opening = opening(&own, &partner);
        let seal = |more: &[&str], text: &[u8]| {
            let arguments =
                [more, &["-u", &gpg.fingerprint, "-r", &recipient, "--sign", "--encrypt"]].concat();
            gpg.made(NOW, &arguments, text)
        };
        for text in texts() {
            // Our key says what GnuPG must sign with: without that it would take SHA-1 here, and be refused.
            for more in [&[][..], &["--armor"], &["--compress-algo", "none"], &["--cipher-algo", "AES128"]] {
                let sealed = seal(more, &text);
                let (opened, _) = opening.open_bytes(&sealed).unwrap();
                assert!(opened == text, "{algorithm} {more:?}");
                let cut = opening.open_bytes(&sealed[..sealed.len() / 2]).unwrap_err();
                assert!(matches!(cut, Refusal::Cut), "{cut}");
            }
            let plain = gpg.made(NOW, &["-u", &gpg.fingerprint, "--sign"], &text);
            assert!(matches!(opening.open_bytes(&plain), Err(Refusal::NotEncrypted)));
            let open = Opening { must_be_encrypted: false, ..opening };
            assert!(open.open_bytes(&plain).unwrap().0 == text);
        }
        let refusal = |sealed: &[u8]| opening.open_bytes(sealed).unwrap_err();
        // The crate alone would believe this of an RSA key.
        let weak = seal(&["--personal-digest-preferences", "SHA1", "--digest-algo", "SHA1"], b"text");
        assert!(matches!(refusal(&weak), Refusal::WeakHash(name) if name == "SHA1"));
        let unsigned = gpg.made(NOW, &["-r", &recipient, "--encrypt"], b"text");
        assert!(matches!(refusal(&unsigned), Refusal::Unsigned));
        let for_itself =
            gpg.made(NOW, &["-u", &gpg.fingerprint, "-r", &gpg.fingerprint, "-s", "-e"], b"text");
        assert!(matches!(refusal(&for_itself), Refusal::OtherRecipient(_)));
        // More readers are no harm.
        assert_eq!(opening.open_bytes(&seal(&["-r", &gpg.fingerprint], b"text")).unwrap().0, b"text");
        let packed = seal(&["--compress-algo", "bzip2"], b"text");
        assert!(opening.open_bytes(&packed).is_err());
    }
}

#[test]
fn sync_gpg_keys_that_expired_or_were_revoked_are_refused() {
    let Some(gpg) = Gpg::new("ed25519") else { return };
    let (own, partner) = (keys(1), gpg.key());
    gpg.import(&own);
    let recipient = own.fingerprint().to_string();
    let sealed = gpg.made(NOW, &["-u", &gpg.fingerprint, "-r", &recipient, "-s", "-e"], b"text");
    let at = |days| Opening { now: time(NOW + days * DAY), ..opening(&own, &partner) }.open_bytes(&sealed);
    assert!(at(59).is_ok());
    assert!(matches!(at(61), Err(Refusal::Key(KeyFault::Expired))));
    let sealing =
        Sealing { own: &own, partner: Some(&partner), now: time(NOW + 61 * DAY), form: Form::Binary };
    let fault = sealing.seal_bytes(b"text", &mut Seeded::new(1)).unwrap_err();
    assert!(matches!(fault, SealFault::Key(KeyFault::Expired)));

    // GnuPG keeps a revocation ready, with a colon before it so that nobody uses it by mistake.
    let file = gpg.path("openpgp-revocs.d").join(format!("{}.rev", gpg.fingerprint));
    let revocation = std::fs::read_to_string(file).unwrap().replace(":-----BEGIN", "-----BEGIN");
    gpg.ok(NOW, &["--import"], revocation.as_bytes());
    let revoked = gpg.key();
    let fault = opening(&own, &revoked).open_bytes(&sealed).unwrap_err();
    assert!(matches!(fault, Refusal::Key(KeyFault::Revoked)), "{fault}");
}

#[test]
fn sync_gpg_and_we_open_what_the_other_locked_by_a_passphrase() {
    let Some(gpg) = Gpg::new("ed25519") else { return };
    let locked = lock(b"a handshake", "correct horse", &mut Seeded::new(1)).unwrap();
    let passphrase = ["--passphrase", "correct horse"];
    assert_eq!(gpg.made(NOW, &[&passphrase[..], &["--decrypt"]].concat(), locked.as_bytes()), b"a handshake");
    let theirs = [&passphrase[..], &["--symmetric", "--cipher-algo", "AES256"]].concat();
    let locked = gpg.made(NOW, &theirs, b"a handshake");
    assert_eq!(unlock(&locked, "correct horse", 10_000).unwrap(), b"a handshake");
    assert!(matches!(unlock(&locked, "battery", 10_000), Err(Refusal::WrongPassphrase)));
}
