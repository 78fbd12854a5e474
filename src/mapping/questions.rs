//! What is asked about issues where nobody counts all of them: where they may stand that a change of rows moves, and what holds there.
//!
//! Pure. Invariant: whatever issues a change of rows leaves without a type, or without a step of their status, stand where it is asked.

use super::courses::{Course, Courses, Known, Steps};
use super::offers::Offers;
use crate::entity::{Standing, Tables};

/// Returns where issues may stand that a change of rows leaves without a type, or without a step of their status: whoever cannot count
/// all issues counts these. Of those without a type the status does not matter.
pub fn in_question(before: &Tables, after: &Tables) -> Vec<Standing> {
    let (was, will) = (Courses::new(before), Courses::new(after));
    let (offered, offers) = (Offers::new(before), Offers::new(after));
    let (mut known, mut known_before) = (Known::default(), Known::default());
    let mut asked = Vec::new();
    for project in before.rows("Project").iter().map(|row| row.id()) {
        for issue_type in offered.of(project) {
            let standing = |status: &str, at: Option<(&str, &str)>| Standing {
                project: project.to_owned(),
                issue_type: issue_type.to_owned(),
                status: status.to_owned(),
                workflow: at.map(|(workflow, _)| workflow.to_owned()),
                active: at.is_some(),
                step: at.map(|(_, step)| step.to_owned()),
            };
            if !offers.has((project, issue_type)) {
                asked.push(standing("", None));
                continue;
            }
            let (old, new) = (was.of(project, issue_type), will.of(project, issue_type));
            if old == new || old.is_only_renamed(&new) {
                continue;
            }
            for (status, step) in &known_before.of(old).steps {
                if known.of(new).of_status(status).is_none() {
                    asked.push(standing(status, Some((old.workflow, step))));
                }
            }
        }
    }
    asked
}

/// Returns whether a workflow has a status.
pub fn has_status(tables: &Tables, workflow: &str, status: &str) -> bool {
    let stored = Courses::new(tables).workflows.get(workflow).copied();
    let (scheme, workflow) = (None, workflow);
    Steps::of(Course { scheme, workflow, stored }).of_status(status).is_some()
}

/// Returns where issues of a project and type stand that have a status.
pub fn standing(tables: &Tables, project: &str, issue_type: &str, status: &str) -> Standing {
    let course = Courses::new(tables).of(project, issue_type);
    let step = Steps::of(course).of_status(status).map(str::to_owned);
    Standing {
        project: project.to_owned(),
        issue_type: issue_type.to_owned(),
        status: status.to_owned(),
        workflow: Some(course.workflow.to_owned()),
        active: step.is_some(),
        step,
    }
}

/// Returns whether a project has a workflow scheme of its own.
pub fn has_own_scheme(tables: &Tables, project: &str) -> bool {
    Courses::new(tables).of(project, "").scheme.is_some()
}

/// Returns whether a project offers an issue type.
pub fn offers_type(tables: &Tables, project: &str, issue_type: &str) -> bool {
    Offers::new(tables).has((project, issue_type))
}

/// Returns the scheme of issue types that a project has, by its id.
pub fn type_scheme<'t>(tables: &'t Tables, project: &str) -> Option<&'t str> {
    Offers::new(tables).scheme(project)
}
