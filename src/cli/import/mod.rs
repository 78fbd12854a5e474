//! `pcfg import`: makes an instance equivalent to a file, with the least changes; or shows what it would do.

mod choices;
mod file;
mod help;
mod in_vain;
pub(super) mod issue_choices;
pub(super) mod issues;
pub(super) mod shown;

use std::path::{Path, PathBuf};

use self::choices::Choices;
use self::file::{Configuration, configuration};
use self::help::EXAMPLES;
use self::issue_choices::IssueChoices;
use self::issues::{Ahead, Archive};
use self::shown::{Format, View, categories, described, show};
use super::change::checklist;
use super::change::noted::Noted;
use super::change::proof::{Undone, check as check_proof, refused, unlike};
use super::change::rewriting::{self, Rewriting};
use super::change::{self, Deed, Journaling, Manner};
use super::place;
use super::place::called::{Called, again, simulated};
use super::place::made_for;
use super::place::session::{Opened, Recording};
use super::place::unseen;
use super::result::destination;
use super::result::policies::{self, Judge};
use super::result::stamp::Stamp;
use super::{Instance, Status};
use crate::fault::{Fault, Faults, Kind};
use crate::import::{End, Import, Imported, Origin, Phase, SavedPlan, Shown, Site, User, Wish, prepare_told};
use crate::instance::{self, Backup, Location, LookedAt, Reading, Wanted, Way, shell_word};
use crate::model::Config;
use crate::output::{Content, Output};
use crate::plan::{Action, Description, Options, readiness};
use crate::ui::Ui;

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
    #[arg(short = 'n', long, visible_alias = "dry-run", conflicts_with = "yes")]
    simulate: bool,
    /// With --simulate, exit with 1 if there is something to do
    #[arg(long, requires = "simulate")]
    exit_code: bool,
    /// How to show the plan
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    stamp: Stamp,
    /// Save the plan in a file, for `pcfg apply`
    #[arg(long, visible_alias = "out", value_name = "PLAN", requires = "simulate")]
    save_plan: Option<PathBuf>,
    /// Write the changed backup into a new file, for Jira to restore; with --simulate, what would be shown
    ///
    /// Without --simulate, the instance must be a backup.
    #[arg(short, long, alias = "new-backup", value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    manner: Manner,
    /// Leave what REST does not take to somebody who does it by hand, and write a checklist of it
    ///
    /// For a Jira that has both a `url` and a `database` in pcfg.toml. The run stays open until all of it is done; `pcfg
    /// resume` sees in the database what was done by hand, makes the calls that waited for it, and lists what is left.
    #[arg(long, conflicts_with = "offline")]
    manual: bool,
    #[command(flatten)]
    checklist: checklist::Where,
    /// Apply what can be applied even if something is refused
    #[arg(long)]
    partial: bool,
    #[command(flatten)]
    choices: Choices,
    #[command(flatten)]
    policies: policies::Choice,
    #[command(flatten)]
    issues: IssueChoices,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let mut archive = Archive::open(ui, &arguments.file)?;
    let policies = arguments.policies.with_settings()?;
    let mut configuration = configuration(ui, &arguments.file, archive.as_mut(), policies)?;
    let mut options = arguments.choices.options(arguments.instance.named())?;
    arguments.choices.instantiate(&mut configuration.file, &mut options, archive.is_some())?;
    let Configuration { file, judge, .. } = &configuration;
    in_vain::refuse(file, &options)?;
    let location = place::existing(arguments.instance.named())?.by(arguments.way());
    if arguments.manual {
        checklist::check_doors(&location)?;
    }
    arguments.checklist.check()?;
    arguments.check_report()?;
    let called = Called::new(arguments.instance.named(), &location);
    let Some(mut archive) = archive else {
        return configure(ui, arguments, &location, (&configuration, &options), None);
    };
    let wish = issues::Wish {
        choices: &arguments.issues,
        location: &location,
        called: &called,
        file,
        options: &options,
        manner: &arguments.manner,
        simulate: arguments.simulate,
        is_partial: arguments.partial,
        expected: None,
        new_backup: arguments.new_backup(),
        exit_code: arguments.exit_code,
        format: arguments.format,
    };
    wish.check(arguments.save_plan.is_some())?;
    let (is_first, is_second) = (!arguments.issues.are_data_only(), !arguments.issues.are_left_out());
    if arguments.simulate {
        let mut ahead = Ahead::new(&mut archive, &wish);
        let configured = match is_first {
            true => {
                let issues = is_second.then_some(&mut ahead);
                configure(ui, arguments, &location, (&configuration, &options), issues)?
            }
            false => Status::Fine,
        };
        let status = if is_second { ahead.shown(ui)? } else { Status::Fine };
        return Ok(configured.or(status));
    }
    let ahead = issues::look_ahead(ui, &mut archive, &wish)?;
    if let (Some(planned), Some(path), Some(output)) =
        (ahead, location.path(), check_place(arguments, &location)?)
    {
        let issues = issues::into_backup(ui, &mut archive, &wish, planned)?;
        return rewrite(ui, arguments, (path, output), (file, &options, judge), issues);
    }
    let configured = match is_first {
        true => configure(ui, arguments, &location, (&configuration, &options), None)?,
        false => Status::Fine,
    };
    let status = if is_second { issues::run(ui, &mut archive, &wish)? } else { Status::Fine };
    Ok(configured.or(status))
}

