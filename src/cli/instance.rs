//! `pcfg instance`: says what an instance holds, and which instances there are.

use serde::Serialize;

use super::settings::{FILE_NAME, Settings};
use super::{Format, Instance, Status, place};
use crate::fault::{Fault, Faults};
use crate::instance::{Reading, Scope};
use crate::model::Element;
use crate::schema::Schema;
use crate::ui::{Bar, Table, Ui, plural};

/// Show what instances hold, and list those that have a name
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Show(ShowArguments),
    List(ListArguments),
}

/// Show the version, the projects and the number of objects of an instance
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg instance show -i backup.zip            What is in this backup?
  pcfg instance show --format json            The same of the default instance, for a machine")]
struct ShowArguments {
    #[command(flatten)]
    instance: Instance,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// List the instances that pcfg.toml names
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg instance list                          A table
  pcfg instance list --format json            For a machine")]
struct ListArguments {
    /// How to show them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  pcfg instance show -i backup.zip            What is in this backup?
  pcfg instance list                          Which instances have a name?

Instances get names in pcfg.toml, in the current folder or one above it; paths in it are relative to it:

  default = \"production\"

  [instances.production]
  path = \"backups/production.zip\"";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    match &arguments.command {
        Command::Show(arguments) => show(ui, arguments)?,
        Command::List(arguments) => list(ui, arguments)?,
    }
    Ok(Status::Fine)
}

/// The JSON document of `show`.
#[derive(Serialize)]
struct Shown {
    version: u32,
    jira: Option<String>,
    projects: Vec<Project>,
    /// How many objects of each kind there are.
    objects: serde_json::Map<String, serde_json::Value>,
    issues: u64,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Project {
    key: String,
    name: String,
    lead: String,
}

fn show(ui: &Ui, arguments: &ShowArguments) -> Result<(), Fault> {
    let mut instance = place::open(arguments.instance.named())?;
    let bar = Bar::new(ui, "reading");
    let reading = instance.read(Scope::default(), &|done, all| bar.tell(done, all))?;
    drop(bar);
    let projects = projects(&reading);
    let counts = counts(&reading);
    let issues = reading.rows.get("Issue").copied().unwrap_or(0);
    if arguments.format == Format::Json {
        let objects = counts.into_iter().map(|(kind, count)| (kind, count.into())).collect();
        let Reading { version, warnings, .. } = reading;
        return ui.json(&Shown { version: 1, jira: version, projects, objects, issues, warnings });
    }
    let mut text = format!(
        "Jira {}, {}\n\n",
        reading.version.as_deref().unwrap_or("of unknown version"),
        plural(issues as usize, "issue")
    );
    let mut table = Table::new(&["project", "name", "lead"]);
    for Project { key, name, lead } in projects {
        table.row([key, name, lead]);
    }
    text.push_str(&table.render());
    let mut table = Table::new(&["kind", "count"]);
    for (kind, count) in counts {
        table.row([kind, count.to_string()]);
    }
    text.push('\n');
    text.push_str(&table.render());
    ui.text(&text)?;
    reading.warnings.iter().for_each(|warning| ui.warning(warning));
    Ok(())
}

fn projects(reading: &Reading) -> Vec<Project> {
    let schema = Schema::get();
    let kind = schema.kind_named("project");
    let text = |element: &Element, tag: &str| {
        let child = schema.child(element.declaration, tag).and_then(|child| element.child(child));
        child.map(Element::text).unwrap_or_default().to_owned()
    };
    let objects = reading.snapshot.objects.iter().filter(|(identity, _)| Some(identity.kind) == kind);
    let mut projects: Vec<_> = objects
        .map(|(identity, object)| Project {
            key: identity.name().to_owned(),
            name: text(&object.element, "name"),
            lead: text(&object.element, "lead"),
        })
        .collect();
    projects.sort_by(|a, b| a.key.cmp(&b.key));
    projects
}

/// Returns how many global objects of each kind there are, in the order of the schema; kinds without any are left out.
fn counts(reading: &Reading) -> Vec<(String, usize)> {
    let count = |wanted| reading.snapshot.objects.keys().filter(|identity| identity.kind == wanted).count();
    let all = Schema::get().kinds().map(|(id, kind)| (kind.name.clone(), count(id)));
    all.filter(|(_, count)| *count > 0).collect()
}

/// The JSON document of `list`.
#[derive(Serialize)]
struct Listed {
    version: u32,
    settings: Option<String>,
    instances: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    name: String,
    path: String,
    exists: bool,
    default: bool,
}

fn list(ui: &Ui, arguments: &ListArguments) -> Result<(), Fault> {
    let settings = Settings::find()?;
    let file = settings.as_ref().map(|settings| settings.file.display().to_string());
    let instances: Vec<_> = settings
        .into_iter()
        .flat_map(|Settings { default, instances, .. }| {
            instances.into_iter().map(move |(name, entry)| Named {
                path: entry.path.display().to_string(),
                exists: entry.path.exists(),
                default: default.as_ref() == Some(&name),
                name,
            })
        })
        .collect();
    if arguments.format == Format::Json {
        return ui.json(&Listed { version: 1, settings: file, instances });
    }
    let Some(file) = file else {
        ui.note(&format!(
            "there is no {FILE_NAME} in this folder or above it; `pcfg instance --help` shows one"
        ));
        return Ok(());
    };
    if instances.is_empty() {
        ui.note(&format!("`{file}` names no instance; `pcfg instance --help` shows how"));
        return Ok(());
    }
    let mut table = Table::new(&["instance", "state", "path"]);
    for Named { name, path, exists, default } in instances {
        let state = match (exists, default) {
            (true, true) => "there, default",
            (true, false) => "there",
            (false, true) => "missing, default",
            (false, false) => "missing",
        };
        table.row([name, state.to_owned(), path]);
    }
    ui.text(&table.render())
}
