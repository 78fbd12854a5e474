//! Recorded replies of real Jiras, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::model::{Config, Gap};
use crate::rest::{Exchange, FailureKind, Reply, Request, ServerInfo};

/// A Jira that answers what was recorded, by path; everything else is not there.
#[derive(Default)]
struct Site {
    replies: BTreeMap<String, Value>,
}

/// Where the items of lists are that are not paged.
const WRAPPED: [(&str, &str); 3] = [
    ("issueLinkType", "issueLinkTypes"),
    ("permissionscheme", "permissionSchemes"),
    ("issuesecurityschemes", "issueSecuritySchemes"),
];

impl Site {
    fn with(mut self, path: &str, value: Value) -> Self {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/rest/api/3/{path}") };
        self.replies.insert(path, value);
        self
    }

    fn read(self, edition: Edition) -> Reading {
        let client = Client::new(std::sync::Arc::new(self));
        let said = client.ask(&Request::get(format!("{}/serverInfo", edition.api())));
        let mut live =
            Live::new(client, said.unwrap_or_else(|_| server(edition)), Rights { administers: true });
        let (reading, rows) = live.read_rows(&|_, _| {}).unwrap();
        // What the place keeps for itself, a test looks at.
        Reading { tables: rows.tables, ..reading }
    }
}

/// What a Jira says of itself.
fn server(edition: Edition) -> ServerInfo {
    let (version, kind) =
        if edition == Edition::Cloud { ("1001.0.0-SNAPSHOT", "Cloud") } else { ("10.3.24", "Server") };
    let said = serde_json::json!({
        "baseUrl": "https://jira.example.com", "version": version, "buildNumber": 100_297, "deploymentType": kind,
    });
    serde_json::from_value(said).unwrap()
}

impl Exchange for Site {
    fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let Some(value) = self.replies.get(&request.path) else {
            return Err(Failure::new(FailureKind::NotFound, Some(404), request, ""));
        };
        let asked = |name: &str| request.query.iter().find(|(own, _)| own == name);
        let value = match value {
            Value::Array(items) if asked("startAt").is_some() => {
                let from: usize = asked("startAt").unwrap().1.parse().unwrap();
                json!({"startAt": from, "isLast": true, "values": items[from.min(items.len())..]})
            }
            Value::Array(items) => match WRAPPED.iter().find(|(end, _)| request.path.ends_with(end)) {
                Some((_, name)) => json!({*name: items}),
                None => value.clone(),
            },
            value => value.clone(),
        };
        Ok(Reply { status: 200, body: value.to_string().into_bytes(), location: None })
    }
}

/// Reads a recorded reply; `None`, told, without the folder of real data.
fn recorded(file: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/jira/rest").join(file);
    match std::fs::read(&path) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(_) => {
            eprintln!("skipped: no {}", path.display());
            None
        }
    }
}

fn site(replies: &[(&str, &str)]) -> Option<Site> {
    let mut site = Site::default();
    for (path, file) in replies {
        site = site.with(path, recorded(file)?);
    }
    Some(site)
}

fn column<'r>(reading: &'r Reading, entity: &str, attribute: &str) -> Vec<Option<&'r str>> {
    reading.tables.rows(entity).iter().map(|row| row.get(attribute)).collect()
}

fn unknown(reading: &Reading) -> BTreeSet<String> {
    let schema = crate::schema::Schema::get();
    let told = |gap: &Gap| {
        let kind = &schema.kind(gap.kind).name;
        match gap.property {
            Some(property) => format!("{kind}/{}", schema.declaration(property).name),
            None => kind.clone(),
        }
    };
    reading
        .snapshot
        .unseen
        .iter()
        .filter(|gap| gap.why.contains("GET") || gap.why.contains("does not tell"))
        .map(told)
        .collect()
}

fn shown(reading: &Reading, kind: &str, name: &str) -> String {
    let kind = mapping::kind(kind);
    let found = reading.snapshot.objects.iter().find(|(own, _)| own.kind == kind && own.name() == name);
    found.map(|(_, own)| crate::xml::to_string(&Config::new(own.element.clone()))).unwrap_or_default()
}

