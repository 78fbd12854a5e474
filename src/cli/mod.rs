//! The command line: what the user typed, and which functions that means, in which order.
//!
//! One file or folder for each command, and four folders for what commands share: `place` (which instance, how it is reached), `input`
//! (what else is read), `change` (what all do that change an instance), `result` (where the result goes). Invariant: nothing here knows how anything is done, and every way to end a command is an
//! exit code of `docs/exit-codes.md`.

mod apply;
mod change;
mod completions;
mod diff;
mod drift;
mod explain;
mod export;
mod format;
mod git;
mod graph;
#[cfg(test)]
mod growth_tests;
mod help;
mod history;
mod import;
mod init;
mod input;
mod instance;
mod interruption;
mod issue;
mod man;
mod merge;
mod place;
mod prune;
mod result;
mod resume;
mod schema;
#[cfg(feature = "sync")]
mod sync;
mod undo;
mod validate;

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::{Path, PathBuf};

use crate::fault::{Fault, Faults, Kind};
use crate::ui::{Talk, Ui, hide};
use clap::{
    Arg, ArgAction, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
    ValueHint,
};

/// Treat the configuration of a Jira project as code
///
/// pcfg writes the configuration of Jira projects - schemes, workflows, screens, fields, filters, boards, and everything
/// that these use - as one canonical XML file, made for git: the same configuration always gives the same bytes.
#[derive(Debug, Parser)]
#[command(
    name = "pcfg",
    version = VERSION,
    after_help = EXAMPLES,
    propagate_version = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
struct Arguments {
    /// Print errors only
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        overrides_with = "quiet",
        help_heading = "Global options"
    )]
    quiet: bool,
    /// Print all details
    #[arg(short, long, global = true, overrides_with = "verbose", help_heading = "Global options")]
    verbose: bool,
    /// When to use colours; NO_COLOR is respected
    #[arg(long, global = true, value_name = "WHEN", default_value_t, help_heading = "Global options")]
    color: ColorChoice,
    /// Go into this folder first, as `git -C` does; all paths are seen from there
    #[arg(short = 'C', global = true, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Global options")]
    folders: Vec<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  pcfg init                               Begin to keep projects in a git repository
  pcfg instance show -i backup.zip        See which projects a backup of Jira holds
  pcfg export TST -i backup.zip -o TST.xml
  pcfg diff HEAD~1:TST.xml TST.xml        See what changed, object by object
  pcfg validate TST.xml                   Find mistakes made by hand
  pcfg import TST.xml --simulate          See what would change in an instance
  pcfg format --check .                   Keep files canonical, in a CI job

`pcfg help COMMAND` explains a command, with examples. `pcfg help topics` lists what else there is to read:
exit codes, what an export contains, mapping files, how to sign in ...";

/// The version, with the commit that it was built from as far as that is known.
const VERSION: &str = env!("PCFG_VERSION");

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Export(export::Arguments),
    Diff(diff::Arguments),
    Drift(drift::Arguments),
    Graph(graph::Arguments),
    Import(Box<import::Arguments>),
    Apply(apply::Arguments),
    History(history::Arguments),
    Undo(undo::Arguments),
    Prune(prune::Arguments),
    Resume(resume::Arguments),
    Validate(validate::Arguments),
    Format(format::Arguments),
    Explain(explain::Arguments),
    Merge(merge::Arguments),
    Git(git::Arguments),
    Instance(instance::Arguments),
    Issue(issue::Arguments),
    #[cfg(feature = "sync")]
    Sync(Box<sync::Arguments>),
    Schema(schema::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
    Help(help::Arguments),
}

impl Command {
    /// Returns the file that the result goes into; nothing if it is shown, or the command writes its file itself.
    fn file(&self) -> Option<&Path> {
        match self {
            Self::Diff(own) => own.destination.file(),
            Self::Drift(own) => own.destination.file(),
            Self::Explain(own) => own.destination.file(),
            Self::History(own) => own.destination.file(),
            Self::Import(own) => own.report(),
            Self::Instance(own) => own.file(),
            Self::Issue(own) => own.file(),
            Self::Prune(own) => own.report(),
            Self::Schema(own) => own.destination.file(),
            Self::Validate(own) => own.destination.file(),
            _ => None,
        }
    }

