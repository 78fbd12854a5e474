//! What keeps a workflow from working in Jira, although it can be read.
//!
//! Pure. Invariant: a workflow of which the file has no content (Jira's own, or one that could not be read) is not judged.

use std::fmt;

use super::Element;

/// The property in which Jira keeps the id of a step's status; an export has it where there is no such status, and without a value
/// where Jira has none.
const STATUS: &str = "jira.status.id";

/// What keeps a workflow from working.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle<'e> {
    /// No transition creates issues.
    NoInitial,
    /// A transition creates issues, and leads to no step.
    NoFirstStep(&'e Element),
    /// A step has no status that exists.
    NoStatus {
        /// The step.
        step: &'e Element,
        /// The id of its status, which the instance that the file comes from does not have; an empty text where the step has none
        /// there, and nothing where only the file has none.
        id: Option<&'e str>,
    },
}

impl<'e> Obstacle<'e> {
    /// Returns the code of the problem that it is.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoInitial => "no-initial-transition",
            Self::NoFirstStep(_) => "no-first-step",
            Self::NoStatus { .. } => "no-status",
        }
    }

    /// Returns what to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoInitial => "add a `<transition>` of type `initial` that leads to the first step",
            Self::NoFirstStep(_) => "say with `<to>` in which step new issues begin",
            Self::NoStatus { id: None | Some(""), .. } => {
                "give it a `<status>`: Jira cannot move an issue to a step without one"
            }
            Self::NoStatus { id: Some(_), .. } => "give the step a `<status>`, and delete the property",
        }
    }

    /// Returns the step or the transition that it is about.
    pub fn part(&self) -> Option<&'e Element> {
        match self {
            Self::NoInitial => None,
            Self::NoFirstStep(part) | Self::NoStatus { step: part, .. } => Some(part),
        }
    }

    /// Returns whether an export says so of what a Jira has: somebody else may just have forgotten it.
    pub fn is_exported(&self) -> bool {
        !matches!(self, Self::NoStatus { id: None, .. })
    }
}

impl fmt::Display for Obstacle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |step: &'_ Element| step.text_of("name").unwrap_or_default().to_owned();
        match self {
            Self::NoInitial => f.write_str("no transition of this workflow creates issues"),
            Self::NoFirstStep(transition) => {
                write!(f, "the transition `{}` creates issues in no step", name(transition))
            }
            Self::NoStatus { step, id: None | Some("") } => {
                write!(f, "the step `{}` has no status", name(step))
            }
            Self::NoStatus { step, id: Some(id) } => {
                write!(f, "the status of the step `{}` does not exist: it had the id `{id}`", name(step))
            }
        }
    }
}

/// Returns what keeps a workflow, or the draft of one, from working.
pub fn obstacles(workflow: &Element) -> Vec<Obstacle<'_>> {
    if workflow.get("builtIn").or(workflow.get("unreadable")).is_some() {
        return Vec::new();
    }
    let steps = workflow.all("step").filter(|step| step.get("status").is_none());
    let without_status = steps.map(|step| {
        let stored = step.all("property").find(|own| own.text_of("key") == Some(STATUS));
        Obstacle::NoStatus { step, id: stored.map(|own| own.text_of("value").unwrap_or_default()) }
    });
    let mut found: Vec<_> = without_status.collect();
    let creates = |own: &&Element| own.text_of("type") == Some("initial");
    let leads = |own: &Element| ["to", "toStatus", "verbatim"].iter().any(|tag| own.get(tag).is_some());
    let leads_nowhere = |own: &&Element| !leads(own) && !own.all("conditionalResult").any(leads);
    found.extend(workflow.all("transition").filter(creates).filter(leads_nowhere).map(Obstacle::NoFirstStep));
    // One that stands as Jira stores it may be any.
    let is_action = |own: &Element| own.text().trim_start().starts_with("<action");
    let mut kept = workflow.all("verbatim");
    let is_kept =
        if workflow.get("transition").is_some() { kept.any(is_action) } else { kept.next().is_some() };
    if !workflow.all("transition").any(|own| creates(&own)) && !is_kept {
        found.push(Obstacle::NoInitial);
    }
    found
}
