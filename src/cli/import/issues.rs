//! The second step of importing a complete project: its issues, after its configuration.
//!
//! Invariant: nothing of the issues is written unless the instance has the whole configuration of the archive, and unless everything was
//! shown and agreed to.

use std::path::{Path, PathBuf};

use super::super::Status;
use super::super::change::rewriting;
use super::super::change::{self, Manner};
use super::super::export::complete as complete_export;
use super::super::place::called::{Called, again, simulated};
use super::super::place::unseen;
use super::super::place::who;
use super::issue_choices::IssueChoices;
use super::shown::Format;
use crate::attachments::Folder;
use crate::complete::{self, DataPlan, Finding, Plan, Renewal, Source};
use crate::fault::{Fault, Faults, Kind};
use crate::import::{Import, SavedIssues, prepare};
use crate::instance::{self, Basis, IssueGround, Location, Reading, Run};
use crate::model::{Config, Identity};
use crate::plan::Options as PlanOptions;
use crate::schema::Schema;
use crate::ui::{Bar, Ui, data_plan_markdown, data_plan_text, plural};

/// An archive that is imported.
pub(in crate::cli) struct Archive {
    source: Source,
    name: String,
}

impl Archive {
    /// Opens an archive, and checks all of it; nothing if the path is of something else.
    pub(in crate::cli) fn open(ui: &Ui, path: &Path) -> Result<Option<Self>, Fault> {
        if path.as_os_str() == "-" || !crate::archive::is_at(path) {
            return Ok(None);
        }
        let size = std::fs::metadata(path).map_or(0, |own| own.len());
        let bar = Bar::new(ui, "checking the archive");
        let source = Source::open(path, &mut |done| bar.tell(done, size.max(done)))?;
        Ok(Some(Self { source, name: path.display().to_string() }))
    }

    /// Returns the text of its configuration.
    pub(in crate::cli) fn configuration(&mut self) -> Result<Vec<u8>, Fault> {
        Ok(self.source.configuration()?)
    }

    /// Returns a hash that means this archive and no other.
    pub(in crate::cli) fn hash(&self) -> String {
        self.source.hash()
    }

    /// Returns what its configuration is called.
    pub(in crate::cli) fn title(&self) -> String {
        format!("{}: configuration.xml", self.name)
    }
}

/// What is to be imported, and how.
pub(in crate::cli) struct Wish<'a> {
    pub(in crate::cli) choices: &'a IssueChoices,
    pub(in crate::cli) location: &'a Location,
    pub(in crate::cli) called: &'a Called,
    pub(in crate::cli) file: &'a Config,
    pub(in crate::cli) options: &'a PlanOptions,
    pub(in crate::cli) manner: &'a Manner,
    pub(in crate::cli) simulate: bool,
    /// Whether the configuration may be imported in part.
    pub(in crate::cli) is_partial: bool,
    /// What a saved plan says of the issues.
    pub(in crate::cli) expected: Option<&'a serde_json::Value>,
    pub(in crate::cli) new_backup: Option<&'a Path>,
    pub(in crate::cli) exit_code: bool,
    pub(in crate::cli) format: Format,
}

impl Wish<'_> {
    /// Returns the folder for the files of attachments: beside what is written, unless it is named.
    fn files(&self) -> Option<PathBuf> {
        let own = || self.new_backup.or(self.location.path()).map(complete_export::beside);
        self.choices.attachments_to.clone().or_else(own)
    }

    /// Refuses what is only there for configurations, and what is only there for both.
    pub(in crate::cli) fn check(&self, saves: bool) -> Result<(), Fault> {
        if self.choices.configuration_only {
            return Ok(());
        }
        let is_page = self.format == Format::Html;
        if self.choices.data_only && (saves || is_page) {
            let what = if saves { "`--save-plan` saves" } else { "a page shows" };
            return Err(Fault::usage(format!("{what} both steps of a complete project")).hint(
                "leave `--data-only` out: of a configuration that is there already, nothing is planned",
            ));
        }
        if is_page && !self.simulate {
            return Err(Fault::usage("a page shows what would be done with a complete project")
                .hint(format!("see it: {}", simulated(Some(self.called)))));
        }
        match self.format {
            Format::Sarif | Format::Github => Err(Fault::usage(
                "a complete project is shown as text, JSON, Markdown or a page, and in no other form",
            )
            .hint(format!("its configuration can be: {}", again(Some(self.called), "--configuration-only")))),
            Format::Text | Format::Json | Format::Markdown | Format::Html => Ok(()),
        }
    }
}

