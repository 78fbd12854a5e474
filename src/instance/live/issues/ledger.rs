//! Markers of what has no properties of its own in Jira: attachments, and worklogs on Data Center.
//!
//! An entry is a property of the issue, written before the thing is made and completed after it: an entry that was not completed belongs to
//! the first new thing that looks like what was to be made. Invariant: an issue has at most one such entry of a kind, because those that
//! are left are settled before another thing is made.

use std::collections::BTreeMap;

use pcfg_sync::{IssueKey, Marker};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::line::{Called, Line, fault_of, of_issue};
use super::told::KEY;
use super::values::person;
use crate::rest::{FailureKind, Request, segment};

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Work,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Work => "work",
        }
    }

    fn key(self, marker: &Marker) -> String {
        let Marker { sync, epoch, seq, n } = marker;
        format!("{KEY}.{}.{sync}.{epoch}.{seq}.{n}", self.word())
    }
}

/// Something that an issue has.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    id: u64,
    is_mine: bool,
    like: String,
}

impl Thing {
    pub(super) fn new(told: &Value, me: &str, like: String) -> Self {
        let id = told["id"].as_str().and_then(|own| own.parse().ok()).unwrap_or(0);
        Self { id, is_mine: person(&told["author"]).as_deref() == Some(me), like }
    }
}

/// A marker with what it was to mark.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    marker: Marker,
    /// The id of what was made.
    made: Option<u64>,
    /// The highest id that there was before.
    before: u64,
    /// What the thing looks like.
    like: String,
}

/// The entries of an issue.
#[derive(Debug)]
pub(super) struct Ledger {
    kind: Kind,
    entries: Vec<Entry>,
}

impl Ledger {
    pub(super) fn of(kind: Kind, properties: &Map<String, Value>) -> Self {
        let begin = format!("{KEY}.{}.", kind.word());
        let own = properties.iter().filter(|(key, _)| key.starts_with(&begin));
        let entries = own.filter_map(|(_, value)| serde_json::from_value(value.clone()).ok());
        let mut entries: Vec<Entry> = entries.collect();
        entries.sort_by_key(|own| (own.marker.epoch, own.marker.seq, own.marker.n));
        Self { kind, entries }
    }

    /// Returns the thing that an entry without an end is about.
    fn found<'t>(&self, entry: &Entry, things: &'t [Thing]) -> Option<&'t Thing> {
        let is_taken = |id: u64| self.entries.iter().any(|own| own.made == Some(id));
        let fits = |own: &&Thing| {
            own.is_mine && own.id > entry.before && own.like == entry.like && !is_taken(own.id)
        };
        things.iter().filter(fits).min_by_key(|own| own.id)
    }

    /// Returns the markers of things, by their ids.
    pub(super) fn marks(&self, things: &[Thing]) -> BTreeMap<String, Marker> {
        let id = |own: &Entry| own.made.or_else(|| self.found(own, things).map(|own| own.id));
        self.entries.iter().filter_map(|own| Some((id(own)?.to_string(), own.marker.clone()))).collect()
    }

    /// Settles what is open, and begins an entry about something that looks so.
    pub(super) fn begin(
        &mut self,
        line: &Line,
        key: &IssueKey,
        things: &[Thing],
        (marker, like): (&Marker, String),
    ) -> Called<Open> {
        let open: Vec<Entry> = self.entries.iter().filter(|own| own.made.is_none()).cloned().collect();
        for entry in open {
            match self.found(&entry, things).map(|own| own.id) {
                Some(id) => {
                    write(line, key, self.kind, &Entry { made: Some(id), ..entry.clone() })?;
                    let same = self.entries.iter_mut().filter(|own| own.marker == entry.marker);
                    same.for_each(|own| own.made = Some(id));
                }
                None => remove(line, key, self.kind, &entry.marker)?,
            }
        }
        let before = things.iter().map(|own| own.id).max().unwrap_or(0);
        let entry = Entry { marker: marker.clone(), made: None, before, like };
        write(line, key, self.kind, &entry)?;
        Ok(Open { kind: self.kind, entry })
    }

    /// Forgets the entry of something that is gone.
    pub(super) fn forget(&self, line: &Line, key: &IssueKey, id: &str) -> Called<()> {
        let own = self.entries.iter().find(|own| own.made.is_some_and(|made| made.to_string() == id));
        own.map_or(Ok(()), |own| remove(line, key, self.kind, &own.marker))
    }
}

/// An entry that waits for its thing.
pub(super) struct Open {
    kind: Kind,
    entry: Entry,
}

impl Open {
    /// Completes it. If that fails, the thing is found by what it looks like.
    pub(super) fn complete(self, line: &Line, key: &IssueKey, id: &str) {
        let entry = Entry { made: id.parse().ok(), ..self.entry };
        let written = write(line, key, self.kind, &entry);
        // What is left open is settled before the next one.
        drop(written);
    }

    /// Takes it back, because nothing was made.
    pub(super) fn take_back(self, line: &Line, key: &IssueKey) {
        let removed = remove(line, key, self.kind, &self.entry.marker);
        // An entry of nothing finds nothing.
        drop(removed);
    }
}

fn write(line: &Line, key: &IssueKey, kind: Kind, entry: &Entry) -> Called<()> {
    let path = of_issue(key, &format!("/properties/{}", segment(&kind.key(&entry.marker))));
    let gone = || pcfg_sync::IssueFault::NoIssue(key.clone());
    line.change(&Request::put(path, json!(entry))).map_err(|failure| fault_of(failure, gone))
}

fn remove(line: &Line, key: &IssueKey, kind: Kind, marker: &Marker) -> Called<()> {
    let path = of_issue(key, &format!("/properties/{}", segment(&kind.key(marker))));
    match line.change(&Request::delete(path)) {
        Err(failure) if failure.kind != FailureKind::NotFound => Err(super::line::fault(failure)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(seq: u64) -> Marker {
        Marker { sync: pcfg_sync::SyncId::of([7; 16]), epoch: 1, seq, n: 1 }
    }

    fn thing(id: u64, like: &str) -> Thing {
        Thing { id, is_mine: true, like: like.to_owned() }
    }

    #[test]
    fn an_entry_without_an_end_finds_the_first_new_thing_like_it() {
        let entry =
            |seq, made, before| Entry { marker: marker(seq), made, before, like: "3 a.txt".to_owned() };
        let ledger = |entries| Ledger { kind: Kind::File, entries };
        let things = [thing(10, "3 a.txt"), thing(11, "4 b.txt"), thing(12, "3 a.txt"), thing(13, "3 a.txt")];
        let marks = ledger(vec![entry(1, None, 10)]).marks(&things);
        assert_eq!(marks, BTreeMap::from([("12".to_owned(), marker(1))]));
        let marks = ledger(vec![entry(1, Some(12), 10), entry(2, None, 12)]).marks(&things);
        assert_eq!(marks, BTreeMap::from([("12".to_owned(), marker(1)), ("13".to_owned(), marker(2))]));
        // What is there already, what others made and what looks otherwise is not it.
        assert_eq!(ledger(vec![entry(1, None, 13)]).marks(&things), BTreeMap::new());
        let others = [Thing { is_mine: false, ..thing(14, "3 a.txt") }, thing(15, "5 a.txt")];
        assert_eq!(ledger(vec![entry(1, None, 13)]).marks(&others), BTreeMap::new());
    }
}
