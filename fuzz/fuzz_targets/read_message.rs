//! Reading an envelope never panics, and what is read says the same when it is written and read again.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pcfg_sync::fuzzed::read_message(data));
