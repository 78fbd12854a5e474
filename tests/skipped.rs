//! The last lines of `cargo test`: how many tests were skipped, and for want of what.
//!
//! A program and no test: cargo runs test targets in the order of their names, and this one after `it`, which has written down
//! what it skipped (`tests/it/skip.rs`). Invariant: it counts the same run of cargo and no other.

#![allow(clippy::print_stdout, reason = "it is there to print")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test makes its own surroundings")]

#[path = "it/skip.rs"]
#[expect(dead_code, reason = "nothing is skipped here")]
mod skip;

use std::collections::{BTreeMap, BTreeSet};

fn main() {
    // A runner that asks for the tests gets none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let path = skip::told_by_this_run();
    let told = std::fs::read_to_string(&path).unwrap_or_default();
    // What other runs have left would only be in the way.
    let _cleaned = path.parent().map(std::fs::remove_dir_all);
    let lines: BTreeSet<(&str, &str)> = told.lines().filter_map(|line| line.split_once('\t')).collect();
    let tests: BTreeSet<&str> = lines.iter().map(|(_, test)| *test).collect();
    let mut needs: BTreeMap<&str, usize> = BTreeMap::new();
    lines.iter().for_each(|(need, _)| *needs.entry(need).or_default() += 1);
    match tests.len() {
        0 => println!("\nno test was skipped"),
        1 => println!("\n1 test was skipped, in whole or in part, for want of"),
        many => println!("\n{many} tests were skipped, in whole or in part, for want of"),
    }
    for (need, count) in needs {
        println!("{count:>5}  {need}");
    }
    println!();
}