#[test]
fn the_replies_of_a_live_cloud_become_rows() {
    let Some(site) = site(&[
        ("serverInfo", "cloud-go-atlassian/serverInfo.json"),
        ("project/search", "cloud-airbyte/projects.json"),
        ("projectCategory", "cloud-airbyte/projectcategories.json"),
        ("filter/search", "cloud-airbyte/filters.json"),
        ("dashboard/search", "cloud-airbyte/dashboards.json"),
        ("group/bulk", "cloud-airbyte/groups.json"),
        ("fieldconfiguration", "cloud-airbyte/fieldconfigurations.json"),
        ("issueLinkType", "cloud-airbyte/issuelinktypes.json"),
        ("notificationscheme", "cloud-airbyte/notificationschemes.json"),
        ("priority/search", "cloud-airbyte/priorities.json"),
        ("resolution/search", "cloud-airbyte/resolutions.json"),
        ("issuesecurityschemes", "cloud-airbyte/issuesecurityschemes.json"),
        ("issuetypescheme", "cloud-airbyte/issuetypeschemes.json"),
        ("issuetypescreenscheme", "cloud-airbyte/issuetypescreenschemes.json"),
        ("permissionscheme", "cloud-airbyte/permissionschemes.json"),
        ("project/IT/components", "cloud-airbyte/components.json"),
        ("project/IT/versions", "cloud-airbyte/versions.json"),
        ("screens", "cloud-airbyte/screens.json"),
        ("screens/1/tabs", "cloud-airbyte/screen_tabs.json"),
        ("screens/1/tabs/10000/fields", "cloud-airbyte/screen_tab_fields.json"),
        ("screenscheme", "cloud-airbyte/screenschemes.json"),
        ("workflowscheme", "cloud-airbyte/workflowschemes.json"),
        ("status", "cloud-airbyte/statuses.json"),
        ("user/bulk", "cloud-airbyte/users.json"),
    ]) else {
        return;
    };
    let reading = site.read(Edition::Cloud);
    for (entity, count) in [
        ("Project", 2),
        ("ProjectCategory", 3),
        ("SearchRequest", 3),
        ("PortalPage", 3),
        ("Group", 3),
        ("FieldLayout", 3),
        ("IssueLinkType", 3),
        ("NotificationScheme", 3),
        ("Priority", 3),
        ("Resolution", 3),
        ("IssueSecurityScheme", 3),
        ("IssueTypeScreenScheme", 3),
        ("PermissionScheme", 2),
        ("Component", 3),
        ("Version", 3),
        ("FieldScreen", 3),
        ("FieldScreenTab", 3),
        ("FieldScreenLayoutItem", 3),
        ("FieldScreenScheme", 3),
        ("WorkflowScheme", 3),
        ("Status", 3),
    ] {
        assert_eq!(reading.tables.rows(entity).len(), count, "{entity}");
    }
    let types = reading.tables.rows("FieldConfigScheme").iter();
    assert_eq!(types.filter(|row| row.get("fieldid") == Some("issuetype")).count(), 3);
    let defaults = column(&reading, "FieldLayout", "type");
    assert_eq!(defaults.iter().flatten().count(), 1, "the default is marked, the others are not");
    let owners = column(&reading, "PortalPage", "username");
    assert_eq!(owners.iter().filter(|owner| owner.is_none()).count(), 1, "the system dashboard is nobody's");
    let gaps = unknown(&reading);
    for expected in [
        // Not asked for, or not answered, and so unknown; never none.
        "notificationScheme/notificationReceiver",
        "filter/sharedWith",
        "issueType",
        "workflowEntry",
        "project/projectRoleMembers",
        "screen/screenTab",
    ] {
        assert!(gaps.contains(expected), "{expected} in {gaps:?}");
    }
    for told in ["priority", "permissionScheme", "screen", "filter"] {
        assert!(!gaps.contains(told), "{told}");
    }
    let versions = shown(&reading, "project", "IT");
    assert!(
        versions.contains("<releaseDate>2023-08-30</releaseDate>") || versions.contains("<version>"),
        "{versions}"
    );
    let people: Vec<_> = column(&reading, "User", "userName");
    assert!(people.iter().flatten().all(|name| !name.is_empty()), "{people:?}");
}

