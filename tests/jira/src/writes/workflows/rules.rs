//! Rules of Cloud as they are kept in a descriptor: of the class that means the same, or as they are.
//!
//! Invariant: a rule is kept by a class only if reading that gives the same rule again.

use serde_json::{Map, Value, json};

use crate::areas::workflows::rules::{self as told, OWN, Roles, Rule};
use crate::areas::xml::Element;

/// Where a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Condition,
    Validator,
    Function,
}

const JIRA: &str = "com.atlassian.jira.workflow.";
const JSU: &str = "com.googlecode.jsu.workflow.";

/// A class with its arguments.
type Class = (String, Vec<(&'static str, String)>);

fn jira(class: &str, arguments: Vec<(&'static str, String)>) -> Class {
    (format!("{JIRA}{class}"), arguments)
}

fn jsu(class: &str, arguments: Vec<(&'static str, String)>) -> Class {
    (format!("{JSU}{class}"), arguments)
}

/// Returns classes that may mean what a condition says.
fn conditions(key: &str, of: &dyn Fn(&str) -> String, groups: &[String]) -> Vec<Class> {
    match key {
        "system:restrict-issue-transition" => {
            let names = |name: &dyn Fn(&str) -> Option<String>, list: &str| -> Option<String> {
                let all: Option<Vec<String>> = list.split(',').map(|id| Some(name(id)? + "@@")).collect();
                all.map(|all| all.concat())
            };
            let group = |id: &str| told::group_name(groups, id);
            let mut all = vec![
                jira("condition.AllowOnlyAssignee", Vec::new()),
                jira("condition.AllowOnlyReporter", Vec::new()),
                jira("condition.PermissionCondition", vec![("permission", of("permissionKeys"))]),
                jira("condition.InProjectRoleCondition", vec![("jira.projectrole.id", of("roleIds"))]),
                jira("condition.InGroupCFCondition", vec![("groupcf", of("groupCustomFields"))]),
                jsu(
                    "condition.UserIsInCustomFieldCondition",
                    vec![
                        ("fieldsList", of("allowUserCustomFields")),
                        ("allowUserInField", "true".to_owned()),
                    ],
                ),
                jsu(
                    "condition.UserIsInCustomFieldCondition",
                    vec![
                        ("fieldsList", of("denyUserCustomFields")),
                        ("allowUserInField", "false".to_owned()),
                    ],
                ),
            ];
            if let Some(name) = group(&of("groupIds")) {
                all.push(jira("condition.UserInGroupCondition", vec![("group", name)]));
            }
            if let Some(list) = names(&group, &of("groupIds")) {
                all.push(jsu("condition.UserIsInAnyGroupsCondition", vec![("hidGroupsList", list)]));
            }
            all
        }
        "system:parent-or-child-blocking-condition" => {
            vec![jira("condition.SubTaskBlockingCondition", vec![("statuses", of("statusIds"))])]
        }
        "system:restrict-from-all-users" => vec![jira("condition.AlwaysFalseCondition", Vec::new())],
        "system:check-field-value" => {
            let value = serde_json::from_str::<Value>(&of("fieldValue")).unwrap_or_default();
            let arguments = vec![
                ("fieldsList", of("fieldId")),
                ("fieldValue", value[0].as_str().unwrap_or_default().to_owned()),
                ("conditionList", told::number(&told::COMPARATORS, &of("comparator"))),
                ("comparisonType", told::number(&told::COMPARED, &of("comparisonType"))),
            ];
            vec![jsu("condition.ValueFieldCondition", arguments)]
        }
        _ => Vec::new(),
    }
}

fn validators(key: &str, of: &dyn Fn(&str) -> String) -> Vec<Class> {
    if key == "system:check-permission-validator" {
        return vec![jira("validator.PermissionValidator", vec![("permissionKey", of("permissionKey"))])];
    }
    if key != "system:validate-field-value" {
        return Vec::new();
    }
    match of("ruleType").as_str() {
        "fieldRequired" => {
            let fields: Vec<String> =
                of("fieldsRequired").split(',').map(|field| format!("{field}@@")).collect();
            let handling = if of("ignoreContext") == "true" { "ignore" } else { "check" };
            let arguments =
                vec![("hidFieldsList", fields.concat()), ("contextHandling", handling.to_owned())];
            vec![jsu("validator.FieldsRequiredValidator", arguments)]
        }
        "fieldMatchesRegularExpression" => {
            let arguments = vec![("fieldSelected", of("fieldKey")), ("expressionSelected", of("regexp"))];
            vec![jsu("validator.RegexpFieldValidator", arguments)]
        }
        "dateFieldComparison" => {
            let time = if of("includeTime") == "true" { "1" } else { "0" };
            let arguments = vec![
                ("date1Selected", of("date1FieldKey")),
                ("date2Selected", of("date2FieldKey")),
                ("conditionSelected", told::number(&told::COMPARATORS, &of("conditionSelected"))),
                ("includeTimeSelected", time.to_owned()),
            ];
            vec![jsu("validator.DateCompareValidator", arguments)]
        }
        "windowDateComparison" => {
            let arguments = vec![
                ("date1Selected", of("date1FieldKey")),
                ("date2Selected", of("date2FieldKey")),
                ("windowsDays", of("numberOfDays")),
            ];
            vec![jsu("validator.WindowsDateValidator", arguments)]
        }
        _ => Vec::new(),
    }
}

fn functions(key: &str, of: &dyn Fn(&str) -> String) -> Vec<Class> {
    match key {
        "system:change-assignee" => vec![
            jira("function.issue.AssignToCurrentUserFunction", Vec::new()),
            jira("function.issue.AssignToLeadFunction", Vec::new()),
        ],
        "system:update-field" => {
            let arguments = || vec![("field.name", of("field")), ("field.value", of("value"))];
            let mut appended = arguments();
            appended.push(("append.value", "true".to_owned()));
            vec![
                jira("function.issue.UpdateIssueFieldFunction", arguments()),
                jsu("function.UpdateIssueCustomFieldPostFunction", appended),
            ]
        }
        "system:copy-value-from-other-field" => {
            let kind = if of("issueSource") == "PARENT" { "parent" } else { "same" };
            let arguments = vec![
                ("sourceField", of("sourceFieldKey")),
                ("destinationField", of("targetFieldKey")),
                ("copyType", kind.to_owned()),
            ];
            vec![jsu("function.CopyValueFromOtherFieldPostFunction", arguments)]
        }
        "system:trigger-webhook" => vec![(
            "com.atlassian.jira.plugins.webhooks.workflow.TriggerWebhookFunction".to_owned(),
            vec![("field.webhookId", of("webhookId"))],
        )],
        _ => Vec::new(),
    }
}

fn element(name: &str, class: &str, arguments: &[(&str, String)]) -> String {
    let argument = |(name, value): &(&str, String)| {
        let (name, value) = (quick_xml::escape::escape(*name), quick_xml::escape::escape(value.as_str()));
        format!("<arg name=\"{name}\">{value}</arg>")
    };
    let inner: Vec<String> = arguments.iter().map(argument).collect();
    let own = if name == "validator" { "name=\"\" " } else { "" };
    let class = quick_xml::escape::escape(class);
    format!("<{name} {own}type=\"class\"><arg name=\"class.name\">{class}</arg>{}</{name}>", inner.concat())
}

/// Returns the parameters of a rule that say something.
fn said(parameters: &Map<String, Value>) -> Map<String, Value> {
    let own = parameters.iter().filter(|(_, value)| value.as_str().is_some_and(|text| !text.is_empty()));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Returns a rule as an element of a descriptor.
pub(super) fn kept(rule: &Value, place: Place, roles: &Roles, groups: &[String]) -> String {
    let key = rule["ruleKey"].as_str().unwrap_or_default();
    let parameters = rule["parameters"].as_object().cloned().unwrap_or_default();
    let of = |name: &str| parameters.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, classes) = match place {
        Place::Condition => ("condition", conditions(key, &of, groups)),
        Place::Validator => ("validator", validators(key, &of)),
        Place::Function => ("function", functions(key, &of)),
    };
    for (class, arguments) in classes {
        let xml = element(name, &class, &arguments);
        let own = Element::parse(&xml);
        let read: Option<Rule> = match place {
            Place::Condition => told::condition(&own, roles),
            Place::Validator => told::validator(&own),
            Place::Function => told::function(&own),
        };
        let Some(read) = read else { continue };
        let read_parameters: Map<String, Value> =
            read.1.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
        if read.0 == key && said(&read_parameters) == said(&parameters) {
            return xml;
        }
    }
    let all = Value::Object(parameters).to_string();
    element(name, &format!("{OWN}{key}"), &[("parameters", all)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(rule: Value, place: Place) -> String {
        let xml = kept(&rule, place, &Vec::new(), &["staff".to_owned()]);
        Element::parse(&xml).argument("class.name").rsplit('.').next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_rule_is_kept_by_the_class_that_means_the_same() {
        let restrict = |name: &str, value: &str| json!({"ruleKey": "system:restrict-issue-transition", "parameters": {name: value, "unset": ""}});
        let of = |name: &str, value: &str| class(restrict(name, value), Place::Condition);
        assert_eq!(of("allowUserCustomFields", "assignee"), "AllowOnlyAssignee");
        assert_eq!(of("permissionKeys", "CLOSE_ISSUES"), "PermissionCondition");
        assert_eq!(of("roleIds", "10000"), "InProjectRoleCondition");
        assert_eq!(of("groupIds", &crate::areas::people::group_id("staff")), "UserInGroupCondition");
        assert_eq!(of("accountIds", "x"), "system:restrict-issue-transition", "kept as it is");
        let update = json!({"ruleKey": "system:update-field", "parameters": {
            "field": "resolution", "value": "1", "mode": "replace",
        }});
        assert_eq!(class(update, Place::Function), "UpdateIssueFieldFunction");
    }
}
