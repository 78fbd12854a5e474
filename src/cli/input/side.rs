//! What is compared: a file, a folder, standard input, a file of a git revision, or projects of an instance.
//!
//! Invariant: everything is read before anything is reported, so that all problems are told at once.

use std::path::{Path, PathBuf};

use super::super::export::{BoardChoice, FieldChoice, ShareChoice, UserChoice};
use super::super::place;
use super::super::place::session::Recording;
use super::super::place::unseen;
use super::issue_data;
use super::revision;
use super::sources::{self, Source, Text};
use crate::compare::Side;
use crate::complete;
use crate::fault::{Fault, Faults};
use crate::instance::{Scope, Wanted};
use crate::model::{Config, Count, Element, Identity, Problem, Severity, Snapshot, Unseen};
use crate::select::{self, CustomFields, Projects};
use crate::ui::{Phases, Talk, Ui, draw, plural};
use crate::xml;

/// What the user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Named {
    Stdin,
    /// A file or a folder.
    Path(PathBuf),
    /// `REV:path`, as git names a file of a revision.
    Revision(String),
    /// `KEY,KEY@instance`.
    Live {
        keys: Vec<String>,
        instance: String,
    },
}

impl Named {
    /// Finds out what a word of the command line names: what is there as a file is that file.
    pub(in crate::cli) fn parse(word: &str) -> Result<Self, Fault> {
        if word == "-" {
            return Ok(Self::Stdin);
        }
        if !matches!(Path::new(word).try_exists(), Ok(false)) {
            return Ok(Self::Path(word.into()));
        }
        if let Some(live) = Self::live(word) {
            return Ok(live);
        }
        let is_drive =
            matches!(word.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic());
        if word.contains(':') && !is_drive {
            return Ok(Self::Revision(word.to_owned()));
        }
        let fault = Fault::input(format!("there is no file `{word}`"));
        Err(match is_drive || word.contains(['/', '.']) {
            true => fault,
            false => fault
                .hint(format!("a file of a git revision is named `{word}:PATH`"))
                .hint("projects of an instance are named `KEY@INSTANCE`"),
        })
    }

    fn live(word: &str) -> Option<Self> {
        let (keys, instance) = word.split_once('@')?;
        let is_key = |key: &str| {
            key.starts_with(|first: char| first.is_ascii_alphabetic())
                && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        // `main@{1}:file` is git's.
        if instance.is_empty() || instance.starts_with('{') || !keys.split(',').all(is_key) {
            return None;
        }
        let keys = keys.split(',').map(str::to_owned).collect();
        Some(Self::Live { keys, instance: instance.to_owned() })
    }
}

/// The files of one configuration, by their names, before they are understood.
#[derive(Debug, Default)]
pub(in crate::cli) struct Loaded(pub(in crate::cli) Vec<(String, Vec<u8>)>);

impl Loaded {
    fn bytes(&self) -> usize {
        self.0.iter().map(|(_, bytes)| bytes.len()).sum()
    }
}

impl From<Vec<revision::Stored>> for Loaded {
    fn from(stored: Vec<revision::Stored>) -> Self {
        let configurations = stored.into_iter().filter(|own| !sources::is_issue_data_text(&own.bytes));
        Self(configurations.map(|own| (own.name, own.bytes)).collect())
    }
}

/// Which objects an export has; what is not chosen is as in the file that it is compared with.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(
    next_help_heading = "What to export from an instance (default: what the file that it is compared with was exported with)"
)]
pub(in crate::cli) struct Selection {
    /// Which custom fields
    #[arg(long, value_enum, value_name = "WHICH")]
    custom_fields: Option<FieldChoice>,
    /// Which users and groups
    #[arg(long, value_enum, value_name = "WHICH")]
    users: Option<UserChoice>,
    /// Which filters
    #[arg(long, value_enum, value_name = "WHICH")]
    filters: Option<ShareChoice>,
    /// Which dashboards
    #[arg(long, value_enum, value_name = "WHICH")]
    dashboards: Option<ShareChoice>,
    /// Which Agile boards
    #[arg(long, value_enum, value_name = "WHICH")]
    boards: Option<BoardChoice>,
}