    fn run(&self, ui: &Ui) -> Result<Status, Faults> {
        match self {
            Self::Init(own) => init::run(ui, own),
            Self::Export(own) => export::run(ui, own),
            Self::Diff(own) => diff::run(ui, own),
            Self::Drift(own) => drift::run(ui, own),
            Self::Graph(own) => graph::run(ui, own),
            Self::Import(own) => import::run(ui, own),
            Self::Apply(own) => apply::run(ui, own),
            Self::History(own) => history::run(ui, own),
            Self::Undo(own) => undo::run(ui, own),
            Self::Prune(own) => prune::run(ui, own),
            Self::Resume(own) => resume::run(ui, own),
            Self::Validate(own) => validate::run(ui, own),
            Self::Format(own) => format::run(ui, own),
            Self::Explain(own) => explain::run(ui, own),
            Self::Git(own) => git::run(ui, own),
            Self::Merge(own) => merge::run(ui, own),
            Self::Instance(own) => instance::run(ui, own),
            Self::Issue(own) => issue::run(ui, own),
            #[cfg(feature = "sync")]
            Self::Sync(own) => sync::run(ui, own),
            Self::Schema(own) => schema::run(ui, own),
            Self::Completions(own) => completions::run(ui, own),
            Self::Man(own) => man::run(ui, own),
            Self::Help(own) => help::run(ui, own),
        }
    }
}

/// The environment variable that names the instance.
const VARIABLE: &str = "PCFG_INSTANCE";

/// The instance that a command reads.
#[derive(Debug, clap::Args)]
struct Instance {
    /// The instance: an XML backup (.zip or .xml), an embedded instance (.sqlite), Jira's database (postgres://...), a
    /// live Jira (https://...), or a name from pcfg.toml
    ///
    /// Without this option, the default in pcfg.toml is used (in the current folder or the nearest one above it).
    /// Without a pcfg.toml, it is the embedded instance in your data directory, which the first export creates. A
    /// name takes precedence over a file of that name: `./NAME` is always the file.
    #[arg(short, long = "instance", value_name = "INSTANCE", env = VARIABLE, hide_env_values = true, add = completions::instances())]
    instance: Option<String>,
}

impl Instance {
    /// Returns the instance as the user named it.
    fn named(&self) -> Option<&str> {
        self.instance.as_deref()
    }

    /// Returns whether the user named it in this command, and not the environment.
    fn is_typed(&self) -> bool {
        #[allow(clippy::disallowed_methods, reason = "this is the command line")]
        let variable = std::env::var(VARIABLE).ok();
        self.named().is_some_and(|named| Some(named) != variable.as_deref())
    }
}

/// How long to wait for others.
#[derive(Debug, clap::Args)]
struct Waiting {
    /// How many seconds to wait while somebody else writes into the instance
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

impl Waiting {
    fn most(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.wait)
    }
}

/// How to show a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For machines: one document, described in docs/json.md
    Json,
}

/// How a command ended that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// All is well.
    Fine,
    /// It found something to complain about, and said what.
    Found,
    /// It did not do something, and said why.
    Refused,
}

impl Status {
    /// Returns how a command ended of which this was the first part.
    fn or(self, second: Self) -> Self {
        if self == Self::Fine { second } else { self }
    }
}

/// Runs the command that was typed; returns the exit code.
pub fn main() -> u8 {
    panic::set_hook(Box::new(report_bug));
    guarded(|| {
        completions::answer();
        interruption::prepare();
        #[allow(clippy::disallowed_methods, reason = "this is the command line")]
        let variable = std::env::var_os(VARIABLE);
        let words = std::env::args_os().skip(1).chain(variable);
        hide(words.map(|word| word.to_string_lossy().into_owned()));
        match parsed(std::env::args_os()) {
            Ok(arguments) => run(&arguments),
            Err(error) if error.use_stderr() => {
                Ui::new(Talk::Normal, ColorChoice::Auto).shown(&error.render().ansi().to_string());
                error.exit_code() as u8
            }
            Err(error) => {
                let printed = error.print();
                let ui = Ui::new(Talk::Normal, ColorChoice::Auto);
                match Ui::printed(printed) {
                    Err(fault) => failed(&ui, &Faults::from(fault)),
                    Ok(()) => error.exit_code() as u8,
                }
            }
        }
    })
}

/// Returns the command line that pcfg understands: what is declared, and `--json` wherever there is `--format json`.
fn command() -> clap::Command {
    fn with_json(command: clap::Command) -> clap::Command {
        let command = command.mut_subcommands(with_json);
        let is_json = |own: &Arg| {
            own.get_id() == "format"
                && own.get_possible_values().iter().any(|value| value.get_name() == "json")
        };
        if !command.get_arguments().any(is_json) {
            return command;
        }
        let json = Arg::new("json").long("json").action(ArgAction::SetTrue).conflicts_with("format");
        command.arg(json.help("The same as `--format json`").help_heading(None::<&str>))
    }
    with_json(Arguments::command())
}

