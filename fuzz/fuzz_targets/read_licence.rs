//! Reading a licence file never panics, and a licence that is read can be asked everything at any moment.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcfg_sync::Time;
use pcfg_sync::licence::Licence;

fuzz_target!(|data: &[u8]| {
    let Ok(licence) = Licence::read(data) else { return };
    assert!(licence.endpoints <= 1_000_000 && !licence.holder.is_empty());
    let day = licence.expires.to_string();
    assert_eq!(day.parse(), Ok(licence.expires));
    for now in [i64::MIN / 2, 0, i64::MAX / 2] {
        assert_eq!(licence.is_expired(Time(now)), licence.expires.left(Time(now)) < 0);
    }
});
