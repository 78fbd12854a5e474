//! `pcfg sync check`, `plan`, `publish`, `adopt`, `edit`: what is synchronized, and whether it fits.
//!
//! Invariant: a version is published or adopted only if the settings fit the instance; the settings of a version are kept before it is
//! told of.

use std::io::IsTerminal as _;

use pcfg_sync::settings::{self, Adopted, Configuration, Finding, Settings, publish as make_version};
use pcfg_sync::{IssueKey, Mapping as _, Parts, Role};
use serde::Serialize;

use super::half::{
    Open, Which, act_fault, configuration, home_fault, issue_fault, problems, refused, state_fault,
};
use crate::cli::{Format, Status};
use crate::fault::{Fault, Faults};
use crate::ui::{Ui, plural};

/// Check the settings against the instance: types, fields, values, statuses and rights; and whether the channel works
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync check --home A
  pcfg sync check --home A --format json
  pcfg sync check --home B --propose          Settings for what lacks, to be pasted
  pcfg sync check --home B --propose --write  The same, written at the end of the settings

Exit code: 0 if they fit, 1 if something must be put right first, 3 if the settings cannot be read.")]
pub(super) struct CheckArguments {
    #[command(flatten)]
    which: Which,
    /// Print settings for what is not bound yet: of equal names, and the rest declined
    #[arg(long)]
    propose: bool,
    /// Write them at the end of the settings instead
    #[arg(long, requires = "propose")]
    write: bool,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The JSON document of `check`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Checked<'f> {
    /// The version of the form of the document.
    version: u32,
    /// The settings file.
    settings: String,
    /// What does not fit.
    findings: &'f [Finding],
    /// What is wrong with the channel.
    channel_troubles: &'f [String],
}

pub(super) fn check(ui: &Ui, arguments: &CheckArguments) -> Result<Status, Faults> {
    let mut open = Open::new(&arguments.which)?;
    let settings = settings_of(&open, &arguments.which)?;
    let catalogue = open.catalogue()?;
    let waiting = awaited(&open)?;
    if arguments.propose {
        let content = waiting.as_ref().map(|version| &version.content);
        if open.state.half().role == Role::Slave && content.is_none() {
            return Err(refused("the master has not published anything yet")
                .hint(format!("fetch it: `{}`", arguments.which.spelled("run --once")))
                .into());
        }
        let text = settings::propose(&settings, &catalogue, content);
        if !arguments.write {
            ui.text(&text)?;
            return Ok(Status::Fine);
        }
        append(&open, &text, &arguments.which)?;
        ui.note(&format!("wrote them into `{}`: look at them", open.folder.settings_file().display()));
        return Ok(Status::Fine);
    }
    let found = findings(&settings, &catalogue, waiting.as_ref());
    let file = open.folder.settings_file();
    let troubles = super::channel::troubles(&open);
    if arguments.format == Format::Json {
        let document = Checked {
            version: 1,
            settings: file.display().to_string(),
            findings: &found,
            channel_troubles: &troubles,
        };
        ui.json(&document)?;
    } else {
        let mut text = String::new();
        for Finding { problem, is_error } in &found {
            let word = if *is_error { "error" } else { "warning" };
            let place = problem.line.map_or_else(String::new, |line| format!(":{line}"));
            text.push_str(&format!("{word}: {}{place}: {}\n", file.display(), problem.what));
            text.push_str(&format!("  {}\n", problem.hint));
        }
        let errors = found.iter().filter(|own| own.is_error).count();
        text.push_str(&match errors {
            0 => format!("the settings fit {}\n", catalogue.project),
            errors => format!("{} to be put right\n", plural(errors, "error")),
        });
        for trouble in &troubles {
            text.push_str(&format!("error: the channel does not work: {trouble}\n"));
        }
        ui.text(&text)?;
    }
    Ok(if !troubles.is_empty() || found.iter().any(|own| own.is_error) {
        Status::Found
    } else {
        Status::Fine
    })
}

fn settings_of(open: &Open, which: &Which) -> Result<Settings, Faults> {
    open.folder.settings().map_err(|fault| home_fault(fault, which))
}

