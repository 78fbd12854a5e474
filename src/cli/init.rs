//! `pcfg init`: begins to keep the configuration of projects in a git repository.
//!
//! Invariant: everything is read before anything is written, and nothing that is there is changed: what exists stays and is named.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::git::call::line;
use super::git::{self, Attributes};
use super::place;
use super::place::remote::By;
use super::place::session::{Opened, Recording};
use super::place::settings::{FILE_NAME, Settings};
use super::place::unseen;
use super::schema::list as schemas;
use super::{Status, completions};
use crate::fault::{Fault, Faults};
use crate::instance::{Address, Location, Scope, Wanted, shell_word, without_password};
use crate::model::Config;
use crate::output::{Content, Output};
use crate::rest::Site;
use crate::schema::Schema;
use crate::select::{self, Projects};
use crate::ui::{Ui, plural};
use crate::xml;

/// Begin to keep projects in this git repository: pcfg.toml, a first export, attributes and drivers, a job for CI
///
/// On a terminal it asks for what no option says. Files that are there stay as they are; the command says what it wrote and what it
/// left. No secret is written: pcfg.toml names the variable of the environment that holds the token.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Keys of the projects; all projects of the instance if none is named
    #[arg(value_name = "KEY", add = completions::keys())]
    keys: Vec<String>,
    /// All projects, without asking which
    #[arg(long, conflicts_with = "keys")]
    all: bool,
    /// The instance: a live Jira (https://...), a backup, an embedded instance, Jira's database (postgres://...), or a name from pcfg.toml
    #[arg(short, long, value_name = "INSTANCE", add = completions::instances())]
    instance: Option<String>,
    /// What pcfg.toml calls the instance
    #[arg(long, default_value = "production")]
    name: String,
    /// The folder for the configuration, a file for each project
    #[arg(long, value_name = "DIR", default_value = "config")]
    folder: PathBuf,
    /// Who signs in to Jira Cloud: an e-mail address
    #[arg(long, env = "PCFG_USER", hide_env_values = true)]
    user: Option<String>,
    /// The variable of the environment that holds the token of a live Jira
    #[arg(long, value_name = "VARIABLE", default_value = "PCFG_TOKEN")]
    token_env: String,
    /// For which CI to write a job; without it, the one at which the repository has its remote
    #[arg(long, value_enum)]
    ci: Option<Ci>,
    /// Say what would be written, and write nothing
    #[arg(short = 'n', long, visible_alias = "dry-run")]
    simulate: bool,
}

const EXAMPLES: &str = "\
Examples:
  git init jira && cd jira && pcfg init           It asks
  pcfg init TST OPS -i https://acme.atlassian.net --user ada@example.com
  pcfg init --all -i backup.zip --ci none         A copy of all projects of a backup
  pcfg init TST -i production --dry-run           What would be written?

Afterwards: `git add -A && git commit`, and `pcfg drift config` says whether Jira still is as
committed. Exit code: 0, 2 if this is not a repository, 3 if the instance cannot be read.";

/// The schema of the settings, beside them: editors complete and check by it.
const SCHEMA_FILE: &str = "pcfg.schema.json";

/// Where jobs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ci {
    /// GitHub Actions: .github/workflows/jira.yml
    Github,
    /// GitLab CI: .gitlab-ci.yml
    Gitlab,
    /// No job
    None,
}

