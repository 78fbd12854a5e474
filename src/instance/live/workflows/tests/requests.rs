//! The bodies of requests: what a new workflow is, and what an update leaves alone.

use serde_json::{Value, json};

use super::super::descriptor::descriptor;
use super::super::request::Moved;
use super::super::{Weight, say};
use super::made::{call, known, parsed, results, said, stored, there_and_back, told, weights};
use crate::mapping::workflow::{Descriptor, StepAction};

const DONE: &str = "<meta name='jira.issue.editable'>false</meta>";

fn flow() -> Descriptor {
    let class = |name: &str| format!("com.atlassian.jira.workflow.{name}");
    let conditions = format!(
        "<restrict-to><conditions type='AND'>{}<conditions type='OR'>{}{}</conditions></conditions></restrict-to>",
        call("condition", &class("condition.AllowOnlyAssignee"), &[]),
        call("condition", &class("condition.InProjectRoleCondition"), &[("jira.projectrole.id", "10")]),
        call("condition", &class("condition.UserInGroupCondition"), &[("group", "jira-admins")]),
    );
    let validators =
        call("validator", &class("validator.PermissionValidator"), &[("permissionKey", "CLOSE_ISSUES")]);
    let field = call(
        "function",
        &class("function.issue.UpdateIssueFieldFunction"),
        &[("field.name", "resolution"), ("field.value", "10000")],
    );
    let close = format!(
        "<action id='11' name='Close' view='fieldscreen'><meta name='jira.description'>The end</meta>\
         <meta name='jira.fieldscreen.id'>7</meta><meta name='opsbar-sequence'>10</meta>{conditions}<validators>{validators}</validators>{}</action>",
        results("2", &field).replace("'>13<", "'>5<")
    );
    let all = format!(
        "<global-actions><action id='21' name='Comment'>{}</action></global-actions>\
         <common-actions><action id='31' name='Edit'>{}</action></common-actions>",
        results("-1", ""),
        results("1", "")
    );
    parsed(
        &all,
        &format!("<common-action id='31'/>{close}"),
        &format!("{DONE}<common-action id='31'/>").replace(DONE, ""),
    )
}

#[test]
fn a_new_workflow_is_one_request() {
    let body = said(&flow()).create(&known());
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap(), @r#"
    {
      "scope": {
        "type": "GLOBAL"
      },
      "statuses": [
        {
          "description": "",
          "id": "1",
          "name": "To Do",
          "statusCategory": "TODO",
          "statusReference": "4f09e9a5-4e85-5d8f-8e9d-4c4d1f1e5edc"
        },
        {
          "description": "",
          "id": "3",
          "name": "Done",
          "statusCategory": "DONE",
          "statusReference": "67e1de0f-665a-56b0-9a81-2e0061ec3cb8"
        }
      ],
      "workflows": [
        {
          "description": "",
          "name": "Flow",
          "statuses": [
            {
              "properties": {},
              "statusReference": "4f09e9a5-4e85-5d8f-8e9d-4c4d1f1e5edc"
            },
            {
              "properties": {},
              "statusReference": "67e1de0f-665a-56b0-9a81-2e0061ec3cb8"
            }
          ],
          "transitions": [
            {
              "actions": [],
              "description": "",
              "id": "1",
              "links": [],
              "name": "Create",
              "properties": {},
              "toStatusReference": "4f09e9a5-4e85-5d8f-8e9d-4c4d1f1e5edc",
              "triggers": [],
              "type": "INITIAL",
              "validators": []
            },
            {
              "actions": [],
              "description": "",
              "id": "21",
              "links": [],
              "name": "Comment",
              "properties": {},
              "triggers": [],
              "type": "GLOBAL",
              "validators": []
            },
            {
              "actions": [],
              "description": "",
              "id": "31",
              "links": [
                {
                  "fromStatusReference": "4f09e9a5-4e85-5d8f-8e9d-4c4d1f1e5edc"
                },
                {
                  "fromStatusReference": "67e1de0f-665a-56b0-9a81-2e0061ec3cb8"
                }
              ],
              "name": "Edit",
              "properties": {},
              "toStatusReference": "4f09e9a5-4e85-5d8f-8e9d-4c4d1f1e5edc",
              "triggers": [],
              "type": "DIRECTED",
              "validators": []
            },
            {
              "actions": [
                {
                  "parameters": {
                    "field": "resolution",
                    "mode": "replace",
                    "value": "10000"
                  },
                  "ruleKey": "system:update-field"
                }
              ],
              "conditions": {
                "conditionGroups": [
                  {
                    "conditionGroups": [],
                    "conditions": [
                      {
                        "parameters": {
                          "roleIds": "10"
                        },
                        "ruleKey": "system:restrict-issue-transition"
                      },
                      {
                        "parameters": {
                          "groupIds": "g-2"
                        },
                        "ruleKey": "system:restrict-issue-transition"
                      }
                    ],
                    "operation": "ANY"
                  }
                ],
                "conditions": [
                  {
                    "parameters": {
                      "allowUserCustomFields": "assignee"
                    },
                    "ruleKey": "system:restrict-issue-transition"
                  }
                ],
                "operation": "ALL"
              },
              "customIssueEventId": "5",
              "description": "The end",
              "id": "11",
              "links": [
                {
                  "fromStatusReference": "4f09e9a5-4e85-5d8f-8e9d-4c4d1f1e5edc"
                }
              ],
              "name": "Close",
              "properties": {
                "opsbar-sequence": "10"
              },
              "toStatusReference": "67e1de0f-665a-56b0-9a81-2e0061ec3cb8",
              "transitionScreen": {
                "parameters": {
                  "screenId": "7"
                },
                "ruleKey": "system:transition-screen"
              },
              "triggers": [],
              "type": "DIRECTED",
              "validators": [
                {
                  "parameters": {
                    "permissionKey": "CLOSE_ISSUES"
                  },
                  "ruleKey": "system:check-permission-validator"
                }
              ]
            }
          ]
        }
      ]
    }
    "#);
    assert_eq!(there_and_back(&flow()), said(&flow()).told);
    // The same text whenever it is made; another workflow has other references.
    assert_eq!(body, said(&flow()).create(&known()));
    let other = say("Other", None, &flow(), &known()).unwrap().create(&known());
    assert_ne!(body["statuses"][0]["statusReference"], other["statuses"][0]["statusReference"]);
}

