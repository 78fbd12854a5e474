//! Nodes of issue data as elements that the schema allows.
//!
//! Invariant: a value that its place does not allow is left out and counted.

use super::Notes;
use crate::model::{Config, Element, Misfit, Node, Path, canonicalize};
use crate::schema::{DeclId, Schema};

/// Returns an issue as an element in canonical order; nothing if it has no number.
pub fn bound(node: Node, key: &str, notes: &mut Notes) -> Option<Element> {
    let declaration = declaration(&["issues", "issue"]);
    let mut misfits: Vec<Misfit> = Vec::new();
    let mut element = node.bind(declaration, &Path::default(), &mut misfits)?;
    for misfit in misfits {
        notes
            .add("values that do not fit, left out", || format!("{key}: {} `{}`", misfit.path, misfit.value));
    }
    canonicalize(&mut element);
    Some(element)
}

/// Returns a file about issues of a project.
pub fn issues(project: &str, issues: Vec<Element>) -> Config {
    file(Some(project), Element::parent(declaration(&["issues"]), issues))
}

/// Returns the file with the order of issues.
pub fn ranks(project: &str, keys: Vec<String>) -> Config {
    let issue = declaration(&["ranks", "issue"]);
    let keys = keys.into_iter().map(|key| Element::leaf(issue, key)).collect();
    file(Some(project), Element::parent(declaration(&["ranks"]), keys))
}

/// Returns the file with sprints.
pub fn sprints(nodes: Vec<Node>, notes: &mut Notes) -> Config {
    let sprint = declaration(&["sprints", "sprint"]);
    let mut misfits = Vec::new();
    let sprints =
        nodes.into_iter().filter_map(|node| node.bind(sprint, &Path::default(), &mut misfits)).collect();
    for misfit in misfits {
        notes.add("values that do not fit, left out", || format!("{}: `{}`", misfit.path, misfit.value));
    }
    file(None, Element::parent(declaration(&["sprints"]), sprints))
}

fn file(project: Option<&str>, container: Element) -> Config {
    let schema = Schema::get();
    let mut root = Element::parent(schema.data(), vec![container]);
    let ty = schema.declaration(schema.data()).ty;
    for (name, value) in [("formatVersion", Some("1")), ("project", project)] {
        if let (Some(number), Some(value)) = (schema.attribute(ty, name), value) {
            root.set_attribute(number, value);
        }
    }
    Config::new(root)
}

/// Returns the declaration at the end of a way from the root.
pub(super) fn declaration(way: &[&str]) -> DeclId {
    let schema = Schema::get();
    way.iter().fold(schema.data(), |at, tag| {
        schema.child(at, tag).unwrap_or_else(|| panic!("the schema has no <{tag}> in issue data"))
    })
}
