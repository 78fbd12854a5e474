//! Issues that move to another step or get another type, in words: the same in every form of a plan.

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
    type Key<'p> = (&'p str, &'p str, Option<&'p str>, Option<&'p str>, Option<&'p str>);
    let mut groups: IndexMap<Key<'_>, Vec<&MovedIssues>> = IndexMap::new();
    for own in issues {
        let types = (&*own.issue_type, own.new_issue_type.as_deref());
        let key = (&*own.project, types.0, types.1, own.old_workflow.as_deref(), own.workflow.as_deref());
        groups.entry(key).or_default().push(own);
    }
    let told = |((project, issue_type, new_type, old, new), own): (Key<'_>, Vec<&MovedIssues>)| {
        let count: u64 = own.iter().map(|own| own.issues).sum();
        let becomes = if count == 1 { "becomes" } else { "become" };
        let becomes = new_type.map(|new| format!(", which {becomes} `{new}`")).unwrap_or_default();
        let way = match (old, new) {
            (_, None) => String::new(),
            (Some(old), Some(new)) if old == new => format!(" to their steps of workflow `{new}`"),
            // The way back of issues that had none.
            (Some(old), Some("")) => format!(" from workflow `{old}` to none"),
            (Some(old), Some(new)) => format!(" from workflow `{old}` to `{new}`"),
            (None, Some(new)) => format!(" to workflow `{new}`"),
        };
        let way = if becomes.is_empty() || way.is_empty() { way } else { format!(",{way}") };
        // Damaged data has issues without a status.
        let statuses = own.into_iter().map(|own| match (own.old_status.as_str(), own.status.as_str()) {
            (old, new) if old == new => format!("{} in `{new}`", own.issues),
            ("", new) => format!("{} without a status, to `{new}`", own.issues),
            (old, "") => format!("{} in `{old}`, to none", own.issues),
            (old, new) => {
                let becomes = if own.issues == 1 { "becomes" } else { "become" };
                format!("{} in `{old}`, which {becomes} `{new}`", own.issues)
            }
        });
        Moved {
            what: format!(
                "{project}: {} of type `{issue_type}`{becomes}{way}",
                plural(count as usize, "issue")
            ),
            statuses: statuses.collect(),
        }
    };
    groups.into_iter().map(told).collect()
}
