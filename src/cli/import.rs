//! `pcfg import`: makes an instance equivalent to a file, with the least changes; or shows what it would do.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::bound;
use super::called::Called;
use super::change::{self, Deed, Manner};
use super::proof::{check as check_proof, paths, refused};
use super::session::{Opened, Recording};
use super::sources::{Source, Text};
use super::{Instance, Status, files, left, place, unseen, unused, who};
use crate::fault::{Fault, Faults, Kind};
use crate::graph::Categories;
use crate::import::{File, Import, Proved, SavedPlan, sha256};
use crate::instance::{Backup, Embedded, Location, Reading, RewriteError, Wanted, shell_word};
use crate::model::{Config, Element, Identity, Problem, Snapshot};
use crate::output::{Content, Output};
use crate::plan::{Mapping, Options, Selector};
use crate::schema::Schema;
use crate::ui::{Part, Phases, Report, Talk, Ui, draw, html_report, plan_markdown, plan_text, plural};
use crate::{check, xml};

/// Make an instance equivalent to a configuration file, with the least changes
///
/// Every object in the file is matched with the instance by identity - mostly by name - and only differences are
/// written. What the file does not mention stays as it is. The plan is shown first: `+` is new, `~` is changed, `-` is removed, `!` is
/// refused. If anything is refused, nothing is done. All changes are made in one transaction, and `pcfg undo` reverts them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The configuration file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    recording: Recording,
    /// Show what would be changed, and change nothing
    #[arg(long, conflicts_with_all = ["yes", "new_backup"])]
    simulate: bool,
    /// With --simulate, exit with 1 if there is something to do
    #[arg(long, requires = "simulate")]
    exit_code: bool,
    /// How to show the plan
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Save the plan in a file, for `pcfg apply`
    #[arg(long, value_name = "PLAN", requires = "simulate")]
    out: Option<PathBuf>,
    /// Write the changed backup into a new file, for Jira to restore; the instance must be a backup
    #[arg(short = 'o', long, value_name = "BACKUP")]
    new_backup: Option<PathBuf>,
    #[command(flatten)]
    manner: Manner,
    /// Apply what can be applied even if something is refused
    #[arg(long)]
    partial: bool,
    #[command(flatten)]
    choices: Choices,
}

/// What to import, and as what.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to import")]
struct Choices {
    /// Leave out a kind of object, or one object
    #[arg(long, value_name = "KIND[:NAME]", value_parser = Selector::parse)]
    skip: Vec<Selector>,
    /// Import only a kind of object, or one object, with what it needs
    #[arg(long, value_name = "KIND[:NAME]", value_parser = Selector::parse)]
    only: Vec<Selector>,
    /// A TOML file that matches objects with others, creates or renames them, or leaves them out
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Also change existing users and the members of existing groups
    ///
    /// The default is `update-users` of the instance in pcfg.toml, or else `false`.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    update_users: Option<bool>,
    /// Create the projects that contexts and shares name and that neither the file nor the instance has
    #[arg(long)]
    create_extra_projects: bool,
    /// Match contexts of custom fields by the projects they apply to; other projects keep theirs
    #[arg(long)]
    smart_contexts: bool,
    /// Publish the drafts of the file: they replace the workflows and workflow schemes they were made from
    #[arg(long)]
    publish_drafts: bool,
}

impl Choices {
    /// Returns them as the planner takes them; what is not chosen is as the settings have it for the instance.
    fn options(&self, instance: Option<&str>) -> Result<Options, Fault> {
        let update_users = match self.update_users {
            Some(chosen) => chosen,
            None => place::updates_users(instance)?,
        };
        Ok(Options {
            skip: self.skip.clone(),
            only: self.only.clone(),
            mapping: mapping(self.map.as_ref())?,
            update_users,
            create_extra_projects: self.create_extra_projects,
            smart_contexts: self.smart_contexts,
            publish_drafts: self.publish_drafts,
        })
    }
}

const EXAMPLES: &str = "\
Examples:
  pcfg import TST.xml --simulate               See what would change
  pcfg import TST.xml                          See it, confirm it, change it
  pcfg import TST.xml --yes                    Change it without confirmation, in a script
  pcfg undo                                    Undo the last import
  pcfg import TST.xml -i backup.zip -o new.zip Write a changed backup, for Jira to restore
  pcfg import TST.xml --simulate --format markdown > review.md
  pcfg import TST.xml --simulate --format html > review.html
  pcfg import TST.xml --simulate --out plan.json && pcfg apply plan.json
  pcfg import TST.xml --skip user --skip group Leave users and groups as they are
  pcfg import TST.xml --only workflow:Review   One workflow, and what it needs
  pcfg import TST.xml --map names.toml         Where the instance has other names
  pcfg import TST.xml --smart-contexts         Leave the contexts of other projects alone

