//! What an export may lack because something was not seen: that itself, and what would have been selected only by it.
//!
//! Pure. Invariant: what is hidden is not known to be absent, where the configuration comes from, whatever it lacks.

use std::collections::HashSet;

use super::{Element, Identity, Unseen};
use crate::schema::{Belongs, Content, DeclId, Form, KindId, Schema, Target};

/// The kinds that are selected by what they have to do with projects and filters, and by what.
const BY_OTHERS: [(&str, &[&str]); 4] = [
    ("project", &["filter", "dashboard", "scrumKanbanBoard"]),
    ("filter", &["filter", "scrumKanbanBoard"]),
    ("dashboard", &["dashboard"]),
    ("scrumKanbanBoard", &["scrumKanbanBoard"]),
];

/// What a configuration shows of where it comes from.
pub(crate) struct Sight<'a> {
    unseen: &'a Unseen,
    /// The kinds of which objects may not have been selected.
    led_to: HashSet<KindId>,
    /// What is there, where that is known.
    exists: Option<&'a HashSet<Identity>>,
}

impl<'a> Sight<'a> {
    /// Returns what a configuration shows that was exported where this could not be seen.
    pub(crate) fn new(unseen: &'a Unseen, exists: Option<&'a HashSet<Identity>>) -> Self {
        Self { unseen, led_to: if exists.is_some() { HashSet::new() } else { led_to(unseen) }, exists }
    }

    /// Returns whether an object that the configuration lacks may be there all the same.
    pub(crate) fn hides(&self, identity: &Identity) -> bool {
        let is_left_out = match self.exists {
            Some(exists) => !self.unseen.is_empty() && exists.contains(identity),
            None => self.led_to.contains(&identity.kind),
        };
        is_left_out || self.unseen.hides(identity).is_some()
    }

    /// Puts into an element what another one of it has and the configuration does not show; `lacks` says which objects it lacks.
    pub(crate) fn fill(&self, element: &mut Element, from: &Element, lacks: &dyn Fn(&Identity) -> bool) {
        let custom_field = Schema::get().kind_named("customField");
        let is_hidden = |identity: &Identity| lacks(identity) && self.hides(identity);
        self.unseen.fill_with(element, from, &|child| match Identity::of_definition(child) {
            Some(identity) => Schema::get().container(identity.kind).is_some() && is_hidden(&identity),
            // Screens and field configurations name only the fields that are selected.
            None => child
                .children()
                .iter()
                .filter_map(|own| Identity::of_reference(own, child.children()))
                .any(|field| Some(field.kind) == custom_field && is_hidden(&field)),
        });
    }
}

/// Returns the kinds that an export finds only by what is unseen.
fn led_to(unseen: &Unseen) -> HashSet<KindId> {
    let schema = Schema::get();
    let mut found = HashSet::new();
    let mut waiting: Vec<DeclId> = Vec::new();
    for gap in unseen.iter() {
        let declaration = schema.kind(gap.kind).declaration;
        // What tells objects apart is always seen: without it there are none.
        if gap.property.is_some_and(|property| schema.tells_apart(declaration, property)) {
            continue;
        }
        waiting.push(gap.property.unwrap_or(declaration));
        let name = &schema.kind(gap.kind).name;
        let others = BY_OTHERS.iter().filter(|(own, _)| own == name).flat_map(|(_, others)| *others);
        found.extend(others.filter_map(|other| schema.kind_named(other)));
    }
    waiting.extend(found.iter().map(|own| schema.kind(*own).declaration));
    let mut seen: HashSet<DeclId> = HashSet::new();
    while let Some(declaration) = waiting.pop() {
        if !seen.insert(declaration) {
            continue;
        }
        let mut lead_to = |target: KindId| {
            if found.insert(target) {
                waiting.push(schema.kind(target).declaration);
            }
        };
        match &schema.type_of(declaration).content {
            Content::Children(children) | Content::Choice(children) => waiting.extend(children),
            Content::Reference(reference) => match &reference.target {
                Target::Unchecked => {}
                Target::Kind(target) => global(*target).into_iter().for_each(&mut lead_to),
                Target::BySibling { kinds, .. } => {
                    kinds.iter().flat_map(|(_, target)| global(*target)).for_each(&mut lead_to);
                }
            },
            // A query may name anything.
            Content::Leaf(text) if text.form == Some(Form::Jql) => {
                schema.kinds().map(|(id, _)| id).for_each(&mut lead_to);
            }
            Content::Leaf(_) | Content::Empty => {}
        }
    }
    // An export has all objects of these, whatever leads to them.
    found.retain(|own| schema.kind(*own).belongs != Belongs::EveryProject);
    found
}

/// Returns the kinds of global objects that a kind, or what it is a part of, is.
fn global(target: KindId) -> Vec<KindId> {
    let schema = Schema::get();
    match schema.kind(target).within.as_slice() {
        [] => vec![target],
        owners => owners.iter().filter_map(|owner| schema.kind_named(owner)).collect(),
    }
}
