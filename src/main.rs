//! The `pcfg` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(pcfg::cli::main())
}
