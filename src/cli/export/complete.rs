//! `pcfg export --complete`: a whole project as an archive: configuration, issues, attachments.
//!
//! Invariant: the configuration in the archive has all that the issues name, so it is chosen after them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::super::Status;
use super::super::place;
use super::super::place::called::again;
use super::super::place::whole::{self, TimeZoneChoice};
use super::super::result::notes;
use crate::archive::{self, About, Writer};
use crate::attachments::{self, Folder, Place};
use crate::complete;
use crate::data::{self, History, Named};
use crate::fault::{Fault, Faults};
use crate::instance::{Location, OneIssue, Scope};
use crate::model::{Config, Element};
use crate::select;
use crate::ui::{Ui, data_counts, plural};
use crate::xml;

/// What goes into a complete export, and how the data is to be understood.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CompleteChoices {
    /// Export issues and attachments, too: a whole project as an archive
    ///
    /// FILE is a zip, or a folder if it ends with `/`. The configuration in it has everything that the issues name: users of comments, fields that only values use, and the like.
    #[arg(long, requires = "output")]
    complete: bool,
    /// The folder with the files of the attachments: `data/attachments` in the home of Jira
    #[arg(long, value_name = "DIR", requires = "complete")]
    attachments: Option<PathBuf>,
    /// Leave out the files of the attachments; their names stay
    #[arg(long, requires = "complete", conflicts_with = "attachments")]
    no_attachments: bool,
    /// How much of the history to export
    #[arg(long, value_enum, value_name = "HOW", default_value = "full", requires = "complete")]
    history: HistoryChoice,
    #[command(flatten)]
    zone: TimeZoneChoice,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum HistoryChoice {
    /// All of it; it has the texts of comments that were deleted
    Full,
    /// All but the texts of deleted comments
    Text,
    /// Nothing
    None,
}

impl CompleteChoices {
    /// Returns whether a whole project is meant.
    pub(in crate::cli) fn is_wanted(&self) -> bool {
        self.complete
    }
}

/// Exports whole projects.
pub(in crate::cli) fn run(
    ui: &Ui,
    choices: &CompleteChoices,
    named: Option<&str>,
    (options, output): (&select::Options, &Path),
) -> Result<Status, Faults> {
    let location = place::location(ui, named)?;
    let writer = Writer::create(output)?;
    let keys: &[String] = match &options.projects {
        select::Projects::All => &[],
        select::Projects::Keys(keys) => keys,
    };
    let folder = folder_beside(output);
    let scope =
        Scope { field_values: options.custom_fields == select::CustomFields::Used, ..Scope::default() };
    let mut read = whole::read(ui, &location, (keys, None), &choices.zone, (scope, &folder))?;
    let history = match choices.history {
        HistoryChoice::Full => History::Full,
        HistoryChoice::Text => History::Text,
        HistoryChoice::None => History::None,
    };
    let mut writing = Archive::new(writer, &read.projects);
    let mut files = Files::new(choices, &location)?;
    read.whole.each(history, &mut |mut issue| {
        files.add(&mut issue, &mut writing)?;
        writing.issue(issue)
    })?;
    files.tell(ui);
    writing.end_of_file()?;
    for project in &read.projects {
        if let Some(ranks) = read.whole.ranks(project) {
            writing.file(&format!("data/{project}/ranks.xml"), &ranks)?;
        }
    }
    if let Some(sprints) = read.whole.sprints() {
        writing.named.add(sprints.root());
        writing.file("data/sprints.xml", &sprints)?;
    }
    let mut named = std::mem::take(&mut writing.named).objects();
    // Accounts that were removed stay names in comments and the history: nobody is made of them elsewhere.
    named.retain(|own| read.reading.snapshot.objects.contains_key(own));
    let config = select::select_with(&mut read.reading.snapshot, options, &named)?;
    writing.file("configuration.xml", &config)?;
    let counts = writing.finish(About {
        jira: read.reading.version.clone(),
        time_zone: None,
        history: match history {
            History::Full => archive::History::Full,
            History::Text => archive::History::Text,
            History::None => archive::History::None,
        },
        attachments: files.folder.is_some(),
        projects: Vec::new(),
    })?;
    for (kind, count, example) in read.whole.notes.iter() {
        ui.note(&format!("note: {count} {kind} (such as {example})"));
    }
    notes::tell(ui, &config, &read.reading);
    ui.note(&format!("wrote `{}`: {}", output.display(), data_counts(&counts)));
    Ok(Status::Fine)
}

/// Returns the folder in which an archive is made, for what has to wait on a disk.
fn folder_beside(output: &Path) -> PathBuf {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty() && folder.is_dir());
    folder.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// More files than this nobody reads the names of.
const SHOWN: usize = 20;

/// The files of attachments while they are exported.
struct Files {
    folder: Option<Folder>,
    are_wanted: bool,
    missing: Vec<String>,
}