/// Imports the configuration of a file, or shows what that would do.
fn configure(
    ui: &Ui,
    arguments: &Arguments,
    location: &Location,
    (configuration, options): (&Configuration, &Options),
    issues: Option<&mut Ahead<'_>>,
) -> Result<Status, Faults> {
    let output = check_place(arguments, location)?;
    if arguments.simulate {
        return simulate(ui, arguments, (location, output), (configuration, options), issues);
    }
    if arguments.recording.is_wanted() {
        return Err(Fault::usage("`--record` requires `--simulate`")
            .hint("an instance that is being changed is not recorded")
            .into());
    }
    match (output, location.path()) {
        (Some(output), Some(path)) => {
            let Configuration { file, judge, .. } = configuration;
            rewrite(ui, arguments, (path, output), (file, options, judge), None)
        }
        _ => carry_out(ui, arguments, location, configuration, options),
    }
}

impl Arguments {
    /// Returns the file that what is shown goes into.
    pub(super) fn report(&self) -> Option<&Path> {
        destination::file(self.output.as_ref()).filter(|_| self.simulate)
    }

    /// Refuses a simulation that somebody takes for one which writes a backup.
    fn check_report(&self) -> Result<(), Fault> {
        let is_backup = |path: &Path| path.extension().is_some_and(|own| own == "zip" || own == "xml");
        match self.report().filter(|path| is_backup(path)) {
            None => Ok(()),
            Some(path) => Err(Fault::usage(format!(
                "with `--simulate`, `-o` takes what is shown, and `{}` looks like a backup",
                path.display()
            ))
            .hint("leave `--simulate` out to write a new backup: the one that is there is never changed")
            .hint("or name another file: `-o plan.txt`")),
        }
    }

    /// Returns the backup that is to be written.
    fn new_backup(&self) -> Option<&Path> {
        self.output.as_deref().filter(|_| !self.simulate)
    }

    /// Returns how a plan is shown, to somebody who is to read it before anything is done, or not.
    fn view(&self, is_waited_for: bool) -> View<'_> {
        View { format: self.format, file: &self.file, is_waited_for, stamp: self.stamp }
    }

    /// Returns how a Jira is changed that has two doors.
    fn way(&self) -> Way {
        if self.manual { Way::ByHand } else { self.manner.way() }
    }
}

/// Refuses what the place of the instance cannot do, before any work; returns the file that is to be written.
fn check_place(arguments: &Arguments, location: &Location) -> Result<Option<Output>, Fault> {
    let called = Called::new(arguments.instance.named(), location);
    if let Some(new) = arguments.new_backup() {
        return rewriting::copy(location, new).map(|(_, output)| Some(output));
    }
    let plan = arguments.save_plan.as_ref().map(|out| Output::to(out, Content::Plan)).transpose()?;
    if !arguments.simulate && rewriting::of(location).is_some() {
        return Err(rewriting::never_changed(location)
            .hint(format!("see what would be changed: {}", simulated(Some(&called))))
            .hint(format!(
                "write a new backup with the changes, for Jira to restore: {}",
                again(Some(&called), rewriting::OPTION)
            ))
            .hint(format!(
                "or load it into an embedded instance, which can be changed: `pcfg instance load {}`",
                shell_word(&location.to_string())
            )));
    }
    if !arguments.simulate {
        change::check_offline(location, arguments.manner.offline, Some(&called)).map_err(|fault| {
            fault.hint(format!("or see what would be changed: {}", simulated(Some(&called))))
        })?;
    }
    // It holds what the configuration holds, and rows of people with it.
    Ok(plan.map(Output::private))
}

/// Tells what there is to know of a prepared import beside its plan.
fn tell(ui: &Ui, reading: &Reading, import: &Import, file: &Config, options: &Options) {
    reading.untried().iter().for_each(|warning| ui.warning(warning));
    in_vain::warn(ui, file, options, &import.plan);
}

