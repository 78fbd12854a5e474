//! Each reply is as the official description says, on the sample and on backups of real Jiras.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jira_for_tests::{Descriptions, Edition, FieldModel, Options, endpoints, writes};
use serde_json::json;

use crate::asking::{Served, served, served_backup};
use crate::crawl::Crawler;
use crate::skip::{Need, skipped};

/// Endpoints that the descriptions do not have, with where they are known from.
const NOT_DESCRIBED: &[(&str, &str)] = &[
    ("/_edge/tenant_info", "Atlassian's support pages"),
    ("/rest/internal/", "recorded on 11.3.6"),
    ("/rest/greenhopper/", "recorded on 11.3.6"),
    ("/rest/projectconfig/", "recorded on 11.3.6"),
    ("/screens/tabs", "the description has an example of its reply and no schema"),
    ("/attachment/content/", "the description says nothing of bytes"),
    ("/secure/attachment/", "where the description of an attachment says that its content is"),
    ("/context/defaultValues", "newer than the description: seen on Cloud in August 2026"),
];

/// Endpoints of Data Center whose description says one object where lists, pages or nothing come.
const DESCRIBED_WRONG: &[&str] = &[
    "/rest/api/2/screens",
    "/rest/api/2/avatar/{type}/system",
    "/rest/api/2/workflow",
    "/rest/api/2/dashboard/{dashboardId}/items/{itemId}/properties/{propertyKey}",
    "/rest/api/2/project",
    "/rest/api/2/role",
    "/rest/api/2/priority",
    "/rest/api/2/status",
    "/rest/api/2/field",
    "/rest/api/2/issuetype",
    "/rest/api/2/customFields",
    "/rest/api/2/group/member",
    "/rest/api/2/projectCategory",
    "/rest/api/2/statuscategory",
    "/rest/api/2/resolution",
    "/rest/api/2/user/search",
    "/rest/api/2/filter/favourite",
    "/rest/api/2/project/{projectIdOrKey}/components",
    "/rest/api/2/project/{projectIdOrKey}/versions",
    "/rest/api/2/project/{projectIdOrKey}/version",
    "/rest/api/2/project/{projectIdOrKey}/statuses",
    "/rest/api/2/project/{projectIdOrKey}/role",
    "/rest/api/2/version",
    "/rest/api/2/issuetype/page",
    "/rest/api/2/priority/page",
    "/rest/api/2/status/page",
    "/rest/api/2/resolution/page",
    "/rest/api/2/screens/{screenId}/tabs",
    "/rest/api/2/screens/{screenId}/tabs/{tabId}/fields",
    "/rest/api/2/issuetypescheme/{schemeId}/associations",
    "/rest/api/2/filter/{id}/columns",
    "/rest/api/2/filter/{id}/permission",
    "/rest/agile/1.0/board",
    "/rest/api/2/mypermissions",
];

/// Endpoints that nothing in the sample makes answer.
const NOT_IN_SAMPLE: &[&str] = &[
    "/workflowscheme/{id}/draft",
    "/mypreferences",
    "/task/{taskId}",
    "/bulk/queue/{taskId}",
    // `writing/issues.rs` makes them.
    "/issue/{issueIdOrKey}/comment/{id}",
    "/issue/{issueIdOrKey}/worklog/{id}",
    "/issue/{issueIdOrKey}/properties/{propertyKey}",
    "/comment/{commentId}/properties/{propertyKey}",
    "/attachment/content/{id}",
    "/secure/attachment/{id}/{name}",
];

/// What replies have that the description does not, by the end of the place, with a recorded reply or another source.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("/board/{boardId}/configuration .location.", "recorded: cloud-jirametrics"),
    (".untranslatedName", "recorded on statuses; the guide says it of issue types and fields, too"),
    ("/field/search .values[]: the member schema is missing", "recorded: Key and Images have none"),
    ("/fieldconfiguration .values[].id", "recorded: cloud-airbyte"),
    ("/fieldconfiguration .values[].isDefault", "recorded: cloud-airbyte"),
    ("/filter/search .values[].isWritable", "recorded: cloud-airbyte; the description names it under expand"),
    (".holder.", "the description names what expand adds to a holder, and does not describe it"),
    (".notificationSchemeEvents: array is no object", "described as one, as other lists of Data Center are"),
    (
        ".fields.*: string is no object",
        "described as objects all; the schema of the field `updated` says datetime",
    ),
    (
        "[].items[].from",
        "null for what was not there: so in public fixtures of both editions, such as `\"from\":null,\"fromString\":null`",
    ),
    ("[].items[].to", "likewise"),
    (".fields.*: array is no object", "likewise"),
    (".fields.*: number is no object", "likewise"),
    (".fields.*: null", "likewise: what has no value is told so"),
    (".projectKeys", "the description names it under expand"),
    ("/component .values[].componentBean", "recorded: cloud-airbyte"),
    (
        "/resolution/search .values[].isDefault",
        "recorded: cloud-airbyte, and in the description's own example",
    ),
];

/// Returns where real data lies, beside the project; without it the test is skipped.
pub(crate) fn shared(why: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/jira");
    if !path.exists() {
        skipped(Need::RealData, why);
        return None;
    }
    Some(path)
}

pub(crate) fn descriptions(edition: Edition) -> Option<Descriptions> {
    let folder = shared("the official descriptions")?.join("openapi");
    Some(Descriptions::read(&folder, edition).unwrap())
}

