//! Tests of pcfg as a whole, on small data of its own (`testdata/`) and, where it exists, on data of real Jiras.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail loudly")]

mod backups;
mod command;
mod documents;
mod fields;
mod grants;
mod jql;
mod laws;
mod people;
mod real_data;
mod sharing;
mod workflows;
