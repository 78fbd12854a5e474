//! Where the issues of a backup stand, without keeping a row.
//!
//! Issues, steps and entries come in runs of their own, in the order of their tables. Invariant: memory holds a few numbers
//! for each row of the three, 24 bytes at most; what they have in common stands once.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::entity::{Standing, Standings, StoredTwice};

/// Things that many rows have in common, by the order in which they were met.
#[derive(Debug)]
struct Kinds<T> {
    numbers: HashMap<T, u32>,
    all: Vec<T>,
}

impl<T> Default for Kinds<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), all: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Kinds<T> {
    fn number(&mut self, own: T) -> u32 {
        if let Some(number) = self.numbers.get(&own) {
            return *number;
        }
        let number = self.all.len() as u32;
        self.numbers.insert(own.clone(), number);
        self.all.push(own);
        number
    }
}

/// The name and state of an entry.
type Entry = (Option<String>, Option<String>);

/// A row: the entry that it belongs to, its kind, and its own id.
type Numbered = (u64, u32, u64);

/// Issues by their entries, entries and steps.
#[derive(Debug, Default)]
pub(super) struct Stands {
    /// By entry, with their ids.
    issues: Vec<Numbered>,
    /// Issues without an entry: their ids.
    without: Vec<(u64, u32)>,
    /// By entry, with their ids.
    steps: Vec<Numbered>,
    entries: Vec<(u64, u32)>,
    issue_kinds: Kinds<[String; 3]>,
    step_kinds: Kinds<String>,
    entry_kinds: Kinds<Entry>,
}

impl Stands {
    /// Notes an issue, by its id and its entry: project, issue type and status.
    pub(super) fn issue(&mut self, id: u64, entry: Option<u64>, values: [String; 3]) {
        let kind = self.issue_kinds.number(values);
        match entry {
            Some(entry) => self.issues.push((entry, kind, id)),
            None => self.without.push((id, kind)),
        }
    }

    /// Notes the step that an entry is in, by its id.
    pub(super) fn step(&mut self, id: u64, entry: u64, step: String) {
        let kind = self.step_kinds.number(step);
        self.steps.push((entry, kind, id));
    }

    /// Notes an entry.
    pub(super) fn entry(&mut self, id: u64, values: Entry) {
        let kind = self.entry_kinds.number(values);
        self.entries.push((id, kind));
    }

    /// Returns where issues stand, and where those of which something is stored twice.
    pub(super) fn standings(mut self) -> (Standings, StoredTwice) {
        self.issues.sort_unstable();
        self.steps.sort_unstable();
        self.entries.sort_unstable();
        let own = self.issues.iter().map(|(_, _, id)| *id);
        let issues_twice = repeated(own.chain(self.without.iter().map(|(id, _)| *id)));
        let steps_twice = repeated(self.steps.iter().map(|(_, _, id)| *id));
        // Issue kind, entry kind, step kind and number of steps.
        let mut counts: HashMap<(u32, Option<u32>, Option<u32>, u64), u64> = HashMap::new();
        let mut twice = HashMap::new();
        let without = self.without.iter().map(|(id, kind)| (None, *kind, *id));
        for (entry, kind, id) in
            self.issues.iter().map(|(entry, kind, id)| (Some(*entry), *kind, *id)).chain(without)
        {
            let entries = entry.map_or(&[][..], |entry| run(&self.entries, |own| own.0.cmp(&entry)));
            let steps = entry.map_or(&[][..], |entry| run(&self.steps, |own| own.0.cmp(&entry)));
            let found = entries.first().map(|own| own.1);
            let key = (kind, found, steps.first().map(|own| own.1), steps.len() as u64);
            *counts.entry(key).or_default() += 1;
            let step = steps.iter().map(|own| own.2).find(|id| steps_twice.contains(id));
            let own = match () {
                () if issues_twice.contains(&id) => Some(("Issue", id)),
                () if entries.len() > 1 => entry.map(|entry| ("OSWorkflowEntry", entry)),
                () => step.map(|id| ("OSCurrentStep", id)),
            };
            twice.extend(own.map(|own| (key, own)));
        }
        let (mut standings, mut stored_twice) = (Standings::new(), StoredTwice::new());
        for (key, count) in counts {
            let (kind, entry, step, steps) = key;
            let [project, ty, status] = &self.issue_kinds.all[kind as usize];
            let entry = entry.map(|kind| &self.entry_kinds.all[kind as usize]);
            let values = [
                Some(project.as_str()),
                Some(ty.as_str()),
                Some(status.as_str()),
                entry.and_then(|(name, _)| name.as_deref()),
                entry.and_then(|(_, state)| state.as_deref()),
                step.map(|kind| self.step_kinds.all[kind as usize].as_str()),
            ];
            if let Some(standing) = Standing::of(values, steps) {
                if let Some((table, id)) = twice.get(&key) {
                    stored_twice.insert(standing.clone(), (*table, id.to_string()));
                }
                *standings.entry(standing).or_default() += count;
            }
        }
        (standings, stored_twice)
    }
}

/// Returns the part of a sorted list that compares as equal.
fn run<T>(list: &[T], compared: impl Fn(&T) -> Ordering) -> &[T] {
    let from = list.partition_point(|own| compared(own).is_lt());
    let to = from + list[from..].partition_point(|own| compared(own).is_eq());
    &list[from..to]
}

/// Returns the ids that are there more than once; rows without an id are not of one id.
fn repeated(ids: impl Iterator<Item = u64>) -> HashSet<u64> {
    let mut ids: Vec<u64> = ids.filter(|id| *id != 0).collect();
    ids.sort_unstable();
    ids.windows(2).filter(|two| two[0] == two[1]).map(|two| two[0]).collect()
}
