//! Which issues there are, by their ids.
//!
//! Invariant: an id means one issue; what is kept of an issue is a few bytes, so that those of a whole Jira fit in memory.

use std::collections::HashMap;

use crate::entity::DataRow;

/// An issue: where it belongs and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    id: u64,
    project: u32,
    number: u32,
}

/// All issues of a place.
#[derive(Debug, Default)]
pub struct Issues {
    stands: Vec<Stand>,
    projects: Vec<String>,
    by_project: HashMap<String, u32>,
    /// How many rows are no issue that anybody could name: without a project or a number, or a second one of their id.
    odd: u64,
    is_sorted: bool,
}

impl Issues {
    /// Adds an issue; up to Jira 6.0 its number stands in its key alone.
    pub fn add(&mut self, row: &DataRow) {
        let number = row.id("number").or_else(|| row.get("key")?.rsplit_once('-')?.1.parse().ok());
        let (Some(id), Some(project), Some(number)) =
            (row.id("id"), row.text("project"), number.and_then(|number| u32::try_from(number).ok()))
        else {
            self.odd += 1;
            return;
        };
        let next = self.projects.len() as u32;
        let project = *self.by_project.entry(project.to_owned()).or_insert_with(|| {
            self.projects.push(project.to_owned());
            next
        });
        self.stands.push(Stand { id, project, number });
        self.is_sorted = false;
    }

    /// Prepares to be asked.
    pub fn finish(&mut self) {
        self.stands.sort_unstable_by_key(|stand| (stand.id, stand.project, stand.number));
        let before = self.stands.len();
        self.stands.dedup_by_key(|stand| stand.id);
        self.odd += (before - self.stands.len()) as u64;
        self.is_sorted = true;
    }

    /// Returns how many rows are no issue that anybody could name.
    pub fn odd(&self) -> u64 {
        self.odd
    }

    /// Returns the issue of an id.
    pub fn get(&self, id: u64) -> Option<Stand> {
        assert!(self.is_sorted);
        let at = self.stands.binary_search_by_key(&id, |stand| stand.id).ok()?;
        Some(self.stands[at])
    }

    /// Returns all issues, by their ids.
    pub fn all(&self) -> impl Iterator<Item = Stand> {
        self.stands.iter().copied()
    }

    /// Returns the id of the project of an issue.
    pub fn project(&self, stand: Stand) -> &str {
        &self.projects[stand.project as usize]
    }

    /// Returns the issues of projects, in the order of these and of their numbers.
    pub fn of(&self, projects: &[String]) -> Vec<Stand> {
        let rank: HashMap<u32, usize> = projects
            .iter()
            .enumerate()
            .filter_map(|(rank, project)| Some((*self.by_project.get(project)?, rank)))
            .collect();
        let mut stands: Vec<(usize, Stand)> =
            self.stands.iter().filter_map(|stand| Some((*rank.get(&stand.project)?, *stand))).collect();
        stands.sort_unstable_by_key(|(rank, stand)| (*rank, stand.number, stand.id));
        stands.into_iter().map(|(_, stand)| stand).collect()
    }
}

impl Stand {
    /// Returns the id of the issue.
    pub fn id(self) -> u64 {
        self.id
    }

    /// Returns its number in its project.
    pub fn number(self) -> u32 {
        self.number
    }
}
