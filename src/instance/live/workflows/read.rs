//! Workflows of a live Jira as rows.
//!
//! Invariant: a workflow that was not told whole is unknown, and named.

use super::super::endpoint::{Endpoint, cloud, data_center};
use super::super::person::Group as GroupName;
use super::super::reader::Reader;
use super::super::shape::is_of_project;
use super::descriptor::descriptor;
use super::known::Known;
use super::shape::Workflow;
use crate::mapping::workflow::render;
use crate::rest::Edition;

/// Returns the lists that are read whatever is wanted.
pub(in super::super) fn lists(edition: Edition) -> &'static [&'static Endpoint] {
    match edition {
        Edition::Cloud => &[&cloud::WORKFLOWS, &cloud::GROUPS],
        Edition::DataCenter => &[&data_center::WORKFLOWS],
    }
}

/// The name of Jira's own workflow, which is never stored.
const BUILT_IN: &str = "jira";

/// Makes the rows; those of statuses are there.
pub(in super::super) fn read(reader: &mut Reader<'_>) {
    if reader.edition == Edition::DataCenter {
        return;
    }
    let ask = reader.of(&cloud::GROUPS);
    let groups = reader.list::<GroupName>(&ask).unwrap_or_default().into_iter();
    let groups = groups.filter_map(|group| Some((group.group_id?, group.name)));
    let known = Known::new(&reader.tables, groups);
    let ask = reader.of(&cloud::WORKFLOWS);
    for workflow in reader.list::<Workflow>(&ask).unwrap_or_default() {
        if is_of_project(workflow.scope.as_ref()) || workflow.name == BUILT_IN {
            continue;
        }
        match descriptor(&workflow, &known) {
            Ok(descriptor) => {
                reader.add(
                    "Workflow",
                    &[("name", Some(&workflow.name)), ("descriptor", Some(&render(&descriptor)))],
                );
            }
            Err(why) => {
                reader
                    .add("Workflow", &[("name", Some(&workflow.name)), ("descriptor", Some("<workflow/>"))]);
                reader.unknown(&["workflowEntry"], Some(&workflow.name), &why, false);
            }
        }
    }
}