A mapping file names a kind, then objects of the file and what they are in the instance:

  [status]
  \"Done\" = { match = \"Closed\" }
  \"Review\" = { create = \"Code Review\" }
  \"Ready\" = { rename = \"To Do\" }         To Do of the instance gets the name Ready

  [customField]
  \"Severity\" = \"skip\"

And which status issues get if their workflow loses theirs, by workflow and issue type:

  [statusMigration.\"My workflow\".Bug]
  \"In QA\" = \"Open\"

And which issue type issues get if their project loses theirs, for all projects or for one:

  [typeMigration]
  \"Defect\" = \"Bug\"
  [typeMigration.DEMO]
  \"Defect\" = \"Task\"

Exit code: 0 if it is done or there is nothing to do, 4 if something is refused, 5 if somebody
else changes the instance. With --simulate: 0 with or without changes; with --exit-code 1 if
there are changes; 4 if something is refused.";

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
    /// For a browser: one page that needs nothing else
    Html,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let (stamp, file) = configuration(ui, &arguments.file)?;
    let options = arguments.choices.options(arguments.instance.named())?;
    let location = place::existing(arguments.instance.named())?;
    let output = check_place(arguments, &location)?;
    if arguments.simulate {
        return simulate(ui, arguments, (&location, output), (&stamp, &file), &options);
    }
    if arguments.recording.is_wanted() {
        return Err(Fault::usage("`--record` requires `--simulate`")
            .hint("nothing is recorded of an instance that is changed")
            .into());
    }
    match (output, location.path()) {
        (Some(output), Some(path)) => rewrite(ui, arguments, (path, output), &file, &options),
        _ => carry_out(ui, arguments, &location, (&stamp, &file), &options),
    }
}

/// Refuses what the place of the instance cannot do, before any work; returns the file that is to be written.
fn check_place(arguments: &Arguments, location: &Location) -> Result<Option<Output>, Fault> {
    let backup = location.path().filter(|path| !Embedded::is_at(path));
    if let Some(new) = &arguments.new_backup {
        if backup.is_none() {
            return Err(Fault::usage(format!(
                "`-o` works only when the instance is a backup, and `{location}` is not"
            ))
            .hint("leave `-o` out to change the instance itself"));
        }
        return Ok(Some(Output::to(new, Content::Backup)?));
    }
    let plan = arguments.out.as_ref().map(|out| Output::to(out, Content::Plan)).transpose()?;
    if !arguments.simulate && backup.is_some() {
        return Err(Fault::usage(format!("`{location}` is a backup; nothing is changed in it"))
            .hint("see what would be changed: `--simulate`")
            .hint("write a new backup with the changes, for Jira to restore: `-o changed.zip`")
            .hint(format!(
                "or load it into an instance that can be changed: `pcfg instance load {}`",
                shell_word(&location.to_string())
            )));
    }
    if !arguments.simulate {
        change::check_offline(location, arguments.manner.offline)
            .map_err(|fault| fault.hint("or see what would be changed: `--simulate`"))?;
    }
    // It holds what the configuration holds, and rows of people with it.
    Ok(plan.map(Output::private))
}

fn plan(ui: &Ui, reading: &Reading, file: &Config, options: &Options) -> Import {
    let import = change::prepared(ui, reading, file, options);
    reading.untried().iter().for_each(|warning| ui.warning(warning));
    unused::warn(ui, file, options, &import.plan);
    import
}

fn simulate(
    ui: &Ui,
    arguments: &Arguments,
    (location, output): (&Location, Option<Output>),
    (stamp, file): (&File, &Config),
    options: &Options,
) -> Result<Status, Faults> {
    let instance = Opened::new(ui, location, &arguments.recording)?;
    let called = Called::new(arguments.instance.named(), location);
    if let Some(output) = &output {
        output.check()?;
    }
    let reading = instance.read(ui, change::WHOLE, Wanted::All)?;
    unseen::tell(ui, &reading.snapshot.unseen);
    let mut import = plan(ui, &reading, file, options);
    show(ui, arguments, location, &categories(&reading.snapshot, file), &import)?;
    check_proof(&import, &called)?;
    let is_refused = !import.plan.refused.is_empty() && !arguments.partial;
    if let (Some(output), Some(out)) = (&output, &arguments.out) {
        if is_refused {
            return Err(refused(&import.plan, &called, "no plan is saved").into());
        }
        let target = bound::target(location, &reading);
        let saved = SavedPlan::new(&import, stamp.clone(), target, reading.place(), &reading.snapshot)
            .leaving(left::by(&mut import, file));
        let text = saved.text();
        super::apply::is_true(&text, &reading)?;
        output.write(&|out| out.write_all(text.as_bytes()))?;
        let apply = format!("pcfg apply {}", shell_word(&out.display().to_string()));
        let offline = match location {
            Location::Database(_) | Location::Doors(_) => " --offline",
            _ => "",
        };
        ui.note(&format!("saved the plan; `{apply}{offline}` applies it to {}", called.title()));
    }
    let has_changes = !import.plan.steps.is_empty();
    Ok(match ended(&import) {
        Status::Fine if has_changes && arguments.exit_code => Status::Found,
        status => status,
    })
}

