//! The second step of importing a complete project: its issues, after its configuration; and the way back.
//!
//! Invariant: nothing of the issues is written unless the instance has the whole configuration of the archive, and unless everything was
//! shown and agreed to.

use std::path::{Path, PathBuf};

use super::called::{Called, again, simulated};
use super::change::{self, Manner};
use super::complete as complete_export;
use super::whole::TimeZoneChoice;
use super::{Format, Status, rewriting, unseen, who};
use crate::attachments::Folder;
use crate::complete::{self, DataPlan, Finding, Options, Plan, Renewal, Source};
use crate::fault::{Fault, Faults, Kind};
use crate::import::{Import, Streamed, prepare};
use crate::instance::{self, Basis, Entry, IssueGround, IssueSink, Location, Reading, Run, RunId};
use crate::model::Config;
use crate::plan::Options as PlanOptions;
use crate::ui::{Bar, Ui, data_plan_text, plural};

/// How the issues of an archive are imported.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Complete projects")]
pub(super) struct IssueChoices {
    /// Of a complete project, import the configuration alone
    #[arg(long, conflicts_with = "data_only")]
    configuration_only: bool,
    /// Of a complete project, import the issues alone; the instance must have the configuration already
    #[arg(long)]
    data_only: bool,
    /// The folder for the files of attachments; the default for an embedded instance is `NAME.attachments` beside it
    #[arg(long, value_name = "DIR")]
    attachments_to: Option<PathBuf>,
    /// Leave out the files of attachments; their names come
    #[arg(long, conflicts_with = "attachments_to")]
    no_attachments: bool,
    /// Write values of fields of apps as they are stored; they may hold ids of the Jira that they come from
    #[arg(long)]
    raw_values: bool,
    /// Leave out links to issues that the instance has already
    #[arg(long)]
    no_links: bool,
    #[command(flatten)]
    zone: TimeZoneChoice,
}

impl IssueChoices {
    /// Returns whether only the issues are imported.
    pub(super) fn are_data_only(&self) -> bool {
        self.data_only
    }
}

/// An archive that is imported.
pub(super) struct Archive {
    source: Source,
    name: String,
}

impl Archive {
    /// Opens an archive, and checks all of it; nothing if the path is of something else.
    pub(super) fn open(ui: &Ui, path: &Path) -> Result<Option<Self>, Fault> {
        if path.as_os_str() == "-" || !crate::archive::is_at(path) {
            return Ok(None);
        }
        let size = std::fs::metadata(path).map_or(0, |own| own.len());
        let bar = Bar::new(ui, "checking the archive");
        let source = Source::open(path, &mut |done| bar.tell(done, size.max(done)))?;
        Ok(Some(Self { source, name: path.display().to_string() }))
    }

    /// Returns the text of its configuration.
    pub(super) fn configuration(&mut self) -> Result<Vec<u8>, Fault> {
        Ok(self.source.configuration()?)
    }

    /// Returns what its configuration is called.
    pub(super) fn title(&self) -> String {
        format!("{}: configuration.xml", self.name)
    }
}

/// What is to be imported, and how.
pub(super) struct Wish<'a> {
    pub(super) choices: &'a IssueChoices,
    pub(super) location: &'a Location,
    pub(super) called: &'a Called,
    pub(super) file: &'a Config,
    pub(super) options: &'a PlanOptions,
    pub(super) manner: &'a Manner,
    pub(super) simulate: bool,
    pub(super) new_backup: Option<&'a Path>,
    pub(super) exit_code: bool,
    pub(super) format: Format,
}

impl Wish<'_> {
    /// Returns the folder for the files of attachments: beside what is written, unless it is named.
    fn files(&self) -> Option<PathBuf> {
        let own = || self.new_backup.or(self.location.path()).map(complete_export::beside);
        self.choices.attachments_to.clone().or_else(own)
    }

    /// Refuses what is only there for configurations.
    pub(super) fn check(&self, is_plain: bool) -> Result<(), Fault> {
        if is_plain || self.choices.configuration_only {
            return Ok(());
        }
        Err(Fault::usage(
            "a complete project is imported without `--save-plan` and `--partial`, and shown as text or JSON",
        )
        .hint(format!(
            "its configuration takes them all: {}",
            again(Some(self.called), "--configuration-only")
        )))
    }
}

/// What was planned, and from what.
pub(super) struct Planned {
    reading: Reading,
    import: Import,
    plan: Plan,
}

