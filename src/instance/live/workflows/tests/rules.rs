//! The table of rules, line by line.

use std::collections::{BTreeMap, BTreeSet};

use super::super::lines;
use super::super::rules::{Meant, read, write};
use super::super::shape::Rule;
use super::super::table::{Place, ROWS, Way};
use super::made::known;
use crate::mapping::workflow::Function;
use Place::{Condition, Validator};

pub(super) fn map(members: &[(&str, &str)]) -> BTreeMap<String, String> {
    members.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn function(class: &str, arguments: &[(&str, &str)]) -> Function {
    let class =
        class.replace("J:", "com.atlassian.jira.workflow.").replace("JSU:", "com.googlecode.jsu.workflow.");
    Function { class: Some(class), arguments: map(arguments), ..Function::default() }
}

pub(super) type Members = &'static [(&'static str, &'static str)];

/// The lines that lose nothing: place, key and parameters, class and arguments (`guide`: Atlassian's description, and backups).
const SAME: &[(Place, &str, Members, &str, Members)] = &[
    (
        Condition,
        "restrict-issue-transition",
        &[("allowUserCustomFields", "assignee")],
        "J:condition.AllowOnlyAssignee",
        &[],
    ),
    (
        Condition,
        "restrict-issue-transition",
        &[("allowUserCustomFields", "reporter")],
        "J:condition.AllowOnlyReporter",
        &[],
    ),
    (
        Condition,
        "restrict-issue-transition",
        &[("allowUserCustomFields", "customfield_1")],
        "JSU:condition.UserIsInCustomFieldCondition",
        &[("fieldsList", "customfield_1"), ("allowUserInField", "true")],
    ),
    (
        Condition,
        "restrict-issue-transition",
        &[("denyUserCustomFields", "customfield_1")],
        "JSU:condition.UserIsInCustomFieldCondition",
        &[("fieldsList", "customfield_1"), ("allowUserInField", "false")],
    ),
    (
        Condition,
        "restrict-issue-transition",
        &[("permissionKeys", "CLOSE_ISSUES")],
        "J:condition.PermissionCondition",
        &[("permissionKey", "CLOSE_ISSUES")],
    ),
    (
        Condition,
        "restrict-issue-transition",
        &[("groupIds", "g-2")],
        "J:condition.UserInGroupCondition",
        &[("group", "jira-admins")],
    ),
    (
        Condition,
        "restrict-issue-transition",
        &[("roleIds", "10")],
        "J:condition.InProjectRoleCondition",
        &[("jira.projectrole.id", "10")],
    ),
    (
        Condition,
        "restrict-issue-transition",
        &[("groupCustomFields", "customfield_2")],
        "J:condition.InGroupCFCondition",
        &[("groupcf", "customfield_2")],
    ),
    (
        Condition,
        "check-field-value",
        &[
            ("fieldId", "customfield_1"),
            ("fieldValue", "[\"a \\\"b\\\"\"]"),
            ("comparator", "!="),
            ("comparisonType", "OPTIONID"),
        ],
        "JSU:condition.ValueFieldCondition",
        &[
            ("fieldsList", "customfield_1"),
            ("fieldValue", "a \"b\""),
            ("conditionList", "6"),
            ("comparisonType", "5"),
        ],
    ),
    (
        Condition,
        "check-field-value",
        &[
            ("fieldId", "duedate"),
            ("fieldValue", "[\"\"]"),
            ("comparator", ">"),
            ("comparisonType", "STRING"),
        ],
        "JSU:condition.ValueFieldCondition",
        &[("fieldsList", "duedate"), ("fieldValue", ""), ("conditionList", "1"), ("comparisonType", "1")],
    ),
    (
        Condition,
        "parent-or-child-blocking-condition",
        &[("blocker", "CHILD"), ("statusIds", "1,3")],
        "J:condition.SubTaskBlockingCondition",
        &[("statuses", "1,3")],
    ),
    (
        Condition,
        "restrict-from-all-users",
        &[("restrictMode", "users")],
        "J:condition.RemoteOnlyCondition",
        &[],
    ),
    (
        Condition,
        "restrict-from-all-users",
        &[("restrictMode", "usersAndAPI")],
        "J:condition.AlwaysFalseCondition",
        &[],
    ),
    (
        Condition,
        "previous-status-condition",
        &[("previousStatusIds", "1"), ("not", "true")],
        "system:previous-status-condition",
        &[("previousStatusIds", "1"), ("not", "true")],
    ),
    (
        Condition,
        "separation-of-duties",
        &[("fromStatusId", "1"), ("toStatusId", "2")],
        "system:separation-of-duties",
        &[("fromStatusId", "1"), ("toStatusId", "2")],
    ),
    (Condition, "block-in-progress-approval", &[], "system:block-in-progress-approval", &[]),
    (
        Validator,
        "check-permission-validator",
        &[("permissionKey", "CREATE_ISSUES")],
        "J:validator.PermissionValidator",
        &[("permissionKey", "CREATE_ISSUES")],
    ),
    (
        Validator,
        "validate-field-value",
        &[
            ("ruleType", "fieldRequired"),
            ("fieldsRequired", "customfield_1,duedate"),
            ("ignoreContext", "true"),
        ],
        "JSU:validator.FieldsRequiredValidator",
        &[("hidFieldsList", "customfield_1@@duedate@@"), ("contextHandling", "ignore")],
    ),
    (
        Validator,
        "validate-field-value",
        &[("ruleType", "fieldRequired"), ("fieldsRequired", "duedate"), ("ignoreContext", "false")],
        "JSU:validator.FieldsRequiredValidator",
        &[("hidFieldsList", "duedate@@")],
    ),
    (
        Validator,
        "validate-field-value",
        &[("ruleType", "fieldRequired"), ("fieldsRequired", "duedate"), ("errorMessage", "When?")],
        "system:validate-field-value",
        &[("ruleType", "fieldRequired"), ("fieldsRequired", "duedate"), ("errorMessage", "When?")],
    ),
    (
        Validator,
        "validate-field-value",
        &[("ruleType", "fieldChanged"), ("fieldKey", "duedate"), ("groupsExemptFromValidation", "g-1,g-2")],
        "system:validate-field-value",
        &[
            ("ruleType", "fieldChanged"),
            ("fieldKey", "duedate"),
            ("groupsExemptFromValidation", "jira-users,jira-admins"),
        ],
    ),
    (
        Validator,
        "validate-field-value",
        &[("ruleType", "fieldHasSingleValue"), ("fieldKey", "customfield_1"), ("excludeSubtasks", "true")],
        "system:validate-field-value",
        &[("ruleType", "fieldHasSingleValue"), ("fieldKey", "customfield_1"), ("excludeSubtasks", "true")],
    ),
    (
        Validator,
        "validate-field-value",
        &[("ruleType", "fieldMatchesRegularExpression"), ("fieldKey", "summary"), ("regexp", "^[A,B]@@$")],
        "JSU:validator.RegexpFieldValidator",
        &[("fieldSelected", "summary"), ("expressionSelected", "^[A,B]@@$")],
    ),
    (
        Validator,
        "validate-field-value",
        &[
            ("ruleType", "dateFieldComparison"),
            ("date1FieldKey", "duedate"),
            ("date2FieldKey", "created"),
            ("conditionSelected", "<="),
            ("includeTime", "true"),
        ],
        "JSU:validator.DateCompareValidator",
        &[
            ("date1Selected", "duedate"),
            ("date2Selected", "created"),
            ("conditionSelected", "4"),
            ("includeTimeSelected", "1"),
        ],
    ),
    (
        Validator,
        "validate-field-value",
        &[
            ("ruleType", "windowDateComparison"),
            ("date1FieldKey", "duedate"),
            ("date2FieldKey", "created"),
            ("numberOfDays", "3"),
        ],
        "JSU:validator.WindowsDateValidator",
        &[("date1Selected", "duedate"), ("date2Selected", "created"), ("windowsDays", "3")],
    ),
    (
        Validator,
        "parent-or-child-blocking-validator",
        &[("blocker", "PARENT"), ("statusIds", "1")],
        "system:parent-or-child-blocking-validator",
        &[("blocker", "PARENT"), ("statusIds", "1")],
    ),
    (
        Validator,
        "previous-status-validator",
        &[("previousStatusIds", "1"), ("mostRecentStatusOnly", "true")],
        "system:previous-status-validator",
        &[("previousStatusIds", "1"), ("mostRecentStatusOnly", "true")],
    ),
    (Validator, "proforma-forms-attached", &[], "system:proforma-forms-attached", &[]),
    (Validator, "proforma-forms-submitted", &[], "system:proforma-forms-submitted", &[]),
    (
        Place::Function,
        "change-assignee",
        &[("type", "to-current-user")],
        "J:function.issue.AssignToCurrentUserFunction",
        &[],
    ),
    (
        Place::Function,
        "change-assignee",
        &[("type", "to-selected-user"), ("accountId", "5b:1")],
        "system:change-assignee",
        &[("type", "to-selected-user"), ("accountId", "5b:1")],
    ),
    (
        Place::Function,
        "change-assignee",
        &[("type", "to-unassigned")],
        "system:change-assignee",
        &[("type", "to-unassigned")],
    ),
    (
        Place::Function,
        "update-field",
        &[("field", "resolution"), ("value", "10000"), ("mode", "replace")],
        "J:function.issue.UpdateIssueFieldFunction",
        &[("field.name", "resolution"), ("field.value", "10000")],
    ),
    (
        Place::Function,
        "update-field",
        &[("field", "resolution"), ("mode", "replace")],
        "J:function.issue.UpdateIssueFieldFunction",
        &[("field.name", "resolution"), ("field.value", "")],
    ),
    (
        Place::Function,
        "update-field",
        &[("field", "customfield_1"), ("mode", "replace")],
        "JSU:function.ClearFieldValuePostFunction",
        &[("field", "customfield_1")],
    ),
    (
        Place::Function,
        "update-field",
        &[("field", "customfield_1"), ("value", "x"), ("mode", "replace")],
        "JSU:function.UpdateIssueCustomFieldPostFunction",
        &[("field.name", "customfield_1"), ("field.value", "x")],
    ),
    (
        Place::Function,
        "update-field",
        &[("field", "customfield_1"), ("value", "x"), ("mode", "append")],
        "JSU:function.UpdateIssueCustomFieldPostFunction",
        &[("field.name", "customfield_1"), ("field.value", "x"), ("append.value", "true")],
    ),
    (
        Place::Function,
        "copy-value-from-other-field",
        &[("sourceFieldKey", "assignee"), ("targetFieldKey", "customfield_1"), ("issueSource", "PARENT")],
        "JSU:function.CopyValueFromOtherFieldPostFunction",
        &[("sourceField", "assignee"), ("destinationField", "customfield_1"), ("copyType", "parent")],
    ),
    (
        Place::Function,
        "trigger-webhook",
        &[("webhookId", "4")],
        "com.atlassian.jira.plugins.webhooks.workflow.TriggerWebhookFunction",
        &[("field.webhookId", "4")],
    ),
    (
        Place::Function,
        "set-security-level-from-role",
        &[("roleId", "10"), ("issueSecurityLevelId", "5")],
        "system:set-security-level-from-role",
        &[("roleId", "10"), ("issueSecurityLevelId", "5")],
    ),
    (
        Place::Function,
        "development-triggers",
        &[("enabledTriggers", "a,b")],
        "system:development-triggers",
        &[("enabledTriggers", "a,b")],
    ),
];

#[test]
fn each_line_without_a_loss_goes_there_and_back() {
    let known = known();
    for (place, key, parameters, class, arguments) in SAME {
        let rule = Rule::new(&format!("system:{key}"), map(parameters));
        let own = function(class, arguments);
        assert_eq!(write(*place, &own, &known), Ok(Meant { rule: rule.clone(), loss: None }), "{own:?}");
        assert_eq!(read(*place, &rule, &known), [own], "{rule:?}");
        // As replies have it: with an id, and with parameters that are not set.
        let mut told = rule.clone();
        told.id = Some("r-1".to_owned());
        for unset in ["accountIds", "errorMessage", "id"] {
            told.parameters.entry(unset.to_owned()).or_default();
        }
        assert_eq!(read(*place, &told, &known), read(*place, &rule, &known), "{told:?}");
    }
}

#[test]
fn no_line_of_the_table_is_unproved() {
    let proved: BTreeSet<String> =
        SAME.iter().map(|(.., class, own)| function(class, own).class.unwrap()).collect();
    for row in ROWS.iter().filter(|row| row.way == Way::Both) {
        assert!(proved.contains(&row.class()), "{}", row.class());
    }
    assert_eq!(lines().count(), ROWS.len());
}