/// Shows the plan of an import that is to be carried out; returns what is to be done, if there is anything.
fn go_ahead(
    ui: &Ui,
    arguments: &Arguments,
    location: &Location,
    categories: &Categories,
    import: &mut Import,
) -> Result<Option<Proved>, Faults> {
    show(ui, arguments, location, categories, import)?;
    let called = Called::new(arguments.instance.named(), location);
    if !import.plan.refused.is_empty() && !arguments.partial {
        return Err(refused(&import.plan, &called, "nothing was changed").into());
    }
    check_proof(import, &called)?;
    Ok(if import.plan.steps.is_empty() { None } else { import.proved() })
}

/// Returns how an import ended of which all was done that can be done.
fn ended(import: &Import) -> Status {
    if import.plan.refused.is_empty() { Status::Fine } else { Status::Refused }
}

fn carry_out(
    ui: &Ui,
    arguments: &Arguments,
    location: &Location,
    (stamp, file): (&File, &Config),
    options: &Options,
) -> Result<Status, Faults> {
    /// How often to plan anew when others are quicker.
    const MOST: usize = 10;
    change::tell_door(ui, location);
    let mut instance = crate::instance::open_writable(location).map_err(Fault::from)?;
    let called = Called::new(arguments.instance.named(), location);
    let Manner { yes, waiting, .. } = &arguments.manner;
    let mut attempt = 1;
    let (import, run, id) = loop {
        let reading = change::read_for_file(ui, instance.as_mut(), &left::options(file))?;
        let mut import = plan(ui, &reading, file, options);
        let categories = categories(&reading.snapshot, file);
        let left = left::by(&mut import, file);
        drop(reading);
        let Some(proved) = go_ahead(ui, arguments, location, &categories, &mut import)? else {
            // What differs all the same is no later change.
            if import.plan.refused.is_empty()
                && !left.is_empty()
                && left::of(&instance.history().map_err(Fault::from)?, file).as_ref() != Some(&left)
                && let Some(nothing) = import.proved()
            {
                let run = left::noted(change::run(Some(stamp), &nothing), &left);
                change::apply(ui, instance.as_mut(), waiting.most(), &nothing, &run)?;
            }
            return Ok(ended(&import));
        };
        change::confirm(ui, &arguments.manner, (Deed::Import, &called), &proved.plan().counts)?;
        let run = left::noted(change::run(Some(stamp), &proved), &left);
        match change::apply(ui, instance.as_mut(), waiting.most(), &proved, &run) {
            Ok(id) => break (import, run, id),
            // Who was asked has agreed to another plan.
            Err(fault) if *yes && fault.kind == Kind::Changed && attempt < MOST => {
                ui.note(&format!("{}; planning anew", fault.message));
                attempt += 1;
            }
            Err(fault) => return Err(fault.into()),
        }
    };
    ui.note(&change::applied(id, &run.result, &called));
    Ok(ended(&import))
}

/// Reads an instance back and plans again; returns what is still to do, which should be nothing.
fn prepare_again(
    ui: &Ui,
    instance: &mut dyn crate::instance::Instance,
    (file, import): (&Config, &Import),
    options: &Options,
) -> Result<Vec<String>, Fault> {
    let reading = change::read(ui, instance)?;
    let phases = Phases::new(ui, reading.snapshot.objects.len());
    phases.begin("planning again, as a proof of what was written");
    let again = crate::plan::plan(&reading.snapshot, &reading.facts(), file, options);
    let mut left = paths(&again.beside(&import.plan.refused));
    left.extend(reading.place().unmoved(&import.plan.moves));
    Ok(left)
}

