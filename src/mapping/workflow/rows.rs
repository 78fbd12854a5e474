//! Workflows and their drafts.
//!
//! Jira links both by name. Its own workflow, `jira`, is referred to and never stored (24 % of the mappings of
//! schemes, 3.13 to 9.12.4), so it is always added, without content. Of several workflows of one name only the oldest has a draft, and of several drafts the last
//! one counts, as in reading; the others are not touched.

use std::collections::{HashMap, HashSet};

use super::arguments::Translator;
use super::content;
use super::write::{Descriptors, Meaning};
use crate::entity::Row;
use crate::mapping::ground::context::Context;
use crate::mapping::ground::managed::{Managed, Type};
use crate::mapping::ground::queries::Queries;
use crate::mapping::ground::writer::Writer;
use crate::mapping::kind;
use crate::model::{Element, Name, Node, Path};
use crate::schema::DUPLICATE;

/// The name of the workflow that every Jira has.
pub(crate) const BUILT_IN: &str = "jira";

/// The statuses of Jira's own workflow: Open, In Progress, Reopened, Resolved and Closed, whatever they are called. These ids are in
/// the copy that Jira 6.2 keeps of it (`classic default workflow`, 6.3 to 9.12). No data shows its newer form: they count there, too.
const BUILT_IN_STATUSES: [&str; 5] = ["1", "3", "4", "5", "6"];

pub(crate) fn read(context: &mut Context<'_>) {
    let tables = context.tables;
    let queries = Queries::new(context.names);
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
            leftover.push((parent, "it has several drafts; the last one is used"));
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
        let statuses = BUILT_IN_STATUSES.iter().filter_map(|id| context.names.get("status", id));
        let statuses = statuses.map(|name| name.identity(kind("status"))).collect();
        let node = Name::plain(BUILT_IN).definition("workflowEntry").text("builtIn", "default");
        context.add_mentioning(node, statuses);
    }
}

pub(crate) fn workflows(writer: &mut Writer<'_>, objects: &[&Element]) {
    writer.as_read(|writer, read| write(writer, read.queries, objects));
}

fn write(writer: &mut Writer<'_>, now: &Queries<'_>, objects: &[&Element]) {
    let meaning = Meaning::new(writer.tables);
    let queries = meaning.queries();
    let descriptors = Descriptors::new(&meaning, &queries);
    // Jira's own workflow is stored nowhere.
    for object in objects.iter().filter(|object| object.get("builtIn").is_none()) {
        let mut path = Path::default();
        path.enter(object);
        let id = writer.own_id(object);
        let stored = writer.row("Workflow", &id);
        let old = stored.as_ref().and_then(|row| row.get("descriptor"));
        let Some(text) = descriptors.text(writer, now, &path, object, old, None) else { continue };
        let name = object.text_of("name").unwrap_or_default();
        let values = vec![("name", Some(name.to_owned())), ("descriptor", Some(text.clone()))];
        writer.put("Workflow", &[("id", &id)], values);
        if object.attribute_named(DUPLICATE).is_some() {
            continue;
        }
        writer.put_managed(Type::Workflow, name, object);
        let own = writer.owned("DraftWorkflow", &[("parentname", Some(name))]);
        match object.get("draft") {
            Some(draft) => {
                write_draft(writer, (&descriptors, now), &path.child("draft"), name, draft, &own, &text);
            }
            None => writer.remove_all("DraftWorkflow", &[("parentname", Some(name))]),
        }
    }
}

fn write_draft(
    writer: &mut Writer<'_>,
    (descriptors, now): (&Descriptors<'_>, &Queries<'_>),
    path: &Path,
    parent: &str,
    draft: &Element,
    own: &[Row],
    text: &str,
) {
    let last = own.last();
    // A new draft begins as a copy of its workflow, so that its steps have the same numbers.
    let old = last.and_then(|row| row.get("descriptor"));
    let Some(text) = descriptors.text(writer, now, path, draft, old, Some(text)) else { return };
    let values = vec![("descriptor", Some(text))];
    match last {
        Some(row) => writer.put("DraftWorkflow", &[("id", row.id())], values),
        None => writer.put("DraftWorkflow", &[("parentname", parent)], values),
    };
}
