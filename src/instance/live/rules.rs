//! The rules of transitions: what Jira Cloud calls by a key has a class in Jira's tables, and arguments of other names.
//!
//! Invariant: a rule that has no class of the same meaning stays as it is, with its key in the place of the class, so that nobody
//! takes it for another one.
//!
//! Sources: Atlassian's description of the rules (April 2026) for the keys and parameters; classes and arguments from backups of 3.13 to
//! 9.12 and of Jira Suite Utilities, whose rules Jira Cloud has taken over.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::workflows::Known;
use crate::mapping::workflow::Function;

/// A rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    rule_key: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

impl Rule {
    /// Returns a parameter that says something: unset ones are empty texts.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the items of a parameter that is a list.
    fn items(&self, name: &str) -> impl Iterator<Item = &str> {
        self.parameter(name).into_iter().flat_map(|list| list.split(',')).map(str::trim)
    }

    /// Returns the rule under its own key.
    fn as_it_is(&self, known: &Known) -> Function {
        let arguments = self.parameters.iter().filter(|(_, value)| !value.is_empty());
        let arguments = arguments.filter(|(name, _)| !IDS.contains(&name.as_str()));
        let arguments = arguments.map(|(name, value)| match GROUPS.contains(&name.as_str()) {
            true => {
                let names: Vec<&str> =
                    value.split(',').map(|id| known.group(id.trim()).unwrap_or(id)).collect();
                (name.clone(), names.join(","))
            }
            false => (name.clone(), value.clone()),
        });
        Function { class: Some(self.rule_key.clone()), arguments: arguments.collect(), ..Function::default() }
    }
}

/// Parameters that hold ids of groups.
const GROUPS: [&str; 2] = ["groupIds", "groupsExemptFromValidation"];

/// Parameters of rules of apps that are others in every place, and say nothing about the rule.
const IDS: [&str; 2] = ["id", "tag"];

/// The prefixes of Jira's own classes, and of those of Jira Suite Utilities.
const JIRA: &str = "com.atlassian.jira.workflow.";
const JSU: &str = "com.googlecode.jsu.workflow.";

/// How Jira Suite Utilities number comparisons, in this order from 1, and what is compared.
const COMPARATORS: [&str; 6] = [">", ">=", "=", "<=", "<", "!="];
const COMPARED: [&str; 5] = ["STRING", "NUMBER", "DATE", "DATE_WITHOUT_TIME", "OPTIONID"];

fn call(class: String, arguments: &[(&str, &str)]) -> Function {
    Function {
        class: Some(class),
        arguments: arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Function::default()
    }
}

/// Returns the call of a class of Jira's own.
pub(super) fn of_jira(package: &str, class: &str, arguments: &[(&str, &str)]) -> Function {
    call(format!("{JIRA}{package}.{class}"), arguments)
}

fn of_jsu(package: &str, class: &str, arguments: &[(&str, &str)]) -> Function {
    call(format!("{JSU}{package}.{class}"), arguments)
}

/// Returns the conditions that a rule means, any of which is enough.
pub(super) fn condition(rule: &Rule, known: &Known) -> Vec<Function> {
    let found = match rule.rule_key.as_str() {
        "system:restrict-issue-transition" => return restricted(rule, known),
        "system:parent-or-child-blocking-condition" if rule.parameter("blocker") == Some("CHILD") => {
            let statuses = rule.parameter("statusIds");
            statuses.map(|ids| of_jira("condition", "SubTaskBlockingCondition", &[("statuses", ids)]))
        }
        "system:restrict-from-all-users" => match rule.parameter("restrictMode") {
            Some("users") => Some(of_jira("condition", "RemoteOnlyCondition", &[])),
            Some("usersAndAPI") => Some(of_jira("condition", "AlwaysFalseCondition", &[])),
            _ => None,
        },
        "system:check-field-value" => compared(rule),
        _ => None,
    };
    vec![found.unwrap_or_else(|| rule.as_it_is(known))]
}

/// Returns whom a transition is restricted to.
fn restricted(rule: &Rule, known: &Known) -> Vec<Function> {
    let own = |class, argument, value| of_jira("condition", class, &[(argument, value)]);
    let mut all = Vec::new();
    for field in rule.items("allowUserCustomFields") {
        all.push(match field {
            "assignee" => of_jira("condition", "AllowOnlyAssignee", &[]),
            "reporter" => of_jira("condition", "AllowOnlyReporter", &[]),
            field => in_field(field, "true"),
        });
    }
    all.extend(rule.items("denyUserCustomFields").map(|field| in_field(field, "false")));
    all.extend(rule.items("permissionKeys").map(|key| own("PermissionCondition", "permissionKey", key)));
    all.extend(
        rule.items("groupIds").map(|id| own("UserInGroupCondition", "group", known.group(id).unwrap_or(id))),
    );
    all.extend(rule.items("roleIds").map(|id| own("InProjectRoleCondition", "jira.projectrole.id", id)));
    all.extend(rule.items("groupCustomFields").map(|id| own("InGroupCFCondition", "groupcf", id)));
    if let Some(people) = rule.parameter("accountIds") {
        let parameters = [("accountIds".to_owned(), people.to_owned())].into();
        all.push(Rule { rule_key: rule.rule_key.clone(), parameters }.as_it_is(known));
    }
    // One that restricts to nobody is no restriction that anybody described.
    if all.is_empty() { vec![rule.as_it_is(known)] } else { all }
}

