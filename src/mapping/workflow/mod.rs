//! Workflows and their drafts.
//!
//! Jira links workflows by name. Its own workflow, `jira`, is referred to and never stored (24 % of the mappings of
//! schemes, 3.13 to 9.12.4), so it is always added, without content.

mod arguments;
mod build;
mod content;
mod descriptor;
mod merge;
mod numbers;
mod old;
mod permissions;
mod render;
mod spelling;
#[cfg(test)]
mod tests;
mod tree;
pub(super) mod write;

use std::collections::{HashMap, HashSet};

use super::Context;
use crate::entity::Row;
use crate::model::{Name, Node, Path};

pub use descriptor::{Action, Descriptor, Function, Group, Outcome, Rest, Step, StepAction, Target};
pub use render::render;
pub use tree::{Tree, TreeNode};

use arguments::Translator;

/// The name of the workflow that every Jira has.
pub(super) const BUILT_IN: &str = "jira";

pub(super) fn read(context: &mut Context<'_>) {
    let tables = context.tables;
    let translator = Translator::new(tables, context.names);
    let mut drafts: HashMap<&str, &Row> = HashMap::new();
    let mut leftover = Vec::new();
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
        let mut node =
            content::add(context, &translator, &path, name.definition("workflowEntry"), descriptor);
        if let Some(draft) = drafts.remove(text) {
            let descriptor = draft.get("descriptor").unwrap_or("");
            node = node.with(content::add(
                context,
                &translator,
                &path.child("draft"),
                Node::new("draft"),
                descriptor,
            ));
        }
        context.add(node);
    }
    if !stored.contains(BUILT_IN) {
        context.add(Name::plain(BUILT_IN).definition("workflowEntry").text("builtIn", "default"));
    }
}