/// Reads the configuration of a place, and begins to look at the state that it is in.
fn begin(ui: &Ui, place: &mut dyn IssueGround, wish: &Wish<'_>) -> Result<Reading, Fault> {
    let bar = Bar::new(ui, "reading");
    let reading = place.begin(change::scope_for(wish.file), &|done, all| bar.tell(done, all))?;
    drop(bar);
    unseen::tell(ui, &reading.snapshot.unseen);
    Ok(reading)
}

/// Plans the issues of an archive, with its configuration as it would be.
fn plan(
    ui: &Ui,
    archive: &mut Archive,
    place: &mut dyn IssueGround,
    (wish, is_before): (&Wish<'_>, bool),
) -> Result<Planned, Fault> {
    let reading = begin(ui, place, wish)?;
    let import = prepare(reading.place(), &reading.snapshot, &reading.facts(), wish.file, wish.options);
    check_configuration(&import, wish, is_before)?;
    let zone = wish.choices.zone.choose(&reading, wish.location)?;
    let IssueChoices { raw_values: raw, no_links, no_attachments: no_files, .. } = *wish.choices;
    let options = Options { raw, no_links, no_files };
    let bar = Bar::new(ui, "planning the issues");
    let mut plan = complete::plan(
        &mut archive.source,
        place,
        (&reading, Some(&import), &zone),
        (wish.file, &options),
        &std::env::temp_dir(),
    )?;
    drop(bar);
    let files = wish.files();
    if files.is_none() && plan.files() > 0 {
        let message = format!(
            "the archive has {} of attachments, and nobody said where {} keeps them",
            plural(plan.files(), "file"),
            wish.called.title()
        );
        return Err(Fault::usage(message)
            .hint(format!(
                "name `data/attachments` in the home of Jira: {}",
                again(Some(wish.called), "--attachments-to DIR")
            ))
            .hint(format!("or leave the files out: {}", again(Some(wish.called), "--no-attachments"))));
    }
    if let Some(files) = files.filter(|path| path.exists()) {
        plan.look_at(&Folder::open(&files)?)?;
    }
    Ok(Planned { reading, import, plan })
}

/// Refuses what is in the way of the issues of an archive before its configuration is imported. What is to be written with it in one go,
/// into a new backup, is returned.
pub(super) fn look_ahead(ui: &Ui, archive: &mut Archive, wish: &Wish<'_>) -> Result<Option<Planned>, Faults> {
    if wish.choices.configuration_only || wish.simulate {
        return Ok(None);
    }
    let is_backup = rewriting::of(wish.location).is_some();
    if is_backup && wish.new_backup.is_none() {
        return Err(rewriting::never_changed(wish.location)
            .hint(format!("see what would be changed: {}", simulated(Some(wish.called))))
            .hint(format!(
                "write a new backup with the issues, for Jira to restore: {}",
                again(Some(wish.called), rewriting::OPTION)
            ))
            .into());
    }
    if let Some(new) = wish.new_backup {
        rewriting::copy(wish.location, new)?;
    }
    change::check_offline(wish.location, wish.manner.offline, Some(wish.called))?;
    // Without a configuration before them, the issues are looked at when it is their turn.
    if wish.choices.data_only && !is_backup {
        return Ok(None);
    }
    let mut place = instance::open_ground(wish.location.clone()).map_err(Fault::from)?;
    let planned = plan(ui, archive, &mut *place, (wish, true))?;
    // What is in the way of the configuration is told with it.
    if planned.plan.data.refused.is_empty() || !planned.import.plan.refused.is_empty() {
        return Ok(is_backup.then_some(planned));
    }
    show(ui, wish, &planned.plan.data)?;
    Err(refused(&planned.plan.data, wish.called).into())
}

/// Imports the issues of an archive, or shows what that would do.
pub(super) fn run(ui: &Ui, mut archive: Archive, wish: &Wish<'_>) -> Result<Status, Faults> {
    if wish.choices.configuration_only {
        return Ok(Status::Fine);
    }
    if wish.simulate {
        let mut place = instance::open_ground(wish.location.clone()).map_err(Fault::from)?;
        let Planned { plan, .. } = self::plan(ui, &mut archive, &mut *place, (wish, true))?;
        let is_something = shown(ui, wish, &plan)?;
        return Ok(if is_something && wish.exit_code { Status::Found } else { Status::Fine });
    }
    let mut place = instance::open_sink(wish.location.clone()).map_err(Fault::from)?;
    let last = place.history().map_err(Fault::from)?.first().map(|newest| newest.id);
    let Planned { reading, plan, .. } = self::plan(ui, &mut archive, &mut *place, (wish, false))?;
    if !shown(ui, wish, &plan)? {
        return Ok(Status::Fine);
    }
    let issues = plan.data.counts.get("issue").copied().unwrap_or(0) as usize;
    let question = format!("Write {} into {}?", plural(issues, "issue"), wish.called.title());
    agreed(ui, wish.manner, &question, wish.called)?;
    place.wait(wish.manner.waiting.most());
    place.follow(Basis::of(last, &reading));
    let run = Run {
        who: who::who(),
        file: Some(archive.name.clone()),
        hash: Some(archive.source.hash()),
        plan: serde_json::to_string(&plan.data).expect("plans have text keys only"),
        result: format!("{} created", plural(issues, "issue")),
        undoes: None,
        moves: Vec::new(),
    };
    let folder = folder(wish.files(), plan.files())?;
    let bar = Bar::new(ui, "writing the issues");
    let id = complete::write(&plan, &mut archive.source, (&mut *place, &reading), folder.as_ref(), &run)?;
    drop(bar);
    ui.note(&change::applied(id, &run.result, wish.called));
    Ok(Status::Fine)
}

/// Shows a plan; refuses what is refused, and says whether there is something to do.
fn shown(ui: &Ui, wish: &Wish<'_>, plan: &Plan) -> Result<bool, Faults> {
    show(ui, wish, &plan.data)?;
    match plan.data.refused.is_empty() {
        true => Ok(!plan.is_empty()),
        false => Err(refused(&plan.data, wish.called).into()),
    }
}

/// Returns what goes into a new backup with its configuration, and says what that is; nothing if no issues are new.
pub(super) fn into_backup<'a>(
    ui: &'a Ui,
    archive: &'a mut Archive,
    wish: &'a Wish<'a>,
    Planned { reading, import, plan }: Planned,
) -> Result<Option<(rewriting::Issues<'a>, String)>, Faults> {
    if !import.plan.refused.is_empty() || (plan.is_empty() && !shown(ui, wish, &plan)?) {
        return Ok(None);
    }
    let issues = plan.data.counts.get("issue").copied().unwrap_or(0) as usize;
    let folder = folder(wish.files(), plan.files())?;
    let renewal = Renewal::new(plan, &reading, &import).map_err(Fault::from)?;
    let issues_in_words = format!("{} created", plural(issues, "issue"));
    let show = Box::new(move |plan: &Plan| show(ui, wish, &plan.data));
    Ok(Some((rewriting::Issues { source: &mut archive.source, renewal, folder, show }, issues_in_words)))
}

