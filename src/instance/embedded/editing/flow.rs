//! Workflows as an issue goes through them: steps, and the ways from one to another.
//!
//! Invariant: a way that leads to a step without a status, or to none, is no way. Conditions, validators and functions are not run; what
//! a function says of the resolution is all that is taken from them.

use std::collections::HashMap;

use pcfg_sync::Transition;

use super::ground::Ground;
use crate::mapping::workflow::{Action, Descriptor, StepAction, Target};

/// The property that holds a step's status.
const STATUS: &str = "jira.status.id";

/// The function that sets a field.
const SETS_FIELD: &str = "com.atlassian.jira.workflow.function.issue.UpdateIssueFieldFunction";

/// What becomes of the resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolution {
    /// It stays.
    Stays,
    /// It is taken away.
    Cleared,
    /// It becomes the one of this id.
    Becomes(String),
}

/// A way from one step to another.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) resolution: Resolution,
}

/// A workflow.
#[derive(Debug, Clone, Default)]
pub(super) struct Flow {
    /// Its name, which entries have.
    pub(super) name: String,
    /// Steps and the ids of their statuses.
    pub(super) steps: Vec<(String, String)>,
    /// The step of a new issue, and what becomes of its resolution.
    pub(super) initial: Option<(String, Resolution)>,
    pub(super) ways: Vec<Way>,
}

/// Jira's own workflow, which no instance stores: steps and statuses, then ways (seen in the sources of 4.4, and by the steps of issues
/// that run by it in backups of 4.2 to 7.0).
const OWN_STEPS: [(&str, &str); 5] = [("1", "1"), ("3", "3"), ("5", "4"), ("4", "5"), ("6", "6")];
const OWN_WAYS: [(&str, &str, &[&str], &str, bool); 6] = [
    ("4", "Start Progress", &["1", "5"], "3", false),
    ("301", "Stop Progress", &["3"], "1", true),
    ("5", "Resolve Issue", &["1", "3", "5"], "4", false),
    ("2", "Close Issue", &["1", "3", "5"], "6", false),
    ("701", "Close Issue", &["4"], "6", false),
    ("3", "Reopen Issue", &["4", "6"], "5", true),
];

impl Flow {
    /// Returns the workflow of a name; one that nobody can read has no steps.
    pub(super) fn of(ground: &Ground, name: &str) -> Self {
        let row = ground.tables.rows("Workflow").iter().find(|row| row.text("name") == Some(name));
        let Some(text) = row.and_then(|row| row.get("descriptor")) else { return Self::own(name) };
        match Descriptor::parse(text) {
            Ok(descriptor) => Self::read(name, &descriptor),
            Err(_) => Self { name: name.to_owned(), ..Self::default() },
        }
    }

    fn own(name: &str) -> Self {
        let owned = |(step, status): (&str, &str)| (step.to_owned(), status.to_owned());
        let way = |(id, name, from, to, clears): (&str, &str, &[&str], &str, bool)| {
            let resolution = if clears { Resolution::Cleared } else { Resolution::Stays };
            let way = |from: &&str| Way {
                id: id.to_owned(),
                name: name.to_owned(),
                from: (*from).to_owned(),
                to: to.to_owned(),
                resolution: resolution.clone(),
            };
            from.iter().map(way).collect::<Vec<Way>>()
        };
        Self {
            name: name.to_owned(),
            steps: OWN_STEPS.map(owned).to_vec(),
            initial: Some(("1".to_owned(), Resolution::Stays)),
            ways: OWN_WAYS.into_iter().flat_map(way).collect(),
        }
    }

    fn read(name: &str, descriptor: &Descriptor) -> Self {
        let status = |step: &crate::mapping::workflow::Step| {
            Some((step.id.clone(), step.metas.get(STATUS)?.trim().to_owned()))
        };
        let steps: Vec<(String, String)> = descriptor.steps.iter().filter_map(status).collect();
        let has = |step: &String| steps.iter().any(|(own, _)| own == step);
        let common: HashMap<&str, &Action> =
            descriptor.common.iter().map(|action| (action.id.as_str(), action)).collect();
        let mut ways = Vec::new();
        for step in descriptor.steps.iter().filter(|step| has(&step.id)) {
            let own = step.actions.iter().filter_map(|action| match action {
                StepAction::Own(action) => Some(&**action),
                StepAction::Common(id) => common.get(id.as_str()).copied(),
            });
            for action in own.chain(&descriptor.global) {
                let Some((target, resolution)) = outcome(action) else { continue };
                let to = match target {
                    Target::Stay => step.id.clone(),
                    Target::Step(id) if has(id) => id.clone(),
                    Target::Step(_) | Target::Missing { .. } => continue,
                };
                let (id, name, from) = (action.id.clone(), action.name.clone(), step.id.clone());
                ways.push(Way { id, name, from, to, resolution });
            }
        }
        let initial = descriptor.initial.iter().find_map(|action| match outcome(action)? {
            (Target::Step(id), resolution) if has(id) => Some((id.clone(), resolution)),
            _ => None,
        });
        Self { name: name.to_owned(), steps, initial, ways }
    }

    /// Returns the id of the status of a step.
    pub(super) fn status(&self, step: &str) -> Option<&str> {
        self.steps.iter().find(|(own, _)| own == step).map(|(_, status)| status.as_str())
    }

    /// Returns the ways as people name them.
    pub(super) fn transitions(&self, ground: &Ground) -> Vec<Transition> {
        let name = |step: &str| ground.name("status", self.status(step)?).map(str::to_owned);
        let told = |way: &Way| {
            let (id, name_of) = (way.id.clone(), way.name.clone());
            Some(Transition { id, name: name_of, from: name(&way.from)?, to: name(&way.to)? })
        };
        self.ways.iter().filter_map(told).collect()
    }

    /// Returns the names of the statuses, in the order of the steps.
    pub(super) fn statuses(&self, ground: &Ground) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (_, status) in &self.steps {
            if let Some(name) = ground.name("status", status)
                && !names.iter().any(|own| own == name)
            {
                names.push(name.to_owned());
            }
        }
        names
    }
}

/// Returns where an action leads when no condition of a result holds, and what its functions say of the resolution.
fn outcome(action: &Action) -> Option<(&Target, Resolution)> {
    let result = action.result.as_ref()?;
    let mut resolution = Resolution::Stays;
    for function in result.post_functions.iter().chain(&action.post_functions) {
        let argument = |name: &str| function.arguments.get(name).map(|own| own.trim());
        if function.class.as_deref().map(str::trim) == Some(SETS_FIELD)
            && argument("field.name") == Some("resolution")
        {
            resolution = match argument("field.value") {
                None | Some("" | "-1") => Resolution::Cleared,
                Some(id) => Resolution::Becomes(id.to_owned()),
            };
        }
    }
    Some((&result.target, resolution))
}