fn in_field(field: &str, allow: &str) -> Function {
    of_jsu("condition", "UserIsInCustomFieldCondition", &[("fieldsList", field), ("allowUserInField", allow)])
}

/// Returns the number, from 1, of a parameter's value in a list.
fn numbered(rule: &Rule, list: &[&str], name: &str) -> Option<String> {
    let at = list.iter().position(|own| Some(*own) == rule.parameter(name))?;
    Some((at + 1).to_string())
}

fn compared(rule: &Rule) -> Option<Function> {
    let place = |list: &[&str], name| numbered(rule, list, name);
    let values: Vec<String> = serde_json::from_str(rule.parameter("fieldValue").unwrap_or("[]")).ok()?;
    let [value] = &values[..] else { return None };
    let (comparator, compared) = (place(&COMPARATORS, "comparator")?, place(&COMPARED, "comparisonType")?);
    let arguments = [
        ("fieldsList", rule.parameter("fieldId")?),
        ("fieldValue", value.as_str()),
        ("conditionList", comparator.as_str()),
        ("comparisonType", compared.as_str()),
    ];
    Some(of_jsu("condition", "ValueFieldCondition", &arguments))
}

/// Returns the validators that a rule means.
pub(super) fn validator(rule: &Rule, known: &Known) -> Option<Function> {
    let found = match rule.rule_key.as_str() {
        "system:check-permission-validator" => {
            let key = rule.parameter("permissionKey");
            key.map(|key| of_jira("validator", "PermissionValidator", &[("permissionKey", key)]))
        }
        "system:validate-field-value" => validated(rule),
        _ => None,
    };
    Some(found.unwrap_or_else(|| rule.as_it_is(known)))
}

fn validated(rule: &Rule) -> Option<Function> {
    // A message of its own has no place in a class.
    if rule.parameter("errorMessage").is_some() {
        return None;
    }
    let get = |name| rule.parameter(name);
    let of = |class, arguments: &[(&str, &str)]| Some(of_jsu("validator", class, arguments));
    match get("ruleType")? {
        "fieldRequired" => {
            let fields: String = rule.items("fieldsRequired").map(|field| format!("{field}@@")).collect();
            let mut arguments = vec![("hidFieldsList", fields.as_str())];
            // One that counts it has no argument that says so (seen in a backup of the product).
            arguments.extend((get("ignoreContext") == Some("true")).then_some(("contextHandling", "ignore")));
            (!fields.is_empty()).then(|| of("FieldsRequiredValidator", &arguments))?
        }
        "fieldMatchesRegularExpression" => of(
            "RegexpFieldValidator",
            &[("fieldSelected", get("fieldKey")?), ("expressionSelected", get("regexp")?)],
        ),
        "dateFieldComparison" => of(
            "DateCompareValidator",
            &[
                ("date1Selected", get("date1FieldKey")?),
                ("date2Selected", get("date2FieldKey")?),
                ("conditionSelected", &numbered(rule, &COMPARATORS, "conditionSelected")?),
                // Seen in a backup of the product.
                ("includeTimeSelected", if get("includeTime")? == "true" { "1" } else { "2" }),
            ],
        ),
        "windowDateComparison" => of(
            "WindowsDateValidator",
            &[
                ("date1Selected", get("date1FieldKey")?),
                ("date2Selected", get("date2FieldKey")?),
                ("windowsDays", get("numberOfDays")?),
            ],
        ),
        _ => None,
    }
}

/// Returns the functions that a rule means.
pub(super) fn function(rule: &Rule, known: &Known) -> Option<Function> {
    let get = |name| rule.parameter(name);
    let found = || match rule.rule_key.as_str() {
        "system:change-assignee" if get("type") == Some("to-current-user") => {
            Some(of_jira("function", "issue.AssignToCurrentUserFunction", &[]))
        }
        "system:update-field" => {
            let (field, value) = (get("field")?, get("value").unwrap_or_default());
            let arguments = [("field.name", field), ("field.value", value)];
            let updates = "UpdateIssueCustomFieldPostFunction";
            match (get("mode"), field.starts_with("customfield_")) {
                (None | Some("replace"), false) => {
                    Some(of_jira("function", "issue.UpdateIssueFieldFunction", &arguments))
                }
                (None | Some("replace"), true) if value.is_empty() => {
                    Some(of_jsu("function", "ClearFieldValuePostFunction", &[("field", field)]))
                }
                (None | Some("replace"), true) => Some(of_jsu("function", updates, &arguments)),
                (Some("append"), true) => {
                    let appends = [&arguments[..], &[("append.value", "true")]].concat();
                    Some(of_jsu("function", updates, &appends))
                }
                _ => None,
            }
        }
        "system:copy-value-from-other-field" => {
            let source = match get("issueSource")? {
                "SAME" => "same",
                "PARENT" => "parent",
                _ => return None,
            };
            let arguments = [
                ("sourceField", get("sourceFieldKey")?),
                ("destinationField", get("targetFieldKey")?),
                ("copyType", source),
            ];
            Some(of_jsu("function", "CopyValueFromOtherFieldPostFunction", &arguments))
        }
        "system:trigger-webhook" => {
            let class = "com.atlassian.jira.plugins.webhooks.workflow.TriggerWebhookFunction";
            Some(call(class.to_owned(), &[("field.webhookId", get("webhookId")?)]))
        }
        _ => None,
    };
    Some(found().unwrap_or_else(|| rule.as_it_is(known)))
}
