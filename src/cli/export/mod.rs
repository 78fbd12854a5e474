//! `pcfg export`: writes the configuration of projects.

pub(super) mod complete;

use std::path::PathBuf;

use clap::ValueEnum;

use super::completions;
use super::input::files;
use super::place;
use super::place::session::Recording;
use super::place::unseen;
use super::result::notes;
use super::{Instance, Status};
use crate::fault::{Fault, Faults};
use crate::instance::{Scope, Wanted};
use crate::model::{Identity, Snapshot};
use crate::output::Content;
use crate::select::{self, Boards, CustomFields, Projects, Shares, Users};
use crate::ui::Ui;
use crate::usage::Uses;
use crate::xml;

/// Write the configuration of projects, and of everything that they use, as canonical XML
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub(super) struct Arguments {
    /// Keys of the projects, or `KIND:NAME` for a single object with what it uses
    #[arg(value_name = "KEY", conflicts_with = "all", add = completions::keys())]
    keys: Vec<String>,
    /// Export all projects of the instance
    #[arg(long)]
    all: bool,
    /// The file to write; the default is standard output
    ///
    /// The file is replaced as a whole or, if the export fails, left unchanged. A file that is not a configuration,
    /// or that the command reads, is never replaced; devices and pipes are written to.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    recording: Recording,
    /// Which custom fields to export
    #[arg(long, value_enum, value_name = "WHICH", default_value = "used-ignoring-values")]
    custom_fields: FieldChoice,
    /// Which users and groups to export
    #[arg(long, value_enum, value_name = "WHICH", default_value = "full")]
    users: UserChoice,
    /// Which filters to export, in addition to those that boards and dashboards use
    #[arg(long, value_enum, value_name = "WHICH", default_value = "projects")]
    filters: ShareChoice,
    /// Which dashboards to export
    #[arg(long, value_enum, value_name = "WHICH", default_value = "projects")]
    dashboards: ShareChoice,
    /// Which Agile boards to export
    #[arg(long, value_enum, value_name = "WHICH", default_value = "projects")]
    boards: BoardChoice,
    /// Also export schemes, screens, workflows and the like that no project uses
    ///
    /// Custom fields, filters, dashboards and boards have their own options; of users and groups, those that are referred to are exported.
    #[arg(long)]
    unused: bool,
    #[command(flatten)]
    complete: complete::CompleteChoices,
}

const USAGE: &str = "\
pcfg export [OPTIONS] <KEY>...
       pcfg export [OPTIONS] --all";

const EXAMPLES: &str = "\
Examples:
  pcfg export TST -i backup.zip            Show the configuration of a project
  pcfg export TST OPS -o both.xml          Write two projects into one file
  pcfg export --all -i production          Export all projects of an instance
  pcfg export --all --unused -o all.xml    Include what no project uses
  pcfg export TST --users none             Leave out users and groups
  pcfg export 'workflow:Review'            One workflow, with its statuses, screens, fields ...
  pcfg export TST -v > /dev/null           Show everything odd in the data
  pcfg export TST --complete --no-attachments -o TST.pcfg.zip
                                           A whole project: issues, too

