//! Issues that move to another step, in words: the same in every form of a plan.

use indexmap::IndexMap;

use super::output::plural;
use crate::plan::MovedIssues;

/// Issues of one project and type that move from one workflow to another, in words.
pub(super) struct Moved {
    /// How many they are, and where they move.
    pub(super) what: String,
    /// In which statuses they are, and what becomes of these.
    pub(super) statuses: Vec<String>,
}

/// Returns the issues that move, for each project, issue type and workflow.
pub(super) fn moved(issues: &[MovedIssues]) -> Vec<Moved> {
    type Key<'p> = (&'p str, &'p str, Option<&'p str>, &'p str);
    let mut groups: IndexMap<Key<'_>, Vec<&MovedIssues>> = IndexMap::new();
    for own in issues {
        let key = (&*own.project, &*own.issue_type, own.old_workflow.as_deref(), &*own.workflow);
        groups.entry(key).or_default().push(own);
    }
    let told = |((project, issue_type, old, new), own): (Key<'_>, Vec<&MovedIssues>)| {
        let count: u64 = own.iter().map(|own| own.issues).sum();
        let way = match old {
            Some(old) if old == new => format!("to their steps of workflow `{new}`"),
            // The way back of issues that had none.
            Some(old) if new.is_empty() => format!("from workflow `{old}` to none"),
            Some(old) => format!("from workflow `{old}` to `{new}`"),
            None => format!("to workflow `{new}`"),
        };
        let statuses = own.into_iter().map(|own| match own.old_status == own.status {
            true => format!("{} in `{}`", own.issues, own.status),
            false => format!("{} in `{}`, which become `{}`", own.issues, own.old_status, own.status),
        });
        Moved {
            what: format!("{project}: {} of type `{issue_type}` {way}", plural(count as usize, "issue")),
            statuses: statuses.collect(),
        }
    };
    groups.into_iter().map(told).collect()
}
