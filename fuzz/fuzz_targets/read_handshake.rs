//! Reading a handshake file never panics, and of one that is read the key can be used and the time is not over.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcfg_sync::Time;
use pcfg_sync::handshake::HandshakeFile;

fuzz_target!(|data: &[u8]| {
    let now = Time(1_760_000_000_000);
    for passphrase in [None, Some("correct horse")] {
        if let Ok(file) = HandshakeFile::read(data, passphrase, now) {
            assert!(file.expires > now);
            file.key.check(now).expect("the key of a handshake that was read can be used");
        }
    }
});
