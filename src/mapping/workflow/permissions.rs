//! The spellings of a permission in conditions and validators.
//!
//! Jira 6.3.3 and later write the argument `permissionKey`, which holds the key, and look at it first. Older ones write
//! `permission`, which holds a short name or a label that begins with it ("Resolve Issue", "resolve", "assignable");
//! all versions read it by its beginning, in any case. So both become `permissionKey` here. A `permission` beside a
//! `permissionKey` has no meaning.

use crate::mapping::ground::properties::Properties;

/// The argument of old versions.
pub(super) const OLD: &str = "permission";

/// The argument of new versions.
pub(super) const NEW: &str = "permissionKey";

/// Classes whose argument this is.
pub(super) const CLASSES: [&str; 2] = [
    "com.atlassian.jira.workflow.condition.PermissionCondition",
    "com.atlassian.jira.workflow.validator.PermissionValidator",
];

/// Short names and keys: the first short name that a spelling begins with counts.
const SHORT_NAMES: [(&str, &str); 33] = [
    ("project", "ADMINISTER_PROJECTS"),
    ("browse", "BROWSE_PROJECTS"),
    ("viewversioncontrol", "VIEW_DEV_TOOLS"),
    ("viewworkflowreadonly", "VIEW_READONLY_WORKFLOW"),
    ("create", "CREATE_ISSUES"),
    ("edit", "EDIT_ISSUES"),
    ("update", "EDIT_ISSUES"),
    ("transition", "TRANSITION_ISSUES"),
    ("scheduleissue", "SCHEDULE_ISSUES"),
    ("move", "MOVE_ISSUES"),
    ("assignable", "ASSIGNABLE_USER"),
    ("assign", "ASSIGN_ISSUES"),
    ("resolv", "RESOLVE_ISSUES"),
    ("close", "CLOSE_ISSUES"),
    ("modifyreporter", "MODIFY_REPORTER"),
    ("delete", "DELETE_ISSUES"),
    ("link", "LINK_ISSUES"),
    ("setsecurity", "SET_ISSUE_SECURITY"),
    ("viewvotersandwatchers", "VIEW_VOTERS_AND_WATCHERS"),
    ("managewatcherlist", "MANAGE_WATCHERS"),
    ("commenteditall", "EDIT_ALL_COMMENTS"),
    ("commenteditown", "EDIT_OWN_COMMENTS"),
    ("commentdeleteall", "DELETE_ALL_COMMENTS"),
    ("commentdeleteown", "DELETE_OWN_COMMENTS"),
    ("comment", "ADD_COMMENTS"),
    ("attachdeleteall", "DELETE_ALL_ATTACHMENTS"),
    ("attachdeleteown", "DELETE_OWN_ATTACHMENTS"),
    ("attach", "CREATE_ATTACHMENTS"),
    ("worklogeditown", "EDIT_OWN_WORKLOGS"),
    ("worklogeditall", "EDIT_ALL_WORKLOGS"),
    ("worklogdeleteown", "DELETE_OWN_WORKLOGS"),
    ("worklogdeleteall", "DELETE_ALL_WORKLOGS"),
    ("work", "WORK_ON_ISSUES"),
];

/// Returns the key that an old spelling means. A key of an app's permission begins like one of Jira's own now and then
/// (`EDIT_SPRINT_NAME_AND_GOAL_PERMISSION`), so of keys only Jira's own are known.
pub fn key(spelling: &str) -> Option<&'static str> {
    let spelling = spelling.trim();
    if let Some((_, key)) = SHORT_NAMES.iter().find(|(_, key)| *key == spelling) {
        return Some(key);
    }
    let lower = spelling.to_lowercase();
    let known = SHORT_NAMES.iter().find(|(short, _)| lower.starts_with(short)).map(|(_, key)| *key);
    known.filter(|_| !spelling.contains('_'))
}

/// Returns the spelling of a permission that an instance understands: the argument and its value.
pub(super) fn spelled(key: &str, properties: &Properties) -> (&'static str, String) {
    let short = SHORT_NAMES.iter().find(|(_, own)| *own == key).map(|(short, _)| *short);
    match short {
        // Jira itself writes this one in full.
        Some("resolv") if !knows_keys(properties) => (OLD, "resolve".to_owned()),
        Some(short) if !knows_keys(properties) => (OLD, short.to_owned()),
        _ => (NEW, key.to_owned()),
    }
}

/// Returns whether an instance is of Jira 6.3.3 or later. The version is a setting from 6.0 on, the build always; where
/// there is neither, it is taken for a new one.
fn knows_keys(properties: &Properties) -> bool {
    match (properties.setting("jira.version"), properties.setting("jira.version.patched")) {
        (Some(version), _) => {
            let mut numbers = version.split(|other: char| !other.is_ascii_digit());
            let mut number = || numbers.next().and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
            (number(), number(), number()) >= (6, 3, 3)
        }
        (None, build) => build.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::tables;

    fn of_version(version: &str) -> Properties {
        Properties::new(&tables(&[
            (
                "OSPropertyEntry",
                &[
                    ("id", "1"),
                    ("entityName", "jira.properties"),
                    ("entityId", "1"),
                    ("propertyKey", "jira.version"),
                    ("type", "5"),
                ],
            ),
            ("OSPropertyString", &[("id", "1"), ("value", version)]),
        ]))
    }

    #[test]
    fn every_version_gets_the_spelling_that_it_understands() {
        let old = |argument: &'static str, value: &str| (argument, value.to_owned());
        assert_eq!(spelled("RESOLVE_ISSUES", &of_version("6.0.8")), old(OLD, "resolve"));
        assert_eq!(spelled("EDIT_ISSUES", &of_version("6.3.2")), old(OLD, "edit"));
        assert_eq!(spelled("EDIT_ISSUES", &of_version("6.3.3")), old(NEW, "EDIT_ISSUES"));
        assert_eq!(spelled("EDIT_ISSUES", &of_version("10.0")), old(NEW, "EDIT_ISSUES"));
        assert_eq!(spelled("OF_AN_APP", &of_version("6.0.8")), old(NEW, "OF_AN_APP"));
        assert_eq!(spelled("EDIT_ISSUES", &Properties::default()), old(NEW, "EDIT_ISSUES"));
        for (_, key) in SHORT_NAMES {
            let (argument, short) = spelled(key, &of_version("5.0"));
            assert_eq!((argument, super::key(&short)), (OLD, Some(key)));
        }
    }

    #[test]
    fn three_spellings_are_one_key() {
        for spelling in ["Resolve Issue", "resolve", "Resolve Issues", " RESOLVE_ISSUES"] {
            assert_eq!(key(spelling), Some("RESOLVE_ISSUES"), "{spelling}");
        }
        assert_eq!(key("assignable"), Some("ASSIGNABLE_USER"));
        assert_eq!(key("assign"), Some("ASSIGN_ISSUES"));
        assert_eq!(key("commenteditall"), Some("EDIT_ALL_COMMENTS"));
        assert_eq!(key("DELETE_ALL_COMMENTS"), Some("DELETE_ALL_COMMENTS"));
    }

    #[test]
    fn what_is_not_known_stays() {
        for spelling in ["EDIT_SPRINT_NAME_AND_GOAL_PERMISSION", "sysadmin", "", "Modify Reporter"] {
            assert_eq!(key(spelling), None, "{spelling}");
        }
    }
}