/// What was planned, and from what.
pub(in crate::cli) struct Planned {
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
    check_configuration(&import, archive, (wish, is_before))?;
    let zone = wish.choices.zone.choose(&reading, wish.location)?;
    let options = wish.choices.options();
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
    if wish.expected.is_some_and(|expected| *expected != words(&plan.data)) {
        return Err(Fault::new(
            Kind::Changed,
            format!("no issues are imported: by now, other ones would be in {}", wish.called.title()),
        )
        .hint("the instance has been changed since the plan was saved, or the plan was edited"));
    }
    Ok(Planned { reading, import, plan })
}

/// Refuses what is in the way of the issues of an archive before its configuration is imported. What is to be written with it in one go,
/// into a new backup, is returned.
pub(in crate::cli) fn look_ahead(
    ui: &Ui,
    archive: &mut Archive,
    wish: &Wish<'_>,
) -> Result<Option<Planned>, Faults> {
    if wish.choices.configuration_only {
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
    let is_refused = !planned.import.plan.refused.is_empty() && !wish.is_partial;
    if planned.plan.data.refused.is_empty() || is_refused {
        return Ok(is_backup.then_some(planned));
    }
    show(ui, wish, &planned.plan.data)?;
    Err(refused(&planned.plan.data, wish.called).into())
}

/// The issues of an archive that is only looked at: planned when somebody asks for the first time.
pub(in crate::cli) struct Ahead<'a> {
    archive: &'a mut Archive,
    wish: &'a Wish<'a>,
    plan: Option<Plan>,
}

impl<'a> Ahead<'a> {
    pub(in crate::cli) fn new(archive: &'a mut Archive, wish: &'a Wish<'a>) -> Self {
        Self { archive, wish, plan: None }
    }

    /// Returns what would be done with them.
    fn plan(&mut self, ui: &Ui) -> Result<&Plan, Fault> {
        let plan = match self.plan.take() {
            Some(plan) => plan,
            None => {
                let mut place = instance::open_ground(self.wish.location.clone())?;
                self::plan(ui, self.archive, &mut *place, (self.wish, true))?.plan
            }
        };
        Ok(self.plan.insert(plan))
    }

    /// Returns the same in words and numbers.
    pub(in crate::cli) fn data(&mut self, ui: &Ui) -> Result<&DataPlan, Fault> {
        Ok(&self.plan(ui)?.data)
    }

    /// Returns what a saved plan says of them; nothing is saved of what is refused.
    pub(in crate::cli) fn saved(&mut self, ui: &Ui) -> Result<SavedIssues, Fault> {
        let wish = self.wish;
        let data = self.data(ui)?;
        if !data.refused.is_empty() {
            return Err(refused(data, wish.called));
        }
        let data = words(data);
        let source = &self.archive.source;
        Ok(SavedIssues {
            archive: self.archive.name.clone(),
            sha256: source.hash(),
            options: wish.choices.in_words(),
            data,
        })
    }

    /// Shows them, unless a page has done so, and says how that ends.
    pub(in crate::cli) fn shown(&mut self, ui: &Ui) -> Result<Status, Faults> {
        let wish = self.wish;
        let is_something = match self::shown(ui, wish, self.plan(ui)?)? {
            true if wish.exit_code => Status::Found,
            _ => Status::Fine,
        };
        Ok(is_something)
    }
}

/// Returns a plan as machines see it.
fn words(data: &DataPlan) -> serde_json::Value {
    serde_json::to_value(data).expect("plans have text keys only")
}

