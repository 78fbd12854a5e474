//! `pcfg man`: writes the manual.

use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::{Status, files};
use crate::fault::{Fault, Faults};
use crate::ui::{Ui, plural};

/// Print the manual page, or write the pages of all commands
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A folder for the pages of all commands; without it the main page goes to standard output
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  pcfg man | man -l -                     Read the main page
  pcfg man ~/.local/share/man/man1        Install all pages";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let mut command = super::Arguments::command();
    command.build();
    let Some(folder) = &arguments.folder else {
        ui.data(&page(command))?;
        return Ok(Status::Fine);
    };
    std::fs::create_dir_all(folder).map_err(|error| {
        Fault::output(format!("cannot create the folder `{}`", folder.display())).because(&error)
    })?;
    let mut count = 0;
    write(folder, command, &mut count)?;
    ui.note(&format!("{} written", plural(count, "page")));
    Ok(Status::Fine)
}

/// Writes the pages of a command and of those in it.
fn write(folder: &Path, command: Command, count: &mut usize) -> Result<(), Fault> {
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        write(folder, inner.clone(), count)?;
    }
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    files::replace(&folder.join(format!("{name}.1")), &page(command))?;
    *count += 1;
    Ok(())
}

fn page(command: Command) -> Vec<u8> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page).expect("writing to memory does not fail");
    page
}
