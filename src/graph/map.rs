//! The map of projects: which scheme uses which workflow, screen and field.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Edge, Form, Graph, Mark, Node, Shape, line};
use crate::model::{Element, Identity};
use crate::schema::{Belongs, Schema};
use crate::usage::{How, NodeId, Uses};

/// Returns the map of the projects of a configuration, of one file or several, and of what they are made of, directly and through
/// others. What nearly everything uses is not on it: it would hide what a map is to show. Of what is not to be drawn (projects are, in
/// any case) that stands in its place which it uses.
pub fn map(roots: &[Element], is_drawn: &dyn Fn(&Identity) -> bool) -> Graph {
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
        // What is not drawn, and is used by it or by others of these.
        let mut hidden = vec![user];
        let mut seen = BTreeSet::from([user]);
        while let Some(between) = hidden.pop() {
            uses.each_used(between, &mut |used, place| {
                let is_use = matches!(place.how, How::Reference | How::Identity | How::Default);
                let Some(target) = objects.get(&used).filter(|_| is_use) else { return };
                if used == user || is_project(target) {
                    return;
                }
                if !is_drawn(target) {
                    hidden.extend(seen.insert(used).then_some(used));
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
    }
    let mut nodes: Vec<(usize, Node)> = numbers
        .iter()
        .map(|(id, number)| {
            let identity = objects[id];
            let kind = schema.kind(identity.kind);
            let shape = if is_project(identity) { Shape::Project } else { Shape::Object };
            (
                *number,
                Node {
                    label: line(identity.name()),
                    note: kind.in_words(),
                    shape,
                    mark: Mark::Same,
                    members: Vec::new(),
                },
            )
        })
        .collect();
    nodes.sort_by_key(|(number, _)| *number);
    let nodes = nodes.into_iter().map(|(_, node)| node).collect();
    let edges = edges.into_iter().map(|((from, to), labels)| edge(from, to, labels)).collect();
    let (nodes, edges) = bundled(nodes, edges);
    let keys: Vec<&str> = projects.iter().map(|(own, _)| own.name()).collect();
    Graph { title: format!("What {} uses", keys.join(", ")), form: Form::Uses, nodes, edges }
}

/// The kind of an object, and who uses it for what.
type Like<'a> = (&'a str, &'a [(usize, &'a str)]);

/// Draws objects of a kind as one that use nothing and are used alike: the fields of a screen are one box and one line.
fn bundled(nodes: Vec<Node>, edges: Vec<Edge>) -> (Vec<Node>, Vec<Edge>) {
    /// Fewer of them stand for themselves.
    const FEWEST: usize = 4;
    /// So many are named in the box.
    const NAMED: usize = 3;
    let mut users: BTreeMap<usize, Vec<(usize, &str)>> = BTreeMap::new();
    for own in &edges {
        users.entry(own.to).or_default().push((own.from, &own.label));
    }
    let uses: BTreeSet<usize> = edges.iter().map(|own| own.from).collect();
    let mut alike: BTreeMap<Like<'_>, Vec<usize>> = BTreeMap::new();
    for (&number, users) in users.iter().filter(|(number, _)| !uses.contains(number)) {
        alike.entry((&nodes[number].note, users)).or_default().push(number);
    }
    let bundles: Vec<Vec<usize>> = alike.into_values().filter(|own| own.len() >= FEWEST).collect();
    let mut stands: Vec<usize> = (0..nodes.len()).collect();
    bundles
        .iter()
        .flat_map(|own| own.iter().map(|number| (*number, own[0])))
        .for_each(|(own, first)| stands[own] = first);
    let mut kept: Vec<(usize, Node)> =
        nodes.iter().cloned().enumerate().filter(|(number, _)| stands[*number] == *number).collect();
    for bundle in &bundles {
        let Some((_, node)) = kept.iter_mut().find(|(number, _)| *number == bundle[0]) else { continue };
        let mut members: Vec<String> = bundle.iter().map(|number| nodes[*number].label.clone()).collect();
        members.sort_unstable();
        let more = members.len() - NAMED;
        let (label, note) = (format!("{} {}s", members.len(), node.note), members[..NAMED].join(", "));
        *node = Node { label, note: format!("{note}, +{more} more"), members, ..node.clone() };
    }
    let places: BTreeMap<usize, usize> =
        kept.iter().enumerate().map(|(place, (number, _))| (*number, place)).collect();
    let edges = edges.into_iter().filter(|own| stands[own.to] == own.to);
    let edges = edges.map(|own| Edge { from: places[&own.from], to: places[&own.to], ..own }).collect();
    (kept.into_iter().map(|(_, node)| node).collect(), edges)
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
