//! Conditions, validators and functions of a descriptor as rules of Cloud.
//!
//! Invariant: a rule of a class that Cloud has no key for is not told: that is what a move to Cloud does to it.

use serde_json::{Map, Value, json};

use super::super::xml::Element;
use super::super::{people, uuid};

/// A key and its parameters, as texts.
pub(crate) type Rule = (&'static str, Vec<(&'static str, String)>);

const RESTRICT: &str = "system:restrict-issue-transition";

/// All parameters of a restriction: replies carry those that are not set, too.
const RESTRICTIONS: [&str; 7] = [
    "accountIds",
    "roleIds",
    "groupIds",
    "permissionKeys",
    "groupCustomFields",
    "allowUserCustomFields",
    "denyUserCustomFields",
];

/// Permissions by the names that descriptors before Jira 7 have.
const PERMISSIONS: &[(&str, &str)] = &[
    ("Assign Issue", "ASSIGN_ISSUES"),
    ("Close Issue", "CLOSE_ISSUES"),
    ("Comment Issue", "ADD_COMMENTS"),
    ("Create Issue", "CREATE_ISSUES"),
    ("Delete Issue", "DELETE_ISSUES"),
    ("Edit Issue", "EDIT_ISSUES"),
    ("Link Issue", "LINK_ISSUES"),
    ("Modify Reporter", "MODIFY_REPORTER"),
    ("Move Issue", "MOVE_ISSUES"),
    ("Resolve Issue", "RESOLVE_ISSUES"),
    ("Schedule Issue", "SCHEDULE_ISSUES"),
    ("Work On Issue", "WORK_ON_ISSUES"),
];

/// How Jira Suite Utilities number comparisons, from 1.
pub(crate) const COMPARATORS: [&str; 6] = [">", ">=", "=", "<=", "<", "!="];
pub(crate) const COMPARED: [&str; 5] = ["STRING", "NUMBER", "DATE", "DATE_WITHOUT_TIME", "OPTIONID"];

/// The names of roles, for rules that hold names, with their ids.
pub(crate) type Roles = Vec<(String, String)>;

/// What the class of a rule begins with that no class of Jira's stands for: it is kept as Cloud says it.
pub(crate) const OWN: &str = "cloud.";

/// Returns a rule of a descriptor as Jira tells it.
pub(crate) fn read(rule: &Element, place: &str, known: Option<Rule>) -> Option<Value> {
    let Some(key) = rule.argument("class.name").strip_prefix(OWN) else {
        return known.map(|rule| told(&rule, place));
    };
    let mut parameters: Map<String, Value> =
        serde_json::from_str(rule.argument("parameters")).unwrap_or_default();
    if key == RESTRICT {
        for name in RESTRICTIONS {
            parameters.entry(name).or_insert_with(|| json!(""));
        }
    }
    Some(json!({"id": uuid("rule", place), "ruleKey": key, "parameters": parameters}))
}

/// Returns the name of the group of an id.
pub(crate) fn group_name(names: &[String], id: &str) -> Option<String> {
    names.iter().find(|name| people::group_id(name) == id).cloned()
}

/// Returns the number of a word in a list, from 1.
pub(crate) fn number(words: &[&str], word: &str) -> String {
    let place = words.iter().position(|own| *own == word);
    place.map(|place| (place + 1).to_string()).unwrap_or_default()
}

/// Returns the rule as Jira tells it.
pub(crate) fn told(rule: &Rule, place: &str) -> Value {
    let parameters: Map<String, Value> =
        rule.1.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({"id": uuid("rule", place), "ruleKey": rule.0, "parameters": parameters})
}

fn restrict(parameter: &str, value: String) -> Rule {
    let all =
        RESTRICTIONS.iter().map(|&own| (own, if own == parameter { value.clone() } else { String::new() }));
    (RESTRICT, all.collect())
}

fn permission(rule: &Element) -> String {
    let key = rule.argument("permissionKey");
    let own = if key.is_empty() { rule.argument("permission") } else { key };
    PERMISSIONS.iter().find(|(name, _)| *name == own).map_or(own, |(_, key)| key).to_owned()
}

/// Returns the entries of a list such as `a@@b@@`.
fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split("@@").filter(|entry| !entry.is_empty())
}

fn numbered<'a>(words: &[&'a str], number: &str) -> &'a str {
    number.parse::<usize>().ok().and_then(|number| words.get(number.checked_sub(1)?).copied()).unwrap_or("=")
}

/// Returns the class of a rule, without the package that it is in.
fn class(rule: &Element) -> (&str, &str) {
    let class = rule.argument("class.name");
    // What is kept as Cloud says it is of none.
    if class.starts_with(OWN) {
        return ("", "");
    }
    let at = class.rfind('.').map_or(0, |dot| dot + 1);
    let package = match class {
        _ if class.starts_with("com.atlassian.jira.") => "jira",
        _ if class.starts_with("com.googlecode.jsu.") => "jsu",
        _ => "",
    };
    (package, &class[at..])
}

