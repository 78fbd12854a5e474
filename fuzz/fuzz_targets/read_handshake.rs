//! Reading a handshake file never panics, and of one that is read the key can be used and the time is not over.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pcfg_sync::fuzzed::read_handshake(data));
