//! The text of a new descriptor, as much of the old text in it as says the same.
//!
//! Invariant: the text reads as the new descriptor. What has no meaning (who changed the workflow and when, numbers of
//! functions, decoration of results) stays where the element that holds it stays.

use std::collections::HashSet;

use super::descriptor::{self, Action, DESCRIPTION, Descriptor, NOISE, Outcome, StepAction, Target, is_true};
use super::dtd;
use super::render;
use super::tree::{self, Tree, TreeNode};

/// Returns the text of a descriptor that takes the place of an old text.
pub(super) fn text(new: &Descriptor, old: Option<&str>) -> String {
    let tree = render::tree(new);
    let merged = old.and_then(|old| tree::parse(old).ok()).filter(|old| old.name == tree.name).map(|old| {
        let known = new.steps.iter().map(|step| step.id.as_str()).collect();
        render::to_text(&Merge { known }.merge(&old, &tree))
    });
    // Only a mistake here could make the merged text say something else.
    let merged = merged.filter(|text| Descriptor::parse(text).as_ref() == Ok(new));
    merged.unwrap_or_else(|| render::to_text(&tree))
}

struct Merge<'n> {
    /// The numbers of the steps that there are.
    known: HashSet<&'n str>,
}

impl Merge<'_> {
    /// Makes an element say what the new one says, with as much of the old one as possible.
    fn merge(&self, old: &Tree, new: &Tree) -> Tree {
        if self.same(old, new) {
            return old.clone();
        }
        let old_children: Vec<&Tree> = elements(old).collect();
        let mut free = vec![true; old_children.len()];
        let new_children: Vec<&Tree> = elements(new).collect();
        let mut places: Vec<Option<usize>> = vec![None; new_children.len()];
        for fits in [Self::same as fn(&Self, &Tree, &Tree) -> bool, Self::is_counterpart] {
            for (place, child) in places.iter_mut().zip(&new_children) {
                if place.is_none() {
                    *place = (0..free.len()).find(|&at| free[at] && fits(self, old_children[at], child));
                    place.iter().for_each(|&at| free[at] = false);
                }
            }
        }
        // The order of a list counts; elsewhere everything stays where it was, and what is new follows what it follows
        // in the new order.
        let keeps_old_order = !matches!(
            old.name.as_str(),
            "initial-actions"
                | "global-actions"
                | "common-actions"
                | "actions"
                | "results"
                | "conditions"
                | "validators"
                | "pre-functions"
                | "post-functions"
        );
        let mut children: Vec<((usize, usize), Tree)> = Vec::new();
        let mut at = (0, 0);
        for (place, child) in places.iter().zip(&new_children) {
            at = match place {
                Some(place) if keeps_old_order => (place + 1, 0),
                _ => (at.0, at.1 + 1),
            };
            let child =
                place.map_or_else(|| (*child).clone(), |place| self.merge(old_children[place], child));
            children.push((at, child));
        }
        let noise = (0..free.len()).filter(|&at| free[at] && is_noise(old, old_children[at]));
        children.extend(noise.map(|at| ((at + 1, 0), old_children[at].clone())));
        children.sort_by_key(|(at, _)| *at);
        let mut merged = Tree::new(&new.name);
        merged.attributes = self.attributes(old, new);
        merged = merged.with(children.into_iter().map(|(_, child)| child));
        merged.nodes.extend(new.nodes.iter().filter(|node| matches!(node, TreeNode::Text(_))).cloned());
        dtd::in_order(merged)
    }

    fn attributes(&self, old: &Tree, new: &Tree) -> Vec<(String, String)> {
        let is_result = matches!(new.name.as_str(), "result" | "unconditional-result");
        let decorated = is_result
            && old.get("step") == new.get("step")
            && new.get("step").is_some_and(|step| step == "-1" || self.known.contains(step));
        let has_number = matches!(new.name.as_str(), "step" | "action" | "common-action");
        let mut attributes = Vec::new();
        for (name, value) in &old.attributes {
            let decoration = decorated && matches!(name.as_str(), "status" | "old-status");
            let says_nothing = value.is_empty()
                || (name == "id" && !has_number)
                || (matches!(name.as_str(), "auto" | "finish" | "negate") && !is_true(value));
            match new.get(name) {
                Some(own) if !decoration => attributes.push((name.clone(), own.to_owned())),
                None if !says_nothing && !decoration => {}
                _ => attributes.push((name.clone(), value.clone())),
            }
        }
        let more = new.attributes.iter().filter(|(name, _)| old.get(name).is_none());
        attributes.extend(more.cloned());
        attributes
    }

    /// Returns whether two elements say the same.
    fn same(&self, old: &Tree, new: &Tree) -> bool {
        if old.name != new.name {
            return false;
        }
        match old.name.as_str() {
            "step" => self.step(old) == self.step(new),
            "action" => {
                self.action(descriptor::action(old.clone())) == self.action(descriptor::action(new.clone()))
            }
            "result" | "unconditional-result" => {
                self.outcome(descriptor::outcome(old.clone()))
                    == self.outcome(descriptor::outcome(new.clone()))
            }
            "conditions" => descriptor::group(old.clone()) == descriptor::group(new.clone()),
            "condition" | "validator" | "function" => {
                descriptor::function(old.clone()) == descriptor::function(new.clone())
            }
            "meta" | "arg" => old.get("name") == new.get("name") && old.own_text() == new.own_text(),
            _ => old == new,
        }
    }

    /// Returns whether an element is what a new one was made from.
    fn is_counterpart(&self, old: &Tree, new: &Tree) -> bool {
        let class = |tree: &Tree| {
            elements(tree).find(|child| child.get("name") == Some("class.name")).map(Tree::own_text)
        };
        old.name == new.name
            && match old.name.as_str() {
                "step" | "action" | "common-action" => {
                    old.get("id").map(str::trim) == new.get("id").map(str::trim)
                }
                "meta" | "arg" => old.get("name") == new.get("name"),
                "condition" | "validator" | "function" => {
                    class(old).as_deref().map(str::trim) == class(new).as_deref().map(str::trim)
                }
                _ => true,
            }
    }

    fn step(&self, tree: &Tree) -> descriptor::Step {
        let mut step = descriptor::step(tree.clone());
        for action in &mut step.actions {
            if let StepAction::Own(own) = action {
                **own = self.action((**own).clone());
            }
        }
        step
    }

    fn action(&self, mut action: Action) -> Action {
        for outcome in action.conditional.iter_mut().chain(&mut action.result) {
            *outcome = self.outcome(std::mem::take(outcome));
        }
        action
    }

    /// Drops the decoration of a result that leads to a step.
    fn outcome(&self, mut outcome: Outcome) -> Outcome {
        if let Target::Missing { step, .. } = &mut outcome.target
            && self.known.contains(step.as_str())
        {
            outcome.target = Target::Step(std::mem::take(step));
        }
        outcome
    }
}

fn elements(tree: &Tree) -> impl Iterator<Item = &Tree> {
    tree.nodes.iter().filter_map(|node| match node {
        TreeNode::Element(element) => Some(element),
        TreeNode::Text(_) => None,
    })
}

/// Returns whether a child says nothing, so that it can stay.
fn is_noise(parent: &Tree, child: &Tree) -> bool {
    match child.name.as_str() {
        "meta" => {
            let name = child.get("name").unwrap_or_default();
            let of_workflow = parent.name == "workflow" && NOISE.contains(&name);
            of_workflow || (parent.name != "step" && name == DESCRIPTION && child.own_text().is_empty())
        }
        "initial-actions" | "global-actions" | "common-actions" | "actions" | "restrict-to"
        | "validators" | "pre-functions" | "post-functions" | "results" => {
            child.attributes.is_empty() && child.nodes.is_empty()
        }
        _ => false,
    }
}
