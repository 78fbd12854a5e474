//! `pcfg instance`: makes instances, says what one holds, and which there are.

pub(super) mod check;

use std::path::Path;

use serde::Serialize;

use super::change;
use super::place;
use super::place::called::again;
use super::place::remote::By;
use super::place::session::Recording;
use super::place::settings::{Entry, FILE_NAME, Settings};
use super::place::unseen;
use super::place::who;
use super::place::whole::TimeZoneChoice;
use super::result::destination::Destination;
use super::{Format, Instance, Status, Waiting};
use crate::fault::{Fault, Faults};
use crate::instance::{
    Address, Backup, Embedded, Kind, Loaded, Location, Reading, Scope, Wanted, WriteError, shell_word,
};
use crate::model::Element;
use crate::output::{Content, Output};
use crate::schema::Schema;
use crate::select::{self, Boards, Projects};
use crate::ui::{Bar, Table, Ui, plural};

/// Create, check and list instances, and show what they hold
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Check(check::Arguments),
    Show(ShowArguments),
    List(ListArguments),
    Init(InitArguments),
    Load(LoadArguments),
}

impl Arguments {
    /// Returns the file that the result goes into.
    pub(super) fn file(&self) -> Option<&Path> {
        match &self.command {
            Command::Check(own) => own.destination.file(),
            Command::Show(own) => own.destination.file(),
            Command::List(own) => own.destination.file(),
            Command::Init(_) | Command::Load(_) => None,
        }
    }
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
    #[command(flatten)]
    recording: Recording,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    destination: Destination,
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
    #[command(flatten)]
    destination: Destination,
}

/// Create an embedded instance: a fresh Jira with the sample project DEMO
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg instance init                          In your data directory, where it is the default
  pcfg instance init play.sqlite              In the current folder, for `-i play.sqlite`")]
struct InitArguments {
    /// The file to create, or a name from pcfg.toml; without it, the one in your data directory that is used when nothing is configured
    path: Option<String>,
    #[command(flatten)]
    waiting: Waiting,
}

/// Create an embedded instance from a backup, with everything in it
///
/// All rows of Jira's own tables are loaded, including those of issues and apps. Only you can read the file: like
/// the backup, it holds e-mail addresses and password hashes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg instance load backup.zip               Into your data directory, where it is the default
  pcfg instance load backup.zip --replace     The same, replacing the existing one
  pcfg instance load backup.zip --into test.sqlite
  pcfg instance load backup.zip --into staging  The file or database of `staging` in pcfg.toml
  pcfg instance load backup.zip --into postgres://jira@host/jiradb --offline")]
struct LoadArguments {
    /// The backup: .zip, .xml, or a name from pcfg.toml
    backup: String,
    /// The file to create, an empty database (`postgres://...`), or a name from pcfg.toml; without it, the file in
    /// your data directory that is used
    /// when nothing is configured
    #[arg(long, value_name = "PATH")]
    into: Option<String>,
    /// Replace the existing instance; its history is removed, too
    #[arg(long)]
    replace: bool,
    /// Write into a database that nothing else uses until loading is done
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    zone: TimeZoneChoice,
    #[command(flatten)]
    waiting: Waiting,
}

const EXAMPLES: &str = "\
Examples:
  pcfg instance check -i https://acme.atlassian.net   Do the address and the token work?
  pcfg instance show -i backup.zip            What is in this backup?
  pcfg instance list                          Which instances have a name?
  pcfg instance load backup.zip               Work on a copy of that Jira

Instances get names in pcfg.toml, in the current folder or one above it; paths in it are relative to it:

  default = \"production\"

  [instances.production]
  path = \"backups/production.zip\"

  [instances.live]
  url = \"postgres://pcfg@host/jiradb\"
  update-users = true

With `update-users = true` imports change existing users and members of existing groups, as with the option.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    match &arguments.command {
        Command::Check(arguments) => return Ok(check::run(ui, arguments)?),
        Command::Show(arguments) => show(ui, arguments)?,
        Command::List(arguments) => list(ui, arguments)?,
        Command::Init(arguments) => init(ui, arguments)?,
        Command::Load(arguments) => load(ui, arguments)?,
    }
    Ok(Status::Fine)
}

