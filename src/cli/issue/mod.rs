//! `pcfg issue`: looks at issues, and changes those of embedded instances.

#[cfg(feature = "sync")]
mod changes;
#[cfg(feature = "sync")]
pub(super) mod done;
#[cfg(feature = "sync")]
mod values;

use std::path::Path;

use super::completions;
use super::place;
use super::place::whole::{self, TimeZoneChoice};
use super::result::destination::Destination;
use super::{Format, Instance, Status};
use crate::data::{History, json};
use crate::fault::{Fault, Faults};
use crate::instance::Scope;
use crate::model::Element;
use crate::ui::{Table, Ui, issue_page};

/// Look at the issues of an instance, and change them
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  pcfg issue list TST -i backup.zip           The issues of a project, as a table
  pcfg issue show TST-7 -i backup.zip         One issue with everything that belongs to it
  pcfg issue show TST-7 --format json         The same of the default instance, for a machine
  pcfg issue create TST --type Bug 'summary=It stops' -i demo.sqlite --as ada
  pcfg issue comment TST-8 'On Mondays only.' -i demo.sqlite --as ada

Backups, embedded instances and databases are read, and the issues of embedded instances can be changed;
a live Jira shows and changes its issues itself.";

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(ListArguments),
    Show(ShowArguments),
    #[cfg(feature = "sync")]
    Create(self::changes::CreateArguments),
    #[cfg(feature = "sync")]
    Edit(self::changes::EditArguments),
    #[cfg(feature = "sync")]
    Transition(self::changes::TransitionArguments),
    #[cfg(feature = "sync")]
    Comment(self::changes::CommentArguments),
    #[cfg(feature = "sync")]
    Attach(self::changes::AttachArguments),
    #[cfg(feature = "sync")]
    Link(self::changes::LinkArguments),
}

impl Arguments {
    /// Returns the file that the result goes into.
    pub(super) fn file(&self) -> Option<&Path> {
        match &self.command {
            Command::List(own) => own.destination.file(),
            Command::Show(own) => own.destination.file(),
            #[cfg(feature = "sync")]
            _ => None,
        }
    }
}

/// List the issues of projects
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg issue list -i backup.zip               All issues
  pcfg issue list TST OPS --format json       Those of two projects, for a machine

Exit code: 0 if they are shown, 2 if the time zone of a backup is not known, 3 if the instance
cannot be read or lacks a project.")]
struct ListArguments {
    /// Keys of the projects; all projects if none is named
    #[arg(value_name = "KEY", add = completions::keys())]
    keys: Vec<String>,
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    zone: TimeZoneChoice,
    /// How to show them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    destination: Destination,
}

/// Show an issue with everything that belongs to it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg issue show TST-7 -i backup.zip
  pcfg issue show TST-7 --history             What was changed, too
  pcfg issue show TST-7 --format json

Exit code: 0 if it is shown, 2 if the time zone of a backup is not known, 3 if the instance
cannot be read or lacks the issue.")]
struct ShowArguments {
    /// Key of the issue
    #[arg(value_name = "ISSUE")]
    key: String,
    /// Show the history, too
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    zone: TimeZoneChoice,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    destination: Destination,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    match &arguments.command {
        Command::List(arguments) => list(ui, arguments),
        Command::Show(arguments) => show(ui, arguments),
        #[cfg(feature = "sync")]
        Command::Create(arguments) => self::changes::create(ui, arguments),
        #[cfg(feature = "sync")]
        Command::Edit(arguments) => self::changes::edit(ui, arguments),
        #[cfg(feature = "sync")]
        Command::Transition(arguments) => self::changes::transition(ui, arguments),
        #[cfg(feature = "sync")]
        Command::Comment(arguments) => self::changes::comment(ui, arguments),
        #[cfg(feature = "sync")]
        Command::Attach(arguments) => self::changes::attach(ui, arguments),
        #[cfg(feature = "sync")]
        Command::Link(arguments) => self::changes::link(ui, arguments),
    }
}

