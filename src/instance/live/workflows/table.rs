//! Which rule of Jira Cloud is which class of Jira's tables, and which parameter is which argument: the one table, for both ways.
//!
//! Invariant: the first line that fits counts, either way; a rule that is read by a line is written by it.
//!
//! Sources: Atlassian's description of the rules (April 2026) for the keys and parameters; classes and arguments from backups of 3.13 to
//! 9.12 and of Jira Suite Utilities, whose rules Jira Cloud has taken over; that a rule which reaches nobody but apps is
//! `RemoteOnlyCondition` is concluded from what both do.

use super::forms::{COMPARATORS, COMPARED, Form};
use Form::{
    CustomField, Group, GroupNames, Json, List, Numbered, OldPermission, RoleNames, SystemField, Text, Value,
    Words,
};
use Member::{Argument, Pair, Parameter, Usually};
use Place::{Condition, Function, Validator};
use Way::{Both, Loses, Out};

/// Where a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Condition,
    Validator,
    Function,
}

impl Place {
    /// Returns the word for what stands there.
    pub(super) fn word(self) -> &'static str {
        match self {
            Condition => "condition",
            Validator => "validator",
            Function => "post function",
        }
    }
}

/// A part of what a rule says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member {
    /// A parameter and the argument that says the same.
    Pair(&'static str, &'static str, Form),
    /// A parameter that has this value.
    Parameter(&'static str, &'static str),
    /// A parameter that has this value or none.
    Usually(&'static str, &'static str),
    /// An argument that has this value.
    Argument(&'static str, &'static str),
}

/// Which ways a line leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Both.
    Both,
    /// To Jira Cloud: it means the same there, and another line leads back.
    Out,
    /// To Jira Cloud, where the nearest rule means less: what is lost.
    Loses(&'static str),
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) key: &'static str,
    package: &'static str,
    class: &'static str,
    pub(super) members: &'static [Member],
    pub(super) way: Way,
}

impl Row {
    /// Returns the class.
    pub(super) fn class(&self) -> String {
        format!("{}{}", self.package, self.class)
    }

    /// Returns whether a class is that of the line.
    pub(super) fn is_of(&self, class: &str) -> bool {
        class.strip_prefix(self.package) == Some(self.class)
    }
}

/// The packages of Jira's own classes, and of those of Jira Suite Utilities.
const JIRA: &str = "com.atlassian.jira.workflow.";
const JSU: &str = "com.googlecode.jsu.workflow.";

/// The rule of which each parameter restricts by itself, and each of its items: any of them is enough.
pub(super) const RESTRICT: &str = "system:restrict-issue-transition";
pub(super) const CHECK: &str = "system:check-field-value";
pub(super) const VALIDATE: &str = "system:validate-field-value";
pub(super) const PERMISSION: &str = "system:check-permission-validator";
pub(super) const CHILDREN: &str = "system:parent-or-child-blocking-condition";
pub(super) const NOBODY: &str = "system:restrict-from-all-users";
pub(super) const ASSIGN: &str = "system:change-assignee";
pub(super) const UPDATE: &str = "system:update-field";
pub(super) const COPY: &str = "system:copy-value-from-other-field";

const fn row(
    place: Place,
    key: &'static str,
    (package, class): (&'static str, &'static str),
    way: Way,
    members: &'static [Member],
) -> Row {
    Row { place, key, package, class, members, way }
}

const FIELD_ARGUMENT: &str = "field.name";