impl Selection {
    /// Returns what to export, to be compared with a file: these projects, or all of them.
    fn options(&self, keys: Vec<String>, file: Option<&Side<'_>>) -> select::Options {
        let mut options =
            file.map(|file| select::Options::recorded(&|name| file.attribute(name))).unwrap_or_default();
        options.projects = if keys.is_empty() { Projects::All } else { Projects::Keys(keys) };
        if let Some(choice) = self.custom_fields {
            options.custom_fields = choice.into();
        }
        if let Some(choice) = self.users {
            options.users = choice.into();
        }
        options.filters = self.filters.map_or(options.filters, Into::into);
        options.dashboards = self.dashboards.map_or(options.dashboards, Into::into);
        options.boards = self.boards.map_or(options.boards, Into::into);
        options
    }
}

/// Reads the bytes of what is no instance; `None` for an instance.
pub(in crate::cli) fn load(named: &Named) -> Result<Option<Loaded>, Faults> {
    match named {
        Named::Stdin => Ok(Some(Loaded(vec![("<stdin>".to_owned(), Source::Stdin.read()?)]))),
        Named::Path(path) if issue_data::is_packed(path) => {
            let bytes = complete::Source::only_configuration(path).map_err(Fault::from)?;
            Ok(Some(Loaded(vec![(format!("{}: configuration.xml", path.display()), bytes)])))
        }
        Named::Path(path) => {
            let (sources, mut faults) = sources::find(std::slice::from_ref(path))?;
            let mut files = Vec::new();
            for source in sources {
                match source.read() {
                    // Issues are compared for themselves.
                    Ok(bytes) if sources::is_issue_data_text(&bytes) => {}
                    Ok(bytes) => files.push((source.name().into_owned(), bytes)),
                    Err(fault) => faults.push(fault),
                }
            }
            if faults.is_empty() { Ok(Some(Loaded(files))) } else { Err(Faults(faults)) }
        }
        Named::Revision(spec) => Ok(Some(revision::files(spec)?.into())),
        Named::Live { .. } => Ok(None),
    }
}

/// Which instance.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) enum Where<'a> {
    /// That of `-i`, or the default.
    Option(Option<&'a str>, &'a Recording),
    /// That of `KEY@NAME`.
    Other(&'a str, &'a Recording),
}

/// Exports projects of an instance.
pub(in crate::cli) fn export(
    ui: &Ui,
    named: (&[String], Where<'_>),
    selection: &Selection,
    file: Option<&Side<'_>>,
) -> Result<Config, Faults> {
    live(ui, named, selection, file).map(|live| live.config)
}

/// Projects of an instance.
pub(in crate::cli) struct Live {
    /// The export.
    pub(in crate::cli) config: Config,
    /// What the instance has, whether it is exported or not.
    exists: Vec<Identity>,
    /// What it cannot show.
    unseen: Unseen,
}

impl Live {
    pub(in crate::cli) fn side(&self) -> Side<'_> {
        Side::of(&self.config).knowing(self.exists.iter().cloned()).of_instance(self.unseen.clone())
    }
}

/// Exports projects of an instance, to be compared with a file; the record is for the command to write.
pub(in crate::cli) fn live(
    ui: &Ui,
    (keys, instance): (&[String], Where<'_>),
    selection: &Selection,
    file: Option<&Side<'_>>,
) -> Result<Live, Faults> {
    let options = selection.options(keys.to_vec(), file);
    let instance = match instance {
        Where::Option(named, recording) => place::open_existing(ui, named, recording)?,
        Where::Other(named, recording) => place::open_other(ui, named, recording)?,
    };
    let scope = Scope { field_values: options.custom_fields == CustomFields::Used, ..Scope::default() };
    let wanted = Wanted::export(&options);
    let mut reading = instance.read_on(ui, scope, wanted)?;
    if ui.talk() == Talk::Verbose {
        reading.warnings.iter().for_each(|warning| ui.warning(warning));
    }
    unseen::check(ui, &reading.snapshot.unseen)?;
    let config = select::select(&mut reading.snapshot, &options)?;
    let Snapshot { objects, unseen, .. } = reading.snapshot;
    Ok(Live { config, exists: objects.into_keys().collect(), unseen })
}

/// A side as far as it could be understood, and what is wrong with it.
pub(in crate::cli) struct Understood<'a> {
    pub(in crate::cli) side: Side<'a>,
    broken: Vec<Broken>,
    /// The objects that files of one folder describe differently.
    differently: Vec<String>,
}

