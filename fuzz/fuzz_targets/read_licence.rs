//! Reading a licence file never panics, and a licence that is read can be asked everything at any moment.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pcfg_sync::fuzzed::read_licence(data));