/// Returns what a condition is on Cloud.
pub(crate) fn condition(rule: &Element, roles: &Roles) -> Option<Rule> {
    let argument = |name: &str| rule.argument(name).to_owned();
    Some(match class(rule) {
        ("jira", "AllowOnlyAssignee") => restrict("allowUserCustomFields", "assignee".to_owned()),
        ("jira", "AllowOnlyReporter") => restrict("allowUserCustomFields", "reporter".to_owned()),
        ("jira", "PermissionCondition") => restrict("permissionKeys", permission(rule)),
        ("jira", "UserInGroupCondition") => restrict("groupIds", people::group_id(rule.argument("group"))),
        ("jira", "InProjectRoleCondition") => restrict("roleIds", argument("jira.projectrole.id")),
        ("jira", "InGroupCFCondition") => restrict("groupCustomFields", argument("groupcf")),
        ("jsu", "UserIsInAnyGroupsCondition") => {
            let ids: Vec<_> = entries(rule.argument("hidGroupsList")).map(people::group_id).collect();
            restrict("groupIds", ids.join(","))
        }
        ("jsu", "UserIsInAnyRolesCondition") => {
            let id = |name: &str| roles.iter().find(|(own, _)| own == name).map(|(_, id)| id.clone());
            let ids: Vec<_> = entries(rule.argument("hidRolesList")).filter_map(id).collect();
            restrict("roleIds", ids.join(","))
        }
        ("jsu", "UserIsInCustomFieldCondition") => {
            let is_allowed = rule.argument("allowUserInField") != "false";
            let parameter = if is_allowed { "allowUserCustomFields" } else { "denyUserCustomFields" };
            restrict(parameter, argument("fieldsList"))
        }
        ("jsu", "ValueFieldCondition") => (
            "system:check-field-value",
            vec![
                ("fieldId", argument("fieldsList")),
                ("fieldValue", json!([rule.argument("fieldValue")]).to_string()),
                ("comparator", numbered(&COMPARATORS, rule.argument("conditionList")).to_owned()),
                ("comparisonType", numbered(&COMPARED, rule.argument("comparisonType")).to_owned()),
            ],
        ),
        ("jira", "SubTaskBlockingCondition") => (
            "system:parent-or-child-blocking-condition",
            vec![("blocker", "CHILD".to_owned()), ("statusIds", argument("statuses"))],
        ),
        ("jira", "AlwaysFalseCondition") => {
            ("system:restrict-from-all-users", vec![("restrictMode", "usersAndAPI".to_owned())])
        }
        _ => return None,
    })
}

/// Returns what a validator is on Cloud.
pub(crate) fn validator(rule: &Element) -> Option<Rule> {
    const FIELDS: &str = "system:validate-field-value";
    let argument = |name: &str| rule.argument(name).to_owned();
    let of = |kind: &str| ("ruleType", kind.to_owned());
    Some(match class(rule) {
        ("jira", "PermissionValidator") => {
            ("system:check-permission-validator", vec![("permissionKey", permission(rule))])
        }
        ("jsu", "FieldsRequiredValidator") => {
            let fields: Vec<_> = entries(rule.argument("hidFieldsList")).collect();
            let ignores = rule.argument("contextHandling") == "ignore";
            let parameters = vec![
                of("fieldRequired"),
                ("fieldsRequired", fields.join(",")),
                ("ignoreContext", ignores.to_string()),
                ("errorMessage", String::new()),
            ];
            (FIELDS, parameters)
        }
        ("jsu", "RegexpFieldValidator") => {
            let parameters = vec![
                of("fieldMatchesRegularExpression"),
                ("fieldKey", argument("fieldSelected")),
                ("regexp", argument("expressionSelected")),
            ];
            (FIELDS, parameters)
        }
        ("jsu", "DateCompareValidator") => {
            let parameters = vec![
                of("dateFieldComparison"),
                ("date1FieldKey", argument("date1Selected")),
                ("date2FieldKey", argument("date2Selected")),
                ("conditionSelected", numbered(&COMPARATORS, rule.argument("conditionSelected")).to_owned()),
                ("includeTime", (rule.argument("includeTimeSelected") == "1").to_string()),
            ];
            (FIELDS, parameters)
        }
        ("jsu", "WindowsDateValidator") => {
            let parameters = vec![
                of("windowDateComparison"),
                ("date1FieldKey", argument("date1Selected")),
                ("date2FieldKey", argument("date2Selected")),
                ("numberOfDays", argument("windowsDays")),
            ];
            (FIELDS, parameters)
        }
        _ => return None,
    })
}

/// Returns what a function is on Cloud. Those that every transition has are not told.
pub(crate) fn function(rule: &Element) -> Option<Rule> {
    let argument = |name: &str| rule.argument(name).to_owned();
    let update = |field: String, value: String, mode: &str| -> Option<Rule> {
        // Macros have no counterpart.
        let parameters = vec![("field", field), ("value", value.clone()), ("mode", mode.to_owned())];
        (!value.contains("%%")).then_some(("system:update-field", parameters))
    };
    let assign = |kind: &str| -> Rule {
        ("system:change-assignee", vec![("type", kind.to_owned()), ("accountId", String::new())])
    };
    match class(rule) {
        ("jira", "AssignToCurrentUserFunction") => Some(assign("to-current-user")),
        ("jira", "AssignToLeadFunction") => Some(assign("to-default-user")),
        ("jira", "UpdateIssueFieldFunction") => {
            update(argument("field.name"), argument("field.value"), "replace")
        }
        ("jsu", "UpdateIssueCustomFieldPostFunction") => {
            let mode = if rule.argument("append.value") == "true" { "append" } else { "replace" };
            update(argument("field.name"), argument("field.value"), mode)
        }
        ("jsu", "ClearFieldValuePostFunction") => update(argument("field"), String::new(), "replace"),
        ("jsu", "CopyValueFromOtherFieldPostFunction") => {
            let source = if rule.argument("copyType") == "parent" { "PARENT" } else { "SAME" };
            let parameters = vec![
                ("sourceFieldKey", argument("sourceField")),
                ("targetFieldKey", argument("destinationField")),
                ("issueSource", source.to_owned()),
            ];
            Some(("system:copy-value-from-other-field", parameters))
        }
        _ => match rule.argument("class.name") {
            "com.atlassian.jira.plugins.webhooks.workflow.TriggerWebhookFunction" => {
                Some(("system:trigger-webhook", vec![("webhookId", argument("field.webhookId"))]))
            }
            _ => None,
        },
    }
}