impl Ci {
    /// Returns the file of the job, and what is in it.
    fn job(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Github => Some((".github/workflows/jira.yml", include_str!("../../docs/ci/github.yml"))),
            Self::Gitlab => Some((".gitlab-ci.yml", include_str!("../../docs/ci/gitlab.yml"))),
            Self::None => None,
        }
    }

    /// Returns the one at which a repository has its remote.
    fn of(remote: &str) -> Self {
        match remote {
            own if own.contains("github") => Self::Github,
            own if own.contains("gitlab") => Self::Gitlab,
            _ => Self::None,
        }
    }
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let Some(top) = line(&["rev-parse", "--show-toplevel"])? else {
        return Err(Fault::usage("this folder is in no git repository")
            .hint("make one first: `git init`")
            .hint("or go into one: `pcfg -C DIR init`")
            .into());
    };
    let settings = Settings::find()?;
    let named = match (&arguments.instance, &settings) {
        (Some(named), _) => named.clone(),
        (None, Some(Settings { default: Some(name), .. })) => name.clone(),
        (None, _) => asked(ui)?,
    };
    let described = described(arguments, &named, settings.as_ref())?;
    let text = described.as_ref().map(|lines| {
        format!("#:schema ./{SCHEMA_FILE}\ndefault = {}\n\n{lines}", toml_text(&arguments.name))
    });
    let location = match &text {
        // What is written down has to lead there.
        Some(text) => {
            let settings = Settings::parse(text, Path::new(FILE_NAME))?;
            place::named_in(&settings, &arguments.name, By::Option)?
        }
        None => place::find(Some(&named), By::Option)?,
    };
    let files = exported(ui, arguments, &location)?;
    let mut writing = Writing { is_simulated: arguments.simulate, ..Writing::default() };
    match &settings {
        Some(settings) => {
            writing.tell(Deed::Kept, &settings.file.display().to_string());
            if let Some(lines) = described {
                ui.note(&format!(
                    "to give `{}` a name, add to `{FILE_NAME}`:\n{lines}",
                    without_password(&named)
                ));
            }
        }
        None => {
            let text = text.unwrap_or_default();
            writing.file(Path::new(FILE_NAME), Content::Lines, text.as_bytes())?;
            let schema = schemas::named(schemas::SETTINGS).map_or("", |own| own.text);
            writing.file(Path::new(SCHEMA_FILE), Content::Lines, schema.as_bytes())?;
        }
    }
    let count = files.len();
    for (key, config) in files {
        let path = arguments.folder.join(format!("{key}.xml"));
        writing.file(&path, Content::Configuration, xml::to_string(&config).as_bytes())?;
    }
    let pattern = format!("{}/*.xml", arguments.folder.to_string_lossy().replace('\\', "/"));
    let attributes = Path::new(".gitattributes");
    match git::attributes_with(attributes, &pattern)? {
        Attributes::New(text) => writing.file(attributes, Content::Lines, text.as_bytes())?,
        Attributes::There => writing.tell(Deed::Kept, ".gitattributes"),
        Attributes::More(text) => {
            if !writing.is_simulated {
                super::input::files::replace(attributes, Content::Lines, text.as_bytes())?;
            }
            writing.tell(Deed::Added, ".gitattributes");
        }
    }
    let ci = arguments.ci.map_or_else(|| remote().map(|own| own.map_or(Ci::None, |own| Ci::of(&own))), Ok)?;
    if let Some((path, job)) = ci.job() {
        let folder = arguments.folder.to_string_lossy();
        let job = job
            .replace("'config'", &format!("'{folder}'"))
            .replace("PCFG_CONFIG: config\n", &format!("PCFG_CONFIG: {folder}\n"));
        writing.file(&Path::new(&top).join(path), Content::Lines, job.as_bytes())?;
    }
    let told = writing.told();
    if !arguments.simulate {
        git::install_drivers(ui)?;
    }
    ui.text(&told)?;
    if arguments.simulate {
        ui.note("nothing was written");
    } else {
        ui.note(&format!(
            "next: `git add -A && git commit -m 'Jira as it is'`; `pcfg drift {}` says whether Jira still is so ({})",
            shell_word(&arguments.folder.to_string_lossy()),
            plural(count, "project")
        ));
    }
    Ok(Status::Fine)
}

/// Asks for the instance.
fn asked(ui: &Ui) -> Result<String, Fault> {
    let question = "Which Jira? An address (https://...), or the path of a backup or an instance:";
    match ui.ask_text(question).filter(|own| !own.is_empty()) {
        Some(named) => Ok(named),
        None => Err(Fault::usage("no instance is named")
            .hint("name one: `pcfg init KEY -i https://SITE.atlassian.net`, or `-i backup.zip`")
            .hint("`pcfg instance init jira.sqlite` makes one with a sample project to try it")),
    }
}

/// Returns what the settings say of an instance; nothing if they name it already.
fn described(
    arguments: &Arguments,
    named: &str,
    settings: Option<&Settings>,
) -> Result<Option<String>, Fault> {
    if settings.is_some_and(|own| own.instances.contains_key(named)) {
        return Ok(None);
    }
    let mut lines = format!("[instances.{}]\n", name(&arguments.name));
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(lines, "{key} = {}", toml_text(value));
    };
    if Site::is_meant(named) {
        line("url", &without_password(named));
        // A personal access token of Data Center needs no user.
        arguments.user.iter().for_each(|user| line("user", user));
        line("token-env", &arguments.token_env);
    } else if Address::is_meant(named) {
        // A password belongs to `password-command`.
        line("url", &without_password(named));
    } else {
        let path = Path::new(named);
        if path.is_absolute() || path.try_exists().unwrap_or(false) {
            line("path", &path.to_string_lossy().replace('\\', "/"));
        } else {
            return Err(Fault::input(format!("there is no instance and no file `{named}`")));
        }
    }
    Ok(Some(lines))
}