The same configuration always gives the same bytes, so that `git diff` shows what
changed. Exit code: 0 if the export is written, 3 if the instance cannot be read or
lacks a project, 7 if FILE cannot be written, 8 if the instance does not show everything at
the moment: try again later.";

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FieldChoice {
    /// Every field of the instance
    All,
    /// Those that the projects use, in their configuration or in an issue
    Used,
    /// Those that the configuration of the projects uses, whatever their issues hold
    UsedIgnoringValues,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum UserChoice {
    /// All that are referred to
    Full,
    /// Those that exist, users with an e-mail address, and whoever owns a filter or dashboard;
    /// references to others are left out
    IgnoreInvalid,
    /// None; references to them stay
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ShareChoice {
    /// None
    None,
    /// Those that everyone can see
    Global,
    /// Those that are shared with a chosen project or one of its roles
    Projects,
    /// Both of these
    GlobalOrProjects,
    /// All that are shared
    Shared,
    /// All
    All,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum BoardChoice {
    /// None
    None,
    /// Those whose filter names a chosen project
    Projects,
    /// All
    All,
}

impl From<FieldChoice> for CustomFields {
    fn from(choice: FieldChoice) -> Self {
        match choice {
            FieldChoice::All => Self::All,
            FieldChoice::Used => Self::Used,
            FieldChoice::UsedIgnoringValues => Self::UsedIgnoringValues,
        }
    }
}

impl From<UserChoice> for Users {
    fn from(choice: UserChoice) -> Self {
        match choice {
            UserChoice::Full => Self::Full,
            UserChoice::IgnoreInvalid => Self::IgnoreInvalid,
            UserChoice::None => Self::None,
        }
    }
}

impl From<ShareChoice> for Shares {
    fn from(choice: ShareChoice) -> Self {
        match choice {
            ShareChoice::None => Self::None,
            ShareChoice::Global => Self::Global,
            ShareChoice::Projects => Self::Projects,
            ShareChoice::GlobalOrProjects => Self::GlobalOrProjects,
            ShareChoice::Shared => Self::Shared,
            ShareChoice::All => Self::All,
        }
    }
}

impl From<BoardChoice> for Boards {
    fn from(choice: BoardChoice) -> Self {
        match choice {
            BoardChoice::None => Self::None,
            BoardChoice::Projects => Self::Projects,
            BoardChoice::All => Self::All,
        }
    }
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    if arguments.keys.is_empty() && !arguments.all {
        return Err(Fault::usage("no project is named")
            .hint("name the keys of projects, as in `pcfg export TST`, or use `--all`")
            .hint(format!(
                "{} lists them",
                super::place::called::reading(arguments.instance.named(), "instance show")
            ))
            .into());
    }
    if arguments.unused && !arguments.all {
        return Err(Fault::usage("`--unused` requires `--all`")
            .hint("objects that no project uses do not belong to a single project: export all")
            .into());
    }
    // A key has no colon.
    let (objects, keys): (Vec<String>, Vec<String>) =
        arguments.keys.iter().cloned().partition(|own| own.contains(':'));
    let options = select::Options {
        projects: if arguments.all { Projects::All } else { Projects::Keys(keys.clone()) },
        custom_fields: arguments.custom_fields.into(),
        users: arguments.users.into(),
        filters: arguments.filters.into(),
        dashboards: arguments.dashboards.into(),
        boards: arguments.boards.into(),
        unused: arguments.unused,
        alone: false,
    };
    let options = match objects.is_empty() || !keys.is_empty() {
        true => options,
        // What nobody named is not chosen.
        false => select::Options { alone: true, users: options.users, ..select::Options::nothing() },
    };
    if !objects.is_empty() && arguments.complete.is_wanted() {
        return Err(Fault::usage("`--complete` exports projects, and a single object is named")
            .hint("leave `--complete` out, or name a project")
            .into());
    }
    if let Some(output) = arguments.output.as_ref().filter(|_| arguments.complete.is_wanted()) {
        return complete::run(ui, &arguments.complete, arguments.instance.named(), (&options, output));
    }
    let output = files::output(arguments.output.as_ref(), Content::Configuration)?;
    let instance = place::open(ui, arguments.instance.named(), &arguments.recording)?;
    if let Some(output) = &output {
        // What is read is known now.
        output.check()?;
    }
    let field_values = options.custom_fields == CustomFields::Used;
    let wanted = if objects.is_empty() { Wanted::export(&options) } else { Wanted::All };
    let mut reading = instance.read(ui, Scope { field_values, ..Scope::default() }, wanted)?;
    unseen::check(ui, &reading.snapshot.unseen)?;
    let named = named(&reading.snapshot, &objects)?;
    let config = select::select_with(&mut reading.snapshot, &options, &named)?;
    let text = xml::to_string(&config);
    match &output {
        Some(output) => output.write(&|out| out.write_all(text.as_bytes()))?,
        None => ui.data(text.as_bytes())?,
    }
    notes::tell(ui, &config, &reading);
    Ok(Status::Fine)
}

/// Returns the objects that words mean; all that mean none are told at once.
fn named(snapshot: &Snapshot, words: &[String]) -> Result<Vec<Identity>, Faults> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let uses = Uses::of_snapshot(snapshot);
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for word in words {
        match uses.find(word) {
            Ok(id) => found.extend(uses.object_of(id).cloned()),
            Err(error) => faults.push(super::explain::not_found(word, error)),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(Faults(faults)) }
}