/// Writes a new backup with the changes.
fn rewrite(
    ui: &Ui,
    arguments: &Arguments,
    (path, output): (&Path, Output),
    file: &Config,
    options: &Options,
) -> Result<Status, Faults> {
    let mut backup = Backup::open(path).map_err(Fault::from)?;
    let new = output.path().to_owned();
    let failed = |error: RewriteError| match error {
        RewriteError::Read(error) => Fault::from(error),
        error @ RewriteError::Form { .. } => Fault::usage(format!("`{}` cannot be a backup", new.display()))
            .because(&error)
            .hint(format!("name a zip archive: `-o {}`", new.with_extension("zip").display())),
        error => Fault::output(format!("cannot write `{}`", new.display())).because(&error),
    };
    let output = output.as_private_as(backup.file()).map_err(|error| {
        Fault::input(format!("cannot read `{}`", backup.file().display())).because(&error)
    })?;
    // What is read is known now.
    output.check()?;
    let form = backup.form_for(&new).map_err(failed)?;
    let reading = change::read(ui, &mut backup)?;
    let mut import = plan(ui, &reading, file, options);
    let categories = categories(&reading.snapshot, file);
    // Who restores the new backup should know what it has from the old one.
    let untried = reading.untried();
    let odd = reading.warnings.iter().filter(|warning| Some(*warning) != untried.as_ref());
    odd.for_each(|warning| ui.warning(warning));
    drop(reading);
    let Some(proved) = go_ahead(ui, arguments, &path.into(), &categories, &mut import)? else {
        ui.note("no new backup is written: it would be the same");
        return Ok(ended(&import));
    };
    output.make(|to, at| -> Result<(), Faults> {
        {
            let length = backup.file().metadata().map_or(0, |file| file.len());
            let phases = Phases::of_bytes(ui, usize::try_from(length).unwrap_or(usize::MAX));
            phases.begin("writing the new backup");
            backup.carry_out(&proved, &who::who().since, form, to).map_err(failed)?;
        }
        let mut written = Backup::open(at).map_err(Fault::from)?;
        let again = prepare_again(ui, &mut written, (file, &import), options)?;
        if again.is_empty() {
            return Ok(());
        }
        let message =
            format!("the new backup would not be equal to the file; `{}` is not written", new.display());
        let mut fault = Fault::new(Kind::Bug, message);
        fault.causes = again;
        Err(fault.into())
    })?;
    let done = change::done(&import.plan.describe().counts);
    ui.note(&format!("wrote `{}`: {done}", new.display()));
    Ok(ended(&import))
}

/// Reads a file that must be whole.
fn configuration(ui: &Ui, path: &Path) -> Result<(File, Config), Faults> {
    let source = if path.as_os_str() == "-" { Source::Stdin } else { Source::File(path.to_owned()) };
    let bytes = source.read()?;
    let stamp = File { name: source.name().into_owned(), sha256: sha256(&bytes) };
    let Text { text, root, mut problems, .. } = Text::new(&bytes);
    for problem in root.iter().flat_map(check::check) {
        let span = problem.span.as_ref().map_or(0..0, |span| xml::spot(&text, span.start));
        problems.push(problem.at(span));
    }
    let errors: Vec<Problem> = problems.into_iter().filter(check::stops_an_import).collect();
    match root {
        Some(root) if errors.is_empty() => Ok((stamp, Config::new(root))),
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

fn show(
    ui: &Ui,
    arguments: &Arguments,
    location: &Location,
    categories: &Categories,
    import: &Import,
) -> Result<(), Fault> {
    let called = Called::new(arguments.instance.named(), location);
    let description = import.plan.describe().of(called.title());
    match arguments.format {
        Format::Text => {
            let unchanged = (ui.talk() == Talk::Verbose)
                .then(|| import.plan.unchanged.iter().map(titled).collect::<Vec<_>>());
            ui.text(&plan_text(&description, unchanged.as_deref()))
        }
        Format::Json => ui.json(&Document { version: 1, plan: description }),
        Format::Markdown => ui.text(&plan_markdown(&description)),
        Format::Html => {
            let file = if arguments.file.as_os_str() == "-" {
                "standard input".into()
            } else {
                arguments.file.to_string_lossy()
            };
            let report = Report {
                title: format!("Import of {file}"),
                facts: vec![("Instance", called.title())],
                parts: vec![Part { name: None, description: &description, categories }],
                is_brief: false,
            };
            ui.data(html_report(&report).as_bytes())
        }
    }
}

/// Returns what kind of work the statuses of the instance and of the file mean.
fn categories(target: &Snapshot, file: &Config) -> Categories {
    let mut categories = Categories::default();
    file.root().children().iter().flat_map(Element::children).for_each(|object| categories.add(object));
    target.objects.values().for_each(|object| categories.add(&object.element));
    categories
}

/// Names an object with its kind.
fn titled(identity: &Identity) -> String {
    format!("{} {identity}", Schema::get().kind(identity.kind).in_words())
}

/// A plan for machines.
#[derive(serde::Serialize)]
struct Document {
    version: u32,
    #[serde(flatten)]
    plan: crate::plan::Description,
}
