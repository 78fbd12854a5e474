//! Workflows for tests, and what a site would tell of them.

use serde_json::Value;

use super::super::descriptor::descriptor;
use super::super::{Finding, Known, Said, Stored, Weight, say};
use crate::entity::Tables;
use crate::mapping::workflow::Descriptor;

/// What a site knows: three statuses, two roles, two groups.
pub(super) fn known() -> Known {
    let tables: Tables = crate::mapping::tables(&[
        ("Status", &[("id", "1"), ("name", "To Do"), ("statuscategory", "2")]),
        ("Status", &[("id", "2"), ("name", "Doing"), ("statuscategory", "4")]),
        ("Status", &[("id", "3"), ("name", "Done"), ("statuscategory", "3")]),
        ("ProjectRole", &[("id", "10"), ("name", "Developers")]),
        ("ProjectRole", &[("id", "11"), ("name", "Testers")]),
    ]);
    let groups = [("g-1", "jira-users"), ("g-2", "jira-admins")];
    Known::new(&tables, groups.map(|(id, name)| (id.to_owned(), name.to_owned())))
}

/// What each transition runs.
pub(super) const IMPLICIT: &str = "<function type='class'><arg name='class.name'>com.atlassian.jira.workflow.function.issue.UpdateIssueStatusFunction</arg></function>\
    <function type='class'><arg name='class.name'>com.atlassian.jira.workflow.function.misc.CreateCommentFunction</arg></function>\
    <function type='class'><arg name='class.name'>com.atlassian.jira.workflow.function.issue.GenerateChangeHistoryFunction</arg></function>\
    <function type='class'><arg name='class.name'>com.atlassian.jira.workflow.function.issue.IssueReindexFunction</arg></function>";
pub(super) const CREATE: &str = "<function type='class'><arg name='class.name'>com.atlassian.jira.workflow.function.issue.IssueCreateFunction</arg></function>\
    <function type='class'><arg name='class.name'>com.atlassian.jira.workflow.function.issue.IssueReindexFunction</arg></function>";

pub(super) fn fires(event: &str) -> String {
    format!(
        "<function type='class'><arg name='class.name'>com.atlassian.jira.workflow.function.event.FireIssueEventFunction</arg>\
         <arg name='eventTypeId'>{event}</arg></function>"
    )
}

/// A condition, validator or function of a class.
pub(super) fn call(tag: &str, class: &str, arguments: &[(&str, &str)]) -> String {
    let arguments: String =
        arguments.iter().map(|(name, value)| format!("<arg name='{name}'>{value}</arg>")).collect();
    format!("<{tag} type='class'><arg name='class.name'>{class}</arg>{arguments}</{tag}>")
}

/// A result that leads to a step, with functions of its own.
pub(super) fn results(step: &str, functions: &str) -> String {
    let all = format!("{functions}{IMPLICIT}{}", fires("13"));
    format!(
        "<results><unconditional-result step='{step}'><post-functions>{all}</post-functions></unconditional-result></results>"
    )
}

/// A workflow of two steps, with one transition from the first to the second, of which this is said.
pub(super) fn with(attributes: &str, inside: &str) -> Descriptor {
    parsed("", &format!("<action id='11' name='Close' {attributes}>{inside}</action>"), "")
}

/// A workflow of two steps: more at its beginning, the actions of the first step, those of the second.
pub(super) fn parsed(first: &str, actions: &str, others: &str) -> Descriptor {
    let text = format!(
        "<workflow>\
         <initial-actions><action id='1' name='Create'><results><unconditional-result step='1'><post-functions>\
         {CREATE}{}</post-functions></unconditional-result></results></action></initial-actions>{first}\
         <steps><step id='1' name='To Do'><meta name='jira.status.id'>1</meta><actions>{actions}</actions></step>\
         <step id='2' name='Done'><meta name='jira.status.id'>3</meta><actions>{others}</actions></step></steps></workflow>",
        fires("1")
    );
    Descriptor::parse(&text).unwrap()
}

/// What is found where nothing is stored.
pub(super) fn found(own: &Descriptor) -> Vec<String> {
    let findings = match say("Flow", None, own, &known()) {
        Ok(said) => said.findings,
        Err(findings) => findings,
    };
    findings.iter().map(ToString::to_string).collect()
}

pub(super) fn said(own: &Descriptor) -> Said {
    say("Flow", None, own, &known()).unwrap_or_else(|found| panic!("{found:#?}"))
}

/// What Jira tells of a workflow that was made by a request: statuses by their ids, and unset parameters as empty texts.
pub(super) fn told(body: &Value) -> Value {
    let mut text = body["workflows"][0].to_string();
    for status in body["statuses"].as_array().unwrap() {
        text = text.replace(status["statusReference"].as_str().unwrap(), status["id"].as_str().unwrap());
    }
    let mut told: Value = serde_json::from_str(&text).unwrap();
    // An update names no workflow: there is no renaming.
    told["name"] = "Flow".into();
    told["id"] = "w-1".into();
    told["version"] = serde_json::json!({"id": "v-1", "versionNumber": 1});
    told
}

pub(super) fn stored(told: &Value) -> Stored {
    Stored::new(told).unwrap()
}

/// Makes a workflow of a descriptor, and returns the descriptor that is read of it.
pub(super) fn there_and_back(own: &Descriptor) -> Descriptor {
    let body = said(own).create(&known());
    descriptor(&stored(&told(&body)).workflow, &known()).unwrap()
}

pub(super) fn weights(findings: &[Finding]) -> Vec<Weight> {
    findings.iter().map(|own| own.weight).collect()
}