/// What the master has published and the slave works under, or is to.
fn awaited(open: &Open) -> Result<Option<Configuration>, Fault> {
    let half = open.state.half();
    if half.role == Role::Master {
        return Ok(None);
    }
    let Some(version) = half.config_next.as_ref().or(half.config.as_ref()) else { return Ok(None) };
    let row = open.state.config(version.number).map_err(|fault| state_fault(&fault))?;
    row.as_ref().map(configuration).transpose().map(Option::flatten)
}

fn findings(
    settings: &Settings,
    catalogue: &pcfg_sync::Catalogue,
    published: Option<&Configuration>,
) -> Vec<Finding> {
    let Some(version) = published else { return settings::check(settings, catalogue, None) };
    match settings.adopt(version) {
        Ok((adopted, _)) => settings::check(&adopted, catalogue, Some(&version.content)),
        Err(lacks) => {
            let mut found: Vec<_> =
                lacks.into_iter().map(|problem| Finding { problem, is_error: true }).collect();
            found.extend(settings::check(settings, catalogue, Some(&version.content)));
            found
        }
    }
}

fn append(open: &Open, text: &str, which: &Which) -> Result<(), Faults> {
    let old = open.folder.settings_text().map_err(|fault| home_fault(fault, which))?;
    let new = format!("{}\n\n{text}", old.trim_end());
    Settings::parse(&new).map_err(|own| problems(&open.folder.settings_file(), &own))?;
    open.folder.write_settings(&new).map_err(|fault| home_fault(fault, which))
}

/// Show what would be told of an issue, and the path of an issue through the workflow
///
/// Without an issue: which types, fields and statuses are bound, and by which transitions an issue gets from each status to each other.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync plan DEMO-1 --home A              What the partner would be told of it, in aliases
  pcfg sync plan --home B                     By which transitions issues go

Exit code: 0 if it is shown, 3 if the issue is not there, 4 if the settings keep it back.")]
pub(super) struct PlanArguments {
    /// Key of the issue
    #[arg(value_name = "ISSUE")]
    issue: Option<String>,
    #[command(flatten)]
    which: Which,
}

pub(super) fn plan(ui: &Ui, arguments: &PlanArguments) -> Result<Status, Faults> {
    let mut open = Open::new(&arguments.which)?;
    let mut settings = settings_of(&open, &arguments.which)?;
    if let Some(version) = awaited(&open)? {
        let file = open.folder.settings_file();
        settings = settings.adopt(&version).map_err(|own| problems(&file, &own))?.0;
    }
    let Some(key) = &arguments.issue else {
        let catalogue = open.catalogue()?;
        ui.text(&pcfg_sync::mapping::paths(&settings, &catalogue))?;
        return Ok(Status::Fine);
    };
    let key = IssueKey(key.clone());
    let issue = open.issues.read(&key, Parts::ALL).map_err(|fault| issue_fault(&fault))?;
    let Some(issue) = issue else {
        return Err(Fault::input(format!("issue {key} is not there, or may not be seen")).into());
    };
    let version = open
        .state
        .half()
        .config
        .clone()
        .unwrap_or(pcfg_sync::ConfigVersion { number: 0, hash: String::new() });
    let mapper = pcfg_sync::mapping::Mapper::new(settings, version);
    let told = mapper
        .tell(&issue, &mut Counted::default(), &mut super::repair::asking(open.issues.as_mut()))
        .map_err(|hurdle| refused(format!("{key} is kept back: {hurdle}")))?;
    match told {
        Some(told) => ui.json(&told)?,
        None => ui.note(&format!("{key} does not take part: its type or the filter leaves it out")),
    }
    Ok(Status::Fine)
}

/// Numbers for something that is only shown.
#[derive(Default)]
struct Counted(u64);

impl pcfg_sync::Numbers for Counted {
    fn comment(&mut self, own: &pcfg_sync::Comment) -> Option<u64> {
        own.marker.is_none().then(|| self.next())
    }

    fn worklog(&mut self, own: &pcfg_sync::Worklog) -> Option<u64> {
        own.marker.is_none().then(|| self.next())
    }