impl Files {
    /// Opens the folder that the user names, or the one beside an embedded instance.
    fn new(choices: &CompleteChoices, location: &Location) -> Result<Self, Fault> {
        let own = location.path().map(beside).filter(|folder| folder.is_dir());
        let folder = choices.attachments.clone().or(own).filter(|_| !choices.no_attachments);
        let folder = folder.map(|folder| Folder::open(&folder)).transpose()?;
        Ok(Self { folder, are_wanted: !choices.no_attachments, missing: Vec::new() })
    }

    /// Adds the files of an issue, and says in the issue which they are.
    fn add(&mut self, issue: &mut OneIssue, writing: &mut Archive) -> Result<(), Fault> {
        if issue.attachments.is_empty() || !self.are_wanted {
            return Ok(());
        }
        let Some(folder) = &self.folder else {
            return Err(Fault::usage(format!(
                "{}-{} has attachments, and nobody said where their files are",
                issue.project, issue.number
            ))
            .hint(format!(
                "name `data/attachments` in the home of Jira: {}",
                again(None, "--attachments DIR")
            ))
            .hint(format!("or leave the files out: {}", again(None, "--no-attachments"))));
        };
        let elements = issue.element.children_mut().into_iter().flatten();
        let elements = elements.filter(|own| own.tag() == "attachment");
        for (element, id) in elements.zip(&issue.attachments) {
            let place =
                Place { original_key: issue.original_key.clone(), number: u64::from(issue.number), id: *id };
            let size = element.text_of("size").and_then(|own| own.parse().ok());
            let file = match size {
                Some(size) => folder.file(&place, size),
                None => folder.find(&place).and_then(|file| {
                    let missing = || attachments::Error::Missing {
                        folder: folder.path().to_owned(),
                        place: place.clone(),
                    };
                    file.ok_or_else(missing)
                }),
            };
            match file {
                Ok(file) => {
                    let content = writing.writer.attachment(&mut file.open()?)?;
                    element.set_text("sha256", &content.sha256);
                }
                Err(error @ (attachments::Error::Missing { .. } | attachments::Error::Size { .. })) => {
                    let name = element.text_of("name").unwrap_or_default();
                    self.missing.push(format!("{}-{}: `{name}`: {error}", issue.project, issue.number));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Names the files that are missing.
    fn tell(&self, ui: &Ui) {
        if self.missing.is_empty() {
            return;
        }
        ui.warning(&format!("{} of attachments cannot be exported", plural(self.missing.len(), "file")));
        for own in self.missing.iter().take(SHOWN) {
            ui.note(&format!("  {own}"));
        }
        if self.missing.len() > SHOWN {
            ui.note(&format!("  and {} more", self.missing.len() - SHOWN));
        }
    }
}

/// Returns the folder with the attachments of an embedded instance.
pub(in crate::cli) fn beside(instance: &Path) -> PathBuf {
    let mut name = instance.as_os_str().to_owned();
    name.push(".attachments");
    name.into()
}

/// An archive while its issues are written.
struct Archive {
    writer: Writer,
    /// What is counted of each project, in their order.
    counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// The project and the entry of the issues that wait to be written together, and these.
    open: Option<(String, String)>,
    issues: Vec<Element>,
    named: Named,
}

impl Archive {
    fn new(writer: Writer, projects: &[String]) -> Self {
        let counts = projects.iter().map(|key| (key.clone(), BTreeMap::new())).collect();
        Self { writer, counts, open: None, issues: Vec::new(), named: Named::default() }
    }

    fn issue(&mut self, issue: OneIssue) -> Result<(), Fault> {
        let entry = complete::entry_of(&issue.project, issue.number);
        let place = (issue.project, entry);
        if self.open.as_ref() != Some(&place) {
            self.end_of_file()?;
        }
        let counts = self.counts.entry(place.0.clone()).or_default();
        *counts.entry("issue".to_owned()).or_default() += 1;
        data::count(&issue.element, counts);
        self.named.add(&issue.element);
        self.issues.push(issue.element);
        self.open = Some(place);
        Ok(())
    }

    /// Writes the issues that wait.
    fn end_of_file(&mut self) -> Result<(), Fault> {
        let Some((project, name)) = self.open.take() else { return Ok(()) };
        let config = data::issues(&project, std::mem::take(&mut self.issues));
        self.file(&name, &config)
    }

    fn file(&mut self, name: &str, config: &Config) -> Result<(), Fault> {
        self.writer.begin(name)?;
        let written = xml::write(config, &mut self.writer).and_then(|()| self.writer.flush());
        written.map_err(|error| self.writer.failed(error).into())
    }

    /// Finishes the archive, and returns what is in it of all projects.
    fn finish(self, mut about: About) -> Result<BTreeMap<String, u64>, Fault> {
        let mut all: BTreeMap<String, u64> = BTreeMap::new();
        for (key, counts) in self.counts {
            for (kind, count) in &counts {
                *all.entry(kind.clone()).or_default() += count;
            }
            about.projects.push(archive::Project { key, counts });
        }
        self.writer.finish(about)?;
        Ok(all)
    }
}
