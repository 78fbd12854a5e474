//! The map of projects: which scheme uses which workflow, screen and field.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Edge, Form, Graph, Mark, Node, Shape, line};
use crate::model::{Element, Identity, references};
use crate::schema::Schema;

/// Kinds that nearly everything uses: on a map they would hide what it is to show.
const EVERYWHERE: [&str; 14] = [
    "user",
    "group",
    "projectRole",
    "projectCategory",
    "issueType",
    "priority",
    "resolution",
    "status",
    "issueLink",
    "eventType",
    "filter",
    "dashboard",
    "scrumKanbanBoard",
    "issueSecurityLevel",
];

/// Returns the map of the projects of a configuration, of one file or several, and of all that they use, directly and through others.
pub fn map(roots: &[Element]) -> Graph {
    let schema = Schema::get();
    let objects: BTreeMap<Identity, &Element> = roots
        .iter()
        .flat_map(Element::children)
        .flat_map(Element::children)
        .filter_map(|object| Some((Identity::of_definition(object)?, object)))
        .filter(|(identity, _)| !EVERYWHERE.contains(&schema.kind(identity.kind).name.as_str()))
        .collect();
    let is_project = |identity: &Identity| schema.kind(identity.kind).name == "project";
    let mut waiting: VecDeque<&Identity> = objects.keys().filter(|own| is_project(own)).collect();
    let mut numbers: BTreeMap<&Identity, usize> =
        waiting.iter().enumerate().map(|(number, own)| (*own, number)).collect();
    let mut edges: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
    while let Some(user) = waiting.pop_front() {
        references(objects[user], &mut |found| {
            let Some((used, _)) = objects.get_key_value(&found.target) else { return };
            if used == user || found.weak || is_project(used) || lists_everything(user, used) {
                return;
            }
            let next = numbers.len();
            let number = *numbers.entry(used).or_insert_with(|| {
                waiting.push_back(used);
                next
            });
            let labels = edges.entry((numbers[user], number)).or_default();
            labels.extend(found.ancestors.last().and_then(|around| when(around, found.element)));
        });
    }
    let mut nodes: Vec<(usize, Node)> = numbers
        .iter()
        .map(|(identity, number)| {
            let kind = schema.kind(identity.kind);
            let is_project = is_project(identity);
            let shape = if is_project { Shape::Project } else { Shape::Object };
            (*number, Node { label: line(identity.name()), note: kind.in_words(), shape, mark: Mark::Same })
        })
        .collect();
    nodes.sort_by_key(|(number, _)| *number);
    let keys: Vec<&str> = objects.keys().filter(|own| is_project(own)).map(Identity::name).collect();
    Graph {
        title: format!("What {} uses", keys.join(", ")),
        form: Form::Uses,
        nodes: nodes.into_iter().map(|(_, node)| node).collect(),
        edges: edges.into_iter().map(|((from, to), labels)| edge(from, to, labels)).collect(),
    }
}

/// A field configuration lists nearly all fields, also those that no screen shows: these lines would hide the others.
fn lists_everything(user: &Identity, used: &Identity) -> bool {
    let kind = |identity: &Identity| Schema::get().kind(identity.kind).name.as_str();
    kind(user) == "fieldConfiguration" && kind(used) == "customField"
}

fn edge(from: usize, to: usize, labels: BTreeSet<String>) -> Edge {
    /// More words than these nobody reads on a line.
    const MOST: usize = 3;
    let more = labels.len().saturating_sub(MOST);
    let mut label = labels.into_iter().take(MOST).collect::<Vec<_>>().join(", ");
    if more > 0 {
        label.push_str(&format!(", {more} more"));
    }
    Edge { from, to, label, mark: Mark::Same }
}

/// Returns for what a mapping says this: the issue type, the operation; or that it says it for all others.
fn when(mapping: &Element, reference: &Element) -> Option<String> {
    if reference.tag().starts_with("default") {
        return Some("others".to_owned());
    }
    if !mapping.tag().starts_with("mapping") {
        return None;
    }
    let others = mapping.children().iter().filter(|child| !std::ptr::eq(*child, reference));
    let words: Vec<String> = others.map(|child| line(child.text())).collect();
    Some(if words.is_empty() { "others".to_owned() } else { words.join(" ") })
}
