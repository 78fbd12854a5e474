//! `pcfg import`: makes an instance equivalent to a file, with the least changes; or shows what it would do.

use std::path::PathBuf;

use clap::ValueEnum;

use super::sources::{Source, Text};
use super::{Instance, Status, files, place};
use crate::fault::{Fault, Faults};
use crate::import::{Import, prepare};
use crate::instance::Scope;
use crate::model::{Config, Problem, Severity};
use crate::plan::{Mapping, Options, Plan, Selector};
use crate::ui::{Bar, Talk, Ui, draw, plan_markdown, plan_text, plural};
use crate::{check, mapping as rows, xml};

/// Make an instance equivalent to a configuration file, with the least changes
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The configuration file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    instance: Instance,
    /// Show what would be done, and do nothing
    #[arg(long)]
    simulate: bool,
    /// How to show the plan
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Leave out a kind of object, or one object
    #[arg(long, value_name = "KIND[:NAME]", value_parser = Selector::parse)]
    skip: Vec<Selector>,
    /// Import only a kind of object, or one object, with what it needs
    #[arg(long, value_name = "KIND[:NAME]", value_parser = Selector::parse)]
    only: Vec<Selector>,
    /// A TOML file that matches objects with others, creates them under other names, or leaves them out
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Change existing users too
    #[arg(long)]
    update_users: bool,
    /// Do what can be done although something is refused
    #[arg(long)]
    partial: bool,
}

const EXAMPLES: &str = "\
Examples:
  pcfg import TST.xml --simulate               Show what would be done
  pcfg import TST.xml --simulate --format markdown > review.md
  pcfg import TST.xml --skip user --skip group  Leave users and groups as they are
  pcfg import TST.xml --map names.toml

Exit code of a simulation: 0 if there is nothing to do, 1 if there are changes, 4 if
something is refused.";

/// How to show a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
    /// For the comment of a review
    Markdown,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let file = configuration(ui, &arguments.file)?;
    let options = Options {
        skip: arguments.skip.clone(),
        only: arguments.only.clone(),
        mapping: mapping(arguments.map.as_ref())?,
        update_users: arguments.update_users,
        ..Options::default()
    };
    let mut instance = place::open(ui, arguments.instance.named())?;
    let bar = Bar::new(ui, "reading");
    let scope = Scope { usage: true, ..Scope::default() };
    let reading = instance.read(scope, &|done, all| bar.tell(done, all)).map_err(Fault::from)?;
    drop(bar);
    let facts = rows::facts(&reading.tables, &reading.snapshot);
    let import = prepare(&reading.tables, &reading.snapshot, &facts, &file, &options);
    show(ui, arguments.format, &import)?;
    proved(&import)?;
    outcome(&import.plan)
}

/// Reads a file that must be whole.
fn configuration(ui: &Ui, path: &std::path::Path) -> Result<Config, Faults> {
    let source = Source::File(path.to_owned());
    let bytes = source.read()?;
    let Text { text, root, mut problems } = Text::new(&bytes);
    for problem in root.iter().flat_map(check::check) {
        let span = problem.span.as_ref().map_or(0..0, |span| xml::spot(&text, span.start));
        problems.push(problem.at(span));
    }
    let errors: Vec<Problem> = problems.into_iter().filter(|own| own.severity == Severity::Error).collect();
    match root {
        Some(root) if errors.is_empty() => Ok(Config::new(root)),
        _ => {
            ui.shown(&draw(ui.colors_talk(), &source.name(), &text, &errors));
            let message =
                format!("cannot import `{}`: it has {}", source.name(), plural(errors.len(), "error"));
            Err(Fault::input(message).into())
        }
    }
}

fn mapping(path: Option<&PathBuf>) -> Result<Mapping, Fault> {
    let Some(path) = path else { return Ok(Mapping::default()) };
    let bytes = files::read(path)?;
    let failed = || Fault::input(format!("cannot use the mapping file `{}`", path.display()));
    let text = String::from_utf8(bytes).map_err(|error| failed().because(&error))?;
    Mapping::parse(&text).map_err(|error| failed().because(&error))
}

fn show(ui: &Ui, format: Format, import: &Import) -> Result<(), Fault> {
    let description = import.plan.describe();
    match format {
        Format::Text => {
            let unchanged = (ui.talk() == Talk::Verbose)
                .then(|| import.plan.unchanged.iter().map(ToString::to_string).collect::<Vec<_>>());
            ui.text(&plan_text(&description, unchanged.as_deref()))
        }
        Format::Json => ui.json(&Document { version: 1, plan: description }),
        Format::Markdown => ui.text(&plan_markdown(&description)),
    }
}

/// A plan for machines.
#[derive(serde::Serialize)]
struct Document {
    version: u32,
    #[serde(flatten)]
    plan: crate::plan::Description,
}

/// An import that would not lead to what the file says is a bug, and is never carried out.
fn proved(import: &Import) -> Result<(), Fault> {
    let paths = import.leftover.steps.iter().map(|step| format!("{} {}", step.object.tag(), step.identity));
    let rest: Vec<String> =
        paths.chain(import.unwritable.iter().map(|own| format!("{}: {}", own.path, own.message))).collect();
    if rest.is_empty() {
        return Ok(());
    }
    let fault =
        Fault::new(crate::fault::Kind::Bug, "the import would not make the instance equal to the file");
    Err(rest.into_iter().take(20).fold(fault, Fault::hint))
}

fn outcome(plan: &Plan) -> Result<Status, Faults> {
    match (plan.refused.is_empty(), plan.steps.is_empty()) {
        (false, _) => Ok(Status::Refused),
        (true, true) => Ok(Status::Fine),
        (true, false) => Ok(Status::Found),
    }
}
