//! The issues of projects as elements, one behind the other.
//!
//! Invariant: the order is that of the keys of the projects and of the numbers of the issues, whatever the place is.

use std::collections::BTreeMap;
use std::path::Path;

use roaring::RoaringTreemap;

use super::gather::{self, Gathered};
use super::source::{Chosen, IssueData};
use crate::data::{self, History, IssueReader, Keys, Meanings, Notes, Ranks, Sprints};
use crate::instance::{Progress, ReadError, Reading};
use crate::model::{Config, Element, Name};

/// The issues of some projects.
pub struct Whole {
    meanings: Meanings,
    gathered: Gathered,
    sprints: Sprints,
    ranks: Ranks,
    /// What could not be told, so far.
    pub notes: Notes,
}

/// An issue that was read.
pub struct OneIssue {
    /// The key of its project.
    pub project: String,
    /// Its number.
    pub number: u32,
    /// What it says.
    pub element: Element,
    /// The first key of its project: the folders of attachments keep it.
    pub original_key: String,
    /// The ids of its attachments, in the order of their elements.
    pub attachments: Vec<u64>,
}

impl Whole {
    /// Gathers the issues of a place that was begun to be read; what is too large for memory waits in a file in that folder.
    pub fn gather(
        place: &mut dyn IssueData,
        meanings: Meanings,
        chosen: &Chosen,
        folder: &Path,
        progress: Progress<'_>,
    ) -> Result<Self, ReadError> {
        let gathered = gather::gather(place, chosen, folder, progress)?;
        let sprints = Sprints::new(&gathered.beside, &meanings);
        let mut notes = Notes::default();
        // Whoever looks at one issue is not told of rows of others; of most of them it is not even read whose they are.
        for (table, count) in gathered.dangling.iter().filter(|_| chosen.number.is_none()) {
            notes.add_many(dangling(table), *count, || (*table).to_owned());
        }
        notes.add_many("issues without a project or a number", gathered.issues.odd(), || "Issue".to_owned());
        Ok(Self { meanings, gathered, sprints, ranks: Ranks::default(), notes })
    }

    /// Returns how many issues there are.
    pub fn len(&self) -> usize {
        self.gathered.chosen.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the keys of all issues of the place, also of those that are not chosen.
    pub fn keys(&self, keys: &mut Keys) {
        keys.add_all(&self.gathered.issues, &self.meanings);
    }

    /// Returns the numbers of the issues, by the keys of their projects.
    pub fn numbers(&self) -> BTreeMap<String, Vec<u32>> {
        let mut numbers: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for stand in &self.gathered.chosen {
            if let Some(project) = self.meanings.project(self.gathered.issues.project(*stand)) {
                numbers.entry(project.to_owned()).or_default().push(stand.number());
            }
        }
        numbers
    }

    /// Returns the ids of all sprints, by what tells them apart.
    pub fn sprint_ids(&self) -> BTreeMap<Name, String> {
        self.sprints.ids()
    }

    /// Returns whether a sprint runs on a board.
    pub fn has_running_sprint(&self, board: &str) -> bool {
        self.sprints.has_running(board)
    }

    /// Calls `each` with every issue.
    pub fn each<E: From<ReadError>>(
        &mut self,
        history: History,
        each: &mut dyn FnMut(OneIssue) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { meanings, gathered, sprints, ranks, notes } = self;
        let chosen: RoaringTreemap = gathered.chosen.iter().map(|stand| stand.id()).collect();
        gathered.each(&mut |issues, stand, rows| {
            let is_chosen = |id: u64| chosen.contains(id);
            let reader = IssueReader { meanings, issues, is_chosen: &is_chosen, history };
            let Some(project) = meanings.project(issues.project(stand)) else { return Ok(()) };
            let Some((node, attachments)) = reader.read(stand, rows, (sprints, ranks), notes) else {
                return Ok(());
            };
            let key = format!("{project}-{}", stand.number());
            match data::bound(node, &key, notes) {
                Some(element) => {
                    let original_key =
                        meanings.original_key(issues.project(stand)).unwrap_or(project).to_owned();
                    let (project, number) = (project.to_owned(), stand.number());
                    each(OneIssue { project, number, element, original_key, attachments })
                }
                None => Ok(()),
            }
        })
    }

    /// Returns the order of the issues of a project, after all of them were read; nothing if they have no ranks.
    pub fn ranks(&mut self, project: &str) -> Option<Config> {
        let keys = self.ranks.order(project);
        (!keys.is_empty()).then(|| data::ranks(project, keys))
    }

    /// Returns the sprints that issues are in, after all of them were read; nothing if there are none.
    pub fn sprints(&mut self) -> Option<Config> {
        let sprints = self.sprints.used(&self.meanings);
        (!sprints.is_empty()).then(|| data::sprints(sprints, &mut self.notes))
    }
}

impl Reading {
    /// Returns what ids and times mean in the place.
    pub fn meanings(&self, zone: data::Zone) -> Meanings {
        Meanings::new(&self.tables, zone)
    }
}

/// Says what rows are that lead to no issue.
fn dangling(table: &str) -> &'static str {
    match table {
        "Action" => "comments of issues that no longer exist",
        "ChangeGroup" | "ChangeItem" => "entries of the history of issues that no longer exist",
        "CustomFieldValue" => "values of issues that no longer exist",
        "FileAttachment" => "attachments of issues that no longer exist",
        "AO_60DB71_LEXORANK" => "ranks of issues that no longer exist",
        "EntityProperty" => "properties of issues, comments and worklogs that no longer exist",
        "IssueLink" => "links of issues that no longer exist",
        "Label" => "labels of issues that no longer exist",
        "MovedIssueKey" => "former keys of issues that no longer exist",
        "NodeAssociation" => "versions and components of issues that no longer exist",
        "RemoteIssueLink" => "links to other applications of issues that no longer exist",
        "UserAssociation" => "watchers and voters of issues that no longer exist",
        "Worklog" => "worklogs of issues that no longer exist",
        _ => "other rows of issues that no longer exist",
    }
}