/// A workflow that was told, with what pcfg has no word for.
fn told_by_jira() -> Value {
    let mut own = told(&said(&flow()).create(&known()));
    own["statuses"][0]["layout"] = json!({"x": 1.5, "y": 2.0});
    own["statuses"][1]["approvalConfiguration"] = json!({"active": "true", "fieldId": "customfield_9"});
    own["startPointLayout"] = json!({"x": 0.0, "y": 9.0});
    let transitions = own["transitions"].as_array_mut().unwrap();
    let close = transitions.iter_mut().find(|own| own["id"] == "11").unwrap();
    close["links"][0]["fromPort"] = json!(3);
    close["validators"].as_array_mut().unwrap().push(json!({
        "id": "r-9",
        "ruleKey": "connect:expression-validator",
        "parameters": {"id": "77", "appKey": "app__rule", "config": "{\"field\":10100}", "tag": "t", "disabled": "false"},
    }));
    close["conditions"] = json!({"operation": "ALL", "conditionGroups": [], "conditions": [
        {"id": "r-1", "ruleKey": "system:restrict-issue-transition", "parameters": {"roleIds": "10,11", "groupIds": ""}},
        {"id": "r-2", "ruleKey": "system:previous-status-condition", "parameters": {"previousStatusIds": "1", "not": ""}},
    ]});
    own
}

fn find<'a>(body: &'a Value, id: &str) -> &'a Value {
    let all = body["workflows"][0]["transitions"].as_array().unwrap();
    all.iter().find(|own| own["id"] == id).unwrap()
}

