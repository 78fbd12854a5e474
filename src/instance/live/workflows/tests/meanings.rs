//! What a class means on Jira Cloud where no line leads both ways.

use super::super::rules::{Cannot, is_same, read, write};
use super::super::shape::Rule;
use super::super::table::{Place, ROWS, Way};
use super::made::known;
use super::rules::{Members, function, map};
use crate::mapping::workflow::Function;
use Place::{Condition, Validator};

#[test]
fn what_is_said_by_other_words_means_the_same() {
    let known = known();
    let cases: &[(Place, &str, Members, Members)] = &[
        (
            Condition,
            "J:condition.PermissionCondition",
            &[("permission", "Close Issue")],
            &[("permissionKeys", "CLOSE_ISSUES")],
        ),
        (
            Condition,
            "JSU:condition.UserIsInAnyGroupsCondition",
            &[("hidGroupsList", "jira-users@@jira-admins@@")],
            &[("groupIds", "g-1,g-2")],
        ),
        (
            Condition,
            "J:condition.UserInAnyGroupCondition",
            &[("group", "jira-users@@jira-admins")],
            &[("groupIds", "g-1,g-2")],
        ),
        (
            Condition,
            "JSU:condition.UserIsInAnyRolesCondition",
            &[("hidRolesList", "Testers@@Developers@@")],
            &[("roleIds", "11,10")],
        ),
        (
            Condition,
            "J:condition.InAnyProjectRoleCondition",
            &[("projectRoleIds", "10@@11@@")],
            &[("roleIds", "10,11")],
        ),
        (
            Validator,
            "J:validator.PermissionValidator",
            &[("permission", "Create Issue")],
            &[("permissionKey", "CREATE_ISSUES")],
        ),
        (
            Place::Function,
            "JSU:function.CopyValueFromOtherFieldPostFunction",
            &[
                ("sourceField", "a"),
                ("destinationField", "b"),
                ("full.module.key", "com.googlecode.jira-suite-utilities"),
            ],
            &[("sourceFieldKey", "a"), ("targetFieldKey", "b"), ("issueSource", "SAME")],
        ),
        (
            Place::Function,
            "JSU:function.ClearFieldValuePostFunction",
            &[("field", "duedate")],
            &[("field", "duedate"), ("mode", "replace")],
        ),
        (
            Place::Function,
            "JSU:function.UpdateIssueCustomFieldPostFunction",
            &[("field.name", "summary"), ("field.value", "x"), ("append.value", "true")],
            &[("field", "summary"), ("value", "x"), ("mode", "append")],
        ),
    ];
    for (place, class, arguments, parameters) in cases {
        let meant = write(*place, &function(class, arguments), &known).unwrap();
        assert_eq!((meant.rule.parameters.clone(), meant.loss), (map(parameters), None), "{class}");
        // What comes back is said by the same rules once more.
        let back = read(*place, &meant.rule, &known);
        let again: Vec<Rule> = back.iter().map(|own| write(*place, own, &known).unwrap().rule).collect();
        let again: Vec<Function> = again.iter().flat_map(|own| read(*place, own, &known)).collect();
        assert_eq!(again, back, "{class}");
    }
}

