//! Workflows and their drafts.
//!
//! Jira links workflows by name. Its own workflow, `jira`, is referred to and never stored (24 % of the mappings of
//! schemes, 3.13 to 9.12.4), so it is always added, without content.

mod arguments;
mod build;
mod content;
mod descriptor;
mod dtd;
mod kept_steps;
mod merge;
mod numbers;
mod old;
mod permissions;
mod render;
mod script_runner;
mod spelling;
mod suspects;
#[cfg(test)]
mod tests;
mod tree;
pub(super) mod write;

use std::collections::{HashMap, HashSet};

use super::Context;
use super::managed::{Managed, Type};
use crate::entity::Row;
use crate::jql;
use crate::model::{Element, Name, Node, Path};

pub use descriptor::{Action, Descriptor, Function, Group, Outcome, Rest, Step, StepAction, Target};
pub use render::render;
pub use tree::{Tree, TreeNode};

use super::queries::{Queries, is_query_key};
use arguments::Translator;

/// The name of the workflow that every Jira has.
pub(super) const BUILT_IN: &str = "jira";

pub(super) fn read(context: &mut Context<'_>) {
    let tables = context.tables;
    let queries = Queries::new(tables, context.names);
    let translator = Translator::new(tables, context.names, &queries);
    let mut drafts: HashMap<&str, &Row> = HashMap::new();
    let mut leftover = Vec::new();
    let managed = Managed::new(tables);
    let stored: HashSet<&str> = tables.rows("Workflow").iter().filter_map(|row| row.text("name")).collect();
    for row in tables.rows("DraftWorkflow") {
        let parent = row.get("parentname").unwrap_or("");
        if !stored.contains(parent) {
            leftover.push((parent, "a draft of a workflow that does not exist"));
        } else if drafts.insert(parent, row).is_some() {
            leftover.push((parent, "it has several drafts; the last counts"));
        }
    }
    for (parent, message) in leftover {
        context.dangling(Path::object("workflowEntry", parent), message);
    }
    for row in tables.rows("Workflow") {
        let Some(name) = context.names.get("workflowEntry", row.id()) else {
            context.dangling(Path::object("workflowEntry", ""), "a workflow without a name");
            continue;
        };
        let text = name.text.as_str();
        let path = Path::object("workflowEntry", text);
        let descriptor = row.get("descriptor").unwrap_or("");
        let (mut node, mut mentions) =
            content::add(context, &translator, &path, name.definition("workflowEntry"), descriptor);
        node = node.with_if(managed.node(context, &path, Type::Workflow, text));
        if let Some(draft) = drafts.remove(text) {
            let descriptor = draft.get("descriptor").unwrap_or("");
            let path = path.child("draft");
            let (draft, more) = content::add(context, &translator, &path, Node::new("draft"), descriptor);
            node = node.with(draft);
            mentions.extend(more);
        }
        mentions.sort();
        mentions.dedup();
        context.add_mentioning(node, mentions);
    }
    if !stored.contains(BUILT_IN) {
        context.add(Name::plain(BUILT_IN).definition("workflowEntry").text("builtIn", "default"));
    }
}

/// Takes the mark of ScriptRunner from a text.
pub(super) fn without_mark(text: &str) -> &str {
    script_runner::split(text).1
}

/// Returns what an object keeps as it is and what looks like an id, with its place: ids in queries, in arguments and properties of
/// workflows, and in parts that pcfg does not describe.
pub(crate) fn foreign_ids(object: &Element) -> Vec<(Path, String)> {
    let mut found = Vec::new();
    super::each_query(object, &mut |query, way, element| {
        let ids = jql::ids(query).join(", ");
        if !ids.is_empty() {
            let mut path = Path::default();
            way.iter().for_each(|own| path.enter(own));
            found.push((path.child(element.tag()), format!("the query keeps {ids}")));
        }
    });
    if object.tag() == "workflowEntry" {
        in_workflow(object, &Path::default(), &mut found);
    }
    found
}

fn in_workflow(element: &Element, around: &Path, found: &mut Vec<(Path, String)>) {
    let mut path = around.clone();
    path.enter(element);
    let named = element.text_of("key").or_else(|| element.text_of("name")).unwrap_or_default();
    for child in element.children() {
        let suspect = match (element.tag(), child.tag()) {
            ("argument" | "property", "value") if !is_query_key(named) => {
                suspects::in_value(named, child.text())
            }
            (_, "verbatim") => suspects::in_kept(child.text()),
            _ => None,
        };
        found.extend(suspect.map(|suspect| (path.clone(), suspect)));
        if !child.children().is_empty() {
            in_workflow(child, &path, found);
        }
    }
}