/// Understands a command line.
fn parsed(words: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let mut words = spelled_out(words);
    // `pcfg git help install` is `pcfg help git install`.
    if let [_, first, second, ..] = &words[..]
        && second == "help"
        && first.to_str().and_then(|own| command().find_subcommand(own).map(clap::Command::has_subcommands))
            == Some(true)
    {
        words.swap(1, 2);
    }
    let options = words.iter().take_while(|word| *word != "--").count();
    if words[..options].iter().any(|word| word == "--json") {
        // Where it may not stand, it is named as it was typed.
        command().try_get_matches_from(&words)?;
        words[..options]
            .iter_mut()
            .filter(|word| *word == "--json")
            .for_each(|word| *word = "--format=json".into());
    }
    let mut command = command();
    let mut matches = command.try_get_matches_from_mut(&words)?;
    if let Some(option) = result::by_name::option(&command, &matches) {
        let option =
            option.map_err(|message| command.error(clap::error::ErrorKind::InvalidValue, message))?;
        words.insert(options, option);
        matches = command.try_get_matches_from_mut(words)?;
    }
    Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Spells out what people know of git: `--color` alone, which is `--color=always`, and `--no-color`.
fn spelled_out(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words = words.into_iter().peekable();
    let mut result = Vec::new();
    let mut are_options = true;
    while let Some(word) = words.next() {
        are_options &= word != "--";
        let next = words.peek().and_then(|next| next.to_str());
        let has_value = next.is_some_and(|next| ColorChoice::from_str(next, true).is_ok());
        match word.to_str() {
            Some("--color") if are_options && !has_value => result.push("--color=always".into()),
            Some("--no-color") if are_options => result.push("--color=never".into()),
            _ => result.push(word),
        }
    }
    result
}

fn run(arguments: &Arguments) -> u8 {
    let talk = match arguments {
        Arguments { quiet: true, .. } => Talk::Quiet,
        Arguments { verbose: true, .. } => Talk::Verbose,
        _ => Talk::Normal,
    };
    let ui = Ui::new(talk, arguments.color);
    let result = place::called::go_into(&arguments.folders).map_err(Faults::from);
    let result = result.and_then(|()| {
        result::destination::into(&ui, arguments.command.file(), |ui| arguments.command.run(ui))
    });
    match result {
        Ok(Status::Fine) => 0,
        Ok(Status::Found) => Kind::Found.code(),
        Ok(Status::Refused) => Kind::Refused.code(),
        Err(faults) => failed(&ui, &faults),
    }
}

/// Tells what stopped a command; returns the exit code.
fn failed(ui: &Ui, faults: &Faults) -> u8 {
    ui.faults(faults);
    faults.0.iter().map(|fault| fault.kind.code()).max().unwrap_or(Kind::Bug.code())
}

/// Runs a command; a panic in it is a bug, with an exit code like any other end.
fn guarded(command: impl FnOnce() -> u8) -> u8 {
    panic::catch_unwind(AssertUnwindSafe(command)).unwrap_or(Kind::Bug.code())
}

/// Says that pcfg is wrong, not the user.
fn report_bug(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map_or_else(String::new, |place| format!(" ({place})"));
    let fault = Fault::new(Kind::Bug, format!("this is a bug in pcfg {VERSION}: {message}{place}"))
        .hint("report it, with the command that you typed and, if you can, the file that it read");
    Ui::new(Talk::Normal, ColorChoice::Auto).faults(&Faults::from(fault));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_command_teaches_by_examples() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Examples:\n  "), "{}", command.get_name());
            for inner in command.get_subcommands() {
                check(inner);
            }
        }
        check(&command());
    }

    #[test]
    fn color_alone_is_always_as_of_git() {
        let spelled = |line: &str| {
            let words = spelled_out(line.split(' ').map(OsString::from));
            words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(spelled("pcfg diff --color a"), "pcfg diff --color=always a");
        assert_eq!(spelled("pcfg diff --color"), "pcfg diff --color=always");
        assert_eq!(spelled("pcfg diff --color never a"), "pcfg diff --color never a");
        assert_eq!(spelled("pcfg diff --no-color -- --color"), "pcfg diff --color=never -- --color");
    }

    #[test]
    fn json_is_a_format_where_there_is_that_format() {
        let of = |line: &str| parsed(line.split(' ').map(OsString::from)).map_err(|error| error.to_string());
        let Command::Validate(short) = of("pcfg validate --json a.xml").unwrap().command else {
            panic!("validate")
        };
        assert!(format!("{short:?}").contains("format: Json"), "{short:?}");
        let error = of("pcfg export TST --json").unwrap_err();
        assert!(error.contains("'--json'") && !error.contains("--format"), "{error}");
        assert!(of("pcfg validate --json --format text a.xml").is_err());
        assert!(of("pcfg validate -- --json").is_ok());
    }

    #[test]
    fn a_panic_has_an_exit_code() {
        assert_eq!(guarded(|| 3), 3);
        assert_eq!(guarded(|| panic!("a test of the panic hook")), 70);
    }
}