/// The table.
pub(super) const ROWS: &[Row] = &[
    row(
        Condition,
        RESTRICT,
        (JIRA, "condition.AllowOnlyAssignee"),
        Both,
        &[Parameter("allowUserCustomFields", "assignee")],
    ),
    row(
        Condition,
        RESTRICT,
        (JIRA, "condition.AllowOnlyReporter"),
        Both,
        &[Parameter("allowUserCustomFields", "reporter")],
    ),
    row(
        Condition,
        RESTRICT,
        (JSU, "condition.UserIsInCustomFieldCondition"),
        Both,
        &[Argument("allowUserInField", "true"), Pair("allowUserCustomFields", "fieldsList", Text)],
    ),
    row(
        Condition,
        RESTRICT,
        (JSU, "condition.UserIsInCustomFieldCondition"),
        Both,
        &[Argument("allowUserInField", "false"), Pair("denyUserCustomFields", "fieldsList", Text)],
    ),
    row(
        Condition,
        RESTRICT,
        (JIRA, "condition.PermissionCondition"),
        Both,
        &[Pair("permissionKeys", "permissionKey", Text)],
    ),
    row(
        Condition,
        RESTRICT,
        (JIRA, "condition.PermissionCondition"),
        Out,
        &[Pair("permissionKeys", "permission", OldPermission)],
    ),
    row(
        Condition,
        RESTRICT,
        (JIRA, "condition.UserInGroupCondition"),
        Both,
        &[Pair("groupIds", "group", Group)],
    ),
    row(
        Condition,
        RESTRICT,
        (JIRA, "condition.UserInAnyGroupCondition"),
        Out,
        &[Pair("groupIds", "group", GroupNames)],
    ),
    row(
        Condition,
        RESTRICT,
        (JSU, "condition.UserIsInAnyGroupsCondition"),
        Out,
        &[Pair("groupIds", "hidGroupsList", GroupNames)],
    ),
    row(
        Condition,
        RESTRICT,
        (JIRA, "condition.InProjectRoleCondition"),
        Both,
        &[Pair("roleIds", "jira.projectrole.id", Text)],
    ),
    row(
        Condition,
        RESTRICT,
        (JIRA, "condition.InAnyProjectRoleCondition"),
        Out,
        &[Pair("roleIds", "projectRoleIds", List)],
    ),
    row(
        Condition,
        RESTRICT,
        (JSU, "condition.UserIsInAnyRolesCondition"),
        Out,
        &[Pair("roleIds", "hidRolesList", RoleNames)],
    ),
    row(
        Condition,
        RESTRICT,
        (JIRA, "condition.InGroupCFCondition"),
        Both,
        &[Pair("groupCustomFields", "groupcf", Text)],
    ),
    row(
        Condition,
        CHECK,
        (JSU, "condition.ValueFieldCondition"),
        Both,
        &[
            Pair("fieldId", "fieldsList", Text),
            Pair("fieldValue", "fieldValue", Json),
            Pair("comparator", "conditionList", Numbered(COMPARATORS)),
            Pair("comparisonType", "comparisonType", Numbered(COMPARED)),
        ],
    ),
    row(
        Condition,
        CHILDREN,
        (JIRA, "condition.SubTaskBlockingCondition"),
        Both,
        &[Parameter("blocker", "CHILD"), Pair("statusIds", "statuses", Text)],
    ),
    row(
        Condition,
        NOBODY,
        (JIRA, "condition.RemoteOnlyCondition"),
        Both,
        &[Parameter("restrictMode", "users")],
    ),
    row(
        Condition,
        NOBODY,
        (JIRA, "condition.AlwaysFalseCondition"),
        Both,
        &[Parameter("restrictMode", "usersAndAPI")],
    ),
    row(
        Validator,
        PERMISSION,
        (JIRA, "validator.PermissionValidator"),
        Both,
        &[Pair("permissionKey", "permissionKey", Text)],
    ),
    row(
        Validator,
        PERMISSION,
        (JIRA, "validator.PermissionValidator"),
        Out,
        &[Pair("permissionKey", "permission", OldPermission)],
    ),
    // One that counts the context has no argument that says so (seen in a backup of the product).
    row(
        Validator,
        VALIDATE,
        (JSU, "validator.FieldsRequiredValidator"),
        Both,
        &[
            Parameter("ruleType", "fieldRequired"),
            Parameter("ignoreContext", "true"),
            Argument("contextHandling", "ignore"),
            Pair("fieldsRequired", "hidFieldsList", List),
        ],
    ),
    row(
        Validator,
        VALIDATE,
        (JSU, "validator.FieldsRequiredValidator"),
        Both,
        &[
            Parameter("ruleType", "fieldRequired"),
            Usually("ignoreContext", "false"),
            Pair("fieldsRequired", "hidFieldsList", List),
        ],
    ),
    row(
        Validator,
        VALIDATE,
        (JSU, "validator.RegexpFieldValidator"),
        Both,
        &[
            Parameter("ruleType", "fieldMatchesRegularExpression"),
            Pair("fieldKey", "fieldSelected", Text),
            Pair("regexp", "expressionSelected", Text),
        ],
    ),
    row(
        Validator,
        VALIDATE,
        (JSU, "validator.DateCompareValidator"),
        Both,
        &[
            Parameter("ruleType", "dateFieldComparison"),
            Pair("date1FieldKey", "date1Selected", Text),
            Pair("date2FieldKey", "date2Selected", Text),
            Pair("conditionSelected", "conditionSelected", Numbered(COMPARATORS)),
            // Seen in a backup of the product.
            Pair("includeTime", "includeTimeSelected", Words(&[("true", "1"), ("false", "2")])),
        ],
    ),
    row(
        Validator,
        VALIDATE,
        (JSU, "validator.WindowsDateValidator"),
        Both,
        &[
            Parameter("ruleType", "windowDateComparison"),
            Pair("date1FieldKey", "date1Selected", Text),
            Pair("date2FieldKey", "date2Selected", Text),
            Pair("numberOfDays", "windowsDays", Text),
        ],
    ),
    row(
        Function,
        ASSIGN,
        (JIRA, "function.issue.AssignToCurrentUserFunction"),
        Both,
        &[Parameter("type", "to-current-user")],
    ),
    row(
        Function,
        ASSIGN,
        (JIRA, "function.issue.AssignToLeadFunction"),
        Loses(
            "Jira Cloud assigns the issue to the default assignee of its project or component, who is the lead only where that \
             says so",
        ),
        &[Parameter("type", "to-default-user")],
    ),
    row(
        Function,
        COPY,
        (JIRA, "function.issue.AssignToReporterFunction"),
        Loses("Jira Cloud copies the reporter into the assignee, which is the nearest that it can do"),
        &[
            Parameter("sourceFieldKey", "reporter"),
            Parameter("targetFieldKey", "assignee"),
            Parameter("issueSource", "SAME"),
        ],
    ),
    row(
        Function,
        UPDATE,
        (JSU, "function.ClearFieldValuePostFunction"),
        Both,
        &[Usually("mode", "replace"), Usually("value", ""), Pair("field", "field", CustomField)],
    ),
    row(
        Function,
        UPDATE,
        (JIRA, "function.issue.UpdateIssueFieldFunction"),
        Both,
        &[
            Usually("mode", "replace"),
            Pair("field", FIELD_ARGUMENT, SystemField),
            Pair("value", "field.value", Value),
        ],
    ),
    row(
        Function,
        UPDATE,
        (JSU, "function.UpdateIssueCustomFieldPostFunction"),
        Both,
        &[
            Parameter("mode", "append"),
            Argument("append.value", "true"),
            Pair("field", FIELD_ARGUMENT, CustomField),
            Pair("value", "field.value", Value),
        ],
    ),
    row(
        Function,
        UPDATE,
        (JSU, "function.UpdateIssueCustomFieldPostFunction"),
        Both,
        &[
            Usually("mode", "replace"),
            Pair("field", FIELD_ARGUMENT, CustomField),
            Pair("value", "field.value", Value),
        ],
    ),
    row(
        Function,
        UPDATE,
        (JSU, "function.UpdateIssueCustomFieldPostFunction"),
        Out,
        &[
            Parameter("mode", "append"),
            Argument("append.value", "true"),
            Pair("field", FIELD_ARGUMENT, SystemField),
            Pair("value", "field.value", Value),
        ],
    ),
    row(
        Function,
        UPDATE,
        (JSU, "function.UpdateIssueCustomFieldPostFunction"),
        Out,
        &[
            Usually("mode", "replace"),
            Pair("field", FIELD_ARGUMENT, SystemField),
            Pair("value", "field.value", Value),
        ],
    ),
    row(
        Function,
        UPDATE,
        (JSU, "function.ClearFieldValuePostFunction"),
        Out,
        &[Usually("mode", "replace"), Pair("field", "field", SystemField)],
    ),
    row(
        Function,
        COPY,
        (JSU, "function.CopyValueFromOtherFieldPostFunction"),
        Both,
        &[
            Pair("sourceFieldKey", "sourceField", Text),
            Pair("targetFieldKey", "destinationField", Text),
            Pair("issueSource", "copyType", Words(&[("SAME", "same"), ("PARENT", "parent")])),
        ],
    ),
    // Where a value is copied from is not said by older versions (seen in a backup of the product).
    row(
        Function,
        COPY,
        (JSU, "function.CopyValueFromOtherFieldPostFunction"),
        Out,
        &[
            Pair("sourceFieldKey", "sourceField", Text),
            Pair("targetFieldKey", "destinationField", Text),
            Parameter("issueSource", "SAME"),
        ],
    ),
    row(
        Function,
        "system:trigger-webhook",
        ("com.atlassian.jira.plugins.webhooks.workflow.", "TriggerWebhookFunction"),
        Both,
        &[Pair("webhookId", "field.webhookId", Text)],
    ),
];
