//! What becomes of a workflow on Jira Cloud that is not as it was: refused, lost, or said by other words.
//!
//! Invariant: a finding names the place, what stands there, why it does not stay as it is, and what can be done.

use std::fmt;

/// What a finding means for whoever writes the workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// It means the same there, and is another class when it is read.
    Reworded,
    /// The workflow can be written, and what is named is not in it.
    Lost,
    /// The workflow cannot be written.
    Refused,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// What it means.
    pub weight: Weight,
    /// Where it is: a transition or a status; nothing for the workflow itself.
    pub place: Option<String>,
    /// What stands there.
    pub what: String,
    /// Why it does not stay as it is, as a sentence without its end.
    pub why: String,
    /// What can be done; nothing where nothing has to be.
    pub next: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(out, "{place}: ")?;
        }
        let verb = match self.weight {
            Weight::Refused => "cannot be kept in Jira Cloud",
            Weight::Lost => "will be lost in Jira Cloud",
            Weight::Reworded => "will be stored differently in Jira Cloud",
        };
        write!(out, "{} {verb}: {}", self.what, self.why)?;
        match &self.next {
            Some(next) => write!(out, "; {next}"),
            None => Ok(()),
        }
    }
}