/// Spells the name of a table.
fn name(name: &str) -> String {
    let is_bare =
        !name.is_empty() && name.bytes().all(|own| own.is_ascii_alphanumeric() || own == b'-' || own == b'_');
    if is_bare { name.to_owned() } else { toml_text(name) }
}

/// Spells a text as TOML does.
fn toml_text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Returns an export of each project.
fn exported(ui: &Ui, arguments: &Arguments, location: &Location) -> Result<Vec<(String, Config)>, Faults> {
    let keys = match &arguments.keys[..] {
        [] => keys(ui, location, arguments.all)?,
        keys => keys.to_vec(),
    };
    if keys.is_empty() {
        return Err(Fault::input("the instance has no project").into());
    }
    let options = |projects| select::Options { projects, ..select::Options::default() };
    let recording = Recording::none();
    let instance = Opened::new(ui, location, &recording)?;
    let wanted = Wanted::export(&options(Projects::Keys(keys.clone())));
    let mut reading = instance.read(ui, Scope::default(), wanted)?;
    unseen::check(ui, &reading.snapshot.unseen)?;
    let mut files = Vec::new();
    let mut faults = Vec::new();
    for key in keys {
        match select::select(&mut reading.snapshot, &options(Projects::Keys(vec![key.clone()]))) {
            Ok(config) => files.push((key, config)),
            Err(unknown) => faults.extend(Faults::from(unknown).0),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(Faults(faults)) }
}

/// Returns the keys of all projects, or of those that the user chooses of them.
fn keys(ui: &Ui, location: &Location, takes_all: bool) -> Result<Vec<String>, Faults> {
    let none = select::Options { projects: Projects::Keys(Vec::new()), ..select::Options::default() };
    let recording = Recording::none();
    let instance = Opened::new(ui, location, &recording)?;
    let reading = instance.read(ui, Scope::default(), Wanted::export(&none))?;
    let kind = Schema::get().kind_named("project");
    let projects = reading.snapshot.objects.keys().filter(|own| Some(own.kind) == kind);
    let mut all: Vec<String> = projects.map(|own| own.name().to_owned()).collect();
    all.sort();
    if takes_all {
        return Ok(all);
    }
    let question = format!("Which projects? {} (nothing means all of them):", all.join(" "));
    let chosen = ui.ask_text(&question).unwrap_or_default();
    let chosen: Vec<String> =
        chosen.split([' ', ',']).filter(|own| !own.is_empty()).map(str::to_owned).collect();
    Ok(if chosen.is_empty() { all } else { chosen })
}

/// Returns where the repository is pushed to.
fn remote() -> Result<Option<String>, Fault> {
    line(&["config", "--get", "remote.origin.url"])
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Wrote,
    Added,
    Kept,
}

/// Writes what is not there yet.
#[derive(Default)]
struct Writing {
    is_simulated: bool,
    done: BTreeMap<Deed, Vec<String>>,
}

impl Writing {
    fn file(&mut self, path: &Path, content: Content, bytes: &[u8]) -> Result<(), Fault> {
        // A link that leads nowhere is there, too.
        if path.symlink_metadata().is_ok() {
            self.tell(Deed::Kept, &path.display().to_string());
            return Ok(());
        }
        if !self.is_simulated {
            place::create_folder(path)?;
            Output::to(path, content)?.write(&|out| out.write_all(bytes))?;
        }
        self.tell(Deed::Wrote, &path.display().to_string());
        Ok(())
    }

    fn tell(&mut self, deed: Deed, what: &str) {
        self.done.entry(deed).or_default().push(what.to_owned());
    }

    /// Returns what was done, a line for each file.
    fn told(&self) -> String {
        let mut text = String::new();
        for (deed, paths) in &self.done {
            let word = match (deed, self.is_simulated) {
                (Deed::Wrote, false) => "wrote",
                (Deed::Wrote, true) => "would write",
                (Deed::Added, false) => "added lines to",
                (Deed::Added, true) => "would add lines to",
                (Deed::Kept, _) => "kept, because it was there:",
            };
            paths.iter().for_each(|path| text.push_str(&format!("{word} {path}\n")));
        }
        text
    }
}