/// Returns the folder for the files of attachments, if there are any.
fn folder(named: Option<PathBuf>, files: usize) -> Result<Option<Folder>, Fault> {
    let Some(path) = named.filter(|_| files > 0) else { return Ok(None) };
    if !path.exists() {
        std::fs::create_dir_all(&path).map_err(|error| {
            Fault::output(format!("cannot create the folder `{}`", path.display())).because(&error)
        })?;
    }
    Ok(Some(Folder::open(&path)?))
}

/// Refuses to import issues without the configuration that they need.
fn check_configuration(import: &Import, wish: &Wish<'_>, is_before: bool) -> Result<(), Fault> {
    let is_there = import.plan.steps.is_empty() && import.plan.refused.is_empty();
    // What is refused of the configuration is told with the configuration.
    if is_there || (is_before && !wish.choices.are_data_only()) {
        return Ok(());
    }
    let count = import.plan.steps.len() + import.plan.refused.len();
    Err(Fault::new(
        Kind::Refused,
        format!(
            "no issues are imported: {} does not have the configuration of the archive ({} left)",
            wish.called.title(),
            plural(count, "change")
        ),
    )
    .hint(format!("see what is left: {}", again(Some(wish.called), "--configuration-only --simulate"))))
}

fn refused(data: &DataPlan, called: &Called) -> Fault {
    let cause = |own: &Finding| format!("{} {} (such as {})", own.count, own.what, own.example);
    let mut fault = Fault::new(
        Kind::Refused,
        format!("no issues are imported into {}: something is in the way", called.title()),
    );
    fault.causes = data.refused.iter().map(cause).collect();
    fault
}

/// A plan for machines.
#[derive(serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'p> {
    /// The version of the form of the document.
    version: u32,
    /// What is to be done with the issues of a complete project.
    data: &'p DataPlan,
}

