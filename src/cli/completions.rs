//! `pcfg completions`: makes shells complete the command line.
//!
//! The shell asks pcfg itself at each TAB, so that names are completed, too: instances of `pcfg.toml`, kinds of objects, keys of projects.
//! Invariant: completing never asks a server and never reads a backup, because somebody waits for it; what is not known at once is not
//! offered.

use std::ffi::OsStr;

use clap::ValueEnum;
use clap_complete::CompletionCandidate;
use clap_complete::engine::{ArgValueCompleter, PathCompleter, ValueCompleter as _};
use clap_complete::env::{Bash, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use super::Status;
use super::place;
use super::place::settings::Settings;
use crate::fault::{Fault, Faults};
use crate::schema::Schema;
use crate::ui::Ui;

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// A shell that completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(clippy::enum_variant_names, reason = "that is what it is called")]
enum Shell {
    Bash,
    Elvish,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Zsh,
}

const EXAMPLES: &str = "\
Examples:
  source <(pcfg completions bash)                                       For this session of bash
  pcfg completions bash > ~/.local/share/bash-completion/completions/pcfg
  pcfg completions zsh > ~/.zfunc/_pcfg
  pcfg completions fish > ~/.config/fish/completions/pcfg.fish
  pcfg completions powershell >> $PROFILE

The shell asks `pcfg` at each TAB: files, options, instances of pcfg.toml, kinds of objects, and
the keys of the projects in an embedded instance.";

/// The variable by which the shell asks.
const VARIABLE: &str = "PCFG_COMPLETE";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let shell: &dyn EnvCompleter = match arguments.shell {
        Shell::Bash => &Bash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
    };
    let mut script = Vec::new();
    let written = shell.write_registration(VARIABLE, "pcfg", "pcfg", "pcfg", &mut script);
    written.map_err(|error| Fault::output("cannot write the completions").because(&error))?;
    ui.data(&script)?;
    Ok(Status::Fine)
}

/// Answers a shell that asks, and ends the program; returns at once if none does.
pub(super) fn answer() {
    CompleteEnv::with_factory(super::command).var(VARIABLE).bin("pcfg").complete();
}

/// Completes an instance: a name from the settings, or a file.
pub(super) fn instances() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let settings = Settings::find().ok().flatten();
        let names = settings.iter().flat_map(|own| own.instances.keys());
        let mut all = beginning(names.map(String::as_str), current);
        all.extend(PathCompleter::any().complete(current));
        all
    })
}

/// Completes the kind of an object, before a colon.
pub(super) fn kinds() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let schema = Schema::get();
        let global = schema.kinds().filter(|(_, kind)| kind.within.is_empty());
        beginning(global.map(|(_, kind)| kind.name.as_str()), current)
    })
}

/// Completes the keys of projects.
pub(super) fn keys() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let keys = place::known_keys(named().as_deref());
        beginning(keys.iter().map(String::as_str), current)
    })
}

/// Returns the instance that the unfinished command names.
fn named() -> Option<String> {
    let mut words = std::env::args().skip_while(|word| word != "--");
    words.find(|word| word == "-i" || word == "--instance").and_then(|_| words.next())
}

fn beginning<'a>(names: impl Iterator<Item = &'a str>, current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    names.filter(|name| name.starts_with(&*current)).map(CompletionCandidate::new).collect()
}