/// A file that cannot be compared.
struct Broken {
    name: String,
    text: String,
    problems: Vec<Problem>,
}

impl<'a> Understood<'a> {
    /// Understands what was read, and says so to those who wait.
    pub(in crate::cli) fn told(ui: &Ui, loaded: &'a Loaded) -> Self {
        let phases = Phases::of_bytes(ui, loaded.bytes());
        phases.begin("reading");
        Self::of(loaded)
    }

    /// Understands what was read.
    pub(in crate::cli) fn of(loaded: &'a Loaded) -> Self {
        let mut all = Self { side: Side::default(), broken: Vec::new(), differently: Vec::new() };
        for (name, bytes) in &loaded.0 {
            match understand(bytes) {
                Ok(side) if loaded.0.len() == 1 => all.side = side,
                Ok(side) => all.differently.extend(all.side.add(side)),
                Err((text, problems)) => all.broken.push(Broken { name: name.clone(), text, problems }),
            }
        }
        all
    }
}

/// Returns what a file holds, or its text and what is wrong with it.
pub(in crate::cli) fn understand(bytes: &[u8]) -> Result<Side<'_>, (String, Vec<Problem>)> {
    let (text, mut problems) = xml::decode(bytes);
    let found = match &text {
        std::borrow::Cow::Borrowed(text) if problems.is_empty() => {
            let (side, found) = Side::read(text);
            if !found.iter().any(|problem| problem.severity == Severity::Error) {
                return Ok(side);
            }
            found
        }
        text if text.is_empty() => Vec::new(),
        text => xml::read(text).problems,
    };
    problems.extend(found);
    problems.retain(|problem| problem.severity == Severity::Error);
    problems.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.start));
    Err((text.into_owned(), problems))
}

/// Shows what is wrong with all sides; a fault for each file that cannot be compared.
pub(in crate::cli) fn tell(ui: &Ui, sides: &[&Understood<'_>]) -> Result<(), Faults> {
    let mut faults = Vec::new();
    for side in sides {
        for name in &side.differently {
            ui.warning(&format!(
                "files of one folder describe {name} differently; each description is compared"
            ));
        }
        for Broken { name, text, problems } in &side.broken {
            ui.shown(&draw(ui.colors_talk(), name, text, problems));
            faults.push(broken(name, problems));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

/// Returns the trees of files; shows all that keeps them from being understood, and so from being used as the verb says.
pub(in crate::cli) fn roots(ui: &Ui, files: &Loaded, verb: &str) -> Result<Vec<Element>, Faults> {
    let (mut roots, mut faults) = (Vec::new(), Vec::new());
    for (name, bytes) in &files.0 {
        let Text { text, root, mut problems, .. } = Text::new(bytes);
        problems.retain(|problem| problem.severity == Severity::Error);
        match root {
            Some(root) if problems.is_empty() => roots.push(root),
            _ => {
                ui.shown(&draw(ui.colors_talk(), name, &text, &problems));
                let count = plural(Count::of(&problems).errors, "error");
                faults.push(Fault::input(format!("cannot {verb} `{name}`: it has {count}")));
            }
        }
    }
    if faults.is_empty() { Ok(roots) } else { Err(Faults(faults)) }
}

/// Returns the fault of a file with errors.
pub(in crate::cli) fn broken(name: &str, problems: &[Problem]) -> Fault {
    Fault::input(format!("cannot compare `{name}`: it has {}", plural(Count::of(problems).errors, "error")))
}

/// Returns both sides as they were understood, each by a thread of its own: large files take a while.
pub(in crate::cli) fn understand_both<'a>(
    ui: &Ui,
    old: &'a Loaded,
    new: &'a Loaded,
) -> (Understood<'a>, Understood<'a>) {
    let phases = Phases::of_bytes(ui, old.bytes() + new.bytes());
    phases.begin("reading");
    both(|| Understood::of(old), || Understood::of(new))
}

/// Does two things at the same time.
pub(in crate::cli) fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    })
}
