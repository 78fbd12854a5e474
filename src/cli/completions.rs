//! `pcfg completions`: makes shells complete the command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Status;
use crate::fault::Faults;
use crate::ui::Ui;

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  source <(pcfg completions bash)                                       For this session of bash
  pcfg completions bash > ~/.local/share/bash-completion/completions/pcfg
  pcfg completions zsh > ~/.zfunc/_pcfg
  pcfg completions fish > ~/.config/fish/completions/pcfg.fish";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "pcfg", &mut script);
    ui.data(&script)?;
    Ok(Status::Fine)
}