/// Returns what is wrong with the replies of all endpoints, and which endpoints were not asked.
fn problems(
    site: &Served,
    edition: Edition,
    descriptions: &Descriptions,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let crawler = Crawler { served: site, edition };
    let (mut wrong, mut unasked) = (BTreeSet::new(), BTreeSet::new());
    for endpoint in endpoints(edition) {
        let (method, template) = endpoint.split_once(' ').unwrap();
        let schema = descriptions.reply(method, template);
        let is_known = NOT_DESCRIBED.iter().any(|(part, _)| template.contains(part));
        if schema.is_none() && !is_known && !DESCRIBED_WRONG.contains(&template) {
            wrong.insert(format!("{endpoint}: not described"));
        }
        let mut is_asked = false;
        for address in crawler.addresses(template) {
            let got = if method == "POST" { post(site, template, &address) } else { site.get(&address) };
            if got.status != 200 {
                continue;
            }
            is_asked = true;
            let Some((description, schema)) = schema.filter(|_| !DESCRIBED_WRONG.contains(&template)) else {
                continue;
            };
            let mut own = Vec::new();
            description.check(schema, &got.json(), "", &mut own);
            let own = own.into_iter().map(|problem| format!("{endpoint} {problem}"));
            wrong.extend(own.filter(|problem| !EXCEPTIONS.iter().any(|(place, _)| problem.contains(place))));
        }
        if !is_asked && !NOT_IN_SAMPLE.iter().any(|own| template.ends_with(own)) {
            unasked.insert(endpoint);
        }
    }
    (wrong, unasked)
}

fn post(site: &Served, template: &str, address: &str) -> crate::asking::Got {
    let workflow =
        json!({"name": "Empty", "statuses": [{"statusReference": "x", "properties": {}}], "transitions": []});
    let body = match template.rsplit('/').next().unwrap() {
        "mappings" if template.contains("workflowscheme") => {
            json!({"id": "10000", "workflowsForIssueTypes": [{"issueTypeIds": ["10001"], "workflowId": "jira"}]})
        }
        "validation" if template.contains("create") => {
            json!({"payload": {"scope": {"type": "GLOBAL"}, "statuses": [], "workflows": [workflow]}})
        }
        "validation" => {
            let mut workflow = workflow;
            workflow.as_object_mut().unwrap().remove("name");
            workflow["id"] = json!("jira");
            workflow["version"] = json!({"id": "x", "versionNumber": 1});
            json!({"payload": {"statuses": [], "workflows": [workflow]}})
        }
        "workflows" => json!({"workflowNames": ["jira", "Demo: bugs", "Demo: stories"]}),
        "approximate-count" => json!({"jql": "project = DEMO"}),
        "pdcleaner" => json!({"queryStrings": ["assignee = ada"]}),
        "mappings" => json!({"schemeId": 10004, "priorities": {"remove": [2]}}),
        "read" => json!({"workflowSchemeIds": ["10000", "10001"]}),
        _ => json!({"queries": ["project = DEMO", "summary ~ \"cut"]}),
    };
    site.post(address, &body)
}

fn options(edition: Edition) -> Options {
    match edition {
        Edition::Cloud => {
            Options { field_model: FieldModel::Schemes, team_managed: true, ..Options::cloud() }
        }
        Edition::DataCenter => Options::data_center(),
    }
}

#[test]
fn every_endpoint_answers_as_it_is_described() {
    let (mut all_wrong, mut all_unasked) = (BTreeSet::new(), BTreeSet::new());
    for edition in [Edition::Cloud, Edition::DataCenter] {
        let Some(descriptions) = descriptions(edition) else { return };
        let (wrong, unasked) = problems(&served(options(edition)), edition, &descriptions);
        all_wrong.extend(wrong);
        all_unasked.extend(unasked);
    }
    assert_eq!(
        (all_wrong, all_unasked),
        (BTreeSet::new(), BTreeSet::new()),
        "wrong; nothing makes it answer"
    );
}

#[test]
fn every_write_is_described() {
    let mut not_described = Vec::new();
    for edition in [Edition::Cloud, Edition::DataCenter] {
        let Some(descriptions) = descriptions(edition) else { return };
        not_described.extend(writes(edition).into_iter().filter(|endpoint| {
            let (method, template) = endpoint.split_once(' ').unwrap();
            let is_known = NOT_DESCRIBED.iter().any(|(part, _)| template.contains(part));
            !is_known && !descriptions.has(method, template)
        }));
    }
    assert_eq!(not_described, Vec::<String>::new());
}

#[test]
fn real_backups_are_served_as_it_is_described() {
    let Some(folder) = shared("backups to serve") else { return };
    let mut all_wrong = BTreeSet::new();
    for edition in [Edition::Cloud, Edition::DataCenter] {
        let Some(descriptions) = descriptions(edition) else { return };
        for backup in
            ["jsu/test1.xml", "jrjc/cloud-jira-dump-with-filters.xml", "zendesk/restoreData-JIRA-4.3.2.xml"]
        {
            let site = served_backup(&folder.join("backups").join(backup), options(edition));
            let (wrong, _) = problems(&site, edition, &descriptions);
            all_wrong.extend(wrong.into_iter().map(|problem| format!("{backup}: {problem}")));
        }
    }
    assert_eq!(all_wrong, BTreeSet::new());
}
