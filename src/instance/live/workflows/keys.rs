//! Rules and classes that the table has no line for: which of them Jira Cloud takes as they are, and why it takes no others.
//!
//! Invariant: a key that is in neither list is refused, because nobody knows what it would do.

use super::table::{ASSIGN, CHECK, CHILDREN, COPY, NOBODY, PERMISSION, Place, RESTRICT, UPDATE, VALIDATE};
use Place::{Condition, Function, Validator};

/// What all classes of an app begin with, and its name.
pub(super) const APPS: &[(&str, &str)] = &[
    ("com.onresolve.", "ScriptRunner"),
    ("com.innovalog.jmwe.", "Jira Misc Workflow Extensions"),
    ("com.googlecode.jsu.", "Jira Suite Utilities"),
    ("ch.beecom.jira.jsu.", "Jira Suite Utilities"),
    ("com.atlassian.jira.workflow.", "Jira itself"),
];

/// Classes that have no rule of their meaning, and why, as the end of a sentence.
pub(super) const NONE: &[(&str, &str)] = &[
    (
        "com.atlassian.jira.workflow.validator.UserPermissionValidator",
        "no rule of Jira Cloud checks the permission of a user whom a variable names",
    ),
    (
        "com.googlecode.jsu.workflow.validator.DateExpressionCompareValidator",
        "Jira Cloud compares dates with dates, not with expressions such as `now` or `5d`",
    ),
];

/// What rules of apps on Jira Cloud begin with.
pub(super) const OF_APPS: [&str; 2] = ["connect:", "forge:"];

/// The rule that stands among the triggers of a transition.
pub(super) const TRIGGERS: &str = "system:development-triggers";

/// Rules that stand in a descriptor under their own keys, because no class means the same, or not always.
pub(super) const AS_THEY_ARE: &[(Place, &str)] = &[
    (Condition, RESTRICT),
    (Condition, CHECK),
    (Condition, "system:previous-status-condition"),
    (Condition, CHILDREN),
    (Condition, "system:separation-of-duties"),
    (Condition, NOBODY),
    (Condition, "system:block-in-progress-approval"),
    (Validator, PERMISSION),
    (Validator, VALIDATE),
    (Validator, "system:parent-or-child-blocking-validator"),
    (Validator, "system:previous-status-validator"),
    (Validator, "system:proforma-forms-attached"),
    (Validator, "system:proforma-forms-submitted"),
    (Function, ASSIGN),
    (Function, UPDATE),
    (Function, COPY),
    (Function, "system:trigger-webhook"),
    (Function, "system:set-security-level-from-role"),
    (Function, TRIGGERS),
];
