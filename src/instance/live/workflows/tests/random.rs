//! Random workflows: whatever can be said comes back, and whatever is sent hangs together.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value;

use super::super::descriptor::descriptor;
use super::super::implicit;
use super::super::say;
use super::made::{known, said, stored, there_and_back, told};
use crate::mapping::workflow::{
    Action, Descriptor, Function, Group, Outcome, Rest, Step, StepAction, Target,
};

fn function(class: &str, arguments: &[(&str, &str)]) -> Function {
    let arguments = arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Function { class: Some(class.to_owned()), arguments: arguments.collect(), ..Function::default() }
}

fn text() -> impl Strategy<Value = String> {
    "[a-zä<&\"',@ ]{1,8}".prop_map(|text| text.trim().to_owned()).prop_filter("empty", |own| !own.is_empty())
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![Just("duedate".to_owned()), (1..4u32).prop_map(|id| format!("customfield_{id}"))]
}

fn condition() -> impl Strategy<Value = Function> {
    let jira = |name: &str| format!("com.atlassian.jira.workflow.condition.{name}");
    let compares = "com.googlecode.jsu.workflow.condition.ValueFieldCondition";
    prop_oneof![
        Just(function(&jira("AllowOnlyAssignee"), &[])),
        Just(function(&jira("AllowOnlyReporter"), &[])),
        Just(function(&jira("AlwaysFalseCondition"), &[])),
        Just(function(&jira("PermissionCondition"), &[("permissionKey", "CLOSE_ISSUES")])),
        Just(function(&jira("UserInGroupCondition"), &[("group", "jira-users")])),
        prop_oneof!["10", "11"]
            .prop_map(move |id| function(&jira("InProjectRoleCondition"), &[("jira.projectrole.id", &id)])),
        (field(), text(), 1..=6u8, 1..=5u8).prop_map(move |(field, value, by, what)| function(
            compares,
            &[
                ("fieldsList", &field),
                ("fieldValue", &value),
                ("conditionList", &by.to_string()),
                ("comparisonType", &what.to_string())
            ],
        )),
        text()
            .prop_map(|value| function("system:previous-status-condition", &[("previousStatusIds", &value)])),
    ]
}

fn group() -> impl Strategy<Value = Group> {
    let leaf = (any::<bool>(), prop::collection::vec(condition(), 1..4))
        .prop_map(|(any, conditions)| Group { any, conditions, ..Group::default() });
    let inner = leaf.prop_recursive(3, 12, 3, |inner| {
        (any::<bool>(), prop::collection::vec(condition(), 0..3), prop::collection::vec(inner, 1..3))
            .prop_map(|(any, conditions, groups)| Group { any, conditions, groups, rest: Rest::default() })
    });
    inner.prop_map(settled)
}

/// As a descriptor is read: one member has no kind, and a group of one group is that group.
fn settled(mut own: Group) -> Group {
    own.groups = own.groups.into_iter().map(settled).collect();
    own.any &= own.conditions.len() + own.groups.len() > 1;
    match (&mut own.groups[..], own.conditions.is_empty()) {
        ([inner], true) => std::mem::take(inner),
        _ => own,
    }
}

fn validator() -> impl Strategy<Value = Function> {
    let jsu = |name: &str| format!("com.googlecode.jsu.workflow.validator.{name}");
    prop_oneof![
        prop::collection::vec(field(), 1..3).prop_map(move |all| {
            let list: String = all.iter().map(|own| format!("{own}@@")).collect();
            function(&jsu("FieldsRequiredValidator"), &[("hidFieldsList", &list)])
        }),
        (field(), text()).prop_map(move |(field, regexp)| function(
            &jsu("RegexpFieldValidator"),
            &[("fieldSelected", &field), ("expressionSelected", &regexp)]
        )),
        text().prop_map(|message| function(
            "system:validate-field-value",
            &[("ruleType", "fieldHasSingleValue"), ("fieldKey", &message)]
        )),
    ]
}

fn post_function() -> impl Strategy<Value = Function> {
    let jira = |name: &str| format!("com.atlassian.jira.workflow.function.issue.{name}");
    let jsu = |name: &str| format!("com.googlecode.jsu.workflow.function.{name}");
    prop_oneof![
        Just(function(&jira("AssignToCurrentUserFunction"), &[])),
        (field(), text()).prop_map(move |(field, value)| match field.starts_with("customfield_") {
            true => function(
                &jsu("UpdateIssueCustomFieldPostFunction"),
                &[("field.name", &field), ("field.value", &value)]
            ),
            false => function(
                &jira("UpdateIssueFieldFunction"),
                &[("field.name", &field), ("field.value", &value)]
            ),
        }),
        (field(), field(), prop_oneof!["same", "parent"]).prop_map(move |(source, to, kind)| function(
            &jsu("CopyValueFromOtherFieldPostFunction"),
            &[("sourceField", &source), ("destinationField", &to), ("copyType", &kind)]
        )),
    ]
}