fn show(ui: &Ui, wish: &Wish<'_>, data: &DataPlan) -> Result<(), Fault> {
    match wish.format {
        Format::Json => ui.json(&Document { version: 1, data }),
        Format::Text => ui.text(&data_plan_text(&wish.called.title(), data)),
    }
}

fn agreed(ui: &Ui, manner: &Manner, question: &str, called: &Called) -> Result<(), Fault> {
    if manner.yes {
        return Ok(());
    }
    match ui.ask(question) {
        None => Err(Fault::usage("no issues were changed: cannot ask for confirmation: not a terminal")
            .hint(format!("to do it without confirmation: {}", again(Some(called), "--yes")))),
        Some(true) => Ok(()),
        Some(false) => Err(Fault::new(Kind::Interrupted, "no issues were changed")),
    }
}

/// Takes away what a run wrote.
pub(super) fn undo(
    ui: &Ui,
    (location, called): (&Location, &Called),
    (undone, streamed): (RunId, &Streamed),
    (manner, simulate, attachments): (&Manner, bool, Option<&Path>),
) -> Result<Status, Faults> {
    let of = |name: &str| streamed.parts.iter().find(|part| part.name == name).map_or(0, |part| part.rows);
    let issues = plural(of("Issue") as usize, "issue");
    if streamed.removes {
        return Err(Fault::new(
            Kind::Refused,
            format!("run {undone} took {issues} away, which nothing brings back"),
        )
        .hint("import the archive once more")
        .into());
    }
    ui.text(&format!("- {issues} with {} rows that belong to them\n", streamed.rows() - of("Issue")))?;
    if simulate {
        return Ok(Status::Fine);
    }
    agreed(ui, manner, &format!("Undo run {undone} in {}: remove {issues}?", called.title()), called)?;
    let mut place: Box<dyn IssueSink> = instance::open_sink(location.clone())?;
    place.wait(manner.waiting.most());
    let run = Run {
        who: who::who(),
        plan: "{}".to_owned(),
        result: format!("{issues} removed"),
        undoes: Some(undone),
        ..Run::default()
    };
    let files = place.files(undone).map_err(Fault::from)?;
    let own = location.path().map(complete_export::beside);
    let folder = folder(attachments.map(Path::to_owned).or(own), files.len())?;
    if folder.is_none() && !files.is_empty() {
        let message = format!(
            "run {undone} wrote {} of attachments, and nobody said where",
            plural(files.len(), "file")
        );
        return Err(Fault::usage(message)
            .hint(format!(
                "name the folder that they were written into: {}",
                again(None, "--attachments-to DIR")
            ))
            .into());
    }
    // A file that somebody has replaced is no reason to stop half-way.
    if let Some(folder) = &folder {
        files.iter().try_for_each(|(place, sha256)| folder.check(place, sha256)).map_err(Fault::from)?;
    }
    let id = place.take_issues_away(undone, &run).map_err(Fault::from)?;
    let removed =
        folder.map_or(Ok(0), |folder| complete::take_files_away(&folder, &files)).map_err(Fault::from)?;
    let removed = if removed > 0 {
        format!(", {} of attachments removed", plural(removed as usize, "file"))
    } else {
        String::new()
    };
    ui.note(&format!("undone as run {id} in {}: {issues} removed{removed}", called.title()));
    Ok(Status::Fine)
}

/// Takes away the files of attachments that an undo has left which was stopped once its rows were gone; returns how many there were.
pub(super) fn take_left_files(location: &Location, entries: &[Entry]) -> Result<u64, Fault> {
    let undone: Vec<RunId> = entries.iter().filter_map(|own| own.run.undoes).collect();
    let folder = location.path().map(complete_export::beside).filter(|path| path.exists());
    let Some(folder) = folder.filter(|_| !undone.is_empty()) else { return Ok(0) };
    let (folder, mut place) = (Folder::open(&folder)?, instance::open_sink(location.clone())?);
    let mut removed = 0;
    for run in undone {
        // One that somebody has replaced is no longer what the run has written.
        let files: Vec<_> = place.files(run)?;
        let own: Vec<_> = files.into_iter().filter(|(at, sha256)| folder.check(at, sha256).is_ok()).collect();
        removed += complete::take_files_away(&folder, &own)?;
    }
    Ok(removed)
}

/// Returns the work of issues that a run has done, if it has done such work.
pub(super) fn streamed(work: &crate::import::Work) -> Option<&Streamed> {
    match work {
        crate::import::Work::Streamed(streamed) => Some(streamed),
        crate::import::Work::Rows(_) | crate::import::Work::Calls(_) => None,
    }
}
