//! `pcfg git`: makes git compare and merge configurations object by object, and check what is committed.
//!
//! Invariant: whatever pcfg cannot do, git does as it always did: where pcfg is missing, or a file is no configuration or
//! broken, files are compared and merged as text.

mod attributes;
pub(super) mod call;
mod diff_driver;
mod hook;
mod install;
mod merge_driver;
mod textconv;

pub(super) use self::attributes::{Attributes, with_pattern as attributes_with};
pub(super) use self::install::drivers as install_drivers;
use super::Status;
use crate::fault::Faults;
use crate::ui::Ui;

/// Make git compare and merge configurations object by object
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  pcfg git install                            Set up the repository of the current folder
  pcfg git install --pattern 'config/*.xml' --hook
  git diff, git log -p, git merge ...         Now show objects
  pcfg git uninstall                          As it was before";

#[derive(Debug, clap::Subcommand)]
enum Command {
    Install(install::InstallArguments),
    Uninstall(install::UninstallArguments),
    Hook(hook::Arguments),
    MergeDriver(merge_driver::Arguments),
    DiffDriver(diff_driver::Arguments),
    Textconv(textconv::Arguments),
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    match &arguments.command {
        Command::Install(arguments) => install::install(ui, arguments),
        Command::Uninstall(arguments) => install::uninstall(ui, arguments),
        Command::Hook(arguments) => hook::run(ui, arguments),
        Command::MergeDriver(arguments) => merge_driver::run(ui, arguments),
        Command::DiffDriver(arguments) => diff_driver::run(ui, arguments),
        Command::Textconv(arguments) => textconv::run(ui, arguments),
    }
}
