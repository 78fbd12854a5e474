//! The map of projects: which scheme uses which workflow, screen and field.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Edge, Form, Graph, Mark, Node, Shape, line};
use crate::model::{Element, Identity};
use crate::schema::{Belongs, Schema};
use crate::usage::{How, NodeId, Uses};

/// Returns the map of the projects of a configuration, of one file or several, and of what they are made of, directly and through
/// others. What nearly everything uses is not on it: it would hide what a map is to show.
pub fn map(roots: &[Element]) -> Graph {
    let schema = Schema::get();
    let uses = Uses::of_roots(roots);
    let is_shown = |own: &Identity| schema.kind(own.kind).belongs == Belongs::Project;
    let objects: BTreeMap<NodeId, &Identity> = uses.described().filter(|(_, own)| is_shown(own)).collect();
    let is_project = |own: &Identity| schema.kind(own.kind).name == "project";
    let mut projects: Vec<(&Identity, NodeId)> =
        objects.iter().filter(|(_, own)| is_project(own)).map(|(id, own)| (*own, *id)).collect();
    projects.sort_unstable();
    let mut waiting: VecDeque<NodeId> = projects.iter().map(|(_, id)| *id).collect();
    let mut numbers: BTreeMap<NodeId, usize> =
        waiting.iter().enumerate().map(|(number, id)| (*id, number)).collect();
    let mut edges: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
    while let Some(user) = waiting.pop_front() {
        uses.each_used(user, &mut |used, place| {
            let is_use = matches!(place.how, How::Reference | How::Identity | How::Default);
            let Some(target) = objects.get(&used).filter(|_| is_use) else { return };
            if used == user || is_project(target) {
                return;
            }
            let next = numbers.len();
            let number = *numbers.entry(used).or_insert_with(|| {
                waiting.push_back(used);
                next
            });
            let labels = edges.entry((numbers[&user], number)).or_default();
            match (place.way.last(), place.element) {
                (Some(around), Some(element)) => labels.extend(when(around, element)),
                _ => labels.extend(["default".to_owned()]),
            }
        });
    }
    let mut nodes: Vec<(usize, Node)> = numbers
        .iter()
        .map(|(id, number)| {
            let identity = objects[id];
            let kind = schema.kind(identity.kind);
            let shape = if is_project(identity) { Shape::Project } else { Shape::Object };
            (*number, Node { label: line(identity.name()), note: kind.in_words(), shape, mark: Mark::Same })
        })
        .collect();
    nodes.sort_by_key(|(number, _)| *number);
    let keys: Vec<&str> = projects.iter().map(|(own, _)| own.name()).collect();
    Graph {
        title: format!("What {} uses", keys.join(", ")),
        form: Form::Uses,
        nodes: nodes.into_iter().map(|(_, node)| node).collect(),
        edges: edges.into_iter().map(|((from, to), labels)| edge(from, to, labels)).collect(),
    }
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
