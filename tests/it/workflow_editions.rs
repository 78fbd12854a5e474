//! Workflows of real data on their way to Jira Cloud: what pcfg says of them, and what a Jira tells that says them by code of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jira_for_tests::{Descriptions, Options as Served, Seen, serve};
use pcfg::entity::{EntityId, Tables, entities};
use pcfg::instance::workflows::{Known, Said, Stored, Weight, say_all};
use pcfg::mapping::workflow::render;
use pcfg::rest::Edition;
use pcfg::schema::Schema;
use serde_json::json;

use crate::embedded::loaded;

/// What a backup's workflows come to.
#[derive(Debug, Default)]
struct Moved {
    /// Those that can be said, and those that cannot.
    said: BTreeSet<String>,
    refused: BTreeSet<String>,
    /// What is found, without the place where, and how often.
    findings: BTreeMap<String, usize>,
    compared: usize,
    /// What is wrong with requests by Atlassian's description.
    undescribed: Vec<String>,
    /// Those that a served Jira tells otherwise than pcfg says them.
    otherwise: Vec<String>,
}

impl Moved {
    /// Checks the requests that make a workflow, and that change it, by Atlassian's description.
    fn described(&mut self, said: &Said, name: &str, known: &Known) {
        let Some(folder) = crate::real_data::folder("openapi") else { return };
        let descriptions = Descriptions::read(&folder, jira_for_tests::Edition::Cloud).unwrap();
        let stored = json!({
            "id": "b9ff2384-d3b6-4d4e-9509-3ee19f607168",
            "name": name,
            "version": {"id": "f010ac1b-3dd3-43a3-aa66-0ee8a447f76e", "versionNumber": 0},
            "statuses": [],
            "transitions": [],
        });
        let stored = Stored::new(&stored).unwrap();
        let bodies = [
            ("/rest/api/3/workflows/create", said.create(known)),
            ("/rest/api/3/workflows/update", said.update(&stored, &[], known)),
        ];
        for (path, body) in bodies {
            let seen = Seen {
                method: "POST".to_owned(),
                path: path.to_owned(),
                query: Vec::new(),
                body: body.to_string().into_bytes(),
                endpoint: None,
                status: 200,
            };
            self.undescribed.extend(descriptions.check(&seen));
        }
    }
}

/// Groups are known by their names where no site has given them ids.
fn known(tables: &Tables) -> Known {
    let groups = tables.rows("Group").iter().filter_map(|row| row.get("groupName"));
    Known::new(tables, groups.map(|name| (name.to_owned(), name.to_owned())))
}

/// Says all workflows of a backup, and compares what would be told of them with what is told.
fn moved(backup: &Path) -> Moved {
    let (_folder, path) = loaded(backup);
    let mut moved = Moved::default();
    let tables = crate::real_data::read(&path).tables;
    let known = known(&tables);
    let mut descriptors: BTreeMap<String, String> = BTreeMap::new();
    for (name, said) in say_all(&tables, &known) {
        let findings = match said {
            Ok(said) => {
                moved.described(&said, &name, &known);
                descriptors.insert(name.clone(), render(&said.told));
                moved.said.insert(name);
                said.findings
            }
            Err(findings) => {
                assert!(findings.iter().any(|own| own.weight == Weight::Refused));
                moved.refused.insert(name);
                findings
            }
        };
        for mut finding in findings {
            finding.place = None;
            *moved.findings.entry(finding.to_string()).or_default() += 1;
        }
    }
    let mut told = Tables::default();
    for entity in entities() {
        for row in tables.rows(entity.name) {
            let mut row = row.clone();
            if entity.name == "Workflow"
                && let Some(descriptor) = row.get("name").and_then(|name| descriptors.get(name))
            {
                row.put("descriptor", Some(descriptor));
            }
            told.push(EntityId::named(entity.name), row);
        }
    }
    let mut said = pcfg::mapping::read(&told);
    let live = crate::live::read(&serve(&path, Served::cloud()).unwrap(), Edition::Cloud);
    crate::live::without_unseen(&mut said, &live);
    let kind = Schema::get().kind_named("workflowEntry").unwrap();
    for (identity, object) in &said.objects {
        if identity.kind == kind && moved.said.contains(identity.name()) {
            moved.compared += 1;
            let other = live.snapshot.objects.get(identity);
            if other.is_none_or(|other| other.element != object.element) {
                moved.otherwise.push(identity.name().to_owned());
            }
        }
    }
    moved
}

#[test]
fn workflows_of_real_data_are_said_as_jira_cloud_tells_them() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut said, mut refused) = (0, 0);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo");
    let is_complete = !crate::real_data::backups().is_empty();
    for backup in std::iter::once(sample).chain(crate::real_data::backups()) {
        let moved = moved(&backup);
        assert!(moved.otherwise.is_empty(), "{}: {:?}", backup.display(), moved.otherwise);
        assert_eq!(moved.undescribed, Vec::<String>::new());
        assert_eq!(moved.compared, moved.said.len());
        said += moved.said.len();
        refused += moved.refused.len();
        for (finding, count) in moved.findings {
            *counts.entry(finding).or_default() += count;
        }
    }
    if is_complete {
        let all: Vec<String> = counts.iter().map(|(finding, count)| format!("{count} x {finding}")).collect();
        insta::assert_snapshot!(format!("{said} said, {refused} refused\n{}", all.join("\n")), @"
        26 said, 2 refused
        9 x running without IssueReindexFunction will be lost in Jira Cloud: every transition runs this there
        1 x the condition UserInGroupCondition cannot be kept in Jira Cloud: Jira Cloud cannot negate a rule; replace it by a rule that means the opposite
        3 x the condition UserIsInAnyGroupsCondition will be stored differently in Jira Cloud: as UserInGroupCondition, with the same meaning
        2 x the condition UserIsInAnyRolesCondition will be stored differently in Jira Cloud: as InProjectRoleCondition, with the same meaning
        78 x the order of the transitions will be lost in Jira Cloud: transitions of several steps have the same order in all of them there
        2 x the post function ClearFieldValuePostFunction will be stored differently in Jira Cloud: as UpdateIssueFieldFunction, with the same meaning
        12 x the post function CopyValueFromOtherFieldPostFunction will be stored differently in Jira Cloud: with other arguments and the same meaning
        1 x the post function UpdateIssueCustomFieldPostFunction cannot be kept in Jira Cloud: Jira Cloud has nothing like `%%ADD_CURRENT_USER%%`; remove the post function from the file, or replace it by one that Jira Cloud has
        2 x the post function UpdateIssueCustomFieldPostFunction cannot be kept in Jira Cloud: Jira Cloud has nothing like `%%CURRENT_DATETIME%%`; remove the post function from the file, or replace it by one that Jira Cloud has
        3 x the post function UpdateIssueCustomFieldPostFunction cannot be kept in Jira Cloud: Jira Cloud has nothing like `%%CURRENT_USER%%`; remove the post function from the file, or replace it by one that Jira Cloud has
        6 x the validator DateExpressionCompareValidator cannot be kept in Jira Cloud: Jira Cloud compares dates with dates, not with expressions such as `now` or `5d`; remove the validator from the file, or replace it by one that Jira Cloud has
        ");
    }
}
