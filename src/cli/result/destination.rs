//! Where the result of a command goes: standard output, or the file that `-o` names.
//!
//! Invariant: the file is looked at before the work, and written whole or not at all.

use std::path::{Path, PathBuf};

use super::super::Status;
use crate::fault::{Fault, Faults};
use crate::output::{Content, Output};
use crate::ui::Ui;

/// Where a result goes.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct Destination {
    /// Write the result into this file; the default is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Destination {
    /// Returns the file.
    pub(in crate::cli) fn file(&self) -> Option<&Path> {
        file(self.output.as_ref())
    }
}

/// Returns the file that a path names, unless it is standard output.
pub(in crate::cli) fn file(path: Option<&PathBuf>) -> Option<&Path> {
    path.map(PathBuf::as_path).filter(|path| path.as_os_str() != "-")
}

/// Runs a command whose result goes into a file, if one is named. What a command shows that fails is written, too: a plan with refusals
/// is what somebody wants to read.
pub(in crate::cli) fn into(
    ui: &Ui,
    file: Option<&Path>,
    command: impl FnOnce(&Ui) -> Result<Status, Faults>,
) -> Result<Status, Faults> {
    let Some(file) = file else { return command(ui) };
    let output = Output::to(file, Content::Report)?;
    output.check()?;
    let ui = ui.keeping();
    let result = command(&ui);
    let kept = ui.kept();
    if result.is_err() && kept.is_empty() {
        return result;
    }
    match (output.write(&|out| out.write_all(&kept)), result) {
        (Ok(()), result) => result,
        (Err(error), Ok(_)) => Err(Fault::from(error).into()),
        (Err(error), Err(mut faults)) => {
            faults.0.push(error.into());
            Err(faults)
        }
    }
}
