//! What `pcfg resume` finds: what was left behind, what became of it, and what waits for people.
//!
//! Invariant: a run that is neither done nor taken back is always found.

use std::path::PathBuf;

use super::Task;
use super::who::Who;
use crate::import::RunId;

/// What a process that was stopped has left behind, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Somebody ended without giving up the right to write.
    Stopped {
        /// Who it was.
        who: Box<Who>,
        /// The run that is done wholly; without one, nothing of it is.
        run: Option<RunId>,
    },
    /// A log beside the database was left: its completed changes are now in the database, and the rest is undone.
    Settled {
        /// The log.
        path: PathBuf,
    },
    /// Somebody ended between two calls: the others are made now.
    Resumed {
        /// Who it was.
        who: Box<Who>,
        /// The run, which is done wholly now.
        run: RunId,
        /// How many calls were still to be made.
        calls: usize,
        /// What is not as the run was to make it, in words.
        differs: Vec<String>,
        /// Whether it has waited for what was done by hand, rather than been stopped.
        waited: bool,
    },
    /// A run waits for what is done by hand.
    Waits {
        /// Which one, and what is still to be done.
        list: Checklist,
        /// How many calls were made now.
        calls: usize,
    },
    /// A file that nobody will finish any more is gone.
    Removed {
        /// The file.
        path: PathBuf,
    },
}

/// A run that waits for what somebody does by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checklist {
    /// The run.
    pub run: RunId,
    /// What is to be done, in order.
    pub tasks: Vec<Task>,
    /// How many calls wait for it.
    pub calls: usize,
    /// The address of the Jira.
    pub place: String,
}