/// Returns what a plan for a file looks at.
fn wanted(file: &Config, options: &Options) -> Wanted {
    let (file, options) = (file.clone(), options.clone());
    Wanted::looks(move |target| LookedAt::Objects(crate::plan::looked_at(target, &file, &options)))
}

fn simulate(
    ui: &Ui,
    arguments: &Arguments,
    (location, output): (&Location, Option<Output>),
    (Configuration { stamp, bytes, file, judge }, options): (&Configuration, &Options),
    mut issues: Option<&mut Ahead<'_>>,
) -> Result<Status, Faults> {
    let instance = Opened::new(ui, location, &arguments.recording)?;
    let called = Called::new(arguments.instance.named(), location);
    if let Some(output) = &output {
        output.check()?;
    }
    // A saved plan says all of the instance that it was made for.
    let wanted = if output.is_some() { Wanted::All } else { wanted(file, options) };
    let reading = instance.read(ui, change::WHOLE, wanted)?;
    reading.notes.iter().for_each(|note| ui.note(note));
    unseen::tell(ui, &reading.snapshot.unseen);
    let tell_phases = change::phases(ui, file.root().children().len() + reading.snapshot.objects.len());
    let import =
        prepare_told(reading.place(), (&reading.snapshot, &reading.facts()), file, options, &*tell_phases);
    drop(tell_phases);
    tell(ui, &reading, &import, file, options);
    let moving = readiness(&import.plan, file, &reading.facts());
    let plan = described(&import, &called, moving, judge);
    let goes_on = import.plan.refused.is_empty() || arguments.partial;
    // Of a complete project, a page has both steps; issues whose configuration is refused are not planned.
    let data = match issues.as_deref_mut().filter(|_| goes_on && arguments.format == Format::Html) {
        Some(issues) => Some(issues.data(ui)?),
        None => None,
    };
    show(ui, arguments.view(true), &categories(&reading.snapshot, file), (&import, &plan, data), judge)?;
    let changed = import.plan.steps.iter().filter(|step| matches!(step.action, Action::Change { .. }));
    unseen::tell_unasked(ui, &reading.snapshot.unseen, changed.map(|step| step.identity.kind));
    check_proof(&import, &called)?;
    policies::refuse(&plan, if output.is_some() { "no plan is saved" } else { "nothing would be changed" })?;
    if !goes_on {
        let undone = if output.is_some() { Undone::SavedPlan } else { Undone::Nothing };
        return Err(refused(&import.plan, &called, undone).into());
    }
    let tasks = instance::by_hand(&import.work);
    if !tasks.is_empty() && (arguments.format == Format::Text || arguments.checklist.is_file()) {
        arguments.checklist.write(ui, &tasks, &location.to_string(), &called)?;
    }
    if let (Some(output), Some(out)) = (&output, &arguments.save_plan) {
        let target = made_for::target(location, &reading);
        let new = arguments.choices.new_project();
        let origin = Origin { name: &stamp.name, bytes, options, new: new.as_ref() };
        let saved = SavedPlan::new(&import, &origin, target, reading.place(), &reading.snapshot)
            .made(arguments.choices.in_words(arguments.partial))
            .mapped(arguments.choices.map(arguments.instance.named())?)
            .with_issues(issues.map(|issues| issues.saved(ui)).transpose()?);
        let text = saved.text();
        super::apply::is_true(&text, &reading)?;
        output.write(&|out| out.write_all(text.as_bytes()))?;
        ui.note(&format!("saved the plan; {}", super::apply::next(out, location, &called)));
    }
    let has_changes = !import.plan.steps.is_empty();
    Ok(match ended(&import) {
        Status::Fine if has_changes && arguments.exit_code => Status::Found,
        status => status,
    })
}

/// Returns how an import ended of which all was done that can be done.
fn ended(import: &Import) -> Status {
    if import.plan.refused.is_empty() { Status::Fine } else { Status::Refused }
}

fn carry_out(
    ui: &Ui,
    arguments: &Arguments,
    location: &Location,
    Configuration { stamp, file, judge, .. }: &Configuration,
    options: &Options,
) -> Result<Status, Faults> {
    change::tell_door(ui, location);
    let mut instance = change::writable(ui, location.clone())?;
    instance.want(wanted(file, options));
    let wait = arguments.manner.waiting.most();
    let map = arguments.choices.map(arguments.instance.named())?;
    let noted = Noted { map, ..Noted::saying(arguments.manner.message.as_deref()) };
    let mut site = Journaling {
        ui,
        instance,
        scope: change::scope_for(file),
        wait,
        file: Some(stamp),
        noted,
        open: None,
    };
    let mut user = Asking::new(ui, arguments, location, (file, options, judge));
    let wish = user.wish();
    let Imported { import, end } = crate::import::import(&mut site, &mut user, &wish)?;
    let Asking { called, .. } = user;
    if let End::Done(written, proved) = done(&import, end, &called)? {
        if let Some(list) = &site.open {
            arguments.checklist.tell(ui, list, &called)?;
        } else if let Some(id) = written.run {
            ui.note(&change::applied(id, &change::done(&proved.plan().counts), &called));
        }
        unlike(written, &called)?;
    }
    Ok(ended(&import))
}

