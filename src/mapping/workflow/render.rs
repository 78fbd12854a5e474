//! A descriptor back to the text that Jira stores.
//!
//! Invariant: `Descriptor::parse(&render(&descriptor))` is `descriptor`.

use std::collections::BTreeMap;

use super::descriptor::{
    Action, DESCRIPTION, Descriptor, Function, Group, Outcome, Rest, Step, StepAction, Target,
};
use super::dtd;
use super::tree::{self, Tree};

/// What Jira writes before the root element.
const HEAD: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<!DOCTYPE workflow PUBLIC \"-//OpenSymphony Group//DTD OSWorkflow 2.8//EN\" ",
    "\"http://www.opensymphony.com/osworkflow/workflow_2_8.dtd\">\n",
);

/// Returns the text of a descriptor.
pub fn render(descriptor: &Descriptor) -> String {
    to_text(&tree(descriptor))
}

/// Returns the text of a descriptor's tree.
pub(super) fn to_text(tree: &Tree) -> String {
    format!("{HEAD}{}\n", tree::to_text(tree))
}

/// Returns a descriptor as a tree.
pub(super) fn tree(descriptor: &Descriptor) -> Tree {
    let tree = Tree::new("workflow")
        .with(metas(descriptor.description.as_deref(), &descriptor.metas))
        .with(list("initial-actions", descriptor.initial.iter().map(action)))
        .with(list("global-actions", descriptor.global.iter().map(action)))
        .with(list("common-actions", descriptor.common.iter().map(action)))
        .with(list("steps", descriptor.steps.iter().map(step)));
    with_rest(tree, &descriptor.rest)
}

/// Returns the text of one action.
pub(super) fn render_action(own: &Action) -> String {
    tree::to_text(&action(own))
}

/// Returns the text of one step.
pub(super) fn render_step(own: &Step) -> String {
    tree::to_text(&step(own))
}

fn list(name: &str, items: impl Iterator<Item = Tree>) -> Option<Tree> {
    let list = Tree::new(name).with(items);
    (!list.nodes.is_empty()).then_some(list)
}

/// Adds what is kept as it is, where the format wants it: what was beside the items of a list comes back into it.
fn with_rest(mut tree: Tree, rest: &Rest) -> Tree {
    tree.attributes.extend(rest.attributes.iter().cloned());
    let mut joined: Vec<&str> = Vec::new();
    for kept in &rest.elements {
        let is_first = !joined.contains(&kept.name.as_str());
        let list = match dtd::is_list(&kept.name) && is_first {
            true => tree.nodes.iter_mut().find_map(|node| node.element_named(&kept.name)),
            false => None,
        };
        match list {
            Some(list) => {
                list.attributes.extend(kept.attributes.iter().cloned());
                list.nodes.extend(kept.nodes.iter().cloned());
            }
            None => tree = tree.with([kept.clone()]),
        }
        // A second one stands by itself, as it did: two lists have attributes and texts of their own.
        joined.push(&kept.name);
    }
    dtd::in_order(tree)
}

fn metas(description: Option<&str>, metas: &BTreeMap<String, String>) -> Vec<Tree> {
    let description = description.map(|text| (DESCRIPTION, text));
    let others = metas.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let all = description.into_iter().chain(others);
    all.map(|(key, value)| Tree::new("meta").attribute("name", key).text(value)).collect()
}

fn step(own: &Step) -> Tree {
    let actions = own.actions.iter().map(|own| match own {
        StepAction::Own(own) => action(own),
        StepAction::Common(id) => Tree::new("common-action").attribute("id", id),
    });
    let tree = Tree::new("step")
        .attribute("id", &own.id)
        .attribute("name", &own.name)
        .with(metas(None, &own.metas))
        .with(list("actions", actions));
    with_rest(tree, &own.rest)
}

fn action(own: &Action) -> Tree {
    let mut tree = Tree::new("action").attribute("id", &own.id).attribute("name", &own.name);
    if let Some(view) = &own.view {
        tree = tree.attribute("view", view);
    }
    if own.automatic {
        tree = tree.attribute("auto", "TRUE");
    }
    let conditional = own.conditional.iter().map(|own| outcome("result", own));
    let result = own.result.iter().map(|own| outcome("unconditional-result", own));
    let tree = tree
        .with(metas(own.description.as_deref(), &own.metas))
        .with(list("restrict-to", own.conditions.iter().map(group)))
        .with(functions("validators", "validator", &own.validators))
        .with(functions("pre-functions", "function", &own.pre_functions))
        .with(list("results", conditional.chain(result)))
        .with(functions("post-functions", "function", &own.post_functions));
    with_rest(tree, &own.rest)
}

fn outcome(name: &str, own: &Outcome) -> Tree {
    let (status, step) = match &own.target {
        Target::Stay => ("Done", "-1"),
        Target::Step(step) => ("Done", step.as_str()),
        Target::Missing { step, status } => (status.as_str(), step.as_str()),
    };
    let tree = Tree::new(name)
        .attribute("old-status", "Not Done")
        .attribute("status", status)
        .attribute("step", step)
        .with(own.conditions.iter().map(group))
        .with(functions("validators", "validator", &own.validators))
        .with(functions("pre-functions", "function", &own.pre_functions))
        .with(functions("post-functions", "function", &own.post_functions));
    with_rest(tree, &own.rest)
}

fn group(own: &Group) -> Tree {
    let mut tree = Tree::new("conditions");
    if own.conditions.len() + own.groups.len() > 1 {
        tree = tree.attribute("type", if own.any { "OR" } else { "AND" });
    }
    let conditions = own.conditions.iter().map(|own| function("condition", own));
    with_rest(tree.with(conditions).with(own.groups.iter().map(group)), &own.rest)
}

fn functions(name: &str, item: &str, own: &[Function]) -> Option<Tree> {
    list(name, own.iter().map(|own| function(item, own)))
}

fn function(name: &str, own: &Function) -> Tree {
    let mut tree = Tree::new(name);
    if let Some(name) = &own.name {
        tree = tree.attribute("name", name);
    }
    tree = tree.attribute("type", own.kind.as_deref().unwrap_or("class"));
    if own.negate {
        tree = tree.attribute("negate", "true");
    }
    let class = own.class.iter().map(|class| ("class.name", class.as_str()));
    let others = own.arguments.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let arguments =
        class.chain(others).map(|(name, value)| Tree::new("arg").attribute("name", name).text(value));
    with_rest(tree.with(arguments), &own.rest)
}