/// The JSON document of `show`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Shown {
    /// The version of the form of the document.
    version: u32,
    /// Version and build of Jira, as `9.12.4 (9120004)`; `null` if the data does not say it.
    jira: Option<String>,
    /// The projects, by key.
    projects: Vec<Project>,
    /// How many objects of each kind there are, by [kind](format.md); kinds without any are left out.
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, u64>"))]
    objects: serde_json::Map<String, serde_json::Value>,
    /// The number of issues; `null` where the instance does not know it without counting (a live Jira, a database that was never analyzed).
    issues: Option<u64>,
    /// What is odd about the data, one sentence each.
    warnings: Vec<String>,
}

/// A project.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Project {
    /// Its key.
    key: String,
    /// Its name.
    name: String,
    /// The user who leads it.
    lead: String,
}

fn show(ui: &Ui, arguments: &ShowArguments) -> Result<(), Fault> {
    let instance = place::open(ui, arguments.instance.named(), &arguments.recording)?;
    // Names are enough to be counted.
    let none = select::Options {
        projects: Projects::Keys(Vec::new()),
        boards: Boards::All,
        ..select::Options::default()
    };
    let reading = instance.read(ui, Scope::default(), Wanted::export(&none))?;
    unseen::tell(ui, &reading.snapshot.unseen);
    let projects = projects(&reading);
    let counts = counts(&reading);
    if arguments.format == Format::Json {
        let objects = counts.into_iter().map(|(kind, count)| (kind, count.into())).collect();
        let Reading { version, issues, warnings, .. } = reading;
        return ui.json(&Shown { version: 1, jira: version, projects, objects, issues, warnings });
    }
    let mut text = format!(
        "Jira {}, {}\n\n",
        reading.version.as_deref().unwrap_or("version unknown"),
        reading.issues.map_or("an unknown number of issues".to_owned(), |own| plural(own as usize, "issue"))
    );
    let mut table = Table::new(&["project", "name", "lead"]);
    for Project { key, name, lead } in projects {
        table.row([key, name, lead]);
    }
    text.push_str(&table.render());
    let mut table = Table::new(&["kind", "count"]);
    for (kind, count) in counts {
        table.row([crate::plan::in_words(&kind), count.to_string()]);
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Listed {
    /// The version of the form of the document.
    version: u32,
    /// The `pcfg.toml` that counts here; `null` if there is none.
    settings: Option<String>,
    /// The instances, by name.
    instances: Vec<Named>,
}

/// An instance of the settings.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Named {
    /// Its name.
    name: String,
    /// Its path or address.
    path: String,
    /// Whether something is there; always `true` of a server, at which nobody knocks for a list.
    exists: bool,
    /// Whether commands use it when none is named.
    default: bool,
}

fn list(ui: &Ui, arguments: &ListArguments) -> Result<(), Fault> {
    let settings = Settings::find()?;
    let file = settings.as_ref().map(|settings| settings.file.display().to_string());
    let instances: Vec<_> = settings
        .into_iter()
        .flat_map(|Settings { default, instances, .. }| {
            instances.into_iter().map(move |(name, entry)| Named {
                path: entry.shown(),
                exists: match &entry {
                    Entry::Path { path, .. } => path.exists(),
                    // Nobody knocks at a server to make a list.
                    Entry::Database { .. } | Entry::Remote(_) | Entry::Doors { .. } => true,
                },
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
            "there is no {FILE_NAME} in this folder or above it; see `pcfg instance --help` for an example"
        ));
        return Ok(());
    };
    if instances.is_empty() {
        ui.note(&format!("`{file}` names no instance; see `pcfg instance --help` for an example"));
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
    ui.text(&table.render_in(ui.table_width()))
}

fn init(ui: &Ui, arguments: &InitArguments) -> Result<(), Fault> {
    let location = target(arguments.path.as_deref())?;
    let Some(path) = location.path() else {
        let fault = Fault::usage(format!("`{location}` is not a file, and this command creates one"));
        return Err(match &location {
            Location::Database(_) => fault.hint(format!(
                "fill a database from a backup: `pcfg instance load BACKUP --into {} --offline`",
                shell_word(&location.to_string())
            )),
            _ => fault.hint("name a file: `pcfg instance init FILE.sqlite`"),
        });
    };
    Embedded::create(path, &who::who(), arguments.waiting.most())?;
    ui.note(&format!("created `{}`: a fresh Jira with the sample project DEMO", path.display()));
    Ok(())
}

fn load(ui: &Ui, arguments: &LoadArguments) -> Result<(), Fault> {
    let backup = place::find(Some(&arguments.backup), By::Other)?;
    let Some(path) = backup.path().filter(|_| backup.kind() == Kind::Backup) else {
        let (what, copy) = match backup {
            Location::Path(_) => ("an embedded instance", "copy the file"),
            Location::Database(_) => ("a database", "copy it with `pg_dump`"),
            Location::Remote(_) | Location::Record(_) | Location::Doors(_) => {
                return Err(not_loaded(&backup));
            }
        };
        return Err(Fault::input(format!("`{backup}` already is {what}"))
            .hint(format!("use it with `-i`, or {copy}")));
    };
    let backup = Backup::open(path)?.told_in(arguments.zone.named()?);
    let into = target(arguments.into.as_deref())?;
    change::check_offline(&into, arguments.offline, None)?;
    let loaded = match &into {
        Location::Path(path) => load_into_file(ui, arguments, &backup, path),
        Location::Database(address) if arguments.replace => {
            Err(Fault::usage(format!("`{address}` is not empty, and nothing in a database is replaced"))
                .hint("name an empty database, or an empty schema of one with `?schema=NAME`"))
        }
        Location::Database(address) => load_into_database(ui, &backup, address),
        Location::Remote(_) | Location::Record(_) | Location::Doors(_) => {
            Err(Fault::usage(format!("nothing is loaded into `{into}`: restore the backup in Jira itself"))
                .hint("name a file: `--into FILE.sqlite`"))
        }
    }?;
    loaded.warnings.iter().for_each(|warning| ui.warning(warning));
    let (rows, tables) = (plural(loaded.rows as usize, "row"), plural(loaded.tables, "table"));
    let instead =
        if loaded.replaced_sample { ", in the place of the sample, which nobody had touched" } else { "" };
    ui.note(&format!("loaded {rows} of {tables} into `{into}`{instead}"));
    Ok(())
}

fn not_loaded(location: &Location) -> Fault {
    Fault::input(format!("`{location}` is not a backup, and only a whole backup can be loaded"))
        .hint("create an XML backup of it in Jira: System, Backup system")
}

fn load_into_file(ui: &Ui, arguments: &LoadArguments, backup: &Backup, path: &Path) -> Result<Loaded, Fault> {
    let bar = Bar::new(ui, "loading");
    let (who, wait) = (who::who(), arguments.waiting.most());
    let loaded =
        Embedded::load(path, backup, arguments.replace, &who, wait, &|done, all| bar.tell(done, all));
    loaded.map_err(|error| match error {
        WriteError::Exists { .. } if Embedded::is_at(path) => Fault::from(error)
            .hint(format!(
                "to put the backup in the place of the instance that is there: {}",
                again(None, "--replace")
            ))
            .hint("or name another file: `--into PATH`"),
        WriteError::Exists { .. } => Fault::from(error).hint("name another file: `--into PATH`"),
        error => error.into(),
    })
}

#[cfg(feature = "postgres")]
fn load_into_database(ui: &Ui, backup: &Backup, address: &Address) -> Result<Loaded, Fault> {
    let bar = Bar::new(ui, "loading");
    let mut database = crate::instance::Postgres::new(address.clone());
    Ok(database.load(backup, &who::who(), &|done, all| bar.tell(done, all))?)
}

#[cfg(not(feature = "postgres"))]
fn load_into_database(_: &Ui, _: &Backup, _: &Address) -> Result<Loaded, Fault> {
    Err(crate::instance::ReadError::NoDatabases.into())
}

/// Returns where an instance is to be made.
fn target(named: Option<&str>) -> Result<Location, Fault> {
    if let Some(named) = named {
        let location = place::new(named)?;
        // Whether there is an instance to replace is seen when nobody else can make one; nothing else is replaced.
        if let Some(path) = location.path().filter(|path| !Embedded::is_at(path)) {
            Output::to(path, Content::Instance)?;
        }
        return Ok(location);
    }
    let path = place::default_place().ok_or_else(|| {
        Fault::usage("no file is named, and the system has no data directory for you").hint("name a file")
    })?;
    place::create_folder(&path)?;
    Ok(Location::Path(path))
}