#[test]
fn what_published_replies_teach() {
    let Some(site) = site(&[
        ("serverInfo", "cloud-go-atlassian/serverInfo.json"),
        ("issuetype", "cloud-go-atlassian/issuetype_all.json"),
        ("issuetypescheme", "cloud-go-atlassian/issuetypescheme_page.json"),
        ("issuetypescheme/mapping", "cloud-go-atlassian/issuetypescheme_mapping.json"),
        ("screens", "cloud-go-atlassian/screens_page.json"),
        ("screenscheme", "cloud-go-atlassian/screenscheme_page.json"),
        ("issuetypescreenscheme", "cloud-go-atlassian/issuetypescreenscheme_page.json"),
        ("issuetypescreenscheme/mapping", "cloud-go-atlassian/issuetypescreenscheme_mapping.json"),
        ("field/customfield_10101/context", "cloud-go-atlassian/field_context.json"),
        ("field/customfield_10101/context/10025/option", "cloud-go-atlassian/field_context_option.json"),
        (
            "field/customfield_10101/context/defaultValue",
            "cloud-go-atlassian/field_context_defaultvalue.json",
        ),
        (
            "field/customfield_10101/context/projectmapping",
            "cloud-go-atlassian/field_context_projectmapping.json",
        ),
        (
            "field/customfield_10101/context/issuetypemapping",
            "cloud-go-atlassian/field_context_issuetypemapping.json",
        ),
        ("fieldconfiguration", "cloud-go-atlassian/fieldconfiguration_page.json"),
        ("fieldconfiguration/10000/fields", "cloud-go-atlassian/fieldconfiguration_fields.json"),
        ("fieldconfigurationscheme/mapping", "cloud-go-atlassian/fieldconfigurationscheme_mapping.json"),
        ("workflowscheme", "cloud-go-atlassian/workflowscheme_page.json"),
        ("permissionscheme", "cloud-go-atlassian/permissionscheme_all.json"),
        ("filter/search", "cloud-go-atlassian/filter_search.json"),
        ("status", "cloud-jirametrics/status_all.json"),
        ("group/bulk", "cloud-go-atlassian/group_bulk.json"),
        ("role", "cloud-go-atlassian/role_all.json"),
        ("projectCategory", "cloud-go-atlassian/projectcategory_all.json"),
    ]) else {
        return;
    };
    let field = json!([{"id": "customfield_10101", "name": "City", "contextsCount": 2,
        "schema": {"type": "option", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:select"}}]);
    let reading = site.with("field/search", field).read(Edition::Cloud);
    assert_eq!(
        column(&reading, "IssueType", "id"),
        [Some("3")],
        "the other is one of a team-managed project"
    );
    assert_eq!(reading.tables.rows("FieldScreen").len(), 3, "four are claimed, three came");
    assert!(
        reading.warnings.iter().any(|own| own.contains("says that it has 4 items")),
        "{:?}",
        reading.warnings
    );
    let lines = column(&reading, "IssueTypeScreenSchemeEntity", "issuetype");
    assert!(
        lines.contains(&None) && lines.iter().flatten().next().is_some(),
        "`default` is all others: {lines:?}"
    );
    let options = reading.tables.rows("CustomFieldOption");
    let parents = column(&reading, "CustomFieldOption", "parentoptionid");
    assert!(options.len() == 4 && parents.iter().flatten().next().is_some(), "{options:?}");
    assert!(reading.tables.rows("FieldLayoutItem").iter().any(|row| row.get("renderertype").is_none()));
    assert!(
        reading.warnings.iter().any(|own| own.contains("`fieldconfiguration` is deprecated since 2026-04")),
        "{:?}",
        reading.warnings
    );
}

#[test]
fn the_published_workflow_becomes_a_descriptor() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/jira/openapi/jira-cloud-platform-2026-04.json");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: no {}", path.display());
        return;
    };
    let description: Value = serde_json::from_slice(&bytes).unwrap();
    let content = &description["paths"]["/rest/api/3/workflows/search"]["get"]["responses"]["200"]["content"];
    let example = content["application/json"]["example"].as_str().unwrap();
    let mut example: Value = serde_json::from_str(example).unwrap();
    example["isLast"] = json!(true);
    example["total"] = json!(1);
    let status =
        |id: &str, name: &str, key: &str| json!({"id": id, "name": name, "statusCategory": {"key": key}});
    let statuses = json!([
        status("10001", "To Do", "new"),
        status("10002", "In Progress", "indeterminate"),
        status("10003", "Done", "done")
    ]);
    let reading =
        Site::default().with("workflows/search", example).with("status", statuses).read(Edition::Cloud);
    // What names fields is unknown without them, so the object shows no steps here; the row has them.
    let descriptor = column(&reading, "Workflow", "descriptor")[0].unwrap_or_default();
    for part in ["<initial-actions>", "<global-actions>", "name=\"Start work\"", "name=\"Done\"", "10003"] {
        assert!(descriptor.contains(part), "{part} in {descriptor}");
    }
}

#[test]
fn a_board_is_what_its_settings_page_reads() {
    let Some(site) = site(&[
        ("/rest/agile/1.0/board", "cloud-airbyte/boards.json"),
        ("/rest/greenhopper/1.0/rapidviewconfig/editmodel", "dc-11.3.6/greenhopper_editmodel.json"),
        ("/rest/api/2/filter/10900", "dc-11.3.6/filter.json"),
        ("/rest/api/2/permissionscheme", "server-go-jira/all_permissionschemes.json"),
        ("/rest/api/2/screens", "dc-11.3.6/screens.json"),
        ("/rest/api/2/role", "server-go-jira/all_roles.json"),
        ("/rest/api/2/status", "server-go-jira/all_statuses.json"),
        ("/rest/api/2/resolution", "server-go-jira/all_resolutions.json"),
        ("/rest/api/2/issueLinkType", "server-go-jira/all_issuelinktypes.json"),
        ("/rest/api/2/issuetype", "server-jira-ruby/issuetype.json"),
    ]) else {
        return;
    };
    let reading = site.read(Edition::DataCenter);
    assert_eq!(column(&reading, "AO_60DB71_COLUMN", "MAXIM")[..3], [None, Some("5"), None]);
    assert_eq!(column(&reading, "AO_60DB71_SWIMLANE", "NAME")[0], Some("Expedite"));
    assert_eq!(column(&reading, "FieldScreen", "name").len(), 3);
    assert!(!reading.tables.rows("SchemePermissions").is_empty());
    for entity in ["ProjectRole", "Status", "Resolution", "IssueLinkType", "IssueType"] {
        assert!(!reading.tables.rows(entity).is_empty(), "{entity}");
    }
    assert!(unknown(&reading).contains("screen/screenTab"), "tabs are not answered");
}

#[test]
fn an_empty_list_that_no_jira_has_is_unknown() {
    let reading = Site::default().with("status", json!([])).with("role", json!([])).read(Edition::Cloud);
    let gaps = unknown(&reading);
    assert!(gaps.contains("status") && gaps.contains("projectRole"), "{gaps:?}");
}

#[test]
fn every_part_of_the_tables_is_one_of_the_schema() {
    let endpoints = [Edition::Cloud, Edition::DataCenter].map(lists).into_iter().flatten();
    let told = endpoints.flat_map(|endpoint| endpoint.tells.iter().copied());
    for part in told {
        let (kind, property) = part.split_once('/').map_or((part, None), |(kind, own)| (kind, Some(own)));
        let schema = crate::schema::Schema::get();
        assert!(property.is_none_or(|own| schema.property(mapping::kind(kind), own).is_some()), "{part}");
    }
}
