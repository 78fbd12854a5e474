//! The `pcfg` command.

use std::process::ExitCode;

/// A tree of millions of small texts is made and dropped: this halves the time of `pcfg format` on a large file.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(pcfg::cli::main())
}
