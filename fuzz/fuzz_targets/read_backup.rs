//! The readers of `entities.xml` and `activeobjects.xml` never panic, and where chunks end makes no difference.
//!
//! The input is both files, with a zero byte between them.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use pcfg::instance::{Reading, Scope, read_bytes};

/// What can be compared of a reading.
fn outline(result: Result<Reading, String>) -> String {
    match result {
        Ok(reading) => {
            let snapshot = reading.snapshot;
            let pairs = snapshot.fields_with_values.iter();
            let fields: BTreeSet<_> =
                pairs.flat_map(|(key, fields)| fields.iter().map(move |field| (key, field))).collect();
            format!(
                "{:?} {:?} {:?} {fields:?} {:?} {:?}",
                reading.version, reading.rows, reading.warnings, snapshot.objects, snapshot.notes
            )
        }
        Err(error) => error,
    }
}

fuzz_target!(|data: &[u8]| {
    let mut files = data.splitn(2, |byte| *byte == 0);
    let entities = files.next().unwrap_or_default();
    let active_objects = files.next();
    let read = |chunk| outline(read_bytes(entities, active_objects, Scope { field_values: true }, chunk));
    let whole = read(1 << 20);
    assert_eq!(read(7), whole);
});
