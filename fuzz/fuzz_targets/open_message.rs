//! Opening a message never panics, as it comes and within the encryption, and believes nothing that the partner did not sign.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pcfg_sync::fuzzed::open_message(data));
