//! Workflows of real data on their way to Jira Cloud: what pcfg says of them, and what a Jira tells that says them by code of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jira_for_tests::{Options as Served, serve};
use pcfg::entity::{EntityId, Tables, entities};
use pcfg::instance::workflows::{Known, Weight, say};
use pcfg::mapping::workflow::{Descriptor, render};
use pcfg::rest::Edition;
use pcfg::schema::Schema;

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
    /// Those that a served Jira tells otherwise than pcfg says them.
    otherwise: Vec<String>,
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
    let mut told = Tables::default();
    for entity in entities() {
        for row in tables.rows(entity.name) {
            let mut row = row.clone();
            if entity.name == "Workflow" {
                let name = row.get("name").unwrap().to_owned();
                let descriptor = Descriptor::parse(row.text("descriptor").unwrap()).unwrap();
                let findings = match say(&name, None, &descriptor, &known) {
                    Ok(said) => {
                        row.put("descriptor", Some(&render(&said.told)));
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