/// Imports the issues of an archive.
pub(in crate::cli) fn run(ui: &Ui, archive: &mut Archive, wish: &Wish<'_>) -> Result<Status, Faults> {
    let mut place = instance::open_sink(wish.location.clone()).map_err(Fault::from)?;
    let last = place.history().map_err(Fault::from)?.first().map(|newest| newest.id);
    let Planned { reading, plan, .. } = self::plan(ui, archive, &mut *place, (wish, false))?;
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
pub(in crate::cli) fn into_backup<'a>(
    ui: &'a Ui,
    archive: &'a mut Archive,
    wish: &'a Wish<'a>,
    Planned { reading, import, plan }: Planned,
) -> Result<Option<(rewriting::Issues<'a>, String)>, Faults> {
    let is_refused = !import.plan.refused.is_empty() && !wish.is_partial;
    if is_refused || (plan.is_empty() && !shown(ui, wish, &plan)?) {
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
pub(in crate::cli) fn folder(named: Option<PathBuf>, files: usize) -> Result<Option<Folder>, Fault> {
    let Some(path) = named.filter(|_| files > 0) else { return Ok(None) };
    if !path.exists() {
        std::fs::create_dir_all(&path).map_err(|error| {
            Fault::output(format!("cannot create the folder `{}`", path.display())).because(&error)
        })?;
    }
    Ok(Some(Folder::open(&path)?))
}

/// Refuses to import issues without the configuration that they need. Of one that is imported in part, they need what they name.
fn check_configuration(
    import: &Import,
    archive: &mut Archive,
    (wish, is_before): (&Wish<'_>, bool),
) -> Result<(), Fault> {
    let plan = &import.plan;
    let is_next = is_before && !wish.choices.are_data_only();
    if wish.is_partial && !plan.refused.is_empty() && (plan.steps.is_empty() || is_next) {
        let named = complete::named(&mut archive.source)?;
        let left_out = plan.refused.iter().filter(|own| named.contains(&own.identity));
        let kind = |own: &Identity| Schema::get().kind(own.kind).in_words();
        let causes: Vec<String> =
            left_out.map(|own| format!("{} `{}`", kind(&own.identity), own.identity)).collect();
        if causes.is_empty() {
            return Ok(());
        }
        let message = "no issues are imported: what they name is refused of the configuration";
        return Err(Fault { causes, ..Fault::new(Kind::Refused, message) }.hint(format!(
            "import what can be imported of the configuration: {}",
            again(Some(wish.called), "--configuration-only")
        )));
    }
    let is_there = plan.steps.is_empty() && plan.refused.is_empty();
    // What is refused of the configuration is told with the configuration.
    if is_there || is_next {
        return Ok(());
    }
    let count = plan.steps.len() + plan.refused.len();
    let fault = Fault::new(
        Kind::Refused,
        format!(
            "no issues are imported: {} does not have the configuration of the archive ({} left)",
            wish.called.title(),
            plural(count, "change")
        ),
    );
    Err(match wish.expected {
        Some(_) => fault,
        None => fault.hint(format!(
            "see what is left: {}",
            again(Some(wish.called), "--configuration-only --simulate")
        )),
    })
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
pub(in crate::cli) struct Document<'p> {
    /// The version of the form of the document.
    version: u32,
    /// What is to be done with the issues of a complete project.
    data: &'p DataPlan,
}

fn show(ui: &Ui, wish: &Wish<'_>, data: &DataPlan) -> Result<(), Fault> {
    match wish.format {
        Format::Json => ui.json(&Document { version: 1, data }),
        Format::Markdown => ui.text(&data_plan_markdown(&wish.called.title(), data)),
        // It stands on the page of the configuration.
        Format::Html => Ok(()),
        Format::Text | Format::Sarif | Format::Github => ui.text(&data_plan_text(&wish.called.title(), data)),
    }
}

pub(in crate::cli) fn agreed(ui: &Ui, manner: &Manner, question: &str, called: &Called) -> Result<(), Fault> {
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
