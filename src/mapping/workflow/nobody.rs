//! Conditions that have to name somebody and name nobody.
//!
//! Invariant: only of Jira's own conditions that ask who somebody is; whom such a one lets pass without a name is unknown.

/// The package of Jira's own conditions.
const CONDITIONS: &str = "com.atlassian.jira.workflow.condition.";

/// The conditions, and the argument that says who may pass.
const WHO_PASSES: [(&str, &str); 5] = [
    ("UserInGroupCondition", "group"),
    ("UserInAnyGroupCondition", "group"),
    ("InGroupCFCondition", "groupcf"),
    ("InProjectRoleCondition", "jira.projectrole.id"),
    ("InAnyProjectRoleCondition", "projectRoleIds"),
];

/// Returns whether an argument has to say who may pass and says nobody.
pub(super) fn is_named(class: &str, name: &str, raw: &str) -> bool {
    let own = class.strip_prefix(CONDITIONS);
    raw.trim().is_empty()
        && WHO_PASSES.iter().any(|(class, argument)| own == Some(class) && name == *argument)
}
