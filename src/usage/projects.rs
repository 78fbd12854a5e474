//! Which projects a change of an object affects.
//!
//! Invariant: those in whose exports the object is. A field that a project has on a screen counts only if one of its field
//! configurations shows it, as in an export.

use std::collections::{BTreeSet, HashSet};

use super::{How, NodeId, Uses};
use crate::model::{Element, Identity};
use crate::schema::{Belongs, KindId, Schema};

/// A field configuration: the projects that have it, and the fields that it hides.
#[derive(Debug)]
struct Configuration {
    projects: BTreeSet<NodeId>,
    hidden: HashSet<Identity>,
}

/// The field configurations of all projects, found when they are needed.
#[derive(Debug, Default)]
pub(super) struct Configurations(std::cell::OnceCell<Vec<Configuration>>);

impl Uses<'_> {
    /// Returns the keys of the projects that a change of an object affects, in their order: those that use it, directly or through
    /// others.
    pub fn projects(&self, id: NodeId) -> BTreeSet<&str> {
        let projects = if self.is_project(id) { BTreeSet::new() } else { self.affected(id) };
        let identities = projects.into_iter().filter_map(|project| self.nodes[project].identity.as_ref());
        identities.map(Identity::name).collect()
    }

    fn affected(&self, id: NodeId) -> BTreeSet<NodeId> {
        let mut seen = vec![false; self.nodes.len()];
        let mut projects = BTreeSet::new();
        let mut waiting = vec![id];
        seen[id] = true;
        while let Some(used) = waiting.pop() {
            if self.is_project(used) {
                projects.insert(used);
                continue;
            }
            if self.belongs(used) == Some(Belongs::EveryProject) {
                return (0..self.nodes.len()).filter(|own| self.is_described_project(*own)).collect();
            }
            let is_field = self.is_of("customField", used);
            let mut next = |user: NodeId| {
                if !std::mem::replace(&mut seen[user], true) {
                    waiting.push(user);
                }
            };
            let mut screens = Vec::new();
            for part in self.with_parts(used) {
                for (&user, how) in &self.users[part] {
                    if *how != How::Weak && user != used {
                        if is_field && self.is_of("screen", user) { screens.push(user) } else { next(user) }
                    }
                }
            }
            if !self.is_top(used) {
                next(self.top(used));
            }
            if !screens.is_empty() {
                let showing = self.showing(used);
                let having = screens.into_iter().flat_map(|screen| self.affected(screen));
                projects.extend(having.filter(|project| showing.contains(project)));
            }
        }
        projects
    }

    /// Returns the projects with a field configuration that does not hide a field.
    fn showing(&self, field: NodeId) -> BTreeSet<NodeId> {
        let Some(field) = &self.nodes[field].identity else { return BTreeSet::new() };
        let all = self.configurations.0.get_or_init(|| {
            let all = (0..self.nodes.len()).filter(|own| self.is_of("fieldConfiguration", *own));
            let all = all.filter_map(|own| Some((own, self.nodes[own].element?)));
            all.map(|(own, element)| Configuration {
                projects: self.affected(own),
                hidden: hidden_fields(element),
            })
            .collect()
        });
        let showing = all.iter().filter(|own| !own.hidden.contains(field));
        showing.flat_map(|own| own.projects.iter().copied()).collect()
    }

    fn is_described_project(&self, id: NodeId) -> bool {
        self.is_project(id) && self.nodes[id].element.is_some()
    }

    fn belongs(&self, id: NodeId) -> Option<Belongs> {
        let identity = self.nodes[id].identity.as_ref()?;
        Some(Schema::get().kind(identity.kind).belongs)
    }

    pub(super) fn is_of(&self, kind: &str, id: NodeId) -> bool {
        let is_it = |kind: KindId| self.nodes[id].identity.as_ref().is_some_and(|own| own.kind == kind);
        Schema::get().kind_named(kind).is_some_and(is_it)
    }

    pub(super) fn is_project(&self, id: NodeId) -> bool {
        self.is_of("project", id)
    }
}

/// Returns the fields that a field configuration hides.
pub(crate) fn hidden_fields(configuration: &Element) -> HashSet<Identity> {
    let lines = configuration.all("individualFieldConfig");
    let hidden = lines.filter(|line| line.text_of("hidden") == Some("true"));
    hidden.filter_map(|line| Identity::of_reference(line.get("fieldName")?, line.children())).collect()
}