#[test]
fn an_update_leaves_alone_what_it_does_not_change() {
    let known = known();
    let before = stored(&told_by_jira());
    let was = descriptor(&before.workflow, &known).unwrap();
    let same = say("Flow", Some(&before), &was, &known).unwrap();
    assert!(!same.changes(&before, &known) && same.findings.is_empty(), "{:?}", same.findings);

    let mut wanted = was.clone();
    let StepAction::Own(close) = &mut wanted.steps[0].actions[1] else { panic!() };
    close.name = "Finish".to_owned();
    let group = close.conditions.as_mut().unwrap();
    group.conditions[0].arguments.insert("previousStatusIds".to_owned(), "2".to_owned());
    let said = say("Flow", Some(&before), &wanted, &known).unwrap();
    assert!(said.changes(&before, &known) && said.findings.is_empty(), "{:?}", said.findings);
    assert_eq!(said.told, wanted);
    let body = said.update(&before, &[], &known);
    let own = &body["workflows"][0];
    assert_eq!((&own["id"], &own["version"]), (&json!("w-1"), &json!({"id": "v-1", "versionNumber": 1})));
    assert_eq!(own["statuses"][0]["layout"], json!({"x": 1.5, "y": 2.0}));
    assert_eq!(own["statuses"][1]["approvalConfiguration"]["fieldId"], "customfield_9");
    assert_eq!(own["startPointLayout"], json!({"x": 0.0, "y": 9.0}));
    assert_eq!((own.get("name"), own.get("statusMappings")), (None, None));
    let close = find(&body, "11");
    assert_eq!((&close["name"], &close["links"][0]["fromPort"]), (&json!("Finish"), &json!(3)));
    let app = json!({"id": "r-9", "ruleKey": "connect:expression-validator", "parameters":
        {"id": "77", "appKey": "app__rule", "config": "{\"field\":10100}", "tag": "t", "disabled": "false"}});
    assert_eq!(close["validators"][1], app);
    insta::assert_snapshot!(close["conditions"], @r#"{"conditionGroups":[],"conditions":[{"parameters":{"previousStatusIds":"2"},"ruleKey":"system:previous-status-condition"},{"id":"r-1","parameters":{"roleIds":"10,11"},"ruleKey":"system:restrict-issue-transition"}],"operation":"ALL"}"#);
}

#[test]
fn a_rule_of_an_app_stays_where_it_is_and_comes_from_nowhere() {
    let known = known();
    let before = stored(&told_by_jira());
    let was = descriptor(&before.workflow, &known).unwrap();
    let Err(findings) = say("Flow", None, &was, &known) else { panic!("a rule of an app was made") };
    insta::assert_snapshot!(findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), @"transition `Close` (11): the validator connect:expression-validator cannot be kept in Jira Cloud: it belongs to an app, and its settings are valid only in the Jira where they were made; install the app in the other Jira, add the rule in its workflow editor, and remove it from the file");
    assert_eq!(weights(&findings), [Weight::Refused]);
}

#[test]
fn a_restriction_to_nobody_is_named() {
    let mut told = told_by_jira();
    let transitions = told["transitions"].as_array_mut().unwrap();
    let close = transitions.iter_mut().find(|own| own["id"] == "11").unwrap();
    close["conditions"]["conditions"][0]["parameters"]["roleIds"] = json!("");
    let before = stored(&told);
    let was = descriptor(&before.workflow, &known()).unwrap();
    let findings = say("Flow", Some(&before), &was, &known()).unwrap_err();
    insta::assert_snapshot!(findings[0], @"transition `Close` (11): the condition system:restrict-issue-transition cannot be kept in Jira Cloud: it allows nobody, and Jira Cloud refuses every update of a workflow with such a rule; name in the file who may use the transition, or remove the condition");
}

#[test]
fn issues_of_statuses_that_go_are_moved_by_the_same_references() {
    let known = known();
    let before = stored(&told_by_jira());
    let mut wanted = descriptor(&before.workflow, &known).unwrap();
    wanted.steps[1].metas.insert("jira.status.id".to_owned(), "2".to_owned());
    wanted.steps[1].name = "Doing".to_owned();
    let said = say("Flow", Some(&before), &wanted, &known).unwrap();
    assert_eq!(said.removed(&before), ["3"]);
    let moved = |project: &str| Moved {
        project: project.to_owned(),
        issue_type: "10".to_owned(),
        from: "3".to_owned(),
        to: "2".to_owned(),
    };
    let body = said.update(&before, &[moved("100"), moved("101")], &known);
    let listed = body["statuses"].as_array().unwrap();
    let of = |id: &str| &listed.iter().find(|own| own["id"] == id).unwrap()["statusReference"];
    assert_eq!(listed.len(), 3);
    let mappings = json!([
        {"projectId": "100", "issueTypeId": "10", "statusMigrations": [{"oldStatusReference": of("3"), "newStatusReference": of("2")}]},
        {"projectId": "101", "issueTypeId": "10", "statusMigrations": [{"oldStatusReference": of("3"), "newStatusReference": of("2")}]},
    ]);
    assert_eq!(body["workflows"][0]["statusMappings"], mappings);
    // A status of the workflow that stays has one place in it, wherever it stands.
    assert_eq!(find(&body, "11")["toStatusReference"], *of("2"));
}