/// An issue in the JSON document of `list`, which is a list of these.
#[derive(serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Issue"))]
pub(super) struct Listed {
    /// Its key.
    key: String,
    /// The name of its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
    /// The name of its status.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// The name of its priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<String>,
    /// Who works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<String>,
    /// When it was changed last, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<String>,
    /// Its summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
}

impl Listed {
    fn of(key: String, issue: &Element) -> Self {
        let text = |tag| issue.text_of(tag).map(str::to_owned);
        Self {
            key,
            r#type: text("type"),
            status: text("status"),
            priority: text("priority"),
            assignee: text("assignee"),
            updated: text("updated"),
            summary: text("summary"),
        }
    }
}

fn list(ui: &Ui, arguments: &ListArguments) -> Result<Status, Faults> {
    let location = place::location(ui, arguments.instance.named())?;
    let folder = std::env::temp_dir();
    let wanted = (arguments.keys.as_slice(), None);
    let mut whole = whole::read(ui, &location, wanted, &arguments.zone, (Scope::default(), &folder))?.whole;
    let mut table = Table::new(&["issue", "type", "status", "priority", "assignee", "updated", "summary"])
        .least(&["updated", "priority", "assignee", "type"]);
    let mut documents = Vec::new();
    let text = |issue: &Element, tag| issue.text_of(tag).unwrap_or_default().to_owned();
    whole.each(History::None, &mut |own| {
        let (key, issue) = (format!("{}-{}", own.project, own.number), own.element);
        match arguments.format {
            Format::Text => {
                let tags = ["type", "status", "priority", "assignee", "updated", "summary"];
                let cells = tags.map(|tag| match tag {
                    "updated" => text(&issue, tag).get(..16).unwrap_or_default().replace('T', " "),
                    _ => text(&issue, tag),
                });
                table.row(std::iter::once(key).chain(cells));
            }
            Format::Json => documents.push(Listed::of(key, &issue)),
        }
        Ok::<_, Fault>(())
    })?;
    match arguments.format {
        Format::Text => ui.text(&table.render_in(ui.table_width()))?,
        Format::Json => ui.json(&documents)?,
    }
    Ok(Status::Fine)
}

fn show(ui: &Ui, arguments: &ShowArguments) -> Result<Status, Faults> {
    let key = &arguments.key;
    let parts = key.rsplit_once('-').and_then(|(project, number)| Some((project, number.parse().ok()?)));
    let Some((project, number)) = parts else {
        return Err(Fault::usage(format!("`{key}` is no key of an issue"))
            .hint("a key is that of a project and a number, as `TST-7`")
            .into());
    };
    let location = place::location(ui, arguments.instance.named())?;
    let folder = std::env::temp_dir();
    let projects = [project.to_owned()];
    let wanted = (projects.as_slice(), Some(number));
    let mut whole = whole::read(ui, &location, wanted, &arguments.zone, (Scope::default(), &folder))?.whole;
    let mut found = None;
    let history = if arguments.history { History::Full } else { History::None };
    whole.each(history, &mut |own| {
        found = Some(own.element);
        Ok::<_, Fault>(())
    })?;
    let Some(issue) = found else {
        return Err(Fault::input(format!("the instance has no issue `{key}`"))
            .hint(format!(
                "{} lists them",
                super::place::called::reading(arguments.instance.named(), &format!("issue list {project}"))
            ))
            .into());
    };
    match arguments.format {
        Format::Text => ui.text(&issue_page(key, &issue))?,
        Format::Json => {
            let mut document = json(&issue);
            if let Some(members) = document.as_object_mut() {
                members.insert("key".to_owned(), key.as_str().into());
            }
            ui.json(&document)?;
        }
    }
    for (kind, count, example) in whole.notes.iter() {
        ui.note(&format!("note: {count} {kind} ({example})"));
    }
    Ok(Status::Fine)
}
