//! Tests of the server: what it answers, and that it fails as it is told to.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(clippy::disallowed_methods, reason = "a test makes its own surroundings")]

mod asking;
mod crawl;
mod described;
mod recorded;
mod serving;
#[path = "../../../it/skip.rs"]
#[expect(dead_code, reason = "real data is all that is needed here")]
mod skip;
mod writing;
