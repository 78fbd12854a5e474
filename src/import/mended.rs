//! What led to nothing before a change and does not after it: the way back may bring just that again.
//!
//! Pure. Invariant: what the way back directly after a change brings is what was there before the change, whatever it was like.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::entity::Standing;
use crate::model::{Note, NoteKind, Snapshot};

/// What a change has mended, as the journal keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Mended {
    spots: BTreeSet<Spot>,
    #[serde(skip)]
    righted: Righted,
}

/// The issues that Jira could not take further before a change, and that stay where they stand and can go on: where, and how many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Righted(pub(super) Vec<(Standing, u64)>);

impl Righted {
    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Something that led to nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Spot {
    /// The object that it is about.
    path: String,
    /// What was wrong.
    message: String,
}

impl Spot {
    fn of(note: &Note) -> Self {
        Self { path: note.path.to_string(), message: note.message.clone() }
    }
}

impl Mended {
    /// Returns what a change from one configuration to another mends.
    pub(super) fn between(before: &Snapshot, after: &Snapshot) -> Self {
        Self { spots: arisen(after, before).iter().map(Spot::of).collect(), righted: Righted::default() }
    }

    /// Adds the issues that it put right where they stand.
    #[must_use]
    pub fn with(self, righted: Righted) -> Self {
        Self { righted, ..self }
    }

    /// Returns whether nothing that led to nothing was mended.
    pub fn is_empty(&self) -> bool {
        self.spots.is_empty()
    }

    /// Returns whether something was there before the change.
    pub fn holds(&self, note: &Note) -> bool {
        self.spots.contains(&Spot::of(note))
    }

    /// Returns the issues that it put right where they stand.
    pub fn righted(&self) -> &Righted {
        &self.righted
    }
}

/// Returns what leads to nothing in one configuration and not in another.
pub(super) fn arisen(from: &Snapshot, to: &Snapshot) -> Vec<Note> {
    let known: BTreeSet<&Note> = from.notes.iter().collect();
    let is_new = |note: &&Note| {
        matches!(note.kind, NoteKind::Dangling | NoteKind::Untranslated | NoteKind::Unreadable)
            && !known.contains(note)
    };
    to.notes.iter().filter(is_new).cloned().collect()
}