/// A transition without number and target.
fn action() -> impl Strategy<Value = Action> {
    let of = |own| prop::collection::vec(own, 0..3);
    let event = prop::option::of(prop_oneof!["4", "5"]);
    let words = (text(), prop::option::of(text()), prop::option::of(1..9u8), prop::option::of(text()));
    (words, prop::option::of(group()), of(validator().boxed()), of(post_function().boxed()), event).prop_map(
        |((name, description, screen, property), conditions, validators, functions, event)| {
            let mut metas = BTreeMap::new();
            metas.extend(screen.map(|id| ("jira.fieldscreen.id".to_owned(), id.to_string())));
            metas.extend(property.map(|value| ("opsbar-sequence".to_owned(), value)));
            Action {
                id: String::new(),
                name,
                view: screen.map(|_| "fieldscreen".to_owned()),
                automatic: false,
                description,
                metas,
                conditions,
                validators,
                pre_functions: Vec::new(),
                conditional: Vec::new(),
                result: Some(Outcome {
                    post_functions: implicit::with(functions, event.as_deref(), false),
                    ..Outcome::default()
                }),
                post_functions: Vec::new(),
                rest: Rest::default(),
            }
        },
    )
}

/// A workflow of three steps, in which each one is reached.
fn workflow() -> impl Strategy<Value = Descriptor> {
    // Where a transition leads, and from where: 0 is a global one, 3 in which the issue stays, others by the bits of a number.
    let transitions = prop::collection::vec((action(), 1..=3usize, 0..8usize), 0..6);
    (prop::option::of(text()), prop::collection::vec(action(), 4), transitions).prop_map(
        |(description, base, others)| {
            let names = [("1", "To Do"), ("2", "Doing"), ("3", "Done")];
            let step = |at: usize| Step {
                id: (at + 1).to_string(),
                name: names[at].1.to_owned(),
                metas: [("jira.status.id".to_owned(), names[at].0.to_owned())].into(),
                actions: Vec::new(),
                rest: Rest::default(),
            };
            let mut own =
                Descriptor { description, steps: (0..3).map(step).collect(), ..Descriptor::default() };
            let mut create = base[0].clone();
            create.id = "1".to_owned();
            let result = create.result.as_mut().unwrap();
            result.target = Target::Step("1".to_owned());
            result.post_functions = implicit::with(Vec::new(), None, true);
            own.initial.push(create);
            let reaching = base.into_iter().skip(1).enumerate().map(|(at, action)| (action, at + 1, 0));
            for (number, (mut action, to, from)) in (11..).zip(reaching.chain(others)) {
                action.id = number.to_string();
                let from: Vec<usize> = (0..3).filter(|at| from & (1 << at) != 0).collect();
                action.result.as_mut().unwrap().target = Target::Step(to.to_string());
                match &from[..] {
                    [] => {
                        action.name = format!("{} {number}", action.name);
                        own.global.push(action);
                    }
                    [at] => own.steps[*at].actions.push(StepAction::Own(Box::new(action))),
                    all => {
                        for at in all {
                            own.steps[*at].actions.push(StepAction::Common(action.id.clone()));
                        }
                        own.common.push(action);
                    }
                }
            }
            for step in &mut own.steps {
                step.actions.sort_by_key(|action| matches!(action, StepAction::Own(_)));
            }
            own
        },
    )
}

/// Everything that a body refers to is there, and no member that Jira wants is missing.
fn hangs_together(body: &Value) {
    let list = |value: &Value| value.as_array().unwrap().clone();
    let references: BTreeSet<String> = list(&body["statuses"])
        .iter()
        .map(|own| own["statusReference"].as_str().unwrap().to_owned())
        .collect();
    let own = &body["workflows"][0];
    let known = |value: &Value| assert!(references.contains(value.as_str().unwrap()), "{value}");
    for status in list(&own["statuses"]) {
        known(&status["statusReference"]);
        assert!(status["properties"].is_object());
    }
    let mut ids = BTreeSet::new();
    for transition in list(&own["transitions"]) {
        assert!(ids.insert(transition["id"].as_str().unwrap().parse::<u32>().unwrap()));
        list(&transition["links"]).iter().for_each(|link| known(&link["fromStatusReference"]));
        transition.get("toStatusReference").into_iter().for_each(known);
        let mut groups: Vec<Value> = transition.get("conditions").into_iter().cloned().collect();
        while let Some(group) = groups.pop() {
            let inner = list(&group["conditionGroups"]);
            assert!(!list(&group["conditions"]).is_empty() || !inner.is_empty(), "{group}");
            groups.extend(inner);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_can_be_said_comes_back(own in workflow()) {
        let said = said(&own);
        prop_assert_eq!(&said.findings, &[]);
        prop_assert_eq!(&said.told, &own);
        let body = said.create(&known());
        hangs_together(&body);
        let before = stored(&told(&body));
        prop_assert!(!said.changes(&before, &known()));
        prop_assert_eq!(there_and_back(&own), own);
    }

    #[test]
    fn whatever_is_stored_an_update_makes_what_is_wanted(before in workflow(), own in workflow()) {
        let before = stored(&told(&said(&before).create(&known())));
        let said = say("Flow", Some(&before), &own, &known()).unwrap();
        prop_assert_eq!(&said.findings, &[]);
        prop_assert_eq!(&said.told, &own);
        let body = said.update(&before, &[], &known());
        hangs_together(&body);
        let after = stored(&told(&body));
        prop_assert_eq!(descriptor(&after.workflow, &known()).unwrap(), own);
    }
}
