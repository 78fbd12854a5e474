//! Reading a configuration never panics, and what can be read without an error is a fixed point of writing and
//! reading.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcfg::model::{Config, Severity};
use pcfg::{check, xml};

fuzz_target!(|data: &[u8]| {
    let (text, problems) = xml::decode(data);
    let document = xml::read(&text);
    let Some(root) = document.root else { return };
    drop(check::check(&root));
    if problems.iter().chain(&document.problems).any(|problem| problem.severity == Severity::Error) {
        return;
    }
    let config = Config::new(root);
    let written = xml::to_string(&config);
    let again = xml::read(&written);
    assert_eq!(again.problems, Vec::new(), "what pcfg writes has no problems");
    let again = Config::new(again.root.expect("what pcfg writes has a root"));
    assert_eq!(again, config);
    assert_eq!(xml::to_string(&again), written);
});