/// Writes a new backup with the changes.
fn rewrite(
    ui: &Ui,
    arguments: &Arguments,
    (path, output): (&Path, Output),
    (file, options, judge): (&Config, &Options, &Judge),
    issues: Option<(rewriting::Issues<'_>, String)>,
) -> Result<Status, Faults> {
    let new = output.path().to_owned();
    let location = Location::from(path);
    let (issues, with) = issues.unzip();
    let mut site = Rewriting::new(ui, Backup::open(path).map_err(Fault::from)?, output, issues)?;
    let wrote = |what: &[String]| ui.note(&format!("wrote `{}`: {}", new.display(), what.join(", ")));
    if arguments.issues.are_data_only() && site.write_issues()? {
        wrote(with.as_slice());
        return Ok(Status::Fine);
    }
    let mut user = Asking::new(ui, arguments, &location, (file, options, judge));
    let wish = user.wish();
    let Imported { import, end } = crate::import::import(&mut site, &mut user, &wish)?;
    match done(&import, end, &user.called)? {
        End::Done(_, proved) => {
            let done = [change::done(&proved.plan().counts)];
            wrote(&[&done, with.as_slice()].concat());
        }
        _ if site.write_issues()? => wrote(with.as_slice()),
        _ => ui.note("no new backup was written: nothing would change"),
    }
    Ok(ended(&import))
}

/// Returns how an import ended, if nothing stopped it.
fn done(import: &Import, end: End, called: &Called) -> Result<End, Fault> {
    match end {
        End::Refused => Err(refused(&import.plan, called, Undone::Change)),
        End::Unproved => check_proof(import, called).map(|()| end),
        End::Nothing | End::Declined | End::Done(..) => Ok(end),
    }
}

/// Whoever wants to import a file.
struct Asking<'a> {
    ui: &'a Ui,
    arguments: &'a Arguments,
    called: Called,
    file: &'a Config,
    options: &'a Options,
    judge: &'a Judge,
    /// How often it was planned anew.
    attempts: usize,
}

impl<'a> Asking<'a> {
    fn new(
        ui: &'a Ui,
        arguments: &'a Arguments,
        location: &'a Location,
        (file, options, judge): (&'a Config, &'a Options, &'a Judge),
    ) -> Self {
        let called = Called::new(arguments.instance.named(), location);
        Self { ui, arguments, called, file, options, judge, attempts: 0 }
    }

    fn wish(&self) -> Wish<'a> {
        Wish { file: self.file, options: self.options, is_partial: self.arguments.partial }
    }
}

impl<S: Site<Seen = Reading, Fault = Fault>> User<S> for Asking<'_> {
    fn begins(&self, objects: usize) -> Box<dyn Fn(Phase)> {
        change::phases(self.ui, objects)
    }

    fn is_shown(&mut self, reading: &Reading, what: Shown<'_>) -> Result<(), Fault> {
        let Shown::Import(import) = what else { return Ok(()) };
        tell(self.ui, reading, import, self.file, self.options);
        if self.arguments.new_backup().is_some() {
            // Who restores the new backup should know what it has from the old one.
            let untried = reading.untried();
            let odd = reading.warnings.iter().filter(|warning| Some(*warning) != untried.as_ref());
            odd.for_each(|warning| self.ui.warning(warning));
        }
        let categories = categories(&reading.snapshot, self.file);
        let plan = described(import, &self.called, None, self.judge);
        show(
            self.ui,
            self.arguments.view(!self.arguments.manner.yes),
            &categories,
            (import, &plan, None),
            self.judge,
        )?;
        policies::refuse(&plan, "nothing was changed")
    }

    fn agrees(&mut self, plan: &Description) -> Result<bool, Fault> {
        // A new backup changes nothing that is there.
        if self.arguments.new_backup().is_none() {
            let deed = (Deed::Import, &self.called);
            change::confirm(self.ui, &self.arguments.manner, deed, &plan.counts)?;
        }
        Ok(true)
    }

    fn plans_anew(&mut self, fault: &Fault) -> bool {
        /// How often to plan when others are quicker.
        const MOST: usize = 10;
        self.attempts += 1;
        let does = self.arguments.manner.yes && fault.kind == Kind::Changed && self.attempts < MOST;
        if does {
            self.ui.note(&format!("{}; planning again", fault.message));
        }
        does
    }
}