#[test]
fn what_has_no_rule_is_refused() {
    let known = known();
    let cases: &[(Place, &str, Members)] = &[
        (Condition, "com.example.Mine", &[]),
        (Condition, "com.onresolve.jira.groovy.GroovyCondition", &[]),
        (Condition, "J:condition.UserInGroupCondition", &[("group", "nobody")]),
        (Condition, "J:condition.UserInGroupCondition", &[]),
        (Condition, "J:condition.PermissionCondition", &[("permissionKey", "CLOSE_ISSUES"), ("more", "1")]),
        (Condition, "J:condition.PermissionCondition", &[("permission", "what")]),
        (Condition, "JSU:condition.UserIsInAnyRolesCondition", &[("hidRolesList", "Ghosts@@")]),
        (
            Condition,
            "JSU:condition.ValueFieldCondition",
            &[("fieldsList", "a"), ("fieldValue", "b"), ("conditionList", "9"), ("comparisonType", "1")],
        ),
        (Condition, "system:no-such-condition", &[]),
        (Condition, "connect:expression-condition", &[("appKey", "a__b"), ("config", "{}")]),
        (
            Validator,
            "J:validator.UserPermissionValidator",
            &[("vars.key", "x"), ("permission", "assignable")],
        ),
        (
            Validator,
            "JSU:validator.DateExpressionCompareValidator",
            &[("dateFieldSelected", "duedate"), ("expressionSelected", "now"), ("conditionSelected", "1")],
        ),
        (Validator, "com.innovalog.jmwe.plugins.validators.ParentStatusValidator", &[]),
        (
            Validator,
            "system:validate-field-value",
            &[("ruleType", "fieldChanged"), ("groupsExemptFromValidation", "jira-users,nobody")],
        ),
        (
            Place::Function,
            "JSU:function.UpdateIssueCustomFieldPostFunction",
            &[("field.name", "customfield_1"), ("field.value", "%%CURRENT_USER%%"), ("append.value", "true")],
        ),
        (
            Place::Function,
            "J:function.issue.UpdateIssueFieldFunction",
            &[("field.name", "assignee"), ("field.value", "%%CURRENT_USER%%")],
        ),
    ];
    let mut all: Vec<String> = Vec::new();
    for (place, class, arguments) in cases {
        let Err(Cannot { why, next }) = write(*place, &function(class, arguments), &known) else {
            panic!("{class}")
        };
        all.push(format!("{}: {why}; {next}", class.rsplit('.').next().unwrap()));
    }
    let turned = Function { negate: true, ..function("J:condition.AllowOnlyAssignee", &[]) };
    let named = Function { name: Some("n".to_owned()), ..function("J:condition.AllowOnlyAssignee", &[]) };
    let other = Function { class: None, kind: Some("beanshell".to_owned()), ..Function::default() };
    for own in [turned, named, other] {
        all.push(write(Condition, &own, &known).unwrap_err().why);
    }
    insta::assert_snapshot!(all.join("\n"), @"
    Mine: it is a condition of an app, and no rule of Jira Cloud is known to do the same; remove the condition from the file, or replace it by one that Jira Cloud has
    GroovyCondition: it is a condition of ScriptRunner, and no rule of Jira Cloud is known to do the same; remove the condition from the file, or replace it by one that Jira Cloud has
    UserInGroupCondition: there is no group `nobody`; remove the condition from the file, or replace it by one that Jira Cloud has
    UserInGroupCondition: Jira Cloud has no rule with these arguments; remove the condition from the file, or replace it by one that Jira Cloud has
    PermissionCondition: Jira Cloud has nothing like its argument `more`; remove the condition from the file, or replace it by one that Jira Cloud has
    PermissionCondition: its argument `permission` is `what`, which has no meaning in Jira Cloud; remove the condition from the file, or replace it by one that Jira Cloud has
    UserIsInAnyRolesCondition: there is no project role `Ghosts`; remove the condition from the file, or replace it by one that Jira Cloud has
    ValueFieldCondition: its argument `conditionList` is `9`, which has no meaning in Jira Cloud; remove the condition from the file, or replace it by one that Jira Cloud has
    system:no-such-condition: no condition with this key is known; remove the condition from the file, or replace it by one that Jira Cloud has
    connect:expression-condition: it belongs to an app, and its settings are valid only in the Jira where they were made; install the app in the other Jira, add the rule in its workflow editor, and remove it from the file
    UserPermissionValidator: no rule of Jira Cloud checks the permission of a user whom a variable names; remove the validator from the file, or replace it by one that Jira Cloud has
    DateExpressionCompareValidator: Jira Cloud compares dates with dates, not with expressions such as `now` or `5d`; remove the validator from the file, or replace it by one that Jira Cloud has
    ParentStatusValidator: it is a validator of Jira Misc Workflow Extensions, and no rule of Jira Cloud is known to do the same; remove the validator from the file, or replace it by one that Jira Cloud has
    system:validate-field-value: there is no group `nobody`; remove the validator from the file, or replace it by one that Jira Cloud has
    UpdateIssueCustomFieldPostFunction: Jira Cloud has nothing like `%%CURRENT_USER%%`; remove the post function from the file, or replace it by one that Jira Cloud has
    UpdateIssueFieldFunction: Jira Cloud has nothing like `%%CURRENT_USER%%`; remove the post function from the file, or replace it by one that Jira Cloud has
    Jira Cloud cannot negate a rule
    it has parts whose meaning is unknown
    it is not called by a class
    ");
}

#[test]
fn what_means_less_there_is_told() {
    let known = known();
    let lossy = ROWS.iter().filter(|row| matches!(row.way, Way::Loses(_)));
    let all: Vec<String> = lossy
        .map(|row| {
            let own = function(&row.class(), &[]);
            let meant = write(row.place, &own, &known).unwrap();
            let back = read(row.place, &meant.rule, &known);
            assert!(!is_same(&back[0], &own));
            format!("{}: {}", row.class().rsplit('.').next().unwrap(), meant.loss.unwrap())
        })
        .collect();
    insta::assert_snapshot!(all.join("\n"), @"
    AssignToLeadFunction: Jira Cloud assigns the issue to the default assignee of its project or component, who is the lead only where that says so
    AssignToReporterFunction: Jira Cloud copies the reporter into the assignee, which is the nearest that it can do
    ");
}

#[test]
fn a_restriction_is_each_of_its_parts() {
    let parameters = [
        ("roleIds", "10, 11"),
        ("groupIds", "g-1"),
        ("allowUserCustomFields", "customfield_1,assignee"),
        ("accountIds", "5b:1,5b:2"),
        ("permissionKeys", ""),
        ("somethingNew", "x"),
    ];
    let rule = Rule::new("system:restrict-issue-transition", map(&parameters));
    let back = read(Condition, &rule, &known());
    let said: Vec<String> = back
        .iter()
        .map(|own| {
            format!("{} {:?}", own.class.as_deref().unwrap().rsplit('.').next().unwrap(), own.arguments)
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    UserIsInCustomFieldCondition {"allowUserInField": "true", "fieldsList": "customfield_1"}
    AllowOnlyAssignee {}
    UserInGroupCondition {"group": "jira-users"}
    InProjectRoleCondition {"jira.projectrole.id": "10"}
    InProjectRoleCondition {"jira.projectrole.id": "11"}
    system:restrict-issue-transition {"accountIds": "5b:1,5b:2", "somethingNew": "x"}
    "#);
    // One that restricts to nobody is no restriction that anybody described.
    let nobody = Rule::new("system:restrict-issue-transition", map(&[("roleIds", "")]));
    assert_eq!(read(Condition, &nobody, &known()), [function("system:restrict-issue-transition", &[])]);
}
