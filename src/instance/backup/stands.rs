//! Where the issues of a backup stand, without keeping a row.
//!
//! Issues, steps and entries come in runs of their own, in the order of their tables. Invariant: memory holds one pair of numbers
//! for each row of the three, sixteen bytes; what they have in common stands once.

use std::collections::HashMap;
use std::hash::Hash;

use crate::entity::{Standing, Standings};

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

/// Issues by their entries, entries and steps.
#[derive(Debug, Default)]
pub(super) struct Stands {
    issues: Vec<(u64, u32)>,
    /// Issues without an entry.
    without: HashMap<u32, u64>,
    steps: Vec<(u64, u32)>,
    entries: Vec<(u64, u32)>,
    issue_kinds: Kinds<[String; 3]>,
    step_kinds: Kinds<String>,
    entry_kinds: Kinds<Entry>,
}

impl Stands {
    /// Notes an issue, by its entry: project, issue type and status.
    pub(super) fn issue(&mut self, entry: Option<u64>, values: [String; 3]) {
        let kind = self.issue_kinds.number(values);
        match entry {
            Some(entry) => self.issues.push((entry, kind)),
            None => *self.without.entry(kind).or_default() += 1,
        }
    }

    /// Notes the step that an entry is in.
    pub(super) fn step(&mut self, entry: u64, step: String) {
        let kind = self.step_kinds.number(step);
        self.steps.push((entry, kind));
    }

    /// Notes an entry.
    pub(super) fn entry(&mut self, id: u64, values: Entry) {
        let kind = self.entry_kinds.number(values);
        self.entries.push((id, kind));
    }

    /// Returns where issues stand.
    pub(super) fn standings(mut self) -> Standings {
        for list in [&mut self.issues, &mut self.steps, &mut self.entries] {
            list.sort_unstable();
        }
        let of = |list: &[(u64, u32)], id: u64| {
            let from = list.partition_point(|(own, _)| *own < id);
            let to = from + list[from..].partition_point(|(own, _)| *own == id);
            (list.get(from).filter(|_| to > from).map(|(_, kind)| *kind), (to - from) as u64)
        };
        // Issue kind, entry kind, step kind and number of steps.
        let mut counts: HashMap<(u32, Option<u32>, Option<u32>, u64), u64> =
            self.without.drain().map(|(kind, count)| ((kind, None, None, 0), count)).collect();
        for (entry, kind) in &self.issues {
            let (found, _) = of(&self.entries, *entry);
            let (step, steps) = of(&self.steps, *entry);
            *counts.entry((*kind, found, step, steps)).or_default() += 1;
        }
        let mut standings = Standings::new();
        for ((kind, entry, step, steps), count) in counts {
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
                *standings.entry(standing).or_default() += count;
            }
        }
        standings
    }
}