    fn attachment(&mut self, own: &pcfg_sync::Attachment) -> Option<(u64, String)> {
        own.marker.is_none().then(|| (self.next(), String::new()))
    }
}

impl Counted {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// Tell the slave what is synchronized: a new version of the configuration, in aliases
///
/// The message to the partner's people is obligatory: say what changes and what they have to do.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync publish --home A -m \"bugs and tasks, with severity\"
  pcfg sync publish --home A -m \"first version\" --start

Exit code: 0 if it is published, 3 if the settings do not fit, 4 if this half is not the master or the
connection test has not passed.")]
pub(super) struct PublishArguments {
    #[command(flatten)]
    which: Which,
    /// What the partner's people are told about it
    #[arg(short, long, value_name = "TEXT")]
    message: String,
    /// Start the half, too
    #[arg(long)]
    start: bool,
}

pub(super) fn publish(ui: &Ui, arguments: &PublishArguments) -> Result<Status, Faults> {
    let which = &arguments.which;
    let mut open = Open::new(which)?;
    let settings = settings_of(&open, which)?;
    let catalogue = open.catalogue()?;
    let half = open.state.half();
    let number = half.config.as_ref().map_or(1, |config| config.number + 1);
    if half.role == Role::Slave {
        return Err(refused("only the master publishes")
            .hint(format!("adopt what it has published: `{}`", which.spelled("adopt")))
            .into());
    }
    let version = make_version(&settings, &catalogue, number, &arguments.message)
        .map_err(|own| problems(&open.folder.settings_file(), &own))?;
    let text = open.folder.settings_text().map_err(|fault| home_fault(fault, which))?;
    open.folder.versions().keep(number, &text).map_err(|fault| home_fault(fault, which))?;
    let content = serde_json::to_value(&version.content).expect("aliases and words are JSON");
    let hash = version.hash();
    open.engine()?.publish(&hash, content, &version.message).map_err(|fault| act_fault(&fault, which))?;
    open.load_versions(which)?;
    ui.note(&format!("configuration {number} is published"));
    if arguments.start {
        super::run::begin(ui, &mut open, which)?;
    }
    open.run(ui, which)?;
    Ok(Status::Fine)
}

/// Take over what the master has published, once everything in it is bound or declined
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync adopt --home B                    Says what lacks, if something does
  pcfg sync adopt --home B --propose --start  Binds what has the same name, declines the rest, and starts

Exit code: 0 if it is adopted, 3 if the settings lack something or do not fit, 4 if there is nothing to
adopt.")]
pub(super) struct AdoptArguments {
    #[command(flatten)]
    which: Which,
    /// What the master's people are told about it
    #[arg(short, long, value_name = "TEXT", default_value = "adopted")]
    message: String,
    /// Bind what has the same name here first, and decline the rest; the settings say what that came to
    #[arg(long)]
    propose: bool,
    /// Start the half, too
    #[arg(long)]
    start: bool,
}

pub(super) fn adopt(ui: &Ui, arguments: &AdoptArguments) -> Result<Status, Faults> {
    let which = &arguments.which;
    let mut open = Open::new(which)?;
    if open.state.half().role == Role::Master {
        return Err(refused("only the slave adopts; the master publishes")
            .hint(format!("`{}`", which.spelled("publish -m \"…\"")))
            .into());
    }
    open.run(ui, which)?;
    let half = open.state.half();
    // Settings may bind something that was declined: then the version is adopted once more.
    let Some(version) = half.config_next.clone().or_else(|| half.config.clone()) else {
        return Err(refused("the master has not published anything yet")
            .hint("ask the partner; then run this again")
            .into());
    };
    let row = open.state.config(version.number).map_err(|fault| state_fault(&fault))?;
    let published = row.as_ref().map(configuration).transpose()?.flatten();
    let published = published.ok_or_else(|| Fault::input("what the master has published is not there"))?;
    ui.note(&format!("configuration {}: {}", published.number, published.message));
    let catalogue = open.catalogue()?;
    if arguments.propose {
        let settings = settings_of(&open, which)?;
        let text = settings::propose(&settings, &catalogue, Some(&published.content));
        append(&open, &text, which)?;
    }
    let settings = settings_of(&open, which)?;
    let file = open.folder.settings_file();
    let (adopted, answer) = settings.adopt(&published).map_err(|own| {
        let mut faults = problems(&file, &own);
        faults.0.push(
            Fault::input("the settings lack what the master has published")
                .hint(format!("see proposals: `{}`", which.spelled("check --propose"))),
        );
        faults
    })?;
    let found = settings::check(&adopted, &catalogue, Some(&published.content));
    let errors: Vec<_> = found.into_iter().filter(|own| own.is_error).map(|own| own.problem).collect();
    if !errors.is_empty() {
        return Err(problems(&file, &errors));
    }
    let text = open.folder.settings_text().map_err(|fault| home_fault(fault, which))?;
    open.folder.versions().keep(version.number, &text).map_err(|fault| home_fault(fault, which))?;
    let Adopted { declined, .. } = answer;
    open.engine()?.adopt(&arguments.message, &declined).map_err(|fault| act_fault(&fault, which))?;
    open.load_versions(which)?;
    ui.note(&format!("configuration {} is adopted", version.number));
    if !declined.is_empty() {
        let declined: Vec<_> = declined.iter().map(String::as_str).collect();
        ui.note(&format!("declined: {}", declined.join(", ")));
    }
    if arguments.start {
        super::run::begin(ui, &mut open, which)?;
    }
    open.run(ui, which)?;
    Ok(Status::Fine)
}

/// Change the name or the description of a synchronization, or its settings in your editor
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync edit --home A --name \"Support and supplier\"
  pcfg sync edit --home A --description \"bugs only\"
  pcfg sync edit --home A                     Opens the settings in $EDITOR

Exit code: 0 if it was changed, 3 if the settings are wrong afterwards.")]
pub(super) struct EditArguments {
    #[command(flatten)]
    which: Which,
    /// Another name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Another description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

pub(super) fn edit(ui: &Ui, arguments: &EditArguments) -> Result<Status, Faults> {
    let which = &arguments.which;
    let half = which.folder()?;
    let file = half.settings_file();
    let given = [("name", &arguments.name), ("description", &arguments.description)];
    if given.iter().all(|(_, text)| text.is_none()) {
        return in_editor(ui, &file);
    }
    let mut text = half.settings_text().map_err(|fault| home_fault(fault, which))?;
    for (key, new) in given {
        if let Some(new) = new {
            text = settings::with_text(&text, key, new).ok_or_else(|| {
                Fault::input(format!("`{}` has no table `[sync]`", file.display()))
                    .hint(format!("see what is wrong: `{}`", which.spelled("check")))
            })?;
        }
    }
    Settings::parse(&text).map_err(|own| problems(&file, &own))?;
    half.write_settings(&text).map_err(|fault| home_fault(fault, which))?;
    ui.note(&format!("changed `{}`", file.display()));
    Ok(Status::Fine)
}

fn in_editor(ui: &Ui, file: &std::path::Path) -> Result<Status, Faults> {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let editor = ["VISUAL", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok());
    let editor = editor.filter(|editor| !editor.trim().is_empty() && std::io::stdin().is_terminal());
    let Some(editor) = editor else {
        ui.text(&format!("{}\n", file.display()))?;
        ui.note("open it in an editor: VISUAL and EDITOR say which one, where a terminal is there");
        return Ok(Status::Fine);
    };
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default();
    let done = std::process::Command::new(program).args(words).arg(file).status();
    let done = done.map_err(|error| Fault::input(format!("`{program}` cannot be run")).because(&error))?;
    if !done.success() {
        return Err(Fault::input(format!("`{program}` ended with an error")).into());
    }
    let text = std::fs::read_to_string(file)
        .map_err(|error| Fault::input(format!("`{}` cannot be read", file.display())).because(&error))?;
    Settings::parse(&text).map_err(|own| problems(file, &own))?;
    Ok(Status::Fine)
}
