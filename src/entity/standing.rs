//! Where issues stand, and where they are to go: many issues as one line, so that a plan is small however many there are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where an issue stands: all that decides whether Jira can take it further.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The id of its project.
    pub project: String,
    /// The id of its issue type.
    pub issue_type: String,
    /// The id of its status; the empty text if it has none.
    pub status: String,
    /// The workflow of its entry, by name; nothing if it has no entry.
    pub workflow: Option<String>,
    /// Whether the entry is active: in state 1 (2 suspended, 3 killed, 4 completed, 0 created; seen in backups of 4.0 to 8.8).
    pub active: bool,
    /// The number of its current step; nothing if it has none, or several.
    pub step: Option<String>,
}

/// How many issues stand where.
pub type Standings = BTreeMap<Standing, u64>;

/// Where issues stand of which the data has two rows with one id, of the issue itself, its entry or its step: which table, and one such
/// id. A database cannot hold them, but an edited backup can.
pub type StoredTwice = BTreeMap<Standing, (&'static str, String)>;

impl Standing {
    /// The state of an active entry.
    pub const ACTIVE: &'static str = "1";

    /// Returns where an issue stands, by its values as they are stored: project, issue type, status, and then the name and
    /// state of its entry, the step, and how many steps it has. Nothing without project and issue type: no workflow holds for such an issue.
    pub fn of(values: [Option<&str>; 6], steps: u64) -> Option<Self> {
        let filled = |at: usize| values[at].filter(|value| !value.is_empty()).map(str::to_owned);
        let workflow = values[3].map(str::to_owned);
        Some(Self {
            project: filled(0)?,
            issue_type: filled(1)?,
            status: filled(2).unwrap_or_default(),
            active: workflow.is_some() && values[4].map(str::trim) == Some(Self::ACTIVE),
            step: filled(5).filter(|_| steps == 1 && workflow.is_some()).map(|step| step.trim().to_owned()),
            workflow,
        })
    }
}

/// What becomes of all issues that stand in one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// Where they stand.
    pub from: Standing,
    /// The workflow that they are to run by.
    pub workflow: String,
    /// The number of the step that they are to be in.
    pub step: String,
    /// The id of the status that they are to have.
    pub status: String,
    /// How many they are.
    pub issues: u64,
    /// The key of their project.
    pub project_key: String,
    /// The name of their issue type.
    pub issue_type_name: String,
    /// The name of their status.
    pub status_name: String,
    /// The name of the status that they are to have.
    pub new_status_name: String,
    /// The issue type that they are to have, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_type: Option<NewType>,
}

/// The issue type that issues get.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NewType {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Move {
    /// Returns where the issues are to stand.
    pub fn to(&self) -> Standing {
        Standing {
            project: self.from.project.clone(),
            issue_type: self.new_type.as_ref().map_or(&self.from.issue_type, |own| &own.id).clone(),
            status: self.status.clone(),
            workflow: Some(self.workflow.clone()),
            active: true,
            step: Some(self.step.clone()),
        }
    }

    /// Returns the name of the issue type that they are to have.
    pub fn type_name(&self) -> &str {
        self.new_type.as_ref().map_or(&self.issue_type_name, |own| &own.name)
    }

    /// Returns whether they stay in their step, and only their issue type becomes another one.
    pub fn stays_in_step(&self) -> bool {
        let Self { from, workflow, step, status, .. } = self;
        let is_there = from.active && from.workflow.as_ref() == Some(workflow);
        is_there && from.step.as_ref() == Some(step) && from.status == *status
    }
}
