//! Tests of the server: what it answers, and that it fails as it is told to.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod asking;
mod serving;
