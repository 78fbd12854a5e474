//! Workflows and their drafts.
//!
//! Jira links workflows by name. Its own workflow, `jira`, is referred to and never stored (24 % of the mappings of
//! schemes, 3.13 to 9.12.4), so it is always added, without content.

mod arguments;
mod content;
mod descriptor;
mod permissions;
mod render;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::{HashMap, HashSet};

use super::Context;
use crate::entity::Row;
use crate::model::{Name, Node, NoteKind, Path};
use crate::schema::DUPLICATE;

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
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for row in tables.rows("Workflow") {
        let Some(text) = row.text("name") else {
            context.dangling(Path::object("workflowEntry", ""), "a workflow without a name");
            continue;
        };
        let path = Path::object("workflowEntry", text);
        let count = seen.entry(text).or_default();
        *count += 1;
        let mut name = Name::plain(text);
        if *count > 1 {
            name = name.with(DUPLICATE, &count.to_string());
            let message = format!(
                "there are several of this name; number {count} by age carries {DUPLICATE}=\"{count}\""
            );
            context.snapshot.note(NoteKind::Ambiguous, path.clone(), message);
        }
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
